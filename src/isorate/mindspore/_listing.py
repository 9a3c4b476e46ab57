"""How MindSpore's list functions are made from its calls; no MindSpore needed."""

from __future__ import annotations

from collections import deque
from itertools import chain, repeat
from math import gcd
from operator import mul
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.evaluate import BLOCK
from isorate.training.drop_in import bound, signature_of
from isorate.training.formulas import documented

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIME: Final = (
    "t counts updates. The rates are Python floats, which MindSpore's optimizers round to float32; "
    "one that needs more of them than there are raises RuntimeError."
)
#: Up to so many of one rate are put together at once, where that can be in parts.
PIECE: Final = 256
#: More of one rate are copied from a piece one by one: together they would take the memory twice.
FEW: Final = 2048
EXAMPLE: Final = """\
>>> {name}({arguments})[{step}]
{rate}"""


def listing(constructor: Any) -> Callable[..., list[float]]:
    """Return the function that lists a call's rates, under the call's name."""
    name = constructor.__name__
    signature = signature_of(constructor).replace(return_annotation="list[float]")

    def function(*given: Any, **named: Any) -> list[float]:
        return listed(constructor(**bound(name, signature, given, named)))

    function.__name__ = function.__qualname__ = name
    function.__module__ = "isorate.mindspore"
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__doc__ = documented(constructor, "MindSpore's {}, bit for bit.", TIME, EXAMPLE)
    return function


def listed(call: Any) -> list[float]:
    """Return all of a call's rates; within an epoch the same float object stands repeatedly."""
    fault = call.fault()
    if fault is not None and fault.when == "on construction":
        raise fault.error(f"{call.name}: {fault.text}")
    if fault is not None:  # of a list of no rates, at which the optimizer raises
        return []
    total = call.total_step if hasattr(call, "total_step") else call.milestone[-1]
    rates: list[float] = []
    for block, stays in call.levels(total, BLOCK):
        levels = block.tolist()
        if stays == 1:
            rates += levels
        elif stays <= FEW:  # all in C: a turn of Python's takes as long as to copy a hundred
            times = gcd(stays, 8) if stays > 2 * PIECE else 1
            pieces: Iterator[Any] = map(mul, zip(levels), repeat(stays // times))
            if times > 1:
                pieces = chain.from_iterable(map(repeat, pieces, repeat(times)))
            deque(map(rates.extend, pieces), maxlen=0)
        else:
            for rate in levels:
                same = [rate] * PIECE
                for _ in range(stays // PIECE):
                    rates += same
                rates += same[: stays % PIECE]
    del rates[total:]
    return rates
