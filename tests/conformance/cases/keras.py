"""Keras: its texts, and how they are run for real, on whichever backend is installed.

The table is TensorFlow's, whose bits are the dialect's. Where TensorFlow is not installed, JAX or
torch stands in, and ``Seen.exact`` says what is held against the bits.
"""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases._case import Case, by_name
from tests.conformance.cases._home import Home, How, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.cases._home import Rates

BACKENDS = ("tensorflow", "jax", "torch")
BACKEND = next((name for name in BACKENDS if find_spec(name) is not None), "torch")
os.environ.setdefault("KERAS_BACKEND", BACKEND)  # which is looked at where Keras is imported
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

METRICS = [1.0, 0.9, 0.8, *[0.8] * 7, *[0.5] * 6]
WAVERS = [1.0, 0.99995, 0.9, 0.95, 0.7, 0.71, 0.69, 0.3, 0.4, 0.2, 0.25, 0.26, 0.1, 0.1]
ADAM = "optimizer = keras.optimizers.Adam(learning_rate=0.1); "

# --- running it ---------------------------------------------------------------------------------


def keras() -> Any:
    """Import Keras."""
    return importlib.import_module("keras")


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name."""
    whole = keras()
    if whole.backend.backend() == "jax":
        importlib.import_module("jax").config.update("jax_enable_x64", False)
    home = whole.optimizers.schedules
    schedules = {name: getattr(home, name) for name in dir(home) if name[0].isupper()}
    return schedules | {"keras": whole, "tf": type("tf", (), {"keras": whole})}


def go_through(built: Any, run: Run, how: How) -> Seen:
    """Ask a schedule for the rate of each count, or let epochs begin and end for a callback."""
    whole = keras()
    if isinstance(built, whole.callbacks.Callback):
        return called_back(built, how.names.get("optimizer"), run)
    if isinstance(built, whole.optimizers.Optimizer):
        return Seen(trained(built, run.length), exact=is_exact(built._learning_rate, how))
    schedule = compiled(built) if how.compiled else built
    try:
        found = [whole.ops.convert_to_numpy(schedule(count(k))) for k in range(run.length)]
    except Exception as error:
        return Seen(np.empty((1, 0), np.float32), type(error).__name__)
    rates = np.array([found])
    if how.weigh and not how.compiled:
        moved = trained(whole.optimizers.SGD(built), run.length)
        assert np.array_equal(moved, rates, equal_nan=True), (moved, rates)
    return Seen(rates, exact=is_exact(built, how))


def count(update: int) -> Any:
    """Return a count as an optimizer's iterations are on the backend."""
    kind = "int64" if keras().backend.backend() == "tensorflow" else "int32"
    return keras().ops.convert_to_tensor(update, dtype=kind)


def compiled(schedule: Any) -> Any:
    """Compile a schedule as ``fit`` does; torch takes it as it is."""
    backend = keras().backend.backend()
    if backend == "tensorflow":
        return importlib.import_module("tensorflow").function(schedule)
    return importlib.import_module("jax").jit(schedule) if backend == "jax" else schedule


def is_exact(schedule: Any, how: How) -> bool:
    """Whether the backend computes operation by operation, with the C library's functions."""
    backend = keras().backend.backend()
    if how.compiled or backend == "torch":
        return False
    branches = hasattr(schedule, "_t_mul") or getattr(schedule, "warmup_target", None) is not None
    return backend == "tensorflow" or not branches


def trained(optimizer: Any, updates: int) -> Rates:
    """Take updates with gradient 1 of a parameter that is put back to 0 before each."""
    whole = keras()
    parameter = whole.Variable(0.0, dtype="float32")
    optimizer.build([parameter])
    moved = []
    for _ in range(updates):
        parameter.assign(0.0)
        optimizer.apply([whole.ops.convert_to_tensor(1.0)])
        moved.append(0.0 - whole.ops.convert_to_numpy(parameter))
    return np.array([moved], np.float32)


def called_back(callback: Any, optimizer: Any, run: Run) -> Seen:
    """Begin and end epochs, as ``fit`` does; the rate of each is the optimizer's own."""
    whole = keras()
    model = whole.Sequential()
    model.compile(optimizer or whole.optimizers.SGD(0.1), loss="mse")
    callback.set_model(model)
    callback.on_train_begin()
    rates: list[Any] = []
    every = run.updates_per_epoch or 1
    for update in range(run.length):
        epoch, batch = divmod(update, every)
        try:
            if batch == 0:
                callback.on_epoch_begin(epoch)
            rates.append(whole.ops.convert_to_numpy(model.optimizer.learning_rate))
            if batch + 1 == every and epoch < len(run.metrics or ()):
                metric = (run.metrics or ())[epoch]
                callback.on_epoch_end(epoch, {"val_loss": metric, "val_accuracy": metric})
        except Exception as error:
            return Seen(np.array([rates], np.float32), type(error).__name__)
    return Seen(np.array([rates], np.float32))


