"""The rows of PyTorch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.conformance.cases._case import Case, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = "torch.optim.lr_scheduler."
STUCK = "the ratios, rounded to float32, lose the way"
TROUGH = "1 + cos is 0 or nearly so next to the trough"


def torch_cosine(arguments: str, lr: str = "0.1") -> str:
    """Return a call with its optimizer."""
    return f"CosineAnnealingLR(torch.optim.SGD(params, lr={lr}), {arguments})"


def torch_groups(arguments: str, *groups: str, name: str = "CosineAnnealingLR") -> str:
    """Return a call with parameter groups, each given as ``'lr': 0.1``."""
    many = len(groups) > 1
    listed = ", ".join(
        f"{{'params': params{f'_{index}' if many else ''}, {group}}}"
        for index, group in enumerate(groups)
    )
    return f"{name}(torch.optim.SGD([{listed}], lr=0.1), {arguments})"


def torch_resumed(T: int, k: int, lr: object, eta: float = 0.0) -> str:
    """Return a call resumed after step ``k`` with a rate that the group holds."""
    return torch_groups(
        f"T_max={T}, eta_min={eta}, last_epoch={k}", f"'lr': {lr}, 'initial_lr': 0.1"
    )


def closed(T: int, t: int, eta: float = 0.0) -> float:
    """Return torch's closed form, for a base rate of 0.1."""
    return eta + (0.1 - eta) * (1 + math.cos(math.pi * t / T)) / 2


def torch_arguments() -> Iterator[Case]:
    """Vary T_max, eta_min and the rate."""
    for T in ("1", "2", "7", "10", "-10", "-7", "True", "10.0", "2.5", "0.5", "7.3", "0.001"):
        yield Case(f"T_max={T}", torch_cosine(f"T_max={T}"), 45)
    for count, updates in ((100, 700), (1000, 7000), (3600, 7201)):
        around = [count - 1, count, count + 1]
        yield Case(f"T_max={count}", torch_cosine(f"T_max={count}"), updates, samples=around)
    yield Case("T_max=inf", torch_cosine("T_max=float('inf')"))
    yield Case("T_max=nan", torch_cosine("T_max=float('nan')"))
    yield Case("T_max=1e300", torch_cosine("T_max=1e300"), unsaid="no schedule is that long")
    for eta in ("0.001", "0", "1", "0.5", "-0.05", "0.1", "1e-320"):
        yield Case(f"eta_min={eta}", torch_cosine(f"T_max=7, eta_min={eta}"), 45)
    yield Case("eta_min=nan", torch_cosine("7, float('nan')"), 10, drifts="every rate is NaN")
    for lr in ("1", "0.0", "5e-5", "1e-300", "1e300", "1e-3 / 8"):
        yield Case(f"lr={lr}", torch_cosine("10, 0.001" if "300" not in lr else "10", lr))


def torch_spellings() -> Iterator[Case]:
    """Vary how the call is written, its groups and the loop around it."""
    yield Case("bare", "CosineAnnealingLR(T_max=10)", lr=0.1)
    yield Case("bare-positional", "CosineAnnealingLR(10, 0.001)", lr=0.1)
    yield Case("named-optimizer", "CosineAnnealingLR(optimizer, T_max=10)", lr=0.1)
    yield Case("keyword-optimizer", "CosineAnnealingLR(optimizer=optimizer, T_max=5 * 2)", lr=0.1)
    yield Case("lr_scheduler", "lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)", lr=0.1)
    yield Case("bare-groups", "CosineAnnealingLR(T_max=10, eta_min=1e-3)", lr=[0.1, 0.01, 0.0])
    yield Case("full-name", f"{NAMES}{torch_cosine('T_max=10, eta_min=0.01')}")
    yield Case("two-groups", torch_groups("10, 0.001", "'lr': 0.1", "'lr': 0.5"), 45)
    yield Case("three-groups", torch_groups("7", "'lr': 0.1", "'lr': 0.01", "'lr': 1"), 40)
    yield Case("groups-of-their-own", torch_groups("7", "'weight_decay': 0.0", "'lr': 0.01"))
    yield Case("epochs", torch_cosine("T_max=7, eta_min=0.01"), 40, every=3)
    yield Case("epochs-cut-short", torch_cosine("T_max=7"), 5, every=4)
    yield Case("epochs-long", torch_cosine("T_max=90"), 9000, every=50)


def torch_resuming() -> Iterator[Case]:
    """Resume from rates on the curve and off it."""
    for lr in (0.1, closed(10, 3), closed(10, 4), 0.0, 0.02):
        yield Case(f"resumed-3-from-{lr}", torch_resumed(10, 3, lr), 40)
    yield Case("resumed-3-above-floor", torch_resumed(10, 3, closed(10, 4, 0.01), 0.01), 40)
    for k in (0, 8, 9, 10, 11, 19, 20, 33):
        yield Case(f"resumed-{k}-fresh", torch_resumed(10, k, 0.1), 30)
        yield Case(f"resumed-{k}", torch_resumed(10, k, closed(10, k + 1)), 30)
    yield Case("resumed-at-the-trough", torch_resumed(10, 9, 0.0), 30)
    yield Case("last_epoch=-2", torch_resumed(10, -2, 0.1), 30)
    held = ("'lr': 0.05, 'initial_lr': 0.1", "'lr': 0.5, 'initial_lr': 0.5")
    yield Case("last_epoch=True", torch_groups("10, last_epoch=True", held[0]))
    yield Case("initial_lr", torch_groups("10", held[0]), 30)
    yield Case("resumed-groups", torch_groups("7, last_epoch=4", *held), 30)


