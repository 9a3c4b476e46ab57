"""Rates of what an object of the text counts, beside those that the text really uses."""

from __future__ import annotations

import re
from random import Random
from textwrap import indent

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from isorate import IsorateError, read, simulate
from tests.test_reading_loops import executed

HEAD = "import math\nfrom torch.optim import SGD\nopt = SGD(model.parameters(), lr=0.1)\n"
#: What a rate may be of a count ``t``.
RATES = ["P * 0.5 ** t", "P * min(max(1, t) ** -0.5, t * 4 ** -1.5)", "P / (2 + abs(t))",
         "P * (1 + math.cos(math.pi * t / 10)) / 2", "max(0.01, P * (1 - t / self.total))",
         "[0.3, 0.2, 0.1][min(abs(t) // 3, 2)]"]  # fmt: skip
#: How an object comes to its rate: what it does, what the rate is, and the method that says it.
WAYS = [
    ("", "RATE", ""),
    ("", "self.rate()", "def rate(self):\n    return RATE"),
    ("self.lr = RATE", "self.lr", ""),
    ("if self.n < 3:\n    lr = 0.3 * self.n / 3\nelse:\n    lr = RATE", "lr", ""),
    ("if self.n < 3:\n    self.lr = 0.1 * self.n\nelse:\n    self.lr = RATE", "self.lr", ""),
    ("self.lr = RATE\nif self.n > 4:\n    self.lr *= 0.5", "self.lr", ""),
    ("", "self.rate(self.n)",
     "def rate(self, t):\n    if t < 3:\n        return 0.1 * t\n    return OF_T"),
    ("", "self.rate", "@property\ndef rate(self):\n    t, p = self.n, self.peak\n    return OF_T"),
    ("lr = self.rate()\nself.seen = lr", "lr",
     "def rate(self, t=None):\n    if t is None:\n        t = self.n\n    return OF_T"),
    ("self.update()", "self.lr", "def update(self):\n    self.lr = RATE"),
]  # fmt: skip
ADDING = ["self.n += 1"] * 5 + ["self.n = self.n + 1", "self.n += 2", "self.bump()",
                                "if self.n < 5:\n    self.n += 1"]  # fmt: skip
#: What a step does besides, and what a turn of the loop does besides.
INSIDE = ["self.total = 20", "self.peak *= 0.9", "self.n = 0", "if self.n > 6:\n    return"]
BESIDE = ["w.go()", "w.n = 2", "w.restart()", "x = w.n", "w.peak = 0.5", "w.n += 1",
          "e > 1 and w.go()", "w.go() if e else None"]  # fmt: skip
LOOPS = [
    "for e in range(9):\n    TURN",
    "for e in range(3):\n    for b in loader:\n        TURN",
    "def epoch(w, e):\n    for b in loader:\n        TURN\nfor e in range(3):\n    epoch(w, e)",
    "for e in range(3):\n    for i, b in enumerate(loader):\n"
    "        if (i + 1) % 2 == 0:\n            TURN",
    "for e in range(3):\n    w.restart()\n    for b in loader:\n        TURN",
    "for e in range(3):\n    for b in loader:\n        opt.step()\n    w.go()",
    "go = w.go\nfor e in range(3):\n    go()\n    for b in loader:\n        opt.step()",
    "class Fit:\n    def __init__(self, w):\n        self.w = w\n    def run(self, w):\n"
    "        for e in range(2):\n            for b in loader:\n                TURN\nFit(w).run(w)",
    "e = 0\nwhile e < 7:\n    e += 1\n    TURN",
]  # fmt: skip


def counting(draw: Random) -> str:
    """Draw a text that counts in an object, and sets its rates by that."""
    rate = draw.choice(RATES).replace("P", "self.peak")
    does, value, method = draw.choice(WAYS)
    write = f"{does}\nfor group in self.opt.param_groups:\n    group['lr'] = {value}".strip()
    trains = draw.random() < 0.5
    parts = [write, draw.choice(ADDING), *(["self.opt.step()"] if trains else [])]
    parts = draw.sample(parts, len(parts))
    if draw.random() < 0.2:
        parts.insert(draw.randrange(len(parts) + 1), draw.choice(INSIDE))
    start = draw.choice([0, 0, 1, 0.0, -1])
    first = ["self.opt, self.peak, self.total = opt, 0.3, 12", f"self.n = {start}"]
    methods = ["def __init__(self, opt):\n" + indent("\n".join(first), "    "),
               "def go(self):\n" + indent("\n".join(parts), "    "), method,
               "def bump(self):\n    self.n += 1",
               "def restart(self):\n    self.n = 0"]  # fmt: skip
    whole = indent("\n".join(methods), "    ").replace("OF_T", rate)
    whole = whole.replace("RATE", re.sub(r"\bt\b", "self.n", rate))
    turn = ["w.go()"]
    if not trains:
        turn.insert(draw.randrange(2), "opt.step()")
    if draw.random() < 0.3:
        turn.insert(draw.randrange(len(turn) + 1), draw.choice(BESIDE))
    loop = draw.choice(LOOPS)
    margin = next(line for line in loop.split("\n") if "TURN" in line or "w.go" in line)
    inside = f"\n{margin.removesuffix('TURN')}".join(turn)
    return f"{HEAD}class Wrap:\n{whole}\nw = Wrap(opt)\n{loop.replace('TURN', inside)}\n"


@pytest.mark.torch
@given(st.randoms(use_true_random=False))
def test_what_an_object_counts_is_followed_or_refused(draw: Random) -> None:
    pytest.importorskip("torch")
    text = counting(draw)
    names = {"len(loader)": 5} if "loader" in text else {}
    try:
        recipe = read(text, names=names)
    except IsorateError:
        reject()
    try:
        used = executed(text, names)
    except TypeError:  # a float is no place in a list
        reject()
    if used:
        assert recipe.run.updates in (None, len(used))
        assert simulate(recipe, len(used)).values.tolist() == used
