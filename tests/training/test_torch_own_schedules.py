"""Parameter groups that bring their own schedules, and longer runs."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from isorate.schedule.combinators import Groups  # noqa: E402
from isorate.schedule.errors import IsorateError, ReadError, ScheduleError  # noqa: E402
from isorate.schedule.shapes import Constant, Cosine, Exponential, Linear  # noqa: E402
from isorate.torch import CosineAnnealingLR, OneCycleLR, ScheduleLR, ScheduleMismatchError  # noqa: E402
from tests.calls import read  # noqa: E402
from tests.training.torch_parts import MARKS, optimizer_of, parameter, rates_of, steps_of  # noqa: E402

pytestmark = MARKS

SLOW, FAST = Cosine(0.1, 0.001, 40), Exponential(0.3, 0.9)


def optimizer_with(*own: Any) -> Any:
    groups = [{"params": [parameter()], "lr": 0.5} for _ in own]
    for group, schedule in zip(groups, own, strict=True):
        if schedule is not None:
            group["schedule"] = schedule
    return torch.optim.SGD(groups, lr=0.5)


def stepping(optimizer: Any, *arguments: Any) -> Any:
    return ScheduleLR(optimizer, *arguments, counting="steps")


def test_a_group_brings_its_schedule_and_the_others_share_one() -> None:
    scheduler = stepping(optimizer_with(None, FAST, "StepLR(step_size=3, gamma=0.5)"), SLOW)
    for step, rates in enumerate(steps_of(scheduler, 12)):
        assert rates == [SLOW.at(step), FAST.at(step), 0.5 * 0.5 ** (step // 3)]


def test_every_group_may_bring_one() -> None:
    scheduler = stepping(optimizer_with(SLOW, FAST))
    assert scheduler.schedule == Groups((SLOW, FAST))
    assert steps_of(scheduler, 3) == [[SLOW.at(k), FAST.at(k)] for k in range(3)]


def test_a_group_added_midway_brings_one() -> None:
    optimizer = optimizer_with(SLOW)
    scheduler = stepping(optimizer)
    steps_of(scheduler, 5)
    optimizer.add_param_group({"params": [parameter()], "lr": 0.7, "schedule": FAST})
    scheduler.step()
    assert rates_of(optimizer) == [SLOW.at(6), FAST.at(6)]


def test_checkpoints_hold_them_and_torch_loads_them_safely() -> None:
    scheduler = stepping(optimizer_with(SLOW, FAST))
    steps_of(scheduler, 7)
    file = io.BytesIO()
    torch.save([scheduler.optimizer.state_dict(), scheduler.state_dict()], file)
    file.seek(0)
    optimizer_state, state = torch.load(file, weights_only=True)
    optimizer = optimizer_with(SLOW, FAST)
    optimizer.load_state_dict(optimizer_state)  # before there is a scheduler
    resumed = stepping(optimizer)
    resumed.load_state_dict(state)
    assert steps_of(resumed, 9) == steps_of(scheduler, 9)


@pytest.mark.parametrize(
    ("own", "common", "error", "text"),
    [
        ([None], None, ValueError, "no schedule, and no parameter group has one"),
        ([SLOW, None], None, ValueError, "group 1 has no schedule"),
        ([SLOW, None], Groups((SLOW, FAST)), ValueError, "a group has one of its own"),
        ([Groups((SLOW, FAST))], None, ValueError, "for several groups"),
        ([3], None, TypeError, "neither a Schedule nor a call"),
        (["{}"], None, ScheduleError, "not a schedule"),
        (["cosine(3"], None, ReadError, "not Python"),
    ],
)
def test_what_is_no_schedule_of_a_group_is_refused(
    own: Any, common: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        ScheduleLR(optimizer_with(*own), common)


def test_text_takes_the_rates_that_it_leaves_out_from_the_optimizer() -> None:
    text = "CosineAnnealingLR(T_max=8, eta_min=0.01)"
    scheduler = stepping(optimizer_of(0.1, 0.3), text)
    drop_in = CosineAnnealingLR(optimizer_of(0.1, 0.3), 8, 0.01)
    assert steps_of(scheduler, 20) == steps_of(drop_in, 20)
    called = stepping(optimizer_of(0.1), read(text, lr=0.2))
    assert rates_of(called.optimizer) == [0.2]
    said = stepping(optimizer_of(0.1, 0.3), "cosine_decay_lr(0.01, 0.2, 12, 2, 3)")
    assert steps_of(said, 1) == [[0.2, 0.2]]
    block = """
    optimizer = torch.optim.SGD(params, lr=0.1)
    warmup = LinearLR(optimizer, start_factor=0.1, total_iters=4)
    scheduler = SequentialLR(optimizer, [warmup, ExponentialLR(optimizer, 0.9)], [4])
    """
    import textwrap

    rates = [rate for (rate,) in steps_of(stepping(optimizer_of(0.7), textwrap.dedent(block)), 6)]
    assert rates == pytest.approx([0.01, 0.0325, 0.055, 0.0775, 0.1, 0.09])


def test_text_goes_on_from_the_rates_that_the_run_began_with() -> None:
    text = "CosineAnnealingLR(T_max=20)"
    scheduler = stepping(optimizer_of(0.1), text)
    whole = steps_of(scheduler, 20)
    scheduler.seek(7)
    states = scheduler.optimizer.state_dict(), scheduler.state_dict()
    for remembered in (True, False):
        optimizer = optimizer_of(0.1)
        optimizer.load_state_dict(states[0])  # the group's rate is that of step 7 now
        if not remembered:
            del optimizer.param_groups[0]["initial_lr"]
        resumed = stepping(optimizer, text)
        resumed.load_state_dict(states[1])
        assert steps_of(resumed, 13) == whole[7:]


@pytest.mark.parametrize("text", ["ReduceLROnPlateau(patience=3)", "MultiplicativeLR(lambda t: t)"])
def test_a_call_without_a_schedule_is_refused(text: str) -> None:
    with pytest.raises(IsorateError):
        ScheduleLR(optimizer_of(0.1), text)


# --- longer runs ----------------------------------------------------------------------------------


def at(scheduler: Any, step: int) -> Any:
    scheduler.seek(step)
    return scheduler


def test_a_stretched_run_is_the_one_that_was_planned_longer() -> None:
    scheduler = at(stepping(optimizer_of(1.0), Cosine(0.1, 0.0, 100)), 60)
    plan = scheduler.extend(200)
    assert rates_of(scheduler.optimizer) == [Cosine(0.1, 0.0, 100).at(60)]  # nothing yet
    assert plan.schedule == Cosine(0.1, 0.0, 200)
    assert plan.before == (Cosine(0.1, 0.0, 100).at(60),)
    assert plan.after == (Cosine(0.1, 0.0, 200).at(60),)
    assert plan.jump == plan.after[0] - plan.before[0] > 0.04
    assert "a jump of +0.0448" in str(plan)
    plan.apply()
    assert steps_of(scheduler, 141)[-1] == [0.0]
    assert scheduler.schedule == plan.schedule


@pytest.mark.parametrize("way", ["hold", "rewarm"])
def test_the_other_ways_do_not_jump(way: Any) -> None:
    scheduler = at(stepping(optimizer_of(1.0), Cosine(0.1, 0.001, 100)), 60)
    old = [scheduler.schedule.at(update) for update in range(61)]
    plan = scheduler.extend(200, way)
    assert plan.jump == 0
    assert "no jump" in str(plan)
    assert [plan.schedule.at(update) for update in range(61)] == old
    plan.apply()
    rates = [rate for (rate,) in steps_of(scheduler, 141)]
    assert rates[-1] == pytest.approx(0.001)
    steps = [abs(b - a) for a, b in pairwise(rates)]
    if way == "hold":
        assert rates[:121] == [old[60]] * 121  # then a tenth of the run goes down in a line
        assert rates[121] < old[60]
    else:
        assert max(rates) == 0.1
        assert rates.index(0.1) == 1  # a hundredth of what is left, to the old peak
    assert max(steps) < 0.08


def test_a_run_that_is_over_goes_on() -> None:
    scheduler = at(stepping(optimizer_of(1.0), Linear(0.3, 0.0, 3).until(3)), 3)
    with pytest.raises(RuntimeError):
        scheduler.step()
    plan = scheduler.extend(9, "rewarm", over=2)
    assert plan.jump == 0
    plan.apply()
    assert [rate for (rate,) in steps_of(scheduler, 4)][:3] == pytest.approx([0.1, 0.2, 0.3])


def test_a_plan_says_what_becomes_of_each_group() -> None:
    scheduler = at(CosineAnnealingLR(optimizer_of(0.1, 0.3), 100), 50)
    plan = scheduler.extend(200)
    assert len(plan.after) == 2
    assert "group 1: update 50" in str(plan)
    plan.apply()
    assert rates_of(scheduler.optimizer) == list(plan.after)
    with pytest.raises(AttributeError, match="another schedule"):
        _ = scheduler.T_max


def test_an_extended_run_resumes_and_the_old_script_is_told() -> None:
    scheduler = at(CosineAnnealingLR(optimizer_of(0.1), 100), 50)
    scheduler.extend(200, "hold", over=50).apply()
    state = scheduler.state_dict()
    again = CosineAnnealingLR(optimizer_of(0.1), 100)
    with pytest.raises(ScheduleMismatchError):
        again.load_state_dict(state)
    again.load_state_dict(state, on_mismatch="checkpoint")
    assert steps_of(again, 150) == steps_of(scheduler, 150)


@pytest.mark.parametrize(
    ("schedule", "arguments", "text"),
    [
        (SLOW, {"total": 5}, "nothing left of the longer run: required more than the 10"),
        (SLOW, {"total": 80, "way": "cosine"}, "the way to extend is unknown"),
        (SLOW, {"total": 80, "over": 5}, "over has no meaning"),
        (SLOW, {"total": 80, "way": "hold", "over": 71}, "the last decay is too long"),
        (SLOW, {"total": 80, "way": "rewarm", "over": 70}, "the new warmup is too long"),
        (SLOW, {"total": 80, "planned": 0}, "planned"),
        (FAST, {"total": 80}, "does not say how long a run it was made for"),
        (Linear(0.0, 0.1, 20), {"total": 80, "way": "rewarm"}, "nothing follows"),
        (Constant(0.1), {"total": 80}, "say planned="),
    ],
)
def test_what_cannot_be_extended_is_refused(schedule: Any, arguments: Any, text: str) -> None:
    scheduler = at(stepping(optimizer_of(1.0), schedule), 10)
    with pytest.raises(ScheduleError, match=text):
        scheduler.extend(**arguments)
    assert scheduler.schedule == schedule


def test_a_momentum_would_not_follow() -> None:
    optimizer = torch.optim.SGD([parameter()], lr=0.1, momentum=0.9)
    with pytest.raises(ScheduleError, match="momentum"):
        OneCycleLR(optimizer, 0.1, 20).extend(40)
