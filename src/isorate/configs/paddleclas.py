"""PaddleClas's YAML, as of d178931f: Paddle's schedulers, in epochs or in updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs._counts import batches
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted
    from isorate.kit.call import Call

#: Its schedulers, and the arguments of each with what they are where nobody says.
SCHEDULERS: Final[dict[str, dict[str, Any]]] = {
    "ConstLR": {},
    "Linear": {"end_lr": 0.0, "power": 1.0, "cycle": False},
    "Cosine": {"eta_min": 0.0},
    "Step": {"step_size": None, "gamma": None},
    "Piecewise": {"decay_epochs": None, "values": None},
    "MultiStepDecay": {"milestones": None, "gamma": 0.1},
}
SHARED: Final[dict[str, Any]] = {
    "learning_rate": None, "warmup_epoch": 0, "warmup_start_lr": 0.0, "by_epoch": False,
}  # fmt: skip
KEYS: Final = tuple(dict.fromkeys(
    (*SHARED, *(key for own in SCHEDULERS.values() for key in own))
))  # fmt: skip
#: Samplers that share the examples, and no more.
PLAIN: Final = ("DistributedBatchSampler", "BatchSampler")
#: What every ``Piecewise`` with a rate has in place of its own epochs.
DECADE: Final = 30


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    whole, optimizer = given.table("Global"), given.values.get("Optimizer")
    if whole.get("checkpoints"):
        raise given.refuse("Global", "has checkpoints to go on with, which is not followed")
    if not isinstance(optimizer, dict):
        raise given.refuse("Optimizer", "is no single table: which rates are meant is not known")
    rates = optimizer.get("lr")
    if not isinstance(rates, dict) or "name" not in rates:
        raise given.refuse("Optimizer", f"has no lr with a name: {', '.join(SCHEDULERS)}")
    name = str(rates["name"])
    if name not in SCHEDULERS:
        raise given.refuse(
            "Optimizer", f"has {name:.40}, of none that is read: {', '.join(SCHEDULERS)}"
        )
    usual = {**SHARED, **SCHEDULERS[name]}
    for key in (key for key in rates if key not in usual and key != "name"):
        given.warn("Optimizer", f"lr.{key} is ignored: {name} does not take it")
    given.default(**{key: rates.get(key) for key in usual}, epochs=whole.get("epochs"))
    given.default(**{key: value for key, value in usual.items() if value is not None})
    epochs = given.whole("epochs", least=1)
    if epochs is None:
        raise given.open([("epochs",)])
    each = epoch(given, whole)
    updates = epochs * each
    given.derive("updates", f"{updates}: {epochs} epochs × {each}")
    by_epoch = given.truth("by_epoch")
    call, peak, warmup = scheduler(given, name, epochs, each)
    warmed = warmup * each if by_epoch else warmup
    if warmup:
        given.derive("warmup", f"{warmed} updates: warmup_epoch={given.values['warmup_epoch']}")
    return given.foretold(
        call, updates, peak=peak, warmup=warmed or None, version="d178931f",
        keys={"rate": "Optimizer.lr.learning_rate", "warmup": "Optimizer.lr.warmup_epoch",
              "length": "Global.epochs"},
        each=each if by_epoch else None,
    )  # fmt: skip


def epoch(given: Given, whole: dict[str, Any]) -> int:
    """Return the updates of an epoch."""
    loader = given.table("DataLoader").get("Train")
    sampler = loader.get("sampler") if isinstance(loader, dict) else None
    sampler = sampler if isinstance(sampler, dict) else {}
    given.default(batch_size=sampler.get("batch_size"), update_freq=whole.get("update_freq"),
                  iter_per_epoch=whole.get("iter_per_epoch"))  # fmt: skip
    every, own = given.whole("update_freq", 1, least=1), given.whole("iter_per_epoch")
    if own is None:
        processes, size = given.processes(), given.whole("batch_size", least=1)
        usual = sampler.get("name", PLAIN[0]) in PLAIN and size is not None
        if not usual and given.told.get("batches") is None:
            raise given.open([("batches",)])
        own = batches(given, processes, size or 1, drops=sampler.get("drop_last") is True)
    if own < every:
        given.warn("Global", "update_freq is more than there are batches, and made 1")
        every = 1
    return int(own // every)


def scheduler(given: Given, name: str, epochs: int, each: int) -> tuple[Call, float, int]:
    """Return the scheduler that it builds, its rate, and the steps of its warm-up."""
    from isorate.dialects.paddle import LinearWarmup
    from isorate.dialects.paddle.cycles import CosineAnnealingDecay
    from isorate.dialects.paddle.decays import (
        MultiStepDecay,
        PiecewiseDecay,
        PolynomialDecay,
        StepDecay,
    )

    by_epoch, share = given.truth("by_epoch"), given.number("warmup_epoch")
    unit = 1 if by_epoch else each
    if share >= epochs:
        given.warn("Optimizer", f"lr.warmup_epoch is cut to {epochs}")
        share = epochs
    steps = share if by_epoch else round(share * each)
    left = (epochs - share) * unit
    rate: Any = given.number("learning_rate")
    if name == "Piecewise":
        marks, values = numbers(given, "decay_epochs"), numbers(given, "values")
        if not marks or not values:
            raise given.refuse(
                "Optimizer", "has no lr.decay_epochs or no values, and the run fails"
            )
        if rate:
            marks = list(range(0, epochs, DECADE))
            values = [rate * (0.1**count) for count in range(len(marks))]
            marks, values = (marks[1:], values) if len(marks) > 1 else ([epochs], values * 2)
            given.warn("Optimizer", f"lr.learning_rate takes the place of values: {values[:3]}")
        rate = values[0]
        made: Any = PiecewiseDecay([mark * unit for mark in marks], values)
    elif rate is None:
        raise given.refuse("Optimizer", "has no lr.learning_rate", "--lr 0.1")
    elif name == "Linear":
        steps = round(share * each)
        end, power = given.number("end_lr"), given.number("power")
        made = PolynomialDecay(rate, left, end, power, given.truth("cycle")) if left > 0 else rate
    elif name == "Cosine":
        made = CosineAnnealingDecay(rate, left, given.number("eta_min")) if left > 0 else rate
    elif name == "Step":
        size = given.number("step_size")
        if size is None or given.number("gamma") is None:
            raise given.refuse("Optimizer", "has no lr.step_size or no gamma, and the run fails")
        made = StepDecay(rate, size if by_epoch else int(size * each), given.number("gamma"))
    elif name == "MultiStepDecay":
        marks = [mark * unit for mark in numbers(given, "milestones")]
        made = MultiStepDecay(rate, marks, given.number("gamma"))
    else:
        made = rate
    if steps > 0:
        made = LinearWarmup(made, steps, given.number("warmup_start_lr"), rate)
    if isinstance(made, int | float):
        from isorate.configs import _formula

        made = _formula.lambda_lr(made, "1.0")
    fault = made.fault()
    if fault is not None:
        raise given.refuse("Optimizer", f"raises {fault.error.__name__}: {fault.text}")
    return made, float(rate), int(steps)


def numbers(given: Given, key: str) -> list[Any]:
    """Return a list of numbers."""
    found = given.words(key)
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in found):
        raise given.refuse("Optimizer", f"has lr.{key} that are no numbers")
    return found


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, of epochs of one update."""
    usual = {"learning_rate": wanted.peak, "warmup_epoch": wanted.warmup,
             "warmup_start_lr": wanted.start}  # fmt: skip
    own: dict[str, dict[str, Any]] = {
        "Cosine": {"eta_min": wanted.low}, "Linear": {"end_lr": wanted.low}, "ConstLR": {},
    }  # fmt: skip
    for name, more in own.items():
        lr = {"name": name, **usual, **more}
        yield {"Global": {"epochs": wanted.updates, "iter_per_epoch": 1},
               "Optimizer": {"name": "Momentum", "lr": lr}}  # fmt: skip


CONFIGURATIONS: Final = (
    Configuration(
        "paddleclas",
        "PaddleClas",
        ("Global", "Optimizer", "DataLoader", "epochs", "batch_size", "update_freq",
         "iter_per_epoch", *KEYS),
        foretell,
        ("Arch", "Loss", "Infer", "Metric", "AMP", "EMA", "RegularizerList", "Slim"),
        ("Arch", "Infer", "Optimizer"),
        {"lr": "learning_rate", "epochs": "epochs", "batch_size": "batch_size",
         "accumulation": "update_freq"},
        spell=spell,
    ),
)  # fmt: skip
