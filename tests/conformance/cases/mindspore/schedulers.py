"""The rows of MindSpore's experimental schedulers other than CosineAnnealingLR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.cases._case import Case, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = "mindspore.experimental.optim.lr_scheduler."
SGD = "mindspore.experimental.optim.SGD"
FROZEN = "a float32 counter stops at 2**24"
#: Groups as people have them: fresh, resumed as numbers, resumed as tensors.
ONE = "params, lr=0.1"
TWO = "[{'params': params_0, 'lr': 0.1}, {'params': params_1, 'lr': 0.3}], lr=0.1"
HELD = "[{'params': params, 'lr': 0.05, 'initial_lr': 0.1}], lr=0.1"
TENSORS = (
    "[{'params': params, 'lr': mindspore.tensor(0.05), 'initial_lr': mindspore.tensor(0.1)}], "
    "lr=0.1"
)
RESUMED_TWO = (
    "[{'params': params_0, 'lr': 0.05, 'initial_lr': 0.1}, "
    "{'params': params_1, 'lr': 0.2, 'initial_lr': 0.3}], lr=0.1"
)


def text_of(name: str, arguments: str, optimizer: str = ONE) -> str:
    """Return a call with its optimizer."""
    return f"{HOME}{name}({SGD}({optimizer}), {arguments})"


def rows(name: str, *arguments: str, updates: int = 30) -> Iterator[Case]:
    """List a constructor's rows, one for each way to write its arguments."""
    for written in arguments:
        yield Case(f"{name}-{written}", text_of(name, written), updates)


def circumstances(name: str, arguments: str, *, frozen: str | None = FROZEN) -> Iterator[Case]:
    """List the rows that every constructor has: groups, epochs, resumed, far out."""
    yield Case(f"{name}-groups", text_of(name, arguments, TWO), 30)
    yield Case(f"{name}-epochs", text_of(name, arguments), 30, every=4)
    yield Case(f"{name}-bare", f"{name}({SGD}({ONE}), {arguments})", 12)
    for k in (0, 2, 4, 9):
        yield Case(f"{name}-resumed-{k}", text_of(name, f"{arguments}, last_epoch={k}", HELD), 25)
    resumed = text_of(name, f"{arguments}, last_epoch=3", TENSORS)
    yield Case(f"{name}-resumed-tensors", resumed, 25)
    resumed = text_of(name, f"{arguments}, last_epoch=3", RESUMED_TWO)
    yield Case(f"{name}-resumed-groups", resumed, 25)
    text = text_of(name, f"{arguments}, last_epoch={2**24 - 6}", HELD)
    yield Case(f"{name}-frozen", text, 25, drifts=frozen)


def refused(name: str, arguments: str, **bad: str) -> Iterator[Case]:
    """List refused arguments, and the ways in which a last_epoch is refused."""
    for label, written in bad.items():
        yield Case(f"bad-{name}-{label}", text_of(name, written), raises=True)
    yield from (
        Case(f"bad-{name}-{label}", text_of(name, f"{arguments}, last_epoch={k}"), raises=True)
        for label, k in (("fresh-resume", "3"), ("last-2", "-2"), ("last-float", "2.0"))
    )


