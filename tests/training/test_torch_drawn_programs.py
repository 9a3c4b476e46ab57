"""Programs drawn at random, with torch's schedulers and with Isorate's: alike, or said to differ.

A program is a list of operations on one optimizer: schedulers are built, stepped, changed, copied
and resumed, also from the other package's checkpoint, groups are added, rates are written. After
each of them the rates are torch's, or Isorate has raised or warned by then. More are drawn by

    python -m tests.training.test_torch_drawn_programs 0 10000
"""

from __future__ import annotations

import copy
import math
import pickle
import random
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch.optim import SGD, lr_scheduler, swa_utils  # noqa: E402

import isorate.torch  # noqa: E402
from tests.training.torch_parts import MARKS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = MARKS

BASES = (0.03, 0.1, 0.2, 0.5, 1.0)


def inverse(step: int) -> float:
    return 1 / (1 + step)


def thirds(step: int) -> float:
    return 1.0 if step % 3 else 0.5


#: What each kind is drawn from, and what is set on it afterwards.
KINDS: dict[str, tuple[dict[str, list[Any]], dict[str, list[Any]]]] = {
    "StepLR": ({"step_size": [1, 2, 3, 5], "gamma": [0.1, 0.9, 2.0]}, {"gamma": [0.3]}),
    "MultiStepLR": ({"milestones": [[2], [2, 5], [3, 3, 6], [0, 4]]}, {"gamma": [0.3]}),
    "ConstantLR": ({"factor": [0.25, 1.0], "total_iters": [0, 1, 3]}, {"factor": [0.7]}),
    "LinearLR": (
        {"start_factor": [0.01, 1.0], "end_factor": [1.0, 0.0], "total_iters": [1, 5]},
        {"total_iters": [2, 9]},
    ),
    "ExponentialLR": ({"gamma": [0.5, 0.9, 1.1]}, {"gamma": [0.7]}),
    "PolynomialLR": ({"total_iters": [3, 9], "power": [0.5, 2.0]}, {"power": [1.5]}),
    "CosineAnnealingLR": ({"T_max": [3, 8], "eta_min": [0.0, 0.01]}, {"T_max": [4]}),
    "CosineAnnealingWarmRestarts": (
        {"T_0": [2, 3, 4], "T_mult": [1, 2]},
        {"T_cur": [0, 1], "T_mult": [3], "T_0": [5]},
    ),
    "CyclicLR": (
        {
            "base_lr": [0.01, 0.1],
            "max_lr": [0.5, 1.0],
            "step_size_up": [2, 3],
            "mode": ["triangular", "triangular2"],
            "cycle_momentum": [False],
        },
        {"total_size": [8.0], "step_ratio": [0.25], "mode": ["exp_range"]},
    ),
    "OneCycleLR": (
        {"max_lr": [0.5, 1.0], "total_steps": [60], "cycle_momentum": [False]},
        {"_anneal_func_type": ["linear"]},
    ),
    "SWALR": ({"swa_lr": [0.05, 0.3], "anneal_epochs": [1, 6]}, {"anneal_epochs": [4]}),
    "LambdaLR": ({"lr_lambda": [inverse, thirds]}, {"lr_lambdas": [[inverse] * 9]}),
    "MultiplicativeLR": ({"lr_lambda": [thirds]}, {"lr_lambdas": [[inverse] * 9]}),
    "ReduceLROnPlateau": ({"factor": [0.1, 0.5], "patience": [0, 2]}, {"factor": [0.3]}),
}
ALONE = ("ReduceLROnPlateau",)
ANY: dict[str, list[Any]] = {
    "last_epoch": [0, 2, 7],
    "base_lrs": [[0.3] * 9],
    "_step_count": [0, 5],
}


def kind(draw: random.Random, *, inside: bool = False) -> tuple[str, Any]:
    """Draw a scheduler."""
    if not inside and draw.random() < 0.2:
        members = [kind(draw, inside=True) for _ in range(draw.choice((2, 3)))]
        return "SequentialLR", (members, sorted(draw.sample(range(1, 9), len(members) - 1)))
    name = draw.choice([each for each in KINDS if not inside or each not in ALONE])
    return name, {key: draw.choice(values) for key, values in KINDS[name][0].items()}


