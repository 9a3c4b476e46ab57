"""Swin Transformer's YAML, as of f82860b: a rate for each update, an update late.

It steps its scheduler with the number of the batch that is over, and the first rate comes twice;
the rates are those for 512 examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._counts import batches
from isorate.configs.configuration import FEWEST, Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

USUAL: Final[dict[str, Any]] = {
    "EPOCHS": 300, "WARMUP_EPOCHS": 20, "BASE_LR": 5e-4, "WARMUP_LR": 5e-7, "MIN_LR": 5e-6,
    "ACCUMULATION_STEPS": 1,
}  # fmt: skip
SCHEDULER: Final[dict[str, Any]] = {
    "NAME": "cosine", "DECAY_EPOCHS": 30, "DECAY_RATE": 0.1, "WARMUP_PREFIX": True, "GAMMA": 0.1,
    "MULTISTEPS": [],
}  # fmt: skip
#: The batch whose rate the scheduler was last asked for.
AT: Final = "max(t - 1, 0)"
RISE: Final = f"{{first}} + {AT} * {{slope}} if {AT} < {{W}} else "
FIRST: Final = "{lr} if t < 1 else "
FALLS: Final = {
    "cosine": "{low} + 0.5 * ({lr} - {low}) * (1 + math.cos(math.pi * (" + AT + " - {S}) / {T}))",
    "linear": "{lr} - ({lr} - {lr} * 0.01) * ((" + AT + " - {W}) / ({E} - {W}))",
    "step": f"{{lr}} * {{decay}} ** ({AT} // {{D}})",
}


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    if any(given.words("BASE")):
        raise given.refuse("BASE", "is not opened", "--set BASE= and the keys that it has")
    train, scheduler = given.table("TRAIN"), given.table("TRAIN").get("LR_SCHEDULER") or {}
    if train.get("START_EPOCH") or not isinstance(scheduler, dict):
        raise given.refuse("TRAIN", "begins part of the way, or has no table LR_SCHEDULER")
    own = {
        **{key: train.get(key) for key in USUAL},
        **{key: scheduler.get(key) for key in SCHEDULER},
    }
    given.default(**own, BATCH_SIZE=given.table("DATA").get("BATCH_SIZE"))
    usual = {**USUAL, **SCHEDULER, "BATCH_SIZE": 128}
    read = ("EPOCHS", "WARMUP_EPOCHS", "BASE_LR", "WARMUP_LR", "MIN_LR", "BATCH_SIZE")
    left = [f"{key}={usual[key]:g}" for key in read if key not in given]
    if left:
        given.assume(f"config.py is Swin Transformer's: {', '.join(left)}")
    given.default(**usual)
    processes = given.processes()
    size, every = given.whole("BATCH_SIZE", least=1), given.whole("ACCUMULATION_STEPS", least=1)
    each = batches(given, processes, size)
    if each % every:
        text = f"does not divide the {each} batches of an epoch: not followed"
        raise given.refuse("ACCUMULATION_STEPS", text)
    each //= every
    whole = size * processes
    first, peak, low = (
        given.number(key) * size * processes / 512.0 * every
        for key in ("WARMUP_LR", "BASE_LR", "MIN_LR")
    )
    given.derive(
        "rate", f"{peak:g}: BASE_LR × {whole} examples / 512" + f" × {every}" * (every > 1)
    )
    epochs = given.whole("EPOCHS", least=1)
    updates, warmup = epochs * each, int(given.number("WARMUP_EPOCHS") * each)
    name, prefix = given.text("NAME"), given.truth("WARMUP_PREFIX")
    given.derive("updates", f"{updates}: {epochs} epochs × {each}")
    if warmup:
        said = f"int({given.values['WARMUP_EPOCHS']} epochs × {each}), and one"
        given.derive("warmup", f"{warmup + 1} updates: {said}")
    if warmup >= updates:
        raise given.refuse("WARMUP_EPOCHS", "leaves nothing to decay")
    if given.number("LAYER_DECAY", train.get("LAYER_DECAY", 1.0)) != 1.0:
        given.assume("LAYER_DECAY gives a layer a share of the rate: it is left out of account")
    text = "" if name == "multistep" else FALLS.get(name, "")
    if name == "multistep":
        marks = given.words("MULTISTEPS")
        if not all(isinstance(mark, int) for mark in marks):
            raise given.refuse("MULTISTEPS", "are no epochs")
        for count, mark in enumerate(marks):
            text += f"{{lr}} * {{gamma}} ** {count} if {AT} < {mark * each} else "
        text += f"{{lr}} * {{gamma}} ** {len(marks)}"
    if not text:
        raise given.refuse("NAME", f"is none of {', '.join(FALLS)}, multistep")
    given.warn("TRAIN", "the first rate comes twice, and each later one an update late")
    shift = warmup if prefix else 0
    known = {"first": first, "slope": (peak - first) / warmup if warmup else 0.0, "W": warmup,
             "lr": peak, "low": low, "S": shift, "T": updates - shift, "E": updates,
             "gamma": given.number("GAMMA"), "decay": given.number("DECAY_RATE"),
             "D": max(int(given.number("DECAY_EPOCHS") * each), 1)}  # fmt: skip
    call = _formula.lambda_lr(1.0, (RISE if warmup else FIRST) + text, **known)
    return given.foretold(
        call, updates, peak=float(peak), warmup=warmup + 1 if warmup else None, version="f82860b",
        keys={"rate": "TRAIN.BASE_LR", "warmup": "TRAIN.WARMUP_EPOCHS", "length": "TRAIN.EPOCHS"},
    )  # fmt: skip


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, of 512 examples and epochs of one batch."""
    train = {"BASE_LR": wanted.peak, "MIN_LR": wanted.low, "WARMUP_LR": wanted.start,
             "EPOCHS": wanted.updates, "WARMUP_EPOCHS": max(wanted.warmup - 1, 0)}  # fmt: skip
    yield {"TRAIN": train, "DATA": {"BATCH_SIZE": 512}, "--batches": 1}


class _Known(Configuration, frozen=True):
    """A file whose tables have its names for the rates, or its model."""

    def signs(self) -> tuple[str, ...]:
        return ("TRAIN", "MODEL")

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values by the file's keys, where flags of ``main.py`` say them."""
        flags = {"batch_size": "BATCH_SIZE", "accumulation_steps": "ACCUMULATION_STEPS"}
        return {flags.get(key, key): value for key, value in values.items()}

    def score(self, values: Mapping[str, Any]) -> int:
        train, model = values.get("TRAIN"), values.get("MODEL")
        told = isinstance(train, dict) and any(key in train for key in ("BASE_LR", "WARMUP_LR"))
        kind = str(model.get("TYPE", "")) if isinstance(model, dict) else ""
        found = sum(key in values for key in (*self.keys, *self.others))
        return found + FEWEST if told or kind.startswith("swin") else 0


CONFIGURATIONS: Final = (
    _Known(
        "swin",
        "Swin Transformer",
        ("TRAIN", "DATA", "BASE", *USUAL, *SCHEDULER, "BATCH_SIZE", "LAYER_DECAY"),
        foretell,
        ("MODEL", "AUG", "TEST", "OUTPUT", "TAG", "SAVE_FREQ", "PRINT_FREQ", "SEED", "AMP_ENABLE",
         "AMP_OPT_LEVEL"),
        (),
        {"lr": "BASE_LR", "epochs": "EPOCHS", "batch_size": "BATCH_SIZE",
         "accumulation": "ACCUMULATION_STEPS"},
        spell=spell,
    ),
)  # fmt: skip
