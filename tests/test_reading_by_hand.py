"""Rates that a loop writes into its optimizer by hand, beside those that it really uses."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from isorate import IsorateError, ReadError, Run, convert, evaluate, read, simulate
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

GROUPS = "optimizer = SGD([{'params': model.weight}, {'params': model.bias, 'lr': 0.5}], lr=0.1)\n"
KEYED = (
    "def adjust(o, epoch):\n    lr = 0.1 * 0.5 ** epoch\n    for g in o.param_groups:\n"
    "        if 'lr_scale' in g:\n            g['lr'] = lr * g['lr_scale']\n"
    "        else:\n            g['lr'] = lr\n"
    "for e in range(4):\n    adjust(optimizer, e)\n    optimizer.step()"
)
#: A rate that is set with the first batch of an update, of which the last one takes it.
STRIDE = (
    "def adjust(o, epoch, args_lr):\n    lr = args_lr * epoch / 5\n"
    "    for g in o.param_groups:\n        g['lr'] = lr\n"
    "for e in range(4):\n    for i, x in enumerate(loader):\n        if i % accum == 0:\n"
    "            adjust(optimizer, i / len(loader) + e, 0.1)\n"
    "        if (i + 1) % accum == 0:\n            optimizer.step()"
)
COUNTS = (
    "class WarmupSchedule:\n    def __init__(self, optimizer, warm, peak, total):\n"
    "        self.optimizer = optimizer\n        self.warm, self.peak = warm, peak\n"
    "        self.total = total - warm\n        self.at = 0.0\n\n"
    "    def step(self):\n        self.at += 1\n        if self.at < self.warm:\n"
    "            rate = self.peak * self.at / self.warm\n        else:\n"
    "            rate = max(0.01, self.shape((self.at - self.warm) / self.total))\n"
    "        for group in self.optimizer.param_groups:\n            group['lr'] = rate\n"
    "        return rate\n\n    def shape(self, done):\n"
    "        return self.peak * 0.5 * (1 + math.cos(math.pi * done))\n"
    "scheduler = WarmupSchedule(optimizer, 3, 0.5, 10)\n"
)
DECAYING = (
    "class DecaySchedule:\n    def __init__(self, optimizer):\n"
    "        self.optimizer, self.n = optimizer, 0\n    def step(self):\n        self.n += 1\n"
    "        for g in self.optimizer.param_groups:\n            g['weight_decay'] = 0.1 * self.n\n"
    "decay = DecaySchedule(optimizer)\n"
)
TEXTS += [
    (KEYED, {}, Run(4)),
    (KEYED.replace("in g:", "not in g:").replace("lr * g['lr_scale']", "lr / 2"), {}, Run(4)),
    (
        GROUPS + "for i in range(5):\n"
        "    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)\n"
        "    optimizer.param_groups[1]['lr'] = 0.2 / (i + 2)\n    optimizer.step()",
        {},
        Run(5),
    ),
    (
        "def main():\n    global base\n    base = 0.2\n    for e in range(4):\n"
        "        adjust(optimizer, e)\n        optimizer.step()\n"
        "def adjust(o, e):\n    for g in o.param_groups:\n        g['lr'] = base / (e + 1)\n"
        "main()",
        {},
        Run(4),
    ),
    (STRIDE, {"len(loader)": 4, "accum": 1}, Run(epochs=4, updates_per_epoch=4)),
    (STRIDE, {"len(loader)": 4, "accum": 2}, Run(epochs=4, updates_per_epoch=2)),
    (STRIDE, {"len(loader)": 7, "accum": 3}, Run(epochs=4, updates_per_epoch=2)),
    (
        COUNTS + DECAYING + "for e in range(4):\n    for x in loader:\n"
        "        scheduler.step()\n        decay.step()\n        optimizer.step()",
        LOADER,
        Run(epochs=4, updates_per_epoch=3),
    ),
    (
        COUNTS + "for e in range(12):\n    optimizer.step()\n    print(scheduler.step())",
        {},
        Run(12),
    ),
    (
        "import numpy as np\ndef adjust(o, epoch, at=[1, 3]):\n"
        "    steps = np.sum(epoch > np.asarray(at))\n    lr = 0.1\n    if steps > 0:\n"
        "        lr = 0.1 * (0.1 ** steps)\n    for g in o.param_groups:\n        g['lr'] = lr\n"
        "for e in range(6):\n    adjust(optimizer, e)\n    optimizer.step()",
        {},
        Run(6),
    ),
]

#: Names that count something else, or not always: what a turn leaves to the next is followed.
TURNED = [
    f"n = 0\nfor e in range(5):\n    n += 2\n    {SETS}    optimizer.step()",
    f"n = 0\nfor e in range(5):\n    {SETS}    optimizer.step()\n    n += 1\n    n += 1",
    f"n = 0\nfor e in range(5):\n    {SETS}    optimizer.step()\n    if e % 2:\n        n += 1",
    f"n = 0\nfor e in range(5):\n    n += 1\n    {SETS}    n += 1\n    optimizer.step()",
    "def bump():\n    global n\n    n += 1\n"
    f"for e in range(5):\n    n = e\n    bump()\n    {SETS}    optimizer.step()",
    "def main():\n    global n\n    n = 0\n    for e in range(5):\n        bump()\n"
    "        adjust()\n        optimizer.step()\ndef bump():\n    global n\n    n = n + 1\n"
    f"def adjust():\n    {SETS}main()",
    "class S:\n    def __init__(self):\n        self.n = 0.0\n    def step(self):\n"
    "        self.n += 1\n        for g in optimizer.param_groups:\n"
    "            g['lr'] = 0.1 / self.n\ns = S()\nfor e in range(5):\n    s.step()\n"
    "    optimizer.step()",
    "for i in range(5):\n    optimizer.step()\n    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)",
    "lr = 0.1\nfor i in range(5):\n    lr *= 0.9\n    for g in optimizer.param_groups:\n"
    "        g['lr'] = lr\n    optimizer.step()",
    "for i in range(5):\n    if i > 2:\n        optimizer.param_groups[0]['lr'] = 0.01\n"
    "    optimizer.step()",
    "for i in range(5):\n    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)\n"
    "    for g in optimizer.param_groups:\n        g['lr'] = 0.2 / (i + 1)\n"
    "    optimizer.step()",
    "for i in range(5):\n    for g in optimizer.param_groups:\n"
    "        g['lr'] = 0.2 / (i + 1)\n        if i < 2:\n"
    "            g['lr'] *= 0.1\n    optimizer.step()",
    "def warm(o, i):\n    for g in o.param_groups:\n        g['lr'] = 0.01 * (i + 1)\n"
    "for i in range(5):\n    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)\n"
    "    if i < 2:\n        warm(optimizer, i)\n    optimizer.step()",
    "optimizer.add_param_group({'params': [], 'lr': 0.5})\nfor i in range(5):\n"
    "    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)\n    optimizer.step()",
    "key = 'lr'\nfor i in range(5):\n    for g in optimizer.param_groups:\n"
    "        g['lr'] = 0.1 / (i + 1)\n        g[key] = 3.0\n    optimizer.step()",
    "def adjust(o, epoch, base):\n    for g in o.param_groups:\n"
    "        g['lr'] = base / (epoch + 1)\n"
    "for e in range(5):\n    adjust(optimizer, e, 0.1)\n    adjust(optimizer, e, 0.2)\n"
    "    optimizer.step()",
    "for e in range(5):\n    for v in (0.1, 0.2):\n        for g in optimizer.param_groups:\n"
    "            g['lr'] = v / (e + 1)\n    optimizer.step()",
    "o = SGD([{'params': model.weight}, {'params': model.bias}], lr=0.1)\nfor i in range(5):\n"
    "    o.param_groups[0]['lr'] = 0.1 / (i + 1)\n    o.step()",
    "for i in range(5):\n    for g in optimizer.param_groups:\n"
    "        g['lr'] = 0.1 / (i + 1)\n        break\n    optimizer.step()",
    GROUPS + "for i in range(5):\n    for g in optimizer.param_groups:\n"
    "        g['lr'] = 0.1 / (i + 1)\n        break\n    optimizer.step()",
    "def adjust(o, t):\n    o.param_groups[0]['lr'] = 0.1 / (t + 1)\n"
    "for e in range(5):\n    n = 4\n    t = e / n\n    n = 8\n    adjust(optimizer, t)\n"
    "    optimizer.step()",
]

#: What is no function of the turns, and not followed.
NO_COUNTERS = [
    f"for n in range(6):\n    if n % 2 == 0:\n        continue\n    {SETS}    optimizer.step()",
    "def main():\n    global n\n    for e in range(5):\n        n = later(e)\n        adjust()\n"
    f"        optimizer.step()\ndef adjust():\n    {SETS}main()",
]

#: What is no function of what the loop counts, and why it is refused.
REFUSED = [
    (
        "for i in range(5):\n    optimizer.param_groups[0]['lr'] = loss(i) * i\n"
        "    optimizer.step()",
        "cannot be computed here",
    ),
    (
        "for i in range(5):\n    optimizer.param_groups[0]['lr'] = 0.1 / (i + 1)\n"
        "    optimizer.param_groups[0].update(lr=0.5)\n    optimizer.step()",
        "sets the rate as well",
    ),
    (KEYED + "\n    optimizer.param_groups[0]['lr_scale'] = 2.0", "'lr_scale' in g"),
    (KEYED + "\n    optimizer.param_groups[0].update(lr_scale=2.0)", "'lr_scale' in g"),
    (
        STRIDE.replace("(i + 1) % accum", "i % accum")
        .replace("accum", "2")
        .replace("len(loader)", "4")
        .replace("in enumerate(loader)", "in enumerate(range(4))"),
        "the updates are not taken as often",
    ),
    (
        STRIDE.replace("if i % accum == 0", "if i % 2 == 1"),
        "where a condition holds",
    ),
    (
        "for e in range(5):\n    for i, x in enumerate(loader):\n"
        "        optimizer.param_groups[0]['lr'] = 0.1 / (e + i + 1)\n        optimizer.step()",
        "len(loader)=",
    ),
]


@pytest.mark.parametrize(("text", "given", "run"), TEXTS)
def test_it_is_a_function_of_what_the_loop_counts(
    text: str, given: dict[str, Any], run: Run
) -> None:
    recipe = read(HEAD + text, names=given)
    assert recipe.run == run
    assert any("a factor of 1.0" in said for said in recipe.assumptions)


@pytest.mark.torch
@pytest.mark.parametrize(("text", "given", "run"), TEXTS)
def test_its_rates_are_those_of_the_loop_itself(text: str, given: dict[str, Any], run: Run) -> None:
    used = executed(HEAD + text, given)
    recipe = read(HEAD + text, names=given)
    assert np.atleast_2d(simulate(recipe, run).values)[0].tolist() == used


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_what_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(ReadError, match=re.escape(why)):
        read(HEAD + text)


@pytest.mark.parametrize(
    "rate",
    ["curve.at(epoch)", "self.curve(epoch + 1)", "next_rate()", "0.5 * fetch(table, key='lr')"],
)
def test_what_a_function_says_in_each_turn_is_not_asked_for_once(rate: str) -> None:
    text = f"for epoch in range(5):\n    optimizer.step()\n    rate = {rate}\n"
    text += "    for group in optimizer.param_groups:\n        group['lr'] = rate"
    with pytest.raises(ReadError, match=r"may be another each time|cannot be computed"):
        read(HEAD + text)
    same = text.replace(rate, "0.1 * dist.get_world_size()")
    assert read(HEAD + same, names={"dist.get_world_size()": 2}).run.length == 5


@pytest.mark.parametrize("text", NO_COUNTERS)
def test_what_does_not_count_the_turns_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match=r"is another each time|where a condition holds"):
        read(HEAD + text)


@pytest.mark.torch
@pytest.mark.parametrize("text", TURNED)
def test_what_a_turn_leaves_to_the_next_is_followed(text: str) -> None:
    used = executed(HEAD + text, {})
    recipe = read(HEAD + text)
    assert recipe.run.length == len(used)
    assert np.atleast_2d(simulate(recipe).values)[0].tolist() == used


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
    "class Cosine(LRScheduler):\n    def __init__(self, optimizer, warm, most):\n"
    "        self.warm, self.most = warm, most\n        super().__init__(optimizer)\n"
    "    def get_lr(self):\n        factor = self.factor(step=self.last_epoch)\n"
    "        return [base * factor for base in self.base_lrs]\n"
    "    def factor(self, step):\n"
    "        factor = 0.5 * (1 + math.cos(math.pi * step / self.most))\n"
    "        if step <= self.warm:\n            factor *= step * 1.0 / self.warm\n"
    "        return factor\nscheduler = Cosine(optimizer, warm=3, most=9)",
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


#: What a class of the text's does besides counting its steps, for which it is not followed.
NO_COUNTING = [
    ("        self.at += 1\n", "        if self.at < 9:\n            self.at += 1\n"),
    ("        self.at += 1\n", "        self.at += 2\n"),
    ("        self.at += 1\n", "        self.at += 1\n        self.peak *= 0.9\n"),
    ("    def shape(", "    def reset(self):\n        self.at = 0\n    def shape("),
    (
        "        self.at += 1\n",
        "        self.at += 1\n        if self.at > 5:\n            return\n",
    ),
    ("        self.at = 0.0\n", "        self.at = 0.0\n        self.step()\n"),
    ("        self.at = 0.0\n", "        self.at = 0.5\n"),
    ("        self.at = 0.0\n", "        self.at = 0.0\n        setattr(self, 'warm', 1)\n"),
    ("def step(self):", "def step(self, epoch=None):"),
    ("            group['lr'] = rate\n", "            group['lr'] = rate * group['scale']\n"),
    ("        return rate\n", "        self.optimizer.param_groups[0]['lr'] = 1\n"),
    ("        self.at += 1\n", "        self.at += 1\n        change(self)\n"),
    (
        "        self.at += 1\n",
        "        self.at += 1\n        self.done = self.at\n        self.warm = 2\n",
    ),
    (
        "        return rate\n",
        "        if rate < 0.3:\n            return rate\n        self.optimizer.step()\n",
    ),
    ("        return rate\n", "        if rate < 0.3:\n            self.optimizer.step()\n"),
]
#: What such a class may do besides.
COUNTING = [
    ("        return rate\n", "        self.rate = rate\n"),
    ("        return rate\n", "        self.optimizer.step()\n"),
    ("        self.at += 1\n", "        self.optimizer.step()\n        self.at += 1\n"),
    ("self.peak * 0.5 *", "self.peak / (1 + self.at) *"),
    ("WarmupSchedule", "Warmed"),
]


@pytest.mark.torch
@pytest.mark.parametrize(
    "loop", ["scheduler.step()\n    optimizer.step()", "optimizer.step()\n    scheduler.step()"]
)
@pytest.mark.parametrize(("plain", "other"), NO_COUNTING + COUNTING)
def test_a_class_that_counts_its_steps_is_followed_or_refused(
    plain: str, other: str, loop: str
) -> None:
    assert plain in COUNTS
    text = HEAD + COUNTS.replace(plain, other) + f"for e in range(12):\n    {loop}"
    try:
        recipe = read(text)
    except ReadError as error:
        assert re.search(
            "another each time|not followed|optimizer is updated|between the updates|scale",
            str(error),
        )
    else:
        used = executed(text, {})
        assert simulate(recipe, len(used)).values.tolist() == used


def test_a_class_that_changes_the_rate_beside_a_scheduler_is_refused() -> None:
    loop = "for e in range(4):\n    decay.step()\n    optimizer.step()\n    sched.step()"
    scheduled = "from torch.optim.lr_scheduler import StepLR\nsched = StepLR(optimizer, 2)\n"
    text = scheduled + DECAYING.replace("'weight_decay'", "'lr'") + loop
    with pytest.raises(ReadError, match="changes optimizer"):
        read(HEAD + text.replace("= 0.1 * self.n", "*= self.n"))


@pytest.mark.parametrize(
    "late", ["scheduler.at = 5", "scheduler.peak = 1", "setattr(scheduler, 'at', 5)",
             "scheduler.__dict__['at'] = 5", "change(scheduler)"],
)  # fmt: skip
@pytest.mark.torch
def test_a_class_that_is_changed_from_outside_is_followed_or_refused(late: str) -> None:
    text = f"{HEAD}{COUNTS}{late}\nfor e in range(12):\n    scheduler.step()\n    optimizer.step()"
    if "change" in late:
        with pytest.raises(ReadError, match="another each time"):
            read(text)
    else:
        used = executed(text, {})
        assert simulate(read(text), len(used)).values.tolist() == used


def test_a_rate_that_a_branch_may_set_is_asked_for() -> None:
    scheduled = (
        "from torch.optim.lr_scheduler import StepLR\n"
        "def adjust(o, v):\n    for g in o.param_groups:\n        g['lr'] = v\n"
        "s = StepLR(optimizer, 2)\n{}\nfor e in range(4):\n    optimizer.step()\n    s.step()"
    )
    branch = scheduled.format("if args.resume:\n    adjust(optimizer, 0.5)")
    with pytest.raises(ReadError, match=re.escape("--set args.resume=...")):
        read(HEAD + branch)
    assert read(HEAD + branch, names={"args.resume": False}).run == Run(4)
    handler = scheduled.format("try:\n    load()\nexcept OSError:\n    adjust(optimizer, 0.5)")
    with pytest.raises(ReadError, match="changes optimizer"):
        read(HEAD + handler)


def test_everything_that_a_stride_lacks_is_asked_for_at_once() -> None:
    with pytest.raises(ReadError) as caught:
        read(HEAD + STRIDE.replace(", 0.1)", ", args.lr)"))
    assert all(name in str(caught.value) for name in ("accum", "len(loader)", "args.lr"))


@st.composite
def strides(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a loop that sets a rate with some batch of an update, or with another's."""
    every, first, other = (
        draw(st.integers(1, 4)),
        draw(st.integers(0, 1)),
        draw(st.integers(1, 4)),
    )
    update = draw(st.sampled_from([every, every, every, other]))
    plus = draw(st.sampled_from([1, 1, 1, 0, 2]))
    argument = draw(st.sampled_from(["i / len(loader) + e", "i", "e + n", "i + n * e", "n - e"]))
    bump = draw(st.sampled_from(["", "", "n = 8", "n += 1", "i = 0"]))
    where = draw(st.sampled_from(["before", "after"]))
    lines = [f"if (i + {first}) % {every} == 0:", "    adjust(optimizer, " + argument + ")"]
    if bump:
        lines.insert(0 if where == "before" else 2, bump)
    late = draw(st.booleans()) and not bump
    step = [f"if (i + {plus}) % {update} == 0:", "    optimizer.step()"]
    body = [*lines, *step] if not late else [*step, *lines]
    start = draw(st.sampled_from([0, 0, 1]))
    text = (
        "n = 4\ndef adjust(o, t):\n    rate = 0.1 / (1 + abs(t))\n"
        "    for g in o.param_groups:\n        g['lr'] = rate\n"
        f"for e in range(3):\n    for i, x in enumerate(loader, {start}):\n"
    )
    text += "".join(f"        {line}\n" for line in body)
    return text, {"len(loader)": draw(st.integers(1, 9))}


