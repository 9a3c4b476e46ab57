"""Train with the configurations in ``tests/cases/configs`` for real, and record their rates.

    python tools/configs.py transformers

A row is a configuration, what is told of its run beside it, and the rate that each update really
used. Rows that name a version are run where that version is installed, and no others.
"""

from __future__ import annotations

import ast
import importlib
import io
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import zipfile
from contextlib import chdir
from functools import cache, partial
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1] / "tests" / "cases" / "configs"


def hooked() -> tuple[list[float], Any]:
    """Return a list that each update's rate is put into, and what ends that."""
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    used: list[float] = []

    def told(optimizer: Any, *_: Any) -> None:
        used.append(float(optimizer.param_groups[0]["lr"]))

    return used, register_optimizer_step_pre_hook(told)


def net() -> Any:
    """Return a model that takes its inputs as ``x`` and returns a loss."""
    import torch

    class Model(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def forward(self, x: Any) -> Any:
            return {"loss": self.layer(x).sum()}

    return Model()


def transformers(row: dict[str, Any]) -> list[float]:
    """Train with transformers' Trainer."""
    known = {k: v for k, v in row["values"].items() if k != "transformers_version"}
    if "deepspeed" in known:
        engine_alone()
        known["deepspeed"] = json.loads(json.dumps(known["deepspeed"]))
        optimizer = known["deepspeed"].get("optimizer", {"params": {}})
        optimizer["params"]["torch_adam"] = True
    return on_top(row, known)


@cache
def wheel(package: str) -> zipfile.ZipFile:
    """Return a package as it is released."""
    with tempfile.TemporaryDirectory() as home:
        command = ["-m", "pip", "download", "-q", "--no-deps", "-d", home, package]
        subprocess.run([sys.executable, *command], check=True)
        return zipfile.ZipFile(io.BytesIO(next(Path(home).iterdir()).read_bytes()))


def source(package: str, path: str) -> str:
    """Return a file of a package as it is released; of none, the one that lies there."""
    return wheel(package).read(path).decode() if package else Path(path).read_text()


def taken(package: str, path: str, *names: str, **known: Any) -> dict[str, Any]:
    """Return some functions and classes of a package, what they use being as is given.

    None of it is imported, so that nothing else of the package has to be there.
    """
    body = ast.parse(source(package, path)).body
    parts: dict[str, Any] = {f"{c.name}.{m.name}": m for c in body if isinstance(c, ast.ClassDef)
             for m in c.body if isinstance(m, ast.FunctionDef)}  # fmt: skip
    parts |= {node.name: node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    picked = [parts[name] for name in names]
    future = ast.parse("from __future__ import annotations").body
    exec(compile(ast.Module([*future, *picked], []), path, "exec"), known)
    return known


def on_top(
    row: dict[str, Any], values: dict[str, Any], create: Any = None, **methods: Any
) -> list[float]:
    """Train with transformers' Trainer, whose scheduler another one may make.

    Args:
        row: whose examples are trained.
        values: the arguments.
        create: makes the scheduler, as a method.
        methods: other methods of the trainer, in place of its own.

    """
    import torch
    from transformers import Trainer, TrainingArguments

    Trainer.save_model = Trainer._save_checkpoint = lambda *_, **__: None
    quiet = {"report_to": "none", "save_strategy": "no", "disable_tqdm": True, "use_cpu": True}
    given = TrainingArguments("out", **{**quiet, **values})
    data = [{"x": torch.ones(2)}] * (row.get("facts", {}).get("examples") or 1000)
    methods |= {} if create is None else {"create_scheduler": create}
    kind = type("Own", (Trainer,), methods)
    used, hook = hooked()
    kind(net(), given, train_dataset=data).train()
    hook.remove()
    return used


def llamafactory(row: dict[str, Any]) -> list[float]:
    """Train with what LLaMA-Factory makes of transformers' arguments."""
    from transformers import Trainer

    class Dummy:
        pass

    own = taken(
        "llamafactory==0.9.5",
        "llamafactory/train/trainer_utils.py",
        "create_custom_scheduler",
        DummyOptimizer=Dummy,
    )

    def create(self: Any, num_training_steps: int, optimizer: Any = None) -> Any:
        own["create_custom_scheduler"](self.args, num_training_steps, optimizer)
        return Trainer.create_scheduler(self, num_training_steps, optimizer)

    theirs = ("finetuning_type", "template", "stage", "cutoff_len")
    values = {key: value for key, value in row["values"].items() if key not in theirs}
    return on_top(row, values, create)


def axolotl(row: dict[str, Any]) -> list[float]:
    """Train with what axolotl makes of its file."""
    from types import SimpleNamespace

    import transformers as hf
    from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

    at = "axolotl==0.19.0"
    log = SimpleNamespace(debug=print, warning=print, info=print)
    names = ["RexLR"]
    for what in ("quadratic_warmup", "min_lr", "warmup_decay_constant"):
        private = f"_get_cosine_schedule_with_{what}_lr_lambda".replace("_lr_lr_", "_lr_")
        names += [f"get_cosine_schedule_with_{what}", private]
    schedulers = taken(
        at, "axolotl/utils/schedulers.py", *names, math=math, partial=partial, LambdaLR=LambdaLR,
        LRScheduler=LRScheduler, Tensor=type(None),
    )  # fmt: skip
    manager = SimpleNamespace(create_lr_scheduler=lambda **_: None)
    schedule = taken(
        at, "axolotl/core/trainers/mixins/scheduler.py", "SchedulerMixin.create_scheduler",
        **{name: schedulers[name] for name in names}, OneCycleLR=OneCycleLR, LOG=log,
        PluginManager=SimpleNamespace(get_instance=lambda: manager), LRScheduler=LRScheduler,
    )["create_scheduler"]  # fmt: skip
    count = taken(at, "axolotl/utils/trainer.py", "calculate_total_num_steps", math=math, LOG=log)
    builder = taken(
        at, "axolotl/core/builders/base.py", "TrainerBuilderBase._configure_warmup_and_logging",
        "TrainerBuilderBase._configure_scheduler",
    )  # fmt: skip
    facts = row.get("facts", {})

    class Cfg(dict[str, Any]):
        def __getattr__(self, name: str) -> Any:
            return self.get(name)

    cfg = Cfg(num_epochs=1.0, gradient_accumulation_steps=1, lr_scheduler="cosine")
    cfg |= row["values"] | {"total_num_tokens": 1, "total_supervised_tokens": 1}
    each = cfg["micro_batch_size"] * cfg["gradient_accumulation_steps"]
    cfg["batch_size"] = each * facts.get("processes", 1)
    total = count["calculate_total_num_steps"](cfg, range(facts["examples"]))
    total = min(total, cfg.max_steps) if cfg.max_steps else total  # as its data's preparation does
    values: dict[str, Any] = {}
    builder["_configure_warmup_and_logging"](SimpleNamespace(cfg=cfg), total, values)
    builder["_configure_scheduler"](SimpleNamespace(cfg=cfg), values)
    values |= {
        "max_steps": cfg.max_steps or total or -1,
        "num_train_epochs": cfg.num_epochs,
        "learning_rate": cfg.learning_rate,
        "per_device_train_batch_size": cfg.micro_batch_size,
        "gradient_accumulation_steps": cfg.gradient_accumulation_steps,
    }
    extra = {"alternate_lr_scheduler_type": values.pop("alternate_lr_scheduler_type", None)}
    for name in ("lr_quadratic_warmup", "cosine_min_lr_ratio", "cosine_constant_lr_ratio"):
        extra[name] = cfg.get(name)

    def create(self: Any, num_training_steps: int, optimizer: Any = None) -> Any:
        for name, value in {**extra, "jagged_restart_steps": None}.items():
            setattr(self.args, name, value)
        plain = partial(hf.Trainer.create_scheduler, self)
        schedule.__globals__["super"] = lambda: SimpleNamespace(create_scheduler=plain)
        return schedule(self, num_training_steps, optimizer)

    return on_top(row, values, create)


def swift(row: dict[str, Any]) -> list[float]:
    """Train with what ms-swift makes of its arguments."""
    import inspect
    from types import SimpleNamespace

    import torch
    import transformers as hf

    at = "ms-swift==4.6.0"
    facts = row.get("facts", {})
    methods = taken(
        at, "swift/trainers/arguments.py", "TrainArgumentsMixin._handle_hf_removed_args",
        logger=SimpleNamespace(info=print),
    )  # fmt: skip
    rate = taken(at, "swift/arguments/sft_args.py", "SftArguments._init_override")
    usual = {"tuner_type": "lora", "learning_rate": None, "warmup_ratio": 0.0, "warmup_steps": 0}
    usual |= {"per_device_train_batch_size": 1, "gradient_accumulation_steps": None}
    usual |= {"lr_scheduler_type": "cosine"}
    args = SimpleNamespace(**usual | row["values"])
    args._hf_has_field = lambda name: name in inspect.signature(hf.TrainingArguments).parameters
    args._init_output_dir = args._init_metric = args._init_eval_strategy = lambda: None
    rate["_init_override"](args)
    methods["_handle_hf_removed_args"](args)
    if args.gradient_accumulation_steps is None:  # the line of its __post_init__
        side = args.per_device_train_batch_size
        args.gradient_accumulation_steps = max(1, math.ceil(16 / side / facts.get("processes", 1)))
    known = inspect.signature(hf.TrainingArguments).parameters
    sampler = taken(
        at, "swift/dataloader/shard.py", "BatchSamplerShard", dist=torch.distributed, torch=torch
    )["BatchSamplerShard"]  # fmt: skip

    def loader(self: Any) -> Any:
        drops, size = self.args.dataloader_drop_last, self._train_batch_size
        shared = sampler(len(self.train_dataset), size, False, drops, None)
        return torch.utils.data.DataLoader(self.train_dataset, batch_sampler=shared)

    values = {name: value for name, value in vars(args).items() if name in known}
    return on_top(row, values, get_train_dataloader=loader)


def sentence_transformers(row: dict[str, Any]) -> list[float]:
    """Train with sentence-transformers' arguments, as its class makes them."""
    from types import SimpleNamespace

    import transformers as hf
    from packaging.version import parse
    from transformers.training_args import ParallelMode

    own = taken(
        "sentence-transformers==6.2.0", "sentence_transformers/base/training_args.py",
        "BaseTrainingArguments.__post_init__", parse_version=parse, ParallelMode=ParallelMode,
        transformers_version=hf.__version__, logger=SimpleNamespace(warning=print),
        super=lambda: SimpleNamespace(__post_init__=lambda: None),
    )  # fmt: skip
    several = row.get("facts", {}).get("processes", 1) > 1
    theirs = ("batch_sampler", "multi_dataset_batch_sampler", "prompts", "router_mapping")
    values = dict.fromkeys((*theirs, "learning_rate_mapping"))
    values |= {"warmup_ratio": None, "warmup_steps": 0, "dataloader_drop_last": False}
    mode = ParallelMode.DISTRIBUTED if several else ParallelMode.NOT_PARALLEL
    args = SimpleNamespace(**values | row["values"], parallel_mode=mode, output_dir="unused")
    own["__post_init__"](args)
    taken_on = {*row["values"], "warmup_steps", "dataloader_drop_last"} - {*theirs, "warmup_ratio"}
    return on_top(row, {name: value for name, value in vars(args).items() if name in taken_on})


def unsloth(row: dict[str, Any]) -> list[float]:
    """Train with the defaults that unsloth writes into its trainers."""
    module = ast.parse(source("unsloth==2026.10.9", "unsloth/models/rl.py"))
    found = next(
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "replacements"
        and isinstance(node.value, ast.Dict)
    )
    defaults = {k: v for k, v in ast.literal_eval(found).items() if k in UNSLOTH}
    theirs = ("load_in_4bit", "embedding_learning_rate", "use_gradient_checkpointing")
    values = {k: v for k, v in row["values"].items() if k not in theirs}
    return on_top(row, {**defaults, "warmup_steps": 0.1, **values})


def trl(row: dict[str, Any]) -> list[float]:
    """Train with trl, a small model of it."""
    import trl as package
    from datasets import Dataset
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    words = {"<pad>": 0, "<eos>": 1, "a": 2, "b": 3, "<unk>": 4}
    tokens = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokens, **special)
    ends = {"bos_token_id": 1, "eos_token_id": 1, "pad_token_id": 0}
    config = GPT2Config(vocab_size=5, n_positions=64, n_embd=8, n_layer=1, n_head=1, **ends)
    kind, examples = row["as"], row.get("facts", {}).get("examples", 100)
    columns = {
        "SFTConfig": {"text": ["a b a"]},
        "DPOConfig": {"prompt": ["a"], "chosen": ["b"], "rejected": ["a"]},
    }.get(kind, {"prompt": ["a b"]})
    data = Dataset.from_dict({name: value * examples for name, value in columns.items()})
    quiet = {"report_to": "none", "save_strategy": "no", "disable_tqdm": True, "use_cpu": True}
    own = {"bf16": False, "gradient_checkpointing": False, **quiet, **row["values"]}
    if kind in ("GRPOConfig", "RLOOConfig"):
        own["max_completion_length"] = 2
        beside = {"reward_funcs": lambda completions, **_: [0.5] * len(completions)}
    else:
        beside = {"ref_model": GPT2LMHeadModel(config)} if kind == "DPOConfig" else {}
    trainer = getattr(package, kind.replace("Config", "Trainer"))(
        model=GPT2LMHeadModel(config), args=getattr(package, kind)("out", **own),
        train_dataset=data, processing_class=tokenizer, **beside,
    )  # fmt: skip
    used, hook = hooked()
    trainer.train()
    hook.remove()
    return used


def engine_alone() -> None:
    """Let DeepSpeed train on the CPU, where nobody has started several processes."""
    alone = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}
    for name, value in {**alone, "MASTER_PORT": "29533", "DS_ACCELERATOR": "cpu"}.items():
        os.environ.setdefault(name, value)
    # what it would compile
    importlib.import_module("deepspeed.comm.torch").build_shm_op = lambda: None  # type: ignore[attr-defined]


