"""Command lines and files of programs: whose they are, what is asked for, what is refused."""

from __future__ import annotations

import json
import random
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from isorate import IsorateError, ReadError, read
from isorate.configs._documents import is_configuration
from isorate.configs.reading import foretell
from isorate.given import configured

HOME = Path(__file__).parent / "cases" / "configs"
OPENRLHF = """set -x

read -r -d '' training_commands <<EOF
openrlhf.cli.train_dpo \\
   --ckpt.output_dir ./out \\
   --train.batch_size 256 \\
   --train.micro_batch_size 1 \\
   --train.max_epochs 1 \\
   --adam.lr 5e-7 \\
   --lr_warmup_ratio 0.1
EOF
deepspeed --num_gpus 8 --module $training_commands
"""
FLAT = """ray job submit --address="http://127.0.0.1:8265" \\
   --runtime-env-json='{"working_dir": "/openrlhf"}' \\
   -- python3 -m openrlhf.cli.train_ppo_ray \\
   --actor_num_gpus_per_node 2 --micro_train_batch_size 8 --train_batch_size 128 \\
   --rollout_batch_size 1024 --max_samples 20000 --max_epochs 1 --zero_stage 3 --bf16 \\
   --actor_learning_rate 5e-7 --critic_learning_rate 9e-6 --gradient_checkpointing
"""
DIFFUSERS = """export MODEL_NAME="CompVis/stable-diffusion-v1-4"
accelerate launch --num_processes 2 --mixed_precision="fp16" train_text_to_image.py \\
  --pretrained_model_name_or_path=$MODEL_NAME \\
  --dataset_name=$DATASET_NAME \\
  --resolution=512 --center_crop --random_flip \\
  --train_batch_size=1 --gradient_accumulation_steps=4 \\
  --max_train_steps=15000 --learning_rate=1e-05 --max_grad_norm=1 \\
  --lr_scheduler="cosine" --lr_warmup_steps=100
"""
EXAMPLE = {"script": "train_text_to_image_sdxl", "pretrained_model_name_or_path": "x"}
KOHYA = """accelerate launch --num_cpu_threads_per_process 1 sdxl_train_network.py \\
  --network_module=networks.lora --network_dim=16 --train_batch_size=2 \\
  --learning_rate=1e-4 --text_encoder_lr=1e-5 --optimizer_type=AdamW8bit \\
  --optimizer_args "weight_decay=0.1" "betas=0.9,0.99" --max_train_steps=2000 \\
  --lr_scheduler=cosine_with_restarts --lr_scheduler_num_cycles=3 --lr_warmup_steps=5%
"""
CLASS = """sdxl_train.py --learning_rate 1e-4 --max_train_steps 90 --save_precision fp16 \\
  --lr_scheduler_type StepLR --lr_scheduler_args "step_size=30" "gamma=0.5"
"""
SECTIONS = """[additional_network_arguments]
unet_lr = 0.0004
text_encoder_lr = 0.0002
network_module = "networks.lora"

[training_arguments]
lr_scheduler = "cosine"
lr_warmup_steps = 20
max_train_steps = 500
"""
TABLES = {
    "optimizer": {"lr": 1e-4, "min_lr": 0},
    "train": {"train_iters": 9, "global_batch_size": 4},
    "scheduler": {"lr_decay_style": "cosine", "lr_decay_iters": 9, "lr_warmup_fraction": 0.1},
}
TUNED = {
    "train": {"epochs": 1, "global_batch_size": 2, "micro_batch_size": 2, "lr_warmup_steps": 3},
    "optimizer": {"init_args": {"lr": 2e-4}},
}
OPTIM = "actor_rollout_ref.actor.optim"
LORA = {"network_module": "networks.lora", "learning_rate": 1e-4, "max_train_steps": 100}
VERL = """set -x
gsm8k=$HOME/data/gsm8k/train.parquet
CUDA_VISIBLE_DEVICES=0 python3 -m verl.trainer.main_ppo --config-name=ppo_trainer \\
    algorithm.adv_estimator=grpo data.train_files="['$gsm8k']" \\
    data.train_batch_size=1024 \\
    actor_rollout_ref.actor.optim.lr=5e-7 \\
    +actor_rollout_ref.actor.optim.lr_warmup_steps_ratio=0.1 \\
    actor_rollout_ref.actor.ppo_mini_batch_size=256 \\
    trainer.logger='["console","wandb"]' trainer.total_epochs=15 $@
"""
ROLLS = {
    "data": {"train_batch_size": 8},
    "trainer": {"total_epochs": 1},
    "actor_rollout_ref": {"actor": {"optim": {"lr": 1e-6}, "ppo_mini_batch_size": 4}},
}
ON = "torch.optim.lr_scheduler."


