"""PyTorch: its texts, and how they are run for real."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.conformance.cases._case import Visit, by_name
from tests.conformance.cases._home import GROUPS, WIDTH, Home, How, Seen, stepped
from tests.conformance.cases.torch.cosine import torch_cases
from tests.conformance.cases.torch.schedulers import (
    torch_chains,
    torch_groups_and_loops,
    torch_plateaus,
    torch_schedulers,
    torch_sequences,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.schedule.run import Run
    from tests.conformance.cases._home import Rates


def torch_scope(lr: float | Sequence[float] | None, bare: bool) -> dict[str, Any]:
    """Return what a text of torch's may name."""
    import torch

    def parameters() -> list[Any]:
        return [torch.zeros((), dtype=torch.float64, requires_grad=True)]

    scope: dict[str, Any] = {"torch": torch, "optim": torch.optim, "SGD": torch.optim.SGD}
    scope |= {f"params_{index}": parameters() for index in range(GROUPS)}
    scope["params"] = parameters()
    schedulers = torch.optim.lr_scheduler
    scope |= {"lr_scheduler": schedulers, "swa_utils": torch.optim.swa_utils}
    constructors = {name: getattr(schedulers, name) for name in schedulers.__all__}
    constructors["SWALR"] = torch.optim.swa_utils.SWALR
    if lr is not None:
        rates = [lr] if isinstance(lr, int | float) else lr
        groups = [{"params": parameters(), "lr": rate} for rate in rates]
        scope["optimizer"] = torch.optim.SGD(groups, lr=rates[0])
        if bare:
            for name, constructor in constructors.items():
                constructors[name] = functools.partial(constructor, scope["optimizer"])
    importlib.import_module("isorate.torch")
    return scope | constructors


def go_through(scheduler: Any, run: Run, how: How) -> Seen:
    """Step a scheduler of torch's, or one that is built on it."""
    optimizer = scheduler.optimizer
    groups = optimizer.param_groups
    rates = np.empty((len(groups), run.length))
    for update in range(run.length):
        if not how.weigh:
            optimizer.step()  # no gradients: nothing moves, and a scheduler sees an update
        try:
            rates[:, update] = [_rate(group["lr"]) for group in groups]
        except Exception as error:  # an integer beyond the floats: no optimizer can use it
            return Seen(rates[:, :update], type(error).__name__)
        if how.weigh:
            moved = _torch_moves(optimizer)
            assert np.array_equal(moved, rates[:, update], equal_nan=True), (moved, rates)
        raised = stepped(scheduler, run, update)
        if raised is not None:
            return Seen(_narrowed(rates[:, : update + 1], groups), raised)
    return Seen(_narrowed(rates, groups))


def _rate(lr: Any) -> float:
    """Return a group's rate as a float; a text is none, though it may read as one."""
    if isinstance(lr, str | complex):
        raise TypeError(lr)
    return float(lr)


def _narrowed(rates: Rates, groups: list[Any]) -> Rates:
    """Return the rates as float32 where a float32 tensor holds them."""
    import torch

    single = [getattr(group["lr"], "dtype", None) == torch.float32 for group in groups]
    return rates.astype(np.float32) if all(single) else rates


def _torch_moves(optimizer: Any) -> list[float]:
    """Take one update with every gradient 1 from every parameter 0; return how far each went."""
    import torch

    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    with torch.no_grad():
        for parameter in parameters:
            parameter.zero_()
            parameter.grad = torch.ones_like(parameter)
    momenta = [group["momentum"] for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        group["momentum"] = 0  # which some schedulers set: it is the rate that is weighed here
    optimizer.step()
    for group, momentum in zip(optimizer.param_groups, momenta, strict=True):
        group["momentum"] = momentum
    return [-float(parameter) for parameter in parameters]


def phases(call: Any, start: int) -> Rates:
    """Enter what computes each step by itself at one."""
    (worker,) = call.build()
    rates: Rates = np.asarray(call.rates(worker, range(start, start + WIDTH)).rates(0.0))
    return rates


def restarts(call: Any, start: int) -> Rates:
    """Enter a cosine with warm restarts at a step, its counts as its own steps would leave them."""
    length, left = call.T_0, start - 1
    while left >= length and call.T_mult > 1:
        left, length = left - length, length * call.T_mult
    (worker,) = call.build()
    worker.t, worker.kept = start - 1, {"T_cur": left % length, "T_i": length}
    return np.asarray(call.moves(worker, WIDTH).rates(0.0))


HOME = Home(
    parts={
        "cosine": torch_cases,
        "schedulers": torch_schedulers,
        "groups": torch_groups_and_loops,
        "plateaus": torch_plateaus,
        "sequences": torch_sequences,
        "chains": torch_chains,
    },
    packages=("torch",),
    scope=torch_scope,
    drive=go_through,
    weighed=20_000,
    entered={
        "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts": (
            "CosineAnnealingWarmRestarts(SGD(p, lr=0.1), {}, eta_min=0.003)",
            restarts,
        ),
        "torch.optim.lr_scheduler.OneCycleLR": (
            "OneCycleLR(SGD(p, lr=0.1), 0.1, total_steps={}, pct_start=0.37)",
            phases,
        ),
    },
)


def upon_torch(package: str, *visits: Visit, scope: Any, **more: Any) -> Home:
    """Return the home of a package whose schedulers are built on torch's optimizers."""
    usual = {"drive": go_through, "weighed": 20_000}
    packages = (package, "torch")
    return Home(parts=by_name(*visits), packages=packages, scope=scope, **{**usual, **more})
