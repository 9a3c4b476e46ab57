"""Two schedules laid beside each other, update by update, in bounded memory."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from isorate.explanation import Reason, SideFacts, explain, proved
from isorate.given import as_recipe
from isorate.recipe import together
from isorate.schedule.curve import Curve, Halt
from isorate.schedule.digits import apart
from isorate.schedule.errors import CompareError
from isorate.schedule.node import end_of_course

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from isorate.driving import Stream
    from isorate.given import Given
    from isorate.recipe import Recipe
    from isorate.schedule.run import Run

Verdict = Literal["identical", "equal", "diverge", "different"]

#: How far two float64 sides may differ, as a share of the peak rate, and still be equal.
TOLERANCE = {"float64": 1e-12, "float32": 1e-6}


#: What a few roundings make of a rate that holds, as a share of the peak.
ROUNDING = {"float64": 1e-15, "float32": 5e-7}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where and why two schedules differ.

    Args:
        verdict: ``identical`` (same bits), ``equal`` (max |Δ| within the tolerance), ``diverge``
            (equal before ``first_difference``, then not), ``different`` (from update 0).
        run: the run that both sides went through.
        updates: the length of the run.
        tolerance: the largest |Δ| that counts as equal, as a share of the peak rate.
        first_difference: the first update beyond the tolerance, or at which one side has no rate.
        first_bit_difference: the first update whose bits differ.
        max_abs: the largest |Δ| over the updates at which both rates are finite.
        max_rel_peak: ``max_abs`` over the largest finite rate of both sides.
        max_ulp: the largest distance in units in the last place, of the coarser dtype.
        peak: the largest finite rate of both sides.
        proof: what holds at every update, not just the run's, where the verdict is ``equal`` or
            ``identical``: ``identical`` for the same call in the same loop, ``equal`` for one
            meaning that both sides compute each step by itself, else none.
        reasons: structural differences in words, each tied to the arguments that cause it.
        a: facts of the first side.
        b: facts of the second side.
        nan: the side that is NaN first (``"a"``, ``"b"`` or ``"a and b"``) and from which update.
        rates: the rates of both sides at ``first_difference``; none where a side has no rate.
        before: the rates of both sides one update before that.
        end: the update at which the schedules of both sides have come to their end, or are back
            where they began; none where a side has no such update.
        periodic: whether both are back where they began at ``end``, to go on as before.

    """

    verdict: Verdict
    run: Run
    updates: int
    tolerance: float
    first_difference: int | None
    first_bit_difference: int | None
    max_abs: float
    max_rel_peak: float
    max_ulp: int
    peak: float
    proof: Literal["identical", "equal"] | None
    reasons: tuple[Reason, ...]
    a: SideFacts
    b: SideFacts
    nan: tuple[str, int] | None = None
    rates: tuple[float | None, float | None] | None = None
    before: tuple[float, float] | None = None
    end: int | None = None
    periodic: bool = False
    recipes: tuple[Recipe, Recipe] | None = field(default=None, repr=False, compare=False)

    @property
    def equal(self) -> bool:
        """Whether the verdict is ``identical`` or ``equal``."""
        return self.verdict in ("identical", "equal")

    @property
    def proved(self) -> bool:
        """Whether both sides are equal at every update, however long the run."""
        return self.proof is not None

    @property
    def parts_after_its_end(self) -> bool:
        """Whether they are equal to the end of the schedule, and part after it."""
        return self.end is not None and (self.first_difference or 0) > self.end

    @property
    def parting(self) -> tuple[str, str] | None:
        """What each side does at ``first_difference``, in a word or two; none at update 0."""
        if self.before is None or self.rates is None:
            return None
        return (
            _does(self.before[0], self.rates[0], self.peak, self.a.dtype),
            _does(self.before[1], self.rates[1], self.peak, self.b.dtype),
        )

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        return _sentence(self)

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        from isorate.schedule.notebook import sketch, table, thin

        rows: list[tuple[str, object]] = [
            ("verdict", self.sentence),
            ("a", self.a.call),
            ("b", self.b.call),
            ("run", self.run),
            ("max |Δ|", f"{self.max_abs:.3g} ({self.max_rel_peak:.3g} of the peak)"),
            ("max ULP", self.max_ulp),
            *((reason.kind, reason.text) for reason in self.reasons),
        ]
        curves = self.curves(10**5)
        if curves is None:
            return table(rows)
        lines = [c.values.reshape(c.groups, -1)[0].tolist() for c in curves]
        most = max(map(len, lines), default=0)
        shown = thin(most)
        padded = [[*line, *[float("nan")] * (most - len(line))] for line in lines]
        mark = None if self.first_difference is None else self.first_difference / max(most - 1, 1)
        return table(rows) + sketch([[line[k] for k in shown] for line in padded], mark)

    def curves(self, most: int) -> tuple[Curve, Curve] | None:
        """Return both curves for drawing; none where the run is longer than ``most`` updates."""
        if self.recipes is None or self.updates > most:
            return None
        return self.recipes[0].simulated(), self.recipes[1].simulated()


