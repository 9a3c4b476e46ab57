"""How MindSpore's list functions are made from its calls; no MindSpore needed."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.evaluate import BLOCK
from isorate.training.drop_in import bound, signature_of
from isorate.training.formulas import documented

if TYPE_CHECKING:
    from collections.abc import Callable

TIME: Final = (
    "t counts updates. The rates are Python floats, which MindSpore's optimizers round to float32; "
    "one that needs more of them than there are raises RuntimeError."
)
#: From so many of one rate on, a list of them is made faster than it is gone through.
MANY: Final = 16
#: So many of one rate are put together at most, and more of them copied from that: it takes less
#: than to put them all together, which takes less up to some thousand.
PIECE: Final = 256
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
        elif stays < MANY:
            rates.extend(chain.from_iterable(map(repeat, levels, repeat(stays))))
        elif stays <= FEW:
            for rate in levels:
                rates += [rate] * stays
        else:
            pieces = range(stays // PIECE)
            for rate in levels:
                same = [rate] * PIECE
                for _ in pieces:
                    rates += same
                rates += same[: stays % PIECE]
    del rates[total:]
    return rates
