"""Loops: what a text's training loop says of the run, beside the rates that it really uses.

Each text is followed; where torch is there, it is executed as well, over loaders of a few batches,
and the rates of its optimizer's updates have to be those of the recipe.
"""

from __future__ import annotations

import math
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from isorate import ReadError, Run, read, simulate
from isorate.given import recipe_of
from isorate.reading.reader import reading

if TYPE_CHECKING:
    pass

HEAD = """
from torch.optim import SGD
from torch.optim.lr_scheduler import StepLR, CosineAnnealingLR, LinearLR, ReduceLROnPlateau
optimizer = SGD(model.parameters(), lr=0.1)
scheduler = StepLR(optimizer, 2, gamma=0.5)
"""
LOADER = {"len(loader)": 3}

#: A loop, what is given beside it, and the run that it is.
LOOPS: list[tuple[str, dict[str, Any], Run]] = [
    (
        "for epoch in range(4):\n    for batch in loader:\n        optimizer.step()\n"
        "        scheduler.step()",
        LOADER,
        Run(epochs=4, updates_per_epoch=3),
    ),
    (
        "for epoch in range(4):\n    for i, (x, y) in enumerate(loader):\n"
        "        optimizer.zero_grad()\n        loss(x, y).backward()\n        optimizer.step()\n"
        "    scheduler.step()",
        LOADER,
        Run(epochs=4, updates_per_epoch=3, step_every="epoch"),
    ),
    ("for step in range(7):\n    optimizer.step()\n    scheduler.step()", {}, Run(7)),
    (
        "def train(loader, optimizer):\n    for x in loader:\n        optimizer.step()\n\n"
        "for epoch in range(1, 5):\n    train(loader, optimizer)\n    scheduler.step()",
        LOADER,
        Run(epochs=4, updates_per_epoch=3, step_every="epoch"),
    ),
    (
        "for epoch in range(4):\n    scheduler.step()\n    for batch in loader:\n"
        "        optimizer.step()",
        LOADER,
        Run(epochs=4, updates_per_epoch=3, step_every="epoch", steps_before=1),
    ),
    (
        "for epoch in range(3):\n    for batch in loader:\n        scheduler.step()\n"
        "        optimizer.step()",
        LOADER,
        Run(epochs=3, updates_per_epoch=3, steps_before=1),
    ),
    (
        "for _ in range(3):\n    scheduler.step()\n"
        "for step in range(5):\n    optimizer.step()\n    scheduler.step()",
        {},
        Run(5, steps_before=3),
    ),
    (
        "scheduler.step()\nscheduler.step()\n"
        "for step in range(5):\n    optimizer.step()\n    scheduler.step()",
        {},
        Run(5, steps_before=2),
    ),
    (
        "for epoch in range(2):\n    for i, batch in enumerate(loader):\n"
        "        if (i + 1) % 2 == 0:\n            optimizer.step()\n            scheduler.step()",
        {"len(loader)": 7},
        Run(epochs=2, updates_per_epoch=3),
    ),
    (
        "for epoch in range(2):\n    for i, batch in enumerate(loader):\n"
        "        if (i + 1) % 2 == 0 or i + 1 == len(loader):\n            optimizer.step()\n"
        "            scheduler.step()",
        {"len(loader)": 7},
        Run(epochs=2, updates_per_epoch=4),
    ),
    (
        "for epoch in range(2):\n    for i, batch in enumerate(loader):\n"
        "        if (i + 1) % accum != 0:\n            continue\n        optimizer.step()\n"
        "        scheduler.step()",
        {"len(loader)": 7, "accum": 3},
        Run(epochs=2, updates_per_epoch=2),
    ),
    (
        "for epoch in range(2):\n    for i, batch in enumerate(loader):\n"
        "        if not (i + 1) % 2:\n            optimizer.step()\n    scheduler.step()",
        {"len(loader)": 7},
        Run(epochs=2, updates_per_epoch=3, step_every="epoch"),
    ),
    (
        "for i in range(12):\n    optimizer.step()\n    if i % 3 == 2:\n        scheduler.step()",
        {},
        Run(12, step_every=3),
    ),
    (
        "for epoch in range(6):\n    for batch in loader:\n        optimizer.step()\n"
        "    if (epoch + 1) % 2 == 0:\n        scheduler.step()",
        LOADER,
        Run(epochs=6, updates_per_epoch=3, step_every=6),
    ),
    (
        "for e in range(3):\n    for i, x in enumerate(loader):\n        if (i + 1) % 2 == 0:\n"
        "            optimizer.step()\n            if (i + 1) % 4 == 0:\n"
        "                scheduler.step()",
        {"len(loader)": 8},
        Run(epochs=3, updates_per_epoch=4, step_every=2),
    ),
    (
        "for i in range(12):\n    if i % 2 == 1:\n        optimizer.step()\n"
        "        if i % 3 == 2:\n            scheduler.step()",
        {},
        Run(6, step_every=3),
    ),
    (
        "n = 0\nfor i in range(8):\n    n += 1\n    if n % 2 == 0:\n        optimizer.step()\n"
        "        if n % 4 == 0:\n            scheduler.step()",
        {},
        Run(4, step_every=2),
    ),
    (
        "n = 0\nfor e in range(3):\n    for i, x in enumerate(loader):\n"
        "        if (i + 1) % 2 == 0:\n            optimizer.step()\n            n += 1\n"
        "            if n % 3 == 0:\n                scheduler.step()",
        {"len(loader)": 8},
        Run(epochs=3, updates_per_epoch=4, step_every=3),
    ),
    (
        "step = 0\nwhile step < 9:\n    optimizer.step()\n    scheduler.step()\n    step += 1",
        {},
        Run(9),
    ),
    (
        "step = 0\ndone = False\nwhile not done:\n    for batch in loader:\n"
        "        optimizer.step()\n        scheduler.step()\n        step += 1\n"
        "        if step >= 8:\n            done = True\n            break",
        LOADER,
        Run(8, updates_per_epoch=3),
    ),
    (
        "step = 0\nfor epoch in range(9):\n    for batch in loader:\n"
        "        optimizer.step()\n        scheduler.step()\n        step += 1\n"
        "        if step >= 8:\n            break\n    if step >= 8:\n        break",
        LOADER,
        Run(8, updates_per_epoch=3),
    ),
    (
        "it = 0\nwhile True:\n    optimizer.step()\n    scheduler.step()\n    it += 1\n"
        "    if it > 6:\n        break",
        {},
        Run(7),
    ),
    (
        "for i in range(6):\n    if use_amp:\n        scaler.step(optimizer)\n    else:\n"
        "        optimizer.step()\n    scheduler.step()",
        {"use_amp": True},
        Run(6),
    ),
    (
        "for epoch in range(2):\n    for i in range(len(loader)):\n        optimizer.step()\n"
        "    for s in [scheduler]:\n        s.step()",
        LOADER,
        Run(epochs=2, updates_per_epoch=3, step_every="epoch"),
    ),
    (
        "class Trainer:\n    def __init__(self, optimizer, scheduler, loader):\n"
        "        self.optimizer, self.scheduler, self.loader = optimizer, scheduler, loader\n"
        "    def fit(self, epochs):\n        for self.epoch in range(epochs):\n"
        "            self.train()\n            self.scheduler.step()\n"
        "    def train(self):\n        for batch in self.loader:\n"
        "            self.optimizer.step()\n"
        "Trainer(optimizer, scheduler, loader).fit(3)",
        LOADER,
        Run(epochs=3, updates_per_epoch=3, step_every="epoch"),
    ),
    (
        "for epoch in tqdm(range(3), desc='epochs'):\n    for batch in tqdm(loader):\n"
        "        optimizer.step()\n    validate(model)\n    scheduler.step()",
        LOADER,
        Run(epochs=3, updates_per_epoch=3, step_every="epoch"),
    ),
    (
        "for epoch in range(3):\n    for batch in loader:\n        for _ in range(2):\n"
        "            optimizer.step()\n        scheduler.step()",
        LOADER,
        Run(epochs=9, updates_per_epoch=2, step_every="epoch"),
    ),
    (
        "for i in range(5):\n    optimizer.step()\n    optimizer.step()\n    scheduler.step()",
        {},
        Run(step_every=2),
    ),
    (
        "for epoch in range(4):\n    for x in loader:\n        optimizer.step()\n"
        "    try:\n        scheduler.step()\n    finally:\n        print(epoch)",
        LOADER,
        Run(epochs=4, updates_per_epoch=3, step_every="epoch"),
    ),
]

