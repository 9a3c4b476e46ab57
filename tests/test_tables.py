"""Every dialect, every row of its table: what the real framework did with a text.

The tables are written by ``tools/capture.py``. One check serves all: a row is read, written, read
back, lowered, evaluated and simulated. It proves itself: rates that come one update early must
fail it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from isorate import ConvertError, ReadError, Run, Schedule, ScheduleError, evaluate
from isorate.kit import registry
from isorate.simulation import simulate
from tests.calls import read
from tests.conformance.agreement import share_of_peak, ulps
from tests.conformance.cases import HOMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.kit.call import Call
    from isorate.kit.registry import Dialect

    Rates = NDArray[np.floating[Any]]
    Row = dict[str, Any]

pytestmark = pytest.mark.numpy

TABLES = Path(__file__).parent / "tables"

#: How far Isorate's own arithmetic may lie from the framework's, as a share of the peak rate: the
#: framework recurses in its own dtype. A row that strays farther says why, under "drifts".
LOOSELY = {"float64": 1e-9, "float32": 2e-5}

WHEN = {"construction": "on construction", "first step": "on the first step"}


@cache
def table(dialect: str) -> dict[str, Any]:
    """Return a dialect's table; a dialect without one fails."""
    path = TABLES / f"{dialect}.json"
    assert path.exists(), f"{dialect} has no table: python tools/capture.py {dialect}"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def rows() -> list[Any]:
    """Return every dialect × row; a missing table is left to the test that asks for it."""
    return [
        pytest.param(dialect, row, id=f"{dialect}-{row['id']}")
        for dialect in registry.builtin()
        if (TABLES / f"{dialect}.json").exists()
        for row in table(dialect)["rows"]
    ]


ROWS = rows()


def read_row(dialect: str, row: Row) -> Call:
    return read(row["text"], lr=row.get("lr"), dialect=dialect)


def numbers(written: Any, dtype: str) -> Rates:
    """Return rates as JSON has them, shape ``(groups, updates)``."""
    many = written if written and isinstance(written[0], list) else [written]
    return np.array([[float(rate) for rate in group] for group in many]).astype(dtype)


# --- the check ---------------------------------------------------------------------------------


def check_round_trip(call: Call, dialect: str) -> None:
    """Assert that what is written reads back, within the dialect and by its full name alone."""
    for back in (read(call.code, dialect=dialect), read(call.code)):
        assert type(back) is type(call)
        assert back.code == call.code
        assert back == call or "nan" in call.code


def check_rates(row: Row, call: Call, rates: Rates) -> None:
    """Assert that these are the row's rates: every bit, or within the card's bounds."""
    assert str(rates.dtype) == row["dtype"]
    bound = call.card.ulp
    if "rates" in row:
        expected = numbers(row["rates"], row["dtype"])
        if row.get("compiled"):
            assert share_of_peak(rates, expected) <= call.card.share
        else:
            assert ulps(rates, expected).max() <= bound
        return
    for at, sample in row["samples"].items():
        group_rates = sample if isinstance(sample, list) else [sample]
        expected = numbers([[rate] for rate in group_rates], row["dtype"])
        assert ulps(rates[:, [int(at)]], expected).max() <= bound, at
    if bound == 0:
        little = rates.astype(rates.dtype.newbyteorder("<"))
        assert hashlib.sha256(little.tobytes()).hexdigest() == row["sha256"]


def check_meaning(row: Row, call: Call, rates: Rates, run: Run) -> None:
    """Assert that the schedule is, loosely, what the framework did; strictly so if it drifts."""
    try:
        schedule = call.lower()
    except ConvertError:
        assert "unsaid" in row or not np.isfinite(rates).all()
        return
    except ScheduleError:
        assert "drifts" in row
        return
    assert "unsaid" not in row
    assert Schedule.from_json(schedule.to_json()) == schedule
    own = evaluate(schedule, run)
    near = is_near(own.values.reshape(own.groups, -1), rates, row["dtype"])
    assert near != ("drifts" in row)
    assert (own.updates < rates.shape[1]) == ("past" in row)


def is_near(own: Rates, rates: Rates, dtype: str) -> bool:
    """Whether two curves agree loosely, as far as both go."""
    shared = min(own.shape[1], rates.shape[1])
    a, b = own[:, :shared], rates[:, :shared].astype(np.float64)
    with np.errstate(invalid="ignore"):
        return bool((np.abs(a - b) <= LOOSELY[dtype] * np.abs(b).max()).all())


