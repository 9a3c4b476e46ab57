"""``isorate.torch`` with many parameter groups, and among torch's own schedulers."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler, swa_utils  # noqa: E402

import isorate.torch  # noqa: E402
from isorate.torch import CosineAnnealingLR, cosine_decay_lr  # noqa: E402
from tests.training import torch_parts as parts  # noqa: E402

pytestmark = parts.MARKS


@pytest.mark.parametrize("kind", parts.KINDS, ids=str)
@pytest.mark.parametrize("added_at", [1, 4, 5, 8])
def test_an_added_group_joins_as_if_from_the_start_where_asked(added_at: int, kind: Any) -> None:
    optimizer = parts.optimizer_of(parts.as_kind(0.1, kind))
    scheduler = CosineAnnealingLR(optimizer, 4, 0.001)
    scheduler.late_groups = "from the start"
    parts.steps_of(scheduler, added_at)
    optimizer.add_param_group({"params": [parts.parameter()], "lr": parts.as_kind(0.5, kind)})
    optimizer.add_param_group(
        {"params": [parts.parameter()], "lr": parts.as_kind(9.0, kind), "initial_lr": 0.25}
    )
    added = optimizer.param_groups[1]["lr"]
    assert parts.rates_of(optimizer)[1:] == [0.5, 9.0]
    bases = [float(parts.as_kind(0.1, kind)), 0.5, 0.25]
    for step in range(added_at + 1, added_at + 12):
        scheduler.step()
        expected = [float(parts.as_kind(parts.meant(base, 0.001, 4, step), kind)) for base in bases]
        assert parts.rates_of(optimizer) == expected
    assert optimizer.param_groups[1]["initial_lr"] == 0.5
    assert scheduler.base_lrs == bases
    assert len(scheduler.get_last_lr()) == 3
    if kind != "float":
        assert optimizer.param_groups[1]["lr"] is added
        assert optimizer.param_groups[1]["initial_lr"] is not added


LATE: dict[str, tuple[Any, dict[str, float]]] = {
    "below the floor": (lambda of, o: of.CosineAnnealingLR(o, 9, 0.3), {}),
    "below the goal": (lambda of, o: of.SWALR(o, 0.5, anneal_epochs=4), {"swa_lr": 0.5}),
    "a goal of its own": (lambda of, o: of.SWALR(o, [0.5], anneal_epochs=9), {"swa_lr": 0.3}),
    "the same in turn": (
        lambda of, o: of.SequentialLR(o, [of.ConstantLR(o, 0.5, 2), of.SWALR(o, 0.3, 9)], [2]),
        {"swa_lr": 0.4},
    ),
    "a peak of its own": (
        lambda of, o: of.OneCycleLR(o, 0.5, 60, cycle_momentum=False),
        {"max_lr": 0.1, "initial_lr": 0.004, "min_lr": 4e-7},
    ),
}


@pytest.mark.parametrize(("made", "brought"), LATE.values(), ids=LATE)
def test_a_group_added_with_a_low_rate_or_with_arguments_goes_on_as_torchs(
    made: Any, brought: dict[str, float]
) -> None:
    found = []
    for home in (lr_scheduler, isorate.torch):
        optimizer = parts.optimizer_of(1.0)
        of = type("of", (), {"SWALR": swa_utils.SWALR, **vars(home)})
        scheduler = made(of, optimizer)
        rates = parts.steps_of(scheduler, 3)
        optimizer.add_param_group({"params": [parts.parameter()], "lr": 0.01, **brought})
        found.append(rates + parts.steps_of(scheduler, 5))
    for theirs, mine in zip(*found, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-9)


def test_a_group_that_brings_other_ends_than_its_peak_has_is_said() -> None:
    scheduler = isorate.torch.OneCycleLR(parts.optimizer_of(1.0), 0.5, 60, cycle_momentum=False)
    parts.steps_of(scheduler, 3)
    group = {"params": [parts.parameter()], "lr": 0.01, "max_lr": 0.1, "min_lr": 0.05}
    scheduler.optimizer.add_param_group(group)
    with pytest.warns(UserWarning, match="added with min_lr=0.05: OneCycleLR goes on with the"):
        scheduler.step()


def test_a_group_added_after_the_last_step_survives_a_checkpoint() -> None:
    def fresh() -> tuple[Any, Any]:
        optimizer = parts.optimizer_of(0.1)
        return optimizer, CosineAnnealingLR(optimizer, 6)

    optimizer, scheduler = fresh()
    parts.steps_of(scheduler, 3)
    optimizer.add_param_group({"params": [parts.parameter()], "lr": 0.5})
    resumed_optimizer, resumed = fresh()
    resumed_optimizer.add_param_group({"params": [parts.parameter()], "lr": 0.5})
    resumed.load_state_dict(scheduler.state_dict())
    assert parts.steps_of(resumed, 9) == parts.steps_of(scheduler, 9)


def test_a_group_added_with_the_optimizers_tensor_gets_its_own() -> None:
    """``SGD(lr=tensor)`` gives one tensor to every group that names no rate."""
    optimizer = torch.optim.SGD([parts.parameter()], lr=torch.tensor(0.1, dtype=torch.float64))
    scheduler = CosineAnnealingLR(optimizer, 8)
    parts.steps_of(scheduler, 3)
    optimizer.add_param_group({"params": [parts.parameter()]})
    shared = optimizer.param_groups[0]["lr"]
    assert optimizer.param_groups[1]["lr"] is shared
    scheduler.late_groups = "from the start"
    base = float(shared)
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is shared
    assert parts.rates_of(optimizer) == [parts.meant(0.1, 0, 8, 4), parts.meant(base, 0, 8, 4)]


def test_groups_of_one_rate_may_share_their_tensor() -> None:
    tensor = torch.tensor(0.1, dtype=torch.float64)
    optimizer = torch.optim.SGD(
        [{"params": [parts.parameter()]}, {"params": [parts.parameter()]}], lr=tensor
    )
    scheduler = CosineAnnealingLR(optimizer, 8)
    scheduler.step()
    assert [group["lr"] is tensor for group in optimizer.param_groups] == [True, True]
    assert parts.rates_of(optimizer) == [parts.meant(0.1, 0, 8, 1)] * 2


def test_a_group_that_went_missing_is_an_error() -> None:
    optimizer = parts.optimizer_of(0.1, 0.2)
    scheduler = CosineAnnealingLR(optimizer, 8)
    del optimizer.param_groups[1]
    with pytest.raises(ValueError, match="has 1 groups, the scheduler 2"):
        scheduler.step()


def warmed_up(optimizer: Any, kind: Any = CosineAnnealingLR) -> Any:
    warmup = lr_scheduler.LinearLR(optimizer, 0.25, total_iters=3)
    return lr_scheduler.SequentialLR(optimizer, [warmup, kind(optimizer, 5, 0.01)], [3])


@pytest.mark.parametrize("kind", parts.KINDS, ids=str)
def test_it_follows_a_warmup(kind: Any) -> None:
    optimizer = parts.optimizer_of(parts.as_kind(0.1, kind))
    base = parts.rates_of(optimizer)[0]
    scheduler = warmed_up(optimizer)
    tensor = optimizer.param_groups[0]["lr"]  # torch's SequentialLR replaced it before 2.10
    found = [rate for (rate,) in parts.steps_of(scheduler, 14)]
    assert found[3:] == [
        float(parts.as_kind(parts.meant(base, 0.01, 5, k), kind)) for k in range(11)
    ]
    theirs = [
        rate
        for (rate,) in parts.steps_of(warmed_up(parts.optimizer_of(0.1), parts.TorchCosine), 14)
    ]
    np.testing.assert_allclose(found, theirs, rtol=1e-6)
    assert kind == "float" or optimizer.param_groups[0]["lr"] is tensor


def held_after(optimizer: Any) -> Any:
    """Anneal for 5 steps, then hold a tenth of the initial rate with torch's own scheduler."""
    hold = lr_scheduler.ConstantLR(optimizer, 0.1, total_iters=100)
    members = [CosineAnnealingLR(optimizer, 5, 0.02), hold]
    return lr_scheduler.SequentialLR(optimizer, members, [5])


