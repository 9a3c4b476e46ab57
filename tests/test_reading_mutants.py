"""Statements put into code that is read: the rates are the framework's, or the code is not read.

Drawn statements are inserted into the cases, and the result is executed with torch beside its
reading. What the text hands to functions that nobody knows may do anything, and is said.
"""

from __future__ import annotations

import ast
import os
import random
import re
import signal
import sys
import textwrap
from _thread import interrupt_main
from collections import Counter
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

pytest.importorskip("torch")

from isorate import IsorateError, simulate
from isorate.given import recipe_of
from isorate.reading.reader import reading
from tests.conformance import reading as real

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.torch

FULL: Final = os.environ.get("HYPOTHESIS_PROFILE") == "full"
MUTANTS: Final = 10_000 if FULL else 300
FIRST: Final = random.SystemRandom().randrange(10**9) if FULL else 0
#: What is run before a text, and not read.
BESIDE: Final = """
import elsewhere
flag, unset, several = True, None, [1, 2]
def note(*given, **named):
    return given[0] if given else None
def boom(*given):
    raise ValueError
def tweak(value):
    if isinstance(value, list):
        value.append(value.pop() + 3)
    if isinstance(value, dict):
        value.update({key: 0.9 for key in value if isinstance(value[key], float)})
def write(value):
    for group in getattr(getattr(value, 'optimizer', value), 'param_groups', ()):
        group['lr'] = 0.77
"""
#: What may become of a number, of a list, of a dict, of an optimizer, of a scheduler, of a name.
NUMBER: Final = """
{n} = {v}
{n} += 1
{n} *= 2
{n} -= 1
{n}: int = {v}
{n}, other = {v}, 2
(other, {n}) = 2, {v}
[{n}, *other] = [{v}, 2, 3]
other = {n} = {v}
({n} := {v})
other = [({n} := {n} + v) for v in (1, 2)]
for {n} in range(1, {v}): pass
for {n} in (2, 3): pass
for other, {n} in enumerate([4, {v}]): pass
for {n} in several: pass
for other in range(3): {n} += other
for other in several: {n} += other
if flag: {n} = {v}
if unset: {n} = {v}
if {n} > 2: {n} = 2
if {n} > 2: {n} = 2|else: {n} += 2
if flag: pass|else: {n} = {v}
while {n} > 3: {n} -= 1
while {n} < 6:|    {n} += 2|    if {n} == 5: break
try: {n} = int('x')|except ValueError: {n} = {v}
try:|    {n} = {v}|    boom()|except Exception: pass
try:|    {n} = {v}|    boom()|    {n} = 9|except Exception: {n} += 1
try:|    boom({n})|except ValueError:|    {n} = {v}|finally:|    {n} += 1
try: {n} = note({v})|except ValueError: pass
try:|    pass|except ValueError:|    {n} = {v}|else:|    {n} += 1
with open('/dev/null') as {n}: {n} = {v}
del {n}|{n} = {v}
def inner():|    global {n}|    {n} = {v}|inner()
def inner():|    {n} = {v}|inner()
def inner({n}):|    {n} += 1|    return {n}|inner({n})
def inner(x={n}): return x|{n} = inner() + 1
def inner(): return {n} + 1|{n} = inner()
def inner():|    return {n} + 1|{n} += 1|{n} = inner()
def f():|    x = {n}|    def g():|        nonlocal x|        x += 1|    g()|    return x|{n} = f()
exec('{n} = {v}')
globals()['{n}'] = {v}
globals().update({n}={v})
vars()['{n}'] = {v}
setattr(sys.modules['__main__'], '{n}', {v})
import elsewhere as {n}|{n} = {v}
from elsewhere import value as {n}
from elsewhere import *
class Holder: {n} = {v}
class Holder:|    {n} = {v}|    def get(self): return {n}|{n} = Holder().get()
class Holder:|    x = {n}|{n} = Holder.x + 1
match {v}:|    case {n}: pass
match {v}:|    case 3: {n} = 2|    case _: {n} = {v}
match [{v}, 2]:|    case [{n}, _]: pass
note({n})
{n} = note({n})
{n} = {n} if flag else 2
{n} = {n} if unset else 2
{n} = {n} or 3
{n} = unset or {v}
{n} = max({n}, {v})
{n} = int(f'{{n}}0') if False else {v}
{n} = -(-{n} // 2) + 1
{n} = (lambda {n}: {n} + 1)({n})
{n} = sum([1 for other in range({v})])
{n} = [{n} for {n} in (1, {v})][-1]
{n} = {'a': {v}}.get('a', 1)
{n} = len('abc')
{n} = {n} + True
{n} = {n} % 3 + 1
{n} = divmod({n}, 2)[0] + 1
{n} = round({n} / 2 + 1)
{n} = {n} ** 1
lambda: ({n} := 3)
assert {n}
len = lambda given: 2
min = max
range = lambda *given: [1, 2, 3]
int = note
float = note
for other in iter([{v}]): {n} = other
{n} = next(iter([{v}]))
{n} = eval('{v}')
{n} = {n}.real
{n} = list(map(lambda x: x + 1, [{n}]))[0]
{n} = (yield_ for yield_ in [{v}]).__next__()
{n} = sorted([{n}, {v}], key=lambda x: -x)[0]
{n} = {n}.__add__(1)
{n} = type({n})({v})
{n} = np.maximum({n}, {v})
{n} = [*range({v})][-1]
{n} = 2 if {n} is {n} else 3
{n} = {n} and {v}
{n} = not {n} or {v}
{n} = {v} if {n} in (1, 2, 3) else 2
{n} = {v} if isinstance({n}, int) else 2
{n} = {v} if callable(note) else 2
{n} = {v} if 'n' in globals() else 2
"""
LIST: Final = """
{n}[0]['lr'] = 0.3
{n}[0].update(lr=0.3)
for x in {n}: x['lr'] = 0.3
{n}.append(5)
{n}.extend([5, 6])
{n}.insert(0, 1)
{n}.pop()
{n}.remove({n}[0])
{n}.sort()
{n}.reverse()
{n}[0] = 1
{n}[-1] += 2
{n} += [5]
{n} = {n} + [5]
{n} = [*{n}, 5]
{n} = {n}[::-1]
{n} = {n}[:1]
{n} = {n} * 2
{n} *= 2
{n} = list({n})
{n} = [x + 1 for x in {n}]
{n} = sorted({n})
other = {n}|other.append(5)
other = {n}[:]|other.append(5)
other = list({n})|other[0] = 1
other = {n}.copy()|other.append(5)
other = [{n}]|other[0].append(5)
other = {'a': {n}}|other['a'].append(5)
other, _ = {n}, 2|other[0] = 1
for other in [{n}]: other.append(5)
for i in range(len({n})): {n}[i] += 1
for i, x in enumerate({n}): {n}[i] = x + 1
tweak({n})
tweak([{n}])
note({n})
note([*{n}])
del {n}[0]
{n}[:] = [3]
{n}[1:] = []
{n}.__setitem__(0, 1)
list.append({n}, 5)
add = {n}.append|add(5)
[{n}.append(x) for x in (5, 6)]
(lambda given: given.append(5))({n})
def inner(given): given.append(5)|inner({n})
def inner(given={n}): given.append(5)|inner()
def inner(): {n}.append(5)|inner()
def inner(*given):|    for x in given: x[0] = 1|inner({n})
def inner(**given): given['x'].append(5)|inner(x={n})
list(map({n}.append, [5]))
if flag: {n}.append(5)
if unset: {n}.append(5)
for x in several: {n}.append(x + 4)
while len({n}) < 4: {n}.append(5)
class Holder:|    kept = {n}|Holder.kept.append(5)
class Holder:|    def __init__(self, x): self.x = x|    def go(self): self.x.pop()|Holder({n}).go()
try:|    {n}.append(5)|    boom()|except ValueError: {n}.append(6)
getattr({n}, 'append')(5)
setattr(note, 'kept', {n})|note.kept.append(5)
elsewhere.kept = {n}|elsewhere.kept.append(5)
other = note({n})|other.append(5)
{n} = note({n})
from copy import copy, deepcopy|other = deepcopy({n})|other.append(5)
import functools|functools.partial({n}.append, 5)()
functools_ = tweak|functools_({n})
"""
DICT: Final = """
{n}['lr'] = 0.3
{n}['lr'] *= 2
{n}.update(lr=0.3)
{n}.update({'lr': 0.3})
{n}.pop('lr')
{n}.setdefault('lr', 0.3)
{n} |= {'lr': 0.3}
{n} = {**{n}, 'lr': 0.3}
{n} = dict({n}, lr=0.3)
other = {n}|other['lr'] = 0.3
other = dict({n})|other['lr'] = 0.3
other = {n}.copy()|other['lr'] = 0.3
for key in {n}: {n}[key] = 0.3
for key, value in {n}.items(): {n}[key] = value
tweak({n})
note({n})
del {n}['lr']
if flag: {n}['lr'] = 0.3
{n}.__setitem__('lr', 0.3)
def inner(given): given['lr'] = 0.3|inner({n})
def inner(**given): given['lr'] = 0.3|inner(**{n})
[{n}.update(lr=x) for x in (0.3, 0.4)]
"""
OPTIMIZER: Final = """
{n}.param_groups[0]['lr'] = 0.3
{n}.param_groups[-1]['lr'] *= 0.5
for group in {n}.param_groups: group['lr'] *= 0.5
for group in {n}.param_groups: group['initial_lr'] = 0.3
for group in {n}.param_groups: group.update(lr=0.3)
for i, group in enumerate({n}.param_groups): {n}.param_groups[i]['lr'] = 0.3 + i
for group in {n}.param_groups: group.setdefault('lr', 0.3)
for group in {n}.param_groups: group['weight_decay'] = 0.3
{n}.add_param_group({'params': extra, 'lr': 0.3})
{n}.add_param_group({'params': extra})
{n}.defaults['lr'] = 0.3
group, *_ = {n}.param_groups|group['lr'] = 0.3
groups = {n}.param_groups|groups[0]['lr'] = 0.3
groups = list({n}.param_groups)|groups[0]['lr'] = 0.3
groups = [*{n}.param_groups]|groups[0]['lr'] = 0.3
groups = [dict(g) for g in {n}.param_groups]|groups[0]['lr'] = 0.3
groups = {'a': {n}.param_groups[0]}|groups['a']['lr'] = 0.3
first = next(iter({n}.param_groups))|first['lr'] = 0.3
getattr({n}, 'param_groups')[0]['lr'] = 0.3
vars({n})['param_groups'][0]['lr'] = 0.3
{n}.__dict__['param_groups'][0]['lr'] = 0.3
setattr({n}, 'param_groups', {n}.param_groups[:1])
[group.update(lr=0.3) for group in {n}.param_groups]
list(map(lambda group: group.update(lr=0.3), {n}.param_groups))
other = {n}|other.param_groups[0]['lr'] = 0.3
other = [{n}]|other[0].param_groups[0]['lr'] = 0.3
for other in [{n}]: other.param_groups[0]['lr'] = 0.3
{n}.state_dict()['param_groups'][0]['lr'] = 0.3
{n}.load_state_dict({n}.state_dict())
state = {n}.state_dict()|state['param_groups'][0]['lr'] = 0.3|{n}.load_state_dict(state)
write({n})
write([{n}][0])
note({n})
{n} = note({n})
{n}.zero_grad()
def inner(given): given.param_groups[0]['lr'] = 0.3|inner({n})
def inner(given):|    for g in given.param_groups: g['lr'] /= 2|inner({n})
def inner(): write({n})|inner()
def inner(): {n}.param_groups[0]['lr'] = 0.3|note(inner)
(lambda given: given.param_groups[0].update(lr=0.3))({n})
def inner(o): return lambda: o.param_groups[0].update(lr=1)|inner({n})()
class Holder:|    o = {n}|Holder.o.param_groups[0]['lr'] = 0.3
if flag: {n}.param_groups[0]['lr'] = 0.3
if unset: {n}.param_groups[0]['lr'] = 0.3
if unset: write({n})
try:|    {n}.param_groups[0]['lr'] = 0.3|    boom()|except ValueError: pass
try: boom()|except ValueError: {n}.param_groups[0]['lr'] = 0.3
while {n}.param_groups[0]['lr'] > 0.2: {n}.param_groups[0]['lr'] /= 2
if {n}.param_groups[0]['lr'] > 0.1: {n}.param_groups[0]['lr'] = 0.05
{n}.param_groups[0]['lr'] = torch.tensor(0.3)
{n}.param_groups.append({n}.param_groups.pop(0))
{n}.param_groups.reverse()
{n} = torch.optim.SGD(body, lr=0.6)
{n} = torch.optim.Adam(head)
{n} = torch.optim.SGD([{'params': body, 'lr': 0.6}, {'params': head}], lr=0.2)
elsewhere.kept = {n}|elsewhere.kept.param_groups[0]['lr'] = 0.3
elsewhere.kept = {n}|write(elsewhere.kept)
note.kept = {n}.param_groups|note.kept[0]['lr'] = 0.3
rate = {n}.param_groups[0]['lr']|{n}.param_groups[0]['lr'] = rate * 2
from copy import deepcopy|other = deepcopy({n})|other.param_groups[0]['lr'] = 0.3
with torch.no_grad(): {n}.param_groups[0]['lr'] = 0.3
{n}.register_step_pre_hook(lambda o, a, k: write(o))
zero = {n}.zero_grad|zero()
setter = {n}.param_groups[0].__setitem__|setter('lr', 0.3)
{n}.param_groups[0] |= {'lr': 0.3}
{n}.param_groups[0]['lr'], other = 0.3, 1
del {n}.param_groups[1:]
for {n}.param_groups[0]['lr'] in (0.3, 0.4): pass
"""
SCHEDULER: Final = """
{n}.step()
for other in range(2): {n}.step()
for other in several: {n}.step()
for other in several:|    note(other)|    {n}.step()
note(1)|{n}.step()
if flag: {n}.step()
if unset: {n}.step()
{n}.last_epoch = 2
{n}.base_lrs = [0.3] * len({n}.base_lrs)
{n}.base_lrs[0] = 0.3
{n}.gamma = 0.3
{n}.step_size = 3
setattr({n}, 'gamma', 0.3)
vars({n})['gamma'] = 0.3
{n}.__dict__.update(gamma=0.3)
state = {n}.state_dict()|state['last_epoch'] = 3|{n}.load_state_dict(state)
{n}.load_state_dict({n}.state_dict())
{n}.optimizer.param_groups[0]['lr'] = 0.3
for g in {n}.optimizer.param_groups: g['lr'] *= 0.5
o = {n}.optimizer|o.param_groups[0]['lr'] = 0.3
write({n})
write({n}.optimizer)
note({n})
print({n}.get_last_lr())
{n}.optimizer.step()|{n}.step()
for other in range(2):|    {n}.optimizer.step()|    {n}.step()
{n} = StepLR({n}.optimizer, 3)
{n} = torch.optim.lr_scheduler.ExponentialLR({n}.optimizer, 0.7)
other = {n}|other.step()
other = [{n}]|other[0].gamma = 0.2
def inner(given): given.step()|inner({n})
def inner(given): given.gamma = 0.2|inner({n})
step = {n}.step|step()
try:|    {n}.step()|    boom()|except ValueError: pass
(lambda given: given.step())({n})
[{n}.step() for _ in range(2)]
class Holder:|    def __init__(self, s): self.s = s|    def go(self): self.s.step()|Holder({n}).go()
elsewhere.kept = {n}|elsewhere.kept.gamma = 0.2
getattr({n}, 'step')()
if flag:|    getattr({n}, 'st' + 'ep')()
f = getattr({n}, 'step', None)|if f: f()
{n} = note({n})
from copy import deepcopy|deepcopy({n}).step()
"""
NAME: Final = """
from elsewhere import {n}
{n} = note({n})
import elsewhere as {n}
{n} = elsewhere.{n}
{n} = None
del {n}
def {n}(*given, **named): return note(*given)
class {n}: pass
{n} = {n}
for {n} in several: pass
if unset: {n} = None
if flag: {n} = elsewhere.{n}
globals()['{n}'] = None
"""
SHADOWS: Final = """
from elsewhere import StepLR
from elsewhere import StepLR, MultiStepLR, ExponentialLR, LambdaLR
def StepLR(o, *given, **named): return torch.optim.lr_scheduler.ExponentialLR(o, 0.7)
class StepLR(torch.optim.lr_scheduler.StepLR):|    def get_lr(self): return [0.3] * 2
StepLR = ExponentialLR = elsewhere.StepLR
LambdaLR = torch.optim.lr_scheduler.MultiplicativeLR
import elsewhere as math
import elsewhere as np
import elsewhere as torch
from elsewhere import *
from torch.optim.lr_scheduler import *
from torch.optim import *
SGD = torch.optim.Adam
StepLR = lambda o, n=2, step_size=2: torch.optim.lr_scheduler.StepLR(o, 3)
if flag: from elsewhere import StepLR
try: from elsewhere import StepLR|except ImportError: pass
try: from nowhere import StepLR|except ImportError: pass
try: from nowhere import StepLR|except ImportError: from elsewhere import StepLR
"""


