"""What torch 2.0 to 2.13 saved goes on in Isorate's schedulers: at its step, by its schedule."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import isorate.torch  # noqa: E402
from isorate.dialects import torch as calls  # noqa: E402
from isorate.kit.call import Composition  # noqa: E402
from isorate.schedule.combinators.clocks import on_steps  # noqa: E402
from isorate.schedule.expression import Expression  # noqa: E402
from isorate.torch import CosineAnnealingLR, ScheduleLR, ScheduleMismatchError  # noqa: E402
from isorate.training.rates import per_group  # noqa: E402
from tests.test_torch_states import VERSIONS, expected, lacking, saved, table  # noqa: E402
from tests.training.torch_parts import MARKS, optimizer_of, rates_of  # noqa: E402

pytestmark = MARKS

OF_FUNCTIONS = ("LambdaLR", "MultiplicativeLR")


def rows(version: str | None = None) -> list[dict[str, Any]]:
    """Return the captured states, of one version of torch or of all."""
    return [row for row in table()["rows"] if version is None or version in row["versions"]]


def optimizer_like(row: dict[str, Any]) -> Any:
    """Return an optimizer as the checkpoint's, its groups loaded."""
    groups = [
        {key: number(value) for key, value in group.items()} for group in saved(row["groups"])
    ]
    optimizer = optimizer_of(*(group["initial_lr"] for group in groups), momentum=0.9)
    for group, held in zip(optimizer.param_groups, groups, strict=True):
        group.update(held)
    return optimizer


def number(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def drop_in(call: Any, optimizer: Any) -> Any:
    """Build the drop-in of a call, and those that it holds."""
    kind = getattr(isorate.torch, call.name)
    arguments = {
        name: value.function() if isinstance(value, Expression) else value
        for name, value in call.arguments().items()
        if name not in ("optimizer", "schedulers")
    }
    if call.name == "SequentialLR":
        members = [drop_in(member, optimizer) for member in call.schedulers]
        return kind(optimizer, members, arguments["milestones"])
    if call.name == "ChainedScheduler":
        return kind([drop_in(member, optimizer) for member in call.schedulers], optimizer)
    return kind(optimizer, **arguments)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_drop_in_goes_on_from_it(version: str) -> None:
    done: set[str] = set()
    for row in rows(version):
        if lacking(row) is not None or "scale_fn" in row["text"]:
            continue
        call = expected(row)
        if call.name == "CyclicLR" and call.step_size_up != int(call.step_size_up):
            continue  # no schedule has corners between two steps
        if any(isinstance(member, Composition) for member in getattr(call, "schedulers", ())):
            continue  # one in another ran a step ahead, or counted its first step twice
        optimizer = optimizer_like(row)
        for group in optimizer.param_groups:  # a fresh one, but for what the state is loaded into
            group["lr"] = group["initial_lr"]
        scheduler = drop_in(call, optimizer)
        scheduler.load_state_dict(saved(row["state"]))
        assert scheduler.last_epoch == row["step"], row["text"]
        mine = per_group(on_steps(call.lower()), len(row["groups"]))
        end = scheduler._schedules.end
        if end is None or row["step"] < end:
            rates = [schedule.at(row["step"]) for schedule in mine]
            assert rates_of(optimizer) == pytest.approx(rates, rel=1e-12), row["text"]
        done.add(call.name)
    assert len(done) >= 11, done


@pytest.mark.parametrize("version", VERSIONS)
def test_any_schedule_knows_it(version: str) -> None:
    seen = 0
    for row in rows(version):
        if lacking(row) is not None or not isinstance(
            call := expected(row), calls.CosineAnnealingLR
        ):
            continue
        optimizer = optimizer_like(row)
        scheduler = ScheduleLR(optimizer, call)
        scheduler.load_state_dict(saved(row["state"]))
        assert scheduler.last_epoch == row["step"]
        other = CosineAnnealingLR(optimizer_like(row), call.T_max + 1, call.eta_min)  # type: ignore[arg-type]
        with pytest.raises(ScheduleMismatchError):
            other.load_state_dict(saved(row["state"]))
        other.load_state_dict(saved(row["state"]), on_mismatch="checkpoint")
        assert other.last_epoch == row["step"]
        seen += 1
    assert seen > 2


@pytest.mark.parametrize("name", OF_FUNCTIONS)
def test_functions_are_the_scripts(name: str) -> None:
    row = next(row for row in rows() if row["text"].startswith(name) and row["step"] > 1)
    optimizer = optimizer_like(row)
    scheduler = getattr(isorate.torch, name)(optimizer, lambda step: 0.5)
    scheduler.load_state_dict(saved(row["state"]))
    assert scheduler.last_epoch == row["step"]


def test_the_state_of_another_class_is_refused() -> None:
    row = next(row for row in rows() if row["text"].startswith("StepLR"))
    with pytest.raises(ValueError, match="StepLR"):
        CosineAnnealingLR(optimizer_like(row), 5).load_state_dict(saved(row["state"]))
