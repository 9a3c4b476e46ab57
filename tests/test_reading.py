"""What a text says and what it leaves open: never a value that the text may have changed."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from isorate import IsorateError, ReadError, Run, convert, simulate
from isorate.cli._streams import say
from isorate.dialects import _unread
from isorate.dialects.torch.optimizers import TORCH
from isorate.kit import registry
from isorate.kit.call import Call, Lift
from isorate.kit.card import Card, Proof
from isorate.kit.match import Refusal
from isorate.kit.optimizer import Optimizer, Optimizers, ParamGroup
from isorate.kit.registry import Dialect
from isorate.reading import naming
from isorate.reading.reader import reading
from isorate.schedule.errors import MissingRateError
from isorate.schedule.shapes import Constant
from tests.calls import read

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = "optimizer = SGD(params, lr=0.1)\nscheduler = StepLR(optimizer, 2)\n"


def card(name: str, **others: Any) -> Card:
    return Card(
        name=name, dialect="sail", runs_in="sail", version="1", docs="-", clock="update",
        arithmetic="none", past_end="goes on", proof=Proof.EACH_STEP, roles={}, **others,
    )  # fmt: skip


class Stub(Call, frozen=True):
    def lower(self) -> Constant:
        return Constant(0.1)

    @classmethod
    def lift(cls, schedule: Any, updates: int) -> Lift | Refusal:
        return Refusal("a stub")


def stub(name: str) -> Any:
    """Return the text's constructor of the stub dialect."""
    return next(c for c in SAIL.constructors if c.card.name.endswith(f".{name}"))


class LinearLR(Stub, frozen=True):
    learning_rate: float
    total_steps: int | None = None
    start_factor: float = 0.3

    card: ClassVar[Card] = card("sail.optim.lr.LinearLR")


class StepLR(Stub, frozen=True):
    learning_rate: float
    boundaries: Any
    card: ClassVar[Card] = card("sail.optim.lr.StepLR")


class decay(Stub, frozen=True):
    kind: str
    optimizer: Optimizer
    options: Any = None
    card: ClassVar[Card] = card("sail.optim.lr.decay")


OWN = Optimizers("sail.optim", "sail", "def SGD(params, lr): ...\ndef Wind(params, lr=0.5): ...")
SAIL = Dialect("sail", "Sail", "1", (LinearLR, StepLR, decay), precedence=50, optimizers=OWN)


@pytest.fixture
def sail(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Register a dialect that has names of torch's, with other arguments."""
    known = {"torch": registry.get("torch"), "sail": SAIL, **registry.builtin()}
    monkeypatch.setattr(registry, "builtin", lambda: known)
    monkeypatch.setattr(registry, "registered", lambda: known)
    for cached in (registry._by_last_name, registry.at_home, naming.is_scheduler, naming._entry):
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in (registry._by_last_name, registry.at_home, naming.is_scheduler, naming._entry):
        cached.cache_clear()


# --- whose constructor a name is ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "LinearLR(SGD(params, lr=0.1), 0.5)",
        "LinearLR(optimizer, start_factor=0.5, total_iters=4)",
        "LinearLR(0.5, 1.0, 4)",
        "StepLR(SGD(params, lr=0.1), 3, gamma=0.5)",
        "scheduler = StepLR(optimizer, step_size=3)",
    ],
)
@pytest.mark.usefixtures("sail")
def test_texts_of_torch_stay_torch_s(text: str) -> None:
    assert read(text, lr=None if "lr=" in text else 0.1).dialect == "torch"


@pytest.mark.parametrize(
    "text",
    [
        "LinearLR(0.1, total_steps=5)",
        "LinearLR(learning_rate=0.1)",
        "StepLR(0.1, boundaries={3: 1})",
    ],
)
@pytest.mark.usefixtures("sail")
def test_arguments_that_only_one_signature_takes_choose(text: str) -> None:
    call = read(text)
    assert call.dialect == "sail"
    assert read(call.code) == call


@pytest.mark.usefixtures("sail")
def test_a_choice_is_said() -> None:
    (said,) = reading("StepLR(optimizer, 3)", lr=0.1).assumptions
    assert said == "StepLR is torch's; sail and mindspore and mmengine have one, too"
    assert reading("torch.optim.lr_scheduler.StepLR(o, 3)", lr=0.1).assumptions == ()
    assert reading("OneCycleLR(o, 0.1, epochs=9)", dialect="torch", lr=0.1).assumptions == ()


@pytest.mark.usefixtures("sail")
def test_a_field_total_steps_is_not_one_cycle_s() -> None:
    for text in ("LinearLR(0.1, total_steps=5)", "LinearLR(learning_rate=0.1)"):
        assert read(text).stops_at is None
    assert read("OneCycleLR(o, 0.1, epochs=2, steps_per_epoch=3)", lr=0.1).stops_at == 6


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("from mindspore.experimental import optim", "optim.lr_scheduler.StepLR"),
        ("import mindspore.experimental.optim as o", "o.lr_scheduler.StepLR"),
        ("from mindspore.experimental.optim.lr_scheduler import StepLR", "StepLR"),
        ("from mindspore.experimental.optim.lr_scheduler import *", "StepLR"),
        ("import mindspore as m\nStepLR = m.experimental.optim.lr_scheduler.StepLR", "StepLR"),
    ],
)
def test_imports_say_whose_a_name_is(lines: str, name: str) -> None:
    call = read(f"{lines}\nscheduler = {name}(optimizer, 2)", lr=0.1)
    assert call.card.name == "mindspore.experimental.optim.lr_scheduler.StepLR"
    assert simulate(call, Run(3)).values.dtype == "float32"