@pytest.mark.torch
@given(strides())
def test_a_stride_is_what_the_loop_does_or_refused(drawn: tuple[str, dict[str, Any]]) -> None:
    text, given_ = drawn
    try:
        recipe = read(HEAD + text, names=given_)
    except IsorateError:
        reject()
    used = executed(HEAD + text, given_)
    length = recipe.run.length if recipe.run.epochs or recipe.run.updates else len(used)
    assert len(used) == length
    if used:
        assert simulate(recipe, length).values.tolist() == used


#: What a loop does besides stepping such an object once.
BESIDE = [
    "scheduler.step()",
    "scheduler.at = 1",
    "x = scheduler.at",
    "if e % 2:\n        scheduler.step()",
    "lr = scheduler.step()",
    "s = scheduler\n    s.step()",
    "print(scheduler.peak)",
    "scheduler.step() if e > 3 else 0",
    "[scheduler.step() for _ in range(2)]",
    "e > 3 and scheduler.step()",
    "f = scheduler.step\n    f()",
]


@st.composite
def counting(draw: st.DrawFn) -> str:
    """Draw a class that counts its steps, or does something else beside it."""
    text = COUNTS
    changes = st.sampled_from(NO_COUNTING + COUNTING)
    for plain, other in draw(st.lists(changes, max_size=2, unique=True)):
        text = text.replace(plain, other) if draw(st.booleans()) else text
    more = draw(st.lists(st.sampled_from(BESIDE), max_size=1))
    body = ["scheduler.step()", "optimizer.step()", *more]
    body = draw(st.permutations(body))
    return text + "for e in range(8):\n" + "".join(f"    {line}\n" for line in body)


