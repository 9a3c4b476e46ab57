"""Does a run's log follow its recipe? And where not, which of the known ways did it go?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from os import PathLike, fspath
from os.path import isfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from isorate.checking.arguments import ARGUMENTS
from isorate.checking.evidence import aligned
from isorate.checking.ways import REMADE, RETIMED, Case, Fit
from isorate.checkpoints import is_checkpoint
from isorate.configs.configuration import OpenError
from isorate.given import as_recipe, configured, is_configuration, read, text_of
from isorate.kit.call import Call
from isorate.logs.log import TRAINING, Log, Rates
from isorate.schedule.digits import apart
from isorate.schedule.errors import IsorateError, ReadError
from isorate.schedule.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor

    from isorate.checking.evidence import Alignment, Clock
    from isorate.given import Given
    from isorate.recipe import Recipe

Verdict = Literal["follows", "departs"]

#: The ways in the order in which they are told. Another argument is asked for, which takes longest,
#: where the recipe as it stands explains nothing.
WAYS: Final = ((*RETIMED, *REMADE), ARGUMENTS)

#: So many ways are told of one log.
MOST_TOLD: Final = 6


@dataclass(frozen=True, slots=True)
class Departure:
    """The first rate that is not the recipe's.

    Args:
        update: the update.
        step: what the file calls it.
        group: the file's name of the parameter group.
        logged: the rate in the log.
        expected: the recipe's; NaN where it has none.

    """

    update: int
    step: int
    group: str
    logged: float
    expected: float


@dataclass(frozen=True, slots=True)
class Part:
    """One run in a log, judged by itself.

    Args:
        rows: the first and the last row of it, counted from 1.
        clock: which update a row belongs to.
        groups: for each of the log's groups the recipe's that fits it; -1 for the mean of all.
        rates: how many rates it has.
        agreeing: how many of them agree before the first that departs.
        last: the last update that has a rate.
        planned: how many updates the recipe has, where it says so, or where its schedule ends.
        early: whether the log stops before that.
        ahead: whether its rows hold the next update's rate, which its format does not say.
        batches: of a log that counts batches, how many an update takes.
        further: whether its last row holds the rate that one update more would have had.
        seen: what the rates are: logged, or used where a callback has seen them.
        departure: the first rate that departs.
        ways: the known ways to go wrong that explain all of its rates.

    """

    rows: tuple[int, int]
    clock: Clock
    groups: tuple[int, ...]
    rates: int
    agreeing: int
    last: int
    planned: int | None
    early: bool
    ahead: bool = False
    batches: int = 1
    further: bool = False
    seen: Literal["logged", "used"] = "logged"
    departure: Departure | None = None
    ways: tuple[Fit, ...] = ()
    alignment: Alignment | None = field(default=None, repr=False, compare=False)

    @property
    def follows(self) -> bool:
        """Whether nothing is wrong: all agree, or what explains them is no fault."""
        return self.departure is None or any(not fit.fault for fit in self.ways)

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.departure is None:
            reach = f"to {self.clock.unit} {self.last + 1 - self.further:,}"
            if self.planned is not None:
                past = self.last + 1 - self.further > self.planned
                reach += f", past the end at {self.planned:,}" if past else f" of {self.planned:,}"
            many = "its one rate agrees" if self.rates == 1 else f"all {self.rates:,} rates agree"
            ahead = ", where a row holds the next update's rate" if self.ahead else ""
            if self.further:
                ahead += ", the last of them being that of an update more"
            if self.batches > 1:
                ahead += f", where an update takes {self.batches:,} batches"
            return f"follows, {reach}: {many}{ahead}"
        if self.follows:
            return f"follows but for a lag: {next(f.text for f in self.ways if not f.fault)}"
        at = self.departure
        expected = "the recipe has none"
        shown = apart(at.logged, at.expected) if at.expected == at.expected else apart(at.logged)
        if at.expected == at.expected:
            expected = f"the recipe has {shown[1]}"
        group = f" in {at.group}" if len(self.groups) > 1 else ""
        before = f", after {self.agreeing:,} that agree" if self.agreeing else ""
        return (
            f"departs at {self.clock.unit} {at.update:,}{group}: {shown[0]} is {self.seen}, "
            f"{expected}{before}"
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a run's log follows its recipe.

    Args:
        verdict: ``"follows"`` or ``"departs"``.
        log: what the run left behind.
        recipe: what it was meant to follow.
        parts: the runs in the log, each judged; one where all of it follows.

    """

    verdict: Verdict
    log: Log
    recipe: Recipe
    parts: tuple[Part, ...]

    @property
    def follows(self) -> bool:
        """Whether it does."""
        return self.verdict == "follows"

    @property
    def first(self) -> Part:
        """The part that matters most: the first that departs, or the first of all."""
        return next((part for part in self.parts if not part.follows), self.parts[0])

    @property
    def sentence(self) -> str:
        """The verdict in one sentence, with the way that it went wrong where one is known."""
        part = self.first
        text = part.sentence
        if not part.follows:
            if part.ways:
                text += f"; {part.ways[0].text}"
            else:
                text += "; none of the known ways to go wrong explains all of its rates"
        return f"{text[0].upper()}{text[1:]}."

    def __str__(self) -> str:
        return self.sentence