def classes(scheduler: Any, trainer: Any = None, **arguments: Any) -> dict[str, Any]:
    """Return a file of Lightning's command line."""
    own = {"class_path": scheduler, "init_args": arguments}
    trainer = {"max_epochs": 5} if trainer is None else trainer
    optimizer = {"class_path": "Adam", "init_args": {"lr": 0.1}}
    return {"trainer": trainer, "optimizer": optimizer, "lr_scheduler": own}


def targets(scheduler: Any, every: Any = "epoch", **arguments: Any) -> dict[str, Any]:
    """Return a composed file of hydra's."""
    own = {"_target_": scheduler, "_partial_": True, **arguments}
    model = {"optimizer": {"_target_": "torch.optim.Adam", "lr": 0.1}, "scheduler": own}
    return {"step_every": every, "model": model, "trainer": {"max_epochs": 5}}


@pytest.mark.parametrize(
    ("script", "updates", "peak"),
    [
        # bash takes what stands for a name that nothing sets
        ("N=${STEPS:-40}\npython run.py --lr_scheduler_type cosine --learning_rate ${LR:-1e-3} "
         "--max_steps $N", 40, 1e-3),
        ("STEPS=30\npython run.py --lr_scheduler_type cosine --learning_rate 1e-3 "
         "--max_steps ${STEPS:-40}", 30, 1e-3),
        # a comment is over with its line, whatever it ends in
        ("# torchrun old.py --learning_rate 9 \\\npython run.py --lr_scheduler_type cosine \\\n"
         "  --learning_rate 1e-3 --max_steps 40", 40, 1e-3),
        # what is written into a file is no command
        ("cat <<'EOF' > notes.txt\nrun.py --learning_rate 9 --lr_scheduler_type linear "
         "--max_steps 7 --warmup_steps 3 --adam_beta1 0.5\nEOF\npython run.py "
         "--lr_scheduler_type cosine --learning_rate 1e-3 --max_steps 40", 40, 1e-3),
        # what a shell is handed is
        ("bash <<EOF\npython run.py --lr_scheduler_type cosine --learning_rate 1e-3 "
         "--max_steps 40\nEOF", 40, 1e-3),
    ],
)  # fmt: skip
def test_a_shell_takes_its_words_as_bash_does(
    script: str, updates: int, peak: float, tmp_path: Path
) -> None:
    path = tmp_path / "run.sh"
    path.write_text(script)
    found = foretell(str(path))
    assert (found.updates, found.peak) == (updates, peak)