#: Several schedulers that a loop steps one after the other.
SIDE_BY_SIDE = [
    "more = LinearLR(optimizer, 0.5, total_iters=3)\n"
    "for e in range(5):\n    optimizer.step()\n    scheduler.step()\n    more.step()",
    "more = CosineAnnealingLR(optimizer, 4)\nthird = LinearLR(optimizer, 0.25, total_iters=2)\n"
    "for e in range(5):\n    for x in loader:\n        optimizer.step()\n"
    "    for each in [scheduler, more, third]:\n        each.step()",
]
APART = [
    "more = LinearLR(optimizer, 0.5, total_iters=3)\n"
    "for e in range(5):\n    optimizer.step()\n    more.step()\n    scheduler.step()",
    "more = LinearLR(optimizer, 0.5, total_iters=3)\n"
    "for e in range(5):\n    scheduler.step()\n    optimizer.step()\n    more.step()",
    "more = LinearLR(optimizer, 0.5, total_iters=3)\n"
    "for e in range(5):\n    optimizer.step()\n    scheduler.step()\n    if e < 3:\n"
    "        more.step()",
    "more = ReduceLROnPlateau(optimizer)\n"
    "for e in range(5):\n    optimizer.step()\n    scheduler.step()\n    more.step(loss)",
]

