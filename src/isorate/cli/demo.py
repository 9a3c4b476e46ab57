"""``isorate demo``: the page that Isorate began with, from its two outputs to its conversion."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from isorate.cli import _output, _streams

if TYPE_CHECKING:
    import numpy as np

    from isorate.reports.paper import Paper
    from isorate.spelling import Told

#: The page's two programs, one after the other.
PAGE = """\
import mindspore.nn as nn

smallest, largest = 0.01, 0.1
steps, steps_per_epoch, epochs = 6, 2, 2
rates = nn.cosine_decay_lr(smallest, largest, steps, steps_per_epoch, epochs)
print(rates)

import numpy as np
import torch

model = torch.nn.Sequential(torch.nn.Linear(20, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=1, eta_min=0.002)
criterion = torch.nn.MSELoss()
samples = [(torch.tensor(np.random.rand(1, 20).astype(np.float32)), torch.tensor([1.0]))]

for epoch in range(6):
    for sample, label in samples:
        optimizer.zero_grad()
        loss = criterion(model(sample).view(-1), label)
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(scheduler.get_last_lr())
"""
COSINE = "torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD(params, 0.1), {})"
SAME = COSINE.format("T_max=2, eta_min=0.01")


@click.command("demo", short_help="Reproduce MindSpore's mapping page, and go beyond it.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("isorate-demo"),
    show_default=True,
    metavar="DIR",
    help="The folder for the picture and the page.",
)
def command(output: Path) -> int:
    """Reproduce both outputs of MindSpore's mapping page, compare, convert and draw.

    No framework is needed: Isorate carries their arithmetic.
    """
    from isorate import Run, compare, convert, read, read_all, simulate
    from isorate.reports import figure, text
    from isorate.schedule.errors import ReportError

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"cannot write to {output}: {_streams.reason(error)}") from None
    paper = _output.paper()

    def heading(title: str) -> None:
        paper.line()
        paper.line(f"── {title} ──", "bold")
        paper.line()

    heading("1. The page's two programs, read as they stand, and their outputs to the last digit")
    (listed, stepped), same = read_all(PAGE), read(SAME)
    paper.line(f"MindSpore: {listed.code}")
    paper.line(f"# {simulate(listed, Run(6)).values.tolist()}")
    paper.line()
    paper.line(f"PyTorch: {stepped.code}")
    paper.line(f"its loop: {stepped.run}")
    for said in stepped.assumptions:
        paper.line(said)
    printed = simulate(stepped, stepped.run.length + 1).values.tolist()[1:]
    paper.line(f"# {[[rate] for rate in printed]}")
    paper.line()
    text.comparison(paper, compare(stepped, listed, stepped.run), False)

    heading("2. Where the two part with the same inputs, and why")
    epochs = Run(epochs=5, updates_per_epoch=2, step_every="epoch")
    paper.paragraph(
        "The page gives its two sides different inputs. With the same ones, 0.1 down to 0.01 in "
        "two epochs of two updates, torch stepped once an epoch:"
    )
    paper.line()
    result = compare(same, listed, epochs)
    text.comparison(paper, result, False)

    heading("3. The torch line, said in MindSpore")
    inside = Run(epochs=3, updates_per_epoch=2, step_every="epoch")
    text.conversion(paper, convert(same, to="mindspore", run=inside), False)

    heading("4. The MindSpore line, said in torch")
    text.conversion(paper, convert(listed, to="torch", run=Run(6)), False)

    heading("5. At a length one trains with")
    long = (
        read("CosineAnnealingLR(T_max=30, eta_min=0.01)", lr=0.1),
        read("cosine_decay_lr(0.01, 0.1, 4100, 100, 30)"),
    )
    result = compare(*long, Run(epochs=75, updates_per_epoch=100, step_every="epoch"))
    text.comparison(paper, result, False)

    heading("6. One recipe in the trainers' configurations: the curves that they make of it")
    found = _one_recipe(paper)
    pictures = {
        "torch-mindspore": figure.of_comparison(result),
        "one-recipe": figure.of_ways(found),
    }
    drawn = find_spec("matplotlib") is not None
    for name, picture in pictures.items():
        for suffix in ("html", "png") if drawn else ("html",):
            _output.write_plot(output / f"{name}.{suffix}", picture)
    if not drawn:
        paper.line("no PNG: it needs Matplotlib, pip install 'isorate[plot]'", "yellow")
    return 0


def _one_recipe(paper: Paper) -> list[tuple[np.ndarray, list[Told]]]:
    """Print what the trainers' configurations make of one recipe, and return it."""
    from isorate.reports import trainers
    from isorate.spelling import ONE_RECIPE, side_by_side

    found = side_by_side()
    peak, warmup, updates, low, _ = ONE_RECIPE
    told = f"a warm-up of {warmup} updates out of {updates}, a cosine to {low:g}:"
    paper.paragraph(f"A peak of {peak:g}, {told}")
    paper.line()
    trainers.curves(paper, found)
    paper.line()
    return found
