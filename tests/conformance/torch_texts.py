"""Texts of torch's schedulers as hypothesis draws them: usual arguments, edges, and wrong ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.conformance.drawing import etas, literal, rates

SGD = "torch.optim.SGD"

counts = st.one_of(st.integers(1, 8), st.integers(1, 60), st.sampled_from([1, 2, 3, 100, 1000]))
#: Counts that nobody means, and torch takes or refuses.
odd_counts: st.SearchStrategy[Any] = st.sampled_from([0, -3, 2.5, 4.0, True, None, "3", 0.0])
factors = st.one_of(
    st.sampled_from([0.1, 0.5, 0.9, 1.0, 1.0 / 3, 0.0, 0.95, 0.99, 1]), st.floats(0.0, 1.0)
)
gammas = st.one_of(factors, st.sampled_from([1.01, 2, -0.9, 0.999, 1e-3, 10.0]))

FUNCTIONS = (
    "lambda t: 0.95",
    "lambda t: 0.95 ** t",
    "lambda t: min(1.0, (t + 1) / 8)",
    "lambda t: 1 if t < 5 else 0.5",
    "lambda t: 1 / (1 + t)",
    "lambda t: 0.5 * (1 + math.cos(math.pi * t / 20))",
    "lambda t: 1 / (9 - t)",
    "lambda t: 2 - t",
)
functions = st.sampled_from(FUNCTIONS)


def mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw the usual nineteen times out of twenty."""
    return st.one_of(*[usual] * 19, odd)


def written(**arguments: Any) -> str:
    """Write arguments as keywords."""
    parts = []
    for name, value in arguments.items():
        text = value if isinstance(value, str) and value.startswith("lambda") else literal(value)
        parts.append(f"{name}={text}")
    return ", ".join(parts)


@st.composite
def lambda_lr(draw: st.DrawFn, groups: int) -> str:
    many = draw(st.booleans()) and groups > 1
    return f"[{', '.join(draw(functions) for _ in range(groups))}]" if many else draw(functions)


multiplicative_lr = lambda_lr


@st.composite
def step_lr(draw: st.DrawFn, groups: int) -> str:
    return written(step_size=draw(mostly(counts, odd_counts)), gamma=draw(gammas))


@st.composite
def multi_step_lr(draw: st.DrawFn, groups: int) -> str:
    milestones = draw(st.lists(st.integers(-1, 60), max_size=5))
    return f"{milestones}, {written(gamma=draw(gammas))}"


@st.composite
def constant_lr(draw: st.DrawFn, groups: int) -> str:
    factor = draw(mostly(factors, st.sampled_from([1.5, -0.1, "0.5", None])))
    return written(factor=factor, total_iters=draw(mostly(counts, odd_counts)))


@st.composite
def linear_lr(draw: st.DrawFn, groups: int) -> str:
    odd = st.sampled_from([0.0, 1.5, -0.1, "1", None])
    return written(
        start_factor=draw(mostly(factors.filter(bool), odd)),
        end_factor=draw(mostly(factors, odd)),
        total_iters=draw(mostly(counts, odd_counts)),
    )


@st.composite
def exponential_lr(draw: st.DrawFn, groups: int) -> str:
    return written(gamma=draw(mostly(gammas, st.sampled_from([None, "0.9", 1e200, -1e200]))))


@st.composite
def polynomial_lr(draw: st.DrawFn, groups: int) -> str:
    powers = st.one_of(st.sampled_from([1.0, 2, 0.5, 0.9, 3.0, 0]), st.floats(0.1, 4.0))
    return written(
        total_iters=draw(mostly(counts, odd_counts)),
        power=draw(mostly(powers, st.sampled_from([-1, None, "1", -0.5]))),
    )


@st.composite
def cosine_annealing_lr(draw: st.DrawFn, groups: int) -> str:
    T_max = draw(mostly(counts, odd_counts))
    return written(T_max=T_max, eta_min=draw(etas))


@st.composite
def warm_restarts(draw: st.DrawFn, groups: int) -> str:
    odd = st.sampled_from([0, -2, 2.0, True, None, "3"])
    return written(
        T_0=draw(mostly(counts, odd)),
        T_mult=draw(mostly(st.integers(1, 3), odd)),
        eta_min=draw(mostly(etas, st.sampled_from(["0", None]))),
    )


@st.composite
def cyclic_lr(draw: st.DrawFn, groups: int) -> str:
    low, high = draw(rates(1e-4)), draw(rates(1e-4))
    many = groups > 1 and draw(st.booleans())
    mode = draw(st.sampled_from(["triangular", "triangular2", "exp_range"]))
    arguments: dict[str, Any] = {
        "base_lr": [low, high, low][:groups] if many else low,
        "max_lr": [high, low, 2 * high][:groups] if many else high,
        "step_size_up": draw(mostly(counts, odd_counts)),
        "step_size_down": draw(st.one_of(st.none(), mostly(counts, odd_counts))),
        "mode": draw(mostly(st.just(mode), st.just("square"))),
        "gamma": draw(st.sampled_from([1.0, 0.99, 0.5, 1.1, 1, 2, 40.0])),
        "cycle_momentum": draw(st.booleans()),
    }
    if draw(st.integers(0, 4)) == 0:
        arguments["scale_fn"] = draw(functions)
        arguments["scale_mode"] = draw(st.sampled_from(["cycle", "iterations", "x"]))
    return written(**arguments)


