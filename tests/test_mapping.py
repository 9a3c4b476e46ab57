"""Which argument is which: what is equated holds for other arguments, and every pair has a page."""

from __future__ import annotations

import json
import math
import os
import pty
import subprocess
import sys
from itertools import permutations
from typing import Any

import msgspec
import pytest

from isorate import NativeError, ReadError, Run, Schedule
from isorate.kit import Call, Lift, registry
from isorate.kit.equating import rearranged
from isorate.kit.optimizer import Optimizer
from isorate.kit.unknown import Unknown, names, value
from isorate.mapping import SAYS, _equal, mapping, named, usual_call
from isorate.recipe import Recipe
from isorate.reports import json as documents
from isorate.reports import markdown
from isorate.schedule.errors import IsorateError
from tests.calls import read
from tests.test_docs import tool

pages: Any = tool("mappings")

DIALECTS = list(registry.builtin())
FOUND = {
    (a, b): [mapping(constructor, b) for constructor in registry.get(a).constructors]
    for a, b in permutations(DIALECTS, 2)
}
COUNTERPARTS = [
    pytest.param(found, id=f"{found.calls[0].card.name}-{found.calls[1].card.name}")
    for mappings in FOUND.values()
    for each in mappings
    for found in each.counterparts
]


def known(call: Call) -> dict[str, Any]:
    """Return a call's arguments by name and by their fields', and its optimizer's rate."""
    arguments = call.arguments() | {name: getattr(call, name) for name in call.__struct_fields__}
    optimizer = arguments.get("optimizer")
    return arguments | ({"base": optimizer.default.lr} if isinstance(optimizer, Optimizer) else {})


def varied(call: Call) -> list[Call]:
    """Return the call with each of its numbers another one, as far as that is a call."""
    found = []
    for name, at in call.arguments().items():
        if isinstance(at, bool) or not isinstance(at, float | int | Optimizer):
            continue
        if call.card.roles.get(name) == "begin":  # which the other side has no word for
            continue
        other: Any = at * 1.5 if isinstance(at, float) else at
        if isinstance(at, int):
            other = at + 2
        elif isinstance(at, Optimizer):
            other = Optimizer.of(0.3)
        try:
            found.append(msgspec.structs.replace(call, **{name: other}).checked())
        except (NativeError, TypeError):
            continue
    return found


@pytest.mark.parametrize("found", COUNTERPARTS)
def test_what_is_equated_is_equal_for_other_arguments_too(found: Any) -> None:
    a, b = found.calls
    assert (_equal(a, b) is not None) is found.equated
    runs = [recipe.run for recipe in found.example.recipes]
    if found.equated and max(run.updates_per_step for run in runs) > 1:
        cells = {(row.a, row.b) for row in found.rows if row.says == SAYS["every"]}
        assert any("how often `step()` is called" in pair for pair in cells)
    held = 0
    for here in [a, *varied(a)] if found.equated else []:
        try:
            form = Recipe(here, runs[0]).normal
            usual = "formula" not in here.lower().to_json()
        except IsorateError:
            continue
        if form is None or not usual:  # of unusual arguments its text is taken apart
            continue
        once = Schedule.from_json(form.to_json().replace('"mirror"', '"hold"'))
        for said in (type(b).lift(form, 40), type(b).lift(once, 40)):
            equal = _equal(here, said.call) if isinstance(said, Lift) else None
            if isinstance(said, Lift) and equal is not None:
                held += agreeing(known(here), known(said.call), equal)
                break
    assert held or not found.equated


def agreeing(left: dict[str, Any], right: dict[str, Any], equal: Any) -> int:
    """Assert that what is equated is equal, and return how much that is."""
    both = [(x, y) for _, x, y in equal if x is not None and y is not None]
    for x, y in both:
        apart = (value(x, left), value(y, right))
        assert math.isclose(*apart, rel_tol=1e-9, abs_tol=1e-12), (x, y, left, right)
    for name, said in rearranged((x, y) for x, y in both if isinstance(y, Unknown)).items():
        assert math.isclose(value(said, left), right[name], rel_tol=1e-9, abs_tol=1e-12), name
    return len(both)


