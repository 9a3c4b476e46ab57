"""MLX: its texts, and how they are run for real."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases._case import Case, by_name
from tests.conformance.cases._home import Home, How, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

RATES = ("0.1", "1e-5", "0.0", "1", "3e-4")


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name."""
    home: Any = optimizers()
    schedules = {name: getattr(home, name) for name in dir(home.schedulers)
                 if name[0].islower() and hasattr(home, name)}  # fmt: skip
    return schedules | {"mlx": importlib.import_module("mlx")}


def go_through(built: Any, run: Run, how: How) -> Seen:
    """Take updates with gradient 1; the rate of each is how far a parameter at 0 has moved."""
    core: Any = importlib.import_module("mlx.core")
    moved = []
    try:
        if not isinstance(built, optimizers().Optimizer):
            built = optimizers().SGD(built)

        def update() -> Any:
            return built.apply_gradients({"w": core.array(1.0)}, {"w": core.array(0.0)})["w"]

        if how.compiled:
            built.init({"w": core.array(0.0)})
            update = core.compile(update, inputs=built.state, outputs=built.state)
        for _ in range(run.length):
            by = 0.0 - update().item()
            moved.append(built.learning_rate.item())
            assert by == np.float32(moved[-1]), (by, moved[-1])
    except Exception as error:
        return Seen(np.array([moved], np.float32), type(error).__name__)
    return Seen(np.array([moved], np.float32))


def optimizers() -> Any:
    """Import what schedules are given to."""
    return importlib.import_module("mlx.optimizers")


def schedules() -> Iterator[Case]:
    """Vary each schedule."""
    for name in ("linear_schedule(0.1, 0.0, {})", "linear_schedule(1e-7, 3e-4, {})",
                 "cosine_decay(0.1, {})", "cosine_decay(3e-4, {}, 1e-5)",
                 "cosine_decay(0.0, {}, end=0.1)", "step_decay(0.1, 0.5, {})",
                 "step_decay(0.1, 0.9, step_size={})"):  # fmt: skip
        for steps in (1, 2, 3, 7, 10, 23, 41, 100, 7.0, 9.5, "True"):
            text, length = name.format(steps), 60 if steps != 100 else 105
            between = "it steps between updates" if steps == 9.5 and "step_d" in name else None
            yield Case(text, text, length, unsaid=between)
    yield Case("long", "mlx.optimizers.cosine_decay(1e-3, 3000)", 3005)
    for first in RATES:
        for rate in ("0.9", "0.5", "1.0", "1.1", "0.999", "0.0", "-0.5", "1e-30"):
            yield Case(
                f"decay-{first}-{rate}", f"mlx.optimizers.exponential_decay({first}, {rate})", 40
            )
    yield Case("keywords", "exponential_decay(decay_rate=0.7, init=0.3)")
    yield Case("module", "mlx.optimizers.schedulers.linear_schedule(0.0, 0.1, steps=12)")


def joins() -> Iterator[Case]:
    """Join schedules, functions of the count among them."""
    up, down = "linear_schedule(0.0, 0.1, 10)", "cosine_decay(0.1, 20, 0.01)"
    for schedules, boundaries in (
        (f"[{up}, {down}]", "[10]"), (f"[{up}, {down}]", "[11]"), (f"[{up}, {down}]", "[0]"),
        (f"[{up}, {down}]", "[-1]"), (f"[{up}, {down}]", "[10.5]"), (f"[{up}]", "[]"),
        (f"[{up}, lambda _: 0.1, {down}]", "[10, 15]"), (f"[{up}, {down}, {up}]", "[20, 10]"),
        (f"[lambda _: 1e-3, {down}]", "[5]"), (f"[{up}, exponential_decay(0.1, 0.9)]", "[10]"),
        (f"[{up}, step_decay(0.1, 0.5, 4), {down}]", "[3, 17]"), (f"({up}, {down})", "(7,)"),
        (f"[{down}, {down}, {down}]", "[12, 24]"), (f"[{up}, {down}, {up}]", "[10, 10]"),
        (f"[join_schedules([{up}, {down}], [4]), {up}]", "[9]"), (f"[{up}, {down}]", "[True]"),
        (f"[{up}, step_decay(0.1, 0.5, 4)]", "[2.5]"), (f"[{down}, {up}, {down}]", "[-3, 6]"),
    ):  # fmt: skip
        text = f"mlx.optimizers.join_schedules({schedules}, {boundaries})"
        yield Case(f"join-{schedules}-{boundaries}", text, 45)


def given() -> Iterator[Case]:
    """Give them to optimizers, and compile an update with one."""
    for text in (
        "cosine_decay(0.1, 12)", "linear_schedule(0.0, 0.1, 7)", "step_decay(0.1, 0.3, 5)",
        "exponential_decay(0.1, 0.97)",
        "join_schedules([linear_schedule(0, 1e-3, 5), cosine_decay(1e-3, 15)], [5])",
    ):  # fmt: skip
        yield Case(f"compiled-{text}", text, compiled=True)
        yield Case(f"given-{text}", f"mlx.optimizers.SGD(learning_rate={text})")


def refused() -> Iterator[Case]:
    """Give each what it refuses."""
    for text in (
        "linear_schedule(0.0, 0.1, 0)", "linear_schedule(0.0, 0.1, None)",
        "linear_schedule(0.0, None, 5)", "linear_schedule(2**63, 0.1, 5)",
        "cosine_decay(0.1, 0)", "cosine_decay(0.1, -3, 0.1)", "cosine_decay(0.1, 0.5)",
        "cosine_decay(0.1, None)", "cosine_decay(0.1, 5, None)", "cosine_decay(0.1, 2**63)",
        "step_decay(0.1, 0.5, 0)", "step_decay(0.1, 0.5, None)", "step_decay(0.1, 0.5, 2**63)",
        "step_decay(0.1, None, 5)", "exponential_decay(0.1, None)", "exponential_decay(None, 0.5)",
        "exponential_decay(2**63, 0.5)", "exponential_decay('0.1', 0.5)", "join_schedules([], [])",
        "join_schedules([cosine_decay(0.1, 5)], [2])", "join_schedules([cosine_decay(0.1, 5)] * 2,"
        " [None])", "join_schedules([cosine_decay(0.1, 0)], [])",
        "join_schedules([cosine_decay(0.1, 5)] * 2, [2**63])",
        "join_schedules([cosine_decay(0.1, 5)] * 3, [2])",
    ):  # fmt: skip
        yield Case(f"refused-{text}", f"mlx.optimizers.{text}", 3, raises=True)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a call, its run, and whether the update is compiled."""
    rates, steps = st.floats(1e-7, 1.0), st.integers(1, 400)

    def one() -> str:
        a, b, T = draw(rates), draw(rates), draw(steps)
        return draw(st.sampled_from((
            f"linear_schedule({a}, {b}, {T})", f"cosine_decay({a}, {T}, {b})",
            f"step_decay({a}, {b}, {T})", f"exponential_decay({a}, {1 - b / 50})",
        )))  # fmt: skip

    parts = [one() for _ in range(draw(st.integers(1, 3)))]
    at = sorted(draw(st.lists(steps, min_size=len(parts) - 1, max_size=len(parts) - 1)))
    text = f"join_schedules([{', '.join(parts)}], {at})" if at else parts[0]
    return f"mlx.optimizers.{text}", Run(draw(st.integers(1, 300))), draw(st.booleans())


HOME = Home(
    parts=by_name(schedules, joins, given, refused),
    packages=("mlx",),
    scope=scope,
    drive=go_through,
    drawn=drawn,
)
