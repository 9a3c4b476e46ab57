"""Every way of the matrix in docs/, run in the framework that it is for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("torch")
pytest.importorskip("mindspore")

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import matrix

from isorate.kit import registry
from tests.calls import read
from tests.conformance.agreement import assert_agree
from tests.conformance.frameworks import drive

if TYPE_CHECKING:
    from isorate.conversion import Way

pytestmark = [pytest.mark.torch, pytest.mark.mindspore]

PAIRS = [
    pytest.param(source, name, target, id=f"{source}-{name}")
    for source, target in (("torch", "mindspore"), ("mindspore", "torch"))
    for name in matrix.EXAMPLES[source]
]


def test_every_constructor_has_its_example() -> None:
    for dialect, examples in matrix.EXAMPLES.items():
        kinds = {type(matrix.example(dialect, name)) for name in examples}
        assert kinds == set(registry.get(dialect).constructors)


@pytest.mark.parametrize(("source", "name", "target"), PAIRS)
def test_every_way_runs(source: str, name: str, target: str) -> None:
    conversion = matrix.converted(source, name, target)
    assert conversion.ways, conversion.refusal
    for way in conversion.ways:
        assert_runs(way)


def assert_runs(way: Way) -> None:
    """Assert that the framework takes the code, and gives the rates that were promised."""
    assert read(way.code) == way.call
    run = way.run.lasting(min(way.run.length, 40))
    seen = drive(way.statements, run, framework=way.call.card.runs_in)
    assert_agree(seen, way.call, run)