def check(
    run_files: str | PathLike[str] | Log,
    recipe: Given | PathLike[str] | None = None,
    run: Run | int | None = None,
    *,
    facts: Mapping[str, Any] | None = None,
) -> Finding:
    """Does a run's log follow its recipe?

    A rate agrees that may stand for the recipe's, by the digits that were printed. Which update a
    row belongs to is found out where the file does not say: all of a log's rates have to agree by
    one clock. Where they do not, the known ways to go wrong are tried, and those named that explain
    every rate.

    Args:
        run_files: what the run left behind: a file, a directory, or a log that was read.
        recipe: what it was meant to follow: whatever has rates, as ``compare`` takes it; by default
            the configuration that the run carries.
        run: the loop around the recipe, or its number of updates.
        facts: what a configuration leaves open (``configs.reading.foretell``); a length that
            nobody tells is the one that the log says was planned.

    Returns:
        The finding, whose ``verdict`` is ``"follows"`` or ``"departs"``.

    Raises:
        ReadError: there is no log, it has no rates, or no recipe can be read.
        RunError: something of the run has to be told.

    """
    log = run_files if isinstance(run_files, Log) else _read_log(run_files)
    return judge(log, _meant(recipe, run, facts).by(log))


def check_all(
    runs: Iterable[str | PathLike[str]],
    recipe: Given | PathLike[str] | None = None,
    run: Run | int | None = None,
    *,
    facts: Mapping[str, Any] | None = None,
    executor: Executor | None = None,
) -> Iterator[tuple[str, Finding | IsorateError]]:
    """Check many runs; one that cannot be checked stops no other.

    Args:
        runs: what each of them left behind, as ``check`` takes it; or directories of several.
        recipe: what all of them were meant to follow; by default what each carries itself.
        run: the loop around the recipe, or its number of updates.
        facts: what a configuration leaves open, as ``check`` takes it.
        executor: what works them off, several at a time: of threads, of processes, or of a
            cluster; by default one after another.

    Returns:
        For each run, in their order, its path and the finding, or why there is none.

    Raises:
        ReadError: the recipe cannot be read.
        RunError: so it is with the run.

    Example:
        >>> [(path, str(found)) for path, found in check_all(["no.csv"], [0.1])]
        [('no.csv', 'there is no such file: got no.csv')]

    """
    one = partial(checked, meant=_meant(recipe, run, facts))
    paths = [fspath(path) for path in runs]
    for found in (map if executor is None else executor.map)(one, paths):
        yield from found


