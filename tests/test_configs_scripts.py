"""Scripts that start a run: their launchers, the files that they write, and how they are pasted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

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
    with pytest.raises(ReadError, match=r"leaves open .*--processes N"):
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


MAE = "python main_pretrain.py --blr 1e-3 --batch_size 4 --warmup_epochs 2 --epochs 9"
DEIT = "python main.py --data-path x --dist-eval --batch-size 4 --epochs 9"
SWIN = {"MODEL": {"TYPE": "swin"}, "DATA": {"BATCH_SIZE": 4}}
CLIP = "python -m open_clip_train.main --zeroshot-frequency 1 --warmup 5 --epochs 3 --batch-size 4"
FAIR = "fairseq-train data --criterion x --lr 5e-4 --lr-scheduler"
CLAS: dict[str, Any] = {
    "Arch": {}, "Global": {"epochs": 5, "iter_per_epoch": 8},
    "Optimizer": {"lr": {"name": "Cosine", "learning_rate": 0.1}},
}  # fmt: skip
SPEECH = {"scheduler": "warmuplr", "optim": "adam", "optim_conf": {"lr": 0.002}, "max_epoch": 2}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (MAE.replace("main_pretrain", "run"), "min_lr may be any: run is none of main_pretrain"),
        (f"{MAE} --start_epoch 3", "start_epoch=3 begins part of the way"),
        (f"{MAE} --accum_iter 90", "accum_iter=90 trains no update"),
        (f"{MAE} --batch_size 900", "batch_size=900 is more than there are examples"),
        (f"{DEIT} --sched tanh", "sched=tanh is none of those that are read: cosine, step"),
        (f"{DEIT} --lr-noise 0.4", "lr_noise=0.4 changes the rates"),
        (f"{DEIT.replace('main.py', 'run.py')} --sched cosine", "and run.py may have its own"),
        (SWIN | {"BASE": ["base.yaml"]}, "BASE is not opened"),
        (
            SWIN | {"TRAIN": {"ACCUMULATION_STEPS": 7}},
            "ACCUMULATION_STEPS=7 does not divide",
        ),
        (SWIN | {"TRAIN": {"EPOCHS": 20}}, "WARMUP_EPOCHS=20 leaves nothing to decay"),
        (SWIN | {"TRAIN": {"LR_SCHEDULER": {"NAME": "poly"}}}, "NAME=poly is none of cosine"),
        (SWIN | {"TRAIN": {"START_EPOCH": 3}}, "begins part of the way"),
        (f"{CLIP} --lr-scheduler poly", "lr_scheduler=poly is none of cosine, const"),
        (f"{CLIP} --lr-scheduler const-cooldown", "epochs_cooldown is not there"),
        (f"{CLIP} --train-data x.bin", "dataset_type does not say how examples are counted"),
        (f"{CLIP} --accum-freq 90", "accum_freq=90 is more than there are batches"),
        (f"{FAIR} reduce_lr_on_plateau --max-update 9", "is not followed"),
        (f"{FAIR} poly --max-update 9", "is none of its own"),
        (f"{FAIR} inverse_sqrt --max-update 9 --warmup-updates 0", "divides by zero"),
        (f"{FAIR} polynomial_decay --max-epoch 3 --warmup-updates 2", "is not there, nor max_upda"),
        (f"{FAIR} cosine --max-update 9 --warmup-updates 9", "leaves nothing to decay"),
        (f"{FAIR} cosine --max-update 9 --t-mult 2", "t_mult=2 makes each cycle another length"),
        (
            "fairseq-train x --criterion y --lr 1e-3 --max-update 9 --lr-shrink 0.5",
            "a plateau in old",
        ),
        (f"{FAIR} inverse_sqrt --max-update 9 --min-lr 1e-9", "the run is over before it begins"),
        (f"{FAIR} tri_stage --max-update 9 --phase-ratio [0.5,0.4,0.5]", "three shares of max_upd"),
        (f"{FAIR} tri_stage --max-update 9 --warmup-steps 3", "decay_steps=0 divides by zero"),
        (f"{FAIR.replace('5e-4', '5e-4,1e-4')} fixed --max-update 9", "follows epochs: not read"),
        (CLAS | {"Optimizer": [{}]}, "Optimizer is no single table"),
        (CLAS | {"Optimizer": {"lr": {"name": "Cyclic"}}}, "has Cyclic, of none that is read"),
        (CLAS | {"Optimizer": {"lr": {"name": "Cosine"}}}, "has no lr.learning_rate"),
        (CLAS | {"Optimizer": {"lr": {"name": "Piecewise"}}}, "has no lr.decay_epochs"),
        (CLAS | {"Optimizer": {"lr": {"name": "Step", "learning_rate": 1}}}, "has no lr.step_size"),
        (CLAS | {"Global": {"checkpoints": "x"}}, "Global has checkpoints to go on with"),
        (
            CLAS
            | {
                "Global": {"epochs": 5},
                "DataLoader": {"Train": {"sampler": {"name": "PKSampler", "batch_size": 8}}},
            },
            "give --batches N",
        ),
        (SPEECH | {"batch_type": "x", "scheduler_conf": {"steps": 3}}, "warmuplr does not take"),
        (SPEECH | {"batch_type": "x", "scheduler": "OneCycleLR"}, "is none that is read: warmuplr"),
        (SPEECH | {"dataset_conf": {}, "scheduler": "noamlr"}, "is none that is read: warmuplr"),
        (SPEECH | {"dataset_conf": {}, "accum_grad": 90}, "accum_grad=90 is more than there are"),
        (SPEECH | {"batch_type": "x", "scheduler_conf": {"warmup_steps": 0}}, "the root of it"),
    ],
)
def test_what_these_scripts_refuse_is_refused(given: Any, said: str) -> None:
    fact = "batches" if "scheduler" in given or "fairseq" in given else "examples"
    with pytest.raises(ReadError, match=re.escape(said)):
        foretell(given, facts={fact: 25 if fact == "batches" else 100})


def test_tables_of_hydras_are_fairseqs_flags() -> None:
    tables = {
        "task": {"_name": "translation"},
        "optimization": {"lr": [0.0005], "max_update": 90, "update_freq": [2]},
        "lr_scheduler": {"_name": "cosine", "warmup_updates": 9, "lr": "${optimization.lr}"},
    }
    flags = f"{FAIR} cosine --max-update 90 --warmup-updates 9"
    assert foretell(tables).call == foretell(flags).call


def test_a_fork_of_a_script_says_the_defaults_that_it_has() -> None:
    fork = "python pretrain.py --sched cosine --lr 0.1 --epochs 9 --warmup-epochs 0"
    with pytest.raises(ReadError, match=r"min_lr is not there, and pretrain.py may have its own"):
        foretell(fork, facts={"examples": 100})
    assert foretell(fork, "timm", {"examples": 1000}).updates == 63


def test_launchers_and_short_flags_of_timms_script_are_minded() -> None:
    flags = "--sched cosine --lr 0.1 --epochs 9 --amp -b 64 -j 8"
    for line in ("torchrun --nproc_per_node=4 train.py", "sh ./distributed_train.sh 4 /data"):
        assert foretell(f"{line} {flags}", facts={"examples": 4096}).updates == 9 * 16


def test_a_batch_in_another_trainers_words_is_not_passed_over() -> None:
    line = "python pretrain.py --output_dir x --num_train_epochs 2 --learning_rate 5e-5"
    said = "batch_size=16 is another trainer's key: transformers has per_device_train_batch_size"
    with pytest.raises(ReadError, match=said):
        foretell(f"{line} --batch_size 16 --dataloader_num_workers 8", facts={"examples": 100})
    line = f"{line} --per_device_train_batch_size 4 --grad_accum_steps 2"
    with pytest.raises(ReadError, match="transformers has gradient_accumulation_steps"):
        foretell(line, facts={"examples": 100})


@pytest.mark.parametrize(
    "given",
    [
        "python main.py --lr 0.1 --epochs 90 --warmup_epochs 5 --batch-size 64",
        "python main.py --lr 4e-3 --epochs 90 --update_freq 4 --data_path x --dist_eval",
        "python main.py --lr 1e-3 --criterion ce --max_epoch 9",
        {"lr": 0.1, "max_epoch": 9, "batch_type": "x", "optim": "sgd"},
        {"lr": 0.1, "max_epoch": 9, "criterion": "ce", "update_freq": 2},
    ],
)
def test_what_many_programs_have_is_none_of_these_scripts(given: Any) -> None:
    with pytest.raises(ReadError, match="no known trainer's configuration"):
        foretell(given, facts={"examples": 1000})


def test_devices_that_are_visible_share_the_batches_of_a_program_alone(tmp_path: Path) -> None:
    facts = {"examples": 320}
    alone = foretell(f"CUDA_VISIBLE_DEVICES=0,1 python {COMMAND}", facts=facts)
    assert alone.updates == 40
    assert any("each (--set _n_gpu=1" in one for one in alone.assumptions)
    assert (
        read(tmp_path, f"export CUDA_VISIBLE_DEVICES=0,1\npython {COMMAND}", examples=320) == alone
    )
    assert foretell(f"CUDA_VISIBLE_DEVICES=0 python {COMMAND}", facts=facts).updates == 80
    spread = foretell(f"CUDA_VISIBLE_DEVICES=0,1 python {COMMAND}", facts=facts | {"_n_gpu": 1})
    assert spread.updates == 80
    own = f"llamafactory-cli train {COMMAND.partition(' ')[2]} --template x --finetuning_type lora"
    assert foretell(f"CUDA_VISIBLE_DEVICES=0,1,2,3 {own}", facts=facts).updates == 20
    with pytest.raises(OpenError, match="--processes N"):
        foretell(f"FORCE_TORCHRUN=1 NNODES=2 {own}")


def test_launchers_that_take_all_devices_leave_open_how_many_train() -> None:
    facts = {"examples": 320}
    four = foretell(f"deepspeed --include localhost:0,1,2,3 {COMMAND}", facts=facts)
    two = foretell(f"deepspeed --include a:0@b:1 {COMMAND}", facts=facts)
    assert (four.updates, two.updates) == (20, 40)
    for launcher in ("deepspeed", "deepspeed --include a@b:0", "accelerate launch --multi_gpu",
                     "accelerate launch --config_file x.yaml"):  # fmt: skip
        with pytest.raises(ReadError, match=r"leaves open .*--processes N"):
            foretell(f"{launcher} {COMMAND}", facts=facts)
        assert foretell(f"{launcher} {COMMAND}", facts=facts | {"processes": 2}).updates == 40
    with pytest.raises(ReadError, match="x is not there, and the schedule may stand in it"):
        foretell(f"accelerate launch {COMMAND} --config_file x", facts=facts)
    assert foretell(f"deepspeed --num_gpus 2 {COMMAND}", facts=facts).updates == 40


def test_what_all_refuse_alike_is_the_reason() -> None:
    line = "rl.py --learning_rate 1e-5 --num_generations 4 --beta 1e-3 --train_batch_size 64"
    with pytest.raises(ReadError, match="train_batch_size=64 is another trainer's key: trl on"):
        foretell(f"{line} --num_train_epochs 2 --output_dir x", facts={"examples": 100})


def test_a_hash_within_a_word_or_a_text_begins_no_comment(tmp_path: Path) -> None:
    flags = '--run_name a#1 --tag "x # y" `# half of it` \\\n  --learning_rate 1e-3 # of all'
    done = read(tmp_path, f"python run_clm.py --max_steps 9 {flags}\n")
    assert (done.peak, done.updates) == (1e-3, 9)


FILES = {
    "a.yaml": "learning_rate: 1e-3\nlr_scheduler_type: cosine\nwarmup_ratio: 0.1\npacking: false\n",
    "b.yaml": "base_model: x\nsequence_len: 9\nlearning_rate: 1e-3\nmax_steps: 40\n"
    "warmup_steps: 4\n",
    "c.yaml": "tokenizer: {}\ncheckpointer: {}\noptimizer: {lr: 1e-3}\nepochs: 9\nbatch_size: 2\n"
    "lr_scheduler: {_component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup,"
    " num_warmup_steps: 4}\n",
    "d.yaml": "MODEL: {TYPE: swin}\nTRAIN: {BASE_LR: 1e-3, EPOCHS: 9, WARMUP_EPOCHS: 1}\n",
    "e.toml": "[training]\nsteps = 40\n[lr_scheduler]\nwarmup_steps = 4\n[parallelism]\n",
    "f.yaml": "num_processes: 4\n",
    "g.py": "optim_wrapper = dict(optimizer=dict(type='SGD', lr=1e-3))\n"
    "train_cfg = dict(type='IterBasedTrainLoop', max_iters=20)\n"
    "param_scheduler = [dict(type='LinearLR', by_epoch=False, end=4)]\n",
}


@pytest.mark.parametrize(
    ("line", "updates", "warmup", "peak"),
    [
        ("trl sft --config a.yaml --max_steps 40", 40, 4, 1e-3),
        ("python sft.py --config a.yaml --max_steps 40 --learning_rate 1e-2", 40, 4, 1e-2),
        ("axolotl train b.yaml", 40, 4, 1e-3),
        ("axolotl train b.yaml --max-steps 20 --learning-rate 1e-2", 20, 4, 1e-2),
        ("accelerate launch -m axolotl.cli.train b.yaml", 40, 4, 1e-3),
        ("tune run lora --config c.yaml epochs=1 optimizer.lr=1e-2", 40, 4, 1e-2),
        ("torchrun --nproc_per_node 2 main.py --cfg d.yaml --batch-size 4 --opts TRAIN.EPOCHS 4 "
         "TRAIN.BASE_LR 64e-2", 40, 11, 1e-2),
        ("torchrun -m torchtitan.train --job.config_file e.toml --training.steps 20", 20, 4, 8e-4),
        ("accelerate launch --config_file f.yaml sft.py --config a.yaml --num_train_epochs 16 "
         "--packing false", 48, 5, 1e-3),
        ("bash tools/dist_train.sh g.py 8 --cfg-options optim_wrapper.optimizer.lr=1e-2",
         20, 4, 1e-2),
    ],
)  # fmt: skip
def test_a_file_that_a_command_names_says_what_its_flags_do_not(
    line: str, updates: int, warmup: int, peak: float, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    assert is_configuration(line)
    found = foretell(line, facts={"examples": 80})
    assert (found.updates, found.warmup) == (updates, warmup)
    assert found.peak == pytest.approx(peak)
    assert any("says what the flags leave to it" in one for one in found.assumptions)
    for name in FILES:
        (tmp_path / name).unlink()
    with pytest.raises(ReadError, match=r"is not there|no known trainer|no flags"):
        foretell(line, facts={"examples": 80})


def test_a_file_that_a_script_writes_is_the_one_that_its_command_names(tmp_path: Path) -> None:
    script = f"cat > a.yaml <<EOF\n{FILES['a.yaml']}EOF\ntrl sft --config a.yaml --max_steps 40\n"
    assert read(tmp_path, script).warmup == 4