def program(seed: int) -> list[tuple[Any, ...]]:
    """Draw a program: the first rates of the groups, then operations."""
    draw = random.Random(seed)
    groups = draw.choice((1, 1, 2, 3))
    kinds = [kind(draw) for _ in range(draw.choice((1, 1, 2)))]
    if kinds[-1][0] == "CyclicLR":  # one that is built after another says so at its first step
        del kinds[:-1]
    operations: list[tuple[Any, ...]] = [("build", each) for each in kinds]
    for _ in range(draw.randint(5, 25)):
        which, chance = draw.randrange(len(kinds)), draw.random()
        name = kinds[which][0]
        if chance < 0.85:
            operations.append(("step", which, round(draw.random(), 1)))
        elif chance < 0.88:
            operations.append(("write", draw.randrange(groups), 0.07))
        elif chance < 0.91:
            operations.append(("add", draw.choice(BASES)))
        elif chance < 0.94:
            operations.append(("copy",))
        elif name in KINDS:
            known: dict[str, list[Any]] = (
                KINDS[name][1] if name in ALONE or draw.random() < 0.6 else ANY
            )
            key = draw.choice(list(known))
            operations.append(("set", which, key, draw.choice(known[key])))
        else:
            operations.append(("turn", which, draw.choice((1, 3, 5))))
    _save_and_load(random.Random(f"save and load {seed}"), kinds, operations)
    return [("groups", [draw.choice(BASES) for _ in range(groups)]), *operations]


def _save_and_load(
    draw: random.Random, kinds: list[tuple[str, Any]], operations: list[tuple[Any, ...]]
) -> None:
    """Insert what moves states between schedulers, and steps that are named."""
    for _ in range(draw.choice((0, 1, 1, 2))):
        which, chance = draw.randrange(len(kinds)), draw.random()
        place = draw.randint(len(kinds), len(operations))
        if chance < 0.6:  # the optimizer's state before the schedulers' or after; whose states
            more: tuple[Any, ...] = ("resume", draw.random() < 0.7, draw.random() < 0.5)
        elif chance < 0.7:
            more = ("pickle",)
        elif chance < 0.8:
            more = ("reload",)
        elif chance < 0.9 and kinds[which][0] not in (*ALONE, "SequentialLR", "SWALR"):
            more = ("name", which, draw.randrange(9))
        else:
            more = ("load", which, draw.randrange(len(kinds)))
        operations.insert(place, more)
    if draw.random() < 0.15:  # what comes in with a low rate, and with what torch's asks it for
        peak = draw.choice((0.2, 0.8))
        brought = {"swa_lr": peak, "max_lr": peak, "initial_lr": peak / 25, "min_lr": peak / 25e4}
        late = ("add", draw.choice((0.001, 0.1)), draw.choice((brought, {"swa_lr": peak})))
        operations.insert(draw.randint(len(kinds), len(operations)), late)


