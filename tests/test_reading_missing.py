"""All that a text lacks is asked for at once, in words that can be typed back."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest

from isorate import ReadError, read
from isorate.cli._commands import run
from isorate.cli._names import names
from isorate.cli._sides import read_side

HEAD = """from torch.optim import SGD
from torch.optim.lr_scheduler import *
"""
VALUES = {
    "cfg['lr']": "0.1",
    "cfg['sched']['size']": "3",
    "len(loader)": "5",
    "args.milestones": "[3, 6]",
    "args.sched": "cos",
    "args.lr": "0.2",
    "warm": "False",
    "cfg['arguments']": "{'step_size': 3}",
    "placed": "[3]",
}
TEXTS = {
    "two members": "o = SGD(p, lr=cfg['lr'])\n"
    "s = SequentialLR(o, [LinearLR(o, total_iters=n), StepLR(o, size)], [edge])",
    "a chain": "o = SGD(p, lr=0.1)\ns = ChainedScheduler([StepLR(o, a), ExponentialLR(o, b)])",
    "rates of groups": "o = SGD([{'params': a, 'lr': x}, {'params': b, 'lr': y}])\n"
    "s = StepLR(o, z)",
    "no rate": "s = SequentialLR(o, [LinearLR(o, total_iters=n), StepLR(o, size)], [edge])",
    "items and lengths": "o = SGD(p, lr=cfg['lr'])\n"
    "s = StepLR(o, cfg['sched']['size'] * len(loader))",
    "lists": "o = SGD(p, lr=args.lr)\ns = MultiStepLR(o, milestones=args.milestones)",
    "a choice": "o = SGD(p, lr=args.lr)\nif args.sched == 'cos':\n"
    "    s = CosineAnnealingLR(o, t_max)\nelif args.sched == 'step':\n"
    "    s = StepLR(o, size)\nelse:\n    raise ValueError",
    "choices in a row": "lr = rate\nif warm:\n    lr = lr * factor\no = SGD(p, lr=lr)\n"
    "if args.sched == 'cos':\n    s = CosineAnnealingLR(o, t_max)\nelse:\n    s = StepLR(o, size)",
    "members by a choice": "o = SGD(p, lr=args.lr)\nmain = StepLR(o, size)\nif warm:\n"
    "    s = SequentialLR(o, [LinearLR(o, total_iters=n), main], [n])\nelse:\n    s = main",
    "a computed one": "o = SGD(p, lr=rate * batch / 256)\n"
    "s = OneCycleLR(o, max_lr=rate * peak, total_steps=epochs * len(loader) // accumulation)",
    "a function": "def lr_at(step):\n    if step < warmup:\n"
    "        return step / warmup\n    return decay\n"
    "s = LambdaLR(SGD(p, lr=rate), lr_at)",
    "arguments at once": "s = StepLR(SGD(p, lr=rate), **cfg['arguments'])",
    "arguments at once, and a rate": "s = StepLR(SGD(p), *placed)\n",
    "a loop": "o = SGD(p, lr=rate)\ns = StepLR(o, size)\nfor epoch in range(9):\n"
    "    train(loader, o)\n    s.step()",
    "a loop without a loader": "o = SGD(p, lr=0.1)\ns = StepLR(o, size)\n"
    "for epoch in range(9):\n    train(model, o)\n    s.step()",
    "arguments": "import argparse\nq = argparse.ArgumentParser()\n"
    "q.add_argument('--lr', type=float, required=True)\nq.add_argument('--size', type=int)\n"
    "args = q.parse_args()\ns = StepLR(SGD(p, lr=args.lr), args.size, gamma=gamma)",
}  # fmt: skip


def asked(text: str, *settings: str, lr: tuple[float, ...] = (), head: str = HEAD) -> list[str]:
    """Return what a text asks for: the settings and the rate; nothing where it is read."""
    try:
        read_side(head + text, lr, names(settings))
    except ReadError as error:
        hint = re.search(r"\(((?:--set|--lr).*?)(?:, or give .*, too)?\)$", str(error))
        assert hint is not None, str(error)
        words = shlex.split(hint[1])
        return [f"{a} {b}" for a, b in zip(words[::2], words[1::2], strict=True)]
    return []


@pytest.mark.parametrize("what", TEXTS)
def test_what_is_asked_for_at_once_is_all(what: str) -> None:
    found = asked(TEXTS[what])
    assert found
    sources = [each.removeprefix("--set ").removesuffix("=...") for each in found
               if each.startswith("--set ")]  # fmt: skip
    settings = [f"{source}={VALUES.get(source, '4')}" for source in sources]
    rates = (0.1,) if any(each.startswith("--lr") for each in found) else ()
    assert asked(TEXTS[what], *settings, lr=rates) == []


@pytest.mark.parametrize("what", TEXTS)
def test_each_of_it_is_needed(what: str) -> None:
    found = asked(TEXTS[what])
    sources = [each.removeprefix("--set ").removesuffix("=...") for each in found
               if each.startswith("--set ")]  # fmt: skip
    settings = {source: f"{source}={VALUES.get(source, '4')}" for source in sources}
    rates = (0.1,) if any(each.startswith("--lr") for each in found) else ()
    left = set()
    for source in sources:
        others = [setting for name, setting in settings.items() if name != source]
        left |= {source} if asked(TEXTS[what], *others, lr=rates) else set()
    chosen = {"size"} if "cos" in TEXTS[what] else set()  # of the ways that args.sched rules out
    chosen |= {"factor"} if what == "choices in a row" else set()
    chosen |= {"n"} if what == "members by a choice" else set()
    assert left == set(sources) - chosen


def test_a_list_of_rates_asks_for_all_of_it() -> None:
    text = "[high] * n + [low] * m"
    assert asked(text, head="") == [f"--set {name}=..." for name in ("high", "n", "low", "m")]
    assert asked(text, "high=0.1", "n=3", "low=0.01", "m=4", head="") == []


def test_a_function_is_given_as_a_lambda() -> None:
    text = "from project import shape\ns = LambdaLR(SGD(p, lr=0.5), shape)"
    assert asked(text) == ["--set shape=..."]
    with pytest.raises(ReadError, match=r"--set shape=\.\.\., or give project\.py, too"):
        read_side(HEAD + text, (), names(()))
    shape = "shape=lambda step: 1 - step / total"
    assert asked(text, shape) == ["--set total=..."]
    side = read_side(HEAD + text, (), names((shape, "total=4")))
    assert side.call.code.endswith("lr_lambda=lambda step: 1 - step / 4)")
    called = read_side(HEAD + "s = StepLR(SGD(p, lr=0.5), f(3))", (), names(("f=lambda n: 2 * n",)))
    assert called.call.step_size == 6  # type: ignore[attr-defined]


def test_a_name_that_no_way_needs_is_refused_still() -> None:
    with pytest.raises(ReadError, match="does not depend on it"):
        read_side(HEAD + "s = StepLR(SGD(p, lr=0.1), size)", (), names(("size=3", "p=4")))


def test_what_is_typed_as_the_text_has_it_anyway_is_taken() -> None:
    text = HEAD + TEXTS["arguments"].replace("required=True", "default=0.1")
    side = read_side(text, (), names(("args.lr=0.1", "args.size=4", "gamma=0.5")))
    call: Any = side.call
    assert (call.step_size, call.optimizer.groups[0].lr) == (4, 0.1)


def test_what_is_missing_is_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    def document(*arguments: str) -> dict[str, Any]:
        assert run([*arguments, "--json"]) == 2
        printed = capsys.readouterr()
        assert printed.err.startswith("isorate: ")
        found: dict[str, Any] = json.loads(printed.out)
        return found

    found = document("show", HEAD + TEXTS["a choice"])
    assert [each["source"] for each in found["missing"]][:1] == ["args.sched"]
    assert found["rate"] is False
    found = document("show", HEAD + "s = StepLR(optimizer, size)")
    assert found["missing"] == [{"source": "size", "why": None, "before": None}]
    assert found["rate"] is True
    found = document("compare", "StepLR(3)", "StepLR(3)")
    assert (found["missing"], found["rate"]) == ([], True)
    lost = HEAD + "size = int(input())\ns = StepLR(SGD(p, lr=0.1), size)"
    (missing,) = document("convert", lost, "--to", "torch")["missing"]
    assert missing["source"] == "size"
    assert "line" in missing["why"]
    assert run(["show", "StepLR(3, 4, 5, 6, 7)", "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_what_it_was_before_is_offered() -> None:
    text = (
        "import argparse\np = argparse.ArgumentParser()\n"
        "p.add_argument('--lr', type=float, default=0.1)\n"
        "p.add_argument('--sched', default='a b')\n"
        "args = p.parse_args()\nmodel = build(args)\n"
        "o = torch.optim.SGD(model.parameters(), args.lr)\n"
        "if args.sched == 'a b':\n    s = torch.optim.lr_scheduler.StepLR(o, 3)\n"
        "else:\n    s = torch.optim.lr_scheduler.StepLR(o, 4)"
    )
    with pytest.raises(ReadError) as refused:
        read(text)
    assert refused.value.hint == "--set \"args.sched='a b'\" --set args.lr=0.1"


def test_a_class_of_a_module_that_all_names_came_from_is_asked_for() -> None:
    text = (
        "from torch.optim import SGD\nfrom torch.optim.lr_scheduler import LambdaLR as Factor\n"
        "from utils import *\noptimizer = SGD(model.parameters(), lr=0.1)\n"
        "scheduler = Factor(optimizer, lr_lambda=LambdaLR(200, 0, 100).step)"
    )
    with pytest.raises(ReadError, match=re.escape("LambdaLR(200, 0, 100).step=...")):
        read(text)
    given = {"LambdaLR(200, 0, 100).step": "lambda e: 1 - e / 200"}
    assert "lambda e: 1 - e / 200" in str(read(text, names=given))
    with pytest.raises(ReadError, match="too many arguments"):
        read(text.replace("from utils import *", "import utils"))


def test_what_no_expression_of_the_text_says_is_no_name_to_set() -> None:
    text = """
