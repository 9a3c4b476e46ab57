"""Work follows the run that is asked for and the text as written, never a number in it."""

from __future__ import annotations

import ast
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from isorate import IsorateError, Run, compare, convert, evaluate, simulate
from isorate.kit.call import Call
from isorate.kit.registry import constructors
from tests.bounded import bounded, calls_of
from tests.calls import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXPERIMENTAL: Final = "mindspore.experimental.optim.lr_scheduler."


@pytest.mark.parametrize(
    "large",
    [
        "9**9**9",
        "-9**9**9",
        "2.0 * 9**9**9",
        "(9**9)**(9**9)",
        "2**-(9**9**9)",
        "min(9**9**9, t)",
        "int(t + 9)**9**9",
        "9**9**int(t + 9)",
        "(t > 1) * 9**9**9",
        "((10**9)**99999)**99999",
        "*".join(["(9**4000)"] * 60),
    ],
)
@pytest.mark.parametrize("home", ["torch.optim.lr_scheduler.", EXPERIMENTAL])
def test_no_integer_of_a_text_is_computed_without_a_bound(home: str, large: str) -> None:
    call = read(f"{home}LambdaLR(lr_lambda=lambda t: 1.0 if t < 2 else {large})", lr=0.1)
    curve = bounded(lambda: simulate(call, Run(12)))
    assert curve.updates == 2
    assert curve.halt is not None


# --- every constructor, every integer ----------------------------------------------------------

#: What an integer of a call is replaced with.
LARGE: Final = (10**9, 2**53, 2**63, 10**308)
#: Calls of Python functions in simulating a run of twelve updates and converting it both ways. The
#: usual numbers take 2,000 to 40,000; a loop over a number's share of blocks passes it soon.
MOST_CALLS: Final = 300_000


def sample(constructor: type[Call]) -> str:
    """Return the captured call of a constructor that has most integers beside its lambdas."""

    def order(text: str) -> tuple[bool, int, int]:
        return "lambda" not in text, len(integers(ast.parse(text))), -len(text)

    return max((text for text in TEXTS[constructor] if len(text) < 600), key=order)


def texts() -> dict[type[Call], list[str]]:
    """Return the captured calls that the frameworks take, by their constructors."""
    found: dict[type[Call], list[str]] = {}
    for table in sorted((Path(__file__).parent / "tables").glob("*.json")):
        tables = json.loads(table.read_text())
        for row in (row for rows in tables.values() if isinstance(rows, list) for row in rows):
            if isinstance(row, dict) and "rates" in row:
                with suppress(IsorateError):
                    found.setdefault(type(read(row["text"])), []).append(row["text"])
    return found


TEXTS: Final = texts()


def integers(tree: ast.AST) -> list[ast.Constant]:
    """Return the integers of a text."""
    nodes = ast.walk(tree)
    return [node for node in nodes if isinstance(node, ast.Constant) and type(node.value) is int]


def enlarged(text: str) -> Iterator[str]:
    """Visit a text with one of its integers at a time replaced by a large one."""
    tree = ast.parse(text)
    for node in integers(tree):
        usual = node.value
        for node.value in LARGE:
            yield ast.unparse(tree)
        node.value = usual


def in_all_ways(text: str) -> None:
    """Read, simulate, normalise and convert a call, as far as that goes."""
    with suppress(IsorateError):
        call: Any = read(text)
        with suppress(IsorateError):
            simulate(call, Run(12))
        with suppress(IsorateError):
            normal = call.lower().normal()
            assert normal.horizon > 0
        for target in ("torch", "mindspore"):
            with suppress(IsorateError):
                convert(call, to=target, run=Run(12))


@pytest.mark.parametrize("constructor", TEXTS, ids=lambda kind: kind.card.name)
def test_no_integer_of_a_call_makes_work(constructor: type[Call]) -> None:
    def work() -> dict[str, int]:
        return {
            text: calls_of(lambda text=text: in_all_ways(text), MOST_CALLS)  # type: ignore[misc]
            for text in enlarged(sample(constructor))
        }

    spent = bounded(work, seconds=120)
    assert all(spent.values())


def test_every_constructor_has_a_call_to_enlarge() -> None:
    without = [kind for kind in constructors() if kind not in TEXTS]
    assert not without


# --- loops that take many steps, and runs that end within one ----------------------------------


def test_a_run_shorter_than_an_epoch_takes_no_more_work_than_it_has_updates() -> None:
    call = read("StepLR(3)", lr=0.1)
    run = Run(12, updates_per_epoch=10**9, step_every="epoch")
    curve: Any = None

    def work() -> None:
        nonlocal curve
        curve = simulate(call, run)

    assert calls_of(work, 10_000)
    assert curve.values.tolist() == [0.1] * 12


def test_more_processes_than_there_are_are_refused() -> None:
    with pytest.raises(IsorateError, match=r"accelerate is out of range: required .* 1000000"):
        Run(5, accelerate=10**9)


def test_more_steps_than_anyone_waits_for_are_refused_at_once() -> None:
    call = read("StepLR(3)", lr=0.1)
    with pytest.raises(IsorateError, match=r"too many steps.*required at most 1000000000 steps"):
        simulate(call, Run(10**6, accelerate=10**6))
    assert simulate(read("[0.1] * 3"), Run(3, accelerate=10**6)).updates == 3


# --- one schedule after another, however far ---------------------------------------------------