@pytest.mark.parametrize(
    "lines",
    ["import torch.optim as o\nL = o.lr_scheduler", "from torch.optim import lr_scheduler as L",
     "import torch\nL = torch.optim.lr_scheduler\nmodel = Net()"],
)  # fmt: skip
def test_torch_by_another_name(lines: str) -> None:
    text = f"{lines}\nfrom torch.optim.lr_scheduler import StepLR as Steps\ns = Steps(o, 2)"
    assert read(text, lr=0.1).card.name == "torch.optim.lr_scheduler.StepLR"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("from .mine import StepLR", "imported as .mine.StepLR"),
        ("from . import StepLR", "imported as .StepLR"),
        ("from mypackage.schedules import build as StepLR", "mypackage.schedules.build"),
        ("class StepLR:\n    pass", "StepLR is a class of the text's own, which is not followed"),
        ("from torch.optim import StepLR", "write torch.optim.lr_scheduler.StepLR"),
    ],
)
def test_a_name_from_elsewhere_is_not_torch_s(lines: str, says: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(f"{lines}\nscheduler = StepLR(optimizer, 2)", lr=0.1)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("create_stepped_learning_rate_schedule(0.1, 9, [])", "Flax's"),
        ("TanhDecayScheduler(o, 9)", "pytorch-scheduler's"),
        ("mxnet.lr_scheduler.CosineScheduler(100, base_lr=0.1)", "MXNet's"),
        ("CosineScheduler(100, base_lr=0.1)", "MXNet's or pytorch_optimizer's"),
        ("fastai.callback.schedule.SchedCos(1, 2)", "fastai's"),
        ("SchedCos(1, 2)", "fastai's"),
        ("mmcv.runner.LinearLR(0.1, 3)", "MMCV's"),
        ("NoamAnnealing(0.1, 100)", "NeMo's"),
        ("OptimizerParamScheduler(optimizer, 0.0, 0.1)", "Megatron-LM's"),
        ("import flax.optim as ox\ns = ox.join_schedules([a], [3])", "Flax's"),
        ("from composer.optim import LinearScheduler as L\ns = L('1ep')", "Composer's"),
        (
            "from torchtune.training import get_cosine_schedule_with_warmup as get\n"
            "s = get(o, 3, 9)",
            "torchtune's",
        ),
        (STEP + "s = create_stepped_learning_rate_schedule(0.1, 9, [])", "Flax's"),
    ],
)
def test_a_framework_that_is_not_read_is_named(text: str, whose: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(text)
    message = str(caught.value)
    assert whose in message
    assert "did you mean" not in message
    assert "knows of but does not read yet" in message


def test_another_packages_name_is_nobodys() -> None:
    with pytest.raises(ReadError, match="no dialect has CosineScheduler"):
        read("oddly.lr_scheduler.CosineScheduler(100, base_lr=0.1)")


def test_each_framework_that_is_not_read_is_listed_once() -> None:
    for framework in _unread.UNREAD:
        names = framework.names.split()
        assert len(set(names)) == len(names)
    packages = [p for framework in _unread.UNREAD for p in framework.packages]
    assert len(set(packages)) == len(packages)


@pytest.mark.usefixtures("sail")
def test_one_that_a_dialect_speaks_is_not_said_to_be_unread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_unread, "UNREAD", (_unread.Unread("Sail", ("sail",), "LinearLR"),))
    assert naming.also_of(naming.Name("LinearLR", "LinearLR", known=False)) == []
    monkeypatch.setattr(_unread, "UNREAD", (_unread.Unread("Rudder", ("rudder",), "LinearLR"),))
    assert naming.also_of(naming.Name("LinearLR", "LinearLR", known=False)) == ["Rudder"]


@pytest.mark.parametrize(
    "line",
    [
        "params = list(model.parameters())",
        "groups = [{'params': list(a.parameters()), 'lr': 0.1}]",
        "for batch in list(loader):\n    train(batch)",
        "names = list(loader.names)",
        "files = self.list()",
    ],
)
def test_python_s_list_is_no_scheduler(line: str) -> None:
    assert read(f"{line}\n{STEP}") == read(STEP)
    assert read(f"{STEP}{line}") == read(STEP)


@pytest.mark.parametrize("text", ["list(0.5)", "x = list(0.5)", "m.list(0.5)", "lists(0.5)"])
def test_nothing_is_advised_that_is_no_function(text: str) -> None:
    with pytest.raises(ReadError, match=r"no dialect has lists?") as caught:
        read(text)
    assert "write" not in str(caught.value)
    assert "did you mean list?" not in str(caught.value)


# --- the text around it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "    optimizer = SGD(params, lr=0.1)\n    scheduler = StepLR(optimizer, 2)",
        "\n\n\toptimizer = SGD(params, lr=0.1)\n\n\tscheduler = StepLR(optimizer, 2)\n",
        "optimizer = SGD(params, lr=0.1)\n        scheduler = StepLR(optimizer, 2)",
        STEP.replace("\n", "\r\n"),
        "\ufeff" + STEP,
        f"```python\n{STEP}```\nand so on",
        ">>> optimizer = SGD(params, lr=0.1)\n>>> scheduler = StepLR(\n...     optimizer, 2)\nout",
        "%matplotlib inline\n!pip install torch\n" + STEP,
        STEP + "return optimizer, scheduler",
        "optimizer = SGD(params, lr=0.1)\nreturn StepLR(optimizer, 2)",
        "optimizer: Optimizer = SGD(params, lr=0.1)\nscheduler: Any = StepLR(optimizer, 2)",
    ],
)
def test_text_as_it_is_copied(text: str) -> None:
    assert read(text) == read(STEP)


#: Texts cut out of longer ones, and what is said of them.
CUT = [
    ("momentum=0.9, lr=lr)\n" + STEP, "what ends in line 1 begins above the text"),
    ("momentum=0.9)\n" + STEP + "fit(model,", "what ends in line 1 begins above the text"),
    (STEP + "\n@jit", "goes on below the text"),
    (STEP + "fit(model, names=[p.name for p in model.parts()", "line 3 goes on below the text"),
    (STEP + "for epoch in range(3):\n", "line 3 goes on below the text"),
    (STEP + "try:\n    train()\n    if done:", "line 5 goes on below the text"),
    (STEP + "trainer = Trainer(\n    model,", "line 3 goes on below the text"),
    (STEP + "trainer = Trainer(\n    fit=dict(optimizer=", "line 3 goes on below the text"),
    (STEP + 'print("""the', "line 3 goes on below the text"),
    (STEP + "@torch.no_grad()\ndef evaluate(model,", "line 4 goes on below the text"),
    (f"{textwrap.indent(STEP, '    ')}train()", "what stands above line 3 runs"),
    (f"    return 3\n{STEP}", "what stands above line 2 ends where it returns"),
    (STEP + "if done and check(\n    x", "line 3 goes on below the text"),
    (STEP + "SimCLR(optimizer, scheduler)\nif main:", "line 4 goes on below the text"),
    (STEP + "runner = Runner(\n    model=model,\n    ...\n)", None),
    (STEP + 'print(\n    "{}".', "line 3 goes on below the text"),
    (STEP + "runner = Runner(model=model, ...)\nrunner.fit(\n    loader, n=3, ...,\n)", None),
    ("~~~\n" + STEP + "~~~", None),
    (">> optimizer = SGD(\n    params, lr=0.1)\n>> scheduler = StepLR(optimizer, 2)", None),
]


@pytest.mark.parametrize(("text", "said"), CUT)
def test_a_text_that_is_cut_out_says_where(text: str, said: str | None) -> None:
    found = reading(text)
    assert found.call == read(STEP)
    assert said is None or any(said in assumed for assumed in found.assumptions)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"{textwrap.indent(STEP, '    ')}elif kind == 1:\n    s = f(3)", {"above": True}),
        (f"    s = f(3)\nelse:\n{textwrap.indent(STEP, '    ')}", {"above": False}),
        (f"else:\n{textwrap.indent(STEP, '    ')}", {"above": False}),
        ("optimizer, n: int,\n):\n    return StepLR(optimizer, n)", {"n": 2}),
    ],
)
def test_what_a_cut_text_begins_in_can_be_given(text: str, names: dict[str, Any]) -> None:
    given = None if "SGD" in text else 0.1
    assert reading(text, lr=given, names=names).call.code == read(STEP).code
    with pytest.raises(ReadError, match=next(iter(names))):
        reading(text, lr=given)