opt = SGD(p, lr=0.1)
for it in range(20):
    for group in opt.param_groups:
        group["lr"] = 0.1 * 0.1 ** (it >= np.array(drops())).sum()
    opt.step()
"""
    with pytest.raises(ReadError) as caught:
        read(text)
    assert "--set ..." not in str(caught.value)


STEPPED = """
def train(args):
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, args.step)
    for epoch in range(9):
        for batch in loader:
            optimizer.step()
        if WHEN:
            scheduler.step()

train(get_args())
"""


def test_how_often_a_scheduler_is_stepped_is_asked_for_at_once() -> None:
    with pytest.raises(ReadError) as caught:
        read(STEPPED.replace("WHEN", "loss(batch) < 2"))
    assert caught.value.hint == "--set args.step=... --set args.lr=... --step-every update"
    with pytest.raises(ReadError) as caught:
        read(STEPPED.replace("WHEN", "args.sched"))
    assert "--set args.sched=..." in str(caught.value)
    assert "--step-every" not in str(caught.value)


def test_an_expression_is_given_as_the_text_has_it() -> None:
    often = "load(c) if 'a' in c else 3 * few"
    given = names([f"{often}=2"])
    assert "step_size=2" in str(read(f"StepLR(SGD(p, lr=0.1), {often})", names=given))


def test_a_file_that_has_what_builds_is_named_before_a_package_that_is_not_read() -> None:
    text = "from accelerate import Accelerator\nfrom sched import build_scheduler\nAccelerator()\n"
    with pytest.raises(ReadError, match=re.escape("give optim/rates.py, too")):
        read(text.replace("sched ", "optim.rates ") + "scheduler = build_scheduler(optimizer)")


def test_a_rate_that_is_not_followed_is_named() -> None:
    text = "import mindspore.nn as nn\nrates = [0.1, 0.2]['x']\nopt = nn.SGD(p, rates)"
    with pytest.raises(ReadError, match="is given rates: cannot compute"):
        read(text)


def test_a_schedule_that_a_default_leaves_out_is_said_to_be_so() -> None:
    text = """
parser = argparse.ArgumentParser()
parser.add_argument("--sched", action="store_true")
args = parser.parse_args()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
if args.sched:
    scheduler = StepLR(optimizer, 3)
"""
    with pytest.raises(ReadError, match=r"args.sched is False by default"):
        read(text)
    assert "step_size=3" in str(read(text, names={"args.sched": True}))
