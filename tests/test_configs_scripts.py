"""Scripts that start a run: their launchers, the files that they write, and how they are pasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from isorate import ReadError
from isorate.configs._documents import is_configuration
from isorate.configs.configuration import OpenError
from isorate.configs.reading import foretell
from isorate.preflight import preflight

if TYPE_CHECKING:
    from pathlib import Path

    from isorate.configs.configuration import Foretold

COMMAND = "run_clm.py --learning_rate 1e-4 --per_device_train_batch_size 4 --num_train_epochs 1"
SCHEDULED = """cat <<EOT > $config
{"scheduler": {"type": "WarmupLR", "params": {"warmup_max_lr": %s, "warmup_num_steps": 8}}}
EOT
"""


def read(home: Path, text: str, name: str = "run.sh", **facts: int) -> Foretold:
    (file := home / name).write_text(text)
    return foretell(file, facts=facts)


@pytest.mark.parametrize("quote", ["", "'"])
def test_a_file_that_a_script_writes_is_read_where_the_command_names_it(
    quote: str, tmp_path: Path
) -> None:
    written = SCHEDULED.replace("EOT >", f"{quote}EOT{quote} >") % ("1e-4" if quote else "$LR")
    text = (
        f"LR=1e-4\nconfig=ds.json\n{written}python {COMMAND} --warmup_steps 8 --deepspeed $config\n"
    )
    found = read(tmp_path, text, examples=400)
    assert type(found.call).__name__ == "WarmupLR"
    assert any("stands in place of lr_scheduler_type" in one.text for one in found.cautions)


@pytest.mark.parametrize("ending", ["sh", "slurm", "sbatch", "bash"])
def test_a_launcher_that_a_name_holds_says_how_many_train(ending: str, tmp_path: Path) -> None:
    launcher = 'LAUNCHER="python -m torch.distributed.run --nproc_per_node $GPUS --nnodes 2"\n'
    command = f'CMD="{COMMAND}"\nsrun bash -c "$LAUNCHER --node_rank 0 $CMD"\n'
    (file := tmp_path / f"run.{ending}").write_text(f"GPUS=4\n{launcher}{command}")
    assert is_configuration(str(file))
    assert foretell(file, facts={"examples": 400}).updates == 13
    file.write_text(launcher + command)  # nobody says how many
    with pytest.raises(OpenError, match=r"--examples N .*; --processes N"):
        foretell(file)


def test_processes_that_a_launcher_has_from_elsewhere_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(OpenError, match=r"--examples N .*; --processes N"):
        read(tmp_path, f"torchrun --nproc_per_node $GPUS {COMMAND}")
    with pytest.raises(ReadError, match="processes are not known"):
        read(tmp_path, f"torchrun --nproc_per_node $GPUS {COMMAND}", examples=400)


def test_a_line_of_settings_without_flags_is_a_command() -> None:
    line = "python3 -m verl.trainer.main_ppo data.train_batch_size=256 trainer.total_epochs=1"
    found = foretell(f"{line} actor_rollout_ref.actor.optim.lr=1e-6", facts={"examples": 2560})
    assert found.title == "verl"
    assert is_configuration(line)
    assert not is_configuration("python = Adam(lr=1)")


def test_flags_of_another_program_are_not_axolotls() -> None:
    line = "python finetune.py --base_model x --micro_batch_size 4 --num_epochs 3"
    with pytest.raises(ReadError, match="is no known trainer's configuration"):
        foretell(f"{line} --learning_rate 3e-4 --sequence_len 512", facts={"examples": 100})


def test_the_platforms_file_of_llm_foundry_has_it_in_a_table(tmp_path: Path) -> None:
    text = """
name: run
parameters:
  max_duration: 20ba
  train_loader: {name: finetuning}
  scheduler: {name: cosine_with_warmup, t_warmup: 5ba, alpha_f: 0.1}
  optimizer: {name: decoupled_adamw, lr: 1.0e-3}
"""
    assert read(tmp_path, text, "mcli.yaml").warmup == 6


def test_what_is_constant_after_its_warm_up_is_not_said_to_be_over() -> None:
    values = {"lr_scheduler_type": "constant_with_warmup", "warmup_steps": 20, "max_steps": 100}
    found = preflight(foretell(values | {"learning_rate": 1e-3}))
    assert not [one for one in found.cautions if "is over" in one.text]


def test_a_file_that_begins_with_those_it_is_based_on_is_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(
        "train_cfg = dict(by_epoch=False, max_iters=9)\n"
        "optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))\n"
    )
    for own in ("_base_ = ['base.py']\n", "with read_base():\n    from .base import *\n"):
        (file := tmp_path / "own.py").write_text(own)
        assert is_configuration(str(file))
        assert foretell(file, facts={}).updates == 9


def test_what_is_open_is_asked_for_at_once() -> None:
    mindcv = {"scheduler": "cosine_decay", "val_while_train": True, "lr": 0.1, "epoch_size": 5}
    with pytest.raises(OpenError, match=r"--examples N .*; --processes N"):
        foretell(mindcv | {"distribute": True, "batch_size": 8, "decay_epochs": 5}, "mindcv")
    with pytest.raises(OpenError, match=r"--max-steps N .* or --batches N .*; --max-step"):
        foretell({"train_batch_size": 8, "optimizer": {"type": "Adam", "params": {"lr": 1e-3}}},
                 "deepspeed")  # fmt: skip
