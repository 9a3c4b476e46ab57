"""Logs that trainers really wrote, beside the rates that their updates really used."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import Log, ReadError, read_log, read_logs
from isorate.checking.evidence import Clock
from isorate.logs import finding, table
from isorate.logs.points import digits, is_rate
from isorate.logs.rows import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.logs.log import Rates

HOME = Path(__file__).parent / "logs"
#: For each log its format, what it counts, the offset that is right there, how many steps one is
#: that it counts, and whether its rates are means over the parameter groups.
SAMPLES = {
    "deepspeed/log.txt": ("text", "update", 0, 1, False),
    "keras/log.csv": ("CSV", "epoch", 0, 10, False),
    "keras_plateau/log.csv": ("CSV", "epoch", 0, 10, False),
    "lightning/events.out.tfevents.1.0": ("TensorBoard", "update", 0, 1, False),
    "lightning/metrics.csv": ("CSV", "update", 0, 1, False),
    "megatron/log.txt": ("text", "update", 0, 1, False),
    "mmengine/out.log": ("text", "update", 1, 1, False),
    "mmengine/scalars.json": ("JSON lines", "update", 1, 1, False),
    "mlx/out.txt": ("text", "batch", 1, 3, False),
    "timm/summary.csv": ("CSV", "epoch", 0, 15, True),
    "timm/train.log": ("text", "update", 0, 1, True),
    "timm_groups/summary.csv": ("CSV", "epoch", 0, 15, True),
    "timm_groups/train.log": ("text", "update", 0, 1, True),
    "timm_updates/summary.csv": ("CSV", "epoch", -1, 15, True),
    "timm_updates/train.log": ("text", "update", 0, 1, True),
    "transformers/events.out.tfevents.1.0": ("TensorBoard", "update", 1, 1, False),
    "transformers/mlflow.db": ("MLflow", "update", 1, 1, False),
    "transformers/out.txt": ("printed dicts", "row", 1, 2, False),
    "transformers/run.wandb": ("W&B", "update", 1, 1, False),
    "transformers/trainer_state.json": ("trainer_state.json", "update", 1, 1, False),
    "transformers_bar/out.txt": ("printed dicts", "update", 1, 1, False),
}
#: Logs in which their trainer leaves no rates.
WITHOUT = {"keras_schedule/log.csv"}
WHOLE = HOME / "transformers" / "trainer_state.json"


def applied(folder: Path) -> list[list[float]]:
    """Return the rates that the updates used, a list for each group."""
    rates = json.loads((folder / "applied.json").read_text())
    return (
        [list(group) for group in zip(*rates, strict=True)]
        if isinstance(rates[0], list)
        else [rates]
    )


def off(rates: Rates, used: list[float], at: NDArray[np.int64]) -> tuple[float, int]:
    """Return how far rates are from those used, over the stated errors, and how many were used."""
    inside = (at >= 0) & (at < len(used))
    expected = np.array(used)[at[inside]]
    if rates.dtype == "float32":
        expected = expected.astype(np.float32).astype(np.float64)
    gap = np.abs(rates.values[inside] - expected) - rates.errors[inside]
    return float(np.max(gap, initial=-1)), int(inside.sum())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_log_holds_the_rates_that_the_updates_used(name: str) -> None:
    form, counts, offset, times, mean = SAMPLES[name]
    log = read_log(HOME / name)
    used = applied((HOME / name).parent)
    if mean:
        used = [[sum(rates) / len(rates) for rates in zip(*used, strict=True)]]
    assert (log.format, log.counts) == (form, counts)
    assert offset in log.offsets
    assert "timm_updates/s" in name or offset == log.offsets[0]
    assert len(log.groups) <= len(used)
    for rates, own in zip(log.groups, used, strict=False):
        clock = Clock(offset, made=True)
        if counts == "batch":
            clock, times = Clock(offset, per=times), 1
        steps = clock.updates(rates)
        at = (steps + 1) * times - 1 if counts == "row" else steps * times
        gap, count = off(rates, own, at)
        assert gap <= 1e-18
        assert count >= len(rates) - 1 > 3
        assert off(rates, own, at + times)[0] > 0  # it can fail


def test_every_sample_is_tested() -> None:
    folders = [path.parent for path in HOME.glob("*/applied.json")]
    files = {path for folder in folders for path in folder.iterdir() if path.suffix != ".json"}
    files |= {path for folder in folders for path in folder.glob("[!a]*.json")}
    assert {path.relative_to(HOME).as_posix() for path in files} == {*SAMPLES, *WITHOUT}


@pytest.mark.parametrize("name", sorted(WITHOUT))
def test_a_log_without_rates_says_so_and_how_to_log_them(name: str) -> None:
    with pytest.raises(ReadError, match="holds no learning rates"):
        read_log(HOME / name)


@pytest.mark.parametrize("name", ["run.wandb", "mlflow.db", "events.out.tfevents.1.0"])
def test_a_log_that_carries_the_arguments_has_them_as_its_configuration(name: str) -> None:
    log = read_log(HOME / "transformers" / name)
    assert log.trainer == "transformers"
    assert log.config is not None
    assert log.config["lr_scheduler_type"] == "cosine"
    assert float(log.config["learning_rate"]) == 5e-5


def test_a_run_that_its_folder_holds_several_times_is_read_once(tmp_path: Path) -> None:
    shutil.copytree(HOME / "transformers", tmp_path / "run")
    (tmp_path / "run" / "out.txt").unlink()  # it counts rows
    checkpoint = tmp_path / "run" / "checkpoint-20"
    checkpoint.mkdir()
    state = json.loads(WHOLE.read_text())
    state["log_history"] = state["log_history"][:10]
    (checkpoint / "trainer_state.json").write_text(json.dumps(state))
    (log,) = read_logs(tmp_path)
    assert log.groups[0].dtype == "float64"
    assert len(log.groups[0]) == 25
    assert log.config is not None


def written(path: Path, text: str) -> Log:
    path.write_text(text)
    return read_log(path)


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("1e-3 9.51e-4", [5e-6, 5e-7]),  # %g, or rounded: whatever of it leaves more open
        ("1.0e-03 9.5e-04", [5e-5, 5e-6]),
        ("0.0010 0.0009", [5e-5, 5e-5]),
        ("0.00123 0.0005", [5e-6, 5e-6]),
        ("0.1 0.01", [0, 0]),
        ("0.1 0.010000000000000002", [0, 0]),
        ("0.00015 0.00014 0.00013 0.00011", [5e-6] * 4),  # neighbours follow each other: rounded
        ("0.3 0.2 0.1", [0] * 3),
        ("0.123 0", [5e-4, 5e-4]),
    ],
)
def test_a_rate_is_as_precise_as_it_was_printed(
    tmp_path: Path, text: str, errors: list[float]
) -> None:
    rows = "".join(f"{i},{rate}\n" for i, rate in enumerate(text.split()))
    log = written(tmp_path / "a.csv", f"step,lr\n{rows}")
    assert log.groups[0].errors.tolist() == pytest.approx(errors)


def test_float32_that_was_printed_in_full_is_told(tmp_path: Path) -> None:
    log = written(tmp_path / "a.csv", "epoch,learning_rate\n0,0.0010000000474974513\n1,0.5\n")
    assert (log.groups[0].dtype, log.counts) == ("float32", "epoch")


@pytest.mark.parametrize(
    ("steps", "offsets"),
    [
        ("0 1 2", (0, -1)),
        ("1 2 3", (1, 0)),
        ("10 20 30", (1, 0)),
        ("9 19 29", (0, -1)),
        ("5", (1, 0)),
    ],
)
def test_offsets_follow_from_how_steps_begin(
    tmp_path: Path, steps: str, offsets: tuple[int, ...]
) -> None:
    rows = "".join(f"{step},0.125\n" for step in steps.split())
    assert written(tmp_path / "a.csv", f"step,lr\n{rows}").offsets == offsets


def test_runs_that_were_appended_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("step,lr\n1,0.125\n2,0.25\n3,0.5\n2,0.375\n1,0.625\n2,0.75\n")
    with pytest.raises(ReadError, match=r"holds 2 runs.*name one: \S*a\.csv, \S*a\.csv#2"):
        read_log(path)
    first, second = read_logs(path)
    assert first.groups[0].steps.tolist() == [1, 2, 3, 2]
    assert "goes back from step 3 to 2" in " ".join(first.notes)
    assert second.groups[0].values.tolist() == [0.625, 0.75]
    assert read_log(second.path).groups[0].steps.tolist() == [1, 2]
    with pytest.raises(ReadError, match="no such run"):
        read_log(f"{path}#3")


def test_runs_that_write_at_once_are_said(tmp_path: Path) -> None:
    rows = "".join(f"{k},0.5\n{k - 2},0.5\n" for k in range(3, 20))
    assert "several runs at once" in written(tmp_path / "a.csv", f"step,lr\n0,0.5\n{rows}").notes[0]


def test_what_is_not_finite_or_missing_is_said(tmp_path: Path) -> None:
    rows = "".join(
        f"{step},{'nan' if step == 4 else step / 8}\n" for step in [*range(9), *range(12, 30)]
    )
    log = written(tmp_path / "a.csv", f"step,lr\n{rows}5\n")
    assert len(log.groups[0]) == 26
    told = " ".join(log.notes)
    assert "not finite at step 4" in told
    assert "no rates between steps" in told
    assert "1 rows have not as many cells" in told


def test_a_column_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("step,base_lr,speed\n1,0.5,0.25\n")
    assert read_log(f"{path}:speed").groups[0].values.tolist() == [0.25]
    with pytest.raises(ReadError, match="no such column: required one of step, base_lr, speed"):
        read_log(f"{path}:sped")
    with pytest.raises(ReadError, match="holds no learning rates"):
        read_log(path)


def test_a_history_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    text = WHOLE.read_text()
    whole = read_log(WHOLE)
    log = written(tmp_path / "trainer_state.json", text[: len(text) // 2])
    count = len(log.groups[0])
    assert 5 < count < len(whole.groups[0])
    assert log.groups[0].values.tolist() == whole.groups[0].values[:count].tolist()
    assert "cut off" in log.notes[0]


def test_the_arguments_beside_a_history_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "training_args.bin").write_bytes(b"")
    log = written(
        tmp_path / "trainer_state.json", '{"log_history": [{"step": 1, "learning_rate": 1}]}'
    )
    assert log.beside == str(tmp_path / "training_args.bin")


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "x,y\n", "has no line with a learning rate"),
        ("a.py", "x = 1\n", "no log that Isorate knows"),
        ("a.csv", "epoch,loss\n0,1.5\n", "holds no learning rates"),
        ("a.json", '{"log_history": []}', "holds no learning rates"),
        ("a.json", '{"log_history": 5}', "no log that"),
        ("a.json", '{"log_history": ' + "[" * 100_000, "damaged"),
    ],
)
def test_what_is_no_log_is_refused_in_a_line(
    tmp_path: Path, name: str, content: str, error: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ReadError, match=error) as caught:
        read_log(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_path_that_is_none_is_refused(tmp_path: Path) -> None:
    for path in ("nowhere", "", "a\0b", str(tmp_path)):
        with pytest.raises(ReadError):
            read_logs(path)


def test_what_may_be_no_log_is_not_found_in_a_directory(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"learning_rate": 0.5, "epochs": 3, "max_steps": 9}')
    (tmp_path / "sweep.csv").write_text("lr,accuracy\n0.5,0.75\n0.25,0.5\n")
    with pytest.raises(ReadError):
        read_logs(tmp_path)
    assert "Nothing counts" in read_log(tmp_path / "sweep.csv").notes[0]


def test_a_directory_is_searched_and_no_link_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.csv").write_text("step,lr\n1,0.5\n")
    (tmp_path / "a" / "other.txt").write_text("nothing")
    assert [Path(log.path).parent.name for log in read_logs(tmp_path)] == ["a", "b"]


def test_names_of_rates() -> None:
    names = (
        "lr LR train/lr train/learning_rate learning-rate lr-AdamW/pg1 lr/pg0 actor/lr lr_0 "
        "optimizer/lr_embed lrs/group_3 Learning_Rate"
    )
    assert [name for name in names.split() if not is_rate(name)] == []


def test_names_of_other_things() -> None:
    names = "loss base_lr lr-AdamW/pg1-momentum lr_scheduler_type val_loss min_lr lrate_x"
    assert [name for name in names.split() if is_rate(name)] == []


def test_digits_of_huge_exponents_are_bounded() -> None:
    assert digits("1e-99999999").last == -400
    assert digits("0." + "0" * 5000 + "1").last == -400


def test_every_format_is_found() -> None:
    names = {path.stem for path in Path(finding.__file__).parent.glob("*.py")}
    inner = {
        "__init__",
        "finding",
        "lacking",
        "log",
        "owners",
        "points",
        "protobuf",
        "remote",
        "rows",
        "source",
    }
    assert names - inner == {form.read.__module__.rpartition(".")[2] for form in finding.FORMATS}


ROWS = st.tuples(
    st.sampled_from(["0", "1", "2", "7", "1.0", "", "x", str(2**70)]),
    st.sampled_from(["0", "1", "1.5", "", "nan"]),
    st.sampled_from(["0.1", "1e-3", "", "NA", "nan", "inf", "0.30000000000000004", "-"]),
    st.sampled_from(["0.5", "", " 0.25"]),
)


@given(rows=st.lists(ROWS, max_size=30), block=st.sampled_from([1, 3, 4096]))
def test_rows_that_are_taken_at_once_are_what_they_are_one_by_one(
    rows: list[tuple[str, ...]], block: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder, "log.csv")
        path.write_text("step,epoch,lr,lr/1\n" + "".join(",".join(row) + "\n" for row in rows))
        patch.setattr(table, "BLOCK", block)
        at_once = read_all(path)
        patch.setattr(Rows, "add_all", lambda *_: False)
        assert read_all(path) == at_once


def read_all(path: Path) -> list[Any] | str:
    try:
        logs = read_logs(path)
    except ReadError as error:
        return str(error)
    return [
        (log.counts, log.offsets, log.notes,
         [(r.name, r.steps.tolist(), r.values.tolist(), r.errors.tolist()) for r in log.groups])
        for log in logs
    ]  # fmt: skip
