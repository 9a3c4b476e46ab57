"""What hypothesis draws: texts of calls as users write them, and runs."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from isorate import Run

# --- numbers -----------------------------------------------------------------------------------

USUAL = st.sampled_from([0.1, 0.001, 1.0, 0.3, 5e-5, 0.05, 3e-4, 0.4])


def rates(least: float = 0.0, most: float = 10.0) -> st.SearchStrategy[float]:
    """Rates, usual ones and others."""
    usual = USUAL.filter(lambda rate: least <= rate <= most)
    return st.one_of(usual, st.floats(least, most), st.floats(least, min(most, 1e-3)))


etas = st.one_of(
    st.sampled_from([0, 0.0, 0, 0.0, 1e-5, 0.001, 1, -0.0]), rates(), st.floats(-1.0, 1.0)
)

lengths = st.one_of(st.integers(1, 20), st.integers(21, 400), st.sampled_from([1000, 1024, 3600]))

T_maxes: st.SearchStrategy[Any] = st.one_of(
    lengths,
    lengths,
    lengths.map(lambda T: -T),
    st.floats(0.1, 60.0),
    st.sampled_from([2.5, 10.0, 0.5, 1e-3, True, math.inf, math.nan, 65000, 12860, 10**6, 1e300]),
    st.integers(10**4, 10**9),
)


def literal(value: Any) -> str:
    """Return a number as Python source."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value}')"
    return repr(value)


# --- runs --------------------------------------------------------------------------------------


@st.composite
def runs(draw: st.DrawFn, T_max: float) -> Run:
    """Runs of up to three and a half periods of 2·T_max, where that is a few thousand updates."""
    longest = int(min(max(7 * abs(T_max), 4), 3000)) if math.isfinite(T_max) else 35
    updates = draw(st.one_of(st.just(longest), st.just(longest), st.integers(1, longest)))
    if draw(st.integers(0, 3)):
        return Run(updates)
    every = draw(st.integers(1, 7))
    stepped = draw(st.sampled_from(["update", "epoch", "epoch"]))
    return Run(updates, updates_per_epoch=every, step_every=stepped)  # type: ignore[arg-type]


# --- optimizers --------------------------------------------------------------------------------


@st.composite
def optimizers(
    draw: st.DrawFn,
    constructor: str,
    package: str,
    *,
    T_max: float,
    eta_min: float,
    last_epoch: int,
) -> str:
    """Optimizers with one to three groups, rates as floats or tensors, fresh or resumed."""
    kinds = [None, None, "float32", "float64"] if package == "torch" else [None, None, "float32"]
    tensor = draw(st.sampled_from(kinds))
    groups = []
    for index in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        start = draw(rates())
        items = {"params": f"params_{index}", "lr": _rate(start, tensor, package)}
        if last_epoch != -1 or draw(st.integers(0, 9)) == 9:
            lr = draw(_resting(start, T_max, eta_min, last_epoch))
            items["lr"] = _rate(lr, tensor, package)
            items["initial_lr"] = _rate(start, tensor, package)
        groups.append(items)
    first = groups[0]
    if len(groups) == 1 and "initial_lr" not in first:
        return f"{constructor}(params, lr={first['lr']})"
    listed = ", ".join(
        "{" + ", ".join(f"'{key}': {value}" for key, value in items.items()) + "}"
        for items in groups
    )
    return f"{constructor}([{listed}], lr={first['lr']})"


@st.composite
def annealed(
    draw: st.DrawFn, constructor: str, package: str, T_max: Any, eta_min: Any, last_epoch: int
) -> str:
    """Return a CosineAnnealingLR of such arguments; usual ones may stand in it or not."""
    known: dict[str, Any] = {"T_max": T_max, "eta_min": float(eta_min), "last_epoch": last_epoch}
    arguments = [draw(optimizers(constructor, package, **known)), f"T_max={literal(T_max)}"]
    if eta_min != 0 or draw(st.booleans()):
        arguments.append(f"eta_min={literal(eta_min)}")
    if last_epoch != -1:
        arguments.append(f"last_epoch={last_epoch}")
    return f"CosineAnnealingLR({', '.join(arguments)})"


def _resting(start: float, T: float, eta: float, last_epoch: int) -> st.SearchStrategy[float]:
    """Rates that a resumed group may hold: where it stood, one further, the start, any other."""

    def closed(t: float) -> float:
        return max(eta + (start - eta) * (1 + math.cos(math.pi * t / T)) / 2, 0.0)

    if T == 0 or not math.isfinite(T) or math.isinf(math.pi * (abs(last_epoch) + 1) / T):
        return st.one_of(st.just(start), rates())
    here = [start, closed(last_epoch), closed(last_epoch + 1), max(eta, 0.0)]
    return st.one_of(st.sampled_from(here), rates())


def _rate(value: float, tensor: str | None, package: str) -> str:
    if tensor is None:
        return repr(value)
    dtype = "" if tensor == "float32" else f", dtype={package}.{tensor}"
    return f"{package}.tensor({value!r}{dtype})"
