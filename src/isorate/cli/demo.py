"""``isorate demo``: the page that Isorate began with, from its two outputs to its conversion."""

from __future__ import annotations

from pathlib import Path

import click

from isorate.cli import _shared as shared

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
    from rich.rule import Rule
    from rich.text import Text

    from isorate import Run, compare, convert, read, simulate
    from isorate.core.errors import ReportError
    from isorate.reports import figure, text

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"cannot write to {output}: {(error.strerror or '').lower()}") from None
    console = shared.console()

    def heading(title: str) -> None:
        console.print()
        console.print(Rule(Text(title, style="bold"), align="left", style="dim"))
        console.print()

    def say(line: str) -> None:
        console.print(Text(line), soft_wrap=True)

    heading("1. The page's two outputs, to the last digit")
    listed, stepped, same = read(MINDSPORE), read(TORCH), read(SAME)
    say(f"MindSpore: {listed.code}")
    say(f"# {simulate(listed, Run(6)).values.tolist()}")
    console.print()
    say(f"PyTorch: {stepped.code}")
    say("# after each of six steps, as the page prints them:")
    say(f"# {[[rate] for rate in simulate(stepped, Run(7)).values.tolist()[1:]]}")

    heading("2. Where the two part, and why")
    epochs = Run(epochs=5, updates_per_epoch=2, step_every="epoch")
    say("The page gives its two sides different inputs. With the same ones, 0.1 down to 0.01 in")
    say("two epochs of two updates, torch stepped once an epoch:")
    console.print()
    result = compare(same, listed, epochs)
    text.comparison(console, result, False)

    heading("3. The torch line, said in MindSpore")
    inside = Run(epochs=3, updates_per_epoch=2, step_every="epoch")
    text.conversion(console, convert(same, to="mindspore", run=inside), False)

    heading("4. The MindSpore line, said in torch")
    text.conversion(console, convert(listed, to="torch", run=Run(6)), False)

    heading("5. At a length one trains with")
    long = (
        read("CosineAnnealingLR(T_max=30, eta_min=0.01)", lr=0.1),
        read("cosine_decay_lr(0.01, 0.1, 4100, 100, 30)"),
    )
    result = compare(*long, Run(epochs=75, updates_per_epoch=100, step_every="epoch"))
    text.comparison(console, result, False)
    console.print()
    picture = figure.of_comparison(result)
    for name in ("torch-mindspore.html", "torch-mindspore.png"):
        try:
            shared.write_plot(output / name, picture)
        except ReportError as error:
            console.print(Text(f"no {name}: {error}", style="yellow"))
    return 0