@pytest.mark.torch
@given(counting())
def test_a_class_that_counts_its_steps_does_as_it_is_read_or_is_refused(text: str) -> None:
    try:
        recipe = read(HEAD + text)
    except ReadError:
        reject()
    used = executed(HEAD + text, {})
    assert simulate(recipe, len(used)).values.tolist() == used


def test_a_group_that_something_may_have_changed_is_not_followed() -> None:
    loop = (
        "rate = 0.2\nfor e in range(5):\n    optimizer.step()\n    rate *= 0.5\n"
        "    for group in optimizer.param_groups:\n        group['lr'] = rate\n"
    )
    assert read(HEAD + loop).run.length == 5
    with pytest.raises(ReadError, match="another each time"):
        read(f"{HEAD}{loop}        group = note(group)")
    late = "group, *_ = optimizer.param_groups\nglobals()['optimizer'] = None\ngroup['lr'] = 0.3"
    with pytest.raises(ReadError, match="changes optimizer"):
        read(f"{HEAD}scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)\n{late}")


def test_a_rate_written_by_hand_keeps_the_optimizer_of_the_text() -> None:
    text = """
groups = [{"params": a, "weight_decay": 0.0}, {"params": b}]
opt = torch.optim.AdamW(groups, 1e-4, betas=(0.9, 0.95))
for step in range(100):
    for group in opt.param_groups:
        group["lr"] = 0.1 * 0.99**step
    opt.step()
"""
    call: Any = read(text).call
    assert call.optimizer.name == "AdamW"
    assert call.optimizer.arguments == ("betas=(0.9, 0.95)",)
    assert [group.others for group in call.optimizer.groups] == [("'weight_decay': 0.0",), ()]
    best = convert(text, to="torch").ways[0].call
    assert best.code == (
        "torch.optim.lr_scheduler.ExponentialLR(torch.optim.AdamW([{'params': params_0, 'lr': 0.1,"
        " 'weight_decay': 0.0}, {'params': params_1, 'lr': 0.1}], lr=0.1, betas=(0.9, 0.95)),"
        " gamma=0.99)"
    )


