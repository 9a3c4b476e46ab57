"""The cases of code that is read, run for real: the rates that they hold are the framework's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conformance import reading
from tests.conformance.cases import HOMES

ROWS = [
    pytest.param(row, marks=getattr(pytest.mark, HOMES[row.get("framework", "torch")].marker))
    for _, rows in reading.cases()
    for row in rows
]


@pytest.mark.parametrize("row", ROWS)
def test_a_case_holds_what_the_framework_gives(row: dict[str, Any]) -> None:
    framework = row.get("framework", "torch")
    for package in HOMES[framework].packages:
        pytest.importorskip(package)
    assert np.array_equal(reading.rates_of(row), np.array(row["rates"]))
