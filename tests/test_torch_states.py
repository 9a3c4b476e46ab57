"""The states that torch's own schedulers saved, in every version from 2.0 to 2.13, read back.

``tools/capture_torch_states.py`` has captured them. A state gives the call that it was captured
from, and the step, as it was saved and through JSON; anything that is no state gives one error.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isorate import ReadError, Run, simulate
from isorate.checkpoints.torch_states import KINDS, SavedCall, call_of_state
from isorate.dialects import torch as calls
from isorate.kit.optimizer import Optimizer
from tests.calls import read

Row = dict[str, Any]

TABLE = Path(__file__).parent / "tables" / "states" / "torch.json"
VERSIONS = (
    *("2.0.1", "2.1.2", "2.2.2", "2.3.1", "2.4.1", "2.5.1", "2.6.0"),
    *("2.7.1", "2.8.0", "2.9.1", "2.10.0", "2.11.0", "2.12.0", "2.13.0"),
)
STEPS = (0, 1, 7)
#: What a state does not hold, by what its text has.
LACKING = {"LambdaLR(": "functions", "MultiplicativeLR(": "functions", "Plateau(": "first rates"}


@cache
def table() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return loaded


ROWS = [
    pytest.param(row, id=f"{row['versions'][0]}-{row['text'].partition('(')[0]}-{index}")
    for index, row in enumerate(table()["rows"])
]


NEWEST = [row for row in table()["rows"] if VERSIONS[-1] in row["versions"]]


class Scalar:
    """A 0-d tensor, as far as anybody needs to know."""

    def __init__(self, value: float) -> None:
        self.value = value

    def item(self) -> float:
        return self.value


def saved(written: Any) -> Any:
    """Return what torch saved: with its ``Counter``, its tensors and its functions."""
    if isinstance(written, list):
        return [saved(each) for each in written]
    if not isinstance(written, dict):
        return written
    if set(written) == {"Counter"}:
        return Counter(dict(written["Counter"]))
    if set(written) == {"tensor"}:
        return Scalar(written["tensor"])
    if set(written) == {"function"}:
        function = FunctionType((lambda: None).__code__, {})
        function.__qualname__ = written["function"]
        function.__name__ = written["function"].rpartition(".")[2]
        return function
    return {key: saved(value) for key, value in written.items()}


def through_json(state: Any) -> Any:
    """Return what is left of a state in JSON, where people write what JSON has not as text."""
    return json.loads(
        json.dumps(state, default=lambda v: v.item() if hasattr(v, "item") else str(v))
    )


FORMS = {"as saved": lambda state: state, "JSON": through_json}


def read_row(row: Row, **options: Any) -> SavedCall:
    return call_of_state(saved(row["state"]), groups=saved(row["groups"]), **options)


def expected(row: Row) -> Any:
    """Return the call that a row's state was captured from, a tensor's rate as the number it is.

    No state holds ``optimizer.defaults["lr"]``: where every group has its own, it is the first's.
    """
    text: str = row["meant"] if "meant" in row else row["text"]
    text = re.sub(r"(SGD\(\[\{'params': \w+, 'lr': ([^}]+)\}.*?\])\)", r"\1, lr=\2)", text)
    return read(text.replace("torch.tensor(0.5)", "0.5"))


def lacking(row: Row) -> str | None:
    """Return what a row's state does not hold and cannot be read without."""
    if "scale_fn" in row["text"] and (row["step"] > 0 or row["state"]["_scale_fn_custom"]):
        return "scale_fn"
    return next((what for name, what in LACKING.items() if name in row["text"]), None)


# --- the table is whole --------------------------------------------------------------------------


def test_every_version_has_every_call_at_every_step() -> None:
    rows = table()["rows"]
    texts = {row["text"] for row in rows}
    seen = Counter((v, row["text"], row["step"]) for row in rows for v in row["versions"])
    refused = {  # a chain in a sequence: before 2.6, torch looks for a step that it has not
        text for text in texts if text.startswith("SequentialLR") and "ChainedScheduler" in text
    }
    assert len(refused) == 1
    wanted = {
        (version, text, step)
        for version in VERSIONS
        for text in texts
        for step in STEPS
        if text not in refused or VERSIONS.index(version) >= VERSIONS.index("2.6.0")
    }
    assert set(seen) == wanted
    assert set(seen.values()) == {1}
    assert table()["torch"] == VERSIONS[-1] == calls.DIALECT.version


