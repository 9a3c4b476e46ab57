"""Scripts whose batches are gathered into updates, and shared by processes.

The rates are those of Accelerate 1.15 on two and three real processes.
"""

from __future__ import annotations

import pytest

from isorate import ReadError, simulate
from isorate.given import recipe_of
from isorate.reading.reader import reading

LEN = {"len(loader)": 13}
TAKEN = "accelerator.backward(net(batch).sum()); opt.step(); sched.step(); opt.zero_grad()"


def script(options: str = "", loop: str = "for batch in loader", body: str = TAKEN) -> str:
    return f"""
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration
accelerator = Accelerator(gradient_accumulation_steps=3{options})
opt = torch.optim.AdamW(model.parameters(), lr=0.1)
sched = torch.optim.lr_scheduler.StepLR(opt, 4, gamma=0.5)
net, opt, loader, sched = accelerator.prepare(model, opt, loader, sched)
for epoch in range(3):
    {loop}:
        with accelerator.accumulate(net):
            {body}
"""


def rates(text: str, processes: int) -> list[float]:
    told = {"processes": processes}
    found: list[float] = simulate(
        recipe_of(reading(text, names=LEN, told=told), told)
    ).values.tolist()
    return found


def test_processes_share_a_prepared_loader_and_step_for_each_other() -> None:
    assert rates(script(), 2) == [0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125, 0.00625]
    assert rates(script(), 3) == [0.1, 0.1, 0.05, 0.025, 0.0125, 0.0125]
    told = {"processes": 2}
    said = reading(script(), names=LEN, told=told).assumptions
    assert "len(loader) is what it is before prepare(): each process has 7 batches" in said


def test_split_batches_are_shared_otherwise() -> None:
    split = script(", dataloader_config=DataLoaderConfiguration(split_batches=True)")
    halves = [0.1] * 4 + [0.05] * 4 + [0.025] * 4 + [0.0125] * 3
    assert rates(split, 2) == halves


def in_a_function(turn: str) -> str:
    """Return the script whose batches are gathered by a function that the loop calls."""
    head, _, loop = script().partition("for epoch")
    take = f"def take(batch):\n    with accelerator.accumulate(net):\n        {TAKEN}\n"
    return f"{head}{take}for epoch{loop.partition('        with')[0]}        {turn}\n"


def test_batches_that_a_function_gathers_are_one_update() -> None:
    assert rates(in_a_function("take(batch)"), 2) == rates(script(), 2)
    with pytest.raises(ReadError, match="is not followed"):
        reading(in_a_function("take(batch)\n        take(batch)"), names=LEN)


def test_the_number_of_batches_is_asked_for_by_the_text() -> None:
    text = script().replace("Accelerator(gradient_accumulation_steps=3)", "make()")
    said = " ".join(reading(text, names=LEN).assumptions)
    assert "length is open: 3 epochs of accelerator.gradient_accumulation_steps updates" in said
    given = {**LEN, "accelerator.gradient_accumulation_steps": 3}
    assert reading(text, names=given).run == {"updates_per_epoch": 5, "epochs": 3}


@pytest.mark.parametrize(
    "text",
    [
        script(", step_scheduler_with_optimizer=False"),  # a step for each batch
        script(loop="while True"),  # nobody knows when the loader ends
        script(loop="for batch, other in zip(loader, others)"),
        script(body="opt.step(); sched.step()\n        with accelerator.accumulate(other): pass"),
        script()
        .replace("    with acc", "    if batch.any():\n            with acc")
        .replace("            acce", "                acce"),
    ],
)
def test_what_is_gathered_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match=r"whole number of updates|is not followed|condition"):
        reading(text, names=LEN)
