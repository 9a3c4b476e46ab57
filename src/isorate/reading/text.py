"""Texts as people copy them, as syntax trees: indented, with prompts, in fences, in notebooks."""

from __future__ import annotations

import ast
import json
import re
import sys
import textwrap
import warnings
from itertools import chain
from typing import TYPE_CHECKING, Final

from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What stands before code in a session: Python's prompts, and a notebook's.
PROMPT: Final = re.compile(r"\s*(?:>>>|\.\.\.|In \[\d*\]:|\.\.\.+:)(?: |$)")
#: Which would be Python, too: an annotation of an item.
#: An argument that had this name before Python 3.7.
ASYNC: Final = re.compile(r"\basync\s*=(?!=)")
SESSION: Final = re.compile(r"\s*In \[\d*\]: ")
#: A notebook's own lines, which no Python are: ``%magic``, ``!command``, ``name?``.
MAGIC: Final = re.compile(r"\s*(?:[%!]|\??[\w.]+\?{1,2}\s*$)")
#: A command of a shell whose output is kept: nobody knows it.
CAPTURED: Final = re.compile(r"^(\s*[\w, ]+=\s*)[!%].*$")
#: Cells of these magics are Python; others are of other languages, or written into files.
PYTHON: Final = ("%%time", "%%timeit", "%%capture", "%%prun")


def statements(text: str) -> list[ast.stmt]:
    """Parse a text as people copy it.

    Raises:
        ReadError: the text is no Python.

    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    cells = _notebook(plain)
    if cells is not None and not cells.strip():
        raise ReadError("the notebook has no code")
    error: SyntaxError | None = None
    tried: set[str] = set()
    whole = plain if cells is None else cells
    older = (ASYNC.sub("async_=", whole),) if ASYNC.search(whole) else ()
    for written in chain.from_iterable(map(_ways, (whole, *older))):
        if written in tried:
            continue
        tried.add(written)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)  # "1if" and the like
                found = _attributes(ast.parse(written)).body
            if found or not written.strip() or error is None:
                return found
        except SyntaxError as caught:
            further = error is None or (caught.lineno or 0) > (error.lineno or 0)
            error = caught if further else error
        except (ValueError, MemoryError, RecursionError) as caught:
            text = f"not Python that can be parsed: {caught or type(caught).__name__}"
            raise ReadError(text) from None
    assert error is not None
    where = f"line {error.lineno}, column {error.offset}" if error.lineno else "the text"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise ReadError(f"not Python {version}: {error.msg} at {where}")


class _Attributes(ast.NodeTransformer):
    """Writes ``getattr(x, "y")`` as the ``x.y`` that it is."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match self.generic_visit(node):
            case ast.Call(
                func=ast.Name(id="getattr"), keywords=[],
                args=[base, ast.Constant(value=str(name))],
            ) if name.isidentifier() and not isinstance(base, ast.Starred):  # fmt: skip
                return ast.copy_location(ast.Attribute(base, name, ast.Load()), node)
        return node


def _attributes(tree: ast.Module) -> ast.Module:
    """Return a text with its attributes written alike, if ``getattr`` is Python's in it."""
    nodes = [*walk(tree)]
    names = [n for n in nodes if isinstance(n, ast.Name) and n.id == "getattr"]
    named = (
        {getattr(n, key, "") for n in nodes for key in ("name", "asname", "arg")} if names else ()
    )
    if not names or "getattr" in named or any(isinstance(n.ctx, ast.Store) for n in names):
        return tree
    return _Attributes().visit(tree)  # type: ignore[no-any-return]


def _ways(plain: str) -> Iterator[str]:
    """Visit what a text may be as Python: as it stands first, as it may hold prompts in texts."""
    if SESSION.match(plain):
        yield "\n".join(_prompted(plain.split("\n")))
    yield plain
    yield from _indented(plain)
    lines = plain.split("\n")
    fences = [i for i, line in enumerate(lines) if line.lstrip().startswith("```")]
    if fences:
        lines = _fenced(lines, fences)
        yield "\n".join(lines)
    if any(PROMPT.match(line) for line in lines):
        lines = _prompted(lines)
        yield "\n".join(lines)
    code = [CAPTURED.sub(r"\1get_ipython()", line) for line in lines if not MAGIC.match(line)]
    yield from _indented("\n".join(code))
    for start, end in (("dict(", ")"), ("({", "})")):  # arguments of a call, items of a dict
        yield f"{start}\n{plain}\n{end}"


def _prompted(lines: list[str]) -> list[str]:
    """Return what stands after prompts."""
    matched = ((line, PROMPT.match(line)) for line in lines)
    return [line[prompt.end() :] for line, prompt in matched if prompt]


def _indented(plain: str) -> Iterator[str]:
    """Visit a text with the ways in which its lines may be indented."""
    first, _, rest = plain.lstrip().partition("\n")
    yield plain.strip()
    yield textwrap.dedent(plain)
    yield f"{first}\n{textwrap.dedent(rest)}"
    yield f"if True:\n{plain.rstrip()}"  # a block whose comments stand further left


def _fenced(lines: list[str], fences: list[int]) -> list[str]:
    """Return what stands in fences: of an open one, everything."""
    found: list[str] = []
    for start, end in zip(fences[::2], [*fences[1::2], len(lines)], strict=False):
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