def decayed_after_warmup(optimizer: Any) -> Any:
    return warmed_up(optimizer, lambda optimizer, *_: cosine_decay_lr(optimizer, **parts.DECAY))


@pytest.mark.parametrize("sequence", [warmed_up, held_after, decayed_after_warmup])
@pytest.mark.parametrize("order", ["optimizer first", "scheduler first"])
@pytest.mark.parametrize("stop", range(12))
def test_a_sequence_resumes(stop: int, order: str, sequence: Any) -> None:
    whole = parts.steps_of(sequence(parts.optimizer_of(0.1)), 14)
    scheduler = sequence(parts.optimizer_of(0.1))
    parts.steps_of(scheduler, stop)
    states = scheduler.optimizer.state_dict(), scheduler.state_dict()
    resumed = sequence(parts.optimizer_of(0.1))
    if order == "optimizer first":
        resumed.optimizer.load_state_dict(states[0])
    resumed.load_state_dict(states[1])
    if order == "scheduler first":
        resumed.optimizer.load_state_dict(states[0])
    assert parts.steps_of(resumed, 14 - stop) == whole[stop:]


@pytest.mark.parametrize("stop", range(9))
def test_a_sequence_that_torch_saved_resumes_with_ours_in_it(stop: int) -> None:
    theirs = warmed_up(parts.optimizer_of(0.1), parts.TorchCosine)
    parts.steps_of(theirs, stop)
    ours = warmed_up(parts.optimizer_of(0.1))
    ours.optimizer.load_state_dict(theirs.optimizer.state_dict())
    ours.load_state_dict(theirs.state_dict())
    np.testing.assert_allclose(parts.steps_of(ours, 9), parts.steps_of(theirs, 9), rtol=1e-12)


