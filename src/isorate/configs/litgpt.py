"""litgpt's pretraining, as of 0.5.13: its steps of warm-up and its horizon are batches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula, _objects
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

#: Of the batch that an update ends with: an update takes A of them.
BATCH: Final = "((t + 1) * {A} - 1)"
RATE: Final = (
    f"{{high}} * {BATCH} / {{W}} if {BATCH} < {{W}} else {{low}} if {BATCH} > {{T}} else "
    f"{{low}} + {_formula.COSINE.format('((' + BATCH + ' - {W}) / ({T} - {W}))')} "
    "* ({high} - {low})"
)


#: Keys of its table ``train``, which may be told by themselves.
KEYS: Final = (
    *("max_tokens", "max_seq_length", "micro_batch_size", "global_batch_size"),
    *("lr_warmup_steps", "lr_warmup_fraction", "min_lr"),
)


def foretell(given: Given) -> Foretold:
    """Return what a file makes of a run."""
    for key in ("lora_r", "checkpoint_dir", "adapter_start_layer"):
        if key in given and "initial_checkpoint_dir" not in given:
            raise given.refuse(key, "is of finetuning", "--as litgpt-finetune")
    given.values = _objects.nested(given.values, ("train",))
    train, optimizer = given.table("train"), given.table("optimizer")
    for key in KEYS:
        given.default(**{key: train.get(key)})
    given.default(lr=_objects.arguments_of(given, "optimizer", optimizer).get("lr"))
    peak, low = given.number("lr"), given.number("min_lr", 4e-5)
    if peak is None:
        raise given.refuse("optimizer", "has no lr", "--lr 4e-4")
    length = given.whole("max_seq_length", least=1)
    if length is None:
        text = "is open: by default the model's block_size"
        raise given.refuse("max_seq_length", text, "--set max_seq_length=2048")
    if train.get("max_steps") is not None:
        given.warn("train.max_steps", "ignored: max_tokens says how long the run is")
    processes = given.processes()
    size = given.whole("micro_batch_size", 4, least=1)
    each = given.whole("global_batch_size", 512, least=1) // processes // size
    if not each:
        raise given.refuse("global_batch_size", "leaves no batch of micro_batch_size")
    tokens = given.whole("max_tokens", 3 * 10**12)
    batches = tokens // processes // (size * length)
    given.derive("batches", f"{batches}: floor({tokens} tokens / {processes} / {size} × {length})")
    total = batches // each
    given.derive("updates", f"{total}: floor({batches} / {each} batches an update)")
    if not total:
        raise given.refuse("max_tokens", "trains no update")
    warmup = warmed(given, batches, each)
    given.derive("warmup", f"{warmup} batches, {warmup / each:g} updates")
    known = {"W": warmup, "T": batches, "A": each, "high": peak, "low": low}
    return given.foretold(
        _formula.lambda_lr(1.0, RATE, **known), total,
        peak=float(peak), warmup=math.ceil(warmup / each), version="0.5.13",
        keys={"rate": "optimizer.lr", "warmup": "train.lr_warmup_steps",
              "length": "train.max_tokens"},
    )  # fmt: skip


def warmed(given: Given, batches: int, each: int) -> int:
    """Return the batches of the warm-up."""
    share, steps = given.number("lr_warmup_fraction"), given.whole("lr_warmup_steps")
    if share and steps:
        raise given.refuse("lr_warmup_fraction", "is refused beside lr_warmup_steps")
    if share:
        own: int | None = given.fact("batches")
        if own is None:
            raise given.open([("batches",)])
        taken: int = math.ceil(share * own)
        return min(batches, taken)
    steps = 2000 if steps is None and share is None else steps or 0
    if steps * each > batches:
        given.warn("train.lr_warmup_steps", f"{steps} updates are cut to the run")
    return int(min(batches, steps * each))


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: an update a batch, of one text of 1024 tokens."""
    train: dict[str, Any] = {
        "max_tokens": 1024 * wanted.updates,
        "max_seq_length": 1024,
        "micro_batch_size": 1,
    }
    train |= {"global_batch_size": 1, "lr_warmup_steps": wanted.warmup, "min_lr": wanted.low}
    yield {"train": train, "optimizer": {"init_args": {"lr": wanted.peak}}}


CONFIGURATIONS: Final = (
    Configuration(
        "litgpt",
        "litgpt",
        ("train", "optimizer", *KEYS),
        foretell,
        ("data", "eval", "out_dir", "precision", "seed", "devices", "num_nodes"),
        ("initial_checkpoint_dir", "tokenizer_dir", "logger_name", "model_name"),
        {"lr": "lr", "tokens": "max_tokens", "batch_size": "micro_batch_size"},
        spell=spell,
        programs=("litgpt pretrain",),
    ),
)  # fmt: skip
