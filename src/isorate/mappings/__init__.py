"""Mapping pages: what one framework's call is in another's words, shown by runs of both.

A page is generated: signatures, parameters and differences come from the dialects' cards and from
comparing; the outputs beside the code come from the frameworks themselves, recorded by
``tools/record.py`` in the JSON file next to each page's module.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from isorate.core.errors import ReadError

if TYPE_CHECKING:
    from isorate.core.run import Run


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of code that one framework runs, by the name its recorded output goes under.

    Args:
        name: the key of its output.
        framework: ``"torch"`` or ``"mindspore"``.
        code: the code, complete: imports included.
    """

    name: str
    framework: str
    code: str


@dataclass(frozen=True, slots=True)
class Erratum:
    """A statement of the published page that a run contradicts.

    Args:
        where: which editions of the page say it.
        said: what they say, in our words.
        so: what is so.
        shown: the run that shows it.
    """

    where: str
    said: str
    so: str
    shown: Snippet


@dataclass(frozen=True, slots=True)
class Trap:
    """Something a migration stumbles over, with two calls whose comparison shows it.

    Args:
        text: what happens.
        a: the first call.
        b: the second call.
        run: the run over which they are compared.
        tolerance: the share of the peak rate below which a difference is beside the point.
    """

    text: str
    a: str
    b: str
    run: Run
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class MappingPage:
    """Everything a mapping page says that is not generated.

    Args:
        slug: the name of its files.
        a: the dialect of the first side.
        b: the dialect of the second side.
        calls: the example's two calls, with the same inputs on both sides.
        run: the example's run.
        others: further constructors of either side that have to be weighed, and why.
        examples: both sides as code.
        published: the published page's own two examples.
        errata: what the published page states wrongly.
        traps: what a migration stumbles over.
    """

    slug: str
    a: str
    b: str
    calls: tuple[str, str]
    run: Run
    others: tuple[tuple[str, str], ...]
    examples: tuple[Snippet, Snippet]
    published: tuple[Snippet, ...]
    errata: tuple[Erratum, ...]
    traps: tuple[Trap, ...]

    def snippets(self) -> tuple[Snippet, ...]:
        """Return every piece of code on the page."""
        return (*self.examples, *self.published, *(erratum.shown for erratum in self.errata))

    def outputs(self) -> dict[str, str]:
        """Return what the frameworks printed, by snippet.

        Raises:
            ReadError: a snippet was never recorded, or has changed since.
        """
        recorded = self.recorded()
        for snippet in self.snippets():
            entry = recorded["outputs"].get(snippet.name)
            if entry is None or entry["code"] != snippet.code:
                raise ReadError(
                    f"the output of {snippet.name} is not recorded", hint="run tools/record.py"
                )
        return {name: entry["output"] for name, entry in recorded["outputs"].items()}

    def recorded(self) -> dict[str, dict[str, dict[str, str]]]:
        """Return the recording: versions, and code and output of every snippet."""
        text = files(__name__).joinpath(f"{self.slug.replace('-', '_')}.json").read_bytes()
        return msgspec.json.decode(text, type=dict[str, dict[str, dict[str, str]]])


@cache
def pages() -> dict[tuple[str, str], MappingPage]:
    """Return every page by its two dialects; the directory is the registry."""
    modules = [module.name for module in pkgutil.iter_modules(__path__)]
    found = [importlib.import_module(f"{__name__}.{name}").PAGE for name in modules]
    return {(page.a, page.b): page for page in found}


def get(a: str, b: str) -> MappingPage:
    """Return the page for two dialects, in either order.

    Raises:
        ReadError: there is no such page.
    """
    page = pages().get((a, b)) or pages().get((b, a))
    if page is None:
        known = ", ".join(f"{x} {y}" for x, y in pages())
        raise ReadError(f"there is no mapping page for {a} and {b}", hint=f"there is: {known}")
    return page