@pytest.mark.parametrize(("dialect", "row"), ROWS)
def test_row(dialect: str, row: Row) -> None:
    if row.get("unread"):
        with pytest.raises(ReadError):
            read_row(dialect, row)
        return
    call = read_row(dialect, row)
    assert call.dialect == dialect
    check_round_trip(call, dialect)
    if "raises" in row:
        fault = call.fault()
        assert fault is not None
        assert fault.error.__name__ == row["raises"]["error"]
        assert fault.when == WHEN[row["raises"]["when"]]
        return
    run = Run(**row["run"])
    curve = simulate(call, run)
    rates = curve.values.reshape(curve.groups, -1)
    check_rates(row, call, rates)
    if curve.halt is None:
        assert "halt" not in row
        assert curve.updates == run.length
    else:
        assert {"update": curve.halt.update, "error": curve.halt.error} == row["halt"]
    check_meaning(row, call, rates, run)


# --- the tables are whole ----------------------------------------------------------------------


@pytest.mark.parametrize("dialect", registry.builtin().values(), ids=lambda d: d.name)
def test_table_is_whole(dialect: Dialect) -> None:
    captured = table(dialect.name)
    assert captured["dialect"] == dialect.name
    if dialect.name in captured["frameworks"]:
        assert captured["frameworks"][dialect.name] == dialect.version
    ids = [row["id"] for row in captured["rows"]]
    assert len(set(ids)) == len(ids)
    with_rates: Counter[type[Call]] = Counter()
    with_faults: Counter[type[Call]] = Counter()
    for row in captured["rows"]:
        if not row.get("unread"):
            (with_faults if "raises" in row else with_rates)[type(read_row(dialect.name, row))] += 1
    assert set(with_rates) == set(dialect.constructors), "constructors without rates"
    refusing = {c for c in dialect.constructors if c.card.raises}
    assert set(with_faults) == refusing, "constructors without refused arguments"
    fewest = HOMES[dialect.name].fewest
    assert {kind.card.name: rows for kind, rows in with_rates.items() if rows < fewest} == {}


@pytest.mark.parametrize("dialect", registry.builtin().values(), ids=lambda d: d.name)
def test_the_cards_name_the_exceptions_that_were_raised(dialect: Dialect) -> None:
    raised: dict[str, set[str]] = {c.card.name: set() for c in dialect.constructors}
    for row in table(dialect.name)["rows"]:
        if "raises" in row and not row.get("unread"):
            raised[read_row(dialect.name, row).card.name].add(row["raises"]["error"])
    assert raised == {c.card.name: set(c.card.raises) for c in dialect.constructors}


def test_no_table_without_a_dialect() -> None:
    assert {path.stem for path in TABLES.glob("*.json")} == set(registry.builtin())


# --- the check proves itself -------------------------------------------------------------------


def one_update_early(rates: Rates) -> Rates:
    return np.concatenate([rates[:, 1:], rates[:, -1:]], axis=1)


CHANGING = [param for param in ROWS if "raises" not in param.values[1]]


@pytest.mark.parametrize(("dialect", "row"), CHANGING)
def test_one_update_early_fails(dialect: str, row: Row) -> None:
    call = read_row(dialect, row)
    run = Run(**row["run"])
    curve = simulate(call, run)
    rates = curve.values.reshape(curve.groups, -1)
    early = one_update_early(rates)
    if np.array_equal(early, rates, equal_nan=True):
        pytest.skip("the rate is constant")
    with pytest.raises(AssertionError):
        check_rates(row, call, early)


def test_other_shortcomings_fail() -> None:
    dialect, row = next(p.values for p in ROWS if p.values[1]["id"] == "T_max=10")
    assert isinstance(row, dict)
    assert isinstance(dialect, str)
    call, run = read_row(dialect, row), Run(**row["run"])
    rates = simulate(call, run).values.reshape(1, -1)
    check_rates(row, call, rates)
    check_meaning(row, call, rates, run)
    nudged = rates.copy()
    nudged[0, 20] = np.nextafter(nudged[0, 20], 1)
    for wrong in (nudged, rates[:, :-1], rates.astype(np.float32)):
        with pytest.raises(AssertionError):
            check_rates(row, call, wrong)
    with pytest.raises(AssertionError):
        check_meaning(row, call, one_update_early(rates), run)
    with pytest.raises(AssertionError):
        check_meaning({**row, "drifts": "not at all"}, call, rates, run)


def test_a_dialect_without_a_table_fails() -> None:
    with pytest.raises(AssertionError, match="has no table"):
        table("unheard_of")
