"""Where rates go: into the optimizer's parameter groups, a tensor's in place."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.training.closed_form import Group

#: What NumPy rounds a Python float to by itself, once.
VIEWED: Final = (torch.float64, torch.float32, torch.float16)

#: From here on a float64 is nearer to infinity than to the largest bfloat16 or float32.
BEYOND_FLOAT32: Final = (2 - 2**-24) * 2.0**127


class Writer:
    """Writes rates into parameter groups; a tensor's value is replaced in place.

    A tensor gets the float64 rate rounded once to its dtype, to nearest and ties to even. ``fill_``
    takes 1.5 µs a tensor, most of it on the way to the kernel; a NumPy view of the same memory
    takes 0.1 µs, so that one is kept for every tensor on the CPU. Tensors on another device are
    written together: one copy to the device, one operation there.
    """

    def __init__(self) -> None:
        #: For each group the tensor last seen, a view of its memory, where that is, who says so.
        self._known: list[tuple[Any, Any, int, Any]] = []

    def __reduce__(self) -> tuple[type[Writer], tuple[()]]:
        return Writer, ()  # a copy's views would look at the original's memory

    def write(self, groups: Sequence[Group], rates: list[float]) -> None:
        """Set the ``lr`` of the groups that have a rate."""
        for group, rate in zip(groups, rates):  # noqa: B905 - `strict` takes 0.2 µs a step
            if type(group["lr"]) is not float:
                break
            group["lr"] = rate
        else:
            return
        self._write_with_tensors(groups, rates)

    def _write_with_tensors(self, groups: Sequence[Group], rates: list[float]) -> None:
        if len(self._known) != len(groups):
            self._known = [(None, None, 0, None)] * len(groups)
        written, unseen = [], []
        for group, rate, known in zip(groups, rates, self._known, strict=False):
            lr = group["lr"]
            if type(lr) is float:
                group["lr"] = rate
                continue
            tensor, view, address, data_ptr = known
            if lr is tensor and view is not None and data_ptr() == address:
                view[()] = rate
                written.append(lr)
            elif isinstance(lr, Tensor):
                unseen.append(lr)
            else:
                group["lr"] = rate
        if written:
            torch.autograd.graph.increment_version(written)  # as fill_ does
        if unseen:
            self._write_unseen(groups, rates)

    def _write_unseen(self, groups: Sequence[Group], rates: list[float]) -> None:
        """Look at all tensors, write them again, and those that have no view by torch's means."""
        others: list[tuple[Tensor, float]] = []
        for index, (group, rate) in enumerate(zip(groups, rates, strict=False)):
            lr = group["lr"]
            if not isinstance(lr, Tensor):
                continue
            view = _view(lr)
            if view is None:
                others.append((lr, rate))
                self._known[index] = (None, None, 0, None)
                continue
            view[()] = rate
            torch.autograd.graph.increment_version(lr)
            self._known[index] = (lr, view, lr.data_ptr(), lr.data_ptr)
        if others:
            _copy(others)


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
