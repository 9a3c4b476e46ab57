"""The rows of DeepSpeed's schedulers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases import transformers as hf
from tests.conformance.cases._case import Case, called, refused
from tests.conformance.cases.torch import torch_scope, upon_torch

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "deepspeed.runtime.lr_schedules"
ADAM = "torch.optim.Adam(params, lr=0.1)"
#: Arguments of each scheduler besides the optimizer.
TAKEN: dict[str, tuple[str, ...]] = {
    "WarmupLR": (
        "warmup_num_steps=5", "0.0, 0.1, 4, 'linear'", "0.01, 0.1, 4", "0.0, None, 1",
        "0.0, 0.3, 2, 'linear'", "warmup_num_steps=8, warmup_type='linear'", "", "0, 1, 7",
        "0.2, 0.1, 6, 'linear'", "0.0, 0.1, 5, 'cosine'", "[0.01], [0.1], 6", "0.1, 0.1, 3",
        "0.0, 3e-4, 20, 'log'", "warmup_num_steps=True", "0.0, 0.1, 1, 'linear'",
        "0.01, 0.1, 10, 'linear', 5", "0.01, 0.1, 10, 'log', 0",
    ),
    "WarmupDecayLR": (
        "15", "15, 0.0, 0.1, 4, 'linear'", "15, warmup_num_steps=5", "20, 0.01, 0.1, 6",
        "total_num_steps=18, warmup_num_steps=1", "10, 0.0, 0.1, 10, 'linear'",
        "5, 0.0, 0.1, 8, 'linear'", "5, 0.0, 0.1, 8", "0, 0.0, 0.1, 3", "15.5, 0.0, 0.1, 4",
        "100, 0.0, 0.1, 2, 'linear'", "18, [0.0], [0.2], 4, 'linear'", "5, 0.0, 0.1, 4, 'linear'",
        "12, 0.02, 0.1, 3, 'linear'", "15, 0.0, 0.1, 4, 'linear', 9",
    ),
    "WarmupCosineLR": (
        "15", "15, 0.0, 4, 0.0001, 'linear'", "15, warmup_num_steps=5", "20, 0.1, 6",
        "20, 0.1, 6, 0.01, 'linear'", "total_num_steps=18, warmup_num_steps=1",
        "10, 0.0, 10, warmup_type='linear'", "5, 0.0, 8, 0.1, 'linear'", "5, 0.0, 8",
        "15.5, 0.0, 4, 0.01", "18, 0.5, 3, 0", "18, 0.0, 3, 1", "18, 0, 3, -0.5",
        "22, 0.0, 2, 0.1, 'linear'", "18, 1.5, 3, 0.1, 'linear'", "15, 0.0, 4, 0.01, 'linear', 7",
    ),
    "OneCycle": (
        "0.01, 0.1", "0.01, 0.1, cycle_first_step_size=5", "0.01, 0.1, 0.5, 4, decay_step_size=3",
        "0.01, 0.1, 0.5, 4, 7, decay_step_size=1", "0.01, 0.1, 0.0, 6, 3, decay_step_size=2",
        "0.01, 0.1, 0.2, 5, 0, decay_step_size=2", "0.01, 0.1, 0.0, 8, 9, 4", "0, 1, 0, 3, 5, 3, 5",
        "0.01, 0.1, 0.0, 8, 9, 4, 0", "0.01, 0.1, 0.0, 8, 9, 0, 3", "0.01, 0.1, 0.3, 7, 6, 3, 2, 4",
        "0.1, 0.01, 0.0, 6", "0.01, 0.1, 0.1, 2.5, 3.5, decay_step_size=1.5", "[0.01], [0.1], 0, 4",
        "0.01, 0.1, 0.0, '4', cycle_momentum=False", "0.01, 0.1, -0.1, 3, 3, decay_step_size=4",
        "0.01, 0.1, 0.1, 3, 3, 0, None, 4, True, [0.8, 0.7]", "0.01, 0.1, 0.0, 4, 5, -1",
        "0.01, 0.1, 0.5, 4, decay_step_size=3, last_batch_iteration=6",
        "0.01, 0.1, -0.5, 3, 3, decay_step_size=4",
    ),
    "LRRangeTest": (
        "", "0.01, 4", "0.01, 4, 2.0", "0.01, 4, 1.0, True", "0.01, 1", "1e-5, 6, 10.0, True",
        "lr_range_test_step_size=3", "0.1, 5, -0.3", "[0.02], 7", "0.01, 4, 0.0", "0, 4", "1, 2, 3",
        "0.1, 3, 0.5, 'yes'", "0.01, 4, 1.0, False, 6", "0.01, 4, 1.0, True, 6", "1, 2, 3, True",
    ),
}  # fmt: skip
REFUSED: dict[str, tuple[str, ...]] = {
    "WarmupLR": (
        "warmup_num_steps=5.0", "warmup_num_steps=0", "warmup_num_steps=-4", "[0.0, 0.1]",
        "0.0, [0.1, 0.2]", "'0.0'", "0.0, 'auto'", "warmup_type=[]", "warmup_num_steps='auto'",
    ),
    "WarmupDecayLR": (
        "'15'", "None", "15, warmup_num_steps=5.0", "15, 0.0, [0.1, 0.2]", "15, 0.0, None, 'a'",
    ),
    "WarmupCosineLR": (
        "'15'", "15, warmup_num_steps=0", "15, [0.1], 4", "15, '0.1', 4", "15, warmup_type={}",
    ),
    "OneCycle": (
        "0.01, 0.1, cycle_first_step_size=0", "0.01, 0.1, 0, 4, -1", "[0, 1], 0.1",
        "0.01, 0.1, 0, 'a'", "0.01, 0.1, 0, None", "0.01, 0.1, None", "0.01, 0.1, 0, 4, 4, None",
        "0.01, [0.1, 0.2]", "'0.01', 0.1, 0, 4", "0.01, 0.1, 0, 4, decay_step_size=None",
    ),
    "LRRangeTest": (
        "0.01, 4.0", "0.01, 0", "[0.01, 0.02]", "'0.01', 4", "0.01, 4, None", "0.01, '4'",
    ),
}  # fmt: skip


def call(name: str, *arguments: str) -> str:
    """Return a call as text."""
    return called(f"{HERE}.{name}", *arguments)


def schedulers() -> Iterator[Case]:
    """Visit every scheduler with usual and odd arguments, one group or three, floats, tensors."""
    for name, taken in TAKEN.items():
        for arguments in taken:
            yield Case(f"{name}-{arguments}", call(name, hf.ONE, arguments))
        usual = taken[3]
        for kind, optimizer in (
            ("groups", hf.THREE), ("float32", hf.SINGLE), ("float64", hf.DOUBLE),
            ("resumed", hf.RESUMED),
        ):  # fmt: skip
            yield Case(f"{name}-{kind}", call(name, optimizer, usual))
        yield Case(f"{name}-epochs", call(name, hf.ONE, usual), every=3)
    before = "0.01, 0.1, 4, 'linear', -3"
    unsaid = "it begins before its step 0"
    yield Case(f"WarmupLR-{before}", call("WarmupLR", hf.ONE, before), unsaid=unsaid)
    lists = "[0.0, 0.01, 0.02], [0.1, 0.2, 0.3]"
    for name, arguments in (
        ("WarmupLR", f"{lists}, 5, 'linear'"), ("WarmupLR", f"{lists}, 5"),
        ("WarmupDecayLR", f"15, {lists}, 5"), ("OneCycle", f"{lists}, 0.1, 4, decay_step_size=2"),
        ("LRRangeTest", "(0.1, 0.2, 0.3), 4"),
    ):  # fmt: skip
        yield Case(f"{name}-{arguments}", call(name, hf.THREE, arguments))
    long = (
        ("WarmupLR", "0.0, 0.1, 1000"), ("WarmupDecayLR", "3000, 0.0, 0.1, 300, 'linear'"),
        ("WarmupCosineLR", "3000, 0.01, 300"), ("OneCycle", "0.01, 0.1, 0.01, 900, 700, 30, 20, 5"),
        ("LRRangeTest", "0.001, 70, 0.3, True"),
    )  # fmt: skip
    for name, arguments in long:
        yield Case(f"{name}-long", call(name, hf.ONE, arguments), 3_300)


def refusals() -> Iterator[Case]:
    """Visit what is refused, at construction or at the first step."""
    yield from refused(REFUSED, lambda name, arguments: call(name, hf.ONE, arguments))
    momenta = (
        "0.01, 0.1, 0, 4, cycle_min_mom=[0.8, 0.7]"  # which an optimizer without betas ignores
    )
    yield Case("bad-OneCycle-momenta", call("OneCycle", ADAM, momenta), raises=True)


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name: torch's names, too."""
    importlib.import_module(HERE)
    return torch_scope(lr, bare) | {"deepspeed": importlib.import_module("deepspeed")}


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a call, its run, and whether it is compiled."""
    rates, steps = st.floats(1e-6, 10.0), st.integers(1, 300)
    low, high, rate = draw(rates), draw(rates), draw(rates)
    first, second, total = draw(steps), draw(steps), draw(st.integers(0, 700))
    kind = draw(st.sampled_from(["linear", "log"]))
    stairs, stay = draw(st.integers(0, 9)), draw(st.integers(0, 40))
    share = draw(st.floats(0.0, 1.0))
    name, arguments = draw(
        st.sampled_from(
            [
                ("WarmupLR", f"{low}, {high}, {first}, {kind!r}"),
                ("WarmupDecayLR", f"{total}, {low}, {high}, {first}, {kind!r}"),
                ("WarmupCosineLR", f"{total}, {share}, {first}, {share / 2}, {kind!r}"),
                ("OneCycle", f"{low}, {high}, {rate}, {first}, {second}, {stairs}, None, {stay}"),
                ("LRRangeTest", f"{low}, {first}, {rate}, {kind == 'log'}"),
            ]
        )
    )
    optimizer = draw(st.sampled_from([hf.ONE, hf.THREE, hf.SINGLE, hf.DOUBLE]))
    return call(name, optimizer, arguments), Run(draw(st.integers(1, 800))), False


HOME = upon_torch(
    "deepspeed",
    schedulers,
    refusals,
    scope=scope,
    drawn=drawn,
)
