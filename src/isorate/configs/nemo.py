"""NeMo, as of 8cfedd7: ``model.optim`` with its ``sched``, stepped once an update by Lightning."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._dotted import in_place
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

WARMING: Final = "{lr} * ((t + 1) / ({W} + 1)) if t <= {W} else "
#: The rates of each policy once its warm-up and its hold are over.
RATES: Final = {
    "WarmupPolicy": "{lr}",
    "WarmupHoldPolicy": "{lr}",
    "SquareAnnealing": "max({lr} * (({T} - {W} - (t - {W})) / ({T} - {W})) ** 2, {low})",
    "SquareRootAnnealing": "max({lr} * (({T} - t) / {T}) ** 0.5, {low})",
    "CosineAnnealing": f"({{lr}} - {{low}}) * {_formula.COSINE.format('(t - {W}) / ({T} - {W})')}"
    " + {low}",
    "WarmupAnnealing": "{low} + (1 - (t - {W}) / ({T} - {W})) * ({lr} - {low})",
    "InverseSquareRootAnnealing": "{lr} / ((t + 1) / ({W} + 1)) ** 0.5",
    "PolynomialDecayAnnealing": "({lr} - {low}) * math.pow(1.0 - {P}, {power}) + {low}",
    "PolynomialHoldDecayAnnealing": "({lr} - {low}) * math.pow(1.0 - {P}, {power}) + {low}",
    "NoamHoldAnnealing": "max({lr} * max(1, {W} ** {decay}) / max(1, (t - {O}) ** {decay}), {low})",
    "WarmupHoldAnnealLinear": "{lr} - ({lr} - {low}) * ((t - {H}) / ({T} - {H}))",
    "WarmupHoldAnnealOneMinusSquareRoot": "max({low}, "
    "{lr} * (1 - ((t - {H}) / ({T} - {H})) ** 0.5))",
}
#: A cosine that stays at its minimum for some steps at the end warms up otherwise, as Megatron's.
STAYING: Final = (
    "{low} if t > {W} + {D} else {low} + 0.5 * (math.cos(math.pi * ((t - {W}) / {D})) + 1.0) "
    "* ({lr} - {low})"
)
#: Noam's; its first step comes twice.
NOAM: Final = "{lr} * ({n} * {least})"
HOLDING: Final = tuple(name for name in RATES if "Hold" in name)
POLYNOMIAL: Final = {
    "PolynomialDecayAnnealing": ("{W}", "({T} - {W})"),
    "PolynomialHoldDecayAnnealing": ("{H}", "({T} - max({W}, {H}))"),
}
LEAST: Final = {"SquareAnnealing": 1e-5}
TORCHS: Final = ("StepLR", "ExponentialLR", "ReduceLROnPlateau", "CyclicLR")


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    optim = {**given.table("optim"), **table(given, "model", "optim")}
    given.values |= {f"sched.{k}": v for k, v in filled(given, optim.get("sched") or {}).items()}
    given.values |= {f"trainer.{k}": v for k, v in filled(given, given.table("trainer")).items()}
    given.values |= {"model.optim.lr": in_place(given.values, optim.get("lr"))}
    if "lr" in given:
        given.values["model.optim.lr"] = given.values["lr"]
    peak = given.number("model.optim.lr")
    if peak is None:
        raise given.refuse("model.optim.lr", "is not there", "--lr 1e-3")
    for key in ("reset_lr", "rampup_batch_size"):
        if table(given, "model").get(key):
            raise given.refuse(f"model.{key}", "changes the steps that are counted: not followed")
    if given.values.get("sched.args"):
        raise given.refuse("sched.args", "is an older form, which is not read", "its keys in sched")
    name = given.text("sched.name")
    total, updates = lengths(given)
    if name is None or total is None:
        given.warn("sched.name", "there is no scheduler: the rate stays what it is")
        call, warmup = _formula.lambda_lr(peak, "1.0"), 0
    else:
        call, warmup = scheduler(given, name, peak, total)
    return given.foretold(
        call, updates, peak=float(peak), version="8cfedd7",
        warmup=warmup or None,
        keys={"rate": "model.optim.lr", "warmup": "sched.warmup_steps",
              "length": "trainer.max_steps"},
    )  # fmt: skip


def scheduler(given: Given, name: str, peak: float, total: int) -> tuple[Any, int]:
    """Return what a policy makes of the rate, and its warm-up."""
    if name not in (*RATES, "NoamAnnealing"):
        also = " yet" if name in TORCHS else f": one of {', '.join([*RATES, 'NoamAnnealing'])}"
        raise given.refuse("sched.name", f"is none that is read{also}")
    warmup = steps_of(given, "warmup", total)
    low = given.number("sched.min_lr", LEAST.get(name, 0.0))
    if name in ("CosineAnnealing", "NoamAnnealing") and peak < low:
        raise given.refuse("sched.min_lr", "is refused with ValueError: it is above lr")
    known: dict[str, Any] = {"lr": peak, "low": low, "W": warmup, "T": total}
    if name == "NoamAnnealing":
        return noam(given, known), warmup
    rate, warming = RATES[name], WARMING
    hold = steps_of(given, "hold", total) if name in HOLDING else 0
    held = hold + warmup if hold or _said(given, "hold") else 0
    known |= {"H": held, "O": held - warmup if held else 0}
    constant = steps_of(given, "constant", total) if name == "CosineAnnealing" else 0
    if constant:
        known["D"] = total - constant - warmup
        rate, warming = STAYING, "{lr} * t / {W} if t <= {W} else "
        if known["D"] <= 0 or peak <= low:
            key = "sched.constant_steps" if known["D"] <= 0 else "sched.min_lr"
            raise given.refuse(key, "leaves nothing to decay, and the run fails")
    elif name in POLYNOMIAL:
        known["power"] = given.number("sched.power", 1.0)
        since, until = POLYNOMIAL[name]
        cycle = given.truth("sched.cycle")
        part = f"min(t - {since}, {until}) / {until}"
        again = f"(1.0 if t == {since} else math.ceil((t - {since}) / {until}))"
        part = f"(t - {since}) / ({until} * {again})" if cycle else part
        rate = rate.replace("{P}", part)
    elif name == "NoamHoldAnnealing":
        known["decay"] = given.number("sched.decay_rate", 0.5)
        if not warmup:
            raise given.refuse("sched.warmup_steps", "is needed: without it the run fails")
    elif name.endswith("Annealing") and name.startswith(("Cosine", "Warmup")) and total <= warmup:
        given.warn("sched.warmup_steps", "the warm-up is as long as the schedule")
    over = "{low} if t > {T} else "
    holding = "{lr} if {W} <= t < {H} else " if held else ""
    text = (warming if warmup else "") + holding + over + rate
    return _formula.lambda_lr(1.0, text, **known), warmup


def noam(given: Given, known: dict[str, Any]) -> Any:
    """Return Noam's rates: what is written as the rate is a factor of them."""
    width = given.number("sched.d_model")
    if not width or width < 0:
        raise given.refuse("sched.d_model", "is needed", "--set sched.d_model=512")
    warmup = known["W"]
    known |= {"n": width**-0.5, "w": warmup**-1.5 if warmup else 0.0}
    step = "max(1, t)"
    least = f"min({step} ** -0.5, {step} * {{w}})" if warmup else f"{step} ** -0.5"
    text = NOAM.replace("{least}", least)
    given.warn("model.optim.lr", "NoamAnnealing multiplies it: no rate is as high as it")
    return _formula.lambda_lr(1.0, f"max({text}, {{low}}) if {step} > {{W}} else {text}", **known)