@dataclass(frozen=True, slots=True)
class Meant:
    """What runs were meant to follow: a recipe, or what becomes one beside each run's log.

    Args:
        recipe: a recipe that is whole.
        source: a configuration that leaves open how long the run is; where there is none of both,
            each run's own is taken.
        facts: what is told of the run beside a configuration.
        as_: whose configuration it is.
        run: the loop around it.

    """

    recipe: Recipe | None = None
    source: Mapping[str, Any] | str | None = None
    facts: Mapping[str, Any] | None = None
    as_: str | None = None
    run: Run | int | None = None

    def by(self, log: Log) -> Recipe:
        """Return the recipe of a run, by what its log has of it.

        Raises:
            ReadError: it carries no configuration, or one that leaves open what it depends on.

        """
        if self.recipe is not None:
            return self.recipe
        source = self.source or log.beside
        if self.source is None and log.config:  # some stores keep all as text
            source = {key: value for key, value in log.config.items() if value != "None"}
        if source is None:
            hint = "give the recipe: isorate check RUN RECIPE; isorate identify RUN looks for one"
            raise ReadError(f"{log.path} carries no configuration", hint=hint)
        told = {name: value for name, value in (self.facts or {}).items() if value is not None}
        file = isinstance(source, str) and isfile(source)
        content = Path(str(source)).read_bytes() if file else repr(source)
        kept = _Configuration(content, self.as_, repr(told), log.planned, source, told)
        return as_recipe(_of_content(kept), self.run)


def _meant(
    recipe: Given | PathLike[str] | None, run: Run | int | None, facts: Mapping[str, Any] | None
) -> Meant:
    """Return what is given as what a run was meant to follow."""
    if recipe is None:
        return Meant(facts=facts)
    if isinstance(recipe, Mapping) or (isinstance(recipe, PathLike) and is_configuration(recipe)):
        try:
            return Meant(as_recipe(read(recipe, names=facts), run))
        except OpenError:
            source = recipe if isinstance(recipe, Mapping) else fspath(recipe)
            return Meant(source=source, facts=facts, run=run)
    if isinstance(recipe, PathLike) and not is_checkpoint(recipe):
        recipe = text_of(recipe)
    return Meant(as_recipe(recipe, run))


@dataclass(frozen=True, slots=True)
class _Configuration:
    """A configuration, which many runs may have alike, and what is told of the run beside it."""

    content: bytes | str
    as_: str | None
    facts: str
    planned: int | None
    source: Mapping[str, Any] | str = field(compare=False)
    told: Mapping[str, Any] = field(compare=False)


@lru_cache(maxsize=64)
def _of_content(given: _Configuration) -> Recipe:
    """Return the recipe of a configuration; its rates are kept for further runs that have it.

    A length that is left open is the one that the run's log says was planned.
    """
    try:
        return configured(given.source, given.as_, given.told)
    except OpenError:
        if given.planned is None:
            raise
    return configured(given.source, given.as_, {**given.told, "max_steps": given.planned})


def checked(path: str, meant: Meant) -> list[tuple[str, Finding | IsorateError]]:
    """Check what a path leads to; where that is one run, it goes by that path."""
    from isorate.logs.finding import read_logs

    try:
        logs = read_logs(path)
    except IsorateError as error:
        return [(str(path), error)]
    found: list[tuple[str, Finding | IsorateError]] = []
    for log in logs:
        name = str(path) if len(logs) == 1 else log.path
        try:
            found.append((name, judge(log, meant.by(log))))
        except IsorateError as error:
            found.append((name, error))
    return found


def _read_log(path: str | PathLike[str]) -> Log:
    from isorate.logs.finding import read_log

    return read_log(path)


def judge(log: Log, recipe: Recipe) -> Finding:
    """Judge a log by a recipe; its runs one by one, where the whole of it does not follow."""
    if log.counts == "epoch" and not recipe.run.updates_per_epoch:
        recipe = by_epoch(recipe)
    found = aligned(log.groups, log, recipe)
    pieces = [(0, log.groups)] if found[0].follows else list(_runs(log.groups))
    parts = [
        _part(found if len(pieces) == 1 else aligned(groups, log, recipe), log, recipe, start)
        for start, groups in pieces
    ]
    verdict: Verdict = "follows" if all(part.follows for part in parts) else "departs"
    return Finding(verdict, log, recipe, tuple(parts))


