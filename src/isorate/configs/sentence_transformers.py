"""sentence-transformers, as of 6.2: transformers' arguments, with ``warmup_ratio`` still there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from isorate.configs import transformers
from isorate.configs._keys import OTHERS
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold, Given


def foretell(given: Given) -> Foretold:
    """Return what its arguments make of a run; in version 5 a ratio becomes the steps."""
    given.default(transformers_version=transformers.VERSION)
    five = transformers.known(given.text("transformers_version")) >= transformers.FIVE
    if five and not given.number("warmup_steps", 0):
        given.values["warmup_steps"] = given.values.pop("warmup_ratio", None)
    elif five and given.values.pop("warmup_ratio", None):
        given.warn("warmup_ratio", "ignored: warmup_steps goes before it")
    if (given.told.get("processes") or 1) > 1 and not given.truth("dataloader_drop_last"):
        given.values["dataloader_drop_last"] = True
        text = "an epoch's last batch is left out, whatever it says, where several processes train"
        given.warn("dataloader_drop_last", text)
    if "multi_dataset_batch_sampler" in given:
        given.assume("one set of examples is trained; --batches N says those of several")
    return transformers.foretell(given)


CONFIGURATIONS: Final = (
    Configuration(
        "sentence-transformers",
        "sentence-transformers on transformers",
        transformers.KEYS,
        foretell,
        OTHERS,
        ("batch_sampler", "multi_dataset_batch_sampler", "router_mapping", "learning_rate_mapping"),
        transformers.FACTS,
        spell=transformers.spell,
    ),
)
