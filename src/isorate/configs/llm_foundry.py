"""LLM Foundry's YAML, as of 0.22.0: Composer's schedulers, which are a batch behind."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from isorate.configs import _formula
from isorate.configs._dotted import in_place
from isorate.configs.configuration import FEWEST, Configuration
from isorate.schedule.lazily import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

#: What has been counted when an update's rate is chosen: Composer steps its schedulers before it
#: counts the batch that it has trained on, so that the first two updates have the same rate.
NOW: Final = "(max(t - 1, 0) * {G})"
RISE: Final = f"{{first}} + min(1.0, {NOW} / {{W}}) * ({{top}} - {{first}}) if {NOW} < {{W}} else "
PART: Final = f"min(1.0, ({NOW} - {{W}}) / ({{T}} - {{W}}))"
COSINE: Final = f"{{low}} + (1.0 - {{low}}) * (1 + math.cos({PART} * math.pi)) / 2"
LINE: Final = f"{{top}} + {PART} * ({{low}} - {{top}})"
ROOT: Final = "({low} + 1 / (({AT} + {shift}) / {scale}) ** 0.5 * (1.0 - {low}))"
#: Its schedulers, and the arguments of each with what they are where nobody says.
SCHEDULERS: Final[dict[str, dict[str, Any]]] = {
    "constant_with_warmup": {"alpha": 1.0, "t_max": "1dur"},
    "cosine_with_warmup": {"alpha_f": 0.0, "t_max": "1dur"},
    "linear_decay_with_warmup": {"alpha_i": 1.0, "alpha_f": 0.0, "t_max": "1dur"},
    "inv_sqrt_with_warmup": {"t_scale": None, "t_cooldown": None, "t_max": "1dur",
                             "alpha_f_decay": 0.0, "alpha_f_cooldown": 0.0},
}  # fmt: skip
#: A number, and its unit.
TIME: Final = pattern(r"([\d_.eE+]{1,30})(ba|ep|tok|sp|dur)", re.IGNORECASE)
KEYS: Final = ("t_warmup", "scale_warmup", *{key: 0 for own in SCHEDULERS.values() for key in own})


class Time(NamedTuple):
    """A time, in batches, tokens or samples."""

    value: int
    unit: str


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    if "load_path" in given and not given.truth("load_weights_only"):
        hint = "--set load_weights_only=true, where its batches are counted anew"
        raise given.refuse("load_path", "begins where a checkpoint stands, not followed", hint)
    scheduler, optimizer = given.table("scheduler"), given.table("optimizer")
    given.default(lr=in_place(given.values, optimizer.get("lr")),
                  **{key: in_place(given.values, scheduler.get(key)) for key in KEYS})  # fmt: skip
    peak = given.number("lr")
    if peak is None:
        raise given.refuse("optimizer", "has no lr", "--lr 1e-4")
    name = scheduler.get("name")
    if not isinstance(name, str) or name not in SCHEDULERS:
        raise given.refuse("scheduler", f"has no name that is read: {', '.join(SCHEDULERS)}")
    wrong = [key for key in scheduler if key not in ("name", "t_warmup", *SCHEDULERS[name])]
    if wrong and wrong != ["scale_warmup"]:
        raise given.refuse("scheduler", f"has {wrong[0]}, which {name} does not take")
    given.default(**SCHEDULERS[name])
    length = run(given)
    updates = length.value if length.unit == "ba" else -(-length.value // counted(given, length))
    given.derive("updates", f"{updates}: max_duration={given.values['max_duration']}")
    total, warmup = time(given, "t_max", length), time(given, "t_warmup", length)
    if total.unit != warmup.unit:
        text = f"is refused with ValueError: it is in {warmup.unit}, t_max in {total.unit}"
        raise given.refuse("t_warmup", text)
    each = counted(given, warmup)
    if name != "inv_sqrt_with_warmup" and total.value < length.value and total.unit == length.unit:
        raise given.refuse("t_max", "is refused with ValueError: it is less than max_duration")
    text, known = formula(given, name, length, total.value)
    steps = -(-warmup.value // each) + 1 if warmup.value else 0
    if steps:
        given.derive("warmup", f"{steps} updates: t_warmup={given.values['t_warmup']}, and one")
        text = RISE + text
    given.warn("scheduler", "Composer steps it before it counts a batch: update 1 trains with the "
               "rate of update 0, and each later one a batch behind")  # fmt: skip
    if total.value > updates * each:
        given.warn("t_max", "the schedule is not over when the run is")
    shown = {"G": each, "W": warmup.value, "T": max(total.value, warmup.value + 1), "first": 0.0}
    return given.foretold(
        _formula.lambda_lr(peak, text, **{**shown, **known}), updates, peak=float(peak),
        warmup=steps or None, version="0.22.0",
        keys={"rate": "optimizer.lr", "warmup": "scheduler.t_warmup", "length": "max_duration"},
    )  # fmt: skip


def formula(given: Given, name: str, length: Time, total: int) -> tuple[str, dict[str, Any]]:
    """Return the share of the rate after the warm-up, and what it is computed with."""
    if name == "constant_with_warmup":
        top = given.number("alpha")
        return f"{top!r}", {"top": top}
    if name != "inv_sqrt_with_warmup":
        known = {"low": given.number("alpha_f"), "top": given.number("alpha_i", 1.0)}
        return COSINE if name.startswith("cosine") else LINE, known
    for key in ("t_warmup", "t_scale", "t_cooldown"):
        said = TIME.fullmatch(str(given.values.get(key)))
        if said is None or said[2] != unit(given):
            raise given.refuse(key, "is not in the unit of max_duration, and refused")
    scale, cooldown, warmup = (
        time(given, key, length).value for key in ("t_scale", "t_cooldown", "t_warmup")
    )
    low, last = given.number("alpha_f_decay"), given.number("alpha_f_cooldown")
    if low < last or not scale:
        raise given.refuse("scheduler", "is refused: alpha_f_decay < alpha_f_cooldown, or no scale")
    since = max(total - cooldown, warmup)
    known = {"low": low, "top": 1.0, "shift": scale - warmup, "scale": scale, "C": since,
             "D": cooldown, "last": last}  # fmt: skip
    fallen = ROOT.replace("{AT}", "{C}")
    over = f"{fallen} + min(1.0, ({NOW} - {{C}}) / {{D}}) * ({{last}} - {fallen})"
    return (
        f"{ROOT.replace('{AT}', NOW)} if {NOW} < {{C}} else {over if cooldown else fallen}",
        known,
    )


def unit(given: Given) -> str:
    """Return what the run's length is counted in."""
    said = TIME.fullmatch(str(given.values["max_duration"]))
    return said[2].lower() if said else "ep"