def test_in_torchs_chain_it_multiplies_what_came_before() -> None:
    def chained(kind: Any) -> list[list[float]]:
        optimizer = parts.optimizer_of(0.1)
        before = lr_scheduler.ConstantLR(optimizer, 0.5, total_iters=100)
        return parts.steps_of(
            lr_scheduler.ChainedScheduler([before, kind(optimizer, 5)], optimizer), 12
        )

    np.testing.assert_allclose(chained(CosineAnnealingLR), chained(parts.TorchCosine), atol=1e-16)


@pytest.mark.parametrize("kind", [CosineAnnealingLR, parts.TorchCosine])
def test_it_is_one_of_torchs_schedulers(kind: Any) -> None:
    optimizer = parts.optimizer_of(0.1)
    scheduler = kind(optimizer, T_max=5, eta_min=0.01)
    assert isinstance(scheduler, lr_scheduler.LRScheduler)
    assert scheduler.optimizer is optimizer
    assert (scheduler.last_epoch, scheduler._step_count) == (0, 1)
    scheduler.step()
    assert (scheduler.last_epoch, scheduler._step_count) == (1, 2)
    assert scheduler.base_lrs == [0.1]
    assert scheduler.get_last_lr() == scheduler._last_lr == parts.rates_of(optimizer)
    assert scheduler._get_closed_form_lr() == pytest.approx(parts.rates_of(optimizer), rel=1e-12)
    assert optimizer.param_groups[0]["initial_lr"] == 0.1


def test_get_lr_is_the_rate_of_now_and_says_that_torchs_is_not() -> None:
    scheduler = CosineAnnealingLR(parts.optimizer_of(0.1, torch.tensor(0.2)), 5)
    for _ in range(7):
        scheduler.step()
        with pytest.warns(UserWarning, match="one step more"):
            scheduler.get_lr()
        with pytest.warns(UserWarning, match="get_last_lr"):
            assert scheduler.get_lr() == scheduler.get_last_lr() == scheduler._get_closed_form_lr()


@pytest.mark.parametrize("epoch", [0, 3, 5, 12, 2.5])
def test_step_to_an_epoch(epoch: float) -> None:
    rates = []
    for kind in (parts.TorchCosine, CosineAnnealingLR):
        optimizer = parts.optimizer_of(0.1)
        scheduler = kind(optimizer, 5, 0.01)
        scheduler.step(epoch)
        rates.append(parts.rates_of(optimizer)[0])
        assert scheduler.last_epoch == epoch
    assert rates[1] == pytest.approx(rates[0], rel=1e-12)
    scheduler.step()
    ahead = parts.meant(0.1, 0.01, 5, abs(epoch + 1))  # type: ignore[arg-type]
    assert parts.rates_of(optimizer) == [pytest.approx(ahead, rel=1e-14)]


@pytest.mark.parametrize("epoch", [math.nan, "3"])
def test_a_step_to_nowhere_changes_nothing(epoch: Any) -> None:
    optimizer = parts.optimizer_of(0.1)
    scheduler = CosineAnnealingLR(optimizer, 5)
    with pytest.raises((TypeError, ValueError), match="epoch is not"):
        scheduler.step(epoch)
    assert (parts.rates_of(optimizer), scheduler.last_epoch) == ([0.1], 0)


def good(optimizer: Any, scheduler: Any) -> None:
    optimizer.step()
    scheduler.step()


def reversed_order(optimizer: Any, scheduler: Any) -> None:
    scheduler.step()
    optimizer.step()


def overridden(optimizer: Any, scheduler: Any) -> None:
    optimizer.step = lambda: None
    scheduler.step()


def to_epoch(optimizer: Any, scheduler: Any) -> None:
    optimizer.step()
    scheduler.step(3)


def in_sequence(optimizer: Any, scheduler: Any) -> None:
    sequence = lr_scheduler.SequentialLR(
        optimizer, [lr_scheduler.LinearLR(optimizer), scheduler], [1]
    )
    for _ in range(3):
        optimizer.step()
        sequence.step()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("loop", "count"),
    [(good, 0), (reversed_order, 1), (overridden, 1), (to_epoch, 1), (in_sequence, 0)],
)
def test_torchs_warnings_come_when_torchs_do(loop: Any, count: int) -> None:
    said = []
    for kind in (parts.TorchCosine, CosineAnnealingLR, parts.scheduled):
        optimizer = parts.optimizer_of(0.1)
        scheduler = kind(optimizer, 5)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loop(optimizer, scheduler)
        said.append([str(warning.message) for warning in caught])
    assert len(said[0]) == count
    assert said[0] == said[1] == said[2]
