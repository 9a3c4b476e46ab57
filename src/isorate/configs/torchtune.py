"""torchtune, as of 0.6.1: an epoch's last batches make no update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._counts import batches
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

#: What it calls its schedule, and that schedule.
COSINE: Final = "get_cosine_schedule_with_warmup"
SHARE: Final = (
    "t / max(1, {W}) if t < {W} else max(0.0, 0.5 * (1.0 + math.cos(math.pi * {n} * 2.0 * "
    "((t - {W}) / max(1, {T} - {W})))))"
)


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    optimizer, schedule = given.table("optimizer"), given.table("lr_scheduler")
    given.default(lr=optimizer.get("lr"))
    peak = given.number("lr")
    if peak is None:
        raise given.refuse("optimizer", "has no lr", "--lr 3e-4")
    total = updates(given)
    kind = str(schedule.get("_component_", "")).rpartition(".")[2]
    warmup = None
    if not schedule:
        call = _formula.lambda_lr(peak, "1.0")
    elif kind != COSINE:
        raise given.refuse("lr_scheduler", "is not followed")
    else:
        given.default(num_warmup_steps=schedule.get("num_warmup_steps"))
        given.default(num_cycles=schedule.get("num_cycles"))
        warmup = given.whole("num_warmup_steps")
        if warmup is None:
            raise given.refuse("lr_scheduler", "has no num_warmup_steps")
        given.derive("warmup", f"{warmup} updates: num_warmup_steps")
        known = {"W": warmup, "T": total, "n": given.number("num_cycles", 0.5)}
        call = _formula.lambda_lr(peak, SHARE, **known)
    return given.foretold(
        call, total, peak=float(peak), warmup=warmup, version="0.6.1",
        keys={"rate": "optimizer.lr", "warmup": "lr_scheduler.num_warmup_steps",
              "length": "max_steps_per_epoch"},
    )  # fmt: skip


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: an epoch of as many batches as there are updates."""
    own = {"epochs": 1, "max_steps_per_epoch": wanted.updates, "--batches": wanted.updates}
    yield own | {
        "optimizer": {"lr": wanted.peak},
        "lr_scheduler": {
            "_component_": f"torchtune.training.lr_schedulers.{COSINE}",
            "num_warmup_steps": wanted.warmup,
        },
    }


def updates(given: Given) -> int:
    """Return how many updates are trained."""
    epochs = given.whole("epochs", 1)
    accumulation = given.whole("gradient_accumulation_steps", 1, least=1)
    size, processes = given.whole("batch_size", 1, least=1), given.processes()
    if given.truth("packed") or given.table("dataset").get("packed"):
        given.assume("the examples are packs, of as many examples as fit")
    own = batches(given, processes, size)
    each, limit = own // accumulation, given.whole("max_steps_per_epoch")
    given.derive("epoch", f"{each} updates: floor({own} batches / {accumulation})")
    if limit is not None and limit < each:
        given.derive("limit", f"{limit} updates an epoch: max_steps_per_epoch")
        each = limit
    total = int(epochs * each)
    given.derive("updates", f"{total}: {epochs} epochs × {each}")
    if total <= 0:
        raise given.refuse("epochs", "trains no update")
    if own % accumulation and (limit is None or limit > own // accumulation):
        left = own % accumulation
        text = f"the last {left} of {own} batches of an epoch make no update of their own"
        given.warn("gradient_accumulation_steps", text)
    return total


CONFIGURATIONS: Final = (
    Configuration(
        "torchtune",
        "torchtune",
        ("epochs", "max_steps_per_epoch", "batch_size", "gradient_accumulation_steps",
         "lr_scheduler", "optimizer", "num_warmup_steps", "num_cycles"),
        foretell,
        ("dataset", "loss", "model", "tokenizer", "checkpointer", "profiler", "metric_logger"),
        ("checkpointer", "tokenizer", "max_steps_per_epoch", "metric_logger"),
        {"lr": "lr", "epochs": "epochs", "batch_size": "batch_size",
         "accumulation": "gradient_accumulation_steps"},
        spell=spell,
        programs=("tune run",),
    ),
)  # fmt: skip