@pytest.fixture(autouse=True, scope="module")
def _elsewhere() -> Iterator[None]:
    """Let there be a module that no reading can know."""
    import torch

    class StepLR(torch.optim.lr_scheduler.ExponentialLR):  # type: ignore[misc]
        """What is no StepLR."""

        def __init__(self, optimizer: Any, *given: Any, **named: Any) -> None:
            super().__init__(optimizer, 0.6)

    module = ModuleType("elsewhere")
    vars(module).update(dict.fromkeys(("StepLR", "MultiStepLR", "ExponentialLR"), StepLR))
    vars(module).update(
        LambdaLR=StepLR, value=4, n=5, span=5, pi=3.0, cos=abs, torch=torch, optim=torch.optim
    )
    sys.modules["elsewhere"] = module
    real.run("opt = torch.optim.SGD(body, lr=0.1)\nsched = StepLR(opt, 2)")  # which imports torch
    before = signal.signal(signal.SIGPROF, lambda *_: interrupt_main())
    yield
    signal.signal(signal.SIGPROF, before)
    del sys.modules["elsewhere"]


KINDS: Final = {
    kind: [line.replace("|", "\n") for line in text.strip().split("\n")]
    for kind, text in {
        "number": NUMBER, "list": LIST, "dict": DICT, "optimizer": OPTIMIZER,
        "scheduler": SCHEDULER, "name": NAME, "shadow": SHADOWS,
    }.items()
}  # fmt: skip


