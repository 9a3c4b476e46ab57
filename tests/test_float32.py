"""``Float32`` computes as NumPy's float32 numbers do among themselves, whatever it meets."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate.kit.float32 import single
from isorate.kit.float32_number import Float32

pytestmark = pytest.mark.numpy

COMPUTING = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
]
COMPARING = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]

NUMBERS = st.one_of(st.floats(), st.integers(-(2**70), 2**70), st.booleans())


@given(st.sampled_from(COMPUTING), st.floats(width=32), NUMBERS)
def test_other_numbers_are_rounded_first(operation: Any, a: float, b: Any) -> None:
    tensor, number = np.float32(a), single(b).astype(np.float32)
    with np.errstate(all="ignore"):
        pairs = [
            (operation(Float32(a), b), operation(tensor, number)),
            (operation(b, Float32(a)), operation(number, tensor)),
            (operation(Float32(a), single(b)), operation(tensor, number)),
            (operation(tensor, single(b)), operation(tensor, number)),
        ]
    for found, expected in pairs:
        assert type(found) is Float32
        assert found.tobytes() == expected.tobytes() or (np.isnan(found) and np.isnan(expected))


@given(st.sampled_from(COMPARING), st.floats(width=32), NUMBERS)
def test_they_are_rounded_before_a_comparison(operation: Any, a: float, b: Any) -> None:
    expected = operation(np.float32(a), single(b).astype(np.float32))
    assert operation(Float32(a), b) == expected


@pytest.mark.parametrize("value", [0.1, -0.1, 0.0])
def test_a_sign_changes_no_type(value: float) -> None:
    assert type(-Float32(value)) is Float32
    assert -Float32(value) == np.float32(-value)
    assert type(abs(Float32(value))) is Float32
    assert hash(Float32(value)) == hash(np.float32(value))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_array_keeps_its_dtype(dtype: Any) -> None:
    array = np.array([0.1, 0.2], dtype)
    for found in (Float32(3) * array, array * Float32(3), 1 - array / Float32(3)):
        assert found.dtype == dtype
    assert np.array([Float32(0.1)]).dtype == np.float32


@pytest.mark.parametrize(
    ("integer", "rounded"),
    [
        (2**24 + 1, 2.0**24),
        (2**54 + 2**30 + 1, 2.0**54 + 2.0**31),  # half way but for 1, which float64 does not see
        (10**300, np.inf),
    ],
)
def test_an_integer_is_rounded_once(integer: int, rounded: float) -> None:
    assert float(single(integer)) == rounded
