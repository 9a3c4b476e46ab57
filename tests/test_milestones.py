from __future__ import annotations

import json

import numpy as np
import pytest

from isorate import Curve, Run, simulate
from isorate.reports.figure import Figure, Line
from isorate.reports.milestones import milestones
from isorate.reports.plot import looks
from isorate.schedule.curve import Halt
from isorate.simulation import sample
from tests.calls import read
from tests.test_cli import document, isorate

CHAIN = "SequentialLR(o := SGD(p, lr=0.1), [LinearLR(o, 0.1, 1.0, 5), {}], [5])"


def named(rates: list[float], dtype: type = np.float64) -> dict[str, int]:
    return {one.name: one.update for one in milestones(Curve(np.array(rates, dtype), "given"))}


def of(text: str, run: Run) -> dict[str, int]:
    return {one.name: one.update for one in milestones(simulate(read(text), run))}


def test_a_warmup_ends_at_the_peak() -> None:
    cosine = CHAIN.format("CosineAnnealingLR(o, 20)")
    assert of(cosine, Run(100)) == {
        "first": 0, "end of warmup": 5, "peak": 5, "25 %": 25, "50 %": 50, "75 %": 75, "last": 99,
    }  # fmt: skip
    # the recursion comes back to its peak a few units in the last place higher
    assert simulate(read(cosine), Run(1000)).values.argmax() > 5
    assert of(cosine, Run(1000))["peak"] == 5
    assert of("OneCycleLR(SGD(p, lr=0.1), 0.1, 1000)", Run(1000))["end of warmup"] == 299
    held = CHAIN.format("ConstantLR(o, 1.0, 0)")
    assert of(held, Run(20))["end of warmup"] == 5
    epochs = Run(40, updates_per_epoch=4, step_every="epoch")
    assert of(held, epochs)["end of warmup"] == 20
    assert "end of warmup" not in of(held, epochs.lasting(20))


def test_what_only_climbs_or_swings_does_not_warm_up() -> None:
    for text in (
        "ExponentialLR(SGD(p, lr=0.1), 1.1)",
        "CyclicLR(SGD(p, lr=0.1), 0.01, 0.1, 10)",
        "CosineAnnealingLR(SGD(p, lr=0.1), 10)",
        "StepLR(SGD(p, lr=0.1), 10)",
    ):
        assert "end of warmup" not in of(text, Run(50)), text
        assert "peak" in of(text, Run(50))


def test_short_and_constant_runs_have_few() -> None:
    assert named([0.1]) == {"first": 0, "last": 0}
    assert named([0.1] * 100) == {"first": 0, "last": 99}
    assert named([0.1, 0.2]) == {"first": 0, "peak": 1, "last": 1}
    assert named([0.1, 0.2, 0.2, 0.1]) == {"first": 0, "end of warmup": 1, "peak": 1, "last": 3}
    assert set(named([5.0, 4.0, 3.0, 2.0, 1.0])) >= {"25 %", "50 %", "75 %"}
    assert milestones(Curve(np.array([]), "given", Halt(0, "ValueError", "at once"))) == []


def test_rates_that_are_no_numbers() -> None:
    nan, inf = float("nan"), float("inf")
    assert named([0.1, 0.2, nan, nan]) == {"first": 0, "peak": 1, "first NaN": 2, "last": 3}
    assert named([nan, nan]) == {"first": 0, "first NaN": 0, "last": 1}
    assert named([0.1, inf, inf])["peak"] == 1
    assert named([-inf, 0.1, 0.05], np.float32)["peak"] == 1


def test_groups_have_peaks_of_their_own() -> None:
    curve = Curve(np.array([[1.0, 2.0, 1.0, 1.0, 1.0], [5.0, 4.0, 3.0, 2.0, 1.0]]), "given")
    peaks = [(one.update, one.groups) for one in milestones(curve) if one.name == "peak"]
    assert peaks == [(0, (1,)), (1, (0,))]


