"""Mapping pages: what one framework's calls are in another's words, a page a subject.

A page is generated: signatures, parameters, code, conversions and differences come from the
dialects' cards and from comparing. What the frameworks gave stands beside it; ``tools/record.py``
records that in the JSON file next to each page's module, and checks it.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from isorate.mappings import _programs
from isorate.reading.reader import read
from isorate.schedule.errors import ReadError
from isorate.schedule.nearest import did_you_mean
from isorate.simulation import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.kit.call import Call
    from isorate.schedule.run import Run

#: A trap that takes more updates than this is worked out, and not recorded beside.
LONGEST_RECORDED = 16


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
class Driven:
    """A call that is stepped through a run by its framework, by the name of its recorded rates.

    Args:
        name: the key of its rates.
        framework: the framework that it runs in.
        code: the call's text, as it is given.
        run: the run.

    """

    name: str
    framework: str
    code: str
    run: Run


@dataclass(frozen=True, slots=True)
class Example:
    """The same schedule as a call of either side.

    Args:
        a: the first side's call.
        b: the second side's; none where it has no counterpart but the plain list of rates.
        run: the loop around both.

    """

    a: str
    b: str | None
    run: Run

    def calls(self) -> tuple[Call, Call]:
        """Return both calls."""
        a = read(self.a)
        return a, read(self.b or str(simulate(a, self.run).values.tolist()))


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
class Shown:
    """Something a migration stumbles over that no curve shows, with code that does."""

    text: str
    snippet: Snippet


@dataclass(frozen=True, slots=True)
class MappingPage:
    """Everything a mapping page says that is not generated.

    Args:
        subject: the name of the page and its files.
        title: its heading.
        says: the correspondence, in a sentence or two.
        history: what MindSpore's own documentation had on it.
        examples: the same schedules on both sides, the most important one first.
        others: further constructors of either side that have to be weighed, and why.
        traps: what a migration stumbles over.
        shown: what it stumbles over besides.
        published: the published page's own examples.
        errata: what the published page states wrongly.
        a: the dialect of the first side.
        b: the dialect of the second side.

    """

    subject: str
    title: str
    says: str
    history: str
    examples: tuple[Example, ...]
    others: tuple[tuple[str, str], ...]
    traps: tuple[Trap, ...]
    shown: tuple[Shown, ...] = ()
    published: tuple[Snippet, ...] = ()
    errata: tuple[Erratum, ...] = ()
    a: str = "torch"
    b: str = "mindspore"

    def programs(self, index: int) -> tuple[Snippet, Snippet]:
        """Return an example's two sides as code that prints the rates."""
        example = self.examples[index]
        a, b = example.calls()
        return (
            Snippet(f"example-{index + 1}-{self.a}", self.a, _programs.program(a, example.run)),
            Snippet(f"example-{index + 1}-{self.b}", self.b, _programs.program(b, example.run)),
        )

    def driven(self, trap: Trap) -> tuple[Driven, ...]:
        """Return what the frameworks are made to do for a trap: nothing, where it takes long."""
        if trap.run.length > LONGEST_RECORDED:
            return ()
        number = self.traps.index(trap) + 1
        return tuple(
            Driven(f"trap-{number}-{side}", read(text).card.runs_in, text, trap.run)
            for side, text in (("a", trap.a), ("b", trap.b))
        )

    def snippets(self) -> Iterator[Snippet | Driven]:
        """Visit everything on the page that a framework runs."""
        for index in range(len(self.examples)):
            yield from self.programs(index)
        yield from self.published
        for trap in self.traps:
            yield from self.driven(trap)
        yield from (thing.snippet for thing in self.shown)
        yield from (erratum.shown for erratum in self.errata)

    def outputs(self) -> dict[str, str]:
        """Return what the frameworks gave, by snippet.

        Raises:
            ReadError: a snippet was never recorded, or has changed since.

        """
        recorded = self.recorded()["outputs"]
        for snippet in self.snippets():
            entry = recorded.get(snippet.name)
            if entry is None or entry["code"] != snippet.code:
                raise ReadError(
                    f"the output of {snippet.name} ({self.subject}) is not recorded",
                    hint="run tools/record.py",
                )
        return {name: entry["output"] for name, entry in recorded.items()}

    def recorded(self) -> dict[str, dict[str, dict[str, str]]]:
        """Return the recording: versions, and code and output of every snippet."""
        text = files(__name__).joinpath(f"{self.subject.replace('-', '_')}.json").read_bytes()
        return msgspec.json.decode(text, type=dict[str, dict[str, dict[str, str]]])


@cache
def pages() -> dict[str, MappingPage]:
    """Return every page by its subject; the directory is the registry."""
    modules = [m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")]
    found = [importlib.import_module(f"{__name__}.{name}").PAGE for name in modules]
    return {page.subject: page for page in found}


def between(a: str, b: str) -> list[MappingPage]:
    """Return the pages for two dialects, in either order.

    Raises:
        ReadError: there is none.

    """
    found = [page for page in pages().values() if {page.a, page.b} == {a, b}]
    if not found:
        known = sorted({f"{page.a} {page.b}" for page in pages().values()})
        raise ReadError(
            f"there is no mapping page for {a} and {b}",
            hint=did_you_mean(f"{a} {b}", known) or f"there is: {', '.join(known)}",
        )
    return found


def get(a: str, b: str, subject: str) -> MappingPage:
    """Return the page for two dialects on a subject.

    Raises:
        ReadError: there is no such page.

    """
    known = {page.subject: page for page in between(a, b)}
    if subject not in known:
        raise ReadError(
            f"there is no mapping page on {subject}",
            hint=did_you_mean(subject, known) or f"there is: {', '.join(known)}",
        )
    return known[subject]
