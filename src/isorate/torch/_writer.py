"""Where rates go: into the optimizer's parameter groups, a tensor's in place."""

from __future__ import annotations

import math
import struct
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

from isorate.training.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.training.closed_form import Group

#: What NumPy rounds a Python float to by itself, once.
VIEWED: Final = (torch.float64, torch.float32, torch.float16)

#: What every write in place adds one to.
VERSION_OF: Final = attrgetter("_version")

#: From here on a float64 is nearer to infinity than to the largest bfloat16 or float32.
BEYOND_FLOAT32: Final = (2 - 2**-24) * 2.0**127


class Writer(Ledger):
    """Writes rates into parameter groups; a tensor's value is replaced in place.

    A tensor gets the float64 rate rounded once to its dtype, to nearest and ties to even. ``fill_``
    takes 1.5 µs a tensor, most of it on the way to the kernel; a NumPy view of the same memory
    takes 0.1 µs, so that one is kept for every tensor on the CPU. Tensors on another device are
    written together: one copy to the device, one operation there.

    Whether somebody else has written in between is seen by the way: a float is the object that was
    put there, a tensor's version has not moved on.
    """

    def __init__(self) -> None:
        super().__init__()
        #: The lowest rates of a ``CyclicLR`` that was the first scheduler built.
        self.lows: list[float] | None = None
        self._forget()

    def _forget(self) -> None:
        """Keep no view of anybody's memory."""
        #: For each group the tensor last seen, a view of its memory (none where only torch's own
        #: ways will do), where that is, who says so; empty where some group has no tensor.
        self._known: list[tuple[Any, Any, int, Any]] = []
        self._tensors: list[Any] = []
        self._viewed: list[Any] = []
        #: What the tensors' versions come to.
        self._version = -1

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc] # a copy's views would look at the original's memory
        vars(self).update(state)

    def go_on(self, groups: Sequence[Group], rates: list[float]) -> bool:
        """Set the rates of groups that hold what was written last; whether all of them did."""
        written = self.last
        if (
            len(groups) == len(written) == 1 and groups[0]["lr"] is written[0]
        ):  # half the loop's time
            groups[0]["lr"] = rates[0]
            self.last = rates
            return True
        for group, rate, last in zip(groups, rates, written):  # noqa: B905 - 0.2 µs a step
            if group["lr"] is not last:
                if self._tensors and self._go_on_with_tensors(groups, rates):
                    break
                for tried, before in zip(groups, written, strict=False):  # as they were
                    if tried is group:
                        return False
                    tried["lr"] = before
            group["lr"] = rate
        self.last = rates
        return True

    def _go_on_with_tensors(self, groups: Sequence[Group], rates: list[float]) -> bool:
        if not self._same_tensors(groups):
            return False
        if len(self._viewed) < len(self._tensors):
            self._write_known(rates)
            return True
        for rate, known in zip(rates, self._known):  # noqa: B905
            known[1][()] = rate
        self._version += len(self._tensors)
        torch.autograd.graph.increment_version(self._tensors)  # as fill_ does
        return True

    def _write_known(self, rates: list[float]) -> None:
        """Write tensors of which some are on a device, and know them again without reading one."""
        others = []
        for rate, (tensor, view, *_) in zip(rates, self._known, strict=True):
            if view is None:
                others.append((tensor, rate))
            else:
                view[()] = rate
        torch.autograd.graph.increment_version(self._viewed)
        _copy(others)
        self._version = sum(map(VERSION_OF, self._tensors))

    def _same_tensors(self, groups: Sequence[Group]) -> bool:
        """Whether the groups hold the tensors that they held, and nobody has written into them."""
        if len(self._tensors) != len(groups):
            return False
        if sum(map(VERSION_OF, self._tensors)) != self._version:
            return False
        for group, (tensor, _, address, data_ptr) in zip(groups, self._known):  # noqa: B905
            if group["lr"] is not tensor or data_ptr() != address:
                return False
        return True

    def untouched(self, groups: Sequence[Group]) -> bool:
        """Return whether the groups certainly hold what was written last."""
        if self._tensors:
            return self._same_tensors(groups)
        for group, last in zip(groups, self.last):  # noqa: B905
            if group["lr"] is not last:
                return False
        return bool(self.last)

    def held(self, groups: Sequence[Group]) -> list[float]:
        """Return the rates that the groups hold."""
        return [float(group["lr"]) for group in groups]

    def rounded(self, groups: Sequence[Group]) -> list[float]:
        """Return what was written last as the groups hold it."""
        pairs = zip(groups, self.last, strict=False)
        dtypes = ((rate, getattr(group["lr"], "dtype", None)) for group, rate in pairs)
        return [rate if dtype is None else float(rounded([rate], dtype)) for rate, dtype in dtypes]

    def write(self, groups: Sequence[Group], rates: list[float]) -> None:
        """Set the ``lr`` of the groups that have a rate."""
        others: list[tuple[Tensor, float]] = []
        self._forget()
        for group, rate in zip(groups, rates, strict=False):
            lr = group["lr"]
            if not isinstance(lr, Tensor):
                group["lr"] = rate
                continue
            view = _view(lr)
            if view is None:
                others.append((lr, rate))
            else:
                view[()] = rate
                torch.autograd.graph.increment_version(lr)
                self._viewed.append(lr)
            if type(lr) is Tensor:
                self._known.append((lr, view, lr.data_ptr(), lr.data_ptr))
        if others:
            _copy(others)
        if len(self._known) == len(groups):
            self._tensors = [known[0] for known in self._known]
            self._version = sum(map(VERSION_OF, self._tensors))


