"""The rows of timm's schedulers, each told its step as timm's own loop tells it."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases._case import Case, refused
from tests.conformance.cases.torch import go_through, phases, torch_scope, upon_torch
from tests.conformance.drawing import literal, rates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.cases._home import How, Seen

HERE = "timm.scheduler"
SGD = "torch.optim.SGD"
ONE = f"{SGD}(params, lr=0.1)"
#: Two groups, of which one has a share of its rate, as layer-wise decay gives it.
SCALED = (
    f"{SGD}([{{'params': params_0, 'lr': 0.1, 'lr_scale': 0.75}}, {{'params': params_1}}], lr=0.05)"
)
BEGUN = f"{SGD}([{{'params': params, 'lr': 0.07, 'initial_lr': 0.1}}], lr=0.1)"
FOLLOWS = "it follows a metric"
METRICS = [0.1, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.9] * 2

#: What the three that have cycles all take.
CYCLES: tuple[str, ...] = (
    "10", "10, lr_min=0.001", "10, lr_min=0.001, warmup_t=3", "t_initial=17, warmup_t=4, "
    "warmup_lr_init=1e-4, warmup_prefix=True, t_in_epochs=False", "7, cycle_mul=2.0, "
    "cycle_decay=0.5, cycle_limit=3", "7, cycle_limit=3, lr_min=0.01", "7, cycle_decay=0.5, "
    "cycle_limit=3, lr_min=1e-5", "5, cycle_mul=1.5, cycle_limit=2, warmup_t=2, warmup_prefix=True",
    "1", "10, warmup_t=12", "12, cycle_mul=0.5, cycle_limit=4", "10, cycle_limit=0", "7.5",
    "3, cycle_decay=1.5, cycle_limit=2", "2, cycle_mul=3, cycle_limit=3, cycle_decay=0.1",
    "4, lr_min=0.2", "6, cycle_limit=2, cycle_decay=0.5, warmup_t=3, warmup_prefix=True",
    "10, warmup_t=2.5, warmup_prefix=True", "5, cycle_limit=1000, cycle_decay=0.9",
    "20, warmup_t=5, warmup_lr_init=0.2", "10, 0, initialize=True",
)  # fmt: skip
STEPPED: tuple[str, ...] = (
    "5, 0.5", "decay_t=5, decay_rate=0.5, warmup_t=3, warmup_lr_init=0.001", "2.5, 0.3", "3",
    "5, 0.5, 3, 0.0, False", "4, 0.1, warmup_t=2, t_in_epochs=False", "1, 0.9", "30, 0.1", "7, 2.0",
    "5, 0.5, warmup_t=30", "4, 0.0", "1, 1.0, warmup_t=5, warmup_lr_init=1e-5",
)  # fmt: skip
TAKEN: dict[str, tuple[str, ...]] = {
    "CosineLRScheduler": (
        *CYCLES, "10, k_decay=0.5", "10, k_decay=2.0, warmup_t=2", "10, k_decay=3",
    ),
    "PolyLRScheduler": (
        *CYCLES, "10, k_decay=0.5", "10, 2.0, k_decay=2.0", "10, 1.0, 0.001", "10, power=0.9",
        "12, 2, warmup_t=3, warmup_prefix=True", "10, 0.0",
    ),
    "TanhLRScheduler": (
        *(taken for taken in CYCLES if taken != "10, 0, initialize=True"), "10, -4.0, 4.0",
        "10, lb=-2, ub=1, lr_min=0.001, warmup_t=4",
    ),
    "StepLRScheduler": STEPPED,
    "MultiStepLRScheduler": (
        "[3, 7], 0.1", "[3, 7], 0.5, warmup_t=2", "[3, 7], 0.5, 4, 0.01, False", "[], 0.5",
        "[5, 2], 0.5", "[0, 1, 1], 0.5", "decay_t=[30, 60], decay_rate=0.1", "(4, 4, 9), 0.3",
        "[2.5, 6], 0.5", "[1], 0.5", "[3, 7]", "[6, 12, 18], 0.2, t_in_epochs=False",
        "[9, 3, 6], 0.5", "[8, 16], 0.0", "[-3, 4], 0.5",
    ),
    "WSDLRScheduler": (
        *(
            f"14, 6, decay_fn={decay!r}, stable_fn={stable!r}, warmup_t=3, lr_min=0.001"
            for decay in ("linear", "1-sqrt", "cosine", "power", "exp")
            for stable in ("constant", "rsqrt", "power")
        ),
        "20, 20", "20, 5, stable_fn='power', stable_power=0.3, stable_timescale=4.0, "
        "decay_fn='power', decay_power=2.0", "16, 5, decay_fn='exp', decay_ratio=0.5, warmup_t=4, "
        "warmup_lr_init=1e-3, t_in_epochs=False", "12, 4, 0.2, decay_fn='linear'",
        "20, 20, decay_fn='cosine'", "15, 4, decay_fn='linear', warmup_t=5",
    ),
}  # fmt: skip
PLATEAUS: tuple[str, ...] = (
    "", "0.5, 2", "decay_rate=0.5, patience_t=1", "patience_t=2, mode='min'", "0.5, 1, lr_min=0.02",
    "0.5, 1, cooldown_t=2", "0.9, 0", "0.5, 1, threshold=0.5", "0.5, 3, mode='max'", "0.2, 2, 0.0",
    "0.5, 0, cooldown_t=1, mode='min'", "0.1, 4",
)  # fmt: skip
#: The factory's arguments besides the optimizer.
NAMED: tuple[str, ...] = (
    "", "num_epochs=12", "'cosine', 12, warmup_epochs=3", "sched='cosine', num_epochs=12, "
    "warmup_epochs=3, warmup_prefix=True, cooldown_epochs=2, min_lr=1e-5", "'cosine', 4, "
    "warmup_epochs=1, step_on_epochs=False, updates_per_epoch=5", "num_epochs=6, cycle_mul=2.0, "
    "cycle_limit=2, cycle_decay=0.5", "num_epochs=10, k_decay=2.0", "'tanh', 10, warmup_epochs=2",
    "'step', 10, 3, decay_rate=0.5, warmup_epochs=2", "'step', 10, 2.5, warmup_epochs=2, "
    "warmup_prefix=True", "'constant', 10, warmup_epochs=3, warmup_prefix=True",
    "'multistep', decay_milestones=[4, 8]", "'multistep', decay_milestones=[2, 4], "
    "step_on_epochs=False, updates_per_epoch=3, warmup_epochs=1", "'multistep'",
    "'poly', 10, decay_rate=2.0, min_lr=0.001", "'poly', 10", "'wsd', 20, warmup_epochs=3",
    "'wsd', 20, 5, decay_fn='linear', min_lr=1e-4, warmup_epochs=3, warmup_prefix=True",
    "'wsd', 8, 0.5, step_on_epochs=False, updates_per_epoch=3, warmup_epochs=1",
    "'rsqrt', 20, warmup_epochs=4", "'rsqrt', 20, 0.3, stable_timescale=2.5",
    "'rsqrt', 8, 2, step_on_epochs=False, updates_per_epoch=3, stable_timescale=2",
)  # fmt: skip
RAISING = ("0", "10, lr_min=-1.0", "'10'", "10, cycle_mul=None", "10, warmup_t='3'",
           "10, initialize=False")  # fmt: skip
REFUSED: dict[str, tuple[str, ...]] = {
    "CosineLRScheduler": (
        *RAISING, "10, k_decay='1'", "10, cycle_mul=0", "1, cycle_limit=2, k_decay=-1.0",
    ),
    "PolyLRScheduler": (*RAISING, "10, power=None", "10, cycle_mul=0"),
    "TanhLRScheduler": (*RAISING, "10, 4.0, 4.0", "10, cycle_limit=-1", "10, warmup_t=-1",
                        "10, warmup_lr_init=-0.1", "10, cycle_mul=0"),
    "StepLRScheduler": ("0, 0.5", "'5'", "5, None", "5, initialize=False", "5, warmup_t='1'"),
    "MultiStepLRScheduler": ("5", "['3']", "None", "[3], '0.5'", "[3], initialize=False", "[[3]]"),
    "WSDLRScheduler": (
        "0, 1", "5, 0", "5, 6", "5, 1, -1", "5, 1, stable_fn='x'", "5, 1, decay_fn='x'",
        "5, 1, decay_ratio=1.0", "5, 1, decay_power=0", "5, 1, stable_power=0",
        "5, 1, stable_fn='rsqrt'", "5, '1'", "5, 1, initialize=False",
    ),
    "PlateauLRScheduler": ("1.0", "mode='x'", "initialize=False", "'0.5'"),
    "create_scheduler_v2": (
        "'cosines'", "'cosine', step_on_epochs=False", "'wsd', 10, 20", "'wsd', 10, 0",
        "'plateau', step_on_epochs=False, updates_per_epoch=5", "'cosine', 0", "'cosine', None",
        "'wsd', 5, warmup_epochs=5", "'multistep', decay_milestones=5",
    ),
}  # fmt: skip


def schedulers() -> Iterator[Case]:
    """Visit every scheduler with usual and odd arguments, one group or two, fresh or begun."""
    for name, taken in TAKEN.items():
        for arguments in taken:
            yield Case(f"{name}-{arguments}", f"{HERE}.{name}({ONE}, {arguments})")
        usual = taken[2]
        for kind, optimizer in (("scaled", SCALED), ("begun", BEGUN)):
            yield Case(f"{name}-{kind}", f"{HERE}.{name}({optimizer}, {usual})")
        yield Case(f"{name}-epochs", f"{HERE}.{name}({ONE}, {usual})", every=3)
        begun = f"{HERE}.{name}({BEGUN}, {usual}, initialize=False)"
        yield Case(f"{name}-not-initialized", begun)
    for name in ("CosineLRScheduler", "PolyLRScheduler", "TanhLRScheduler"):
        shorter = f"{HERE}.{name}({ONE}, 5, cycle_mul=0.5, cycle_limit=9)"
        yield Case(f"{name}-shorter", shorter)
    restarting = f"{HERE}.CosineLRScheduler({ONE}, 5, cycle_limit=2, k_decay=-1.0)"
    yield Case("CosineLRScheduler-k_decay-below-0", restarting)
    for arguments in PLATEAUS:
        text = f"{HERE}.PlateauLRScheduler({', '.join(filter(None, [ONE, arguments]))})"
        yield Case(f"PlateauLRScheduler-{arguments}", text, metrics=METRICS, unsaid=FOLLOWS)
    text = f"{HERE}.PlateauLRScheduler({SCALED}, 0.5, 2)"
    yield Case("PlateauLRScheduler-scaled", text, metrics=METRICS, unsaid=FOLLOWS)


def names() -> Iterator[Case]:
    """Visit the factory."""
    for arguments in NAMED:
        text = f"{HERE}.create_scheduler_v2({', '.join(filter(None, [ONE, arguments]))})"
        yield Case(f"create_scheduler_v2-{arguments}", text)
    text = f"{HERE}.create_scheduler_v2({ONE}, 'plateau', patience_epochs=2, decay_rate=0.5)"
    yield Case("create_scheduler_v2-plateau", text, metrics=METRICS, unsaid=FOLLOWS)


def refusals() -> Iterator[Case]:
    """Visit what is refused."""
    yield from refused(REFUSED, lambda name, arguments: f"{HERE}.{name}({ONE}, {arguments})")


def timm_scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name: timm's package asks for torchvision, its schedulers do not."""
    if "timm" not in sys.modules:
        spec = find_spec("timm")
        assert spec is not None
        sys.modules["timm"] = module_from_spec(spec)  # not executed: its models are not needed
    importlib.import_module(HERE)
    return torch_scope(lr, bare) | {"timm": sys.modules["timm"]}


