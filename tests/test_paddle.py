"""Scripts that build a scheduler, give it to an optimizer and step it by hand."""

from __future__ import annotations

import pytest

from isorate import ConvertError, ReadError, Run, RunError, compare, convert, simulate
from isorate.reading.reader import reading
from tests.calls import read

HEAD = "import paddle\nfrom paddle.optimizer import lr\n"
STEP = f"{HEAD}s = lr.StepDecay(0.1, 30)\n"
GIVEN = f"{STEP}o = paddle.optimizer.Adam(learning_rate=s, parameters=m.parameters())\n"
EPOCHS = "for epoch in range(90):\n    for i in range(20):\n        {}\n    {}\n"
EVERY = {"epochs": 90, "updates_per_epoch": 20}
ONCE = {**EVERY, "step_every": "epoch"}


@pytest.mark.parametrize(
    ("update", "run"),
    [
        ("o.step(); s.step()", EVERY),
        ("o.step(); o.clear_grad(); s.step()", EVERY),
        ("o.minimize(loss); s.step()", EVERY),
        ("scaler.step(o); scaler.update(); s.step()", EVERY),
        ("scaler.minimize(o, loss); s.step()", EVERY),
        ("o.step(); o._learning_rate.step()", EVERY),
        ("o.step()\n        if isinstance(s, lr.LRScheduler): s.step()", EVERY),
        ("o.step()\n        if isinstance(o._learning_rate, lr.LRScheduler): s.step()", EVERY),
    ],
)
def test_an_optimizer_that_is_given_a_scheduler_takes_the_updates(
    update: str, run: dict[str, object]
) -> None:
    found = reading(GIVEN + EPOCHS.format(update, "pass"))
    assert (found.call.name, found.run) == ("StepDecay", run)


def test_one_that_is_stepped_once_an_epoch_is() -> None:
    found = reading(GIVEN + EPOCHS.format("o.step(); o.clear_grad()", "s.step()"))
    assert found.run == ONCE
    told = EPOCHS.format("o.step()", "s.step(epoch + 1)")
    assert reading(GIVEN + told).run == ONCE  # which is what step() would do


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GIVEN + EPOCHS.format("o.step()", "pass"), "never calls scheduler.step()"),
        (GIVEN + EPOCHS.format("o.step()", "s.step(epoch)"), "a step to a given place"),
        (
            GIVEN.replace("=s,", "=0.1,") + EPOCHS.format("o.step()", "s.step()"),
            "is given another rate, and not the schedule",
        ),
        (
            (GIVEN + EPOCHS.format("o.step()", "s.step(epoch + 1)")).replace(
                "StepDecay(0.1, 30)", "CosineAnnealingDecay(0.1, 30)"
            ),
            "a step to a given place",  # where it computes otherwise
        ),
        (
            f"{STEP}w = lr.LinearWarmup(s, 5, 0.0, 0.1)\n"
            "o = paddle.optimizer.SGD(w)\nfor i in range(9):\n    o.step()\n    s.step()",
            "steps a part of another scheduler",
        ),
        (
            f"{GIVEN}fit(callbacks=[paddle.callbacks.LRScheduler(by_epoch=True)])",
            "what Model.fit does with it",
        ),
    ],
)
def test_what_is_done_otherwise_is_refused(text: str, says: str) -> None:
    with pytest.raises(ReadError) as caught:
        reading(text)
    assert says in str(caught.value)


def test_each_optimizer_has_the_updates_of_its_own_scheduler() -> None:
    two = (
        f"{GIVEN}t = lr.ExponentialDecay(0.4, 0.9)\np = paddle.optimizer.Adam(t)\n"
        "for i in range(7):\n    p.step()\n    o.step()\n    s.step()\n    t.step()\n"
    )
    for which in ("s", "t"):
        assert reading(two, which=which).run == {"updates": 7}
    shared = (
        f"{GIVEN}p = paddle.optimizer.Adam(s)\nfor i in range(7):\n    o.step()\n    p.step()\n"
    )
    found = reading(f"{shared}    s.step()\n")
    assert found.run == {"updates": 7}
    assert "several optimizers are given it: the first one's updates count" in found.assumptions


def test_an_optimizer_may_be_given_its_scheduler_later() -> None:
    later = GIVEN.replace("=s,", "=0.1,") + "o.set_lr_scheduler(s)\n"
    assert reading(later + EPOCHS.format("o.step()", "s.step()")).run == ONCE


def test_groups_that_multiply_the_rate_are_spoken_of() -> None:
    groups = "parameters=[{'params': a}, {'params': b, 'learning_rate': 0.1}]"
    text = f"{STEP}o = paddle.optimizer.Adam(s, {groups})\nfor i in range(9):\n    o.step()\n"
    (said, *_) = reading(f"{text}    s.step()").assumptions
    assert "parameter groups with a learning_rate of their own" in said


def test_a_class_is_told_from_another_framework_s() -> None:
    loop = "o.step()\n        if isinstance(s, torch.optim.lr_scheduler.LRScheduler): s.step()"
    with pytest.raises(ReadError):
        reading(f"import torch\n{GIVEN}" + EPOCHS.format(loop, "pass"))


# --- classes of the text's own ------------------------------------------------------------------