@pytest.mark.parametrize("found", COUNTERPARTS)
def test_both_sides_of_an_example_are_one_schedule_and_no_argument_is_left_out(found: Any) -> None:
    assert found.example.equal
    assert found.rows
    for number, call in enumerate(found.calls):
        assert read(markdown.written(call)) == call
        cells = " ".join((row.a, row.b)[number] for row in found.rows)
        if found.equated:
            lacking = {name for name in call.parameters() if name not in cells}
            assert lacking <= {"optimizer"}


def test_the_published_pair() -> None:
    found = mapping(*named("torch", "mindspore", "CosineAnnealingLR")).counterparts[0]
    assert [(row.a, row.b) for row in found.rows] == [
        ("`lr` of the optimizer", "`max_lr`"),
        ("`eta_min=0.0`", "`min_lr`"),
        ("`T_max`", "`decay_epoch`"),
        ("how often `step()` is called", "`step_per_epoch`"),
        ("none: it never ends", "`total_step`"),
        ("`last_epoch=-1`", "none"),
    ]
    assert found.equated
    assert found.example.verdict == "identical"
    kinds = [reason.kind for reason in found.beyond.reasons]
    assert kinds[:2] == ["after", "length"]


def test_an_argument_within_an_expression_is_said_by_itself() -> None:
    found = mapping(*named("torch", "optax", "CosineAnnealingLR")).counterparts[0]
    assert ("`eta_min=0.0`", "`init_value · alpha`") in [(row.a, row.b) for row in found.rows]
    assert "alpha = eta_min / lr" in found.how
    back = mapping(*named("optax", "torch", "cosine_decay_schedule")).counterparts[0]
    assert ("`init_value · alpha`", "`eta_min=0.0`") in [(row.a, row.b) for row in back.rows]
    assert back.how == ()
    natural = mapping(*named("torch", "mindspore", "ExponentialLR")).counterparts[1]
    assert "decay_rate = -ln gamma" in natural.how


def test_a_meaning_that_is_written_by_hand_is_converted_and_says_so() -> None:
    (found,) = mapping(*named("torch", "optax", "MultiStepLR")).counterparts
    assert not found.equated
    assert found.calls[1].name == "piecewise_constant_schedule"
    text = markdown.markdown(markdown.page(mapping(*named("torch", "optax", "MultiStepLR"))))
    assert markdown.BY_CARDS in text


def test_a_call_is_mapped_as_it_is() -> None:
    given = read("CosineAnnealingLR(T_max=30, eta_min=0.001)", lr=0.1)
    found = mapping(given, "mindspore")
    assert found.conversion is not None
    assert found.conversion.call == given
    assert {c.calls[1].name for c in found.counterparts} >= {"cosine_decay_lr", "CosineDecayLR"}
    assert all(c.equated for c in found.counterparts)
    followed = mapping(read("ReduceLROnPlateau(patience=2)", lr=0.1), "mindspore")
    assert [c.calls[1].name for c in followed.counterparts] == ["ReduceLROnPlateau"]


def test_a_constructor_is_found_from_either_side_and_an_unknown_one_names_what_is_near() -> None:
    constructor, to = named("torch", "mindspore", "cosine_decay_lr")
    assert (constructor.card.dialect, to) == ("mindspore", "torch")
    assert named("mindspore", "torch", "CosineAnnealingLR")[1] == "torch"
    for name, near in (
        ("plateau", "ReduceLROnPlateau"),
        ("one-cycle", "OneCycleLR"),
        ("StepRL", "StepLR"),
    ):
        with pytest.raises(ReadError, match=f"did you mean .*{near}"):
            named("torch", "mindspore", name)
    with pytest.raises(ReadError, match="unknown dialect"):
        mapping(constructor, "tango")


def test_what_has_no_usual_call() -> None:
    lacking = {
        constructor.card.name.rpartition(".")[2]
        for dialect in ("torch", "mindspore", "optax", "transformers", "isorate")
        for constructor in registry.get(dialect).constructors
        if usual_call(constructor)[0] is None
    }
    assert lacking == {
        "ChainedScheduler",
        "list",
        "sgdr_schedule",
        "get_scheduler",
        "get_cosine_with_min_lr_schedule_with_warmup_lr_rate",
    }
    (found,) = [
        m for m in FOUND["transformers", "optax"] if m.constructor.__name__ == "get_scheduler"
    ]
    assert "get_scheduler(...)'`" in markdown.markdown(markdown.page(found))