class Execution:
    """An execution of a program with one package's schedulers."""

    def __init__(self, mine: bool) -> None:
        self.mine = mine
        self.optimizer: Any = None
        self.schedulers: list[Any] = []
        self.names: list[str] = []
        self.kinds: list[tuple[str, Any]] = []
        self.firsts: list[float] = []
        #: Whose states to resume from, where they are not its own.
        self.saved: Any = None

    def build(self, name: str, arguments: Any) -> Any:
        home: Any = isorate.torch if self.mine else lr_scheduler
        if name == "SequentialLR":
            members, milestones = arguments
            parts = [self.build(*member) for member in members]
            return home.SequentialLR(self.optimizer, parts, list(milestones))
        found = getattr(home, name, None) or getattr(swa_utils, name)
        return found(self.optimizer, **copy.deepcopy(arguments))

    def do(self, what: str, *given: Any) -> None:
        """Execute an operation."""
        if what == "groups":
            self.firsts = list(given[0])
            self.begin()
        elif what == "build":
            self.schedulers.append(self.build(*given[0]))
            self.names.append(given[0][0])
            self.kinds.append(given[0])
        elif what == "step":
            self.optimizer.step()
            metric = [4 * given[1]] if self.names[given[0]] in ALONE else []
            self.schedulers[given[0]].step(*metric)
        elif what == "write":
            self.optimizer.param_groups[given[0]]["lr"] = given[1]
        elif what == "add":
            self.firsts.append(given[0])
            group = {"params": [torch.zeros(1)], "lr": given[0]}
            self.optimizer.add_param_group(group | dict(*given[1:]))
        elif what == "copy":
            self.optimizer, self.schedulers = copy.deepcopy((self.optimizer, self.schedulers))
        elif what == "pickle":
            both = pickle.dumps((self.optimizer, self.schedulers))
            self.optimizer, self.schedulers = pickle.loads(both)
        elif what == "reload":
            self.optimizer.load_state_dict(copy.deepcopy(self.optimizer.state_dict()))
        elif what == "name":
            self.schedulers[given[0]].step(given[1])
        elif what == "load":
            one, other = (self.schedulers[place] for place in given)
            one.load_state_dict(copy.deepcopy(other.state_dict()))
        elif what == "resume":
            self.resume(self.saved or self.save(), optimizer_first=given[0])
        elif what == "turn":
            self.schedulers[given[0]]._milestones[0] = given[1]
        else:
            value = given[2]
            many = isinstance(value, list) and len(value) == 9
            groups = self.optimizer.param_groups
            setattr(self.schedulers[given[0]], given[1], value[: len(groups)] if many else value)

    def begin(self) -> None:
        groups = [{"params": [torch.zeros(1)], "lr": rate} for rate in self.firsts]
        self.optimizer = SGD(groups, momentum=0.9)

    def save(self) -> Any:
        """Return the optimizer's state and the schedulers'."""
        states = [scheduler.state_dict() for scheduler in self.schedulers]
        return copy.deepcopy((self.optimizer.state_dict(), states))

    def resume(self, saved: Any, *, optimizer_first: bool) -> None:
        """Build everything anew, and load states."""
        self.begin()
        self.schedulers = [self.build(*each) for each in self.kinds]
        if optimizer_first:
            self.optimizer.load_state_dict(copy.deepcopy(saved[0]))
        for scheduler, state in zip(self.schedulers, copy.deepcopy(saved[1]), strict=True):
            scheduler.load_state_dict(state)
        if not optimizer_first:
            self.optimizer.load_state_dict(copy.deepcopy(saved[0]))

    def tell(self, operation: tuple[Any, ...]) -> tuple[Exception | None, set[str]]:
        """Execute an operation; return what it has raised and warned of."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                self.do(*operation)
            except Exception as error:
                return error, set()
        return None, {str(warning.message) for warning in caught}

    def rates(self) -> list[float]:
        return [float(group["lr"]) for group in self.optimizer.param_groups]


def silent(seed: int, operations: Sequence[tuple[Any, ...]] = ()) -> str | None:
    """Return where a program differs without a word; none where it does nowhere."""
    theirs, mine = Execution(mine=False), Execution(mine=True)
    for place, operation in enumerate(operations or program(seed)):
        if operation[0] == "resume":
            mine.saved = theirs.save() if operation[2] else None
        error, known = theirs.tell(operation)
        said, found = mine.tell(operation)
        if error or said or found - known:
            return None
        expected, got = theirs.rates(), mine.rates()
        if not all(map(near, expected, got)):
            return f"program {seed}, operation {place} {operation}: torch {expected}, Isorate {got}"
    return silent_back(seed, theirs, mine)


def near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-12)


def silent_back(seed: int, theirs: Execution, mine: Execution) -> str | None:
    """Return where torch's schedulers go on otherwise with the states that Isorate has saved."""
    back = Execution(mine=False)
    back.names, back.kinds, back.firsts = mine.names, mine.kinds, mine.firsts
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs.resume(theirs.save(), optimizer_first=True)
            saved = mine.save()
        except Exception:
            return None
        back.resume(saved, optimizer_first=True)
        for step in range(4):
            for which in range(len(mine.kinds)):
                error, _ = theirs.tell(("step", which, 0.5))
                found, _ = back.tell(("step", which, 0.5))
                if error:
                    return None
                expected, got = theirs.rates(), back.rates()
                if found or not all(map(near, expected, got)):
                    return (
                        f"program {seed}, back, step {step} of {which}: {expected}, {got} {found}"
                    )
    return None


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_nothing_differs_without_a_word(first: int) -> None:
    assert [found for seed in range(first, first + 50) if (found := silent(seed))] == []