OWN = f"""{HEAD}
class Warm(lr.LRScheduler):
    def __init__(this, cfg, steps, last_epoch=-1):
        this.steps, this.power = steps, cfg.power
        super().__init__(cfg.lr, last_epoch)

    def get_lr(self):
        if self.last_epoch < self.steps:
            return self.base_lr * self.last_epoch / self.steps
        return self.base_lr * (1 + self.last_epoch - self.steps) ** -self.power

s = Warm(cfg, 4)
o = paddle.optimizer.SGD(s)
for i in range(9):
    o.step()
    s.step()
"""


def test_a_class_that_hands_its_first_rate_to_its_base_is_followed() -> None:
    found = reading(OWN, names={"cfg.lr": 0.8, "cfg.power": 1})
    assert (found.call.dialect, found.run) == ("paddle", {"updates": 9})
    rates = simulate(found.call, 9).values.tolist()
    assert rates == [0.0, 0.2, 0.4, 0.6000000000000001, *(0.8 * (1 + t) ** -1 for t in range(5))]
    with pytest.raises(ReadError) as caught:
        reading(OWN)
    assert all(f"--set cfg.{name}=..." in str(caught.value) for name in ("lr", "power"))
    plain = f"{HEAD}class My(lr.LRScheduler):\n    def get_lr(self):\n        return self.base_lr"
    assert simulate(read(f"{plain}\ns = My()"), 2).values.tolist() == [0.1, 0.1]
    assert simulate(read(f"{plain}\ns = My(learning_rate=2)"), 2).values.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("self.base_lr * self.last_epoch", "self.last_lr", "is not followed in a get_lr"),
        ("super().__init__(cfg.lr, last_epoch)", "pass", "hands no first rate to its base"),
        ("super().__init__(cfg.lr, last_epoch)", "super().__init__(*cfg)", "is not followed"),
        ("Warm(cfg, 4)", "Warm(cfg, 4, 7)", "goes on from last_epoch"),
    ],
)
def test_another_class_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(ReadError) as caught:
        reading(OWN.replace(old, new), names={"cfg.lr": 0.8, "cfg.power": 1})
    assert says in str(caught.value)


# --- conversions --------------------------------------------------------------------------------

PAIRS = (
    ("CosineAnnealingLR({}, 30, 0.001)", "CosineAnnealingDecay(0.1, 30, 0.001)"),
    ("CosineAnnealingWarmRestarts({}, 10, 2)", "CosineAnnealingWarmRestarts(0.1, 10, 2)"),
    ("StepLR({}, 7, 0.5)", "StepDecay(0.1, 7, 0.5)"),
    ("LinearLR({}, 0.1, 1.0, 10)", "LinearLR(0.1, 10, 0.1)"),
    ("CyclicLR({}, 0.01, 0.1, 5, 7, cycle_momentum=False)", "CyclicLR(0.01, 0.1, 5, 7)"),
)


@pytest.mark.numpy
@pytest.mark.parametrize(("torch", "own"), PAIRS)
def test_what_both_have_is_said_both_ways_to_the_bit(torch: str, own: str) -> None:
    torch = f"torch.optim.lr_scheduler.{torch.format('torch.optim.SGD(params, lr=0.1)')}"
    own = f"paddle.optimizer.lr.{own}"
    run = Run(80)
    assert compare(torch, own, run).verdict == "identical"
    for text, to in ((torch, "paddle"), (own, "torch")):
        other = read(own if to == "paddle" else torch)
        ways = convert(text, to=to, run=run).ways
        assert type(other) in [type(w.call) for w in ways if w.comparison.verdict == "identical"]


@pytest.mark.numpy
def test_a_warmup_before_another_is_one_that_holds_it() -> None:
    sequence = (
        "torch.optim.lr_scheduler.SequentialLR(optimizer := torch.optim.SGD(p, lr=0.1), "
        "[torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, 1.0, 5), "
        "torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)], [5])"
    )
    way = convert(sequence, to="paddle", run=Run(25)).ways[0]
    assert way.code == (
        "paddle.optimizer.lr.LinearWarmup(learning_rate=paddle.optimizer.lr.CosineAnnealingDecay("
        "learning_rate=0.1, T_max=20, eta_min=0.0), warmup_steps=5, start_lr=0.010000000000000002, "
        "end_lr=0.1)"
    )
    assert way.comparison.equal
    back = convert(way.code, to="torch", run=Run(25)).ways[0]
    assert back.code.startswith("torch.optim.lr_scheduler.SequentialLR(")


METRICS = [1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8]


def test_a_metric_is_followed_alike_but_for_the_cooldown() -> None:
    run = Run(11, metrics=METRICS)
    torch = "torch.optim.lr_scheduler.ReduceLROnPlateau(torch.optim.SGD(p, lr=0.1), patience=2)"
    own = "paddle.optimizer.lr.ReduceOnPlateau(0.1, patience=2)"
    for text, to in ((torch, "paddle"), (own, "torch")):
        (way,) = convert(text, to=to, run=run).ways
        assert way.comparison.verdict == "identical"
    with pytest.raises(ConvertError, match="does not look at the metric"):
        convert(own.replace("=2)", "=2, cooldown=1)"), to="torch", run=run)
    cooling = torch.replace("=2)", "=2, cooldown=1)")
    assert not convert(cooling, to="paddle", run=run).ways


def test_a_metric_is_no_step() -> None:
    held = "paddle.optimizer.lr.LinearWarmup(paddle.optimizer.lr.ReduceOnPlateau(0.1), 5, 0.0, 0.1)"
    with pytest.raises(RunError, match="is given steps for it"):
        simulate(read(held), 9)