class Told:
    """A scheduler of timm's behind a ``step()`` that counts: the loop tells it the step."""

    def __init__(self, scheduler: Any, metrics: Any) -> None:
        self.scheduler, self.optimizer = scheduler, scheduler.optimizer
        self.metrics, self.t = metrics, 0

    def step(self) -> None:
        """Tell the scheduler the next step, by the method that it listens to."""
        self.t += 1
        metric = None if self.metrics is None else self.metrics[self.t - 1]
        updates = not self.scheduler.t_in_epochs
        (self.scheduler.step_update if updates else self.scheduler.step)(self.t, metric)


def drive(built: Any, run: Run, how: How) -> Seen:
    """Go through a run; the factory returns the scheduler and how many epochs it is for."""
    scheduler = built[0] if isinstance(built, tuple) else built
    return go_through(Told(scheduler, run.metrics), run, how)


numbers = st.one_of(st.integers(0, 40), st.sampled_from([2.5, 7.0, -3]))
ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "t_initial": st.one_of(st.integers(1, 40), st.sampled_from([0, 2.5, 7.0])),
    "lr_min": st.one_of(st.sampled_from([0.0, 0, 1e-5, 0.2, -0.1]), st.floats(0.0, 0.1)),
    "cycle_mul": st.sampled_from([1.0, 1, 2.0, 2, 3, 1.5, 0.5, 1.1, 10]),
    "cycle_decay": st.sampled_from([1.0, 0.5, 0.1, 0.0, 2.0]),
    "cycle_limit": st.sampled_from([1, 1, 2, 3, 0, 50]),
    "warmup_t": st.one_of(st.just(0), numbers),
    "warmup_lr_init": st.sampled_from([0.0, 1e-5, 0.01, 0.3]),
    "warmup_prefix": st.booleans(),
    "t_in_epochs": st.booleans(),
    "k_decay": st.sampled_from([1.0, 1, 2.0, 0.5]),
    "power": st.sampled_from([0.5, 1.0, 2, 0.9, 0]),
    "lb": st.sampled_from([-7.0, -2.0, 1.0]),
    "ub": st.sampled_from([3.0, 1, -1.0]),
    "decay_rate": st.sampled_from([0.1, 0.5, 1.0, 0, 1.5]),
    "stable_fn": st.sampled_from(["constant", "rsqrt", "power"]),
    "stable_timescale": st.sampled_from([None, 3, 2.5, 0]),
    "stable_power": st.sampled_from([0.5, 0.3, 2]),
    "decay_fn": st.sampled_from(["linear", "1-sqrt", "cosine", "power", "exp"]),
    "decay_power": st.sampled_from([0.5, 2, 1.0]),
    "decay_ratio": st.sampled_from([0.1, 0.9]),
}


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a scheduler with some of its arguments, and a run."""
    from isorate.dialects.timm import NAMES

    kinds = [kind for name, kind in NAMES.items() if name != "plateau"]
    kind = draw(st.sampled_from(kinds))
    arguments = dict(ARGUMENTS, decay_t=st.integers(1, 20) | st.just(2.5))
    if kind.__name__ == "MultiStepLRScheduler":
        arguments["decay_t"] = st.lists(numbers, max_size=4)
    own = [name for name in kind.parameters() if name in arguments]
    given = [n for n in own if n not in kind.defaults() or draw(st.booleans())]
    text = ", ".join(f"{name}={literal(draw(arguments[name]))}" for name in given)
    lr = draw(rates())
    every = draw(st.sampled_from([1, 1, 3]))
    run = Run(draw(st.integers(1, 90)))
    if every > 1:
        run = Run(run.length, updates_per_epoch=every, step_every="epoch")
    return f"{HERE}.{kind.__name__}({SGD}(params, lr={lr!r}), {text})", run, False


HOME = upon_torch(
    "timm",
    schedulers,
    names,
    refusals,
    scope=timm_scope,
    drive=drive,
    drawn=drawn,
    entered={
        f"{HERE}.{name}": (f"{HERE}.{name}({SGD}(p, lr=0.1), {arguments})", phases)
        for name, arguments in (
            ("CosineLRScheduler", "{}, cycle_limit=10**9, cycle_decay=1.0, lr_min=0.003"),
            ("TanhLRScheduler", "{} * 10**3"),
            ("StepLRScheduler", "{}, 0.999"),
            ("MultiStepLRScheduler", "[5, {}], 0.5"),
            ("WSDLRScheduler", "{0} * 3, {0}, decay_fn='cosine'"),
        )
    },
)
