"""Every way that a conversion offers, run in the framework it is for.

The code of a way is evaluated as a user would paste it, stepped as its run says, a list of rates
given to a real optimizer; the rates that come of it are those that the way was measured by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isorate import Run, convert
from tests.calls import read
from tests.conformance.agreement import assert_agree
from tests.conformance.drawing import optimizers, rates
from tests.conformance.frameworks import drive
from tests.conformance.torch_texts import ARGUMENTS, composed, schedulers

if TYPE_CHECKING:
    from isorate.conversion import Way

pytest.importorskip("torch")
pytest.importorskip("mindspore")

pytestmark = [pytest.mark.torch, pytest.mark.mindspore]

EXAMPLES = (settings.default or settings()).max_examples
EXPERIMENTAL = "mindspore.experimental.optim"


@st.composite
def chained(draw: st.DrawFn, package: str) -> str:
    """Draw a CosineAnnealingLR of torch or of MindSpore."""
    whole = draw(st.integers(1, 9))
    T_max: float = (
        draw(st.sampled_from([whole, whole, whole + 0.5])) if package == "torch" else whole
    )
    eta_min = draw(st.sampled_from([0.0, 0.0, 0.001, 0.25, 1]))
    last_epoch = draw(st.sampled_from([-1, -1, -1, 0, whole - 1, whole, 2 * whole + 1]))
    sgd = "torch.optim.SGD" if package == "torch" else f"{EXPERIMENTAL}.SGD"
    optimizer = draw(optimizers(sgd, package, T_max=T_max, eta_min=eta_min, last_epoch=last_epoch))
    name = "torch.optim" if package == "torch" else EXPERIMENTAL
    arguments = f"T_max={T_max}, eta_min={eta_min}, last_epoch={last_epoch}"
    return f"{name}.lr_scheduler.CosineAnnealingLR({optimizer}, {arguments})"


@st.composite
def listed(draw: st.DrawFn) -> str:
    """Draw a list, a cell, or rates written out."""
    low, high = sorted((draw(rates()), draw(rates(1e-3))))
    high = high if high > low else low + 0.1
    every, decay = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    total = draw(st.one_of(st.integers(1, 40), st.just(every * decay + 1)))
    return draw(
        st.sampled_from(
            [
                f"mindspore.nn.cosine_decay_lr({low!r}, {high!r}, {total}, {every}, {decay})",
                f"mindspore.nn.cosine_decay_lr({low!r}, {high!r}, {total}, 1, {decay})",
                f"mindspore.nn.CosineDecayLR({low!r}, {high!r}, {decay})",
                f"isorate.mindspore.cosine_decay_lr({low!r}, {high!r}, {total}, 1, {decay})",
                repr([low, high, low]),
            ]
        )
    )


texts = st.one_of(
    chained("torch"),
    chained("mindspore"),
    listed(),
    st.just("LambdaLR(torch.optim.SGD(params, lr=0.1), lambda t: 0.9 ** t)"),
)
run_lengths = st.one_of(
    st.integers(1, 24).map(Run),
    st.integers(1, 24).map(lambda n: Run(n, updates_per_epoch=3, step_every="epoch")),
    st.integers(1, 24).map(lambda n: Run(n, updates_per_epoch=4)),
)


@settings(max_examples=EXAMPLES // 2)
@given(texts, run_lengths, st.sampled_from(["torch", "mindspore"]))
@example(
    "torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), 10)",
    Run(25),
    "mindspore",
)
@example("mindspore.nn.cosine_decay_lr(0.01, 0.1, 6, 2, 2)", Run(9), "torch")
@example("mindspore.nn.cosine_decay_lr(0.01, 0.1, 6, 2, 2)", Run(9), "mindspore")
def test_every_way_runs(text: str, run: Run, to: str) -> None:
    for way in convert(read(text), to=to, run=run).ways:
        assert_runs(way)


TELLING = [name for name in ARGUMENTS if name != "MultiplicativeLR"]


@settings(max_examples=EXAMPLES // 2)
@given(st.one_of(st.sampled_from(TELLING).flatmap(schedulers), composed()), st.integers(2, 24))
def test_every_way_of_torch_runs_in_mindspore(text: str, updates: int) -> None:
    call = read(text, dialect="torch")
    if call.fault() is None and call.dtype == "float64":
        for way in convert(call, to="mindspore", run=Run(updates)).ways:
            assert_runs(way)


def assert_runs(way: Way) -> None:
    """Assert that the framework takes the code, and gives the rates that were promised."""
    assert read(way.code) == way.call
    seen = drive(way.statements, way.run, framework=way.call.card.runs_in, weigh=True)
    assert_agree(seen, way.call, way.run)
