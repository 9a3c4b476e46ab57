"""Configurations: what they come to, beside the rates that their trainers really trained with.

``tests/cases/configs`` holds them; ``tools/configs.py`` ran each with the trainer itself, some of
them in two processes side by side, and recorded the rate of every update.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isorate import ReadError, check
from isorate.configs.configuration import FEWEST
from isorate.configs.reading import CONFIGURATIONS
from isorate.given import configured

HOME = Path(__file__).parent / "cases" / "configs"
ROWS = [
    pytest.param({"as": path.stem, **row}, id=f"{path.stem}: {row['what']}")
    for path in sorted(HOME.glob("*.json"))
    for row in json.loads(path.read_text(encoding="utf-8"))
]


def foretold(row: dict[str, Any]) -> list[float]:
    """Return the rates that are foretold of a row."""
    recipe = configured(row["values"], row["as"], row.get("facts"))
    assert recipe.run.updates == len(row["rates"])
    rates: list[float] = np.atleast_2d(recipe.curve.values)[0].tolist()
    return rates


def test_whose_a_file_is_is_among_those_whose_it_may_be() -> None:
    known = list(CONFIGURATIONS.values())
    for param in ROWS:
        row: Any = param.values[0]
        values = row["values"]
        likely = [of.name for of in CONFIGURATIONS.likely(values)]
        assert not [of for of in known if of.score(values) >= FEWEST and of.name not in likely]
        for key in values:  # nor does it take more than what is looked at
            alone = {name: value for name, value in values.items() if name != key}
            likely = [of.name for of in CONFIGURATIONS.likely(alone)]
            assert not [of for of in known if of.score(alone) >= FEWEST and of.name not in likely]


@pytest.mark.parametrize("row", ROWS)
def test_the_rates_are_those_that_it_trains_with(row: dict[str, Any]) -> None:
    if "within" in row:  # a bound that is measured, as a share of the peak
        bound = row["within"] * max(row["rates"])
        assert foretold(row) == pytest.approx(row["rates"], rel=0, abs=bound)
    else:
        assert foretold(row) == row["rates"]


def test_the_biases_have_rates_of_their_own() -> None:
    rows = json.loads((HOME / "ultralytics.json").read_text(encoding="utf-8"))
    for row in rows:
        rates = configured(row["values"], "ultralytics", row["facts"]).curve.values
        assert rates[-1].tolist() == row["biases"]
    assert any(row["biases"] != row["rates"] for row in rows)


def test_the_epochs_end_with_what_its_results_hold(tmp_path: Path) -> None:
    rows = json.loads((HOME / "ultralytics.json").read_text(encoding="utf-8"))
    for row in rows:
        recipe = configured(row["values"], "ultralytics", row["facts"])
        names = [f"lr/pg{group}" for group in range(len(row["epoch_ends"][0]))]
        lines = [["epoch", *names], *([n, *e] for n, e in enumerate(row["epoch_ends"], 1))]
        results = tmp_path / "results.csv"
        results.write_text("\n".join(",".join(map(str, line)) for line in lines))
        found = check(results, recipe)
        assert found.follows, (row["what"], str(found))
        assert found.first.sentence.startswith(f"follows, to epoch {len(lines) - 1} of ")
        lines[1][1] *= 1.001
        results.write_text("\n".join(",".join(map(str, line)) for line in lines))
        departure = check(results, recipe).first.departure
        assert departure is not None
        assert departure.update == 0


@pytest.mark.parametrize("row", ROWS)
def test_a_shift_by_one_update_would_be_seen(row: dict[str, Any]) -> None:
    rates = row["rates"]
    if len(set(rates)) > 1:
        bound = row.get("within", 0.0) * max(rates)
        assert max(abs(a - b) for a, b in zip(foretold(row)[1:], rates, strict=False)) > bound


def test_every_trainer_has_enough_of_them() -> None:
    for path in HOME.glob("*.json"):
        rows = json.loads(path.read_text(encoding="utf-8"))
        assert len(rows) >= 8, path.stem
        assert sum(len(set(row["rates"])) > 1 for row in rows) >= 8, path.stem


def test_a_key_that_no_rate_depends_on_is_not_passed_over() -> None:
    values = {"lr_scheduler_type": "cosine", "max_steps": 100}
    assert configured(values, facts={"warmup_steps": 9}).num_warmup_steps == 9
    with pytest.raises(ReadError, match="--set version: no rate of transformers' depends on it"):
        configured(values, facts={"version": 4})
