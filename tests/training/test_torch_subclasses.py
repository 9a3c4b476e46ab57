"""Subclasses of the drop-ins with a ``get_lr`` or a ``step`` of their own, beside torch's."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

import isorate.torch  # noqa: E402
from isorate.torch import SequentialLR  # noqa: E402
from tests.training.torch_parts import MARKS, as_kind, parameter  # noqa: E402

pytestmark = MARKS
HOMES = [lr_scheduler, isorate.torch]


def sgd(*rates: Any) -> Any:
    return torch.optim.SGD([{"params": [parameter()], "lr": rate} for rate in rates], lr=0.1)


def floored(home: Any) -> Any:
    class Floored(home.ExponentialLR):  # type: ignore[misc]
        def get_lr(self) -> list[Any]:
            return [max(rate, 0.03) for rate in super().get_lr()]

    return Floored


def by_itself(home: Any) -> Any:
    class Halving(home.LRScheduler if home is lr_scheduler else home.StepLR):  # type: ignore[misc]
        """It asks nobody: the rates are those that the groups hold, halved at even steps."""

        def __init__(self, optimizer: Any) -> None:
            super().__init__(optimizer, *([] if home is lr_scheduler else [3]))

        def get_lr(self) -> list[Any]:
            halve = self.last_epoch > 0 and self.last_epoch % 2 == 0
            return [group["lr"] * (0.5 if halve else 1) for group in self.optimizer.param_groups]

    return Halving


def late(home: Any) -> Any:
    class Late(home.StepLR):  # type: ignore[misc]
        """It stands still for two steps."""

        calls = 0

        def step(self, epoch: Any = None) -> None:
            self.calls += 1
            if self.calls == 1 or self.calls > 3:
                super().step(epoch)

    return Late


def rates_of(optimizer: Any, scheduler: Any, steps: int) -> list[list[float]]:
    found = []
    for _ in range(steps):
        found.append([float(group["lr"]) for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return found


CASES = [
    (floored, (0.5,)),
    (by_itself, ()),
    (late, (2, 0.5)),
]


@pytest.mark.parametrize(("kind", "arguments"), CASES)
@pytest.mark.parametrize("dtype", ["float", torch.float64])
def test_its_rates_are_torchs(kind: Any, arguments: Any, dtype: Any) -> None:
    seen = []
    for home in HOMES:
        optimizer = sgd(as_kind(0.1, dtype), as_kind(0.4, dtype))
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nor is anybody warned of get_lr
            scheduler = kind(home)(optimizer, *arguments)
            seen.append(rates_of(optimizer, scheduler, 7))
        assert [float(rate) for rate in scheduler.get_last_lr()] == [
            float(group["lr"]) for group in optimizer.param_groups
        ]
    for mine, theirs in zip(seen[1], seen[0], strict=True):
        assert mine == pytest.approx(theirs, rel=1e-15)


def test_it_goes_on_where_it_was_saved() -> None:
    optimizer = sgd(0.1, 0.4)
    scheduler = floored(isorate.torch)(optimizer, 0.5)
    rates_of(optimizer, scheduler, 3)
    saved = scheduler.state_dict()
    uninterrupted = rates_of(optimizer, scheduler, 4)
    again = sgd(0.1, 0.4)
    resumed = floored(isorate.torch)(again, 0.5)
    resumed.load_state_dict(saved)
    assert rates_of(again, resumed, 4) == uninterrupted
    resumed.seek(1)
    assert [group["lr"] for group in again.param_groups] == [0.05, 0.2]


def test_rates_that_are_none_are_refused_and_nothing_is_written() -> None:
    class Short(isorate.torch.StepLR):
        def get_lr(self) -> list[Any]:
            return super().get_lr()[: 1 if self.last_epoch else 2]

    optimizer = sgd(0.1, 0.4)
    scheduler = Short(optimizer, 2)
    with pytest.raises(ValueError, match="get_lr has 1 rates, the optimizer 2 groups"):
        scheduler.step()
    assert scheduler.last_epoch == 0
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.4]


def test_none_is_held_by_others_in_silence() -> None:
    optimizer = sgd(0.1)
    members = [floored(isorate.torch)(optimizer, 0.5), isorate.torch.StepLR(optimizer, 2)]
    with pytest.raises(TypeError, match="Floored has a get_lr of its own"):
        SequentialLR(optimizer, members, [3])


def test_a_get_lr_that_is_set_on_a_scheduler_is_asked() -> None:
    found = []
    for home in HOMES:
        optimizer = sgd(0.1, 0.4)
        scheduler = home.StepLR(optimizer, 2, 0.5)
        rates_of(optimizer, scheduler, 3)
        scheduler.get_lr = lambda: [0.3, 0.7]
        found.append(rates_of(optimizer, scheduler, 3))
    assert found[0] == found[1]
    del scheduler.get_lr
    assert rates_of(optimizer, scheduler, 2)[-1] == [0.0125, 0.05]


def test_a_closed_form_of_its_own_is_not_passed_over_in_silence() -> None:
    class Quartered(isorate.torch.StepLR):
        def _get_closed_form_lr(self) -> list[Any]:
            return [rate / 4 for rate in self.base_lrs]

    optimizer = sgd(0.1)
    scheduler = Quartered(optimizer, 2)
    scheduler.step()
    with pytest.raises(TypeError, match="Quartered has a _get_closed_form_lr of its own"):
        scheduler.step(4)
    assert (scheduler.last_epoch, optimizer.param_groups[0]["lr"]) == (1, 0.1)


def test_what_torch_would_go_on_from_otherwise_is_said_once() -> None:
    optimizer = sgd(0.1)
    decay = isorate.torch.ExponentialLR(optimizer, 0.9)
    decay.gamma = 0.8  # nothing has come of it yet
    decay.step()
    with pytest.warns(UserWarning, match=r"gamma was set: .* from lr=0.05, .* from the 0.08"):
        decay.gamma = 0.5
    decay.gamma = 0.25
    optimizer = sgd(0.1)
    product = isorate.torch.MultiplicativeLR(optimizer, lambda step: 0.5)
    product.step(1)
    with pytest.warns(UserWarning, match="step 3 was named"):
        product.step(3)
    assert optimizer.param_groups[0]["lr"] == 0.0125
