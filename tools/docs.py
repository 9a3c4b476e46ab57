"""Write the generated documentation anew: outputs of commands, and whole pages.

    python tools/docs.py            write
    python tools/docs.py --check    fail where something is stale

A ``console`` block holds a command after ``$ `` and, below it, what that command prints.
"""

from __future__ import annotations

import math
import os
import pty
import re
import shlex
import subprocess
import sys
import termios
import textwrap
from functools import partial
from pathlib import Path

import complaints
import deviations
import index
import mappings
import matrix
import mpmath
import numpy as np
import recipes

from isorate import Run, evaluate, read, simulate
from isorate.dialects._unread import UNREAD
from isorate.kit.registry import registered
from isorate.logs.finding import FORMATS
from isorate.logs.owners import OWNERS
from isorate.logs.text import LINES

ROOT = Path(__file__).resolve().parents[1]
#: The pages that have outputs of commands in them, and are written by hand otherwise.
PRINTED = ("after-the-run", "before-the-run", "cli", "concepts", "reading")

BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]*)\n(?P<output>.*?)```", re.DOTALL)


def isorate(command: list[str]) -> str:
    """Return what a command prints on an 80-column terminal without colour."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (25, 80))
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    with subprocess.Popen(
        [sys.executable, "-m", "isorate", *command],
        cwd=ROOT,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        os.close(theirs)
        printed = b"".join(iter(partial(_read, ours), b"")).decode()
        assert process.stderr is not None
        trouble = process.stderr.read().decode()
    os.close(ours)
    if process.returncode == 2:
        raise SystemExit(f"isorate {shlex.join(command)}: {trouble}")
    return "".join(f"{line.rstrip()}\n" for line in printed.rstrip().splitlines())


def _read(terminal: int) -> bytes:
    """Return what has been printed on a terminal, nothing once nobody has it open."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def with_outputs(text: str) -> str:
    """Return a page with the output of each of its commands put in anew."""

    def fresh(block: re.Match[str]) -> str:
        program, *command = shlex.split(block["command"])
        assert program == "isorate"
        return f"```console\n$ {block['command']}\n{isorate(command)}```"

    return BLOCK.sub(fresh, text)


def with_unread(text: str) -> str:
    """Return a page with the frameworks that are known and not read put in anew."""
    read = {dialect.title for dialect in registered().values()}
    titles = [framework.title for framework in UNREAD if framework.title not in read]
    listed = f"{', '.join(titles[:-1])} and {titles[-1]}"
    start, known, rest = text.partition("Known, and not read yet: ")
    paragraph, blank, rest = rest.partition("\n\n")
    _, text, says = " ".join(paragraph.split()).partition(". A text ")
    told = f"{known}{listed}{text}{says}"
    return start + textwrap.fill(told, 100, break_on_hyphens=False) + blank + rest


def with_formats(text: str) -> str:
    """Return the page of logs with the table of their formats put in anew."""
    head = "| format | steps count | a rate is that of | digits |\n|---|---|---|---|\n"
    rows = [f"| {f.name} | {f.steps} | {f.belongs} | {f.precision} |\n" for f in FORMATS]
    whose = "| trainer | its rates, as a pattern | beside | a step counts | update = step − |\n"
    whose += "|---|---|---|---|---|\n"
    for each in OWNERS:
        told = f"counted by `{each.counter}`" if each.counter else ""
        beside = ", ".join(f"`{name}`" for name in sorted(each.beside))
        rates = each.rates.replace("|", "\\|")
        offsets = " or ".join(map(str, each.offsets)) if isinstance(each.offsets, tuple) else "?"
        also = "; ".join(filter(None, (beside, told)))
        whose += f"| {each.trainer} | `{rates}` | {also} | {each.counts} | {offsets} |\n"
    printed = "| trainer | an example of its lines | update = step − |\n|---|---|---|\n"
    for line in LINES:
        if isinstance(line.offsets, tuple):
            offsets = " or ".join(map(str, line.offsets))
            example = line.example.replace("|", "\\|")
            printed += f"| {line.trainer or 'anybody'} | `{example}` | {offsets} |\n"
    for table in (head + "".join(rows), whose, printed):
        start = text.index(table.partition("\n")[0])
        text = text[:start] + table + text[text.index("\n\n", start) + 1 :]
    return text


def support() -> str:
    """Return the matrix of constructors, from the cards."""
    rows = [
        "# Dialects",
        "Every call that Isorate reads, from the cards in `src/isorate/dialects/`.",
        "*Far off* says whether the schedule that a call means speaks for its rates at every "
        "update, as `proved` wants it ([concepts](concepts.md)), or what keeps it from that.",
        "| call | read in | native arithmetic | reproduced | far off | past its end | raises | "
        "deprecated |\n|---|---|---|---|---|---|---|---|",
    ]
    lines = []
    for dialect in registered().values():
        for constructor in dialect.constructors:
            card = constructor.card
            exact = f"{card.promise}: {card.ledger}" if card.ledger else card.promise
            gone = f"yes; use `{card.way_out}`" if card.deprecation else "no"
            raises = "; ".join(f"`{error}`: {why}" for error, why in card.raises.items())
            lines.append(
                f"| `{constructor.signature()}` | {dialect.title} {card.version} | "
                f"{card.arithmetic} | {exact} | {card.proof.value} | {card.past_end} | {raises} | "
                f"{gone} |"
            )
    return "\n\n".join(rows) + "\n" + "\n".join(lines) + "\n"


def relative_error(value: float, update: int, T: int) -> str:
    """Return how far a rate of the cosine from 0.1 to 0 in T updates lies from the exact one."""
    with mpmath.workdps(60):
        exact = mpmath.mpf(0.1) * (1 + mpmath.cos(mpmath.pi * update / mpmath.mpf(T))) / 2
        error = abs(mpmath.mpf(value) - exact) / exact
        return "0" if error == 0 else f"{float(error):.1e}"


def accuracy() -> str:
    """Return the table of both arithmetics beside the exact value."""
    near, far = [], []
    for T in (10, 100, 1000, 10**4, 10**5, 10**6):
        update = T - 1
        torch = read(f"CosineAnnealingLR(T_max={T})", lr=0.1)
        listed = read(f"cosine_decay_lr(0.0, 0.1, {T + 1}, 1, {T})")
        values = [
            float(simulate(torch, Run(T)).values[-1]),
            float(simulate(listed, Run(T)).values[-1]),
            float(evaluate(torch.lower(), Run(T)).values[-1]),
        ]
        cells = " | ".join(relative_error(value, update, T) for value in values)
        near.append(f"| {T:,} | {update:,} | {cells} |")
    for T in (10, 1000):
        last = 10**6
        torch = read(f"CosineAnnealingLR(T_max={T})", lr=0.1)
        native, own = (
            curve.values
            for curve in (simulate(torch, Run(last)), evaluate(torch.lower(), Run(last)))
        )
        drift = float(np.abs(native - own).max()) / 0.1
        # the exact schedule repeats itself: so must every period of these rates
        period = own[: 2 * T]
        repeats = all(
            np.array_equal(own[k : k + 2 * T], period[: len(own[k : k + 2 * T])])
            for k in range(0, last, 2 * T)
        )
        far.append(f"| {T:,} | {drift:.1e} | {'0' if repeats else 'more than 0'} |")
    ulp = math.ulp(0.1) / 0.1
    return f"""# Accuracy

Isorate carries two arithmetics. *Native* arithmetic reproduces what a framework computes, errors
included, so that `compare` tells the truth about a run. Isorate's *own* arithmetic, behind
`evaluate` and the schedulers to train with, is as close to the formula as float64 allows.

The textbook form of a cosine decay, `end + (start − end)(1 + cos(πt/T))/2`, subtracts nearly equal
numbers near its minimum: at the update before a minimum of 0, `1 + cos` keeps about
16 − 2·log₁₀T digits. Isorate computes
`start·sin²(π(T−t)/(2T)) + end·sin²(πt/(2T))` with T − t and t as exact integers: there is nothing
to cancel. Measured against 60-digit arithmetic, relative error of a cosine from 0.1 to 0, one
update before its minimum (half a unit in the last place is {ulp / 2:.0e}):

| T | update | torch, recursion | MindSpore, list | Isorate |
|---|---|---|---|---|
{chr(10).join(near)}

Away from the minimum every arithmetic is good to a few units in the last place, while t is small.
Over many periods the unreduced argument π·t/T costs digits too; Isorate reduces t first, so that
every period has the same bits. Largest deviation over a million updates, as a share of the first
rate:

| T | torch, recursion | Isorate, between periods |
|---|---|---|
{chr(10).join(far)}

Isorate's rates are within 8 units in the last place (ULP) of the exact rate at every update up to
2⁵³ − 1, troughs and their neighbours included, one at a time and in arrays alike, for a shape whose
rate does not change sign: durations up to 2⁶², rates of any size that float64 holds with all its
digits. Lines and inverse decays are within 4. What else there is has a bound of its own:

- a rate that passes through zero: 8 ULP of the greater end; a line 4 ULP of the greater of its two
  terms;
- `Polynomial` with `after="extend"`, where multiples of the duration are not whole, or 2⁵³ and
  more: p ULP besides, p its power;
- `Constant`, `PiecewiseConstant` and `Table` are exact; `Formula` and functions of Python are as
  good as the float64 of what they compute;
- `Staircase`, `Stride`, `Mirror`, `Join`, `Repeat`, `Clamp`, `Until` and `Shift` lose nothing of
  what is inside, `Scale` one rounding; `Stretch` rounds the duration, a `Shift` by a fraction of an
  update the time, to what float64 holds;
- `Product` of n factors: 9n·2⁻⁵² of itself;
- `Sum` of n terms: (8 + n)·2⁻⁵² of the sum of their sizes; where they cancel, what is left is as
  exact as the greatest;
- `Repeat` with `shrink`: 12·2⁻⁵² of `h·|of| + max(h, 1)·|floor|`, `h = |shrink|^c` in cycle c.

1 ULP is between 2⁻⁵³ and 2⁻⁵² of a number. `tests/schedule/test_accuracy.py` checks all of this
against mpmath, with drawn schedules and rates from 10⁻³⁰⁰ to 10³⁰⁰; the worst of 350,000
rates measured was 6 ULP off.

A rate beyond float64 is infinite, and one that is not stays right when its factors are: a rate
that doubles 3000 times beside one that halves 3000 times comes back to what it was (a factor of
size 2^±n, n > 1000, costs n/500 ULP). A rate of 0 stays 0 whatever it is multiplied by, so that a
frozen parameter group stays frozen.

What native arithmetic promises stands in each call's card and in [Dialects](dialects.md): every
bit where the framework computes in Python floats, and for float32 kernels a bound in units in the
last place that was found by measuring.
"""


def generated() -> dict[Path, str]:
    """Return every file that is generated, wholly or in part, with what it should hold."""
    files = {
        index.HOME: index.text(),
        ROOT / "README.md": with_unread(with_outputs((ROOT / "README.md").read_text())),
        ROOT / "docs" / "logs.md": with_formats((ROOT / "docs" / "logs.md").read_text()),
        ROOT / "docs" / "one-recipe.md": recipes.page(),
        ROOT / "docs" / "one-recipe.svg": recipes.picture(),
        ROOT / "docs" / "dialects.md": support(),
        ROOT / "docs" / "accuracy.md": accuracy(),
        ROOT / "docs" / "matrix.md": matrix.page(),
        ROOT / "docs" / "deviations.md": deviations.page(),
    }
    pages = [ROOT / "docs" / f"{name}.md" for name in PRINTED]
    files |= {page: with_outputs(page.read_text()) for page in pages}
    files |= {path: with_outputs(text) for path, text in mappings.pages().items()}
    return files | complaints.pages()


def main() -> int:
    """Write, or check."""
    stale = 0
    for path, text in generated().items():
        if path.exists() and path.read_text() == text:
            continue
        stale += 1
        if "--check" in sys.argv[1:]:
            print(f"stale: {path.relative_to(ROOT)}")
        else:
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)}")
    return stale if "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
