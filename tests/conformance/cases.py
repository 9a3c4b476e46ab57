"""The rows of the tables: which texts the real frameworks are asked to run.

``tools/capture.py`` runs them and writes what came of it. To add a row, add a case here and capture
the table again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from isorate import Run

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Case:
    """One row to capture.

    Args:
        id: its name within the table.
        text: the call.
        updates: how long to run.
        lr: the optimizer's rate, where the text has no optimizer.
        every: updates in an epoch, where the scheduler is stepped once an epoch.
        raises: whether the framework refuses the arguments.
        unread: whether Isorate refuses to read the text: the optimizer is what is wrong with it.
        drifts: why the framework strays from the schedule that it means, where it does.
        past: why it has rates where the schedule has none any more, where it does.
        optimizer: MindSpore's optimizer for a list of rates.
        samples: updates worth looking at, beside the usual ones.

    """

    id: str
    text: str
    updates: int = 25
    lr: float | list[float] | None = None
    every: int | None = None
    raises: bool = False
    unread: bool = False
    drifts: str | None = None
    past: str | None = None
    optimizer: str = "SGD"
    samples: list[int] = field(default_factory=list)

    @property
    def run(self) -> Run:
        """The loop."""
        if self.every is None:
            return Run(self.updates)
        return Run(self.updates, updates_per_epoch=self.every, step_every="epoch")


# --- torch -------------------------------------------------------------------------------------

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


def torch_cases() -> Iterator[Case]:
    """List the rows of PyTorch."""
    yield from torch_arguments()
    yield from torch_spellings()
    yield from torch_resuming()
    yield from torch_tensors()
    yield from torch_long()
    yield from torch_refused()
    yield from torch_lambdas()


def torch_arguments() -> Iterator[Case]:
    """Vary T_max, eta_min and the rate."""
    for T in ("1", "2", "7", "10", "-10", "-7", "True", "10.0", "2.5", "0.5", "7.3", "0.001"):
        yield Case(f"T_max={T}", torch_cosine(f"T_max={T}"), 45)
    for count, updates in ((100, 700), (1000, 7000), (3600, 7201)):
        around = [count - 1, count, count + 1]
        yield Case(f"T_max={count}", torch_cosine(f"T_max={count}"), updates, samples=around)
    yield Case("T_max=inf", torch_cosine("T_max=float('inf')"))
    yield Case("T_max=nan", torch_cosine("T_max=float('nan')"))
    yield Case("T_max=1e300", torch_cosine("T_max=1e300"), drifts="no schedule is that long")
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


# --- MindSpore ---------------------------------------------------------------------------------

ANNEALING = "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR"
NAN = "1 + cos, in float32, is coarse near the trough, and then 0"


def ms_cosine(arguments: str, lr: str = "0.1") -> str:
    """Return a call of the experimental scheduler with its optimizer."""
    return f"{ANNEALING}(mindspore.experimental.optim.SGD(params, lr={lr}), {arguments})"


def ms_groups(arguments: str, *groups: str) -> str:
    """Return a call of the experimental scheduler with parameter groups."""
    text = torch_groups(arguments, *groups, name=ANNEALING)
    return text.replace("torch.optim.SGD", "mindspore.experimental.optim.SGD")


def mindspore_cases() -> Iterator[Case]:
    """List the rows of MindSpore."""
    yield from mindspore_lists()
    yield from mindspore_refused_lists()
    yield from mindspore_plain_lists()
    yield from mindspore_cells()
    yield from mindspore_annealing()
    yield from mindspore_resuming()
    yield from mindspore_refused_annealing()


def mindspore_lists() -> Iterator[Case]:
    """Put cosine_decay_lr's three counts in every relation."""
    for arguments in (
        "0.01, 0.1, 6, 2, 2", "0.0, 0.1, 3, 1, 10", "0.0, 0.1, 10, 1, 10", "0.0, 0.1, 11, 1, 10",
        "0.0, 0.1, 30, 1, 10", "0.0, 0.001, 1000, 100, 10", "0.0, 0.001, 1001, 100, 10",
        "0.001, 0.1, 7, 3, 10", "0.001, 0.1, 1, 1, 1", "0.001, 0.1, 2, 1, 1", "0.001, 0.1, 5, 9, 1",
        "0.001, 0.1, 20, 5, 1", "1e-05, 0.0003, 50, 7, 5",
        "0.5, 0.5000001, 9, 1, 4", "1.0, 1e300, 9, 1, 4", "-0.0, 0.1, 9, 1, 4",
        "0.0, 0.1, 40, 1, 7", "0.03, 0.3, 100, 1, 99", "0.0, 0.1, 25, 1, 1_000_000_000",
    ):  # fmt: skip
        total = int(arguments.split(", ")[2])
        yield Case(f"list-{arguments}", f"mindspore.nn.cosine_decay_lr({arguments})", total)
    least = "mindspore.nn.cosine_decay_lr(0.0, 5e-324, 6, 1, 3)"
    yield Case("list-subnormal", least, 6, drifts="half of the smallest number is 0")
    for arguments, total in (
        ("0.0, 0.1, 100_000, 1, 100_000", 100_000), ("1e-05, 0.4, 90_000, 1000, 90", 90_000),
        ("1e-05, 0.4, 50_000, 1, 20_000", 50_000), ("0.0, 0.1, 100_000, 40_000, 2", 100_000),
    ):  # fmt: skip
        yield Case(f"list-{arguments}", f"nn.cosine_decay_lr({arguments})", total)
    keywords = "min_lr=0.01, max_lr=1e-1, total_step=3 * 4, step_per_epoch=3, decay_epoch=2 + 2"
    yield Case("list-keywords", f"nn.cosine_decay_lr({keywords})", 12)
    yield Case("list-bare", "cosine_decay_lr(0.01, 0.1, 6, 2, 2)", 6)
    yield Case("list-prefix", "cosine_decay_lr(0.01, 0.1, 6, 2, 2)", 4)
    for optimizer in ("SGD", "Momentum", "Adam"):
        text = "mindspore.nn.cosine_decay_lr(0.01, 0.1, 6, 2, 2)"
        yield Case(f"list-runs-out-{optimizer}", text, 8, optimizer=optimizer)


