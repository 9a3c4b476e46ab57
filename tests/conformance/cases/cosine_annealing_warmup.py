"""The rows of katsura-jp's cosines with a warm-up."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases import transformers as hf
from tests.conformance.cases._case import Case, called
from tests.conformance.cases._home import WIDTH
from tests.conformance.cases.torch import torch_scope, upon_torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.cases._home import Rates

NAME = "cosine_annealing_warmup.CosineAnnealingWarmupRestarts"
#: Arguments besides the optimizer.
TAKEN = (
    "10", "7, 1.0, 0.1, 0.001", "6, 2.0, 0.1, 0.001, 2, 0.5", "8, max_lr=0.3, min_lr=0.01",
    "8, max_lr=0.3, min_lr=0.01, warmup_steps=3", "5, 1.0, 0.2, 0.0, 4, 0.8", "4, 2, 1, 0",
    "first_cycle_steps=200, cycle_mult=1.0, max_lr=0.1, min_lr=0.001, warmup_steps=50, gamma=1.0",
    "9, 1.5, 0.1, 1e-5, 3", "3, 1.2, 0.1, 0.01, 0, 0.9", "12, 0.7, 0.1, 0.001, 2", "6, gamma=0.5",
    "10, warmup_steps=1", "5, max_lr=0.01, min_lr=0.1, warmup_steps=2", "2, 3.0, warmup_steps=1",
    "4, 1.0, 0.1, 0.0, 2, 1.1",
    "7, 1.0, 0.1, 0.02, 3, 0.6", "7, 0.5, 0.1, 0.02", "1",
    "8.0, warmup_steps=2.0", "10, 1.05, warmup_steps=5",
)  # fmt: skip
REFUSED = (
    "5, warmup_steps=5",
    "5, warmup_steps=9",
    "'5'",
    "5, last_epoch=3",
    "5, 1.0, '0.1'",
    "1, 0.5",
)


#: Returns a call as text.
call = partial(called, NAME)


def schedulers() -> Iterator[Case]:
    """Visit usual and odd arguments, one group or three, and what is resumed."""
    for arguments in TAKEN:
        yield Case(f"usual-{arguments}", call(hf.ONE, arguments), 40)
    usual = TAKEN[4]
    yield Case("groups", call(hf.THREE, usual), 30)
    yield Case("epochs", call(hf.ONE, usual), 40, every=3)
    yield Case("shorter", call(hf.ONE, "6, 0.5, 0.1, 0.001, 2"), 40)
    for last in (0, 3, 6, 7, 20):
        text = call(hf.RESUMED, usual, f"last_epoch={last}")
        late = "it goes on within a second cycle" if last > 6 else None
        yield Case(f"resumed-{last}", text, 30, unsaid=late)
    yield Case("long", call(hf.ONE, "500, 1.3, 0.1, 1e-6, 100, 0.9"), 5_000)


def refusals() -> Iterator[Case]:
    """Visit what is refused."""
    for arguments in REFUSED:
        yield Case(f"bad-{arguments}", call(hf.ONE, arguments), raises=True)


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name: torch's names, too."""
    home = importlib.import_module("cosine_annealing_warmup")
    own = {name: getattr(home, name) for name in ("CosineAnnealingWarmupRestarts",)}
    return torch_scope(lr, bare) | own | {"cosine_annealing_warmup": home}


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a call, its run, and whether it is compiled."""
    length, top, low = draw(st.integers(2, 120)), draw(st.floats(0.0, 1.0)), draw(st.floats(0, 0.1))
    warm, mult = draw(st.integers(0, length - 1)), draw(st.sampled_from([1.0, 2.0, 1.5, 1.1]))
    arguments = f"{length}, {mult}, {top}, {low}, {warm}, {draw(st.floats(0.1, 1.0))}"
    optimizer = draw(st.sampled_from([hf.ONE, hf.THREE]))
    return call(optimizer, arguments), Run(draw(st.integers(1, 400))), False


def entered(made: Any, start: int) -> Rates:
    """Enter a cycle at a step, its counts as its own steps would leave them."""
    (worker,) = made.build()
    worker.t, length = start - 1, made.first_cycle_steps
    worker.kept |= {"at": (start - 1) % length, "cycle": (start - 1) // length}
    return np.asarray(made.moves(worker, WIDTH).rates(0.0))


HOME = upon_torch(
    "cosine_annealing_warmup",
    schedulers,
    refusals,
    scope=scope,
    weighed=100,
    entered={NAME: (call("torch.optim.SGD(p, lr=0.1)", "{}, warmup_steps=1"), entered)},
    drawn=drawn,
)