@st.composite
def one_cycle_lr(draw: st.DrawFn, groups: int) -> str:
    high = draw(rates(1e-4))
    many = groups > 1 and draw(st.booleans())
    arguments: dict[str, Any] = {"max_lr": [high, 0.5, 0.1][:groups] if many else high}
    if draw(st.booleans()):
        arguments["total_steps"] = draw(mostly(counts, odd_counts))
    else:
        arguments["epochs"] = draw(mostly(counts, odd_counts))
        arguments["steps_per_epoch"] = draw(mostly(st.integers(1, 6), odd_counts))
    arguments["pct_start"] = draw(
        mostly(
            st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.3, 0.5, 0.25, 0.1, 0.0, 1.0])),
            st.sampled_from([0, 1, -0.1, 1.5]),
        )
    )
    arguments["anneal_strategy"] = draw(mostly(st.sampled_from(["cos", "linear"]), st.just("exp")))
    arguments["cycle_momentum"] = draw(st.booleans())
    arguments["div_factor"] = draw(st.sampled_from([25.0, 10, 4.0, 1.0, 0.5]))
    arguments["final_div_factor"] = draw(st.sampled_from([1e4, 100, 1.0, 1000.0]))
    arguments["three_phase"] = draw(st.booleans())
    return written(**arguments)


@st.composite
def swa_lr(draw: st.DrawFn, groups: int) -> str:
    rate = draw(rates())
    many = groups > 1 and draw(st.booleans())
    return written(
        swa_lr=[rate, 0.01, 0.5][:groups] if many else rate,
        anneal_epochs=draw(mostly(st.integers(0, 30), st.sampled_from([-1, 2.5, None, True]))),
        anneal_strategy=draw(mostly(st.sampled_from(["cos", "linear"]), st.just("exp"))),
    )


#: The arguments of every scheduler of its own, but for the optimizer and ``last_epoch``.
ARGUMENTS: dict[str, Any] = {
    "LambdaLR": lambda_lr,
    "MultiplicativeLR": multiplicative_lr,
    "StepLR": step_lr,
    "MultiStepLR": multi_step_lr,
    "ConstantLR": constant_lr,
    "LinearLR": linear_lr,
    "ExponentialLR": exponential_lr,
    "PolynomialLR": polynomial_lr,
    "CosineAnnealingLR": cosine_annealing_lr,
    "CosineAnnealingWarmRestarts": warm_restarts,
    "CyclicLR": cyclic_lr,
    "OneCycleLR": one_cycle_lr,
    "SWALR": swa_lr,
}


@st.composite
def optimizers(draw: st.DrawFn, groups: int, *, resumed: bool) -> str:
    """Draw an optimizer of some groups: floats or tensors, fresh or as a checkpoint left it."""
    tensor = draw(st.sampled_from([None, None, None, "float32", "float64"]))

    def rate(value: float) -> str:
        dtype = f", dtype=torch.{tensor}" if tensor == "float64" else ""
        return f"torch.tensor({value!r}{dtype})" if tensor else literal(value)

    written_groups = []
    for index in range(groups):
        items = {"'params'": f"params_{index}", "'lr'": rate(draw(rates()))}
        if resumed or draw(st.integers(0, 9)) == 9:
            items["'initial_lr'"] = rate(draw(rates()))
        if resumed and draw(st.integers(0, 3)):
            items |= {"'max_lr'": literal(draw(rates())), "'min_lr'": literal(draw(rates()))}
            items |= {"'max_momentum'": "0.95", "'base_momentum'": "0.85"}
        written_groups.append("{" + ", ".join(f"{k}: {v}" for k, v in items.items()) + "}")
    return f"{SGD}([{', '.join(written_groups)}], lr=0.1)"


@st.composite
def schedulers(draw: st.DrawFn, name: str) -> str:
    """Draw a call of one scheduler with its optimizer, resumed one time in three."""
    last_epoch = draw(
        st.one_of(st.just(-1), st.just(-1), st.integers(0, 40), st.sampled_from([-2, 4, 9]))
    )
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    optimizer = draw(optimizers(groups, resumed=last_epoch != -1))
    arguments = draw(ARGUMENTS[name](groups))
    resumed = f", last_epoch={last_epoch}" if last_epoch != -1 else ""
    return f"{name}({optimizer}, {arguments}{resumed})"


@st.composite
def members(draw: st.DrawFn, groups: int, depth: int) -> str:
    """Draw a scheduler that another one holds, on the optimizer of that name."""
    if depth and draw(st.integers(0, 3)) == 0:
        return draw(compositions(groups, depth - 1))
    name = draw(st.sampled_from(list(ARGUMENTS)))
    return f"{name}(optimizer, {draw(ARGUMENTS[name](groups))})"


@st.composite
def compositions(draw: st.DrawFn, groups: int, depth: int) -> str:
    """Draw a SequentialLR or a ChainedScheduler of two to four members, some of them nested."""
    held = [draw(members(groups, depth)) for _ in range(draw(st.sampled_from([2, 2, 3, 4])))]
    if draw(st.integers(0, 2)) == 0:
        return f"ChainedScheduler([{', '.join(held)}])"
    milestones = draw(st.lists(st.integers(0, 20), min_size=len(held) - 1, max_size=len(held) - 1))
    if draw(st.integers(0, 5)):
        milestones.sort()
    if draw(st.integers(0, 29)) == 0:
        milestones.append(30)
    return f"SequentialLR(optimizer, schedulers=[{', '.join(held)}], milestones={milestones})"


@st.composite
def composed(draw: st.DrawFn) -> str:
    """Draw a composition, and name its optimizer where Python comes to it first."""
    groups = draw(st.sampled_from([1, 1, 1, 2]))
    text = draw(compositions(groups, 2))
    optimizer = draw(optimizers(groups, resumed=False))
    return text.replace("(optimizer, ", f"(optimizer := {optimizer}, ", 1)
