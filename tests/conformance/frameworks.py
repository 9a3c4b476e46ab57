"""The real frameworks, driven by the text that Isorate reads.

One text is evaluated with the framework's names in scope and stepped as a training loop would; the
rate of every update is read back from the optimizer. ``tools/capture.py`` writes the tables with
it, the conformance tests lay it beside native arithmetic. Nothing here knows what to expect.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import inspect
import io
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.schedule.run import Run

    Rates = NDArray[np.floating[Any]]

#: More parameter groups than any text has.
GROUPS = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """What a framework did with a text.

    Args:
        rates: the rate that each update used, shape ``(groups, updates)``; fewer updates than the
            run has where the framework raised.
        error: the exception class that it raised, if any.
        constructing: whether it raised before there was anything to step.

    """

    rates: Rates
    error: str | None = None
    constructing: bool = False

    @property
    def updates(self) -> int:
        """How many updates had a rate."""
        return int(self.rates.shape[1])


def drive(
    text: str,
    run: Run,
    *,
    framework: str,
    lr: float | Sequence[float] | None = None,
    weigh: bool = False,
    optimizer: str = "SGD",
    compiled: bool = False,
) -> Seen:
    """Evaluate a text and go through a run with what it builds.

    Args:
        text: the call, as users write it; it is evaluated as Python.
        run: a run with a length.
        framework: ``"torch"``, ``"transformers"``, ``"mindspore"``, ``"optax"``, or ``"isorate"``,
            which is torch and MindSpore: what is in scope, beside ``isorate`` itself; ``params``
            are torch's where torch is.
        lr: the optimizer's rate, one a parameter group, where the text has no optimizer.
        weigh: make the real optimizer take every update, and check that a parameter with
            gradient 1 moves by the very rate that is reported.
        optimizer: MindSpore's optimizer that a list of rates is given to.
        compiled: whether an optax schedule is compiled.

    """
    with _quiet():
        scope = _scope(framework, lr, bare="optimizer" not in text)
        try:
            built = evaluated(text, scope)
        except Exception as error:
            return Seen(np.empty((1, 0)), type(error).__name__, constructing=True)
        return run_through(built, run, weigh=weigh, optimizer=optimizer, compiled=compiled)


def evaluated(text: str, scope: dict[str, Any]) -> Any:
    """Evaluate a text of our own, or one that Isorate wrote: statements, then an expression."""
    *before, last = ast.parse(text).body
    exec(compile(ast.Module(before, []), "<text>", "exec"), scope)
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "<text>", "eval"), scope)


def build(text: str, framework: str = "mindspore") -> Any:
    """Evaluate a text that carries all it needs."""
    with _quiet():
        return eval(text, _scope(framework, None, bare=False))


def run_through(
    built: Any, run: Run, *, weigh: bool = False, optimizer: str = "SGD", compiled: bool = False
) -> Seen:
    """Go through a run with a scheduler, a cell or a list of rates."""
    if inspect.isfunction(built):
        return _counted(built, run, weigh=weigh, compiled=compiled)
    if hasattr(built, "init") and hasattr(built, "update"):
        return _transformed(built, run)
    if isinstance(built, list):
        return _listed(built, run, weigh=weigh, optimizer=optimizer)
    if hasattr(built, "construct"):
        return _cell(built, run)
    if hasattr(built, "state_dict"):
        return _torch(built, run, weigh=weigh)
    return _experimental(built, run, weigh=weigh)


# --- what a text may name ----------------------------------------------------------------------


def _scope(framework: str, lr: float | Sequence[float] | None, *, bare: bool) -> dict[str, Any]:
    scope: dict[str, Any] = {"math": math, "isorate": importlib.import_module("isorate")}
    if framework in ("mindspore", "isorate"):
        scope |= _mindspore_scope()
        importlib.import_module("isorate.mindspore")
    if framework == "optax":
        scope |= optax_scope()
    if framework in ("torch", "transformers", "isorate"):
        scope |= _torch_scope(lr, bare=bare)
    if framework == "transformers":
        scope |= _transformers_scope()
    if framework in ("torch", "isorate"):
        importlib.import_module("isorate.torch")
    return scope


def _torch_scope(lr: float | Sequence[float] | None, *, bare: bool) -> dict[str, Any]:
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
    return scope | constructors


def optax_scope() -> dict[str, Any]:
    """Return what a text of optax's may name."""
    import jax
    import optax

    jax.config.update("jax_enable_x64", False)  # as it is, unless the text says otherwise
    schedules = {name: getattr(optax.schedules, name) for name in dir(optax.schedules)}
    return schedules | {"jax": jax, "jnp": jax.numpy, "optax": optax}


def _transformers_scope() -> dict[str, Any]:
    transformers = importlib.import_module("transformers")
    home = importlib.import_module("transformers.optimization")
    functions = {name: getattr(home, name) for name in dir(home) if name.startswith("get_")}
    return {"transformers": transformers, "SchedulerType": home.SchedulerType, **functions}


