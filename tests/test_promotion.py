"""No operation's dtype depends on which NumPy is installed: see ``promotion``."""

from __future__ import annotations

import operator
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isorate.kit.float32_number import Float32
from tests import promotion

pytestmark = pytest.mark.numpy

ROOT = Path(__file__).resolve().parents[1]
SINGLES, DOUBLES = np.array([0.1, 0.2], np.float32), np.array([0.1, 0.2])


def test_no_row_computes_in_a_dtype_of_one_numpy() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.promotion"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    rows = int(done.stdout.split()[0])
    assert rows > 1000


DIFFERING = [
    (np.float32(0.1), 0.1), (np.float32(0.1), 1), (SINGLES, 1e300), (SINGLES, np.float64(0.1)),
    (SINGLES, 70_000), (Float32(0.1), SINGLES, 1e300),
]  # fmt: skip
ALIKE = [
    (0.1, 1), (np.float64(0.1), 1), (np.float32(0.1), np.float32(0.2)), (Float32(0.1), 0.1),
    (np.float32(0.1), np.float64(0.1)), (SINGLES, 0.1), (SINGLES, 1), (SINGLES, Float32(0.1)),
    (DOUBLES, 1e300), (DOUBLES, np.float32(0.1)), (SINGLES, DOUBLES), (np.arange(3), 0.5),
    (np.arange(3), True), (DOUBLES > 0, DOUBLES > 1), (np.arange(3), 2**40),
]  # fmt: skip


@pytest.mark.parametrize("numbers", DIFFERING)
def test_the_two_rules_differ(numbers: Any) -> None:
    assert promotion.differ(numbers)


@pytest.mark.parametrize("numbers", ALIKE)
def test_the_two_rules_agree(numbers: Any) -> None:
    assert not promotion.differ(numbers)


@pytest.mark.parametrize("numbers", [n for n in DIFFERING + ALIKE[1:] if len(n) == 2])
def test_the_rule_of_the_numpy_at_hand_is_known(numbers: Any) -> None:
    with np.errstate(all="ignore"):
        dtype = np.asarray(np.add(*map(as_numpy_has_it, numbers))).dtype
    rule = promotion.weak if np.__version__ >= "2" else promotion.by_value
    assert rule([as_numpy_has_it(number) for number in numbers]) == dtype


def as_numpy_has_it(number: Any) -> Any:
    """Return a number as NumPy has it."""
    return np.float32(number) if isinstance(number, Float32) else number


@pytest.mark.parametrize(
    "source",
    ["lr * 0.3", "0.3 - lr", "lr < 0.3", "np.where(True, lr, 1.0)", "np.minimum(lr, 0.3)",
     "[rate + 1 for rate in rates]", "(lambda: rates * 1e300)()"],
)  # fmt: skip
def test_what_differs_is_noted_where_it_stands(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion, "found", {})
    scope = {
        "np": np, "lr": np.float32(0.1), "rates": SINGLES,
        promotion.WATCHED: promotion.watched, "__operator__": operator,
    }  # fmt: skip
    with np.errstate(all="ignore"):
        exec(promotion.rewritten(f"\nrate = {source}".encode(), "there"), scope)
    assert list(promotion.found) == [("there", 2)]
