"""A page as one file that asks the network for nothing: its ES modules as one script, and its frame filled in.

Each module becomes a function that is called once and gives back what it exports, so two modules may use one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

LIBRARY = files("zhugo.pages") / "library"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\./|\.\./library/)([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function\*?|class|const) (\w+)", re.MULTILINE)
_OTHER = re.compile(r"^(import|export)\b[^\n]*", re.MULTILINE)


class Module(NamedTuple):
    """A module of a page, or of the library."""

    in_library: bool
    name: str

    @property
    def variable(self) -> str:
        """What holds its exports in the script."""
        return f"${'library' if self.in_library else 'page'}_{self.name.replace('-', '_')}"


def modules(folder: Traversable, entry: str = "main") -> list[Module]:
    """The entry and all that it needs, each behind those that it needs itself. Raises ``ValueError`` on a circle."""
    found: dict[Module, bool] = {}

    def visit(module: Module) -> None:
        if module in found:
            if not found[module]:
                raise ValueError(f"{module.name}.js needs itself")
            return
        found[module] = False
        for needed in _needs(module, read(folder, module)):
            visit(needed)
        del found[module]
        found[module] = True

    visit(Module(False, entry))
    return list(found)


def script(folder: Traversable, entry: str = "main") -> str:
    """The entry and all that it needs as one module script. Only the entry may wait at its top level."""
    *others, last = modules(folder, entry)
    return "\n".join([*(_as_function(folder, module) for module in others), _body(folder, last)[0]])


def filled(frame: str, **parts: str) -> str:
    """The page's frame with each ``{{name}}`` replaced by its part."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], frame)


def read(folder: Traversable, module: Module) -> str:
    """The text of a module."""
    return ((LIBRARY if module.in_library else folder) / f"{module.name}.js").read_text(encoding="utf-8")


def _needs(module: Module, text: str) -> Iterator[Module]:
    for found in _IMPORT.finditer(text):
        yield Module(module.in_library or found[2] != "./", found[3])


def _as_function(folder: Traversable, module: Module) -> str:
    body, exported = _body(folder, module)
    return f"const {module.variable} = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();\n"


def _body(folder: Traversable, module: Module) -> tuple[str, list[str]]:
    """A module's text with its imports taken from variables, and the names that it exports."""
    text = read(folder, module)

    def taken(found: re.Match[str]) -> str:
        needed = Module(module.in_library or found[2] != "./", found[3])
        return f"const {{{found[1].replace(' as ', ': ')}}} = {needed.variable};\n"

    exported = [found[2] for found in _EXPORT.finditer(text)]
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(taken, text))
    if other := _OTHER.search(body):
        raise ValueError(f"{module.name}.js: cannot put this into one script: {other[0]}")
    return body, exported
