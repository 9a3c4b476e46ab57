"""A MindSpore training stopped after any update and resumed from its checkpoint goes on as if it
had never been stopped: the same rates, the same weights, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from isorate import Run, simulate
from isorate.mindspore import cosine_decay_lr
from tests.calls import read

if TYPE_CHECKING:
    from pathlib import Path

mindspore = pytest.importorskip("mindspore")
from mindspore import Tensor, nn, ops  # noqa: E402

from isorate.mindspore import ScheduleLR  # noqa: E402

pytestmark = pytest.mark.mindspore


UPDATES = 9
ANNEALING = "CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=3, eta_min=0.01)"
RATES: dict[str, Any] = {
    "isorate.mindspore.cosine_decay_lr(0.01, 0.1, 9, 2, 3)": lambda: cosine_decay_lr(
        0.01, 0.1, UPDATES, 2, 3
    ),
    f"isorate.mindspore.ScheduleLR({ANNEALING!r})": lambda: ScheduleLR(ANNEALING),
}


class Training:
    """A tiny network with momentum, whose every update is logged."""

    def __init__(self, learning_rate: Any) -> None:
        self.net = nn.Dense(3, 1, weight_init="ones", bias_init="zeros")
        self.optimizer = nn.Momentum(self.net.trainable_params(), learning_rate, momentum=0.9)
        self.step = mindspore.value_and_grad(
            lambda x, y: ops.mean((self.net(x) - y) ** 2), None, self.optimizer.parameters
        )

    def update(self, k: int) -> np.float32:
        """Make update k and return the rate it applied."""
        rate: np.float32 = self.optimizer.get_lr().asnumpy()[()]
        rng = np.random.default_rng(k)
        x, y = (Tensor(rng.random(shape, np.float32)) for shape in ((4, 3), (4, 1)))
        self.optimizer(self.step(x, y)[1])
        return rate

    def weights(self) -> bytes:
        return b"".join(p.asnumpy().tobytes() for p in self.net.trainable_params())


@pytest.mark.parametrize("text", RATES)
def test_a_resumed_training_is_the_one_that_never_stopped(text: str, tmp_path: Path) -> None:
    whole = Training(RATES[text]())
    rates, checkpoints, weights = [], [], []
    for k in range(UPDATES):
        path = str(tmp_path / f"{k}.ckpt")
        mindspore.save_checkpoint(whole.optimizer, path)
        checkpoints.append(path)
        rates.append(whole.update(k))
        weights.append(whole.weights())
    simulated = simulate(read(text), Run(UPDATES)).values.astype(np.float32)
    assert np.array_equal(np.array(rates, np.float32), simulated)
    assert len(set(rates)) > 2
    for k, path in enumerate(checkpoints):
        resumed = Training(RATES[text]())
        loaded = mindspore.load_checkpoint(path)
        missing, _ = mindspore.load_param_into_net(resumed.optimizer, loaded)
        assert missing == []
        for later in range(k, UPDATES):
            assert resumed.update(later) == rates[later], (k, later)
            assert resumed.weights() == weights[later], (k, later)
