"""A group whose rate is 0 is frozen, and stays so: beside torch's own, far past every overflow."""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler, swa_utils  # noqa: E402

import isorate.torch as ours  # noqa: E402
from isorate.schedule.formula import Formula  # noqa: E402
from isorate.schedule.shapes import Exponential, Linear, NaturalExponential  # noqa: E402
from tests.training.torch_parts import MARKS  # noqa: E402

pytestmark = MARKS

STEPS = 3000
OFF: dict[str, Any] = {"cycle_momentum": False}


class Theirs:
    """torch's own schedulers, SWALR among them."""

    SWALR = swa_utils.SWALR

    def __getattr__(self, name: str) -> Any:
        return getattr(lr_scheduler, name)


#: Schedulers of a module, torch's or Isorate's; many grow until nothing holds the rate.
BUILDS: dict[str, Any] = {
    "StepLR": lambda m, o: m.StepLR(o, 1, gamma=2),
    "StepLR, slow": lambda m, o: m.StepLR(o, 2, gamma=2.0),
    "StepLR, falling": lambda m, o: m.StepLR(o, 1, gamma=0.25),
    "MultiStepLR": lambda m, o: m.MultiStepLR(o, list(range(1, 1101)), gamma=2),
    "MultiStepLR, turning": lambda m, o: m.MultiStepLR(o, list(range(1, 1101)), gamma=-2.0),
    "ExponentialLR": lambda m, o: m.ExponentialLR(o, 2.0),
    "ExponentialLR, turning": lambda m, o: m.ExponentialLR(o, -2.0),
    "MultiplicativeLR": lambda m, o: m.MultiplicativeLR(o, lambda t: 2.0),
    "LambdaLR": lambda m, o: m.LambdaLR(o, lambda t: 2.0 ** min(t, 1000)),
    "ConstantLR": lambda m, o: m.ConstantLR(o, 0.5, 7),
    "LinearLR": lambda m, o: m.LinearLR(o, 0.5, total_iters=7),
    "PolynomialLR": lambda m, o: m.PolynomialLR(o, 2500, 40.0),
    "CosineAnnealingLR": lambda m, o: m.CosineAnnealingLR(o, 700),
    "CosineAnnealingWarmRestarts": lambda m, o: m.CosineAnnealingWarmRestarts(o, 10, 2),
    "CyclicLR": lambda m, o: m.CyclicLR(o, 0.0, [0.0, 0.1], 5, mode="exp_range", gamma=0.7, **OFF),
    "CyclicLR, growing": lambda m, o: m.CyclicLR(
        o, [0.0, 1e-7], [0.0, 0.1], 5, mode="exp_range", gamma=1.2, **OFF
    ),
    "OneCycleLR": lambda m, o: m.OneCycleLR(o, [0.0, 0.1], 3001, **OFF),
    "SWALR": lambda m, o: m.SWALR(o, swa_lr=[0.0, 0.1], anneal_epochs=9),
    "one after another": lambda m, o: m.SequentialLR(
        o, [m.LinearLR(o, 0.5, total_iters=5), m.ExponentialLR(o, 2.0)], [5]
    ),
    "a chain that grows": lambda m, o: m.ChainedScheduler(
        [m.ExponentialLR(o, 2.0), m.StepLR(o, 1, 4.0)]
    ),
    "a chain that comes back": lambda m, o: m.ChainedScheduler(
        [m.ExponentialLR(o, 2.0), m.StepLR(o, 1, 0.5), m.LinearLR(o, 0.5, total_iters=9)]
    ),
    "a chain that falls and comes back": lambda m, o: m.ChainedScheduler(
        [m.ExponentialLR(o, 0.25), m.MultiplicativeLR(o, lambda t: 2.0), m.StepLR(o, 1, 2.0)]
    ),
    "a chain to zero": lambda m, o: m.ChainedScheduler(
        [m.CosineAnnealingLR(o, 3000), m.ExponentialLR(o, 1.5)]
    ),
}

#: torch's recursions have drifted off by so much of the rate; the cosine's rounds at its troughs.
DRIFT = 1e-9


def trained(module: Any, build: Any) -> tuple[list[list[float]], list[Any]]:
    """Return all rates, and the weights at the end, of a frozen group and one that is trained."""
    weights = [torch.nn.Parameter(torch.zeros(1, dtype=torch.float64)) for _ in range(2)]
    groups = [{"params": [w], "lr": lr} for w, lr in zip(weights, (0.0, 1e-7), strict=True)]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    scheduler = build(module, optimizer)
    seen = []
    for _ in range(STEPS):
        seen.append([float(group["lr"]) for group in optimizer.param_groups])
        for weight in weights:
            weight.grad = torch.ones(1, dtype=torch.float64)
        optimizer.step()
        scheduler.step()
    return seen, weights


@pytest.mark.parametrize("name", BUILDS)
def test_a_frozen_group_stays_frozen_beside_torchs(name: str) -> None:
    theirs, _ = trained(Theirs(), BUILDS[name])
    mine, weights = trained(ours, BUILDS[name])
    assert [rates[0] for rates in mine] == [0.0] * STEPS
    assert weights[0].item() == 0.0
    peak = max(abs(rates[1]) for rates in theirs if math.isfinite(rates[1]))
    for step, ((_, a), (_, b)) in enumerate(zip(mine, theirs, strict=True)):
        close = math.isclose(a, b, rel_tol=1e-9, abs_tol=DRIFT * min(peak, 1e-7))
        assert close, (step, a, b)


@pytest.mark.parametrize(
    "schedule",
    [
        Exponential(0.0, 2.0),
        Exponential(0.0, 2.0, 7.5),
        NaturalExponential(0.0, -1.0),
        Formula(0.0, "t", "2.0 ** t"),
        Exponential(0.0, 2.0) * 3.0,
        Linear(0.1, 0.0, 9) * Exponential(1.0, 2.0),
        (Exponential(0.0, 2.0) + Linear(0.0, 0.0, 5)).clamped(least=0.0),
        Exponential(0.0, 2.0).repeated(2500),
    ],
    ids=str,
)
def test_a_schedule_of_zero_keeps_a_group_frozen(schedule: Any) -> None:
    build = lambda _, o: ours.ScheduleLR(o, schedule, counting="steps")  # noqa: E731
    seen, weights = trained(ours, build)
    assert all(rates == [0.0, 0.0] for rates in seen[9:])
    assert all(map(math.isfinite, (weight.item() for weight in weights)))
