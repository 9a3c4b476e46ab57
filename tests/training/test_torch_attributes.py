"""What torch's classes show and take, and the way back: their states load into torch's classes."""

from __future__ import annotations

import copy
import random
from collections import Counter
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler, swa_utils  # noqa: E402

import isorate.torch  # noqa: E402
from isorate.schedule.node import Schedule  # noqa: E402
from isorate.training.rates import Rates  # noqa: E402
from tests.training.torch_parts import MARKS, optimizer_of, parameter, rates_of  # noqa: E402

pytestmark = MARKS


class Homes:
    """Both homes of torch's schedulers in one."""

    def __getattr__(self, name: str) -> Any:
        return getattr(lr_scheduler, name, None) or getattr(swa_utils, name)


TORCH: Any = Homes()
HOMES = [TORCH, isorate.torch]


class Wave:
    """A callable that holds something."""

    def __init__(self, rate: float = 0.5) -> None:
        self.rate = rate

    def __call__(self, step: int) -> float:
        return self.rate**step


def sequence(home: Any, o: Any) -> Any:
    parts = [home.LinearLR(o, 0.25, total_iters=2), home.CosineAnnealingLR(o, 8, 0.001)]
    return home.SequentialLR(o, [*parts, home.ExponentialLR(o, 0.5)], [2, 6])


ALL: dict[str, Any] = {
    "StepLR": lambda home, o: home.StepLR(o, 3, 0.5),
    "MultiStepLR": lambda home, o: home.MultiStepLR(o, [2, 5, 5], 0.5),
    "ConstantLR": lambda home, o: home.ConstantLR(o, 0.5, 4),
    "LinearLR": lambda home, o: home.LinearLR(o, 0.25, total_iters=6),
    "ExponentialLR": lambda home, o: home.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda home, o: home.PolynomialLR(o, 9, 2.0),
    "CosineAnnealingLR": lambda home, o: home.CosineAnnealingLR(o, 6, 0.001),
    "CosineAnnealingWarmRestarts": lambda home, o: home.CosineAnnealingWarmRestarts(o, 3, 2),
    "CyclicLR": lambda home, o: home.CyclicLR(o, 0.01, 0.1, 3, mode="triangular2"),
    "CyclicLR of a function": lambda home, o: home.CyclicLR(o, 0.01, 0.1, 3, scale_fn=Wave(0.9)),
    "OneCycleLR": lambda home, o: home.OneCycleLR(o, 0.4, total_steps=20, three_phase=True),
    "SWALR": lambda home, o: home.SWALR(o, 0.02, 8),
    "LambdaLR": lambda home, o: home.LambdaLR(o, [Wave(), lambda step: 0.9**step]),
    "MultiplicativeLR": lambda home, o: home.MultiplicativeLR(o, Wave(0.9)),
    "SequentialLR": sequence,
    "ChainedScheduler": lambda home, o: home.ChainedScheduler(
        [home.ConstantLR(o, 0.5, 4), home.ExponentialLR(o, 0.9)]
    ),
    "ReduceLROnPlateau": lambda home, o: home.ReduceLROnPlateau(o, patience=1, factor=0.5),
}


def sgd() -> Any:
    groups = [{"params": [parameter()], "lr": rate} for rate in (0.1, 0.2)]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def go_on(optimizer: Any, scheduler: Any, steps: int) -> list[list[float]]:
    plateau = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
    found = []
    for _ in range(steps):
        optimizer.step()
        scheduler.step(*[1.0] if plateau else [])
        momenta = [float(group["momentum"]) for group in optimizer.param_groups]
        found.append([*rates_of(optimizer), *momenta])
    return found


@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("name", ALL)
def test_its_state_loads_into_torchs_class_and_goes_on(name: str, steps: int) -> None:
    optimizer = sgd()
    scheduler = ALL[name](isorate.torch, optimizer)
    go_on(optimizer, scheduler, steps)
    saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    theirs = sgd()
    resumed = ALL[name](TORCH, theirs)
    theirs.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    assert type(resumed).__module__.startswith("torch.")
    mine, torchs = go_on(optimizer, scheduler, 8), go_on(theirs, resumed, 8)
    for one, other in zip(mine, torchs, strict=True):
        assert one == pytest.approx(other, rel=1e-12, abs=1e-15)
    last = [float(rate) for rate in resumed.get_last_lr()]
    assert [float(rate) for rate in scheduler.get_last_lr()] == pytest.approx(last)


