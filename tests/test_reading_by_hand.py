"""Rates that a loop writes into its optimizer by hand, beside those that it really uses."""

from __future__ import annotations

import re
from typing import Any

import pytest

from isorate import ReadError, Run, read, simulate
from tests.test_reading_loops import executed

HEAD = """
import math
from torch.optim import SGD
optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
"""
LOADER = {"len(loader)": 3}

#: Texts, what is given beside them, and the run that they are.
TEXTS: list[tuple[str, dict[str, Any], Run]] = [
    (
        "def adjust_learning_rate(optimizer, epoch, base):\n    '''Steps.'''\n"
        "    lr = base * (0.1 ** (epoch // 2))\n    for group in optimizer.param_groups:\n"
        "        group['lr'] = lr\n\n"
        "for epoch in range(5):\n    adjust_learning_rate(optimizer, epoch, 0.1)\n"
        "    for x in loader:\n        optimizer.step()",
        LOADER,
        Run(epochs=5, updates_per_epoch=3, step_every="epoch"),
    ),
    (
        "def adjust(optimizer, epoch, args_lr=0.2, epochs=6):\n    lr = args_lr\n"
        "    if epoch < 2:\n        lr = lr * (epoch + 1) / 2\n    elif epoch >= 4:\n"
        "        lr *= 0.1\n    else:\n"
        "        lr *= 0.5 * (1 + math.cos(math.pi * epoch / epochs))\n"
        "    for g in optimizer.param_groups:\n        g['lr'] = lr\n    return lr\n\n"
        "for e in range(1, 7):\n    lr = adjust(optimizer, e)\n"
        "    for i, x in enumerate(loader):\n        optimizer.step()",
        LOADER,
        Run(epochs=6, updates_per_epoch=3, step_every="epoch"),
    ),
    (
        "peak, warm, most = 6e-4, 3, 9\ndef get_lr(it):\n    if it < warm:\n"
        "        return peak * (it + 1) / (warm + 1)\n    if it > most:\n        return 6e-5\n"
        "    ratio = (it - warm) / (most - warm)\n    assert 0 <= ratio <= 1\n"
        "    return 6e-5 + 0.5 * (1.0 + math.cos(math.pi * ratio)) * (peak - 6e-5)\n"
        "it = 0\nwhile True:\n    lr = get_lr(it) if decay else peak\n"
        "    for group in optimizer.param_groups:\n        group['lr'] = lr\n"
        "    optimizer.step()\n    it += 1\n    if it > 12:\n        break",
        {"decay": True},
        Run(13),
    ),
    (
        "for epoch in range(4):\n    for i, x in enumerate(loader):\n"
        "        done = epoch + i / 3\n        lr = 0.05 * (1 + math.cos(math.pi * done / 4))\n"
        "        for group in optimizer.param_groups:\n            group['lr'] = lr\n"
        "        optimizer.step()",
        LOADER,
        Run(epochs=4, updates_per_epoch=3),
    ),
    (
        "for epoch in range(4):\n    for i, x in enumerate(loader):\n"
        "        step = epoch * 3 + i\n"
        "        optimizer.param_groups[0]['lr'] = 0.1 * min(1, (step + 1) / 5)\n"
        "        optimizer.step()",
        LOADER,
        Run(epochs=4, updates_per_epoch=3),
    ),
    (
        "class Trainer:\n    def __init__(self, optimizer):\n        self.optimizer = optimizer\n"
        "        self.base = 0.1\n    def set_rate(self, epoch):\n"
        "        rate = self.base / (epoch + 1)\n        for g in self.optimizer.param_groups:\n"
        "            g['lr'] = rate\n    def fit(self):\n        for epoch in range(3):\n"
        "            self.set_rate(epoch + 1)\n            for x in loader:\n"
        "                self.optimizer.step()\nTrainer(optimizer).fit()",
        LOADER,
        Run(epochs=3, updates_per_epoch=3, step_every="epoch"),
    ),
    (
        "for i in range(6):\n    for g in optimizer.param_groups:\n"
        "        g['lr'] = 0.01 * (i + 1)\n"
        "    if i % 2 == 1:\n        print(i)\n    optimizer.step()",
        {},
        Run(6),
    ),
]

