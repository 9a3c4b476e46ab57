"""Make ``docs/one-recipe.md``: one recipe in every trainer's configuration, and its rates."""

from __future__ import annotations

from functools import cache
from textwrap import fill
from typing import TYPE_CHECKING, Any

from isorate.configs.reading import foretell
from isorate.reports.figure import of_ways
from isorate.reports.plot import looks
from isorate.reports.trainers import flat, who
from isorate.spelling import ONE_RECIPE, SAME, side_by_side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.reports.figure import Figure

#: Whose keys are shown.
SHOWN = ("transformers", "axolotl", "deepspeed", "timm", "nanogpt", "torchtune", "litgpt")

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


curves = cache(side_by_side)


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
    found = curves()
    rows = []
    usual: dict[str, Mapping[str, Any]] = {}
    for number, (rates, told) in enumerate(found, 1):
        usual |= {each.trainer: each.first for each in told}
        at = int(rates.argmax())
        cells = [f"{rates[each]:.6g}" for each in (0, 1, len(rates) // 2, -1)]
        cells = [str(number), *cells[:2], f"{rates[at]:.6g} at {at}", *cells[2:], who(told)]
        rows.append(f"| {' | '.join(cells)} |")
    written = "\n\n".join(
        f"`--as {name}`:\n\n```yaml\n"
        + "\n".join(f"{key}: {value}" for key, value in flat(usual[name]))
        + "\n```"
        for name in SHOWN
    )
    table = "\n".join(rows)
    peak, warmup, updates, low, _ = ONE_RECIPE
    opening = fill(
        f"A peak of {peak:g}, a warm-up of {warmup} updates out of {updates}, a cosine to {low:g}: "
        f"said in the keys of {len(usual)} configurations, each by its own words for that, it is "
        f"{len(found)} different curves. Each is foretold from those keys by the rules of the "
        "trainer, which are laid beside what it really trains with ([before the run]"
        f"(before-the-run.md)); two are one curve where no update differs by more than {SAME:g} of "
        "the peak. Where a trainer has several words for a cosine, what it needs beside the keys "
        "of its first stands behind its name.",
        100,
    )
    return f"""# One recipe

{opening}

| | update 0 | update 1 | highest | halfway | last | who trains with it |
|---|---|---|---|---|---|---|
{table}

![How each begins](one-recipe.svg)

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


def picture() -> str:
    """Return the page's picture as SVG."""
    return _svg(of_ways(curves()))


def _svg(figure: Figure) -> str:
    """Return lines of a few updates as SVG, to the letter the same whatever draws elsewhere."""
    wide, high, left, top = 760, 320, 60, 12
    tall = high + 44 + 18 * len(figure.lines)
    low, peak = figure.limits()
    step = (wide - left - 10) / figure.updates
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{figure.title}</title>",
        f'<rect width="{wide}" height="{tall}" fill="#fff"/>',
    ]
    for tenth in range(0, 11, 2):
        rate = low + (peak - low) * tenth / 10
        at = top + (high - top) * (1 - tenth / 10)
        parts.append(f'<path d="M{left} {at:.1f}H{wide - 10}" stroke="#d8dde6"/>')
        parts.append(f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{rate:g}</text>')
    for update in range(0, figure.updates, 2):
        across = left + (update + 0.5) * step
        parts.append(f'<text x="{across:.1f}" y="{high + 16}" text-anchor="middle">{update}</text>')
    drawn = zip(figure.lines, looks(len(figure.lines)), strict=True)
    for index, (line, drawing) in enumerate(drawn):
        heights = [top + (high - top) * (peak - rate) / (peak - low) for rate in line.values]
        path = f"M{left} " + " ".join(f"{y:.1f}h{step:.2f}V" for y in heights).removesuffix("V")
        look = f'stroke="{drawing.color}" stroke-width="{drawing.width:g}" fill="none"'
        if drawing.dashes:
            look += f' stroke-dasharray="{" ".join(map(str, drawing.dashes))}"'
        y = high + 40 + 18 * index
        parts += [f'<path d="{path}" {look}/>', f'<path d="M{left} {y - 4}h40" {look}/>']
        parts.append(f'<text x="{left + 50}" y="{y}">{line.label}</text>')
    return "\n".join([*parts, "</svg>", ""])
