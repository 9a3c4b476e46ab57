"""levanter's YAML, as of 9263f81: a warm-up, a rate that stays, and a decay, in each cycle.

It computes in float32; what is foretold is float64, within 1e-6 of the peak (measured).
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import LARGEST, Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

#: The decays, from where they begin, ``s``; each ends after D updates with what is named last.
WAVE: Final = "(0.5 * (1 + math.cos(math.pi * (min({s}, {D}) / {D}))))"
DECAYS: Final[dict[str, str]] = {
    "constant": "{high}",
    "cosine": f"{{high}} * ((1 - {{ratio}}) * {WAVE} ** {{power}} + {{ratio}})",
    "linear": "({high} - {low}) * (1 - min({s}, {D}) / {D}) + {low}",
    "inv_sqrt":
        "max({high} * min(1.0, 1.0 / math.sqrt(max({s} + {W}, 1) / {timescale})), {low})",
    "inv": "max({high} * min(1.0, 1.0 / (({high} / {low} - 1) * max({s}, 1) / {D} + 1)), {low})",
}  # fmt: skip
#: Each cycle is a part of one formula.
MOST_CYCLES: Final = 100
#: What is told by itself of its tables.
OPTIMIZER: Final = ("learning_rate", "min_lr_ratio", "warmup", "decay", "rewarmup")

#: Keys of its trainer's, which nobody else's has.
TRAINER_KEYS: Final = (
    *("num_train_steps", "train_batch_size", "mp", "model_axis_size", "per_device_parallelism"),
    *("tensor_parallel_axes", "fsdp_axis"),
)


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    optimizer, trainer = given.table("optimizer"), given.table("trainer")
    for key in ("cooldown", "haps"):
        if optimizer.get(key) is not None:
            raise given.refuse("optimizer", f"has {key}, which is not followed: cycles")
    given.default(**{key: optimizer.get(key) for key in OPTIMIZER})
    given.default(num_train_steps=trainer.get("num_train_steps"))
    kind = optimizer.get("type", "adam")
    rates = [key for key in ("lr", "adam_lr") if key in optimizer]
    if "learning_rate" not in given and kind != "adam":
        raise given.refuse("optimizer", "has no learning_rate", "--lr 6e-4")
    if kind in ("muon", "mini", "scion") or rates:
        given.assume(f"the groups to which {kind} gives another rate are left out of account")
    peak, ratio = given.number("learning_rate", 6e-4), given.number("min_lr_ratio", 0.1)
    total = given.whole("num_train_steps", 400_000, least=1)
    given.derive("updates", f"{total}: trainer.num_train_steps")
    name, own = shape(given, optimizer.get("lr_schedule", "cosine"))
    known = {"high": peak, "low": peak * ratio, "ratio": ratio, **own}
    parts: list[tuple[int, str]] = []
    before, first = 0.0, None
    for start, end in pairwise(ends(given, optimizer, total)):
        warmup = steps(
            given, "rewarmup" if start else "warmup", end - start, 0.0 if start else 0.01
        )
        first = warmup if first is None else first
        fall = steps(given, "decay", end - start, None)
        fall = end - start - warmup if fall is None else fall
        if warmup:
            rise = f"({{high}} - {before!r}) * (t - {start}) / {warmup} + {before!r}"
            parts.append((start, rise))
        if end - start - warmup - fall:
            parts.append((start + warmup, "{high}"))
        if fall <= 0 and name != "constant":
            raise given.refuse("decay", f"leaves {fall} updates for the decay")
        begin = end - fall
        parts.append((begin, DECAYS[name].replace("{s}", f"(t - {begin})").replace("{D}", str(fall))
                      .replace("{W}", str(warmup))))  # fmt: skip
        before = last_of(name, known, fall, warmup)
    # each part holds until the next one begins
    rate = parts[-1][1]
    for (_, text), (after, _) in reversed(list(pairwise(parts))):
        rate = f"{text} if t < {after} else {rate}"
    given.derive("warmup", f"{first} updates: warmup")
    given.assume("levanter computes in float32: within 1e-6 of the peak of what is said here")
    return given.foretold(
        _formula.lambda_lr(1.0, rate, **known), total, peak=float(peak), warmup=first or None,
        version="9263f81", keys={"rate": "optimizer.learning_rate", "warmup": "optimizer.warmup",
                                 "length": "trainer.num_train_steps"},
    )  # fmt: skip


def shape(given: Given, written: Any) -> tuple[str, dict[str, float]]:
    """Return the name of the decay, and its own arguments."""
    table = written if isinstance(written, dict) else {"type": written}
    name = table.get("type")
    if not isinstance(name, str) or name not in DECAYS:
        text = f"has lr_schedule={name!r:.40}, which is not followed"
        raise given.refuse("optimizer", text, f"one of {', '.join(DECAYS)}")
    own = {"power": table.get("exponent", 1.0), "timescale": table.get("timescale", 10_000)}
    if not all(isinstance(each, int | float) and abs(each) < LARGEST for each in own.values()):
        raise given.refuse("optimizer", "has a lr_schedule whose arguments are no numbers")
    if own["timescale"] <= 0:
        raise given.refuse("optimizer", "has a timescale that is not above 0")
    return name, own


def last_of(name: str, known: dict[str, Any], fall: int, warmup: int) -> float:
    """Return the rate that a cycle ends with, from which the next one goes up."""
    high, low = known["high"], known["low"]
    if name == "inv_sqrt":
        share = 1.0 / (max(fall + warmup, 1) / known["timescale"]) ** 0.5
        return float(max(high * min(1.0, share), low))
    return float(high if name == "constant" else low)


def ends(given: Given, optimizer: dict[str, Any], total: int) -> list[int]:
    """Return where the cycles begin and end."""
    length, cycles = optimizer.get("cycle_length"), optimizer.get("cycles")
    if length is not None and cycles is not None:
        raise given.refuse("optimizer", "has cycle_length beside cycles: refused with ValueError")
    key, value = ("cycles", cycles) if length is None else ("cycle_length", length)
    several: Any = value if isinstance(value, list) else None
    for each in several or ([] if value is None else [value]):
        whole = isinstance(each, int) or (key == "cycle_length" and several is None)
        if isinstance(each, bool) or not isinstance(each, int | float) or not whole or each <= 0:
            raise given.refuse("optimizer", f"has {key}={value!r:.60}, which says no cycles")
    if several is not None:
        found = list(several) if length is None else list(accumulate(several))
    elif value is None:
        found = []
    elif length is None:
        found = [int(total / value * (at + 1)) for at in range(min(value - 1, MOST_CYCLES))]
    else:
        each = shared(given, "optimizer", value, total)
        if each < 1:
            raise given.refuse("optimizer", f"has cycle_length={value:g}, which is no update")
        found = [at * each for at in range(1, min(total // each, MOST_CYCLES + 1))]
    found = [0, *found, *([total] if [0, *found][-1] != total else [])]
    if len(found) > MOST_CYCLES:
        raise given.refuse(
            "optimizer", f"has more than {MOST_CYCLES} cycles, which are written out"
        )
    if any(a >= b for a, b in pairwise(found)):
        raise given.refuse("optimizer", "has cycles that do not follow one another in the run")
    return found


def shared(given: Given, key: str, value: float, length: int) -> int:
    """Return updates, of which 1 or less is a share."""
    if value < 0 or (value > 1 and value % 1):
        raise given.refuse(key, "is neither a share nor a count: refused with ValueError")
    return int(value * length) if value <= 1 else int(value)


def steps(given: Given, key: str, length: int, default: Any) -> Any:
    """Return updates, of which 1 or less is a share of a cycle."""
    value = given.number(key, default)
    if value is None:
        return None
    found = shared(given, key, value, length)
    if value == 1:
        given.warn(f"optimizer.{key}", "1 is the whole cycle, not one update")
    if found > length:
        raise given.refuse(key, f"is longer than the cycle, {length} updates")
    return found


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule; one update of warm-up is a share."""
    warmup = wanted.warmup if wanted.warmup != 1 else 1.000001 / wanted.updates
    for name in ("cosine", "linear", "constant"):
        optimizer = {"learning_rate": wanted.peak, "warmup": warmup, "lr_schedule": name,
                     "min_lr_ratio": wanted.low / wanted.peak if wanted.peak else 0.0}  # fmt: skip
        yield {"trainer": {"num_train_steps": wanted.updates}, "optimizer": optimizer}


class _Known(Configuration, frozen=True):
    """A configuration whose trainer is its own: others have that table, too."""

    def score(self, values: Any) -> int:
        trainer = values.get("trainer")
        found = [key for key in TRAINER_KEYS if isinstance(trainer, dict) and key in trainer]
        return 2 * len(found) + sum(k in values for k in (*self.keys, *self.others)) * bool(found)


CONFIGURATIONS: Final = (
    _Known(
        "levanter",
        "levanter",
        ("optimizer", "trainer", "num_train_steps", *OPTIMIZER),
        foretell,
        ("data", "model", "hf_save_path", "hf_save_steps", "z_loss_weight", "train_seq_len",
         "initialize_from_hf", "use_hf_model_config", "data_seed", "eval_harness"),
        ("trainer",),
        {"lr": "learning_rate", "max_steps": "num_train_steps"},
        spell=spell,
    ),
)  # fmt: skip
