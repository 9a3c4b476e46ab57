"""What moves the clock: real updates, where an optimizer's step was skipped or made twice."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

from isorate.schedule.shapes import Cosine  # noqa: E402
from isorate.torch import CosineAnnealingLR, ScheduleLR  # noqa: E402
from tests.training import torch_parts as parts  # noqa: E402

pytestmark = parts.MARKS

COSINE = Cosine(0.1, 0.001, 8, "mirror")
#: The batches whose gradients are infinite; a GradScaler's first ones usually are.
BAD = {0, 1, 5, 6, 11}


def trained(make: Any, batches: int, **options: Any) -> list[float]:
    """Train with a GradScaler; return the rate of every update that was made."""
    weight = parts.parameter()
    optimizer = torch.optim.Adam([weight], lr=0.1, **options)
    scheduler = make(optimizer)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    applied = []
    for batch in range(batches):
        before = weight.detach().clone()
        optimizer.zero_grad()
        loss = weight.sum() * (float("inf") if batch in BAD else 1.0)
        scaler.scale(loss).backward()
        rate = float(optimizer.param_groups[0]["lr"])
        scaler.step(optimizer)
        scaler.update()
        if not torch.equal(before, weight):
            applied.append(rate)
        scheduler.step()
    return applied


@pytest.mark.parametrize("fused", [False, True], ids=["plain", "fused"])
def test_an_update_that_a_scaler_skips_does_not_count(fused: bool) -> None:
    made = 20 - len(BAD)
    expected = [COSINE.at(update) for update in range(made)]
    theirs = trained(lambda o: parts.TorchCosine(o, 8, 0.001), 20, fused=fused)
    assert len(theirs) == made
    assert theirs != pytest.approx(expected)  # torch's loses the rates of the skipped ones
    assert trained(lambda o: ScheduleLR(o, COSINE), 20, fused=fused) == expected


def test_a_drop_in_counts_updates_when_it_is_told_to() -> None:
    def counting(optimizer: Any) -> CosineAnnealingLR:
        scheduler = CosineAnnealingLR(optimizer, 8, 0.001)
        scheduler.counting = "updates"
        return scheduler

    assert trained(counting, 20) == [COSINE.at(update) for update in range(15)]
    steps = trained(lambda o: CosineAnnealingLR(o, 8, 0.001), 20)
    assert steps == pytest.approx(trained(lambda o: parts.TorchCosine(o, 8, 0.001), 20))


def test_more_steps_than_updates_change_nothing() -> None:
    optimizer = parts.optimizer_of(0.1)
    scheduler = ScheduleLR(optimizer, COSINE)
    rates = []
    for _ in range(9):
        rates += parts.rates_of(optimizer)
        optimizer.step()
        for _ in range(3):  # as Accelerate does on three processes
            scheduler.step()
    assert rates == [COSINE.at(update) for update in range(9)]


def test_counting_steps_is_a_choice() -> None:
    scheduler = ScheduleLR(parts.optimizer_of(0.1), COSINE, counting="steps")
    assert parts.steps_of(scheduler, 9) == [[COSINE.at(update)] for update in range(9)]
    with pytest.raises(ValueError, match="neither 'updates' nor 'steps'"):
        ScheduleLR(parts.optimizer_of(0.1), COSINE, counting="epochs")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="neither"):
        scheduler.counting = "all"  # type: ignore[assignment]
    assert scheduler.counting == "steps"
    scheduler.counting = "updates"
    assert ScheduleLR(parts.optimizer_of(0.1), COSINE).counting == "updates"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_counts_the_updates_of_its_own_optimizer(copied: Any) -> None:
    optimizer = parts.optimizer_of(0.1)
    scheduler = ScheduleLR(optimizer, COSINE)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    twin = copied(scheduler)
    optimizer.step()
    twin.step()
    assert twin.last_epoch == 3
    twin.optimizer.step()
    twin.step()
    assert twin.last_epoch == 4
    assert scheduler.last_epoch == 3


def test_two_schedulers_on_one_optimizer_each_count_every_update() -> None:
    optimizer = parts.optimizer_of(0.1)
    first, second = ScheduleLR(optimizer, COSINE), ScheduleLR(optimizer, COSINE)
    for _ in range(4):
        optimizer.step()
        first.step()
        second.step()
    assert (first.last_epoch, second.last_epoch) == (4, 4)


def test_torchs_sequence_moves_it_on() -> None:
    optimizer = parts.optimizer_of(0.1)
    warmup = lr_scheduler.ConstantLR(optimizer, 0.5, total_iters=2)
    members = [warmup, ScheduleLR(optimizer, COSINE)]
    sequence = lr_scheduler.SequentialLR(optimizer, members, [2])
    rates = []
    for _ in range(6):
        rates += parts.rates_of(optimizer)
        optimizer.step()
        sequence.step()
    assert rates == [0.05, 0.05, *(parts.meant(0.1, 0.001, 8, k) for k in range(4))]
