"""Where rates go: into the optimizer's parameter groups, a tensor's in place."""

from __future__ import annotations

from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

from isorate.torch._cells import RATE_OF, Cells, cells_of, numbers
from isorate.torch._straight import moving
from isorate.training.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.training.closed_form import Group

#: What every write in place adds one to.
VERSION_OF: Final = attrgetter("_version")


class Writer(Ledger):
    """Writes rates into parameter groups; a tensor's value is replaced in place.

    A tensor gets the float64 rate rounded once to its dtype, to nearest and ties to even. Tensors
    of one number on the CPU are ``Cells``; those on another device are written together: one copy
    to the device, one operation there.

    Whether somebody else has written in between is seen by the way: a float is the object that was
    put there, a cell has the bits that were, a tensor's version elsewhere has not moved on.
    """

    def __init__(self) -> None:
        super().__init__()
        #: The lowest rates of a ``CyclicLR`` that was the first scheduler built.
        self.lows: list[float] | None = None
        self._forget()

    def _forget(self) -> None:
        """Keep nothing of anybody's memory."""
        #: What the groups hold, where it is cells.
        self._cells: Cells | None = None
        #: The same where it is tensors of other kinds, and what their versions come to.
        self._tensors: list[Tensor] = []
        self._version = -1

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc] # a copy's cells would be the original's
        vars(self).update(state)

    def go_on(self, groups: Sequence[Group], rates: list[float]) -> bool:
        """Set the rates of groups that hold what was written last; whether all of them did."""
        written, count = self.last, len(groups)
        if not count == len(written) == len(rates):
            return False
        if self._cells is not None or self._tensors:
            if not self.untouched(groups):
                return False
            if self._cells is not None:
                self._cells.write(rates)
            else:
                _copy(list(zip(self._tensors, rates, strict=True)))
                self._version = sum(map(VERSION_OF, self._tensors))
        elif not moving(count)(groups, rates, written):
            return False
        self.last = rates
        return True

    def untouched(self, groups: Sequence[Group]) -> bool:
        """Return whether the groups certainly hold what was written last."""
        if self._cells is not None:
            return self._cells.hold(groups)
        held: Any = self._tensors or self.last
        if len(held) != len(groups) or not held:
            return False
        if self._tensors and sum(map(VERSION_OF, held)) != self._version:
            return False
        return all(map(is_, map(RATE_OF, groups), held))

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
        tensors: list[tuple[Tensor, float]] = []
        self._forget()
        for group, rate in zip(groups, rates, strict=False):
            lr = group["lr"]
            if isinstance(lr, Tensor):
                tensors.append((lr, rate))
            else:
                group["lr"] = rate
        if not tensors:
            return
        _copy(tensors)
        found = [tensor for tensor, _ in tensors if type(tensor) is Tensor]
        if len(found) == len(groups):
            self._cells = cells_of(found)
            if self._cells is None:
                self._tensors, self._version = found, sum(map(VERSION_OF, found))


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
        return torch.from_numpy(numbers(rates, dtype).view(np.int16)).view(torch.bfloat16)
    if dtype == torch.float16:
        return torch.from_numpy(numbers(rates, dtype))
    return torch.tensor(rates, dtype=torch.float64).to(dtype)
