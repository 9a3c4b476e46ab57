"""Functions of the count that texts have themselves, beside what the frameworks computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isorate import Run, convert, simulate
from isorate.schedule.errors import IsorateError, ReadError
from tests.calls import read

CASES = json.loads((Path(__file__).parent / "cases" / "own_schedules.json").read_text())


def rates_of(call: Any, updates: int) -> Any:
    return np.concatenate([block[0] for block in call.native(updates)])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_rates_are_those_that_were_computed(case: dict[str, Any]) -> None:
    at, real = zip(*case["rates"], strict=True)
    found = rates_of(read("\n".join(case["text"])), at[-1] + 1)[list(at)].astype(np.float32)
    computed = np.array(real, np.float32)
    assert np.abs(found.view(np.int32) - computed.view(np.int32)).max() <= 1
    exact = not any(
        name in "\n".join(case["text"]) for name in ("exp(", "0.99 **", "rsqrt(", "P.Cos(")
    )
    assert not exact or found.tobytes() == computed.tobytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_schedule_has_these_rates_as_well(case: dict[str, Any]) -> None:
    at, real = zip(*case["rates"], strict=True)
    schedule = read("\n".join(case["text"])).lower()
    assert [schedule.at(t) for t in at] == pytest.approx(real, rel=0, abs=2e-6 * max(real))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_written_reads_back(case: dict[str, Any]) -> None:
    call = read("\n".join(case["text"]))
    assert read(call.statements) == call


TEXTS = {
    "LambdaLR(lambda t: 0.95 ** t * abs(math.sin(t)))": Run(200),
    "CosineAnnealingLR(T_max=3, eta_min=0.01)": Run(
        epochs=4, updates_per_epoch=2, step_every="epoch"
    ),
    "OneCycleLR(max_lr=0.1, total_steps=100)": Run(100),
    "CyclicLR(base_lr=0.01, max_lr=0.1, step_size_up=7)": Run(100),
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("to", ["optax", "keras"])
def test_what_no_constructor_says_a_function_says(text: str, to: str) -> None:
    ways = convert(read(text, lr=0.1), to=to, run=TEXTS[text]).ways
    own = [way for way in ways if "lambda" in way.code and way.call.card.clock == "update"]
    assert own
    assert own[0].comparison.equal


def test_a_table_is_no_function_of_arrays() -> None:
    rates = [0.1, 0.05, 0.02, 0.07]
    refused = dict(convert(rates, to="optax").refusals)
    assert "table" in refused["optax.Schedule"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("optax.sgd(lambda t: 0.1 * math.cos(t))", "takes no array"),
        ("optax.sgd(lambda t: 0.1 * float(t))", "takes no array"),
        (
            "import jax.numpy as jnp\nf = lambda t: jnp.linalg.norm(t)\noptax.sgd(f)",
            "computed here",
        ),
        ("import jax.numpy as jnp\noptax.sgd(lambda t: jnp.cumsum(t))", "is not followed"),
        ("base = optax.constant_schedule(0.1)\nf = lambda t: 2 * base(t)", "something else of"),
    ],
)
def test_what_is_not_followed_is_said(text: str, said: str) -> None:
    with pytest.raises(IsorateError, match=said):
        read(f"import optax\nimport math\n{text}").checked()


def test_what_python_decides_by_the_count_is_not_compiled() -> None:
    call = read("optax.sgd(lambda t: 0.1 if t < 5 else 0.01)")
    assert call.supposed() == "it is not compiled, where Python cannot decide by t"
    compiled = read("import jax.numpy as jnp\noptax.sgd(lambda t: jnp.where(t < 5, 0.1, 0.01))")
    assert compiled.supposed() is None


def test_a_count_stays_an_integer_of_32_bits() -> None:
    call = read("optax.sgd(lambda t: t * 1000000 / 1e9)")
    with np.errstate(over="ignore"):
        assert rates_of(call, 3000)[-1] == np.float32(
            np.int32(2999) * np.int32(10**6)
        ) / np.float32(1e9)


def test_what_a_function_lacks_is_asked_for() -> None:
    with pytest.raises(ReadError, match=r"--set args.warmup=\.\.\."):
        read("import optax\noptax.sgd(lambda t: 0.1 * t / args.warmup)")


def test_another_framework_s_scheduler_computes_in_python_s_numbers() -> None:
    text = "import jax.numpy as jnp\nLambdaLR(SGD(p, lr=0.1), lambda t: jnp.minimum(1.0, t / 10))"
    with pytest.raises(ReadError, match="cannot be computed here"):
        read(text)


@pytest.mark.parametrize(
    ("body", "third"),
    [
        ("jnp.clip(t / 10, a_max=0.5, a_min=0.1)", 0.2),
        ("jnp.clip(t / 10, max=0.15)", 0.15),
        ("jnp.clip(t / 10, None, 0.15)", 0.15),
        ("jnp.clip(t / 10, 0.3)", 0.3),
        ("jnp.where(t < 2, y=0.1, x=0.7)", 0.1),
        ("jax.lax.cond(t < 2, lambda: 0.1, lambda: 0.7)", 0.7),
        ("tf.cond(true_fn=lambda: 0.1, false_fn=lambda: 0.7, pred=t > 1)", 0.1),
        ("tf.clip_by_value(t / 10, clip_value_max=0.5, clip_value_min=0.3)", 0.3),
        ("jnp.max(t, 0)", None),
        ("jnp.minimum(t, 0.1, where=t > 2)", None),
        ("jax.lax.div(t, 3)", None),
        ("jnp.select([t < 1, t < 3], [0.1, 0.2], 0.3)", None),
    ],
)
def test_arguments_go_by_their_names(body: str, third: float | None) -> None:
    imports = "import jax, optax\nimport jax.numpy as jnp\nimport tensorflow as tf\n"
    text = f"{imports}optax.sgd(lambda t: {body})"
    if third is None:
        with pytest.raises(IsorateError):
            rates_of(read(text), 3)
    else:
        assert rates_of(read(text), 3)[2] == np.float32(third)


@pytest.mark.parametrize(
    "text",
    [
        "import keras\nopt = keras.optimizers.SGD(lambda step: 0.1 / (1 + step))",
        "import mindspore.nn as nn\nopt = nn.SGD(params, lambda step: 0.1 / (1 + step))",
    ],
)
def test_a_function_is_no_schedule_where_optimizers_take_objects(text: str) -> None:
    with pytest.raises(ReadError):
        read(text)


def test_what_a_cell_says_is_found_in_its_terms() -> None:
    (case,) = (case for case in CASES if case["name"] == "mindspore_cosine")
    ways = convert(read("\n".join(case["text"])), to="torch", run=Run(150)).ways
    assert ways[0].call.name == "CosineAnnealingLR"


def test_a_tensor_that_an_optimizer_is_given_stays_one() -> None:
    group = "{{'params': p, 'lr': {0}, 'initial_lr': {0}}}"
    text = f"mindspore.experimental.optim.SGD([{group}], lr={{0}})".format("mindspore.tensor(1.0)")
    call: Any = read(f"CosineAnnealingLR({text}, T_max=1, eta_min=8.879365457307262, last_epoch=0)")
    assert call.optimizer.groups[0].tensor == "float32"
    assert rates_of(call, 2)[1] == 1.0


CELL = """
import mindspore as ms
from mindspore import nn, ops
from mindspore.nn.learning_rate_schedule import (
    CosineDecayLR, LearningRateSchedule, PolynomialDecayLR
)

