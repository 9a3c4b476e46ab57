"""The schedules of transformers and of diffusers beside native arithmetic: every bit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

pytest.importorskip("transformers")

from isorate import Run, convert
from isorate.dialects import diffusers
from isorate.dialects.transformers import NAMES
from isorate.schedule.errors import RunError
from tests.calls import read
from tests.conformance.agreement import assert_agree
from tests.conformance.drawing import literal, rates
from tests.conformance.frameworks import drive

pytestmark = pytest.mark.torch

SGD = "torch.optim.SGD"

whole = st.one_of(st.integers(0, 40), st.sampled_from([0, 1, 2, 10, 100]))
#: Numbers of steps that scripts come to, and that nobody means.
steps: st.SearchStrategy[Any] = st.one_of(
    *[whole] * 8, st.floats(0, 40), st.sampled_from([2.5, 62.5, -3, 10.0, True, "5", None])
)
shares: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([0.0, 0.1, 0.01, 0.5, 1, 0, 1.5, -0.1]), st.floats(0.0, 1.0)
)
cycles: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([0.5, 1, 2, 3, 0.25, 1.5, 0, -0.5, 7]), st.floats(0.0, 5.0)
)
curves = st.sampled_from(["linear", "cosine", "1-sqrt", "linear", "cosine", "1-sqrt", "other"])
#: What each argument is drawn from.
ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "num_warmup_steps": steps,
    "num_training_steps": steps,
    "num_decay_steps": steps,
    "num_stable_steps": steps,
    "timescale": st.one_of(st.integers(1, 60), st.sampled_from([None, 0, -1, 2.5, 10_000])),
    "num_cycles": cycles,
    "f_min": shares,
    "f_max": shares,
    "step_rules": st.sampled_from(
        ["1:10,0.1:20,0.005", "0.5", "1:-1,0.3", "0.1:20,1:10,1:10,.2", "1:2:3,4", "1:a,2", None]
    ),
    "lr_end": st.one_of(st.sampled_from([0.0, 1e-7, 1e-3, 0, 0.2, -0.01]), st.floats(0.0, 1e-2)),
    "power": st.sampled_from([1.0, 2.0, 0.5, 1, 3, 0, -1, 0.9]),
    "min_lr": st.one_of(st.none(), shares),
    "min_lr_rate": st.one_of(st.none(), shares),
    "warmup_lr_rate": st.one_of(st.none(), shares),
    "min_lr_ratio": shares,
    "warmup_type": curves,
    "decay_type": curves,
    "mode": st.sampled_from(["min", "max"]),
    "factor": st.sampled_from([0.1, 0.5, 1.5]),
    "patience": st.integers(0, 3),
    "threshold": st.sampled_from([1e-4, 0.1, 0.0]),
    "threshold_mode": st.sampled_from(["rel", "abs"]),
    "cooldown": st.integers(0, 2),
    "eps": st.sampled_from([1e-8, 0.0]),
}
FUNCTIONS = list(NAMES.values())
BOTH = [*FUNCTIONS, *diffusers.NAMES.values()]
METRICS = [1.0, 0.9, 0.8, 0.8, 0.8, 0.8, 0.7, 0.7, 0.7, 0.7, 0.7, 0.9, 0.9, 0.9, 0.1, 0.1] * 6

loops = st.one_of(
    st.integers(1, 90).map(lambda n: Run(n, metrics=METRICS)),
    st.integers(1, 90).map(lambda n: Run(n, metrics=METRICS)),
    st.builds(
        lambda n, every: Run(n, updates_per_epoch=every, step_every="epoch", metrics=METRICS),
        st.integers(1, 90),
        st.integers(1, 4),
    ),
)


@st.composite
def optimizers(draw: st.DrawFn, *, resumed: bool) -> str:
    """Draw an optimizer: one to three groups, with rates of their own or not, floats or tensors."""
    kind = draw(st.sampled_from(["{!r}", "{!r}", "torch.tensor({!r})"]))
    double = draw(st.booleans())
    kind = kind.replace(")", ", dtype=torch.float64)") if double else kind

    def rate() -> str:
        return kind.format(draw(rates(1e-6)))

    if not resumed and draw(st.booleans()):
        return f"{SGD}(params, lr={rate()})"
    groups = []
    for index in range(draw(st.integers(1, 3))):
        entries = [f"'params': params_{index}"]
        entries += [f"'lr': {rate()}"] if draw(st.integers(0, 2)) else []
        entries += [f"'initial_lr': {rate()}"] if resumed else []
        groups.append(f"{{{', '.join(entries)}}}")
    return f"{SGD}([{', '.join(groups)}], lr={rate()})"


def arguments(draw: Any, kind: Any, given: tuple[str, ...]) -> dict[str, Any]:
    """Draw the arguments that a function has to be given, and some of the others."""
    drawn = {}
    for name in kind.parameters():
        wanted = name in ARGUMENTS and name not in given
        if wanted and (name not in kind.defaults() or draw(st.booleans())):
            drawn[name] = draw(ARGUMENTS[name])
    return drawn


@st.composite
def functions(draw: st.DrawFn, kind: Any, *, held: bool = False) -> str:
    """Draw a call of a function; one that another scheduler holds has that one's optimizer."""
    last_epoch = draw(st.sampled_from([-1, -1, -1, 0, 3, 20]))
    drawn = arguments(draw, kind, ())
    if held or "last_epoch" not in kind.parameters():
        last_epoch = -1
    optimizer = "optimizer" if held else draw(optimizers(resumed=last_epoch != -1))
    if last_epoch != -1:
        drawn["last_epoch"] = last_epoch
    written = [optimizer, *(f"{name}={literal(value)}" for name, value in drawn.items())]
    return f"{kind.card.name}({', '.join(written)})"