def deepspeed(row: dict[str, Any]) -> list[float]:
    """Train with DeepSpeed's engine, over its own loader."""
    engine_alone()
    import deepspeed as package
    import torch

    values, facts = json.loads(json.dumps(row["values"])), row.get("facts", {})
    values.setdefault("optimizer", {"type": "AdamW", "params": {"lr": facts.get("lr")}})
    values["optimizer"]["params"]["torch_adam"] = True  # its own needs a compiler
    values |= {} if BATCH & values.keys() else {"train_micro_batch_size_per_gpu": 1}
    data = [torch.ones(2)] * facts.get("examples", 1000)
    engine, _, loader, _ = package.initialize(
        model=(model := torch.nn.Linear(2, 1)), model_parameters=model.parameters(),
        training_data=data, config=values, collate_fn=torch.stack,
    )  # fmt: skip
    used, hook = hooked()
    for _ in range(facts.get("epochs", 1)):
        for batch in loader:
            if len(used) == (facts.get("max_steps") or row.get("updates")):
                break
            engine.backward(engine(batch).mean() * 0)
            engine.step()
    hook.remove()
    return used


#: Keys of which DeepSpeed wants one.
BATCH = {"train_batch_size", "train_micro_batch_size_per_gpu"}


def nanogpt(row: dict[str, Any]) -> list[float]:
    """Ask nanoGPT's function for each update's rate; ``NANOGPT`` is the path of its train.py."""
    tree = ast.parse(Path(os.environ["NANOGPT"]).read_text())
    known: dict[str, Any] = {"math": math, "decay_lr": True}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "get_lr":
            exec(compile(ast.Module([node], []), "train.py", "exec"), known)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            known.setdefault(ast.unparse(node.targets[0]), node.value.value)
    known |= row["values"]
    used: list[float] = []
    while True:  # as it goes on, and ends
        rate = known["get_lr"](len(used)) if known["decay_lr"] else known["learning_rate"]
        used.append(float(rate))
        if len(used) > known["max_iters"]:
            return used


