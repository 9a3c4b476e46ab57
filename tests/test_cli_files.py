"""Scripts on the command line: files, folders and notebooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from isorate.cli import main

HEAD = "from torch.optim import SGD\nfrom torch.optim.lr_scheduler import StepLR\n"
TRAIN = "from rates import build\n\ndef main():\n    build([], SIZE)\n\nSIZE = 4\n"
RUN = "if __name__ == '__main__':\n    main()\n"
RATES = HEAD + "def build(params, size):\n    return StepLR(SGD(params, lr=0.5), size)\n"
CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "source": ["# A schedule (not Python: 1 +)"]},
    {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install torch\n", HEAD]},
    {"cell_type": "code", "source": "size = 3\noptimizer = SGD(params, lr=0.5)"},
    {"cell_type": "raw", "source": "size = 9"},
    {"cell_type": "code", "source": ["scheduler = StepLR(optimizer, size)"], "outputs": []},
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "train.py": TRAIN + RUN,
        "rates.py": RATES,
        "plots.py": "import json\nif __name__ == '__main__':\n    print(json)\n",
        "broken.py": "lr_ = (",
        ".venv/lib/site.py": HEAD + "StepLR(SGD([], lr=1), 1)\n" + RUN,
        "notes/data.txt": "StepLR(SGD([], lr=1), 1)",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Return a command's status and what it prints, or its complaint."""
    with pytest.raises(SystemExit) as end:
        main([*arguments])
    printed = capsys.readouterr()
    assert isinstance(end.value.code, int)
    return end.value.code, printed.err if end.value.code == 2 else printed.out


@pytest.mark.parametrize(
    "given", [["."], ["train.py", "rates.py"], ["train.py", "."], ["./train.py", "./rates.py"]]
)
@pytest.mark.usefixtures("project")
def test_a_folder_and_several_files(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status, printed = run(capsys, "show", *given, "--updates", "9", "--json")
    assert status == 0, printed
    assert json.loads(printed)["call"].endswith("lr=0.5), step_size=4)")
    assert run(capsys, "convert", *given, "--to", "mindspore", "--updates", "9")[0] == 0


def test_a_folder_elsewhere(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, script = str(project), str(project / "train.py")
    assert run(capsys, "compare", folder, f"{HEAD}StepLR(SGD(p, lr=0.5), 4)", "--updates", "9") == (
        0, run(capsys, "compare", folder, folder, "--updates", "9")[1],
    )  # fmt: skip
    assert run(capsys, "show", script, folder, "--at", "4")[0] == 0


@pytest.mark.usefixtures("project")
def test_a_file_alone_opens_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    status, complaint = run(capsys, "show", "train.py")
    assert status == 2
    assert "builds no scheduler" in complaint
    assert "(what it imports is not opened: give the files, too)" in complaint


def test_what_is_wrong_with_folders(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "empty").mkdir()
    (project / "two").mkdir()
    for name in ("one.py", "other.py"):
        (project / "two" / name).write_text(f"{HEAD}StepLR(SGD([], lr=0.5), 4)\n")
    cases = {
        ("empty",): "empty has no Python files",
        ("notes",): "notes has no Python files",
        ("two",): "two has several scripts that build a schedule: two/one.py, two/other.py "
        "(name one first: isorate show two/one.py two)",
        ("train.py", "none.py"): "cannot read none.py",
        ("StepLR(3)", "StepLR(4)"): "required one call, in quotes",
    }
    (project / "train.py").write_text("import none\n" + TRAIN + RUN)
    for given, says in cases.items():
        status, complaint = run(capsys, "show", *given, "--lr", "0.1")
        assert status == 2, given
        assert says in complaint
    assert run(capsys, "show", "two/one.py", "two")[0] == 0
    (project / "two" / "other.py").write_text("import json")
    assert run(capsys, "show", "two")[0] == 0
    (project / "two" / "one.py").write_text(f"{HEAD}def f(o):\n    return StepLR(o, SIZE)\n")
    (project / "two" / "train.py").write_text(f"{HEAD}from one import f\nf(SGD([], lr=0.5))\n")
    status, complaint = run(capsys, "show", "two")
    assert (status, "--set SIZE=..." in complaint) == (2, True)
    assert run(capsys, "show", "two", "--set", "SIZE=4")[0] == 0


def test_a_notebook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "train.ipynb"
    path.write_text(json.dumps({"cells": CELLS, "nbformat": 4, "metadata": {}}))
    status, printed = run(capsys, "show", str(path), "--updates", "7", "--json")
    assert status == 0, printed
    assert json.loads(printed)["call"].endswith("lr=0.5), step_size=3)")
    assert run(capsys, "show", f"@{path}", "--at", "3")[0] == 0
    for text, says in (
        ('{"cells": [', "not Python"),
        ('{"cells": []}', "the notebook has no code"),
    ):
        path.write_text(text)
        status, printed = run(capsys, "show", str(path))
        assert (status, says in printed) == (2, True), printed