SETS = "optimizer.param_groups[0]['lr'] = 0.1 / (n + 1)\n"
TEXTS += [
    (f"n = 0\nfor e in range(5):\n    n += 1\n    {SETS}    optimizer.step()", {}, Run(5)),
    (f"n = 3\nfor e in range(5):\n    {SETS}    optimizer.step()\n    n += 1", {}, Run(5)),
    (f"for n in range(5):\n    n = n + 1\n    {SETS}    optimizer.step()", {}, Run(5)),
    (
        f"n = 9\nfor e in range(3):\n    n = 0\n    for x in loader:\n        {SETS}"
        "        optimizer.step()\n        n += 1",
        LOADER,
        Run(epochs=3, updates_per_epoch=3),
    ),
    (
        f"for e in range(3):\n    n = 0\n    for x in loader:\n        n += 1\n        {SETS}"
        "        optimizer.step()",
        LOADER,
        Run(epochs=3, updates_per_epoch=3),
    ),
    (
        f"k = 0\nfor e in range(5):\n    n = k\n    k += 1\n    {SETS}    optimizer.step()",
        {},
        Run(5),
    ),
]

#: Names that count something else, or not always, and are no function of the turns.
NO_COUNTERS = [
    f"n = 0\nfor e in range(5):\n    n += 2\n    {SETS}    optimizer.step()",
    f"n = 0\nfor e in range(5):\n    {SETS}    optimizer.step()\n    n += 1\n    n += 1",
    f"n = 0\nfor e in range(5):\n    {SETS}    optimizer.step()\n    if e % 2:\n        n += 1",
    f"n = 0\nfor e in range(5):\n    n += 1\n    {SETS}    n += 1\n    optimizer.step()",
    f"for n in range(6):\n    if n % 2 == 0:\n        continue\n    {SETS}    optimizer.step()",
    "def bump():\n    global n\n    n += 1\n"
    f"for e in range(5):\n    n = e\n    bump()\n    {SETS}    optimizer.step()",
    "class S:\n    def __init__(self):\n        self.n = 0.0\n    def step(self):\n"
    "        self.n += 1\n        for g in optimizer.param_groups:\n"
    "            g['lr'] = 0.1 / self.n\ns = S()\nfor e in range(5):\n    s.step()\n"
    "    optimizer.step()",
]

#: What is no function of what the loop counts, and why it is refused.
REFUSED = [
    (
        "for i in range(5):\n    optimizer.step()\n"
        "    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)",
        "after an update",
    ),
    (
        "lr = 0.1\nfor i in range(5):\n    lr *= 0.9\n    for g in optimizer.param_groups:\n"
        "        g['lr'] = lr\n    optimizer.step()",
        "is another each time",
    ),
    (
        "for i in range(5):\n    if i > 2:\n        optimizer.param_groups[0]['lr'] = 0.01\n"
        "    optimizer.step()",
        "where a condition holds",
    ),
    (
        "for i in range(5):\n    optimizer.param_groups[0]['lr'] = loss(i) * i\n"
        "    optimizer.step()",
        "cannot be computed here",
    ),
    (
        "for i in range(5):\n    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)\n"
        "    for g in optimizer.param_groups:\n        g['lr'] = 0.2 / (i + 1)\n"
        "    optimizer.step()",
        "is not the only one",
    ),
    (
        "for i in range(5):\n    for g in optimizer.param_groups:\n"
        "        g['lr'] = 0.2 / (i + 1)\n        if i < 2:\n"
        "            g['lr'] *= 0.1\n    optimizer.step()",
        "sets the rate as well",
    ),
    (
        "def warm(o, i):\n    for g in o.param_groups:\n        g['lr'] = 0.01 * (i + 1)\n"
        "for i in range(5):\n    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)\n"
        "    if i < 2:\n        warm(optimizer, i)\n    optimizer.step()",
        "is not the only one",
    ),
    (
        "optimizer.add_param_group({'params': b, 'lr': 0.5})\nfor i in range(5):\n"
        "    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)\n    optimizer.step()",
        "one of 2 groups",
    ),
    (
        "for i in range(5):\n    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)\n"
        "    optimizer.param_groups[0].update(lr=0.5)\n    optimizer.step()",
        "sets the rate as well",
    ),
    (
        "key = 'lr'\nfor i in range(5):\n    for g in optimizer.param_groups:\n"
        "        g['lr'] = 0.1 / (i + 1)\n        g[key] = 3.0\n    optimizer.step()",
        "sets the rate as well",
    ),
    (
        "def adjust(o, epoch, base):\n    for g in o.param_groups:\n"
        "        g['lr'] = base / (epoch + 1)\n"
        "for e in range(5):\n    adjust(optimizer, e, 0.1)\n    adjust(optimizer, e, 0.2)\n"
        "    optimizer.step()",
        "is not the only one",
    ),
    (
        "for e in range(5):\n    for v in (0.1, 0.2):\n        for g in optimizer.param_groups:\n"
        "            g['lr'] = v / (e + 1)\n    optimizer.step()",
        "v is another each time",
    ),
    (
        "o = SGD([{'params': a}, {'params': b}], lr=0.1)\nfor i in range(5):\n"
        "    o.param_groups[0]['lr'] = 0.1 / (i + 1)\n    o.step()",
        "one of 2 groups",
    ),
    (
        "for e in range(5):\n    for i, x in enumerate(loader):\n"
        "        optimizer.param_groups[0]['lr'] = 0.1 / (e + i + 1)\n        optimizer.step()",
        "len(loader)=391",
    ),
]


