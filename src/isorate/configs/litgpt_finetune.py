"""litgpt's finetuning, as of 0.5.13: its horizon is whole epochs of whole updates, its run is not.

An epoch's last batches, where they are fewer than an update takes, go into the next epoch's first
update; the schedule takes them for none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula, _objects
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted
    from isorate.kit.call import Call

#: Keys of its table ``train``, which may be told by themselves.
KEYS: Final = (
    *("epochs", "max_steps", "micro_batch_size", "global_batch_size", "lr_warmup_steps"),
    *("lr_warmup_fraction", "max_tokens", "max_norm", "tie_embeddings", "min_lr", "max_time"),
)


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    given.values = _objects.nested(given.values, ("train",))
    train, optimizer = given.table("train"), given.table("optimizer")
    for key in KEYS:
        given.default(**{key: train.get(key)})
    given.default(lr=_objects.arguments_of(given, "optimizer", optimizer).get("lr"))
    for key in ("max_tokens", "max_norm", "tie_embeddings", "lr_warmup_fraction"):
        if key in given:
            raise given.refuse(key, "is refused by its finetuning")
    for key in ("epochs", "global_batch_size", "micro_batch_size"):
        if key not in given:
            raise given.refuse(key, "is not there", f"--set {key}=1")
    peak = given.number("lr")
    if peak is None:
        raise given.refuse("optimizer", "has no lr", "--lr 2e-4")
    each, batches = counted(given)
    epochs, limit = given.whole("epochs", least=1), given.whole("max_steps", 0)
    whole = epochs * (batches // each)
    horizon = min(whole, limit or whole)
    updates = epochs * batches // each
    updates = min(updates, limit or updates)
    if not updates:
        raise given.refuse("epochs", "trains no update")
    given.derive("updates", f"{updates}: floor({epochs} × {batches} batches / {each} an update)")
    given.derive("horizon", f"{horizon} updates: {epochs} × floor({batches} / {each})")
    warmup = given.whole("lr_warmup_steps", 100 if "lr_warmup_steps" not in train else None)
    if not warmup:
        raise given.refuse("lr_warmup_steps", "is refused: its warm-up is divided by it")
    if horizon == warmup:
        raise given.refuse("lr_warmup_steps", "is refused: it leaves no update for the decay")
    given.derive("warmup", f"{warmup} updates: lr_warmup_steps")
    if "min_lr" in given:
        given.warn("train.min_lr", "ignored: finetuning goes down to 0")
    if horizon < updates:
        given.warn("train.global_batch_size", f"the rate climbs again after update {horizon}")
    if "max_time" in given:
        given.assume("max_time ends no run before its last update")
    return given.foretold(
        scheduler(float(peak), warmup, horizon), updates,
        peak=float(peak), warmup=warmup, version="0.5.13",
        keys={"rate": "optimizer.lr", "warmup": "train.lr_warmup_steps",
              "length": "train.epochs"},
    )  # fmt: skip


def counted(given: Given) -> tuple[int, int]:
    """Return the batches of an update, and those that a process has in an epoch."""
    devices = given.values.get("devices")
    if isinstance(devices, int) and devices > 0:
        nodes = given.whole("num_nodes", 1, least=1)
        given.values.setdefault("__processes__", devices * nodes)
    processes = given.processes()
    size = given.whole("micro_batch_size", least=1)
    each = given.whole("global_batch_size", least=1) // processes // size
    if not each:
        raise given.refuse("global_batch_size", "leaves no batch of micro_batch_size")
    batches = given.fact("batches") if processes == 1 else None
    if batches is None:
        examples = given.fact("examples")
        if examples is None:
            raise given.open([("examples", "batches") if processes == 1 else ("examples",)])
        batches = math.ceil(math.ceil(examples / processes) / size)
        said = f"ceil(ceil({examples} examples / {processes}) / {size})"
        given.derive("batches", f"{batches}: {said}")
        if "data" in given:
            given.assume("the examples are those that are trained, without the validation's")
    return each, int(batches)


def scheduler(peak: float, warmup: int, horizon: int) -> Call:
    """Return the schedulers that it puts one after the other."""
    from isorate.dialects.torch.compositions import SequentialLR
    from isorate.dialects.torch.cosines import CosineAnnealingLR

    optimizer = _formula.adamw(peak)
    rise = _formula.lambda_lr(peak, "t / {W}", W=warmup)
    fall = CosineAnnealingLR(optimizer, horizon - warmup)
    return SequentialLR(optimizer, [rise, fall], [warmup])


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: an update a batch."""
    train = {"epochs": 1, "micro_batch_size": 1, "global_batch_size": 1}
    train |= {"lr_warmup_steps": wanted.warmup}
    init = {"init_args": {"lr": wanted.peak}}
    yield {"train": train, "optimizer": init, "--batches": wanted.updates}


CONFIGURATIONS: Final = (
    Configuration(
        "litgpt-finetune",
        "litgpt's finetuning",
        ("train", "optimizer", *KEYS),
        foretell,
        ("data", "eval", "out_dir", "precision", "seed", "devices", "num_nodes", "checkpoint_dir",
         "quantize", "lora_r", "lora_alpha", "lora_dropout", "lora_query", "lora_key",
         "lora_value", "lora_mlp", "lora_head", "adapter_start_layer"),
        ("logger_name", "lora_projection"),
        {"lr": "lr", "epochs": "epochs", "max_steps": "max_steps",
         "batch_size": "micro_batch_size"},
        spell=spell,
        programs=tuple(f"litgpt finetune{kind}" for kind in ("", "_full", "_lora", "_adapter",
                                                             "_adapter_v2")),
    ),
)  # fmt: skip