def torchtune(row: dict[str, Any]) -> list[float]:
    """Step torchtune's scheduler as its recipe does, through a loader as it has one."""
    import torch
    from torch.optim.lr_scheduler import LambdaLR
    from torch.utils.data import DataLoader, DistributedSampler

    values, facts = row["values"], row["facts"]
    kind = values["lr_scheduler"]["_component_"].rpartition(".")[2]
    own = taken(
        "torchtune==0.6.1", "torchtune/training/lr_schedulers.py", kind,
        torch=torch, math=math, LambdaLR=LambdaLR,
    )[kind]  # fmt: skip
    data = range(facts["examples"])
    sampler: Any = DistributedSampler(data, facts.get("processes", 1), 0)
    loader: Any = DataLoader(data, values["batch_size"], sampler=sampler, drop_last=True)
    accumulation, limit = values["gradient_accumulation_steps"], values.get("max_steps_per_epoch")
    each = len(loader) // accumulation
    each = limit if limit is not None and limit < each else each
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], values["optimizer"]["lr"])
    given = {k: v for k, v in values["lr_scheduler"].items() if k != "_component_"}
    scheduler = own(optimizer, num_training_steps=values["epochs"] * each, **given)
    used, hook = hooked()
    for _ in range(values["epochs"]):
        for index, _ in enumerate(loader):
            if (index + 1) % accumulation == 0:
                optimizer.step()
                scheduler.step()
            if (index + 1) // accumulation == limit:
                break
    hook.remove()
    return used