# --- what is run --------------------------------------------------------------------------------


def schedules() -> Iterator[Case]:
    """Vary each schedule."""
    for name in ("ExponentialDecay", "InverseTimeDecay"):
        for arguments in (
            "5, 0.5", "5, 0.5, staircase=True", "100, 0.96", "1, 0.9", "3, 2.0", "3, 0.0", "7, 0.1",
            "2.5, 0.5", "10, 0.3, True", "7, 0.97, staircase=True", "6, 1.0", "3, 2, True",
            "decay_steps=4, decay_rate=0.7, name='down'",
        ):  # fmt: skip
            yield Case(f"{name}-{arguments}", f"{name}(0.1, {arguments})", 24)
        yield Case(f"{name}-long", f"keras.optimizers.schedules.{name}(0.3, 1000, 0.5)", 3000)
    for boundaries, values in (
        ("[3, 6]", "[0.1, 0.05, 0.01]"), ("[0]", "[0.1, 0.05]"), ("[3.5]", "[0.1, 0.05]"),
        ("[2, 4, 6]", "[0.1, 0.2, 0.3, 0.4]"), ("[30, 60]", "[0.1, 0.01, 0.001]"),
        ("[5]", "[0.0, 0.1]"), ("[1, 2, 3, 4]", "[0.5, 0.4, 0.3, 0.2, 0.1]"), ("[9]", "[1e-3, 1.]"),
        ("(3, 7)", "(0.3, 0.2, 0.1)"), ("[20]", "[0.1, 0.1]"), ("[7, 8]", "[0.1, -0.1, 0.2]"),
        ("[10, 11, 40]", "[3e-4, 1e-4, 5e-5, 1e-5]"),
    ):  # fmt: skip
        yield Case(f"steps-{boundaries}", f"PiecewiseConstantDecay({boundaries}, {values})", 70)
    for boundaries, values in (("[6, 3]", "[0.1, 0.05, 0.01]"), ("[-2, 4]", "[0.3, 0.2, 0.1]")):
        text = f"PiecewiseConstantDecay({boundaries}, {values})"
        yield Case(f"steps-{boundaries}", text, 12, unsaid="its boundaries are in no order")
    for arguments in (
        "10", "10, 0.001, 2.0", "10, power=0.5", "5, cycle=True", "1", "7, 0.01, 3", "100, 0.0",
        "5, 0.0, 2.0, True", "10, 0.3", "12.5, 0.01", "9, 0.0, 1.5", "4, 0.02, 0.5, cycle=True",
        "57, 0.0, 0.5", "20, 0.1, name='flat'",
    ):  # fmt: skip
        updates = 104 if arguments.startswith("100") else 60
        yield Case(f"power-{arguments}", f"PolynomialDecay(0.1, {arguments})", updates)


def cosines() -> Iterator[Case]:
    """Vary both cosines."""
    for arguments in (
        "10", "7, 0.1", "10, warmup_target=0.2, warmup_steps=4", "1", "100, alpha=0.001", "10.5",
        "10, 0.01, 'cosine', 0.2, 4", "10, warmup_steps=4", "10, warmup_target=0.2", "64, 1e-3",
        "12, 1.0", "8, alpha=2.0", "30, 0.1, warmup_target=0.5, warmup_steps=10",
        "decay_steps=9, alpha=-0.5",
    ):  # fmt: skip
        updates = 104 if arguments.startswith("100") else 70
        yield Case(f"cosine-{arguments}", f"CosineDecay(0.1, {arguments})", updates)
    up = "CosineDecay(0.0, 12, warmup_target=0.1, warmup_steps=5)"
    yield Case("cosine-up", f"tf.keras.optimizers.schedules.{up}", 30)
    yield Case("cosine-3600", "CosineDecay(3e-4, 3600)", 3605)
    for text in ("CosineDecay(1, 5)", "CosineDecay(2, 7.5, 0.1)"):
        yield Case(f"integer-{text}", text, 12, unsaid="π is 3")
    for arguments in (
        "5", "5, 1.0", "5, t_mul=1.0, m_mul=0.5, alpha=0.1", "4, m_mul=0.9, alpha=0.01", "1",
        "10, 3.0", "7, 2, 0.5", "6, 1.0, 0.8", "12, alpha=0.2", "3, 2.0, 1.0, 0.1, 'again'",
        "64, 1.0", "20, 2.0, 0.7",
    ):  # fmt: skip
        yield Case(f"restarts-{arguments}", f"CosineDecayRestarts(0.1, {arguments})", 90)
    for arguments in ("5, 1.5, 0.8", "5, t_mul=0.5", "2.5", "4, 2.5"):
        text = f"CosineDecayRestarts(0.1, {arguments})"
        yield Case(f"restarts-{arguments}", text, 40, drifts="its cycles are of no whole lengths")