#: Loops that show a schedule and train nothing, and what they say of the run.
SHOWN = [
    (
        "for i in range(5):\n    print(scheduler.get_last_lr())\n    scheduler.step()",
        {"updates": 5},
    ),
    (
        "lrs = []\nfor e in range(2):\n    for i in range(3):\n        scheduler.step()\n"
        "        lrs.append(optimizer.param_groups[0]['lr'])",
        {"epochs": 2, "updates_per_epoch": 3},
    ),
    (
        "def get_lr(o):\n    return o.param_groups[0]['lr']\n"
        "for i in range(5):\n    lr = get_lr(optimizer)\n    scheduler.step()",
        {"updates": 5},
    ),
    ("for i in range(5):\n    lr = get_lr(optimizer)\n    scheduler.step()", {"updates": 5}),
]


@pytest.mark.parametrize(("loop", "run"), SHOWN)
def test_a_loop_that_shows_the_rates_is_a_run_of_nothing_else(
    loop: str, run: dict[str, Any]
) -> None:
    text = f"optimizer = SGD(params, lr=0.1)\nscheduler = StepLR(optimizer, 2)\n{loop}"
    found = reading(text)
    assert found.run == run
    assert any("nothing else trains" in said for said in found.assumptions)


#: What a run does not say, and why it is refused.
REFUSED = [
    ("for i in range(5):\n    optimizer.step()", "never calls scheduler.step()"),
    ("for i in range(5):\n    scheduler.step()", "before anything is trained"),
    (
        "for i in range(5):\n    optimizer.step()\n    if loss(i) < best:\n"
        "        scheduler.step()",
        "where a condition holds",
    ),
    (
        "for i in range(5):\n    if i % 2 == 0:\n        optimizer.step()\n    scheduler.step()",
        "more often than",
    ),
    (
        "for i in range(5):\n    optimizer.step()\n    if 0 < i < 3:\n        scheduler.step()",
        "where a",
    ),
    (
        "for e in range(6):\n    if e % 2 == 1:\n        for i in range(3):\n"
        "            optimizer.step()\n    scheduler.step()",
        "more often than",
    ),
    (
        "for e in range(6):\n    for i in range(3):\n        optimizer.step()\n"
        "        if e % 2 == 1:\n            scheduler.step()",
        "where a",
    ),
    (
        "n = 0\nfor e in range(6):\n    for i in range(3):\n        optimizer.step()\n"
        "        if n % 2 == 1:\n            scheduler.step()\n    n += 1",
        "where a",
    ),
    (
        "n = 0\nfor i in range(9):\n    optimizer.step()\n    if loss(i) < best:\n        n += 1\n"
        "    if n % 2 == 1:\n        scheduler.step()",
        "where a",
    ),
    (
        "for e in range(2):\n    for i in range(5):\n        optimizer.step()\n"
        "        if (i + 1) % 2 == 0:\n            scheduler.step()",
        "where a",
    ),
    (
        "for i in range(5):\n    optimizer.step()\n    scheduler.step()\n    scheduler.step()",
        "only",
    ),
    (
        "for i in range(5):\n    optimizer.step()\nfor i in range(5):\n    optimizer.step()\n"
        "    scheduler.step()",
        "several loops",
    ),
    (
        "for i in range(5):\n    optimizer.step()\n    scheduler.step()\n    optimizer.step()",
        "between the updates",
    ),
    (
        "for e in range(5):\n    for b in [1, 2]:\n        optimizer.step()\n"
        "    for b in [1, 2]:\n        scheduler.step()",
        "another loop",
    ),
    (
        "for e in range(5):\n    for b in [1, 2]:\n        if finite(b):\n"
        "            optimizer.step()\n    scheduler.step()",
        "is not known",
    ),
    ("for e in r:\n    optimizer.step()\n    scheduler.step(e)", "another each time"),
    (
        "n = 0\nfor i in range(8):\n    n += 1\n    if i % 2 == 1:\n        optimizer.step()\n"
        "        if n % 4 == 0:\n            scheduler.step()",
        "where a condition",
    ),
]


@pytest.mark.parametrize(("loop", "given", "run"), LOOPS)
def test_a_loop_is_the_run(loop: str, given: dict[str, Any], run: Run) -> None:
    recipe = read(HEAD + loop, names=given)
    assert recipe.run == run
    assert any(said.startswith("the loop in line") for said in recipe.assumptions)


