"""Write the skeleton of every file that a new dialect needs.

    python tools/new_dialect.py NAME [TITLE]     in this repository
    python tools/new_dialect.py NAME --under DIR     in a copy of it

What comes of it is a dialect with one constructor that works, and all that is left to do stands in
it: the framework's own signatures, arithmetic and meanings. It lacks a table, which only the
framework can give: ``python tools/capture.py NAME``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

DIALECT = '''"""{title}: its schedules, which are functions of the update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isorate.kit import Call, Card, Dialect, Fault, Meaning, Proof, completed, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.kit.card import Role

VERSION = "0.0.0"
#: What the arguments say, the same wherever they are.
ROLES: Mapping[str, Role] = {{"start": "start", "end": "end", "steps": "duration"}}


class linear(Call, frozen=True):
    """A line from one rate to another: the first constructor, its fields the signature."""

    start: float
    end: float
    steps: int
    card: ClassVar[Card] = Card(
        runs_in="{name}", clock="update", proof=Proof.CANCELS, past_end="holds end",
        arithmetic="start + (end - start)·min(t, steps)/steps",
        raises={{"ValueError": "steps below 1"}},
    )  # fmt: skip

    def fault(self) -> Fault | None:
        return Fault(ValueError, f"steps={{self.steps!r}}") if self.steps < 1 else None

    def means(self) -> Meaning:
        return line(self.start, self.end, self.steps)

    def native(self, steps: int) -> Iterator[Any]:
        self.checked()
        t = np.minimum(np.arange(steps), self.steps)
        yield (self.start + (self.end - self.start) * t / self.steps)[None]


DIALECT = Dialect(
    "{name}", "{title}", VERSION,
    completed([linear], "{name}", VERSION, ROLES, "https://example.org/{name}#{{}}"),
)  # fmt: skip
'''

CASES = '''"""{title}: its texts, and how they are run for real."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases._case import Case
from tests.conformance.cases._home import Home, How, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name; what its optimizers are given, too, as `params`."""
    return {{"{name}": importlib.import_module("{name}")}}


def go_through(built: Any, run: Run, how: How) -> Seen:
    """Go through a run with what a text has built: here, a function of the update."""
    try:
        return Seen(np.array([[float(built(update)) for update in range(run.length)]]))
    except Exception as error:
        return Seen(np.empty((1, 0)), type(error).__name__)


def schedules() -> Iterator[Case]:
    """Vary each constructor: a dozen rows with rates, and what it refuses."""
    for arguments in (
        "0.1, 0.0, 10", "0.1, 0.01, 7", "0.0, 0.1, 5", "1, 0, 3", "0.3, 0.3, 4", "1e-5, 1.0, 30",
        "0.1, 0.2, 1", "5e-5, 0.0, 12", "-0.1, 0.1, 7", "0.1, 0.0, 2", "3e-4, 1e-6, 20", "2, 1, 9",
    ):  # fmt: skip
        yield Case(f"linear-{{arguments}}", f"{name}.linear({{arguments}})")
    yield Case("bad-steps", "{name}.linear(0.1, 0.0, 0)", 3, raises=True)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a call, its run, and whether it is compiled."""
    ends = draw(st.floats(0.0, 10.0)), draw(st.floats(0.0, 10.0))
    text = f"{name}.linear({{ends[0]}}, {{ends[1]}}, {{draw(st.integers(1, 400))}})"
    return text, Run(draw(st.integers(1, 500))), False


HOME = Home(
    parts={{"schedules": schedules}},
    packages=("{name}",),
    scope=scope,
    drive=go_through,
    drawn=drawn,
)
'''

LEFT = """Left to do:
- src/isorate/dialects/{name}.py: the framework's constructors in place of `linear`, its version,
  documentation, optimizers and other names;
- tests/conformance/cases/{name}.py: its texts, a dozen for each constructor and all that it
  refuses, how they are run for real, and drawn; with `Proof.EACH_STEP` on a card, how its
  arithmetic is entered far off;
- pyproject.toml: the version that the conformance group has of it;
- python tools/capture.py {name}, where the framework is installed: tests/tables/{name}.json;
- make docs, make check, make test, make conformance.
"""


def skeleton(name: str, title: str, root: Path = ROOT) -> dict[Path, str]:
    """Return the files of a new dialect, with what each is to hold."""
    project = (root / "pyproject.toml").read_text(encoding="utf-8")
    start, group, rest = project.partition("conformance = [\n")
    lines, end, after = rest.partition("]\n")
    listed = sorted([*lines.splitlines(keepends=True), f'    "{name}",\n'], key=str.lower)
    return {
        root / "src" / "isorate" / "dialects" / f"{name}.py": DIALECT.format(
            name=name, title=title
        ),
        root / "tests" / "conformance" / "cases" / f"{name}.py": CASES.format(
            name=name, title=title
        ),
        root / "pyproject.toml": f"{start}{group}{''.join(listed)}{end}{after}",
    }


def main(arguments: list[str]) -> int:
    """Write the files; nothing that there is gives way."""
    under = ROOT
    if "--under" in arguments:
        place = arguments.index("--under")
        under = Path(arguments[place + 1])
        del arguments[place : place + 2]
    if not arguments or not re.fullmatch(r"[a-z][a-z0-9_]*", arguments[0]):
        raise SystemExit("usage: python tools/new_dialect.py NAME [TITLE] [--under DIR]")
    name = arguments[0]
    files = skeleton(name, " ".join(arguments[1:]) or name.capitalize(), under)
    room = under / "src" / "isorate" / "dialects" / name
    taken = [path for path in (*files, room) if path.exists() and path.suffix != ".toml"]
    if taken:
        raise SystemExit(f"{taken[0].relative_to(under)} is there already")
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(under)}")
    print(LEFT.format(name=name), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