def steps_of(given: Given, what: str, total: int) -> int:
    """Return how many steps a part of the schedule takes: a number of them, or a share."""
    steps, share = given.whole(f"sched.{what}_steps"), given.number(f"sched.{what}_ratio")
    if steps is not None and share is not None:
        text = f"is refused with AssertionError beside {what}_ratio"
        raise given.refuse(f"sched.{what}_steps", text)
    found = int(share * total) if share is not None else steps or 0
    if share is not None:
        given.derive(what, f"{found} updates: floor({share:g} × {total})")
    elif found:
        given.derive(what, f"{found} updates: sched.{what}_steps")
    return found


def _said(given: Given, what: str) -> bool:
    return f"sched.{what}_steps" in given or f"sched.{what}_ratio" in given


def lengths(given: Given) -> tuple[int | None, int]:
    """Return the steps that the scheduler is told, none where it is not built, and the updates."""
    most = given.number("trainer.max_steps", -1)
    told = given.number("max_steps")
    most = told if told is not None else most
    epochs = given.number("trainer.max_epochs")
    epochs = 1000 if epochs is None and most < 0 else epochs
    own = given.whole("sched.max_steps", least=-1)
    if most >= 0:
        given.derive("updates", f"{int(most)}: {'as is told' if told is not None else 'max_steps'}")
        if own not in (None, most):
            given.warn("sched.max_steps", "ignored: trainer.max_steps goes before it")
        if epochs is not None and epochs > 0:
            given.assume("trainer.max_steps ends the run before trainer.max_epochs")
        return int(most), int(most)
    if epochs is None or epochs < 0:
        raise given.open([("max_steps",)])
    each = updates_of_epoch(given)
    given.derive("updates", f"{int(epochs * each)}: {int(epochs)} epochs × {each}")
    return (None if own == -1 else own or int(epochs * each)), int(epochs * each)