def test_a_far_milestone_means_what_a_near_one_does() -> None:
    text = (
        "mindspore.experimental.optim.lr_scheduler.SequentialLR("
        "optimizer := mindspore.experimental.optim.SGD(params, lr=0.1), schedulers=["
        f"{EXPERIMENTAL}LinearLR(optimizer, 0.1, 1.0, 5), "
        f"{EXPERIMENTAL}PolynomialLR(optimizer, 12, 0.9)], milestones=[MILESTONE])"
    )
    for milestone in (20, 10**11):
        call = read(text.replace("MILESTONE", str(milestone)))
        schedule: Any = None

        def work(call: Any = call) -> None:
            nonlocal schedule
            schedule = call.lower().of

        assert calls_of(work, 20_000)
        assert schedule.boundaries == (milestone,)
        assert schedule.at(milestone - 1) == pytest.approx(0.1)
        assert schedule.at(milestone + 6) == pytest.approx(0.1 * 0.5**0.9)
        assert schedule.at(milestone + 12) == 0


# --- many parameter groups, many members --------------------------------------------------------

OPTIMIZER: Final = "optimizer := torch.optim.SGD(params, lr=0.1)"


def groups(count: int, first: float = 0.1) -> str:
    """A one-cycle schedule of many parameter groups, each with a rate of its own."""
    rates = [first + index * 1e-4 for index in range(count)]
    params = ", ".join(f"{{'params': p, 'lr': {rate}}}" for rate in rates)
    return f"OneCycleLR(torch.optim.SGD([{params}], lr=0.1), max_lr={rates}, total_steps=100)"


def sequence(count: int) -> str:
    """Many schedulers one after another."""
    steps = ", ".join(["StepLR(optimizer, 3, 0.99)"] * count)
    return f"SequentialLR({OPTIMIZER}, [{steps}], {list(range(10, 10 * count, 10))})"


def chain(count: int) -> str:
    """Many schedulers one upon the other."""
    return f"ChainedScheduler([StepLR({OPTIMIZER}, 3), {'StepLR(optimizer, 3), ' * (count - 1)}])"


def converted(text: str) -> None:
    """Read a call and convert it both ways."""
    call = read(text)
    for target in ("torch", "mindspore"):
        assert convert(call, to=target, run=Run(50)).ways


def meant(text: str) -> None:
    """Read a call and normalise what it means."""
    assert read(text).lower().normal().horizon


@pytest.mark.parametrize("many", [groups, sequence, chain])
@pytest.mark.parametrize(("work", "count"), [(meant, 40), (converted, 4)])
def test_work_grows_with_the_members_and_not_with_their_square(
    work: Callable[[str], None], count: int, many: Callable[[int], str]
) -> None:
    def calls(count: int) -> int:
        return calls_of(lambda: work(many(count)), 10**7)

    calls(count)  # what is computed once is computed now
    assert calls(8 * count) < 12 * calls(count)


def test_not_every_difference_of_a_thousand_groups_is_told() -> None:
    comparison = compare(groups(100), groups(100, 0.2), 9)
    assert 10 < len(comparison.reasons) <= 25


# --- lists that come very often, and many of them -----------------------------------------------

COSINE: Final = "mindspore.nn.cosine_decay_lr(0.01, 0.1, 6, 2, 2)"


@pytest.mark.parametrize(
    ("text", "once", "length"),
    [
        (f"{COSINE} * 100000", COSINE, 6),
        ("[0.1, 0.05] * 1000000000", "[0.1, 0.05]", 2),
        (f"({COSINE} + [0.5, 0.2]) * 10**12", f"{COSINE} + [0.5, 0.2]", 8),
        (f"{COSINE} * 10**6 * 10**6 + [0.3]", COSINE, 6),
        ("mindspore.nn.warmup_lr(0.1, 40000, 1, 9) * 3", "warmup_lr(0.1, 40000, 1, 9)", 40_000),
    ],
)
def test_a_list_that_comes_often_is_not_written_out(text: str, once: str, length: int) -> None:
    def work() -> None:
        call = read(text)
        assert read(call.code) == call
        expected = np.resize(simulate(once, length).values, 100_000)
        assert np.array_equal(simulate(call, 100_000).values, expected)
        assert np.allclose(evaluate(call, 100_000).values, expected, rtol=1e-14)
        in_all_ways(text)

    assert calls_of(work, 100_000)


def test_a_list_that_came_as_often_as_it_does_has_ended() -> None:
    curve = simulate("[0.1, 0.2, 0.3] * 5000", 20_000)
    assert curve.values.tolist() == [0.1, 0.2, 0.3] * 5000
    assert curve.halt is not None
    assert (curve.halt.update, curve.halt.error) == (15_000, "RuntimeError")


def test_a_thousand_lists_are_joined_in_a_thousand_times_the_work_of_one() -> None:
    def joined(count: int) -> str:
        return " + ".join(["mindspore.nn.warmup_lr(0.1, 6, 2, 3)", "[0.1, 0.2, 0.3]"] * count)

    meant(joined(2))
    few, more = (calls_of(lambda n=n: meant(joined(n)), 10**7) for n in (60, 600))  # type: ignore[misc]
    assert more < 12 * few


def test_resuming_beyond_the_updates_is_where_isorate_ends() -> None:
    text = f"isorate.torch.ScheduleLR(SGD(p, lr=0.1), 'StepLR(3)', last_epoch={2**63 - 1})"
    halt = simulate(read(text), Run(5)).halt
    assert halt is not None
    assert halt.error == "IsorateLimit"
