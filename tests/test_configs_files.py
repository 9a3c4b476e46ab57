"""Files of configurations: what they hold whatever they are, and what nobody can read."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

from isorate import IsorateError, ReadError, read, simulate
from isorate.cli._commands import run
from isorate.configs.reading import foretell
from isorate.given import configured
from tests.test_cli import isorate

FILES = Path(__file__).parent / "cases" / "configs" / "files"
JSON = """{"learning_rate": 3e-5, "lr_scheduler_type": "cosine", "warmup_steps": 0.1,
"per_device_train_batch_size": 4, "gradient_accumulation_steps": 3, "num_train_epochs": 2}"""
YAML = """
# a comment
learning_rate: 3.0e-5
lr_scheduler_type: cosine
warmup_steps: 0.1
per_device_train_batch_size: 4
gradient_accumulation_steps: 3
num_train_epochs: 2
"""
TOML = YAML.replace(": cosine", " = 'cosine'").replace(":", " =")
SCRIPT = """#!/bin/bash
# --learning_rate 1 is no flag
export LR=3e-5
BATCH=4
accelerate launch --num_processes 1 run.py \\
    --learning_rate $LR --lr_scheduler_type=cosine --warmup-steps 0.1 \\
    --per_device_train_batch_size ${BATCH} --bf16 --do_train \\
    --gradient_accumulation_steps 3 --num_train_epochs 2   # twice
"""
CARD = """
### Training hyperparameters

The following hyperparameters were used during training:
- learning_rate: 3e-05
- train_batch_size: 4
- eval_batch_size: 8
- seed: 42
- gradient_accumulation_steps: 3
- total_train_batch_size: 12
- lr_scheduler_type: cosine
- lr_scheduler_warmup_steps: 0.1
- num_epochs: 2

### Framework versions

