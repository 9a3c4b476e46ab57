"""Texts cut out of longer ones: what their first and last lines lack to be Python.

Nothing is made up for it. What begins above the text is left out, what ends below it goes on in
``...``, which nobody knows, and a block whose first line is not there is one that runs, or one of
several between which a condition decides that has to be given.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TOKEN: Final = re.compile(
    r"""\#.*|'''|\"\"\"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[(\[{]|[)\]}]|[^'"\#()\[\]{}]+|.""",
    re.ASCII,
)
PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
#: What begins no statement: the branches that follow another one.
BRANCH: Final = re.compile(r"(elif|else|except|finally)\b")
#: What a block's first line is.
HEADER: Final = re.compile(
    r"(async\s+)?(if|elif|else|for|while|with|def|class|try|except|finally)\b.*:\s*(#.*)?$",
    re.DOTALL,
)
#: What stands for the condition of an ``if`` that is not in the text.
ABOVE: Final = "above"
#: More brackets are not open where a text ends.
MOST_OPEN: Final = 4


class Line(msgspec.Struct):
    """A statement's first line, or a simple statement: which lines it is, and how it begins."""

    start: int
    indent: int
    text: str


class Scan(msgspec.Struct):
    """What a text's brackets and quotes make of its lines.

    Args:
        lines: the logical lines.
        open: the brackets that are open where it ends.
        quote: the quotes that are.
        strange: the line of the first bracket that closes nothing.

    """

    lines: list[Line] = msgspec.field(default_factory=list)
    open: list[str] = msgspec.field(default_factory=list)
    quote: str = ""
    strange: int | None = None


def scan(lines: Sequence[str]) -> Scan:
    """Take a text apart into logical lines."""
    found = Scan()
    further = False
    for number, line in enumerate(lines):
        bare = line.strip()
        if not found.open and not found.quote and not further and bare and bare[0] != "#":
            found.lines.append(Line(number, len(line) - len(line.lstrip()), bare))
        elif found.lines and bare:
            found.lines[-1].text += f"\n{bare}"
        for token in TOKEN.findall(line):
            if found.quote:
                found.quote = "" if token == found.quote else found.quote
            elif token in {"'''", '"""'}:
                found.quote = token
            elif token in PAIRS:
                found.open.append(token)
            elif token in PAIRS.values() and (not found.open or PAIRS[found.open.pop()] != token):
                found.strange = number
                return found
        further = line.endswith("\\")
    return found


def mended(text: str) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    r"""Visit what a cut text may be as Python, how many lines were put above it, and what is said.

    Example:
        >>> [found[0].split()[-1] for found in mended("  momentum=0.9)\nStepLR(optimizer,")]
        ['**...)', '*...)', '...)', '...)']

    """
    lines = text.split("\n")
    said: list[str] = []
    found = scan(lines)
    over = 0
    while found.strange is not None and not over:
        end = found.strange + 1
        part = "\n".join(lines[:end])
        if any(_is_python(f"{start}\n{part}") for start in ("x(", "[", "{")):
            lines = [""] * end + lines[end:]
            said = [f"what ends in line {end} begins above the text, and is left out"]
        elif _is_python(f"def _{ABOVE}(\n{part}\n    ..."):
            indent = len(lines[end - 1]) - len(lines[end - 1].lstrip())
            lines = [f"{' ' * indent}def _{ABOVE}(", *lines]
            over = 1
        else:
            return
        found = scan(lines)
    if found.strange is not None or not found.lines:
        return
    for ended in _ended(lines, found):
        whole, above, of_above = _headed(ended, scan(ended).lines)
        cut = [*said, *of_above]
        if ended != lines:
            cut.append(f"line {found.lines[-1].start + 1 - over} goes on below the text")
        yield "\n".join(whole), above + over, tuple(cut)


def _is_python(text: str) -> bool:
    """Whether a text is an expression."""
    try:
        ast.parse(text.strip())
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def _ended(lines: list[str], found: Scan) -> Iterator[list[str]]:
    """Visit the ways in which a text's last statement may go on."""
    last = found.lines[-1]
    if not (found.open or found.quote or last.text.startswith("@")):
        body = [f"{' ' * (last.indent + 4)}..."] if HEADER.match(last.text) else []
        yield [*lines, *body, *_tried(found.lines)]
        return
    if len(found.open) > MOST_OPEN:
        return
    if re.match(r"(async\s+def|def|class)\b|@", last.text):  # nobody can have called it
        start = last.start
        while start and lines[start - 1].lstrip().startswith("@"):
            start -= 1
        yield [*lines[:start], f"{' ' * last.indent}...", *_tried(found.lines)]
        return
    if not found.open:
        yield [*lines, found.quote]
        return
    rest = re.sub(r"#.*", "", last.text).rstrip()
    lines = [*lines, "_"] if rest.endswith(".") and not rest.endswith("...") else lines
    given = "" if rest.endswith((",", *PAIRS)) else " ...," if rest.endswith(("=", ":")) else ","
    closes = [PAIRS[bracket] for bracket in reversed(found.open)]
    ways = [(f"{given} {more}", more) for more in ("**...", "*...", "...")]
    for inner, more in (*ways, (" if ...", "**...")):  # a comprehension may ask for more
        outer = "".join(close if close == "]" else f", {more}{close}" for close in closes[1:])
        end = f"{found.quote}{inner}{closes[0]}{outer}"
        header = HEADER.match(f"{last.text}:")
        body = [f"{' ' * (last.indent + 4)}..."] if header else []
        yield [*lines, end + ":" * len(body), *body, *_tried(found.lines)]


def _tried(lines: Sequence[Line]) -> list[str]:
    """Return the ends of the ``try`` blocks in which a text ends."""
    ends: list[str] = []
    indent = lines[-1].indent + 1
    for line in reversed(lines):
        if line.indent >= indent:
            continue
        indent = line.indent
        if re.match(r"try\s*:", line.text):
            ends += [f"{' ' * indent}finally:", f"{' ' * indent}    ..."]
    return ends


def _headed(lines: list[str], logical: Sequence[Line]) -> tuple[list[str], int, list[str]]:
    """Return a text with the first lines of the blocks in which it begins."""
    first = logical[0]
    above: list[str] = []
    said: list[str] = []
    least = first.indent if not BRANCH.match(first.text) else first.indent + 1
    for line in logical:
        if line.indent >= least:
            continue
        least = line.indent
        branch = BRANCH.match(line.text)
        if branch is None:
            body = [each for each in logical if each.start < line.start]
            leaves = any(re.match(r"return\b", each.text) for each in body)
            header = f"def _{ABOVE}():" if leaves else "if True:"
            text = "ends where it returns" if leaves else "runs"
            said.append(f"what stands above line {line.start + 1} {text}")
        elif branch[1] in {"except", "finally"}:
            header = "try:"
        else:
            header = f"if {ABOVE}:"
            said.append(f"{ABOVE} is the condition that line {line.start + 1} follows")
        above.insert(0, f"{' ' * least}{header}")
    if BRANCH.match(first.text):
        above.append(f"{' ' * (first.indent + 4)}...")
    if least:
        above.insert(0, "if True:")
    return [*above, *lines], len(above), said
