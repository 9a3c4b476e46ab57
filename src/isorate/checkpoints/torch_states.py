"""The states that torch's own schedulers save, read back: which call it was, and at which step.

``scheduler.state_dict()`` is the scheduler's ``__dict__`` without its optimizer, so that every
class has a layout of its own, which has changed with torch's versions; read here are those of
torch 2.0 to 2.13. A kind is recognised by the keys that no other kind has. What a version keeps
beside them (``verbose``, ``_is_initial``) says nothing about the schedule, and a state from JSON
reads like the one that was saved.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np

from isorate.dialects import torch as calls
from isorate.kit.call import Composition
from isorate.kit.optimizer import Optimizer
from isorate.kit.tensors import unwrapped
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isorate.kit.call import Call

Made = TypeVar("Made", bound="Call")

#: Nobody lists a milestone more often: such a count is no count, and would take all the memory.
MOST = 1000


@dataclass(frozen=True, slots=True)
class SavedCall:
    """What a scheduler's state says.

    Args:
        call: the call that made the scheduler, over the rates that its groups started from.
        step: how many times it had been stepped, torch's ``last_epoch``, and the part of an epoch
            that ``CosineAnnealingWarmRestarts`` may have been told besides; −1 for a member of a
            ``SequentialLR`` whose turn had not come.
        rates: the rate of each group after that step, where the state has them.

    """

    call: Call
    step: Any
    rates: tuple[float, ...] | None


def call_of_state(
    state: Mapping[str, Any],
    *,
    kind: str | None = None,
    groups: Sequence[Mapping[str, Any]] | None = None,
) -> SavedCall:
    """Return the call and the step that a state of torch's own scheduler was saved by.

    The call is the one that starts at step 0 from the state's ``base_lrs``; a scheduler that was
    resumed with ``last_epoch=k`` has left no other trace. Rates and arguments are Python numbers
    whatever the state holds, 0-d tensors and NumPy's scalars included. Where torch keeps a quotient
    of two arguments (``pct_start``, ``div_factor``, ``step_size_up`` and the like), the argument is
    the number with the fewest digits that gives the very same quotient.

    A state does not hold everything. The functions of ``LambdaLR`` and ``MultiplicativeLR`` are in
    none. The rates of ``OneCycleLR`` and ``SWALR`` are in the optimizer's groups, so these two need
    ``groups``. The rates that an optimizer had before ``CyclicLR`` or ``OneCycleLR`` set others are
    lost: their calls are over the rates that they begin with. A ``CyclicLR`` with a ``scale_fn``
    looks like one without; it is told by its rate, from its first step on. And a call is what torch
    2.13 makes of it: a ``SequentialLR`` that holds another one or a chain took other steps before
    2.8.

    Args:
        state: what ``state_dict()`` returned, or what has come of it through JSON.
        kind: the class that it has to be a state of, e.g. ``"StepLR"``; any of torch's without.
        groups: ``optimizer.param_groups``, or those of its ``state_dict()``.

    Returns:
        The call, the step and the rates.

    Raises:
        ReadError: it is no state of one of torch's schedulers, or of another than ``kind``; it
            lacks something, holds something of no use, or contradicts itself.

    Example:
        >>> state = {"T_max": 10, "eta_min": 0.0, "base_lrs": [0.1], "last_epoch": 10}
        >>> saved = call_of_state(state)
        >>> saved.call.code
        'torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=10)'
        >>> saved.step
        10

    Source:
        ``torch/optim/lr_scheduler.py`` and ``torch/optim/swa_utils.py`` of torch 2.0.1 to 2.13.0.

    """
    read = _State(state, _kind_of(state, kind), groups)
    call = read.call()
    steps = sorted(set(read.steps()))
    if len(steps) > 1 or steps[0] < -1:
        raise read.bad("last_epoch", "a step from -1 on, the same for all members", steps)
    if isinstance(call, calls.SequentialLR) and steps[0] >= 0:
        _check_turn(read, call, steps[0])
    return SavedCall(call, steps[0], read.rates())


# --- which kind ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kind:
    """The layout of one class: the keys that it always has and those that it may have.

    Args:
        needs: the keys that all versions save.
        may: keys that come and go with versions or arguments.
        read: makes the call of a state.

    """

    needs: frozenset[str]
    may: frozenset[str]
    read: Callable[[_State], Call]


def _kind_of(state: Any, wanted: str | None, place: str = "") -> str:
    """Return the one kind that has this state's keys."""
    if wanted is not None and wanted not in KINDS:
        raise ReadError(
            "torch has no such scheduler", required=f"one of {', '.join(KINDS)}", got=_shown(wanted)
        )
    what = f"no state of {wanted or 'a torch scheduler'}{place}"
    if not isinstance(state, Mapping):
        raise ReadError(what, required="a state_dict", got=_shown(state))
    fits = kinds_of(state)
    if not fits or wanted not in (None, *fits):
        keys = ", ".join(sorted(_telling(state))) or "none of any scheduler's own"
        raise ReadError(
            what,
            required=f"the keys of {wanted}" if wanted else "the keys of one of its classes",
            got=_cut(f"{fits[0]}'s keys" if fits else f"the keys {keys}"),
        )
    return wanted or " or ".join(fits)