def steps() -> Iterator[Case]:
    """Multiply at some steps."""
    name = "StepLR"
    given: tuple[str, ...] = (
        "5",
        "5, 0.5",
        "1, 0.9",
        "True",
        "0",
        "-3, 0.5",
        "step_size=4, gamma=1.5",
        "100",
    )
    yield from rows(name, *given, "7, -0.5", "3, 0.0")
    yield from circumstances(name, "3, 0.5", frozen=FROZEN)
    bad = {"float": "2.0", "str": "'2'", "gamma-int": "2, 1", "gamma-None": "2, None"}
    yield from refused(name, "3", **bad)
    name = "MultiStepLR"
    given = ("[5, 10]", "[10, 5], 0.5", "[3, 3, 7], 0.5", "[], 0.5", "[0, 2], 0.5", "[True, 9]")
    yield from rows(name, *given, "milestones=[4, 8], gamma=2", "[2], 0", "[1, 2, 3], 0.9")
    text = text_of(name, "[2, 6, 6], 10.0 ** 200")
    yield Case(f"{name}-overflow", text, 12)
    yield from circumstances(name, "[3, 6, 12], 0.5", frozen=None)
    bad = {
        "tuple-of-floats": "[2.0]",
        "int": "5",
        "gamma-str": "[2], '1'",
        "gamma-bool": "[2], True",
    }
    yield from refused(name, "[3]", **bad)
    name = "ConstantLR"
    given = ("", "0.5", "0.25, 1", "0.5, 0", "0.5, -2", "1.0, 3", "0, 4", "0.1, True", "0.3, 1000")
    yield from rows(name, *given, "factor=1 / 7, total_iters=12")
    yield from circumstances(name, "0.3, 6", frozen=None)
    bad = {"above-1": "1.5", "below-0": "-0.1", "str": "'1'", "total-float": "0.5, 2.0"}
    yield from refused(name, "0.5", **bad)


def lines() -> Iterator[Case]:
    """Go in a straight line, or along a power."""
    name = "LinearLR"
    given: tuple[str, ...] = (
        "",
        "0.5, 1.0, 10",
        "1.0, 0.1, 7",
        "1.0, 0.0, 12",
        "0.5, 1, 0",
        "0.5, 1.0, -2",
        "1, 1",
    )
    yield from rows(name, *given, "0.001, total_iters=20", "1e-9, 0.9, 3", "0.3, 0.8, 1000")
    yield from circumstances(name, "0.25, 1.0, 8", frozen=None)
    bad = {
        "start-0": "0",
        "start-2": "2",
        "end-2": "1.0, 2",
        "str": "'1'",
        "total": "1.0, 1.0, 5.0",
    }
    yield from refused(name, "0.5", **bad)
    name = "PolynomialLR"
    given = ("", "10", "10, 2.0", "12, 0.5", "20, 0.9", "7, 3.7", "0", "-2", "5, 0.0", "True, 2.0")
    yield from rows(name, *given, "4, float('inf')", "1000, 2.0")
    yield from circumstances(name, "8, 1.5", frozen=None)
    bad = {"power-int": "5, 2", "below-0": "5, -1.0", "total-float": "5.0", "total-None": "None"}
    yield from refused(name, "5", **bad)


def decays() -> Iterator[Case]:
    """Multiply at every step."""
    name = "ExponentialLR"
    given: tuple[str, ...] = (
        "0.9",
        "0.5",
        "1.0",
        "0.0",
        "-0.9",
        "1.1",
        "gamma=0.999",
        "1e-30",
        "2.0",
    )
    yield from rows(name, *given)
    for lr in ("1", "0.0", "5e-5", "mindspore.tensor(0.1)"):
        yield Case(f"{name}-lr={lr}", text_of(name, "0.95", f"params, lr={lr}"), 30)
    nan = text_of(name, "float('nan')")
    yield Case(f"{name}-nan", nan, 10)
    yield from circumstances(name, "0.9", frozen=None)
    bad = {"int": "1", "str": "'0.9'", "None": "None"}
    yield from refused(name, "0.9", **bad)


