"""The rows of Lightning Bolts' cosine with a warm-up."""

from __future__ import annotations

import importlib
import sys
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases import transformers as hf
from tests.conformance.cases._case import Case, called
from tests.conformance.cases._home import Home
from tests.conformance.cases.torch import go_through, torch_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE, NAME = "pl_bolts.optimizers.lr_scheduler", "LinearWarmupCosineAnnealingLR"
TAKEN = (
    "3, 10", "5, 20, 1e-3, 1e-4", "warmup_epochs=4, max_epochs=12, eta_min=0.01", "1, 8", "2, 9",
    "0, 10", "0, 10, 0.1", "0, 6, 0.02, 0.01", "10, 40, warmup_start_lr=0.01", "8, 9", "30, 50",
    "4, 10, 0.3, 0.0", "10, 4", "3, 12, 0, 0", "6, 100, 1e-6, 1e-5", "5, 5", "2, 7, 0.0, 0.2",
)  # fmt: skip
REFUSED = ("0, 0", "'3', 10", "0, '9'", "3, 10, '0.1'", "3, 10, last_epoch=4")


#: Returns a call as text.
call = partial(called, f"{HERE}.{NAME}")


def schedulers() -> Iterator[Case]:
    """Visit usual and odd arguments, groups, floats and tensors, and what is resumed."""
    for arguments in TAKEN:
        yield Case(f"usual-{arguments}", call(hf.ONE, arguments), 40)
    usual = TAKEN[1]
    for kind, optimizer in (("groups", hf.THREE), ("float32", hf.SINGLE), ("float64", hf.DOUBLE)):
        yield Case(kind, call(optimizer, usual), 30)
    yield Case("epochs", call(hf.ONE, usual), 40, every=3)
    for last in (0, 2, 3, 4, 9, 30):
        yield Case(f"resumed-{last}", call(hf.RESUMED, usual, f"last_epoch={last}"), 30)
    yield Case("long", call(hf.ONE, "500, 2500"), 4_000)


def refusals() -> Iterator[Case]:
    """Visit what is refused."""
    for arguments in REFUSED:
        yield Case(f"bad-{arguments}", call(hf.ONE, arguments), raises=True)


@cache
def module() -> Any:
    """Return the package's own module; what else it has needs an old Lightning, and no rates do."""
    found = find_spec("pl_bolts")
    assert found is not None
    home = Path(next(iter(found.submodule_search_locations or [])))
    for name in ("pl_bolts", "pl_bolts.utils", "pl_bolts.optimizers"):
        empty: Any = ModuleType(name)
        empty.__path__ = [str(home.joinpath(*name.split(".")[1:]))]
        own = sys.modules.setdefault(name, empty)
        if "." in name:
            setattr(sys.modules["pl_bolts"], name.rpartition(".")[2], own)
    return importlib.import_module(HERE)


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name: torch's names, too."""
    own = getattr(module(), NAME)
    return torch_scope(lr, bare) | {NAME: own, "pl_bolts": importlib.import_module("pl_bolts")}


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a call, its run, and whether it is compiled."""
    warm, fall = draw(st.integers(0, 60)), draw(st.integers(1, 90))
    ends = draw(st.floats(0.0, 0.2)), draw(st.floats(0.0, 0.2))
    optimizer = draw(st.sampled_from([hf.ONE, hf.THREE]))
    text = call(optimizer, f"{warm}, {warm + fall}, {ends[0]}, {ends[1]}")
    return text, Run(draw(st.integers(1, 300))), False


HOME = Home(
    parts={"schedulers": schedulers, "refusals": refusals},
    packages=("pl_bolts", "pytorch_lightning", "torch"),
    scope=scope,
    drive=go_through,
    weighed=100,
    drawn=drawn,
)