def timm(row: dict[str, Any]) -> list[float]:
    """Tell timm's scheduler what its script tells it, through a loader as it has one."""
    import importlib
    from types import SimpleNamespace

    import torch
    from torch.utils.data import DataLoader, DistributedSampler

    sys.path.insert(0, str(Path(__file__).parents[1]))
    importlib.import_module("tests.conformance.cases.timm").timm_scope(None, False)
    own = importlib.import_module("timm.scheduler")
    facts, args = row["facts"], SimpleNamespace(**TIMM | row["values"])
    processes, data = facts.get("processes", 1), range(facts["examples"])
    sampler: Any = DistributedSampler(data, processes, 0) if processes > 1 else None
    loader: Any = DataLoader(data, args.batch_size, sampler=sampler, drop_last=True)
    each = math.ceil(len(loader) / args.grad_accum_steps)
    lr = args.lr
    if not lr:  # as the script has it
        ratio = args.batch_size * processes * args.grad_accum_steps / args.lr_base_size
        name = args.opt.lower()
        root = "sqrt" if "ada" in name or "lamb" in name else "linear"
        lr = args.lr_base * (ratio**0.5 if (args.lr_base_scale or root) == "sqrt" else ratio)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr)
    scheduler, epochs = own.create_scheduler_v2(
        optimizer, **own.scheduler_kwargs(args), updates_per_epoch=each
    )
    used, hook = hooked()
    for epoch in range(epochs):
        count = epoch * each
        for index in range(len(loader)):
            if index + 1 == len(loader) or (index + 1) % args.grad_accum_steps == 0:
                optimizer.step()
                count += 1
                scheduler.step_update(num_updates=count, metric=None)
        scheduler.step(epoch + 1, None)
    hook.remove()
    return used


