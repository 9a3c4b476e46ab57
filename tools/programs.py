"""Run what command lines start: ``tools/configs.py`` asks for it by the name of their rows."""

from __future__ import annotations

import argparse
import ast
import builtins
import math
import os
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from configs import hooked, source, taken

#: Those whose rows say themselves what several processes come to.
THEMSELVES = ("openrlhf", "verl")


def flagged(package: str, path: str, values: dict[str, Any], **known: Any) -> Any:
    """Return what a script's own parser makes of flags."""
    main = next(n for n in reversed(ast.parse(source(package, path)).body) if isinstance(n, ast.If))
    until = next(i for i, n in enumerate(main.body) if "parse_args" in ast.unparse(n))
    names: dict[str, Any] = {"argparse": argparse, "datetime": datetime, **known}
    exec(compile(ast.Module(main.body[:until], []), path, "exec"), names)
    return names["parser"].parse_args(words(values))


def words(values: dict[str, Any]) -> list[str]:
    """Return values as the flags that say them."""
    pairs = ([f"--{k}"] if v is True else [f"--{k}", str(v)] for k, v in values.items())
    return [word for pair in pairs for word in pair]


class Anything:
    """Stands for what no rate depends on: whatever is done to it, it stays."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self


class Examples(list[int]):
    """A set of examples, which a loader goes through."""

    collate_fn = None

    def __init__(self, given: Any, *_: Any, **__: Any) -> None:
        super().__init__(given)

    def select(self, indices: Any) -> Examples:
        """Return some of them."""
        return Examples(self[i] for i in indices)


def openrlhf(row: dict[str, Any]) -> list[float]:
    """Let OpenRLHF's scripts count and build, and step as DeepSpeed's engine does."""
    from types import SimpleNamespace

    from transformers import get_scheduler

    name, values = row["as"].rpartition("-")[2], row["values"]
    old = not any("." in key for key in values)
    at = "openrlhf==0.8.11" if old else "openrlhf==0.11.2"
    home = at.replace("==", "-") + ".data/purelib/openrlhf"
    part = {"ppo": "actor", "critic": "critic"}.get(name)
    program = f"{home}/cli/train_{'ppo_ray' if part else name}.py"
    args = flagged(at, program, values)
    if not old:
        path = f"{home}/utils/config.py"
        nested = taken(at, path, "hierarchize", SimpleNamespace=SimpleNamespace)
        args = nested["hierarchize"](args)
    strategy = engine(row, at, home, args, old)
    used, hook = hooked()
    blended = partial(Examples, range(row["facts"]["examples"]))
    known: dict[str, Any] = {"blending_datasets": lambda *_, **__: blended()}
    if part:
        path = f"{home}/trainer/ppo_trainer.py"
        told = taken(at, path, "prepare_datasets", PromptDataset=Examples, **known)
        *_, steps = told["prepare_datasets"](strategy, None)
        model = getattr(args, part)
        names = ("optim", "lr_scheduler", "lr_warmup_ratio", "min_lr_ratio")
        cfg = {name: getattr(model, name) for name in names}
        cfg |= {"muon": vars(model.muon), "adam": vars(model.adam), "scheduler_steps": steps}
        _, optimizer, scheduler = strategy.prepare((Anything(), cfg))
        for _ in range(steps):
            optimizer.step()
            scheduler.step()
    else:

        class Trainer(Anything):
            def __init__(
                self, optim: Any, scheduler: Any, train_dataloader: Any, **__: Any
            ) -> None:
                epochs = range((args if old else args.train).max_epochs)
                batches = (batch for _ in epochs for batch in train_dataloader)  # counted on
                for at, _ in enumerate(batches, 1):
                    if at % strategy.accumulated_gradient == 0:
                        optim.step()
                        scheduler.step()

        kinds = ("SFTTrainer", "DPOTrainer", "RewardModelTrainer")
        known |= dict.fromkeys(("SFTDataset", "RewardDataset"), Examples)
        known |= dict.fromkeys(("get_tokenizer", "get_llm_for_sequence_regression"), Anything())
        run = taken(at, program, "train", **known, **dict.fromkeys(kinds, Trainer), math=math,
                    Actor=Anything, os=os, get_strategy=lambda args: strategy,
                    get_scheduler=get_scheduler)  # fmt: skip
        (args if old else args.ckpt).__dict__["save_path" if old else "output_dir"] = "."
        run["train"](args)
    hook.remove()
    return used


def engine(row: dict[str, Any], at: str, home: str, args: Any, old: bool) -> Any:
    """Return what OpenRLHF makes loaders, optimizers and schedulers with."""
    from types import SimpleNamespace

    import torch
    from torch.utils.data import DataLoader, Sampler
    from transformers import get_scheduler

    if old:
        whole, micro = args.train_batch_size, args.micro_train_batch_size
        shares = args.ring_attn_size * args.ds_tensor_parallel_size
    else:
        whole, micro = args.train.batch_size, args.train.micro_batch_size
        shares = args.ds.ring_attn_size * args.ds.tensor_parallel_size
    processes = row["facts"].get("processes", 1)
    group = SimpleNamespace(
        is_initialized=lambda: True,
        get_rank=lambda group: 0,
        get_world_size=lambda group: processes // shares,
    )
    names = dict.fromkeys(("_T_co", "Dataset", "Optional", "Iterator"), Any)
    sampler = taken(
        at,
        f"{home}/utils/distributed_sampler.py",
        "DistributedSampler",
        **names,
        math=math,
        torch=torch,
        Sampler=Sampler,
    )["DistributedSampler"]

    def built(lr: float) -> Any:
        return torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], lr)

    def initialize(config: Any, lr_scheduler: Any, **_: Any) -> Any:
        optimizer = built(config["optimizer"]["params"]["lr"])
        return Anything(), optimizer, None, lr_scheduler(optimizer)

    class Strategy(Anything):
        accumulated_gradient = whole * shares // micro // processes
        seed, ds_tensor_parallel_size = 42, 1
        ds_device_mesh: Any = {"dp": Anything()}  # noqa: RUF012

        def create_optimizer(self, model: Any, lr: float, **_: Any) -> Any:
            return built(lr)

        def get_ds_train_config(self, optim_dict: Any = None, **_: Any) -> Any:
            return {"optimizer": optim_dict}

        def _get_model_parameters(self, *_: Any, **__: Any) -> Any:
            return None, None

        def _ds_init_train_model(self, *found: Any) -> Any:
            return found

    own = ["setup_dataloader", "prepare"] + ([] if old else ["_ds_init_train_model"])
    methods = taken(
        at, f"{home}/utils/deepspeed/deepspeed.py", *(f"DeepspeedStrategy.{m}" for m in own),
        dist=group, DistributedSampler=sampler, StatefulDataLoader=DataLoader, partial=partial,
        math=math, os=os, get_scheduler=get_scheduler, Actor=Anything,
        deepspeed=SimpleNamespace(initialize=initialize),
    )  # fmt: skip
    kind = type("Own", (Strategy,), {name: methods[name] for name in own})
    strategy = kind()
    strategy.args = args
    return strategy


class Names(dict[str, Any]):
    """Names of a script: a model stands for each that is not known."""

    def __missing__(self, name: str) -> Any:
        import torch

        if hasattr(builtins, name):
            raise KeyError(name)
        return self.setdefault(name, torch.nn.Linear(1, 1))


def diffusers(row: dict[str, Any]) -> list[float]:
    """Run what a script of diffusers has of its schedule; ``DIFFUSERS`` is a checkout of it."""
    import torch
    from accelerate import Accelerator
    from diffusers.optimization import get_scheduler

    values, facts = dict(row["values"]), row.get("facts", {})
    home, name = Path(os.environ["DIFFUSERS"]), values.pop("script")
    path = next(p for p in home.rglob(f"{name}.py") if "research_projects" not in p.parts)
    module = ast.parse(path.read_text())
    functions = {n.name: n for n in module.body if isinstance(n, ast.FunctionDef)}
    flags = [n for n in functions["parse_args"].body if "parser" in ast.unparse(n)]
    flags = flags[: next(i for i, n in enumerate(flags) if "parse_args(" in ast.unparse(n))]
    known: Any = {"argparse": argparse, "transforms": Anything()}
    exec(compile(ast.Module(flags, []), str(path), "exec"), known)
    for action in known["parser"]._actions:
        action.required = False
    args = known["parser"].parse_args(words(values))
    asked = {"split_batches": True} if "split_batches=True" in ast.unparse(module) else {}
    step = args.gradient_accumulation_steps
    accelerator = Accelerator(gradient_accumulation_steps=step, cpu=True, **asked)
    scope = Names(args=args, accelerator=accelerator)
    part = partial(run_part, functions["main"].body, str(path), scope)
    part(("args.scale_lr",))
    examples = facts.get("examples") or facts.get("batches", 200) * args.train_batch_size + 1
    data: Any = torch.utils.data.DataLoader(range(examples), args.train_batch_size)
    if "drop_last" in row:  # as its own sampler of batches does
        data = torch.utils.data.DataLoader(data.dataset, batch_sampler=data.batch_sampler)
        data.batch_sampler.drop_last = True
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.AdamW(model.parameters(), args.learning_rate)
    scope |= {"optimizer": optimizer, "train_dataloader": data, "math": math,
              "get_scheduler": get_scheduler, "logger": Anything()}  # fmt: skip
    scope |= dict.fromkeys(("use_deepspeed_optimizer", "use_deepspeed_scheduler"), False)
    part(("max_train_steps", "num_update_steps_per_epoch", "lr_scheduler", "steps_for_scheduler"))
    optimizer, data, scheduler = (
        scope[n] for n in ("optimizer", "train_dataloader", "lr_scheduler")
    )
    most: Any = getattr(args, "max_train_steps", scope.get("max_train_steps"))
    return stepped(accelerator, model, optimizer, scheduler, data, most)


def run_part(body: list[Any], path: str, scope: Names, words: tuple[str, ...]) -> None:
    """Run the statements that have some words, and neither loop nor log."""
    leave = ("tracker", "checkpoint", "progress", "logger.info", "global_step", "def ")
    picked: list[ast.stmt] = [
        node
        for node in body
        if isinstance(node, ast.Assign | ast.If)
        and any(word in ast.unparse(node) for word in words)
        and not any(word in ast.unparse(node) for word in leave)
    ]
    exec(compile(ast.Module(picked, []), path, "exec"), {}, scope)


def kohya(row: dict[str, Any]) -> list[float]:
    """Run what sd-scripts has of its schedule; ``KOHYA`` is a checkout of it."""
    import importlib
    from types import SimpleNamespace

    import torch
    import transformers.optimization as hf
    from accelerate import Accelerator
    from diffusers.optimization import TYPE_TO_SCHEDULER_FUNCTION as DIFFUSERS_NAMES
    from diffusers.optimization import SchedulerType as DiffusersSchedulerType

    facts, home = row.get("facts", {}), os.environ["KOHYA"]
    log = Anything()
    names = ("get_scheduler_fix", "is_schedulefree_optimizer", "add_optimizer_arguments",
             "add_training_arguments")  # fmt: skip
    own = taken("", f"{home}/library/train_util.py", *names, torch=torch, transformers=log,
                SchedulerType=hf.SchedulerType, DiffusersSchedulerType=DiffusersSchedulerType,
                TYPE_TO_SCHEDULER_FUNCTION=hf.TYPE_TO_SCHEDULER_FUNCTION, argparse=argparse,
                DIFFUSERS_TYPE_TO_SCHEDULER_FUNCTION=DIFFUSERS_NAMES, Optional=Any | None,
                Optimizer=Any, importlib=importlib, ast=ast, logger=log)  # fmt: skip
    parser = argparse.ArgumentParser()
    own["add_optimizer_arguments"](parser)
    own["add_training_arguments"](parser, False)
    flags = dict(row["values"])
    args = SimpleNamespace(unet_lr=flags.pop("unet_lr", None), network_module=None,
                           text_encoder_lr=flags.pop("text_encoder_lr", None))  # fmt: skip
    listed = flags.pop("lr_scheduler_args", None)
    given = words({k: v for k, v in flags.items() if not k.startswith("network")})
    parser.parse_args(given + (["--lr_scheduler_args", *listed] if listed else []), args)
    step = args.gradient_accumulation_steps
    accelerator = Accelerator(gradient_accumulation_steps=step, cpu=True)
    data: Any = torch.utils.data.DataLoader(range(facts.get("batches", 2000)))
    train = ast.walk(ast.parse(source("", f"{home}/train_network.py")))
    said = (n for n in train if isinstance(n, ast.If))
    epochs = next(n for n in said if ast.unparse(n.test) == "args.max_train_epochs is not None")
    scope = {"args": args, "train_dataloader": data, "accelerator": accelerator, "math": math}
    exec(
        compile(ast.Module([epochs.body[0]], []), "", "exec"), scope
    ) if args.max_train_epochs else 0
    model = torch.nn.Linear(1, 1)
    groups: Any = model.parameters()
    if "network_module" in flags:
        path = f"{home}/networks/lora.py"
        assemble = taken("", path, "LoRANetwork.prepare_optimizer_params", logger=log)
        parts = [torch.nn.Linear(1, 1), model]
        for part in parts:
            part.lora_name = "any"
        both = flags.get("network_train_unet_only") is None
        network = SimpleNamespace(
            requires_grad_=log, text_encoder_loras=parts[:1] if both else [], block_lr=None,
            unet_loras=parts[1:], loraplus_lr_ratio=None, loraplus_text_encoder_lr_ratio=None,
            loraplus_unet_lr_ratio=None)  # fmt: skip
        groups, _ = assemble["prepare_optimizer_params"](
            network, args.text_encoder_lr, args.unet_lr, args.learning_rate
        )
    optimizer = torch.optim.AdamW(groups, args.learning_rate)
    scheduler = own["get_scheduler_fix"](args, optimizer, accelerator.num_processes)
    optimizer, data, scheduler = accelerator.prepare(optimizer, data, scheduler)
    return stepped(accelerator, model, optimizer, scheduler, data, args.max_train_steps)


def stepped(
    accelerator: Any, model: Any, optimizer: Any, scheduler: Any, data: Any, most: int
) -> list[float]:
    """Train until there are as many updates, and return their rates."""
    used, hook = hooked()
    while len(used) < most:
        for _ in data:
            with accelerator.accumulate(model):
                optimizer.step()
                scheduler.step()
            if len(used) >= most:
                break
    hook.remove()
    return used


class Table(dict[str, Any]):
    """A table whose keys are attributes, as OmegaConf has it."""

    def __getattr__(self, name: str) -> Any:
        value = self[name]
        return Table(value) if isinstance(value, dict) else value


def verl(row: dict[str, Any]) -> list[float]:
    """Let verl count, build and step, a model and the data standing for what it trains."""
    import sys
    from types import ModuleType, SimpleNamespace

    import torch
    import yaml
    from torch.utils.data import DataLoader

    at, facts, part = "verl==0.9.1", row["facts"], {"verl-critic": "critic"}.get(row["as"])
    if row["as"] == "verl-sft":
        return supervised(row, at)
    config = yaml.safe_load(source(at, "verl/trainer/config/_generated_ppo_trainer.yaml"))
    overridden(config, row["values"])
    data, trainer = config["data"], config["trainer"]
    own = taken(
        at,
        "verl/trainer/ppo/ray_trainer.py",
        "RayPPOTrainer._create_dataloader",
        StatefulDataLoader=DataLoader,
        Optional=Any | None,
        Dataset=Any,
        Sampler=Any,
        OmegaConf=Anything(),
        open_dict=Anything(),
        create_rl_sampler=lambda *_: None,
    )
    main: Any = ModuleType("main_ppo")
    main.create_rl_dataset, main.create_rl_sampler = Anything(), lambda *_: None
    sys.modules["verl.trainer.main_ppo"] = main
    ray = SimpleNamespace(config=Table(config), tokenizer=None, processor=None)
    examples = range(facts["examples"])
    own["_create_dataloader"](ray, examples, examples, lambda batch: batch, None)
    total, batches = ray.total_training_steps, len(ray.train_dataloader)
    actor = config["actor_rollout_ref"]["actor"]
    model = config[part] if part else actor
    mini, epochs = (
        model[key] if isinstance(model[key], int) else actor[key]
        for key in ("ppo_mini_batch_size", "ppo_epochs")
    )
    several = config["actor_rollout_ref"]["rollout"]["n"]
    optim = SimpleNamespace(**model["optim"])
    optim.total_training_steps = total
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], float(optim.lr))
    scheduler = fsdp_scheduler(at, optim, optimizer)
    used, hook = hooked()
    step = mini_batches(at, optimizer, scheduler)
    for steps in range(1, min(total, trainer["total_epochs"] * batches) + 1):
        if part or trainer["critic_warmup"] <= steps:
            step(data["train_batch_size"] * several, mini * several, epochs)
    hook.remove()
    return used


def supervised(row: dict[str, Any], at: str) -> list[float]:
    """Let verl's supervised trainer count and build, and step once a batch."""
    from types import SimpleNamespace

    import torch
    import yaml
    from torch.utils.data import DataLoader, DistributedSampler

    facts = row["facts"]
    config = yaml.safe_load(source(at, "verl/trainer/config/sft_trainer_engine.yaml"))
    config["optim"] = yaml.safe_load(source(at, "verl/trainer/config/optim/fsdp.yaml"))
    overridden(config, row["values"])
    loader = lambda pin_memory_device, num_workers, **more: DataLoader(**more)  # noqa: E731
    own = taken(
        at,
        "verl/trainer/sft_trainer.py",
        "SFTTrainer._build_dataloader",
        "SFTTrainer._init_engine",
        get_device_name=Anything(),
        StatefulDataLoader=loader,
        SFTTensorCollator=lambda _: list,
        DistributedSampler=DistributedSampler,
    )
    optim = SimpleNamespace(**config["optim"])
    engine = SimpleNamespace(get_data_parallel_rank=lambda: 0,
                             get_data_parallel_size=lambda: facts.get("processes", 1))  # fmt: skip
    trainer = SimpleNamespace(
        config=Table(config), engine=engine, train_dataset=range(facts["examples"]),
        val_dataset=None, optimizer_config=optim, training_client=Anything(),
    )  # fmt: skip
    own["_build_dataloader"](trainer)
    own["_init_engine"](trainer)
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], float(optim.lr))
    scheduler = fsdp_scheduler(at, optim, optimizer)
    used, hook = hooked()
    epochs = range(config["trainer"]["total_epochs"])
    batches = (batch for _ in epochs for batch in trainer.train_dataloader)
    for _ in zip(range(trainer.total_training_steps), batches, strict=False):
        optimizer.step()
        scheduler.step()
    hook.remove()
    return used