@st.composite
def composed(draw: st.DrawFn) -> str:
    """Draw one of torch's schedulers that holds some of transformers'."""
    kinds = draw(st.lists(st.sampled_from(FUNCTIONS), min_size=1, max_size=2))
    members = [draw(functions(kind, held=True)) for kind in kinds]
    members.insert(draw(st.integers(0, 1)), "ConstantLR(optimizer, 0.5, 4)")
    optimizer = f"(optimizer := {draw(optimizers(resumed=False))}"
    if draw(st.booleans()):
        text = f"ChainedScheduler([{', '.join(members)}])"
        return text.replace("(optimizer", optimizer, 1)
    return f"SequentialLR{optimizer}, [{', '.join(members)}], {[5, 11][: len(kinds)]})"


@st.composite
def by_name(draw: Any) -> str:
    name = draw(st.sampled_from([*NAMES, "polynomials"]))
    kind = NAMES.get(name) or FUNCTIONS[0]
    specific = arguments(draw, kind, ("num_warmup_steps", "num_training_steps"))
    odd = st.sampled_from(["foo", "num_warmup_steps", "last_epoch"])
    specific |= {draw(odd): 3} if draw(st.integers(0, 9)) == 9 else {}
    enumerated = f"SchedulerType.{name.replace('lr_on', 'on').upper()}"
    parts = [enumerated if name in NAMES and draw(st.booleans()) else repr(name)]
    parts.append(draw(optimizers(resumed=False)))
    parts += [f"num_warmup_steps={draw(steps)!r}"] if draw(st.integers(0, 9)) else []
    parts += [f"num_training_steps={draw(steps)!r}"] if draw(st.integers(0, 9)) else []
    parts += [f"scheduler_specific_kwargs={specific!r}"] if specific or draw(st.booleans()) else []
    return f"transformers.get_scheduler({', '.join(parts)})"


@st.composite
def by_other_name(draw: Any) -> str:
    name = draw(st.sampled_from([*diffusers.NAMES, "greedy"]))
    given = ("step_rules", "num_warmup_steps", "num_training_steps", "num_cycles", "power")
    parts = [f"SchedulerType.{name.upper()}" if draw(st.booleans()) else repr(name)]
    parts.append(draw(optimizers(resumed=False)))
    parts += [
        f"{each}={literal(draw(ARGUMENTS[each]))}" for each in given if draw(st.integers(0, 5))
    ]
    return f"diffusers.optimization.get_scheduler({', '.join(parts)})"


def agree(text: str, run: Run, framework: str = "transformers") -> None:
    """Assert that a package and native arithmetic agree on a text."""
    pytest.importorskip(framework)
    seen = drive(text, run, framework=framework)
    try:
        assert_agree(seen, read(text, dialect=framework), run)
    except RunError as error:
        assert "the groups share the optimizer's tensor" in str(error)
        reject()


@pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.card.name)
@given(data=st.data())
def test_function(kind: Any, data: st.DataObject) -> None:
    agree(data.draw(functions(kind)), data.draw(loops), kind.card.dialect)