def lambdas() -> Iterator[Case]:
    """Compute by lambdas."""
    name = "LambdaLR"
    for factor in (
        "0.95 ** t", "1 / (1 + t / 5)", "min(1, (t + 1) / 8)", "1 if t < 5 else 0.1",
        "0.5 * (1 + math.cos(math.pi * min(t, 10) / 10))", "0.1 ** (t // 7)", "2 - t / 12", "t % 4",
        "math.sin(math.pi * (12 - min(t, 12)) / 24) ** 2", "0.3 if t >= 5 else 0.7",
        "math.exp(-t / 9)", "3 / (t + 1)", "(1 - t / 30) ** 0.9", "int(t / 4) * 0.1", "0.5",
    ):  # fmt: skip
        yield Case(f"{name}-{factor}", text_of(name, f"lambda t: {factor}"), 30)
    infinite = "a division by 0 is infinite in float32"
    yield Case(f"{name}-infinite", text_of(name, "lambda t: 1 / (t - 6)"), 12, drifts=infinite)
    yield Case(f"{name}-runs-out", text_of(name, "lambda t: math.sqrt(9 - t)"), 15, past=None)
    yield from circumstances(name, "lambda t: 1 / (1 + t / 4)", frozen=None)
    two = "[lambda t: 0.9 ** t, lambda s: 1 / (1 + s)]"
    yield Case(f"{name}-two", text_of(name, two, TWO), 30)
    uneven = "[lambda t: math.sqrt(9 - t), lambda t: math.sqrt(5 - t)]"
    yield Case(f"{name}-uneven", text_of(name, uneven, TWO), 12)
    bad = {"number": "5", "count": "[lambda t: 1, lambda t: 2]", "text": "lambda t: 'x'"}
    yield from refused(name, "lambda t: 1", **bad)
    name = "MultiplicativeLR"
    for factor in ("0.95", "1.0", "0", "0.9 - 0.4", "1.05", "2 ** -0.5", "-0.5", "1 / 3"):
        yield Case(f"{name}-{factor}", text_of(name, f"lambda t: {factor}"), 30)
    yield from circumstances(name, "lambda epoch: 0.9", frozen=None)
    two = "[lambda t: 0.9, lambda s: 0.8]"
    yield Case(f"{name}-two", text_of(name, two, TWO), 30)
    yield from refused(name, "lambda t: 1", **bad)


def restarts() -> Iterator[Case]:
    """Start over."""
    name = "CosineAnnealingWarmRestarts"
    given: tuple[str, ...] = (
        "10",
        "3, 2",
        "1",
        "1, 2",
        "5, 3, 0.01",
        "T_0=7, T_mult=2, eta_min=1e-3",
        "True",
        "4, 1, 1",
    )
    yield from rows(name, *given, "1000", "4, 1, -0.05", "4, True", "8, 1, 0.1", updates=45)
    yield from circumstances(
        name, "4, 2", frozen="an angle of a million turns is coarse in float32"
    )
    for k in (8, 20, 50):
        for multiple in (1, 2):
            text = text_of(name, f"3, {multiple}, 0.01, {k}", HELD)
            yield Case(f"{name}-far-{k}-{multiple}", text, 45)
    yield Case(f"{name}-nan", text_of(name, "4, 1, float('nan')"), 8)
    bad = {"0": "0", "float": "2.0", "str": "'2'", "mult-0": "2, 0", "mult-float": "2, 2.0",
           "mult-str": "2, '2'", "eta-str": "2, 1, '0'", "eta-bool": "2, 1, True",
           "last-None": "2, 1, 0, None", "last-str": "2, 1, 0, '3'"}  # fmt: skip
    yield from refused(name, "4", **bad)


def triangles() -> Iterator[Case]:
    """Go up and down."""
    name = "CyclicLR"
    rates = "0.01, 0.1"
    given: tuple[str, ...] = (
        f"{rates}, 4", f"{rates}, 3, 5", f"{rates}, 1", f"{rates}, 5, 0",
        f"{rates}, 4, mode='triangular2'", f"{rates}, 3, 5, 'triangular2'", "0, 1, 5",
        f"{rates}, 4, mode='exp_range', gamma=0.95", f"{rates}, 2, 6, 'exp_range', 2",
        "0.1, 0.1, 3", "0.1, 0.01, 4", f"{rates}, 4, mode='exp_range'", "-0.1, 0.2, 5",
        f"{rates}, True", f"{rates}, 3.0, 2.0",
        f"{rates}, 4, scale_fn=lambda x: 1 / x", f"{rates}, 4, scale_fn=lambda x: 0.5", f"{rates}",
        f"{rates}, 4, None, 'other', 1.0, lambda x: 0.9 ** x, 'iterations'", f"{rates}, 1000",
        f"{rates}, 3, scale_fn=lambda x: 0.9 ** x, scale_mode='other'",
    )  # fmt: skip
    yield from rows(name, *given)
    texts = f"{rates}, '3', '2'"
    yield Case(f"{name}-{texts}", text_of(name, texts), 30, unsaid="steps as text")
    yield Case(f"{name}-lists", text_of(name, "[0.01, 0.02], [0.1, 0.3], 4", TWO), 30)
    yield Case(f"{name}-no-way-up", text_of(name, f"{rates}, 0, 3"), 9)
    yield Case(f"{name}-initial", text_of(name, f"{rates}, 4", HELD), 20)
    yield from circumstances(name, f"{rates}, 5, 3", frozen=FROZEN)
    bad = {"mode": f"{rates}, 3, mode='x'", "0": f"{rates}, 0", "none": f"{rates}, 3, -3",
           "str": "'0.1', 0.2", "max-str": "0.1, '0.2'", "count": "[0.1, 0.2], 0.3",
           "max-count": "0.1, [0.2, 0.3]", "bool": "True, 2.0", "scale": f"{rates}, scale_fn=5",
           "size": f"{rates}, None", "gamma": f"{rates}, mode='exp_range', gamma='x'"}  # fmt: skip
    yield from refused(name, rates, **bad)


