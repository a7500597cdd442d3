"""Page modules run by node, and held to their types."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.npm import installed
from tests.daemons import PATIENCE, ROOT

LIBRARY = ROOT / "zhugo" / "pages" / "library"
PAGES = sorted(folder for folder in (ROOT / "zhugo").rglob("page") if list(folder.glob("*.js")))
"""The folders of all pages' modules, which import the library as ``../library``."""

TYPESCRIPT = "5.9.3"
STRICT = {
    "allowJs": True, "checkJs": True, "noEmit": True, "strict": True, "target": "es2023", "module": "es2022",
    "moduleResolution": "bundler", "lib": ["es2023", "dom", "dom.iterable"], "types": [],
    "noUnusedLocals": True, "noUnusedParameters": True,
}  # fmt: skip


def node() -> str:
    """The interpreter; the test is skipped where there is none."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not there")
    return found


def complaints(folder: Path) -> str:
    """What TypeScript has against the modules of all pages; ``folder`` takes its settings."""
    compiler = installed("typescript", TYPESCRIPT) / "typescript" / "bin" / "tsc"
    roots = [str(page.parent) for page in (*PAGES, LIBRARY)]
    settings = folder / "tsconfig.json"
    include = [f"{each}/*.js" for each in (*PAGES, LIBRARY)]
    settings.write_text(json.dumps({"compilerOptions": {**STRICT, "rootDirs": roots}, "include": include}))
    done = subprocess.run([node(), compiler, "-p", settings], capture_output=True, text=True, timeout=PATIENCE)
    return done.stdout + done.stderr


def run(folder: Path, module: str, program: str, given: Any, page: Path | None = None) -> Any:
    """What the program says, which knows the module as ``it`` and what is ``given``.

    ``module``: as ``library/dom.js`` or ``page/main.js``, that of ``page``. ``folder``: an empty one, to run in.
    """
    (folder / "package.json").write_text('{"type": "module"}')
    for name, modules in {"library": LIBRARY, "page": page}.items():
        if modules is not None and not (folder / name).exists():
            shutil.copytree(modules, folder / name)
    data = "JSON.parse(await new Response(process.stdin).text())"
    (folder / "run.js").write_text(
        f'import * as it from "./{module}";\nconst given = {data};\nconsole.log(JSON.stringify({program}));\n'
    )
    done = subprocess.run(
        [node(), folder / "run.js"], input=json.dumps(given), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
