"""open_clip's training, as of 89fb801: a warm-up that never begins at 0."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._counts import batches
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

USUAL: Final = {
    "lr": 5e-4, "warmup": 10_000, "epochs": 32, "batch_size": 64, "accum_freq": 1, "workers": 4,
    "lr_scheduler": "cosine", "lr_cooldown_end": 0.0, "lr_cooldown_power": 1.0,
}  # fmt: skip
RISE: Final = "{lr} * (t + 1) / {W} if t < {W} else "
FALLS: Final = {
    "cosine": "0.5 * (1 + math.cos(math.pi * (t - {W}) / ({T} - {W}))) * {lr}",
    "const": "{lr}",
    "const-cooldown": "{lr} if t < {S} else (1 - ((t - {S}) / ({T} - {S}))) ** {power} * "
    "({lr} - {end}) + {end}",
}


def foretell(given: Given) -> Foretold:
    """Return what the flags make of a run."""
    if given.values.get("resume"):
        given.assume("no checkpoint is there to go on with: the schedule begins at 0")
    given.default(**USUAL)
    name = given.text("lr_scheduler")
    if name not in FALLS:
        raise given.refuse("lr_scheduler", f"is none of {', '.join(FALLS)}")
    for key in ("use_naflex", "train_num_image_tokens", "siglip_schedule"):
        if given.values.get(key):
            raise given.refuse(key, "changes what a batch is, which is not followed")
    processes, every = given.processes(), given.whole("accum_freq", least=1)
    size, epochs = given.whole("batch_size", least=1), given.whole("epochs", least=1)
    each = counted(given, processes, size) // every
    updates, warmup = each * epochs, given.whole("warmup")
    peak = given.number("lr")
    given.derive("updates", f"{updates}: {epochs} epochs × {each}")
    if not each:
        raise given.refuse("accum_freq", "is more than there are batches")
    last = given.whole("epochs_cooldown")
    if name == "const-cooldown" and last is None:
        raise given.refuse("epochs_cooldown", "is not there, and the run fails")
    if given.truth("skip_scheduler"):
        name, warmup = "const", 0
        given.warn("skip_scheduler", "the rate stays what it is, without a warm-up")
    if warmup:
        given.derive("warmup", f"{warmup} updates, from 1/{warmup} of the rate")
    if warmup >= updates and name != "const":
        given.warn("warmup", f"takes {warmup} updates, and the run has {updates}")
        name = "const"
    for key in ("text_layer_decay", "image_layer_decay"):
        if given.values.get(key):
            given.assume(f"{key} gives a layer a share of the rate: it is left out of account")
    known = {"lr": peak, "W": warmup, "T": updates, "S": updates - each * (last or 0),
             "power": given.number("lr_cooldown_power"),
             "end": given.number("lr_cooldown_end")}  # fmt: skip
    call = _formula.lambda_lr(1.0, (RISE if warmup else "") + FALLS[name], **known)
    return given.foretold(
        call, updates, peak=float(peak), warmup=warmup or None, version="89fb801",
        keys={"rate": "lr", "warmup": "warmup", "length": "epochs"},
    )  # fmt: skip


def counted(given: Given, processes: int, size: int) -> int:
    """Return the batches of an epoch that a process has; its workers share those of shards."""
    told = given.whole("train_num_samples")
    data = str(given.values.get("train_data", ""))
    kind = given.text("dataset_type", "auto")
    if kind == "auto":
        kind = "csv" if data.endswith(("csv", "tsv")) else "webdataset" if "tar" in data else kind
    if kind != "webdataset":
        if kind == "auto" and data:
            raise given.refuse("dataset_type", "does not say how examples are counted",
                               "--set dataset_type=webdataset, or csv")  # fmt: skip
        if told is not None and kind == "synthetic" and "examples" not in given.told:
            given.told["examples"] = told
        return batches(given, processes, size)
    if told is not None:
        given.told.setdefault("examples", told)
    if given.fact("batches") is not None:
        return batches(given, processes, size)
    examples = given.fact("examples")
    if examples is None:
        raise given.open([("examples", "batches")])
    workers = max(1, given.whole("workers"))
    found = math.ceil(math.ceil(examples / (size * processes)) / workers) * workers
    said = f"ceil({examples} examples / {size * processes}), the same for {workers} workers"
    given.derive("batches", f"{found} a process: {said}")
    return int(found)


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: only one that begins a step up is one."""
    usual = {"lr": wanted.peak, "warmup": wanted.warmup, "epochs": wanted.updates,
             "batch_size": 1, "dataset_type": "csv", "--batches": 1}  # fmt: skip
    yield usual | {"lr_scheduler": "cosine"}
    yield usual | {"lr_scheduler": "const"}
    cooldown = {"lr_cooldown_end": wanted.low, "epochs_cooldown": wanted.updates - wanted.warmup}
    yield usual | {"lr_scheduler": "const-cooldown", **cooldown}


class _Known(Configuration, frozen=True):
    """The flags of a program that trains CLIP."""

    def score(self, values: Mapping[str, Any]) -> int:
        told = any(key in values for key in ("zeroshot_frequency", "imagenet_val", "csv_img_key"))
        return super().score(values) if told or "train_num_samples" in values else 0


CONFIGURATIONS: Final = (
    _Known(
        "open-clip",
        "open_clip",
        (*USUAL, "epochs_cooldown", "skip_scheduler", "train_num_samples", "train_data",
         "dataset_type", "resume"),
        foretell,
        ("model", "pretrained", "precision", "val_data", "imagenet_val", "zeroshot_frequency",
         "save_frequency", "report_to", "csv_img_key", "csv_caption_key", "csv_separator", "wd",
         "beta1", "beta2", "eps", "local_loss", "gather_with_grad", "grad_checkpointing",
         "dataset_resampled", "logs", "name", "seed", "force_quick_gelu", "torchcompile"),
        ("train_num_samples", "zeroshot_frequency", "imagenet_val", "csv_img_key", "accum_freq"),
        {"lr": "lr", "epochs": "epochs", "batch_size": "batch_size",
         "accumulation": "accum_freq"},
        spell=spell,
    ),
)  # fmt: skip
