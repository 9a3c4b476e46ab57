"""The rows of optax."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.conformance.cases._case import Case, by_name, in_order
from tests.conformance.cases._home import Home, How, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.schedule.run import Run
    from tests.conformance.cases._home import Rates

NO_SHAPE = "a power below 0 grows beyond every rate"
FLAT = "init_value=0.0, peak_value=0.1"
SHARES = "the share of an interval that is over is a float32"
X64 = "jax.config.update('jax_enable_x64', True)"


def constants() -> Iterator[Case]:
    """Give constants."""
    for value in (
        "0.1", "1", "0", "0.0", "3e-4", "1e-8", "2.5", "-0.1", "123456.789", "1e30", "5e-5", "0.3",
    ):  # fmt: skip
        yield Case(f"constant-{value}", f"optax.constant_schedule({value})", 5)


def lines() -> Iterator[Case]:
    """Vary a line's ends, duration and beginning."""
    for arguments, updates in (
        ("0.1, 0.01, 10", 16), ("0.0, 0.1, 5, 3", 16), ("0.1, 0, 0", 6), ("0.1, 0.0, 7, -2", 12),
        ("1, 0, 3", 8), ("0.1, 0.2, -1", 6), ("0.0, 3e-4, 100", 105), ("0.3, 0.3, 4", 6),
        ("-0.1, 0.1, 7", 12), ("0.1, 0.01, 10.0", 16), ("0.1, 0.01, 7.5, 2", 16),
        ("0.1, 0.01, 7, 2.5", 16), ("1e-5, 1.0, 1000", 1003), ("1e30, 0.0, 9", 12),
    ):  # fmt: skip
        yield Case(f"line-{arguments}", f"optax.linear_schedule({arguments})", updates)
    keywords = "end_value=1e-4, init_value=5 * 1e-4, transition_steps=3 * 4"
    yield Case("line-keywords", f"optax.schedules.linear_schedule({keywords})", 15)
    yield Case("line-bare", "linear_schedule(0.1, 0.0, 4)", 6)
    for arguments in (
        "0.0, 0.1, 5", "0.01, 0.1, 0", "0.1, 0.3, 10", "0.0, 3e-4, 100", "0.0, 1, 3", "0, 1, 3",
        "0.2, 0.1, 7", "0.0, 0.1, 1", "0.0, 0.1, 2", "1e-7, 1e-3, 40", "0.0, 0.1, -4",
        "0.0, 0.1, 6.0",
    ):  # fmt: skip
        yield Case(
            f"up-{arguments}",
            f"optax.warmup_constant_schedule({arguments})",
            105 if "100" in arguments else 20,
        )


def powers() -> Iterator[Case]:
    """Vary the power: of an integer, which is made of products, and of a float."""
    for power in ("1", "2", "0.5", "3", "0.9", "0", "2.0", "1.0", "5", "17", "1e-3"):
        yield Case(f"power-{power}", f"optax.polynomial_schedule(0.1, 0.001, {power}, 11, 1)", 16)
    for arguments, updates in (
        ("0.1, 0.0, 0.5, 57", 60), ("0.001, 0.1, 2, 11", 14), ("0.1, 0.001, 2, 0", 4),
        ("0.1, 0.001, 2.5, 300", 303), ("1, 0, 2, 5", 7), ("0.1, 0.0, 2, 7.5", 10),
    ):  # fmt: skip
        yield Case(f"power-{arguments}", f"optax.polynomial_schedule({arguments})", updates)
    for power in ("-1.0", "-2"):
        text = f"optax.polynomial_schedule(0.1, 0.001, {power}, 11, 1)"
        yield Case(f"power-{power}", text, 16, unsaid=NO_SHAPE)


def decays() -> Iterator[Case]:
    """Vary an exponential: its beginning, its stairs, its bound."""
    for arguments in (
        "5, 0.5", "5, 0.5, staircase=True", "3, 0.9, 4", "3, 0.9, 4, True, 0.08",
        "4, 1.5, end_value=0.3", "0, 0.5", "5, 0", "5, 0.96, -3", "1, 0.99",
        "7, 0.1, end_value=1e-3", "4.0, 0.5", "10, 0.5, 0, False, 0.2", "6, 1.0", "3, 0.97, 2",
        "1, 2, end_value=50", "2, 0.5, staircase=True, end_value=0.01",
    ):  # fmt: skip
        yield Case(f"decay-{arguments}", f"optax.exponential_decay(0.1, {arguments})", 24)
    yield Case("decay-long", "optax.exponential_decay(0.3, 1000, 0.96)", 3000)
    alternating = "optax.exponential_decay(0.1, 1, -0.5)"
    yield Case("decay-alternating", alternating, 12)