def run(given: Given) -> Time:
    """Return the length of the run."""
    told = given.fact("max_steps")
    if told is not None:
        given.values["max_duration"] = f"{int(told)}ba"
    length = in_place(given.values, given.values.get("max_duration"))
    if length is None:
        raise given.open([("max_steps",)])
    given.values["max_duration"] = f"{length}ep" if isinstance(length, int) else length
    found = time(given, "max_duration", Time(0, "dur"))
    if not found.value or found.unit == "dur":
        raise given.refuse("max_duration", "is no length of a run: 1000ba, 2ep, 1e9tok")
    return found


def time(given: Given, key: str, length: Time) -> Time:
    """Return a time; a share is one of the run, and an epoch so many batches."""
    said = TIME.fullmatch(str(given.values.get(key)).strip())
    try:
        value = float(said[1]) if said else -1.0
    except ValueError:
        value = -1.0
    if said is None or not 0 <= value < math.inf:
        raise given.refuse(key, "is no time: 100ba, 2ep, 0.1dur")
    kind = said[2].lower()
    if kind == "dur":
        return Time(int(value * length.value), length.unit)
    if value != int(value):
        raise given.refuse(key, "is refused with TypeError: it is no integer")
    return Time(int(value) * epoch(given), "ba") if kind == "ep" else Time(int(value), kind)


def epoch(given: Given) -> int:
    """Return the batches of an epoch."""
    batches = given.fact("batches")
    if batches is None:
        raise given.open([("batches", "max_steps")])
    return int(batches)


def counted(given: Given, of: Time) -> int:
    """Return how many of a time's units an update is."""
    if of.unit == "ba":
        return 1
    given.values["batch"] = in_place(given.values, given.values.get("global_train_batch_size"))
    size: int | None = given.whole("batch", least=1)
    loader = given.table("train_loader")
    if size is None:
        raise given.refuse("global_train_batch_size", "is not there", "--batch-size N")
    if of.unit == "sp":
        given.assume("no batch is shorter than global_train_batch_size")
        return size
    given.values["long"] = in_place(given.values, given.values.get("max_seq_len"))
    if loader.get("name") != "text" or "long" not in given:
        text = "counts tokens, of which batches have as many as their examples have"
        raise given.refuse("train_loader", text, "--max-steps N")
    tokens: int = given.whole("long", least=1)
    given.derive("clock", f"{size * tokens} tokens an update")
    return size * tokens


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule; its first rate comes twice."""
    share = wanted.low / wanted.peak if wanted.peak else 0.0
    usual = {"max_duration": f"{wanted.updates}ba", "optimizer": {"lr": wanted.peak}}
    warmup = f"{max(wanted.warmup - 1, 0)}ba"
    for name in ("cosine_with_warmup", "linear_decay_with_warmup"):
        yield usual | {"scheduler": {"name": name, "t_warmup": warmup, "alpha_f": share}}
    yield usual | {"scheduler": {"name": "constant_with_warmup", "t_warmup": warmup}}


#: Keys of Composer's, one of which is beside a loader.
COMPOSERS: Final = {"max_duration", "global_train_batch_size"}


class _Known(Configuration, frozen=True):
    """A configuration with a length in Composer's words, which OLMo's has, too, and a loader."""

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what trains; what MosaicML's platform is told has it in a table."""
        inner = values.get("parameters")
        return {**inner, **values} if isinstance(inner, dict) else dict(values)

    def score(self, values: Mapping[str, Any]) -> int:
        values = self.named(values)
        told = "train_loader" in values and bool(COMPOSERS & values.keys())
        return super().score(values) + FEWEST if told else 0


CONFIGURATIONS: Final = (
    _Known(
        "llm-foundry",
        "LLM Foundry",
        ("scheduler", "optimizer", "max_duration", "global_train_batch_size", "load_path",
         "load_weights_only", "train_loader", "max_seq_len", "lr", *KEYS),
        foretell,
        ("variables", "model", "tokenizer", "eval_loader", "algorithms", "callbacks", "loggers",
         "seed", "precision", "fsdp_config", "eval_interval", "device_eval_batch_size",
         "device_train_microbatch_size", "progress_bar", "run_name", "autoresume", "eval_first"),
        ("train_loader",),
        {"lr": "lr", "batch_size": "global_train_batch_size"},
        spell=spell,
    ),
)  # fmt: skip
