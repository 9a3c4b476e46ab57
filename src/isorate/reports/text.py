"""Results for a terminal: the verdict first, then what differs, then the plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.explanation import meant, told
from isorate.kit.writing import shortened
from isorate.recipe import LONGEST_DEFAULT, Recipe
from isorate.reports import LONGEST_DRAWN
from isorate.reports import figure as figures
from isorate.reports.json import shortest
from isorate.reports.milestones import milestones
from isorate.reports.paper import Paper, Part
from isorate.reports.plot import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.comparison import Comparison
    from isorate.conversion import Conversion
    from isorate.kit.call import Call
    from isorate.kit.registry import Dialect
    from isorate.schedule.curve import Curve, Halt
    from isorate.schedule.run import Run
    from isorate.simulation import Sampled

    Row = tuple[str, str | Sequence[Part]]


STYLES = {"identical": "green", "equal": "green", "diverge": "yellow", "different": "red"}

#: Parameter groups that are shown side by side; JSON has them all.
GROUPS_SHOWN = 4


def show(
    paper: Paper,
    call: Call,
    curve: Curve,
    run: Run,
    default: bool,
    assumed: Sequence[str] = (),
    saved: Sequence[str] = (),
) -> None:
    """Print one call: what it is, its rates, its plot."""
    _headed(paper, call)
    law = Recipe(call).law
    means = meant(call) if law is None else told(law)
    facts: list[Row] = [
        *([] if means is None else [("means", means)]),
        ("dialect", f"{call.dialect}, as of {call.card.version}"),
        *(("saved", sentence) for sentence in saved),
        *taken(assumed),
        ("arithmetic", call.returned.card.arithmetic),
        ("past its end", call.returned.card.past_end),
        ("run", run_text(run, default)),
        *_rates(curve),
        *ending(curve.halt),
    ]
    if call.card.deprecation is not None:
        facts.append(("deprecated", [Part(call.card.deprecation, "yellow")]))
        if call.card.way_out is not None:
            facts.append(("way out", f"{call.card.way_out}, which stays"))
    paper.rows(facts)
    if curve.updates:
        paper.line()
        paper.table(milestone_table(curve), right=1)
        _more_groups(paper, curve.groups)
        draw(paper, figures.of_curve(call, curve, run))


def show_at(
    paper: Paper,
    call: Call,
    at: Sequence[int],
    found: Sampled,
    run: Run,
    assumed: Sequence[str] = (),
    saved: Sequence[str] = (),
) -> None:
    """Print the rates of single updates, each to its last digit."""
    _headed(paper, call)
    place: list[Row] = [("saved", sentence) for sentence in saved]
    paper.rows([*place, *taken(assumed), ("run", run_text(run, False)), *ending(found.halt)])
    paper.line()
    shown = min(call.groups, GROUPS_SHOWN)
    rows = [["update", *_columns("rate", call.groups)]]
    for update in at:
        values = found.rates.get(update)
        cells = ["none"] * shown if values is None else shortest(values[:shown])
        rows.append([str(update), *map(str, cells)])
    paper.table(rows, right=0)
    _more_groups(paper, call.groups)


def _headed(paper: Paper, call: Call) -> None:
    paper.line(shortened(call.code), "bold")
    paper.line()


def taken(said: Sequence[str]) -> list[Row]:
    """Return what was taken for granted in reading, a row each."""
    return [("assumed", sentence) for sentence in said]


def comparison(
    paper: Paper, result: Comparison, default: bool, assumed: Sequence[str] = ()
) -> None:
    """Print a comparison: the verdict in one sentence, then why, then the plot."""
    paper.paragraph(result.sentence, f"bold {STYLES[result.verdict]}")
    paper.line()
    sides: list[Row] = [
        (name, [Part(f"{shortened(side.call)}  ({side.dtype})", code=True)])
        for name, side in (("a", result.a), ("b", result.b))
    ]
    paper.rows([*sides, *taken(assumed), ("run", run_text(result.run, default))])
    if result.reasons:
        paper.line()
        reasons: list[Row] = [
            (reason.kind, [Part(reason.text), *_part(", ".join(reason.arguments))])
            for reason in result.reasons
        ]
        paper.rows(reasons)
    paper.line()
    paper.paragraph(_measures(result), "dim")
    picture = figures.of_comparison(result)
    if picture is not None:
        draw(paper, picture)


def conversion(
    paper: Paper, result: Conversion, default: bool, assumed: Sequence[str] = ()
) -> None:
    """Print a conversion: every way, best first, with what it costs."""
    if result.ways:
        best = result.ways[0].comparison
        count = f"{len(result.ways)} way{'s' if len(result.ways) > 1 else ''}"
        paper.paragraph(
            f"{count} to say it in {result.to}, best first.", f"bold {STYLES[best.verdict]}"
        )
    else:
        paper.paragraph(f"There is no way to say it in {result.to}.", "bold red")
    paper.line()
    paper.rows(
        [
            ("from", [Part(shortened(result.call.code), code=True)]),
            *([] if result.law is None else [("means", told(result.law))]),
            *taken(assumed),
            ("run", run_text(result.run, default and "the run one trains")),
        ]
    )
    for number, way in enumerate(result.ways, 1):
        paper.line()
        paper.line(f"{number}. {way.comparison.verdict}", STYLES[way.comparison.verdict])
        for line in filter(None, way.call.statements.splitlines()):
            paper.line(f"   {shortened(line)}", "bold")
        notes: list[Row] = [("→", way.comparison.sentence)]
        said = (way.after, *way.losses)
        notes += [("·", [Part(text, "dim")]) for text in said if text is not None]
        paper.rows(notes, indent=3)
    if result.refusals:
        paper.line()
        refused: list[Row] = []
        for reason, names in result.refused.items():
            each = dict.fromkeys(name.rpartition(".")[2] for name in names)
            shown = names[0] if len(names) == 1 else ", ".join(each)
            refused.append(("not", [Part(shown), Part(reason, "dim")]))
        paper.rows(refused)
    equal = bool(result.ways) and result.ways[0].comparison.equal
    picture = None if equal else figures.of_conversion(result)
    if picture is not None:
        draw(paper, picture)


def dialects(paper: Paper, known: Sequence[Dialect]) -> None:
    """Print every dialect and its constructors."""
    for number, dialect in enumerate(known):
        if number:
            paper.line()
        paper.line(f"{dialect.title} {dialect.version}  --to {dialect.name}", "bold")
        for constructor in dialect.constructors:
            card = constructor.card
            marks = [card.promise]
            marks += ["deprecated"] if card.deprecation else []
            arguments = constructor.signature().removeprefix(card.name)
            paper.line(f"  {card.name}  {', '.join(marks)}")
            paper.paragraph(arguments, "dim", indent=6)


def draw(paper: Paper, figure: figures.Figure) -> None:
    """Print a figure's plot, as wide as the terminal allows."""
    if figure.updates > LONGEST_DRAWN:
        return
    paper.line()
    plot = terminal(figure, min(paper.room, 100), color=paper.ink.colored)
    paper.picture(plot)
    for name, value in figure.facts:
        if name == "drawn":
            paper.line(f"drawn: {value}", "dim")