@pytest.mark.parametrize(
    "text",
    [
        STEP + "if True:\n    x = 3)\ny = 2",  # a slip, and no cut
        "import torch\n" + STEP + "x = 3)\ny = 2",
        "x = (3\n" + STEP,
        STEP + "    y = 2\n",
    ],
)
def test_a_slip_is_no_cut(text: str) -> None:
    with pytest.raises(ReadError, match="not Python"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "def f(optimizer, n):\n    return 3\nf(SGD(params, lr=0.1), 3)",
        "import os",
        "lr *= 3",
        "def f():\n    pass",
    ],
)
def test_python_that_is_not_followed_is_still_python(text: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(text, lr=0.1)
    assert "not Python" not in str(caught.value)
    assert "builds no scheduler" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "def f(optimizer):\n    return StepLR(optimizer, 2)",
        "def f(optimizer, n=2):\n    scheduler = StepLR(optimizer, n)\n    return scheduler",
        "class A:\n    def f(self):\n        self.s = StepLR(self.o, 2)",
        "class A:\n    def __init__(self, n=2):\n        self.n = n\n"
        "    def f(self):\n        return {'scheduler': StepLR(self.o, self.n)}",
        "if True:\n    s = StepLR(SGD(params, lr=0.1), 2)",
        "for _ in a:\n    s = StepLR(SGD(params, lr=0.1), 2)",
        "with a:\n    s = StepLR(SGD(params, lr=0.1), 2)",
        "s = {'a': StepLR(SGD(params, lr=0.1), 2)}",
        "print(StepLR(SGD(params, lr=0.1), 2))",
        "def build(p, n):\n    return StepLR(SGD(p, lr=0.1), n)\n"
        "def main():\n    s = build(params, 2)\nif __name__ == '__main__':\n    main()",
    ],
)
def test_a_schedule_is_found_wherever_it_is_built(text: str) -> None:
    assert read(text, lr=None if "SGD" in text else 0.1).arguments()["step_size"] == 2