@pytest.mark.torch
@pytest.mark.parametrize(("loop", "given", "run"), LOOPS)
def test_its_rates_are_those_of_the_loop_itself(loop: str, given: dict[str, Any], run: Run) -> None:
    used = executed(HEAD + loop, given)
    recipe = read(HEAD + loop, names=given)
    length = recipe.run.updates or len(used)
    assert len(used) == length
    assert simulate(recipe, length).values.tolist() == used


@pytest.mark.parametrize(("loop", "why"), REFUSED)
def test_what_a_run_does_not_say_is_refused_and_may_be_told(loop: str, why: str) -> None:
    with pytest.raises(ReadError, match=re.escape(why)):
        read(HEAD + loop)
    if "another each time" not in why:
        assert simulate(HEAD + loop, Run(9)).updates == 9


@pytest.mark.torch
@pytest.mark.parametrize("loop", SIDE_BY_SIDE)
def test_schedulers_that_are_stepped_one_after_the_other_are_a_chain(loop: str) -> None:
    used = executed(HEAD + loop, LOADER)
    recipe = read(HEAD + loop, names=LOADER if "loader" in loop else {})
    assert recipe.call.name.endswith("ChainedScheduler")  # type: ignore[union-attr]
    assert simulate(recipe).values.tolist() == used


@pytest.mark.parametrize("loop", APART)
def test_schedulers_that_are_stepped_otherwise_are_not_passed_over(loop: str) -> None:
    with pytest.raises(ReadError, match="acts on the optimizer as well"):
        read(HEAD + loop)


def executed(text: str, given: dict[str, Any]) -> list[float]:
    """Run a text with torch, and return the rate that each update really used."""
    torch = pytest.importorskip("torch")
    used: list[float] = []
    plain = torch.optim.SGD.step

    def step(self: Any, closure: Any = None) -> Any:
        used.append(float(self.param_groups[0]["lr"]))
        return plain(self)

    model = torch.nn.Linear(1, 1)
    batches = [(torch.ones(1), torch.ones(1))] * given.get("len(loader)", 3)

    def through(several: Any, **_: Any) -> Any:
        return several

    def of(*_: Any) -> Any:
        return model(torch.ones(1)).sum()

    names: dict[str, Any] = {
        "model": model, "loader": batches, "tqdm": through, "loss": of, "math": math,
        "validate": of, "scaler": SimpleNamespace(step=lambda optimizer: optimizer.step()),
    }  # fmt: skip
    names |= {name: value for name, value in given.items() if name.isidentifier()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.SGD, "step", step)
        exec(compile(text, "loop", "exec"), names)
    return used


def test_steps_before_training_that_a_text_does_not_have_are_counted_in_the_hint() -> None:
    text = HEAD + "for _ in range(4):\n    scheduler.step()\nscheduler.step()"
    with pytest.raises(ReadError, match="--step-every update --steps-before 5"):
        read(text)
    assert simulate(text, Run(3, steps_before=5)).values.tolist() == [0.025, 0.0125, 0.0125]


def test_steps_before_the_loop_are_taken_whatever_is_told_of_it() -> None:
    text = f"{HEAD}scheduler.step()\nscheduler.step()\n"
    for loop in ("scheduler.step()", "if loss(i) < 1:\n        scheduler.step()"):
        found = reading(f"{text}for i in range(9):\n    optimizer.step()\n    {loop}",
                        told={"step_every": "update"})  # fmt: skip
        assert recipe_of(found, {"step_every": 3}).run.steps_before == 2
        whole = f"{text}for i in range(9):\n    optimizer.step()\n    {loop}"
        assert simulate(whole, Run(3)).values.tolist() == [0.05, 0.05, 0.025]


BACKWARDS = [
    "for epoch in reversed(range(6)):",
    "for epoch in sorted(range(6), reverse=True):",
    "for epoch in tqdm(reversed(range(6))):",
    "for epoch in range(5, -1, -1):",
    "for epoch in range(6)[::-1]:",
]


@pytest.mark.parametrize("turns", BACKWARDS)
def test_a_loop_that_counts_down_is_not_taken_to_count_up(turns: str) -> None:
    """As torch has it: 0.5 for the first two updates, 0.4 for the next, down to 0."""
    text = f"""
import torch
from tqdm import tqdm
optimizer = torch.optim.SGD(params, lr=0.1)
{turns}
    for group in optimizer.param_groups:
        group["lr"] = 0.1 * epoch
    for batch in range(2):
        optimizer.step()
"""
    try:
        rates = simulate(text, 12).values.tolist()
    except ReadError:
        return
    assert rates == [0.1 * epoch for epoch in (5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0)]
