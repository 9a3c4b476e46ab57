"""Functions of the count that texts have themselves: run by JAX, and compiled, and by MindSpore."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.calls import read

CASES = json.loads((Path(__file__).parents[1] / "cases" / "own_schedules.json").read_text())


def of(framework: str) -> list[Any]:
    return [
        pytest.param(case, id=case["name"]) for case in CASES if case["computed_by"] == framework
    ]


class Model:
    def compile(self, optimizer: Any, **others: Any) -> None:
        self.optimizer = optimizer


@pytest.mark.jax
@pytest.mark.parametrize("case", of("JAX"))
def test_the_recorded_rates_are_those_of_jax(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
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


@pytest.mark.mindspore
@pytest.mark.parametrize("case", of("MindSpore"))
def test_the_recorded_rates_are_those_of_mindspore(case: dict[str, Any]) -> None:
    mindspore = pytest.importorskip("mindspore")
    mindspore.set_context(mode=mindspore.PYNATIVE_MODE)
    params = [mindspore.Parameter(mindspore.Tensor(np.zeros(2, np.float32)), name="w")]
    net = SimpleNamespace(trainable_params=lambda: params)
    scope: dict[str, Any] = {"params": params, "net": net}
    exec("\n".join(case["text"]), scope)
    schedule = eval(case["of"], scope)
    at, recorded = zip(*case["rates"], strict=True)
    steps = [mindspore.Tensor([t], mindspore.int32) for t in at]
    real = np.array([schedule(step).asnumpy().reshape(()) for step in steps], np.float32)
    assert real.tobytes() == np.array(recorded, np.float32).tobytes()
