"""Several schedulers on one optimizer, stepped one after the other, and others that write rates."""

from __future__ import annotations

import copy
import random
import warnings
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

import isorate.torch  # noqa: E402
from tests.training.torch_parts import KINDS, MARKS, as_kind, optimizer_of, rates_of  # noqa: E402

pytestmark = MARKS
HOMES = [lr_scheduler, isorate.torch]

#: What ``build(home, optimizer)`` builds; those in capitals are torch's own beside either.
SCHEDULERS: dict[str, Any] = {
    "step": lambda home, o: home.StepLR(o, 3, 0.5),
    "milestones": lambda home, o: home.MultiStepLR(o, [2, 5, 5], 0.3),
    "constant": lambda home, o: home.ConstantLR(o, 0.4, 4),
    "linear": lambda home, o: home.LinearLR(o, 0.2, 0.9, 5),
    "exponential": lambda home, o: home.ExponentialLR(o, 0.9),
    "polynomial": lambda home, o: home.PolynomialLR(o, 7, 2.0),
    "cosine": lambda home, o: home.CosineAnnealingLR(o, 4, 0.01),
    "cosine to 0": lambda home, o: home.CosineAnnealingLR(o, 4),
    "products": lambda home, o: home.MultiplicativeLR(o, lambda t: 0.5 + 0.1 * (t % 4)),
    "factors": lambda home, o: home.LambdaLR(o, lambda t: 0.8**t),
    "restarts": lambda home, o: home.CosineAnnealingWarmRestarts(o, 3, 2, 0.002),
    "PLATEAU": lambda _, o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=0),
    "plateau": lambda home, o: home.ReduceLROnPlateau(o, factor=0.5, patience=0),
    "STEP": lambda _, o: lr_scheduler.StepLR(o, 2, 0.7),
}


def step(scheduler: Any) -> None:
    plateau = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
    scheduler.step(*[1.0] if plateau else [])


def trained(home: Any, names: list[str], every: list[int], kind: Any) -> list[list[float]]:
    optimizer = optimizer_of(as_kind(0.1, kind), as_kind(0.2, kind))
    schedulers = [SCHEDULERS[name](home, optimizer) for name in names]
    found = [rates_of(optimizer)]
    for update in range(14):
        optimizer.step()
        for scheduler, updates in zip(schedulers, every, strict=True):
            if update % updates == 0:
                step(scheduler)
        found.append(rates_of(optimizer))
    return found


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("seed", range(60))
def test_they_compose_as_torchs_do(seed: int, kind: Any) -> None:
    drawn = random.Random(seed)
    names = drawn.choices(list(SCHEDULERS), k=drawn.choice([2, 2, 3]))
    every = drawn.choices([1, 1, 1, 3], k=len(names))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theirs, mine = (trained(home, names, every, kind) for home in HOMES)
    exact = 1e-5 if kind is torch.float32 else 1e-9
    for one, other in zip(mine, theirs, strict=True):
        assert one == pytest.approx(other, rel=exact, abs=1e-9 if exact > 1e-9 else 1e-15), names


def test_what_multiplies_does_not_drift() -> None:
    optimizer = optimizer_of(0.1)
    halving = isorate.torch.StepLR(optimizer, 10_000, 0.5)
    falling = isorate.torch.ExponentialLR(optimizer, 0.99999)
    for _ in range(50_000):
        halving.step()
        falling.step()
    assert rates_of(optimizer)[0] == pytest.approx(0.1 * 0.5**5 * 0.99999**50_000, rel=2e-12)
    alone = optimizer_of(0.1)
    one = isorate.torch.ExponentialLR(alone, 0.99999)
    one.seek(50_000)
    expected = rates_of(alone)[0] * 0.5**5
    assert rates_of(optimizer)[0] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("own_plateau", [False, True])