#: Lines after which a value that was known is another one, or nobody knows which.
CHANGES = [
    "T, other = shape",
    "T = other = f()",
    "del T",
    "while T < 9:\n    T = T + f()",
    "with open(name) as T:\n    pass",
    "import T",
    "from settings import T",
    "from settings import *",
    "if deep:\n    from .settings import *",
    "T += f()",
    "match a:\n    case [T]:\n        pass",
    "T = f() or 9",
    "exec(open('settings.py').read())",
    "globals()['T'] = 9",
    "globals().update(T=9)",
    "a, *T = shape",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_value_that_may_have_changed_is_asked_for(change: str) -> None:
    text = f"T = 4\n{change}\nscheduler = StepLR(SGD(params, lr=0.1), step_size=T)"
    with pytest.raises(ReadError, match=r"--set T="):
        read(text)
    assert read(text, names={"T": 7}).arguments()["step_size"] == 7


@pytest.mark.parametrize("change", ["if deep:\n    T = 9", "T = 9 if deep else T"])
def test_a_condition_that_nobody_decides_is_asked_for(change: str) -> None:
    text = f"T = 4\n{change}\nscheduler = StepLR(SGD(params, lr=0.1), step_size=T)"
    with pytest.raises(ReadError, match=r"StepLR if deep; StepLR if not \(deep\) \(--set deep="):
        read(text)
    for deep, step in ((True, 9), (False, 4)):
        assert read(text, names={"deep": deep}).arguments()["step_size"] == step
    assert read(text, names={"T": 7}).arguments()["step_size"] == 7


#: Lines that can be followed: what Python makes of T is what is read.
FOLLOWED = [
    "T = len([1, 2])",
    "for T in range(3):\n    pass",
    "for i in range(3):\n    T = i",
    "try:\n    T = 9\nexcept ValueError as e:\n    pass",
    "(T := 9)",
    "max(T := 9, 3)",
    "def f():\n    global T\n    T = 9",
    "def f():\n    global T\n    T = 9\nT = 4\nf()",
    "def f(n, *, m=2, **more):\n    return n * m + more['k']\nT = f(3, k=1)",
    "def f():\n    n = 1\n    def g():\n        nonlocal n\n        n += 5\n    g()\n    return n\n"
    "T = f()",
    "i = 0\nwhile i < 6:\n    i += 1\n    if i == 3:\n        continue\n    T += i",
    "for i in range(9):\n    if i > 4:\n        break\nelse:\n    i = 99\nT = i",
    "d = {'a': 1}\nd.update(b=5)\nd['a'] += 2\nT = sum(d.values()) + d.get('c', 7) + d.pop('a')",
    "T = sum(i * i for i in range(5) if i % 2) + len({1, 2, 2})",
    "class C:\n    n = 2\n    def __init__(self, m):\n        self.m = m\n"
    "    def all(self):\n        return self.m * self.n\nT = C(8).all()",
    "from functools import partial\ndef f(a, b):\n    return a * 10 + b\nT = partial(f, 3)(b=1)",
    "a, (b, *c), d = 1, (2, 3, 4), 5\nT = a + b + sum(c) + d",
    "match T:\n    case 3:\n        T = 1\n    case 4 | 5:\n        T = 7",
    "with open(__file__) as f:\n    T = 8",
    "T = {'x': [1, 6]}['x'][-1] if 'x' in 'axb'.split('a')[1] else 0",
    "x = [3, 1, 2]\nx.sort()\nT = int(''.join(map(str, []))or x[0]) + x[-1]",
    "T = min([T, 9, 2]) + int(float('1e1')) + round(2.6) + abs(-1) + int('5')",
    "T = (lambda a, b=2: a * b)(3)",
    "del T\nT = 5",
    "T = T << 2 | 1",
    "f = [lambda: i for i in range(3)][0]\nT = f() + 1",
]


@pytest.mark.parametrize("change", FOLLOWED)
def test_what_is_followed_is_what_python_does(change: str) -> None:
    scope: dict[str, Any] = {"__file__": __file__}
    exec(f"T = 4\n{change}", scope)
    text = f"T = 4\n{change}\nscheduler = StepLR(SGD(params, lr=0.1), step_size=T)"
    assert read(text).arguments()["step_size"] == scope["T"]


@pytest.mark.parametrize(
    ("lines", "step"),
    [
        ("T = 4\nT += 3", 7),
        ("T = 4\nT *= 2", 8),
        ("T, n = 9, 3", 9),
        ("n = T = 5", 5),
        ("T = 3\nT = T + 1", 4),
        ("T: int = 6", 6),
        ("T = None or 9", 9),
        ("T = 5 if 2 < 3 <= 3 and not 0 else 9", 5),
        ("a.b = 3\nT = a.b * 2", 6),
        ("a.T = 3\nb = a\nb.T = 4\nT = a.T", 4),
        ("setattr(a, 'T', 4)\nT = a.T", 4),
        ("T = 4\ndef f(T):\n    T = 9", 4),
        ("T = 4\nx = [T for T in range(3)]", 4),
        ("T = 4\nprint(T)\nmodel.fit(T)", 4),
        ("T = 4\nfrom torch.optim import *", 4),
        ("from settings import *\nT = 4", 4),
    ],
)
def test_what_can_be_followed_is(lines: str, step: int) -> None:
    call = read(f"{lines}\nscheduler = StepLR(SGD(params, lr=0.1), step_size=T)")
    assert call.arguments()["step_size"] == step


@pytest.mark.parametrize(
    "change",
    [
        "ms.append(4)",
        "ms += [4]",
        "ms[0] = 3",
        "ms.append(4)\ndel ms[0]",
        "again = ms\nagain.append(4)",
        "again = [ms]\nms.insert(0, 9)\nms.sort()",
        "ms.extend([5, 6, 7])\nfor m in ms:\n    ms.pop()",
        "add = ms.append\nadd(4)",
        "x = {'m': ms}\nx['m'].append(4)",
        "x = (ms, 3)\nx[0].append(4)",
        "for m in [ms]:\n    m.append(4)",
        "def f(x, y=ms):\n    y.append(x)\nf(4)",
        "more = ms + [8]\nmore.append(4)",
        "again = ms[:]\nagain.append(4)",
        "x = [ms] * 2\nx[1].append(4)",
    ],
)
def test_a_list_is_changed_as_python_does(change: str) -> None:
    scope: dict[str, Any] = {}
    exec(f"ms = [2]\n{change}", scope)
    text = f"ms = [2]\n{change}\nscheduler = MultiStepLR(SGD(a, lr=0.1), milestones=ms)"
    assert read(text).arguments()["milestones"] == scope["ms"]


@pytest.mark.parametrize(
    "change",
    [
        "shuffle(ms)",
        "random.shuffle(ms)",
        "for m in a:\n    ms.append(m)",
        "ms.extend(x) if x else None",
        "list.append(ms, 4)",
        "again = ms if x else []\nagain.append(4)",
        "if x:\n    ms.append(4)",
        "x = [ms]\nshuffle(x)",
        "ms[i] = 4",
    ],
)
def test_a_list_that_may_have_changed_is_asked_for(change: str) -> None:
    text = f"ms = [2]\n{change}\nscheduler = MultiStepLR(SGD(a, lr=0.1), milestones=ms)"
    with pytest.raises(ReadError, match=r"--set (ms|x)="):
        read(text)


@pytest.mark.parametrize(
    "change",
    [
        "args = parse()",
        "fix(args)",
        "args.update(T=4)",
        "args['T'] = 4",
        "del args.T",
        "args.T += f()",
    ],
)
def test_an_attribute_that_may_have_changed_is_asked_for(change: str) -> None:
    with pytest.raises(ReadError, match=r"--set args\.T="):
        read(f"args.T = 3\n{change}\ns = StepLR(SGD(p, lr=0.1), args.T)")


def test_what_a_method_is_called_on_is_not_all_that_is_around_it() -> None:
    text = "self.T = 3\nself.model.train()\nprint(self)\ns = StepLR(SGD(p, lr=0.1), self.T)"
    assert read(text).arguments()["step_size"] == 3


@pytest.mark.parametrize(
    ("line", "function"),
    [
        ("from mylib import max", "max(t, 3)"),
        ("import mylib as np", "np.cos(t)"),
        ("abs = make()", "abs(t)"),
    ],
)
def test_python_s_functions_may_be_others(line: str, function: str) -> None:
    with pytest.raises(ReadError, match=r"another one than Python's|cannot be computed"):
        read(f"{line}\ns = LambdaLR(SGD(p, lr=0.1), lambda t: {function})")
    for own in ("import math", "import numpy as np", "import os"):
        read(f"{own}\ns = LambdaLR(SGD(p, lr=0.1), lambda t: min(math.cos(t), np.cos(t)))")


def test_a_function_asks_for_its_names_when_it_runs() -> None:
    text = "w = 4\nf = lambda e: (e + 1) / w\nw = 8\ns = LambdaLR(SGD(a, lr=0.1), f)"
    assert simulate(read(text), Run(2)).values.tolist() == [0.0125, 0.025]  # as torch has it
    late = "w = 4\ns = LambdaLR(SGD(a, lr=0.1), lambda e: (e + 1) / w)\n"
    for change in ("w = 8", "w = f()", "for w in x:\n    pass", "del w"):
        with pytest.raises(ReadError, match=r"changes afterwards.*--set w="):
            read(late + change)
    assert read(late + "w = 4") == read(late) == read(late + "w = 8", names={"w": 4})
    handed = "s = LambdaLR(SGD(a, lr=0.1), lambda e: args.a ** e + args.b)\nlog(args)"
    head = "from argparse import Namespace\nargs = Namespace(a=0.5, b=0.25)\n"
    with pytest.raises(ReadError, match=r"afterwards.*--set args.a=0.5 --set args.b=0.25"):
        read(head + handed)
    read(head + handed, names={"args.a": 0.5, "args.b": 0.25})


def test_numbers_below_zero_are_put_into_a_function_as_numbers() -> None:
    call: Any = read("w = -0.5\ns = LambdaLR(SGD(a, lr=1.0), lambda t: w ** t)")
    assert simulate(call, Run(3)).values.tolist() == [1.0, -0.5, 0.25]


def test_what_is_given_beside_a_text_stands() -> None:
    text = "T = 4\nscheduler = CosineAnnealingLR(SGD(params, lr=0.1), T)"
    found = reading(text, names={"T": 9})
    assert found.call.arguments()["T_max"] == 9
    assert "T = 9 as given, not 4 as the text has it" in found.assumptions
    assert found.used == {"T"}
    assert len(reading(text, names={"T": 4}).assumptions) == 1


# --- optimizers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "code"),
    [
        ("AdamW(params)", "torch.optim.AdamW(params, lr=0.001)"),
        ("torch.optim.Adagrad(params)", "torch.optim.Adagrad(params, lr=0.01)"),
        ("SGD(params, 0.3, 0.9)", "torch.optim.SGD(params, lr=0.3, momentum=0.9)"),
        (
            "optim.AdamW(net.parameters(), lr=2 * x, weight_decay=x, betas=(0.9, b))",
            "torch.optim.AdamW(params, lr=0.5, weight_decay=0.25, betas=(0.9, b))",
        ),
        ("bnb.optim.Lion(params, lr=0.1)", "bnb.optim.Lion(params, lr=0.1)"),
        (
            "AdamW([{'params': a, 'weight_decay': 0.0}, {'params': b, 'lr': 0.5}], lr=0.1)",
            "torch.optim.AdamW([{'params': params_0, 'lr': 0.1, 'weight_decay': 0.0}, "
            "{'params': params_1, 'lr': 0.5}], lr=0.1)",
        ),
    ],
)
def test_an_optimizer_is_kept(optimizer: str, code: str) -> None:
    call = read(f"StepLR({optimizer}, 3)", names={"x": 0.25})
    assert call.code == f"torch.optim.lr_scheduler.StepLR({code}, step_size=3)"
    assert read(call.code) == call
    (way, *_) = convert(call, to="torch", run=Run(6)).ways
    assert code in way.code


