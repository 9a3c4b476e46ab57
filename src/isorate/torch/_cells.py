"""Tensors of one number each in this process's memory, all of them read or written at once."""

from __future__ import annotations

import math
import struct
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from isorate.training.closed_form import Group

#: As which numbers of NumPy's the bits of a dtype are written; all round a float64 once.
NUMBERS: Final[dict[torch.dtype, np.dtype[Any]]] = {
    torch.float64: np.dtype(np.float64),
    torch.float32: np.dtype(np.float32),
    torch.float16: np.dtype(np.float16),
    torch.bfloat16: np.dtype(np.uint16),
}

#: What packs them in a third of the time, for what C casts.
PACKED: Final = {torch.float64: "d", torch.float32: "f"}

#: From here on a float64 is nearer to infinity than to the largest bfloat16 or float32.
BEYOND_FLOAT32: Final = (2 - 2**-24) * 2.0**127

RATE_OF: Final = itemgetter("lr")
ADDRESS_OF: Final = Tensor.data_ptr


class Cells:
    """The tensors of all groups, by their addresses.

    ``fill_`` takes 1.5 µs a tensor, most of it on the way to the kernel. Here all are one array
    from the lowest of the addresses to the highest, of which only what is at these is ever touched:
    it is scattered to, and gathered from, in a microsecond. Each time they are looked for where
    they were, and hold the bits that were written: whoever wrote in between is seen, whichever way.

    Args:
        tensors: those of ``cells_of``, one a group.

    """

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._tensors = tuple(tensors)  # so that nobody else is given their memory
        self._dtype = tensors[0].dtype
        self._addresses = list(map(ADDRESS_OF, tensors))
        kind = NUMBERS[self._dtype]
        lowest, size = min(self._addresses), kind.itemsize
        self._at = np.array([(address - lowest) // size for address in self._addresses], np.intp)
        span = _Span(lowest, int(self._at.max()) + 1, kind)
        self._memory: NDArray[Any] = np.asarray(span)
        self._bits = self._memory[self._at].tobytes()
        packed = PACKED.get(self._dtype)
        #: What makes their bits of rates.
        self._pack: Callable[..., bytes] = (
            struct.Struct(f"{len(tensors)}{packed}").pack
            if packed
            else lambda *rates: numbers(rates, self._dtype).tobytes()
        )

    def hold(self, groups: Sequence[Group]) -> bool:
        """Whether the groups hold these tensors, and they what was written last."""
        try:
            if [*map(ADDRESS_OF, map(RATE_OF, groups))] != self._addresses:
                return False
        except (TypeError, RuntimeError):  # no tensor, or one without memory
            return False
        return self._memory[self._at].tobytes() == self._bits

    def write(self, rates: Sequence[float]) -> None:
        """Write rates, where it is known that the tensors are still there."""
        self._bits = self._pack(*rates)
        self._memory[self._at] = np.frombuffer(self._bits, self._memory.dtype)
        torch.autograd.graph.increment_version(self._tensors)  # as fill_ does


class _Span:
    """Memory to be seen as an array, which it does not own."""

    def __init__(self, address: int, length: int, numbers: np.dtype[Any]) -> None:
        self.__array_interface__ = {
            "data": (address, False),
            "shape": (length,),
            "typestr": numbers.str,
            "version": 3,
        }


def cells_of(tensors: Sequence[Tensor]) -> Cells | None:
    """Return tensors as cells; none where only torch's own ways will do."""
    dtype = tensors[0].dtype
    if dtype not in NUMBERS or any(tensor.dtype != dtype for tensor in tensors):
        return None
    for tensor in tensors:
        ordinary = type(tensor) is Tensor and tensor.is_cpu and tensor.numel() == 1
        # torch says what is wrong with writing what requires a gradient in place
        if not ordinary or tensor.requires_grad or tensor.data_ptr() % dtype.itemsize:
            return None
    return Cells(tensors)


def numbers(rates: Sequence[float], dtype: torch.dtype) -> NDArray[Any]:
    """Return float64 rates rounded once to a dtype of ``NUMBERS``; a bfloat16 as its bits."""
    if dtype == torch.bfloat16:
        return np.array(list(map(bfloat16_bits, rates)), np.uint16)
    with np.errstate(over="ignore"):  # what is too large is infinite
        return np.array(rates, NUMBERS[dtype])


def bfloat16_bits(rate: float) -> int:
    """Return the sixteen bits of the bfloat16 nearest to a float64, ties to even.

    On its way through float32 the last bit keeps whether anything was lost, so that the second
    rounding does not see a tie where there is none.

    Example:
        >>> hex(bfloat16_bits(1.0)), hex(bfloat16_bits(1.0 + 2**-8 + 2**-40))
        ('0x3f80', '0x3f81')

    """
    if abs(rate) >= BEYOND_FLOAT32:
        rate = math.copysign(math.inf, rate)
    packed = struct.pack("<f", rate)
    single: float = struct.unpack("<f", packed)[0]
    bits: int = struct.unpack("<I", packed)[0]
    if single != rate:
        if abs(single) > abs(rate):
            bits -= 1  # to the float32 on the side of zero
        bits |= 1
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16) & 0xFFFF