METRIC = "it follows a metric"
#: A loss that falls, rests, rises, and a value that is none.
LOSS = [1.0, 0.8, 0.7, 0.7, 0.7, 0.71, 0.69999, 0.6, 0.6, 0.6, 0.6, 0.5, 0.9, 0.9, 0.9, 0.9, 0.9]
LOSS += [float("nan"), 0.9, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]


def plateaus() -> Iterator[Case]:
    """Follow a metric."""
    name = "ReduceLROnPlateau"
    for given in (
        "patience=1", "'min', 0.5, 2", "'max', 0.5, 2", "patience=0", "patience=0, cooldown=2", "",
        "factor=0.5, patience=1, threshold=0.05", "factor=0.5, patience=1, threshold_mode='abs'",
        "'max', 0.5, 1, 0.1, 'abs'", "patience=0, min_lr=0.01", "patience=0, min_lr=[0.001]",
        "patience=0, eps=0.05", "patience=-1, factor=0.9", "patience=1.5, factor=0.5",
        "patience=0, factor=0", "threshold=1.0, patience=2",
    ):  # fmt: skip
        yield Case(f"{name}-{given}", text_of(name, given), 30, metrics=LOSS, unsaid=METRIC)
    text = text_of(name, "factor=0.5, patience=1, min_lr=[0.01, 0.05]", TWO)
    yield Case(f"{name}-groups", text, 30, metrics=LOSS, unsaid=METRIC)
    text = text_of(name, "factor=0.5, patience=1")
    yield Case(f"{name}-epochs", text, 60, every=2, metrics=LOSS, unsaid=METRIC)
    text = text_of(name, "patience=0, cooldown='1'")
    yield Case(f"{name}-cooldown", text, 10, metrics=LOSS, unsaid=METRIC)
    bad = {"factor": "factor=1.0", "factor-str": "factor='0.5'", "mode": "'x'", "mode-list": "[]",
           "threshold_mode": "threshold_mode='x'", "min": "min_lr=[0.1, 0.2]",
           "min-str": "min_lr='0'", "patience": "patience=None",
           "threshold": "threshold='0'"}  # fmt: skip
    for label, written in bad.items():
        yield Case(f"bad-{name}-{label}", text_of(name, written), raises=True, metrics=[1.0] * 24)


