"""Whatever is saved, at whichever step, and in whichever order it is loaded: the run goes on to the
bit as though it had never been stopped. Every scheduler, by itself and within others."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.optim import swa_utils  # noqa: E402

import isorate.torch as ours  # noqa: E402
from isorate.schedule.shapes import Cosine  # noqa: E402
from tests.training.torch_parts import MARKS, as_kind, parameter  # noqa: E402

pytestmark = MARKS

STEPS = 11

#: Every scheduler, and how it is built.
ALONE: dict[str, Any] = {
    "LambdaLR": lambda o: ours.LambdaLR(o, factor),
    "MultiplicativeLR": lambda o: ours.MultiplicativeLR(o, ratio),
    "StepLR": lambda o: ours.StepLR(o, 4, 0.5),
    "MultiStepLR": lambda o: ours.MultiStepLR(o, [3, 9, 9], 0.5),
    "ConstantLR": lambda o: ours.ConstantLR(o, 0.5, 6),
    "LinearLR": lambda o: ours.LinearLR(o, 0.1, 0.9, 8),
    "ExponentialLR": lambda o: ours.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda o: ours.PolynomialLR(o, 15, 1.7),
    "CosineAnnealingLR": lambda o: ours.CosineAnnealingLR(o, 7, 0.003),
    "CosineAnnealingWarmRestarts": lambda o: ours.CosineAnnealingWarmRestarts(o, 4, 2, 0.003),
    "CyclicLR": lambda o: ours.CyclicLR(o, 0.01, 0.2, 4, 3, "triangular2"),
    "CyclicLR, steady": lambda o: ours.CyclicLR(
        o, 0.01, 0.2, 4, gamma=0.9, mode="exp_range", **OFF
    ),
    "CyclicLR, scaled": lambda o: ours.CyclicLR(o, 0.01, 0.2, 4, scale_fn=scale, **OFF),
    "OneCycleLR": lambda o: ours.OneCycleLR(o, 0.3, 20),
    "OneCycleLR, steady": lambda o: ours.OneCycleLR(o, 0.3, 20, three_phase=True, **OFF),
    "SWALR": lambda o: ours.SWALR(o, 0.02, 9),
    "SWALR, linear": lambda o: ours.SWALR(o, 0.02, 5, "linear"),
    "ScheduleLR": lambda o: ours.ScheduleLR(o, Cosine(0.1, 0.0, 10), counting="steps"),
    "ScheduleLR, text": lambda o: ours.ScheduleLR(o, "ExponentialLR(gamma=0.5)", counting="steps"),
}
OFF: dict[str, Any] = {"cycle_momentum": False}
MOVES_MOMENTUM = ("CyclicLR", "OneCycleLR")
HAS_A_CHAIN = ("StepLR", "MultiplicativeLR", "LinearLR", "ConstantLR", "PolynomialLR")


def factor(step: int) -> float:
    return 0.95**step


def ratio(step: int) -> float:
    return 0.9 + 0.01 * (step % 5)


def scale(cycle: float) -> float:
    return 1 / cycle


def first(build: Any) -> Any:
    return lambda o: ours.SequentialLR(o, [build(o), ours.StepLR(o, 3)], [6])


def second(build: Any) -> Any:
    return lambda o: ours.SequentialLR(
        o, [ours.LinearLR(o, 0.5, total_iters=4), build(o)], milestones=[4]
    )


def chained(build: Any) -> Any:
    return lambda o: ours.ChainedScheduler([build(o), ours.ExponentialLR(o, 0.9)], o)


COMPOSED: dict[str, Any] = {
    f"{how.__name__}: {name}": how(build)
    for name, build in ALONE.items()
    if name not in MOVES_MOMENTUM
    for how in (first, second)
}
COMPOSED |= {f"chained: {name}": chained(ALONE[name]) for name in HAS_A_CHAIN}
COMPOSED |= {
    "a sequence within a sequence": second(first(ALONE["SWALR"])),
    "a chain within a sequence": first(chained(ALONE["LinearLR"])),
    "a chain of one": lambda o: ours.ChainedScheduler([ALONE["SWALR"](o)]),
    "torch's own SWALR": second(lambda o: swa_utils.SWALR(o, swa_lr=0.02, anneal_epochs=5)),
}


def optimizer_of(kind: Any) -> Any:
    groups = [{"params": [parameter()], "lr": as_kind(rate, kind)} for rate in (0.1, 0.03)]
    return torch.optim.SGD(groups, lr=1.0, momentum=0.9)


def go_on(optimizer: Any, scheduler: Any, steps: int) -> list[Any]:
    seen = []
    for _ in range(steps):
        seen.append([(float(g["lr"]), g["momentum"]) for g in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return seen


def resumed(way: str, build: Any, kind: Any, states: tuple[Any, Any]) -> tuple[Any, Any]:
    """Build anew and load, in one of the ways there are."""
    of_optimizer, of_scheduler = copy.deepcopy(states)
    if way == "the optimizer first, which forgot where it began":
        for group in of_optimizer["param_groups"]:
            group.pop("initial_lr", None)
    optimizer = optimizer_of(kind)
    if way.startswith("the optimizer first"):
        optimizer.load_state_dict(of_optimizer)
    scheduler = build(optimizer)
    if way == "both once built":
        optimizer.load_state_dict(of_optimizer)
    scheduler.load_state_dict(of_scheduler)
    if way == "the optimizer last":
        optimizer.load_state_dict(of_optimizer)
    return optimizer, scheduler


WAYS = (
    "the scheduler alone",
    "the optimizer first",
    "the optimizer first, which forgot where it began",
    "both once built",
    "the optimizer last",
)


@pytest.mark.parametrize("kind", ["float", torch.float32], ids=str)
@pytest.mark.parametrize("name", [*ALONE, *COMPOSED])
def test_a_run_goes_on(name: str, kind: Any) -> None:
    build = {**ALONE, **COMPOSED}[name]
    optimizer = optimizer_of(kind)
    scheduler = build(optimizer)
    whole, states = [], []
    for _ in range(STEPS):
        states.append((copy.deepcopy(optimizer.state_dict()), scheduler.state_dict()))
        whole += go_on(optimizer, scheduler, 1)
    for stop, (of_optimizer, of_scheduler) in enumerate(states):
        state = json.loads(json.dumps(of_scheduler))
        for way in WAYS:
            again = resumed(way, build, kind, (of_optimizer, state))
            assert go_on(*again, STEPS - stop) == whole[stop:], (way, stop)


def test_a_rate_that_was_changed_is_still_told() -> None:
    state = first(ALONE["SWALR"])(optimizer_of("float")).state_dict()
    optimizer = optimizer_of("float")
    for group in optimizer.param_groups:
        group["lr"] *= 2
    with pytest.raises(ours.ScheduleMismatchError):
        first(ALONE["SWALR"])(optimizer).load_state_dict(state)


def test_what_cannot_be_loaded_changes_no_member() -> None:
    optimizer = optimizer_of("float")
    scheduler = second(ALONE["StepLR"])(optimizer)
    state = scheduler.state_dict()
    other = second(ALONE["ExponentialLR"])(optimizer_of("float"))
    members = [member.schedule for member in other._schedulers]
    with pytest.raises(ours.ScheduleMismatchError):
        other.load_state_dict({**state, "base_lrs": [0.7, 0.8]})
    assert [member.schedule for member in other._schedulers] == members


@pytest.mark.parametrize("before", ["StepLR", "ExponentialLR", "LinearLR", "CosineAnnealingLR"])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_averaging_in_a_sequence_begins_where_the_training_has_got_to(
    before: str, strategy: Any
) -> None:
    arguments: dict[str, Any] = {
        "StepLR": (2, 0.5),
        "ExponentialLR": (0.9,),
        "LinearLR": (0.5, 1.0, 6),
        "CosineAnnealingLR": (9, 0.001),
    }
    rates = []
    for module, averaging in ((torch.optim.lr_scheduler, swa_utils.SWALR), (ours, ours.SWALR)):
        optimizer = optimizer_of("float")
        parts = [
            getattr(module, before)(optimizer, *arguments[before]),
            averaging(optimizer, swa_lr=0.02, anneal_epochs=5, anneal_strategy=strategy),
        ]
        rates.append(go_on(optimizer, module.SequentialLR(optimizer, parts, [4]), 12))
    assert torch.allclose(torch.tensor(rates[0]), torch.tensor(rates[1]), rtol=1e-6)