- Transformers 5.23.0
- Transformers: 5.23.0
"""
SAME = "get_scheduler('cosine', AdamW(params, lr=3e-05), 4, 34)"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", JSON),
        ("a.yaml", YAML),
        ("a.yml", YAML.replace("3.0e-5", "3e-5")),
        ("a.toml", TOML),
        ("run.sh", SCRIPT),
        ("README.md", CARD),
    ],
)
def test_a_file_is_what_it_holds(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    found = foretell(tmp_path / name, facts={"examples": 203})
    call: Any = found.call
    assert (found.updates, found.warmup, found.peak) == (34, 4, 3e-5)
    assert (call.num_warmup_steps, call.num_training_steps) == (4, 34)
    assert dict(found.derivation)["updates"] == "34: ceil(2 epochs × 17 updates)"


@pytest.mark.parametrize("version", ["5.23", "4.57", "4.46"])
def test_what_a_trainer_pickled_is_read(version: str) -> None:
    found = foretell(FILES / f"transformers-{version}.bin", facts={"examples": 203})
    assert (found.updates, found.warmup, found.peak) == (34, 4, 3e-5)
    assert found.trainer.startswith(f"transformers {version}")
    assert not any("process" in said for said in found.assumptions)  # they are in it


def test_the_folder_of_a_checkpoint_has_its_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (FILES / "transformers-5.23.bin").read_bytes()
    (tmp_path / "training_args.bin").write_bytes(data)
    assert run(["show", str(tmp_path), "--examples", "203"]) == 0
    assert "updates  34: ceil(2 epochs × 17 updates)" in capsys.readouterr().out


def test_what_torch_wrote_before_its_archives_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(FILES / "transformers-5.23.bin") as archive:
        name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        own = archive.read(name)
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
    (tmp_path / "a.bin").write_bytes(magic + 2 * pickle.dumps({}, protocol=2) + own)
    assert foretell(tmp_path / "a.bin", facts={"examples": 203}).updates == 34


def test_what_yaml_takes_for_a_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("learning_rate: 1e-5\nmax_steps: 10\n")
    found = foretell(tmp_path / "a.yaml")
    assert found.peak == 1e-5
    assert [one.key for one in found.cautions] == ["learning_rate"]
    assert "write 1.0e-05" in found.cautions[0].text


def test_the_command_line_asks_and_foretells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text(JSON)
    path = str(tmp_path / "a.json")
    assert run(["show", path, "--json"]) == 2
    asked = json.loads(capsys.readouterr().out)
    assert [each["source"] for each in asked["missing"]] == ["--examples N", "--batches N"]
    assert run(["show", path, "--examples", "203", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["configuration"]["updates"] == len(told["rates"]) == 34
    assert told["configuration"]["zero"] == [0]
    assert run(["show", path, "--examples", "203", "--at", "4"]) == 0
    assert "3e-05" in capsys.readouterr().out
    assert run(["show", path, "--examples", "203", "--epochs", "1", "--lr", "0.5"]) == 0
    printed = capsys.readouterr().out
    assert "updates  17: ceil(1 epochs × 17 updates)" in printed
    assert "0.5" in printed
    assert run(["show", path, "--updates", "5"]) == 2
    assert "--max-steps N" in capsys.readouterr().err
    assert run(["show", "--", "--learning_rate 1 --max_steps 9 --warmup_steps 9"]) == 0
    assert "caution  warmup_steps:" in capsys.readouterr().out
    assert run(["compare", path, path, "--examples", "203"]) == 0
    assert run(["compare", path, "CosineAnnealingLR(SGD(p, lr=1), 34)", "--examples", "203"]) == 1


def test_a_command_line_is_read_and_its_launcher() -> None:
    text = "torchrun --nproc_per_node=2 --nnodes 2 run.py --learning_rate 1e-4 --max_steps -1"
    found = foretell(text, facts={"examples": 200})
    assert dict(found.derivation)["each process"] == "7 batches: ceil(25 batches / 4 processes)"


def test_a_script_that_tells_of_its_flags_is_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    text = "# train.py --lr 0.1\nscheduler = StepLR(SGD(p, lr=0.5), 3)\n"
    assert run(["show", text]) == 0
    assert "StepLR" in capsys.readouterr().out
    assert run(["show", "run.py --learning_rate 1 \\\n --max_steps 9"]) == 0


class Evil:
    """Would write a file, were it built."""

    def __reduce__(self) -> Any:
        return os.system, ("touch pwned",)


def nested(depth: int) -> bytes:
    """Return a pickle of a list that holds another one a hundred times, and so on."""
    parts = [b"\x80\x02]q\x00"]
    for level in range(1, depth):
        parts.append(b"](" + b"h" * 0 + (b"h" + bytes([level - 1])) * 100 + b"eq" + bytes([level]))
    return b"".join(parts) + b"."


def archived(data: bytes) -> bytes:
    """Return an archive that has a pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", data)
    return file.getvalue()


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
BAD: dict[str, bytes | str] = {
    "empty.json": "",
    "list.json": "[1, 2]",
    "cut.json": '{"learning_rate": ',
    "deep.json": '{"a": ' * 100_000,
    "nan.json": '{"learning_rate": NaN, "max_steps": 10}',
    "digits.json": f'{{"learning_rate": 1, "max_steps": {"9" * 5000}}}',
    "text.json": '{"learning_rate": "fast", "max_steps": 10}',
    "nothing.json": '{"a": 1}',
    "laughs.yaml": LAUGHS,
    "tag.yaml": "learning_rate: !!python/object/apply:os.system ['touch pwned']\nmax_steps: 1\n",
    "self.yaml": "learning_rate: &a [*a]\nmax_steps: 1\n",
    "deep.yaml": "[" * 50_000,
    "two.yaml": "max_steps: 1\n---\nmax_steps: 2\n",
    "scalar.yaml": "just words",
    "quote.sh": "python run.py --learning_rate '1e-3",
    "none.sh": "echo hello",
    "variable.sh": "python run.py --learning_rate $LR --max_steps 10",
    "wrong.toml": "a = ",
    "evil.bin": pickle.dumps({"learning_rate": Evil(), "max_steps": 10}, protocol=2),
    "whole.bin": pickle.dumps(Evil(), protocol=4),
    "bomb.bin": nested(200),
    "cut.bin": pickle.dumps({"learning_rate": 1.0, "max_steps": 10})[:-4],
    "weights.bin": archived(b"\x80\x02" + b"N0" * 2**21 + b"."),
    "memo.bin": b"\x80\x02Nr\xff\xff\xff\xffj\xff\xff\xff\xfe.",
    "long.bin": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
    "archive.bin": b"PK\x03\x04 and nothing else",
    "noise.bin": bytes(range(128, 256)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    data = BAD[name]
    Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
    assert run(["show", name]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "internal error" not in said.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_that_is_none_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "long.json").write_bytes(b" " * (2**20 + 1))
    for name in ("loop.json", "pipe.json", "folder.json", "long.json", "none.json"):
        assert run(["show", str(tmp_path / name)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def warming(**params: Any) -> dict[str, Any]:
    """Return what names DeepSpeed's scheduler with some arguments."""
    return {"deepspeed": {"scheduler": {"type": "WarmupLR", "params": params}}}


@pytest.mark.parametrize(
    ("values", "facts", "said"),
    [
        ({"warmup_step": 3, "max_steps": 10}, {}, "did you mean warmup_steps?"),
        ({"learnig_rate": 3, "max_steps": 10}, {}, "did you mean learning_rate?"),
        ({"num_train_epochs": 3, "learning_rate": 1}, {}, "give --examples N"),
        ({"max_steps": 10, "warmup_ratio": 0.1, "transformers_version": "5.0"}, {}, "5 writes it"),
        ({"max_steps": 10, "learning_rate": True}, {}, "required a number"),
        ({"max_steps": 1.5, "learning_rate": 1}, {}, "required an integer"),
        ({"learning_rate": 1, "max_steps": -1}, {"examples": 0}, "at least 1"),
        ({"learning_rate": 1, "num_train_epochs": 0}, {"examples": 10}, "trains no update"),
        ({"max_steps": 10, "lr_scheduler_type": "cosin"}, {}, "is none of"),
        ({"max_steps": 10, "lr_scheduler_type": "greedy"}, {}, "not foretold"),
        ({"max_steps": 9, "lr_scheduler_type": "reduce_lr_on_plateau"}, {}, "not foretold"),
        ({"max_steps": 9, "deepspeed": {"scheduler": {"type": "WarmupLR"}}}, {}, "has no params"),
        ({"max_steps": 9, **warming(warmup_max_lr=0.1)}, {}, "the arguments come to 5e-05"),
        ({"max_steps": 9, **warming(warmup_num_steps=4)}, {}, "the arguments come to 1, and"),
        (
            {
                "max_steps": 9,
                "deepspeed": {**warming(warmup_min_lr=0)["deepspeed"], "train_batch_size": 9},
            },
            {},
            "has train_batch_size=9, the arguments come to 8",
        ),
        ({"max_steps": 9, **warming(warmup_type="auto")}, {}, "does not fill in"),
        ({"max_steps": 9, **warming(total_num_steps="auto")}, {}, "does not take"),
        ({"max_steps": 9, "optim": "galore_adamw_layerwise"}, {}, "each layer"),
    ],
)
def test_what_is_wrong_with_a_value_is_said(
    values: dict[str, Any], facts: dict[str, Any], said: str
) -> None:

    with pytest.raises(IsorateError, match=said.replace("?", r"\?")):
        assert configured(values, "transformers", facts).curve


def engine(kind: Any, lr: Any = 0.1, **params: Any) -> dict[str, Any]:
    """Return DeepSpeed's configuration with a scheduler."""
    named = {"scheduler": {"type": kind, "params": params}} if kind else {}
    return {"optimizer": {"type": "AdamW", "params": {"lr": lr}}, **named}


@pytest.mark.parametrize(
    ("values", "facts", "said"),
    [
        (engine("WarmupDecayLR"), {"max_steps": 9}, "total_num_steps"),
        (engine("WarmupLR", warmup_num_steps=5.0), {"max_steps": 9}, "no positive int"),
        (engine("WarmupLR", warmup_max_lr="auto"), {"max_steps": 9}, "fill in"),
        (engine("WarmupLR", lr="auto"), {"max_steps": 9}, "lr is auto"),
        (engine("WarmupLR", lr=None), {"max_steps": 9}, "has no lr"),
        ({"zero_optimization": {"stage": 3}}, {"max_steps": 9}, "has no lr"),
        (engine(["Warmup"]), {"max_steps": 9}, "scheduler.type is none that is read"),
        (engine("Warmup"), {"max_steps": 9}, "scheduler.type is none that is read"),
        (engine("WarmupLR", cycle_min_lr=1), {"max_steps": 9}, "does not take 'cycle_min_lr'"),
        (engine("WarmupLR"), {}, "--max-steps N"),
        (engine("WarmupLR"), {"examples": 9}, "--epochs N"),
        (engine("WarmupLR"), {"examples": 9, "epochs": 1}, "train_batch_size is not there"),
        (
            engine("WarmupLR") | {"train_batch_size": 5, "train_micro_batch_size_per_gpu": 2},
            {"examples": 9, "epochs": 1},
            "train_batch_size=5 is not 2 × 2 × 1 processes",
        ),
        (
            engine("WarmupLR") | {"train_batch_size": 64},
            {"examples": 9, "epochs": 1, "accumulation": 2},
            "leaves no update",
        ),
    ],
)
def test_what_is_wrong_with_deepspeeds_file_is_said(
    values: dict[str, Any], facts: dict[str, Any], said: str
) -> None:

    with pytest.raises(IsorateError, match=said):
        assert configured(values, facts=facts).curve


def test_a_file_of_deepspeeds_that_the_arguments_name_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    file = {"scheduler": {"type": "WarmupLR", "params": {"warmup_num_steps": "auto"}}}
    (tmp_path / "ds.json").write_text(json.dumps(file))
    monkeypatch.chdir(tmp_path)
    found = configured({"deepspeed": "ds.json", "max_steps": 9, "warmup_steps": 4}, "transformers")
    assert (found.name, found.warmup_num_steps) == ("WarmupLR", 4)
    script = tmp_path / "scripts" / "run.sh"  # which people start from the folder above
    script.parent.mkdir()
    script.write_text("deepspeed train.py --deepspeed ds.json --max_steps 9 --learning_rate 0.1")
    monkeypatch.chdir("/")
    assert configured(script).name == "WarmupLR"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"deepspeed": "ds_z3.json", "max_steps": 9}, "ds_z3.json has no scheduler"),
        ({"auto_find_batch_size": True, "max_steps": 9}, "the first batch size fits"),
        ({"vit_lr": 1e-6, "max_steps": 9}, "those of the first group"),
    ],
)
def test_what_may_change_the_rates_is_said(values: dict[str, Any], said: str) -> None:
    assert any(said in each for each in foretell(values, "transformers").assumptions)


