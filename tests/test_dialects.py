"""The registry: what is in it is complete, consistent, and open to other packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isorate import ReadError
from isorate.kit import registry
from isorate.kit.call import Call

CONSTRUCTORS = list(registry.constructors())

PLUGIN = '''
from typing import ClassVar
import numpy as np
from isorate.kit import Call, Card, Dialect, Lift, Proof, Refusal
from isorate.schedules import Constant

class steady(Call, frozen=True):
    """A rate that stays."""
    rate: float
    card: ClassVar[Card] = Card(
        name="acme.steady", dialect="acme", runs_in="acme", version="1", docs="", clock="update",
        arithmetic="none", proof=Proof.EACH_STEP, past_end="goes on", roles={"rate": "start"},
    )
    def lower(self):
        return Constant(self.rate)
    @classmethod
    def lift(cls, schedule, updates):
        if isinstance(schedule, Constant):
            return Lift(cls(schedule.rate))
        return Refusal("it is not constant")
    def native(self, steps):
        yield np.full((1, steps), self.rate)

DIALECT = Dialect("acme", "Acme", "1", (steady,))
'''


def test_names_are_unique_and_the_cards_complete() -> None:
    names = [constructor.card.name for constructor in CONSTRUCTORS]
    assert len(set(names)) == len(names)
    for constructor in CONSTRUCTORS:
        card = constructor.card
        assert card.dialect in registry.registered()
        assert card.docs
        assert card.arithmetic
        assert card.past_end
        assert constructor.__doc__
        assert set(card.roles) <= {name.rstrip("_") for name in constructor.__struct_fields__}
        assert (card.ulp == card.share == 0) == (card.ledger is None)
        assert card.deprecation is None or card.way_out in names


def test_torch_comes_first() -> None:
    assert next(iter(registry.builtin())) == "torch"


@pytest.mark.parametrize("constructor", CONSTRUCTORS, ids=lambda c: c.card.name)
def test_each_has_its_own_arithmetic_and_its_own_meaning(constructor: type[Call]) -> None:
    assert constructor.native is not Call.native
    if constructor.means is Call.means:  # then it is read both ways by hand
        assert constructor.lower is not Call.lower
        assert getattr(constructor.lift, "__func__") is not getattr(Call.lift, "__func__")  # noqa: B009


def test_an_unknown_dialect_is_named_with_those_there_are() -> None:
    with pytest.raises(ReadError, match=", ".join(registry.builtin())):
        registry.get("mxnet")


def test_another_package_can_register_a_dialect(tmp_path: Path) -> None:
    (tmp_path / "acme_dialect.py").write_text(PLUGIN)
    info = tmp_path / "acme-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[isorate.dialects]\nacme = acme_dialect:DIALECT\n")

    def isorate(*arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        return subprocess.run(
            [sys.executable, "-m", "isorate", *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
            check=False,
        )

    assert "acme.steady" in isorate("dialects").stdout
    assert isorate("compare", "steady(0.1)", "[0.1, 0.1]", "--updates", "2").returncode == 0
    converted = isorate("convert", "steady(0.1)", "--to", "torch", "--updates", "5")
    assert "lambda t: 0.1" in converted.stdout, converted.stderr
    (tmp_path / "acme_dialect.py").write_text("DIALECT = 3")
    broken = isorate("dialects")
    assert broken.returncode == 2
    assert "acme is no Dialect" in broken.stderr
