"""PaddleOCR's YAML, as of 2.6: Paddle's schedulers, an update a batch; a warm-up delays them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._counts import batches
from isorate.configs.configuration import Configuration
from isorate.configs.paddleclas import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted
    from isorate.kit.call import Call

#: Its schedulers, and the arguments of each with what they are where nobody says; each takes any
#: others, and does not look at them.
SCHEDULERS: Final[dict[str, dict[str, Any]]] = {
    "Const": {},
    "Linear": {"end_lr": 0.0, "power": 1.0},
    "Cosine": {},
    "Step": {"step_size": None, "gamma": None},
    "Piecewise": {"decay_epochs": None, "values": None},
    "MultiStepDecay": {"milestones": None, "gamma": None},
    "DecayLearningRate": {"factor": 0.9},
}
#: What each takes.
SHARED: Final = ("learning_rate", "warmup_epoch")
KEYS: Final = (*SHARED, *dict.fromkeys(key for own in SCHEDULERS.values() for key in own))


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    whole, optimizer = given.table("Global"), given.table("Optimizer")
    if whole.get("checkpoints"):
        raise given.refuse("Global", "has checkpoints to go on with, which is not followed")
    rates = optimizer.get("lr")
    if not isinstance(rates, dict):
        raise given.refuse("Optimizer", "has no table lr")
    name = str(rates.get("name", "Const"))
    if name not in SCHEDULERS:
        known = ", ".join(SCHEDULERS)
        raise given.refuse("Optimizer", f"has {name:.40}, of none that is read: {known}")
    taken = {*SCHEDULERS[name], *SHARED} - ({"learning_rate"} if name == "Piecewise" else set())
    taken -= {"warmup_epoch"} if name == "DecayLearningRate" else set()
    for key in (key for key in rates if key not in taken and key != "name"):
        given.warn("Optimizer", f"lr.{key} is ignored: {name} does not take it")
    given.default(**{key: rates.get(key) for key in taken}, epoch_num=whole.get("epoch_num"))
    given.default(**{k: value for k, value in SCHEDULERS[name].items() if value is not None})
    epochs = given.whole("epoch_num", least=1)
    if epochs is None:
        raise given.open([("epochs",)])
    each = epoch(given)
    updates = epochs * each
    given.derive("updates", f"{updates}: {epochs} epochs × {each}")
    share = given.number("warmup_epoch", 0) if "warmup_epoch" in taken else 0
    warmup = round(share * each)
    call, peak = scheduler(given, name, updates, each, warmup)
    if warmup:
        given.derive("warmup", f"{warmup} updates: round({share:g} epochs × {each})")
    return given.foretold(
        call, updates, peak=peak, warmup=warmup or None, version="2.6",
        keys={"rate": "Optimizer.lr.learning_rate", "warmup": "Optimizer.lr.warmup_epoch",
              "length": "Global.epoch_num"},
    )  # fmt: skip


def epoch(given: Given) -> int:
    """Return the updates of an epoch."""
    train = given.table("Train")
    loader = train.get("loader")
    loader = loader if isinstance(loader, dict) else {}
    given.default(batch_size_per_card=loader.get("batch_size_per_card"))
    processes, size = given.processes(), given.whole("batch_size_per_card", least=1)
    if (train.get("sampler") or size is None) and given.told.get("batches") is None:
        raise given.open([("batches",)])
    return batches(given, processes, size or 1, drops=loader.get("drop_last") is True)


def scheduler(given: Given, name: str, updates: int, each: int, warmup: int) -> tuple[Call, float]:
    """Return the scheduler that it builds, and its rate."""
    from isorate.dialects.paddle import LinearWarmup
    from isorate.dialects.paddle.cycles import CosineAnnealingDecay
    from isorate.dialects.paddle.decays import (
        MultiStepDecay,
        PiecewiseDecay,
        PolynomialDecay,
        StepDecay,
    )

    for key in (key for key, usual in SCHEDULERS[name].items() if usual is None):
        if key not in given:
            raise given.refuse("Optimizer", f"has no lr.{key}, and the run fails")
    rate: Any = given.number("learning_rate")
    if name == "Piecewise":
        marks, values = numbers(given, "decay_epochs"), numbers(given, "values")
        if len(values) != len(marks) + 1:
            raise given.refuse("Optimizer", "has as many lr.values as no lr.decay_epochs fit")
        rate = values[0]
        made: Any = PiecewiseDecay([mark * each for mark in marks], values)
    elif rate is None:
        raise given.refuse("Optimizer", "has no lr.learning_rate", "--lr 0.001")
    elif name == "Linear":
        made = PolynomialDecay(rate, updates, given.number("end_lr"), given.number("power"))
    elif name == "DecayLearningRate":
        made = PolynomialDecay(rate, updates, 0, given.number("factor"))
    elif name == "Cosine":
        made = CosineAnnealingDecay(rate, updates)
    elif name == "Step":
        made = StepDecay(rate, each * given.number("step_size"), given.number("gamma"))
    elif name == "MultiStepDecay":
        marks = [each * mark for mark in numbers(given, "milestones")]
        made = MultiStepDecay(rate, marks, given.number("gamma"))
    else:
        made = rate
    if warmup > 0:
        made = LinearWarmup(made, warmup, 0.0, rate)
    if isinstance(made, int | float):
        made = _formula.lambda_lr(made, "1.0")
    fault = made.fault()
    if fault is not None:
        raise given.refuse("Optimizer", f"raises {fault.error.__name__}: {fault.text}")
    return made, float(rate)


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, of epochs of one update."""
    usual = {"learning_rate": wanted.peak, "warmup_epoch": wanted.warmup}
    own: dict[str, dict[str, Any]] = {"Cosine": {}, "Linear": {"end_lr": wanted.low}, "Const": {}}
    for name, more in own.items():
        lr = {"name": name, **usual, **more}
        yield {"Global": {"epoch_num": wanted.updates}, "Optimizer": {"name": "Adam", "lr": lr},
               "--batches": 1}  # fmt: skip


CONFIGURATIONS: Final = (
    Configuration(
        "paddleocr",
        "PaddleOCR",
        ("Global", "Optimizer", "Train", "epoch_num", "batch_size_per_card", *KEYS),
        foretell,
        ("Architecture", "Loss", "PostProcess", "Metric", "Eval", "profiler_options"),
        ("Architecture", "PostProcess"),
        {"lr": "learning_rate", "epochs": "epoch_num", "batch_size": "batch_size_per_card"},
        spell=spell,
    ),
)  # fmt: skip
