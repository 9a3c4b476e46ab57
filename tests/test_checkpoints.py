"""Checkpoints: what schedulers were saved as, in a file by themselves and among other things.

The states are those that every version of torch's schedulers saved (``tests/tables/states``); here
they are pickled without torch, and in archives as ``torch.save`` writes them, by torch itself where
it is installed.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import tempfile
import zipfile
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import ReadError, check, compare, read, read_checkpoint, read_logs
from isorate.checkpoints.torch_states import call_of_state
from isorate.checkpoints.unpickling import CHECKPOINT, unpickled
from isorate.cli._commands import run
from isorate.schedule.errors import OwnRateError
from tests.conformance.cases import keras as keras_cases
from tests.test_cli import isorate
from tests.test_torch_states import NEWEST, saved, through_json

COSINE = {
    "T_max": 100, "eta_min": 0.0, "base_lrs": [0.1], "last_epoch": 25, "_step_count": 26,
    "_is_initial": False, "_get_lr_called_within_step": False, "_last_lr": [0.08535533905932738],
}  # fmt: skip
SGD = {
    "state": {}, "param_groups": [{
        "lr": 0.08535533905932738, "momentum": 0.9, "dampening": 0, "weight_decay": 0.0005,
        "nesterov": True, "maximize": False, "foreach": None, "differentiable": False,
        "fused": None, "initial_lr": 0.1, "params": [0, 1],
    }],
}  # fmt: skip
LAMBDA = {"base_lrs": [0.1], "last_epoch": 25, "lr_lambdas": [None], "_last_lr": [0.05]}


def archived(value: Any) -> bytes:
    """Return an archive that has a pickle, as ``torch.save`` writes them."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("run/data.pkl", pickle.dumps(value, protocol=2))
        archive.writestr("run/byteorder", "little")
    return file.getvalue()


def write(path: Path, value: Any) -> Path:
    path.write_bytes(archived(value))
    return path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    model = OrderedDict([("weight", None)])
    return write(tmp_path / "run.pth.tar", {
        "epoch": 25, "model": model, "optimizer": SGD, "scheduler": COSINE,
    })  # fmt: skip


@pytest.mark.parametrize("row", NEWEST, ids=lambda row: row["text"].partition("(")[0])
@pytest.mark.parametrize("make", [pickle.dumps, archived], ids=["pickle", "archive"])
def test_a_state_is_what_it_is_by_itself(row: Any, make: Any, tmp_path: Path) -> None:
    state, groups = through_json(saved(row["state"])), through_json(saved(row["groups"]))
    path = tmp_path / "state.pt"
    path.write_bytes(make({"opt": {"param_groups": groups, "state": {}}, "inner": [state]}))
    (found,) = read_checkpoint(path).schedulers
    assert found.place == "inner[0]"
    try:
        meant = call_of_state(state, groups=groups)
    except ReadError as error:
        assert found.call is None
        assert str(found.lacks) == str(error)
        return
    assert found.call is not None
    told = found.call.code.replace("AdamW", "SGD")  # its class the groups tell
    assert (told, found.step, found.rates) == (meant.call.code, meant.step, meant.rates)
    assert found.notes == ()


def test_the_optimizer_beside_it_is_told(checkpoint: Path) -> None:
    found = read_checkpoint(checkpoint)
    assert found.counts == {"epoch": 25}
    assert found.optimizers == {"optimizer": (0.08535533905932738,)}
    recipe = read(checkpoint)
    assert recipe.code == (
        "torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD(params, lr=0.1, momentum=0.9, "
        "weight_decay=0.0005, nesterov=True), T_max=100)"
    )
    assert recipe.assumptions == ()
    assert recipe.lasting(26).curve.at(25) == pytest.approx(0.08535533905932738)
    assert compare(checkpoint, "CosineAnnealingLR(SGD(p, lr=0.1), 100)", 200).verdict == "identical"
    with pytest.raises(OwnRateError):
        read(checkpoint, lr=0.1)


