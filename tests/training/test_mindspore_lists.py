"""``isorate.mindspore``'s lists of rates; nothing here needs MindSpore."""

from __future__ import annotations

import doctest
import math
import pickle
import subprocess
import sys
import tracemalloc
from inspect import signature
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import isorate.mindspore
from isorate import Run, simulate
from isorate.dialects import mindspore as dialect
from isorate.dialects.isorate import mindspore as own
from isorate.mindspore import cosine_decay_lr, lists
from isorate.schedule.evaluate import BLOCK

#: Updates an epoch, around the number that is computed at a time, too.
EVERY = st.sampled_from([1, 2, 3, 7, 300, BLOCK - 1, BLOCK, BLOCK + 1, 10**9])
RATES = st.floats(1e-12, 10.0)


def documented(
    min_lr: float, max_lr: float, total_step: int, step_per_epoch: int, decay_epoch: int
) -> list[float]:
    """Loop as MindSpore's documentation has it, one update after another."""
    return [
        min_lr
        + 0.5
        * (max_lr - min_lr)
        * (1 + math.cos(math.pi * min(i // step_per_epoch, decay_epoch) / decay_epoch))
        for i in range(total_step)
    ]


def bits(rates: list[float]) -> bytes:
    return np.array(rates, np.float64).tobytes()


# --- the lists that stay ------------------------------------------------------------------------

STAYING = {
    "piecewise_constant_lr": ([2, 5, 9], [0.1, 0.05, 0.01]),
    "exponential_decay_lr": (0.1, 0.9, 40, 3, 4),
    "natural_exp_decay_lr": (0.1, 0.3, 40, 3, 4, True),
    "inverse_decay_lr": (0.1, 0.5, 40, 3, 4),
    "polynomial_decay_lr": (0.1, 0.01, 40, 3, 4, 2.0, True),
    "warmup_lr": (0.1, 40, 3, 4),
    "cosine_decay_lr": (0.01, 0.1, 40, 3, 4),
}


@pytest.mark.parametrize("name", STAYING)
def test_a_list_is_the_dialects_and_needs_no_mindspore(name: str) -> None:
    arguments = STAYING[name]
    rates = getattr(lists, name)(*arguments)
    call = getattr(dialect, name)(*arguments)
    assert rates == simulate(call, Run(len(rates))).values.tolist()
    assert all(type(rate) is float for rate in rates)


@pytest.mark.parametrize("name", sorted(set(STAYING) - {"piecewise_constant_lr"}))
def test_what_mindspore_refuses_is_refused_by_the_same_class(name: str) -> None:
    first, *rest = STAYING[name]
    with pytest.raises(TypeError, match=f"^{name}: "):
        getattr(lists, name)(1, *rest)
    with pytest.raises(ValueError, match=f"^{name}: "):
        getattr(lists, name)(-0.1, *rest)
    assert getattr(lists, name)(first, *rest)


def test_a_list_of_no_intervals_is_empty() -> None:
    assert lists.piecewise_constant_lr([], []) == []
    with pytest.raises(ValueError, match=r"^piecewise_constant_lr: "):
        lists.piecewise_constant_lr([2, 1], [0.1, 0.2])


# --- cosine_decay_lr ----------------------------------------------------------------------------


def test_the_published_page() -> None:
    rates = cosine_decay_lr(0.01, 0.1, 6, 2, 2)
    assert rates == [0.1, 0.1, 0.05500000000000001, 0.05500000000000001, 0.01, 0.01]


@given(
    min_lr=st.just(0.0) | RATES,
    width=RATES,
    total=st.integers(1, 3000),
    every=EVERY,
    decay=st.integers(1, 4000),
)
@example(min_lr=0.01, width=0.09, total=3 * BLOCK + 1, every=3, decay=BLOCK)
@example(min_lr=0.01, width=0.09, total=2 * BLOCK + 5, every=1, decay=2 * BLOCK)
@example(min_lr=0.01, width=0.09, total=2 * BLOCK + 9, every=1, decay=1)
@example(min_lr=0.0, width=0.1, total=2, every=BLOCK, decay=1)
def test_every_bit_is_the_documented_loops(
    min_lr: float, width: float, total: int, every: int, decay: int
) -> None:
    max_lr = min_lr + width
    assume(max_lr > min_lr)
    rates = cosine_decay_lr(min_lr, max_lr, total, every, decay)
    assert bits(rates) == bits(documented(min_lr, max_lr, total, every, decay))


def test_a_list_of_the_usual_length_never_reaches_the_minimum() -> None:
    usual = cosine_decay_lr(0.001, 0.1, 100, 10, 10)
    assert min(usual) > 0.0034
    one_more = cosine_decay_lr(0.001, 0.1, 101, 10, 10)
    assert one_more[:-1] == usual
    assert one_more[-1] == 0.001


def test_simulating_the_drop_in_gives_its_list() -> None:
    call = own.cosine_decay_lr(0.002, 0.1, 1000, 7, 100)
    assert bits(simulate(call, Run(1000)).values.tolist()) == bits(
        cosine_decay_lr(0.002, 0.1, 1000, 7, 100)
    )


def test_numpy_rates_give_the_same_python_floats() -> None:
    plain = cosine_decay_lr(0.01, 0.1, 50, 3, 9)
    numpy = cosine_decay_lr(np.float64(0.01), np.float64(0.1), 50, 3, 9)
    assert numpy == plain
    assert {type(rate) for rate in plain + numpy} == {float}


def test_an_epoch_longer_than_any_run() -> None:
    assert cosine_decay_lr(0.01, 0.1, 3, 2**62, 1) == [0.1, 0.1, 0.1]


def test_a_decay_longer_than_any_run() -> None:
    assert cosine_decay_lr(0.01, 0.1, 3, 1, 10**18) == [0.1, 0.1, 0.1]


@pytest.mark.parametrize(
    ("at", "value", "error"),
    [
        *((0, v, TypeError) for v in (0, 1, True, None, "0.1", np.float32(0.1), [0.1], 0.1j)),
        *((1, v, TypeError) for v in (0, 1, True, None, "0.1", np.float32(0.1), np.int64(1))),
        *((0, v, ValueError) for v in (-0.01, math.nan, math.inf, -math.inf, 0.1, 0.2)),
        *((1, v, ValueError) for v in (-0.1, 0.0, math.nan, math.inf, 0.01, np.float64("nan"))),
        *(
            (at, v, TypeError)
            for at in (2, 3, 4)
            for v in (6.0, True, False, None, "6", np.int64(6), np.bool_(True), math.nan, [6])
        ),
        *((at, v, ValueError) for at in (2, 3, 4) for v in (0, -1, -(2**40))),
    ],
)
def test_bad_arguments(at: int, value: Any, error: type[Exception]) -> None:
    arguments: list[Any] = [0.01, 0.1, 6, 2, 2]
    arguments[at] = value
    with pytest.raises(error, match=r"^cosine_decay_lr: \w+") as raised:
        cosine_decay_lr(*arguments)
    assert type(raised.value) is error


def test_types_are_checked_before_the_order_of_the_rates() -> None:
    with pytest.raises(TypeError, match="decay_epoch"):
        cosine_decay_lr(0.2, 0.1, 6, 2, 2.0)  # type: ignore[arg-type]


# --- memory, imports, names ---------------------------------------------------------------------

MILLION = 10**6
SHAPES = [(1, MILLION), (2, MILLION // 2), (64, 20_000), (1000, 1000), (1, 1000), (MILLION, 1)]


@pytest.mark.parametrize(("every", "ticks"), SHAPES)
def test_memory_is_that_of_the_list(every: int, ticks: int) -> None:
    # what the first call loads and caches is not the list's
    cosine_decay_lr(0.01, 0.1, MILLION, every, ticks)
    tracemalloc.start()
    try:
        rates = cosine_decay_lr(0.01, 0.1, MILLION, every, ticks)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(rates) == MILLION
    assert peak <= 1.1 * kept


def test_within_an_epoch_the_same_float_stands_repeatedly() -> None:
    for every in (2, 65, 1000):
        rates = cosine_decay_lr(0.01, 0.1, 20 * every, every, 10)
        epochs = [rates[start : start + every] for start in range(0, len(rates), every)]
        assert all(len(set(map(id, epoch))) == 1 for epoch in epochs)


def in_a_fresh_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_lists_load_no_framework() -> None:
    code = (
        "import sys\n"
        "import isorate.mindspore as nn\n"
        "nn.cosine_decay_lr(0.01, 0.1, 6, 2, 2)\n"
        "print([name for name in ('mindspore', 'torch') if name in sys.modules])"
    )
    assert in_a_fresh_process(code) == "[]"


def test_without_mindspore_the_cell_says_what_to_install() -> None:
    code = (
        "import sys\n"
        "sys.modules['mindspore'] = None\n"
        "import isorate.mindspore\n"
        "try:\n"
        "    isorate.mindspore.ScheduleLR\n"
        "except ImportError as error:\n"
        "    print(type(error).__name__, error.name, error)"
    )
    assert in_a_fresh_process(code) == (
        "ImportError mindspore isorate.mindspore.ScheduleLR needs MindSpore: pip install mindspore"
    )


def test_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'CosineDecayLR'"):
        getattr(isorate.mindspore, "CosineDecayLR")  # noqa: B009 - mypy would see through it
    assert dir(isorate.mindspore) == sorted(isorate.mindspore.__all__)


@pytest.mark.parametrize("name", STAYING)
def test_a_made_function_is_like_a_written_one(name: str) -> None:
    function = getattr(isorate.mindspore, name)
    assert (function.__name__, function.__qualname__) == (name, name)
    assert function.__module__ == "isorate.mindspore"
    assert pickle.loads(pickle.dumps(function)) is function
    example = doctest.DocTestParser().get_doctest(function.__doc__, {name: function}, name, None, 0)
    assert doctest.DocTestRunner().run(example) == (0, 1)


def test_signatures_are_the_calls() -> None:
    for name in STAYING:
        written = signature(getattr(lists, name)).parameters.values()
        call = getattr(dialect, name)
        assert [p.name for p in written] == list(call.__struct_fields__)
        defaults = {p.name: p.default for p in written if p.default is not p.empty}
        assert defaults == call.defaults()
