"""The calls that a dialect's home draws, beside the framework itself."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate.kit import registry
from tests.calls import read
from tests.conformance.agreement import assert_agree
from tests.conformance.cases import HOMES, Home
from tests.conformance.frameworks import drive

if TYPE_CHECKING:
    pass

DRAWN = [
    pytest.param(name, home, id=name, marks=[pytest.mark.numpy, getattr(pytest.mark, home.marker)])
    for name, home in HOMES.items()
    if home.drawn is not None
]


def test_every_dialect_has_a_home() -> None:
    assert set(HOMES) == set(registry.builtin()), "a module of tests/conformance/cases/ for each"


@pytest.mark.parametrize(("name", "home"), DRAWN)
@given(data=st.data())
def test_what_is_drawn_agrees(name: str, home: Home, data: st.DataObject) -> None:
    if find_spec(home.packages[0]) is None:
        pytest.skip(f"{home.packages[0]} is not installed")
    assert home.drawn is not None
    text, run, compiled = data.draw(home.drawn())
    seen = drive(text, run, framework=name, compiled=compiled)
    assert_agree(seen, read(text, dialect=name), run)