def compare(
    a: Given,
    b: Given,
    run: Run | int | None = None,
    *,
    tolerance: float | None = None,
    progress: Callable[[int], object] | None = None,
) -> Comparison:
    """Compare two schedules over a run and name the first update at which they differ.

    Args:
        a: text, a call, a schedule, a curve, or rates as a list or an array. A call goes through
            its framework's native arithmetic, a schedule through Isorate's own.
        b: the other side.
        run: the loop around both, or its number of updates; without a length, long enough to show
            every end and period, and what comes after.
        tolerance: the largest |Δ| that counts as equal, as a share of the peak rate; by default
            1e-12, or 1e-6 where either side is float32.
        progress: called with the number of updates done.

    Returns:
        The comparison. Runs of any length take constant memory.

    Raises:
        CompareError: the sides have different numbers of parameter groups, or a bad tolerance.
        ReadError, NativeError, RunError: from reading and simulating.

    Example:
        >>> compare("[0.1, 0.1]", [0.1, 0.05], 2).first_difference
        1

    """
    left, right = together(as_recipe(a, run), as_recipe(b, run))
    return compare_recipes(left, right, tolerance=tolerance, progress=progress)


def compare_recipes(
    a: Recipe,
    b: Recipe,
    *,
    tolerance: float | None = None,
    progress: Callable[[int], object] | None = None,
) -> Comparison:
    """Compare two recipes, which may be stepped differently, over the same number of updates."""
    coarse = "float32" if "float32" in (a.dtype, b.dtype) else "float64"
    if tolerance is None:
        tolerance = TOLERANCE[coarse]
    elif not isinstance(tolerance, int | float) or not 0 <= tolerance < float("inf"):
        raise CompareError("the tolerance", required="a finite number >= 0", got=repr(tolerance))
    left, right = a.stream(), b.stream()
    tally = _measure(left, right, tolerance, None, coarse, progress)
    if tally.unsettled(tolerance):
        # the peak came after the first difference was judged: judge again with it
        left, right = a.stream(), b.stream()
        tally = _measure(left, right, tolerance, tally.peak, coarse, progress)
    first = tally.first
    facts = (_facts(a, left.halt), _facts(b, right.halt))
    verdict = tally.verdict()
    proof = proved(a, b)
    if tally.first is not None or (proof == "equal" and tolerance < TOLERANCE["float64"]):
        proof = None
    return Comparison(
        verdict=verdict,
        run=a.run,
        updates=a.run.length,
        tolerance=tolerance,
        first_difference=first,
        first_bit_difference=tally.first_bit,
        max_abs=tally.max_abs,
        max_rel_peak=tally.max_abs / tally.peak if tally.peak else 0.0,
        max_ulp=tally.max_ulp,
        peak=tally.peak,
        proof=proof,
        reasons=explain(a, b, facts, verdict, tally.nan),
        a=facts[0],
        b=facts[1],
        nan=tally.nan,
        rates=tally.rates,
        before=tally.before,
        end=_latest(_end(a), _end(b)),
        periodic=all(r.normal is not None and r.normal.cycle == r.normal.course for r in (a, b)),
        recipes=(a, b),
    )


@dataclass(slots=True)
class _Tally:
    """What a pass over both streams has found so far."""

    peak: float = 0.0
    first: int | None = None
    gap: float = 0.0  # |Δ| there; infinite where one side has no rate
    first_bit: int | None = None
    max_abs: float = 0.0
    max_ulp: int = 0
    nan: tuple[str, int] | None = None  # the side that turns NaN first, and when
    rates: tuple[float | None, float | None] | None = None
    before: tuple[float, float] | None = None  # the rates of the update before the first difference
    last: tuple[NDArray[Any], NDArray[Any]] | None = None  # of every group, where a block ended

    def unsettled(self, tolerance: float) -> bool:
        """Whether a peak found later takes back the first difference."""
        return self.first is not None and self.gap <= tolerance * self.peak

    def rates_before(self, group: int) -> tuple[float, float] | None:
        """Return a group's rates where the last block ended; none before the first."""
        return (
            None if self.last is None else (float(self.last[0][group]), float(self.last[1][group]))
        )

    def verdict(self) -> Verdict:
        if self.first is not None:
            return "different" if self.first == 0 else "diverge"
        return "identical" if self.first_bit is None else "equal"