def names(text: str) -> dict[str, list[str]]:
    """Return the names of a text, each as what it seems to hold."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.arg):
            found["number"].append(node.arg)
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Store):
            continue
        name, value = ast.unparse(node), None
        for each in ast.walk(ast.parse(text)):
            if isinstance(each, ast.Assign) and any(
                ast.unparse(target) == name for target in each.targets
            ):
                value = each.value
        found["name"].append(name)
        match value:
            case ast.List() | ast.ListComp():
                found["list"].append(name)
            case ast.Dict():
                found["dict"].append(name)
            case ast.Call(func=func) if re.search("optim|SGD|Adam|make", ast.unparse(func)):
                found["optimizer"].append(name)
            case ast.Call(func=func) if re.search("LR$|Scheduler$", ast.unparse(func)):
                found["scheduler"].append(name)
            case ast.Call(func=ast.Name(id="dict")):
                found["dict"].append(name)
            case _:
                found["number"].append(name)
    found["shadow"] = ["x"]
    found["optimizer"] += [n for n in ("opt",) if n in found["name"]]
    found["scheduler"] += ["sched"] if "sched" in text else []
    return found


def mutant(text: str, draw: random.Random) -> str:
    """Put a drawn statement, or two, somewhere into a text."""
    for _ in range(draw.choice((1, 1, 1, 2))):
        lines = text.split("\n")
        known = {kind: each for kind, each in names(text).items() if each}
        kind = draw.choice([*known])
        statement = draw.choice(KINDS[kind])
        name, value = draw.choice(known[kind]), draw.choice(("2", "3", "4", "0.3"))
        statement = statement.replace("{n}", name).replace("{v}", value)
        late = kind in ("scheduler", "optimizer") and draw.random() < 0.6
        first = len(lines) // 2 if late else 0
        if kind == "scheduler":
            first = next(place for place, line in enumerate(lines, 1) if "sched" in line)
        at = draw.randrange(first, len(lines) + 1)
        after = lines[at] if at < len(lines) else ""
        before = lines[at - 1] if at else ""
        indents = {re.match(" *", line).group() for line in (after, before)}  # type: ignore[union-attr]
        indent = draw.choice(sorted(indents)) + ("    " if before.endswith(":") else "")
        added = [indent + line for line in statement.split("\n")]
        candidate = "\n".join([*lines[:at], *added, *lines[at:]])
        try:
            ast.parse(candidate)
        except SyntaxError:
            continue
        text = candidate
    return text


def verdict(text: str, beside: str, given: dict[str, Any]) -> tuple[str, Any, Any]:
    """Return what reading a text comes to beside running it."""
    try:
        signal.setitimer(signal.ITIMER_PROF, 5)  # a loop that never ends
        expected = real.run(text, beside + BESIDE + "import sys\nextra = params_2\n")
    except BaseException as error:
        return "raises", type(error).__name__, None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if any(f"{name.partition('(')[0]} = " in text for name in given):  # what is given stands
        return "raises", None, None
    try:
        found = reading(text, names=given)
    except IsorateError as error:
        return "refused", str(error), None
    try:
        recipe = recipe_of(found)
        updates = None if recipe.run.updates else expected.shape[1]
        rates = np.atleast_2d(simulate(recipe, updates).values)
    except IsorateError as error:
        return "refused", str(error), None
    length = min(rates.shape[1], expected.shape[1])  # nobody has to know when a loop is left
    if np.array_equal(rates[:, :length], expected[:, :length]):
        return "equal", None, None
    taken = [said for said in found.assumptions if "taken to" in said or "a saved" in said]
    if taken and re.search(r"write\(|note\(|import \*|load_state_dict|inner\(|deepcopy", text):
        return "said", None, None
    return "wrong", rates.tolist(), expected.tolist()


def drawn() -> Iterator[tuple[str, dict[str, Any]]]:
    cases = [row for _, rows in real.cases() for row in rows]
    others = {"framework", "after", "run", "lr"}  # of torch, and complete
    rows = [row for row in cases if not others & row.keys()]
    for number in range(MUTANTS):
        draw = random.Random(FIRST + number)
        row = draw.choice(rows)
        yield mutant(textwrap.dedent(row["text"]), draw), row


def test_no_rate_is_wrong_in_silence() -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for text, row in drawn():
        what, found, expected = verdict(text, row.get("beside", ""), row.get("set", {}))
        counts[what] += 1
        if what == "wrong":
            wrong.append(f"{text}\n  read: {found}\n  real: {expected}\n")
    assert not wrong, f"{len(wrong)} of {counts}:\n" + "\n".join(wrong[:10])
    assert counts["equal"] > MUTANTS / 5, counts
