"""Schedulers that hold others, and whole blocks of statements as people paste them."""

from __future__ import annotations

from typing import Any

import pytest

from isorate import ReadError, Run, simulate
from isorate.cli._commands import run
from isorate.dialects.torch.compositions import ChainedScheduler, SequentialLR
from isorate.dialects.torch.cosines import CosineAnnealingLR
from isorate.dialects.torch.factors import ExponentialLR, LinearLR
from tests.calls import read

BLOCK = """
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

model = Net()
epochs, steps = args.epochs, len(loader)
warmup_steps = 5
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.1)
warmup = LinearLR(optimizer, start_factor=0.1, total_iters=warmup_steps)
cosine = CosineAnnealingLR(optimizer, T_max=100 - warmup_steps, eta_min=1e-5)
scheduler = SequentialLR(optimizer, schedulers=[warmup, cosine], milestones=[warmup_steps])

for batch in loader:
    loss = model(batch)
    loss.backward()
    optimizer.step()
    scheduler.step()
"""


def test_a_block_is_read_as_python_would_run_it() -> None:
    call: Any = read(BLOCK)
    assert isinstance(call, SequentialLR)
    warmup, cosine = call.members
    assert isinstance(warmup, LinearLR)
    assert isinstance(cosine, CosineAnnealingLR)
    assert (warmup.total_iters, cosine.T_max, cosine.eta_min) == (5, 95, 1e-5)
    assert call.optimizer == warmup.optimizer == cosine.optimizer
    assert call.milestones == [5]
    assert read(call.code) == call
    assert simulate(call, Run(6)).values[[0, 5]] == pytest.approx([3e-5, 3e-4], rel=1e-15)


@pytest.mark.parametrize(
    "prepared",
    [
        "model, optimizer, scheduler = accelerator.prepare(model, optimizer, scheduler)",
        "accelerator.prepare(scheduler)",
        "x = self.accelerator.prepare(model, optimizer, loader, scheduler)",
    ],
)
def test_a_scheduler_that_accelerate_prepares_is_said_to_be_one_process_s(
    prepared: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"optimizer = SGD(p, lr=0.1)\nscheduler = StepLR(optimizer, 3)\n{prepared}\n"
    said = "one process: prepare() makes the scheduler take a step for each (--processes N)"
    for command in (["show", text], ["compare", text, text], ["convert", text, "--to", "torch"]):
        assert run([*command, "--updates", "6"]) == 0
        assert said in capsys.readouterr().out
        shown = []
        for option in ("--accelerate", "--processes"):  # which the text says is Accelerate's
            run([*command, "--updates", "6", option, "2"])
            shown.append(capsys.readouterr().out)
        assert shown[0] == shown[1]
        assert said not in shown[0]
        assert "prepare() makes the scheduler take a step for each process" in shown[0]
    plain = text.replace("scheduler)", "loader)")
    assert run(["show", plain, "--updates", "6"]) == 0
    assert said not in capsys.readouterr().out


def test_one_text_names_its_optimizer_where_python_comes_to_it_first() -> None:
    text = "SequentialLR(opt := SGD(p, lr=0.1), [LinearLR(opt), ExponentialLR(opt, 0.9)], [5])"
    call: Any = read(text)
    assert "optimizer := torch.optim.SGD(params, lr=0.1)" in call.code
    assert read(call.code) == call
    chain: Any = read("ChainedScheduler([LinearLR(o := SGD(p, lr=0.1)), ExponentialLR(o, 0.9)])")
    assert isinstance(chain, ChainedScheduler)
    assert chain.owner == call.optimizer
    assert read(chain.code) == chain


@pytest.mark.parametrize(
    "text",
    [
        "SequentialLR(optimizer, [LinearLR(optimizer), ExponentialLR(optimizer, 0.9)], [5])",
        "SequentialLR([LinearLR(), ExponentialLR(0.9)], [5])",
        "SequentialLR(opt, schedulers=[LinearLR(opt), ExponentialLR(opt, 0.9)], milestones=[5])",
        "warmup = LinearLR(optimizer)\ndecay = ExponentialLR(optimizer, 0.9)\n"
        "scheduler = SequentialLR(optimizer, [warmup, decay], milestones=[5])",
        "decay = ExponentialLR(optimizer, 0.9)\nself.warmup = LinearLR(optimizer)\n"
        "SequentialLR(optimizer, [self.warmup, decay], milestones=[5])",
    ],
)
def test_the_rate_may_stand_beside_it(text: str) -> None:
    call: Any = read(text, lr=0.1)
    assert isinstance(call, SequentialLR)
    assert [type(member) for member in call.members] == [LinearLR, ExponentialLR]
    assert call == read(call.code)


def test_groups_reach_every_member() -> None:
    call: Any = read("SequentialLR([LinearLR(), ExponentialLR(0.9)], [5])", lr=[0.1, 0.01])
    assert call.groups == 2
    assert all(len(member.optimizer.groups) == 2 for member in call.members)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = LinearLR(o := SGD(p, lr=0.1))\nb = ExponentialLR(o, 0.9)", "does not hold it"),
        ("a = LinearLR(SGD(p, lr=0.1))\nb = ExponentialLR(optimizer, 0.9)", "from optimizer, and"),
        ("x = 3\ny = 4", "builds no scheduler"),
        ("opt = SGD(p, lr=0.1)\nif warm:\n    s = LinearLR(opt)", "LinearLR if warm (--set warm="),
        (
            "opt = SGD(p, lr=0.1)\nss = [LinearLR(opt), LinearLR(opt)]\nS(opt, ss)",
            "acts on the optim",
        ),
        ("SequentialLR(SGD(p, lr=0.1), [warmup, cosine], [5])", "paste the line warmup = ..."),
        ("SequentialLR(SGD(p, lr=0.1), schedulers, [5])", "not a list"),
        ("SequentialLR(SGD(p, lr=0.1), [LinearLR(SGD(p, lr=0.1))], [])", "optimizers of their own"),
        ("SequentialLR(o := SGD(p, lr=0.1), [LinearLR(o)])", "lacks the argument 'milestones'"),
        ("SequentialLR(o := SGD(p, lr=0.1), [LinearLR(o)], [n])", "--set n=..."),
        ("SequentialLR([LinearLR()], [])", "first rate from its optimizer"),
        (
            "opt = SGD(p, lr=0.1)\nb = ExponentialLR(opt, 0.9)\na = LinearLR(opt)\n"
            "ChainedScheduler([a, b])",
            "in another order than they are listed",
        ),
    ],
)
def test_what_cannot_be_read_says_why(text: str, says: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(text)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
