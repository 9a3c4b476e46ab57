"""How many batches a process has in an epoch, where a sampler shares the examples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isorate.configs.configuration import Given


def batches(given: Given, processes: int, size: int, *, drops: bool = True) -> int:
    """Return the batches of an epoch that a process has: as is told, or of the examples.

    Raises:
        OpenError: nobody says how many of either there are.

    """
    told, examples = given.fact("batches"), given.fact("examples")
    if told is not None:
        each: int = math.ceil(told / processes)
        return each
    if examples is None:
        raise given.open([("examples", "batches")])
    own, rounds = math.ceil(examples / processes), "floor" if drops else "ceil"
    found = own // size if drops else math.ceil(own / size)
    said = f"{rounds}(ceil({examples} examples / {processes}) / {size})"
    given.derive("batches", f"{found} a process: {said}")
    if not found:
        raise given.refuse(
            given.of.facts.get("batch_size", "batch_size"), "is more than there are examples"
        )
    return int(found)