def cosines() -> Iterator[Case]:
    """Vary a cosine's duration, its lowest share and its exponent."""
    for arguments in (
        "10", "7, 0.1", "7, 0.1, 2.0", "1", "10.5", "9, exponent=0.5", "9, exponent=2",
        "9, 0.1, exponent=0.9", "100, 0.01", "3, 1.0", "12, 2.0", "5, -0.5", "9, exponent=0.0",
        "64, 1e-3",
    ):  # fmt: skip
        updates = 104 if "100" in arguments else 70 if "64" in arguments else 14
        yield Case(f"cosine-{arguments}", f"optax.cosine_decay_schedule(0.1, {arguments})", updates)
    for T in (1000, 3600):
        yield Case(f"cosine-{T}", f"optax.cosine_decay_schedule(3e-4, {T})", T + 5)


def steps() -> Iterator[Case]:
    """Vary boundaries and scales."""
    for scales in (
        "None", "{3: 0.1, 6: 0.5}", "{0: 0.1}", "{6: 0.5, 3: 0.1}", "{3: 0.0, 5: 2.0}", "{}",
        "{2: 1.0}", "{1: 0.5, 2: 0.5, 3: 0.5, 4: 0.5, 5: 0.5}", "{30: 0.1, 60: 0.1}",
        "{3: 2, 5: 3}", "{-2: 0.5, 4: 0.5}", "{2.5: 0.5, 4: 0.1}", "{3: 0.333, 7: 0.7}",
    ):  # fmt: skip
        yield Case(f"steps-{scales}", f"optax.piecewise_constant_schedule(0.1, {scales})", 70)


def interpolated() -> Iterator[Case]:
    """Vary both kinds of interpolation."""
    for kind in ("linear", "cosine"):
        for scales in (
            "{4: 2.0, 9: 0.1}", "{0: 2.0, 5: 0.5}", "None", "{10: 0.0}", "{5: 0.5}",
            "{3: 0.3, 4: 0.7, 6: 1.9, 9: 0.11, 11: 3.3}", "{-3: 2.0, 5: 0.1}", "{7: 2, 12: 3}",
        ):  # fmt: skip
            yield Case(
                f"{kind}-{scales}",
                f"optax.piecewise_interpolate_schedule('{kind}', 0.1, {scales})",
                15,
            )
    text = "optax.piecewise_interpolate_schedule('linear', 1, {3: 2, 9: 3})"
    yield Case("linear-integers", text, 12)
    text = "optax.piecewise_interpolate_schedule('linear', 0.1, {3: 1.0, 3.5: 0.5})"
    yield Case("linear-between", text, 8)
    for arguments in (
        "10, 0.1", "17, 0.1, 0.25", "1, 0.1", "3, 0.1", "100, 0.1", "20, 0.3, 0.5", "7, 1e-3",
        "40, 0.01, 0.1", "12, 1", "25, 0.1, 0.4", "50, 0.1, 0.01", "8, 0.1, 0.0",
    ):  # fmt: skip
        updates = int(arguments.split(",")[0]) + 4
        for name, more in (
            ("linear", ""), ("cosine", ""), ("linear", ", div_factor=10.0, final_div_factor=100.0"),
            ("cosine", ", div_factor=10, final_div_factor=100"),
        ):  # fmt: skip
            text = f"optax.{name}_onecycle_schedule({arguments}{more})"
            yield Case(f"onecycle-{name}-{arguments}{more}", text, updates)


def warmed() -> Iterator[Case]:
    """List the rows of schedules made of others."""
    for arguments in (
        "3, 12", "0, 12", "3, 12, 0.01", "3, 12, 0.01, 2.0", "1, 2", "10, 100, 1e-5", "5, 6",
        "-2, 9", "4, 30, exponent=0.5", "2, 8, 0.1", "2, 8, 0.2", "20, 50, 1e-6", "3.0, 12",
    ):  # fmt: skip
        updates = 104 if "100" in arguments else 55
        text = f"optax.warmup_cosine_decay_schedule(0.0, 0.1, {arguments})"
        yield Case(f"warm-cosine-{arguments}", text, updates)
    text = "optax.warmup_cosine_decay_schedule(0.0, 0.0, 2, 8)"
    yield Case("warm-cosine-nothing", text, 10)
    for arguments in (
        "4, 5, 0.5", "4, 5, 0.5, 0, True, 0.03", "0, 3, 0.9", "4, 5, 0.5, 2", "1, 1, 0.99",
        "3, 7, 1.1, end_value=0.2", "5, 0, 0.5", "5, 4, 0", "10, 20, 0.96, staircase=True",
        "2, 3, 0.7, 1, True", "2, 3.0, 0.7", "6, 6, 0.1, end_value=1e-3",
    ):  # fmt: skip
        text = f"optax.warmup_exponential_decay_schedule(0.0, 0.1, {arguments})"
        yield Case(f"warm-decay-{arguments}", text, 30)