def kinds_of(state: Mapping[str, Any]) -> list[str]:
    """Return the classes that have a state's keys, of which two may share theirs."""
    telling = _telling(state)
    return [name for name, kind in KINDS.items() if kind.needs <= telling <= kind.needs | kind.may]


def _telling(state: Mapping[str, Any]) -> set[str]:
    return {key for key in state if isinstance(key, str) and _tells(key)}


def _tells(key: str) -> bool:
    """Whether a key says of what kind a state is: private ones only where a kind is known by it."""
    return key not in EVERYWHERE and (not key.startswith("_") or key in OWN)


def _shown(value: object) -> str:
    """Return a value's source in one line, for a message."""
    return _cut(" ".join(repr(value).split()))


def _cut(text: str, longest: int = 120) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


# --- reading a state -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    """A state of a known kind, from which values are taken one by one, each of them checked."""

    values: Mapping[str, Any]
    kind: str
    groups: Sequence[Mapping[str, Any]] | None = None
    place: str = ""

    def bad(self, key: str, required: str, *got: object) -> ReadError:
        """Return the error for a value that is missing or of no use."""
        seen = _shown(got[0]) if got else "nothing"
        return ReadError(
            f"bad {key} in a state of {self.kind}{self.place}", required=required, got=seen
        )

    def lacks(self, what: str, hint: str | None = None) -> ReadError:
        """Return the error for what torch does not save."""
        return ReadError(f"a state of {self.kind}{self.place} does not hold its {what}", hint=hint)

    def get(self, key: str, required: str) -> Any:
        """Return a value, out of its tensor where it is in one."""
        if key not in self.values:
            raise self.bad(key, required)
        return unwrapped(self.values[key])

    def number(self, key: str) -> Any:
        """Return an argument that is a number, an int where torch holds one."""
        return self.as_number(key, self.get(key, "a number"))

    def as_number(self, key: str, value: Any) -> Any:
        """Return a value as the Python number that it is."""
        value = unwrapped(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.bad(key, "a number", value)
        try:
            float(value)
        except OverflowError:
            raise self.bad(key, "a number that a float can hold", value) from None
        return value

    def integer(self, key: str) -> int:
        """Return a whole number as an int."""
        value = self.number(key)
        if not abs(value) < 2**53 or value != int(value):
            raise self.bad(key, "a whole number below 2**53", value)
        return int(value)

    def one_of(self, key: str, *allowed: Any) -> Any:
        """Return a flag or a name."""
        required = " or ".join(map(repr, allowed))
        value = self.get(key, required)
        if not any(type(value) is type(right) and value == right for right in allowed):
            raise self.bad(key, required, value)
        return value

    def numbers(self, key: str, of: Any = None) -> list[Any]:
        """Return a list of numbers; ``of`` is the list itself where the state does not hold it."""
        values = self.get(key, "a list of numbers") if of is None else of
        if not isinstance(values, list | tuple):
            raise self.bad(key, "a list of numbers", values)
        return [self.as_number(key, value) for value in values]

    def rates(self) -> tuple[float, ...] | None:
        """Return the rates of the last step, where the state has them."""
        if "_last_lr" not in self.values:
            return None
        return tuple(map(float, self.numbers("_last_lr")))

    def optimizer(self) -> Optimizer:
        """Return an optimizer whose groups have the rates that the scheduler starts from."""
        bases = [float(rate) for rate in self.numbers("base_lrs")]
        if not bases or not all(0 <= rate < math.inf for rate in bases):
            raise self.bad("base_lrs", "a finite rate >= 0 for each group", bases)
        return Optimizer.of(*bases)

    def one_a_group(self, key: str, values: list[Any]) -> Any:
        """Return one value for all groups where they agree, else one for each."""
        groups = len(self.optimizer().groups)
        if len(values) != groups:
            raise self.bad(key, f"{groups} values, one a group", values)
        return values[0] if all(value == values[0] for value in values) else values

    def in_groups(self, key: str) -> list[Any]:
        """Return what the optimizer's groups hold under a key, in place of the state."""
        groups = self.groups
        if groups is None:
            raise self.lacks(key, "give groups=optimizer.param_groups")
        if not isinstance(groups, list | tuple) or not all(
            isinstance(group, Mapping) and key in group for group in groups
        ):
            raise self.bad("groups", f"the optimizer's, each with {key!r}")
        return self.numbers(key, [group[key] for group in groups])

    def strategy(self, *keys: str) -> str:
        """Return how it anneals: by name, or by the function that torch saved until 2.3 or 2.9."""
        key = next((key for key in keys if key in self.values), keys[0])
        value = self.get(key, "cos or linear")
        words = re.findall(r"\w+", str(getattr(value, "__name__", value)))
        named = {STRATEGIES[word] for word in words if word in STRATEGIES}
        if len(named) != 1:
            raise self.bad(key, "cos or linear", value)
        return named.pop()

    def members(self) -> list[_State]:
        """Return the states of the schedulers that it holds."""
        states = self.get("_schedulers", "a list of states")
        if not isinstance(states, list | tuple) or not states:
            raise self.bad("_schedulers", "a list of states", states)
        places = [f", member {index} of {self.kind}{self.place}" for index in range(len(states))]
        return [
            _State(state, _kind_of(state, None, place), self.groups, place)
            for state, place in zip(states, places, strict=True)
        ]

    def steps(self) -> Iterator[Any]:
        """Visit the steps that it stands at: a ``ChainedScheduler`` has those of its members.

        ``CosineAnnealingWarmRestarts.step(epoch)`` leaves what is over of an epoch in ``T_cur``.
        """
        if self.kind == "ChainedScheduler":
            for member in self.members():
                yield from member.steps()
        else:
            over = self.number("T_cur") % 1 if "Restarts" in self.kind else 0
            yield self.integer("last_epoch") + over

    def call(self) -> Call:
        """Return the call, and check that torch would take it."""
        self.rates()  # of no use where another holds it, but not to be broken
        list(self.steps())
        call = KINDS[self.kind.partition(" or ")[0]].read(self)
        fault = call.fault()
        if fault is not None:
            raise ReadError(
                f"no state of {self.kind}{self.place}: "
                f"torch raises {fault.error.__name__} {fault.when} for it",
                got=_cut(fault.text),
            )
        return call


def _simplest(guess: float, fits: Callable[[float], bool]) -> float | None:
    """Return the number with the fewest digits, near a guess, that fits."""
    if not math.isfinite(guess):
        return None
    rounded = (float(f"{guess:.{digits}g}") for digits in range(1, 18))
    near = [guess]
    for _ in range(4):
        near = [math.nextafter(near[0], -math.inf), *near, math.nextafter(near[-1], math.inf)]
    fitting = filter(fits, (*rounded, *near))
    return min(fitting, key=lambda number: len(repr(number)), default=None)


# --- each kind -----------------------------------------------------------------------------------


def _made(constructor: type[Made], state: _State, **arguments: Any) -> Made:
    """Return a call; a number that is the default is left to it, ``eta_min=0`` of torch 2.4 too."""
    defaults = constructor.defaults()
    usual = {name: defaults[name] for name in arguments if arguments[name] == defaults.get(name)}
    return constructor(state.optimizer(), **(arguments | usual))


def _numbers(constructor: type[Call], *names: str) -> _Kind:
    """Return the layout of a class whose arguments are numbers that it keeps as they are."""

    def read(state: _State) -> Call:
        return _made(constructor, state, **{name: state.number(name) for name in names})

    return _kind(read, *names)


def _multi_step(state: _State) -> Call:
    """Read milestones: a ``Counter``, whose keys JSON turns into text."""
    counted = state.get("milestones", "milestones and how often each is listed")
    if not isinstance(counted, Mapping):
        counted = Counter(state.numbers("milestones"))
    milestones: list[Any] = []
    for milestone, times in counted.items():
        if type(times) is not int or not 1 <= times <= MOST:
            raise state.bad("milestones", f"counts from 1 to {MOST}", times)
        milestones += [_milestone(state, milestone)] * times
    return _made(calls.MultiStepLR, state, milestones=milestones, gamma=state.number("gamma"))


def _milestone(state: _State, key: Any) -> Any:
    try:
        number = json.loads(key) if isinstance(key, str) else key
    except ValueError:
        raise state.bad("milestones", "numbers", key) from None
    return state.as_number("milestones", number)


def _warm_restarts(state: _State) -> Call:
    """Read the arguments, and check that it stands in the cycle that its step is in."""
    names = ("T_0", "T_mult", "eta_min")
    call = _made(
        calls.CosineAnnealingWarmRestarts, state, **{name: state.number(name) for name in names}
    )
    step, here = state.integer("last_epoch"), (state.number("T_cur"), state.number("T_i"))
    if call.fault() is None and step >= 0:
        left, cycle = step % call.T_0 if call.T_mult == 1 else step, call.T_0
        while left >= cycle:
            left, cycle = left - cycle, cycle * call.T_mult
        if not (left <= here[0] < left + 1 and here[1] == cycle):
            raise state.bad("T_cur and T_i", f"{left} and {cycle} at step {step}", here)
    return call


def _cyclic(state: _State) -> Call:
    """Read the sizes back from their sum and ratio, and the base rates, which are its own."""
    total, ratio = state.number("total_size"), state.number("step_ratio")
    up = _simplest(
        total * ratio, lambda up: total != 0 and up / total == ratio and up + (total - up) == total
    )
    if up is None:
        raise state.bad("step_ratio", f"a share of total_size={total}", ratio)
    sizes = [int(size) if size == int(size) else size for size in (up, total - up)]
    mode = state.one_of("mode", "triangular", "triangular2", "exp_range")
    scale_mode = state.one_of("scale_mode", "cycle", "iterations")
    call = _made(
        calls.CyclicLR,
        state,
        base_lr=state.one_a_group("base_lrs", state.numbers("base_lrs")),
        max_lr=state.one_a_group("max_lrs", state.numbers("max_lrs")),
        step_size_up=sizes[0],
        step_size_down=None if sizes[0] == sizes[1] else sizes[1],
        mode=mode,
        gamma=state.number("gamma"),
        **_momenta(state, lambda name: state.numbers(f"{name}s")),
    )
    custom = state.values.get("_scale_fn_custom") is not None
    if custom or (scale_mode == "iterations") != (mode == "exp_range") or _strays(call, state):
        raise state.lacks("scale_fn")
    return call


def _one_cycle(state: _State) -> Call:
    """Read the phases from the state, and the rates between which they go from the groups."""
    total, phases = state.integer("total_steps"), state.get("_schedule_phases", "phases")
    if not isinstance(phases, list | tuple) or not all(isinstance(p, Mapping) for p in phases):
        raise state.bad("_schedule_phases", "phases", phases)
    ends = [state.as_number("_schedule_phases", phase.get("end_step")) for phase in phases]
    ways = [(str(phase.get("start_lr")), str(phase.get("end_lr"))) for phase in phases]
    saved = [(end, *way) for end, way in zip(ends, ways, strict=True)]
    three = len(saved) == 3

    def phased(pct_start: float) -> bool:
        call = calls.OneCycleLR(
            state.optimizer(), 0.0, total, pct_start=pct_start, three_phase=three
        )
        return call._phases(total) == saved

    pct_start = _simplest((ends[0] + 1) / total, phased) if ends and total else None
    if pct_start is None:
        raise state.bad("_schedule_phases", f"those of total_steps={total}", saved)
    high, first, low = (state.in_groups(key) for key in ("max_lr", "initial_lr", "min_lr"))
    call = _made(
        calls.OneCycleLR,
        state,
        max_lr=state.one_a_group("max_lr", high),
        total_steps=total,
        pct_start=pct_start,
        anneal_strategy=state.strategy("_anneal_func_type", "anneal_func"),
        div_factor=_divisor(state, high, first, 25.0),
        final_div_factor=_divisor(state, first, low, 1e4),
        three_phase=three,
        **_momenta(state, state.in_groups),
    )
    if first != [group.lr for group in call.optimizer.groups] or _strays(call, state):
        raise state.bad("groups", "those of this scheduler, at its rates", first)
    return call


def _divisor(state: _State, whole: Sequence[Any], parts: Sequence[Any], usual: float) -> float:
    """Return what each of some rates is divided by to have the others."""
    pairs = list(zip(whole, parts, strict=True))
    guess = next((rate / part for rate, part in pairs if part), usual)
    found = _simplest(guess, lambda d: d != 0 and all(rate / d == part for rate, part in pairs))
    if found is None:
        raise state.bad("groups", "rates with one quotient in all groups", pairs)
    return found


def _momenta(state: _State, lists: Callable[[str], list[Any]]) -> dict[str, Any]:
    """Return the arguments about momentum, which is kept only where it takes part."""
    if not state.one_of("cycle_momentum", True, False):
        return {"cycle_momentum": False}
    names = ("base_momentum", "max_momentum")
    return {name: state.one_a_group(name, lists(name)) for name in names}


def _strays(call: Any, state: _State) -> bool:
    """Whether the rates of the last step are others than the call's, rounding left aside."""
    step, rates = state.integer("last_epoch"), state.rates()
    if step < 0 or rates is None or call.fault() is not None:
        return False  # nothing to lay beside the call, or a call that will not do
    highs = call.max_lr if isinstance(call.max_lr, list) else [call.max_lr]
    near = 1e-6 * max(map(abs, highs))  # near its lowest, a float32 rate has but the peak's bits
    with np.errstate(all="ignore"):
        for worker, rate in zip(call.build(), rates, strict=False):
            moves = call.rates(worker, range(step, step + 1))
            if not len(moves):
                return True
            if not math.isclose(moves.rates(worker.lr)[0], rate, rel_tol=1e-6, abs_tol=near):
                return True
    return False


def _swa(state: _State) -> Call:
    """Read how long it anneals, and from the groups where to."""
    return _made(
        calls.SWALR,
        state,
        swa_lr=state.one_a_group("swa_lr", state.in_groups("swa_lr")),
        anneal_epochs=state.integer("anneal_epochs"),
        anneal_strategy=state.strategy("_anneal_strategy", "anneal_func"),
    )


def _functions(state: _State) -> Call:
    raise state.lacks("functions", "say the call itself; the step is the state's last_epoch")


def _plateau(state: _State) -> Call:
    raise state.lacks("first rates", "it follows a metric: go on with torch's own")


# --- schedulers of schedulers --------------------------------------------------------------------


def _sequence(state: _State) -> Call:
    """Read the members and when each begins."""
    made = _members(state)
    return calls.SequentialLR(_single(made[0])[0].optimizer, made, state.numbers("_milestones"))


def _chain(state: _State) -> Call:
    """Read the members: it keeps nothing itself."""
    return calls.ChainedScheduler(_members(state))


def _members(state: _State) -> list[Call]:
    """Return the calls of the members, all on one optimizer.

    They share it, so that each starts from the rates that the ones before have left as the first.
    """
    made = [member.call() for member in state.members()]
    single = [call for member in made for call in _single(member)]
    optimizer = here = single[0].optimizer
    for call in single:
        if isinstance(call, calls.OneCycleLR):
            here = call.optimizer
        elif call.optimizer != here and not isinstance(call, calls.CyclicLR):
            rates = [[group.lr for group in each.groups] for each in (here, call.optimizer)]
            raise state.bad("_schedulers", "members that start from the same rates", rates)
    return [_on(optimizer, call) for call in made]


def _single(call: Any) -> list[Any]:
    """Return the schedulers in it that hold no others, in the order in which they were built."""
    if not isinstance(call, Composition):
        return [call]
    return [single for member in call.members for single in _single(member)]


def _on(optimizer: Optimizer, call: Any) -> Any:
    """Return the same call on an optimizer; a chain has that of its members."""
    changes: dict[str, Any] = (
        {} if isinstance(call, calls.ChainedScheduler) else {"optimizer": optimizer}
    )
    if isinstance(call, Composition):
        changes["schedulers"] = [_on(optimizer, member) for member in call.members]
    return msgspec.structs.replace(call, **changes)


def _check_turn(state: _State, call: Any, step: int) -> None:
    """Raise unless the member whose turn it is stands where its turn has come.

    It does not where the whole was resumed with ``last_epoch``. One that holds others has a count
    of its own, which runs a step ahead since torch 2.6.
    """
    turn = bisect_right(call.milestones, step)
    began = call.milestones[turn - 1] if turn else 0
    member = state.members()[turn]
    if not isinstance(call.members[turn], Composition):
        at = next(member.steps())
        if at != step - began:
            raise member.bad("last_epoch", f"{step - began}, as {step} is the whole's", at)


# --- the layouts ---------------------------------------------------------------------------------


def _kind(read: Callable[[_State], Call], *needs: str, may: Sequence[str] = ()) -> _Kind:
    return _Kind(frozenset(needs), frozenset(may), read)


KINDS: dict[str, _Kind] = {
    "StepLR": _numbers(calls.StepLR, "step_size", "gamma"),
    "MultiStepLR": _kind(_multi_step, "milestones", "gamma"),
    "ConstantLR": _numbers(calls.ConstantLR, "factor", "total_iters"),
    "LinearLR": _numbers(calls.LinearLR, "start_factor", "end_factor", "total_iters"),
    "ExponentialLR": _numbers(calls.ExponentialLR, "gamma"),
    "PolynomialLR": _numbers(calls.PolynomialLR, "total_iters", "power"),
    "CosineAnnealingLR": _numbers(calls.CosineAnnealingLR, "T_max", "eta_min"),
    "CosineAnnealingWarmRestarts": _kind(
        _warm_restarts, "T_0", "T_mult", "eta_min", "T_cur", "T_i"
    ),
    "CyclicLR": _kind(
        _cyclic,
        *("max_lrs", "total_size", "step_ratio", "mode", "gamma", "scale_mode", "cycle_momentum"),
        may=("use_beta1", "base_momentums", "max_momentums", "_scale_fn_custom"),
    ),
    "OneCycleLR": _kind(
        _one_cycle,
        *("total_steps", "cycle_momentum", "_schedule_phases"),
        may=("use_beta1", "anneal_func", "_anneal_func_type"),
    ),
    "SWALR": _kind(_swa, "anneal_epochs", may=("anneal_func", "_anneal_strategy")),
    "LambdaLR": _kind(_functions, "lr_lambdas"),
    "MultiplicativeLR": _kind(_functions, "lr_lambdas"),
    "ReduceLROnPlateau": _kind(
        _plateau,
        *("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lrs"),
        *("eps", "best", "num_bad_epochs", "cooldown_counter", "mode_worse"),
        may=("default_min_lr",),
    ),
    "SequentialLR": _kind(_sequence, "_schedulers", "_milestones"),
    "ChainedScheduler": _kind(_chain, "_schedulers"),
}
#: The keys that some kind is known by.
OWN = frozenset[str]().union(*(kind.needs | kind.may for kind in KINDS.values()))
#: What says nothing of the kind; ``verbose`` until torch 2.6.
EVERYWHERE = frozenset({"base_lrs", "last_epoch", "verbose"})
#: The ways to anneal, by their names and by those of the functions that do.
STRATEGIES = {
    "cos": "cos",
    "_cosine_anneal": "cos",
    "_annealing_cos": "cos",
    "linear": "linear",
    "_linear_anneal": "linear",
    "_annealing_linear": "linear",
}
