"""Texts as people copy them, as syntax trees: indented, with prompts, in fences, in notebooks."""

from __future__ import annotations

import ast
import json
import textwrap
import warnings

from isorate.schedule.errors import ReadError


def statements(text: str) -> list[ast.stmt]:
    """Parse a text as people copy it.

    Raises:
        ReadError: the text is no Python.

    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    cells = _notebook(plain)
    if cells is not None and not cells.strip():
        raise ReadError("the notebook has no code")
    lines = (plain if cells is None else cells).split("\n")
    fences = [i for i, line in enumerate(lines) if line.lstrip().startswith("```")]
    if fences:
        lines = _fenced(lines, fences)
    if any(line.lstrip().startswith(">>> ") for line in lines):
        prompted = (line.lstrip() for line in lines)
        lines = [line[4:] for line in prompted if line.startswith((">>> ", "... "))]
    plain = "\n".join(lines)
    first, _, rest = plain.lstrip().partition("\n")
    error: SyntaxError | None = None
    written_in = [
        plain.rstrip(),
        plain.strip(),
        textwrap.dedent(plain),
        f"{first}\n{textwrap.dedent(rest)}",
    ]
    written_in.append(f"if True:\n{plain.rstrip()}")  # a block whose comments stand further left
    if any(line.lstrip().startswith(("%", "!")) for line in lines):  # a notebook's own lines
        code = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
        written_in.append(textwrap.dedent(code))
    for written in dict.fromkeys(written_in):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)  # "1if" and the like
                return ast.parse(written).body
        except SyntaxError as caught:
            error = error or caught
        except (ValueError, MemoryError, RecursionError) as caught:
            text = f"not Python that can be parsed: {caught or type(caught).__name__}"
            raise ReadError(text) from None
    assert error is not None
    where = f"line {error.lineno}, column {error.offset}" if error.lineno else "the text"
    raise ReadError(f"not Python: {error.msg} at {where}")


def _fenced(lines: list[str], fences: list[int]) -> list[str]:
    """Return what stands in fences: of an open one, everything."""
    found: list[str] = []
    for start, end in zip(fences[::2], [*fences[1::2], len(lines)], strict=False):
        found += lines[start + 1 : end]
    return found


def _notebook(text: str) -> str | None:
    """Return the code of a notebook; none where a text is none."""
    if not text.lstrip().startswith("{") or '"cells"' not in text:
        return None
    try:
        cells = json.loads(text).get("cells", [])
        code = [c["source"] for c in cells if c.get("cell_type") == "code"]
        return "\n".join("".join(source) for source in code)
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
