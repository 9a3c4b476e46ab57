"""The skeleton of a new dialect is accepted as it is, up to the table that it lacks."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAME = "zephyr"
#: What every dialect has to pass, whatever it is of.
GENERAL = [
    "tests/test_dialects.py",
    "tests/test_framework_names.py",
    "tests/conformance/test_drawn.py",
    "tests/kit/test_hooks.py",
]


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python within a copy of the repository."""
    environment = {
        "PYTHONPATH": str(root / "src"),
        "HYPOTHESIS_PROFILE": "short",
        "HOME": str(root),
    }
    return subprocess.run(
        [sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the repository, and have the skeleton made there."""
    root = tmp_path_factory.mktemp("copy")
    for folder in ("src", "tests", "tools"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    made = run(root, "tools/new_dialect.py", NAME, "Zephyr")
    assert made.returncode == 0, made.stderr
    return root


def test_nothing_but_its_own_files_and_a_line_is_written(copy: Path) -> None:
    added = [
        path.relative_to(copy)
        for path in sorted(copy.rglob("*.*"))
        if path.suffix in (".py", ".toml", ".json")
        if not (ROOT / path.relative_to(copy)).exists()
    ]
    assert added == [
        Path(f"src/isorate/dialects/{NAME}.py"), Path(f"tests/conformance/cases/{NAME}.py"),
    ]  # fmt: skip
    before, after = (tomllib.loads((r / "pyproject.toml").read_text()) for r in (ROOT, copy))
    old, new = (found["dependency-groups"]["conformance"] for found in (before, after))
    assert [line for line in new if line not in old] == [NAME]
    before["dependency-groups"]["conformance"] = new
    assert before == after
    again = run(copy, "tools/new_dialect.py", NAME)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert "usage" in run(copy, "tools/new_dialect.py", "No-Name").stderr


def test_it_is_read_shown_and_converted(copy: Path) -> None:
    text = f"{NAME}.linear(0.5, 0.0, 4)"
    shown = run(copy, "-m", "isorate", "show", text, "--at", "3")
    assert "0.125" in shown.stdout, shown.stderr
    there = run(copy, "-m", "isorate", "convert", text, "--to", "optax", "--updates", "9")
    assert "linear_schedule(" in there.stdout, there.stderr
    line = "LinearLR(SGD(p, lr=0.5), 1.0, 0.0, 4)"
    back = run(copy, "-m", "isorate", "convert", line, "--to", NAME, "--updates", "9")
    assert f"{NAME}.linear(start=0.5, end=0.0, steps=4)" in back.stdout, back.stderr


def test_the_general_tests_accept_it(copy: Path) -> None:
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *GENERAL)
    assert done.returncode == 0, done.stdout[-2000:]
    assert f"{NAME} is not installed" in done.stdout  # it would be drawn where it is installed


def test_what_it_lacks_is_its_table(copy: Path) -> None:
    done = run(copy, "-m", "pytest", "-q", "tests/test_tables.py", "-k", f"{NAME} or no_table")
    assert f"{NAME} has no table: python tools/capture.py {NAME}" in done.stdout
    failed = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED")}
    assert failed == {
        f"tests/test_tables.py::test_table_is_whole[{NAME}]",
        f"tests/test_tables.py::test_the_cards_name_the_exceptions_that_were_raised[{NAME}]",
        "tests/test_tables.py::test_no_table_without_a_dialect",
    }


def test_it_has_no_lint(copy: Path) -> None:
    pytest.importorskip("ruff")
    own = [f"src/isorate/dialects/{NAME}.py", f"tests/conformance/cases/{NAME}.py"]
    for check in (["check"], ["format", "--check"]):
        done = run(copy, "-m", "ruff", *check, *own)
        assert done.returncode == 0, done.stdout + done.stderr