def test_a_model_card_says_its_version(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(
        "The following hyperparameters were used during training:\n- learning_rate: 0.001\n"
        "- lr_scheduler_type: linear\n- training_steps: 50\n\n### Framework versions\n\n"
        "- Transformers 4.26.0.dev0\n- Pytorch 1.13.1\n"
    )
    assert foretell(str(path)).trainer == "transformers 4.26"


CLI = """python main.py fit --trainer.max_epochs 5 --optimizer Adam --optimizer.lr 0.01 \\
  --lr_scheduler StepLR --lr_scheduler.step_size 2 --model.width 8
"""
COSINE = ON + "CosineAnnealingLR"
RM = {"train.batch_size": 64, "adam.lr": 1e-5}
SFT = {"train_batch_size": 64, "learning_rate": 1e-5}


@pytest.mark.parametrize(
    ("text", "facts", "title", "updates", "warmup", "peak"),
    [
        (OPENRLHF, {"examples": 5000}, "OpenRLHF 0.11.2", 19, 2, 5e-7),
        (FLAT, {"examples": 30_000}, "OpenRLHF 0.8.11", 156, 5, 5e-7),
        (KOHYA, {}, "kohya's sd-scripts 48d368f", 2000, 100, 1e-5),
        (CLASS, {}, "kohya's sd-scripts 48d368f", 90, None, 1e-4),
        (SECTIONS, {}, "kohya's sd-scripts 48d368f", 500, 20, 2e-4),
        (VERL, {"examples": 7473}, "verl 0.9.1", 7 * 15 * 4, 40, 5e-7),
        (CLI, {"batches": 9}, "Lightning's command line 2.6.6", 45, None, 0.01),
        (DIFFUSERS, {}, "diffusers' examples 58eb52c", 15_000, 100, 1e-5),
    ],
)
def test_a_script_is_the_program_that_it_starts(
    text: str, facts: dict[str, Any], title: str, updates: int, warmup: int | None, peak: float,
    tmp_path: Path,
) -> None:  # fmt: skip
    name = "run.toml" if text.startswith("[") else "run.sh"
    (tmp_path / name).write_text(text)
    found = foretell(tmp_path / name, facts=facts)
    assert (found.trainer, found.updates, found.warmup) == (title, updates, warmup)
    assert found.peak == peak


def test_a_file_that_a_flag_names_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lora.toml").write_text(SECTIONS)
    monkeypatch.chdir(tmp_path)
    text = "x.bat\naccelerate launch ^\n train_network.py --config_file lora ^\n"
    (tmp_path / "run.sh").write_text(f"{text} --max_train_steps 90\n")
    found = foretell(tmp_path / "run.sh")
    assert (found.updates, found.warmup, found.peak) == (90, 20, 2e-4)


#: What stands where something else is due.
HOSTILE: Any = (
    None, True, 0, -1, 1.5, 1e308, 1e-300, "", "x", "$A", "${a.b}", "9" * 400, 10**30, [], [1],
    [{}], {"a": 1}, {3: 4}, {"_target_": 3}, {"class_path": [1]}, {"init_args": [1]}, ["a", None],
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return the tables and lists in a value, each with a key of it."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    deeper = (value[key] for key in keys if isinstance(value[key], dict | list))
    return [*((value, key) for key in keys), *(each for part in deeper for each in places(part))]


@pytest.mark.parametrize("path", sorted(HOME.glob("*.json")), ids=lambda path: path.stem)
def test_what_is_damaged_is_refused_in_a_line(path: Path) -> None:
    draw = random.Random(path.stem)
    refused = 0
    for _ in range(60):
        row = draw.choice(json.loads(path.read_text(encoding="utf-8")))
        for _ in range(draw.choice((1, 1, 2))):
            table, key = draw.choice(places(row["values"]) or [({}, "x")])
            table[key] = deepcopy(draw.choice(HOSTILE))
        try:
            configured(row["values"], row.get("as", path.stem), row.get("facts"))
        except IsorateError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused


def test_schedules_in_lists_are_found() -> None:
    listed = {"scheduler": {"_target_": ON + "OneCycleLR", "max_lr": 0.4, "total_steps": 50}}
    found = foretell(
        {
            "kind": "SGD",
            "optimizer": {"_target_": "torch.optim.${kind}", "lr": 0.1},
            "scheduler_list": [listed | {"interval": "step"}],
            "pl_trainer": {"max_epochs": 5, "devices": "0,1"},
        },
        facts={"batches": 20},
    )
    assert (found.trainer, found.updates, found.peak, found.each) == ("hydra 1.3", 50, 0.4, None)


def test_what_nobody_knows_may_be_told() -> None:
    found = foretell(targets(COSINE, T_max="${nobody.knows}"), "hydra",
                     {"batches": 9, "nobody.knows": 7, "model.optimizer.lr": 0.3})  # fmt: skip
    assert found.peak == 0.3
    assert found.call.arguments()["T_max"] == 7
    values = classes("StepLR", step_size="$STEPS")
    told = foretell(values, "lightning", {"batches": 9, "STEPS": 2, "trainer.max_epochs": 3})
    assert (told.updates, told.call.arguments()["step_size"]) == (27, 2)


def test_what_stands_before_a_program_is_not_its_name() -> None:
    text = "A=../.. accelerate launch train_dreambooth.py --max_train_steps 9 --lr_scheduler cosine"
    assert foretell(f"{text} --resolution 512").peak == 5e-6


@pytest.mark.parametrize(
    ("of", "values", "facts", "said"),
    [
        ("openrlhf-rm", RM, {}, "give --examples N"),
        ("openrlhf-rm", RM, {"examples": 63}, "is more than there are examples"),
        ("openrlhf-rm", RM, {"examples": 99, "processes": 3}, "3 processes do not divide 64"),
        ("openrlhf-rm", RM | {"optim": "muon"}, {"examples": 99}, "has two rates"),
        ("openrlhf-rm", RM | {"lr_warmup_ration": 1}, {}, "did you mean lr_warmup_ratio"),
        ("openrlhf-rm", RM | {"lr_scheduler": "wsd"}, {"examples": 99}, "is none of"),
        # which gives a floor to a schedule that takes none
        ("openrlhf-sft", SFT | {"lr_scheduler": "linear"}, {"examples": 99}, "min_lr"),
        ("openrlhf-sft", SFT | {"min_lr_ratio": 0.2}, {"examples": 99}, "is no flag"),
        ("diffusers", EXAMPLE, {}, "give --examples N"),
        ("diffusers", EXAMPLE | {"script": "train_vqgan"}, {}, "a way of its own"),
        ("diffusers", EXAMPLE | {"script": "mine"}, {}, "none of diffusers' scripts, and learn"),
        (
            "diffusers",
            {"script": "mine", "max_train_steps": 9, "lr_scheduler": "cosine"},
            {"lr": 1e-4, "processes": 2},
            "scripts count steps in several ways",
        ),
        ("diffusers", {"script": "train_controlnet_flux"}, {}, "raises a TypeError without it"),
        ("diffusers", {"script": "train_lcm_distill_sd_wds"}, {}, "give --max-steps N"),
        ("diffusers", {"script": "train_dreambooth_lora_z_image"}, {}, "give --batches N"),
        ("diffusers", EXAMPLE | {"lr_warmup_step": 9}, {}, "did you mean lr_warmup_steps"),
        ("kohya", LORA | {"config_file": "none"}, {}, "may stand in it"),
        ("kohya", LORA | {"max_train_epochs": 4}, {}, "give --batches N"),
        ("kohya", LORA | {"optimizer_type": "Adafactor"}, {}, "finds its rates itself"),
        ("kohya", LORA | {"optimizer_type": "AdamWScheduleFree"}, {}, "finds its rates itself"),
        ("kohya", LORA | {"learning_rate": 0}, {}, "nothing is trained"),
        ("kohya", LORA | {"lr_warmup_steps": 9}, {}, "constant, which has no warm-up"),
        ("kohya", LORA | {"lr_warmup_steps": "1.5"}, {}, "it is to be an integer"),
        ("kohya", LORA | {"lr_scheduler": "cosin"}, {}, "is none of"),
        ("kohya", LORA | {"lr_scheduler_type": "Mine"}, {}, "no scheduler that is read"),
        ("kohya", LORA | {"lr_scheduler_type": "StepLR"}, {}, "TypeError"),
        ("kohya", LORA | {"lr_scheduler": "cosine", "lr_scheduler_args": ["T"]}, {}, "no name="),
        ("kohya", LORA | {"lr_scheduler": "adafactor:1e-4"}, {}, "finds the rates itself"),
        ("kohya", LORA | {"lr_scheduler_num_cycle": 3}, {}, "lr_scheduler_num_cycles"),
        ("swift", {"rlhf_type": "grpo", "num_train_epochs": 1}, {}, "give --batches N"),
        ("swift", {"micro_batch_size": 2, "max_steps": 9}, {}, "of Megatron-SWIFT"),
        ("swift", {"rlhf_type": "ppo", "max_steps": 9}, {}, "a loop of its own"),
        ("llamafactory", {"model_class": "llm", "max_steps": 9}, {}, "new trainer, v1"),
        ("megatron-bridge", TABLES | {"train.train_samples": 9}, {}, "refused with AssertionError"),
        ("megatron-bridge", TABLES | {"scheduler.max_steps": 8}, {}, "less than train.train_it"),
        ("megatron-bridge", TABLES | {"scheduler.lr_decay_style": "WSD"}, {}, "lr_wsd_decay_iters"),
        ("megatron-bridge", TABLES | {"scheduler.lr_warmup_iter": 3}, {}, "did you mean scheduler"),
        ("litgpt-finetune", TUNED, {}, "give --examples N"),
        (
            "litgpt-finetune",
            TUNED | {"devices": 2, "micro_batch_size": 1},
            {"batches": 9},
            "give --examples N",
        ),
        ("litgpt-finetune", TUNED | {"lr_warmup_steps": 0}, {"batches": 9}, "divided by it"),
        ("litgpt-finetune", TUNED | {"max_norm": 1.0}, {"batches": 9}, "refused by its finetuning"),
        ("litgpt-finetune", TUNED | {"lr_warmup_steps": 9}, {"batches": 9}, "no update for the de"),
        ("verl", ROLLS, {}, "give --examples N"),
        ("verl", ROLLS, {"examples": 7}, "trains no update"),
        ("verl", ROLLS | {f"{OPTIM}.lr_warmup_step": 1}, {}, "optim.lr_warmup_steps"),
        ("verl", ROLLS | {f"{OPTIM}.lr_scheduler_type": "wsd"}, {"examples": 9}, "constant or c"),
        ("verl", ROLLS | {f"{OPTIM}.min_lr_ratio": 2}, {"examples": 9}, "between 0 and 1"),
        ("verl", ROLLS | {"actor_rollout_ref.actor.strategy": "megatron"}, {}, "of its own"),
        ("verl", ROLLS | {"actor_rollout_ref.actor.strategy": "$STRATEGY"}, {}, "is not known"),
        ("verl", ROLLS | {"config_name": "baseline"}, {}, "the schedule may stand in it"),
        ("hydra", targets(COSINE, T_max="${a}") | {"a": "${a}"}, {"batches": 9}, "nobody knows"),
        ("lightning", classes("StepLR", step_size="$STEPS"), {"batches": 9}, "nobody knows"),
        ("verl", ROLLS | {"trainer.v1.trainer_mode": "separate_async"}, {}, "not foretold"),
        ("verl", ROLLS | {"data.gen_batch_size": 16}, {"examples": 99}, "not foretold"),
        ("verl", ROLLS | {"data.train_batch_size": 2}, {"examples": 99}, "than there are prompts"),
        ("lightning", classes("StepLR", step_size=3), {}, "give --batches N"),
        ("lightning", classes("StepLR", step_size=3), {"examples": 9}, "give --batch-size N"),
        ("lightning", classes("StepLR"), {"batches": 9}, "TypeError"),
        ("lightning", classes("my.Own"), {"batches": 9}, "no scheduler that is read"),
        (
            "lightning",
            classes(ON + "ReduceLROnPlateau", patience=2),
            {"batches": 9},
            "training measures",
        ),
        ("lightning", classes("StepLR", {"max_epochs": -1}), {"batches": 9}, "has no end"),
        ("lightning", classes("StepLR", {"fast_dev_run": True}), {"batches": 9}, "trains nothing"),
        (
            "lightning",
            classes("StepLR", {"callbacks": [{"class_path": "GradientAccumulationScheduler"}]}),
            {"batches": 9},
            "which is not followed",
        ),
        ("lightning", {"trainer": {}, "optimizer": {"class_path": "my.Own"}}, {}, "has no lr"),
        (
            "lightning",
            {
                "trainer": {},
                "model": {
                    "class_path": "M",
                    "init_args": {
                        "optimizer": {"class_path": "torch.optim.SGD", "init_args": {"lr": 1.0}},
                        "scheduler": {"class_path": COSINE},
                    },
                },
            },
            {},
            "does not say when",
        ),
        ("hydra", targets(COSINE, None, T_max=5), {"batches": 9}, "no file says when"),
        ("hydra", targets(COSINE, T_max="${nobody.knows}"), {"batches": 9}, "which nobody knows"),
        ("hydra", targets("my.schedulers.Own"), {"batches": 9}, "no scheduler that is read"),
        (
            "hydra",
            targets(ON + "ReduceLROnPlateau", patience=2),
            {"batches": 9},
            "training measures",
        ),
        ("hydra", targets(COSINE, T_max=5) | {"a": {"_target_": COSINE}}, {}, "schedule=model."),
        ("hydra", {"defaults": ["model"]}, {}, "give the composed file"),
        (
            "hydra",
            {"_target_": COSINE, "T_max": 5, "step_every": "update"},
            {"lr": 1},
            "give --max-steps N",
        ),
        ("hydra", targets(COSINE, T_max=[{"_target_": "x"}]), {"batches": 9}, "other classes"),
        ("openrlhf-ppo", {"rollout.batch_size": 8}, {"examples": 9}, "than there are responses"),
    ],
)
def test_what_is_wrong_with_a_flag_is_said(
    of: str, values: dict[str, Any], facts: dict[str, Any], said: str
) -> None:
    with pytest.raises(IsorateError, match=said):
        assert configured(values, of, facts).curve


@pytest.mark.parametrize(
    ("of", "values", "key", "said"),
    [
        ("openrlhf-rm", RM | {"lr_scheduler": "cosine", "min_lr_ratio": 0.2}, "min_lr_ratio",
         "cosine has no floor"),
        ("diffusers", EXAMPLE | {"gradient_accumulation_steps": 4, "max_train_steps": 100},
         "gradient_accumulation_steps", "told of 400 steps with a warm-up of 2000"),
        ("kohya", LORA | {"lr_scheduler": "cosine", "lr_scheduler_num_cycles": 3},
         "lr_scheduler_num_cycles", "cosine does not take it"),
        ("kohya", LORA | {"lr_scheduler": "linear", "lr_warmup_steps": 2.0}, "lr_warmup_steps",
         "2 times the run"),
        ("kohya", LORA | {"lr_scheduler": "linear", "lr_warmup_steps": 9, "__processes__": 2},
         "lr_warmup_steps", "takes 4.5 updates"),
        ("verl", ROLLS | {f"{OPTIM}.total_training_steps": 9}, f"{OPTIM}.total_training_steps",
         "the trainer writes its own"),
        ("verl", ROLLS | {f"{OPTIM}.min_lr_ratio": 0.1}, f"{OPTIM}.min_lr_ratio", "no floor"),
        ("lightning", classes("CosineAnnealingLR", T_max=5000) | {"__processes__": 1},
         "lr_scheduler", "5000 are epochs"),
        ("lightning", classes("StepLR", {}, step_size=2), "trainer.max_epochs", "1000 epochs"),
        ("diffusers", EXAMPLE | {"lr_warmup_steps": 4}, "lr_warmup_steps", "has no warm-up"),
    ],
)  # fmt: skip
def test_a_flag_that_is_ignored_is_told(
    of: str, values: dict[str, Any], key: str, said: str
) -> None:
    cautions = foretell(values, of, {"examples": 1000, "batch_size": 4}).cautions
    assert any(one.key == key and said in one.text for one in cautions), cautions


@pytest.mark.parametrize(
    ("command", "trainer", "rate"),
    [
        ("trl sft", "trl", 2e-5),
        ("trl dpo", "trl", 1e-6),
        ("NPROC_PER_NODE=2 swift sft", "ms-swift", 1e-4),
        ("swift rlhf --rlhf_type grpo --num_generations 8 --scale_rewards none", "ms-swift", 1e-4),
        ("swift rlhf --rlhf_type dpo --tuner_type full --packing true", "ms-swift", 1e-5),
        ("llamafactory-cli train --stage sft --packing true", "LLaMA-Factory", 5e-5),
        ("python run_clm.py", "transformers", 5e-5),
    ],
)
def test_a_command_says_whose_defaults_hold(command: str, trainer: str, rate: float) -> None:
    """Rates that nobody gives: the defaults of trl 1.16, ms-swift 4.6 and transformers 5.23."""
    found = foretell(
        f"{command} --torch_dtype bfloat16 --max_steps 20 --per_device_train_batch_size 2"
    )
    assert found.trainer.startswith(trainer)
    assert found.peak == rate


@pytest.mark.parametrize(
    ("command", "updates", "warmup"),
    [
        (
            "train.py --sched cosine --lr 0.1 --warmup-ep 3 --epochs 10 --min-l 1e-5 --decay-r 1",
            50,
            15,
        ),
        ("trl sft --learning_r 1e-4 --max_step 50 --warmup_s 4", 50, 4),
    ],
)
def test_the_beginning_of_a_flag_is_the_flag(command: str, updates: int, warmup: int) -> None:
    found = foretell(command, facts={"batches": 5} if "sched" in command else {})
    assert (found.updates, found.warmup) == (updates, warmup)
    assert sum("which it begins" in sentence for sentence in found.assumptions) == 3


@pytest.mark.parametrize(
    ("command", "said"),
    [
        # whose other flags nobody knows
        ("run.py --learning_rate 1e-4 --max_steps 50 --gradient_acc 4", "gradient_accumulation_st"),
        (
            "trl sft --learning_rate 1e-4 --max_steps 50 --lr_sched cosine",
            "_type or --lr_scheduler",
        ),
        ("trl sft --learning 1e-4 --max_steps 50", "write --learning_rate"),
        # which takes no beginnings
        (
            "pretrain_gpt.py --lr 1 --train-iters 50 --lr-warmup-fr 0.1",
            "write --lr_warmup_fraction",
        ),
    ],
)
def test_what_may_be_the_beginning_of_a_flag_is_refused(command: str, said: str) -> None:
    with pytest.raises(IsorateError, match=said):
        foretell(command)


BRIDGE = """uv run torchrun --nproc_per_node=8 scripts/training/run_recipe.py \\
  --recipe llama32_1b_pretrain_config --lr 1e-4 --max_steps 100 \\
  train.global_batch_size=8 scheduler.lr_warmup_iters=10
"""


def test_what_a_recipe_in_code_says_is_asked_for() -> None:
    with pytest.raises(IsorateError, match="leaves to its recipe") as caught:
        foretell(BRIDGE)
    asked = re.findall(r"--set ([\w.]+)=", str(caught.value.hint))
    assert asked == ["scheduler.lr_decay_style", "scheduler.lr_decay_iters", "optimizer.min_lr"]
    told = {"scheduler.lr_decay_style": "cosine", "scheduler.lr_decay_iters": None}
    found = foretell(BRIDGE, facts=told | {"optimizer.min_lr": 0})
    assert (found.updates, found.warmup, found.peak) == (100, 10, 1e-4)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"LoRA_type": "Standard", "network_dim": 8, "learning_rate": 1.0, "epoch": 9}, "window"),
        ({"train_loader": {}, "optimizer": {"lr": 0.1}, "scheduler": {"name": "x"}}, "no known"),
        ({"optim": "adam", "optim_conf": {"lr": 1}, "scheduler": "warmuplr", "scheduler_conf": {}},
         "--as espnet or --as wenet"),
        ("pretrain_gpt.py --lr 1 --train-iters 9 --global-batch-size 1 --lr-decay-tokens 99",
         "another Megatron"),
        ("train_dpo_mine.py --max_steps 9 --warmup_steps 3", "may have its own"),
        ("run.py --train_micro_batch_size_per_gpu 4 --lr 0.1 --epochs 3", "no known trainer"),
    ],
)  # fmt: skip
def test_what_another_program_shares_is_not_taken_for_ones_own(values: Any, said: str) -> None:
    with pytest.raises(IsorateError, match=said):
        foretell(values)


