"""MindSpore: its texts, and how they are run for real."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.conformance.cases._home import GROUPS, WIDTH, Home, How, Seen, quiet, stepped, streamed
from tests.conformance.cases.mindspore.experimental import mindspore_experimental
from tests.conformance.cases.mindspore.lists import mindspore_cells, mindspore_dynamic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.schedule.run import Run
    from tests.conformance.cases._home import Rates


@functools.cache
def mindspore() -> Any:
    """Import MindSpore, before torch where both are used."""
    with quiet():
        import mindspore as ms

        ms.runtime.launch_blocking()  # errors are raised where they belong, and steps are quicker
    return ms


def mindspore_scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text of MindSpore's may name."""
    ms = mindspore()
    experimental = importlib.import_module("mindspore.experimental").optim

    def parameters(name: str) -> list[Any]:
        return [ms.Parameter(ms.Tensor(0.0, ms.float32), name=name)]

    scope: dict[str, Any] = {"mindspore": ms, "ms": ms, "nn": ms.nn}
    scope |= {f"params_{index}": parameters(f"p{index}") for index in range(GROUPS)}
    scope["params"] = parameters("p")
    scope["experimental"] = importlib.import_module("mindspore.experimental")
    scope["SGD"] = experimental.SGD
    for home in (
        importlib.import_module("mindspore.nn.dynamic_lr"),
        importlib.import_module("mindspore.nn.learning_rate_schedule"),
        experimental.lr_scheduler,
    ):
        scope |= {name: getattr(home, name) for name in home.__all__}
    importlib.import_module("isorate.mindspore")
    return scope


def go_through(built: Any, run: Run, how: How) -> Seen:
    """Go through a run with a list of rates, a cell, or a scheduler."""
    if isinstance(built, list):
        return _listed(built, run, how)
    return _cell(built, run) if hasattr(built, "construct") else _experimental(built, run, how)


def _experimental(scheduler: Any, run: Run, how: How) -> Seen:
    optimizer = scheduler.optimizer
    rates = np.empty((len(optimizer.lrs), run.length), np.float32)
    for update in range(run.length):
        rates[:, update] = [lr.asnumpy() for lr in optimizer.lrs]
        if how.weigh:
            moved = _mindspore_moves(optimizer)
            assert np.array_equal(moved, rates[:, update], equal_nan=True), (moved, rates)
        raised = stepped(scheduler, run, update)
        if raised is not None:
            return Seen(rates[:, : update + 1], raised)
    return Seen(rates)


def _mindspore_moves(optimizer: Any) -> NDArray[np.float32]:
    """Take one update with every gradient 1 from every parameter 0; return how far each went."""
    ms = mindspore()
    for parameter in optimizer.parameters:
        ms.ops.assign(parameter, ms.Tensor(0.0, ms.float32))
    optimizer(tuple(ms.Tensor(1.0, ms.float32) for _ in optimizer.parameters))
    return -np.array([parameter.asnumpy() for parameter in optimizer.parameters], np.float32)


def _cell(cell: Any, run: Run) -> Seen:
    ms = mindspore()
    steps = [cell(ms.Tensor(update, ms.int32)).asnumpy() for update in range(run.length)]
    return Seen(np.array(steps, np.float32).reshape(1, -1))


def _listed(listed: list[Any], run: Run, how: How) -> Seen:
    """Return the list as far as the run goes; fed to an optimizer where asked, or where it ends."""
    if not how.weigh and len(listed) >= run.length:
        return Seen(_floats(listed[: run.length]))
    fed = feed(listed, run.length, how.optimizer)
    rates = _floats(listed[: fed.updates])
    with np.errstate(over="ignore"):
        assert np.array_equal(fed.rates, rates.astype(np.float32), equal_nan=True), (fed, rates)
    return Seen(rates, fed.error, fed.constructing)


def _floats(listed: list[Any]) -> Rates:
    return np.array(listed).astype(np.float64).reshape(1, -1)


def feed(listed: list[Any], updates: int, optimizer: str = "SGD") -> Seen:
    """Train with a list of rates; the rates are what the optimizer says before each update."""
    ms = mindspore()
    parameters = [ms.Parameter(ms.Tensor(0.0, ms.float32), name="p")]
    extra = {"momentum": 0.0} if optimizer == "Momentum" else {}
    rates: list[Any] = []
    try:
        trained = getattr(ms.nn, optimizer)(parameters, learning_rate=listed, **extra)
    except Exception as error:
        return Seen(np.empty((1, 0), np.float32), type(error).__name__, constructing=True)
    for _ in range(updates):
        try:
            rate = trained.get_lr().asnumpy()
            ms.ops.assign(parameters[0], ms.Tensor(0.0, ms.float32))
            trained((ms.Tensor(1.0, ms.float32),))
            moved = -parameters[0].asnumpy()
        except Exception as error:
            return Seen(np.array([rates], np.float32), type(error).__name__)
        if optimizer != "Adam":
            assert np.array_equal(moved, rate, equal_nan=True), (moved, rate)
        rates.append(rate)
    return Seen(np.array([rates], np.float32))


def epochs(call: Any, start: int) -> Rates:
    """Enter a list at an epoch."""
    ticks = np.arange(start // call.every, (start + WIDTH) // call.every + 1)
    if call.settled is not None:
        ticks = np.minimum(ticks, call.settled)
    return np.asarray(call.rates_of(ticks).repeat(call.every)[start % call.every :][:WIDTH])


HOME = Home(
    parts={
        "lists": mindspore_dynamic,
        "cells": mindspore_cells,
        "experimental": mindspore_experimental,
    },
    packages=("mindspore",),
    scope=mindspore_scope,
    drive=go_through,
    marker="mindspore",
    entered={
        "mindspore.nn.cosine_decay_lr": (
            "cosine_decay_lr(0.003, 0.1, {0} + 9, 7, {0} // 7 + 1)",
            epochs,
        ),
        "mindspore.nn.warmup_lr": ("warmup_lr(0.1, {0} + 9, 7, {0} // 7 + 1)", epochs),
        "mindspore.nn.exponential_decay_lr": (
            "exponential_decay_lr(0.1, 0.3, {0} + 9, 7, {0})",
            epochs,
        ),
        "mindspore.nn.natural_exp_decay_lr": (
            "natural_exp_decay_lr(0.1, 5 / {0}, {0} + 9, 3, 7, True)",
            epochs,
        ),
        "mindspore.nn.inverse_decay_lr": ("inverse_decay_lr(0.1, 7.3, {0} + 9, 7, {0})", epochs),
        "mindspore.nn.piecewise_constant_lr": (
            "piecewise_constant_lr([3, {0} // 2 + 1, {0} + 600], [0.1, 0.2, 0.3])",
            streamed,
        ),
    },
)