#: The defaults of timm's script, as of aa4b585, as far as rates depend on them.
TIMM = {
    "sched": "cosine", "sched_on_updates": False, "lr": None, "lr_base": 0.1, "lr_base_size": 256,
    "lr_base_scale": "", "opt": "sgd", "batch_size": 128, "grad_accum_steps": 1, "epochs": 300,
    "lr_noise": None, "lr_noise_pct": 0.67, "lr_noise_std": 1.0, "lr_cycle_mul": 1.0,
    "lr_cycle_decay": 0.5, "lr_cycle_limit": 1, "lr_k_decay": 1.0, "warmup_lr": 1e-5, "min_lr": 0,
    "decay_milestones": [90, 180, 270], "decay_epochs": 90, "warmup_epochs": 5, "decay_rate": 0.1,
    "warmup_prefix": False, "cooldown_epochs": 0, "patience_epochs": 10, "seed": 42,
}  # fmt: skip


def litgpt(row: dict[str, Any]) -> list[float]:
    """Ask litgpt's functions for the rates of the batches that updates end with."""
    import warnings
    from dataclasses import dataclass

    at, facts = "litgpt==0.5.13", row["facts"]
    rate = taken(at, "litgpt/pretrain.py", "get_lr", math=math)["get_lr"]
    kind = taken(
        at, "litgpt/args.py", "TrainArgs", math=math, dataclass=dataclass, warnings=warnings,
        __name__=__name__,
    )["TrainArgs"]  # fmt: skip
    usual = {"global_batch_size": 512, "micro_batch_size": 4, "min_lr": 4e-5, "max_norm": 1.0}
    given = {"lr_warmup_steps": 2000} if "lr_warmup_fraction" not in row["values"]["train"] else {}
    train = kind(**{**usual, "lr_warmup_steps": None, **given, **row["values"]["train"]})
    devices, loader = facts.get("processes", 1), range(facts.get("batches", 1))
    last = train.max_tokens // devices // (train.micro_batch_size * train.max_seq_length)
    warmup = train.warmup_iters(devices, 1, last, loader)
    peak = row["values"]["optimizer"]["init_args"]["lr"]
    used = []
    for batch in range(last):
        lr = rate(peak, batch, warmup, last, train.min_lr)
        if (batch + 1) % train.gradient_accumulation_iters(devices, 1) == 0:
            used.append(float(lr))
    return used


