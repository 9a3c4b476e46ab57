"""The pages on complaints: what a program printed is on a page, and nothing else is."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tools"))  # where the tools look for one another

import complaints  # noqa: E402
from complaints import PAGES, Recording, block, code_of, needs, programs, recorded, today  # noqa: E402

SUBJECTS = sorted(path for path in PAGES.glob("*.md") if path.name != "README.md")
PAIRS = [path for path in programs() if path.stem.endswith("_isorate")]

#: How a page begins; the index says the same.
HEAD = re.compile(r"# (.*?)\n\n\*\*Today:\*\* (.*?)\. \*\*With Isorate:\*\* (.*?)\.\n\n", re.DOTALL)

#: Programs that show one thing by itself, with nothing to lay beside it.
ALONE = {"deprecated.py", "processes_foretold.py", "recompiles.py"}


def named(path: Path) -> str:
    return path.stem


def test_every_program_is_recorded_as_it_is_and_nothing_else_is() -> None:
    assert [path.name for path in programs()] == sorted(recorded())
    for program in programs():
        recording = complaints.recording_of(program)
        assert recording.output
        assert tuple(recording.versions) == needs(code_of(program))


def test_every_program_stands_on_one_page() -> None:
    shown = [
        match["name"] for path in SUBJECTS for match in complaints.BLOCK.finditer(path.read_text())
    ]
    assert sorted(shown) == [path.name for path in programs()]


@pytest.mark.parametrize("path", SUBJECTS, ids=named)
def test_a_page_is_current(path: Path) -> None:
    assert complaints.pages()[path] == path.read_text(), "make docs"


@pytest.mark.parametrize("path", SUBJECTS, ids=named)
def test_a_page_shows_today_and_isorate_says_why_and_is_in_the_index(path: Path) -> None:
    text = path.read_text()
    sections = re.findall(r"^## (.*)", text, re.MULTILINE)
    assert sections[:3] == ["Today", "With Isorate", "Why"]
    _, now, then = re.split(r"^## (?:Today|With Isorate)$", text, flags=re.MULTILINE)
    assert "_today.py`](" in now
    assert re.search(r"_isorate\.(py|diff)`\]\(", then)
    assert "](https://" in text
    head = HEAD.match(text)
    assert head is not None
    title, *short = (" ".join(part.split()) for part in head.groups())
    for row in (f"[{title}]({path.name})", *short):
        assert f"| {row} |" in (PAGES / "README.md").read_text()


@pytest.mark.parametrize("program", PAIRS, ids=named)
def test_isorate_prints_what_the_framework_does_not(program: Path) -> None:
    outputs = recorded()
    assert outputs[program.name].output != outputs[today(program).name].output


def test_what_is_shown_today_has_its_counterpart() -> None:
    counterparts = {path.name for pair in PAIRS for path in (pair, today(pair))}
    assert counterparts | ALONE == {path.name for path in programs()}


def test_a_difference_is_a_change_of_a_few_lines() -> None:
    shown = block("resume_isorate.diff")
    assert shown.startswith("[`resume_isorate.diff`](")
    change = r"-from torch\.optim\.lr_scheduler import (\w+)\n\+from isorate\.torch import \1\n"
    assert re.search(f"```diff\n{change}```\n", shown)


def test_a_changed_program_has_no_output(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "resume_today.py"
    program.write_text((complaints.PROGRAMS / program.name).read_text())
    monkeypatch.setattr(complaints, "PROGRAMS", tmp_path)
    assert complaints.recording_of(program).output in block(program.name)
    program.write_text(program.read_text() + "\n")
    with pytest.raises(SystemExit, match=r"resume_today\.py is not recorded as it now is"):
        block(program.name)


def test_a_failing_program_is_said_and_one_without_its_library_keeps_its_recording(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.py").write_text("print('  one ')\nprint('two')\n")
    (tmp_path / "b.py").write_text("import torch\n")
    monkeypatch.setattr(complaints, "PROGRAMS", tmp_path)
    monkeypatch.setattr(complaints, "RECORDED", tmp_path / "recorded.json")
    kept = Recording("code", {"torch": "0"}, "kept")
    (tmp_path / "recorded.json").write_bytes(complaints.written({"b.py": kept, "gone.py": kept}))

    def not_installed(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(complaints, "version", not_installed)
    (tmp_path / "recorded.json").write_bytes(complaints.recording())
    assert "NOT RUN, as torch is not installed: b.py" in capfd.readouterr().out
    assert recorded()["b.py"] == kept
    assert recorded()["a.py"].output == "  one\ntwo"
    assert "gone.py" not in recorded()
    (tmp_path / "a.py").write_text("raise OSError('no such luck')\n")
    with pytest.raises(SystemExit, match=r"(?s)a\.py failed:.*no such luck"):
        complaints.recording()