def mindspore_refused_lists() -> Iterator[Case]:
    """Give cosine_decay_lr every kind of argument that it refuses."""
    for arguments in (
        "0, 0.1, 6, 2, 2", "0.0, 1, 6, 2, 2", "True, 1.0, 6, 2, 2", "0.0, True, 6, 2, 2",
        "None, 0.1, 6, 2, 2", "'0', 0.1, 6, 2, 2", "0.0, '1', 6, 2, 2", "0.0, None, 6, 2, 2",
        "float('nan'), 0.1, 6, 2, 2", "0.0, float('nan'), 6, 2, 2", "float('inf'), 0.1, 6, 2, 2",
        "0.0, float('inf'), 6, 2, 2", "-0.01, 0.1, 6, 2, 2", "0.0, 0.0, 6, 2, 2",
        "0.0, -0.1, 6, 2, 2", "0.1, 0.1, 6, 2, 2", "0.2, 0.1, 6, 2, 2", "0.0, 0.1, 0, 2, 2",
        "0.0, 0.1, -1, 2, 2", "0.0, 0.1, 6.0, 2, 2", "0.0, 0.1, True, 2, 2",
        "0.0, 0.1, 6, 0, 2", "0.0, 0.1, 6, -2, 2", "0.0, 0.1, 6, 2.0, 2", "0.0, 0.1, 6, False, 2",
        "0.0, 0.1, 6, 2, 0", "0.0, 0.1, 6, 2, -1", "0.0, 0.1, 6, 2, 2.5", "0.0, 0.1, 6, 2, None",
        "0.2, 0.1, 6, 2, 0", "0.2, 0.1, 6.0, 2, 2",
    ):  # fmt: skip
        text = f"mindspore.nn.cosine_decay_lr({arguments})"
        yield Case(f"bad-list-{arguments}", text, raises=True)


def mindspore_plain_lists() -> Iterator[Case]:
    """Write the rates out."""
    yield Case("rates", "[0.1, 0.05, 0.025]", 3)
    yield Case("rates-long", "[0.1] * 5 + [0.01] * 5", 10)
    yield Case("rates-one", "[0.1]", 1)
    yield Case("rates-run-out", "[0.1, 0.05, 0.025]", 5)
    yield Case("rates-one-runs-out", "[0.1]", 2, optimizer="Momentum")
    yield Case("rates-ints", "[1, 0, 0.5, True]", 4)
    yield Case("rates-negative", "[0.1, -0.1]", 2)
    yield Case("rates-nan", "[float('nan'), 0.1, float('inf')]", 3, drifts="no schedule has NaN")
    yield Case("bad-rates-empty", "[]", raises=True)
    yield Case("bad-rates-str", "['a']", raises=True)


def mindspore_cells() -> Iterator[Case]:
    """Call CosineDecayLR."""
    for arguments, updates in (
        ("0.01, 0.1, 4", 10), ("0.0, 0.1, 10", 25), ("0.001, 1.0, 7", 25), ("0.0, 0.1, 1", 4),
        ("1e-05, 0.0003, 25", 30), ("0.0, 0.1, 1000", 1010), ("0.001, 0.1, 300", 310),
    ):  # fmt: skip
        yield Case(f"cell-{arguments}", f"mindspore.nn.CosineDecayLR({arguments})", updates)
    yield Case("cell-keywords", "nn.CosineDecayLR(min_lr=0.01, max_lr=0.1, decay_steps=2 * 2)", 10)
    for arguments in (
        "0, 0.1, 4", "0.0, 1, 4", "0.0, 0.1, 4.0", "0.0, 0.1, True", "0.0, 0.1, 0", "0.1, 0.1, 4",
        "-0.1, 0.1, 4", "0.0, float('nan'), 4", "0.0, 0.0, 4",
    ):  # fmt: skip
        yield Case(f"bad-cell-{arguments}", f"mindspore.nn.CosineDecayLR({arguments})", raises=True)


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


