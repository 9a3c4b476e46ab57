"""MindSpore's experimental schedulers without MindSpore: said again, and far out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isorate import ConvertError, Run, RunError, simulate
from isorate.dialects import mindspore
from isorate.kit.call import Lift
from isorate.kit.match import Refusal
from isorate.kit.optimizer import Optimizer
from isorate.schedule.combinators import Join
from isorate.schedule.expression import Expression
from isorate.schedule.shapes.decays import Exponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear
from tests.calls import read

SGD = "mindspore.experimental.optim.SGD"
TABLE = Path(__file__).parent / "tables" / "mindspore.json"

#: Whatever holds for the schedule holds for the call that says it: float32 apart.
LOOSELY = 2e-5


def scheduler_rows() -> list[Any]:
    """Return the captured rows of schedulers that keep to a schedule of theirs."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))["rows"]
    kept = ("rates", "samples")
    return [
        pytest.param(row, id=row["id"])
        for row in rows
        if ".lr_scheduler." in row["text"]
        and any(key in row for key in kept)
        and not {"drifts", "unsaid", "unread"} & set(row)
    ]


@pytest.mark.parametrize("row", scheduler_rows())
def test_what_is_said_again_has_the_same_rates(row: dict[str, Any]) -> None:
    call, run = read(row["text"], dialect="mindspore"), Run(**row["run"])
    try:
        schedule = call.lower().resolved(run).normal()
    except ConvertError:
        pytest.skip("no schedule")
    said = type(call).lift(schedule, run.length)
    if isinstance(said, Refusal):
        pytest.skip(said.reason)
    again = Run(run.length, updates_per_epoch=said.updates_per_step, step_every="epoch")
    expected, found = simulate(call, run).values, simulate(said.call, again).values
    updates = expected.shape[-1]  # where MindSpore raises, a call that says it may go on
    found, finite = found[..., :updates], np.isfinite(expected)
    assert (np.isfinite(found) == finite).all()
    expected = expected[finite]
    apart = np.abs(found[finite] - expected).max()
    assert apart <= LOOSELY * np.abs(expected).max(), said.call.code


SAID = {
    "StepLR": "StepLR({o}, 4, 0.5)",
    "MultiStepLR": "MultiStepLR({o}, [3, 3, 7], 0.5)",
    "ConstantLR": "ConstantLR({o}, 0.25, 6)",
    "LinearLR": "LinearLR({o}, 0.25, 1.0, 8)",
    "ExponentialLR": "ExponentialLR({o}, 0.9)",
    "PolynomialLR": "PolynomialLR({o}, 12, 2.0)",
    "MultiplicativeLR": "MultiplicativeLR({o}, lambda t: 0.9)",
    "CosineAnnealingLR": "CosineAnnealingLR({o}, 12, 0.01)",
    "CosineAnnealingWarmRestarts": "CosineAnnealingWarmRestarts({o}, 4, 2, 0.01)",
    "CyclicLR": "CyclicLR({o}, 0.01, 0.1, 4, 6)",
    "CyclicLR-2": "CyclicLR({o}, 0.01, 0.1, 4, 6, 'triangular2')",
    "CyclicLR-power": "CyclicLR({o}, 0.01, 0.1, 4, mode='exp_range', gamma=0.95)",
    "SequentialLR": "SequentialLR({o}, [LinearLR({p}, 0.25, 1.0, 5), "
    "CosineAnnealingLR({p}, 20, 0.01), ConstantLR({p}, 0.1, 40)], [5, 25])",
    "SequentialLR-cycles": "SequentialLR({o}, [LinearLR({p}, 0.25, 1.0, 6), "
    "CyclicLR({p}, 0.1, 0.3, 3)], [6])",
}


@pytest.mark.parametrize("name", SAID)
def test_each_says_its_own(name: str) -> None:
    written = SAID[name].replace("{o}", f"optimizer := {SGD}(params, lr=0.1)")
    call = read(written.replace("{p}", "optimizer"), dialect="mindspore")
    schedule = call.lower().resolved(Run(30)).normal()
    said = type(call).lift(schedule, 30)
    assert isinstance(said, Lift)
    assert said.call.lower().resolved(Run(30)).normal() == schedule


