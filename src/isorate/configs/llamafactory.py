"""LLaMA-Factory, as of 0.9.5: transformers' arguments, and a decay of its own making."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from isorate.configs import transformers, trl
from isorate.configs._keys import OTHERS
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold, Given


#: Keys of another trainer of its, which has a loop and schedules of its own.
FIRST: Final = ("model_class", "train_dataset", "micro_batch_size", "lr_scheduler_config")


def foretell(given: Given) -> Foretold:
    """Return what a file of its arguments makes of a run."""
    for key in FIRST:
        if key in given:
            raise given.refuse(key, "is of LLaMA-Factory's new trainer, v1, which is not read")
    for key in ("val_size", "max_samples"):
        if given.number(key, 0) and given.number("max_steps", -1) < 0:
            given.assume(f"the examples are those that are trained: {key} has been taken off")
    packs = given.truth("neat_packing") or given.truth("packing", given.text("stage") == "pt")
    stable = given.text("lr_scheduler_type") == "warmup_stable_decay"
    given.complete = thirds if stable else None
    return transformers.foretell(given, trl.packed if packs else None)


def thirds(total: int, warmup: int) -> dict[str, int]:
    """Return how long the rate stays and how long it falls, where nothing says it."""
    stays = (total - warmup) // 3
    return {"num_stable_steps": stays, "num_decay_steps": total - warmup - stays}


CONFIGURATIONS: Final = (
    Configuration(
        "llamafactory",
        "LLaMA-Factory on transformers",
        transformers.KEYS,
        foretell,
        (*OTHERS, "template", "stage", "packing"),
        ("finetuning_type", "cutoff_len", "neat_packing"),
        transformers.FACTS,
        spell=transformers.spell,
        programs=("llamafactory-cli train",),
    ),
)
