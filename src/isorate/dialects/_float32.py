"""Float32 arithmetic of the frameworks, operation for operation, each one rounded once.

Measured against torch 2.13.0 and MindSpore 2.10.0 on CPU: torch's tensor ops and MindSpore's
kernels round every operation to float32, Python numbers are rounded before they take part, and
MindSpore's ``Cos`` and ``Sin`` are the double functions rounded once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.core.evaluate import BLOCK
from isorate.dialects._cosine import chain_links, exact_cos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.dialects._base import ParamGroup

    Float32s = NDArray[np.float32]

F32 = np.float32
PI, ONE, TWO, HALF = F32(math.pi), F32(1), F32(2), F32(0.5)

#: Below this many steps a bare loop is faster than an accumulated product.
SHORT = 16


def single(value: float) -> np.float32:
    """Round a Python number to float32, an integer without the detour through float64."""
    with np.errstate(over="ignore"):
        if isinstance(value, int) and abs(value) < 2**63:
            return np.int64(value).astype(F32)
        return F32(value)


# --- torch, with the rate in a float32 tensor ---------------------------------------------------


def chained_cosine_tensor(
    group: ParamGroup, eta_min: float, T_max: float, first: int, steps: int
) -> Iterator[Float32s]:
    """Rates of torch's recursion where ``group["lr"]`` is a float32 tensor.

    The ratio of cosines is a Python float, rounded to float32 when it multiplies the tensor; so
    is ``eta_min`` in either place. Every tensor operation rounds.
    """
    lr, base, eta = single(group.lr), single(group.base), single(eta_min)
    quiet: Any = {"over": "ignore", "invalid": "ignore"}
    with np.errstate(**quiet):
        rise = (base - eta) * single(1 - math.cos(math.pi / T_max)) / TWO
    for index, (ratio, anchors) in enumerate(chain_links(T_max, first, steps)):
        with np.errstate(**quiet):
            rates = _recursion(lr, ratio.astype(F32), anchors, eta, rise)
        block = rates if index else np.concatenate(([lr], rates))
        lr = block[-1]
        yield block


# --- MindSpore's cell ---------------------------------------------------------------------------


def cosine_cell(min_lr: float, max_lr: float, decay_steps: int, t: NDArray[np.int64]) -> Float32s:
    """``min + ½(max−min)(1 + sin(π(p + ½)))``, p = min(t, D)/D, in the cell's own order."""
    half_span = single(0.5 * (max_lr - min_lr))
    p = np.minimum(t, decay_steps).astype(F32) / single(decay_steps)
    wave = _rounded(math.sin, PI * (p + HALF))
    with np.errstate(invalid="ignore"):  # a rate beyond float32 is infinite there as well
        return single(min_lr) + half_span * (ONE + wave)


def annealing_cell(lr: float, eta_min: float, T_max: int, t: NDArray[np.int64]) -> Float32s:
    """``lr·sin²(π(T−t)/(2T)) + η·sin²(πt/(2T))``, t folded as integers: Isorate's cell."""
    to_end = np.abs(t % (2 * T_max) - T_max)
    angle = single(math.pi / (2 * T_max))
    down, up = (_rounded(math.sin, n.astype(F32) * angle) for n in (to_end, T_max - to_end))
    return single(lr) * (down * down) + single(eta_min) * (up * up)


# --- MindSpore's experimental scheduler ---------------------------------------------------------


def experimental_cosine(
    group: ParamGroup, eta_min: float, T_max: int, last_epoch: int, steps: int
) -> Iterator[Float32s]:
    """Rates of MindSpore's recursion: torch's formula with a float32 step counter and kernels.

    The constructor takes a step, so that a call with ``last_epoch=k`` begins with the rate of
    step k+1; the step to 0 keeps the rate it finds.
    """
    lr, eta = single(group.lr), single(eta_min)
    plain = group.initial_lr is not None and group.tensor is None  # still a Python number
    counter = float(single(last_epoch))
    turn = np.array([math.pi / T_max if T_max else math.inf], F32)
    with np.errstate(all="ignore"):
        width = single(group.base - eta_min) if plain else single(group.base) - eta
        rise = width * (ONE - _rounded(math.cos, turn)[0]) / TWO
    for start in range(0, steps, BLOCK):
        epochs = _counters(counter, min(BLOCK, steps - start))
        ratio, anchors = _experimental_links(epochs, T_max)
        kept = int(np.searchsorted(epochs[1:], ONE)) if counter < 0 else 0
        with np.errstate(all="ignore"):
            rates = _recursion(lr, ratio[kept:], anchors[kept:], eta, rise)
        block = np.concatenate((np.full(kept, lr, F32), rates))
        lr, counter = block[-1], float(epochs[-1])
        yield block


def _counters(counter: float, steps: int) -> Float32s:
    """Return a float32 counter's value now and after each of ``steps`` additions of one."""
    ones = np.ones(steps + 1, F32)
    ones[0] = counter
    return np.add.accumulate(ones, dtype=F32)  # from 2**24 on, adding one changes nothing


def _experimental_links(epochs: Float32s, T_max: int) -> tuple[Float32s, NDArray[np.bool_]]:
    """Return the ratios of cosines, and where the scheduler adds the anchor's rise instead."""
    before = epochs[1:] - ONE
    with np.errstate(all="ignore"):  # 0/0 is how this scheduler turns NaN
        heights, below = (
            ONE + exact_cos((PI * e / single(T_max)).astype(np.float64)).astype(F32)
            for e in (epochs[1:], before)
        )
        period = single(2 * T_max)
        shifted = before - single(T_max)
        return heights / below, np.mod(shifted, period) == 0


# --- shared -------------------------------------------------------------------------------------


def _recursion(
    lr: np.float32, ratio: Float32s, anchors: NDArray[np.bool_], eta: np.float32, rise: np.float32
) -> Float32s:
    """``lr = ratio·(lr − η) + η``, or ``lr + rise`` at an anchor, each operation rounded."""
    out = np.empty(len(ratio), F32)
    done = 0
    for anchor in [*np.flatnonzero(anchors).tolist(), len(ratio)]:
        links = ratio[done:anchor]
        if eta == 0 and len(links) >= SHORT:  # zero subtracted and added: no bit but -0.0's
            out[done:anchor] = np.multiply.accumulate(np.concatenate(([lr + F32(0)], links)))[1:]
        elif len(links):
            out[done:anchor] = [lr := q * (lr - eta) + eta for q in links]
        if anchor > done:
            lr = out[anchor - 1]
        if anchor < len(ratio):
            out[anchor] = lr = lr + rise
        done = anchor + 1
    return out


def _rounded(function: Any, x: Float32s) -> Float32s:
    """Return a double function of every element, rounded once; NaN where it is undefined."""
    values = [function(v) if math.isfinite(v) else math.nan for v in x.tolist()]
    return np.array(values, np.float64).astype(F32)
