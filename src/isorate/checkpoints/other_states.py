"""The states that other packages' schedulers save: MMEngine's, DeepSpeed's, Megatron's.

MMEngine's runner saves a list of them, each with its arguments (0.10.7). DeepSpeed's state is a
count alone, beside the configuration that the engine was built with (0.19.8). Megatron's has its
arguments and a count of samples, and nothing says how many an update has (d98e8a6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from isorate.checkpoints.tables import CONFIG, COUNT, SAMPLES, of_list
from isorate.checkpoints.torch_states import MOST, SavedCall
from isorate.checkpoints.unpickling import LARGEST
from isorate.dialects.mmengine import param_scheduler
from isorate.kit import registry
from isorate.kit.optimizer import Optimizer
from isorate.kit.standing import given
from isorate.schedule.errors import IsorateError, ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.kit.call import Call

#: The argument that tells each of its kinds, of which the first that is there is it.
KINDS: Final = {
    "patience": "ReduceOnPlateauLR", "eta_max": "OneCycleLR", "periods": "CosineRestartLR",
    "T_max": "CosineAnnealingLR", "power": "PolyLR", "milestones": "MultiStepLR",
    "step_size": "StepLR", "start_factor": "LinearLR", "factor": "ConstantLR",
    "gamma": "ExponentialLR",
}  # fmt: skip
#: What a state of these does not say.
LACKING: Final = {
    "ReduceOnPlateauLR": "it follows a metric",
    "OneCycleLR": "it does not hold how it anneals",
}


def windowed(states: Sequence[Mapping[str, Any]]) -> SavedCall:
    """Return the schedulers of a run that MMEngine's runner saved, and how often they were stepped.

    Raises:
        ReadError: one of them does not hold its arguments, or what a step is nobody says.

    """
    if of_list(states) is None:  # a table may have something else by that name
        raise ReadError("bad states of mmengine's schedulers", got=repr(states)[:80])
    clocks = {bool(state["by_epoch"]) for state in states}
    if len(clocks) > 1:
        text = "some of the schedulers step with batches and some with epochs"
        raise ReadError(text, required="how many batches an epoch has, which no state holds")
    kinds = {kind.__name__: kind for kind in registry.get("mmengine").constructors}
    bases, steps = states[0]["base_values"], states[0]["_global_step"]
    try:
        optimizer = Optimizer.of(*map(float, bases))
        members = [_window(kinds, optimizer, state) for state in states]
        call = param_scheduler(optimizer, members, epoch_length=1 if True in clocks else None)
        _check(call)
        if type(steps) is not int or not 0 <= steps < LARGEST:
            raise ValueError(f"_global_step={steps!r:.40}")
        step = steps
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ReadError("bad states of mmengine's schedulers", got=str(error)) from None
    return SavedCall(call, step, None)


def _window(kinds: Mapping[str, Any], optimizer: Optimizer, state: Mapping[str, Any]) -> Call:
    name = next((name for key, name in KINDS.items() if key in state), None)
    if name is None or name in LACKING:
        why = LACKING.get(name or "", "none of its keys tells it")
        raise ReadError(f"a state of {name or 'an unknown scheduler'} is no schedule: {why}")
    kind = kinds[name]
    taken = {"begin" if key == "begin_" else key for key in kind.__struct_fields__}
    own = {key: state[key] for key in taken & state.keys() if key != "last_step"}
    if isinstance(own.get("milestones"), dict):
        counts = own["milestones"]
        if any(type(count) is not int or not 0 < count <= MOST for count in counts.values()):
            raise ReadError(
                "bad milestones", required="how often each comes", got=repr(counts)[:80]
            )
        own["milestones"] = sorted(key for key, count in counts.items() for _ in range(count))
    call: Call = given(kind, {"optimizer": optimizer}, own)
    _check(call)
    return call


def configured(state: Mapping[str, Any]) -> SavedCall:
    """Return the scheduler of DeepSpeed's that its configuration builds, and its steps.

    Raises:
        ReadError: the configuration has none, or one that is not read.

    """
    config = state.get(CONFIG)
    config = config if isinstance(config, dict) else {}
    scheduler, optimizer = config.get("scheduler"), config.get("optimizer")
    name = scheduler.get("type") if isinstance(scheduler, dict) else None
    kinds: dict[str, Any] = {k.__name__: k for k in registry.get("deepspeed").constructors}
    if not isinstance(name, str) or name not in kinds:
        text = "the state holds a count alone, and no configuration beside it has a scheduler"
        raise ReadError(text if name is None else f"{name} is none of {', '.join(kinds)}")
    params = scheduler.get("params") if isinstance(scheduler, dict) else None
    own = optimizer.get("params") if isinstance(optimizer, dict) else None
    base = own.get("lr") if isinstance(own, dict) else None
    kind = kinds[name]
    try:
        call: Call = given(kind, {"optimizer": Optimizer.of(float(base or 1e-3))}, params or {})
        _check(call)
        if type(state[COUNT]) is not int or not -1 <= state[COUNT] < LARGEST:
            raise ValueError(f"{COUNT}={state[COUNT]!r:.40}")
        step = state[COUNT] + 1  # the first step counts 0
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ReadError("bad scheduler of DeepSpeed's configuration", got=str(error)) from None
    if kind.based and base is None and (params or {}).get("warmup_max_lr") is None:
        raise ReadError(f"{name} begins with the optimizer's rate, which nothing beside it says")
    return SavedCall(call, step, None)


def of_samples(state: Mapping[str, Any]) -> ReadError:
    """Return what a state of Megatron's says, of which no update's rate follows."""
    names = ("max_lr", "min_lr", "lr_warmup_steps", "lr_decay_steps", "num_steps")
    said = ", ".join(f"{key}={state.get(key)!r:.40}" for key in (SAMPLES, *names))
    text = f"Megatron's scheduler counts samples, and its state does not say an update's: {said}"
    return ReadError(text)


def _check(call: Any) -> None:
    """Raise what building a call raises.

    Raises:
        ReadError: it is refused.

    """
    try:
        fault = call.fault()
    except IsorateError as error:
        raise ReadError(str(error)) from None
    if fault is not None:
        raise ReadError(f"{type(call).__name__} raises {fault.error.__name__}: {fault.text}")
