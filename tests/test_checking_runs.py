"""Runs that really went wrong, each in one of the known ways: the way is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from isorate.cli._commands import run

HOME = Path(__file__).parent / "logs" / "wrong"
RUNS: dict[str, dict[str, Any]] = json.loads((HOME / "runs.json").read_text())


@pytest.mark.parametrize("name", RUNS)
def test_the_way_that_a_run_went_wrong_is_named(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = RUNS[name]
    status = run(["check", str(HOME / told["file"]), told["recipe"], *told["options"], "--json"])
    document = json.loads(capsys.readouterr().out)
    ways = [fit["way"] for part in document["parts"] for fit in part["ways"]]
    follows = told["named"] in ("follows", "skipped")
    assert status == (0 if follows else 1)
    assert document["verdict"] == ("follows" if follows else "departs")
    assert told["named"] == ("follows" if not ways else ways[0]), document["sentence"]
