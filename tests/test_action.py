"""The action for GitHub's workflows: its form, and that the command in it does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
RECIPE = "transformers.get_cosine_schedule_with_warmup(SGD(params, lr=0.1), 10, 100)"


def test_its_form_is_that_of_a_composite_action() -> None:
    assert {"name", "description", "inputs", "runs"} <= ACTION.keys()
    assert ACTION["runs"]["using"] == "composite"
    assert all(given["description"] for given in ACTION["inputs"].values())
    assert [name for name, given in ACTION["inputs"].items() if given.get("required")] == ["run"]
    for step in ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]  # it would be a shell's to read
        told = " ".join(step["env"].values())
        assert set(re.findall(r"inputs\.(\w+)", told)) <= ACTION["inputs"].keys()


def checked(tmp_path: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Do what the last step does, with Isorate as it is here."""
    step = ACTION["runs"]["steps"][-1]
    inputs = {name: one.get("default", "") for name, one in ACTION["inputs"].items()} | given
    told = {
        name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: inputs[found[1]], value)
        for name, value in step["env"].items()
    } | {"HOME_OF": str(tmp_path)}
    program = tmp_path / "bin" / "isorate"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m isorate "$@"\n')
    program.chmod(0o755)
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")} | told,
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_follows_passes_and_what_departs_is_annotated(tmp_path: Path) -> None:
    log = "tests/logs/wrong/stopped_early.csv"
    done = checked(tmp_path, run=log, recipe=RECIPE, options="--updates=100\n\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"::notice file={log},title=isorate check::Follows, to update 35")
    done = checked(tmp_path, run="tests/logs/wrong/two_processes.csv", recipe=RECIPE)
    assert done.returncode == 1
    assert "title=isorate check::Departs at update 1" in done.stdout
    done = checked(tmp_path, run="none; touch pwned", recipe="$(touch pwned)")
    assert done.returncode == 2
    assert not (ROOT / "pwned").exists()
