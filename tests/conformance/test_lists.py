"""Lists that functions fill for MindSpore, converted, and run where the conversion is for."""

from __future__ import annotations

import numpy as np
import pytest

from isorate import convert
from tests.conformance.frameworks import drive
from tests.lists import LISTS, USED, numbers

pytest.importorskip("torch")
pytest.importorskip("mindspore")

pytestmark = [pytest.mark.torch, pytest.mark.mindspore]


@pytest.mark.parametrize("name", LISTS)
def test_torch_uses_the_numbers_that_the_function_fills_in(name: str) -> None:
    text, _ = LISTS[name]
    rates = np.array(numbers(text))
    found = convert(text + USED, to="torch")
    own = [way for way in found.ways if not way.code.startswith("isorate.")]
    assert own, found.refusal
    for way in own:
        seen = drive(way.code, way.run, framework="torch").rates.reshape(-1)
        far = float(np.abs(seen - rates).max()) / float(rates.max())
        assert way.comparison.equal, way.code
        assert far == pytest.approx(way.comparison.max_rel_peak, abs=1e-17)
        assert far <= 1e-12


@pytest.mark.parametrize("name", LISTS)
def test_mindspore_uses_them_as_lists_of_its_own(name: str) -> None:
    text, _ = LISTS[name]
    rates = np.array(numbers(text), np.float32)
    found = convert(text + USED, to="mindspore")
    own = [way for way in found.ways if way.code.startswith("mindspore.nn.")]
    assert own or name != "warmup, cosine"
    for way in own:
        seen = drive(way.code, way.run, framework="mindspore").rates.reshape(-1)
        assert np.abs(seen - rates).max() <= 1e-6 * rates.max(), way.code
