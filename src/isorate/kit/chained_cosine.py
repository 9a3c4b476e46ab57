"""The cosine that torch and its likes compute by a recursion: its links, and what it means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from isorate.kit.boundary import Halting
from isorate.schedule.combinators import Join, Shift
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np
from isorate.schedule.libm import exact
from isorate.schedule.shapes import Constant, Cosine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule

    Float64s = NDArray[np.float64]


# --- the recursion ----------------------------------------------------------------------------


def cosine_links(
    T_max: float, t: int, steps: int
) -> tuple[Float64s, NDArray[np.bool_], Halting | None]:
    """Return what links the rate after each of the steps after ``t`` to the rate before it.

    ``lr(t) = q·(lr(t−1) − η) + η``, q = (1+cos(πt/T)) / (1+cos(π(t−1)/T)), except at an anchor: the
    step after a trough, t−1 = T modulo 2T, which adds a rise. Every operation is the Python float64
    one, in torch's order; they are only taken in bulk.

    Returns:
        The ratios q, where the anchors are, and what torch raises at the step after them: where the
        ratio divides by zero, which T_max above 3·10⁸ brings about, or where π·t/T is infinite.

    """
    with np.errstate(all="ignore"):
        at = np.arange(t, t + steps + 1, dtype=np.float64)
        angle = np.pi * at / T_max
        height = 1 + exact("cos", angle)
        anchors = (at[1:] - 1 - T_max) % (2 * T_max) == 0
        ratio = height[1:] / height[:-1]
    failing = ((height[:-1] == 0) | np.isinf(angle[1:])) & ~anchors
    if not failing.any():
        return ratio, anchors, None
    stop = int(failing.argmax())
    halt = (
        Halting("ValueError", f"the cosine of infinity at step {t + stop + 1}")
        if math.isinf(angle[stop + 1])
        else Halting("ZeroDivisionError", "1 + cos underflows to 0 one step before the trough")
    )
    return ratio[:stop], anchors[:stop], halt


def rise_of(base: Any, eta: Any, T_max: Any) -> Any:
    """Return what the step after a trough adds."""
    return (base - eta) * (1 - math.cos(math.pi / T_max)) / 2


def chained_rate(worker: Worker, t: Any, T_max: Any, eta: Any) -> Any:
    """Return the rate of step ``t`` from the one before it: one of the links, or a rise."""
    if (t - 1 - T_max) % (2 * T_max) == 0:
        return worker.lr + rise_of(worker.base, eta, T_max)
    height = 1 + math.cos(math.pi * t / T_max)
    return height / (1 + math.cos(math.pi * (t - 1) / T_max)) * (worker.lr - eta) + eta


# --- what a chained cosine means ---------------------------------------------------------------


def chained_group(held: Any, base: Any, eta: Any, T_max: float, first: int) -> Schedule:
    """Return a mirrored cosine from its step ``first`` on, from the rate that a group holds."""
    lr, base, eta = map(float, (held, base, eta))
    if math.isnan(T_max):
        raise ConvertError("T_max is NaN, and so is every rate", hint="there is no schedule to say")
    T: int | float = abs(T_max)
    if math.isinf(T):
        return Constant(lr)
    if float(T).is_integer():
        T = int(T)
    whole = Cosine(base, eta, T, "mirror")
    phase: Any = first % (2 * T)
    if not isinstance(T, int):
        phase = first  # a fractional period has no whole number of steps to leave out
        if first < 0:
            raise ConvertError("last_epoch < -1 with a fractional T_max has no schedule")
    here = whole.at(phase)
    if math.isclose(lr, here, rel_tol=1e-13, abs_tol=0.0):
        return _shifted(whole, phase)
    fraction = Cosine(1.0, 0.0, T, "mirror")
    if isinstance(T, int) and phase == T:
        rise = fraction.at(T + 1)
        amplitude = (lr - eta) / rise + (base - eta)
        swing = Cosine(eta + amplitude, eta, T, "mirror")
        boundary = (1, 2 * T)
        return Join((Constant(lr), Shift(swing, T + 1), Shift(whole, T)), boundary)
    amplitude = (lr - eta) / fraction.at(phase)
    swing = Cosine(eta + amplitude, eta, T, "mirror")
    if not isinstance(T, int):
        return _shifted(swing, phase)
    trough = T if phase < T else 3 * T
    return Join((_shifted(swing, phase), Shift(whole, T)), (trough - phase,))


def _shifted(of: Schedule, by: int) -> Schedule:
    return Shift(of, by) if by else of
