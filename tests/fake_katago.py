# ruff: noqa: T201
"""KataGo's analysis engine without the thinking: ``fake_katago.py analysis -model M -config C -override-config O``.

The configuration says what goes wrong: ``fail = WORDS`` at the start, ``refuse = WORDS`` for every search. Queries are
added to the file after ``log =``. The move after ``best =`` is its first. Every visit costs an evaluation, unless the
position was searched before.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    command, *rest = sys.argv[1:]
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    lines = Path(options["-config"]).read_text().splitlines()
    config = dict(line.split(" = ", 1) for line in lines if " = " in line)
    config |= dict(pair.split("=") for pair in options["-override-config"].split(","))
    if command != "analysis" or "fail" in config:
        print(f"terminate called\n{config.get('fail', command)}", file=sys.stderr)
        sys.exit(1)
    print("Started, ready to begin handling requests", file=sys.stderr, flush=True)
    rows, known = 0, set()
    for line in sys.stdin:
        query = json.loads(line)
        if "log" in config:
            with Path(config["log"]).open("a") as log:
                log.write(json.dumps(query | {"config": config}) + "\n")
        if query.get("action") == "query_version":
            print(json.dumps({**query, "version": "0.0-fake"}), flush=True)
        elif query.get("action") == "clear_cache":
            known.clear()
            print(json.dumps(query), flush=True)
        elif "refuse" in config:
            print(json.dumps({"id": query["id"], "error": config["refuse"]}), flush=True)
        else:
            visits = query["maxVisits"]
            key = json.dumps(query["moves"])
            rows += 0 if key in known else visits
            known.add(key)
            print(json.dumps({"id": query["id"], "warning": "a field was not used"}))
            infos = [{"move": "A1", "order": 1}, {"move": config["best"], "order": 0}] if "best" in config else []
            answer = {"id": query["id"], "rootInfo": {"visits": visits}, "moveInfos": infos}
            print(json.dumps(answer), flush=True)
    print(f"2026-01-01: NN rows: {rows}", file=sys.stderr)


if __name__ == "__main__":
    main()
