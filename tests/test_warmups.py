"""Schedulers of small packages, and TensorFlow 1's functions, as scripts have them."""

from __future__ import annotations

from typing import Any

import pytest

from isorate import convert, read
from isorate.schedule.errors import NativeError, ReadError

GRADUAL = """\
import torch
from torch.optim.lr_scheduler import StepLR
from warmup_scheduler import GradualWarmupScheduler
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
after = StepLR(optimizer, 10, gamma=0.5)
scheduler = GradualWarmupScheduler(optimizer, multiplier=1, total_epoch=5, after_scheduler=after)
for epoch in range(30):
    optimizer.step()
    scheduler.step({})
"""
TENSORFLOW = """\
import tensorflow as tf
step = tf.Variable(0, trainable=False)
rate = tf.train.exponential_decay(0.1, step, 1000, 0.96, staircase=True)
train_op = tf.train.AdamOptimizer(rate).minimize(loss, global_step=step)
"""


def test_a_warmup_holds_the_scheduler_of_its_text() -> None:
    call: Any = read(GRADUAL.format("")).call
    held = "torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)"
    assert call.code == (
        "warmup_scheduler.GradualWarmupScheduler(optimizer := torch.optim.SGD(params, lr=0.1), "
        f"multiplier=1, total_epoch=5, after_scheduler={held})"
    )
    assert read(call.code).call == call


def test_a_step_that_is_told_after_a_warmup_is_refused() -> None:
    with pytest.raises(ReadError, match="not followed"):
        read(GRADUAL.format("epoch"))


def test_a_warmup_before_a_metric_is_refused() -> None:
    text = "GradualWarmupScheduler(o := SGD(p, lr=0.1), 1, 5, ReduceLROnPlateau(o))"
    with pytest.raises(Exception, match="follows a metric"):
        read(text).checked()


def test_a_global_step_is_the_count_of_updates() -> None:
    found: Any = read(TENSORFLOW)
    assert found.call.code == (
        "tensorflow.compat.v1.train.exponential_decay(learning_rate=0.1, global_step=global_step, "
        "decay_steps=1000, decay_rate=0.96, staircase=True)"
    )
    assert any("step counts the updates" in said for said in found.assumptions)


def test_a_number_is_no_count() -> None:
    with pytest.raises(ReadError, match="5 is no count of the updates"):
        read("tf.train.cosine_decay(0.1, 5, 100)")


def test_an_integer_rate_is_refused() -> None:
    with pytest.raises(NativeError, match="is an integer"):
        read("tf.train.cosine_decay(1, global_step, 100)").checked()


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("get_cosine_schedule_with_warmup(SGD(p, lr=0.1), 5, 40)", "warmup_scheduler"),
        ("get_cosine_schedule_with_warmup(SGD(p, lr=0.1), 5, 40)", "cosine_annealing_warmup"),
        ("LinearWarmupCosineAnnealingLR(SGD(p, lr=0.1), 5, 40)", "torch"),
        ("CosineAnnealingLR(SGD(p, lr=0.1), 40)", "tensorflow"),
    ],
)
def test_what_says_it_elsewhere_has_its_rates(text: str, to: str) -> None:
    first = convert(text, to=to).ways[0]
    assert first.comparison.verdict in ("identical", "equal")