#: What is set midway, on the scheduler or on a member of it.
SET: list[tuple[str, str, Any]] = [
    ("StepLR", "step_size", 4),
    ("MultiStepLR", "milestones", Counter({6: 2})),
    ("ConstantLR", "factor", 0.25),
    ("LinearLR", "end_factor", 0.5),
    ("ExponentialLR", "gamma", 0.5),
    ("PolynomialLR", "power", 1.0),
    ("CosineAnnealingLR", "T_max", 20),
    ("CosineAnnealingWarmRestarts", "eta_min", 0.01),
    ("CyclicLR", "max_lrs", [0.2, 0.3]),
    ("CyclicLR", "total_size", 10.0),
    ("OneCycleLR", "_anneal_func_type", "linear"),
    ("SWALR", "anneal_epochs", 12),
    ("SequentialLR", "gamma", 0.9),
    ("SequentialLR", "_milestones", [3, 9]),
    ("ChainedScheduler", "gamma", 0.5),
]


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize(("name", "attribute", "value"), SET)
@pytest.mark.filterwarnings("ignore:.*were? set", "ignore:.*was set")
def test_what_was_set_midway_goes_into_torchs_class(
    name: str, attribute: str, value: Any, again: bool
) -> None:
    optimizer = sgd()
    scheduler = ALL[name](isorate.torch, optimizer)
    go_on(optimizer, scheduler, 3)
    members = [] if attribute == "_milestones" else getattr(scheduler, "_schedulers", [])
    setattr([scheduler, *members][-1], attribute, value)
    go_on(optimizer, scheduler, 1)
    if again:  # by way of one that took the checkpoint's arguments
        first = scheduler
        scheduler = ALL[name](isorate.torch, optimizer)
        scheduler.load_state_dict(first.state_dict(), on_mismatch="checkpoint")
    saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    theirs = sgd()
    resumed = ALL[name](TORCH, theirs)
    theirs.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    mine, torchs = go_on(optimizer, scheduler, 8), go_on(theirs, resumed, 8)
    for one, other in zip(mine, torchs, strict=True):
        assert one == pytest.approx(other, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("steps", [0, 1, 2, 5, 6, 7])
@pytest.mark.parametrize("name", ["SequentialLR", "ChainedScheduler"])
def test_members_are_where_they_are_in_torch(name: str, steps: int) -> None:
    seen = []
    for home in HOMES:
        optimizer = sgd()
        scheduler = ALL[name](home, optimizer)
        go_on(optimizer, scheduler, steps)
        seen.append(
            [
                (one.last_epoch, [float(r) for r in one.get_last_lr()])
                for one in scheduler._schedulers
            ]
        )
    reached = [pair for pair in zip(*seen, strict=True) if pair[0][0] >= 0]
    assert reached
    for theirs, mine in reached:
        assert mine[0] == theirs[0]
        assert mine[1] == pytest.approx(theirs[1])
    assert [one[0] for one in seen[0]] == [one[0] for one in seen[1]]


@pytest.mark.parametrize("name", ["SequentialLR", "ChainedScheduler"])
def test_changing_a_member_changes_the_whole(name: str) -> None:
    seen = []
    for home in HOMES:
        optimizer = sgd()
        scheduler = ALL[name](home, optimizer)
        scheduler._schedulers[-1].gamma = 0.8
        seen.append(go_on(optimizer, scheduler, 9))
    for mine, theirs in zip(*seen, strict=True):
        assert mine == pytest.approx(theirs)


@pytest.mark.parametrize("growth", [1, 2])
def test_the_place_in_a_cycle_and_its_length_are_shown_and_set(growth: int) -> None:
    told = {3: ("T_cur", 7), 9: ("T_cur", 1), 11: ("T_i", 3), 18: ("T_i", 9)}
    seen = []
    for home in HOMES:
        optimizer = sgd()
        scheduler = home.CosineAnnealingWarmRestarts(optimizer, 4, growth, 0.001)
        found: list[Any] = []
        for step in range(30):
            if step in told:
                setattr(scheduler, *told[step])
            found.append((scheduler.T_cur, scheduler.T_i))
            found += go_on(optimizer, scheduler, 1)
        for named in (25.5, 2, None, 33.25, None, None):
            scheduler.step(named)
            found += [(scheduler.T_cur, scheduler.T_i), rates_of(optimizer)]
        seen.append(found)
    for mine, theirs in zip(*seen, strict=True):
        assert mine == pytest.approx(theirs)


def test_a_step_that_lies_past_the_end_of_its_cycle_is_refused() -> None:
    scheduler = isorate.torch.CosineAnnealingWarmRestarts(sgd(), 8)
    scheduler.T_i = 3
    with pytest.raises(ValueError, match="step 15 is 7 steps into a cycle of 3"):
        scheduler.step(15)
    assert scheduler.last_epoch == 0


def test_milestones_are_counted_and_the_ends_of_cycles_set() -> None:
    for home in HOMES:
        optimizer = sgd()
        scheduler = home.MultiStepLR(optimizer, [4, 2, 4], 0.5)
        assert scheduler.milestones == Counter({4: 2, 2: 1})
        assert isinstance(scheduler.milestones, Counter)
        scheduler.milestones[3] = 1
        go_on(optimizer, scheduler, 3)
        assert rates_of(optimizer) == [0.025, 0.05]
        scheduler.milestones = Counter({4: 1})
        optimizer = sgd()
        cyclic = home.CyclicLR(optimizer, 0.01, 0.1, 2, cycle_momentum=False)
        assert (cyclic.base_lrs, cyclic.max_lrs) == ([0.01, 0.01], [0.1, 0.1])
        cyclic.max_lrs = [0.2, 0.3]
        cyclic.max_lrs[1] = 0.4
        go_on(optimizer, cyclic, 2)
        assert rates_of(optimizer) == [0.2, 0.4]


def test_a_state_carries_what_tools_read() -> None:
    for name, build in ALL.items():
        optimizer = sgd()
        scheduler = build(isorate.torch, optimizer)
        go_on(optimizer, scheduler, 3)
        state = scheduler.state_dict()
        assert state["_last_lr"] == rates_of(optimizer), name
        assert name == "ReduceLROnPlateau" or state["_step_count"] == 4
        assert "at step 3" in repr(scheduler) or name == "ReduceLROnPlateau"


def test_a_sequence_may_begin_with_its_second() -> None:
    seen = []
    for home in HOMES:
        optimizer = sgd()
        parts = [home.LinearLR(optimizer, 0.1, total_iters=3), home.StepLR(optimizer, 2, 0.5)]
        scheduler = home.SequentialLR(optimizer, parts, [0])
        seen.append([rates_of(optimizer), *go_on(optimizer, scheduler, 6)])
    assert seen[:1] == seen[1:]


def test_a_cosine_whose_calls_are_counted_anew_begins_anew_as_torchs_does() -> None:
    """Where another has a part in the rate, that is left out."""
    found = []
    for home in HOMES:
        optimizer = sgd()
        other, cosine = home.ExponentialLR(optimizer, 0.9), home.CosineAnnealingLR(optimizer, 20)
        before = go_on(optimizer, other, 2) + go_on(optimizer, cosine, 3)
        cosine._step_count = 0
        found.append(before + go_on(optimizer, cosine, 4))
    assert found[1] == [pytest.approx(rates) for rates in found[0]]


def test_an_average_says_that_it_does_not_go_by_the_calls_that_are_set() -> None:
    optimizer = sgd()
    scheduler = isorate.torch.SWALR(optimizer, swa_lr=0.05, anneal_epochs=6)
    go_on(optimizer, scheduler, 3)
    scheduler._step_count = 1
    with pytest.warns(UserWarning, match="_step_count was set to 1: SWALR goes on"):
        scheduler.step()


@pytest.mark.parametrize("name", ["OneCycleLR", "SWALR"])
def test_torchs_state_leaves_the_rates_that_the_optimizers_state_has_brought(name: str) -> None:
    """Those that were written by hand, too: they are an update's, before the next step."""
    arguments = {"OneCycleLR": (0.5, 20), "SWALR": (0.05,)}[name]
    optimizer = sgd()
    theirs = (getattr(lr_scheduler, name, None) or getattr(swa_utils, name))(optimizer, *arguments)
    go_on(optimizer, theirs, 4)
    optimizer.param_groups[0]["lr"] = 0.07
    resumed = sgd()
    mine = getattr(isorate.torch, name)(resumed, *arguments)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    mine.load_state_dict(theirs.state_dict())
    assert resumed.param_groups[0]["lr"] == 0.07


@pytest.mark.parametrize("after", [0, 3])
def test_averaging_begins_where_it_is_built(after: int) -> None:
    seen = []
    for home in HOMES:
        optimizer = sgd()
        if after:
            go_on(optimizer, home.ExponentialLR(optimizer, 0.8), after)
        else:
            home.SWALR(optimizer, 0.02, 6)
        scheduler = home.SWALR(optimizer, 0.02, 6, last_epoch=4)
        found = [rates_of(optimizer), *go_on(optimizer, scheduler, 3)]
        seen.append(found)
    for mine, theirs in zip(*seen, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-12)


def test_a_line_of_no_steps_stays_where_it_starts() -> None:
    for home in HOMES:
        optimizer = sgd()
        scheduler = home.LinearLR(optimizer, 0.5, total_iters=0)
        go_on(optimizer, scheduler, 3)
        assert rates_of(optimizer) == [0.05, 0.1]


@pytest.mark.parametrize("kind", [float, torch.tensor])
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
def test_a_plateau_reduces_when_torchs_does(mode: Any, threshold_mode: Any, kind: Any) -> None:
    drawn = random.Random(1)
    metrics = [round(drawn.uniform(0.8, 1.2), 2) for _ in range(30)] + [float("nan")] * 4
    seen = []
    for home in HOMES:
        optimizer = torch.optim.SGD([parameter()], lr=kind(0.1))
        held = optimizer.param_groups[0]["lr"]
        scheduler = home.ReduceLROnPlateau(
            optimizer, mode, 0.5, 2, 0.1, threshold_mode, cooldown=2, min_lr=0.005
        )
        found = []
        for metric in metrics:
            scheduler.step(metric)
            found.append(rates_of(optimizer))
        assert kind is float or optimizer.param_groups[0]["lr"] is held
        seen.append(found)
    assert seen[0] == seen[1]
    assert len({rate for (rate,) in seen[0]}) > 2


@pytest.mark.parametrize("order", ["scheduler first", "optimizer first", "no optimizer"])
@pytest.mark.parametrize("saving", HOMES)
def test_a_plateau_resumes_in_any_order(saving: Any, order: str) -> None:
    metrics = [1.0, 0.9, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0]
    whole = ALL["ReduceLROnPlateau"](isorate.torch, sgd()).replay(metrics)
    begun = ALL["ReduceLROnPlateau"](saving, sgd())
    for metric in metrics[:5]:
        begun.step(metric)
    optimizer = sgd()
    resumed = ALL["ReduceLROnPlateau"](isorate.torch, optimizer)
    if order == "optimizer first":
        optimizer.load_state_dict(copy.deepcopy(begun.optimizer.state_dict()))
    resumed.load_state_dict(copy.deepcopy(begun.state_dict()))
    if order == "scheduler first":
        optimizer.load_state_dict(copy.deepcopy(begun.optimizer.state_dict()))
    assert resumed.replay(metrics[5:]) == whole[5:]


@pytest.mark.parametrize("name", ["SequentialLR", "ChainedScheduler", "StepLR"])
def test_first_rates_that_are_set_take_effect(name: str) -> None:
    optimizer, doubled = sgd(), sgd()
    scheduler, other = (ALL[name](isorate.torch, one) for one in (optimizer, doubled))
    other.base_lrs = [2 * rate for rate in scheduler.base_lrs]
    for one, two in zip(go_on(optimizer, scheduler, 5), go_on(doubled, other, 5), strict=True):
        # the cosine's floor is not doubled
        assert two[:2] == pytest.approx([2 * rate for rate in one[:2]], abs=2e-3)


@pytest.mark.parametrize("function", [lambda rate: lambda step: rate**step, Wave], ids=["f", "o"])
def test_a_scheduler_that_a_state_is_loaded_into_has_the_attributes_of_the_other(
    function: Any,
) -> None:
    one, other = (isorate.torch.LambdaLR(optimizer_of(0.1), function(rate)) for rate in (0.5, 0.25))
    one.step()
    other.load_state_dict(one.state_dict())
    known = vars(one).keys() - {"optimizer", "lr_lambdas"}
    assert {"last_epoch", "_step_count"} <= known
    assert {name: vars(other)[name] for name in known} == {name: vars(one)[name] for name in known}


@pytest.mark.parametrize("name", ALL)
def test_the_dict_of_a_scheduler_has_no_place_for_its_schedule(name: str) -> None:
    scheduler = ALL[name](isorate.torch, optimizer_of(0.1, 0.2))
    assert not any(isinstance(value, Schedule | Rates) for value in vars(scheduler).values())


@pytest.mark.parametrize("optimizer_first", [False, True])
@pytest.mark.parametrize("changed", [{"gamma": 0.25}, {"step_size": 1}])
def test_a_run_that_stops_after_an_argument_was_set_goes_on_as_if_it_had_not(
    changed: dict[str, Any], optimizer_first: bool
) -> None:
    optimizers = [optimizer_of(0.1), optimizer_of(0.1)]
    one, other = (isorate.torch.StepLR(optimizer, 2, 0.5) for optimizer in optimizers)
    for _ in range(5):
        one.step()
    with pytest.warns(UserWarning, match="was set"):
        setattr(one, *next(iter(changed.items())))
    both = [optimizers[1], other] if optimizer_first else [other, optimizers[1]]
    for each in both:
        saved = optimizers[0] if each is optimizers[1] else one
        more = {} if each is optimizers[1] else {"on_mismatch": "checkpoint"}
        each.load_state_dict(copy.deepcopy(saved.state_dict()), **more)
    for _ in range(6):
        assert rates_of(optimizers[1]) == rates_of(optimizers[0])
        one.step()
        other.step()