@pytest.mark.parametrize(("text", "given", "run"), TEXTS)
def test_it_is_a_function_of_what_the_loop_counts(
    text: str, given: dict[str, Any], run: Run
) -> None:
    recipe = read(HEAD + text, names=given)
    assert recipe.run == run
    assert any("set by hand" in said for said in recipe.assumptions)


@pytest.mark.torch
@pytest.mark.parametrize(("text", "given", "run"), TEXTS)
def test_its_rates_are_those_of_the_loop_itself(text: str, given: dict[str, Any], run: Run) -> None:
    used = executed(HEAD + text, given)
    recipe = read(HEAD + text, names=given)
    assert simulate(recipe, run).values.tolist() == used


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_what_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(ReadError, match=re.escape(why)):
        read(HEAD + text)


@pytest.mark.parametrize("text", NO_COUNTERS)
def test_what_does_not_count_the_turns_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match=r"is another each time|where a condition holds"):
        read(HEAD + text)


def test_a_function_that_nothing_calls() -> None:
    adjust = (
        "def adjust_learning_rate(optimizer, epoch, args):\n    lr = args.lr * 0.5 ** epoch\n"
        "    for group in optimizer.param_groups:\n        group['lr'] = lr"
    )
    with pytest.raises(ReadError, match=re.escape("--set args.lr=...")):
        read(adjust)
    recipe = read(adjust, names={"args.lr": 0.1})
    assert simulate(recipe, 3).values.tolist() == [0.1, 0.05, 0.025]
    assert any("epoch is taken to be 0, 1, 2" in said for said in recipe.assumptions)
    returns = "peak = 0.1\ndef get_lr(step, total=10):\n    return peak * (1 - step / total)"
    assert simulate(read(returns), 3).values.tolist() == [0.1, 0.1 * (1 - 1 / 10), 0.1 * 0.8]
    with pytest.raises(ReadError, match="builds no scheduler"):
        read("def scale(step):\n    return 1 / (step + 1)")


TRAINED = "\nfor i in range(9):\n    optimizer.step()\n    scheduler.step()"