def test_every_kind_has_calls_with_one_group_and_with_two() -> None:
    groups: dict[str, Counter[int]] = {name: Counter() for name in KINDS}
    for text, many in {(row["text"], len(row["groups"])) for row in table()["rows"]}:
        groups[text.partition("(")[0]][many] += 1
    assert all(set(counts) == {1, 2} for counts in groups.values()), groups
    assert {kind.card.name.rpartition(".")[2] for kind in calls.DIALECT.constructors} == set(KINDS)


def test_the_table_has_what_changed_between_versions() -> None:
    """The traps are in it: else nothing here would show that they are taken."""
    states = [row["state"] for row in table()["rows"]]
    for key in ("verbose", "_is_initial", "anneal_func", "_anneal_func_type", "_anneal_strategy"):
        having = {key in state for state in states}
        assert having == {True, False}, key
    text = json.dumps(states)
    for written in ('{"Counter": ', '{"tensor": ', '{"function": '):
        assert written in text


# --- every row -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("row", ROWS)
def test_a_state_gives_its_call_and_its_step(row: Row, form: str) -> None:
    state, groups = (FORMS[form](saved(row[key])) for key in ("state", "groups"))
    before = copy.deepcopy(state)
    missing = lacking(row)
    if missing is not None:
        with pytest.raises(ReadError, match=f"does not hold its {missing}"):
            call_of_state(state, groups=groups)
        return
    found = call_of_state(state, groups=groups)
    if "scale_fn" in row["text"]:  # nothing tells of it at its step 0
        assert expected(row).code.startswith(found.call.code[:-1])
    else:
        assert found.call.code == expected(row).code
        assert found.call == expected(row)
    assert found.step == row["step"]
    assert found.rates == tuple(
        rate.item() if isinstance(rate, Scalar) else rate
        for rate in saved(row["state"])["_last_lr"]
    )
    if form == "JSON":
        assert state == before


@pytest.mark.parametrize("row", ROWS)
def test_the_call_has_at_that_step_the_rates_that_were_saved(row: Row) -> None:
    """Versions before 2.8 take other steps where a sequence holds a sequence or a chain."""
    early = VERSIONS.index(row["versions"][0]) < VERSIONS.index("2.8.0")
    nested = re.search(r"SequentialLR\(.*(Chained|SequentialLR)", row["text"])
    if lacking(row) is not None or (early and nested):
        return
    found = read_row(row)
    curve = simulate(found.call, Run(found.step + 1))
    rates = curve.values.reshape(curve.groups, -1)[:, -1]
    assert found.rates is not None
    for rate, kept in zip(rates.tolist(), found.rates, strict=True):
        assert math.isclose(rate, kept, rel_tol=1e-6)  # a float32 tensor holds some of them


@pytest.mark.parametrize("row", NEWEST)
def test_a_state_is_of_one_kind_only(row: Row) -> None:
    own = row["text"].partition("(")[0]
    alike = {"LambdaLR", "MultiplicativeLR"}  # they save the same: neither can be read
    if lacking(row) is None:
        assert read_row(row, kind=own) == read_row(row)
    for kind in KINDS:
        if kind != own and not {kind, own} <= alike:
            with pytest.raises(ReadError, match=f"no state of {kind}: .*got .* keys"):
                read_row(row, kind=kind)


# --- what is no state ----------------------------------------------------------------------------


def a_row(name: str, text: str = "", *, step: int = 7) -> Row:
    """Return the newest row of a kind, with a text in its call."""
    return next(
        row
        for row in reversed(table()["rows"])
        if row["text"].startswith(f"{name}(") and text in row["text"] and row["step"] == step
    )


def test_no_state_of_any_scheduler() -> None:
    for state in (None, 3, [], "StepLR", b"", object()):
        with pytest.raises(ReadError, match="no state of a torch scheduler: required a state_dict"):
            call_of_state(state)  # type: ignore[arg-type]
    for keys in ({}, {"last_epoch": 3, "base_lrs": [0.1]}, {3: 4}):
        with pytest.raises(ReadError, match="got the keys none of any scheduler's own"):
            call_of_state(keys)  # type: ignore[arg-type]
    with pytest.raises(ReadError, match="torch has no such scheduler"):
        call_of_state(saved(a_row("StepLR")["state"]), kind="NoamLR")


