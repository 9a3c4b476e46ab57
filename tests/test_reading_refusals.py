"""What is not read is refused for what it is."""

from __future__ import annotations

import re

import pytest

from isorate import ReadError
from isorate.reading.reader import reading
from isorate.reading.text import statements


def refused(text: str) -> str:
    with pytest.raises(ReadError) as caught:
        reading(text, lr=0.1)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "class Warm(LRScheduler):\n    def get_lr(self):\n        return [1]\ns = Warm(o)",
        "class Warm(torch.optim.lr_scheduler._LRScheduler):\n    pass\ns = Warm(o, 3)",
        "class Warm(StepLR):\n    pass\ns = Warm(o, 3)",
    ],
)
def test_a_class_of_the_text_is_called_that(text: str) -> None:
    assert "Warm is a class of the text's own, which is not followed" in refused(text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("from composer.optim import LinearScheduler\ns = LinearScheduler(o, 3)", "Composer"),
        ("from fastai.callback.schedule import SchedCos\ns = SchedCos(1, 2)", "fastai"),
        ("from mmcv.runner import make\ns = make(args)", "MMCV"),
        ("from fastai.callback.schedule import fit_sgdr\nfit_sgdr(o, **k)", "fastai"),
    ],
)
def test_a_framework_that_is_known_and_not_read_is_named(text: str, title: str) -> None:
    said = refused(text)
    assert title in said
    assert "Isorate knows of" in said


def test_a_range_may_be_longer_than_python_can_say() -> None:
    assert "a list is too long" in refused("f(*range(2**70))\ns = StepLR(o, 3)")


def test_several_optimizers_are_called_that() -> None:
    built = "a = Adam(p, lr=x)\nb = Adam(q, lr=x)\n"
    for first, lines in (("", "a = SGD(p)\nb = SGD(q)\n"), ("", "")):
        text = f"{first}{lines}for_a = StepLR(a, 3)\nfor_b = StepLR(b, 4)"
        said = refused(text)
        assert "several optimizers, each with a schedule of its own" in said
        assert "for_a (StepLR on a), for_b (StepLR on b)" in said
    assert "acts on the optimizer as well" in refused("s = StepLR(a, 3)\nt = StepLR(a, 4)")
    both = f"{built}s = SequentialLR(a, [LinearLR(a), StepLR(a, 3)], [5])\nt = StepLR(b, 4)"
    with pytest.raises(ReadError, match=r"s \(SequentialLR on a\), t \(StepLR on b\)"):
        reading(both, names={"x": 0.1})


def test_what_is_not_opened_is_said() -> None:
    said = refused("from project import build\nbuild(model)")
    assert "what it imports is not opened: give the files, too" in said
    assert "not opened" not in refused("import os\nprint(os.name)")


VALID = {
    "a docstring with prompts": 'def f():\n    """Do it.\n\n    >>> size = 3\n    """\nsize = 4',
    "a docstring with a fence": '"""Use it.\n\n```python\nsize = 3\n```\n"""\nsize = 4',
    "a docstring with cells": '"""\nIn [1]: size = 3\n"""\nsize = 4',
    "tabs": "if True:\n\tsize = 4",
    "an await": "size = 4\nawait done()",
    "one line": "size = 3; size = 4",
    "a form feed": "\x0csize = 4",
    "a semicolon": "size = 4;",
    "a byte order mark": "\ufeffsize = 4",
}
COPIED = {
    **{what: f"{text}\nStepLR(SGD(p, lr=0.5), size)" for what, text in VALID.items()},
    "a return": "size = 4\nreturn StepLR(SGD(p, lr=0.5), size)",
    "old Macintosh lines": "size = 3\rsize = 4\rStepLR(SGD(p, lr=0.5), size)",
    "prompts": ">>> size = 3\n>>> for i in [1]:\n...     size += i\n...\n"
    ">>> StepLR(SGD(p, lr=0.5), size)\n<it>",
    "cells": "In [3]: size = 4\n\nIn [4]: StepLR(SGD(p, lr=0.5), size)\nOut[4]: <it>",
    "fences": "So:\n```python\nsize = 4\n```\nand\n  ```py\n"
    "  StepLR(SGD(p, lr=0.5), size)\n  ```\nis it.",
    "magics": "%load_ext autoreload\n!pip install torch\nfiles = !ls\nsize = 4\nmodel?\n"
    "StepLR(SGD(p, lr=0.5), size)",
    "arguments": "optimizer=SGD(p, lr=0.5), lr_scheduler=StepLR(SGD(p, lr=0.5), 4), epochs=3",
    "items": '"optimizer": optimizer,\n"lr_scheduler": {"scheduler": StepLR(SGD(p, lr=0.5), 4)},',
    "indented": "        size = 4\n        StepLR(SGD(p, lr=0.5), size)",
    "a comment further left": "    size = 4\n  # now\n    StepLR(SGD(p, lr=0.5), size)",
    "the first line cut": "size = 4\n        StepLR(SGD(p, lr=0.5), size)",
}


