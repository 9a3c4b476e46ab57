"""The rows of ildoonet's gradual warm-up."""

from __future__ import annotations

import importlib
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases import transformers as hf
from tests.conformance.cases._case import Case, called
from tests.conformance.cases.torch import torch_scope, upon_torch

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "GradualWarmupScheduler"
ALONE = (
    "1, 5", "1.0, 10", "2, 4", "multiplier=8.0, total_epoch=5", "1.5, 1", "1, 1", "1.0, 30, None",
    "1, -1", "2, -3", "10, 7", "1, 2.5", "1.25, total_epoch=12, after_scheduler=None",
)  # fmt: skip
#: What comes after the warm-up; ``o`` is the optimizer.
AFTER = (
    "StepLR(o, 3)", "StepLR(o, step_size=10, gamma=0.5)", "MultiStepLR(o, [2, 5], 0.3)",
    "MultiStepLR(o, [0, 4])", "ExponentialLR(o, 0.9)", "CosineAnnealingLR(o, 10)",
    "CosineAnnealingLR(o, T_max=6, eta_min=0.001)", "CosineAnnealingLR(o, 1)",
    "CosineAnnealingWarmRestarts(o, 4, 2, 0.001)", "LambdaLR(o, lambda t: 0.95 ** t)",
    "LinearLR(o, 0.5, 1.0, 4)", "ConstantLR(o, 0.5, 4)", "PolynomialLR(o, 8, 2.0)",
    "MultiplicativeLR(o, lambda t: 0.9)", "OneCycleLR(o, 0.3, 20)",
    "CyclicLR(o, 0.01, 0.1, 4, cycle_momentum=False)",
    "transformers.get_linear_schedule_with_warmup(o, 2, 12)",
    "SequentialLR(o, [ConstantLR(o, 0.5, 2), StepLR(o, 2)], [3])",
    "ChainedScheduler([ConstantLR(o, 0.5, 2), StepLR(o, 2)])",
)  # fmt: skip
ONE = "optimizer := torch.optim.SGD(params, lr=0.1)"
REFUSED = ("0.5, 5", "1, 0", "2, 0", "'2', 5", "1, '5'", "2, None")


#: Returns a call as text.
call = partial(called, f"warmup_scheduler.{NAME}")


def named(text: str) -> str:
    """Return what comes after the warm-up, the optimizer by the name that it has in the call."""
    whole = re.sub(r"(?<![.\w])([A-Z]\w+)\(", r"torch.optim.lr_scheduler.\1(", text)
    return whole.replace("(o, ", "(optimizer, ")


def schedulers() -> Iterator[Case]:
    """Visit the warm-up alone, one group or three, floats and tensors."""
    for arguments in ALONE:
        unsaid = "it ends between two steps" if "2.5" in arguments else None
        yield Case(f"alone-{arguments}", call(hf.ONE, arguments), unsaid=unsaid)
    for kind, optimizer in (("groups", hf.THREE), ("float32", hf.SINGLE), ("float64", hf.DOUBLE)):
        yield Case(f"{kind}", call(optimizer, "3, 6"))
        after = named(AFTER[5])
        yield Case(f"{kind}-cosine", call(f"optimizer := {optimizer}", "2, 6", after))
    yield Case("epochs", call(hf.ONE, "1, 5"), 40, every=3)
    yield Case("long", call(ONE, "1, 1000", named("StepLR(o, 1500)")), 6_000)


def compositions() -> Iterator[Case]:
    """Visit everything that comes after it."""
    for after in AFTER:
        for arguments in ("1, 4", "2.5, total_epoch=3"):
            text = call(ONE, arguments, f"after_scheduler={named(after)}")
            moved = "CyclicLR" in after and "2.5" in arguments
            unsaid = "it goes on from another rate than base_lr" if moved else None
            yield Case(f"{arguments}-{after}", text, 30, unsaid=unsaid)
    inner = f"{NAME}(optimizer, 1, 3)"
    yield Case("nested", call(ONE, "1, 4", inner))


def refusals() -> Iterator[Case]:
    """Visit what is refused."""
    for arguments in REFUSED:
        yield Case(f"bad-{arguments}", call(hf.ONE, arguments), raises=True)


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name: torch's names, too."""
    home = importlib.import_module("warmup_scheduler")
    own = {NAME: getattr(home, NAME), "warmup_scheduler": home}
    return torch_scope(lr, bare) | own | {"transformers": importlib.import_module("transformers")}


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a call, its run, and whether it is compiled."""
    many, length = draw(st.floats(1.0, 10.0)), draw(st.integers(1, 60))
    many = draw(st.sampled_from([1.0, many]))
    after = draw(st.sampled_from(["", *AFTER[:13]]))
    text = call(ONE, f"{many}, {length}", named(after))
    return text, Run(draw(st.integers(1, 150))), False


HOME = upon_torch(
    "warmup_scheduler",
    schedulers,
    compositions,
    refusals,
    scope=scope,
    weighed=100,
    drawn=drawn,
)