def _measure(
    left: Stream,
    right: Stream,
    tolerance: float,
    peak: float | None,
    coarse: str,
    progress: Callable[[int], object] | None,
) -> _Tally:
    """Go through both streams once; ``peak`` is the final one, where it is known already."""
    tally = _Tally(peak=peak or 0.0)
    blocks_a, blocks_b = left.blocks(), right.blocks()
    done = 0
    while True:
        a, b = next(blocks_a, None), next(blocks_b, None)
        width = min(0 if a is None else a.shape[1], 0 if b is None else b.shape[1])
        if a is not None and b is not None:
            if a.shape[0] != b.shape[0]:
                raise CompareError(
                    "the sides have different numbers of parameter groups",
                    required="the same number",
                    got=f"{a.shape[0]} and {b.shape[0]}",
                    hint="lr=[0.1, 0.01], or --lr 0.1,0.01, gives a text without an optimizer two",
                )
            _measure_block(tally, a[:, :width], b[:, :width], done, tolerance, coarse)
            if width:
                tally.last = a[:, width - 1], b[:, width - 1]
        ends = (0 if a is None else a.shape[1], 0 if b is None else b.shape[1])
        if ends[0] != ends[1]:
            at = done + width
            if tally.first is None:
                rate_a = None if a is None or ends[0] == width else float(a[0, width])
                rate_b = None if b is None or ends[1] == width else float(b[0, width])
                tally.first, tally.gap, tally.rates = at, float("inf"), (rate_a, rate_b)
                tally.before = tally.rates_before(0)
            if tally.first_bit is None:
                tally.first_bit = at
            for _ in blocks_a if ends[0] < ends[1] else blocks_b:
                pass  # the side that ends says why only when it is asked for more
            return tally
        done += width
        if a is None or b is None:
            return tally
        if progress is not None:
            progress(done)


def _measure_block(
    tally: _Tally, a: NDArray[Any], b: NDArray[Any], start: int, tolerance: float, coarse: str
) -> None:
    """Fold one pair of equally long blocks into the tally."""
    high = float(max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0)))
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(np.subtract(a, b, dtype=np.float64))
        widest = float(gap.max(initial=0.0))
    clean = widest - widest == 0 and high - high == 0  # no NaN and no infinity in the block
    if clean:
        tally.peak = max(tally.peak, high)
        tally.max_abs = max(tally.max_abs, widest)
        finite = None
    else:
        finite = np.isfinite(a) & np.isfinite(b)
        for side in (a, b):
            tally.peak = max(tally.peak, float(np.abs(side[np.isfinite(side)]).max(initial=0.0)))
        tally.max_abs = max(tally.max_abs, float(gap[finite].max(initial=0.0)))
        if tally.nan is None:
            tally.nan = _first_nan(a, b, start)
        same = (np.isnan(a) & np.isnan(b)) | (a == b)
        gap = np.where(same, 0.0, np.where(finite, gap, np.inf))
    turned = np.signbit(a) != np.signbit(b)  # of two zeros only one may be negative
    if widest == 0 and clean and a.dtype == b.dtype and not turned.any():
        return
    if tally.first is None:
        over = (gap > tolerance * tally.peak).any(axis=0)
        if over.any():
            at = int(over.argmax())
            group = int(gap[:, at].argmax())
            tally.first, tally.gap = start + at, float(gap[group, at])
            tally.rates = (float(a[group, at]), float(b[group, at]))
            tally.before = (
                (float(a[group, at - 1]), float(b[group, at - 1]))
                if at
                else tally.rates_before(group)
            )
    distance = _ulps(a, b, coarse, finite)
    tally.max_ulp = max(tally.max_ulp, int(distance.max(initial=0)))
    if tally.first_bit is None:
        bits = (gap != 0) | (turned & (a == b))
        if bits.any():
            tally.first_bit = start + int(bits.any(axis=0).argmax())