@pytest.mark.parametrize(
    ("values", "whose"),
    [
        (engine("WarmupLR", warmup_num_steps=3), "DeepSpeed"),
        (engine(None) | {"zero_optimization": {"stage": 2}}, "DeepSpeed"),
        ({"packing": True, "learning_rate": 1, "max_steps": 5}, "trl"),
        ({"num_generations": 8, "scale_rewards": True, "max_steps": 5}, "trl"),
        ({"base_model": "x", "micro_batch_size": 1, "learning_rate": 1}, "axolotl"),
        ({"finetuning_type": "lora", "template": "x", "max_steps": 5}, "LLaMA-Factory"),
        ({"learning_rate": 1, "max_steps": 5}, "transformers"),
    ],
)
def test_its_keys_tell_whose_a_configuration_is(values: dict[str, Any], whose: str) -> None:
    found = foretell(values, facts={"max_steps": 5, "examples": 100})
    assert found.trainer.startswith(whose)


def test_what_may_be_of_two_trainers_is_asked_for() -> None:
    with pytest.raises(ReadError, match="--as GRPOConfig or --as RLOOConfig"):
        foretell({"max_completion_length": 8, "num_train_epochs": 1}, facts={"examples": 100})


def test_it_does_not_matter_whose_it_is_where_it_comes_to_the_same() -> None:
    assert foretell({"num_generations": 8, "max_steps": 5}).peak == 1e-6


