"""What MindSpore's lists and cells can say, and what they lose or refuse; joined lists; documents.

No framework is needed: native arithmetic is checked against the captured tables elsewhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from isorate import ReadError, Run, compare, simulate
from isorate.dialects.mindspore import (
    DIALECT,
    CosineDecayLR,
    ExponentialDecayLR,
    InverseDecayLR,
    LearningRateList,
    ListConcatenation,
    NaturalExpDecayLR,
    PolynomialDecayLR,
    WarmUpLR,
    cosine_decay_lr,
    exponential_decay_lr,
    inverse_decay_lr,
    natural_exp_decay_lr,
    piecewise_constant_lr,
    polynomial_decay_lr,
    warmup_lr,
)
from isorate.kit.call import Lift
from isorate.kit.match import Refusal
from isorate.schedule.combinators import Groups, Join, Shift, Staircase, Until
from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial
from tests.calls import read

if TYPE_CHECKING:
    from isorate.kit.call import Call
    from isorate.kit.card import Deviation
    from isorate.schedule.node import Schedule

HALF = math.log(2)

# --- what can be said ---------------------------------------------------------------------------

SAID: list[tuple[Schedule, Call]] = [
    (Until(Exponential(0.1, 0.5, 3), 9), exponential_decay_lr(0.1, 0.5, 9, 1, 3)),
    (Until(Staircase(Exponential(0.1, 0.5, 3), 4), 9), exponential_decay_lr(0.1, 0.5, 9, 4, 3)),
    (Until(Exponential(0.1, 0.25, 0.5), 9), exponential_decay_lr(0.1, 0.0625, 9, 1, 1)),
    (Until(Shift(Exponential(0.4, 0.5, 1), 2), 9), exponential_decay_lr(0.1, 0.5, 9, 1, 1)),
    (Until(NaturalExponential(0.1, 0.0625), 9), natural_exp_decay_lr(0.1, 0.0625, 9, 1, 1)),
    (Until(NaturalExponential(0.1, 0.5, 8), 9), natural_exp_decay_lr(0.1, 0.0625, 9, 1, 1)),
    (Until(Exponential(0.1, 0.5, 2), 9), natural_exp_decay_lr(0.1, HALF / 2, 9, 1, 1)),
    (
        Until(NaturalExponential(0.1, 1.0, 4), 9),
        exponential_decay_lr(0.1, math.exp(-1.0), 9, 1, 4),
    ),
    (Until(Inverse(0.1, 0.5, 3), 9), inverse_decay_lr(0.1, 0.5, 9, 1, 3)),
    (Until(Inverse(0.1, 0.5, 2.5), 9), inverse_decay_lr(0.1, 0.2, 9, 1, 1)),
    (Until(Shift(Inverse(0.4, 1.0, 2), 2), 9), inverse_decay_lr(0.2, 0.5, 9, 1, 2)),
    (Until(Linear(0.0, 0.1, 4), 9), warmup_lr(0.1, 9, 1, 4)),
    (Until(Staircase(Linear(0.0, 0.1, 4), 3), 90), warmup_lr(0.1, 90, 3, 4)),
    (Until(Linear(0.5, 0.1, 4), 9), polynomial_decay_lr(0.5, 0.1, 9, 1, 4, 1.0)),
    (Until(Shift(Linear(0.0, 0.5, 4), 2), 9), polynomial_decay_lr(0.25, 0.5, 9, 1, 2, 1.0)),
    (Until(Polynomial(0.5, 0.1, 4, 2.0), 9), polynomial_decay_lr(0.5, 0.1, 9, 1, 4, 2.0)),
    (
        Until(Staircase(Polynomial(0.5, 0.1, 4, 2.0, "extend"), 2), 90),
        polynomial_decay_lr(0.5, 0.1, 90, 2, 4, 2.0, True),
    ),
    (Until(Cosine(0.1, 0.0, 4), 9), cosine_decay_lr(0.0, 0.1, 9, 1, 4)),
    (
        Until(PiecewiseConstant((0.1, 0.2, 0.1), (3, 5)), 9),
        piecewise_constant_lr([3, 5, 9], [0.1, 0.2, 0.1]),
    ),
    (Until(Constant(-0.1), 9), piecewise_constant_lr([9], [-0.1])),
    (Exponential(0.1, 0.5, 3), ExponentialDecayLR(0.1, 0.5, 3)),
    (Staircase(Exponential(0.1, 0.5), 3), ExponentialDecayLR(0.1, 0.5, 3, True)),
    (Staircase(Exponential(0.1, 0.25, 2), 3), ExponentialDecayLR(0.1, 0.5, 3, True)),
    (NaturalExponential(0.1, 0.5, 2), NaturalExpDecayLR(0.1, 0.25, 1)),
    (Staircase(NaturalExponential(0.1, 0.5), 2), NaturalExpDecayLR(0.1, 0.25, 2, True)),
    (Inverse(0.1, 0.5, 3), InverseDecayLR(0.1, 0.5, 3)),
    (Staircase(Inverse(0.1, 0.5, 2), 3), InverseDecayLR(0.1, 0.25, 3, True)),
    (Linear(0.0, 0.1, 4), WarmUpLR(0.1, 4)),
    (Linear(0.2, 0.1, 4), PolynomialDecayLR(0.2, 0.1, 4, 1.0)),
    (Polynomial(0.2, 0.1, 4, 2.0, "extend"), PolynomialDecayLR(0.2, 0.1, 4, 2.0, True)),
    (Cosine(0.1, 0.0, 4), CosineDecayLR(0.0, 0.1, 4)),
    (
        Until(Join((Linear(0.0, 0.1, 4), Cosine(0.1, 0.0, 20)), (4,)), 30),
        ListConcatenation((warmup_lr(0.1, 4, 1, 4), cosine_decay_lr(0.0, 0.1, 26, 1, 20))),
    ),
    (
        Until(
            Join(
                (
                    Staircase(Linear(0.0, 0.1, 4), 3),
                    Constant(0.05),
                    Polynomial(0.1, 0.01, 9, 2.0),
                    Exponential(0.01, 0.5, 3),
                ),
                (12, 20, 29),
            ),
            40,
        ),
        ListConcatenation(
            (
                warmup_lr(0.1, 12, 3, 4),
                LearningRateList((0.05,) * 8),
                polynomial_decay_lr(0.1, 0.01, 9, 1, 9, 2.0),
                exponential_decay_lr(0.01, 0.5, 11, 1, 3),
            )
        ),
    ),
    (
        Join((Inverse(0.1, 0.5, 2), Table((0.3, 0.2))), (5,)),
        ListConcatenation((inverse_decay_lr(0.1, 0.5, 5, 1, 2), LearningRateList((0.3, 0.2)))),
    ),
    (
        Join(
            (
                Linear(0.0, 0.1, 4),
                PiecewiseConstant((0.2, 0.01), (5,)),
                Cosine(0.1, 0.0, 3, "stop"),
            ),
            (4, 12),
        ),
        ListConcatenation(
            (
                warmup_lr(0.1, 4, 1, 4),
                piecewise_constant_lr([5, 8], [0.2, 0.01]),
                cosine_decay_lr(0.0, 0.1, 3, 1, 3),
            )
        ),
    ),
]


@pytest.mark.parametrize(("schedule", "call"), SAID, ids=lambda side: type(side).__name__)
def test_each_says_its_shapes(schedule: Schedule, call: Call) -> None:
    updates = schedule.length or 50
    said = type(call).lift(schedule.normal(), updates)
    assert isinstance(said, Lift), said
    assert said.call == call
    assert [loss for loss in said.losses if "deprecated" not in loss] == []
    assert compare(said.call, schedule, Run(updates)).verdict in ("identical", "equal")


def test_joined_lists_name_what_is_deprecated() -> None:
    joined = Join((Linear(0.0, 0.1, 4), Constant(0.2)), (4,))
    said = ListConcatenation.lift(Until(joined, 9).normal(), 9)
    assert isinstance(said, Lift)
    assert [loss for loss in said.losses if "deprecated by mindspore: warmup_lr" in loss]


# --- what is lost -------------------------------------------------------------------------------

PAST_5 = "from update 5 on it holds its end, where the schedule "

LOST: list[tuple[type[Call], Schedule, int, str]] = [
    (exponential_decay_lr, Exponential(0.1, 0.5, 3), 20, "ends after 20 rates"),
    (natural_exp_decay_lr, Exponential(0.1, 0.5, 3), 20, "ends after 20 rates"),
    (inverse_decay_lr, Inverse(0.1, 0.5, 3), 20, "ends after 20 rates"),
    (warmup_lr, Linear(0.0, 0.1, 4), 20, "ends after 20 rates"),
    (warmup_lr, Linear(0.0, 0.1, 40), 20, "ends after 20 rates"),
    (
        warmup_lr,
        Linear(0.0, 0.1, 4, "mirror"),
        20,
        PAST_5 + "goes back",
    ),
    (
        warmup_lr,
        Linear(0.0, 0.1, 4, "continue"),
        20,
        PAST_5 + "goes on",
    ),
    (
        warmup_lr,
        Staircase(Linear(0.0, 0.1, 4, "extend"), 3),
        20,
        "from update 15 on it holds",
    ),
    (
        polynomial_decay_lr,
        Polynomial(0.2, 0.1, 4, 2.0, "mirror"),
        20,
        PAST_5 + "goes back",
    ),
    (piecewise_constant_lr, PiecewiseConstant((0.1, 0.2), (7,)), 20, "ends after 20 rates"),
    (piecewise_constant_lr, PiecewiseConstant((0.1, 0.2), (70,)), 20, "ends after 20 rates"),
    (ExponentialDecayLR, Until(Exponential(0.1, 0.5, 3), 20), 20, "goes on after the 20 rates"),
    (
        cosine_decay_lr,
        Until(Cosine(0.1, 0.0, 4, "mirror"), 9),
        9,
        PAST_5 + "goes back",
    ),
    (
        CosineDecayLR,
        Until(Cosine(0.1, 0.0, 4, "mirror"), 9),
        9,
        PAST_5 + "goes back",
    ),
    (
        WarmUpLR,
        Linear(0.0, 0.1, 4, "mirror"),
        20,
        PAST_5 + "goes back",
    ),
    (
        PolynomialDecayLR,
        Linear(0.2, 0.1, 4, "mirror"),
        20,
        PAST_5 + "goes back",
    ),
    (ListConcatenation, Join((Linear(0.0, 0.1, 4), Constant(0.2)), (4,)), 20, "after 20 rates"),
    (
        ListConcatenation,
        Join((Linear(0.0, 0.1, 4), Cosine(0.1, 0.0, 5, "mirror")), (4,)),
        40,
        "from update 4 on: from update 6 on it holds its end",
    ),
]


@pytest.mark.parametrize(("constructor", "schedule", "updates", "loss"), LOST)
def test_what_is_lost_is_said(
    constructor: type[Call], schedule: Schedule, updates: int, loss: str
) -> None:
    said = constructor.lift(schedule.normal(), updates)
    assert isinstance(said, Lift), said
    assert any(loss in each for each in said.losses), said.losses


def test_a_list_that_ends_before_the_turn_loses_nothing() -> None:
    said = warmup_lr.lift(Until(Linear(0.0, 0.1, 4, "mirror"), 5).normal(), 5)
    assert said == Lift(warmup_lr(0.1, 5, 1, 4))


# --- what cannot be said ------------------------------------------------------------------------

REFUSED: list[tuple[type[Call], Schedule, str]] = [
    (exponential_decay_lr, Cosine(0.1, 0.0, 4), "is a cosine, not an exponential"),
    (exponential_decay_lr, Exponential(0.1, -0.5, 1), "decay_rate is not positive"),
    (exponential_decay_lr, Exponential(-0.1, 0.5), "ValueError: learning_rate is not positive"),
    (exponential_decay_lr, Exponential(0.1, 1e300, 1), "OverflowError: decay_rate=1e\\+300"),
    (natural_exp_decay_lr, Exponential(0.1, 2.0), "ValueError: decay_rate is not positive"),
    (natural_exp_decay_lr, Exponential(0.1, 0.0), "an exponential, not a natural exponential"),
    (inverse_decay_lr, Exponential(0.1, 0.5), "is an exponential, not an inverse"),
    (warmup_lr, Linear(0.1, 0.2, 4), "its start is 0.0, and the schedule's 0.1"),
    (warmup_lr, Linear(0.0, -0.2, 4), "ValueError: learning_rate is negative"),
    (warmup_lr, Linear(0.0, 0.2, 2.5), "a whole number, and the schedule takes 2.5"),
    (warmup_lr, Linear(0.0, 0.2, 3, "repeat"), "the schedule starts over"),
    (polynomial_decay_lr, Linear(0.0, 0.2, 4), "ValueError: learning_rate is not positive"),
    (polynomial_decay_lr, Linear(0.2, -0.2, 4), "ValueError: end_learning_rate is negative"),
    (polynomial_decay_lr, Shift(Polynomial(0.2, 0.1, 4, 2.0), 1), "the schedule 1 steps on"),
    (piecewise_constant_lr, Linear(0.0, 0.2, 4), "is a line, not a rate for each"),
    (WarmUpLR, Staircase(Linear(0.0, 0.2, 4), 3), "the schedule once in 3"),
    (PolynomialDecayLR, Staircase(Linear(0.1, 0.2, 4), 3), "the schedule once in 3"),
    (warmup_lr, Groups((Linear(0.0, 0.1, 4), Linear(0.0, 0.2, 4))), "one parameter group"),
    (ListConcatenation, Linear(0.0, 0.2, 4), "is a line, not a sequence"),
    (
        ListConcatenation,
        Join((Linear(0.0, 0.1, 4), Shift(Cosine(0.1, 0.0, 9), 2)), (4,)),
        "from update 4 on, no function says a shift",
    ),
]


@pytest.mark.parametrize(("constructor", "schedule", "reason"), REFUSED)
def test_what_cannot_be_said_is_refused(
    constructor: type[Call], schedule: Schedule, reason: str
) -> None:
    import re

    refused = constructor.lift(schedule.normal(), 20)
    assert isinstance(refused, Refusal), refused
    assert re.search(reason, refused.reason), refused.reason


# --- joined lists as text -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[0.1] * 5 + [0.2]", "[0.1, 0.1, 0.1, 0.1, 0.1, 0.2]"),
        ("[0.1] * 5", "[0.1] * 5"),
        ("[0.1] * 3", "[0.1, 0.1, 0.1]"),
        ("([0.1] * 5 + []) * 2", "[0.1] * 10"),
        ("[0.0] * 5", "[0.0, 0.0, 0.0, 0.0, 0.0]"),
    ],
)
def test_plain_lists_stay_one_list(text: str, code: str) -> None:
    call = read(text)
    assert isinstance(call, LearningRateList)
    assert call.code == code
    assert read(code) == call


def test_lists_are_joined_flat() -> None:
    warmup, cosine = "nn.warmup_lr(0.1, 6, 2, 3)", "nn.cosine_decay_lr(0.0, 0.1, n, 2, 5)"
    call = read(f"[0.2] + ({warmup} + ([0.1] + [0.1] * 2 + {cosine})) * 2 + []", names={"n": 12})
    assert isinstance(call, ListConcatenation)
    assert [part.name for part in call.lists] == ["list", "list_concatenation"]
    twice: Any = call.lists[1]
    assert [part.name for part in twice.lists] == ["warmup_lr", "list", "cosine_decay_lr"]
    assert twice.times == 2
    assert read(call.code) == call
    curve = simulate(call, Run(100))
    assert curve.halt is not None
    assert (curve.halt.update, curve.halt.error) == (1 + 2 * (6 + 3 + 12), "RuntimeError")


@pytest.mark.parametrize(
    "text",
    [
        "[0.1] + 0.1",
        "[0.1] + WarmUpLR(0.1, 4)",
        "[0.1] + CosineAnnealingLR(SGD(params, lr=0.1), 4)",
        "warmup_lr(0.1, 6, 2, 3) * 1.5",
        "warmup_lr(0.1, 6, 2, 3) * -1",
        "warmup_lr(0.1, 6, 2, 3) + x",
        "+".join(["[0.1] * 10_000"] * 105),
        "warmup_lr(0.1, 6, 2, 3) - warmup_lr(0.1, 6, 2, 3)",
        "list_concatenation([0.1])",
    ],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ReadError):
        read(text)


def test_joined_lists_are_one_schedule() -> None:
    call = read(
        "nn.warmup_lr(0.1, 6, 2, 3) + [0.1] * 4 + nn.exponential_decay_lr(0.1, 0.5, 9, 1, 3)"
    )
    expected = Join(
        (Staircase(Linear(0.0, 0.1, 3), 2), Constant(0.1), Exponential(0.1, 0.5, 3)), (6, 10)
    )
    assert call.lower().normal() == Until(expected, 19).normal()
    assert compare(call, Until(expected, 19), Run(19)).verdict == "equal"


# --- where the documentation says something else ------------------------------------------------

#: By the call that shows it and the update: the rate that the documentation has; none where it
#: says that the call is refused, or has no rate.
DOCUMENTED: dict[tuple[str, int], Any] = {
    ("piecewise_constant_lr([2, 5, 10], [0.1, 0.05, 0.01])", 2): 0.1,
    ("piecewise_constant_lr([1, 2], [0.1, 0.05])", 0): None,
    ("cosine_decay_lr(0.01, 0.1, 6, 1, 2)", 4): 0.1,
    ("natural_exp_decay_lr(0.1, 0.5, 20, 1, 10)", 10): 0.1 * math.exp(-0.5 * 10 / 10),
    ("polynomial_decay_lr(0.1, 0.01, 8, 1, 2, 1.0, True)", 3): 0.09 * (1 - 2 / 4) + 0.01,
    ("polynomial_decay_lr(0.1, 0.01, 8, 1, 2, 1.0, True)", 0): None,
    ("warmup_lr(0.1, 6, 2, 2)", 0): 0.1,
    ("NaturalExpDecayLR(0.1, 0.5, 2)", 1): 0.1 * math.exp(-0.5 / 2),
    ("NaturalExpDecayLR(0.1, 0.5, 2, True)", 2): 0.1 * math.exp(-0.5),
    ("CosineDecayLR(0.01, 0.1, 2)", 4): 0.1,
    ("CosineDecayLR(0.01, 0.1, 4)", 0): None,
    ("PolynomialDecayLR(0.1, 0.01, 2, 1.0, True)", 3): 0.09 * (1 - 2 / 4) + 0.01,
    ("PolynomialDecayLR(0.1, 0.01, 2, 1.0, True)", 0): None,
    ("PolynomialDecayLR(0.1, 0.01, 4, 0.5)", 0): None,
    ("WarmUpLR(0.1, 2)", 0): 0.1,
    ("WarmUpLR(0.0, 2)", 0): None,
}

DEVIATIONS = [
    deviation
    for constructor in DIALECT.constructors
    if constructor.card.name.startswith("mindspore.nn.")
    for deviation in constructor.card.deviations
]


def test_every_deviation_is_shown() -> None:
    shown = {(d.shown.removeprefix("mindspore.nn."), d.update) for d in DEVIATIONS}
    assert shown == set(DOCUMENTED)


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda d: f"{d.shown}[{d.update}]")
def test_a_deviation_deviates(deviation: Deviation) -> None:
    rate = simulate(read(deviation.shown), Run(deviation.update + 1)).values[-1]
    documented = DOCUMENTED[deviation.shown.removeprefix("mindspore.nn."), deviation.update]
    assert math.isfinite(rate)
    assert documented is None or abs(rate - documented) > 1e-3