def overridden(config: dict[str, Any], values: dict[str, Any]) -> None:
    """Set keys of tables in tables."""
    for key, value in values.items():
        *path, last = key.split(".")
        table = config
        for name in path:
            table = table[name]
        table[last] = value


def fsdp_scheduler(at: str, optim: Any, optimizer: Any) -> Any:
    """Return the scheduler that verl builds."""
    import sys
    from types import SimpleNamespace

    from torch.optim.lr_scheduler import LambdaLR

    if optim.warmup_style is not None:  # as its __post_init__ has it
        optim.lr_scheduler_type = optim.warmup_style
    functions = ("get_cosine_schedule_with_warmup", "get_constant_schedule_with_warmup")
    built = taken(at, "verl/utils/torch_functional.py", *functions, math=math, LambdaLR=LambdaLR,
                  Optimizer=Any)  # fmt: skip
    sys.modules["verl.utils.torch_functional"] = SimpleNamespace(**built)  # type: ignore[assignment]
    path = "verl/workers/engine/fsdp/transformer_impl.py"
    build = taken(at, path, "FSDPEngine._build_lr_scheduler")["_build_lr_scheduler"]
    return build(SimpleNamespace(optimizer_config=optim, rank=1), optimizer)


def mini_batches(at: str, optimizer: Any, scheduler: Any) -> Any:
    """Return what trains on a rollout as verl's worker does, its mini-batches one by one."""
    import contextlib
    from types import SimpleNamespace

    def trained(batch: dict[str, Any]) -> None:
        optimizer.step()
        if batch["update_lr_scheduler"]:
            scheduler.step()

    def batches(data: Any, mini_batch_size: int, epochs: int, **_: Any) -> Any:
        return ({} for _ in range(data.shape[0] // mini_batch_size * epochs))

    helpers = SimpleNamespace(
        pop=lambda data, key, default=None: data.pop(key, default), make_iterator=batches,
        assign_non_tensor=lambda batch, **more: batch.update(more),
    )  # fmt: skip
    quiet = contextlib.nullcontext()
    named = {"make_nd_compute_dataproto_dispatch_fn": Anything()}
    own = taken(
        at, "verl/workers/engine_workers.py", "TrainingWorker.train_mini_batch", tu=helpers,
        maybe_fix_3d_position_ids=Anything(), Timer=lambda **_: quiet, NonTensorData=Anything(),
        torch=SimpleNamespace(profiler=SimpleNamespace(record_function=lambda _: quiet)),
        DistProfiler=SimpleNamespace(annotate=lambda **_: lambda f: f), **named,
        register=lambda **_: lambda f: f,
    )  # fmt: skip
    engine = SimpleNamespace(
        get_data_parallel_size=lambda: 1, get_data_parallel_rank=lambda: 0,
        train_mode=lambda **_: quiet, is_mp_src_rank_with_outputs=lambda: False,
    )  # fmt: skip
    worker = SimpleNamespace(engine=engine, train_batch=trained, profiler=Anything())

    def step(responses: int, mini: int, epochs: int) -> None:
        data = type("Data", (dict,), {"shape": (responses,)})(mini_batch_size=mini, epochs=epochs)
        own["train_mini_batch"](worker, data)

    return step


def module() -> Any:
    """Return a model of Lightning's, and data of so many batches."""
    import torch
    from lightning import pytorch as pl

    class Net(pl.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            return self.layer(batch.float().reshape(-1, 1)).sum() * 0

    class Data(pl.LightningDataModule):  # type: ignore[misc]
        def __init__(self, batches: int = 1, batch_size: int = 1) -> None:
            super().__init__()
            self.sizes = batches, batch_size

        def train_dataloader(self) -> Any:
            return torch.utils.data.DataLoader(range(self.sizes[0]), self.sizes[1])

    return Net, Data


QUIET = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False,
         "enable_model_summary": False, "accelerator": "cpu"}  # fmt: skip


def lightning(row: dict[str, Any]) -> list[float]:
    """Train with Lightning's command line, from a file."""
    import yaml
    from lightning.pytorch.cli import LightningCLI

    values, facts = dict(row["values"]), row.get("facts", {})
    net, data = module()
    count = facts.get("examples", facts.get("batches", 50))
    values["data"] = {"batches": count, **values.get("data", {})}
    values["trainer"] = {**QUIET, **values["trainer"]}
    path = Path("config.yaml")
    path.write_text(yaml.safe_dump(values))
    used, hook = hooked()
    LightningCLI(net, data, args=["fit", "--config", str(path)], save_config_callback=None)
    hook.remove()
    return used


def hydra(row: dict[str, Any]) -> list[float]:
    """Train with what hydra makes of a file, and Lightning where that has a trainer."""
    from hydra.utils import instantiate
    from lightning import pytorch as pl
    from omegaconf import OmegaConf

    facts, config = row.get("facts", {}), OmegaConf.create(row["values"])
    model = config.get("model") or config
    schedule = next(model[key] for key in ("scheduler", "lr_scheduler") if key in model)
    schedule = schedule.get("scheduler", schedule)
    every = config.get("step_every") or model.get("interval") or model.lr_scheduler.interval
    used, hook = hooked()
    net, data = module()
    count = facts.get("examples", facts.get("batches", 50))
    size = config.get("data", {}).get("batch_size", 1)

    class Net(net):  # type: ignore[misc, valid-type]
        def configure_optimizers(self) -> Any:
            optimizer = instantiate(model.optimizer)(params=self.parameters())
            scheduler = instantiate(schedule)(optimizer=optimizer)
            interval = {"update": "step"}.get(every, every)
            return {
                "optimizer": optimizer,
                "lr_scheduler": {"scheduler": scheduler, "interval": interval},
            }

    if "trainer" in config:
        given = {k: v for k, v in OmegaConf.to_container(config.trainer, resolve=True).items()
                 if k != "_target_"}  # fmt: skip
        pl.Trainer(**QUIET, **given).fit(Net(), data(count, size))
    else:
        parts = Net().configure_optimizers()
        optimizer = parts["optimizer"]
        for _ in range(facts["max_steps"]):
            optimizer.step()
            parts["lr_scheduler"]["scheduler"].step()
    hook.remove()
    return used