@pytest.mark.parametrize("pair", FOUND, ids="-".join)
def test_every_constructor_has_a_page_and_a_line(pair: tuple[str, str]) -> None:
    a, b = map(registry.get, pair)
    overview = markdown.markdown(markdown.overview(a, b, FOUND[pair]))
    for found in FOUND[pair]:
        page = markdown.markdown(markdown.page(found))
        assert page.startswith(f"# {markdown.called(found.constructor).replace('`', '')}: ")
        assert f"| {markdown.called(found.constructor)} | " in overview
        for counterpart in found.counterparts:
            assert counterpart.calls[1].card.dialect == b.name
            assert markdown.written(counterpart.calls[1]) in page
        assert json.loads(json.dumps(documents.mapping(found)))["to"] == b.name


# --- the command ---------------------------------------------------------------------------------


def isorate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "isorate", "mapping", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_prints_markdown_into_a_pipe_and_one_line_about_what_is_wrong() -> None:
    one = isorate("torch", "mindspore", "CosineAnnealingLR")
    found = mapping(*named("torch", "mindspore", "CosineAnnealingLR"))
    assert one.stdout == markdown.markdown(markdown.page(found))
    assert isorate("torch", "optax").stdout.startswith("# From PyTorch to Optax\n")
    refused = isorate("torch", "mindspore", "cosine")  # as it was called once
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert "did you mean CosineAnnealingLR or " in refused.stderr
    call = isorate("torch", "mindspore", "StepLR(30)", "--lr", "0.2")
    assert "step_size=30" in call.stdout
    asked = isorate("torch", "mindspore", "StepLR(30)")
    assert (asked.returncode, asked.stderr.count("\n")) == (2, 1)
    assert "lr" in asked.stderr


@pytest.mark.parametrize("arguments", [(), ("CosineAnnealingLR",)], ids=["all", "one"])
def test_a_terminal_is_not_run_over_but_by_code(arguments: tuple[str, ...]) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "isorate", "mapping", "transformers", "optax", *arguments[:0],
         *(("get_cosine_schedule_with_warmup",) if arguments else ())],
        stdout=theirs,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"},
        check=True,
    )  # fmt: skip
    os.close(theirs)
    assert done.returncode == 0
    lines = os.read(ours, 1 << 16).decode().splitlines()
    os.close(ours)
    assert lines
    assert [x for x in lines if len(x) > 80 and "(" not in x and "→" not in x] == []
    assert not any(line.startswith(("|--", "```")) for line in lines)


# --- the pages -----------------------------------------------------------------------------------


def test_a_page_says_its_calls_as_they_are_run() -> None:
    block = (
        "# torch\nf(1)\n# step() once in 2 updates → 0.1, 0.1, 0.2\ng()\n# → 0.1, then KeyError\n"
    )
    first, second = pages.shown(block)
    assert (first.code, first.run) == ("f(1)", Run(3, updates_per_epoch=2, step_every="epoch"))
    assert (second.code, second.run) == ("g()", Run(2))
    (third,) = pages.shown("h()\n# metric 1.0, 0.5 → 0.1, 0.1\n")
    assert third.run == Run(2, metrics=[1.0, 0.5])


def test_every_subject_shows_calls_and_a_changed_rate_is_put_right() -> None:
    texts = pages.subjects()
    assert len(texts) >= 11
    for text in texts.values():
        assert list(pages.calls(text))
    path = pages.FOLDER / "cosine.md"
    text = texts[path]
    wrong = text.replace("→ 0.1, 0.05500000000000001, then", "→ 0.1, 0.055, then")
    wrong = wrong.replace("| `T_max` | `decay_epoch` |", "| `T_max` | `total_step` |")
    assert wrong != text
    assert pages.fresh(wrong) == text
    assert len(list(pages.programs(text))) == 10


def test_names_are_arguments() -> None:
    """A guard of the test above: an expression without an argument would say nothing."""
    a, b = read("StepLR(2)", lr=0.1), read("optax.exponential_decay(0.1, 2, 0.1, staircase=True)")
    assert set().union(*(names(y) for _, _, y in _equal(a, b) or [])) >= {"transition_steps"}