@given(by_name(), loops)
def test_get_scheduler(text: str, run: Run) -> None:
    agree(text, run)


@given(by_other_name().filter(lambda text: "SchedulerType.GREEDY" not in text), loops)
def test_get_scheduler_of_diffusers(text: str, run: Run) -> None:
    agree(text, run, "diffusers")


@given(composed(), loops)
def test_composition(text: str, run: Run) -> None:
    seen = drive(text, run, framework="transformers")
    try:
        assert_agree(seen, read(text), run)
    except RunError as error:
        assert any(known in str(error) for known in ("share the optimizer's tensor", "complex"))
        reject()


#: One usual call of each function, which converts both ways.
USUAL = {
    "get_linear_schedule_with_warmup": "3, 14",
    "get_cosine_schedule_with_warmup": "3, 14",
    "get_cosine_with_hard_restarts_schedule_with_warmup": "3, 15, num_cycles=3",
    "get_polynomial_decay_schedule_with_warmup": "3, 14, lr_end=0.01, power=2.0",
    "get_constant_schedule": "",
    "get_constant_schedule_with_warmup": "5",
    "get_inverse_sqrt_schedule": "5",
    "get_reduce_on_plateau_schedule": "patience=1, factor=0.5",
    "get_cosine_with_min_lr_schedule_with_warmup": "3, 14, min_lr=0.01",
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate": "3, 14, min_lr_rate=0.1",
    "get_wsd_schedule": "3, 5, 14, min_lr_ratio=0.1",
}


@pytest.mark.mindspore
@pytest.mark.parametrize("to", ["torch", "mindspore", "transformers"])
@pytest.mark.parametrize("kind", FUNCTIONS, ids=lambda kind: kind.__name__)
def test_every_way_to_say_it_runs(kind: Any, to: str) -> None:
    arguments = ", ".join(filter(None, [f"{SGD}(params, lr=0.1)", USUAL[kind.__name__]]))
    call = read(f"transformers.{kind.__name__}({arguments})")
    conversion = convert(call, to=to, run=Run(24, metrics=METRICS))
    assert conversion.ways[0].comparison.equal
    for way in conversion.ways:
        home = "transformers" if way.call.dialect == "transformers" else way.call.card.runs_in
        assert_agree(drive(way.code, way.run, framework=home), way.call, way.run)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SequentialLR(o := SGD(params, lr=0.1), [LinearLR(o, 1e-9, 1.0, 5), "
         "CosineAnnealingLR(o, 20)], [5])", None),
        ("LambdaLR(SGD(params, lr=0.1), lambda t: 0.5)", "get_constant_schedule"),
        ("LinearLR(SGD(params, lr=0.1), 1.0, 0.0, 12)", "get_linear_schedule_with_warmup"),
        ("CosineAnnealingLR(SGD(params, lr=0.1), 12)", "get_cosine_schedule_with_warmup"),
        ("CosineAnnealingLR(SGD(params, lr=0.1), 12, 0.01)",
         "get_cosine_with_min_lr_schedule_with_warmup"),
        ("PolynomialLR(SGD(params, lr=0.1), 12, 2.0)", "get_polynomial_decay_schedule_with_warmup"),
        ("mindspore.nn.cosine_decay_lr(0.0, 0.1, 12, 1, 12)", "get_cosine_schedule_with_warmup"),
        ("mindspore.nn.warmup_lr(0.1, 20, 1, 5)", "get_constant_schedule_with_warmup"),
        ("mindspore.nn.warmup_lr(0.1, 5, 1, 5) + "
         "mindspore.nn.polynomial_decay_lr(0.1, 0.0, 12, 1, 12, 1.0)",
         "get_linear_schedule_with_warmup"),
        ("ReduceLROnPlateau(SGD(params, lr=0.1), patience=1)", "get_reduce_on_plateau_schedule"),
    ],
)  # fmt: skip
def test_others_are_said_by_transformers(text: str, name: str | None) -> None:
    run = Run(12, metrics=METRICS)
    conversion = convert(read(text), to="transformers", run=run)
    equal = [way for way in conversion.ways if way.comparison.equal]
    assert name is None or name in [way.call.name for way in equal]
    for way in conversion.ways:
        assert_agree(drive(way.code, way.run, framework="transformers"), way.call, way.run)
