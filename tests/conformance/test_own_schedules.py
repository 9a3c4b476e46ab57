"""Functions of the count that texts have themselves: run by JAX, step by step and compiled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.calls import read

jax = pytest.importorskip("jax")
pytest.importorskip("optax")

pytestmark = pytest.mark.jax

CASES = json.loads((Path(__file__).parents[1] / "cases" / "own_schedules.json").read_text())
RUN = [case for case in CASES if case["computed_by"] == "JAX"]


class Model:
    def compile(self, optimizer: Any, **others: Any) -> None:
        self.optimizer = optimizer


@pytest.mark.parametrize("case", RUN, ids=lambda case: case["name"])
def test_the_recorded_rates_are_those_of_jax(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    scope: dict[str, Any] = {"model": Model()}
    text = "\n".join(case["text"])
    exec(text, scope)
    schedule = eval(case["of"], scope)
    at, recorded = zip(*case["rates"], strict=True)
    steps = [jax.numpy.asarray(t, "int32") for t in at]
    real = np.array([np.asarray(schedule(step), np.float32) for step in steps])
    assert real.tobytes() == np.array(recorded, np.float32).tobytes()
    call = read(text)
    if call.supposed() is None:
        compiled = jax.jit(schedule)
        rates = np.array([np.asarray(compiled(step), np.float32) for step in steps])
        peak = float(rates.max())
        assert np.abs(rates - real).max() <= call.card.share * peak
