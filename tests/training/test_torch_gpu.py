"""Rates on a device, and what replays or fuses the steps that use them: ``make gpu`` on a GPU."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from isorate.schedule.shapes import Cosine  # noqa: E402
from isorate.torch import CosineAnnealingLR, LinearLR, ScheduleLR, _writer  # noqa: E402
from tests.training.torch_parts import MARKS  # noqa: E402

pytestmark = MARKS

COSINE = Cosine(0.1, 0.001, 8, "mirror")
#: A test that needs a GPU. One that runs on the CPU as well takes the fixture ``device``.
GPU = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU"),
]


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=GPU)])
def device(request: pytest.FixtureRequest) -> Any:
    return torch.device(request.param)


def weight_on(device: Any) -> Any:
    return torch.nn.Parameter(torch.zeros(1, device=device))


def adam(device: Any, rate: Any, **options: Any) -> tuple[Any, Any]:
    """Return a weight and an optimizer that takes the rate off it where its gradients are 1."""
    weight = weight_on(device)
    return weight, torch.optim.Adam([weight], lr=rate, eps=0.0, **options)


def learn(optimizer: Any, weight: Any) -> None:
    weight.grad = torch.ones_like(weight)
    optimizer.step()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_tensors_on_a_device_are_written_in_place_and_rounded_once(device: Any, dtype: Any) -> None:
    rates = [torch.tensor(0.1 + 0.1 * i, dtype=dtype, device=device) for i in range(3)]
    groups = [{"params": [weight_on(device)], "lr": rate} for rate in (*rates, 0.4)]
    groups.append({"params": [weight_on("cpu")], "lr": torch.tensor(0.5, dtype=dtype)})
    optimizer = torch.optim.SGD(groups, lr=1.0)
    bases = [float(group["lr"]) for group in optimizer.param_groups]
    scheduler = CosineAnnealingLR(optimizer, 8, 0.001)
    for step in range(1, 12):
        scheduler.step()
        held = [group["lr"] for group in optimizer.param_groups]
        assert all(one is other for one, other in zip(held, rates, strict=False))
        exact = [Cosine(base, 0.001, 8, "mirror").at(step) for base in bases]
        expected = [
            rate if i == 3 else float(_writer.rounded([rate], dtype))
            for i, rate in enumerate(exact)
        ]
        assert list(map(float, held)) == expected
    last: list[Any] = scheduler.get_last_lr()
    assert [rate.device for rate in last[:3]] == [rates[0].device] * 3


def test_a_state_resumes_on_a_device(device: Any) -> None:
    def run() -> tuple[Any, Any]:
        optimizer = torch.optim.SGD([weight_on(device)], lr=torch.tensor(0.1, device=device))
        return optimizer, LinearLR(optimizer, 0.1, total_iters=6)

    optimizer, scheduler = run()
    for _ in range(3):
        scheduler.step()
    file = io.BytesIO()
    torch.save((optimizer.state_dict(), scheduler.state_dict()), file)
    states = torch.load(io.BytesIO(file.getvalue()), weights_only=True, map_location=device)
    fresh, resumed = run()
    fresh.load_state_dict(states[0])
    resumed.load_state_dict(states[1])
    for one in (scheduler, resumed):
        one.step()
    assert float(fresh.param_groups[0]["lr"]) == float(optimizer.param_groups[0]["lr"])
    assert fresh.param_groups[0]["lr"].device == optimizer.param_groups[0]["lr"].device


@pytest.mark.parametrize("backend", ["eager", pytest.param("inductor", marks=GPU)])
def test_a_compiled_capturable_step_sees_every_rate_and_is_compiled_once(
    device: Any, backend: str
) -> None:
    torch._dynamo.reset()
    weight, optimizer = adam(device, torch.tensor(0.1, device=device), capturable=True)
    scheduler = ScheduleLR(optimizer, COSINE)
    step = torch.compile(optimizer.step, backend=backend)
    weight.grad = torch.ones_like(weight)
    taken = []
    with torch._dynamo.config.patch(error_on_recompile=False):
        for update in range(10):
            before = float(weight.detach())
            step()
            taken.append(before - float(weight.detach()))
            scheduler.step()
            if update == 2:  # the state's tensors are there
                torch._dynamo.config.error_on_recompile = True
    assert taken == pytest.approx([COSINE.at(update) for update in range(10)], rel=1e-4)


def test_a_fused_step_that_is_left_out_does_not_count(device: Any, tmp_path: Path) -> None:
    weight, optimizer = adam(device, torch.tensor(0.1, device=device), fused=True)
    scheduler = ScheduleLR(optimizer, COSINE)
    scheduler.log(tmp_path / "rates.csv")
    scaler = torch.amp.GradScaler(device.type, init_scale=4.0)
    for batch in range(8):
        optimizer.zero_grad()
        infinite = float("inf") if batch in (0, 3) else 1.0
        scaler.scale(weight.sum() * infinite).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
    rates = [float(torch.tensor(COSINE.at(update))) for update in range(6)]
    lines = [f"{update},{rate!r}" for update, rate in enumerate(rates)]
    assert (tmp_path / "rates.csv").read_text().splitlines() == ["update,lr", *lines]
    assert float(weight.detach()) == pytest.approx(-sum(rates), rel=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_a_replayed_graph_sees_every_rate() -> None:
    weight, optimizer = adam("cuda", torch.tensor(0.1, device="cuda"), capturable=True)
    weight.grad = torch.ones_like(weight)
    scheduler = ScheduleLR(optimizer, COSINE, counting="steps")
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        optimizer.step()  # warm up, as a capture needs
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        optimizer.step()
    taken = []
    for _ in range(10):
        before = float(weight.detach())
        graph.replay()
        taken.append(before - float(weight.detach()))
        scheduler.step()
    assert taken == pytest.approx([COSINE.at(step) for step in range(10)], rel=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_a_log_leaves_a_capture_alone(tmp_path: Path) -> None:
    weight, optimizer = adam("cuda", torch.tensor(0.1, device="cuda"), capturable=True)
    weight.grad = torch.ones_like(weight)
    scheduler = ScheduleLR(optimizer, COSINE, counting="steps")
    scheduler.log(tmp_path / "rates.csv", update=0)
    optimizer.step()
    torch.cuda.synchronize()
    with torch.cuda.graph(torch.cuda.CUDAGraph()):
        optimizer.step()
    optimizer.step()
    lines = (tmp_path / "rates.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["update", "0", "1"]


def test_a_device_is_waited_for_at_no_step_of_a_schedule(
    device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rates go to the device, and nothing comes back."""
    if device.type == "cpu":  # which is then written as a device is
        monkeypatch.setattr(_writer, "cells_of", lambda tensors: None)
    rates = [torch.tensor(0.1, device=device) for _ in range(3)]
    groups = [{"params": [weight_on(device)], "lr": rate} for rate in rates]
    scheduler = ScheduleLR(torch.optim.SGD(groups, lr=1.0), COSINE, counting="steps")
    scheduler.step()
    if device.type == "cuda":
        torch.cuda.set_sync_debug_mode("error")
    monkeypatch.setattr(_writer.Writer, "held", lambda *_: pytest.fail("it is read"))
    try:
        for _ in range(3):
            scheduler.step()
    finally:
        if device.type == "cuda":
            torch.cuda.set_sync_debug_mode("default")
    assert [float(rate) for rate in rates] == [float(torch.tensor(COSINE.at(4)))] * 3
    monkeypatch.undo()
    rates[1].fill_(0.7)  # what another has written is still seen
    with pytest.warns(UserWarning, match=r"group 1 held lr=0\.69"):
        scheduler.step()
    assert [float(rate) for rate in rates] == [float(torch.tensor(COSINE.at(5)))] * 3