def litgpt_finetune(row: dict[str, Any]) -> list[float]:
    """Step litgpt's schedulers in its loop over the batches that a process has."""
    import warnings
    from dataclasses import dataclass
    from typing import Self

    import torch
    from torch.utils.data import DataLoader, DistributedSampler

    at, facts, values = "litgpt==0.5.13", row["facts"], row["values"]
    kind = taken(
        at, "litgpt/args.py", "TrainArgs", math=math, dataclass=dataclass, warnings=warnings,
        __name__=__name__,
    )["TrainArgs"]  # fmt: skip
    path = "litgpt/finetune/lora.py"
    made = taken(at, path, "get_lr_scheduler", torch=torch)["get_lr_scheduler"]
    cycle = taken(at, "litgpt/utils.py", "CycleIterator", Any=Any, Self=Self)["CycleIterator"]
    train = kind(**values["train"])
    devices, nodes = values.get("devices", 1), values.get("num_nodes", 1)
    data: Any = range(facts.get("examples") or facts["batches"] * train.micro_batch_size)
    sampler = DistributedSampler(data, devices * nodes, 0) if devices * nodes > 1 else None
    loader = DataLoader(data, train.micro_batch_size, sampler=sampler)
    # the two lines of main() that count, and the loop of fit() without what it trains
    lines = [line.strip() for line in source(at, path).splitlines()]
    known = {"train_dataloader": loader, "train": train, "devices": devices, "num_nodes": nodes}
    for name in ("steps_per_epoch = ", "lr_max_steps = "):
        exec(next(line for line in lines if line.startswith(name)), known)
    optimizer = torch.optim.AdamW(
        [torch.nn.Parameter(torch.ones(1))], values["optimizer"]["init_args"]["lr"]
    )
    scheduler = made(optimizer, train.lr_warmup_steps, known["lr_max_steps"])
    used, hook = hooked()
    batches, taken_ = cycle(loader), 0
    while len(used) < (train.max_steps or math.inf):
        taken_ += 1
        next(batches)
        if batches.epoch >= train.epochs:
            break
        if taken_ % train.gradient_accumulation_iters(devices, nodes) == 0:
            optimizer.step()
            scheduler.step()
    hook.remove()
    return used