def test_what_the_text_counts_itself_is_what_its_rates_are_of() -> None:
    text = """
class Warmed:
    def __init__(self, inner, width):
        self._inner, self.width, self.taken = inner, width, 0
    def train(self):
        self._set()
        self._inner.step()
    def _scale(self):
        return self.width ** -0.5 * min(self.taken ** -0.5, self.taken * 40 ** -1.5)
    def _set(self):
        self.taken += 1
        for group in self._inner.param_groups:
            group["lr"] = self._scale()

warmed = Warmed(SGD(model.parameters(), lr=0.1), 64)
for epoch in range(3):
    for batch in range(10):
        warmed.train()
"""
    recipe = read(HEAD + text)
    assert recipe.run == Run(epochs=3, updates_per_epoch=10)
    rates = [64**-0.5 * min(n**-0.5, n * 40**-1.5) for n in range(1, 31)]
    assert simulate(recipe).values.tolist() == rates


def test_an_optimizer_that_each_turn_builds_anew_is_not_followed() -> None:
    text = (
        "for k in range(9):\n    optimizer = SGD(model.parameters(), lr=0.6)\n"
        "    for group in optimizer.param_groups:\n        group['lr'] = 0.1 * 0.5 ** k\n"
        "    optimizer.step()\n"
    )
    with pytest.raises(ReadError, match="another optimizer in each turn"):
        read(HEAD + text)


