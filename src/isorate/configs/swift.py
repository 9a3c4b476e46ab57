"""ms-swift, as of 4.6: transformers' arguments, and its own way to share examples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from isorate.configs import transformers, trl
from isorate.configs._keys import OTHERS
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold, Given

#: What learns from answers that it makes, each prompt several times: batches of those.
SAMPLED: Final = ("grpo", "gkd")
#: Examples of an update, where nothing says how many batches it takes.
AN_UPDATE: Final = 16


def foretell(given: Given) -> Foretold:
    """Return what its arguments make of a run."""
    given.default(transformers_version=transformers.VERSION)
    given.default(lr_scheduler_type="cosine", per_device_train_batch_size=1)
    for key in MEGATRONS:
        if key in given:
            raise given.refuse(key, "is of Megatron-SWIFT, which is not read")
    kind = given.text("rlhf_type")
    if kind == "ppo":
        raise given.refuse("rlhf_type", "has a loop of its own, which is not followed")
    if kind == "grpo":
        given.default(gradient_accumulation_steps=1)
    full = "full" in (given.text("tuner_type"), given.text("train_type"))
    given.default(learning_rate=1e-5 if full else 1e-4)
    if given.number("warmup_ratio", 0):
        if given.number("warmup_steps", 0):
            raise given.refuse("warmup_ratio", "is refused beside warmup_steps")
        if given.number("warmup_ratio") >= 1:
            raise given.refuse("warmup_ratio", "is refused: it is to be below 1")
        given.values["warmup_steps"] = given.values.pop("warmup_ratio")
    given.values.pop("warmup_ratio", None)
    for key in ("split_dataset_ratio", "max_epochs"):
        if given.number(key, 0) and given.number("max_steps", -1) < 0:
            given.assume(f"the examples are those that are trained: {key} is not followed")
    packs = given.truth("packing") or kind in SAMPLED
    if "gradient_accumulation_steps" not in given:
        given.values["gradient_accumulation_steps"] = accumulated(given)
    return transformers.foretell(given, trl.packed if packs else shared)


def accumulated(given: Given) -> int:
    """Return the batches of an update: as many as make sixteen examples, on all processes."""
    if given.number("max_steps", -1) > 0:
        return 1
    processes = given.processes()
    given.values["__processes__"] = processes
    side = given.whole("per_device_train_batch_size", least=1)
    found = int(max(1, math.ceil(AN_UPDATE / side / processes)))
    given.derive("accumulation", f"{found}: ceil({AN_UPDATE} examples / {side} / {processes})")
    return found


def shared(given: Given) -> int:
    """Return the batches of an epoch: the examples are shared before they are made batches."""
    examples = given.fact("examples")
    processes = given.processes()
    if processes == 1 or examples is None:
        return transformers.batches_of_epoch(given)
    size = given.whole("per_device_train_batch_size", least=1)
    drops = given.truth("dataloader_drop_last")
    own = examples // processes
    found = transformers.batches_of(own, size, drops)
    word = transformers.rounded(drops)
    said = f"{word}(floor({examples} examples / {processes} processes) / {size})"
    given.derive("each process", f"{found} batches: {said}")
    if not found:
        raise given.refuse("dataloader_drop_last", "leaves no batch")
    return int(found)


#: Keys by which its other half trains, with Megatron.
MEGATRONS: Final = ("micro_batch_size", "global_batch_size", "train_iters")
#: Keys that it has as trl does.
SHARED: Final = tuple(dict.fromkeys(mark for marks in trl.MARKS.values() for mark in marks))
CONFIGURATIONS: Final = (
    Configuration(
        "swift",
        "ms-swift on transformers",
        transformers.KEYS,
        foretell,
        (*OTHERS, "template", *SHARED, *MEGATRONS),
        ("tuner_type", "train_type", "split_dataset_ratio", "model_author"),
        transformers.FACTS,
        spell=transformers.spell,
        programs=("swift sft", "swift pt", "swift rlhf"),
    ),
)
