"""MLX-LM's YAML and flags, as of 0.32.2: iterations are batches, its schedule counts updates.

MLX computes in float32; what is foretold is float64, within 3e-7 of the peak (measured).
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import LARGEST, Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

#: Each schedule in its step ``s``, and the names of its arguments; the first is its first rate.
SCHEDULES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "cosine_decay": (
        "{end} + ({init} - {end}) * 0.5 * (1.0 + math.cos(math.pi * min({s}, {T}) / {T}))",
        ("init", "T", "end"),
    ),
    "linear_schedule": ("{init} + ({end} - {init}) * min({s}, {T}) / {T}", ("init", "end", "T")),
    "exponential_decay": ("{init} * {factor} ** {s}", ("init", "factor")),
    "step_decay": ("{init} * {factor} ** ({s} // {T})", ("init", "factor", "T")),
}
USUAL: Final = {"end": 0.0}
OPTIMIZERS: Final = ("adam", "adamw", "muon", "sgd", "adafactor")


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    if "config" in given:
        raise given.refuse("config", "is not opened", "give the file itself, and --set KEY=VALUE")
    peak = given.number("learning_rate", 1e-5)
    iters, each = given.whole("iters", 1000), given.whole("grad_accumulation_steps", 1, least=1)
    total = iters // each
    if not total:
        raise given.refuse("iters", "trains no update")
    said = f"floor({iters} iters / {each} batches an update)" if each > 1 else "iters"
    given.derive("updates", f"{total}: {said}")
    followed(given)
    warmup, table = None, given.table("lr_schedule")
    if not table:
        call = _formula.lambda_lr(peak, "1.0")
    else:
        rate, known, warmup = scheduled(given, table, total)
        if "learning_rate" in given and peak != known["init"]:
            given.warn("learning_rate", f"ignored: lr_schedule begins with {known['init']:g}")
        peak = max(known["init"], known.get("end", 0.0))
        call = _formula.lambda_lr(1.0, rate, **known)
    if each > 1:
        given.warn("grad_accumulation_steps", f"iters are batches, {each} of them an update")
    given.assume("MLX computes in float32: within 3e-7 of the peak of what is said here")
    return given.foretold(
        call, total, peak=float(peak), warmup=warmup, version="0.32.2", batches=each,
        keys={"rate": "lr_schedule" if table else "learning_rate", "warmup": "lr_schedule.warmup",
              "length": "iters"},
    )  # fmt: skip


def followed(given: Given) -> None:
    """Refuse an optimizer that sets its own rate, or that there is none of."""
    name = given.text("optimizer", "adam").lower()
    if name not in OPTIMIZERS:
        raise given.refuse("optimizer", f"is none of {', '.join(OPTIMIZERS)}")
    own = given.table("optimizer_config").get(name) or {}
    if name == "adafactor" and own.get("relative_step", True):
        raise given.refuse("optimizer", "sets the rate by itself, where relative_step is not false")


def scheduled(
    given: Given, table: dict[str, Any], total: int
) -> tuple[str, dict[str, Any], int | None]:
    """Return the rate as a formula, its values, and the updates of the warm-up."""
    name, written = table.get("name"), table.get("arguments")
    if not isinstance(name, str) or name not in SCHEDULES:
        text = f"names none that is read: {name!r:.40}"
        raise given.refuse("lr_schedule", text, f"one of {', '.join(SCHEDULES)}")
    formula, names = SCHEDULES[name]
    least = len(names) - (names[-1] in USUAL)
    if not isinstance(written, list) or not least <= len(written) <= len(names):
        raise given.refuse("lr_schedule", f"has other arguments than {name} takes: {names}")
    values = dict(zip(names, (_number(given, each) for each in written), strict=False))
    values = {**{key: USUAL[key] for key in names if key in USUAL}, **values}
    if "factor" in values:  # which float32 rounds before it is taken to a power
        (values["factor"],) = struct.unpack("f", struct.pack("f", values["factor"]))
    if values.get("T", 1) < 1:
        raise given.refuse("lr_schedule", f"is refused with ValueError: {values['T']:g} steps")
    warmup = table.get("warmup", 0)
    if warmup is not None and (not isinstance(warmup, int) or warmup < 0):
        raise given.refuse("lr_schedule", f"has warmup={warmup!r:.40}, which is no count of steps")
    begin = 0
    if warmup:
        begin = warmup + 1
        values |= {"low": _number(given, table.get("warmup_init", 0.0)), "W": warmup}
        rising = f"{{low}} + ({{init}} - {{low}}) * t / {{W}} if t < {begin} else "
        formula = rising + formula.replace("{s}", f"(t - {begin})")
        given.derive(
            "warmup", f"{warmup} updates, and the peak twice: updates {warmup} and {begin}"
        )
    elif "warmup_init" in table:
        given.warn("lr_schedule.warmup_init", "ignored: there is no warmup")
    formula = formula.replace("{s}", "t")
    if name in ("cosine_decay", "linear_schedule") and begin + values["T"] != total:
        over = begin + values["T"]
        text = f"the schedule is over at update {over:g} of {total}"
        given.warn("lr_schedule.arguments", text if over < total else f"{text}: it is cut")
    return formula, values, int(warmup) if warmup else None


def _number(given: Given, value: Any) -> float:
    """Return a number of the schedule's; MLX-LM takes ``1e-5`` for one."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not -LARGEST < value < LARGEST:
        raise given.refuse("lr_schedule", f"has {value!r:.40} for a number")
    return value  # type: ignore[no-any-return]


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    own = {"iters": wanted.updates, "learning_rate": wanted.peak}
    for name in ("cosine_decay", "linear_schedule"):
        left = wanted.updates - wanted.warmup - bool(wanted.warmup)
        arguments = [wanted.peak, left, wanted.low]
        arguments = arguments if name == "cosine_decay" else [wanted.peak, wanted.low, left]
        schedule = {"name": name, "arguments": arguments, "warmup": wanted.warmup}
        yield own | {"lr_schedule": schedule}
    yield own


CONFIGURATIONS: Final = (
    Configuration(
        "mlx",
        "MLX-LM",
        ("iters", "learning_rate", "lr_schedule", "grad_accumulation_steps", "optimizer",
         "optimizer_config", "config"),
        foretell,
        ("model", "train", "data", "seed", "num_layers", "lora_layers", "batch_size", "val_batches",
         "steps_per_report", "steps_per_eval", "save_every", "test", "test_batches",
         "max_seq_length", "grad_checkpoint", "mask_prompt"),
        ("lr_schedule", "lora_parameters", "adapter_path", "resume_adapter_file", "steps_per_eval",
         "fine_tune_type", "lora_layers", "mask_prompt"),
        {"lr": "learning_rate", "accumulation": "grad_accumulation_steps", "max_steps": "iters"},
        spell=spell,
        programs=("lora",),
    ),
)  # fmt: skip
