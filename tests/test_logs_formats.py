"""Lines and columns as the code of trainers prints them, and damage of every kind.

What is not made by a run in ``tests/logs`` is written here with the trainer's own format string;
the update that a rate belongs to follows from the same code, which is named.
"""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from isorate import Log, ReadError, check, read_log, read_logs, simulate
from isorate.given import configured
from isorate.logs.finding import FORMATS

HOME = Path(__file__).parent / "logs"
SGD = "torch.optim.SGD(params, lr=0.001)"
SAMPLES = sorted(path for path in HOME.rglob("*") if path.is_file() and path.name != "applied.json")

#: For each, what is printed with the rate of update k and how often the loop prints.
TEXTS = {
    # yolox/core/trainer.py: after optimizer.step, lr of progress_in_iter + 1
    "yolox": ("epoch: {epoch}/9, iter: {inner}/5, gpu mem: 30Mb, total_loss: 15.0, lr: {lr:.3e}, "
              "size: 640, ETA: 1:00:00", "next", (0,)),
    # train_gpt2.cu: printf of step + 1 and the rate that gpt2_update was given
    "llm.c": ("step {step:4d}/20 | loss 7.1 (+0.0z)| norm 6.1 (+0.0z)| lr {lr:.2e} | 9.1 ms |",
              "made", (1,)),
    # llmc/logger.h
    "llm.c logger": ("s:{zero} trl:7.1 lr:{lr:.6f} norm:6.10", "made", (0,)),
    # onmt/utils/statistics.py; optimizers.py counts before trainer.py reports
    "opennmt": ("[INFO] Step {step}/ 20; acc: 2.9; ppl: 2.5; xent: 1.3; lr: {lr:7.5f}; sents: 9",
                "next", (0, 1)),
    # detectron2/engine/hooks.py puts the rate before its scheduler steps; iter counts from 0
    "detectron2": (" eta: 0:00:01  iter: {zero}  total_loss: 1.5    lr: {lr:.5g}  max_mem: 9M",
                   "made", (0,)),
    # mlx_lm/tuner/trainer.py
    "mlx": ("Iter {step}: Train loss 2.1, Learning Rate {lr:.3e}, It/sec 9.1", "made", (1,)),
    # deepspeed/runtime/engine.py: _report_progress after lr_scheduler.step
    "deepspeed": ("[INFO] [logging.py:96:log_dist] [Rank 0] step={step}, skipped=0, lr=[{lr!r}, "
                  "{lr!r}], mom=[(0.9, 0.999)]", "next", (0, 1)),
    # megatron/training/training.py: training_log after opt_param_scheduler.step
    "megatron": (" iteration {step:8d}/      20 | consumed samples:  9 | learning rate: {lr:.6E} |",
                 "next", (0, 1)),
    # mmcv/runner/hooks/logger/text.py
    "mmcv": ("INFO - Epoch [{epoch}][{inner}/5]\tlr: {lr:.3e}, loss: 1.5", "made", (1,)),
    # fairseq/trainer.py: lr_step_update after set_num_updates
    "fairseq": ("epoch 001:  {step} / 20 loss=1.5, num_updates={step}, lr={lr:.6g}", "next",
                (0, 1)),
    "anybody's": ("train step {step}, loss 1.5, lr 0{lr:.8f}", "made", (1, 0)),
    "anybody's, the rate first": ("lr={lr:.4e} loss=1.5 iter={step}", "made", (1, 0)),
}  # fmt: skip


def rate(update: int) -> float:
    return 1e-3 * (1 - update / 37)


def written(path: Path, text: str) -> Log:
    return read_log(_put(path, text))


