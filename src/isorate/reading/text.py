"""Texts as people copy them, as syntax trees: indented, with prompts, in fences, in notebooks."""

from __future__ import annotations

import ast
import json
import re
import sys
import textwrap
import warnings
from itertools import chain, starmap
from typing import TYPE_CHECKING, Final

import msgspec

from isorate.reading.cuts import mended, scan
from isorate.reading.effects import binds
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import children, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What stands before code in a session: Python's prompts, and a notebook's.
PROMPT: Final = re.compile(r"\s*(?:>>>?|\.\.\.|In \[\d*\]:|\.\.\.+:)(?: |$)")
#: The first of them, without which three dots are none.
FIRST: Final = re.compile(r"\s*(?:>>>?|In \[\d*\]:)(?: |$)")
#: Three dots for further arguments, which Python has not after those with a name.
FURTHER: Final = re.compile(r"([,(]\s*)\.\.\.(?=\s*,?\s*\))")
#: Which would be Python, too: an annotation of an item.
#: An argument that had this name before Python 3.7.
ASYNC: Final = re.compile(r"\basync\s*=(?!=)")
SESSION: Final = re.compile(r"\s*In \[\d*\]: ")
#: A notebook's own lines, which no Python are: ``%magic``, ``!command``, ``name?``.
MAGIC: Final = re.compile(r"\s*(?:[%!]|\??[\w.]+\?{1,2}\s*$)")
#: A command of a shell whose output is kept: nobody knows it.
CAPTURED: Final = re.compile(r"^(\s*[\w, ]+=\s*)[!%].*$")
#: What code stands in, in a page.
FENCES: Final = ("```", "~~~")
#: What a fence says of code in other languages than Python.
FOREIGN: Final = re.compile(
    r"\s*(?:```|~~~)\s*(?:ya?ml|toml|json|bash|sh|shell|console|te?xt|ini)\b"
)
PATCHES: Final = ("```diff", "```patch")
#: A patch: its lines, those that it adds, and those that are none of what it comes to.
PATCH: Final = re.compile(r"[ +-]|@@|diff |index ")
ADDED: Final = re.compile(r"\+(?!\+\+ )")
LEFT_OUT: Final = re.compile(r"-|\+\+\+ |@@|diff |index ")
#: Cells of these magics are Python; others are of other languages, or written into files.
PYTHON: Final = ("%%time", "%%timeit", "%%capture", "%%prun")


class Written(msgspec.Struct, frozen=True):
    """What a text may be as Python, with the lines put above it, and what is taken for granted."""

    text: str
    above: int = 0
    cut: tuple[str, ...] = ()


#: Indentation by tabs, which nothing made of spaces can be put above.
TABS: Final = re.compile(r"^[ \t]*\t[ \t]*", re.MULTILINE)


def statements(text: str) -> list[ast.stmt]:
    """Parse a file, which is cut out of no longer text (``parsed``)."""
    return parsed(text, whole=True)[0]


def parsed(text: str, *, whole: bool = False) -> tuple[list[ast.stmt], tuple[str, ...]]:
    """Parse a text as people copy it, and say what it lacks where it is cut out of a longer one.

    Raises:
        ReadError: the text is no Python.

    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    cells = _notebook(plain)
    if cells is not None and not cells.strip():
        raise ReadError("the notebook has no code")
    error: SyntaxError | None = None
    tried: set[str] = set()
    code = plain if cells is None else cells
    whole = whole or "\n" not in code.strip()  # nobody cuts a single line
    older = (ASYNC.sub("async_=", code),) if ASYNC.search(code) else ()
    spaced = (TABS.sub(lambda tabs: tabs[0].expandtabs(), code),) if TABS.search(code) else ()
    for written in chain.from_iterable(map(_ways, (code, *older, *spaced))):
        if written.text in tried or (whole and written.cut):
            continue
        tried.add(written.text)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)  # "1if" and the like
                tree = _attributes(ast.parse(written.text), written.text)
            for node in walk(tree) if written.above else ():
                if isinstance(node, ast.stmt | ast.expr):  # what was put above it is in line 1
                    node.lineno = max(node.lineno - written.above, 1)
                    node.end_lineno = max((node.end_lineno or 1) - written.above, 1)
            if tree.body or not written.text.strip() or error is None:
                return tree.body, written.cut
        except SyntaxError as caught:
            further = error is None or (caught.lineno or 0) > (error.lineno or 0)
            error = caught if further and not written.above else error
        except (ValueError, MemoryError, RecursionError) as caught:
            text = f"not Python that can be parsed: {caught or type(caught).__name__}"
            raise ReadError(text) from None
    assert error is not None
    where = f"line {error.lineno}, column {error.offset}" if error.lineno else "the text"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise ReadError(f"not Python {version}: {error.msg} at {where}")


def _attributes(tree: ast.Module, text: str) -> ast.Module:
    """Write ``getattr(x, "y")`` as the ``x.y`` that it is, if ``getattr`` is Python's in a text."""
    if "getattr" not in text:
        return tree
    nodes = [*walk(tree)]
    kinds = ast.arg, ast.keyword
    if any((n.arg if isinstance(n, kinds) else binds(n)) == "getattr" for n in nodes):
        return tree
    instead: dict[ast.AST, ast.AST] = {}
    for node in nodes:
        match node:
            case ast.Call(
                func=ast.Name(id="getattr"), keywords=[],
                args=[base, ast.Constant(value=str(name))],
            ) if name.isidentifier() and not isinstance(base, ast.Starred):  # fmt: skip
                instead[node] = ast.copy_location(ast.Attribute(base, name, ast.Load()), node)
    for node in (*nodes, *instead.values()) if instead else ():
        if instead.keys().isdisjoint(children(node)):
            continue
        for field, value in vars(node).items():
            if type(value) is list:
                value[:] = [instead.get(each, each) for each in value]
            elif isinstance(value, ast.Call) and value in instead:
                setattr(node, field, instead[value])
    return tree