def cycles() -> Iterator[Case]:
    """Vary sgdr_schedule's cycles."""
    first = "dict(init_value=0.0, peak_value=0.1, decay_steps=6, warmup_steps=2)"
    second = (
        "{'init_value': 0.01, 'peak_value': 0.05, 'decay_steps': 9, 'warmup_steps': 3, "
        "'end_value': 0.001}"
    )
    plain = "dict(init_value=0.1, peak_value=0.1, decay_steps=5, warmup_steps=0)"
    bent = (
        "dict(init_value=0.0, peak_value=0.2, decay_steps=8, warmup_steps=1, end_value=0.02, "
        "exponent=2.0)"
    )
    for index, listed in enumerate((
        (first, second), (first,), (second,), (second, first), (first, first, first), (plain,),
        (plain, plain), (bent,), (bent, first), (plain, second), (first, plain, second),
        (plain, plain, plain, plain),
    )):  # fmt: skip
        yield Case(f"cycles-{index}", f"optax.sgdr_schedule([{', '.join(listed)}])", 30)


def joins() -> Iterator[Case]:
    """Vary what is joined, and where."""
    line, stays = "optax.linear_schedule(0.0, 0.1, 4)", "optax.constant_schedule(0.1)"
    low, lower = "optax.constant_schedule(0.02)", "optax.constant_schedule(0.003)"
    cosine, steps = (
        "optax.cosine_decay_schedule(0.1, 5)",
        "piecewise_constant_schedule(0.1, {2: .5})",
    )
    for listed, boundaries in (
        ((line, stays, cosine), "[4, 7]"), ((stays, low), "[]"), ((stays, low, lower), "[5, 2]"),
        ((stays, low, lower), "[2, 5]"), ((stays,), "[]"), ((stays, low), "[3, 6]"),
        ((stays, low, lower), "[3]"), ((line, cosine), "[0]"), ((line, cosine), "[-2]"),
        ((line, cosine), "(4,)"), ((line, steps), "[4]"), ((stays, cosine, line), "[3, 3]"),
        ((line, "optax.exponential_decay(0.1, 3, 0.5)"), "[4]"),
        ((line, f"optax.join_schedules([{stays}, {cosine}], [2])"), "[4]"),
        ((line, "optax.linear_onecycle_schedule(9, 0.2)"), "[4]"),
    ):  # fmt: skip
        text = f"optax.join_schedules([{', '.join(listed)}], {boundaries})"
        yield Case(f"join-{text}", text, 15)
    text = f"optax.join_schedules([{line}, {cosine}], boundaries=[3.5])"
    yield Case("join-between", text, 12)


def functions() -> Iterator[Case]:
    """Give functions of the count that a text has itself."""
    for body, updates in (
        ("0.1 * jnp.minimum(1.0, (count + 1) / 10)", 15),
        ("0.1 * jnp.cos(3.141592653589793 * count / 60)", 25),
        ("jnp.where(count < 5, 0.1 * count / 5, 0.1 * 0.5 ** (count // 7))", 60),
        ("0.1 / jnp.sqrt(1.0 + count)", 200), ("0.1 * jnp.abs(count % 20 - 10) / 10", 45),
        ("0.1 * jnp.floor(count / 3) ** 2", 12), ("1e-3 * jnp.maximum(count, 4.0) ** -0.5", 12),
        ("0.1 * jnp.clip(1 - count / 30, 0.1, 1.0)", 40), ("jnp.minimum(0.1, 1 / (1 + count))", 20),
        ("jnp.float32(count + 1) * 1e-4", 12), ("0.1 * jnp.ceil((count + 1) / 4) % 3", 30),
        ("0.2 * jnp.where((count >= 3) & (count < 9), 0.5, 1.0)", 12),
        ("jnp.minimum(jnp.power(0.9, count / 5.0), 0.8)", 60),
        ("jnp.maximum(jnp.square(0.1 - count / 1000), 1e-4)", 120),
    ):  # fmt: skip
        yield Case(f"function-{body}", f"lambda count: {body}", updates)


