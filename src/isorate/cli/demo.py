"""``isorate demo``: the page that Isorate began with, from its two outputs to its conversion."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from isorate.cli import _shared as shared
from isorate.cli import _streams

COSINE = "torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD(params, 0.1), {})"
TORCH = COSINE.format("T_max=1, eta_min=0.002")
SAME = COSINE.format("T_max=2, eta_min=0.01")
MINDSPORE = "mindspore.nn.cosine_decay_lr(0.01, 0.1, 6, 2, 2)"


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
    from isorate import Run, compare, convert, read, simulate
    from isorate.reports import figure, text
    from isorate.schedule.errors import ReportError

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"cannot write to {output}: {_streams.reason(error)}") from None
    paper = shared.paper()

    def heading(title: str) -> None:
        paper.line()
        paper.line(f"── {title} ──", "bold")
        paper.line()

    heading("1. The page's two outputs, to the last digit")
    listed, stepped, same = read(MINDSPORE), read(TORCH), read(SAME)
    paper.line(f"MindSpore: {listed.code}")
    paper.line(f"# {simulate(listed, Run(6)).values.tolist()}")
    paper.line()
    paper.line(f"PyTorch: {stepped.code}")
    paper.line("# after each of six steps, as the page prints them:")
    paper.line(f"# {[[rate] for rate in simulate(stepped, Run(7)).values.tolist()[1:]]}")

    heading("2. Where the two part, and why")
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
    paper.line()
    picture = figure.of_comparison(result)
    shared.write_plot(output / "torch-mindspore.html", picture)
    if find_spec("matplotlib") is None:
        paper.line(
            "no torch-mindspore.png: it needs Matplotlib, pip install 'isorate[plot]'", "yellow"
        )
    else:
        shared.write_plot(output / "torch-mindspore.png", picture)
    return 0