def test_a_key_that_no_kind_has() -> None:
    state = saved(a_row("StepLR")["state"])
    assert isinstance(call_of_state(state | {"_private_since_2_14": 1}), SavedCall)
    with pytest.raises(ReadError, match="got the keys gamma, max_steps, step_size"):
        call_of_state(state | {"max_steps": 100})


GONE = object()
BROKEN = [
    ("StepLR", {"last_epoch": GONE}, "bad last_epoch .* required a number, got nothing"),
    ("StepLR", {"last_epoch": -2}, r"bad last_epoch .* required a step from -1 on"),
    ("StepLR", {"last_epoch": 2.5}, "bad last_epoch .* required a whole number"),
    ("StepLR", {"last_epoch": True}, "bad last_epoch .* required a number, got True"),
    ("StepLR", {"last_epoch": 2**53}, "bad last_epoch .* whole number below"),
    ("StepLR", {"base_lrs": GONE}, "bad base_lrs .* required a list of numbers, got nothing"),
    ("StepLR", {"base_lrs": []}, "bad base_lrs .* required a finite rate >= 0 for each group"),
    ("StepLR", {"base_lrs": 0.1}, "bad base_lrs .* required a list of numbers, got 0.1"),
    ("StepLR", {"base_lrs": [-0.1]}, "bad base_lrs .* required a finite rate"),
    ("StepLR", {"base_lrs": [float("nan")]}, "bad base_lrs .* required a finite rate"),
    ("StepLR", {"base_lrs": ["0.1"]}, "bad base_lrs .* required a number, got '0.1'"),
    ("StepLR", {"_last_lr": [None]}, "bad _last_lr .* required a number, got None"),
    ("StepLR", {"step_size": "3"}, "bad step_size in a state of StepLR: required a number"),
    ("StepLR", {"step_size": 10**400}, "bad step_size .* that a float can hold"),
    ("StepLR", {"step_size": 0}, "no state of StepLR: torch raises ZeroDivisionError"),
    ("StepLR", {"gamma": np.array([0.1, 0.2])}, "bad gamma .* required a number"),
    ("MultiStepLR", {"milestones": {"2.x": 1}}, "bad milestones .* got '2.x'"),
    ("MultiStepLR", {"milestones": {"true": 1}}, "bad milestones .* got True"),
    ("MultiStepLR", {"milestones": {2: 0}}, "bad milestones .* counts from 1 to"),
    ("MultiStepLR", {"milestones": {2: 10**12}}, "bad milestones .* counts from 1 to"),
    ("MultiStepLR", {"milestones": 2}, "bad milestones .* required a list of numbers"),
    ("ConstantLR", {"factor": 1.5}, "torch raises ValueError on construction"),
    ("LinearLR", {"start_factor": 0}, "torch raises ValueError on construction"),
    ("CosineAnnealingLR", {"T_max": 0}, "torch raises ZeroDivisionError on the first step"),
    (
        "CosineAnnealingWarmRestarts",
        {"T_cur": 3.5},
        "bad T_cur and T_i .* required 1 and 8 at step 7",
    ),
    ("CosineAnnealingWarmRestarts", {"T_i": 2}, "bad T_cur and T_i"),
    ("CosineAnnealingWarmRestarts", {"T_mult": 0}, "torch raises ValueError"),
    ("CyclicLR", {"step_ratio": float("nan")}, "bad step_ratio"),
    ("CyclicLR", {"total_size": 0}, "bad step_ratio"),
    ("CyclicLR", {"mode": "square"}, "bad mode .* required 'triangular' or"),
    ("CyclicLR", {"max_lrs": [0.1] * 3}, "bad max_lrs .* required 1 values, one a group"),
    ("CyclicLR", {"scale_mode": "iterations"}, "does not hold its scale_fn"),
    ("CyclicLR", {"_last_lr": [0.5]}, "does not hold its scale_fn"),
    ("CyclicLR", {"cycle_momentum": 1}, "bad cycle_momentum .* required True or False, got 1"),
    ("OneCycleLR", {"_schedule_phases": []}, "bad _schedule_phases"),
    ("OneCycleLR", {"_schedule_phases": [3, 4]}, "bad _schedule_phases"),
    ("OneCycleLR", {"total_steps": 21}, "bad _schedule_phases"),
    ("OneCycleLR", {"total_steps": 0}, "bad _schedule_phases"),
    ("OneCycleLR", {"_anneal_func_type": "exp"}, "bad _anneal_func_type .* required cos or linear"),
    ("OneCycleLR", {"base_lrs": [0.3, 0.3]}, "bad groups .* required those of this scheduler"),
    ("OneCycleLR", {"_last_lr": [0.3, 0.3]}, "bad groups .* required those of this scheduler"),
    ("SWALR", {"_anneal_strategy": GONE}, "bad _anneal_strategy .* got nothing"),
    ("SWALR", {"anneal_epochs": -1}, "torch raises ValueError on construction"),
    ("SequentialLR", {"_schedulers": []}, "bad _schedulers .* required a list of states"),
    (
        "SequentialLR",
        {"_schedulers": [3, 4]},
        "scheduler, member 0 of SequentialLR: required a state",
    ),
    ("SequentialLR", {"_milestones": []}, "torch raises ValueError on construction"),
    ("SequentialLR", {"_milestones": ["3"]}, "bad _milestones .* required a number, got '3'"),
    ("SequentialLR", {"last_epoch": None}, "bad last_epoch .* required a number, got None"),
    ("ChainedScheduler", {"_schedulers": None}, "bad _schedulers .* required a list of states"),
]


