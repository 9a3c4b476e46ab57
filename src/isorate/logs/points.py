"""Points: rates gathered from a file, their printed precision, and the runs among them."""

from __future__ import annotations

import re
from array import array
from functools import lru_cache
from itertools import pairwise, repeat, zip_longest
from math import isfinite
from operator import add, sub
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from isorate.logs.log import Rates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.logs.log import Values

#: More points of a group are not read: they would not fit into memory that anyone expects.
MOST_POINTS: Final = 4_000_000
#: More groups than that are no parameter groups.
MOST_GROUPS: Final = 1000
#: A step that falls more often than that does not count updates.
MOST_RUNS: Final = 500
#: The digits with which a float64 is told from any other.
ALL_DIGITS: Final = 15
#: So many printed numbers are looked at together.
CHUNK: Final = 4096
#: With so few digits in the whole file a rate was not rounded: it is what somebody wrote.
WRITTEN_DIGITS: Final = 2
#: Nobody writes a schedule of so many rates by their last digit alone.
FEWEST_NEIGHBOURS: Final = 4

_RATE = re.compile(r"(?<![a-z])(lr|lrs|learning[ _-]?rates?|learningrate)(?![a-z])", re.IGNORECASE)
#: A line that is a number: what stands before its point, behind it, and in its exponent.
_NUMBER = re.compile(r"^[+-]?(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,3}))?$", re.MULTILINE)
_NO_RATE = re.compile(
    r"momentum|decay|loss|grad|base|init|(?<![a-z])(min|max|peak|end|final|start)(?![a-z])|scale|"
    r"mult|sched|ratio|factor|warm|beta|eps|norm|step|time|policy|type|name",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_rate(name: str) -> bool:
    """Whether a column, tag or key of that name holds learning rates that were used.

    Example:
        >>> [is_rate(name) for name in ("lr-AdamW/pg1", "train/learning_rate", "base_lr", "lrate")]
        [True, True, False, False]

    """
    return bool(_RATE.search(name)) and not _NO_RATE.search(_RATE.sub("", name))


class Digits(NamedTuple):
    """How a number was printed."""

    significant: int
    last: int
    """The power of ten of its last digit."""
    decimals: int
    """The digits after the point."""
    padded: bool
    """Whether they end in a zero that a number printed in full would not have."""


def digits(text: str) -> Digits:
    """Return how a number was printed.

    Example:
        >>> digits("4.50e-05")
        Digits(significant=3, last=-7, decimals=2, padded=True)

    """
    mantissa, _, power = text.lower().partition("e")
    if "_" in mantissa:
        mantissa = mantissa.replace("_", "")
    whole, _, decimals = mantissa.strip().partition(".")
    count = len(decimals)
    significant = min(len(f"{whole}{decimals}".lstrip("+-0")), 99)
    exponent = max(-400, min(400, int(power))) if power else 0
    padded = decimals[-1:] == "0" and (count > 1 or bool(power))
    return Digits(significant, exponent - min(count, 400), count, padded)


class _Column:
    """The points of one name."""

    def __init__(self) -> None:
        self.steps = array("q")
        self.skipped = array("q")  # empty as long as none was
        self.values = array("d")
        self.significant = 0
        self.last = array("q")
        self.decimals: set[int] = set()
        self.padded = False
        self.exact = False

    def take(self, steps: Sequence[int], values: Sequence[float], skipped: Sequence[int]) -> None:
        if any(skipped) and not self.skipped:
            self.skipped.frombytes(bytes(8 * len(self.steps)))
        if self.skipped or any(skipped):
            self.skipped.extend(skipped or [0] * len(steps))
        self.steps.extend(steps)
        self.values.extend(values)

    def printed(self, texts: Sequence[str]) -> None:
        """Take how numbers were printed; where one has all digits, nobody asks for the others'."""
        for start in range(0, len(texts), CHUNK):
            some = texts[start : start + CHUNK]
            # the longest is likely to have all digits where any has
            if self.exact or digits(max(some, key=len)).significant >= ALL_DIGITS:
                self.exact = True
                return
            self._digits_of(some)

    def _digits_of(self, texts: Sequence[str]) -> None:
        parts = _NUMBER.findall("\n".join(texts))
        if len(parts) != len(texts):  # what is said in an unusual way is looked at by itself
            found = list(map(digits, texts))
            significant = max(each.significant for each in found)
            last: Iterable[int] = [each.last for each in found]
            many = [each.decimals for each in found]
            padded = any(each.padded for each in found)
        else:  # a million of them: each step is one call for all
            wholes, fractions, powers = zip(*parts, strict=True)
            shown = map(str.lstrip, map(add, wholes, fractions), repeat("0"))
            significant = max(map(len, shown))
            many = list(map(len, fractions))
            exponents = {power: max(int(power or 0), -400) for power in set(powers)}
            last = map(sub, map(exponents.__getitem__, powers), many)
            padded = any(map(str.endswith, fractions, repeat("0"))) and any(
                fraction[-1:] == "0" and (len(fraction) > 1 or power != "")
                for _, fraction, power in parts
            )
        self.significant = max(self.significant, significant)
        self.exact = self.significant >= ALL_DIGITS
        self.last.extend(last)
        self.decimals.update(many)
        self.padded = self.padded or padded

    def errors(self, least: int) -> tuple[Values, bool]:
        """Return how far each printed number may be off, and whether that was guessed.

        A column printed with as many decimals everywhere has half a unit of the last. One that
        leaves zeros out (``%g``, ``round``) was rounded to the most digits that any number of it
        shows, or to the most decimals; the larger of both is taken. With one digit or two it was
        not rounded, unless neighbours of its last digit follow each other.
        """
        values = np.frombuffer(self.values)
        zeros = np.zeros(len(values))
        if not self.last or self.exact:
            return zeros, False
        significant = max(self.significant, least)
        last = np.frombuffer(self.last, np.int64).astype(np.float64)
        if len(self.decimals) == 1 and self.padded and len(last) == len(values):
            return 0.5 * 10.0**last, False
        if significant <= WRITTEN_DIGITS:
            if (
                len(self.decimals) == 1
                and len(last) == len(values)
                and _neighbours(values / 10.0**last)
            ):
                return 0.5 * 10.0**last, False
            return zeros, True
        sizes = np.abs(values)
        powers = np.floor(np.log10(sizes, out=np.full(len(values), -400.0), where=sizes > 0))
        return 0.5 * np.maximum(10.0 ** (powers - significant + 1), 10.0 ** last.min()), False


def _neighbours(units: Values) -> bool:
    """Whether counts of the last digit go through so many neighbours that they were rounded."""
    several = np.unique(np.rint(units))
    return len(several) >= FEWEST_NEIGHBOURS and bool((np.diff(several) == 1).any())


class Points:
    """Rates as they come out of a file, by name.

    Args:
        wanted: the names to keep, where the user says them; else what is named as a rate is kept.
        least: the least number of digits that the writer prints a number with.

    """

    def __init__(self, wanted: Sequence[str] = (), *, least: int = 0) -> None:
        self.wanted = tuple(wanted)
        self._least = least
        self._columns: dict[str, _Column] = {}
        self._not_finite: dict[str, int] = {}
        self.notes: list[str] = []
        self.full = False
        #: The decimals that all rates were rounded to, where the writer is known to.
        self.decimals: int | None = None

    def keeps(self, name: str) -> bool:
        """Whether points of that name are kept."""
        return name in self.wanted if self.wanted else is_rate(name)

    def add(self, name: str, step: int, value: float | str, skipped: int = 0) -> None:
        """Take a rate; a text is what was printed of it. What is no number is left out."""
        try:
            rate = float(value)
        except (ValueError, OverflowError):
            return
        if not isfinite(rate):
            self._not_finite.setdefault(name, step)
            return
        column = self._column(name)
        if column is None or not -(2**62) < step < 2**62:
            return
        column.take((step,), (rate,), (skipped,))
        if isinstance(value, str):
            column.printed((value,))

    def add_all(
        self,
        name: str,
        steps: Sequence[int],
        given: Sequence[str] | Sequence[float],
        skipped: Sequence[int] = (),
    ) -> None:
        """Take many rates of one name, all of them numbers or all of them printed."""
        column = self._column(name)
        try:
            values = array("d", map(float, given))
        except (ValueError, OverflowError):
            column = None
        if (
            column is None
            or not all(map(isfinite, values))
            or len(column.steps) + len(steps) >= MOST_POINTS
            or not -(2**62) < min(steps, default=0) <= max(steps, default=0) < 2**62
        ):
            for at, step in enumerate(steps):
                self.add(name, step, given[at], skipped[at] if skipped else 0)
            return
        column.take(steps, values, skipped)
        if given and isinstance(given[0], str):
            column.printed(given)  # type: ignore[arg-type]

    def extend(self, name: str, steps: NDArray[np.int64], values: Values) -> None:
        """Take many rates that were not printed."""
        column = self._column(name)
        finite = np.isfinite(values)
        if not finite.all():
            self._not_finite.setdefault(name, int(steps[~finite][0]))
        if column is not None:
            column.steps.frombytes(steps[finite].tobytes())
            column.values.frombytes(values[finite].tobytes())

    def recount(self, count: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> None:
        """Change what the steps of each name count."""
        for column in filter(lambda each: each.steps, self._columns.values()):
            column.steps = array("q", count(np.frombuffer(column.steps, np.int64)).tolist())

    @property
    def names(self) -> list[str]:
        """The names of the groups, in the order of their numbers."""
        filled = (name for name, column in self._columns.items() if column.steps)
        return sorted(filled, key=_natural)

    def _column(self, name: str) -> _Column | None:
        column = self._columns.get(name)
        if column is None:
            if len(self._columns) >= MOST_GROUPS:
                return None
            column = self._columns[name] = _Column()
        if len(column.steps) >= MOST_POINTS:
            if not self.full:
                self.notes.append(f"Only the first {MOST_POINTS:,} rates of {name} are read.")
            self.full = True
            return None
        return column

    def runs(self, dtype: str | None = None) -> Iterator[tuple[tuple[Rates, ...], list[str]]]:
        """Visit each run's groups, and what there is to say of it.

        Args:
            dtype: what the file holds rates in, where its format says so.

        """
        notes = list(self.notes)
        notes += [
            f"{name} is not finite at step {step}; what is not finite is left out."
            for name, step in self._not_finite.items()
        ]
        for parts in zip_longest(*(self._cut(name, dtype) for name in self.names)):
            found = [part for part in parts if part is not None]
            told = [note for part in found for note in part[1]]
            yield tuple(part[0] for part in found), list(dict.fromkeys(told + notes))

    def _cut(self, name: str, dtype: str | None) -> list[tuple[Rates, list[str]]]:
        """Return the runs of one column: where the steps begin anew, another one does."""
        column = self._columns[name]
        errors, guessed = column.errors(self._least)
        if self.decimals is not None:
            errors = np.maximum(errors, 0.5 * 10.0**-self.decimals)
        steps = np.frombuffer(column.steps, np.int64)
        values = np.frombuffer(column.values)
        skipped = np.frombuffer(column.skipped, np.int64)
        if dtype is None:
            dtype = "float64" if errors.any() or not _float32(values) else "float32"
        runs = []
        for start, end in pairwise([*_starts(steps), len(steps)]):
            part = slice(start, end)
            lost = skipped[part] if column.skipped and skipped[part].any() else None
            rates = Rates(name, steps[part], values[part], errors[part], dtype, lost)
            notes = list(_notes(name, rates.steps))
            if guessed:
                notes.append(f"{name} has at most {WRITTEN_DIGITS} digits: taken as exact.")
            runs.append((rates, notes))
        return runs


def _starts(steps: NDArray[np.int64]) -> list[int]:
    """Return where runs begin: at a step that is not after the first one of the run before."""
    starts = [0]
    if not (steps[1:] < steps[:-1]).any():
        return starts
    for fall in (np.flatnonzero(steps[1:] < steps[:-1]) + 1).tolist():
        if steps[fall] <= steps[starts[-1]]:
            starts.append(fall)
    return starts if len(starts) <= MOST_RUNS else [0]


def _notes(name: str, steps: NDArray[np.int64]) -> Iterator[str]:
    """Visit what is unusual in the steps of a run."""
    strides = steps[1:] - steps[:-1]
    if len(strides) == 0 or (strides[0] > 0 and (strides == strides[0]).all()):
        return
    falls = np.flatnonzero(strides < 0)
    for fall in falls.tolist() if len(falls) <= 3 else ():
        before, after = steps[fall : fall + 2].tolist()
        yield f"{name} goes back from step {before} to {after}: the run was resumed there."
    if len(falls) > 3:
        yield f"{name} goes back {len(falls)} times: was it written by several runs at once?"
    if repeated := int((strides == 0).sum()):
        yield f"{name} has {repeated} steps more than once; all of them are kept."
    if len(strides) > 10:
        usual = int(np.median(strides))
        gaps = np.flatnonzero(strides > max(usual, 1))
        if 0 < len(gaps) <= len(strides) // 10:
            before, after = steps[gaps[0] : gaps[0] + 2].tolist()
            more = f", and {len(gaps) - 1} more such gaps" if len(gaps) > 1 else ""
            yield f"{name} has no rates between steps {before} and {after}{more}."


def _float32(values: Values) -> bool:
    """Whether numbers are what float32 has, and look as if it were so: 0.0010000000474974513."""
    if not len(values) or array("f", values[:1].tolist())[0] != values[0]:
        return False  # one is enough to tell most
    with np.errstate(over="ignore"):
        if not (values.astype(np.float32) == values).all():
            return False
    return any(len(repr(value)) > 12 for value in values[:1000].tolist())


def _natural(name: str) -> list[tuple[int, str]]:
    """Return what sorts names with numbers in them as people do: pg2 before pg10."""
    return [
        (int(part), "") if part.isdigit() and len(part) < 20 else (-1, part)
        for part in re.split(r"(\d+)", name)
    ]