@pytest.mark.parametrize("what", COPIED)
def test_texts_are_read_as_they_stand_and_as_they_are_copied(what: str) -> None:
    assert reading(COPIED[what]).call.step_size == 4  # type: ignore[attr-defined]


def test_what_stands_in_other_languages_is_no_code() -> None:
    page = f"So:\n```sh\npip install it\n```\n{COPIED['fences']}\n```yaml\nlr: 1\n```\n"
    assert reading(page).call.step_size == 4  # type: ignore[attr-defined]


def test_the_end_of_a_call_is_its_arguments() -> None:
    text = "    learning_rate=0.2,\n    max_steps=9,\n    lr_scheduler_type='linear',\n)\n"
    assert reading(text).call == reading(f"args = TrainingArguments(\n{text}").call


def test_an_optimizer_is_no_argument_of_a_scheduler_that_takes_none() -> None:
    text = "opt = optim.SGD(p, lr=0.1)\nwarm = WarmUpLR(opt, 5)\nStepLR(opt, 3)"
    assert "mindspore.nn.WarmUpLR takes no optimizer" in refused(text)


def test_what_is_none_by_default_is_asked_for() -> None:
    text = "def build(optimizer=None):\n    if optimizer is not None:\n"
    text += "        return StepLR(optimizer, 3)\n"
    assert "is False by default: --set optimizer=..." in refused(text)
    found = reading(text, names={"optimizer": "given"}, lr=0.1).call
    assert found == reading("StepLR(SGD(p, lr=0.1), 3)").call
    with pytest.raises(ReadError, match="optimizer is not an optimizer"):
        reading(text, names={"optimizer": 0.1}, lr=0.1)
    without = text.replace("    if optimizer is not None:\n    ", "")
    assert reading(without, lr=0.1).call == found
    assert "None is not an optimizer" in refused("StepLR(None, 3)")


def test_a_step_that_is_tried_is_taken_to_be_made() -> None:
    start = "o = SGD(p, lr=0.1)\ns = StepLR(o, 3)\ntry:\n    load()\n"
    loop = "for n in range(9):\n    o.step()\n    s.step()\n"
    end = "except Exception:\n    pass\n"
    said = "what is tried in line 4 is taken to raise nothing"
    once = reading(f"{start}    s.step()\n{end}{loop}")
    assert (once.run["steps_before"], said in once.assumptions) == (1, True)
    assert said not in reading(f"{start}{end}{loop}").assumptions


@pytest.mark.parametrize(
    ("step", "counts"),
    [
        ("tf.train.get_or_create_global_step()", True),
        ("tf.Variable(0, trainable=False)", True),
        ("tf.cast(self.step, tf.float32)", True),
        ("step * BATCH", False),
        ("step - 100", False),
        ("tf.maximum(step, 100)", False),
        ("tf.add(step, done)", False),
        ("tf.Variable(7)", False),
        ("half(step)", False),
    ],
)
def test_what_is_computed_of_a_count_is_none(step: str, counts: bool) -> None:
    text = f"import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, {step}, 1000)"
    if counts:
        assert reading(text).call.code.startswith("tensorflow.compat.v1.train.cosine_decay(")
    else:
        with pytest.raises(ReadError, match=f"{re.escape(step)} is no count of the updates"):
            reading(text)


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("P.optimizer.lr.StepDecay(0.1, 3)", "paddle.optimizer.lr.StepDecay"),
        ("ks.optimizers.schedules.CosineDecay(0.1, 3)", "keras.optimizers.schedules.CosineDecay"),
        ("ox.cosine_decay_schedule(0.1, 3)", "optax.cosine_decay_schedule"),
    ],
)
def test_a_package_may_go_by_a_short_name(short: str, whole: str) -> None:
    found = reading(short)
    assert found.call.code.startswith(f"{whole}(")
    assert any(f"is taken for {whole}: nothing imports it" in each for each in found.assumptions)
    root = short.partition(".")[0]
    assert "is imported as other." in refused(f"import other as {root}\n{short}")
    assert "does not exist" in refused(f"flow.{short.partition('.')[2]}")