def run_text(run: Run, chosen: str | bool) -> str:
    """Say which run it was, and that nobody asked for it; ``chosen`` says how it was found."""
    if not chosen:
        return str(run)
    how = chosen if isinstance(chosen, str) else "past every end and period"
    if run.length == LONGEST_DEFAULT:
        how = "the first million updates"
    return f"{run} (no length was given: {how})"


def _part(text: str) -> list[Part]:
    return [Part(text, "dim")] if text else []


def ending(halt: Halt | None) -> list[Row]:
    """Return the row that says where the framework raises."""
    return [] if halt is None else [("ends", [Part(str(halt), "yellow")])]


def _rates(curve: Curve) -> list[Row]:
    """Return a row for each group: its first rates and its last one."""
    rows = curve.rows[:GROUPS_SHOWN]
    said = []
    for row in rows:
        few = ", ".join(f"{rate:.6g}" for rate in row[:4])
        more = f" … {row[-1]:.6g}" if len(row) > 4 else ""
        said.append(f"{few}{more}" or "none")
    return list(zip(_columns("rates", curve.groups), said, strict=True))


def milestone_table(curve: Curve, *also: tuple[int, str]) -> list[list[str]]:
    """Return the cells of the table of milestones, one row an update, ``also`` those named."""
    shown = min(curve.groups, GROUPS_SHOWN)
    rows = curve.rows[:shown]
    names: dict[int, list[str]] = {}
    for update, name in also:
        names.setdefault(update, []).append(name)
    for one in milestones(curve, shown):
        of = "" if len(one.groups) == shown else f" of group {', '.join(map(str, one.groups))}"
        names.setdefault(one.update, []).append(f"{one.name}{of}")
    return [
        ["", "update", *_columns("rate", curve.groups)],
        *(
            [", ".join(said), str(update), *(f"{row[update]:.6g}" for row in rows)]
            for update, said in sorted(names.items())
        ),
    ]


def _columns(name: str, groups: int) -> list[str]:
    """Return what to call that which each of the groups has, as many as are shown."""
    shown = range(min(groups, GROUPS_SHOWN))
    return (
        [name]
        if groups == 1
        else [f"{name}, group {group}".removeprefix("rate, ") for group in shown]
    )


def _more_groups(paper: Paper, groups: int) -> None:
    if groups > GROUPS_SHOWN:
        paper.line(f"and {groups - GROUPS_SHOWN:,} more groups: --json has their rates", "dim")


def _measures(result: Comparison) -> str:
    bit = result.first_bit_difference
    bits = "no bit differs" if bit is None else f"first bit differs at update {bit:,}"
    proved = (
        "proved for every update" if result.proved else f"measured over {result.updates:,} updates"
    )
    ulp = f", {result.max_ulp:,} ULP" if result.equal else ""
    return (
        f"largest |Δ| {result.max_abs:.3g} = {result.max_rel_peak:.3g} of the peak{ulp}; "
        f"{bits}; {proved}"
    )
