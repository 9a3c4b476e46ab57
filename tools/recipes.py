"""Make ``docs/one-recipe.md``: one recipe in every trainer's configuration, and its rates."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np

from isorate.configs.configuration import Wanted
from isorate.configs.reading import configurations, foretell
from isorate.recipe import recipe_of_foretold
from isorate.reports.preflight import flat

WANTED = Wanted(1e-3, 10, 100, 1e-4)
#: Rates as near as this, as a share of the peak, are one curve.
NEAR = 1e-6


#: The same run in each trainer's own words, where it counts examples.
EXAMPLES = 203
HF = {
    "learning_rate": 1e-3, "lr_scheduler_type": "cosine", "warmup_steps": 0.1,
    "num_train_epochs": 2, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 3,
}  # fmt: skip
FOUR = {**HF, "transformers_version": "4.46", "warmup_steps": 0, "warmup_ratio": 0.1}
AXOLOTL = {
    "learning_rate": 1e-3, "lr_scheduler": "cosine", "warmup_ratio": 0.1, "num_epochs": 2,
    "micro_batch_size": 4, "gradient_accumulation_steps": 3,
}  # fmt: skip
TORCHTUNE = {
    "optimizer": {"lr": 1e-3}, "epochs": 2, "batch_size": 4, "gradient_accumulation_steps": 3,
    "lr_scheduler": {"_component_": "get_cosine_schedule_with_warmup", "num_warmup_steps": 4},
}  # fmt: skip
COUNTED = {
    "transformers": HF,
    "transformers, 4.46": FOUR,
    "axolotl": AXOLOTL,
    "llamafactory": HF,
    "swift": HF,
    "sentence-transformers": HF,
    "torchtune": TORCHTUNE,
    "GRPOConfig": {**HF, "num_generations": 4},
}


def counted() -> str:
    """Return a row for each trainer: how many updates the examples make, and the warm-up."""
    rows = []
    for name, keys in COUNTED.items():
        cells = []
        for processes in (1, 2):
            facts = {"examples": EXAMPLES, "processes": processes}
            found = foretell(keys, name.partition(",")[0], facts)
            cells += [str(found.updates), str(found.warmup)]
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def page() -> str:
    """Return the page."""
    told: list[tuple[str, dict[str, Any], np.ndarray]] = []
    for name, of in configurations().items():
        if of.spell is not None:
            keys = next(of.spell(WANTED))
            rates = recipe_of_foretold(foretell(keys, name)).curve.values
            told.append((name, keys, rates))
    curves: list[np.ndarray] = []
    rows = []
    for name, _, rates in told:
        same = [
            at
            for at, known in enumerate(curves)
            if len(known) == len(rates) and np.abs(known - rates).max() <= NEAR * WANTED.peak
        ]
        number = same[0] if same else len(curves)
        curves += [] if same else [rates]
        cells = [f"{rates[at]:.6g}" for at in (0, 1, 50, len(rates) - 1)]
        peak = f"{rates.max():.6g} at {int(rates.argmax())}"
        rows.append(f"| `{name}` | {number + 1} | {cells[0]} | {cells[1]} | {peak} | "
                    f"{cells[2]} | {cells[3]} |")  # fmt: skip
    written = "\n\n".join(
        f"`--as {name}`:\n\n```yaml\n" + "\n".join(f"{k}: {v}" for k, v in flat(keys)) + "\n```"
        for name, keys, _ in told
        if name in ("transformers", "axolotl", "nanogpt", "torchtune", "litgpt")
    )
    table = "\n".join(rows)
    opening = fill(
        f"A peak of {WANTED.peak:g}, a warm-up of {WANTED.warmup} updates out of {WANTED.updates}, "
        f"a cosine to {WANTED.low:g}: said in the keys of {len(told)} configurations, each by its "
        f"own words for that, it is {len(curves)} different curves. torchtune's has no floor, "
        "nanoGPT's begins above 0. Each row is foretold from those keys by the rules of the "
        "trainer, which are laid beside what it really trains with ([before the run]"
        f"(before-the-run.md)); two rows are one curve where no update differs by more than "
        f"{NEAR:g} of the peak.",
        100,
    )
    return f"""# One recipe

{opening}

| trainer | curve | update 0 | update 1 | highest | update 50 | last |
|---|---|---|---|---|---|---|
{table}

Where a run is counted in examples, its length is a matter of each trainer's rounding, too:
{EXAMPLES} examples, 2 epochs, 4 examples a batch, 3 batches an update, a tenth of the run to warm
up. torchtune has no word for a tenth.

| trainer | updates | warm-up | updates, 2 processes | warm-up |
|---|---|---|---|---|
{counted()}

What was written; a key with a dot stands in the table before it, one with `--` is told beside the
file:

{written}

`isorate convert CONFIG --to TRAINER` looks for the keys that come nearest, and measures them.
"""
