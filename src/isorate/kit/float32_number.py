"""The class of the float32 numbers that ``float32`` computes with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.kit.float32 import single


def _computed(name: str) -> Any:
    """Return NumPy's float32 method of a name, for other numbers that are rounded before it."""
    compute = getattr(np.float32, name)

    def method(*numbers: Any) -> Any:
        if isinstance(numbers[-1], np.ndarray):
            return NotImplemented  # which computes in its own dtype, as with any float32 number
        result = compute(*(n if isinstance(n, np.float32) else single(n) for n in numbers))
        return Float32(result) if isinstance(result, np.float32) else result

    return method


class Float32(np.float32):
    """A float32 number that computes in float32 whatever the other number is, as a tensor does.

    A Python number is rounded before it takes part, and every result is a ``Float32`` again.
    """

    __slots__ = ()

    if not TYPE_CHECKING:  # to the types they are NumPy's
        __add__, __radd__ = _computed("__add__"), _computed("__radd__")
        __sub__, __rsub__ = _computed("__sub__"), _computed("__rsub__")
        __mul__, __rmul__ = _computed("__mul__"), _computed("__rmul__")
        __truediv__, __rtruediv__ = _computed("__truediv__"), _computed("__rtruediv__")
        __floordiv__, __rfloordiv__ = _computed("__floordiv__"), _computed("__rfloordiv__")
        __mod__, __rmod__ = _computed("__mod__"), _computed("__rmod__")
        __pow__, __rpow__ = _computed("__pow__"), _computed("__rpow__")
        __lt__, __le__ = _computed("__lt__"), _computed("__le__")
        __gt__, __ge__ = _computed("__gt__"), _computed("__ge__")
        __eq__, __ne__ = _computed("__eq__"), _computed("__ne__")
        __neg__, __abs__ = _computed("__neg__"), _computed("__abs__")

    __hash__ = np.float32.__hash__