def settings() -> Iterator[Case]:
    """Set JAX to float64, and compile."""
    line, cosine = "optax.linear_schedule(0.1, 0.0, 9)", "optax.cosine_decay_schedule(0.1, 9, 0.01)"
    texts = (
        *(line, cosine, "optax.constant_schedule(0.1)", "optax.linear_schedule(0.1, 0.0, 9.0)"),
        "optax.polynomial_schedule(0.1, 0.0, 1.7, 8)",
        "optax.polynomial_schedule(0.1, 0.0, 2, 9.0)",
        "optax.exponential_decay(0.1, 5, 0.7)", "optax.exponential_decay(0.1, 5.0, 0.7)",
        "optax.cosine_decay_schedule(0.1, 9, 0.01, 0.7)",
        "optax.piecewise_constant_schedule(0.1, {3: 0.3, 6: 0.7})",
        "optax.piecewise_interpolate_schedule('linear', 0.1, {3: 0.3, 6: 0.7})",
        "optax.piecewise_interpolate_schedule('cosine', 0.1, {3: 0.3, 6: 0.7})",
        "optax.piecewise_interpolate_schedule('linear', 1, {3: 2})",
        "optax.warmup_constant_schedule(0.0, 0.1, 5)",
        "optax.warmup_cosine_decay_schedule(0.0, 0.1, 3, 12, 0.001)",
        "optax.warmup_exponential_decay_schedule(0.0, 0.1, 4, 5, 0.7)",
        f"optax.sgdr_schedule([dict({FLAT}, decay_steps=6, warmup_steps=2)])",
        *("optax.linear_onecycle_schedule(12, 0.1)", "optax.cosine_onecycle_schedule(12, 0.1)"),
        f"optax.join_schedules([{cosine}, optax.constant_schedule(0.1)], [3])",
        f"optax.join_schedules([{cosine}, {line}], [3])",
        f"optax.join_schedules([{line}, optax.linear_onecycle_schedule(9, 0.2)], [3])",
    )  # fmt: skip
    for text in texts:
        single = "interpolate" in text or "onecycle" in text
        drifts = SHARES if single and "1, {3: 2}" not in text else None
        yield Case(f"x64-{text}", f"{X64}; {text}", 16, drifts=drifts)
        yield Case(f"compiled-{text}", text, 16, compiled=True)


def plateaus() -> Iterator[Case]:
    """Vary reduce_on_plateau, and the metric that it follows."""
    falls = [1.0, 0.9, 0.8, *[0.8] * 7, *[0.5] * 6]
    wavers = [1.0, 0.99995, 0.9, 0.95, 0.7, 0.71, 0.69, 0.3, 0.4, 0.2, 0.25, 0.26, 0.1, 0.1]
    for metrics in (falls, wavers):
        for arguments in (
            "", "patience=2, factor=0.5", "patience=2, factor=0.5, cooldown=2", "patience=1",
            "patience=2, factor=0.5, min_scale=0.3", "patience=2, rtol=0.0, atol=0.15",
            "0.7, 1, accumulation_size=2", "0.3, 1, 0.01, 0.01", "0.9, 3, cooldown=1",
            "patience=0", "patience=1, cooldown=3, accumulation_size=3",
        ):  # fmt: skip
            name = "falls" if metrics is falls else "wavers"
            text = f"optax.contrib.reduce_on_plateau({arguments})"
            run = {"updates": len(metrics), "metrics": metrics}
            yield Case(f"plateau-{name}-{arguments}", text, unsaid="a metric", **run)  # type: ignore[arg-type]
    for arguments in (
        "factor=1.0", "factor=0.0", "rtol=-1.0", "atol=-0.1", "rtol=0.0", "rtol=1.1", "factor=None",
    ):  # fmt: skip
        text = f"optax.contrib.reduce_on_plateau({arguments})"
        yield Case(f"plateau-{arguments}", text, 3, raises=True, metrics=falls)