# --- Isorate's own -----------------------------------------------------------------------------


def isorate_cases() -> Iterator[Case]:
    """List the rows of Isorate's schedulers, which run inside torch and MindSpore."""
    yield from isorate_annealing()
    yield from isorate_decays()
    yield from isorate_annealing_lists()
    yield from isorate_cells()


def isorate_annealing() -> Iterator[Case]:
    """Give Isorate's CosineAnnealingLR what torch's gets."""
    for case in torch_cases():
        if "CosineAnnealingLR(torch." in case.text and case.id not in OTHERWISE:
            text = f"isorate.torch.{case.text.removeprefix(NAMES)}"
            yield replace(case, text=text, drifts=None)
    for T in ("float('inf')", "float('nan')"):
        yield Case(f"bad-{T}", f"isorate.torch.{torch_cosine(f'T_max={T}')}", raises=True)
    group = "'lr': 0.1, 'initial_lr': 0.1"
    for k in ("-2", "1.5"):
        text = torch_groups(f"5, 0.0, {k}", group, name="isorate.torch.CosineAnnealingLR")
        yield Case(f"bad-last_epoch={k}", text, raises=True)


def isorate_decays() -> Iterator[Case]:
    """Give Isorate's cosine_decay_lr, as a list and in torch, what MindSpore's gets."""
    in_torch = "isorate.torch.cosine_decay_lr(torch.optim.SGD(params, lr=1.0), "
    for case in (*mindspore_lists(), *mindspore_refused_lists()):
        arguments = case.text.partition("(")[2]
        yield replace(case, text=f"isorate.mindspore.cosine_decay_lr({arguments}")
        if "runs-out" not in case.id:
            text = in_torch + arguments
            yield replace(case, id=f"torch-{case.id}", text=text, drifts=None)
    stepped = f"{in_torch}0.01, 0.1, 6, 2, 2)"
    past = "the step after the last update keeps its rate"
    yield Case("torch-list-one-past", stepped, 7, past=past)
    yield Case("torch-list-runs-out", stepped, 9, past=past)
    yield Case("torch-list-epochs", stepped, 14, every=2, past=past)
    groups = ("'lr': 0.1", "'lr': 0.2")
    two = torch_groups("0.01, 0.1, 6, 2, 2", *groups, name="isorate.torch.cosine_decay_lr")
    yield Case("torch-list-groups", two, 6)


def isorate_annealing_lists() -> Iterator[Case]:
    """Call cosine_annealing_lr."""
    for arguments, updates in (
        ("0.1, 10, 0.0, 45", 45), ("0.1, 10, 0.001, 60, 3", 60), ("0.1, 1, 0.0, 5", 5),
        ("0.1, 7, 0.5, 40", 40), ("0.1, 1000, 0.001, 7000", 7000), ("0.0, 3, 0.0, 5", 5),
        ("0.1, 3, 0.0, 6", 8),
    ):  # fmt: skip
        own = f"isorate.mindspore.cosine_annealing_lr({arguments})"
        yield Case(f"annealing-list-{arguments}", own, updates)
    for arguments in (
        "1, 10, 0.0, 5", "0.1, 10, 0, 5", "0.1, 10.0, 0.0, 5", "0.1, 0, 0.0, 5", "0.1, 10, 0.0, 0",
        "-0.1, 10, 0.0, 5", "0.1, 10, float('nan'), 5", "0.1, 10, 0.0, 5, 0",
    ):  # fmt: skip
        own = f"isorate.mindspore.cosine_annealing_lr({arguments})"
        yield Case(f"bad-annealing-list-{arguments}", own, raises=True)


def isorate_cells() -> Iterator[Case]:
    """Call Isorate's cell."""
    for arguments, updates in (
        ("0.1, 10, 0.0", 45), ("0.1, 10", 25), ("0.1, 7, 0.001", 40), ("0.1, 1", 5),
        ("0.1, 5, 0.5", 25), ("1.0, 1000, 1e-05", 120), ("0.0, 3", 5),
    ):  # fmt: skip
        own = f"isorate.mindspore.CosineAnnealingLR({arguments})"
        yield Case(f"cell-{arguments}", own, updates)
    for arguments in ("1, 10", "0.1, 10.0", "0.1, 0", "-0.1, 10", "0.1, 10, 0", "0.1, True"):
        own = f"isorate.mindspore.CosineAnnealingLR({arguments})"
        yield Case(f"bad-cell-{arguments}", own, raises=True)


#: Rows of torch's that Isorate's scheduler refuses, and says so in rows of its own.
OTHERWISE = (
    *("T_max=inf", "T_max=nan", "T_max=1e300", "eta_min=nan"),
    *("last_epoch=-2", "last_epoch=True", "bad-tiny"),
)

CASES = {"torch": torch_cases, "mindspore": mindspore_cases, "isorate": isorate_cases}