AVERAGING = ("build", ("SWALR", {"swa_lr": 0.3, "anneal_epochs": 6}))
CYCLES = {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 3, "cycle_momentum": False}
ONE_CYCLE = ("OneCycleLR", {"max_lr": 0.5, "total_steps": 60, "cycle_momentum": False})
STEPS = [("step", 0, 0.5)] * 5
LOADS = (("load", 0, 0), ("resume", True, False), ("resume", False, False))


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize(
    "program",
    [
        [AVERAGING, *STEPS, ("set", 0, "anneal_epochs", 4)],
        [("build", ("CyclicLR", CYCLES)), *STEPS, ("set", 0, "total_size", 8.0)],
        [("build", ("CyclicLR", CYCLES)), *STEPS, ("set", 0, "last_epoch", 2)],
        [("build", ONE_CYCLE), *STEPS, ("set", 0, "_anneal_func_type", "linear")],
        [("build", ONE_CYCLE), *STEPS, ("add", 0.03)],
        [("build", ("LambdaLR", {"lr_lambda": thirds})), *STEPS, ("set", 0, "last_epoch", 2)],
        [("build", ("SequentialLR", ([ONE_CYCLE, AVERAGING[1]], [8]))), *STEPS, ("add", 0.2)],
    ],
    ids=lambda program: f"{program[0][1][0]}-{program[-1][-2]}",
)
def test_a_state_brings_the_rates_that_were_used_and_not_those_to_come(
    program: list[Any], load: tuple[Any, ...]
) -> None:
    assert silent(0, [("groups", [0.2]), *program, load, *STEPS]) is None


def test_the_rate_that_an_optimizers_state_has_brought_stays_beside_a_plateaus() -> None:
    plateau = ("build", ("ReduceLROnPlateau", {"factor": 0.5, "patience": 2}))
    thirds_of = ("build", ("LambdaLR", {"lr_lambda": thirds}))
    turns = [("step", which, 0.7) for which in (1, 1, 0, 1, 0, 1, 1)]
    program = [("groups", [0.03]), plateau, thirds_of, *turns, ("resume", True, True)]
    assert silent(0, program) is None


def test_a_sequence_that_is_built_after_a_cycle_says_that_it_begins_with_the_optimizers_rate() -> (
    None
):
    first = ("build", ("CyclicLR", CYCLES))
    second = ("build", ("SequentialLR", ([AVERAGING[1], ("CyclicLR", CYCLES)], [4])))
    assert silent(0, [("groups", [0.03, 0.2]), first, second]) is None


@pytest.mark.parametrize("how", ["copy", "pickle", "reload"])
@pytest.mark.parametrize("turns", range(2, 12))
def test_a_copy_of_schedulers_one_of_which_has_a_floor_goes_on(how: str, turns: int) -> None:
    kinds = ("StepLR", {"step_size": 3}), ("CosineAnnealingLR", {"T_max": 9, "eta_min": 0.005})
    steps = [("step", which, 0.5) for which in (0, 1)]
    program = [("groups", [0.1, 0.2]), *(("build", each) for each in kinds), *steps * turns]
    assert silent(0, [*program, (how,), *steps * 6]) is None


if __name__ == "__main__":
    FOUND = 0
    for SEED in range(*map(int, sys.argv[1:3])):
        if text := silent(SEED):
            FOUND += 1
            print(text, flush=True)
    print(f"{FOUND} differ without a word")