@pytest.mark.parametrize("order", ["scheduler first", "optimizer first", "no optimizer"])
def test_it_resumes(order: str, own_plateau: bool) -> None:
    def begun() -> tuple[Any, list[Any]]:
        optimizer = optimizer_of(0.1, 0.4)
        names = ["linear", "PLATEAU" if own_plateau else "exponential", "step"]
        return optimizer, [SCHEDULERS[name](isorate.torch, optimizer) for name in names]

    def go_on(optimizer: Any, schedulers: list[Any], updates: int) -> list[list[float]]:
        found = []
        for _ in range(updates):
            list(map(step, schedulers))
            found.append(rates_of(optimizer))
        return found

    optimizer, schedulers = begun()
    go_on(optimizer, schedulers, 4)
    saved = copy.deepcopy([one.state_dict() for one in [optimizer, *schedulers]])
    again, resumed = begun()
    if order == "optimizer first":
        again.load_state_dict(saved[0])
    for one, state in zip(resumed, saved[1:], strict=True):
        one.load_state_dict(state)
    if order == "scheduler first":
        again.load_state_dict(saved[0])
    for one, other in zip(go_on(again, resumed, 8), go_on(optimizer, schedulers, 8), strict=True):
        assert one == pytest.approx(other, rel=1e-14)


def test_torchs_checkpoint_of_both_goes_on() -> None:
    def begun(home: Any) -> tuple[Any, Any, Any]:
        optimizer = optimizer_of(0.1)
        return optimizer, SCHEDULERS["PLATEAU"](home, optimizer), home.StepLR(optimizer, 3, 0.5)

    theirs = begun(lr_scheduler)
    for _ in range(4):
        list(map(step, theirs[1:]))
    for first in (0, 1):
        mine = begun(isorate.torch)
        for place in [0, 1, 2] if first else [2, 1, 0]:
            mine[place].load_state_dict(copy.deepcopy(theirs[place].state_dict()))
        assert rates_of(mine[0]) == pytest.approx(rates_of(theirs[0]))
        going = copy.deepcopy(theirs)
        for _ in range(5):
            list(map(step, [*mine[1:], *going[1:]]))
            assert rates_of(mine[0]) == pytest.approx(rates_of(going[0]))


def test_a_rate_set_by_hand_is_overwritten_and_said_once() -> None:
    optimizer = optimizer_of(0.1, 0.2)
    scheduler = isorate.torch.StepLR(optimizer, 2, 0.5)
    scheduler.step()
    optimizer.param_groups[1]["lr"] = 0.03
    with pytest.warns(UserWarning, match=r"group 1 held lr=0.03 where StepLR had set 0.2"):
        scheduler.step()
    assert rates_of(optimizer) == [0.05, 0.1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.param_groups[0]["lr"] = 0.03
        scheduler.step()
    assert rates_of(optimizer) == [0.05, 0.1]


def test_nothing_is_said_of_a_rate_that_is_loaded() -> None:
    optimizer = optimizer_of(0.1)
    scheduler = isorate.torch.StepLR(optimizer, 2, 0.5)
    for _ in range(3):
        scheduler.step()
    states = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = optimizer_of(0.1)
        again.load_state_dict(states[0])
        resumed = isorate.torch.StepLR(again, 2, 0.5)
        resumed.load_state_dict(states[1])
        resumed.step()
    assert rates_of(again) == [0.025]


def test_a_scheduler_built_on_a_loaded_optimizer_says_that_it_begins_anew() -> None:
    optimizer = optimizer_of(0.1)
    scheduler = isorate.torch.StepLR(optimizer, 2, 0.5)
    for _ in range(3):
        scheduler.step()
    again = optimizer_of(0.1)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    begun = isorate.torch.StepLR(again, 2, 0.5)
    with pytest.warns(UserWarning, match="held lr=0.05 where StepLR had set 0.1"):
        begun.step()


def test_another_package_steps_beside() -> None:
    class SomeScheduler:
        """A scheduler that shares no class with torch's."""

        def __init__(self, optimizer: Any) -> None:
            self.optimizer = optimizer

        def step(self) -> None:
            for group in self.optimizer.param_groups:
                group["lr"] *= 0.5

    optimizer = optimizer_of(0.1)
    mine, other = isorate.torch.ExponentialLR(optimizer, 0.9), SomeScheduler(optimizer)
    for _ in range(4):
        mine.step()
        other.step()
    assert rates_of(optimizer) == pytest.approx([0.1 * 0.45**4])


def test_copies_go_on_by_themselves() -> None:
    optimizer = optimizer_of(0.1)
    pair = [SCHEDULERS[name](isorate.torch, optimizer) for name in ("exponential", "step")]
    for _ in range(3):
        list(map(step, pair))
    copies = copy.deepcopy(pair)
    for _ in range(4):
        list(map(step, pair))
    assert copies[0].optimizer is copies[1].optimizer
    for _ in range(4):
        list(map(step, copies))
    assert rates_of(copies[0].optimizer) == rates_of(optimizer)


def test_an_added_group_goes_on_in_proportion() -> None:
    for name in ("step", "milestones", "exponential", "cosine", "linear", "polynomial"):
        seen = []
        for home in HOMES:
            optimizer = optimizer_of(0.1)
            scheduler = SCHEDULERS[name](home, optimizer)
            for _ in range(2):
                scheduler.step()
            optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.02})
            found = []
            for _ in range(2):
                scheduler.step()
                found.append(rates_of(optimizer))
            seen.append(found)
        for one, other in zip(*seen, strict=True):
            assert one == pytest.approx(other, rel=1e-12), name


