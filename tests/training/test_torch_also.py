"""Weight decay and momentum that follow schedules of their own, beside the rate."""

from __future__ import annotations

import copy
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from isorate import schedules  # noqa: E402
from isorate.schedule.errors import ScheduleError  # noqa: E402
from isorate.schedule.shapes import Cosine, Linear  # noqa: E402
from isorate.torch import ScheduleLR, ScheduleMismatchError, SequentialLR  # noqa: E402
from tests.training.torch_parts import MARKS, parameter  # noqa: E402

pytestmark = MARKS

RATE = Cosine(0.1, 0.0, 8)
DECAY, MOMENTUM = Cosine(0.2, 0.05, 4), Linear(0.85, 0.95, 6)
BOTH: dict[str, Any] = {"weight_decay": DECAY, "momentum": MOMENTUM}
KINDS: dict[str, Any] = {
    "SGD": {"momentum": 0.9},
    "AdamW": {},
    "Adam": {"amsgrad": True},
    "NAdam": {},
    "RMSprop": {"momentum": 0.5},
}


def optimizer_of(kind: str = "AdamW", *decays: Any, **options: Any) -> Any:
    """Return an optimizer with one group for each weight decay."""
    groups = [{"params": [parameter()], "weight_decay": decay} for decay in decays or (0.1,)]
    return getattr(torch.optim, kind)(groups, lr=0.1, **{**KINDS[kind], **options})


def held(optimizer: Any) -> list[tuple[float, ...]]:
    """Return rate, weight decay and momentum of every group."""
    found = []
    for group in optimizer.param_groups:
        momentum = group["betas"][0] if "betas" in group else group["momentum"]
        found.append(tuple(map(float, (group["lr"], group["weight_decay"], momentum))))
    return found


def trained(optimizer: Any, scheduler: Any, updates: int) -> list[Any]:
    """Train; return what each update has used, and what became of the weights."""
    found = []
    for _ in range(updates):
        used = held(optimizer)
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.grad = torch.ones(1) - weight.detach()
        optimizer.step()
        scheduler.step()
        weights = [group["params"][0].item() for group in optimizer.param_groups]
        found.append((used, weights))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_each_update_has_the_values_of_its_own(kind: str) -> None:
    class ByHand:
        def __init__(self, optimizer: Any) -> None:
            self.groups, self.update = optimizer.param_groups, -1
            self.step()

        def step(self) -> None:
            self.update += 1
            for group in self.groups:
                group["lr"], group["weight_decay"] = (s.at(self.update) for s in (RATE, DECAY))
                momentum = MOMENTUM.at(self.update)
                if "betas" in group:
                    group["betas"] = (momentum, group["betas"][1])
                else:
                    group["momentum"] = momentum

    theirs, mine = optimizer_of(kind), optimizer_of(kind)
    expected = trained(theirs, ByHand(theirs), 7)
    assert trained(mine, ScheduleLR(mine, RATE, also=BOTH), 7) == expected
    assert len({weights[0] for _, weights in expected}) == 7


def test_a_text_takes_what_it_leaves_out_from_each_group() -> None:
    optimizer = optimizer_of("AdamW", 0.4, 0.1)
    also: dict[str, Any] = {"weight_decay": "LinearLR(start_factor=0.5, total_iters=2)"}
    scheduler = ScheduleLR(optimizer, RATE, also=also)
    decays = [[values[1] for values in used] for used, _ in trained(optimizer, scheduler, 3)]
    assert decays == [[0.2, 0.05], [pytest.approx(0.3), pytest.approx(0.075)], [0.4, 0.1]]


def test_groups_that_do_not_decay_do_not_begin_to_unless_they_are_told() -> None:
    optimizer = optimizer_of("AdamW", 0.1, 0.0)
    ScheduleLR(optimizer, RATE, also={"weight_decay": DECAY})
    assert [values[1] for values in held(optimizer)] == [DECAY.at(0), 0.0]
    text = "CosineAnnealingLR(T_max=4, eta_min=0.05)"  # which would climb from 0
    optimizer = optimizer_of("AdamW", 0.1, 0.0)
    scheduler = ScheduleLR(optimizer, RATE, also={"weight_decay": text})
    scheduler.seek(4)
    assert [values[1] for values in held(optimizer)] == [pytest.approx(0.05), 0.0]
    optimizer = optimizer_of("AdamW", 0.1, 0.0)
    each = schedules.groups(DECAY, Linear(0.0, 0.3, 3))
    for given in (each, each.to_json()):
        ScheduleLR(optimizer, RATE, also={"weight_decay": given}).seek(3)
        assert held(optimizer)[1][1] == 0.3
    optimizer = optimizer_of("AdamW", 0.0, 0.0)  # where none decays, the schedule is for all
    ScheduleLR(optimizer, RATE, also={"weight_decay": DECAY})
    assert [values[1] for values in held(optimizer)] == [0.2, 0.2]


