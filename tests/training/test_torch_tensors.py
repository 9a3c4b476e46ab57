"""Rates that are tensors: written in place, rounded once, and compiled steps compiled once."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402
from torch.optim import lr_scheduler  # noqa: E402

from isorate.schedule.shapes import Constant, Cosine  # noqa: E402
from isorate.torch import CosineAnnealingLR, ExponentialLR, LinearLR, ScheduleLR, SequentialLR  # noqa: E402
from isorate.torch._cells import bfloat16_bits  # noqa: E402
from isorate.torch._writer import Writer, rounded  # noqa: E402
from tests.training.torch_parts import MARKS, TorchCosine, optimizer_of, parameter  # noqa: E402

pytestmark = MARKS

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def nearest(rate: float, dtype: Any) -> float:
    """Find the nearest value of a dtype by looking at its neighbours, ties to an even last bit."""
    near = torch.tensor(rate, dtype=torch.float64).to(dtype)
    bits = {torch.float16: torch.int16, torch.bfloat16: torch.int16, torch.float32: torch.int32}
    if dtype == torch.float64:
        return rate
    code = int(near.view(bits[dtype]))
    around = [torch.tensor(c, dtype=bits[dtype]).view(dtype) for c in (code - 1, code, code + 1)]
    finite = [(value, c % 2) for value, c in zip(around, (code - 1, code, code + 1), strict=True)]

    def distance(pair: Any) -> tuple[Any, int]:
        from fractions import Fraction

        value = float(pair[0])
        if not math.isfinite(value):
            return Fraction(2) ** 1100, 0
        return abs(Fraction(value) - Fraction(rate)), pair[1]

    return float(min(finite, key=distance)[0])


@given(st.floats(1e-30, 1e4), st.sampled_from(DTYPES))
@example(1.0 + 2**-8 + 2**-40, torch.bfloat16)  # by way of float32 it rounds twice, and down
@example(1.0 + 2**-9 - 2**-40, torch.bfloat16)
@example(1.0 + 2**-11 + 2**-40, torch.float16)
@example(3e-7, torch.float16)
def test_a_tensor_gets_the_nearest_value_of_its_dtype(rate: float, dtype: Any) -> None:
    expected = nearest(rate, dtype)
    tensor = torch.tensor(0.5, dtype=dtype)
    groups = [{"lr": tensor}]
    for writer in (Writer(), Writer()):
        writer.write(groups, [rate])
        assert float(tensor) == expected
        tensor.fill_(0.5)
        writer.write(groups, [0.5])
        writer.last = [0.5]
        assert writer.go_on(groups, [rate])
        assert float(tensor) == expected
        writer.write(groups, [rate])  # once more, by the view that it keeps now
        assert float(tensor) == expected
    assert float(rounded([rate], dtype)[0]) == expected


def test_torch_itself_rounds_twice() -> None:
    tie = 1.0 + 2**-8 + 2**-40
    assert float(torch.tensor(0.0, dtype=torch.bfloat16).fill_(tie)) == 1.0
    assert float(rounded([tie], torch.bfloat16)[0]) == 1.0 + 2**-7


@given(st.integers(0, 2**16 - 1))
def test_every_bfloat16_is_itself(code: int) -> None:
    value = struct.unpack("<f", struct.pack("<I", code << 16))[0]
    if not math.isnan(value):
        assert bfloat16_bits(value) == code


def test_beyond_bfloat16_is_infinity() -> None:
    assert bfloat16_bits(1e300) == 0x7F80
    assert bfloat16_bits(-1e39) == 0xFF80


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tensors_that_have_no_view_are_written_together(dtype: Any) -> None:
    """As on a GPU, which is not here: one operation for all tensors of a device and dtype."""

    class Elsewhere(Tensor):  # type: ignore[misc]
        """A tensor that NumPy may not look into."""

    tensors = [torch.full(shape, 0.5, dtype=dtype) for shape in ((), (1,), ())]
    groups = [{"lr": tensor.as_subclass(Elsewhere)} for tensor in tensors]
    rates = [0.1, 0.2, 0.3]
    Writer().write(groups, rates)
    assert [float(tensor) for tensor in tensors] == [nearest(rate, dtype) for rate in rates]
    assert all(group["lr"].dtype == dtype for group in groups)


def test_no_two_groups_share_what_is_written() -> None:
    tensor = torch.tensor(0.1)
    groups = [{"params": [parameter()], "lr": tensor}, {"params": [parameter()], "lr": tensor}]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    ScheduleLR(optimizer, Constant(0.5))
    for group in optimizer.param_groups:
        assert group["initial_lr"] is not group["lr"]
    scheduler = SequentialLR(
        optimizer, [LinearLR(optimizer, 0.5), ExponentialLR(optimizer, 0.9)], [3]
    )
    last = scheduler.get_last_lr()
    last[0].fill_(9.0)  # type: ignore[union-attr]
    assert float(optimizer.param_groups[0]["lr"]) != 9.0


# --- compiled training steps ----------------------------------------------------------------------


def compilations(rate: Any, make: Any, kind: Any = torch.optim.SGD, **options: Any) -> int:
    """Train with a compiled step, forward, backward and update, and count its compilations."""
    from torch._dynamo.testing import CompileCounter

    torch._dynamo.reset()
    torch.manual_seed(0)
    net = torch.nn.Linear(3, 1)
    optimizer = kind(net.parameters(), lr=rate, **options)
    scheduler = make(optimizer)
    counter = CompileCounter()

    def update() -> None:
        optimizer.step()

    compiled = torch.compile(update, backend=counter)
    for _ in range(12):
        optimizer.zero_grad()
        net(torch.ones(2, 3)).square().mean().backward()
        compiled()
        scheduler.step()
    return int(counter.frame_count)


SCHEDULED: dict[str, Any] = {
    "CosineAnnealingLR": lambda o: CosineAnnealingLR(o, 8, 0.001),
    "ScheduleLR": lambda o: ScheduleLR(o, Cosine(0.1, 0.001, 8, "mirror")),
    "SequentialLR": lambda o: SequentialLR(
        o, [LinearLR(o, 0.1, total_iters=4), CosineAnnealingLR(o, 8)], [4]
    ),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", SCHEDULED)
@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam])
def test_a_compiled_step_with_a_tensor_rate_is_compiled_once(name: str, kind: Any) -> None:
    assert compilations(torch.tensor(0.1), SCHEDULED[name], kind) == 1


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_with_a_float_rate_it_is_compiled_again() -> None:
    """The complaint (pytorch issue 107076): a float is a constant of what was compiled."""
    assert compilations(0.1, lambda o: TorchCosine(o, 8, 0.001)) > 1


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_torchs_sequence_replaces_no_tensor_of_ours() -> None:
    optimizer = optimizer_of(torch.tensor(0.1))
    tensor = optimizer.param_groups[0]["lr"]
    parts = [lr_scheduler.LinearLR(optimizer), CosineAnnealingLR(optimizer, 8)]
    sequence = lr_scheduler.SequentialLR(optimizer, parts, [3])
    for _ in range(6):
        sequence.step()
    assert optimizer.param_groups[0]["lr"] is tensor


# --- the optimizers' implementations --------------------------------------------------------------


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW])
@pytest.mark.parametrize(
    ("options", "tensor"),
    [
        ({"foreach": True}, False),
        ({"foreach": False}, True),
        ({"fused": True}, False),
        ({"fused": True}, True),
    ],
    ids=str,
)
def test_every_implementation_applies_the_rate(kind: Any, options: Any, tensor: bool) -> None:
    """Two runs, one with the rates set by hand: the same weights."""

    def run(by_hand: bool) -> list[float]:
        torch.manual_seed(0)
        net = torch.nn.Linear(3, 2)
        rate: Any = torch.tensor(0.1) if tensor else 0.1
        optimizer = kind(net.parameters(), lr=rate, **options)
        schedule = Cosine(0.1, 0.001, 7, "mirror")
        scheduler = None if by_hand else ScheduleLR(optimizer, schedule)
        for update in range(12):
            if by_hand and tensor:
                optimizer.param_groups[0]["lr"].copy_(torch.tensor(schedule.at(update)))
            elif by_hand:
                optimizer.param_groups[0]["lr"] = schedule.at(update)
            optimizer.zero_grad()
            net(torch.ones(4, 3) * (1 + update)).square().mean().backward()
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
        return [float(x) for p in net.parameters() for x in p.detach().ravel()]

    assert run(by_hand=False) == run(by_hand=True)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("foreach", [True, False])
def test_a_capturable_step_sees_every_rate(foreach: bool) -> None:
    """What a CUDA graph needs; on the CPU torch takes it in compiled steps only."""
    rate = torch.tensor(0.1)
    options = {"capturable": True, "foreach": foreach}
    assert compilations(rate, SCHEDULED["ScheduleLR"], torch.optim.Adam, **options) == 1
    assert float(rate) == float(torch.tensor(Cosine(0.1, 0.001, 8, "mirror").at(12)))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_whole_compiled_training_step_is_compiled_once() -> None:
    from torch._dynamo.testing import CompileCounter

    torch._dynamo.reset()
    torch.manual_seed(0)
    net = torch.nn.Linear(3, 1)
    rates = [torch.tensor(0.1), torch.tensor(0.03)]
    groups = [{"params": [p], "lr": r} for p, r in zip(net.parameters(), rates, strict=True)]
    optimizer = torch.optim.SGD(groups, momentum=0.9)
    scheduler = CosineAnnealingLR(optimizer, 8)
    counter = CompileCounter()

    def update(x: Any) -> Any:
        loss = net(x).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    compiled = torch.compile(update, backend=counter)
    counts = []
    for _ in range(12):
        compiled(torch.ones(2, 3))
        scheduler.step()
        counts.append(counter.frame_count)
    assert counts[2:] == [counts[2]] * 10  # momentum's buffers are made in the first steps