def test_a_rate_written_into_a_later_group_leaves_those_before_it() -> None:
    found = []
    for home in HOMES:
        optimizer = optimizer_of(0.1, 0.2, 0.4)
        plateau = home.ReduceLROnPlateau(optimizer, factor=0.1, patience=0)
        falling = home.ExponentialLR(optimizer, 0.5)
        for metric in (1.0, 2.0):
            falling.step()
            plateau.step(metric)
        falling.step()
        optimizer.param_groups[2]["lr"] = 0.07
        falling.step()
        found.append(rates_of(optimizer))
    assert found[1] == pytest.approx(found[0])


def test_one_that_stays_at_its_lowest_rate_says_so_where_others_move_it() -> None:
    optimizer = optimizer_of(0.1)
    cosine = isorate.torch.CosineAnnealingLR(optimizer, 8, eta_min=0.1)
    other = isorate.torch.ConstantLR(optimizer, 0.5, total_iters=2)
    other.step()
    with pytest.warns(UserWarning, match="multiplies the distance to its lowest rate"):
        cosine.step()


def test_first_rates_may_be_set_for_a_group_that_was_just_added() -> None:
    found = []
    for home in HOMES:
        optimizer = optimizer_of(0.1)
        scheduler = home.CosineAnnealingWarmRestarts(optimizer, 4)
        scheduler.step()
        optimizer.add_param_group({"params": [torch.zeros(1)], "lr": 0.03})
        scheduler.base_lrs = [0.3, 0.2]
        scheduler.step()
        found.append(rates_of(optimizer))
    assert found[1] == pytest.approx(found[0])


def test_averaging_at_its_goal_says_so_where_others_move_it() -> None:
    optimizer = optimizer_of(0.1)
    falling = isorate.torch.ExponentialLR(optimizer, 0.5)
    averaging = isorate.torch.SWALR(optimizer, 0.05, anneal_epochs=6)
    falling.step()
    averaging.step()  # begins at its goal, but for rounding
    falling.step()
    with pytest.warns(UserWarning, match="multiplies the distance to its lowest rate"):
        averaging.step()


def test_first_rates_of_an_added_group_are_said_where_the_others_have_come_to_0() -> None:
    optimizer = optimizer_of(0.1)
    scheduler = isorate.torch.LinearLR(optimizer, 1.0, 0.0, total_iters=2)
    for _ in range(3):
        scheduler.step()
    optimizer.add_param_group({"params": [torch.zeros(1)], "lr": 0.5})
    with pytest.warns(UserWarning, match="base_lrs were set"):
        scheduler.base_lrs = [0.3, 0.3]


def test_products_that_are_0_say_so_where_others_lift_the_rate() -> None:
    optimizer = optimizer_of(0.1)
    products = isorate.torch.MultiplicativeLR(optimizer, lambda step: 0.5 if step > 1 else 0.0)
    averaging = isorate.torch.SWALR(optimizer, 0.05, anneal_epochs=3)
    products.step()
    averaging.step()
    averaging.step()
    with pytest.warns(UserWarning, match="multiplies the distance"):
        products.step()