#: Functions whose loop makes a list, an item a turn.
LISTING = """
def rates(n):
    found = [0.5, 0.25]
    for i in range(n):
        if i < 300:
            rate = 0.1 * (i + 1) / 300
        else:
            rate = 0.05 * (1 + math.cos(math.pi * (i - 300) / (n - 300)))
        found.append(rate)
    return found
"""


def test_a_long_list_is_a_function_of_the_place() -> None:
    scope: dict[str, Any] = {"math": math}
    exec(LISTING, scope)
    recipe = read(LISTING, names={"n": 5000})
    assert recipe.run.updates == 5002
    assert recipe.curve.values.tolist() == scope["rates"](5000)


@pytest.mark.parametrize(
    "turn",
    [
        "rate = rate * 0.999\n        found.append(rate)",  # which the turn before has left
        "if i > 3:\n            found.append(0.1)",
        "found.append(found[-1] * 0.999 if found else 0.1)",
        "found.append(0.1 * draw(i))",
        "found.append(0.1)\n        found.append(0.2)\n        rate = 3",
        "if i == 4:\n            break\n        found.append(0.1)",
        "if i % 2:\n            continue\n        found.append(0.1)",
        "found.append(0.1)\n        if i > 4:\n            n = 3",
        "if i > 4:\n            found.append(0.1)\n        found.append(0.2)",
    ],
)
def test_a_long_list_is_none_whose_turns_are_no_function_of_the_place(turn: str) -> None:
    text = f"def rates(n):\n    rate, found = 0.1, []\n    for i in range(n):\n        {turn}\n"
    with pytest.raises(ReadError):
        read(f"{text}    return found", names={"n": 5000})