def test_an_optimizer_is_kept_in_other_ways_and_frameworks() -> None:
    call = read("StepLR(AdamW(params, lr=0.1, weight_decay=0.5, fused=True), 3)")
    ways = convert(call, to="torch", run=Run(6)).ways
    assert len(ways) > 2
    assert all("torch.optim.AdamW(params, lr=" in way.code for way in ways)
    there = next(w for w in convert(call, to="mindspore", run=Run(6)).ways if ".StepLR" in w.code)
    kept = "mindspore.experimental.optim.AdamW(params, lr=0.1, weight_decay=0.5)"
    assert kept in there.code
    assert "mindspore's AdamW has no fused" in there.losses
    groups = "[{'params': a, 'fused': True, 'weight_decay': 0.0}, {'params': b, 'fused': False}]"
    call = read(f"StepLR(AdamW({groups}, lr=0.1), 3)")
    there = next(w for w in convert(call, to="mindspore", run=Run(6)).ways if ".StepLR" in w.code)
    assert "{'params': params_0, 'lr': 0.1, 'weight_decay': 0.0}" in there.code
    assert there.losses.count("mindspore's AdamW has no fused") == 1
    call = read("StepLR(LBFGS(params, lr=0.1), 3)")
    there = next(w for w in convert(call, to="mindspore", run=Run(6)).ways if ".StepLR" in w.code)
    assert "mindspore.experimental.optim.SGD(params, lr=0.1)" in there.code
    assert "mindspore has no LBFGS: SGD stands for it" in there.losses


def test_a_framework_without_a_default_rate_asks() -> None:
    home = "mindspore.experimental.optim"
    with pytest.raises(MissingRateError, match="StepLR: SGD is given no rate"):
        read(f"{home}.lr_scheduler.StepLR({home}.SGD(params), 3)")
    call: Any = read(f"{home}.lr_scheduler.StepLR({home}.Adamax(params), 3)")
    assert call.optimizer == Optimizer((ParamGroup(0.002),), "Adamax")


#: torch 2.13 raises for these at construction: "optimizer must support momentum or beta1 …".
WITHOUT = ("ASGD", "Adadelta", "Adafactor", "Adagrad", "LBFGS", "Rprop")
WITH = ("SGD", "Adam", "AdamW", "Adamax", "Muon", "NAdam", "RAdam", "RMSprop", "SparseAdam")


@pytest.mark.parametrize("name", [*WITHOUT, *WITH])
def test_momentum_is_cycled_where_there_is_one(name: str) -> None:
    for text in ("CyclicLR({}, base_lr=0.1, max_lr=1.0{})", "OneCycleLR({}, 0.1, 9{})"):
        optimizer = f"torch.optim.{name}(a, lr=0.1)"
        fault = read(text.format(optimizer, "")).fault()
        assert (fault is not None and fault.error is ValueError) == (name in WITHOUT)
        assert read(text.format(optimizer, ", cycle_momentum=False")).fault() is None


@pytest.mark.parametrize("call", ["CyclicLR({}, 0.1, 1.0{})", "OneCycleLR({}, 0.1, 9{})"])
def test_another_package_s_optimizer_is_said_to_be_taken_for_one_with_momentum(call: str) -> None:
    said = "Lion has a momentum or betas (cycle_momentum=False, if it has not)"
    for optimizer in ("Lion(p, lr=0.1)", "o := Lion(p, lr=0.1)"):
        assert said in reading(call.format(optimizer, "")).assumptions
    for optimizer in ("Lion(p, lr=0.1, betas=(0.9, 0.99))", "SGD(p, lr=0.1)"):
        assert said not in reading(call.format(optimizer, "")).assumptions
    assert said not in reading(call.format("Lion(p, lr=0.1)", ", cycle_momentum=False")).assumptions


def test_every_optimizer_of_torch_is_one_or_the_other() -> None:
    assert all(name in TORCH for name in (*WITHOUT, *WITH))


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("g = [{'params': a, 'lr': 0.1}, {'params': b}]\no = SGD(g, lr=0.5)", [0.1, 0.5]),
        ("o = SGD([dict(params=a, lr=0.1), dict(params=b)], lr=0.5)", [0.1, 0.5]),
        ("g = [{'params': a, 'lr': 0.1}]\nh = [{'params': b}]\no = SGD(g + h, lr=0.5)", [0.1, 0.5]),
        ("x = 0.1\ng = [{'params': a, 'lr': x}]\nx = 9\no = SGD(g)", [0.1]),
        ("ps = [p for p in net.parameters()]\no = SGD(ps, lr=0.1)", [0.1]),
        ("o = SGD(filter(lambda p: p.grad, net.parameters()), lr=0.1)", [0.1]),
        ("o = SGD((p for p in net.parameters() if p.grad), 0.1)", [0.1]),
        ("o = SGD(list(a.parameters()) + list(b.parameters()), lr=0.1)", [0.1]),
        ("o = SGD(p, lr=0.5)\no.add_param_group({'params': b, 'lr': 0.1})", [0.5, 0.1]),
        ("o = SGD(p, lr=0.5)\no.add_param_group({'params': b})", [0.5, 0.5]),
        ("o = SGD(p, lr=0.5)\no.param_groups[0]['lr'] = 0.1", [0.1]),
        ("o = SGD(p, lr=0.5)\nfor g in o.param_groups:\n    g['lr'] *= 0.5", [0.25]),
        ("o = SGD(p, lr=0.5)\ng = o.param_groups[0]\ng['lr'] = 0.1", [0.1]),
        ("def build(p):\n    return SGD(p, lr=0.4)\nx = SGD(a, lr=0.1)\no = build(b)", [0.4]),
        (
            "g = []\nfor r in (0.1, 0.2):\n    g.append({'params': r, 'lr': r})\no = SGD(g)",
            [0.1, 0.2],
        ),
        ("kw = dict(lr=0.3)\nkw['momentum'] = 0.9\no = SGD(p, **kw)", [0.3]),
        ("kind = {'sgd': SGD, 'adam': Adam}\no = kind['sgd'](p, lr=0.3)", [0.3]),
    ],
)
def test_groups_are_read_where_they_can_be(text: str, rates: list[float]) -> None:
    call: Any = read(f"{text}\ns = StepLR(o, 3)")
    assert [group.lr for group in call.optimizer.groups] == rates


