"""Any callable as a function of the step: set, saved and restored as torch does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

import isorate.torch  # noqa: E402
from tests.training.torch_parts import MARKS, parameter  # noqa: E402

pytestmark = MARKS
HOMES = [lr_scheduler, isorate.torch]
NAMES = ["LambdaLR", "MultiplicativeLR"]


@dataclass
class Power:
    """A callable that has no hash, and is equal to others."""

    rate: float = 0.5

    def __call__(self, step: int) -> float:
        return self.rate**step

    def method(self, step: int) -> float:
        return self.rate * step


@dataclass(frozen=True)
class Fixed:
    rate: float = 0.5

    def __call__(self, step: int) -> float:
        return self.rate


def sgd(groups: int = 1) -> Any:
    return torch.optim.SGD([{"params": [parameter()]} for _ in range(groups)], lr=0.1)


def rates_of(scheduler: Any, steps: int) -> list[list[float]]:
    found = []
    for _ in range(steps):
        found.append([float(group["lr"]) for group in scheduler.optimizer.param_groups])
        scheduler.optimizer.step()
        scheduler.step()
    return found


CALLABLES = [Power(), Fixed(), Power(0.25).method, partial(pow, 0.5), lambda step: 0.5**step]


@pytest.mark.parametrize("function", CALLABLES)
@pytest.mark.parametrize("name", NAMES)
def test_every_callable_is_taken(name: str, function: Any) -> None:
    seen = [rates_of(getattr(home, name)(sgd(), function), 5) for home in HOMES]
    assert seen[0] == seen[1]
    scheduler = getattr(isorate.torch, name)(sgd(), function)
    scheduler.load_state_dict(scheduler.state_dict())


@pytest.mark.parametrize("mode", ["cycle", "iterations"])
def test_every_callable_scales_a_cycle(mode: str) -> None:
    seen = [
        rates_of(
            home.CyclicLR(
                sgd(), 0.01, 0.1, 2, scale_fn=Power(), scale_mode=mode, cycle_momentum=False
            ),
            9,
        )
        for home in HOMES
    ]
    for mine, theirs in zip(seen[1], seen[0], strict=True):
        assert mine == pytest.approx(theirs, rel=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_functions_may_be_set_whole_and_one_by_one(name: str) -> None:
    def changed(home: Any) -> list[list[float]]:
        scheduler = getattr(home, name)(sgd(2), [Power(), Power(0.9)])
        before = rates_of(scheduler, 2)
        scheduler.lr_lambdas = list(map(partial, scheduler.lr_lambdas))
        scheduler.lr_lambdas[1] = Power(0.7)
        return before + rates_of(scheduler, 1)

    # a MultiplicativeLR of torch's goes on from the rate it holds; its product is taken anew here
    steps = slice(0, 3) if name == "LambdaLR" else slice(0, 2)
    assert changed(lr_scheduler)[steps] == changed(isorate.torch)[steps]
    scheduler = getattr(isorate.torch, name)(sgd(2), [Power(), Power(0.9)])
    assert scheduler.lr_lambdas == [Power(), Power(0.9)]
    for bad in ([Power()], [Power(), 3]):
        with pytest.raises((ValueError, TypeError)):
            scheduler.lr_lambdas = bad
    assert scheduler.lr_lambdas == [Power(), Power(0.9)]


def test_a_group_that_is_added_brings_its_function() -> None:
    seen = []
    for home in HOMES:
        scheduler = home.LambdaLR(sgd(2), [Power(), Power(0.9)])
        rates_of(scheduler, 1)
        scheduler.optimizer.add_param_group({"params": [parameter()], "lr": 0.01})
        scheduler.lr_lambdas.append(Power(0.1))
        scheduler.base_lrs.append(0.01)
        rates_of(scheduler, 1)
        seen.append([group["lr"] for group in scheduler.optimizer.param_groups])
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("saving", HOMES)
def test_what_objects_hold_is_saved_and_restored(saving: Any, name: str) -> None:
    first = getattr(saving, name)(sgd(2), [Power(0.9), lambda step: 0.5**step])
    rates_of(first, 3)
    state = first.state_dict()
    resumed = getattr(isorate.torch, name)(sgd(2), [Power(0.1), lambda step: 0.5**step])
    resumed.optimizer.load_state_dict(first.optimizer.state_dict())
    resumed.load_state_dict(state)
    assert resumed.lr_lambdas[0] == Power(0.9)
    for mine, theirs in zip(rates_of(resumed, 3), rates_of(first, 3), strict=True):
        assert mine == pytest.approx(theirs, rel=1e-14)


def test_a_state_that_is_refused_changes_no_object() -> None:
    scheduler = isorate.torch.LambdaLR(sgd(), Power(0.9))
    rates_of(scheduler, 2)
    state = isorate.torch.LambdaLR(sgd(), Power(0.1)).state_dict()
    with pytest.raises(KeyError):
        scheduler.load_state_dict({k: v for k, v in state.items() if k != "last_epoch"})
    assert scheduler.lr_lambdas == [Power(0.9)]
    assert rates_of(scheduler, 1) == [[0.1 * 0.9**2]]


@pytest.mark.parametrize("name", NAMES)
def test_the_rate_that_torchs_checkpoint_multiplies_is_kept_to(name: str) -> None:
    def build(home: Any, rate: float) -> Any:
        optimizer = torch.optim.SGD([parameter()], lr=rate)
        return getattr(home, name)(optimizer, lambda step: 0.9)

    theirs = build(lr_scheduler, 0.1)
    rates_of(theirs, 4)
    state = theirs.state_dict()
    expected = rates_of(theirs, 3)
    mine = build(isorate.torch, 0.2)
    with pytest.raises(isorate.torch.ScheduleMismatchError, match=r"0\.2.*\n.*0\.1"):
        mine.load_state_dict(state)
    mine.load_state_dict(state, on_mismatch="checkpoint")
    assert rates_of(mine, 3) == [pytest.approx(rates) for rates in expected]


@pytest.mark.parametrize("first", [0, 1])
def test_torchs_checkpoint_of_products_beside_another_goes_on(first: int) -> None:
    def build(home: Any) -> list[Any]:
        optimizer = torch.optim.SGD([parameter()], lr=0.1)
        made = [home.MultiplicativeLR(optimizer, lambda step: 0.9)]
        made.insert(first, home.ExponentialLR(optimizer, 0.5))
        return made

    def trained(schedulers: list[Any], steps: int) -> list[float]:
        found = []
        for _ in range(steps):
            for each in schedulers:
                each.step()
            found.append(float(schedulers[0].optimizer.param_groups[0]["lr"]))
        return found

    theirs, mine = build(lr_scheduler), build(isorate.torch)
    trained(theirs, 4)
    mine[0].optimizer.load_state_dict(theirs[0].optimizer.state_dict())
    for one, other in zip(mine, theirs, strict=True):
        one.load_state_dict(other.state_dict())
    assert trained(mine, 3) == pytest.approx(trained(theirs, 3))