def _view(tensor: Tensor) -> Any:
    """Return a NumPy view of a tensor's memory, or none where only torch's own ways will do."""
    ordinary = type(tensor) is Tensor and tensor.is_cpu
    if not ordinary or tensor.requires_grad:  # torch says what is wrong with writing that in place
        return None
    try:
        if tensor.dtype == torch.bfloat16:
            return _BFloat16(tensor)
        return tensor.numpy() if tensor.dtype in VIEWED else None
    except RuntimeError:  # a torch built without NumPy
        return None


class _BFloat16:
    """A view of what NumPy has no type for: it takes floats, and holds their sixteen bits."""

    def __init__(self, tensor: Tensor) -> None:
        self._bits = tensor.view(torch.int16).numpy().view(np.uint16)

    def __setitem__(self, key: Any, rate: float) -> None:
        self._bits[key] = bfloat16_bits(rate)


def _copy(tensors: list[tuple[Tensor, float]]) -> None:
    """Write tensors that have no view: those of one device and dtype in one operation."""
    alike: dict[tuple[Any, Any], list[tuple[Tensor, float]]] = {}
    for tensor, rate in tensors:
        alike.setdefault((tensor.device, tensor.dtype), []).append((tensor, rate))
    for (device, dtype), members in alike.items():
        values = rounded([rate for _, rate in members], dtype)
        if len(members) == 1:
            members[0][0].fill_(values.item())
            continue
        there = values.to(device, non_blocking=True)
        goals = [tensor for tensor, _ in members]
        torch._foreach_copy_(goals, [v.expand_as(t) for t, v in zip(goals, there, strict=True)])


def rounded(rates: Sequence[float], dtype: torch.dtype) -> Tensor:
    """Return float64 rates rounded once to a dtype.

    torch goes from float64 to the 16-bit dtypes by way of float32, which rounds twice.
    """
    if dtype == torch.bfloat16:
        bits = np.array([bfloat16_bits(rate) for rate in rates], np.uint16)
        return torch.from_numpy(bits.view(np.int16)).view(torch.bfloat16)
    if dtype == torch.float16:
        return torch.from_numpy(np.array(rates, np.float16))
    return torch.tensor(rates, dtype=torch.float64).to(dtype)


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