@pytest.mark.parametrize(
    "text",
    [
        "o = SGD([{'params': p, 'lr': 0.1 / i} for i, p in enumerate(x)], lr=0.5)",
        "o = SGD(get_groups(model), lr=0.5)",
        "g = get_groups(model)\no = SGD(g, lr=0.5)",
        "g = [{'params': a, 'lr': 0.1}]\ng.append(x)\no = SGD(g, lr=0.5)",
        "o = SGD([*groups(), {'params': b}], lr=0.5)",
        "o = SGD([{**common, 'params': a}], lr=0.5)",
        "o = SGD(params, lr=0.5)\no.load_state_dict(saved)",
        "o = SGD(params, lr=0.5)\nset_rates(o)",
        "o = SGD(params, lr=0.5)\no = wrap(o)",
        "class Ema:\n    pass\nema = Ema(None, lr=0.9)\no = build(a, lr=0.1)",
        "o = SGD(params, **options)",
        "o = Lion(params, 0.1)",
        "o = Lookahead(inner, 5)",
        "o = optimizers[0]",
        "o = getattr(torch.optim, name)(params, lr=0.1)",
        "other = SGD(a, lr=0.1)",
        "class SGD:\n    pass\no = SGD(params, lr=0.1)",
        "def SGD(p, lr):\n    return f(p, lr * 2)\no = SGD(params, lr=0.1)",
        "SGD = make()\no = SGD(params, lr=0.1)",
        "o = SGD(params, lr=0.5)\nsetattr(o, 'defaults', 3)",
        "o = SGD(params, lr=0.5)\nmodel, o = initialize(model, o)",
        "o = SGD(params, lr=0.5)\nexec(code)",
    ],
)
def test_a_rate_that_nobody_knows_is_asked_for(text: str) -> None:
    with pytest.raises(MissingRateError, match=r"StepLR.*--lr 0\.1"):
        read(f"{text}\nscheduler = StepLR(o, 3)")
    call: Any = read(f"{text}\nscheduler = StepLR(o, 3)", lr=0.25)
    assert [group.lr for group in call.optimizer.groups] == [0.25]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        (
            "opt = SGD(p, lr=args.lr)\nwarm = LinearLR(opt, total_iters=n)\n"
            "rest = CosineAnnealingLR(opt, len(loader) * m)\n"
            "both = SequentialLR(opt, [warm, rest], milestones=[k])",
            '--set n=... --set args.lr=... --set "len(loader)=..." --set m=... --set k=...',
        ),
        ("s = LambdaLR(opt, lambda k: k / n)", "--set n=... --lr 0.1"),
        ("s = LambdaLR(opt, [lambda k: k / n, lambda k: m])", "--set n=... --set m=... --lr 0.1"),
        (
            "if a:\n    s = LambdaLR(opt, lambda k: k / n)\nelse:\n    s = StepLR(opt, m)",
            "--set a=... --set n=... --set m=... --lr 0.1",
        ),
    ],
)
def test_all_that_is_missing_is_asked_for_at_once(text: str, asks: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(text)
    assert str(caught.value).endswith(f"({asks})")


@pytest.mark.parametrize(
    "before",
    [
        "n = 2\ndef pick(k):\n    if flag:\n        return 2\n    return 3\nx = pick(3)\n",
        "n = 2\ndef pick(k):\n    if k > flag:\n        return 2\n    k += 1\npick(3)\n",
    ],
)
def test_where_a_function_goes_on_matters_only_where_it_builds_something(before: str) -> None:
    assert read(f"{before}s = StepLR(SGD(p, lr=0.1), n)") == read("StepLR(SGD(p, lr=0.1), 2)")
    with pytest.raises(ReadError, match="--set flag="):
        read(before + "m = pick(4)\ns = StepLR(SGD(p, lr=0.1), m)")
    changed = before.replace("def pick(k):\n", "def pick(k):\n    global n\n")
    changed = changed.replace("\n    return 3", "\n    n = 5").replace("k += 1", "n = k")
    with pytest.raises(ReadError, match="--set flag="):
        read(f"{changed}s = StepLR(SGD(p, lr=0.1), n)")


def test_a_rate_is_given_once() -> None:
    for text in (STEP, "StepLR(SGD(params, 0.1), 3)"):
        with pytest.raises(ReadError, match="twice"):
            read(text, lr=0.2)
    call: Any = read("o = AdamW(params, weight_decay=0.1)\ns = StepLR(o, 3)", lr=0.2)
    assert call.optimizer == Optimizer((ParamGroup(0.2),), "AdamW", ("weight_decay=0.1",))


# --- what happens to a scheduler ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("for _ in range(4):\n    scheduler.step()", "before anything is trained"),
        ("scheduler.step()", "before anything is trained"),
        ("while n:\n    print(n)\n    scheduler.step()", "before anything is trained"),
        ("for e in r:\n    train()\n    scheduler.step(e)", "e is another each time"),
        ("[scheduler.step() for _ in range(4)]", "before anything is trained"),
        ("x = [scheduler.step() for _ in range(4)]", "before anything is trained"),
        ("if n:\n    for _ in range(n):\n        scheduler.step()", "before anything is trained"),
        ("setattr(scheduler, 'gamma', 3)", "changes scheduler"),
        ("again = scheduler\nagain.gamma = 3", "changes scheduler"),
        ("def f():\n    optimizer.param_groups[0]['lr'] = 3\nf()", "changes optimizer"),
        ("scheduler.last_epoch += 1", "changes scheduler"),
        ("scheduler.base_lrs[0] = 3", "changes scheduler"),
        ("for g in optimizer.param_groups:\n    g['lr'] = 3", "changes optimizer"),
        ("def f(o):\n    o.param_groups[0]['lr'] = 3\nf(optimizer)", "changes optimizer"),
        ("scheduler = Warmed(scheduler)", "makes something else of scheduler"),
        ("warm = MyWarmup(optimizer, after=scheduler)", "no dialect has MyWarmup"),
        ("other = MyLR(optimizer, 3)", "no dialect has MyLR"),
        ("note(model)\nscheduler.step()", "before anything is trained"),
        ("for _ in range(4):\n    logger.info('on')\n    scheduler.step()", "is trained"),
        ("if note:\n    optimizer.add_param_group({'params': head})", "changes optimizer"),
    ],
)
def test_what_is_done_to_a_scheduler_is_not_passed_over(more: str, says: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(STEP + more)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "more",
    [
        "optimizer.param_groups[0]['lr'] = 3",
        "for group in optimizer.param_groups:\n    group['lr'] *= 3",
        "optimizer.add_param_group({'params': head})",
        "groups = optimizer.param_groups\ngroups[0]['lr'] = 3",
    ],
)
@pytest.mark.parametrize("before", ["", "optimizer = build(model)\nx = optimizer.param_groups\n"])
def test_what_is_done_to_an_optimizer_from_elsewhere_is_not_passed_over(
    before: str, more: str
) -> None:
    text = f"{before}scheduler = StepLR(optimizer, 3)\n"
    read(text, lr=0.1)
    with pytest.raises(ReadError, match="changes optimizer"):
        read(text + more, lr=0.1)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("model, optimizer = amp.initialize(model, optimizer)", "amp.initialize (line 4)"),
        ("train(model, scheduler)", "train (line 4)"),
        ("state = {'all': [optimizer]}\nstart(state)", "start (line 5)"),
        ("if ready:\n    start({'all': [optimizer]})", "start (line 5)"),
        ("def again():\n    start(optimizer)\nlater(again)", "start (line 5)"),
        ("run = Trainer(model, [optimizer])\nrun.fit()", "Trainer (line 4), run.fit (line 5)"),
    ],
)
@pytest.mark.parametrize("rate", [None, 0.1])
def test_who_is_handed_what_holds_the_rate_is_spoken_of(
    rate: float | None, more: str, said: str
) -> None:
    text = "\n\nscheduler = StepLR(optimizer, 3)\n" if rate else f"\n{STEP.rstrip()}\n"
    found = reading(text + more, lr=rate)
    assert f"taken to write no rate: {said}" in found.assumptions


@pytest.mark.parametrize(
    "more",
    [
        "print(optimizer)",
        "torch.save({'state': optimizer}, name)",
        "scaler.step(optimizer)",
        "note(scheduler.get_last_lr()[0], optimizer.param_groups[0]['lr'])",
        "for e in range(9):\n    optimizer.step()\n    scheduler.step()\n"
        "    rates.append(scheduler.get_last_lr())",
    ],
)
def test_who_cannot_write_a_rate_is_not_spoken_of(more: str) -> None:
    found = reading(STEP + more)
    assert not any("taken to write" in said for said in found.assumptions)