def nemo(row: dict[str, Any]) -> list[float]:
    """Step NeMo's scheduler as Lightning does; ``NEMO`` is where its repository is."""
    from types import ModuleType, SimpleNamespace

    import torch
    from torch.utils.data import DataLoader, DistributedSampler

    omega = SimpleNamespace(
        create=lambda values: values, to_container=lambda values, **_: values, to_yaml=str
    )
    stubs: dict[str, dict[str, Any]] = {
        "hydra": {},
        "omegaconf": {"DictConfig": type("DictConfig", (), {}), "OmegaConf": omega},
        "nemo": {},
        "nemo.core": {},
        "nemo.core.config": dict.fromkeys(
            ("SchedulerParams", "get_scheduler_config", "register_scheduler_params")
        ),
        "nemo.utils": {"logging": SimpleNamespace(info=print, warning=print)},
        "nemo.utils.model_utils": {"maybe_update_config_version": lambda values: values},
    }
    for name, known in stubs.items():
        module = ModuleType(name)
        vars(module).update(known)
        sys.modules[name] = module
    code = (Path(os.environ["NEMO"]) / "nemo/core/optim/lr_scheduler.py").read_text()
    own: dict[str, Any] = {"__name__": "nemo_lr_scheduler"}
    exec(code, own)
    values, facts = json.loads(json.dumps(row["values"])), row["facts"]
    optim, trainer = values["model"]["optim"], values["trainer"]
    sched = optim["sched"]
    if str(sched.get("d_model", "")).startswith("$"):
        sched["d_model"] = values["model"]["encoder"]["d_model"]
    every, processes = trainer.get("accumulate_grad_batches", 1), facts.get("processes", 1)
    epochs, most = trainer.get("max_epochs", 1000), trainer.get("max_steps", -1)
    data = values["model"].get("train_ds", {})
    examples: Any = range(facts.get("examples", 1))
    loader: Any = DataLoader(
        examples,
        batch_size=data.get("batch_size", 1),
        drop_last=data.get("drop_last", False),
        sampler=DistributedSampler(examples, processes, 0),
    )
    if most < 0:  # as ModelPT.setup_optimization has it
        sched |= {"t_max_epochs": epochs, "t_accumulate_grad_batches": every}
        sched |= {"t_limit_train_batches": 1.0, "t_num_workers": processes}
    else:
        sched["max_steps"] = most
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], optim["lr"])
    scheduler = own["prepare_lr_scheduler"](optimizer, sched, loader)["scheduler"]
    used, hook = hooked()
    batches = itertools.chain.from_iterable(
        ((at + 1) % every == 0 or at + 1 == len(loader) for at in range(len(loader)))
        for _ in range(epochs)
    )
    for due in batches if most < 0 else itertools.repeat(True, most):
        if due:
            optimizer.step()
            scheduler.step()
    hook.remove()
    return used


#: What unsloth sets besides, and rates depend on.
UNSLOTH = ("per_device_train_batch_size", "gradient_accumulation_steps", "learning_rate")


#: Those whose rows say themselves what several processes come to.
THEMSELVES = ("nanogpt", "torchtune", "litgpt", "litgpt_finetune", "timm", "nemo")


#: The tools that have more of them: those that programs start, and loops that are run here.
ELSEWHERE = ("programs", "loops", "scripts")


def version(row: dict[str, Any]) -> bool:
    """Whether a row is of the version that is installed."""
    from transformers import __version__

    return str(__version__).startswith(row["values"].get("transformers_version", "5."))


def runner(name: str) -> Any:
    """Return what runs the rows of a trainer: here, or elsewhere among these tools."""
    modules = (sys.modules[__name__], *map(importlib.import_module, ELSEWHERE))
    return next(found for module in modules if (found := getattr(module, name, None)))


def ran(name: str, row: dict[str, Any]) -> list[float]:
    """Run a row: by itself, or side by side with others."""
    processes = row.get("facts", {}).get("processes", 1)
    elsewhere = (name for m in ELSEWHERE for name in importlib.import_module(m).THEMSELVES)
    if processes == 1 or name in (*THEMSELVES, *elsewhere):
        found: list[float] = runner(name)(row)
        return found
    Path("row.json").write_text(json.dumps(row))
    command = ["-m", "torch.distributed.run", f"--nproc_per_node={processes}", __file__]
    subprocess.run([sys.executable, *command, name, "row.json"], check=True)
    told: list[float] = json.loads(Path("rates.json").read_text())
    return told


def main(names: list[str]) -> None:
    """Run the configurations of some trainers, and write what they came to beside them."""
    if "RANK" in os.environ:
        rates = runner(names[0])(json.loads(Path(names[1]).read_text()))
        if os.environ["RANK"] == "0":
            Path("rates.json").write_text(json.dumps(rates))
        return
    for name in names:
        path = HOME / f"{name}.json"
        rows = json.loads(path.read_text(encoding="utf-8"))
        name = name.replace("-", "_")
        with tempfile.TemporaryDirectory() as scratch, chdir(scratch):
            for row in rows:
                if version(row):
                    row["rates"] = ran(name, row)
                    print(name, row["what"], len(row["rates"]))
                lines = ",\n".join(f" {json.dumps(row)}" for row in rows)
                path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
