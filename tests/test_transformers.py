"""transformers in texts: names, optimizers, kwargs, and what is not read of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from isorate import IsorateError, Run, compare, convert, simulate
from isorate.cli._commands import run as command
from isorate.dialects import transformers
from isorate.kit.plateau import Feedback
from isorate.reading.reader import reading
from isorate.schedule.formula import Formula
from tests.calls import read

ADAMW = "torch.optim.AdamW(params, lr=0.1)"
STEPS = "num_warmup_steps=3, num_training_steps=14"
COSINE = f"transformers.get_cosine_schedule_with_warmup({ADAMW}, {STEPS})"


@pytest.mark.parametrize(
    "text",
    [
        "from transformers import get_cosine_schedule_with_warmup\n"
        "get_cosine_schedule_with_warmup(optimizer, 3, 14)",
        "from transformers.optimization import get_cosine_schedule_with_warmup as warm\n"
        "scheduler = warm(optimizer, num_training_steps=14, num_warmup_steps=3)",
        "import transformers\ntransformers.get_cosine_schedule_with_warmup(optimizer, 3, 14)",
        "import transformers as h\nh.get_cosine_schedule_with_warmup(optimizer, 3, 14)",
        "from transformers import optimization\n"
        "optimization.get_cosine_schedule_with_warmup(optimizer, 3, 14)",
        "transformers.optimization.get_cosine_schedule_with_warmup(optimizer, 3, 14)",
        "get_cosine_schedule_with_warmup(optimizer, 3, 14)",
    ],
)
def test_a_script_builds_it_on_an_optimizer(text: str) -> None:
    script = f"from torch.optim import AdamW\noptimizer = AdamW(model.parameters(), lr=0.1)\n{text}"
    assert read(script).code == COSINE


@pytest.mark.parametrize(
    "name",
    [
        "'cosine'",
        "SchedulerType.COSINE",
        "transformers.SchedulerType.COSINE",
        "transformers.trainer_utils.SchedulerType.COSINE",
        "SchedulerType.COSINE.value",
        "kind",
    ],
)
def test_a_scheduler_is_picked_by_name(name: str) -> None:
    text = (
        "from transformers import SchedulerType, get_scheduler\nimport transformers\n"
        f"kind = SchedulerType.COSINE\nsteps = 14\noptimizer = {ADAMW}\n"
        f"s = get_scheduler({name}, optimizer=optimizer, {STEPS.replace('14', 'steps')})"
    )
    call = read(text)
    assert call.name == "get_scheduler"
    assert call.arguments()["name"] == "cosine"
    assert call.returned.code == COSINE
    assert read(call.code) == call
    result = compare(call, COSINE, Run(30))
    assert result.verdict == "identical"


def test_what_is_specific_to_a_schedule_stands_in_a_dict() -> None:
    text = f"get_scheduler('polynomial', {ADAMW}, 2, 10, {{'lr_end': 0.01, 'power': 2.0}})"
    function = f"get_polynomial_decay_schedule_with_warmup({ADAMW}, 2, 10, 0.01, power=2.0)"
    assert np.array_equal(simulate(text, 20).values, simulate(function, 20).values)
    cycles = "extra = dict(num_cycles=2)\nget_scheduler('cosine', o, 2, 10, extra)"
    specific = read(f"o = {ADAMW}\n{cycles}").arguments()["scheduler_specific_kwargs"]
    assert specific == {"num_cycles": 2}
    own = f"def dict(**a):\n    return {{'power': 3}}\no = {ADAMW}\n{cycles}"
    assert read(own).arguments()["scheduler_specific_kwargs"] == {"power": 3}


def test_a_linear_schedule_by_name_is_proved_as_the_function_is() -> None:
    by_name = f"get_scheduler('linear', {ADAMW}, 3, 14)"
    function = f"get_linear_schedule_with_warmup({ADAMW}, 3, 14)"
    torch_s = "SequentialLR(o := SGD(p, lr=0.1), [LinearLR(o, 1.0, 0.0, 14)], [])"
    assert compare(by_name, function, Run(9)).proof == "equal"
    assert compare(COSINE, read(COSINE).lower(), Run(30)).proof is None
    assert compare(torch_s, function, Run(9)).proof is None


def test_a_name_may_stand_for_a_scheduler_that_follows_a_metric() -> None:
    text = f"get_scheduler('reduce_lr_on_plateau', {ADAMW}, None, None, {{'patience': 1}})"
    metrics = [1.0, 1.0, 1.0, 1.0, 1.0]
    curve = simulate(text, Run(6, metrics=metrics))
    assert curve.values.tolist() == [0.1, 0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1, 0.1 * 0.1 * 0.1]
    assert isinstance(read(text).returned, Feedback)
    ways = convert(text, to="torch", run=Run(6, metrics=metrics)).ways
    assert ways[0].call.name == "ReduceLROnPlateau"
    with pytest.raises(IsorateError, match="follows a metric"):
        simulate(text, 6)
    loop = "for epoch in range(9):\n    train()\n    scheduler.step(loss)"
    assert read(f"scheduler = {text}\n{loop}", names={"updates_per_epoch": 3}) == read(text)


@pytest.mark.parametrize(
    "text",
    [
        f"get_scheduler('greedy', {ADAMW})",
        f"get_scheduler(SchedulerType.GREEDY, {ADAMW}, None, None, {{'factor': 0.5}})",
    ],
)
def test_greedy_is_not_followed(text: str) -> None:
    with pytest.raises(IsorateError, match="its rates follow what training measures"):
        simulate(text, 5)


@pytest.mark.parametrize(
    "text",
    [
        f"GreedyLR({ADAMW})",
        f"transformers.get_greedy_schedule({ADAMW})",
        "from transformers.optimization import AdafactorSchedule\nAdafactorSchedule(optimizer)",
        f"o = {ADAMW}\ns = get_adafactor_schedule(o, 0.1)",
    ],
)
def test_what_is_not_read_says_why(text: str) -> None:
    with pytest.raises(IsorateError, match="is not read: its rates follow what training measures"):
        read(text)


def test_a_name_that_others_have_is_said() -> None:
    assert reading(f"get_wsd_schedule({ADAMW}, 3, 4, 14)").assumptions == (
        "get_wsd_schedule is transformers'; pytorch_optimizer has one, too",
    )
    imported = f"import transformers\ntransformers.get_wsd_schedule({ADAMW}, 3, 4, 14)"
    assert reading(imported).assumptions == ()
    name = "get_cosine_schedule_with_warmup"
    with pytest.raises(IsorateError, match="warmup is torchtune's, which Isorate knows of"):
        read(f"from torchtune.training import {name}\n{name}({ADAMW}, 3, 14)")


def test_the_third_argument_of_wsd_is_the_decay() -> None:
    call: Any = read(f"get_wsd_schedule({ADAMW}, 3, 4, 14)")
    assert (call.num_decay_steps, call.num_training_steps) == (4, 14)


def test_arguments_by_place_where_there_are_only_names() -> None:
    with pytest.raises(IsorateError, match="too many arguments"):
        read(f"get_reduce_on_plateau_schedule({ADAMW}, 'min')")


# --- the optimizer's own rate ------------------------------------------------------------------

GROUPS = "[{'params': a, 'lr': 0.02}, {'params': b, 'lr': 0.2}]"


@pytest.mark.parametrize(
    ("optimizer", "default"),
    [
        (f"SGD({GROUPS}, lr=0.1)", 0.1),
        (f"SGD({GROUPS})", 0.001),
        (f"AdamW({GROUPS}, 0.5)", 0.5),
        ("SGD([{'params': a, 'lr': 0.02}, {'params': b}], lr=0.2)", 0.2),
    ],
)
def test_min_lr_is_a_share_of_the_rate_that_the_optimizer_is_given(
    optimizer: str, default: float
) -> None:
    text = f"get_cosine_with_min_lr_schedule_with_warmup({optimizer}, 0, 10, min_lr=0.0001)"
    call = read(text)
    assert read(call.code) == call
    ends = simulate(call, 11).values[:, 10]
    assert np.allclose(ends, np.array([0.02, 0.2]) * 0.0001 / default, rtol=1e-12)


@pytest.mark.parametrize("optimizer", [f"acme.Lion({GROUPS})", f"SGD({GROUPS}, lr=args.lr)"])
def test_where_that_rate_is_not_known_no_share_of_it_is(optimizer: str) -> None:
    text = f"get_polynomial_decay_schedule_with_warmup({optimizer}, 0, 10)"
    with pytest.raises(IsorateError, match="the optimizer's own lr is not known"):
        simulate(text, 5)
    linear = f"get_linear_schedule_with_warmup({optimizer}, 0, 10)"
    assert simulate(linear, 5).values[:, 0].tolist() == [0.02, 0.2]


def test_a_tensor_that_each_step_sets_has_no_schedule() -> None:
    text = "get_polynomial_decay_schedule_with_warmup(SGD(p, lr=torch.tensor(0.1)), 0, 10)"
    with pytest.raises(IsorateError, match="divides by the optimizer's tensor"):
        read(text).lower()
    assert simulate(text, 5).dtype == "float32"


# --- schedules ---------------------------------------------------------------------------------

SAID = {
    "get_constant_schedule": ("",),
    "get_constant_schedule_with_warmup": ("5", "0"),
    "get_linear_schedule_with_warmup": ("3, 14", "0, 12"),
    "get_cosine_schedule_with_warmup": ("3, 14", "0, 12", "0, 12, 2"),
    "get_cosine_with_hard_restarts_schedule_with_warmup": ("3, 14", "0, 12, 3", "3, 15, 3"),
    "get_polynomial_decay_schedule_with_warmup": ("3, 14, 0.01, 2.0", "0, 12", "0, 12, 0.0, 2.0"),
    "get_cosine_with_min_lr_schedule_with_warmup": ("3, 14, min_lr=0.01", "0, 9, min_lr_rate=0.1"),
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate": ("3, 14, min_lr_rate=0.1",),
    "get_wsd_schedule": (
        "3, 5, 14, min_lr_ratio=0.1", "0, 5, 14", "3, 5, 8", "0, 5, 5",
        "3, 5, 14, warmup_type='cosine', decay_type='linear'", "3, 5, 14, warmup_type='1-sqrt'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "arguments"), [(name, each) for name, said in SAID.items() for each in said]
)
def test_what_it_means_is_found_again(name: str, arguments: str) -> None:
    call = read(f"{name}({', '.join(filter(None, [ADAMW, arguments]))})")
    schedule = call.lower()
    assert not any(isinstance(node, Formula) for node in schedule.walk())
    found = type(call).lift(schedule.resolved(Run()).normal(), 30)
    again = getattr(found, "call", None)
    assert again is not None, found
    assert again.lower().normal() == schedule.normal()


@pytest.mark.parametrize(
    "text",
    [
        f"get_linear_schedule_with_warmup({ADAMW}, 2.5, 10)",
        f"get_linear_schedule_with_warmup({ADAMW}, 0, 0.5)",
        f"get_cosine_schedule_with_warmup({ADAMW}, 10, 10)",
        f"get_cosine_schedule_with_warmup({ADAMW}, -3, 10)",
        f"get_cosine_with_min_lr_schedule_with_warmup({ADAMW}, 0, 10, min_lr_rate=-0.1)",
        f"get_wsd_schedule({ADAMW}, 8, 6, 10)",
        f"get_wsd_schedule({ADAMW}, 3, 5, 14, decay_type='1-sqrt')",
        f"get_wsd_schedule({ADAMW}, 3, 5, 14, num_cycles=1)",
        f"get_inverse_sqrt_schedule({ADAMW}, 5)",
    ],
)
def test_what_no_shape_says_is_a_formula(text: str) -> None:
    call = read(text)
    schedule = call.lower()
    assert any(isinstance(node, Formula) for node in schedule.walk())
    assert compare(call, schedule, Run(40)).equal


def test_groups_with_one_share_of_the_optimizers_rate() -> None:
    two = "SGD([{'params': a, 'lr': 0.1}, {'params': b, 'lr': 0.2}], lr=0.1)"
    text = f"get_polynomial_decay_schedule_with_warmup({two}, 0, 10, lr_end=0.01)"
    refusals = dict(convert(text, to="mindspore", run=Run(12)).refusals)
    assert refusals
    other = f"PolynomialLR({two}, 10, 2.0)"
    reasons = dict(convert(other, to="transformers", run=Run(12)).refusals)
    reason = reasons["transformers.get_polynomial_decay_schedule_with_warmup"]
    assert reason == "lr_end is for the optimizer's own lr: convert each group by itself"


def test_what_runs_in_torch_needs_transformers_there() -> None:
    ways = convert(COSINE, to="torch", run=Run(12)).ways
    assert ways[0].call.dialect == "torch"
    own = next(way for way in ways if way.call == read(COSINE))
    assert "needs transformers installed where torch trains" in own.losses
    assert not any("Isorate" in loss for loss in own.losses)
    from_torch = convert("CosineAnnealingLR(SGD(p, lr=0.1), 9)", to="torch", run=Run(9)).ways
    assert {way.call.dialect for way in from_torch} <= {"torch", "isorate"}


def test_every_name_of_the_enumeration_is_one() -> None:
    names = {value for name, value in transformers.DIALECT.constants.items()}
    assert names == {*transformers.NAMES, "greedy"}


def test_whoever_refuses_the_arguments_is_named() -> None:
    with pytest.raises(IsorateError, match="transformers raises ValueError on construction"):
        simulate(f"get_scheduler('linear', {ADAMW}, 3)", 5)


def test_what_is_shown_of_a_name_is_what_it_picks(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["show", f"get_scheduler('linear', {ADAMW}, 3, 14)"]) == 0
    assert "stays at 0" in capsys.readouterr().out