def refused() -> Iterator[Case]:
    """Give each constructor what it refuses."""
    for text in (
        "constant_schedule(None)", "linear_schedule(0.1, 0.0, None)",
        "linear_schedule(0.1, 0.0, '5')",
        "linear_schedule(0.1, 0.0, 5, None)", "linear_schedule(0.1, 0.0, 2**31)",
        "linear_schedule(0.1, 0.0, 5, 2**31)", "polynomial_schedule(0.1, 0.0, 2, None)",
        "polynomial_schedule(0.1, 0.0, 2, 2**40)", "exponential_decay(0.1, None, 0.5)",
        "exponential_decay(0.1, 2**31, 0.5)", "cosine_decay_schedule(0.1, 0)",
        "cosine_decay_schedule(0.1, -1)", "cosine_decay_schedule(0.1, float('nan'))",
        "cosine_decay_schedule(0.1, None)", "piecewise_constant_schedule(0.1, {3: -0.1})",
        "piecewise_constant_schedule(0.1, {3: None})",
        "piecewise_constant_schedule(0.1, {2**31: 0.1})",
        "piecewise_interpolate_schedule('poly', 0.1)",
        "piecewise_interpolate_schedule('linear', 0.1, {1: -1.0})",
        "piecewise_interpolate_schedule('linear', 0.1, {2**31: 0.5})",
        "warmup_constant_schedule(0.0, 0.1, None)", "warmup_constant_schedule(0.0, 0.1, 2**31)",
        "warmup_cosine_decay_schedule(0.0, 0.1, 12, 12)",
        "warmup_cosine_decay_schedule(0.0, 0.1, 13, 12)",
        "warmup_exponential_decay_schedule(0.0, 0.1, None, 5, 0.5)",
        "warmup_exponential_decay_schedule(0.0, 0.1, 5, None, 0.5)", "sgdr_schedule([])",
        "sgdr_schedule([{}])", "sgdr_schedule([dict(peak_value=0.1, decay_steps=6)])",
        "sgdr_schedule([dict(init_value=0., peak_value=.1, decay_steps=2, warmup_steps=2)])",
        "linear_onecycle_schedule(0, 0.1)", "linear_onecycle_schedule(-3, 0.1)",
        "linear_onecycle_schedule(10, 0.1, div_factor=0)", "cosine_onecycle_schedule(0, 0.1)",
        "cosine_onecycle_schedule(10, 0.1, div_factor=-2.0)", "join_schedules([], [])",
        "join_schedules([optax.constant_schedule(0.1), optax.constant_schedule(0.2)], [2**31])",
        "join_schedules([optax.cosine_decay_schedule(0.1, 0)], [])",
        "join_schedules([optax.constant_schedule(0.1), optax.constant_schedule(0.2)], [None])",
        "cosine_decay_schedule(2**31, 5)", "warmup_cosine_decay_schedule(0., .1, None, 5)",
        "warmup_cosine_decay_schedule(0.0, 0.1, 2**31, 2**32)",
        "warmup_exponential_decay_schedule(0.0, 0.1, 5, 2**31, 0.5)",
        "linear_onecycle_schedule(2**31, 0.1)", "linear_onecycle_schedule(None, 0.1)",
        "cosine_onecycle_schedule(2**31, 0.1)", "cosine_onecycle_schedule(9, None)",
        "cosine_onecycle_schedule(9, 0.1, div_factor=0)",
        "linear_onecycle_schedule(9, 0.1, final_div_factor=-2.0)",
        "piecewise_interpolate_schedule('linear', 0.1, {3: None})",
        f"sgdr_schedule([dict({FLAT}, decay_steps=2**32, warmup_steps=2**31)])",
    ):  # fmt: skip
        yield Case(f"refused-{text}", f"optax.{text}", 3, raises=True)


def scope(lr: Any = None, bare: bool = False) -> dict[str, Any]:
    """Return what a text of optax's may name."""
    import jax
    import optax

    jax.config.update("jax_enable_x64", False)  # as it is, unless the text says otherwise
    schedules = {name: getattr(optax.schedules, name) for name in dir(optax.schedules)}
    return schedules | {"jax": jax, "jnp": jax.numpy, "optax": optax}


def go_through(built: Any, run: Run, how: How) -> Seen:
    """Ask a schedule for the rate of each count, or take the updates of an optimizer."""
    if not inspect.isfunction(built):
        return _transformed(built, run)
    import jax

    try:
        found = counted(jax.jit(built) if how.compiled else built, range(run.length))
    except Exception as error:
        return Seen(np.empty((1, 0)), type(error).__name__)
    if how.weigh and not how.compiled:
        import optax

        moved = _transformed(optax.sgd(built), run, found.dtype)
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


#: List the rows of the schedules that optax computes itself.
schedules = in_order(constants, lines, powers, decays, cosines, steps, interpolated)

#: List the rows of schedules made of others.
compositions = in_order(warmed, cycles, joins)

HOME = Home(
    parts={"schedules": schedules, "compositions": compositions}
    | by_name(functions, settings, plateaus, refused),
    packages=("optax", "jax", "jaxlib"),
    scope=scope,
    drive=go_through,
    weighed=30,
    numpy=2,
    marker="jax",
)