def test_a_first_rate_is_not_the_rate_before() -> None:
    text = "def get_lr(step, {0}):\n    if step < 3:\n        return {0}\n    return {0} * 0.5\n"
    found = reading(text.format("base_lr"), names={"base_lr": 0.2}).call
    assert (
        found
        == reading(text.format("self.lr").replace(", self.lr", ""), names={"self.lr": 0.2}).call
    )
    assert "may be given the rate before" in refused(text.format("lr"))


def test_more_numbers_than_are_followed_are_refused() -> None:
    text = "LambdaLR(SGD(p, lr=1.0), lambda step: rates[step])"
    with pytest.raises(ReadError, match="1001 numbers are none that are followed"):
        reading(text, names={"rates": [0.1 / n for n in range(1, 1002)]})


@pytest.mark.parametrize(
    "scheduler",
    [
        "keras.callbacks.LearningRateScheduler(lambda n: 0.5 / (1.0 + n))",
        "paddle.optimizer.lr.StepDecay(0.5, 3)",
    ],
)
def test_a_scheduler_that_is_handed_on_stays_what_it_is(scheduler: str) -> None:
    text = f"import keras, paddle\ns = {scheduler}\nself.use(9, callbacks=[s])\n"
    found = reading(
        f"class Runs:\n    def run(self):\n        {text.replace(chr(10), chr(10) + ' ' * 8)}\n"
    )
    assert found.call == reading(text.partition("self.")[0]).call
    assert any("taken to write no rate: self.use" in each for each in found.assumptions)


def test_what_is_not_python_is_said_with_the_version_that_it_is_not() -> None:
    with pytest.raises(ReadError, match=r"not Python 3\.\d+: .* at line 2, column"):
        statements("x = 1\ny = = 2")
    assert statements("# nothing") == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("if flag:\n    getattr(s, 'step')()", "before anything is trained"),
        ("if flag:\n    getattr(s, which)()", "changes s"),
        ("if flag:\n    f = getattr(s, which)\n    f()", "changes s"),
        ("if flag:\n    getattr(s, 'step', None)()", "changes s"),
        ("getattr(s, which)()", "changes s"),
        ("getattr(o, which)(1)", "changes o"),
    ],
)
def test_what_is_called_by_getattr_may_be_a_step(line: str, why: str) -> None:
    assert why in refused(f"o = SGD(p)\ns = StepLR(o, 3)\n{line}")


def test_what_a_scheduler_that_is_not_followed_asks_is_not_the_rate() -> None:
    text = """
from torch.optim.lr_scheduler import LRScheduler

class Blend(LRScheduler):
    def __init__(self, optimizer, to, last_epoch=-1):
        self.anneal = self._linear_anneal
        super().__init__(optimizer, last_epoch)

    @staticmethod
    def _linear_anneal(t):
        return t

    def get_lr(self):
        return [ask(self.optimizer, self.anneal(self.last_epoch)) for _ in self.base_lrs]
"""
    with pytest.raises(ReadError, match="Blend"):
        reading(text)


def test_names_from_elsewhere_in_a_loop_are_refused() -> None:
    text = """
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(90):
    for group in opt.param_groups:
        group["lr"] = 0.1 / (epoch + 1)
    for batch in range(5):
        from elsewhere import *
        opt.step()
"""
    with pytest.raises(ReadError, match=r"is not followed|builds no scheduler"):
        reading(text)
