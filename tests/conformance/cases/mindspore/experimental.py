"""The rows of MindSpore's experimental schedulers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.cases._case import Case, in_order
from tests.conformance.cases.mindspore.schedulers import mindspore_schedulers
from tests.conformance.cases.torch.cosine import closed, torch_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

ANNEALING = "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR"
NAN = "1 + cos, in float32, is coarse near the trough, and then 0"


def ms_cosine(arguments: str, lr: str = "0.1") -> str:
    """Return a call of the experimental scheduler with its optimizer."""
    return f"{ANNEALING}(mindspore.experimental.optim.SGD(params, lr={lr}), {arguments})"


def ms_groups(arguments: str, *groups: str) -> str:
    """Return a call of the experimental scheduler with parameter groups."""
    text = torch_groups(arguments, *groups, name=ANNEALING)
    return text.replace("torch.optim.SGD", "mindspore.experimental.optim.SGD")


def mindspore_annealing() -> Iterator[Case]:
    """Vary the experimental scheduler's arguments, optimizer and loop."""
    for T in ("1", "2", "7", "10", "-5", "True"):
        yield Case(f"annealing-T_max={T}", ms_cosine(f"T_max={T}"), 45)
    yield Case("annealing-T_max=0", ms_cosine("T_max=0"), 5)
    yield Case("annealing-long-1000", ms_cosine("T_max=1000"), 30)
    for eta in ("0.001", "1", "0.5", "-0.05", "0.1"):
        yield Case(f"annealing-eta_min={eta}", ms_cosine(f"T_max=5, eta_min={eta}"), 33)
    for lr in ("1", "0.0", "5e-5", "mindspore.tensor(0.1)"):
        yield Case(f"annealing-lr={lr}", ms_cosine("T_max=5, eta_min=0.001", lr))
    yield Case("annealing-groups", ms_groups("5", "'lr': 0.1", "'lr': 0.3"))
    yield Case("annealing-epochs", ms_cosine("T_max=3, eta_min=0.01"), 24, every=3)
    yield Case("annealing-periods", ms_cosine("T_max=3, eta_min=0.01"), 100)
    yield Case("annealing-bare", f"CosineAnnealingLR({ms_cosine('4').partition('(')[2]}", 20)


def mindspore_resuming() -> Iterator[Case]:
    """Resume the experimental scheduler, next to its trough and far out too."""
    for k in (0, 3, 8, 9, 10, 19, 20):
        for name, rate in (("fresh", 0.1), ("held", closed(10, k)), ("ahead", closed(10, k + 1))):
            text = ms_groups(f"10, last_epoch={k}", f"'lr': {rate}, 'initial_lr': 0.1")
            yield Case(f"annealing-resumed-{k}-{name}", text, 12)
    number = "'lr': 0.05, 'initial_lr': 0.3"
    tensor = "'lr': mindspore.tensor(0.05), 'initial_lr': mindspore.tensor(0.3)"
    for eta in (0.03, 0.1):
        yield Case(f"annealing-resumed-number-{eta}", ms_groups(f"5, {eta}, 4", number), 12)
        yield Case(f"annealing-resumed-tensor-{eta}", ms_groups(f"5, {eta}, 4", tensor), 12)
    for T in (12_859, 12_860, 13_000, 20_000, 30_000, 100_000):
        text = ms_groups(f"{T}, last_epoch={T - 12}", "'lr': 1e-7, 'initial_lr': 0.1")
        yield Case(f"annealing-near-{T}", text, 20, drifts=NAN)
    for k in (2**24 - 6, 2**24 + 8):
        text = ms_groups(f"10000, last_epoch={k}", "'lr': 0.01, 'initial_lr': 0.1")
        yield Case(f"annealing-frozen-{k}", text, 12, drifts="a float32 counter stops at 2**24")


def mindspore_refused_annealing() -> Iterator[Case]:
    """Give the experimental scheduler what it refuses."""
    for name, T, rest in (
        ("T_max-float", "4.0", ""), ("T_max-None", "None", ""), ("T_max-str", "'4'", ""),
        ("eta-str", "4", ", eta_min='0'"), ("eta-None", "4", ", eta_min=None"),
        ("last-2", "4", ", last_epoch=-2"), ("last-float", "4", ", last_epoch=2.0"),
        ("fresh-resume", "4", ", last_epoch=3"), ("last-True", "4", ", last_epoch=True"),
    ):  # fmt: skip
        yield Case(f"bad-annealing-{name}", ms_cosine(f"T_max={T}{rest}"), raises=True)
    yield Case("bad-annealing-lr", ms_cosine("T_max=3", "-1.0"), raises=True, unread=True)


#: List the rows of the schedulers that the loop steps.
mindspore_experimental = in_order(
    mindspore_annealing, mindspore_resuming, mindspore_refused_annealing, mindspore_schedulers
)