class Warm(LearningRateSchedule):
    def __init__(self, rate, warmup, total, cosine=True):
        super().__init__()
        self.rate, self.warmup, self.total, self.cosine = rate, warmup, total, cosine
        self.line = PolynomialDecayLR(rate, 0.0, total, 1.0)
        self.wave = CosineDecayLR(0.0, rate, total)
        self.summary = ops.ScalarSummary()

    def construct(self, step):
        step = ops.minimum(step, self.total)
        share = step.astype(ms.float32) / self.total
        rate = self.wave(step) if self.cosine else self.line(step)
        self.summary("rate", rate)
        return ops.select(step < self.warmup, self.rate * share, rate)

optimizer = nn.SGD(params, learning_rate=Warm(0.1, 4, 16{}))
"""


@pytest.mark.parametrize(("more", "twelfth"), [("", 0.014644658), (", cosine=False", 0.025)])
def test_an_object_may_have_schedules_that_it_never_asks(more: str, twelfth: float) -> None:
    rates = rates_of(read(CELL.format(more)), 30)
    assert rates[:4].tolist() == [np.float32(0.1) * np.float32(t / 16) for t in range(4)]
    assert rates[12] == pytest.approx(twelfth, rel=1e-6)
    assert rates[16] == rates[29] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("t.size", "t.size is not followed"),
        ("jnp.where(t > 3, 0.1)", "is not followed"),
        ("jnp.array([0.1, 0.2])[t]", "followed|computed"),
        ("0.1 * 10 ** 10 ** 10", "an integer is too large"),
    ],
)
def test_what_stands_in_a_function_is_refused_for_what_it_is(body: str, said: str) -> None:
    with pytest.raises(IsorateError, match=said) as raised:
        read(f"import jax.numpy as jnp\nimport optax\noptax.sgd(lambda t: {body})").checked()
    assert "optax raises" not in str(raised.value)


def test_what_a_callback_computes_in_tensors_is_said_in_other_words() -> None:
    text = "keras.callbacks.LearningRateScheduler(lambda e: {})"
    tensor = read(text.format("0.1 if e < 5 else 0.1 * keras.ops.exp(-0.1)"))
    assert "float(...)" in str(simulate(tensor, Run(9)).halt)
    made = read(text.format("float(0.1 * keras.ops.minimum(1.0, keras.ops.exp(-0.1 * e)))"))
    assert "keras.ops.minimum" in made.code
    ways = convert(made, to="torch", run=Run(20)).ways
    assert ways[0].call.name == "ExponentialLR"
    assert all("xp." not in way.code for way in ways)