def _first_nan(a: NDArray[Any], b: NDArray[Any], start: int) -> tuple[str, int] | None:
    """Return which side is NaN first, and at which update."""
    missing = [np.isnan(side).any(axis=0) for side in (a, b)]
    either = missing[0] | missing[1]
    if not either.any():
        return None
    at = int(either.argmax())
    sides = [name for name, side in zip("ab", missing, strict=True) if side[at]]
    return " and ".join(sides), start + at


def _ulps(
    a: NDArray[Any], b: NDArray[Any], coarse: str, finite: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """Return how many numbers of the coarser dtype lie between the rates."""
    if coarse == "float32":
        with np.errstate(over="ignore"):
            order_a, order_b = (_ordered(x.astype(np.float32).view(np.int32)) for x in (a, b))
    else:
        order_a, order_b = _ordered(a.view(np.int64)), _ordered(b.view(np.int64))
    distance = np.abs(order_a - order_b)
    return distance if finite is None else np.where(finite, distance, 0)


def _ordered(bits: NDArray[Any]) -> NDArray[np.int64]:
    """Map the bits of floats to integers in the floats' own order."""
    lowest = np.iinfo(bits.dtype).min
    if not (bits < 0).any():
        return bits.astype(np.int64, copy=False)
    wide = bits.astype(np.int64)
    return np.where(wide < 0, np.int64(lowest) - wide, wide)


def _facts(recipe: Recipe, halt: Halt | None) -> SideFacts:
    return SideFacts(recipe.dialect, recipe.code, recipe.dtype, halt, recipe.trainer)


def _sentence(c: Comparison) -> str:
    over = f"over {c.updates:,} update{'s' if c.updates != 1 else ''}"
    every = "at every update, however long the run"
    if c.verdict == "identical":
        if c.proof == "identical":
            return f"Identical {every}: the same bits."
        same = "the same bits" if c.a.dtype == c.b.dtype else "the same numbers"
        return f"Identical {over}: {same}." + (f" Equal {every}." if c.proved else "")
    if c.verdict == "equal":
        return f"Equal {every}; {over} {_gap(c)}." if c.proved else f"Equal {over}: {_gap(c)}."
    names = [side.name or "the given side" for side in (c.a, c.b)]
    if names[0] == names[1]:
        names = ["a", "b"]
    first = c.first_difference or 0
    known = [rate for rate in c.rates or () if rate is not None]
    shown = iter(apart(*known))
    what = " and ".join(
        f"{name} uses {next(shown)}" if rate is not None else f"{name} {_why(side.halt)}"
        for name, rate, side in zip(names, c.rates or (None, None), (c.a, c.b), strict=True)
    )
    if c.verdict == "different":
        return f"Different from update 0 on: {what}."
    if c.parts_after_its_end and c.parting is not None:
        ended = f"the schedule's end at update {c.end:,}"
        if c.periodic:
            ended = f"the end of the first cycle at update {c.end:,}"
        does = ", ".join(f"{n} {d}" for n, d in zip(names, c.parting, strict=True))
        if c.parting[0] == c.parting[1]:
            does = "they part"
        return f"Equal to {ended}; after it {does}: at update {first:,} {what}."
    return f"Equal up to update {first - 1:,}, then they part: at update {first:,} {what}."


def _gap(c: Comparison) -> str:
    """Return the largest difference in words."""
    if c.max_abs == 0:
        return "they differ in nothing but the sign of zeros"
    if c.max_rel_peak == 0:  # less of the peak than float64 holds
        return f"they differ by at most {c.max_abs:.1e}"
    return f"they differ by at most {c.max_rel_peak:.1e} of the peak rate"


def _latest(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else max(a, b)


def _end(recipe: Recipe) -> int | None:
    """Return the update at which a side's course is over; of given rates, the last one."""
    if isinstance(recipe.call, Curve):
        return recipe.call.updates - 1 if recipe.call.updates else None
    return None if recipe.normal is None else end_of_course(recipe.normal)


def _does(before: float, rate: float | None, peak: float, dtype: str) -> str:
    """Return what a rate does from one update to the next, in a word or two."""
    least = ROUNDING[dtype] * peak
    if rate is None:
        return "ends"
    if rate != rate:
        return "turns NaN"
    if abs(rate - before) <= least:
        return "holds"
    if rate < before:
        return "falls"
    return "climbs again" if before < peak - least else "climbs"


def _why(halt: Halt | None) -> str:
    if halt is None or not hasattr(builtins, halt.error):  # a word of Isorate's own
        return "has no rate"
    return f"raises {halt.error}"
