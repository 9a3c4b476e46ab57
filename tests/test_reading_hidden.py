"""What steps, or sets a rate, by another way than it seems: read as it runs, or not read."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")

from tests.test_reading_mutants import verdict

pytestmark = pytest.mark.torch

OPT = "opt = torch.optim.SGD(model.parameters(), lr=0.1)\n"
SCHED = f"{OPT}sched = ExponentialLR(opt, 0.9)\n"
TWICE = """
def twice(f):
    def inner(*given):
        f(*given)
        return f(*given)
    return inner
"""
LOOP = """
for epoch in range(4):
    for batch in loader:
        opt.step()
"""
WRITER = """
class Writer:
    def __init__(self, o):
        self.o = o
"""
WRITES = "        for g in self.o.param_groups:\n            g['lr'] *= 0.5\n"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "elsewhere", SimpleNamespace(value=7))


READ = {
    "a decorator of the text's own": (
        "def half(f):\n    return lambda k: 0.5 * f(k)\n@half\ndef factor(k):\n"
        "    return 0.9 ** k\n"
        f"{OPT}sched = LambdaLR(opt, factor)"
    ),
    "a decorator with arguments": (
        "import functools\ndef scaled(by):\n    def deco(f):\n        @functools.wraps(f)\n"
        "        def g(k):\n            return by * f(k)\n        return g\n    return deco\n"
        f"@scaled(3)\n@scaled(0.1)\ndef factor(k):\n    return 0.9 ** k\n{OPT}"
        "sched = LambdaLR(opt, factor)"
    ),
    "a decorator of a function that trains": (
        "def timed(f):\n    def inner(*given, **named):\n        found = f(*given, **named)\n"
        "        return found\n    return inner\n@timed\ndef build(rate, size=2):\n"
        "    o = torch.optim.SGD(model.parameters(), lr=rate)\n    return StepLR(o, size)\n"
        "sched = build(0.3, size=3)"
    ),
    "bases in the order in which Python looks": (
        "class A:\n    def rate(self, e):\n        return 0.1\n"
        "class B(A):\n    def rate(self, e):\n        return super().rate(e) * 0.5 ** e\n"
        "class C(A):\n    def rate(self, e):\n        return 0.3\nclass D(B, C):\n    pass\n"
        f"d = D()\n{OPT}for epoch in range(4):\n    for g in opt.param_groups:\n"
        "        g['lr'] = d.rate(epoch)\n    for batch in loader:\n        opt.step()"
    ),
    "an end that comes whatever ends": (
        "def pick():\n    try:\n        return 0.1\n    finally:\n        return 0.4\n"
        "opt = torch.optim.SGD(body, lr=pick())\nsched = StepLR(opt, 2)"
    ),
    "an end of a turn that goes on": (
        f"{SCHED}for epoch in range(5):\n    try:\n        for batch in loader:\n"
        "            opt.step()\n        continue\n    finally:\n        sched.step()"
    ),
    "a list that a dict has made": (
        "cfg = {}\ncfg.setdefault('at', []).append(2)\ncfg.get('at').append(4)\n"
        f"{OPT}sched = MultiStepLR(opt, cfg['at'])"
    ),
    "a class that is told of its subclasses": (
        "class A:\n    lr = 0.1\n    def __init_subclass__(cls, **named):\n"
        "        cls.lr = cls.lr * 2\nclass B(A):\n    pass\n"
        "opt = torch.optim.SGD(body, lr=B.lr)\nsched = StepLR(opt, 2)"
    ),
    "an object that sets its attributes itself": (
        "class C:\n    def __setattr__(self, key, value):\n        self.__dict__[key] = value * 2\n"
        "c = C()\nc.lr = 0.1\nopt = torch.optim.SGD(body, lr=c.lr)\nsched = StepLR(opt, 2)"
    ),
    "a descriptor": (
        "class D:\n    def __get__(self, of, kind=None):\n        return 0.5\n"
        "    def __set__(self, of, value):\n        pass\nclass C:\n    lr = D()\n"
        "c = C()\nc.lr = 0.1\nopt = torch.optim.SGD(body, lr=c.lr)\nsched = StepLR(opt, 2)"
    ),
    "a property that sets rates": (
        f"{WRITER}    @property\n    def lr(self):\n        return 0\n    @lr.setter\n"
        "    def lr(self, v):\n        for g in self.o.param_groups:\n            g['lr'] = v * 2\n"
        f"{OPT}w = Writer(opt)\nfor epoch in range(4):\n    w.lr = 0.1 / (epoch + 1)\n"
        "    for batch in loader:\n        opt.step()"
    ),
    "a dict whose keys are computed before its values": (
        f"seen = [0]\ndef t():\n    seen[0] += 1\n    return seen[0]\nd = {{t(): t(), t(): t()}}\n"
        f"{OPT}sched = MultiStepLR(opt, sorted(d.values()), 0.5)"
    ),
    "two lists that are not one": (
        f"a, b = [2], [2]\n{OPT}sched = StepLR(opt, 3 if a is b else 2, 0.5)"
    ),
    "an argument that has no name": (
        "def f(a, /, b=2, **named):\n    return a + b + named['a']\n"
        f"{OPT}sched = StepLR(opt, f(1, a=-1), 0.5)"
    ),
    "a descriptor that is told its name": (
        "class D:\n    def __set_name__(self, owner, name):\n        owner.n = 4\n"
        f"class A:\n    n = 2\n    d = D()\n{OPT}sched = StepLR(opt, A.n, 0.5)"
    ),
    "a function of Python's that is another for a while": (
        "import builtins\nkeep = builtins.max\nbuiltins.max = min\nn = max(2, 4)\n"
        f"builtins.max = keep\n{OPT}sched = StepLR(opt, n, 0.5)"
    ),
}
NOT_READ = {
    "a decorated function steps twice": (
        f"{TWICE}{SCHED}@twice\ndef go():\n    sched.step()\n{LOOP}    go()"
    ),
    "a decorated function steps where a condition holds": (
        f"{TWICE}{SCHED}@twice\ndef go():\n    sched.step()\n{LOOP}    sched.step()\n"
        "    if epoch == 2:\n        go()"
    ),
    "a decorated class": (
        "def doubled(of):\n    class New(of):\n        def step(self):\n"
        "            super().step()\n            super().step()\n"
        "    return New\n@doubled\nclass Drive:\n"
        "    def __init__(self, s):\n        self.s = s\n    def step(self):\n"
        f"        self.s.step()\n{SCHED}drive = Drive(sched)\n{LOOP}    drive.step()"
    ),
    "a method by another name": (
        f"{SCHED}go = sched.step\n{LOOP}    sched.step()\n    if epoch == 2:\n        go()"
    ),
    "a lambda": (
        f"{SCHED}go = lambda: sched.step()\n{LOOP}    sched.step()\n"
        "    if epoch == 2:\n        go()"
    ),
    "a partial": (
        f"import functools\n{SCHED}def some(s, n):\n    for _ in range(n):\n        s.step()\n"
        f"go = functools.partial(some, sched, 2)\n{LOOP}    sched.step()\n"
        "    if epoch == 2:\n        go()"
    ),
    "a function of a function": (
        "def main():\n    opt = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "    sched = ExponentialLR(opt, 0.9)\n    def go():\n        sched.step()\n"
        "    for epoch in range(4):\n        for batch in loader:\n            opt.step()\n"
        "        sched.step()\n        if epoch == 2:\n            go()\n    return opt, sched\n"
        "opt, sched = main()"
    ),
    "one of a dict of functions": (
        f"{SCHED}def go():\n    sched.step()\ndef stay():\n    pass\nways = {{2: go}}\n{LOOP}"
        "    sched.step()\n    ways.get(epoch, stay)()"
    ),
    "a method that an object holds": (
        "class T:\n    def __init__(self, o, s):\n        self.opt, self.sched = o, s\n"
        "        self.go = s.step\n    def run(self):\n        for epoch in range(4):\n"
        "            for batch in loader:\n                self.opt.step()\n"
        "            self.sched.step()\n            if epoch == 2:\n                self.go()\n"
        f"{SCHED}T(opt, sched).run()"
    ),
    "a method that an object was handed": (
        "class Bus:\n    def __init__(self):\n        self.h = {}\n    def on(self, n, f):\n"
        "        self.h.setdefault(n, []).append(f)\n    def fire(self, n):\n"
        "        for f in self.h.get(n, []):\n            f()\n"
        f"{SCHED}bus = Bus()\nbus.on('end', sched.step)\n{LOOP}    sched.step()\n"
        "    bus.fire('end')"
    ),
    "a method of what a call builds": (
        "class T:\n    def __init__(self, s):\n        self.s = s\n    def go(self):\n"
        f"        self.s.step()\n{SCHED}{LOOP}    sched.step()\n    if epoch == 2:\n"
        "        T(sched).go()"
    ),
    "one optimizer or another": (
        f"{OPT}fine = torch.optim.SGD(model.parameters(), lr=0.01)\nsched = StepLR(opt, 2)\n"
        "for epoch in range(6):\n    now = fine if epoch < 3 else opt\n"
        "    for batch in loader:\n        now.step()\n    sched.step()"
    ),
    "a framework's class that is changed": (
        "kept = torch.optim.lr_scheduler.ExponentialLR.get_lr\n"
        "torch.optim.lr_scheduler.ExponentialLR.get_lr = lambda self: [0.5]\n"
        f"{SCHED}for i in range(5):\n    opt.step()\n    sched.step()\n"
        "torch.optim.lr_scheduler.ExponentialLR.get_lr = kept"
    ),
    "what ends a block steps": (
        "class Ctx:\n    def __init__(self, s):\n        self.s = s\n    def __enter__(self):\n"
        "        return self\n    def __exit__(self, *given):\n        self.s.step()\n"
        f"{SCHED}for epoch in range(4):\n    with Ctx(sched):\n        for batch in loader:\n"
        "            opt.step()\n    sched.step()"
    ),
    "an error that steps": (
        f"{SCHED}for i in range(8):\n    try:\n        note(i)\n        opt.step()\n"
        "        boom()\n    except ValueError:\n        sched.step()\n    sched.step()"
    ),
    "a state of the text's own": (
        f"{SCHED}other = torch.optim.SGD(model.parameters(), lr=0.7)\n"
        f"opt.load_state_dict(other.state_dict())\n{LOOP}    sched.step()"
    ),
    "the list of a sequence that is turned round": (
        f"{OPT}parts = [LinearLR(opt, 0.1, total_iters=3), StepLR(opt, 1)]\n"
        "sched = SequentialLR(opt, parts, [3])\nparts.reverse()"
    ),
    "a hook": (
        f"{OPT}opt.register_step_pre_hook(lambda o, a, k: write(o))\nfor epoch in range(4):\n"
        "    for g in opt.param_groups:\n        g['lr'] = 0.1 / (epoch + 1)\n"
        "    for batch in loader:\n        opt.step()"
    ),
    "a first rate that something wrote": (
        f"{OPT}write(opt)\n{LOOP}        opt.param_groups[0]['lr'] = 0.1 * 0.5 ** epoch"
    ),
    "objects that are compared by their fields": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    a: int = 1\n"
        "opt = torch.optim.SGD(body, lr=0.3 if C() == C() else 0.1)\nsched = StepLR(opt, 2)"
    ),
    "an operator of the text's own": (
        f"{WRITER}    def __iadd__(self, n):\n{WRITES}        return self\n{SCHED}"
        f"w = Writer(opt)\n{LOOP}    sched.step()\n    w += 1"
    ),
    "an item that is set": (
        f"{WRITER}    def __setitem__(self, key, value):\n{WRITES}{SCHED}w = Writer(opt)\n{LOOP}"
        "    sched.step()\n    w['lr'] = 0.3"
    ),
    "a truth that writes": (
        f"{WRITER}    def __bool__(self):\n{WRITES}        return True\n{SCHED}w = Writer(opt)\n"
        f"{LOOP}    sched.step()\n    if w:\n        pass"
    ),
    "what is gone through writes": (
        f"{WRITER}    def __iter__(self):\n{WRITES}        return iter(range(5))\n{SCHED}"
        "w = Writer(opt)\nfor epoch in range(4):\n    for batch in w:\n        opt.step()\n"
        "    sched.step()"
    ),
    "a property that is set where a condition holds": (
        f"{WRITER}    @property\n    def lr(self):\n        return 0\n    @lr.setter\n"
        f"    def lr(self, v):\n{WRITES}{SCHED}w = Writer(opt)\n{LOOP}    sched.step()\n"
        "    if epoch == 2:\n        w.lr = 0.5"
    ),
    "an optimizer that nothing updates": (
        f"{OPT}old = torch.optim.SGD(model.parameters(), lr=0.7)\nfor epoch in range(4):\n"
        "    for g in old.param_groups:\n        g['lr'] = 0.1 / (epoch + 1)\n"
        "    for batch in loader:\n        opt.step()"
    ),
    "the copy of an optimizer": (
        f"import copy\n{SCHED}sched = None\nfirst, opt = opt, copy.deepcopy(opt)\n"
        f"other = ExponentialLR(first, 0.9)\n{LOOP}    other.step()"
    ),
    "a list that counts": (
        f"{OPT}n = [0]\ndef tick():\n    n[0] += 1\n    for g in opt.param_groups:\n"
        "        g['lr'] = 0.1 / n[0]\nfor epoch in range(3):\n    for batch in loader:\n"
        "        tick()\n        opt.step()"
    ),
    "a default that counts": (
        f"{OPT}def tick(n=[0]):\n    n[0] += 1\n    for g in opt.param_groups:\n"
        "        g['lr'] = 0.1 / n[0]\nfor epoch in range(3):\n    for batch in loader:\n"
        "        tick()\n        opt.step()"
    ),
    "rates one after the other": (
        f"import itertools\n{OPT}rates = itertools.cycle([0.1, 0.05])\nfor epoch in range(4):\n"
        "    rate = next(rates)\n    for g in opt.param_groups:\n        g['lr'] = rate\n"
        "    for batch in loader:\n        opt.step()"
    ),
    "a count that is imported": (
        f"{SCHED}for epoch in range(1, 11):\n    for batch in loader:\n        opt.step()\n"
        "        from elsewhere import value as epoch\n    if epoch > 4:\n        sched.step()"
    ),
    "a count that a pattern binds": (
        f"{OPT}sched = StepLR(opt, 3, 0.5)\nfor step in range(12):\n    if step < 4:\n"
        "        match 3:\n            case step: pass\n        for g in opt.param_groups:\n"
        "            g['lr'] = 0.02 * (step + 1)\n    opt.step()\n    sched.step()"
    ),
    "a step that what is raised keeps from": (
        f"{SCHED}class Skip(Exception): pass\nfor epoch in range(4):\n    try:\n"
        "        opt.step()\n"
        "        if epoch == 2:\n            raise Skip\n        sched.step()\n"
        "    except Skip:\n        pass"
    ),
    "loops that what is raised leaves": (
        f"{SCHED}class Done(Exception): pass\ntry:\n    for epoch in range(4):\n"
        "        for batch in range(3):\n            opt.step()\n"
        "            if epoch == 2 and batch == 1:\n                raise Done()\n"
        "        sched.step()\nexcept Done:\n    sched.step()\n    opt.step()"
    ),
    "a generator that steps where it ends": (
        f"from contextlib import contextmanager\n{SCHED}@contextmanager\ndef turn():\n    yield\n"
        "    sched.step()\nfor epoch in range(4):\n    with turn():\n        opt.step()\n"
        "    sched.step()"
    ),
    "a step that a comparison comes to": (
        f"{SCHED}for epoch in range(4):\n    opt.step()\n    2 < epoch < (sched.step() or 9)"
    ),
    "a value that nobody knows after what swallows": (
        "class Quiet:\n    def __enter__(self): return self\n"
        "    def __exit__(self, *given): return True\nn = 2\nwith Quiet():\n    n = 3\n"
        f"    int('x')\n    n = 4\n{OPT}sched = StepLR(opt, n, 0.5)"
    ),
    "an iterator that is gone through twice": (
        "it = iter([2, 4, 6])\npairs = list(zip(it, it))\n"
        f"{OPT}sched = MultiStepLR(opt, [*pairs[0], *it], 0.5)"
    ),
    "a function that is made another": (
        f"def f(k): return 0.5 ** k\ndef g(k): return 0.9 ** k\n{OPT}f.__code__ = g.__code__\n"
        "sched = LambdaLR(opt, f)"
    ),
    "an object that is made another's": (
        "class A:\n    def n(self): return 2\nclass B:\n    def n(self): return 4\na = A()\n"
        f"a.__class__ = B\n{OPT}sched = StepLR(opt, a.n(), 0.5)"
    ),
    "a class that its maker makes": (
        "class M(type):\n    def __new__(cls, name, bases, names):\n        names['n'] = 4\n"
        "        return super().__new__(cls, name, bases, names)\nclass A(metaclass=M):\n"
        f"    n = 2\n{OPT}sched = StepLR(opt, A.n, 0.5)"
    ),
    "milestones that are changed where they are held": (
        f"{OPT}marks = [2]\nsched = torch.optim.lr_scheduler.SequentialLR(\n    opt, "
        "[ConstantLR(opt, 0.5, 9), ExponentialLR(opt, 0.9)], marks)\nmarks[0] = 4"
    ),
    "what is written into what is called anew": (
        "seen = [0]\ndef at():\n    seen[0] += 1\n    return seen[0]\nx = [1, 2, 3]\n"
        f"x[at()] += 2\n{OPT}sched = MultiStepLR(opt, x, 0.5)"
    ),
    "a factor that is drawn": (
        f"import random\n{OPT}sched = LambdaLR(opt, lambda k: random.random())"
    ),
    "the next factor of a generator": (
        "def halves():\n    r = 1.0\n    while True:\n        yield r\n        r /= 2\n"
        f"g = halves()\n{OPT}sched = LambdaLR(opt, lambda k: next(g))"
    ),
    "a name that each group hands to the next": (
        "opt = torch.optim.SGD([{'params': body}, {'params': head}], lr=0.1)\n"
        "sched = LambdaLR(opt, lambda k: 0.9**k)\nfor epoch in range(3):\n"
        "    for batch in range(3):\n        ends = [0.1, 0.2]\n"
        "        for g in opt.param_groups:\n"
        "            g['lr'] = ends[0] * batch\n            ends = ends[::-1]\n"
        "        opt.step()\n    sched.step()"
    ),
    "a step under a condition, by a name that may be another's": (
        f"{SCHED}from elsewhere import *\nif flag:\n    getattr(sched, 'st' + 'ep')()\n"
        "for epoch in range(4):\n    opt.step()\n    sched.step()"
    ),
    "a step under a condition, by a name that is given there": (
        f"{SCHED}if flag:\n    go = sched.step\n    go()\n"
        "for epoch in range(4):\n    opt.step()\n    sched.step()"
    ),
    "a list that is changed by the default of what a turn defines": (
        "ends = [2, 5]\nopt = torch.optim.SGD(body, lr=0.1)\nfor k in range(8):\n"
        "    for g in opt.param_groups:\n"
        "        g['lr'] = 0.1 * 0.5 ** np.digitize(k, ends, right=True)\n    opt.step()\n"
        "    def inner(given=ends): given.append(5)\n    inner()"
    ),
    "a step that an import makes another": (
        f"def at(k):\n    from elsewhere import value as k\n    return 0.5 ** k\n{OPT}"
        "sched = LambdaLR(opt, at)"
    ),
    "an optimizer that a turn builds after its rate is set": (
        "step = 4\nopt = torch.optim.SGD(body, lr=0.1)\nfor k in range(6):\n"
        "    for g in opt.param_groups:\n        g['lr'] = 0.1 * 0.5**step\n"
        "    opt = torch.optim.SGD([{'params': body, 'lr': 0.6}, {'params': head}], lr=0.2)\n"
        "    if flag:\n        saved = 0.3\n    opt.step()\n    step += 1"
    ),
    "an array of float32 that a turn adds to": (
        "n = np.zeros(6, dtype=int)\nn[2:] = 1\nw = np.linspace(0.1, 0.7, 6, dtype=np.float32)\n"
        "opt = torch.optim.SGD(body, lr=0.1)\nfor k in range(6):\n"
        "    for g in opt.param_groups:\n        g['lr'] = float(w[k]) * 0.5 ** n[k]\n"
        "    opt.step()\n    w += 1"
    ),
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_it_is_read_as_it_runs(text: str) -> None:
    assert verdict(text, "", {"len(loader)": 5})[0] == "equal"


@pytest.mark.parametrize("text", NOT_READ.values(), ids=NOT_READ)
def test_it_is_not_read(text: str) -> None:
    what, found, _ = verdict(text, "", {"len(loader)": 5})
    assert what == "refused", found
    assert "len(loader)" not in found