@pytest.mark.parametrize(("name", "changes", "said"), BROKEN)
def test_a_broken_state_gives_one_error(name: str, changes: dict[str, Any], said: str) -> None:
    row = a_row(
        name,
        {"CosineAnnealingWarmRestarts": "T_mult=2", "CyclicLR": "step_size_up=5"}.get(name, ""),
    )
    assert isinstance(read_row(row), SavedCall)
    state = saved(row["state"]) | changes
    state = {key: value for key, value in state.items() if value is not GONE}
    with pytest.raises(ReadError, match=said) as caught:
        call_of_state(state, groups=saved(row["groups"]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["OneCycleLR", "SWALR"])
def test_rates_that_are_in_the_groups(name: str) -> None:
    row = a_row(name)
    state, groups = saved(row["state"]), saved(row["groups"])
    with pytest.raises(ReadError, match=r"does not hold its \w+ \(give groups=optimizer"):
        call_of_state(state)
    broken = [{**group, "swa_lr": "x", "max_lr": None} for group in groups]
    wrongs: list[Any] = [3, [], groups[:1], [3, 4], [{}, {}], broken]
    for wrong in wrongs:
        with pytest.raises(ReadError, match="bad "):
            call_of_state(state, groups=wrong)


def test_groups_that_another_scheduler_has_changed() -> None:
    row = a_row("OneCycleLR")
    state, groups = saved(row["state"]), saved(row["groups"])
    for key in ("initial_lr", "min_lr", "max_lr"):
        changed = [
            {**group, key: group[key] * (1 + index)} for index, group in enumerate(groups, 1)
        ]
        with pytest.raises(ReadError, match="bad groups"):
            call_of_state(state, groups=changed)


def member(name: str, step: int, **changes: Any) -> dict[str, Any]:
    return {**saved(a_row(name, "torch.optim.SGD(params, lr=0.1)", step=step)["state"]), **changes}


def test_members_that_do_not_go_together() -> None:
    one, other = member("ExponentialLR", 7), member("StepLR", 7)
    assert call_of_state({"_schedulers": [one, other]}).step == 7
    with pytest.raises(
        ReadError, match=r"bad last_epoch .* the same for all members, got \[1, 7\]"
    ):
        call_of_state({"_schedulers": [one, member("StepLR", 1)]})
    with pytest.raises(ReadError, match="members that start from the same rates"):
        call_of_state({"_schedulers": [one, other | {"base_lrs": [0.2]}]})
    with pytest.raises(ReadError, match="ReduceLROnPlateau, member 1 of ChainedScheduler"):
        call_of_state({"_schedulers": [one, member("ReduceLROnPlateau", 7)]})
    chain = {"_schedulers": [member("LambdaLR", 7)]}
    with pytest.raises(ReadError, match=r"LambdaLR .* member 0 of Chained\w+, member 1 of Chained"):
        call_of_state({"_schedulers": [one, chain]})


def test_a_member_whose_turn_is_over_is_not_to_be_broken() -> None:
    state = saved(a_row("SequentialLR", "milestones=[3]")["state"])
    for key in ("last_epoch", "_last_lr", "base_lrs"):
        first = state["_schedulers"][0] | {key: "x"}
        with pytest.raises(ReadError, match=f"bad {key} in a state of LinearLR, member 0 of Sequ"):
            call_of_state(state | {"_schedulers": [first, *state["_schedulers"][1:]]})


def test_a_member_that_does_not_stand_where_its_turn_has_come() -> None:
    """As one does after ``SequentialLR(…, last_epoch=6)``, which begins with the first again."""
    row = a_row("SequentialLR", "milestones=[3]")
    state = saved(row["state"])
    assert call_of_state(state).step == 7
    with pytest.raises(
        ReadError, match=r"bad last_epoch .* required 5, as 8 is the whole's, got 4"
    ):
        call_of_state(state | {"last_epoch": 8})


# --- whatever is wrong ---------------------------------------------------------------------------

JUNK: list[Any] = [
    *(None, True, "", "x", "3", b"x", object(), [], [[]], {}, {"a": 1}, Counter({3: 1}), Scalar(3)),
    *(0, -1, 3, 7, -0.5, 0.3, 1e308, 5e-324, 2**70, 10**400, np.float32(0.1), np.ones(2)),
    *(float("nan"), float("inf"), -float("inf")),
]


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Visit the way to everything in a state."""
    items = enumerate(value) if isinstance(value, list) else value.items()
    for key, inner in items:
        yield (*before, key)
        if isinstance(inner, list | dict):
            yield from places(inner, (*before, key))


@given(st.data())
def test_junk_anywhere_gives_one_error_or_none(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(table()["rows"]))
    whole = saved({"state": row["state"], "groups": row["groups"]})
    for _ in range(data.draw(st.integers(1, 2))):
        way = data.draw(st.sampled_from([way for way in places(whole) if len(way) > 1]))
        at = whole
        for key in way[:-1]:
            at = at[key]
        if data.draw(st.booleans()) or isinstance(at, list):
            at[way[-1]] = copy.copy(data.draw(st.sampled_from(JUNK)))
        else:
            del at[way[-1]]
    try:
        found = call_of_state(whole["state"], groups=whole["groups"])
    except ReadError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 500
    else:
        assert found.call.fault() is None


# --- arguments that torch keeps a quotient of ----------------------------------------------------


@given(st.integers(1, 10**6), st.one_of(st.none(), st.integers(1, 10**6)))
def test_cyclic_sizes_come_back(up: int, down: int | None) -> None:
    size = float(up) + float(up if down is None else down)
    state = saved(a_row("CyclicLR", "step_size_up=5", step=0)["state"])
    call: Any = call_of_state(state | {"total_size": size, "step_ratio": up / size}).call
    assert (call.step_size_up, call.step_size_down) == (up, None if down in (None, up) else down)


@example(2, 1, math.pi, 1.0003)  # the guess fits, and a neighbour of it has fewer digits
@given(st.integers(2, 10**6), st.integers(1, 99), st.floats(1.5, 1e6), st.floats(1e-6, 10.0))
def test_one_cycle_quotients_have_the_same_bits(
    total: int, percent: int, divisor: float, high: float
) -> None:
    row = a_row("OneCycleLR", "cycle_momentum=False", step=0)
    share, first = percent / 100, high / divisor
    made = calls.OneCycleLR(Optimizer.of(first), high, total, pct_start=share, three_phase=True)
    phases = [
        dict(zip(("end_step", "start_lr", "end_lr"), p, strict=True)) for p in made._phases(total)
    ]
    state = saved(row["state"]) | {
        "total_steps": total,
        "_schedule_phases": phases,
        "base_lrs": [first],
    }
    del state["_last_lr"]  # the first phase may begin before step 0
    group = {"max_lr": high, "initial_lr": first, "min_lr": first / 1e4}
    try:
        call: Any = call_of_state(state, groups=[group]).call
    except ReadError:
        assert made.fault() is not None  # a phase without length
        return
    assert call.pct_start == share
    assert high / call.div_factor == first
    assert len(repr(call.div_factor)) <= len(repr(divisor))
    assert call.final_div_factor == 1e4