def _ways(plain: str) -> Iterator[Written]:
    """Visit what a text may be as Python: as it stands first, as it may hold prompts in texts."""
    if SESSION.match(plain):
        yield Written("\n".join(_prompted(plain.split("\n"))))
    yield Written(plain)
    yield from _indented(plain)
    lines = plain.split("\n")
    fences = [i for i, line in enumerate(lines) if line.lstrip().startswith(FENCES)]
    if fences:
        lines = _fenced(lines, fences)
        yield Written("\n".join(lines))
    patch = plain.lstrip().startswith(PATCHES) or all(map(PATCH.match, filter(str.strip, lines)))
    if patch and any(map(ADDED.match, lines)):
        left = (ADDED.sub(" ", line) for line in lines if not LEFT_OUT.match(line))
        lines = textwrap.dedent("\n".join(left)).split("\n")
    if any(FIRST.match(line) for line in lines):
        lines = _prompted(lines)
        yield Written("\n".join(lines))
    lines = [CAPTURED.sub(r"\1get_ipython()", line) for line in lines if not MAGIC.match(line)]
    code = "\n".join(lines)
    yield from _indented(code)
    for start, end in (("(dict(", "))"), ("({", "})")):  # arguments of a call, items of a dict
        yield Written(f"{start}\n{plain}\n{end}", above=1)
    for each in dict.fromkeys((code, FURTHER.sub(r"\1*...", code))):
        yield from _indented(each)
        yield from starmap(Written, mended(each))
    yield Written(f"(dict(\n{plain}\n)", above=1)  # arguments with the end of their call


def _prompted(lines: list[str]) -> list[str]:
    """Return what stands after prompts, and what goes on below them in brackets."""
    found: list[str] = []
    for line in lines:
        prompt = PROMPT.match(line)
        if prompt or (found and line.strip() and scan(found).open):
            found.append(line[prompt.end() :] if prompt else line)
    return found


def _indented(plain: str) -> Iterator[Written]:
    """Visit a text with the ways in which its lines may be indented."""
    first, _, rest = plain.lstrip("\n").partition("\n")
    yield Written(textwrap.dedent(plain))
    least = min((_margin(line) for line in rest.split("\n") if line.strip()), default=0)
    if _margin(first) <= least:  # it was copied from its middle
        yield Written(f"{first.lstrip()}\n{textwrap.dedent(rest)}")


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _fenced(lines: list[str], fences: list[int]) -> list[str]:
    """Return what stands in fences: of an open one, everything."""
    found: list[str] = []
    for start, end in zip(fences[::2], [*fences[1::2], len(lines)], strict=False):
        if FOREIGN.match(lines[start]):
            continue
        found += textwrap.dedent("\n".join(lines[start + 1 : end])).split("\n")
    return found


def _notebook(text: str) -> str | None:
    """Return the code of a notebook; none where a text is none."""
    if not text.lstrip().startswith("{") or '"cells"' not in text:
        return None
    try:
        cells = json.loads(text).get("cells", [])
        code = ["".join(c["source"]) for c in cells if c.get("cell_type") == "code"]
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
    return "\n".join(cell for cell in code if not _is_foreign(cell))


def _is_foreign(cell: str) -> bool:
    """Whether a cell is in another language than Python."""
    first = cell.lstrip().partition("\n")[0]
    return first.startswith("%%") and not first.startswith(PYTHON)
