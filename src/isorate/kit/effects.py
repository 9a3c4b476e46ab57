"""What consecutive steps of a scheduler do to the rate that a parameter group holds.

A scheduler that is stepped by hand turns the rate it finds into the next one. Written as *moves*,
its steps can be run in bulk where it is alone, and one at a time where others step in between.
Rates are Python floats, or ``Float32`` where a float32 tensor holds them: then every operation
rounds to float32, and so does every Python number that takes part in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

import msgspec
from msgspec.structs import replace

from isorate.kit.boundary import LIMIT, Halting
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    Rates = NDArray[np.floating[Any]]
    #: A Python float, or a Float32.
    Rate = Any

#: Below this many steps a bare loop is faster than an accumulated product.
SHORT = 16


class Moves(Protocol):
    """The moves of consecutive steps, one for each; ``halt`` is what ends them early."""

    @property
    def halt(self) -> Halting | None:
        """What the framework raises at the step after the last of these, if anything."""

    def __len__(self) -> int:
        """The number of steps."""

    def rates(self, lr: Rate) -> Rates:
        """Return the rate after each step, from the one before the first."""

    def one(self, step: int, lr: Rate) -> Rate:
        """Return the rate after one of the steps, from the one before it."""

    def cut(self, start: int, stop: int) -> Moves:
        """Return some of the steps."""


def rounding(lr: Rate) -> type[np.floating[Any]]:
    """Return the type that a rate is held in."""
    if type(lr) is float or not isinstance(lr, np.float32):
        return np.float64
    from isorate.kit.float32_number import Float32

    return Float32


def next_rate(moves: Moves, lr: Rate) -> Rate:
    """Return the rate after the only step, or raise what it raises."""
    if len(moves):
        return moves.one(0, lr)
    assert moves.halt is not None
    raise moves.halt


class _Listed(msgspec.Struct, frozen=True):
    """Something of its own for each step, and what is raised after the last of them."""

    of: Any
    halt: Halting | None = None

    def __len__(self) -> int:
        return len(self.of)

    def cut(self, start: int, stop: int) -> Self:
        """Return some of the steps."""
        return type(self)(self.of[start:stop], self.halt if stop >= len(self) else None)


class Factors(_Listed, frozen=True):
    """Each step multiplies the rate by a number."""

    def rates(self, lr: Rate) -> Rates:
        """Multiply from left to right, each product rounded once."""
        real = rounding(lr)
        return np.multiply.accumulate(np.concatenate(([lr], self.of)).astype(real), dtype=real)[1:]

    def one(self, step: int, lr: Rate) -> Rate:
        """Multiply once."""
        return lr * float(self.of[step])


class Values(_Listed, frozen=True):
    """Each step sets the rate, whatever it was."""

    def rates(self, lr: Rate) -> Rates:
        """Return the values, rounded as the group holds them."""
        rates: Rates = self.of.astype(rounding(lr), copy=False)
        return rates

    def one(self, step: int, lr: Rate) -> Rate:
        """Return one value."""
        return scalar(self.of[step].astype(rounding(lr)))


class Links(msgspec.Struct, frozen=True):
    """Each step scales the distance to a floor, ``q[i]·(lr−η) + η``, or adds ``rise`` at an anchor.

    Args:
        q: the ratios.
        anchors: where ``rise`` is added instead.
        floor: η.
        rise: what an anchor adds, in the dtype of the rates.

    """

    q: Rates
    anchors: NDArray[np.bool_]
    floor: float
    rise: Rate
    halt: Halting | None = None

    def __len__(self) -> int:
        return len(self.q)

    def rates(self, lr: Rate) -> Rates:
        """Run the recursion; between two anchors it is a bare loop, or a product where η is 0."""
        out = np.empty(len(self.q), rounding(lr))
        q = self.q.astype(out.dtype)
        if self.anchors.sum() * 32 > len(q):  # short periods: slices would cost more than they save
            lr, floor, rise = (_plain(number, out.dtype) for number in (lr, self.floor, self.rise))
            for i, (ratio, anchor) in enumerate(zip(_each(q), self.anchors.tolist(), strict=True)):
                lr = lr + rise if anchor else ratio * (lr - floor) + floor
                out[i] = lr
            return out
        done = 0
        for anchor in [*np.flatnonzero(self.anchors).tolist(), len(q)]:
            if anchor > done:
                out[done:anchor] = self._between(lr, q[done:anchor])
                lr = scalar(out[anchor - 1])
            if anchor < len(q):
                out[anchor] = lr = lr + self.rise
            done = anchor + 1
        return out

    def _between(self, lr: Rate, q: Rates) -> Any:
        if self.floor == 0 and not np.signbit(self.floor) and len(q) >= SHORT:
            product = np.multiply.accumulate(np.concatenate(([lr], q)), dtype=q.dtype)[1:]
            return product + q.dtype.type(0)  # adding 0 takes its sign off a zero, at every step
        lr, floor = _plain(lr, q.dtype), _plain(self.floor, q.dtype)
        return [lr := ratio * (lr - floor) + floor for ratio in _each(q)]

    def one(self, step: int, lr: Rate) -> Rate:
        """Take one step of the recursion."""
        if self.anchors[step]:
            return lr + self.rise
        return float(self.q[step]) * (lr - self.floor) + self.floor

    def cut(self, start: int, stop: int) -> Links:
        """Return some of the steps."""
        halt = self.halt if stop >= len(self) else None
        return replace(self, q=self.q[start:stop], anchors=self.anchors[start:stop], halt=halt)


class Stepwise(_Listed, frozen=True):
    """Each step is a function of the rate it finds."""

    def rates(self, lr: Rate) -> Rates:
        """Apply one function after another."""
        rates = [lr := self.one(step, lr) for step in range(len(self))]
        return np.array(rates, rounding(lr))

    def one(self, step: int, lr: Rate) -> Rate:
        """Apply one function; what is no float32 yet becomes one where the group holds one."""
        rate = self.of[step](lr)
        if type(lr) is float or not isinstance(lr, np.float32):
            return rate
        from isorate.kit.float32 import single

        return single(rate)

    def then(self, later: Moves) -> Moves:
        """Return these steps and others after them."""
        pieces = tuple(moves for moves in (self, later) if len(moves) or moves.halt is not None)
        return pieces[0] if len(pieces) == 1 else OneAfterAnother(pieces)


# --- several schedulers ------------------------------------------------------------------------


class OneAfterAnother(msgspec.Struct, frozen=True):
    """The steps of several moves, one after another."""

    pieces: tuple[Moves, ...]

    @property
    def halt(self) -> Halting | None:
        """What ends the last of them."""
        return self.pieces[-1].halt if self.pieces else None

    def __len__(self) -> int:
        return sum(map(len, self.pieces))

    def rates(self, lr: Rate) -> Rates:
        """Run one after another."""
        out = np.empty(len(self), rounding(lr))
        done = 0
        for piece in self.pieces:
            if len(piece):
                out[done : done + len(piece)] = piece.rates(lr)
                done += len(piece)
                lr = scalar(out[done - 1])
        return out

    def one(self, step: int, lr: Rate) -> Rate:
        """Take the step where it belongs."""
        for piece in self.pieces:
            if step < len(piece):
                return piece.one(step, lr)
            step -= len(piece)
        raise IndexError(step)

    def cut(self, start: int, stop: int) -> Moves:
        """Return some of the steps."""
        kept: list[Moves] = []
        for piece in self.pieces:
            if start < len(piece) and stop > 0:
                kept.append(piece.cut(max(start, 0), min(stop, len(piece))))
            start, stop = start - len(piece), stop - len(piece)
        return kept[0] if len(kept) == 1 else OneAfterAnother(tuple(kept))

    def ends(self) -> Iterator[int]:
        """Visit the steps at which one piece ends and another begins."""
        at = 0
        for piece in self.pieces:
            at += len(piece)
            yield at


class OneUponAnother(msgspec.Struct, frozen=True):
    """Several moves at every step, one upon the result of the other."""

    layers: tuple[Moves, ...]

    @property
    def halt(self) -> Halting | None:
        """What ends the shortest of them, the first one where two are."""
        return min(self.layers, key=len).halt

    def __len__(self) -> int:
        return min(map(len, self.layers))

    def rates(self, lr: Rate) -> Rates:
        """Run them together, in stretches in which none of them changes its kind."""
        steps = len(self)
        out = np.empty(steps, rounding(lr))
        ends = {steps}
        for layer in self.layers:
            if isinstance(layer, OneAfterAnother):
                ends.update(end for end in layer.ends() if 0 < end < steps)
        start = 0
        for stop in sorted(ends):
            if stop > start:
                out[start:stop] = _upon([layer.cut(start, stop) for layer in self.layers], lr)
                lr = scalar(out[stop - 1])
            start = stop
        return out

    def one(self, step: int, lr: Rate) -> Rate:
        """Take one step of every layer."""
        for layer in self.layers:
            lr = layer.one(step, lr)
        return lr

    def cut(self, start: int, stop: int) -> OneUponAnother:
        """Return some of the steps."""
        return OneUponAnother(tuple(layer.cut(start, stop) for layer in self.layers))


def _upon(layers: list[Moves], lr: Rate) -> Rates:
    """Run layers of one kind each: what was set is set, what is multiplied is multiplied."""
    steps = len(layers[0])
    setting = [index for index, layer in enumerate(layers) if isinstance(layer, Values)]
    if setting:
        layers = layers[setting[-1] :]  # what came before is overwritten
    if all(isinstance(layer, Factors) for layer in layers[1:]):
        if isinstance(layers[0], Values):
            rates = layers[0].rates(lr)
            for layer in layers[1:]:
                rates = rates * layer.of.astype(rates.dtype)  # type: ignore[attr-defined]
            return rates
        if isinstance(layers[0], Factors):
            interleaved = np.column_stack([layer.of for layer in layers])  # type: ignore[attr-defined]
            return Factors(interleaved.reshape(-1)).rates(lr)[len(layers) - 1 :: len(layers)]
    out = np.empty(steps, rounding(lr))
    for step in range(steps):
        for layer in layers:
            lr = layer.one(step, lr)
        out[step] = lr
    return out


# --- shared ------------------------------------------------------------------------------------


def computed(
    function: Callable[[int], Any], steps: Iterable[int]
) -> tuple[NDArray[np.float64], Exception | None]:
    """Return a function's values at each step, as far as it has any, and what it raised then."""
    values: list[float] = []
    try:
        for step in steps:
            value = function(step) * 1.0  # as the rate would: what is no number raises
            if isinstance(value, complex):
                raise Halting(LIMIT, f"a factor comes out complex: {value!r}")
            values.append(value)
        return np.array(values, np.float64), None
    except Exception as error:
        return np.array(values, np.float64), error


def scalar(rate: Any) -> Rate:
    """Return an element of an array as a rate: a Python float, or a Float32."""
    return rounding(rate)(rate) if isinstance(rate, np.float32) else float(rate)


def _each(rates: Rates) -> list[Any]:
    """Return the elements for a long loop, where all take part in the same type."""
    return rates.tolist() if rates.dtype == np.float64 else list(rates)


def _plain(number: Rate, dtype: np.dtype[Any]) -> Any:
    """Return a number for a long loop: NumPy's own float32 among its like, or as it is."""
    if dtype == np.float64:
        return number
    from isorate.kit.float32 import single

    return np.float32(single(number))
