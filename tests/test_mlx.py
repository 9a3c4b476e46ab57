"""MLX: what is read and said of its schedules besides their tables."""

from __future__ import annotations

import pytest

from isorate import ReadError, Run, convert, simulate
from tests.calls import read

RUN = "import mlx.optimizers as optim\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("opt = optim.AdamW(learning_rate=optim.cosine_decay(1e-3, 9))",
         "mlx.optimizers.cosine_decay(init=0.001, decay_steps=9)"),
        ("s = optim.join_schedules([optim.linear_schedule(0, 1e-3, 5), lambda _: 1e-3], [5])\n"
         "opt = optim.MultiOptimizer([optim.Muon(s), optim.AdamW(s)])",
         "mlx.optimizers.join_schedules(schedules=[mlx.optimizers.linear_schedule(init=0, "
         "end=0.001, steps=5), lambda _: 0.001], boundaries=[5])"),
        ("opt = optim.Adafactor(optim.step_decay(1e-3, 0.1, 9), relative_step=False)",
         "mlx.optimizers.step_decay(init=0.001, decay_rate=0.1, step_size=9)"),
    ],
)  # fmt: skip
def test_what_optimizers_are_given_is_read(text: str, code: str) -> None:
    assert read(RUN + text).code == code


def test_an_optimizer_that_reads_no_schedule_is_refused() -> None:
    with pytest.raises(ReadError, match="Adafactor has relative_step=True: it sets the rate"):
        read(f"{RUN}opt = optim.Adafactor(optim.cosine_decay(1e-3, 9))")


def test_a_bare_name_stays_optaxs() -> None:
    assert read("linear_schedule(0.1, 0.0, 9)").dialect == "optax"


def test_a_boundary_below_zero_is_never_reached() -> None:
    parts = "[mlx.optimizers.exponential_decay(0.1, 0.5), mlx.optimizers.cosine_decay(1.0, 9)]"
    call = read(f"mlx.optimizers.join_schedules({parts}, [-1])")
    assert simulate(call, Run(2)).at(1) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("text", "to", "said"),
    [
        ("torch.optim.lr_scheduler.CosineAnnealingLR(SGD(params, lr=0.1), 30, 0.01)", "mlx",
         "mlx.optimizers.cosine_decay(init=0.1, decay_steps=30, end=0.01)"),
        ("torch.optim.lr_scheduler.StepLR(SGD(params, lr=0.1), 30)", "mlx",
         "mlx.optimizers.step_decay(init=0.1, decay_rate=0.1, step_size=30)"),
        ("mlx.optimizers.exponential_decay(0.1, 0.9)", "torch",
         "torch.optim.lr_scheduler.ExponentialLR(torch.optim.SGD(params, lr=0.1), gamma=0.9)"),
        ("mlx.optimizers.join_schedules([mlx.optimizers.linear_schedule(0.0, 0.1, 5), "
         "mlx.optimizers.cosine_decay(0.1, 20)], [5])", "optax",
         "optax.warmup_cosine_decay_schedule(init_value=0.0, peak_value=0.1, warmup_steps=5, "
         "decay_steps=25)"),
    ],
)  # fmt: skip
def test_they_are_converted(text: str, to: str, said: str) -> None:
    found = convert(text, to=to)
    assert said in [each.call.code for each in found.ways]
