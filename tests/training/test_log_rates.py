"""Callbacks that write down what updates have used, beside what optimizers were seen to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from isorate import read_log
from tests.conformance.cases import keras as keras_cases

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.mindspore
@pytest.mark.parametrize("kind", ["list", "cell", "groups", "constant", "sunk"])
def test_mindspore_writes_the_rates_of_every_update(tmp_path: Path, kind: str) -> None:
    mindspore = pytest.importorskip("mindspore")
    from mindspore import dataset, nn
    from mindspore.train import LearningRateScheduler, Model

    from isorate.mindspore import LogRates

    mindspore.set_context(mode=mindspore.PYNATIVE_MODE)
    x = np.ones((12, 4), np.float32)
    data = dataset.NumpySlicesDataset((x, x[:, :1]), ["x", "y"], shuffle=False).batch(2)
    net = nn.Dense(4, 1)
    rates = nn.cosine_decay_lr(0.001, 0.1, 12, 6, 2)
    parts: Any = list(net.trainable_params())
    if kind == "groups":
        parts = [{"params": parts[:1], "lr": nn.polynomial_decay_lr(0.5, 0.1, 12, 1, 9, 1.0)},
                 {"params": parts[1:]}]  # fmt: skip
    lr: Any = {"constant": 0.5, "cell": nn.CosineDecayLR(0.001, 0.1, 12)}.get(kind, rates)
    optimizer = nn.SGD(parts, lr)
    seen: list[list[float]] = []

    class Watched(nn.Cell):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.TrainOneStepCell(nn.WithLossCell(net, nn.MSELoss()), optimizer)
            self.optimizer = optimizer

        def construct(self, *batch: Any) -> Any:
            rates = optimizer.get_lr()
            each = rates if isinstance(rates, tuple) else [rates]
            seen.append([float(rate.asnumpy()) for rate in each])
            return self.inner(*batch)

    callbacks: list[Any] = [LogRates(tmp_path / "rates.csv")]
    model = Model(Watched())
    if kind == "constant":
        callbacks.insert(0, LearningRateScheduler(lambda lr, step: 0.5 / (step + 1)))
        model = Model(net, nn.MSELoss(), optimizer)
        seen = [[float(np.float32(0.5 / (step + 1)))] for step in range(12)]
    model.train(2, data, callbacks=callbacks, dataset_sink_mode=kind == "sunk", sink_size=-1)
    log = read_log(tmp_path / "rates.csv")
    assert (log.offsets, log.groups[0].steps.tolist()) == ((0,), list(range(12)))
    assert [group.values.tolist() for group in log.groups] == [
        list(g) for g in zip(*seen, strict=True)
    ]
    assert len(set(log.groups[0].values.tolist())) > 1


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["schedule", "callback", "accumulated"])
def test_keras_writes_the_rates_of_every_update(tmp_path: Path, kind: str) -> None:
    assert keras_cases.BACKEND
    keras = pytest.importorskip("keras")

    from isorate.keras import LogRates

    schedule = keras.optimizers.schedules.CosineDecay(0.1, 12)
    lr = 0.5 if kind == "callback" else schedule
    steps = 2 if kind == "accumulated" else None
    optimizer = keras.optimizers.SGD(lr, gradient_accumulation_steps=steps)
    setter = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1))
    callbacks = [setter] if kind == "callback" else []
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    x = np.ones((12, 4), np.float32)
    model.fit(x, x[:, :1], batch_size=2, epochs=2, verbose=0,
              callbacks=[*callbacks, LogRates(tmp_path / "rates.csv")])  # fmt: skip
    expected = {
        "callback": [np.float32(0.5)] * 6 + [np.float32(0.25)] * 6,
        "schedule": [schedule(k) for k in range(12)],
        "accumulated": [schedule(k) for k in range(1, 12, 2)],
    }[kind]
    log = read_log(tmp_path / "rates.csv")
    (rates,) = log.groups
    assert (log.offsets, rates.steps.tolist()) == ((0,), list(range(len(expected))))
    assert rates.values.tolist() == [float(rate) for rate in expected]


@pytest.mark.torch
def test_keras_refuses_to_write_several_updates_at_once(tmp_path: Path) -> None:
    assert keras_cases.BACKEND
    keras = pytest.importorskip("keras")

    from isorate.keras import LogRates

    if keras.backend.backend() == "torch":
        pytest.skip("Keras makes one update at once with torch")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=3)
    x = np.ones((12, 4), np.float32)
    with pytest.raises(ValueError, match="3 updates were made at once"):
        model.fit(x, x[:, :1], batch_size=2, verbose=0, callbacks=[LogRates(tmp_path / "a.csv")])