@pytest.mark.parametrize("order", ["before", "after", "not at all"])
def test_a_resumed_run_goes_on_with_the_same_values(order: str) -> None:
    text = "CosineAnnealingLR(T_max=5, eta_min=0.02)"

    def run() -> tuple[Any, Any]:
        optimizer = optimizer_of("SGD", 0.4, 0.1)
        also: dict[str, Any] = {"weight_decay": text, "momentum": MOMENTUM}
        return optimizer, ScheduleLR(optimizer, RATE, also=also)

    optimizer, scheduler = run()
    trained(optimizer, scheduler, 3)
    saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    expected = [used for used, _ in trained(optimizer, scheduler, 4)]
    fresh, resumed = run()
    if order == "before":
        fresh.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    if order == "after":
        fresh.load_state_dict(saved[0])
    assert [used for used, _ in trained(fresh, resumed, 4)] == expected
    # and built by last_epoch, on an optimizer whose own state is loaded
    fresh = optimizer_of("SGD", 0.4, 0.1)
    fresh.load_state_dict(saved[0])
    again = ScheduleLR(fresh, RATE, last_epoch=2, also={"weight_decay": text, "momentum": MOMENTUM})
    assert [used for used, _ in trained(fresh, again, 4)] == expected


@pytest.mark.parametrize(
    "also", [None, {"weight_decay": DECAY}, {**BOTH, "weight_decay": Cosine(0.2, 0.1, 4)}]
)
def test_a_checkpoint_with_another_schedule_of_these_is_a_mismatch(also: Any) -> None:
    state = ScheduleLR(optimizer_of(), RATE, also=BOTH).state_dict()
    optimizer = optimizer_of()
    scheduler = ScheduleLR(optimizer, RATE, also=also)
    before = held(optimizer)
    with pytest.raises(ScheduleMismatchError, match=r"another schedule of the (weight_d|momentum)"):
        scheduler.load_state_dict(state)
    assert held(optimizer) == before
    scheduler.load_state_dict(state, on_mismatch="checkpoint")
    scheduler.seek(2)
    assert held(optimizer) == [(RATE.at(2), DECAY.at(2), MOMENTUM.at(2))]
    with pytest.raises(ScheduleMismatchError):
        ScheduleLR(optimizer_of(), RATE, also=BOTH).load_state_dict(
            ScheduleLR(optimizer_of(), RATE, also=also).state_dict()
        )


def test_tensors_are_written_in_place_each_group_its_own() -> None:
    shared = torch.tensor(0.1)
    optimizer = optimizer_of("SGD", shared, shared)
    both = (Linear(0.0, 0.3, 3), DECAY)
    each = schedules.groups(*both)
    scheduler = ScheduleLR(optimizer, RATE, also={"weight_decay": each})
    tensors = [group["weight_decay"] for group in optimizer.param_groups]
    trained(optimizer, scheduler, 3)
    assert [group["weight_decay"] for group in optimizer.param_groups] == tensors
    assert all(a is b["weight_decay"] for a, b in zip(tensors, optimizer.param_groups, strict=True))
    assert list(map(float, tensors)) == [float(torch.tensor(s.at(3))) for s in both]
    betas = (torch.tensor(0.9), torch.tensor(0.99))
    adam = torch.optim.Adam([parameter()], lr=torch.tensor(0.1), betas=betas)
    scheduler = ScheduleLR(adam, RATE, also={"momentum": MOMENTUM})
    first = adam.param_groups[0]["betas"][0]
    trained(adam, scheduler, 2)
    assert adam.param_groups[0]["betas"][0] is first
    assert float(first) == float(torch.tensor(MOMENTUM.at(2)))
    assert float(betas[0]) == float(torch.tensor(0.9))  # whose it was


def test_a_schedule_that_ends_before_raises_and_changes_nothing() -> None:
    optimizer = optimizer_of()
    scheduler = ScheduleLR(optimizer, RATE, also={"weight_decay": DECAY.until(3)})
    trained(optimizer, scheduler, 3)
    before = held(optimizer)
    assert before[0][:2] == (RATE.at(3), DECAY.at(2))
    optimizer.step()
    with pytest.raises(RuntimeError, match="past the end of the weight_decay"):
        scheduler.step()
    assert held(optimizer) == before


def test_groups_that_are_added_follow_as_well() -> None:
    optimizer = optimizer_of("AdamW", 0.4)
    also: dict[str, Any] = {
        "weight_decay": "LinearLR(start_factor=0.5, total_iters=4)",
        "momentum": MOMENTUM,
    }
    scheduler = ScheduleLR(optimizer, RATE, also=also)
    trained(optimizer, scheduler, 2)
    optimizer.add_param_group({"params": [parameter()], "weight_decay": 0.2})
    scheduler.step()
    optimizer.step()
    scheduler.step()
    assert held(optimizer)[1][1:] == pytest.approx((0.175, MOMENTUM.at(3)))


def test_what_cannot_follow_is_refused() -> None:
    with pytest.raises(ValueError, match="'eps'; it may have 'momentum' and 'weight_decay'"):
        ScheduleLR(optimizer_of(), RATE, also={"eps": DECAY})
    with pytest.raises(ValueError, match="no weight_decay"):
        ScheduleLR(torch.optim.Rprop([parameter()]), RATE, also={"weight_decay": DECAY})
    optimizer = optimizer_of()
    both = ScheduleLR(optimizer, RATE, also=BOTH)
    with pytest.raises(ValueError, match="moves the weight_decay and the momentum"):
        SequentialLR(optimizer, [both, ScheduleLR(optimizer, RATE)], [3])
    with pytest.raises(ScheduleError, match="is not extended"):
        both.extend(20)