@pytest.mark.parametrize(
    "values",
    [
        # what launches a run, and how its model is shared: no rate depends on it
        {"debug": False, "bf16": True, "fsdp_config": {}, "use_cpu": False},
        {"adam_beta1": 0.9, "weight_decay": 0.1, "seed": 1, "bf16": True},
        {"tokenizer": {}, "checkpointer": {}},
    ],
)
def test_what_says_no_schedule_is_nobodys(values: dict[str, Any]) -> None:
    with pytest.raises(ReadError, match="no known trainer"):
        foretell(values, facts={"examples": 100})


def test_a_rate_that_nobody_says_is_told() -> None:
    found = foretell({"max_steps": 9, "warmup_steps": 3})
    assert any("learning_rate is 5e-05" in sentence for sentence in found.assumptions)


@pytest.mark.parametrize(
    ("values", "key", "said"),
    [
        ({"max_steps": 10, "warmup_steps": 10}, "warmup_steps", "the run has 10"),
        ({"max_steps": 10, "warmup_steps": 20}, "learning_rate", "never gets to 5e-05"),
        ({"max_steps": 10, "warmup_ratio": 0.1}, "warmup_ratio", "5 refuses it"),
        ({"max_steps": 10, "warmup_steps": 2.5}, "warmup_steps", "cut to 2"),
        ({"max_steps": 10, "warmup_steps": 1.0}, "warmup_steps", "not all of them"),
        ({"max_steps": 0}, "max_steps", "one update"),
        (
            {"max_steps": 9, "lr_scheduler_type": "constant", "lr_scheduler_kwargs": {"a": 1}},
            "lr_scheduler_kwargs",
            "ignored",
        ),
        (
            {"max_steps": 9, "lr_scheduler_type": "constant", "warmup_steps": 3},
            "warmup_steps",
            "has no warm-up",
        ),
        (
            {
                "max_steps": 20,
                "lr_scheduler_type": "warmup_stable_decay",
                "lr_scheduler_kwargs": {"num_stable_steps": 4, "num_decay_steps": 4},
            },
            "max_steps",
            "over at update 8 of 20",
        ),
        (
            {
                "max_steps": 20,
                "lr_scheduler_type": "warmup_stable_decay",
                "lr_scheduler_kwargs": {"num_stable_steps": 20, "num_decay_steps": 4},
            },
            "max_steps",
            "goes on to update 24",
        ),
        (
            {
                "max_steps": 20,
                "lr_scheduler_type": "cosine",
                "lr_scheduler_kwargs": {"num_cycles": 1.0},
            },
            "max_steps",
            "climbs again after update 10",
        ),
    ],
)
def test_what_is_unexpected_is_told_by_its_key(values: dict[str, Any], key: str, said: str) -> None:
    from isorate.preflight import preflight

    cautions = preflight(foretell(values, "transformers")).cautions
    assert any(one.key == key and said in one.text for one in cautions), cautions


