"""Several schedulers on one experimental optimizer, a plateau's among them, beside MindSpore's."""

from __future__ import annotations

import json
import random
import warnings
from typing import Any

import pytest

mindspore = pytest.importorskip("mindspore")

from mindspore import Parameter, Tensor  # noqa: E402
from mindspore.experimental import optim  # noqa: E402
from mindspore.experimental.optim import lr_scheduler as theirs  # noqa: E402

from isorate.mindspore import experimental as ours  # noqa: E402

pytestmark = pytest.mark.mindspore

SCHEDULERS: dict[str, Any] = {
    "step": lambda home, o: home.StepLR(o, 3, 0.5),
    "milestones": lambda home, o: home.MultiStepLR(o, [2, 5], 0.3),
    "constant": lambda home, o: home.ConstantLR(o, 0.4, 4),
    "linear": lambda home, o: home.LinearLR(o, 0.2, 0.9, 5),
    "exponential": lambda home, o: home.ExponentialLR(o, 0.9),
    "polynomial": lambda home, o: home.PolynomialLR(o, 7, 2.0),
    "cosine": lambda home, o: home.CosineAnnealingLR(o, 4, 0.01),
    "factors": lambda home, o: home.LambdaLR(o, lambda t: 0.8**t),
    "plateau": lambda home, o: home.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1),
    "PLATEAU": lambda _, o: theirs.ReduceLROnPlateau(o, factor=0.5, patience=0),
}


def sgd() -> Any:
    return optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.1)


def rate(optimizer: Any) -> float:
    return float(optimizer.param_groups[0]["lr"].asnumpy())


def step(scheduler: Any, metric: float) -> None:
    plateau = isinstance(scheduler, theirs.ReduceLROnPlateau)
    scheduler.step(*[Tensor(metric)] if plateau else [])


def trained(home: Any, names: list[str], metrics: list[float]) -> list[float]:
    optimizer = sgd()
    schedulers = [SCHEDULERS[name](home, optimizer) for name in names]
    found = [rate(optimizer)]
    for metric in metrics:
        for scheduler in schedulers:
            step(scheduler, metric)
        found.append(rate(optimizer))
    return found


@pytest.mark.parametrize("seed", range(24))
def test_they_compose_as_mindspores_do(seed: int) -> None:
    drawn = random.Random(seed)
    names = drawn.choices(list(SCHEDULERS), k=drawn.choice([2, 2, 3]))
    metrics = [drawn.choice([1.0, 0.9, 1.1]) for _ in range(9)]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        pair = [trained(home, names, metrics) for home in (theirs, ours)]
    assert pair[1] == pytest.approx(pair[0], rel=3e-5, abs=1e-7), names


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
def test_a_plateau_reduces_when_mindspores_does(mode: str, threshold_mode: str) -> None:
    drawn = random.Random(1)
    metrics = [round(drawn.uniform(0.8, 1.2), 2) for _ in range(30)]
    seen = []
    for home in (theirs, ours):
        optimizer = sgd()
        scheduler = home.ReduceLROnPlateau(
            optimizer, mode, 0.5, 2, 0.1, threshold_mode, cooldown=2, min_lr=0.005
        )
        found = []
        for metric in metrics:
            scheduler.step(Tensor(metric))
            found.append(rate(optimizer))
        seen.append(found)
    assert seen[0] == seen[1]
    assert len(set(seen[0])) > 2


def test_a_plateau_resumes() -> None:
    metrics = [1.0, 0.9, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0]
    whole = SCHEDULERS["plateau"](ours, sgd()).replay(metrics)
    begun = SCHEDULERS["plateau"](ours, sgd())
    begun.replay(metrics[:5])
    resumed = SCHEDULERS["plateau"](ours, sgd())
    resumed.load_state_dict(json.loads(json.dumps(begun.state_dict())))
    assert resumed.replay(metrics[5:]) == whole[5:]


def test_a_rate_set_by_hand_is_overwritten_and_said_once() -> None:
    optimizer = sgd()
    scheduler = ours.StepLR(optimizer, 2, 0.5)
    scheduler.step()
    optimizer.param_groups[0]["lr"] = 0.03
    with pytest.warns(UserWarning, match="group 0 held lr=0.03 where StepLR had set 0.1"):
        scheduler.step()
    assert rate(optimizer) == pytest.approx(0.05)