def sequences() -> Iterator[Case]:
    """Put one after another."""
    name = "SequentialLR"

    def sequence(members: str, rest: str, optimizer: str = ONE) -> str:
        named = f"optimizer := {SGD}({optimizer})"
        return f"{HOME}{name}({named}, [{members.replace('{o}', 'optimizer')}], {rest})"

    warmup = "LinearLR({o}, 0.1, 1.0, 5)"
    for label, members, rest in (
        ("warmup-cosine", f"{warmup}, CosineAnnealingLR({{o}}, 20)", "[5]"),
        ("warmup-floor", f"{warmup}, CosineAnnealingLR({{o}}, 20, 0.001)", "[5]"),
        ("warmup-steps", f"{warmup}, StepLR({{o}}, 4, 0.5)", "[5]"),
        ("warmup-restarts", f"{warmup}, CosineAnnealingWarmRestarts({{o}}, 4, 2)", "[5]"),
        ("three", f"{warmup}, ConstantLR({{o}}, 1.0, 0), ExponentialLR({{o}}, 0.9)", "[5, 12]"),
        ("constants", "ConstantLR({o}, 0.5, 9), ConstantLR({o}, 0.25, 9)", "[3]"),
        ("cycles", f"{warmup}, CyclicLR({{o}}, 0.01, 0.1, 3)", "[6]"),
        ("cycles-first", f"CyclicLR({{o}}, 0.01, 0.1, 3), {warmup}", "[6]"),
        ("lambda", f"{warmup}, LambdaLR({{o}}, lambda t: 0.9 ** t)", "[5]"),
        ("multiplicative", f"{warmup}, MultiplicativeLR({{o}}, lambda t: 0.9)", "[3]"),
        ("polynomial", f"{warmup}, PolynomialLR({{o}}, 12, 0.9)", "[5]"),
        ("milestones-first", "MultiStepLR({o}, [2, 4], 0.5), ExponentialLR({o}, 0.9)", "[7]"),
        ("milestones", f"{warmup}, MultiStepLR({{o}}, [3], 0.5)", "[5]"),
        ("metric", f"{warmup}, ReduceLROnPlateau({{o}}, patience=0)", "[5]"),
        ("one", warmup, "[]"),
        ("steps-of-0", f"{warmup}, StepLR({{o}}, 0)", "[5]"),
        ("line-of-0", f"{warmup}, LinearLR({{o}}, 0.5, 1.0, 0)", "[5]"),
        ("at-0", f"{warmup}, ExponentialLR({{o}}, 0.9)", "[0]"),
        ("between", f"{warmup}, ExponentialLR({{o}}, 0.9)", "[2.5]"),
        ("last_epoch=3", f"{warmup}, ExponentialLR({{o}}, 0.9)", "[5], 3"),
        ("last_epoch=7", f"{warmup}, ExponentialLR({{o}}, 0.9)", "[5], 7"),
        ("unsorted", f"{warmup}, ExponentialLR({{o}}, 0.9), ConstantLR({{o}}, 0.5)", "[9, 4]"),
        ("nested-first", f"SequentialLR({{o}}, [{warmup}, ExponentialLR({{o}}, 0.9)], [4]), "
         "ConstantLR({o}, 0.1, 3)", "[9]"),
        ("nested-second", f"{warmup}, SequentialLR({{o}}, [{warmup}, ExponentialLR({{o}}, 0.9)], "
         "[4])", "[9]"),
    ):  # fmt: skip
        yield Case(f"{name}-{label}", sequence(members, rest), 30)
    cosine = f"{warmup}, CosineAnnealingLR({{o}}, 12)"
    yield Case(f"{name}-groups", sequence(cosine, "[5]", TWO), 30)
    yield Case(f"{name}-epochs", sequence(cosine, "[5]"), 60, every=3)
    yield Case(f"{name}-initial", sequence(cosine, "[5]", HELD), 30)
    exponential = "ExponentialLR({o}, 0.9)"
    for label, members, rest in (
        ("count", warmup, "[3]"), ("none", f"{warmup}, None", "[3]"),
        ("milestone", cosine, "['5']"),
        ("milestones", cosine, "None"), ("empty", "", "[]"), ("last", cosine, "[3], None"),
        ("metric-first", f"ReduceLROnPlateau({{o}}), {exponential}", "[3]"),
        ("metric-alone", "ReduceLROnPlateau({o})", "[]"), ("member", "LinearLR({o}, 2.0)", "[]"),
    ):  # fmt: skip
        yield Case(f"bad-{name}-{label}", sequence(members, rest), raises=True)


#: List all rows.
mindspore_schedulers = in_order(
    steps, lines, decays, lambdas, restarts, triangles, plateaus, sequences
)