def torch_tensors() -> Iterator[Case]:
    """Keep the rate in a tensor."""
    for tensor in ("torch.tensor(0.1)", "torch.tensor(0.1, dtype=torch.float64)"):
        kind = "float64" if "float64" in tensor else "float32"
        yield Case(f"{kind}-tensor", torch_cosine("10, 0.001", tensor), 45)
        yield Case(f"{kind}-tensor-to-0", torch_cosine("100", tensor), 500)
        resumed = f"'lr': {tensor}, 'initial_lr': {tensor}"
        yield Case(f"{kind}-tensor-resumed", torch_groups("10, 0.01, 9", resumed), 30)
    tensors = [f"'lr': torch.tensor({rate})" for rate in (0.1, 0.3)]
    yield Case("float32-groups", torch_groups("10, 0.001", *tensors), 45)
    for T, start, eta in ((20_000, 0.1, 0.001), (65_000, 0.1, 0.001), (40_000, 3e-4, 1e-5)):
        text = torch_cosine(f"T_max={T}, eta_min={eta}", f"torch.tensor({start})")
        around = [T - 1, T, T + 1, 2 * T]
        yield Case(f"float32-T_max={T}", text, 2 * T + 2, drifts=STUCK, samples=around)


def torch_long() -> Iterator[Case]:
    """Go on for long, or get far at once."""
    yield Case("long-10", torch_cosine("10, 0.001"), 100_000, samples=[99_990, 99_999])
    yield Case("long-1000", torch_cosine("1000, 1e-5"), 100_000, samples=[99_000])
    yield Case("long-33333", torch_cosine("33_333"), 100_000, samples=[33_333, 66_666, 99_999])
    for T in (300_000_000, 600_000_000, 1_000_000_000):
        yield Case(f"T_max={T}", torch_resumed(T, T - 40, 0.1), 80, drifts=TROUGH)
        yield Case(f"T_max={T}-floor", torch_resumed(T, T - 40, 0.1, 0.01), 80, drifts=TROUGH)


def torch_refused() -> Iterator[Case]:
    """Give arguments that torch cannot compute with."""
    for name, T, rest in (
        ("0", "0", ""), ("0.0", "0.0", ""), ("False", "False", ""), ("str", "'4'", ""),
        ("None", "None", ""), ("tiny", "1e-320", ""), ("eta-str", "3", ", eta_min='0'"),
        ("eta-None", "3", ", eta_min=None"), ("both", "0", ", eta_min='0'"),
        ("fresh-resume", "3", ", last_epoch=3"),
    ):  # fmt: skip
        yield Case(f"bad-{name}", torch_cosine(f"T_max={T}{rest}"), raises=True)
    resumed = torch_groups("3, 0.0, None", "'lr': 1, 'initial_lr': 1")
    yield Case("bad-last_epoch", resumed, raises=True)
    yield Case("bad-lr", torch_cosine("T_max=3", "-1"), raises=True, unread=True)


def torch_lambdas() -> Iterator[Case]:
    """Compute by lambdas."""

    def scaled(factor: str, lr: str = "0.1", rest: str = "") -> str:
        return f"LambdaLR(torch.optim.SGD(params, lr={lr}), lambda t: {factor}{rest})"

    yield Case("lambda-cosine", scaled("0.5 * (1 + math.cos(math.pi * min(t, 10) / 10))"))
    yield Case("lambda-power", scaled("0.95 ** t"), 300)
    yield Case("lambda-warmup", scaled("min(1, (t + 1) / 8)"))
    yield Case("lambda-choice", scaled("1 if t < 5 else 0.1 if t < 9 else 0.01"))
    yield Case("lambda-stairs", scaled("0.1 ** (t // 5)"), every=2)
    yield Case("lambda-int", scaled("2 - t", "1"))
    yield Case("lambda-runs-out", scaled("1 / (6 - t)"))
    yield Case("lambda-bare", "LambdaLR(lr_lambda=lambda epoch: 0.9 ** epoch)", lr=[0.1, 0.2])
    yield Case("lambda-float32", scaled("1 / (3 + t)", "torch.tensor(0.1)"))
    many = ("'lr': 0.1", "'lr': 0.5")
    two = "[lambda t: 0.9 ** t, lambda s: 1 / (1 + s)]"
    yield Case("lambda-groups", torch_groups(two, *many, name="LambdaLR"))
    uneven = "[lambda t: 1 / (7 - t), lambda t: 1 / (4 - t)]"
    yield Case("lambda-groups-run-out", torch_groups(uneven, *many, name="LambdaLR"))
    resumed = "lambda t: 0.9 ** t, last_epoch=3"
    yield Case(
        "lambda-resumed",
        torch_groups(resumed, "'lr': 0.05, 'initial_lr': 0.1", name="LambdaLR"),
    )
    for name, functions in (("number", "5"), ("count", "[lambda t: 1, lambda t: 2]")):
        text = f"LambdaLR(torch.optim.SGD(params, lr=0.1), {functions})"
        yield Case(f"bad-lambda-{name}", text, raises=True)
    yield Case("bad-lambda-resume", scaled("1", rest=", last_epoch=3"), raises=True)


#: List the rows of PyTorch.
torch_cases = in_order(
    torch_arguments,
    torch_spellings,
    torch_resuming,
    torch_tensors,
    torch_long,
    torch_refused,
    torch_lambdas,
)
