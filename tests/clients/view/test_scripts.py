"""The scripts of ``zhugo trace view`` keep to their types, and count, play and print as Python does."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from games.go.game import Go
from games.go.position import Position
from tests.clients.npm import installed
from tests.daemons import PATIENCE, ROOT

SCRIPTS = ROOT / "zhugo" / "debugger" / "showing" / "view" / "page"
VERSION = "5.9.3"
STRICT = {
    "allowJs": True, "checkJs": True, "noEmit": True, "strict": True, "target": "es2023", "module": "es2022",
    "moduleResolution": "bundler", "lib": ["es2023", "dom", "dom.iterable"], "types": [],
    "noUnusedLocals": True, "noUnusedParameters": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not there")
    return found


@pytest.fixture(scope="module")
def typescript() -> Path:
    """The compiler's own script."""
    return installed("typescript", VERSION) / "typescript" / "bin" / "tsc"


def test_the_scripts_keep_to_the_types_that_they_state(node: str, typescript: Path, tmp_path: Path) -> None:
    settings = tmp_path / "tsconfig.json"
    settings.write_text(json.dumps({"compilerOptions": STRICT, "include": [f"{SCRIPTS}/*.js"]}))
    done = subprocess.run([node, typescript, "-p", settings], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.stdout, done.returncode) == ("", 0)


def run(node: str, folder: Path, module: str, program: str, given: Any) -> Any:
    """What the program says, which knows the module as ``it`` and what is ``given``."""
    (folder / "it.mjs").write_bytes((SCRIPTS / module).read_bytes())
    data = "JSON.parse(await new Response(process.stdin).text())"
    (folder / "main.mjs").write_text(
        f'import * as it from "./it.mjs";\nconst given = {data};\nconsole.log(JSON.stringify({program}));\n'
    )
    done = subprocess.run(
        [node, folder / "main.mjs"], input=json.dumps(given), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_decimals_are_those_of_python(node: str, tmp_path: Path) -> None:
    some = random.Random(1)
    numbers = [some.uniform(-1, 1) * 10 ** some.randrange(6) for _ in range(500)]
    numbers += [each / 16 for each in range(-64, 65)] + [each / 2000 for each in range(-99, 100)]
    numbers += [float(np.float32(each)) for each in numbers[:300]] + [0.0005, 1.0005, 12345.0625, -1e-9]
    program = "given.map(each => [it.signed(each, 3), it.fixed(each, 3), it.signed(each, 2)])"
    assert run(node, tmp_path, "format.js", program, numbers) == [
        [f"{each:+.3f}", f"{each:.3f}", f"{each:+.2f}"] for each in numbers
    ]


@pytest.mark.parametrize(
    "spec",
    [{"size": 5, "komi": 0.5, "rules": {"ko": "SIMPLE", "suicide": True}}, {"size": [4, 7], "black": [0, 5]}],
    ids=["suicide", "rectangle"],
)
def test_stones_are_put_and_taken_as_the_rules_say(node: str, tmp_path: Path, spec: dict[str, Any]) -> None:
    game = Go.from_spec(spec)
    records = [played(game, seed) for seed in range(40)]
    board = {"width": game.width, "height": game.height, "black": list(game.black), "white": list(game.white)}
    program = "given.records.map(moves => Array.from(it.position(given.board, moves).stones))"
    expected = [Position(game, record).stones.reshape(-1).tolist() for record in records]
    given = {"board": {**board, "toPlay": game.to_play}, "records": records}
    assert run(node, tmp_path, "stones.js", program, given) == expected
    assert any(sum(map(abs, stones)) < len(record) - 5 for stones, record in zip(expected, records, strict=True))


def played(game: Go, seed: int) -> list[int]:
    """Any legal moves, a pass now and then."""
    some = random.Random(seed)
    position = Position(game)
    for _ in range(60):
        moves = [move for move in some.sample(range(game.points), 8) if position.why_illegal(move) is None]
        position.play(moves[0] if moves else game.points)
        if position.is_over:
            break
    return position.record
