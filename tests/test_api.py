"""The verbs in Python: whatever has rates is taken, and what has none is refused in one line."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import is_dataclass
from typing import Any

import msgspec
import numpy as np
import pytest

import isorate
from isorate import (
    Curve,
    IsorateError,
    ReadError,
    Run,
    RunError,
    Schedule,
    compare,
    convert,
    evaluate,
    read,
    simulate,
)
from isorate.schedule.curve import Halt
from isorate.schedule.shapes import Constant, Linear
from tests.test_docs import FRAMED

TEXT = "LinearLR(SGD(p, lr=0.5), 0.5, total_iters=2)"  # 0.25, 0.375, 0.5, 0.5, …
RATES = [0.25, 0.375, 0.5, 0.5]
SCHEDULE = Linear(0.25, 0.5, 2)

SIDES: list[Any] = [
    TEXT,
    read(TEXT),
    SCHEDULE,
    SCHEDULE.to_json(),
    Curve(np.array(RATES), "a log"),
    RATES,
    tuple(RATES),
    np.array(RATES),
    np.array(RATES, np.float32),
    np.array([RATES]),
    [RATES],
]
LENGTHS: list[Any] = [4, Run(4), np.int64(4), None]


def name(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("run", LENGTHS, ids=name)
@pytest.mark.parametrize("side", SIDES, ids=name)
def test_whatever_has_rates_is_taken(side: Any, run: Any) -> None:
    curve = simulate(side, run)
    assert curve.values.tolist()[:4] == RATES
    assert run is None or len(curve) == 4
    compared = compare(TEXT, side, run)
    assert compared.equal or run is None  # given rates end, and the scheduler goes on
    assert compare(side, side, run).verdict == "identical"
    for to in ("torch", "mindspore"):
        best = convert(side, to=to, run=run).ways[0]
        assert best.comparison.equal
        assert simulate(best.call, best.run).at(1) == 0.375


def test_groups_are_rows() -> None:
    rows = [RATES, [0.5] * 4]
    two = simulate(rows)
    assert two.groups == 2
    assert two.at(1) == (0.375, 0.5)
    assert compare(np.array(rows), rows, 4).verdict == "identical"
    with pytest.raises(ReadError, match="parameter groups"):
        convert(rows, to="torch")
    grouped = read("LinearLR(SGD([{'params': p, 'lr': 0.5}, {'params': q, 'lr': 1.0}]), 0.5)")
    assert simulate(grouped.lower(), 2).groups == 2


def test_integers_are_rates_too() -> None:
    assert simulate(np.array([3, 2, 1])).values.tolist() == [3.0, 2.0, 1.0]
    assert compare([3, 2, 1], [3.0, 2.0, 1.0]).verdict == "identical"


@pytest.mark.parametrize("side", [TEXT, read(TEXT), SCHEDULE, SCHEDULE.to_json()], ids=name)
@pytest.mark.parametrize("run", LENGTHS, ids=name)
def test_what_has_a_schedule_is_evaluated(side: Any, run: Any) -> None:
    assert evaluate(side, run).values.tolist()[:4] == RATES


def test_given_rates_have_no_schedule() -> None:
    with pytest.raises(ReadError, match="no schedule"):
        evaluate(RATES)


WRONG: list[Any] = [
    3,
    2.5,
    None,
    True,
    b"StepLR(3)",
    {"lr": 0.1},
    {0.1, 0.2},
    object(),
    Schedule,
    iter(RATES),
    "",
    "no schedule at all",
    "{",
    '{"shape":"spiral"}',
    [],
    (),
    [[]],
    ["0.1"],
    [None],
    [True, False],
    [10**400],
    [0.1, [0.2]],
    [[0.1], [0.1, 0.2]],
    [[[0.1]]],
    np.array(0.1),
    np.array([1j]),
    np.array([0.1], np.float16),
    np.array([object()]),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: repr(wrong)[:20])
def test_what_has_no_rates_is_refused_in_one_line(wrong: Any) -> None:
    for verb in (
        lambda: simulate(wrong),
        lambda: simulate(wrong, 4),
        lambda: evaluate(wrong),
        lambda: compare(wrong, TEXT),
        lambda: compare(TEXT, wrong, 4),
        lambda: convert(wrong, to="torch"),
    ):
        with pytest.raises(IsorateError) as raised:
            verb()
        assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    "run", [0, -3, 1.5, True, "40", [40], float("nan"), 10**400, Run], ids=repr
)
def test_what_is_no_run_is_refused_in_one_line(run: Any) -> None:
    for verb in (
        lambda: simulate(TEXT, run),
        lambda: evaluate(SCHEDULE, run),
        lambda: compare(TEXT, TEXT, run),
        lambda: convert(TEXT, to="torch", run=run),
    ):
        with pytest.raises(RunError) as raised:
            verb()
        assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    "tolerance", ["1e-3", [], 1j, object()], ids=lambda given: repr(given)[:15]
)
def test_a_tolerance_is_a_number(tolerance: Any) -> None:
    with pytest.raises(IsorateError, match="the tolerance: required a finite number"):
        compare(TEXT, TEXT, 4, tolerance=tolerance)


@pytest.mark.parametrize("to", [3, None, ["torch"], "", "mxnet"], ids=repr)
def test_a_target_is_a_dialect(to: Any) -> None:
    with pytest.raises(IsorateError, match="unknown dialect"):
        convert(TEXT, to=to, run=4)


def test_a_curve_says_the_rate_of_an_update() -> None:
    curve = simulate(TEXT, 4)
    assert len(curve) == 4
    assert [curve.at(k) for k in range(4)] == RATES
    assert curve.at(np.int64(3)) == 0.5  # type: ignore[arg-type]
    assert type(simulate(np.array(RATES, np.float32)).at(0)) is float


@pytest.mark.parametrize("update", [-1, 4, 10**30, 1.0, True, "0", None], ids=repr)
def test_a_curve_has_no_rate_outside(update: Any) -> None:
    with pytest.raises(RunError, match="no rate there: required an integer from 0 to 3"):
        simulate(TEXT, 4).at(update)


def test_what_never_moves_is_shown_for_a_while_and_what_ends_to_its_end() -> None:
    assert len(simulate(Constant(0.1))) == 100
    assert compare(Constant(0.1), Constant(0.1)).run.updates == 100
    assert compare(Constant(0.1).until(5), Constant(0.1).until(5)).run.updates == 6
    assert compare("[0.1] * 5", "[0.1] * 5").run.updates == 6


def test_what_is_handed_out_cannot_be_changed() -> None:
    found = set()
    for module in pkgutil.walk_packages(isorate.__path__, "isorate."):
        if not module.name.startswith(FRAMED):
            found |= {x for x in vars(importlib.import_module(module.name)).values() if framed(x)}
    assert len(found) > 100
    inside = {"_Tally"}  # and what a text's names stand for, which change as the text has it
    inside |= {kind.__name__ for kind in found if kind.__module__.startswith("isorate.reading.")}
    inside.remove("Reading")
    assert {kind.__name__ for kind in found if not is_frozen(kind)} <= inside


def framed(kind: Any) -> bool:
    """Whether it is a class of ours whose fields are declared."""
    fielded = isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, msgspec.Struct))
    return fielded and str(kind.__module__).startswith("isorate.")


def is_frozen(kind: Any) -> bool:
    """Whether its fields cannot be set."""
    declared = "__dataclass_params__" if is_dataclass(kind) else "__struct_config__"
    return bool(getattr(kind, declared).frozen)


def test_a_curve_is_asked_as_a_list_is() -> None:
    rows: Any = [[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]]
    for values, listed in ((rows[0], rows[0]), (rows, list(zip(*rows, strict=True)))):
        curve: Any = Curve(np.array(values), "rates")
        assert [curve[k] for k in range(-3, 3)] == [*listed, *listed]
        for part in (slice(1, None), slice(None, -1), slice(None, None, -2), slice(9, 12)):
            assert curve[part] == listed[part]
        assert list(curve) == listed
        for beyond in (3, -4):
            with pytest.raises(IndexError):
                curve[beyond]
        with pytest.raises(TypeError):
            curve[0.0]


def test_a_curve_that_ends_says_why() -> None:
    ended = simulate("[0.1, 0.2]", 5)
    with pytest.raises(RunError, match="RuntimeError"):
        ended.at(2)
    nothing = Curve(np.array([]), "nothing", Halt(0, "KeyError", "no first rate"))
    with pytest.raises(RunError, match="required no update"):
        nothing.at(0)