def functions() -> Iterator[Case]:
    """Give objects of classes derived from Keras' own."""
    base = "keras.optimizers.schedules.LearningRateSchedule"
    cast = "keras.ops.cast(step, 'float32')"
    for body, updates in (
        (f"0.1 * keras.ops.minimum(1.0, {cast} / 10)", 15),
        (f"keras.ops.where(step < 5, {cast} / 50, 0.1 * 0.5 ** keras.ops.floor({cast} / 7))", 60),
        (f"0.05 * (1 + keras.ops.cos({cast} * 3.141592653589793 / 90))", 100),
        (f"0.1 / keras.ops.sqrt(1.0 + {cast})", 200),
        (f"0.1 * 0.9 ** ({cast} / 4)", 50),
        (f"1e-3 * keras.ops.maximum({cast}, 4.0) ** -0.5", 12),
        (f"keras.ops.power({cast} + 1.0, -0.5) * 0.01", 30),
        (f"0.1 * keras.ops.clip(1 - {cast} / 30, 0.1, 1.0)", 40),
        (f"0.1 * keras.ops.maximum(0.0, 1.0 - {cast} / 25) ** 2", 30),
        (f"keras.ops.where(step >= 20, 1e-3, keras.ops.where(step >= 10, 1e-2, {cast} / 100))", 25),
        (f"0.1 * keras.ops.abs(keras.ops.mod({cast}, 20.0) - 10.0) / 10", 45),
        (f"0.1 * keras.ops.ceil({cast} / 3.0) / 10", 30),
    ):
        text = f"type('Schedule', ({base},), {{'__call__': lambda self, step: {body}}})()"
        yield Case(f"function-{body}", text, updates)


def callbacks() -> Iterator[Case]:
    """Vary what is called once an epoch."""
    for function in (
        "lambda epoch: 0.1 * 0.9 ** epoch", "lambda e: 0.1 if e < 5 else 0.01", "lambda t: 0.1",
        "lambda epoch: 0.1 / (1 + epoch)", "lambda epoch: 0.1 * math.exp(-0.1 * epoch)",
        "lambda epoch: max(0.1 - 0.01 * epoch, 0.001)", "lambda epoch: 3e-4 * 0.5 ** (epoch // 4)",
        "lambda epoch: 0.05 * (1 + math.cos(math.pi * epoch / 10))", "lambda epoch: 1e-5 + 0.0",
        "lambda epoch: 0.1 * math.pow(0.5, math.floor((1 + epoch) / 3))", "lambda e: 1e30 * 1e30",
        "lambda e: 0.1 if e < 5 else 0.1 * keras.ops.exp(-0.1)",  # a tensor, and no float
        "lambda e: float(0.1 * keras.ops.exp(-0.1 * e))",
        "lambda e: float(keras.ops.where(e < 4, 0.1, 0.1 * keras.ops.sqrt(4.0 / (e + 1))))",
        "lambda e: max(float(keras.ops.maximum(0.1 - 0.01 * e, 0.02)), 0.03)",
        "lambda e: abs(e - 10) * float(keras.ops.cos(0.1))",
        "lambda e: keras.ops.minimum(0.1, e) if e else 0.1",
    ):  # fmt: skip
        for every in (None, 3):
            text = f"keras.callbacks.LearningRateScheduler({function})"
            yield Case(f"epochs-{every}-{function}", text, 24, every=every)
    for function in ("lambda e: 0.1 if e < 3 else 1", "lambda epoch: 0.1 / (4 - epoch)"):
        text = f"keras.callbacks.LearningRateScheduler({function}, verbose=0)"
        yield Case(f"epochs-{function}", text, 12)
    for name, metrics in (("falls", METRICS), ("wavers", WAVERS)):
        for arguments in (
            "", "patience=2, mode='min'", "patience=2, factor=0.5, cooldown=2", "patience=0",
            "patience=1, factor=0.5, min_lr=0.02", "'val_accuracy', 0.5, 2, mode='max'",
            "patience=2, factor=0.5, min_delta=0.15", "patience=3, factor=0.3, min_lr=0.05",
            "factor=0.7, patience=1, cooldown=1", "patience=1, min_delta=0, factor=0.9",
            "patience=2, min_delta=-0.1", "patience=1, factor=0.1, cooldown=5",
        ):  # fmt: skip
            text = f"{ADAM}keras.callbacks.ReduceLROnPlateau({arguments})"
            yield Case(
                f"{name}-{arguments}", text, len(metrics), metrics=metrics, unsaid="a metric"
            )


