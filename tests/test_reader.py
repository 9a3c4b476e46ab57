"""Text → Call: every way people paste a call, and text that must never do anything."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isorate import IsorateError, ReadError
from isorate.dialects.isorate.torch import CosineAnnealingLR as DropIn
from isorate.dialects.mindspore import CosineAnnealingLR as Experimental
from isorate.dialects.mindspore import LearningRateList, cosine_decay_lr
from isorate.dialects.torch.cosines import CosineAnnealingLR
from isorate.dialects.torch.functions import LambdaLR
from isorate.kit.call import Call
from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.kit.registry import constructors
from isorate.schedule.expression import Expression
from tests.calls import read

TABLES = Path(__file__).parent / "tables"
HERE = CosineAnnealingLR(Optimizer.of(0.1), 100, 0.001)


@pytest.mark.parametrize(
    "text",
    [
        "CosineAnnealingLR(T_max=100, eta_min=0.001)",
        "CosineAnnealingLR(100, 0.001)",
        "CosineAnnealingLR(100, eta_min=1e-3)",
        "CosineAnnealingLR(optimizer, 100, 0.001)",
        "CosineAnnealingLR(optimizer, T_max=100, eta_min=0.001)",
        "CosineAnnealingLR(self.optimizer, T_max=100, eta_min=0.001)",
        "CosineAnnealingLR(optimizers[0], T_max=100, eta_min=0.001)",
        "CosineAnnealingLR(optimizer=opt, T_max=100, eta_min=0.001)",
        "CosineAnnealingLR(torch.optim.SGD(params), T_max=100, eta_min=0.001)",
        "lr_scheduler.CosineAnnealingLR(opt, 10 * 10, 1 / 1000)",
        "optim.lr_scheduler.CosineAnnealingLR(opt, T_max=200 // 2, eta_min=10**-3)",
        "torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=+100, eta_min=0.001)",
        "  torch.optim.lr_scheduler.CosineAnnealingLR(\n    opt,\n    T_max=100,  # epochs\n"
        "    eta_min=0.001,\n)  ",
        "CosineAnnealingLR(opt, T_max=100, eta_min=0.001, last_epoch=-1)",
        "scheduler = CosineAnnealingLR(opt, T_max=100, eta_min=0.001)",
        "self.scheduler = optim.lr_scheduler.CosineAnnealingLR(self.opt, 100, 0.001)  # decay",
    ],
)
def test_the_ways_people_write_it(text: str) -> None:
    assert read(text, lr=0.1) == HERE


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("SGD(params, lr=0.1)", (ParamGroup(0.1),)),
        ("SGD(params, 0.1, momentum=0.9)", (ParamGroup(0.1),)),
        ("torch.optim.AdamW(model.parameters(), lr=3e-4)", (ParamGroup(3e-4),)),
        (
            "SGD([{'params': a, 'lr': 0.1}, {'params': b}], lr=0.01)",
            (ParamGroup(0.1), ParamGroup(0.01)),
        ),
        (
            "SGD([{'params': a, 'lr': 0.05, 'initial_lr': 0.1}])",
            (ParamGroup(0.05, 0.1),),
        ),
        ("SGD(params, lr=torch.tensor(0.1))", (ParamGroup(0.1, None, "float32"),)),
        (
            "SGD(params, lr=torch.tensor(0.1, dtype=torch.float64))",
            (ParamGroup(0.1, None, "float64"),),
        ),
        ("SGD(params, lr=8 * 1e-3)", (ParamGroup(8 * 1e-3),)),
    ],
)
def test_the_optimizer_may_carry_the_rate(text: str, groups: tuple[ParamGroup, ...]) -> None:
    call: Any = read(f"CosineAnnealingLR({text}, T_max=100)")
    assert call.optimizer.groups == groups
    assert read(call.code) == call


def test_a_sequence_of_rates_is_one_a_group() -> None:
    call: Any = read("CosineAnnealingLR(T_max=10)", lr=[0.1, 0.01])
    assert call.optimizer == Optimizer.of(0.1, 0.01)


def test_names_are_looked_up() -> None:
    text = "CosineAnnealingLR(opt, T_max=epochs * steps_per_epoch, eta_min=lr / 100)"
    names = {"epochs": 3, "steps_per_epoch": 500, "lr": 0.1}
    assert read(text, lr=0.1, names=names) == CosineAnnealingLR(Optimizer.of(0.1), 1500, 0.1 / 100)
    dotted = "CosineAnnealingLR(self.optimizer, args.epochs, eta_min=cfg.lr.min)"
    named = {"args.epochs": 7, "cfg.lr.min": 0.001}
    assert read(dotted, lr=0.1, names=named) == CosineAnnealingLR(Optimizer.of(0.1), 7, 0.001)
    with pytest.raises(ReadError, match=r"args\.epochs, cfg\.lr\.min.*--set args\.epochs="):
        read(dotted, lr=0.1)
    with pytest.raises(ReadError, match=r'len\(loader\), epochs \(--set "len\(loader\)='):
        read("CosineAnnealingLR(opt, T_max=len(loader) * epochs)", lr=0.1)
    with pytest.raises(ReadError, match=r"epochs, steps_per_epoch.*--set epochs="):
        read(text, lr=0.1, names={"lr": 0.1})


def test_a_bare_name_is_torch_unless_the_dialect_says_otherwise() -> None:
    text = "CosineAnnealingLR(T_max=10)"
    assert type(read(text, lr=0.1)) is CosineAnnealingLR
    assert type(read(text, lr=0.1, dialect="mindspore")) is Experimental
    for prefix in (
        "mindspore.experimental.optim.lr_scheduler",
        "ms.experimental.optim.lr_scheduler",
    ):
        assert type(read(f"{prefix}.{text}", lr=0.1)) is Experimental
    assert type(read(f"isorate.torch.{text}", lr=0.1)) is DropIn


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("isorate.torch.StepLR", "is not read; it has the rates of what it stands in for"),
        ("isorate.torch.cosine_decay_lr", "is not read; .*write mindspore.nn.cosine_decay_lr"),
        ("isorate.mindspore.experimental.StepLR", "is not read"),
        ("isorate.mindspore.StepLR", "does not exist"),
        ("isorate.torch.gone.StepLR", "does not exist"),
        ("isorate.gone.StepLR", "does not exist"),
        ("mindspore.nn.StepLR", "does not exist"),
    ],
)
def test_a_drop_in_is_no_call_and_says_so(name: str, text: str) -> None:
    with pytest.raises(ReadError, match=text):
        read(f"{name}(SGD(p, lr=0.1), 3)")


@pytest.mark.parametrize("prefix", ["", "nn.", "mindspore.nn.", "ms.nn."])
def test_mindspore_carries_its_rates(prefix: str) -> None:
    call = read(f"{prefix}cosine_decay_lr(0.01, 0.1, 6, 2, decay_epoch=2)")
    assert call == cosine_decay_lr(0.01, 0.1, 6, 2, 2)
    with pytest.raises(ReadError, match="carries its own rates"):
        read(f"{prefix}cosine_decay_lr(0.01, 0.1, 6, 2, 2)", lr=0.1)


def test_lists_of_rates() -> None:
    assert read("[0.1, 0.05]") == LearningRateList((0.1, 0.05))
    assert read("[0.1] * 2 + [0.05]") == LearningRateList((0.1, 0.1, 0.05))
    assert read("[a, a / 2]", names={"a": 0.1}) == LearningRateList((0.1, 0.05))


def test_lambdas_of_arithmetic() -> None:
    call: Any = read(
        "LambdaLR(opt, lr_lambda=lambda epoch: 0.5 * (1 + math.cos(math.pi * epoch / T)))",
        lr=0.1,
        names={"T": 4},
    )
    assert isinstance(call, LambdaLR)
    assert isinstance(call.lr_lambda, Expression)
    assert call.lr_lambda.function()(2) == 0.5 * (1 + math.cos(math.pi * 2 / 4))
    assert read(call.code) == call
    two: Any = read("LambdaLR(opt, [lambda t: 0.9 ** t, lambda t: 1 if t < 3 else 0.1])", lr=[1, 2])
    assert [f.function()(3) for f in two.lr_lambda] == [0.9**3, 0.1]


def test_infinities_and_nan_can_be_written() -> None:
    call: Any = read("CosineAnnealingLR(T_max=float('inf'), eta_min=math.nan)", lr=0.1)
    assert call.T_max == math.inf
    assert math.isnan(call.eta_min)
    assert read("CosineAnnealingLR(T_max=math.inf)", lr=0.1) == read(
        "CosineAnnealingLR(T_max=float('inf'))", lr=0.1
    )


def test_every_signature_reads_back() -> None:
    """A call of every constructor, written and read, is the same call."""
    calls: dict[type[Call], Call] = {}
    for path in sorted(TABLES.glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8"))["rows"]:
            if not row.get("unread") and "raises" not in row:
                call = read(row["text"], lr=row.get("lr"), dialect=path.stem)
                calls.setdefault(type(call), call)
    assert set(calls) == set(constructors())
    for call in calls.values():
        assert read(call.code) == call
        assert call.code in str(call)
        assert "<table" in call._repr_html_()


BAD = [
    "",
    "   ",
    "\x00",
    "CosineAnnealingLR(T_max=100)\x00",
    "CosineAnnealingLR",
    "CosineAnnealingLR(",
    "CosineAnnealingLR)",
    "CosineAnnealingLr(T_max=100)",
    "CosineAnnealingLR()",
    "CosineAnnealingLR(T_max=)",
    "CosineAnnealingLR(T_max=100, T_max=100)",
    "CosineAnnealingLR(opt, 100, T_max=100)",
    "CosineAnnealingLR(opt, 100, 0, -1, 5)",
    "CosineAnnealingLR(Tmax=100)",
    "CosineAnnealingLR(T_max=steps)",
    "CosineAnnealingLR(T_max=len(loader))",
    "CosineAnnealingLR(*args)",
    "CosineAnnealingLR(**kwargs)",
    "CosineAnnealingLR(T_max=[1 for _ in range(10)])",
    "CosineAnnealingLR(T_max=__import__('os').system('touch pwned'))",
    "CosineAnnealingLR(T_max=open('pwned', 'w'))",
    "CosineAnnealingLR(T_max=().__class__.__bases__[0].__subclasses__())",
    "CosineAnnealingLR(T_max=10**10**10)",
    "CosineAnnealingLR(T_max=2**9999999)",
    "CosineAnnealingLR(T_max=(-2)**0.5)",
    "CosineAnnealingLR(T_max=1/0)",
    "CosineAnnealingLR(T_max=1 << 99999999)",
    "CosineAnnealingLR(T_max='a' * 10**9)",
    "CosineAnnealingLR(T_max=" + "9" * 5000 + ")",
    "CosineAnnealingLR(T_max=" + "(" * 500 + "1" + ")" * 500 + ")",
    "CosineAnnealingLR(T_max=" + "-" * 5000 + "1)",
    "CosineAnnealingLR(T_max=" + "1+" * 5000 + "1)",
    "(" * 100_000,
    "x" * (2**20 + 1),
    "CosineAnnealingLR(T_max=" + " " * 2**21 + "1)",
    "import os; os.system('touch pwned')",
    "print('hi')",
    "1 + 1",
    "torch.optim.lr_scheduler.cosine_decay_lr(0.01, 0.1, 6, 2, 2)",
    "mindspore.nn.CosineAnnealingLR(opt, T_max=10)",
    "sklearn.CosineAnnealingLR(opt, T_max=10)",
    "a.b()(c)",
    "CosineAnnealingLR(SGD(params, lr=-0.1), T_max=10)",
    "CosineAnnealingLR(SGD(params, lr=float('nan')), T_max=10)",
    "CosineAnnealingLR(SGD(params, lr='0.1'), T_max=10)",
    "CosineAnnealingLR(SGD(params, lr=rate), T_max=10)",
    "CosineAnnealingLR(SGD([{'params': a}, 5], lr=0.1), T_max=10)",
    "CosineAnnealingLR(SGD(params, lr=torch.tensor(0.1, dtype=torch.bfloat16)), T_max=10)",
    "LambdaLR(opt, lr_lambda=lambda t: __import__('os'))",
    "LambdaLR(opt, lr_lambda=lambda t, u: t)",
    "LambdaLR(opt, lr_lambda=lambda *t: t)",
    "LambdaLR(opt, lr_lambda=lambda t: [x for x in t])",
    "LambdaLR(opt, lr_lambda=lambda t: t.__class__)",
    "LambdaLR(opt, lr_lambda=lambda t: unknown * t)",
    "[]()",
    "[0.1] * -1",
    "[0.1] * 10**99",
    "[0.1, x]",
    "[x for x in y]",
    "{'lr': 0.1}",
    "f'{1}'",
    "lambda t: t",
    "await x()",
    "(yield)",
    "x := 1",
]


@pytest.mark.parametrize("text", BAD, ids=lambda text: repr(text[:40]))
def test_bad_text_gets_one_line(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    needs_lr = "SGD(" not in text and not text.startswith(("[", "mindspore.nn.cosine"))
    with pytest.raises(IsorateError) as caught:
        read(text, lr=0.1 if needs_lr else None).checked()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    assert list(tmp_path.iterdir()) == []


def test_a_missing_rate_says_how_to_give_it() -> None:
    with pytest.raises(ReadError, match="--lr"):
        read("CosineAnnealingLR(T_max=100)")
    with pytest.raises(ReadError, match="twice"):
        read("CosineAnnealingLR(SGD(p, lr=0.1), T_max=100)", lr=0.2)
    beside = read("CosineAnnealingLR(SGD(p, lr=args.lr), T_max=100, eta_min=0.001)", lr=0.1)
    assert beside == HERE  # the text names a rate it does not know
    with pytest.raises(ReadError, match=r"--set args\.lr="):
        read("CosineAnnealingLR(SGD(p, lr=args.lr), T_max=100)")
    with pytest.raises(ReadError, match="taken for the optimizer"):
        read("CosineAnnealingLR(total_steps)", lr=0.1)
    with pytest.raises(ReadError, match="did you mean CosineAnnealingLR"):
        read("CosineAnealingLR(T_max=100)", lr=0.1)


words = st.sampled_from(
    [
        *"()[]{},.=*+-/%:'\" \n\\@#&|^~<>0123456789",
        "CosineAnnealingLR",
        "cosine_decay_lr",
        "LambdaLR",
        "lambda t:",
        "torch.optim.",
        "mindspore.nn.",
        "SGD(p, lr=0.1)",
        "T_max=",
        "eta_min=",
        "for x in ",
        "if ",
        "else ",
        "import ",
        "**",
        "//",
        ":=",
        "1e999",
        "0x",
        "float('nan')",
        "__class__",
        "math.cos(",
        "\x00",
        "é",
        "‮",
    ]
)


@settings(max_examples=600, deadline=None)
@given(st.text(max_size=60) | st.lists(words, max_size=25).map("".join), st.booleans())
@example("CosineAnnealingLR(0**-1)", True)
@example("LambdaLR(lambda t: 0**-t)", True)
def test_any_text_is_read_or_refused(text: str, rate: bool) -> None:
    try:
        call = read(text, lr=0.1 if rate else None)
    except IsorateError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(call, Call)
        assert read(call.code) == call or "nan" in call.code