def test_what_is_taken_to_train_is_said() -> None:
    for more in ("train(model)\nscheduler.step()", "for e in r:\n    go()\n    scheduler.step()"):
        assert any("is taken to train" in said for said in reading(STEP + more).assumptions)


@pytest.mark.parametrize(
    "more",
    [
        "for x in loader:\n    optimizer.step()\n    scheduler.step()",
        "for e in range(9):\n    train(model, optimizer)\n    scheduler.step()",
        "for e in range(9):\n    rates.append(scheduler.get_last_lr())\n    scheduler.step()",
        "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\nscheduler.step()",
        "trainer = Trainer(model, optimizers=(optimizer, scheduler))",
        "model, optimizer, scheduler = prepare(model, optimizer, scheduler)",
        "config = {'optimizer': optimizer, 'lr_scheduler': scheduler}",
        "torch.save(scheduler.state_dict(), name)",
        "print(optimizer.param_groups[0]['lr'])",
        "x = optimizer.param_groups[0]['lr']",
    ],
)
def test_what_trains_or_looks_on_changes_nothing(more: str) -> None:
    assert read(STEP + more) == read(STEP)


def test_two_optimizers_are_two_even_if_they_are_equal() -> None:
    lines = "a = SGD(p, lr=0.1)\nb = SGD(q, lr=0.1)\nw = StepLR(a, 3)\nc = StepLR(b, 3)\n"
    with pytest.raises(ReadError, match="optimizers of their own"):
        read(lines + "s = SequentialLR(a, [w, c], [3])")
    text = "from torch.optim import SGD\nkind = SGD\na = kind(p, lr=0.1)\nb = a\n"
    call: Any = read(text + "s = SequentialLR(a, [StepLR(b, 3), StepLR(a, 3)], [3])")
    assert call.optimizer == Optimizer.of(0.1)


def test_a_saved_state_is_spoken_of() -> None:
    found = reading(STEP + "if resume:\n    scheduler.load_state_dict(torch.load(name))")
    assert found.call == read(STEP)
    assert any("may go on from a saved state" in said for said in found.assumptions)


def test_a_list_that_is_made_into_another_is_not_passed_over() -> None:
    lines = "lr = nn.cosine_decay_lr(0.0, 0.1, 6, 2, 3)\n"
    assert read(lines + "opt = nn.Momentum(p, learning_rate=lr)") == read(lines.partition("=")[2])
    for more in ("lr = lr[2:]", "lr = [x * 2 for x in lr]", "lr = scale(lr)"):
        with pytest.raises(ReadError):
            read(lines + more)


# --- bounds ---------------------------------------------------------------------------------------

DOUBLED = {
    "list": "a0 = [1, 1]\n{}s = MultiStepLR(SGD(p, lr=0.1), a60)",
    "tuple": "a0 = (1, 1)\n{}s = MultiStepLR(SGD(p, lr=0.1), a60)",
    "dict": "a0 = 1\n{}s = StepLR(SGD(p, lr=0.1), a60)",
    "groups": "a0 = [{{'params': p, 'lr': 0.1}}]\n{}s = StepLR(SGD(a60), 3)",
    "chain": "o = SGD(p, lr=0.1)\na0 = StepLR(o, 3)\n{}",
}
LINE = {
    "list": "a{1} = [a{0}, a{0}]\n",
    "tuple": "a{1} = (a{0}, a{0})\n",
    "dict": "a{1} = {{1: a{0}, 2: a{0}}}\n",
    "groups": "a{1} = a{0} + a{0}\n",
    "chain": "a{1} = ChainedScheduler([a{0}, a{0}])\n",
}


@pytest.mark.parametrize("kind", DOUBLED)
def test_names_used_twice_do_not_double_the_work(kind: str) -> None:
    lines = "".join(LINE[kind].format(i, i + 1) for i in range(60))
    with pytest.raises(ReadError) as caught:
        read(DOUBLED[kind].format(lines))
    assert len(str(caught.value)) <= 500


def test_a_function_does_not_multiply_the_text() -> None:
    names = f"x = {[1] * 900}\n"
    lambdas = f"s = LambdaLR(SGD(p, lr=0.1), lambda t: {'+'.join(['x[0]'] * 90)})"
    call: Any = read(names + lambdas)
    assert len(call.code) < 90 * 3000
    text = f"f = lambda t: {'+'.join(['t'] * 90)}\ns = LambdaLR(SGD(p, lr=0.1), [{'f,' * 9000}])"
    with pytest.raises(ReadError, match="longer than the text"):
        read(text)


def test_a_scheduler_is_held_once() -> None:
    text = "o = SGD(p, lr=0.1)\na = StepLR(o, 3)\ns = ChainedScheduler([a, a])"
    with pytest.raises(ReadError, match="held already"):
        read(text)


def test_all_that_is_missing_is_told_whole(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"args.name_{i}" for i in range(90)]
    text = f"StepLR(SGD(p, lr=0.1), {' + '.join(names)}, {'z' * 10**4})"
    with pytest.raises(ReadError) as caught:
        read(text.replace("z" * 10**4, "0.5"))
    assert re.findall(r"--set (\S+?)=\.\.\.", str(caught.value)) == names
    say(str(caught.value))
    assert re.findall(r"--set (\S+?)=\.\.\.", capsys.readouterr().err) == names
    with pytest.raises(ReadError) as caught:
        read(text)
    assert len(str(caught.value)) < 5000


@pytest.mark.parametrize(
    "text",
    [
        f"{'x' * 10**5}(3)",
        f"StepLR(3, {'x' * 10**5}=3)",
        f"StepLR({'x' * 10**5}, step_size={'y' * 10**5})",
        f"StepLR(3, gamma={'9' * 4000})",
        f"x = '{'é' * 10**5}'\ns = StepLR(o, x + 1)",
    ],
    ids=["name", "keyword", "names", "digits", "string"],
)
def test_messages_are_cut(text: str) -> None:
    with pytest.raises(IsorateError) as caught:
        read(text, lr=0.1).checked()
    assert len(str(caught.value)) <= 800
    assert "\n" not in str(caught.value)


# --- what is written ------------------------------------------------------------------------------


def test_an_optimizer_that_a_composition_is_given_last_reads_back() -> None:
    call: Any = read("ChainedScheduler([LinearLR(o := Adam(p)), StepLR(o, 3)], optimizer=o)")
    assert call.optimizer == Optimizer((ParamGroup(0.001),), "Adam")
    assert read(call.code) == call


@pytest.mark.usefixtures("sail")
def test_whatever_can_be_built_reads_back() -> None:
    of = Optimizer((ParamGroup(0.1), ParamGroup(0.2, 0.3)), "Wind", ("sheet=3",))
    for call in (
        decay("x", Optimizer.of(0.1)),
        decay("x", of, {30: 0.1, 60: float("inf"), "a": [1, (2,), ()], "b": {}}),
        decay("x", Optimizer((ParamGroup(0.5),), "other.Craft"), {"n": {"m": (1, 2)}}),
        StepLR(0.1, {3: 0.5}),
        StepLR(0.1, (3, [4, {5: None}])),
    ):
        assert read(call.code) == call, call.code
    assert decay("x", of).code.startswith(
        "sail.optim.lr.decay(kind='x', optimizer=sail.optim.Wind("
    )