def scripts() -> Iterator[Case]:
    """Give an optimizer its schedule, and read what Keras writes down."""
    home, sgd = "keras.optimizers.schedules", "keras.optimizers.SGD"
    cosine = {"initial_learning_rate": 0.1, "decay_steps": 9, "alpha": 0.01, "warmup_steps": 3}
    steps = {"boundaries": [3, 6], "values": [0.1, 0.05, 0.01], "name": "steps"}
    for text in (
        f"s = {home}.CosineDecay(0.1, 9); {sgd}(s)",
        f"{sgd}(learning_rate={home}.ExponentialDecay(0.1, 5, 0.5), momentum=0.0)",
        f"tf.{sgd}({home}.PolynomialDecay(0.1, 9, power=2.0), gradient_accumulation_steps=None)",
        f"{home}.deserialize({ {'class_name': 'CosineDecay', 'config': cosine} })",
        f"s = {home}.deserialize({ {'class_name': 'PiecewiseConstantDecay', 'config': steps} }); "
        f"{sgd}(s)",
    ):  # fmt: skip
        yield Case(f"script-{text}", text, 16)


def refusals() -> Iterator[Case]:
    """Give each what it refuses."""
    for name in ("ExponentialDecay(0.1, {}, 0.5)", "InverseTimeDecay(0.1, {}, 0.5)",
                 "PolynomialDecay(0.1, {})", "CosineDecay(0.1, {})", "CosineDecayRestarts(0.1, {})",
                 ):  # fmt: skip
        for steps in ("0", "-3", "None"):
            yield Case(f"bad-{name}-{steps}", name.format(steps), 3, raises=True)
    for boundaries, values in (
        ("[3]", "[0.1]"), ("[]", "[0.1]"), ("3", "[0.1]"), ("[3, 6]", "[0.1, 0.2, 0.3, 0.4]"),
    ):  # fmt: skip
        text = f"PiecewiseConstantDecay({boundaries}, {values})"
        yield Case(f"bad-{boundaries}-{values}", text, 3, raises=True)
    for text in (f"{ADAM}keras.callbacks.ReduceLROnPlateau(factor=1.0)",
                 "optimizer = keras.optimizers.SGD(1); keras.callbacks.ReduceLROnPlateau()",
                 ):  # fmt: skip
        yield Case(f"bad-{text}", text, 3, raises=True, metrics=METRICS)


# --- what is drawn ------------------------------------------------------------------------------

RATES = st.sampled_from([0.1, 0.01, 3e-4, 1.0, 0.0]) | st.floats(1e-6, 10.0)
SHARES = st.sampled_from([0.0, 0.1, 0.5, 1.0]) | st.floats(0.0, 1.0)
STEPS = st.integers(1, 30) | st.integers(1, 3000) | st.sampled_from([2.5, 10.5, 100.0])
FACTORS = st.sampled_from([0.5, 0.96, 0.1, 1.0]) | st.floats(0.01, 1.05)
POWERS = st.sampled_from([1.0, 2.0, 3, 1.5]) | st.floats(1.0, 3.0)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a schedule; a compiled one without stairs, cycles or restarts (``supposed``)."""
    a, b, T, W, low = draw(RATES), draw(RATES), draw(STEPS), draw(st.integers(1, 9)), draw(SHARES)
    smooth = [
        f"ExponentialDecay({a}, {T}, {draw(FACTORS)})",
        f"InverseTimeDecay({a}, {T}, {draw(FACTORS)})",
        f"PolynomialDecay({a}, {T}, {b}, {draw(POWERS)})",
        f"CosineDecay({a}, {T}, {low})",
        f"CosineDecay({a}, {T}, {low}, warmup_target={b}, warmup_steps={W})",
        f"PiecewiseConstantDecay([{W}, {W + 5}], [{a}, {b}, {low}])",
    ]
    turns = [
        f"ExponentialDecay({a}, {T}, {draw(FACTORS)}, True)",
        f"InverseTimeDecay({a}, {T}, {draw(FACTORS)}, staircase=True)",
        f"PolynomialDecay({a}, {T}, {b}, {draw(POWERS)}, cycle=True)",
        f"PolynomialDecay({a}, {T}, {b}, {draw(st.floats(0.2, 1.0))})",
    ]
    compiled = draw(st.booleans())
    exact = BACKEND != "torch" and not compiled
    if exact and BACKEND == "tensorflow":
        turns.append(f"CosineDecayRestarts({a}, {T}, {draw(st.floats(1.0, 3.0))}, {low}, {low})")
    text = draw(st.sampled_from([*smooth, *turns] if exact else smooth))
    return text, Run(draw(st.integers(1, 40))), compiled


HOME = Home(
    parts=by_name(schedules, cosines, functions, callbacks, scripts, refusals),
    packages=("keras", "tensorflow"),
    scope=scope,
    drive=go_through,
    weighed=30,
    numpy=2,
    marker="jax",
    drawn=drawn,
)
