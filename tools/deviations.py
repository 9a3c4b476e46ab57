"""Where the frameworks do other than their documentation says, as a page, from the cards.

``tools/docs.py`` writes it. What is said of a framework is shown by a call whose rate at one update
is simulated here, and held against the framework itself in the conformance tests.
"""

from __future__ import annotations

from isorate import Run, read, simulate
from isorate.kit import registry

HEAD = """# Deviations

Where a framework does other than its own documentation says, Isorate reproduces the framework. Each
row shows it by a call: the rate of one of its updates, as the framework really has it.

"""


def page() -> str:
    """Return the ledger of all built-in dialects."""
    parts = [HEAD.rstrip("\n")]
    for dialect in registry.builtin().values():
        rows = []
        for constructor in dialect.constructors:
            for entry in constructor.card.deviations:
                call = read(entry.shown, dialect=dialect.name)
                curve = simulate(call, Run(entry.update + 1))
                shown = f"{curve.values.reshape(call.groups, -1)[0, -1]}"
                if curve.halt is not None:
                    shown = f"raises {curve.halt.error}"
                known = f"[reported]({entry.upstream})" if entry.upstream else "no report found"
                name = constructor.card.name.rpartition(".")[2]
                example = f"`{entry.shown}` at update {entry.update}: {shown}"
                cells = (f"`{name}`", entry.documented, entry.actual, example, known)
                rows.append(f"| {' | '.join(cells)} |")
        if rows:
            parts.append(f"## {dialect.title} {dialect.version}")
            table = (
                "| call | documented | what it does | shown by | upstream |\n|---|---|---|---|---|"
            )
            parts.append("\n".join([table, *rows]))
    return "\n\n".join(parts) + "\n"
