"""A schedule is found in a log that carries no recipe, with the numbers that were written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isorate import identify, simulate
from isorate.cli._commands import run
from isorate.schedule.errors import ReadError
from tests.lists import LISTS, numbers
from tests.test_checking import RECIPES, log, rates

EVERY, TENTH = np.arange(100), np.arange(9, 100, 10)
WRITTEN: list[tuple[str, str, dict[str, float]]] = [
    ("cosine", "cosine", {"peak": 0.1, "end": 0.001, "updates": 100}),
    ("steps", "steps", {"peak": 0.1, "factor": 0.1, "every": 30}),
    ("exponential", "exponential", {"peak": 0.1, "factor": 0.97}),
    ("polynomial", "polynomial of power 2", {"peak": 0.1, "end": 0, "updates": 100}),
    ("warm", "cosine", {"warmup": 10, "peak": 0.1, "end": 0, "updates": 100}),
    ("optax", "cosine", {"warmup": 10, "peak": 0.001, "end": 0.0001, "updates": 100}),
    ("line", "line", {"warmup": 7, "peak": 0.1, "end": 0, "updates": 100}),
    ("joined", "cosine", {"warmup": 5, "start": 0.01, "peak": 0.1, "end": 0, "updates": 100}),
]


SGD = "torch.optim.SGD(params, lr=0.02)"
LAMBDA = f"torch.optim.lr_scheduler.LambdaLR({SGD}, lambda k: {{}})"
COMPOSED: list[tuple[str, str, dict[str, float]]] = [
    (f"optimizer = {SGD}\nSequentialLR(optimizer, [LinearLR(optimizer, 0.001, total_iters=500), "
     "MultiStepLR(optimizer, [2500, 4000], 0.1)], [500])", "steps",
     {"warmup": 500, "start": 2e-05, "peak": 0.02, "factor": 0.1, "step 1": 3000, "step 2": 4500}),
    (f"MultiStepLR({SGD}, [3000, 4500], 0.1)", "steps",
     {"peak": 0.02, "factor": 0.1, "step 1": 3000, "step 2": 4500}),
    (LAMBDA.format("min(k / 500, 1, (5000 - k) / 1000)"), "plateau, then line",
     {"warmup": 500, "peak": 0.02, "plateau to": 4000, "end": 0, "updates": 5000}),
    (LAMBDA.format("k / 500 if k < 500 else 1 if k < 4000 else 1 - ((k - 4000) / 1000) ** 0.5"),
     "plateau, then one less the square root",
     {"warmup": 500, "peak": 0.02, "plateau to": 4000, "end": 0, "updates": 5000}),
    (f"transformers.get_wsd_schedule({SGD}, 500, 1000, num_training_steps=5000, "
     "min_lr_ratio=0.1)", "plateau, then cosine",
     {"warmup": 500, "start": 0.002, "peak": 0.02, "plateau to": 4000, "end": 0.002,
      "updates": 5000}),
    (f"transformers.get_inverse_sqrt_schedule({SGD}, 500)", "inverse square root",
     {"warmup": 500, "peak": 0.02}),
    (f"transformers.get_inverse_sqrt_schedule({SGD}, 500, timescale=1000)", "inverse square root",
     {"warmup": 500, "peak": 0.02, "ahead": 500}),
    (f"CyclicLR({SGD}, 0.001, 0.02, 800)", "line that goes back",
     {"from": 0.001, "to": 0.02, "updates": 800}),
    (f"CosineAnnealingWarmRestarts({SGD}, 1500, eta_min=1e-4)", "cosine that starts over",
     {"from": 0.02, "to": 1e-4, "updates": 1500}),
    (f"CosineAnnealingLR({SGD}, 700, 1e-4)", "cosine that goes back",
     {"from": 0.02, "to": 1e-4, "updates": 700}),
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(COMPOSED)))
def test_what_takes_several_pieces_is_found_in_a_log_of_few_updates(row: int) -> None:
    text, family, arguments = COMPOSED[row]
    steps = np.arange(49, 5000, 50)
    found = log(simulate(text, 5000).values[steps], steps=steps, digits=None if row % 2 else 5)
    first = identify(found)[0]
    assert first.fits
    assert first.family == family
    assert dict(first.arguments) == pytest.approx(arguments, rel=1e-3)


#: Of these, ten rows tell nothing of the warmup.
SHORT = ("line", "joined")


@pytest.mark.parametrize("digits", [None, 4])
@pytest.mark.parametrize(
    ("name", "family", "arguments", "steps"),
    [
        (*row, steps)
        for row in WRITTEN
        for steps in (EVERY, TENTH)
        if steps is EVERY or row[0] not in SHORT
    ],
    ids=lambda given: str(given)[:12],
)
def test_the_family_is_found_with_its_numbers(
    name: str, family: str, arguments: dict[str, float], steps: Any, digits: int | None
) -> None:
    first = identify(log(rates(RECIPES[name])[steps], steps=steps, digits=digits))[0]
    assert first.fits
    assert (first.family, dict(first.arguments)) == (family, arguments)


def test_what_fits_none_is_said_and_what_is_constant_is_constant() -> None:
    noise = np.random.default_rng(0).uniform(0.1, 1, 50)
    assert not any(one.fits for one in identify(log(noise)))
    first = identify(log(np.full(20, 3e-4)))[0]
    assert (first.family, dict(first.arguments)) == ("constant", {"rate": 3e-4})


def test_steps_that_are_far_apart_take_no_longer() -> None:
    steps = np.array([0, 5 * 10**9, 6 * 10**9])
    first = identify(log(np.array([0.1, 0.1, 0.05]), steps=steps))[0]
    assert (first.family, first.arguments["every"]) == ("steps", 6e9)


def test_a_log_that_ends_before_families_part_leaves_several() -> None:
    first = rates(RECIPES["cosine"])[:4]
    fitting = {one.family for one in identify(log(first, digits=3)) if one.fits}
    assert len(fitting) > 1


def test_which_update_a_row_is_of_is_found_by_the_numbers_that_come_of_it() -> None:
    known = rates(RECIPES["cosine"])
    steps = np.arange(10, 100, 10)
    for ahead in (0, 1):
        first = identify(log(known[steps - ahead], steps=steps, offsets=(1, 0)))[0]
        assert (first.arguments["peak"], first.arguments["updates"]) == (0.1, 100), ahead


def test_each_family_is_told_once() -> None:
    for name in RECIPES:
        told = [one.family for one in identify(log(rates(RECIPES[name])[5:60:5]))]
        assert len(told) == len(set(told))


def test_rates_of_one_update_tell_nothing() -> None:
    for few in (log(np.array([0.1])), log(np.array([1e-4, 1.2, 3e-4]), steps=[0, 0, 0])):
        with pytest.raises(ReadError, match="rates of one update only"):
            identify(few)


def test_a_climb_has_a_start_and_no_peak() -> None:
    first = identify(log(np.arange(1, 40) / 4e5, steps=range(1, 40)))[0]
    assert first.family == "line"
    assert first.arguments["start"] == 0
    assert "peak" not in first.arguments


def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    wrong = Path(__file__).parent / "logs" / "wrong"
    assert run(["identify", str(wrong / "warmup_twice_as_long.csv")]) == 0
    assert capsys.readouterr().out.startswith("Cosine: warmup 20, peak 0.1, end 0, updates 100. ")
    drawn = np.random.default_rng(3).random(40).tolist()
    rows = "".join(f"{update},{rate!r}\n" for update, rate in enumerate(drawn))
    (tmp_path / "drawn.csv").write_text(f"step,lr\n{rows}")
    assert run(["identify", str(tmp_path / "drawn.csv"), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert not any(one["fits"] for one in document["candidates"])


@pytest.mark.parametrize("name", ["warmup, steps", "one cycle", "warmup, restarts"])
def test_a_log_of_every_update_is_said_piece_by_piece(tmp_path: Path, name: str) -> None:
    text, pieces = LISTS[name]
    rates = numbers(text)
    rows = "".join(f"{update},{rate!r}\n" for update, rate in enumerate(rates))
    (tmp_path / "log.csv").write_text(f"step,lr\n{rows}")
    best = identify(tmp_path / "log.csv")[0]
    assert best.fits
    assert str(best) == "; ".join(f"from update {at} on {it}" if at else it for at, it in pieces)
    assert [best.schedule.at(update) for update in range(len(rates))] == pytest.approx(rates)
    rates[30] *= 1.01
    rows = "".join(f"{update},{rate!r}\n" for update, rate in enumerate(rates))
    (tmp_path / "log.csv").write_text(f"step,lr\n{rows}")
    assert not identify(tmp_path / "log.csv")[0].fits