def test_several_rates_are_no_configurations(tmp_path: Path) -> None:
    file = tmp_path / "args.json"
    file.write_text('{"lr_scheduler_type": "cosine", "max_steps": 9}')
    done = isorate("show", str(file), "--lr", "0.1,0.2")
    assert done.returncode == 2
    assert done.stderr == (
        "isorate: --lr: a configuration has one rate: required one, got 0.1,0.2\n"
    )


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("--lr 1e-3 --warmup_steps 10 --max_steps 100", "learning_rate=1e-3"),
        ("--learning_rate 1e-3 --num_warmup_steps 10 --max_steps 100", "warmup_steps=10"),
        ("--learning_rate 1e-3 --max_train_steps 100 --warmup_steps 5", "max_steps=100"),
        ("--learning_rate 1e-3 --num_epochs 2 --warmup_steps 5", "num_train_epochs=2"),
    ],
)
def test_no_default_stands_for_what_is_said_in_another_trainers_words(
    line: str, needed: str
) -> None:
    with pytest.raises(ReadError, match=f"another trainer's key.*--set {needed}"):
        foretell(f"python train.py {line}")
    name, _, value = needed.partition("=")
    told: dict[str, Any] = {name: float(value), "examples": 80}
    found = foretell(f"python train.py {line}", facts=told)
    assert any("is not followed" in one.text for one in found.cautions)
    assert any("train.py trains with transformers" in said for said in found.assumptions)


def test_a_key_that_speaks_of_another_rate_is_not_passed_over_in_silence() -> None:
    line = "train.py --learning_rate 1e-3 --max_steps 100 --mm_projector_lr 2e-5 --image_size 336"
    assert [one.key for one in foretell(line).cautions] == ["mm_projector_lr"]