def _put(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", TEXTS)
def test_lines_of_trainers_are_read(tmp_path: Path, name: str) -> None:
    line, belongs, offsets = TEXTS[name]
    shift = 1 if belongs == "next" else 0
    lines = ["Namespace(lr=0.5, step=3)", "loading\r  0%| 0/20 [00:00<?]"]
    for k in range(20):
        values = {"zero": k, "step": k + 1, "epoch": k // 5 + 1, "inner": k % 5 + 1}
        lines.append(line.format(lr=rate(k + shift), **values))
    log = written(tmp_path / "out.txt", "\n".join(lines) + "\n")
    assert (log.format, log.offsets) == ("text", offsets)
    for rates in log.groups:
        updates = rates.steps - offsets[0]
        assert updates.tolist() == [k + shift for k in range(20)]
        gaps = [abs(value - rate(k)) for k, value in zip(updates, rates.values, strict=True)]
        assert all(gap <= error + 1e-18 for gap, error in zip(gaps, rates.errors, strict=True))
        assert max(rates.errors) < 1e-5
    assert len(log.groups) == (2 if name == "deepspeed" else 1)


#: What counts within an epoch, from 0 or from 1, whether it says how many an epoch has, and what
#: prints the update over all epochs beside it.
EPOCHS = {
    # ppdet/utils/logger and engine/callbacks.py
    "Epoch: [{e}] [{b:4d}/{n}] learning_rate: {lr:.6f} loss: 5.1 eta: 2 days, 17:44:45": "all",
    # ppcls/engine/train/utils.py
    "[Train][Epoch {e1}/9][Iter: {b}/{n}]lr(PiecewiseDecay): {lr:.8f}, loss: 7.0, eta: 3": "all",
    # the training of Swin Transformer
    "INFO Train: [{e}/9][{b}/{n}]\teta 0:10:00 lr {lr:.6f}\t wd 0.05\tloss 6.9 (6.9)": "all",
    # torch's example of a word language model
    "| epoch {e1:3d} | {b1:5d}/{n:5d} batches | lr {lr:02.5f} | ms/batch 9.1 | loss 5.1": "all",
    # mindformers/core/callback/callback.py
    "INFO - {{ Epoch:[{e1:3d}/  9], step:[{b1:5d}/{n:5d}], loss: 4.1, lr: {lr:.9g}, x: 1": "all",
    # mindcv/utils/callbacks.py
    "INFO - Epoch: [{e1}/9], batch: [{b1}/{n}], loss: 6.9, lr: {lr:.6f}, time: 1.2s": "all",
    "Epoch {e1}/9, Step {b1}/{n}, imgsize (64, 64), loss: 5.7, cur_lr: {lr:.9g}": "all",
    "Epoch {e}:  50%|###  | {b1}/{n} [00:01<00:20,  1.2it/s, loss=0.1, lr={lr:.6e}]": "all",
    # icefall's train.py
    "Epoch {e1}, batch {b}, loss[loss=0.3, over 12.00 frames.], batch size: 45, lr: {lr:.4e}": "no",
    # wenet/utils/executor.py
    "DEBUG TRAIN Batch {e}/{b} loss 12.3 loss_att 11.2 lr {lr:.8f} rank 0": "no",
    "Epoch {e1} | Step {b1} | Loss: 5.6 | LR: {lr:.6e}": "no",
    # nemo/lightning: global_step stands behind the rate
    "Training epoch {e}, iteration {b}/{n} | lr: {lr:.5g} | global_step: {u} | loss: 11.0": "all",
    # paddleseg/core/train.py
    "[TRAIN] epoch: {e1}, iter: {u1}/90, loss: 3.0, lr: {lr:.6f} | ETA 00:03:36": "all",
    # diffusers' examples: the bar is drawn at a new step before it has the new rate
    "Steps:   2%|#  | {u1}/90 [00:01<00:20, 1.2it/s, lr=0.07]\rSteps:   2%|#  | {u1}/90 "
    "[00:01<00:20, 1.2it/s, lr={lr}, step_loss=0.01]": "all",
}  # fmt: skip


@pytest.mark.parametrize("length", [10, 13])
@pytest.mark.parametrize("line", EPOCHS)
def test_what_counts_anew_in_each_epoch_is_counted_over_all(
    tmp_path: Path, line: str, length: int
) -> None:
    recipe = f"torch.optim.lr_scheduler.LinearLR({SGD}, 1.0, 0.0, total_iters=90)"
    rates = simulate(recipe, 90).values
    first = int("{b1}" in line or "{u1}" in line)

    def printed(start: int) -> str:
        return "\n".join(
            line.format(lr=float(rates[u]), e=e, e1=e + 1, b=b, b1=b + 1, u=u, u1=u + 1, n=length)
            for u in range(start, 6 * length)
            for e, b in [divmod(u, length)]
            if (b + first) % 5 == 0
        )

    found = check(_put(tmp_path / "out.log", printed(0)), recipe, 90)
    assert found.follows, found
    assert len(found.log.groups[0]) == printed(0).count("\n") + 1
    assert (found.log.inner is None) == (EPOCHS[line] == "all")
    if found.log.inner is not None:
        assert found.log.inner[0] == first
        said = f"of epoch e (from 0) is update {length} · e + s"
        assert said in found.first.clock.said("update")
    longer = recipe.replace("=90", "=95")
    assert not check(tmp_path / "out.log", longer, 95).follows
    if found.log.inner is None:  # a run that was resumed in its third epoch
        assert check(_put(tmp_path / "rest.log", printed(2 * length)), recipe, 90).follows


def test_a_share_of_the_way_is_no_update_and_a_line_without_one_is_told(tmp_path: Path) -> None:
    row = "Steps:  {0}%|#   | {1}/100 [00:01<00:20,  1.2it/s, lr={2}]"
    text = "\r".join(row.format(u // 2, u + 1, rate(u)) for u in range(0, 60, 7))
    assert written(tmp_path / "bar.log", text).groups[0].steps.tolist() == [*range(1, 61, 7)]
    for text in ("[batch=8/90]: lr-Adam/group0: 0.001\n", "Train Epoch: 1 [64/90 (7%)] LR: 0.1\n"):
        with pytest.raises(ReadError, match="has no line with a learning rate and the update"):
            written(tmp_path / "none.log", text * 3)


def test_a_long_text_is_read_line_by_line(tmp_path: Path) -> None:
    """Longer than what a file is known by: a bar's lines, too; what is no line is left out."""
    lines = [f"step {k}: loss 1.23456, lr {0.1 * 0.999**k:.6g}" for k in range(3000)]
    for text in ("\n".join(lines), "\r".join(lines)):
        log = written(tmp_path / "long.log", text)
        assert log.groups[0].steps.tolist() == [*range(3000)]
        assert not log.notes
    log = written(tmp_path / "long.log", "\n".join([*lines[:9], "x" * (5 << 19), *lines[9:]]))
    assert (len(log.groups[0]), log.notes) == (
        3000, ("1 lines of more than 1,048,576 letters are left out.",),
    )  # fmt: skip


def test_updates_that_were_skipped_are_said(tmp_path: Path) -> None:
    lines = [f"step={k}, skipped={k // 4}, lr=[{rate(k)}], mom=[0.9]" for k in range(1, 9)]
    assert "2 updates were skipped" in written(tmp_path / "a.log", "\n".join(lines)).notes[0]


def test_skips_that_are_counted_since_the_line_before_add_up(tmp_path: Path) -> None:
    line = (" iteration {}/ 20 | learning rate: {:.6E} | global batch size: 2 | number of skipped "
            "iterations: {:3d} | number of nan iterations: 0 |")  # fmt: skip
    lines = [line.format(k, rate(k), k % 2) for k in (1, 2, 3, 4, 1, 2)]
    first, second = read_logs(_put(tmp_path / "a.log", "\n".join(lines)))
    assert first.groups[0].skipped is not None
    assert first.groups[0].skipped.tolist() == [1, 1, 2, 2]
    assert second.groups[0].skipped is not None
    assert second.groups[0].skipped.tolist() == [1, 1]


def test_rates_that_are_rounded_on_the_way_are_as_precise_as_that(tmp_path: Path) -> None:
    row = '{"mode": "train", "epoch": 1, "iter": %d, "lr": %s, "data_time": 0.1}'
    text = "\n".join([row % (10, "0.00012"), row % (20, "0.00011")])
    log = written(tmp_path / "a.log.json", text)
    assert (log.trainer, log.groups[0].errors.tolist()) == ("mmcv", [5e-6, 5e-6])


def test_what_an_epoch_is_through_is_no_update_beside_their_number(tmp_path: Path) -> None:
    row = '{"epoch": 1, "update": %s, "loss": "8.1", "num_updates": "%d", "lr": "%s"}'
    text = "\n".join([row % (0.5, 100, "1e-05"), row % (0.75, 150, "2e-05")])
    log = written(tmp_path / "a.txt", text)
    assert (log.trainer, log.groups[0].steps.tolist()) == ("fairseq", [100, 150])


def test_a_table_of_lightning_without_rates_says_what_logs_them(tmp_path: Path) -> None:
    for head in ("epoch,loss,step", "step,train_loss,epoch"):
        path = _put(tmp_path / "metrics.csv", f"{head}\n0,0.5,49\n")
        with pytest.raises(ReadError, match="LearningRateMonitor"):
            read_log(path)


def test_a_file_that_git_keeps_elsewhere_is_said_to_be(tmp_path: Path) -> None:
    path = _put(tmp_path / "trainer_state.json", "version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ReadError, match="git lfs pull"):
        read_log(path)
    with pytest.raises(ReadError, match="git lfs pull"):
        configured(path)


TABLES = {
    "epoch,  train/box_loss, lr/pg0, lr/pg1\n1, 1.5, 0.07,0.01\n2, 1.25,0.04,0.02\n":
        ("ultralytics", "epoch", (1,), ["lr/pg0", "lr/pg1"]),
    "update,lr/0,lr/1\n0,0.5,0.25\n1,0.125,0.0625\n": ("isorate", "update", (0,), ["lr/0", "lr/1"]),
    "update,lr\n7,0.5\n8,0.125\n": ("isorate", "update", (0,), ["lr"]),
    "step,train/learning_rate\n1,0.5\n2,0.25\n":
        ("transformers", "update", (1, 0), ["train/learning_rate"]),
    "step,train/learning_rate\n0,0.5\n1,0.25\n":
        (None, "update", (0, -1), ["train/learning_rate"]),
    "Wall time;step;lr\n1;5;0.5\n2;6;0.25\n": (None, "update", (1, 0), ["lr"]),
    '{"iteration": 19, "lr": 0.5, "total_loss": 1.5, "data_time": 0.1}\n':
        ("detectron2", "update", (0,), ["lr"]),
    '{"current_steps": 10, "total_steps": 30, "lr": 0.5, "loss": NaN}\n':
        ("llamafactory", "update", (1, 0), ["lr"]),
    '{"loss": 1.5, "learning_rate": 0.5, "global_step/max_steps": "5/100"}\n':
        ("ms-swift", "update", (1, 0), ["learning_rate"]),
    '{"num_updates": "100", "lr": "1.25e-05", "loss": "9"}\n':
        ("fairseq", "update", (0, 1), ["lr"]),
    '{"train_lr": 0.5, "epoch": 0}\n{"train_lr": 0.25, "epoch": 1}\n':
        (None, "epoch", (0, -1), ["train_lr"]),
    '{"step": 1, "lr": [0.5, 0.25]}\n': (None, "update", (1, 0), ["lr/0", "lr/1"]),
    "{'loss': 1.5, 'learning_rate': 4.9e-05, 'global_step/max_steps': '5/100'}\n":
        ("transformers", "update", (1, 0), ["learning_rate"]),
}  # fmt: skip


@pytest.mark.parametrize("text", TABLES)
def test_tables_of_trainers_are_read(tmp_path: Path, text: str) -> None:
    log = written(tmp_path / "a.txt", text)
    names = [rates.name for rates in log.groups]
    assert (log.trainer, log.counts, log.offsets, names) == TABLES[text]


def test_the_runs_that_wandb_exports_side_by_side_are_told_apart(tmp_path: Path) -> None:
    names = [f"{run} - train/learning_rate" for run in ("red-1", "blue-2")]
    head = ",".join(f'"{name}","{name}__MIN","{name}__MAX"' for name in names)
    (tmp_path / "a.csv").write_text(f'"Step",{head}\n1,0.5,0.5,0.5,,,\n2,0.25,0.25,0.25,0.75,1,1\n')
    first, second = read_logs(tmp_path / "a.csv")
    assert (first.groups[0].name, second.groups[0].name) == tuple(names)
    assert first.groups[0].values.tolist() == [0.5, 0.25]
    assert second.groups[0].values.tolist() == [0.75]
    assert read_log(second.path).trainer == "transformers"


def test_an_iteration_that_begins_anew_in_each_epoch_is_not_taken_for_an_update(
    tmp_path: Path,
) -> None:
    rows = "".join(f"{epoch},{it},0.5\n" for epoch in range(3) for it in (50, 100, 150))
    log = written(tmp_path / "a.csv", f"epoch,iter,lr\n{rows}")
    assert (log.counts, len(log.groups[0])) == ("row", 9)
    assert "begins anew in each epoch" in log.notes[0]


def test_a_line_of_text_is_no_header(tmp_path: Path) -> None:
    lines = "".join(f"step {k}, loss 2, lr {rate(k):.3e}\n" for k in range(1, 5))
    log = written(tmp_path / "a.csv", lines)
    assert (log.format, log.groups[0].steps.tolist()) == ("text", [1, 2, 3, 4])


def test_bars_that_do_not_go_with_the_epochs_tell_no_steps(tmp_path: Path) -> None:
    bar = (HOME / "transformers_bar" / "out.txt").read_text()
    moved = bar.replace("| 20/50 [", "| 19/50 [")
    assert moved != bar
    assert written(tmp_path / "a.txt", moved).counts == "row"


def test_runs_of_one_output_are_told_apart(tmp_path: Path) -> None:
    text = (HOME / "transformers" / "out.txt").read_text()
    (tmp_path / "a.txt").write_text(text + text)
    assert [len(log.groups[0]) for log in read_logs(tmp_path / "a.txt")] == [25, 25]


def test_a_database_whose_tables_are_queries_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE VIEW metrics AS SELECT i AS step, 'lr' AS key FROM ({endless})")
    with pytest.raises(ReadError, match="no database of MLflow's"):
        read_log(path)


def damaged(data: bytes, draw: random.Random) -> bytes:
    """Return data that was cut off, with bits flipped, or with bytes put in."""
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(data))
        match draw.randrange(4):
            case 0:
                data = data[: max(at, 1)]
            case 1:
                data = data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
            case 2:
                data = data[:at] + draw.randbytes(draw.randint(1, 40)) + data[at:]
            case _:
                data = data[:at] + data[at : at + 200] * draw.randint(2, 4) + data[at:]
    return data


def test_counts_that_rise_from_epoch_to_epoch_are_within_them_where_one_falls(
    tmp_path: Path,
) -> None:
    lines = [f"Epoch {k // 20 + 1}, step {k % 20 + 1}/20, lr={0.1 / (k + 1)!r}"
             for k in range(24, 146, 25)]  # fmt: skip
    log = read_log(_put(tmp_path / "a.log", "\n".join(lines)))
    assert {tuple(log.groups[0].steps - offset) for offset in log.offsets} >= {
        (24, 49, 74, 99, 124),
    }


def test_a_number_of_json_that_was_rounded_has_the_digits_that_it_was_rounded_to(
    tmp_path: Path,
) -> None:
    text = "CosineAnnealingLR(SGD(p, lr=3e-4), 100, 3e-6)"
    rates = simulate(text, 100).values.tolist()
    for digits, off in ((8, 0.5e-8), (17, 0.0)):
        rows = [f'{{"step": {k}, "lr": {round(rate, digits)!r}}}' for k, rate in enumerate(rates)]
        log = read_log(_put(tmp_path / "a.jsonl", "\n".join(rows)))
        assert log.groups[0].errors.max() == pytest.approx(off)
        assert check(log, text).verdict == "follows"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_damage_gives_a_log_or_one_line(tmp_path: Path, path: Path) -> None:
    whole = path.read_bytes()
    broken = tmp_path / path.name
    for seed in range(40):
        broken.write_bytes(damaged(whole, random.Random(seed)))
        try:
            logs = read_logs(broken)
        except ReadError as error:
            assert "\n" not in str(error)
            assert len(str(error)) < 600
            continue
        for log in logs:
            for rates in log.groups:
                assert len(rates.steps) == len(rates.values) == len(rates.errors) > 0


def test_the_names_of_formats_are_told_apart() -> None:
    assert len({form.name for form in FORMATS}) == len(FORMATS)