#: Schedulers of the text's own.
CLASSES = [
    "class Warm(LRScheduler):\n"
    "    def __init__(self, optimizer, warm, total, low=0.0, last_epoch=-1):\n"
    "        self.warm, self.total = warm, total\n        self.low = low\n"
    "        super().__init__(optimizer, last_epoch)\n\n    def get_lr(self):\n"
    "        if not self._get_lr_called_within_step:\n            print('use get_last_lr')\n"
    "        if self.last_epoch < self.warm:\n"
    "            return [b * (self.last_epoch + 1) / self.warm for b in self.base_lrs]\n"
    "        done = (self.last_epoch - self.warm) / (self.total - self.warm)\n"
    "        return [self.low + (b - self.low) * self.factor(done) for b in self.base_lrs]\n\n"
    "    def factor(self, done):\n        return 0.5 * (1 + math.cos(math.pi * done))\n"
    "scheduler = Warm(optimizer, 3, 8, low=1e-3)",
    "class Poly(LRScheduler):\n    def __init__(self, optimizer, power):\n"
    "        self.power = power\n        LRScheduler.__init__(self, optimizer)\n"
    "    def get_lr(self):\n        scale = (1 - self._step_count / 20) ** self.power\n"
    "        return [base * scale for base in self.base_lrs]\n"
    "scheduler = Poly(optimizer, power=2)",
    "class Flat(LRScheduler):\n    def get_lr(self):\n        return self.base_lrs\n"
    "scheduler = Flat(optimizer)",
]

#: What a get_lr does that is not followed, and what is said of it.
NO_FUNCTIONS = [
    ("return [g['lr'] * 0.9 for g in self.optimizer.param_groups]", "no rate of each"),
    ("self.n = 1\n        return [b for b in self.base_lrs]", "is not followed in a function"),
    ("return [b * self.scale for b in self.base_lrs]", "scale"),
    ("return [b for b in self.base_lrs if b]", "no rate of each"),
    ("return super().get_lr()", "no rate of each"),
]


@pytest.mark.parametrize("start", ["super().__init__(o)", "LRScheduler.__init__(self, o)"])
def test_what_is_set_after_the_first_rates_is_not_passed_over(start: str) -> None:
    text = (
        f"{HEAD}from torch.optim.lr_scheduler import LRScheduler\n"
        f"class P(LRScheduler):\n    def __init__(self, o):\n        self.p = 2\n        {start}\n"
        "        self.p = 3\n    def power(self):\n        return self.p\n"
        "    def get_lr(self):\n        return [b * self.power() for b in self.base_lrs]\n"
        "scheduler = P(optimizer)"
    )
    with pytest.raises(ReadError, match=r"self\.p is set after P was asked"):
        read(text)
    with pytest.raises(ReadError, match="goes on from a step"):
        read(text.replace("__init__(o)", "__init__(o, 5)").replace("self, o)\n", "self, o, 5)\n"))


def test_a_group_that_is_added_is_set_by_hand_too() -> None:
    text = (
        "optimizer.add_param_group({'params': b, 'lr': 0.5})\nfor i in range(3):\n"
        "    for g in optimizer.param_groups:\n        g['lr'] = 0.1 / (i + 1)\n"
        "    optimizer.step()"
    )
    assert simulate(HEAD + text).values.tolist() == [[0.1, 0.05, 0.1 / 3]] * 2


@pytest.mark.torch
@pytest.mark.parametrize("text", CLASSES)
def test_a_scheduler_of_the_text_s_own(text: str) -> None:
    whole = HEAD + "from torch.optim.lr_scheduler import LRScheduler\n" + text + TRAINED
    recipe = read(whole)
    assert recipe.run == Run(9)
    assert any("is the text's own" in said for said in recipe.assumptions)
    used = executed(whole, {})
    assert simulate(recipe).values.tolist() == used


@pytest.mark.parametrize(("body", "why"), NO_FUNCTIONS)
def test_a_scheduler_that_is_no_function_of_the_step_is_refused(body: str, why: str) -> None:
    text = (
        "from torch.optim.lr_scheduler import LRScheduler\nclass Own(LRScheduler):\n"
        f"    def get_lr(self):\n        {body}\nscheduler = Own(optimizer)"
    )
    with pytest.raises(ReadError, match=re.escape(why)):
        read(HEAD + text)
    stepping = text.replace("    def get_lr", "    def step(self): pass\n    def get_lr")
    with pytest.raises(ReadError, match="a class of the text's own"):
        read(HEAD + stepping)
