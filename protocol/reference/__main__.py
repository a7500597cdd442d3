"""``python -m protocol.reference``: write what is generated into the docs of this checkout."""

from __future__ import annotations

import sys
from pathlib import Path

from protocol.reference.golden import conversation, golden
from protocol.reference.tables import tables

DOCS = Path(__file__).parents[2] / "docs"


def page(text: str) -> str:
    """The page with its generated parts made anew. Each stands between two comments that name it."""
    for name, part in (("session", f"```text\n{conversation()}\n```"), ("messages", tables())):
        begin, end = f"<!-- generated: {name} -->\n", f"<!-- end of {name} -->\n"
        before, rest = text.split(begin)
        _old, after = rest.split(end)
        text = f"{before}{begin}\n{part.strip()}\n\n{end}{after}"
    return text


def main() -> int:
    """Write both files; 2 where there is no checkout."""
    path = DOCS / "protocol.md"
    if not path.exists():
        print(f"{path} is not there; this writes the docs of a checkout", file=sys.stderr)  # noqa: T201
        return 2
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
    path.with_name("protocol-session.json").write_text(golden(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