def updates_of_epoch(given: Given) -> int:
    """Return the updates of an epoch."""
    nodes = given.whole("trainer.num_nodes", 1, least=1)
    devices = given.values.get("trainer.devices")
    if isinstance(devices, int) and devices > 0:
        given.values.setdefault("__processes__", devices * nodes)
    processes = given.processes()
    batches, examples = given.fact("batches"), given.fact("examples")
    if batches is not None:
        own = math.ceil(batches / processes)
    elif examples is not None:
        data = table(given, "model", "train_ds")
        data = {**data, **table(given, "model", "train_ds", "dataloader_params")}
        given.default(batch_size=in_place(given.values, data.get("batch_size")))
        size = given.whole("batch_size", least=1)
        if size is None:
            raise given.refuse("model.train_ds.batch_size", "is not there", "--batch-size 16")
        drops = data.get("drop_last") is True
        own = math.ceil(examples / processes) / size
        own = math.floor(own) if drops else math.ceil(own)
        given.derive("batches", f"{own} a process: ceil({examples} / {processes}) / {size}")
    else:
        raise given.open([("examples", "batches", "max_steps")])
    if given.values.get("trainer.limit_train_batches") not in (None, 1.0):
        raise given.refuse("trainer.limit_train_batches", "is not followed", "--batches N")
    every = given.whole("trainer.accumulate_grad_batches", 1, least=1)
    each: int = math.ceil(own / every)
    given.derive("epoch", f"{each} updates: ceil({own} batches / {every})")
    if not each:
        raise given.refuse("model.train_ds.batch_size", "is more than there are examples")
    return each


def table(given: Given, *path: str) -> Mapping[str, Any]:
    """Return a table of the file, empty where there is none."""
    found: Any = given.values
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def filled(given: Given, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values, those in place that stand elsewhere in the file."""
    if not isinstance(values, dict):
        raise given.refuse("sched", "is no table of values")
    return {key: in_place(given.values, each) for key, each in values.items()}


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    own = {"warmup_steps": wanted.warmup, "min_lr": wanted.low}
    for name in ("CosineAnnealing", "WarmupAnnealing", "WarmupPolicy"):
        sched = {"name": name, **own}
        optim = {"lr": wanted.peak, "sched": sched}
        yield {"model": {"optim": optim}, "trainer": {"max_steps": wanted.updates}}


class _Known(Configuration, frozen=True):
    """A configuration that the scheduler in its model's optimizer tells."""

    def signs(self) -> tuple[str, ...]:
        return ("sched", "exp_manager")

    def score(self, values: Mapping[str, Any]) -> int:
        model = values.get("model")
        optim = model.get("optim") if isinstance(model, dict) else None
        known = isinstance(optim, dict) and (
            isinstance(optim.get("sched"), dict) or ("lr" in optim and "exp_manager" in values)
        )
        return 4 if known and "trainer" in values else 0


CONFIGURATIONS: Final = (
    _Known(
        "nemo", "NeMo",
        ("model", "trainer", "optim", "lr", "max_steps", "sched.d_model"),
        foretell,
        ("name", "exp_manager", "hydra", "restore_from_path", "init_from_nemo_model"),
        ("exp_manager",),
        {"lr": "lr", "max_steps": "max_steps", "batch_size": "batch_size"},
        spell=spell,
    ),
)  # fmt: skip
