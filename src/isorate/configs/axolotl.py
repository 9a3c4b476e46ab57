"""axolotl, as of 0.19: its own count of the updates, its own cosines, a warm-up by default."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula, transformers
from isorate.configs._keys import OTHERS
from isorate.configs.configuration import Configuration
from isorate.configs.transformers import NAMES, arguments_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted
    from isorate.kit.call import Call

VERSION: Final = "0.19.0"
#: Shares of the rate, as its schedules compute them: of t, the warm-up W, the run's T.
LOWER: Final = f"(1 - {{low}}) * {_formula.COSINE.format(_formula.TRAINED)} + {{low}}"
WARM: Final = f"{_formula.WARMING} if t < {{W}} else "
STOPS: Final = "(float(min(t, {C}) - {W}) / float(max(1, {C} - {W})))"
HELD: Final = (
    "max(0, (1 - {low}) * 0.5 * (1.0 + math.cos(math.pi * 0.5 * 2.0 * " + STOPS + "))) + {low}"
)
SQUARE: Final = f"{_formula.WARMING} ** 2 if t < {{W}} else "
PLAIN: Final = "max(0.0, 0.5 * (1.0 + math.cos(math.pi * 0.5 * 2.0 * " + _formula.TRAINED + ")))"
#: It begins at its second step; this one is no share but the rate itself.
REX_LEFT: Final = "(({T} - {W} - (t + 1 - {W})) / ({T} - {W}))"
REX: Final = (
    "{high} * (t + 1) / {W} if t + 1 <= {W} else {low} if t + 1 >= {T} else "
    "{high} * ({low} / {high} + (1.0 - {low} / {high}) * "
    f"({REX_LEFT} / (0.1 + 0.9 * {REX_LEFT})))"
)


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    peak = given.number("learning_rate")
    if peak is None:
        raise given.refuse("learning_rate", "is required", "--lr 2e-4")
    for key in ("jagged_restart_steps", "relora", "lr_groups", "loraplus_lr_ratio"):
        if given.values.get(key):
            raise given.refuse(key, "changes the rate, which is not followed")
    estimate = counted(given)
    limit: int = given.whole("max_steps", 0)
    total = limit or estimate
    told = "max_steps" if limit else "as many as are counted"
    given.derive("updates", f"{total}: {told}")
    warmup = warmed(given, min(estimate, total), total)
    if transformers.deepspeed_of(given):
        raise given.refuse("deepspeed", "has a scheduler of its own, which is not followed here")
    call = scheduler(given, float(peak), warmup, total)
    return given.foretold(
        call, total, peak=float(peak), warmup=warmup, version=VERSION,
        keys=NAMES | {"warmup": "warmup_ratio" if "warmup_ratio" in given else "warmup_steps"},
    )  # fmt: skip


def counted(given: Given) -> int:
    """Return the updates that it counts itself; its limit, where nothing depends on them.

    Raises:
        OpenError: nobody knows how many examples there are.

    """
    limit: int = given.whole("max_steps", 0)
    if limit and (given.whole("warmup_steps") is not None or given.truth("streaming")):
        return limit
    packs = given.truth("sample_packing")
    batches, examples = given.fact("batches"), None
    if packs and batches is None:
        raise given.open([("batches",)])
    if not packs:
        examples = given.fact("examples")
        if examples is None:
            raise given.open([("examples",)])
    if given.number("val_set_size", 0):
        given.assume("the examples are those that are trained: val_set_size has been taken off")
    side = given.whole("micro_batch_size", 1, least=1)
    own = side * given.whole("gradient_accumulation_steps", 1, least=1)
    processes = given.processes()
    whole, epochs = own * processes, given.number("num_epochs", 1.0)
    said = f"{whole} examples: {side} × {own // side} × {processes} processes"
    given.derive("update", said)
    if packs:
        each = max(1, batches * side // whole)
        found = math.floor(each * epochs)
        found -= math.ceil(epochs) if given.truth("dataloader_drop_last") else 0
        said = f"floor({epochs:g} epochs × floor({batches} batches × {side} / {whole}))"
    else:
        found = math.ceil(examples * epochs / whole)
        said = f"ceil({examples} examples × {epochs:g} epochs / {whole})"
    given.derive("counted", f"{found} updates: {said}")
    if found <= 0:
        raise given.refuse("num_epochs", "trains no update")
    return min(int(found), limit) if limit else int(found)


def warmed(given: Given, counted: int, total: int) -> int:
    """Return the updates of the warm-up."""
    steps, share = given.number("warmup_steps"), given.number("warmup_ratio")
    if steps and share:
        raise given.refuse("warmup_ratio", "is refused beside warmup_steps")
    said = "warmup_steps"
    if steps is None and share is not None:
        steps, said = max(int(share * counted), 0), f"floor({share:g} × {counted})"
    elif steps is None:
        steps, said = min(int(0.03 * counted), 100), f"floor(0.03 × {counted}), at most 100"
        given.assume("warmup: 3 % of the run, at most 100 updates, where nothing says it")
    if steps == 1:
        steps = 2
        key = "warmup_steps" if share is None else "warmup_ratio"
        given.warn(key, "a warm-up of one update is made two")
    steps = int(steps)
    given.derive("warmup", f"{steps} updates: {said}" if steps else "none")
    return steps


def scheduler(given: Given, peak: float, warmup: int, total: int) -> Call:
    """Return the scheduler that it builds."""
    name = given.text("lr_scheduler", "cosine") or "cosine"
    specific: Any = arguments_of(given, name) or {}
    low = given.number("cosine_min_lr_ratio")
    held = given.number("cosine_constant_lr_ratio")
    if low is not None and not 0 <= low <= 1:
        raise given.refuse("cosine_min_lr_ratio", "is refused: it is to be between 0 and 1")
    known = {"W": warmup, "T": total}
    if name != "cosine" or (held is not None and not low):
        for key in ("cosine_min_lr_ratio", "cosine_constant_lr_ratio", "lr_quadratic_warmup"):
            if given.values.get(key) and not (name == "rex" and key == "cosine_min_lr_ratio"):
                what = "without cosine_min_lr_ratio" if name == "cosine" else f"with {name}"
                given.warn(key, f"ignored {what}")
    if name == "one_cycle":
        from isorate.dialects.torch.cycles import OneCycleLR

        optimizer = _formula.adamw(peak)
        own = {"pct_start": warmup / total, "anneal_strategy": "cos", **specific}
        return OneCycleLR(optimizer, peak, total_steps=total, **own)
    if name == "rex":
        floor = peak * low if low is not None else 0
        return _formula.lambda_lr(1.0, REX, low=floor, high=peak, **known)
    if name == "cosine" and given.truth("lr_quadratic_warmup"):
        if low is not None:
            given.warn("cosine_min_lr_ratio", "ignored: lr_quadratic_warmup goes before it")
        return _formula.lambda_lr(peak, SQUARE + PLAIN, **known)
    if name == "cosine" and low and held:
        if not 0 <= held <= 1:
            raise given.refuse("cosine_constant_lr_ratio", "is to be between 0 and 1")
        return _formula.lambda_lr(peak, WARM + HELD, low=low, C=int(total * held), **known)
    if name == "cosine" and low:
        return _formula.lambda_lr(peak, WARM + LOWER, low=low, **known)
    from isorate.dialects.transformers import get_scheduler

    optimizer = _formula.adamw(peak)
    return get_scheduler(name, optimizer, warmup, total, specific or None)


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    if wanted.low:
        own = {"learning_rate": wanted.peak, "max_steps": wanted.updates, "lr_scheduler": "cosine"}
        yield own | {
            "warmup_steps": wanted.warmup,
            "cosine_min_lr_ratio": wanted.low / wanted.peak,
        }
    for way in transformers.spell(wanted):
        name = way.pop("lr_scheduler_type")
        yield {"warmup_steps": 0, **way, "lr_scheduler": name}


KEYS: Final = (
    *("learning_rate", "lr_scheduler", "lr_scheduler_kwargs", "warmup_steps", "warmup_ratio"),
    *("num_epochs", "max_steps", "micro_batch_size", "gradient_accumulation_steps"),
    *("cosine_min_lr_ratio", "cosine_constant_lr_ratio", "lr_quadratic_warmup", "val_set_size"),
    *("sample_packing", "dataloader_drop_last"),
)


class _Filed(Configuration, frozen=True):
    """A configuration that is a file: flags alike are those of another program."""

    def score(self, values: Mapping[str, Any]) -> int:
        own = values.get("__program__") in (None, *self.programs) or "__based__" in values
        return super().score(values) if own else 0


CONFIGURATIONS: Final = (
    _Filed(
        "axolotl",
        "axolotl",
        KEYS,
        foretell,
        ("base_model", "datasets", "sequence_len", "optimizer", "adapter", "saves_per_epoch",
         "eval_batch_size", "center_rewards_coefficient", *OTHERS),
        ("base_model", "sequence_len", "val_set_size", "sample_packing"),
        {"lr": "learning_rate", "batch_size": "micro_batch_size", "epochs": "num_epochs",
         "accumulation": "gradient_accumulation_steps", "max_steps": "max_steps"},
        spell=spell,
        programs=("axolotl train",),
    ),
)  # fmt: skip
