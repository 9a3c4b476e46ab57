"""Texts of torch's schedulers with arguments of every kind that Python and torch tell apart.

Integers where floats are usual and the other way round, numbers beyond float32 and float64, signs
of zero, infinities, bools, tensors, and last_epoch as anything: what is drawn seldom or never in
``torch_texts``.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from isorate.dialects import torch
from tests.conformance.drawing import literal
from tests.conformance.torch_texts import ARGUMENTS

SGD = "torch.optim.SGD"

WHOLE = [0, 1, 2, 3, 5, -1, -2, 7, 10, 60, 2**24 + 1, 2**53 + 1, 2**62, 2**63 - 1, -(2**63)]
BROKEN = [0.1, 0.5, 1.0, 2.0, 0.9, 0.0, -0.0, -0.5, 3.5, 4.0, 1e-5, 1e-320, 1e39, -1e39, 1e300]
ODD = [True, False, float("inf"), float("nan"), -float("inf"), None, "3", "0.1", [0.1]]
numbers = st.one_of(*[st.sampled_from(WHOLE), st.sampled_from(BROKEN)] * 4, st.sampled_from(ODD))
#: What most schedulers take: where everything is odd, nearly all that torch does is raise.
TAKEN: dict[str, list[Any]] = {
    **{name: [0.5, 1, 0.25, True, 1.0, 0] for name in ["factor", "start_factor", "end_factor"]},
    **{name: [1, 2, 3, 9, True] for name in ["T_0", "T_mult", "epochs", "steps_per_epoch"]},
    **{name: [1, 2, 3, 5, 8, 2.0, 2.5] for name in ["step_size", "T_max", "total_iters"]},
    **{name: [1, 2, 3, 2.5] for name in ["step_size_up", "step_size_down"]},
    "total_steps": [2, 5, 10, 100, True],
    "pct_start": [0.3, 0.5, 0.1, 1.0, 0.0],
    "anneal_epochs": [0, 1, 5, True],
    "mode": ["triangular", "triangular2", "exp_range"],
    "scale_mode": ["cycle", "iterations"],
    "anneal_strategy": ["cos", "linear"],
}
#: Optional arguments that decide which others count: left out or drawn, but not odd.
LEFT_OUT = ("scale_fn", "step_size_down", "epochs", "steps_per_epoch", "base_momentum")

FUNCTIONS = [
    *["1", "-t", "t", "3 ** t", "0.5 ** t", "t - 3", "t < 4", "(1, 2, 0.5)[t % 3]", "2 ** 60 * t"],
    *["1 / (5 - t)", "-0.0", "0", "1 if t < 5 else 0.5", "(-1) ** t", "t // 2", "t / 7"],
    *["10 ** (10 * t)", "-(10 ** (10 * t))", "None", "1e300 * t", "0 * -t", "-1 * (t > 3)", "True"],
    *["1 / 3 ** (100 * t)", "(t - 4) ** -1", "float('inf')", "int(t)", "math.floor(t)"],
]
functions = st.sampled_from([f"lambda t: {function}" for function in FUNCTIONS])

LAST = [2.0, 3.5, True, False, -2, -1.0, -3.5, 0, 5, 0.0, -0.0, -0.5, 7, 1e16, 2**53 + 1]
last_epochs = st.sampled_from([*LAST, None, "3", float("nan"), float("inf"), [1]])


@st.composite
def arguments(draw: st.DrawFn, name: str, groups: int) -> str:
    """Draw a scheduler's arguments after the optimizer, but for ``last_epoch``."""
    constructor: Any = getattr(torch, name)
    defaults = constructor.defaults()
    parts = [""]
    for field in constructor.__struct_fields__[1:-1]:
        if field in defaults and draw(st.booleans()) and field != "total_steps":
            continue
        if field in LEFT_OUT and draw(st.integers(0, 2)):
            continue
        parts.append(f"{field}={draw(_argument(field, defaults.get(field), groups))}")
    return ", ".join(parts)


@st.composite
def _argument(draw: st.DrawFn, field: str, default: Any, groups: int) -> str:
    if field in ("lr_lambda", "scale_fn"):
        return draw(functions)
    if field == "milestones":
        whole = st.one_of(st.integers(0, 40).map(literal), st.sampled_from(["2.0", "True", "3"]))
        return f"[{', '.join(draw(st.lists(whole, max_size=5)))}]"
    if isinstance(default, bool):
        return literal(draw(st.booleans()))
    value = numbers
    if field in TAKEN and draw(st.integers(0, 9)):
        value = st.sampled_from(TAKEN[field])
    if field in ("base_lr", "max_lr", "swa_lr") and groups > 1 and draw(st.booleans()):
        return f"[{', '.join(literal(draw(value)) for _ in range(groups))}]"
    return literal(draw(value))


@st.composite
def optimizers(draw: st.DrawFn, groups: int, *, resumed: bool) -> str:
    """Draw an optimizer whose rates are integers, floats or tensors of floats."""
    tensor = draw(st.sampled_from([None, None, "float32", "float64"]))
    rates = [0, 1, 2, 3, 10, 100, 2**53 + 1, 2**62, 0.1, 0.5, 1.0, 0.0, -0.0, 1e300, 1e38, 1e-40]

    def rate() -> str:
        value = draw(st.sampled_from(rates))
        dtype = f", dtype=torch.{tensor}"
        return f"torch.tensor({float(value)!r}{dtype})" if tensor else literal(value)

    written = []
    for index in range(groups):
        items = {"'params'": f"params_{index}", "'lr'": rate()}
        if draw(st.integers(0, 9)) < (9 if resumed else 1):
            items["'initial_lr'"] = rate()
        if resumed and draw(st.booleans()):
            items |= {"'max_lr'": draw(st.sampled_from(["1", "0.5"])), "'min_lr'": "0"}
            items |= {"'max_momentum'": "0.95", "'base_momentum'": "0.85"}
        written.append("{" + ", ".join(f"{k}: {v}" for k, v in items.items()) + "}")
    return f"{SGD}([{', '.join(written)}], lr=0.1)"


@st.composite
def schedulers(draw: st.DrawFn, name: str) -> str:
    """Draw a call of one scheduler with its optimizer, resumed one time in three."""
    groups = draw(st.sampled_from([1, 1, 2]))
    resumed = draw(st.integers(0, 2)) == 0
    last = f", last_epoch={literal(draw(last_epochs))}" if resumed else ""
    optimizer = draw(optimizers(groups, resumed=resumed))
    return f"{name}({optimizer}{draw(arguments(name, groups))}{last})"


@st.composite
def compositions(draw: st.DrawFn) -> str:
    """Draw a SequentialLR or a ChainedScheduler of two or three."""
    groups = draw(st.sampled_from([1, 1, 2]))
    held = []
    for _ in range(draw(st.sampled_from([2, 2, 3]))):
        name = draw(st.sampled_from(list(ARGUMENTS)))
        held.append(f"{name}(optimizer{draw(arguments(name, groups))})")
    text = f"ChainedScheduler([{', '.join(held)}])"
    if draw(st.integers(0, 2)):
        milestones = draw(st.lists(st.sampled_from([*WHOLE[1:9], 2.0, 3.5, True]), max_size=9))
        milestones = sorted([*milestones, 12, 30])[: len(held) - 1]
        last = f", last_epoch={literal(draw(last_epochs))}" if not draw(st.integers(0, 9)) else ""
        text = f"SequentialLR(optimizer, [{', '.join(held)}], {milestones}{last})"
    optimizer = draw(optimizers(groups, resumed=False))
    return text.replace("(optimizer", f"(optimizer := {optimizer}", 1)
