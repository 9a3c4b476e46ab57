"""What a card states as its proof: far beyond every horizon, rates are what the schedule means."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from isorate import Run, Schedule, compare, simulate
from isorate.dialects import torch
from isorate.dialects.isorate.torch import CosineAnnealingLR, ScheduleLR
from isorate.dialects.mindspore import LearningRateList
from isorate.dialects.mindspore._epochs import EpochList
from isorate.driving import meaning
from isorate.kit import registry
from isorate.kit.call import Call
from isorate.kit.card import Card, Proof
from isorate.kit.optimizer import Optimizer
from isorate.schedule.combinators import Shift, Sum
from isorate.schedule.formula import Formula
from isorate.schedule.shapes import Constant, Cosine, Exponential, Linear
from tests.calls import read
from tests.conformance.cases import HOMES
from tests.conformance.cases._home import WIDTH
from tests.conformance.cases.torch import restarts

#: Where to look: an unreduced cosine was taken for proved up to the second of these.
FAR = [10**4, 356_372, 10**6, 10**8, 10**12, 10**15, 2**53 - 600]
TOLERANCE = 1e-12

Rates = NDArray[np.floating[Any]]


#: Whatever states it; a list that is written out goes no farther than it is written.
STATED = [
    constructor
    for constructor in registry.constructors()
    if constructor.card.proof is Proof.EACH_STEP and constructor is not LearningRateList
]


ENTERED = {name: how for home in HOMES.values() for name, how in home.entered.items()}


def farthest_off(call: Call, enter: Callable[[Any, int], Rates | None], start: int) -> float:
    """Return how far rates lie from what the schedule means, as a share of the peak."""
    rates = enter(call, start)
    if rates is None:
        return 0.0
    schedule = meaning(call, Run())
    exact = np.array([schedule.at(k) for k in range(start, start + len(rates))])
    low, high = schedule.bounds
    return float(np.abs(rates - exact).max()) / max(abs(low), abs(high))


@pytest.mark.parametrize("constructor", STATED, ids=lambda c: c.card.name)
@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize("start", FAR)
def test_each_step_by_itself_is_what_the_schedule_means_however_far(
    constructor: type[Call], start: int, scale: int
) -> None:
    name = constructor.card.name
    assert name in ENTERED, f"HOME.entered, in tests/conformance/cases, says nothing of {name}"
    text, enter = ENTERED[name]
    # a course that ends lasts until there; one that comes again has come again many times
    ends = read(text.format(1000)).lower().length is not None
    call = read(text.format(start + WIDTH if ends else 7 * scale))
    assert type(call) is constructor
    assert farthest_off(call, enter, start) < TOLERANCE


def test_growing_cycles_are_entered_far_off_too() -> None:
    call = read("CosineAnnealingWarmRestarts(SGD(p, lr=0.1), 7, 3, eta_min=0.003)")
    assert all(farthest_off(call, restarts, start) < TOLERANCE for start in FAR)
    near = simulate(call, Run(10**4 + WIDTH)).values[10**4 :]
    assert np.array_equal(near, restarts(call, 10**4))  # it is entered as it would have got there


class unreduced(torch.CosineAnnealingWarmRestarts, frozen=True):
    """A cosine whose argument grows with the step, as a lambda would have it."""

    card: ClassVar[Card] = msgspec.structs.replace(
        torch.CosineAnnealingWarmRestarts.card, name="unreduced", proof=Proof.UNREDUCED
    )

    def lower(self) -> Schedule:
        base = self.optimizer.groups[0].lr
        return Cosine(base, 0.0, self.T_0, "mirror").stepped()

    def native(self, steps: int) -> Iterator[Rates]:
        yield self.from_step(0, steps)[None, :]

    def from_step(self, start: int, steps: int = WIDTH) -> Rates:
        t = np.arange(start, start + steps)
        return np.asarray(
            self.optimizer.groups[0].lr * 0.5 * (1.0 + np.cos(np.pi * (t / self.T_0)))
        )


def test_an_argument_that_is_not_reduced_is_caught_and_proves_nothing() -> None:
    call = unreduced(Optimizer.of(0.1), 10)
    off = [farthest_off(call, lambda one, start: one.from_step(start), start) for start in FAR]
    assert off[0] < TOLERANCE < off[-2]  # the test above would see it
    result = compare(call, call.lower(), Run(100))
    assert (result.verdict, result.proof) == ("equal", None)
    assert "over 100 updates" in result.sentence
    assert compare(call, call.lower(), Run(10**6 * 4)).verdict == "diverge"


def test_a_card_without_a_proof_is_none() -> None:
    required = msgspec.structs.asdict(torch.StepLR.card)
    del required["proof"]
    with pytest.raises(TypeError, match="proof"):
        Card(**required)


def test_no_word_of_a_card_decides_what_is_proved() -> None:
    """Only the statement counts, whatever the arithmetic is called."""

    class worded(unreduced, frozen=True):
        card: ClassVar[Card] = msgspec.structs.replace(
            unreduced.card, arithmetic="closed form, each step by itself"
        )

    call = worded(Optimizer.of(0.1), 10)
    assert not compare(call, call.lower(), Run(100)).proved


COSINES = "CosineAnnealingWarmRestarts(optimizer, 4), CosineAnnealingWarmRestarts(optimizer, 9)"
LIST = "mindspore.nn.cosine_decay_lr(0.01, 0.1, 60, 1, 20)"


def test_a_composition_is_as_good_as_what_it_holds() -> None:
    one = read(f"SequentialLR(optimizer := SGD(p, lr=0.1), [{COSINES}], [8])")
    assert compare(one, one.lower(), Run(40)).proof == "equal"
    held = COSINES.replace("Restarts(optimizer, 9)", "Restarts(optimizer, 9), LinearLR(optimizer)")
    other = read(f"SequentialLR(optimizer := SGD(p, lr=0.1), [{held}], [8, 30])")
    assert compare(other, other.lower(), Run(40)).proof is None
    lists = read(f"[0.1, 0.2] + {LIST}")
    assert compare(lists, lists.lower(), Run(40)).proof == "equal"
    lists = read("[0.1, 0.2] + mindspore.nn.polynomial_decay_lr(0.1, 0.01, 60, 1, 20, 0.5)")
    assert compare(lists, lists.lower(), Run(40)).proof is None
    chained = read(
        f"ChainedScheduler([{COSINES.replace('optimizer', 'optimizer := SGD(p, lr=0.1)', 1)}])"
    )
    assert chained.card.proof is Proof.RECURSION


@pytest.mark.parametrize("steps", [10**4, 10**8])
def test_a_small_power_of_what_is_left_is_not_proved_for_a_reason(steps: int) -> None:
    text = f"mindspore.nn.polynomial_decay_lr(0.1, 0.0, {steps}, 1, {steps}, 0.1)"
    call: Any = read(text)
    off = abs(call.rates_of(np.array([steps - 1]))[0] - call.lower().at(steps - 1)) / 0.1
    assert bool(off > TOLERANCE) is (steps == 10**8)


def test_bits_over_a_run_are_not_bits_for_ever() -> None:
    call = read(LIST)
    result = compare(call, call.lower(), Run(1))
    assert (result.verdict, result.proof) == ("identical", "equal")
    assert result.sentence == (
        "Identical over 1 update: the same bits. Equal at every update, however long the run."
    )
    assert compare(call, call.lower(), Run(60)).verdict == "equal"
    assert compare(call, call, Run(1)).sentence == (
        "Identical at every update, however long the run: the same bits."
    )


def test_the_measured_difference_is_the_runs_own() -> None:
    result = compare(read(LIST), read(LIST).lower(), Run(60))
    assert result.sentence.startswith(
        "Equal at every update, however long the run; over 60 updates"
    )


def test_less_than_the_proofs_own_tolerance_is_not_proved() -> None:
    call = read(LIST)
    assert compare(call, call.lower(), Run(1), tolerance=1e-12).proved
    assert not compare(call, call.lower(), Run(1), tolerance=0.0).proved
    assert compare(call, call, Run(1), tolerance=0.0).proved


NOT_PROVED: list[tuple[str, Any, Any]] = [
    ("arguments of other types", "StepLR(SGD(p, lr=1), 9, 3)", "StepLR(SGD(p, lr=1), 9, 3.0)"),
    (
        "another loop",
        "CosineAnnealingWarmRestarts(SGD(p, lr=0.5), 9, eta_min=0.5)",
        "CosineAnnealingLR(SGD(p, lr=0.5), 9, eta_min=0.5)",
    ),
    (
        "one group of two in float32",
        "CosineAnnealingWarmRestarts(SGD([{'params': p, 'lr': 0.5}, "
        "{'params': q, 'lr': torch.tensor(0.5)}]), 9)",
        None,
    ),
    ("a function that may raise", "LambdaLR(SGD(p, lr=0.5), lambda t: 1 / (t - 400))", None),
    (
        "a sum that cancels in one order only",
        ScheduleLR(
            Optimizer.of(0.0),
            Sum((Constant(1e16), Linear(0.0, 0.1, 9), Constant(-1e16))),
        ),
        None,
    ),
    (
        "a rate that overflows in one order only",
        ScheduleLR(Optimizer.of(0.1), Exponential(0.1, 2.0) * Exponential(1.0, 2.0)),
        None,
    ),
    (
        "a fraction of an update that large updates have no room for",
        ScheduleLR(Optimizer.of(0.1), Shift(Shift(Cosine(0.1, 0.0, 9, "mirror"), 0.25), 0.25)),
        None,
    ),
    (
        "a formula that is text",
        ScheduleLR(Optimizer.of(0.5), Formula(0.5, "t", "math.cos(t) * 2")),
        None,
    ),
]


@pytest.mark.parametrize(("why", "a", "b"), NOT_PROVED, ids=[why for why, *_ in NOT_PROVED])
def test_what_is_not_sure_far_off_is_not_proved(why: str, a: Any, b: Any) -> None:
    a = read(a) if isinstance(a, str) else a
    b = a.lower() if b is None else read(b)
    result = compare(a, b, Run(1))
    assert result.equal
    assert not result.proved


def test_the_same_call_in_another_loop_is_another() -> None:
    from isorate.comparison import compare_recipes
    from isorate.recipe import Recipe

    call = read("CosineAnnealingLR(SGD(p, lr=0.1), 9, eta_min=0.1)")  # one rate, in any loop
    epochs = Run(6, updates_per_epoch=2, step_every="epoch")
    assert compare_recipes(Recipe(call, epochs), Recipe(call, epochs)).proof == "identical"
    assert compare_recipes(
        Recipe(call, epochs), Recipe(call, dataclasses.replace(epochs, updates_per_epoch=2))
    ).proved
    assert compare_recipes(Recipe(call, epochs), Recipe(call, Run(6))).proof is None


def test_isorates_own_cosine_is_proved_against_what_it_means() -> None:
    call = CosineAnnealingLR(Optimizer.of(0.1, 0.2), 10)
    assert compare(call, call.lower(), Run(25)).proved
    listed = read("isorate.mindspore." + LIST.removeprefix("mindspore.nn."))
    assert compare(listed, read(LIST), Run(10)).proof == "equal"
    assert isinstance(listed, EpochList)
