"""The documentation says what the code does: commands and examples are run, pages are fresh."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import isorate

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def tool(name: str) -> ModuleType:
    if str(ROOT / "tools") not in sys.path:
        sys.path.append(str(ROOT / "tools"))  # where they look for one another
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look up their annotations
    spec.loader.exec_module(module)
    return module


def test_nothing_generated_is_stale() -> None:
    for path, text in tool("docs").generated().items():
        assert path.read_text() == text, f"{path.relative_to(ROOT)} is stale: make docs"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_interactive_examples(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # some write files
    for name in ("examples", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    failed, _ = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert failed == 0


#: How the names of those begin that import a framework, or run the command.
FRAMED = (
    "isorate.torch", "isorate.mindspore", "isorate.jax", "isorate.keras", "isorate.lightning",
    "isorate.transformers", "isorate.__main__",
)  # fmt: skip


def modules() -> list[str]:
    """Return every module but those that import a framework, whose tests run their examples."""
    found = [module.name for module in pkgutil.walk_packages(isorate.__path__, "isorate.")]
    lists = {"isorate.mindspore", "isorate.mindspore.lists"}
    return [name for name in found if name in lists or not name.startswith(FRAMED)]


@pytest.mark.parametrize("name", modules())
def test_docstring_examples(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_readme_runs_code_in_its_first_lines_and_opens_with_the_rule() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    rule = "the update is the only clock two"
    assert rule in " ".join(lines[:8])
    assert any(line.startswith(">>> ") for line in lines[:15])


def test_every_command_and_every_public_name_is_documented() -> None:
    text = "\n".join(path.read_text() for path in PAGES)
    for command in importlib.import_module("isorate.cli").COMMANDS:
        assert f"isorate {command}" in text
    for name in isorate.__all__:
        if not name.startswith("__"):
            assert re.search(rf"\b{name}\b", text), name


def test_every_public_docstring_says_what_it_raises_or_shows_an_example() -> None:
    for name in isorate.__all__:
        thing = getattr(isorate, name)
        assert getattr(thing, "__doc__", "") or name.startswith("__"), name


def test_the_makefile_explains_itself() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z-]+):(.*)$", text, re.MULTILINE)
    assert targets
    assert all("## " in rest for _, rest in targets)


def test_every_shape_of_a_schedule_is_in_the_json_page() -> None:
    from isorate import Schedule

    page = (ROOT / "docs" / "json.md").read_text()
    tags = [node["properties"]["shape"]["enum"][0] for node in nodes(Schedule.json_schema())]
    assert len(tags) > 20
    assert [tag for tag in tags if f"`{tag}`" not in page] == []


def nodes(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the definitions in a schema that are nodes of a schedule."""
    return [d for d in schema["$defs"].values() if "shape" in d.get("properties", {})]
