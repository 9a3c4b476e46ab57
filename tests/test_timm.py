"""timm in texts: what its schedulers are told, what they hold back, and what becomes of them."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

import isorate
from isorate import IsorateError, Run, compare, convert, simulate
from isorate.dialects.timm import NAMES
from isorate.kit.call import Call
from tests.calls import read

HERE = "timm.scheduler"
SGD = "torch.optim.SGD(params, lr=0.1)"


def test_an_import_says_whose_it_is() -> None:
    lines = f"from {HERE} import create_scheduler_v2\no = {SGD}\n"
    call = read(
        f"{lines}scheduler, epochs = create_scheduler_v2(o, num_epochs=12, warmup_epochs=3)"
    )
    assert call.card.name == f"{HERE}.create_scheduler_v2"
    assert call.returned.card.name == f"{HERE}.CosineLRScheduler"
    assert read(f"{HERE}.cosine_lr.CosineLRScheduler({SGD}, 9)").name == "CosineLRScheduler"


def test_a_warm_up_without_a_prefix_cuts_the_curve() -> None:
    cut = simulate(f"{HERE}.CosineLRScheduler({SGD}, 10, warmup_t=3)", 20).values
    whole = simulate(f"{HERE}.CosineLRScheduler({SGD}, 10)", 20).values
    assert np.array_equal(cut[3:], whole[3:])
    delayed = simulate(f"{HERE}.CosineLRScheduler({SGD}, 10, warmup_t=3, warmup_prefix=True)", 20)
    assert np.array_equal(delayed.values[3:], whole[:-3])


def test_what_it_is_built_with_stands_until_the_first_step() -> None:
    once = simulate(f"{HERE}.MultiStepLRScheduler({SGD}, [1], 0.5)", 4).values
    assert once.tolist() == [0.1, 0.05, 0.05, 0.05]
    assert read(f"{HERE}.MultiStepLRScheduler({SGD}, [1], 0.5)").lower().at(0) == 0.1


def test_a_milestone_is_one_step_early() -> None:
    text = f"MultiStepLR({SGD}, [4, 9], 0.5)"
    way = convert(text, to="timm", run=Run(20)).ways[0]
    assert way.call.arguments()["decay_t"] == [5, 10]
    assert np.array_equal(simulate(way.call, 20).values, simulate(text, 20).values)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"CosineAnnealingLR({SGD}, 10)", "CosineLRScheduler"),
        (f"StepLR({SGD}, 4, 0.5)", "StepLRScheduler"),
        (f"PolynomialLR({SGD}, 10, 2.0)", "PolyLRScheduler"),
        (f"transformers.get_cosine_schedule_with_warmup({SGD}, 3, 14)", "CosineLRScheduler"),
        (f"transformers.get_linear_schedule_with_warmup({SGD}, 3, 14)", "PolyLRScheduler"),
        (f"transformers.get_wsd_schedule({SGD}, 4, 7, 20, decay_type='linear')", "WSDLRScheduler"),
    ],
)
def test_what_others_say_it_says(text: str, name: str) -> None:
    way = convert(text, to="timm", run=Run(10)).ways[0]
    assert way.call.name == name
    assert compare(way.call, text, Run(10)).equal


@pytest.mark.parametrize(
    "arguments",
    ["10", "10, lr_min=0.001", "10, warmup_t=3, warmup_lr_init=1e-5, warmup_prefix=True",
     "10, warmup_t=3"],
)  # fmt: skip
def test_a_cosine_is_found_again(arguments: str) -> None:
    call = read(f"{HERE}.CosineLRScheduler({SGD}, {arguments})")
    schedule = call.lower()
    found = type(call).lift(schedule.resolved(Run()).normal(), 30)
    assert getattr(found, "call") == call  # noqa: B009


def test_a_group_has_a_share_of_its_rate() -> None:
    groups = "torch.optim.SGD([{'params': p, 'lr': 0.1, 'lr_scale': 0.5}, {'params': q}], lr=0.1)"
    rates = simulate(f"{HERE}.CosineLRScheduler({groups}, 8, warmup_t=2, warmup_lr_init=0.01)", 12)
    assert np.array_equal(rates.values[0], 0.5 * rates.values[1])
    assert rates.values[0, 0] == 0.005


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{HERE}.CosineLRScheduler({SGD}, 10, noise_range_t=5)", "noise"),
        (f"{HERE}.create_scheduler_v2({SGD}, noise=0.5)", "noise"),
        (f"{HERE}.create_scheduler_v2({SGD}, 'none')", "makes no scheduler"),
        (f"{HERE}.PlateauLRScheduler({SGD}, warmup_t=3)", "warm-up"),
        (f"{HERE}.WSDLRScheduler({SGD}, 9, 3, decay_fn=lambda q: 1 - q)", "decay_fn"),
        (f"{HERE}.StepLRScheduler(torch.optim.SGD(p, lr=torch.tensor(0.1)), 3)", "tensor"),
        (f"{HERE}.StepLRScheduler(torch.optim.SGD([{{'params': p, 'lr_scale': s}}], lr=1), 3)",
         "'lr_scale': s is not known"),
        (f"ChainedScheduler([{HERE}.StepLRScheduler(o := {SGD}, 3), ConstantLR(o)])", "telling"),
    ],
)  # fmt: skip
def test_what_is_not_followed_is_refused(text: str, says: str) -> None:
    with pytest.raises(IsorateError, match=says):
        simulate(text, 8)


LOOP = """
import argparse
import torch
from timm.scheduler import CosineLRScheduler
from timm.scheduler import create_scheduler, create_scheduler_v2, scheduler_kwargs
parser = argparse.ArgumentParser()
parser.add_argument("--sched", default="cosine")
parser.add_argument("--epochs", type=int, default=6)
parser.add_argument("--warmup-epochs", type=int, default=2)
args = parser.parse_args([])
optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
epochs = 6
{}
"""
TURN = "for epoch in range({}):\n    for x in range(4):\n        optimizer.step()\n    {}"
MADE = "scheduler = CosineLRScheduler(optimizer, 6, 0.01, warmup_t=2)\n"
TOLD = [
    MADE + TURN.format("epochs", "scheduler.step(epoch + 1)"),
    MADE + TURN.format("epochs", "nxt = epoch + 1\n    scheduler.step(nxt, 0.3)"),
    MADE + TURN.format("1, 7", "scheduler.step(epoch=epoch)"),
    MADE + "for epoch in range(6):\n    scheduler.step(epoch + 1)\n    optimizer.step()",
    MADE + "for n in range(9):\n    optimizer.step()\n    scheduler.step(n + 1)",
    "scheduler, epochs = create_scheduler_v2(optimizer, num_epochs=6, cooldown_epochs=2)\n"
    + TURN.format("epochs", "if scheduler is not None:\n        scheduler.step(epoch + 1)"),
    "scheduler, epochs = create_scheduler_v2(optimizer, **scheduler_kwargs(args, True))\n"
    + TURN.format("epochs", "scheduler.step(epoch + 1)"),
    "scheduler, _ = create_scheduler(args, optimizer)\n"
    + TURN.format("args.epochs", "scheduler.step(epoch + 1)"),
]
#: What tells it another step than the one that comes.
ELSEWHERE = [
    MADE + TURN.format("6", "scheduler.step(epoch)"),
    MADE + TURN.format("6", "epoch = epoch * 2\n    scheduler.step(epoch + 1)"),
    MADE + "for e in range(2):\n    for epoch in range(3):\n        optimizer.step()\n"
    "        scheduler.step(epoch + 1)",
]
#: What tells it nobody knows which step.
NOWHERE = [
    MADE + TURN.format("0, 12, 2", "scheduler.step(epoch + 1)"),
    MADE + TURN.format("6", "scheduler.step(epoch + 1)\n    scheduler.step(epoch + 2)"),
    MADE + TURN.format("6", "if epoch % 2:\n        scheduler.step(epoch + 1)"),
    MADE + "for epoch in reversed(range(6)):\n    optimizer.step()\n    scheduler.step(epoch + 1)",
    MADE.replace("6,", "6, t_in_epochs=False, lr_min=", 1)
    + TURN.format("6", "scheduler.step(epoch + 1)"),
]


@pytest.mark.torch
@pytest.mark.parametrize("text", [*TOLD, *ELSEWHERE])
def test_a_loop_that_tells_which_step_comes_is_followed(text: str) -> None:
    pytest.importorskip("torch")
    if find_spec("timm") is None:
        pytest.skip("timm is not installed")
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    from tests.conformance.cases.timm import timm_scope

    timm_scope(0.1, bare=True)  # which lets it be imported
    used: list[float] = []
    hook = register_optimizer_step_pre_hook(
        lambda optimizer, *_: used.append(float(optimizer.param_groups[0]["lr"]))
    )
    exec(LOOP.format(text), {})
    hook.remove()
    recipe = isorate.read(LOOP.format(text))
    assert recipe.curve.values.tolist() == used


@pytest.mark.parametrize("text", TOLD)
def test_such_a_loop_steps_it_once_a_turn(text: str) -> None:
    run = isorate.read(LOOP.format(text)).run
    assert run.updates_per_epoch == 4 or run.step_every == "update" or run.steps_before == 1


@pytest.mark.parametrize("text", NOWHERE)
def test_a_step_that_nobody_knows_is_refused(text: str) -> None:
    says = "a step to a given place|is another each time|where a condition holds|never calls"
    with pytest.raises(IsorateError, match=says):
        isorate.read(LOOP.format(text))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "plateau"])
def test_times_are_epochs_or_updates(name: str) -> None:
    epochs = read(f"{HERE}.create_scheduler_v2({SGD}, {name!r}, 20, 4, warmup_epochs=2)").returned
    text = f"{SGD}, {name!r}, 20, 4, warmup_epochs=2, step_on_epochs=False, updates_per_epoch=3"
    updates: Call = read(f"{HERE}.create_scheduler_v2({text})").returned
    for argument in ("t_initial", "warmup_t"):
        if argument in updates.parameters():
            assert updates.arguments()[argument] == 3 * epochs.arguments()[argument]
