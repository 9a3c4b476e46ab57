"""torchtitan's TOML, as of 0.2.2: a warm-up that never begins at 0, and a step that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

#: How far the decay has come, in the update after this one.
PROGRESS: Final = "((t + 1 - {S}) / {D})"
SHARES: Final = {
    "linear": f"(1 - {PROGRESS})",
    "sqrt": f"(1 - math.sqrt({PROGRESS}))",
    "cosine": f"(0.5 * (1.0 + math.cos(math.pi * {PROGRESS})))",
}
#: Its tables, and of each what it has, as it is told by itself, and what it has where nobody does.
TABLES: Final[dict[str, dict[str, Any]]] = {
    "optimizer": {"lr": 8e-4},
    "training": {"steps": 10_000},
    "lr_scheduler": {"warmup_steps": 200, "total_steps": None, "decay_ratio": None,
                     "decay_type": "linear", "min_lr_factor": 0.0},
}  # fmt: skip
#: Keys of other versions, which this one refuses.
OTHERS: Final = {
    "lr_min": "min_lr_factor", "warmup_steps": "lr_scheduler.warmup_steps",
    "lr_decay_type": "decay_type",
}  # fmt: skip


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    for name, usual in TABLES.items():
        table = given.table(name)
        wrong = [key for key in OTHERS if key in table and key not in usual]
        if wrong:
            text = f"has {wrong[0]}, which is of another version"
            raise given.refuse(name, text, f"--set {OTHERS[wrong[0]].rpartition('.')[2]}=...")
        given.default(**{key: table.get(key) for key in usual})
    peak, total = given.number("lr", 8e-4), given.whole("steps", 10_000, least=1)
    low = given.number("min_lr_factor", 0.0)
    given.derive("updates", f"{total}: training.steps")
    last = given.whole("total_steps", total, least=1)
    if last != total:
        text = f"the schedule is over at update {last}, the run has {total}"
        text += ": beyond its end nothing holds the rate" if last < total else ""
        given.warn("lr_scheduler.total_steps", text)
    warmup = given.whole("warmup_steps", 200)
    if warmup > last:
        given.warn("lr_scheduler.warmup_steps", f"{warmup} updates are cut to {last}")
        warmup = last
    ratio = given.number("decay_ratio")
    decay = last - warmup if ratio is None else round(last * ratio)
    if warmup + decay > last:
        given.warn("lr_scheduler.decay_ratio", f"the decay is cut to {last - warmup} updates")
        decay = last - warmup
    style = given.text("decay_type", "linear")
    if style not in SHARES:
        raise given.refuse("decay_type", f"is none of {', '.join(SHARES)}")
    stable = last + 1 - decay
    given.derive("warmup", f"{warmup} updates, from 1/{warmup or 1} of the rate")
    given.derive("decay", f"{decay} updates, from update {stable} on, {style}")
    share = f"1.0 if t < {{S}} else {low!r} + (1 - {low!r}) * {SHARES[style]}"
    if warmup:
        share = f"(t + 1) / {{W}} if t < {{W}} else {share}"
    call = _formula.lambda_lr(peak, share, W=warmup, S=stable, D=decay or 1)
    return given.foretold(
        call, total, peak=float(peak), warmup=warmup or None, version="0.2.2",
        keys={"rate": "optimizer.lr", "warmup": "lr_scheduler.warmup_steps",
              "length": "training.steps"},
    )  # fmt: skip


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    for style in ("cosine", "linear"):
        scheduler: dict[str, Any] = {"warmup_steps": wanted.warmup, "decay_type": style}
        scheduler["min_lr_factor"] = wanted.low / wanted.peak if wanted.peak else 0.0
        training = {"steps": wanted.updates}
        yield {"optimizer": {"lr": wanted.peak}, "training": training, "lr_scheduler": scheduler}


CONFIGURATIONS: Final = (
    Configuration(
        "torchtitan",
        "torchtitan",
        (*TABLES, *(key for table in TABLES.values() for key in table)),
        foretell,
        ("job", "metrics", "model", "checkpoint", "profiling", "compile", "validation",
         "fault_tolerance", "comm", "float8", "quantize", "debug"),
        ("parallelism", "activation_checkpoint", "job"),
        {"lr": "lr", "max_steps": "steps"},
        spell=spell,
    ),
)  # fmt: skip
