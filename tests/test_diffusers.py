"""diffusers in texts: whose a name is, which arguments a name is given, and rules as text."""

from __future__ import annotations

import numpy as np
import pytest

from isorate import IsorateError, Run, compare, convert, simulate
from isorate.dialects import diffusers
from isorate.reading.reader import reading
from tests.calls import read

HERE = "diffusers.optimization"
ADAMW = "torch.optim.AdamW(params, lr=0.1)"
IMPORT = f"from {HERE} import get_scheduler\no = {ADAMW}\n"


def test_an_import_says_whose_get_scheduler_is() -> None:
    text = "get_scheduler('cosine', optimizer=o, num_warmup_steps=3, num_training_steps=14)"
    call = read(IMPORT + text)
    assert call.card.name == f"{HERE}.get_scheduler"
    assert call.returned.card.name == f"{HERE}.get_cosine_schedule_with_warmup"
    assert read(f"o = {ADAMW}\n{text}").card.dialect == "transformers"
    said = reading(f"o = {ADAMW}\n{text}").assumptions
    assert said == ("get_scheduler is transformers'; diffusers has one, too",)


def test_an_argument_that_one_alone_has_says_whose_it_is() -> None:
    text = (
        f"get_scheduler('linear', {ADAMW}, num_warmup_steps=3, num_training_steps=9, num_cycles=1)"
    )
    assert read(text).card.dialect == "diffusers"


def test_a_cosine_by_name_keeps_to_half_a_period() -> None:
    named = f"{IMPORT}get_scheduler('cosine', o, None, 3, 14, num_cycles=5)"
    assert compare(named, f"transformers.get_cosine_schedule_with_warmup({ADAMW}, 3, 14)").equal
    restarts = f"{IMPORT}get_scheduler('cosine_with_restarts', o, None, 3, 14, num_cycles=5)"
    assert not compare(named, restarts, Run(14)).equal


@pytest.mark.parametrize(
    "arguments",
    ["3, 14", "0, 12", "3, 14, f_min=0.1", "0, 12, f_min=0.5"],
)
def test_a_linear_schedule_with_a_floor_is_found_again(arguments: str) -> None:
    call = read(f"{HERE}.get_linear_schedule_with_warmup({ADAMW}, {arguments})")
    schedule = call.lower()
    found = type(call).lift(schedule.resolved(Run()).normal(), 30)
    assert getattr(found, "call").lower().normal() == schedule.normal()  # noqa: B009


def test_milestones_become_rules() -> None:
    text = f"MultiStepLR({ADAMW}, [4, 9], 0.5)"
    ways = convert(text, to="diffusers", run=Run(20)).ways
    assert ways[0].call.arguments()["step_rules"] == "1.0:4,0.5:9,0.25"
    rules = f"{HERE}.get_piecewise_constant_schedule({ADAMW}, '1:4,0.5:9,0.25')"
    assert np.array_equal(simulate(rules, 20).values, simulate(text, 20).values)
    back = convert(rules, to="torch", run=Run(20)).ways
    assert back[0].call.name == "MultiStepLR"


def test_what_holds_no_rules_is_refused_as_python_does() -> None:
    with pytest.raises(IsorateError, match="diffusers raises AttributeError on construction"):
        simulate(f"{HERE}.get_scheduler('piecewise_constant', {ADAMW})", 5)
    with pytest.raises(IsorateError, match="diffusers raises ValueError on construction"):
        simulate(f"{HERE}.get_piecewise_constant_schedule({ADAMW}, '1:2:3,4')", 5)


def test_every_name_of_the_enumeration_is_one() -> None:
    assert {*diffusers.DIALECT.constants.values()} == {*diffusers.NAMES}
