"""Every row of the ledger beside the framework itself: it really does other than documented."""

from __future__ import annotations

from typing import Any

import pytest

from isorate import Run
from isorate.kit import registry
from tests.calls import read
from tests.conformance.agreement import assert_agree
from tests.conformance.cases import HOMES
from tests.conformance.frameworks import drive

ENTRIES = [
    pytest.param(
        dialect.name,
        entry,
        id=f"{constructor.card.name}-{number}",
        marks=getattr(pytest.mark, HOMES[dialect.name].marker),
    )
    for dialect in registry.builtin().values()
    for constructor in dialect.constructors
    for number, entry in enumerate(constructor.card.deviations)
]


@pytest.mark.parametrize(("dialect", "entry"), ENTRIES)
def test_the_framework_does_what_the_ledger_shows(dialect: str, entry: Any) -> None:
    pytest.importorskip(dialect)
    run = Run(entry.update + 1)
    text = read(entry.shown, dialect=dialect).code
    seen = drive(text, run, framework=dialect)
    assert_agree(seen, read(text), run)