def test_yaml_in_braces_may_have_comments(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text('{ # its length\n "max_steps": 9, "learning_rate": 0.1}')
    assert foretell(tmp_path / "a.yml").updates == 9


@pytest.mark.parametrize("command", ["megatron sft", "swift infer", "tune cp"])
def test_a_command_that_is_not_read_is_no_other_trainers(command: str) -> None:
    flags = "--tuner_type lora --max_steps 20 --learning_rate 1e-4 --lr 1e-4 --train_iters 9"
    with pytest.raises(IsorateError, match=f"starts {command}, which is not read"):
        foretell(f"{command} {flags}")


def test_the_environment_of_a_command_says_how_many_train() -> None:
    flags = "swift sft --tuner_type lora --learning_rate 1e-4 --num_train_epochs 1"
    flags += " --per_device_train_batch_size 1 --gradient_accumulation_steps 2"
    facts = {"examples": 80}
    assert foretell(f"NPROC_PER_NODE=4 {flags}", facts=facts).updates == 10
    script = f"n=4\n# NPROC_PER_NODE=8\nNPROC_PER_NODE=$n \\\n{flags}"
    assert foretell(script, facts=facts).updates == 10
    assert foretell(f"NNODES=2 NPROC_PER_NODE=4 {flags}", facts=facts).updates == 5
    with pytest.raises(IsorateError, match="--processes N"):
        foretell(f"NNODES=$WORLD NPROC_PER_NODE=4 {flags}", facts=facts)
    assert foretell(f"NNODES=$W {flags}", facts=facts | {"processes": 4}).updates == 10


def test_sums_that_a_program_does_are_done(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text(
        "N=4\nNPROC_PER_NODE=$N swift sft --tuner_type lora --learning_rate 1e-4 \\\n"
        "  --gradient_accumulation_steps $(expr 32 / $N) --max_steps `expr 5 \\* $N`\n"
    )
    assert foretell(tmp_path / "run.sh").updates == 20


@pytest.mark.parametrize("key", ["torch_dtype", "load_in_4bit"])
def test_a_key_that_many_have_says_no_trainers_name(key: str) -> None:
    values = {key: True, "learning_rate": 2e-5, "max_steps": 9, "seed": 42}
    assert foretell(values).trainer.startswith("transformers")


def test_a_value_of_the_scripts_own_is_said_to_stand_for_the_environments() -> None:
    script = "BS=${BATCH:-16}\nNAME=${RUN:-x}\nrun.py --learning_rate ${LR:-0.1} --max_steps ${BS}"
    found = foretell(f"{script}\n", "transformers")
    assert found.updates == 16
    assert "the script has a value for: BATCH=16, LR=0.1" in " ".join(found.assumptions)


def test_plain_assignments_are_a_configuration_and_a_script_is_none(tmp_path: Path) -> None:
    plain = "# a run\nbatch_size = 4\nlearning_rate = 1e-3\nmax_iters = 20\nlr_decay_iters = 20\n"
    plain += "warmup_iters = 2\nmin_lr = 1e-4\n"
    path = tmp_path / "train_it.py"
    path.write_text(plain)
    assert is_configuration(str(path))
    assert foretell(path).trainer.startswith("nanoGPT")
    path.write_text(f"{plain}lr_schedule = 'wsd'\n")
    with pytest.raises(ReadError, match="lr_schedule=wsd chooses a schedule"):
        foretell(path)
    assert foretell(path, "nanogpt").cautions
    path.write_text(f"{plain}for step in range(max_iters):\n    scheduler.step()\n")
    assert not is_configuration(str(path))


def test_a_tag_of_yaml_makes_a_table_and_no_object(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("max_steps: 9\nlearning_rate: !Rate {lr: 0.1}\n")
    with pytest.raises(IsorateError, match=r"required a number, got {'!Rate': {'lr': 0.1}}"):
        foretell(tmp_path / "a.yml")


def test_a_script_that_ends_in_a_backslash_is_over(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("run.py --max_steps 9 \\\n  --learning_rate 0.1 \\\n")
    assert foretell(tmp_path / "a.sh", "transformers").updates == 9


NESTED = {"max_steps": 40, "learning_rate": 1e-3, "warmup_steps": 4, "lr_scheduler_type": "cosine"}


def test_a_table_is_read_where_somebody_says_whose_it_is() -> None:
    with pytest.raises(ReadError, match="--as transformers, if its table training is theirs"):
        foretell({"method": "x", "training": NESTED})
    with pytest.raises(ReadError, match="--as llamafactory, if its table own is theirs"):
        foretell({"own": NESTED | {"finetuning_type": "lora"}})
    found = foretell({"training": NESTED, "method": "x"}, "transformers")
    assert (found.updates, found.warmup, found.peak) == (40, 4, 1e-3)
    assert "the table training is what transformers is told" in found.assumptions


FAIRSEQ = {"lr_scheduler": "cosine", "lr": 1e-7, "max_lr": 1e-3, "max_update": 60, "arch": "x"}


@pytest.mark.parametrize(
    ("values", "as_", "key"),
    [
        (
            {"train_iters": 9, "lr": 1e-3, "global_batch_size": 2, "lr_wsd_decay_style": "linear"},
            "megatron", "lr_wsd_decay_style",
        ),
        ({"max_train_steps": 9, "lr_num_cycles": 3, "script": "train_text_to_image"}, "diffusers",
         "lr_num_cycles"),
        ({"sched": "cosine", "decay_rate": 0.5, "epochs": 9}, "timm", "decay_rate"),
        ({"scheduler": "warmuplr", "scheduler_conf": {"warmup_steps": 9}, "max_epoch": 3,
          "optim_conf": {"lr": 1e-3}, "hold_ratio": 0.4}, "espnet", "hold_ratio"),
    ],
)  # fmt: skip
def test_a_key_that_is_taken_and_ignored_is_warned_of(
    values: dict[str, Any], as_: str, key: str
) -> None:
    found = foretell(values, as_, {"batches": 10})
    assert [one.text for one in found.cautions if one.key == key and "ignored: " in one.text]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (FAIRSEQ | {"criterion": "x"}, "lr_period_updates is not there: 5000 in 0.8"),
        (NESTED | {"lr": 1e-2}, "lr=0.01 is a rate: no key of transformers' own"),
        ({"train_loader": {}, "global_train_batch_size": 8, "optimizer": {"lr": 1e-4},
          "scheduler": {"name": "linear_decay_with_warmup", "t_warmup": "20ba"}},
         "give --max-steps N"),
        ({"actor_rollout_rf.actor.optim.lr": 1e-3, "trainer.total_epochs": 1,
          "actor_rollout_ref.actor.ppo_mini_batch_size": 8, "algorithm.adv_estimator": "grpo"},
         "did you mean actor_rollout_ref.actor.optim.lr"),
        ({"BASE": 3, "TRAIN": {"BASE_LR": 1e-3}}, "BASE=3 is not opened"),
    ],
)  # fmt: skip
def test_what_may_be_meant_otherwise_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ReadError, match=re.escape(said)):
        foretell(values)


def test_arguments_in_json_are_no_optimizer_of_keras(tmp_path: Path) -> None:
    more = {"gradient_accumulation_steps": 4, "weight_decay": 0.1}
    (tmp_path / "a.json").write_text(json.dumps(NESTED | more))
    assert read(tmp_path / "a.json").run.updates == 40


@pytest.mark.parametrize(
    ("lr", "said"),
    [
        ({"name": "OneCycle", "max_lr": 1e-3}, "has OneCycle, of none that is read"),
        ({"name": "Step", "learning_rate": 1e-3, "step_size": 2}, "has no lr.gamma"),
        ({"name": "Piecewise", "decay_epochs": [1], "values": [1.0]}, "as many lr.values as no"),
        ({"name": "Cosine"}, "has no lr.learning_rate"),
        (None, "has no table lr"),
    ],
)
def test_what_is_wrong_with_paddleocrs_file_is_said(lr: Any, said: str) -> None:
    values = {"Global": {"epoch_num": 3}, "Optimizer": {"lr": lr}, "Architecture": {"a": 1}}
    with pytest.raises(ReadError, match=said):
        foretell(values, facts={"batches": 9})


def test_paddleocr_warns_of_what_its_scheduler_does_not_take() -> None:
    lr = {"name": "Cosine", "learning_rate": 1e-3, "eta_min": 1e-5}
    values = {"Global": {"epoch_num": 3}, "Optimizer": {"lr": lr}, "Architecture": {"a": 1}}
    found = foretell(values, facts={"batches": 9})
    assert found.trainer == "PaddleOCR 2.6"
    assert any("lr.eta_min is ignored" in one.text for one in found.cautions)


@pytest.mark.parametrize(("epochs", "falls"), [(11, False), (12, True)])
def test_a_plateau_that_can_never_come_is_said(epochs: int, falls: bool) -> None:
    plateau = {"monitor": "loss", "patience": 10}
    values = {"trainer": {"max_epochs": epochs}} | {
        "optimizer": {"class_path": "torch.optim.SGD", "init_args": {"lr": 0.1}},
        "lr_scheduler": {"class_path": "ReduceLROnPlateau", "init_args": plateau},
    }
    if falls:
        with pytest.raises(ReadError, match="follows what training measures"):
            foretell(values, facts={"batches": 4})
        return
    found = configured(values, facts={"batches": 4})
    assert set(found.curve.values.tolist()) == {0.1}
    assert any("never falls: it is stepped 11 times" in one.text for one in
               foretell(values, facts={"batches": 4}).cautions)  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("metric", [1.0, float("nan")])
def test_torchs_plateau_has_as_much_patience(metric: float) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=10)
    rates = []
    for epoch in range(14):
        rates.append(optimizer.param_groups[0]["lr"])
        scheduler.step(metric + epoch)
    assert rates[:11] == [0.1] * 11
    assert rates[-1] < 0.1
