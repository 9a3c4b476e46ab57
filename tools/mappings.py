"""The mapping pages: what is written by hand, with what Isorate works out put into it.

A page of ``docs/mapping/`` on a subject is written by hand but for what stands between two marks,
and for the rates after an arrow, which are those of the call above them::

    StepLR(torch.optim.SGD(params, lr=0.1), step_size=1)
    # step() once in 2 updates → 0.1, 0.1, 0.01, 0.01

``tools/docs.py`` writes both anew; the conformance tests run every call and every program of these
pages in the framework itself. The pages on pairs of dialects are written wholly from the dialects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from isorate import Run, read
from isorate.kit import registry
from isorate.mapping import mapping, named
from isorate.recipe import Recipe
from isorate.reports import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "mapping"

LINES = re.MULTILINE | re.DOTALL
MARKED = re.compile(r"^<!-- isorate mapping (\w+) (\w+) (\w+) -->\n.*?^<!-- end -->$", LINES)
BLOCK = re.compile(r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", LINES)
GIVEN = re.compile(r"^# (?P<how>[^→\n]*)→ (?P<rates>[^\n]*)$", re.MULTILINE)

HEAD = """# From one framework to another

What the calls of one framework are in another's words: which argument is which, an example with
the same inputs on both sides, and where the two part. `isorate mapping A B CONSTRUCTOR` says it
for any two dialects.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A call on a page with the rates that it gives.

    Args:
        code: the call.
        run: the run, as long as there are rates, and one update longer where an exception ends it.

    """

    code: str
    run: Run


def shown(block: str) -> Iterator[Shown]:
    """Visit the calls of a block of code whose rates it says."""
    start = 0
    for found in GIVEN.finditer(block):
        lines = block[start : found.start()].strip("\n").splitlines()
        code = "\n".join(line for line in lines if not line.startswith(("#", "```")))
        start = found.end()
        rates, _, error = found["rates"].partition(", then ")
        updates = rates.count(",") + 1 + bool(error)
        yield Shown(code, _run(found["how"], updates))


def programs(page: str) -> Iterator[tuple[str, str]]:
    """Visit the programs of a page, each with what it prints."""
    for found in BLOCK.finditer(page):
        if found[2] is not None:
            yield found[1], found[2]


def calls(page: str) -> Iterator[Shown]:
    """Visit the calls of a page whose rates it says."""
    for found in BLOCK.finditer(page):
        yield from shown(found[1])


def _run(how: str, updates: int) -> Run:
    if how.startswith("metric "):
        metrics = [float(value) for value in how.removeprefix("metric ").split(",")]
        return Run(updates, metrics=metrics)
    every = re.match(r"step\(\) once in (\d+) updates", how)
    if every is not None:
        return Run(updates, updates_per_epoch=int(every[1]), step_every="epoch")
    return Run(updates)


def fresh(page: str) -> str:
    """Return a page on a subject with what Isorate works out put in anew."""

    def marked(found: re.Match[str]) -> str:
        a, b, name = found.groups()
        blocks = list(markdown.page(mapping(*named(a, b, name))))[1:]
        text = markdown.markdown(blocks, level=1)
        return f"<!-- isorate mapping {a} {b} {name} -->\n\n{text}\n<!-- end -->"

    def rates(found: re.Match[str]) -> str:
        those = shown(found[0])
        return GIVEN.sub(lambda _: _given(next(those)), found[0])

    return BLOCK.sub(rates, MARKED.sub(marked, page))


def _given(one: Shown) -> str:
    return markdown.given(Recipe(read(one.code).call, one.run))


def subjects() -> dict[Path, str]:
    """Return the pages on subjects as they are."""
    return {
        path: text
        for path in sorted(FOLDER.glob("*.md"))
        if MARKED.search(text := path.read_text())
    }


def pages() -> dict[Path, str]:
    """Return every page on mappings, as it should be."""
    known = [d for d in registry.builtin().values() if not d.constructors[0].card.drop_in]
    found = {path: fresh(text) for path, text in subjects().items()}
    index = [HEAD, "## Two dialects\n"]
    for a, b in combinations(known, 2):
        both = [
            markdown.markdown(markdown.overview(x, y, [mapping(c, y.name) for c in x.constructors]))
            for x, y in ((a, b), (b, a))
        ]
        found[FOLDER / f"{a.name}-{b.name}.md"] = "\n".join(both)
        index.append(f"- [{a.title} and {b.title}]({a.name}-{b.name}.md)")
    index.append("\n## torch and MindSpore, subject by subject\n")
    index += [f"- [{_title(text)}]({path.name})" for path, text in subjects().items()]
    found[FOLDER / "README.md"] = "\n".join(index) + "\n"
    return found


def _title(page: str) -> str:
    return page.partition("\n")[0].removeprefix("# ").partition(":")[0]
