"""A page's modules as one script: in order, each with its own names, and nothing left that a script cannot have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.daemons import ROOT
from zhugo.pages.bundle import LIBRARY, Module, filled, modules, script

PAGES = sorted(file.parent for file in (ROOT / "zhugo").rglob("page/main.js"))


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_a_module_comes_behind_those_that_it_needs(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='import { one } from "./one.js";\nimport { two } from "./two.js";\none(two);\n',
        one='import { svg } from "../library/dom.js";\nexport function one() {\n  svg("a");\n}\n',
        two='import { one } from "./one.js";\nexport const two = one;\n',
    )
    assert modules(tmp_path) == [Module(True, "dom"), Module(False, "one"), Module(False, "two"), Module(False, "main")]


def test_each_module_is_a_function_that_gives_back_what_it_exports(tmp_path: Path) -> None:
    write(
        tmp_path,
        main='import {\n  one,\n  other as two,\n} from "./one-more.js";\nawait one(two);\n',
        **{"one-more": "const mine = 1;\nexport async function one() {\n  return mine;\n}\nexport const other = 2;\n"},
    )
    assert script(tmp_path) == (
        "const $page_one_more = (() => {\nconst mine = 1;\nasync function one() {\n  return mine;\n}\n"
        "const other = 2;\nreturn { one, other };\n})();\n\n"
        "const {\n  one,\n  other: two,\n} = $page_one_more;\nawait one(two);\n"
    )


@pytest.mark.parametrize(
    "text",
    ['import one from "./one.js";\n', 'import "./one.js";\n', "export default 1;\n", "export let one = 1;\n"],
)
def test_what_cannot_be_put_into_one_script_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"main\.js: cannot put this into one script"):
        script(write(tmp_path, main=text))


def test_a_circle_is_refused(tmp_path: Path) -> None:
    write(tmp_path, main='import { one } from "./one.js";\n', one='import { two } from "./two.js";\n')
    write(tmp_path, two='import { one } from "./one.js";\n')
    with pytest.raises(ValueError, match=r"one\.js needs itself"):
        modules(tmp_path)


def test_a_part_that_looks_like_a_place_stays_as_it_is() -> None:
    assert filled("<p>{{one}}</p>{{two}}", one="{{two}}", two=r"\1") == r"<p>{{two}}</p>\1"


def entries(page: Path) -> list[str]:
    """``main``, and what a page beside it begins with: ``export.js`` of ``export.html``."""
    return ["main", *sorted(file.stem for file in page.glob("*.html") if file.with_suffix(".js").exists())]


def is_types_alone(file: Path) -> bool:
    """Whether a module exports nothing but the types in its comments; so it is in no script."""
    code = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    return code.strip() == "export {};"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "zhugo")))
def test_types_that_stand_alone_are_those_of_a_module(page: Path) -> None:
    for file in filter(is_types_alone, page.glob("*.js")):
        named = f'from "./{file.name}"'
        assert any(named in other.read_text(encoding="utf-8") for other in page.glob("*.js") if other != file)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "zhugo")))
def test_every_module_of_a_page_is_needed_and_goes_into_one_script(page: Path) -> None:
    found = {module for entry in entries(page) for module in modules(page, entry)}
    files = {file.stem for file in page.glob("*.js") if not is_types_alone(file)}
    assert {module.name for module in found if not module.in_library} == files
    for entry in entries(page):
        text = script(page, entry)
        assert "</script" not in text.lower()
        assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)


def test_every_module_of_the_library_is_needed_by_a_page() -> None:
    needed = {module.name for page in PAGES for module in modules(page) if module.in_library}
    assert {Path(str(file)).stem for file in LIBRARY.iterdir() if file.name.endswith(".js")} == needed