def test_show_has_a_table_of_them() -> None:
    lines = isorate("show", CHAIN.format("CosineAnnealingLR(o, 20)"), "--updates", "100").stdout
    rows = [line for line in lines.splitlines() if line.startswith(("first", "end of", "last"))]
    assert rows == [
        "first                     0  0.01",
        "end of warmup, peak       5  0.1",
        "last                     99  0.0206107",
    ]
    _, shown = document("show", "StepLR(2)", "--lr", "0.1,1", "--updates", "5")
    assert shown["milestones"][-1] == {
        "name": "last", "update": 4, "rate": [0.0010000000000000002, 0.010000000000000002],
        "groups": [0, 1],
    }  # fmt: skip
    many = isorate("show", "StepLR(2)", "--lr", ",".join(["0.1"] * 9)).stdout
    assert "and 5 more groups" in many


def test_rates_at_single_updates() -> None:
    call = read("CosineAnnealingLR(T_max=10000)", lr=0.1)
    whole = simulate(call, Run(12346)).values
    text = ("show", "CosineAnnealingLR(T_max=10000)", "--lr", "0.1", "--at", "12345,0,9999")
    _, shown = document(*text)
    assert shown["at"] == [12345, 0, 9999]
    assert shown["rates"] == [whole[12345], whole[0], whole[9999]]
    assert [line.split() for line in isorate(*text).stdout.splitlines()[-3:]] == [
        [str(update), repr(float(whole[update]))] for update in (12345, 0, 9999)
    ]
    groups = document("show", "StepLR(2)", "--lr", "0.1,1", "--at", "4", "--at", "0")[1]
    assert groups["rates"] == [[0.0010000000000000002, 0.1], [0.010000000000000002, 1.0]]


def test_single_updates_that_have_no_rate() -> None:
    text = ("show", "cosine_decay_lr(0.01, 0.1, 6, 2, 2)", "--at", "5,6,100")
    _, shown = document(*text)
    assert shown["rates"] == [0.01, None, None]
    assert shown["halt"]["update"] == 6
    assert isorate(*text).stdout.splitlines()[-1].split() == ["100", "none"]


def test_single_updates_in_float32_are_short() -> None:
    call = "mindspore.nn.CosineDecayLR(0.01, 0.1, 4)"
    assert document("show", call, "--at", "0")[1]["rates"] == [0.1]
    assert json.loads(json.dumps(document("show", call, "--at", "2")[1]))["dtype"] == "float32"


@pytest.mark.parametrize("every", [1, 3])
def test_sampling_takes_the_same_rates_from_any_block(every: int) -> None:
    call = read("StepLR(SGD(p, lr=0.1), 1000)")
    run = Run(updates_per_epoch=every, step_every="epoch")
    whole = simulate(call, run.lasting(200_000)).values
    at = [199_999, 0, 65_535, 65_536, 131_071, 131_072]
    found = sample(call, run, at).rates
    assert {update: rates.tolist() for update, rates in found.items()} == {
        update: [whole[update]] for update in at
    }


def test_many_groups_are_told_apart_or_counted() -> None:
    rates = ",".join(["0.1"] * 1000)
    done = isorate("show", "StepLR(2)", "--lr", rates)
    assert "drawn: the first 8 of 1,000 parameter groups" in done.stdout
    assert "and 996 more groups" in done.stdout
    plot = done.stdout.splitlines()[-20:]
    assert max(map(len, plot)) <= 80
    assert len({(look.color, look.dashes) for look in looks(20)}) == 20


def test_rates_that_differ_by_a_unit_in_the_last_place_are_one_line() -> None:
    """A page could not count the ticks between them."""
    values = np.array([0.1, np.nextafter(0.1, 1)] * 20)
    assert Figure("", (Line("", values),)).limits() == (0.0, values[1])
    assert Figure("", (Line("", values * np.array([1, 1 + 1e-9] * 20)),)).limits()[0] > 0.09