def _mindspore_scope() -> dict[str, Any]:
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
    return scope


@functools.cache
def mindspore() -> Any:
    """Import MindSpore, before torch where both are used."""
    with _quiet():
        import mindspore as ms

        ms.runtime.launch_blocking()  # errors are raised where they belong, and steps are quicker
    return ms


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


# --- driving what was built --------------------------------------------------------------------


def _torch(scheduler: Any, run: Run, *, weigh: bool) -> Seen:
    optimizer = scheduler.optimizer
    groups = optimizer.param_groups
    rates = np.empty((len(groups), run.length))
    for update in range(run.length):
        if not weigh:
            optimizer.step()  # no gradients: nothing moves, and a scheduler sees an update
        try:
            rates[:, update] = [_rate(group["lr"]) for group in groups]
        except Exception as error:  # an integer beyond the floats: no optimizer can use it
            return Seen(rates[:, :update], type(error).__name__)
        if weigh:
            moved = _torch_moves(optimizer)
            assert np.array_equal(moved, rates[:, update], equal_nan=True), (moved, rates)
        if (update + 1) % run.updates_per_step == 0 and update + 1 < run.length:
            try:
                _step(scheduler, run, update)
            except Exception as error:
                return Seen(_narrowed(rates[:, : update + 1], groups), type(error).__name__)
    return Seen(_narrowed(rates, groups))


def _rate(lr: Any) -> float:
    """Return a group's rate as a float; a text is none, though it may read as one."""
    if isinstance(lr, str | complex):
        raise TypeError(lr)
    return float(lr)


def _step(scheduler: Any, run: Run, update: int) -> None:
    """Step a scheduler after an update, with the metric of that step where it follows one."""
    if type(scheduler).__name__ != "ReduceLROnPlateau":
        scheduler.step()
    else:
        assert run.metrics is not None
        scheduler.step(run.metrics[update // run.updates_per_step])


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


def _counted(schedule: Any, run: Run, *, weigh: bool, compiled: bool) -> Seen:
    """Ask an optax schedule for the rate of each count."""
    import jax

    try:
        found = counted(jax.jit(schedule) if compiled else schedule, range(run.length))
    except Exception as error:
        return Seen(np.empty((1, 0)), type(error).__name__)
    if weigh and not compiled:
        import optax

        moved = _transformed(optax.sgd(schedule), run, found.dtype)
        assert np.array_equal(moved.rates, found, equal_nan=True), (moved, found)
    return Seen(found)


def counted(schedule: Any, counts: Sequence[int]) -> Rates:
    """Return the rates of int32 counts, as an optimizer's are, shape ``(1, counts)``."""
    import jax
    import jax.numpy as jnp

    rates = [1 * schedule(jnp.int32(count)) for count in counts]  # as scale_by_learning_rate has it
    usual = "float64" if jax.config.jax_enable_x64 else "float32"  # of Python's numbers
    dtype = getattr(rates[0], "dtype", usual)
    return np.array([[np.asarray(jnp.asarray(rate, dtype)) for rate in rates]])


def _transformed(optimizer: Any, run: Run, dtype: Any = np.float32) -> Seen:
    """Take updates with gradient 1, and each one's metric where there are any."""
    import jax.numpy as jnp

    one, moved = jnp.ones((), dtype), []
    try:
        state = optimizer.init(one)
        for update in range(run.length):
            metric = {} if run.metrics is None else {"value": run.metrics[update]}
            step, state = optimizer.update(one, state, one, **metric)
            moved.append(np.asarray(step if metric else -step))  # a factor does not go down
    except Exception as error:
        return Seen(np.array([moved], dtype), type(error).__name__)
    return Seen(np.array([moved], dtype))


def _experimental(scheduler: Any, run: Run, *, weigh: bool) -> Seen:
    optimizer = scheduler.optimizer
    rates = np.empty((len(optimizer.lrs), run.length), np.float32)
    for update in range(run.length):
        rates[:, update] = [lr.asnumpy() for lr in optimizer.lrs]
        if weigh:
            moved = _mindspore_moves(optimizer)
            assert np.array_equal(moved, rates[:, update], equal_nan=True), (moved, rates)
        if (update + 1) % run.updates_per_step == 0 and update + 1 < run.length:
            try:
                _step(scheduler, run, update)
            except Exception as error:
                return Seen(rates[:, : update + 1], type(error).__name__)
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


def cell_at(text: str, steps: NDArray[np.int64]) -> NDArray[np.float32]:
    """Call a learning-rate cell once, with many steps."""
    stepped = mindspore().Tensor(steps.astype(np.int32))
    rates: NDArray[np.float32] = build(text)(stepped).asnumpy()
    return rates


def _listed(listed: list[Any], run: Run, *, weigh: bool, optimizer: str) -> Seen:
    """Return the list as far as the run goes; fed to an optimizer where asked, or where it ends."""
    if not weigh and len(listed) >= run.length:
        return Seen(_floats(listed[: run.length]))
    fed = feed(listed, run.length, optimizer)
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
