"""The rows of MMEngine's schedulers."""

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

HERE = "mmengine.optim"
#: Arguments of each scheduler besides the optimizer; the first are given to groups, too.
TAKEN: dict[str, tuple[str, ...]] = {
    "ConstantLR": ("0.5, end=6", "", "0.1, 3, 9", "factor=1.0, end=5", "0.5, begin=4",
                   "0.25, 0, 1", "0.9, 2, 3", "by_epoch=False, end=7", "1, 0, 6"),
    "LinearLR": ("0.1, end=6", "", "0.1, 1.0, 3, 9", "1.0, 0.2, end=8", "0.5, begin=4, end=9",
                 "0.25, 1.0, 0, 1", "1e-3, by_epoch=False, end=20", "1.0, 0.0, end=7", "1, 1, 0, 5",
                 "0.3, 0.7, 2, 4"),
    "StepLR": ("4", "3, 0.5", "step_size=2, gamma=0.9, begin=3, end=10", "1, 0.5", "5, 1.5",
               "4, begin=5", "3, end=8", "30", "2, 0.1, 4, 5"),
    "MultiStepLR": ("[4, 9]", "[3, 3, 7], 0.5", "milestones=[2, 6], gamma=0.3, begin=3, end=12",
                    "[0, 5]", "[]", "[12, 4]", "[5], 2.0", "[4, 9], end=7", "[-2, 5]", "(3, 6)",
                    "[2.5, 6]"),
    "ExponentialLR": ("0.9", "0.5, 3, 9", "gamma=1.05", "0.7, begin=4", "0.7, end=5", "1.0",
                      "0.99, by_epoch=False", "0.0", "2", "0.8, 5, 6"),
    "PolyLR": ("0.001, end=12", "0.0, 2.0, end=9", "", "0.01, 0.9, 3, 12", "0, 0.5, 0, 8",
               "0.2, end=6", "end=2", "end=1", "eta_min=1e-5, power=3.0, begin=2, end=15",
               "1e-4, by_epoch=False, end=20"),
    "CosineAnnealingLR": ("10, 0.001", "7", "T_max=10, eta_min=0.01, begin=4, end=14", "end=9",
                          "5, eta_min_ratio=0.1", "12, 0.0, end=8", "1", "20, begin=3",
                          "eta_min_ratio=0.05, end=16", "6, 0.2", "30, 0.01, by_epoch=False"),
    "CosineRestartLR": ("[5, 8], [1, 0.5], 0.001", "[6], eta_min=0", "[4, 4, 4], [1, 1, 1], 0.01",
                        "periods=[3, 9], restart_weights=[1.0, 0.3], eta_min_ratio=0.1",
                        "[6, 10], (1, 0.7), 0.0, None, 2, 15", "[10], [0.5], 0.0",
                        "[2, 2], [1, 2], 0",
                        "[20, 30], [1, 0.1], 1e-4", "[7, 7], [1, 1], 0.0, end=9"),
    "OneCycleLR": ("0.3, 20", "eta_max=0.1, total_steps=30, pct_start=0.5",
                   "0.1, 25, 0.2, 'linear'",
                   "0.1, 30, three_phase=True", "0.1, end=28", "0.2, 40, 0.4, 'cos', 10.0, 100.0",
                   "0.1, 26, 0.3, 'cos', begin=3", "0.1, 60, 0.25, 'linear', three_phase=True",
                   "0.1, 30, end=12", "1, 27"),
}  # fmt: skip
REFUSED: dict[str, tuple[str, ...]] = {
    "ConstantLR": ("1.5", "-0.1", "begin=5, end=5", "0.5, end=-1"),
    "LinearLR": ("1.5", "0.5, 1.5", "begin=5, end=2"),
    "StepLR": ("3, begin=5, end=5",),
    "MultiStepLR": ("[3], begin=5, end=5", "5"),
    "ExponentialLR": ("0.5, 5, 5",),
    "PolyLR": ("0.0, 1.0, 3, 3",),
    "CosineAnnealingLR": ("5, 0.0, eta_min_ratio=0.1", "5, 0.0, begin=3, end=3"),
    "CosineRestartLR": ("[5]", "[5], [1], 0.0, 0.1", "[5, 5], [1], 0.0",
                        "[5], [1], 0.0, None, 4, 4"),
    "OneCycleLR": ("0.1, 0", "0.1, 20, 1", "0.1, 20, 1.5", "0.1, 20, 0.3, 'poly'",
                   "0.1, 20, begin=5, end=5"),
}  # fmt: skip


def call(name: str, *arguments: str) -> str:
    """Return a call as text."""
    home = f"{HERE}.scheduler" if name == "CosineRestartLR" else HERE
    return called(f"{home}.{name}", *arguments)


def schedulers() -> Iterator[Case]:
    """Visit every scheduler with usual and odd arguments, one group or three."""
    for name, taken in TAKEN.items():
        for arguments in taken:
            yield Case(f"{name}-{arguments}", call(name, hf.ONE, arguments), 22)
        yield Case(f"{name}-groups", call(name, hf.THREE, taken[0]), 18)
        yield Case(f"{name}-epochs", call(name, hf.ONE, taken[0]), 40, every=3)
        yield Case(f"{name}-double", call(name, hf.DOUBLE, taken[0]), 18)
    long = (
        ("LinearLR", "1e-3, end=500"), ("CosineAnnealingLR", "1000, 1e-5"), ("PolyLR", "end=1000"),
    )  # fmt: skip
    for name, arguments in long:
        yield Case(f"{name}-long", call(name, hf.ONE, arguments), 1_200)


def refusals() -> Iterator[Case]:
    """Visit what is refused, at construction."""
    yield from refused(REFUSED, lambda name, arguments: call(name, hf.ONE, arguments))


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name: torch's names, too."""
    importlib.import_module(HERE)
    return torch_scope(lr, bare) | {"mmengine": importlib.import_module("mmengine")}


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a call, its run, and whether it is compiled."""
    share, low = draw(st.floats(0.01, 1.0)), draw(st.floats(0.0, 0.01))
    begin, length, many = draw(st.integers(0, 20)), draw(st.integers(2, 200)), draw(st.booleans())
    window = f"begin={begin}, end={begin + length}" if many else f"end={length}"
    name, arguments = draw(st.sampled_from([
        ("ConstantLR", f"{share}, {window}"), ("LinearLR", f"{share}, 1.0, {window}"),
        ("StepLR", f"{length // 3 + 1}, {share}, {window}"),
        ("PolyLR", f"{low}, {share}, {window}"),
        ("MultiStepLR", f"[{length // 3}, {length // 2}], {share}, {window}"),
        ("ExponentialLR", f"{share}, {window}"),
        ("CosineAnnealingLR", f"{length}, {low}, {window}"),
        ("CosineRestartLR", f"[{length}, {begin + 1}], [1.0, {share}], {low}, {window}"),
        ("OneCycleLR", f"{share}, {length + begin + 9}, {window}"),
    ]))  # fmt: skip
    optimizer = draw(st.sampled_from([hf.ONE, hf.THREE]))
    return call(name, optimizer, arguments), Run(draw(st.integers(1, 300))), False


HOME = upon_torch(
    "mmengine",
    schedulers,
    refusals,
    scope=scope,
    weighed=100,
    drawn=drawn,
)