def test_a_path_is_a_file_and_its_name_no_schedule(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text(
        "The following hyperparameters were used during training:\n"
        "- learning_rate: 0.1\n- lr_scheduler_type: linear\n- training_steps: 9\n"
    )
    assert read(card).run.updates == 9
    card.write_text("```\nStepLR(SGD(p, lr=0.1), 30)\n```\n")
    assert read(card).step_size == 30
    for given in ("train.yaml", "runs/train.py", str(card)):
        for verb in (read, simulate):
            with pytest.raises(ReadError, match=r"is read as Python.*pathlib\.Path"):
                verb(given)


PAGE = f"# A run\n\n```yaml\n{YAML}```\nand then\n\n```sh\npip install it\n```\n"
CODE = "```python\nStepLR(SGD(p, lr=0.1), 30)\n```\n"


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        PAGE.replace("yaml", ""),
        f"```toml\n{TOML}```\n",
        f"So:\n\n  ```json\n  {JSON}\n  ```\n",
    ],
)
def test_a_page_has_a_configuration_in_a_fence(page: str, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(YAML)
    (tmp_path / "README.md").write_text(page)
    asked = ("--examples", "24", "--json")
    shown = isorate("show", str(tmp_path / "run.yaml"), *asked).stdout.replace("run.yaml", "X")
    as_file = isorate("show", str(tmp_path / "README.md"), *asked).stdout
    assert as_file.replace("README.md", "X") == shown
    assert isorate("show", page, *asked).stdout.replace("the text", "X") == shown


def test_code_in_a_page_comes_before_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(PAGE + CODE)
    for given in (str(tmp_path / "README.md"), PAGE + CODE):
        assert isorate("show", given, "--updates", "2").stdout.startswith("torch.optim")
    (tmp_path / "README.md").write_text(PAGE + PAGE)
    refused = isorate("show", str(tmp_path / "README.md"))
    assert (refused.returncode, "it has 2 configurations" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("last", "updates"),
    [
        ("4.0 | 56", 56),
        ("3.9286 | 55", None),
        ("4.0 | 5600", None),
        ("4.0 | x", None),
        ("", None),
        (f"4.0 | {'1' * 400}", None),
    ],
)
def test_the_last_row_of_a_cards_results_tells_how_long_the_run_was(
    last: str, updates: int | None, tmp_path: Path
) -> None:
    card = tmp_path / "README.md"
    card.write_text(
        "The following hyperparameters were used during training:\n- learning_rate: 0.1\n"
        "- lr_scheduler_type: linear\n- num_epochs: 4\n\n### Training results\n\n"
        "| Training Loss | Epoch | Step | Validation Loss |\n|:-:|:-:|:-:|:-:|\n"
        f"| 0.6 | 1.0 | 14 | 0.6 |\n| 0.5 | {last} | 0.6 |\n\n### Framework versions\n"
    )
    if updates is None:
        with pytest.raises(ReadError, match="--examples N"):
            foretell(card)
        assert foretell(card, facts={"batches": 14}).updates == 56
    else:
        assert foretell(card).updates == updates
        assert foretell(card, facts={"batches": 10}).updates == 40  # what is told comes first


def test_files_that_a_file_of_detectron2s_is_based_on_say_what_it_does_not(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "MODEL: {}\nSOLVER:\n  BASE_LR: 0.02\n  STEPS: (60, 80)\n  MAX_ITER: 90\n"
    )
    own = tmp_path / "own" / "a.yaml"
    own.parent.mkdir()
    own.write_text("_BASE_: ../base.yaml\nSOLVER:\n  WARMUP_ITERS: 0\n  GAMMA: 0.5\n")
    found = foretell(own)
    assert (found.updates, found.peak, found.trainer) == (90, 0.02, "Detectron2 02b5c4e2")
    assert configured(own).curve.at(85) == 0.02 * 0.25
    assert foretell(own, facts={"max_steps": 200, "lr": 0.1}).updates == 200
    own.write_text("_BASE_: ../base.yaml\nMODEL:\n  MASK_ON: false\n")  # and nothing of rates
    assert foretell(own).title == "Detectron2"
    own.write_text("_BASE_: a.yaml\nSOLVER: {}\n")
    with pytest.raises(ReadError, match="based on too many files"):
        foretell(own)
    own.write_text("_BASE_: detectron2://x.yaml\nSOLVER: {}\n")
    with pytest.raises(ReadError, match=r"_BASE_=detectron2://x\.yaml is not there"):
        foretell(own)


@pytest.mark.parametrize(
    ("solver", "said"),
    [
        ({"STEPS": "(90,)", "MAX_ITER": 90}, "none at the end"),
        ({"STEPS": "(9, 3)", "MAX_ITER": 90}, "each lies after"),
        ({"STEPS": "__import__('os')"}, "no list of updates"),
        ({"LR_SCHEDULER_NAME": "WarmupPolyLR"}, "a scheduler that is not read"),
        ({"LR_SCHEDULER_NAME": "WarmupCosineLR", "BASE_LR_END": 1}, "no share of BASE_LR"),
        ({"WARMUP_METHOD": "exp"}, "neither linear nor constant"),
        ({"REFERENCE_WORLD_SIZE": 8}, "scales rate and length"),
        ({"WARMUP_ITER": 8}, "did you mean WARMUP_ITERS"),
    ],
)
def test_what_is_wrong_with_a_file_of_detectron2s_is_said(
    solver: dict[str, Any], said: str
) -> None:
    with pytest.raises(ReadError, match=re.escape(said)):
        foretell({"SOLVER": solver, "MODEL": {}}, facts={"processes": 4})


def test_numbers_longer_than_texts_of_them_and_odd_spellings_are_one_line(tmp_path: Path) -> None:
    config = tmp_path / "a.yaml"
    config.write_text(f"MODEL: {{}}\nSOLVER:\n  MAX_ITER: 0x{'a' * 4000}\n")
    with pytest.raises(ReadError, match="a number is too large"):
        foretell(config)
    plain = tmp_path / "a.py"
    plain.write_text("max_iters = 20\nlearning_rate = 0.1\nwarmup_iters = 1if 2else 3\n")
    with warnings.catch_warnings(action="error"):
        assert foretell(plain, "nanogpt").updates == 21


TABLES = """
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.02, momentum=0.9))
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=12)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=50),
    dict(type='MultiStepLR', begin=0, end=12, by_epoch=True, milestones=[8, 11], gamma=0.1)]
"""
HANDED = """
from mmengine.runner import Runner
rate = 0.02
{}
steps = [
    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=50),
    dict(type='MultiStepLR', begin=0, end=12, by_epoch=True, milestones=[8, 11], gamma=0.1)]
runner = Runner(
    model=Model(), work_dir='work', train_dataloader=loader, param_scheduler=steps,
    optim_wrapper=dict(optimizer=dict(type='SGD', lr=rate, momentum=0.9)),
    train_cfg=dict(by_epoch=True, max_epochs=12),
)
runner.train()
"""


def test_tables_that_are_pasted_or_handed_to_a_runner_are_read_as_a_file_of_them(
    tmp_path: Path,
) -> None:
    file = tmp_path / "step_12e.py"
    file.write_text(TABLES)
    script = tmp_path / "train.py"
    script.write_text(HANDED.format("pass"))
    facts = {"batches": 40}
    whole = configured(file, facts=facts)
    for text in (TABLES, HANDED.format("pass"), script):
        found = configured(text, facts=facts)
        assert found.call == whole.call
        assert found.run == whole.run
    assert isorate("show", TABLES, "--batches", "40").returncode == 0
    assert "how long the run is" in isorate("show", TABLES).stderr


@pytest.mark.parametrize("between", ["for rate in range(3): pass", "rate = float(sys.argv[1])"])
def test_what_a_script_computes_for_a_runner_is_not_taken_for_what_it_was(between: str) -> None:
    with pytest.raises(ReadError, match="lr: required a number"):
        configured(HANDED.format(between), facts={"batches": 40})


def test_the_tables_of_older_runners_are_refused_by_their_name() -> None:
    text = "lr_config = dict(policy='step', step=[8, 11])\noptimizer = dict(type='SGD', lr=0.02)"
    assert "lr_config is of mmcv 1's runners" in isorate("show", text).stderr