def test_a_member_that_cannot_start_over_is_not_offered() -> None:
    later = PiecewiseConstant((0.1, 0.05, 0.0125), (3, 5))
    said = mindspore.SequentialLR.lift(Join((Linear(0.01, 0.1, 5), later), (5,)).normal(), 30)
    if isinstance(said, Lift):
        assert "MultiStepLR" not in said.call.code
        curve = simulate(said.call, Run(30))
        assert curve.halt is None
        assert curve.updates == 30


@pytest.mark.parametrize(
    ("constructor", "schedule"),
    [
        (mindspore.StepLR, Cosine(0.1, 0.0, 5)),
        (mindspore.LinearLR, Linear(0.0, 0.1, 5)),
        (mindspore.LinearLR, Linear(0.1, 0.2, 5, "mirror")),
        (mindspore.ExponentialLR, Exponential(-0.1, 0.9)),
        (mindspore.CosineAnnealingLR, Cosine(0.1, 0.0, 2.5)),
        (mindspore.CyclicLR, Linear(0.0, 0.1, 5)),
        (mindspore.SequentialLR, Constant(0.1)),
        (mindspore.ReduceLROnPlateau, Constant(0.1)),
        (mindspore.MultiStepLR, Table((0.1, 0.2))),
    ],
)
def test_what_cannot_be_said_is_refused_with_a_reason(constructor: Any, schedule: Any) -> None:
    said = constructor.lift(schedule.normal(), 30)
    assert isinstance(said, Refusal)
    assert said.reason


# --- functions of the step -----------------------------------------------------------------------


@pytest.mark.parametrize("factor", ["(t > 3) * 0.5", "-(t > 3)", "t > 3", "(t > 3) == (t > 5)"])
def test_a_comparison_of_tensors_is_no_number(factor: str) -> None:
    call = mindspore.LambdaLR(Optimizer.of(0.1), Expression("t", factor))
    with pytest.raises(RunError, match=r"Isorate does not follow .* a comparison of tensors"):
        simulate(call, Run(12))
    late = mindspore.LambdaLR(Optimizer.of(0.1), Expression("t", f"1 if t < 5 else {factor}"))
    halt = simulate(late, Run(12)).halt
    assert halt is not None
    assert (halt.update, halt.error) == (5, "IsorateLimit")


# --- far out -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "ExponentialLR({o}, 0.99999)",
        "StepLR({o}, 7, 0.9999)",
        "CosineAnnealingLR({o}, 400, 0.01)",
        "CosineAnnealingWarmRestarts({o}, 7, 2)",
        "CosineAnnealingWarmRestarts({o}, 7)",
        "CyclicLR({o}, 0.01, 0.1, 7, mode='triangular2')",
        "LambdaLR({o}, lambda t: 1 / (1 + t))",
        "LinearLR({o}, 0.5, 1.0, 90_000)",
        "SequentialLR({o}, [LinearLR({p}, 0.5), ExponentialLR({p}, 0.9999)], [70_000])",
    ],
)
def test_blocks_join_up(call: str) -> None:
    # more steps than a block has: what follows from the step before goes on across its end
    text = call.replace("{o}", f"optimizer := {SGD}(params, lr=0.1)").replace("{p}", "optimizer")
    scheduler: Any = read(text, dialect="mindspore")
    steps = 140_000
    rates = np.concatenate(list(scheduler.native(steps)), axis=1)[0]
    (worker,) = scheduler.build()
    one = [worker.group["lr"]]
    with np.errstate(all="ignore"):
        for wanted in (65_530, 11, 1, steps - 65_543):
            one.extend(worker.moves(wanted).rates(one[-1]))
    assert np.array_equal(rates, np.array(one, np.float32), equal_nan=True)
