"""Results for a terminal: the verdict first, then what differs, then the plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from isorate.dialects._base import shortened
from isorate.reports import LONGEST_DRAWN
from isorate.reports import figure as figures
from isorate.reports.plot import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from isorate.comparison import Comparison
    from isorate.conversion import Conversion
    from isorate.core.curve import Curve
    from isorate.core.run import Run
    from isorate.dialects._base import Call, Dialect


STYLES = {"identical": "green", "equal": "green", "diverge": "yellow", "different": "red"}


def show(console: Console, call: Call, curve: Curve, run: Run, default: bool) -> None:
    """Print one call: what it is, its rates, its plot."""
    console.print(Text(shortened(call.code), style="bold"), soft_wrap=True)
    console.print()
    facts = grid()
    facts.add_row("dialect", f"{call.dialect}, as of {call.card.version}")
    facts.add_row("arithmetic", call.card.arithmetic)
    facts.add_row("past its end", call.card.past_end)
    facts.add_row("run", run_text(run, default))
    facts.add_row("rates", _first_and_last(curve))
    if curve.halt is not None:
        facts.add_row("ends", Text(str(curve.halt), style="yellow"))
    if call.card.deprecation is not None:
        facts.add_row("deprecated", Text(call.card.deprecation, style="yellow"))
        if call.card.way_out is not None:
            facts.add_row("way out", f"{call.card.way_out}, which stays")
    console.print(facts)
    if curve.updates:
        draw(console, figures.of_curve(call, curve, run))


def comparison(console: Console, result: Comparison, default: bool) -> None:
    """Print a comparison: the verdict in one sentence, then why, then the plot."""
    console.print(Text(result.sentence, style=f"bold {STYLES[result.verdict]}"))
    console.print()
    facts = grid()
    for name, side in (("a", result.a), ("b", result.b)):
        facts.add_row(name, Text(f"{shortened(side.call)}  ({side.dtype})", overflow="fold"))
    facts.add_row("run", run_text(result.run, default))
    console.print(facts)
    if result.reasons:
        console.print()
        differs = grid()
        for reason in result.reasons:
            caused = f"\n{', '.join(reason.arguments)}" if reason.arguments else ""
            differs.add_row(reason.kind, Text.assemble(reason.text, (caused, "dim")))
        console.print(differs)
    console.print()
    console.print(Text(_measures(result), style="dim"))
    picture = figures.of_comparison(result)
    if picture is not None:
        draw(console, picture)


def conversion(console: Console, result: Conversion, default: bool, *, plot: bool = True) -> None:
    """Print a conversion: every way, best first, with what it costs."""
    if result.ways:
        best = result.ways[0].comparison
        count = f"{len(result.ways)} way{'s' if len(result.ways) > 1 else ''}"
        console.print(
            Text(
                f"{count} to say it in {result.to}, best first.",
                style=f"bold {STYLES[best.verdict]}",
            )
        )
    else:
        console.print(Text(f"There is no way to say it in {result.to}.", style="bold red"))
    console.print()
    facts = grid()
    facts.add_row("from", Text(shortened(result.call.code), overflow="fold"))
    facts.add_row("run", run_text(result.run, default))
    console.print(facts)
    for number, way in enumerate(result.ways, 1):
        console.print()
        head = Text.assemble(
            f"{number}. ", (way.comparison.verdict, STYLES[way.comparison.verdict])
        )
        console.print(head)
        console.print(Text(f"   {shortened(way.code)}", style="bold"), soft_wrap=True)
        notes = grid(indent=3)
        notes.add_row("→", way.comparison.sentence)
        for loss in way.losses:
            notes.add_row("·", Text(loss, style="dim"))
        console.print(notes)
    if result.refusals:
        console.print()
        refused = grid()
        for reason, names in result.refused.items():
            shown = names[0] if len(names) == 1 else ", ".join(n.rpartition(".")[2] for n in names)
            refused.add_row("not", Text.assemble(shown, (f"\n{reason}", "dim")))
        console.print(refused)
    equal = bool(result.ways) and result.ways[0].comparison.equal
    picture = None if equal else figures.of_conversion(result)
    if picture is not None:
        draw(console, picture)


def dialects(console: Console, known: Sequence[Dialect]) -> None:
    """Print every dialect and its constructors."""
    for dialect in known:
        console.print(Text(f"{dialect.title} {dialect.version}", style="bold"), end="")
        console.print(Text(f"  --to {dialect.name}", style="dim"))
        for constructor in dialect.constructors:
            card = constructor.card
            marks = ["every bit" if card.ulp == 0 else f"within {card.ulp} ULP"]
            marks += ["deprecated"] if card.deprecation else []
            arguments = constructor.signature().removeprefix(card.name)
            console.print(Text.assemble("  ", card.name, ("  " + ", ".join(marks), "dim")))
            console.print(Text(f"      {arguments}", style="dim"))
        console.print()


def draw(console: Console, figure: figures.Figure) -> None:
    """Print a figure's plot, as wide as the terminal allows."""
    if figure.updates > LONGEST_DRAWN:
        return
    width = min(console.width, 100)
    console.print()
    plot = terminal(figure, width, color=console.color_system is not None)
    console.print(Text.from_ansi(plot), soft_wrap=True)


def run_text(run: Run, default: bool) -> str:
    """Say which run it was, and that nobody asked for it."""
    return f"{run}{' (chosen to show every end and period)' if default else ''}"


def grid(indent: int = 0) -> Table:
    """Return a table of two columns without lines."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    if indent:
        table.pad_edge = True
        table.padding = (0, 2, 0, indent)
    return table


def _first_and_last(curve: Curve) -> str:
    rows: Any = curve.values.reshape(curve.groups, -1)
    if not curve.updates:
        return "none"
    shown = []
    for row in rows:
        few = [f"{rate:.6g}" for rate in row[:4]]
        more = [] if len(row) <= 4 else ["…", f"{row[-1]:.6g}"]
        shown.append(", ".join(few) + (" " if more else "") + " ".join(more))
    return "\n".join(shown)


def _measures(result: Comparison) -> str:
    bit = result.first_bit_difference
    bits = "no bit differs" if bit is None else f"first bit differs at update {bit:,}"
    proved = (
        "equality proved for every update"
        if result.proved
        else f"measured over {result.updates:,} updates"
    )
    ulp = f", {result.max_ulp:,} ULP" if result.equal else ""
    return (
        f"largest |Δ| {result.max_abs:.3g} = {result.max_rel_peak:.3g} of the peak{ulp}; "
        f"{bits}; {proved}"
    )
