"""What a formula computes with over arrays: NumPy, and Python's own functions of each element."""

from __future__ import annotations

import math
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.schedule.namespace import SCALAR, exact_product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray


def _of_each(function: Callable[..., float], *arguments: Any) -> NDArray[np.float64]:
    """Return a function's value of every element."""
    shape = np.broadcast_shapes(*map(np.shape, arguments))
    values = map(function, *(_listed(argument, shape) for argument in arguments))
    return np.fromiter(values, np.float64, math.prod(shape)).reshape(shape)


def _listed(argument: Any, shape: tuple[int, ...]) -> Iterable[Any]:
    """Return the elements of an argument one after another, as Python has them."""
    if np.ndim(argument) == 0:
        return repeat(argument)
    listed: list[Any] = np.broadcast_to(argument, shape).ravel().tolist()
    return listed


def _quick(function: Callable[..., float], careful: Callable[..., float]) -> Any:
    """Return a function of arrays that asks the careful one only where the other one raises."""

    def of_each(*arguments: Any) -> NDArray[np.float64]:
        try:
            return _of_each(function, *arguments)
        except (OverflowError, ValueError):
            return _of_each(careful, *arguments)

    return staticmethod(of_each)


class ArrayNamespace:
    """NumPy, with tables turned into arrays once."""

    pi = np.pi
    sin = staticmethod(np.sin)
    exp = staticmethod(np.exp)
    expm1 = staticmethod(np.expm1)
    log = staticmethod(np.log)
    log1p = staticmethod(np.log1p)
    power = staticmethod(np.power)
    frexp = staticmethod(np.frexp)
    minimum = staticmethod(np.minimum)
    maximum = staticmethod(np.maximum)
    where = staticmethod(np.where)
    of_each = staticmethod(_of_each)
    exact_product = staticmethod(exact_product)

    def __init__(self) -> None:
        self._arrays: dict[int, tuple[object, NDArray[np.float64]]] = {}

    def take(self, values: tuple[float, ...], index: NDArray[np.int64]) -> NDArray[np.float64]:
        """Look an array of indices up in a tuple."""
        if id(values) not in self._arrays:  # the tuple is kept with its array, and so its id is too
            self._arrays[id(values)] = (values, np.asarray(values, dtype=np.float64))
        return self._arrays[id(values)][1][index]

    @staticmethod
    def ldexp(m: Any, e: Any) -> Any:
        """Return ``m·2**e``."""
        return np.ldexp(m, np.clip(e, -9999, 9999).astype(np.int32))

    @staticmethod
    def sizes(x: Any) -> tuple[float, float]:
        """Return the least and the greatest absolute value."""
        if isinstance(x, float):
            return abs(x), abs(x)
        size = np.abs(np.asarray(x, np.float64))
        return float(size.min(initial=math.inf)), float(size.max(initial=0.0))

    @staticmethod
    def mended(rate: Any, fine: Any, t: Any, again: Callable[[Any], Any]) -> Any:
        """Compute the rates anew that are not fine; of columns, those of their updates."""
        if np.all(fine):
            return rate
        if np.ndim(t) == 0:
            return np.where(fine, rate, again(t))
        mended = np.array(rate)
        fine = np.broadcast_to(fine, mended.shape)
        lost = ~fine if fine.ndim == 1 else ~fine.all(axis=-1)
        mended[lost] = np.where(fine[lost], mended[lost], again(t[lost]))
        return mended

    @staticmethod
    def searchsorted(boundaries: tuple[int, ...], t: NDArray[Any]) -> NDArray[np.int64]:
        """Count the boundaries that are not above each update."""
        return np.searchsorted(np.asarray(boundaries, dtype=np.int64), t, side="right")

    @staticmethod
    def present(indices: Any, starts: Any) -> Iterator[int]:
        """Visit the indices that are there."""
        least, most = indices.min(initial=len(starts)), indices.max(initial=-1)
        return (index for index in range(int(least), int(most) + 1) if (indices == index).any())


class ExactNamespace(ArrayNamespace):
    """NumPy's arithmetic, which is IEEE's, and Python's elementary functions of each element.

    A formula has the bits of ``schedule.at`` in it, and may have columns for rates where ``t`` is a
    column or a single update.
    """

    sin = staticmethod(partial(_of_each, SCALAR.sin))
    exp = _quick(math.exp, SCALAR.exp)
    expm1 = staticmethod(partial(_of_each, SCALAR.expm1))
    log = staticmethod(partial(_of_each, SCALAR.log))
    log1p = staticmethod(partial(_of_each, SCALAR.log1p))
    power = _quick(math.pow, SCALAR.power)

    def take(self, values: Any, index: Any) -> NDArray[np.float64]:
        """Look steps up in rates, or in columns of rates."""
        columns = bool(values) and isinstance(values[0], np.ndarray)
        return super().take(values, index[:, 0] if columns and np.ndim(index) else index)
