"""unsloth, as of 2026.10: trl's trainers with other defaults, a tenth of the run warms up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from isorate.configs import transformers, trl
from isorate.configs._keys import OTHERS
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold, Given


def foretell(given: Given) -> Foretold:
    """Return what arguments make of a run of its compiled trainers."""
    given.default(transformers_version=transformers.VERSION)
    if transformers.known(given.text("transformers_version")) >= transformers.FIVE:
        given.default(warmup_steps=0.1)
    else:
        given.default(warmup_ratio=0.1)
    given.default(per_device_train_batch_size=4, gradient_accumulation_steps=2, learning_rate=5e-5)
    return transformers.foretell(given, trl.packed if given.truth("packing") else None)


CONFIGURATIONS: Final = (
    Configuration(
        "unsloth",
        "unsloth on trl",
        transformers.KEYS,
        foretell,
        OTHERS,
        ("embedding_learning_rate", "use_gradient_checkpointing"),
        transformers.FACTS,
        spell=transformers.spell,
    ),
)
