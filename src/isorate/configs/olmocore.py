"""OLMo-core's configuration as it writes it, as of 3.0.0: its first update is step 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold, Given

#: The step, or the tokens, of an update, of which one has G.
STEP: Final = "((t + 1) * {G})"
RISE: Final = f"{{first}} + ({{top}} - {{first}}) * min({STEP}, {{W}}) / {{W}} if "
BEFORE: Final = f"{RISE}{STEP} < {{W}} else "
UP_TO: Final = f"{RISE}{STEP} <= {{W}} else "
OVER: Final = f"{{low}} if {STEP} >= {{T}} else "
AFTER: Final = f"({STEP} - {{W}})"
LAST: Final = f"{{last}} + ({{peak}} - {{last}}) * min({{T}} - {STEP}, {{F}}) / {{F}}"
SCHEDULERS: Final = {
    "ConstantScheduler": "{peak}",
    "ConstantWithWarmup": f"{UP_TO}{{peak}}",
    "WSD": f"{UP_TO}{LAST} if {STEP} >= {{T}} - {{F}} else {{peak}}",
    "LinearWithWarmup":
        f"{BEFORE}{OVER}{{peak}} - ({{peak}} - {{low}}) * ({AFTER} / ({{T}} - {{W}}))",
    "InvSqrtWithWarmup": f"{BEFORE}{{low}} + ({{peak}} - {{low}}) * math.sqrt({{W}} / {STEP})",
    "CosWithWarmup": f"{BEFORE}{OVER}{{low}} + ({{peak}} - {{low}}) * "
        f"(1 + math.cos(math.pi * {AFTER} / ({{T}} - {{W}}))) / 2",
    "HalfCosWithWarmup": f"{BEFORE}{OVER}{{low}} + ({{peak}} - {{low}}) * (1 + math.cos("
        f"math.pi * ({AFTER} + ({{T}} - {{W}})) / (({{T}} - {{W}}) * 2))) / 2",
}  # fmt: skip


def foretell(given: Given) -> Foretold:
    """Return what its tables make of a run."""
    module, trainer, loader = (given.table(key) for key in TABLES)
    scheduler, optimizer = module.get("scheduler"), module.get("optim")
    given.default(lr=optimizer.get("lr") if isinstance(optimizer, dict) else None,
                  max_duration=trainer.get("max_duration"),
                  global_batch_size=loader.get("global_batch_size"))  # fmt: skip
    peak = given.number("lr")
    if peak is None:
        raise given.refuse("train_module", "has no optim.lr", "--lr 4e-4")
    if trainer.get("load_path") or module.get("load_path"):
        given.assume("no state of a trainer is loaded: the first step is 1")
    updates, tokens = lengths(given)
    stop = trainer.get("hard_stop")
    if stop is not None:
        text = f"has hard_stop={stop!r:.60}, which ends the run before its schedule: not followed"
        raise given.refuse("trainer", text)
    table = scheduler if isinstance(scheduler, dict) else {}
    name = str(table.get("_CLASS_", table.get("type", ""))).rpartition(".")[2]
    if not table:
        name = "ConstantScheduler"
        given.warn("train_module.scheduler", "there is none: the rate stays what it is")
    if name not in SCHEDULERS:
        text = f"has the scheduler {name!r:.40}, which is not followed"
        raise given.refuse("train_module", text, f"one of {', '.join(SCHEDULERS)}")
    given.values |= {key: value for key, value in table.items() if key in KEYS}
    units = given.text("units", "steps")
    each = size(given) if units == "tokens" else 1
    known = values(given, name, float(peak), tokens if units == "tokens" else updates)
    warmup = math.ceil(known["W"] / each) - 1 if known["W"] else 0
    given.derive("warmup", f"{warmup} updates: {known['W']} {units}, and the first is {each}")
    return given.foretold(
        _formula.lambda_lr(1.0, SCHEDULERS[name], G=each, **known), updates,
        peak=float(peak), warmup=warmup or None, version="3.0.0",
        keys={"rate": "train_module.optim.lr", "warmup": "train_module.scheduler.warmup",
              "length": "trainer.max_duration"},
    )  # fmt: skip


def values(given: Given, name: str, peak: float, total: int) -> dict[str, Any]:
    """Return what the rates are computed with."""
    own = given.whole("t_max", least=1)
    if own is not None and name in ("LinearWithWarmup", "CosWithWarmup", "HalfCosWithWarmup"):
        if own != total:
            given.warn("train_module.scheduler.t_max", f"{own}, and the run has {total}")
        total = own
    if name == "ConstantScheduler":
        return {"W": 0, "peak": peak}
    warmup = part(given, "warmup", total, None)
    low, first = peak * given.number("alpha_f", 0.1), given.number("warmup_min_lr", 0.0)
    top = low + (peak - low) / 2 if name == "HalfCosWithWarmup" else peak
    last = given.number("decay_min_lr", 0.0)
    fall = part(given, "decay", total, 0.1) if name == "WSD" else 0
    if not 0 <= first < top or (name == "WSD" and not 0 <= last < peak):
        raise given.refuse("warmup_min_lr", "is refused with AssertionError beside the rate")
    if warmup >= total and name != "WSD":
        raise given.refuse("warmup", f"takes the whole run, {total}")
    if name == "WSD" and not fall:
        raise given.refuse("decay", "is 0: refused with ZeroDivisionError at the last step")
    return {"W": warmup, "T": total, "F": fall, "peak": peak, "low": low, "top": top,
            "first": first, "last": last}  # fmt: skip


def part(given: Given, key: str, total: int, usual: float | None) -> int:
    """Return the steps or tokens of a part, which may be said as a share."""
    written = f"{key}_fraction" in given.values
    count = given.whole(key)
    count = given.whole(f"{key}_steps") if count is None else count
    share = given.number(f"{key}_fraction", None if written else usual)
    if (share is None) == (count is None):
        text = "has to be said in one way: OLMoConfigurationError"
        raise given.refuse(key, text, f"{key} or {key}_fraction, the other null")
    if share is not None and not 0 <= share <= 1:
        raise given.refuse(f"{key}_fraction", "is not between 0 and 1: OLMoConfigurationError")
    return int(count) if share is None else round(total * share)


def size(given: Given) -> int:
    """Return the tokens of an update."""
    found = given.whole("global_batch_size", least=1)
    if found is None:
        raise given.refuse("data_loader", "has no global_batch_size", "--set global_batch_size=N")
    return int(found)


def lengths(given: Given) -> tuple[int, int]:
    """Return the updates of the run, and its tokens as far as they are known."""
    duration = given.values.get("max_duration")
    told = given.fact("max_steps")
    duration = {"value": told, "unit": "steps"} if told is not None else duration
    if not isinstance(duration, dict):
        raise given.refuse("trainer", "has no max_duration", "--max-steps N")
    unit = duration.get("unit")
    given.values["max_duration"] = duration.get("value")
    value = given.whole("max_duration", least=1)
    if value is None or unit not in ("steps", "tokens", "epochs"):
        raise given.refuse("max_duration", f"is said in {unit!r:.40}: steps, tokens or epochs")
    if unit == "epochs":
        batches = given.fact("batches")
        if batches is None:
            raise given.open([("batches", "max_steps")])
        value = value * batches
    each = given.whole("global_batch_size", least=1) or 0
    if unit == "tokens":
        updates = math.ceil(value / size(given))
        given.derive("updates", f"{updates}: ceil({value} tokens / {each} an update)")
        return updates, value
    given.derive("updates", f"{value}: max_duration, {unit}")
    return value, value * each


TABLES: Final = ("train_module", "trainer", "data_loader")
KEYS: Final = (
    *("warmup", "warmup_steps", "warmup_fraction", "warmup_min_lr", "alpha_f", "t_max", "units"),
    *("decay", "decay_steps", "decay_fraction", "decay_min_lr"),
)
CONFIGURATIONS: Final = (
    Configuration(
        "olmo-core",
        "OLMo-core",
        (*TABLES, *KEYS, "lr", "max_duration", "global_batch_size"),
        foretell,
        ("model", "dataset", "init_seed", "run_name", "launch", "backend", "_CLASS_"),
        ("train_module",),
        {"lr": "lr"},
    ),
)  # fmt: skip