def by_epoch(recipe: Recipe) -> Recipe:
    """Return a recipe whose rates are those that epochs end with, where its trainer has such."""
    found = recipe.call.each_epoch() if isinstance(recipe.call, Call) else None
    return recipe if found is None else replace(recipe, call=found[0], run=Run(found[1]))


def _runs(groups: tuple[Rates, ...]) -> Iterator[tuple[int, tuple[Rates, ...]]]:
    """Visit the runs in a log, each from where its steps go back, and the row that it begins at."""
    cuts = [[0, *(np.flatnonzero(np.diff(g.steps) < 0) + 1).tolist(), len(g)] for g in groups]
    if len({len(cut) for cut in cuts}) > 1:
        yield 0, groups
        return
    for number in range(len(cuts[0]) - 1):
        spans = [slice(cut[number], cut[number + 1]) for cut in cuts]
        yield cuts[0][number], tuple(_slice(g, s) for g, s in zip(groups, spans, strict=True))


def _slice(rates: Rates, span: slice) -> Rates:
    parts = {
        name: held[span]
        for name in ("steps", "values", "errors", "skipped")
        if (held := getattr(rates, name)) is not None
    }
    return replace(rates, **parts)


def _part(nearest: list[Alignment], log: Log, recipe: Recipe, start: int) -> Part:
    found = nearest[0]
    ways: tuple[Fit, ...] = ()
    for each in () if found.follows else nearest:
        if fits := explained(recipe, each, log):
            found, ways = each, fits
            break
    updates = [points.updates for points in found.points]
    last = max(int(each.max()) for each in updates)
    planned = recipe.run.updates or recipe.ends_at
    departure: Departure | None = None
    if found.first is not None:
        update, group, at = found.first
        points = found.points[group]
        logged, expected = float(points.values[at]), float(found.rates[group][at])
        step = int(points.steps[at])
        departure = Departure(update, step, points.name, logged, expected)
    return Part(
        rows=(start + 1, start + len(updates[0])),
        clock=found.clock,
        groups=found.groups,
        rates=sum(map(len, updates)),
        agreeing=found.agreeing,
        last=last,
        planned=planned,
        early=planned is not None and last + 1 < planned and last + _usual(found) < planned,
        ahead=log.counts == "update" and found.clock.offset not in log.offsets,
        batches=found.clock.per if log.counts == "batch" else 1,
        further=_further(found, log, last, planned),
        seen="used" if log.format == TRAINING else "logged",
        departure=departure,
        ways=ways,
        alignment=found,
    )


def _further(found: Alignment, log: Log, last: int, planned: int | None) -> bool:
    """Whether a log's last row was written after the last update, with what would have come next.

    That is so where its rows hold the next update's rate, and the last is one past the run's end.
    """
    following = found.clock.offset < max(log.offsets, default=0)
    return log.counts == "update" and last == planned and following


def _usual(found: Alignment) -> int:
    """Return how far the rows of a log usually lie apart, in updates."""
    own = np.unique(found.points[0].updates)
    return int(np.median(np.diff(own))) if len(own) > 1 else 1


def _carried(log: Log) -> Mapping[str, Any] | None:
    """Return the configuration that a log carries, or that lies beside it."""
    from isorate.configs._documents import document

    if log.config is not None or log.beside is None:
        return log.config
    try:
        return document(log.beside).values
    except IsorateError:
        return None


def explained(recipe: Recipe, found: Alignment, log: Log) -> tuple[Fit, ...]:
    """Return the known ways to go wrong that explain all rates, each told once."""
    case = Case(recipe, found, _carried(log))
    if len(case.values) < 2:
        return ()  # one rate speaks for anything
    fits: dict[str, Fit] = {}
    for ways in WAYS:
        for way in ways:
            if way.last and any(fit.way != "skipped" or not fit.fault for fit in fits.values()):
                continue
            try:
                for fit in way.fits(case):
                    fits.setdefault(fit.text, fit)
            except (IsorateError, OverflowError):
                continue  # a recipe that cannot be gone so far, or that no float holds, has none
        if fits:
            break
    return tuple(fits.values())[:MOST_TOLD]
