"""The rows of torch's schedulers other than the cosine and the lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.cases._case import Case
from tests.conformance.cases.torch.cosine import torch_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

SGD = "torch.optim.SGD"
ONE = f"{SGD}(params, lr=0.1)"
INFINITE = "no schedule has an infinite factor"
UNSAID = "a product of factors that vary has no formula"
METRIC = "it follows a metric"

#: Arguments of each scheduler, all of which torch takes.
TAKEN: dict[str, tuple[str, ...]] = {
    "StepLR": (
        "3", "1", "7, 0.5", "step_size=4, gamma=0.9", "3, 1", "3, gamma=2", "3, 0.0", "5, -0.5",
        "40", "2, gamma=1.0", "True, 0.9",
    ),
    "MultiStepLR": (
        "[3, 7]", "[3, 7, 15], gamma=0.5", "[7, 3]", "[4, 4, 9], 0.5", "[]", "[0, 5]", "[1]",
        "[-3, 5], 0.1", "milestones=[5, 6, 7], gamma=0.9", "[40]", "[5], gamma=2", "[5], gamma=0.0",
        "(4, 8), 0.1", "[2.5, 6], 0.5", "range(2, 9, 3)",
    ),
    "ConstantLR": (
        "", "0.5", "0.25, 4", "factor=0.1, total_iters=10", "1.0", "1", "0.5, 1", "0.3, 40",
        "0.5, total_iters=0", "0.5, -2", "0.7, 2.5", "0.1, True",
    ),
    "LinearLR": (
        "", "0.1", "0.1, 0.5", "1.0, 0.0", "start_factor=0.001, total_iters=10", "1, 1",
        "0.5, 1.0, 1", "1.0, 0.1, 24", "0.25, 1.0, 40", "1e-8, 1.0, 7", "0.5, 0.25, 0",
        "1.0 / 3, 1.0, True",
    ),
    "ExponentialLR": (
        "0.9", "gamma=0.5", "1.0", "1", "0.0", "-0.9", "1.1", "2", "0.999", "1e-3", "0.95, -1",
        "float('inf')", "1e-200",
    ),
    "PolynomialLR": (
        "", "4", "10, 2.0", "total_iters=10, power=0.5", "10, 0.9", "10, 1", "10, 0", "1",
        "40, 3.0",
        "7, 0.1", "0, 2.0", "24, 1.5", "3, 4",
    ),
    "CosineAnnealingWarmRestarts": (
        "5", "5, 2", "5, T_mult=3, eta_min=0.01", "1", "1, 2", "T_0=10", "T_0=7, eta_min=0.001",
        "2, 2, 0.5", "3, 1, -0.05", "24", "40", "5, True", "6, 2, 0.1",
    ),
    "CyclicLR": (
        "0.01, 0.1, 4", "0.01, 0.1, 4, 2", "base_lr=0.001, max_lr=0.1, step_size_up=5",
        "0.01, 0.1, 3, mode='triangular2'", "0.01, 0.1, 3, 5, mode='triangular2'",
        "0.01, 0.1, 3, mode='exp_range', gamma=0.9", "0.01, 0.1, 3, 2, 'exp_range', 0.99",
        "0.1, 0.01, 4", "0, 1, 1", "0.01, 0.1", "0.01, 0.1, 5, cycle_momentum=False",
        "0.01, 0.1, 3, mode='exp_range'", "0.05, 0.05, 4", "0.01, 0.1, 100, 3",
    ),
    "OneCycleLR": (
        "0.1, 25", "0.1, total_steps=25, pct_start=0.5", "0.1, epochs=5, steps_per_epoch=5",
        "0.1, 25, anneal_strategy='linear'", "0.1, 25, three_phase=True",
        "0.1, 26, pct_start=0.25, anneal_strategy='linear', three_phase=True",
        "max_lr=0.5, total_steps=30, div_factor=10.0, final_div_factor=100.0",
        "0.1, 40, pct_start=0.2", "0.1, 25, pct_start=0.0", "0.1, 25, pct_start=1.0",
        "0.1, 25, pct_start=0.13", "0.1, 25, cycle_momentum=False", "0.1, 60",
        "1, 25, div_factor=1, final_div_factor=1",
    ),
    "swa_utils.SWALR": (
        "0.05", "0.5", "swa_lr=0.01, anneal_epochs=5", "0.05, 5, 'linear'",
        "0.05, 12, anneal_strategy='linear'", "0.05, 1", "0.05, 0", "0.0", "0.1", "0.2, 24",
        "0.05, 40", "1, 3, 'linear'",
    ),
    "MultiplicativeLR": (
        "lambda t: 0.95", "lambda epoch: 0.5", "lambda t: 1.0", "lambda t: 1", "lambda t: 0.0",
        "lambda t: t / (t + 1)", "lambda t: 0.1 if t == 5 else 1.0", "lambda t: 1 + 1 / t",
        "lambda t: 1 / (9 - t)", "lr_lambda=lambda t: 0.9", "lambda t: -1", "lambda t: 0.99 ** t",
    ),
}  # fmt: skip

#: Further out than the usual 25 steps.
LONG: tuple[tuple[str, str, int], ...] = (
    ("StepLR", "30, 0.1", 400),
    ("MultiStepLR", "[30, 60, 90], 0.1", 400),
    ("ConstantLR", "0.1, 100", 300),
    ("LinearLR", "0.001, 1.0, 1000", 1200),
    ("ExponentialLR", "0.99", 3000),
    ("PolynomialLR", "1000, 0.9", 1100),
    ("CosineAnnealingWarmRestarts", "10, 2, 1e-5", 5200),
    ("CyclicLR", "1e-4, 0.1, 100", 3000),
    ("CyclicLR", "1e-4, 0.1, 50, mode='triangular2'", 3000),
    ("CyclicLR", "1e-4, 0.1, 50, mode='exp_range', gamma=0.999", 3000),
    ("OneCycleLR", "0.1, 3000", 3001),
    ("swa_utils.SWALR", "0.05, 1000", 1200),
)

#: Resumed with ``last_epoch``: arguments, k, the rate that the group holds.
RESUMED: tuple[tuple[str, str, int, float], ...] = (
    ("StepLR", "3", 1, 0.1), ("StepLR", "3", 2, 0.1), ("StepLR", "3", 7, 0.001),
    ("MultiStepLR", "[3, 7]", 2, 0.1), ("MultiStepLR", "[3, 7]", 5, 0.01),
    ("ConstantLR", "0.5, 5", 1, 0.05), ("ConstantLR", "0.5, 5", 4, 0.05),
    ("LinearLR", "0.5", 1, 0.06), ("LinearLR", "0.5", 9, 0.1),
    ("ExponentialLR", "0.9", 3, 0.1), ("ExponentialLR", "0.9", 3, 0.06561),
    ("PolynomialLR", "10, 2.0", 3, 0.036), ("PolynomialLR", "10", 12, 0.05),
    ("CosineAnnealingWarmRestarts", "5", 3, 0.1), ("CosineAnnealingWarmRestarts", "5, 2", 3, 0.1),
    ("CosineAnnealingWarmRestarts", "5, 2", 18, 0.1), ("CosineAnnealingWarmRestarts", "5", 18, 0.1),
    ("CyclicLR", "0.01, 0.1, 4", 3, 0.1), ("CyclicLR", "0.1, 0.01, 4, mode='triangular2'", 9, 0.1),
    ("swa_utils.SWALR", "0.05, 4", 3, 0.1), ("MultiplicativeLR", "lambda t: 0.9", 3, 0.05),
)  # fmt: skip

#: Arguments that torch refuses.
REFUSED: dict[str, tuple[str, ...]] = {
    "StepLR": ("0", "'3'", "1, '0.1'", "3, last_epoch=2"),
    "MultiStepLR": ("5", "[1], '0.1'", "[3], last_epoch=2"),
    "ConstantLR": ("1.5", "-0.1", "'0.5'", "0.5, last_epoch=2"),
    "LinearLR": ("0.0", "1.5", "0.5, 1.5", "'1'", "0.5, 1.0, '5'", "0.5, last_epoch=2"),
    "ExponentialLR": ("None", "'0.9'", "0.9, last_epoch=2"),
    "PolynomialLR": ("'5'", "5, '1'", "1, -1", "5, last_epoch=2"),
    "CosineAnnealingWarmRestarts": (
        "0", "2.0", "5, 0", "5, 1.5", "5, 1, '0'", "'5'", "5, last_epoch=2",
    ),
    "CyclicLR": (
        "0.01, 0.1, 4, mode='square'", "[0.1, 0.2], 0.3", "0.1, 'x'", "0.1, 0.2, 0",
        "0.1, 0.2, None", "0.1, 0.2, 1, -1", "0.1, 0.2, 4, last_epoch=2",
    ),
    "OneCycleLR": (
        "0.1", "0.1, 0", "0.1, 2.5", "0.1, epochs=0, steps_per_epoch=3", "0.1, 10, pct_start=2.0",
        "0.1, 10, pct_start=0", "0.1, 10, anneal_strategy='exp'", "[0.1, 0.2], 10", "'x', 10",
        "0.1, 10, pct_start=0.1", "0.1, 10, last_epoch=2",
    ),
    "swa_utils.SWALR": (
        "0.05, 5, 'exp'", "0.05, -1", "0.05, 2.5", "[0.1, 0.2]", "'x'", "0.05, last_epoch=2",
    ),
    "MultiplicativeLR": ("0.9", "[lambda t: 1, lambda t: 2]", "lambda t: None", "lambda t: 1, 2"),
    "ReduceLROnPlateau": (
        "factor=1.0", "mode='best'", "threshold_mode='x'", "min_lr=[0.1, 0.2]", "factor='x'",
        "mode=3",
    ),
}  # fmt: skip

#: A metric that improves, stalls, improves by too little, and worsens.
STALLING = [
    *(1.0, 0.8, 0.7, 0.65, 0.65, 0.66, 0.64999, 0.65, 0.7, 0.64, 0.64, 0.64),
    *(0.64, 0.64, 0.65, 0.6, 0.61, 0.62, 0.63, 0.64, float("nan"), 0.64, 0.65, 0.66, 0.5),
]


def scheduler(name: str, arguments: str, optimizer: str = ONE) -> str:
    """Return a call with its optimizer."""
    return f"{name}({optimizer}{', ' if arguments else ''}{arguments})"


def torch_schedulers() -> Iterator[Case]:
    """List the rows of the schedulers of their own."""
    for name, many in TAKEN.items():
        for arguments in many:
            listed = arguments.replace("range(2, 9, 3)", "[2, 5, 8]")
            why = (
                UNSAID if name == "MultiplicativeLR" and "t" in listed.rpartition(":")[2] else None
            )
            drifts = INFINITE if "inf" in listed else None
            text = scheduler(name, listed)
            yield Case(f"{name}({listed})", text, 25, drifts=drifts, unsaid=why)
    for name, arguments, updates in LONG:
        yield Case(f"{name}({arguments}) long", scheduler(name, arguments), updates)
    for name, arguments, k, lr in RESUMED:
        group = f"'lr': {lr}, 'initial_lr': 0.1"
        text = torch_groups(f"{arguments}, last_epoch={k}", group, name=name)
        yield Case(f"{name}({arguments}) resumed {k} from {lr}", text, 25)
    for name, many in REFUSED.items():
        for arguments in many:
            yield Case(f"bad {name}({arguments})", scheduler(name, arguments), raises=True)


def torch_groups_and_loops() -> Iterator[Case]:
    """Give the schedulers several groups, tensors, epochs, and what others left behind."""
    tensors = f"{SGD}(params, lr=torch.tensor(0.1))"
    two = ("'lr': 0.1", "'lr': 0.01")
    for name, many in TAKEN.items():
        arguments = many[2]
        yield Case(f"{name} float32", scheduler(name, arguments, tensors), 25)
        yield Case(f"{name} groups", torch_groups(arguments, *two, name=name), 25)
        yield Case(f"{name} epochs", scheduler(name, arguments), 50, every=3)
    held = "'lr': 0.05, 'initial_lr': 0.2"
    yield Case("CyclicLR after another", torch_groups("0.01, 0.1, 4", held, name="CyclicLR"))
    lists = "[0.01, 0.02], [0.1, 0.3], 4"
    yield Case("CyclicLR lists", torch_groups(lists, *two, name="CyclicLR"))
    yield Case("OneCycleLR lists", torch_groups("[0.1, 0.3], 25", *two, name="OneCycleLR"))
    yield Case("SWALR lists", torch_groups("[0.05, 0.2], 7", *two, name="swa_utils.SWALR"))
    left = "'lr': 0.1, 'initial_lr': 0.004, 'max_lr': 0.1, 'min_lr': 4e-07"
    momenta = "'max_momentum': 0.95, 'base_momentum': 0.85"
    for k in (0, 6, 7, 8, 20, 24):
        text = torch_groups(f"0.1, 25, last_epoch={k}", f"{left}, {momenta}", name="OneCycleLR")
        yield Case(f"OneCycleLR resumed {k}", text, 25 if k == 24 else 25 - k, raises=k == 24)
    bare = torch_groups("0.1, 25, cycle_momentum=False, last_epoch=6", left, name="OneCycleLR")
    yield Case("OneCycleLR resumed without momentum", bare, 18)
    text = torch_groups("0.1, 25, last_epoch=6", left, name="OneCycleLR")
    yield Case("bad OneCycleLR resumed without momentum", text, raises=True)
    scaled = "0.01, 0.1, 3, scale_fn=lambda x: 1 / x, scale_mode='cycle'"
    yield Case("CyclicLR scale_fn", scheduler("CyclicLR", scaled))
    steps = "0.01, 0.1, 3, scale_fn=lambda x: 0.9 ** x, scale_mode='iterations'"
    yield Case("CyclicLR scale_fn iterations", scheduler("CyclicLR", steps))
    halving = "0.01, 0.1, 1, mode='triangular2'"
    yield Case("CyclicLR overflows", scheduler("CyclicLR", halving), 2100)


def torch_plateaus() -> Iterator[Case]:
    """Let the rate follow a metric."""
    for arguments in (
        "", "patience=2", "patience=0", "factor=0.5, patience=1", "patience=1, cooldown=2",
        "mode='max', patience=1", "patience=1, threshold=0.01", "patience=1, threshold_mode='abs'",
        "patience=1, min_lr=0.02, factor=0.5", "patience=0, factor=0.5, eps=0.01",
        "mode='max', patience=2, threshold_mode='abs', threshold=0.05", "factor=0.9, patience=0",
    ):  # fmt: skip
        text = scheduler("ReduceLROnPlateau", arguments)
        yield Case(f"ReduceLROnPlateau({arguments})", text, 26, metrics=STALLING, unsaid=METRIC)
    tensors = f"{SGD}(params, lr=torch.tensor(0.1))"
    text = scheduler("ReduceLROnPlateau", "patience=1, factor=0.3", tensors)
    yield Case("ReduceLROnPlateau float32", text, 26, metrics=STALLING, unsaid=METRIC)
    groups = torch_groups(
        "patience=1, min_lr=[0.05, 0.0]", "'lr': 0.1", "'lr': 0.3", name="ReduceLROnPlateau"
    )
    yield Case("ReduceLROnPlateau groups", groups, 26, metrics=STALLING, unsaid=METRIC)
    text = scheduler("ReduceLROnPlateau", "patience=1")
    yield Case("ReduceLROnPlateau epochs", text, 60, every=3, metrics=STALLING, unsaid=METRIC)


def sequential(members: list[str], milestones: str, optimizer: str = ONE) -> str:
    """Return a SequentialLR of schedulers on one optimizer."""
    held = ", ".join(members)
    return f"SequentialLR(optimizer := {optimizer}, schedulers=[{held}], milestones={milestones})"


def chained(members: list[str], optimizer: str = ONE) -> str:
    """Return a ChainedScheduler of schedulers on one optimizer."""
    first = members[0].replace("(optimizer", f"(optimizer := {optimizer}", 1)
    return f"ChainedScheduler([{', '.join([first, *members[1:]])}])"


WARMUP = "LinearLR(optimizer, 0.1, total_iters=5)"
COSINE = "CosineAnnealingLR(optimizer, T_max=15, eta_min=0.001)"
TO_ZERO = "CosineAnnealingLR(optimizer, T_max=15)"
DECAY = "ExponentialLR(optimizer, 0.9)"
LOW = "ConstantLR(optimizer, 0.5, total_iters=4)"
STEPS = "StepLR(optimizer, 4, 0.5)"
ORDER = "whose turn it is comes from torch's bookkeeping"
UPON = "what one does to another's rate has no formula"


def torch_sequences() -> Iterator[Case]:
    """Put schedulers one after another."""
    yield Case("sequential-warmup", sequential([WARMUP, COSINE], "[5]"), 40)
    yield Case("sequential-three", sequential([WARMUP, LOW, COSINE], "[5, 9]"), 40)
    yield Case("sequential-decay", sequential([LOW, DECAY], "[4]"), 30)
    yield Case("sequential-steps", sequential([WARMUP, STEPS], "[6]"), 30)
    yield Case("sequential-early", sequential([WARMUP, COSINE], "[3]"), 30)
    yield Case("sequential-at-0", sequential([WARMUP, DECAY], "[0]"), 20)
    yield Case("sequential-same", sequential([WARMUP, STEPS, DECAY], "[5, 5]"), 20)
    yield Case(
        "sequential-unsorted", sequential([WARMUP, STEPS, DECAY], "[8, 3]"), 20, unsaid=ORDER
    )
    yield Case("sequential-between", sequential([WARMUP, DECAY], "[4.5]"), 20)
    yield Case("sequential-one", sequential([COSINE], "[]"), 20)
    restarts = "CosineAnnealingWarmRestarts(optimizer, 4, 2)"
    yield Case("sequential-restarts", sequential([WARMUP, restarts], "[5]"), 40)
    cycle = "CyclicLR(optimizer, 0.01, 0.1, 3)"
    yield Case("sequential-cyclic", sequential([WARMUP, cycle], "[5]"), 30)
    yield Case("sequential-cyclic-first", sequential([cycle, DECAY], "[7]"), 30)
    one = "OneCycleLR(optimizer, 0.2, 20)"
    yield Case("sequential-onecycle", sequential([WARMUP, one], "[5]"), 25)
    swa = "torch.optim.swa_utils.SWALR(optimizer, 0.05, 5)"
    yield Case("sequential-swa", sequential([COSINE, swa], "[10]"), 30)
    times = "MultiplicativeLR(optimizer, lambda t: 0.9)"
    yield Case("sequential-multiplicative", sequential([WARMUP, times], "[3]"), 20)
    function = "LambdaLR(optimizer, lambda t: 1 / (1 + t))"
    yield Case("sequential-lambda", sequential([function, function], "[6]"), 20)
    inner = f"SequentialLR(optimizer, schedulers=[{WARMUP}, {DECAY}], milestones=[5])"
    yield Case("sequential-nested", sequential([inner, STEPS], "[12]"), 30)
    yield Case("sequential-nested-last", sequential([WARMUP, inner], "[6]"), 30)
    yield Case("sequential-epochs", sequential([WARMUP, COSINE], "[5]"), 90, every=3)
    groups = "torch.optim.SGD([{'params': params_0, 'lr': 0.1}, {'params': params_1, 'lr': 1}])"
    yield Case("sequential-groups", sequential([WARMUP, DECAY], "[5]", groups), 20)
    tensor = "torch.optim.SGD(params, lr=torch.tensor(0.1))"
    yield Case("sequential-float32", sequential([WARMUP, COSINE], "[5]", tensor), 40)
    for name, text in (
        ("none", sequential([], "[]")), ("count", sequential([WARMUP, DECAY], "[]")),
        ("member", sequential([WARMUP, "3"], "[5]")),
        ("milestone", sequential([WARMUP, DECAY], "['x']")),
        ("plateau", sequential([WARMUP, "ReduceLROnPlateau(optimizer)"], "[5]")),
        ("in-member", sequential(["LinearLR(optimizer, 2.0)", DECAY], "[5]")),
        ("resume", sequential(["LinearLR(optimizer, 0.5, last_epoch=3)", DECAY], "[5]")),
    ):  # fmt: skip
        yield Case(f"bad-sequential-{name}", text, raises=True)


def torch_chains() -> Iterator[Case]:
    """Put schedulers upon one another."""
    for name, members in {
        "warmup-decay": [WARMUP, DECAY], "constant-decay": [LOW, DECAY],
        "steps-decay": [STEPS, DECAY], "three": [WARMUP, STEPS, DECAY], "one": [DECAY],
        "warmup-cosine": [WARMUP, TO_ZERO], "cosine-steps": [TO_ZERO, STEPS],
        "polynomial": ["PolynomialLR(optimizer, 20, 2.0)", WARMUP],
        "multi-step": ["MultiStepLR(optimizer, [5, 9], 0.5)", LOW],
        "lambda-last": [WARMUP, "LambdaLR(optimizer, lambda t: 1 / (1 + t))"],
        "floor": [WARMUP, COSINE],
        "nested": [WARMUP, f"ChainedScheduler([{DECAY}, {STEPS}])"],
        "lambda-first": ["LambdaLR(optimizer, lambda t: 1 / (1 + t))", DECAY],
        "sequence": [f"SequentialLR(optimizer, [{WARMUP}, {DECAY}], milestones=[5])", STEPS],
    }.items():  # fmt: skip
        why = UPON if name in ("cosine-steps", "floor", "lambda-first", "sequence") else None
        yield Case(f"chained-{name}", chained(members), unsaid=why)
    yield Case(
        "chained-in-sequence", sequential([f"ChainedScheduler([{WARMUP}, {DECAY}])", STEPS], "[9]")
    )
    tensor = "torch.optim.SGD(params, lr=torch.tensor(0.1))"
    yield Case("chained-float32", chained([WARMUP, STEPS, DECAY], tensor))
    for name, text in (
        ("none", "ChainedScheduler([])"), ("member", chained([WARMUP, "3"])),
        ("plateau", chained([WARMUP, "ReduceLROnPlateau(optimizer)"])),
    ):  # fmt: skip
        yield Case(f"bad-chained-{name}", text, raises=True)
    fresh = chained(["ExponentialLR(optimizer, 0.9, last_epoch=3)", WARMUP])
    yield Case("bad-chained-fresh", fresh, raises=True)
