from __future__ import annotations

from typing import Any

import pytest

from isorate import Run, RunError


def test_epochs_are_updates() -> None:
    run = Run(epochs=3, updates_per_epoch=2, step_every="epoch")
    assert run.updates == 6
    assert [run.step_of(k) for k in range(6)] == [0, 0, 1, 1, 2, 2]
    assert run == Run(6, epochs=3, updates_per_epoch=2, step_every="epoch")
    assert str(run) == "6 updates, 2 an epoch, scheduler stepped every epoch"


def test_stepping_every_update_ignores_the_epoch() -> None:
    run = Run(6, updates_per_epoch=2)
    assert [run.step_of(k) for k in range(6)] == [0, 1, 2, 3, 4, 5]


def test_an_open_run_has_no_length_until_it_is_given_one() -> None:
    with pytest.raises(RunError, match="no length"):
        Run().length  # noqa: B018 - the property raises
    assert Run(updates_per_epoch=2, step_every="epoch").lasting(8).length == 8


@pytest.mark.parametrize(
    "arguments",
    [
        {"updates": 0},
        {"updates": -1},
        {"updates": True},
        {"updates": 1.0},
        {"updates": "6"},
        {"updates": 2**53},
        {"epochs": 3},
        {"epochs": 0, "updates_per_epoch": 2},
        {"epochs": 3, "updates_per_epoch": -2},
        {"epochs": 2**40, "updates_per_epoch": 2**40},
        {"updates": 5, "epochs": 3, "updates_per_epoch": 2},
        {"updates": 6, "step_every": "epoch"},
        {"updates": 6, "step_every": "batch"},
    ],
)
def test_contradictions_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(RunError):
        Run(**arguments)