def test_a_name_beside_a_checkpoint_is_refused_in_the_same_words_everywhere(tmp_path: Path) -> None:
    checkpoint = write(tmp_path / "run.ckpt", {"scheduler": COSINE, "optimizer": SGD})
    for argv in (["show", str(checkpoint)], ["compare", str(checkpoint), str(checkpoint)]):
        with pytest.raises(ReadError, match="--set epochs: the checkpoint") as refused:
            read(checkpoint, names={"epochs": 3})
        assert isorate(*argv, "--set", "epochs=3").stderr == f"isorate: {refused.value}\n"


def test_of_two_optimizers_a_scheduler_has_the_one_with_its_rates(tmp_path: Path) -> None:
    group = {**SGD["param_groups"][0], "lr": 0.02, "momentum": 0.5, "nesterov": False}  # type: ignore[index]
    other = {**COSINE, "base_lrs": [0.04], "last_epoch": 50, "_last_lr": [0.02]}
    held = {"opt_d": {"param_groups": [group]}, "opt_g": SGD, "g": COSINE, "d": other}
    first, second = read_checkpoint(write(tmp_path / "gan.pt", held)).schedulers
    assert first.call is not None is not second.call
    assert "momentum=0.9" in first.call.code
    assert "momentum=0.5" in second.call.code
    assert first.notes == second.notes == ()
    held["d"] = {**other, "_last_lr": [0.03]}
    _, second = read_checkpoint(write(tmp_path / "gan.pt", held)).schedulers
    assert not second.told
    assert "0.03, and the schedule's at step 50 is 0.02" in second.notes[0]


def test_what_contradicts_itself_is_said(tmp_path: Path) -> None:
    group = {**SGD["param_groups"][0], "lr": 0.5}  # type: ignore[index]
    held = {"scheduler": COSINE, "optimizer": {"param_groups": [group]}}
    (found,) = read_checkpoint(write(tmp_path / "a.pt", held)).schedulers
    assert found.notes == (
        "the optimizer beside it has the rate 0.5, and its own last one is 0.0853553",
    )
    (found,) = read_checkpoint(write(tmp_path / "b.pt", {**COSINE, "_last_lr": [0.02]})).schedulers
    assert found.notes == (
        "its last rate is 0.02, and the schedule's at step 25 is 0.0853553: something else has "
        "set it",
    )


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    state = {
        "milestones": {np.int64(5): 1, np.int64(9): 2}, "gamma": np.float64(0.5),
        "base_lrs": [np.float32(0.5)], "last_epoch": np.int32(3), "_last_lr": [np.float64(0.5)],
    }  # fmt: skip
    (found,) = read_checkpoint(write(tmp_path / "a.pt", state)).schedulers
    assert found.call is not None
    assert (found.call.milestones, found.step, found.rates) == ([5, 9, 9], 3, (0.5,))  # type: ignore[attr-defined]


def test_a_key_that_is_no_number_is_not_passed_over(tmp_path: Path) -> None:
    state = {**COSINE, "gamma": 0.1, "milestones": {(5,): 1}}
    for key in ("T_max", "eta_min"):
        state.pop(key)
    (found,) = read_checkpoint(write(tmp_path / "a.pt", state)).schedulers
    assert found.call is None
    assert "milestones" in str(found.lacks)