# --- an optimizer says whose scheduler it is given to ---------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "StepLR(mindspore.experimental.optim.SGD(params, lr=0.1), 3)",
        "import mindspore.experimental.optim as optim\n"
        "optimizer = optim.SGD(params, lr=0.1)\nscheduler = StepLR(optimizer, 3)",
        "optimizer = mindspore.experimental.optim.Adam(params, lr=0.1)\n"
        "warm = LinearLR(optimizer, 0.1, 1.0, 5)\ncosine = CosineAnnealingLR(optimizer, 5)\n"
        "scheduler = SequentialLR(optimizer, [warm, cosine], [5])",
        "mindspore.experimental.optim.lr_scheduler.SequentialLR("
        "optimizer := mindspore.experimental.optim.SGD(params, lr=0.1), "
        "[LinearLR(optimizer, 0.1, 1.0, 5), StepLR(optimizer, 4, 0.5)], [5])",
    ],
)
def test_a_bare_scheduler_is_of_its_optimizer_s_framework(text: str) -> None:
    call = read(text)
    assert call.dialect == "mindspore"
    assert {member.dialect for member in getattr(call, "members", ())} <= {"mindspore"}
    assert simulate(call, 4).dtype == "float32"


def test_a_scheduler_is_not_given_another_framework_s_optimizer() -> None:
    text = "torch.optim.lr_scheduler.StepLR(mindspore.experimental.optim.SGD(params, lr=0.1), 3)"
    with pytest.raises(ReadError, match="is given an optimizer of mindspore's: required one of t"):
        read(text)


def test_an_integer_in_a_tensor_stays_one_in_torch_alone() -> None:
    optimizer = "mindspore.experimental.optim.SGD(params, lr=mindspore.tensor(1))"
    call = read(f"StepLR({optimizer}, 3)")
    assert simulate(call, 4).values.tolist()[:3] == [1.0, 1.0, 1.0]
    with pytest.raises(ReadError, match="required float32 or float64, got int64"):
        read("StepLR(torch.optim.SGD(params, lr=torch.tensor(1)), 3)")


# --- functions of the step ------------------------------------------------------------------------

SCRIPT = """
import math
import torch
warmup, total = 10, 100

def lr_lambda(current_step: int):
    if current_step < warmup:
        return float(current_step) / float(max(1, warmup))
    progress = float(current_step - warmup) / float(max(1, total - warmup))
    progress *= 2.0 * 0.5
    return max(0.0, 0.5 * (1.0 + math.cos(math.pi * progress)))

optimizer = torch.optim.SGD(params, lr=0.1)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda)
"""


def test_a_function_of_the_step_is_read() -> None:
    scope: dict[str, Any] = {}
    exec(SCRIPT[: SCRIPT.index("optimizer =")].replace("import torch\n", ""), scope)
    expected = [0.1 * scope["lr_lambda"](step) for step in range(120)]
    assert simulate(SCRIPT, Run(120)).values.tolist() == expected
    call = read(SCRIPT)
    assert read(call.code) == call


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("total = 200\n", "total"),
        ("def total(): return 3\n", "total"),
        ("if deep:\n    total = 4\n", "--set deep="),
    ],
)
def test_a_name_of_a_function_is_what_it_is_when_it_runs(change: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        read(SCRIPT + change)


@pytest.mark.parametrize("line", ["    global warmup\n", "    step()\n"])
def test_a_function_that_does_something_else_is_not_read(line: str) -> None:
    body = "def lr_lambda(current_step: int):\n"
    with pytest.raises(ReadError, match=r"lr_lambda|warmup"):
        read(SCRIPT.replace(body, body + line))


def test_a_loader_whose_length_is_given_as_no_integer_is_no_trouble() -> None:
    text = STEP + "for x in tqdm(loader):\n    optimizer.step()\n    scheduler.step()"
    assert reading(text, names={"len(loader)": 0.5}).call == reading(STEP).call


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s = lrs.StepLR(SGD(params, lr=0.1), 2)", "lrs.StepLR is torch's"),
        ("s = sched.OneCycleLR(SGD(params, lr=0.1), 0.1, 9)", "sched.OneCycleLR is t"),
        ("s = LambdaLR(SGD(params, lr=0.1), lambda t: cos(t))", "cos is taken for math.cos"),
    ],
)
def test_an_alias_that_nothing_imports_is_said(text: str, said: str) -> None:
    assert any(said in assumed for assumed in reading(text).assumptions)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("s = self.StepLR(optimizer, 2)", "does not exist"),
        ("s = StepLR(optimizer, **...)", r"uses names without a value: \.\.\."),
        ("s = LambdaLR(optimizer, partial(factor, n=3))", "without a value: factor"),
        (
            "from ours import *\ns = LambdaLR(optimizer, lambda t: cos(t))",
            r"cos\(t\) cannot be computed",
        ),
        ("s = rasterizer.StepLR(optimizer, 2)", "does not exist"),
        ("import ours as lrs\ns = lrs.StepLR(optimizer, 2)", "no dialect has"),
        ("x = 3\ns = WarmCosineLR(optimizer, 2)", r"WarmCosineLR \(line 2\) is in no dialect"),
        ("if a:\n    x = 3\nelse:\n    y = 4", "builds no scheduler"),
        (
            "def f(o):\n    g = lambda: StepLR(o, 2)\nx = 3",
            r"StepLR \(line 2\) stands where it is not followed",
        ),
    ],
)
def test_what_is_not_read_is_named(text: str, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        reading(text, lr=0.1)


def test_who_chooses_the_optimizer_is_asked_for_with_what_the_trainer_needs() -> None:
    text = """
class Model(pl.LightningModule):
    def __init__(self, rate, kind):
        self.rate, self.loss = rate, self.make_loss()

    def make_loss(self):
        raise NotImplementedError

    def configure_optimizers(self):
        if self.kind == "adam":
            optimizer = optim.Adam(self.parameters(), lr=self.rate)
        elif self.kind == "sgd":
            optimizer = optim.SGD(self.parameters(), lr=self.rate)
        else:
            assert False, self.kind
        return [optimizer], [StepLR(optimizer, 2)]
"""
    with pytest.raises(ReadError, match=r"kind=.*rate="):
        reading(text)
    given = {"self.kind": "sgd", "self.rate": 0.1, "len(train_dataloader)": 3, "max_epochs": 2}
    assert reading(text, names=given).call.code == read(STEP).code


def test_a_callback_that_a_list_keeps_is_the_schedule() -> None:
    text = "callbacks.append(LearningRateScheduler(lambda epoch: 0.1 * 0.5**epoch))"
    assert "LearningRateScheduler" in reading(text).call.code


def test_each_alternative_says_all_that_has_to_hold() -> None:
    text = "if fixed:\n    s = ConstantLR(o)\nelif n > 3:\n    s = StepLR(o, n)\n"
    text += "else:\n    s = StepLR(o, 2)"
    with pytest.raises(ReadError) as caught:
        reading(text, lr=0.1)
    for told in ("ConstantLR if fixed;", "StepLR if not (fixed) and n > 3;",
                 "StepLR if not (fixed) and not (n > 3)"):  # fmt: skip
        assert told in str(caught.value)