def test_where_nothing_else_is_left_than_an_error_all_is_asked_for_at_once() -> None:
    text = (
        "def adjust(optimizer, epoch, c):\n    if c.kind == 'poly':\n"
        "        lr = c.lr * (1 - epoch / c.n)\n    else:\n        raise ValueError(c.kind)\n"
        "    for g in optimizer.param_groups:\n        g['lr'] = lr"
    )
    with pytest.raises(ReadError, match=r"c\.kind=.*c\.lr=.*c\.n="):
        read(text)
    found = read(text, names={"c.kind": "poly", "c.lr": 0.1, "c.n": 4})
    assert simulate(found, 2).values[1] == 0.1 * 0.75


STEPPED = """
optimizer = torch.optim.SGD(params, lr=0.1)
sched = torch.optim.lr_scheduler.StepLR(optimizer, 2)
for epoch in range(4):
    {}
    for batch in range(5):
        if epoch < 2:
            for group in optimizer.param_groups:
                group["lr"] = 0.1 * (epoch + 1)
        {}
        optimizer.step()
    sched.step()
"""


@pytest.mark.parametrize(
    ("outside", "inside", "says"),
    [
        ("pass", "sched.last_epoch = 3", "changes sched"),
        ("optimizer.step()", "pass", "nobody knows what trains"),
        ("for g in optimizer.param_groups: g['lr'] *= 0.5", "pass", "changes optimizer"),
        ("pass", "if batch == 2: continue", "more often than the optimizer"),
        ("for _ in range(2): sched.step()", "pass", "in another loop"),
        ("if epoch == 1: sched = torch.optim.lr_scheduler.StepLR(optimizer, 3)", "pass",
         "builds a scheduler where it cannot be followed"),
        ("pass", "range = lambda *given: [1, 2]", "how many turns"),
        ("for g in optimizer.param_groups: sched.step()", "pass", "steps for each group"),
    ],
)  # fmt: skip
def test_what_is_not_followed_beside_a_rate_that_is_set(
    outside: str, inside: str, says: str
) -> None:
    assert read(STEPPED.format("pass", "pass")).name == "loop"
    with pytest.raises(ReadError, match=re.escape(says)):
        read(STEPPED.format(outside, inside))


def test_the_first_rates_are_asked_for_beside_what_is_set() -> None:
    text = STEPPED.replace("optimizer = torch.optim.SGD(params, lr=0.1)\n", "").format(
        "pass", "pass"
    )
    with pytest.raises(ReadError, match="--lr"):
        read(text)
    given = simulate(read(text, lr=0.1)).values
    assert given.tolist() == simulate(read(STEPPED.format("pass", "pass"))).values.tolist()


def test_what_is_set_and_goes_on_is_a_schedule_where_one_scheduler_goes_on() -> None:
    recipe = read(STEPPED.format("pass", "pass"))
    said, native = evaluate(recipe.schedule, 20).values, simulate(recipe).values
    assert np.abs(said - native).max() < 1e-15