def test_on_the_command_line(checkpoint: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(checkpoint.parent)
    shown = isorate("show", "run.pth.tar", "--updates", "101")
    assert shown.returncode == 0
    assert "saved after 25 steps, the next update has the rate 0.0853553" in shown.stdout
    assert "the checkpoint says epoch 25" in shown.stdout
    told = json.loads(isorate("show", "run.pth.tar", "--updates", "9", "--json").stdout)
    assert told["saved"][0].startswith("run.pth.tar, scheduler: saved after 25 steps")
    same = isorate("compare", "run.pth.tar", "CosineAnnealingLR(SGD(p, lr=0.1), 100)")
    assert same.returncode == 0
    other = isorate("compare", "CosineAnnealingLR(SGD(p, lr=0.1), 90)", "run.pth.tar")
    assert other.returncode == 1
    code = isorate("convert", "run.pth.tar", "--to", "optax", "--code", "--updates", "101")
    assert "cosine_decay_schedule(init_value=0.1, decay_steps=100)" in code.stdout


def test_of_several_one_is_chosen(tmp_path: Path) -> None:
    step = {"step_size": 3, "gamma": 0.1, "base_lrs": [0.01], "last_epoch": 2, "_last_lr": [0.01]}
    path = write(tmp_path / "gan.ckpt", {"lr_schedulers": [COSINE, step, LAMBDA]})
    shown = isorate("show", str(path), "--updates", "10")
    assert "CosineAnnealingLR" in shown.stdout
    assert "StepLR" in shown.stdout
    one = isorate("show", str(path), "--which", "lr_schedulers[1]", "--at", "3")
    assert "0.001" in one.stdout
    assert "CosineAnnealingLR" not in one.stdout
    lacking = isorate("show", str(path), "--which", "lr_schedulers[2]")
    assert lacking.returncode == 2
    assert "does not hold its functions" in lacking.stderr
    with pytest.raises(ReadError, match=r"several schedulers: .*--which lr_schedulers\[0\]"):
        read(path)


def test_a_checkpoint_is_a_log_of_one_rate(tmp_path: Path) -> None:
    path = write(tmp_path / "scheduler.pt", LAMBDA)
    assert check(path, read("LambdaLR(SGD(p, lr=0.1), lambda t: 1 - t / 50)")).follows
    assert not check(path, read("LambdaLR(SGD(p, lr=0.1), lambda t: 1 - t / 60)")).follows
    script = (
        "opt = SGD(p, lr=0.1)\nsched = LambdaLR(opt, lambda t: 1 - t / 50)\n"
        "for epoch in range(40):\n    for x in range(10):\n        opt.step()\n    sched.step()\n"
    )
    found = check(path, read(script))
    assert found.follows
    assert "update 251 of 400" in found.sentence


def test_what_holds_no_schedule_says_where_it_is_told(tmp_path: Path, capsys: Any) -> None:
    path = write(tmp_path / "scheduler.pt", LAMBDA)
    assert run(["show", str(path)]) == 2
    assert f"(isorate check {path} RECIPE says" in capsys.readouterr().err
    (tmp_path / "training_args.bin").write_bytes(b"")
    assert run(["show", str(path)]) == 2
    assert f"(isorate show {tmp_path / 'training_args.bin'} says it)" in capsys.readouterr().err
    paddles = tmp_path / "net.pdopt"  # as paddle.save writes an optimizer's state
    paddles.write_bytes(pickle.dumps({"LR_Scheduler": {"last_epoch": 25, "last_lr": 0.05}}))
    assert run(["show", str(paddles)]) == 2
    assert "the state holds no schedule, only where it stood" in capsys.readouterr().err
    assert check(paddles, read("LambdaLR(SGD(p, lr=0.1), lambda t: 1 - t / 50)")).follows


def test_checkpoints_of_one_run_are_one_log(tmp_path: Path) -> None:
    for step in (30, 10, 20):
        state = {**LAMBDA, "last_epoch": step, "_last_lr": [0.1 * (1 - step / 50)]}
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        write(folder / "scheduler.pt", state)
        (folder / "optimizer.pt").write_bytes(archived(SGD))
    (tmp_path / "cut.pt").write_bytes(archived(LAMBDA)[:50])
    (log,) = read_logs(tmp_path)
    assert log.groups[0].steps.tolist() == [10, 20, 30]
    assert check(tmp_path, read("LambdaLR(SGD(p, lr=0.1), lambda t: 1 - t / 50)")).follows


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (archived({"model": [1, 2]}), "holds no scheduler's state"),
        (archived(SGD), "is an optimizer's, with the rate 0.0853"),
        (archived(COSINE)[:-30], "cannot read"),
        (pickle.dumps(COSINE)[:-5], "cannot read"),
        (archived({**COSINE, "T_max": "far"}), "bad T_max"),
        (archived({"last_epoch": 3, "mine": 4}), "no state of a torch scheduler"),
        (archived({"isorate_format": 1, "schedule": "{}"}), "bad state of isorate.torch"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(
    data: bytes, said: str, tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / "a.ckpt"
    path.write_bytes(data)
    assert run(["show", str(path)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_what_is_no_checkpoint_is_told(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "a.ckpt").write_text("hello")
    folder = tmp_path / "checkpoint-5"
    folder.mkdir()
    write(folder / "optimizer.pt", SGD)
    write(folder / "scheduler.pt", COSINE)
    for path, said in (
        (
            tmp_path / "a.ckpt",
            "is no checkpoint that is read: required what torch.save, pickle, Keras",
        ),
        (tmp_path / "b.ckpt", "there is no such file"),
        (folder, f"has no Python files (isorate show {folder / 'scheduler.pt'})"),
    ):
        assert run(["show", str(path)]) == 2
        told = capsys.readouterr().err
        assert said in told
        assert told.count("\n") == 1


@given(st.data())
def test_a_damaged_checkpoint_is_read_or_refused(data: st.DataObject) -> None:
    held = {"a": [COSINE, LAMBDA], "o": SGD}
    whole = data.draw(st.sampled_from([archived(held), pickle.dumps(held)]))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(ReadError):
        unpickled(bytes(damaged), CHECKPOINT)
    with tempfile.TemporaryDirectory() as folder, suppress(ReadError):
        path = Path(folder) / "a.pt"
        path.write_bytes(damaged)
        read_checkpoint(path)


class Evil:
    """Does something where it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("made_by_a_pickle",)


def test_nothing_is_executed(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "a.pt", {"scheduler": COSINE, "model": Evil()})
    assert read(path).code.startswith("torch.optim.lr_scheduler.CosineAnnealingLR")
    assert not (tmp_path / "made_by_a_pickle").exists()


def test_a_bomb_is_refused_soon(tmp_path: Path) -> None:
    bomb: Any = []
    for _ in range(60):
        bomb = [bomb] * 10
    with pytest.raises(ReadError, match="holds too much"):
        read_checkpoint(write(tmp_path / "a.pt", {"x": bomb}))


@pytest.mark.torch
@pytest.mark.parametrize("archive", [True, False], ids=["archive", "old format"])
def test_what_torch_saves_is_read(archive: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from torch.optim import lr_scheduler as schedulers

    layer = torch.nn.Linear(100, 100)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=1e-3, weight_decay=0.1)
    warm = schedulers.LinearLR(optimizer, 0.1, total_iters=5)
    cosine = schedulers.CosineAnnealingLR(optimizer, 45)
    scheduler = schedulers.SequentialLR(optimizer, [warm, cosine], [5])
    rates = []
    for _ in range(50):
        rates.append(optimizer.param_groups[0]["lr"])
        layer(torch.ones(100)).sum().backward()
        optimizer.step()
        scheduler.step()
        if len(rates) == 12:
            held = {"net": layer.state_dict(), "opt": optimizer.state_dict(), "epoch": 3}
            path = tmp_path / "run.ckpt"
            torch.save(
                {**held, "sched": scheduler.state_dict()},
                path,
                _use_new_zipfile_serialization=archive,
            )
    (found,) = read_checkpoint(path).schedulers
    assert found.call is not None
    assert found.call.code.startswith(
        "torch.optim.lr_scheduler.SequentialLR(optimizer := torch.optim.AdamW(params, lr=0.001, "
        "weight_decay=0.1)"
    )
    assert (found.place, found.step, found.rates) == ("sched", 12, (rates[12],))
    assert read(path).lasting(50).curve.values.tolist() == rates
    assert check(path, read(path)).follows


@pytest.mark.torch
@pytest.mark.parametrize("archive", [True, False], ids=["archive", "old format"])
def test_rates_in_tensors_are_read(archive: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.AdamW([torch.zeros(1)], lr=torch.tensor(0.5))
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.25, total_steps=20)
    for _ in range(7):
        optimizer.step()
        scheduler.step()
    path = tmp_path / "a.pt"
    held = {"opt": optimizer.state_dict(), "sched": scheduler.state_dict(), "net": torch.ones(999)}
    torch.save(held, path, _use_new_zipfile_serialization=archive)
    (found,) = read_checkpoint(path).schedulers
    assert found.call is not None
    assert found.rates == (float(optimizer.param_groups[0]["lr"]),)
    assert "max_lr=0.25, total_steps=20" in found.call.code
    assert found.notes == ()


@pytest.mark.torch
def test_what_isorates_own_schedulers_save_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from isorate.torch import ScheduleLR

    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    scheduler = ScheduleLR(optimizer, "optax.cosine_decay_schedule(0.1, 30)")
    for _ in range(7):
        optimizer.step()
        scheduler.step()
    path = tmp_path / "a.pt"
    torch.save(scheduler.state_dict(), path)
    assert compare(path, "optax.cosine_decay_schedule(0.1, 30)", 30).equal
    assert read_checkpoint(path).schedulers[0].step == 7


def parameter(name: str, kind: str, content: bytes, size: int) -> bytes:
    """Return a parameter as ``mindspore.save_checkpoint`` writes it."""

    def field(number: int, data: bytes) -> bytes:
        length = len(data)
        longer = bytes([length & 127 | 128, length >> 7]) if length > 127 else bytes([length])
        return bytes([number << 3 | 2]) + longer + data

    tensor = bytes([8, size]) + field(2, kind.encode()) + field(3, content)
    return field(1, field(1, name.encode()) + field(2, tensor))


def test_a_list_in_a_mindspore_checkpoint_is_read(tmp_path: Path) -> None:
    rates = np.array([0.1, 0.05, 0.02, 0.01], np.float32)
    data = parameter("global_step", "Int32", np.int32(2).tobytes(), 1)
    data += parameter("weight", "Float32", bytes(24), 6)
    data += parameter("learning_rate", "Float32", rates.tobytes(), 4)
    path = tmp_path / "net.ckpt"
    path.write_bytes(data)
    (found,) = read_checkpoint(path).schedulers
    assert (found.place, found.step, found.rates) == ("learning_rate", 2, (float(rates[2]),))
    recipe = read(path)
    assert recipe.dtype == "float32"
    assert recipe.lasting(4).curve.values.tolist() == rates.tolist()
    assert compare(path, "[0.1, 0.05, 0.02, 0.01]", 4).equal
    assert check(path, read("[0.1, 0.05, 0.02, 0.01]")).follows
    assert not check(path, read("[0.1, 0.05, 0.02001, 0.01]")).follows
    path.write_bytes(data[:-5])
    with pytest.raises(ReadError, match=r"cannot read net\.ckpt"):
        read_checkpoint(path)


@pytest.mark.mindspore
def test_what_mindspore_saves_is_read(tmp_path: Path) -> None:
    mindspore = pytest.importorskip("mindspore")
    net = mindspore.nn.Dense(3, 2)
    rates = mindspore.nn.cosine_decay_lr(0.01, 0.1, 30, 10, 3)
    optimizer = mindspore.nn.Momentum(net.trainable_params(), rates, 0.9)
    gradients = [mindspore.ops.ones_like(p) for p in optimizer.parameters]
    for _ in range(12):
        optimizer(tuple(gradients))
    path = tmp_path / "net.ckpt"
    mindspore.save_checkpoint(optimizer, str(path))
    (found,) = read_checkpoint(path).schedulers
    assert (found.step, found.rates) == (12, (float(np.float32(rates[12])),))
    assert compare(path, "mindspore.nn.cosine_decay_lr(0.01, 0.1, 30, 10, 3)", 30).equal


COSINE_DECAY = {
    "module": "keras.optimizers.schedules", "class_name": "CosineDecay", "registered_name": None,
    "config": {"initial_learning_rate": 0.0, "decay_steps": 90, "alpha": 0.0, "name": "CosineDecay",
               "warmup_target": 0.1, "warmup_steps": 10},
}  # fmt: skip


def test_the_schedule_of_a_keras_model_is_read(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "model.keras"

    def write_model(rate: Any) -> None:
        optimizer = {"class_name": "AdamW", "config": {"learning_rate": rate, "use_ema": False}}
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "config.json", json.dumps({"compile_config": {"optimizer": optimizer}})
            )

    write_model(COSINE_DECAY)
    recipe = read(path)
    assert recipe.code == (
        "keras.optimizers.schedules.CosineDecay(initial_learning_rate=0.0, decay_steps=90, "
        "warmup_target=0.1, warmup_steps=10)"
    )
    assert run(["show", str(path), "--updates", "20"]) == 0
    write_model(0.01)
    assert run(["show", str(path)]) == 2
    assert "the optimizer has no schedule" in capsys.readouterr().err
    path.write_bytes(path.read_bytes()[:-9])
    assert run(["show", str(path)]) == 2
    assert "it is no saved model" in capsys.readouterr().err


@pytest.mark.jax
def test_what_keras_saves_is_read(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("KERAS_BACKEND", keras_cases.BACKEND)
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 50, 0.01, power=2.0)
    model.compile(optimizer=keras.optimizers.SGD(schedule), loss="mse")
    path = tmp_path / "model.keras"
    model.save(path)
    (found,) = read_checkpoint(path).schedulers
    assert found.call is not None
    assert (
        found.call.code
        == read("keras.optimizers.schedules.PolynomialDecay(0.1, 50, 0.01, 2.0)").code
    )


WINDOW = {"param_name": "lr", "base_values": [0.1], "verbose": False}
#: What mmengine 0.10.7 saved, and the rate that its optimizer had then.
MMENGINE = [
    ([{"start_factor": 0.001, "end_factor": 1.0, "total_iters": 4, "begin": 0, "end": 5,
       "by_epoch": False, "last_step": 4, "_global_step": 12, "_last_value": [0.0794], **WINDOW},
      {"T_max": 20, "eta_min": 0.0001, "eta_min_ratio": None, "begin": 5, "end": 25,
       "by_epoch": False, "last_step": 7, "_global_step": 12, **WINDOW,
       "_last_value": [0.07272682546199039]}], 12, 0.07272682546199039),
    ([{"milestones": {4: 1, 8: 1}, "gamma": 0.1, "begin": 0, "end": 10**9, "by_epoch": True,
       "last_step": 6, "_global_step": 6, "_last_value": [0.010000000000000002], **WINDOW}],
     6, 0.010000000000000002),
    ([{"eta_min": 0.0001, "power": 0.9, "total_iters": 29, "begin": 0, "end": 30,
       "by_epoch": False, "last_step": 6, "_global_step": 6, **WINDOW,
       "_last_value": [0.08118907428561063]}], 6, 0.08118907428561063),
    ([{"periods": [5, 8, 10], "eta_min": 0.001, "eta_min_ratio": None, "begin": 0, "end": 10**9,
       "restart_weights": [1, 0.5, 0.3], "cumulative_periods": [5, 13, 23], "by_epoch": False,
       "last_step": 9, "_global_step": 9, "_last_value": [0.0255], **WINDOW}], 9, 0.0255),
]  # fmt: skip


@pytest.mark.parametrize(("states", "step", "rate"), MMENGINE)
def test_the_schedulers_of_mmengines_runner_are_read(
    states: list[Any], step: int, rate: float, tmp_path: Path
) -> None:
    groups = {"state": {}, "param_groups": [{"lr": rate, "initial_lr": 0.1, "params": [0]}]}
    path = write(tmp_path / "a.pth", {"optimizer": groups, "param_schedulers": states})
    (found,) = read_checkpoint(path).schedulers
    assert (found.place, found.kind, found.step) == ("param_schedulers", "param_scheduler", step)
    assert (found.rates, found.notes) == ((rate,), ())
    assert read(path).lasting(30).curve.values[step] == pytest.approx(rate, rel=1e-12)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"eta_max": 0.2}, "does not hold how it anneals"),
        ({"patience": 3}, "it follows a metric"),
        ({"by_epoch": True}, "some of the schedulers step with batches and some with epochs"),
        ({"_global_step": -4, "base_values": [0.1]}, "bad states of mmengine's schedulers"),
        ({"base_values": None}, "bad states of mmengine's schedulers"),
        ({"begin": 30}, "end=25 is not larger than begin=30"),
    ],
)
def test_what_mmengines_states_do_not_say_is_told(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    first, second = MMENGINE[0][0]
    states = [first | changes, second] if "base_values" in changes else [first, second | changes]
    path = write(tmp_path / "a.pth", {"param_schedulers": states})
    (found,) = read_checkpoint(path).schedulers
    assert found.call is None
    assert re.search(said, str(found.lacks))


def test_a_table_may_have_something_else_where_mmengine_has_its_states(tmp_path: Path) -> None:
    held: Any
    for held in (19, [19], [{}], None):
        state = {"last_epoch": 3, "base_lrs": [0.1], "param_schedulers": held}
        (found,) = read_checkpoint(write(tmp_path / "a.pth", {"scheduler": state})).schedulers
        assert "bad states of mmengine's schedulers" in str(found.lacks)


DECAY = {"type": "WarmupDecayLR", "params": {"warmup_num_steps": 5, "total_num_steps": 40,
                                             "warmup_type": "linear"}}  # fmt: skip


def test_deepspeeds_count_is_read_by_the_configuration_beside_it(tmp_path: Path) -> None:
    adam = {"state": {}, "param_groups": [{"lr": 0.0008285714285714286, "params": [0]}]}
    config = {"optimizer": {"type": "AdamW", "params": {"lr": 0.001}}, "scheduler": DECAY}
    held = {"lr_scheduler": {"last_batch_iteration": 11}, "optimizer": adam, "ds_config": config}
    path = write(tmp_path / "a.pt", held)
    (found,) = read_checkpoint(path).schedulers
    assert (found.kind, found.step, found.notes) == ("WarmupDecayLR", 12, ())
    assert found.rates == (0.0008285714285714286,)  # as its engine had it after 12 steps
    assert read(path).lasting(41).curve.values[12] == pytest.approx(found.rates[0], rel=1e-12)
    (wrong,) = read_checkpoint(
        write(path, held | {"lr_scheduler": {"last_batch_iteration": 20}})
    ).schedulers
    assert "the schedule's at step 21" in wrong.notes[0]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (None, "no configuration beside it has a scheduler"),
        ({"scheduler": {"type": "Mine"}}, "Mine is none of"),
        ({"scheduler": {"type": "WarmupLR"}}, "begins with the optimizer's rate"),
        ({"scheduler": {"type": "WarmupLR", "params": {"warmup_num_steps": -1}}}, "no positive"),
        ({"scheduler": {"type": "WarmupLR", "params": {"x": 1}}}, "bad scheduler of DeepSpeed's"),
    ],
)
def test_what_deepspeeds_state_does_not_say_is_told(config: Any, said: str, tmp_path: Path) -> None:
    held = {"lr_scheduler": {"last_batch_iteration": 11}} | (
        {"ds_config": config} if config else {}
    )
    (found,) = read_checkpoint(write(tmp_path / "a.pt", held)).schedulers
    assert found.call is None
    assert said in str(found.lacks)


def test_megatrons_state_counts_samples(tmp_path: Path) -> None:
    state = {"max_lr": 3e-4, "lr_warmup_steps": 256, "num_steps": 5120, "lr_decay_style": "cosine",
             "lr_decay_steps": 64000, "min_lr": 3e-5}  # fmt: skip
    path = write(tmp_path / "a.pt", {"opt_param_scheduler": state, "iteration": 20})
    (found,) = read_checkpoint(path).schedulers
    assert found.kind == "OptimizerParamScheduler"
    assert "counts samples" in str(found.lacks)
    assert "min_lr=3e-05, lr_warmup_steps=256, lr_decay_steps=64000" in str(found.lacks)


def test_a_pointer_of_git_lfs_is_said_to_be_one(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "a.pt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert run(["show", str(tmp_path / "a.pt")]) == 2
    assert "only says where Git LFS keeps the file (git lfs pull)" in capsys.readouterr().err
