"""Trainers whose own loop is run in this process: ``tools/configs.py`` asks for them."""

from __future__ import annotations

import abc
import ast
import importlib
import json
import math
import os
import sys
import time
from dataclasses import dataclass, make_dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, Optional
from unittest.mock import MagicMock

from configs import hooked, source, taken

#: All of them say themselves what several processes come to.
THEMSELVES = ("megatron", "megatron_bridge", "mmengine", "mlx", "ultralytics", "torchtitan", "olmo",
              "maxtext", "levanter", "olmo_core", "detectron2", "llm_foundry", "gpt_neox",
              "nanotron", "mindcv", "paddledetection")  # fmt: skip


def each_update(optimizer: Any, scheduler: Any, updates: int, **told: Any) -> list[float]:
    """Take so many updates, a step of the scheduler after each; return the rates used."""
    used, hook = hooked()
    for _ in range(updates):
        optimizer.step()
        scheduler.step(**told)
    hook.remove()
    return used


def megatron(row: dict[str, Any]) -> list[float]:
    """Step Megatron's scheduler as its loop does; ``MEGATRON`` is where its repository is."""
    import torch

    facts, args = row["facts"], SimpleNamespace(min_lr=0.0)
    known: dict[str, Any] = {
        "math": math, "torch": torch, "Optional": Optional, "log_single_rank": lambda *_: None,
        "logger": None, "logging": SimpleNamespace(INFO=0), "print_rank_0": lambda *_: None,
        "get_args": lambda: args,
    }  # fmt: skip
    vars(args).update(defaults(Path(os.environ["MEGATRON"])))
    for path in MEGATRON:
        for node in ast.parse((Path(os.environ["MEGATRON"]) / path).read_text()).body:
            if getattr(node, "name", None) in MEGATRON[path]:
                exec(compile(ast.Module([node], []), path, "exec"), known)
    for name in ("step_batch_size_schedule", "train_iters", "train_samples", "global_batch_size"):
        setattr(args, name, None)
    vars(args).update(row["values"])
    args.start_weight_decay = args.end_weight_decay = 0.1  # as validate_args has weight_decay
    if args.global_batch_size is None:  # and this
        side = facts["processes"] // getattr(args, "tensor_model_parallel_size", 1)
        args.global_batch_size = args.micro_batch_size * side
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], args.lr)
    scheduler = known["get_optimizer_param_scheduler"](optimizer)
    return each_update(optimizer, scheduler, args.train_iters, increment=args.global_batch_size)


def detectron2(row: dict[str, Any]) -> list[float]:
    """Step its scheduler once an update; ``DETECTRON2`` and ``FVCORE`` are their repositories."""
    import bisect
    from collections.abc import Sequence

    import torch

    schedulers = taken(
        "", f"{os.environ['FVCORE']}/fvcore/common/param_scheduler.py", "ParamScheduler",
        "ConstantParamScheduler", "CosineParamScheduler", "LinearParamScheduler",
        "MultiStepParamScheduler", "StepParamScheduler", "StepWithFixedGammaParamScheduler",
        "CompositeParamScheduler", math=math, bisect=bisect, Sequence=Sequence,
    )  # fmt: skip
    home = f"{os.environ['DETECTRON2']}/detectron2"
    names = ("WarmupParamScheduler", "LRMultiplier")
    own = taken("", f"{home}/solver/lr_scheduler.py", *names, **schedulers, torch=torch,
                LRScheduler=torch.optim.lr_scheduler.LRScheduler)  # fmt: skip
    build = taken("", f"{home}/solver/build.py", "build_lr_scheduler", **own, logging=MagicMock())
    known: dict[str, Any] = {"CN": lambda given=None: SimpleNamespace(**(given or {}))}
    lines = Path(f"{home}/config/defaults.py").read_text().splitlines()
    exec("\n".join(line for line in lines if line.startswith("_C.SOLVER")),
         known | {"_C": (defaults := SimpleNamespace())})  # fmt: skip
    vars(defaults.SOLVER).update(row["values"]["SOLVER"])
    solver = defaults.SOLVER
    if isinstance(solver.STEPS, str):  # as yacs does
        solver.STEPS = ast.literal_eval(solver.STEPS)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], solver.BASE_LR)
    scheduler = build["build_lr_scheduler"](defaults, optimizer)
    used, hook = hooked()
    for left in range(solver.MAX_ITER, 0, -1):
        optimizer.step()
        if left > 1:  # after the last one, fixed steps raise IndexError
            scheduler.step()
    hook.remove()
    return used


#: What of Megatron-LM rates depend on.
MEGATRON = {
    "megatron/core/optimizer_param_scheduler.py": ("OptimizerParamScheduler",),
    "megatron/training/training.py": ("update_train_iters", "get_optimizer_param_scheduler"),
}


def megatron_bridge(row: dict[str, Any]) -> list[float]:
    """Step Megatron's scheduler with what Megatron-Bridge makes of its tables.

    ``BRIDGE`` is where its repository is, ``MEGATRON`` Megatron-LM's.
    """
    import torch

    path, core = f"{os.environ['BRIDGE']}/src/megatron/bridge/training/", os.environ["MEGATRON"]
    known = {"math": math, "print_rank_0": lambda *_: None, "warnings": MagicMock(), "Any": Any}
    own = {
        name: taken("", f"{path}config.py", f"{name}.finalize", **known)["finalize"]
        for name in ("SchedulerConfig", "TrainingConfig")
    }
    steps = ("_resolve_num_epochs", "_calculate_scheduler_steps",
             "_validate_training_scheduler_compatibility")  # fmt: skip
    whole = taken("", f"{path}config.py", *(f"ConfigContainer.{step}" for step in steps), **known)
    kind = taken(
        "", f"{core}/megatron/core/optimizer_param_scheduler.py", "OptimizerParamScheduler",
        math=math, torch=torch, Optional=Optional, log_single_rank=lambda *_: None,
        logger=None, logging=SimpleNamespace(INFO=0),
    )["OptimizerParamScheduler"]  # fmt: skip
    get = taken("", f"{path}optim.py", "_get_scheduler", OptimizerParamScheduler=kind)
    tables: dict[str, Any] = {name: SimpleNamespace() for name in ("train", "optimizer")}
    tables["scheduler"] = SimpleNamespace(**defaults(Path(core)), max_steps=None)
    for name in ("train_iters", "train_samples", "num_epochs", "rampup_batch_size"):
        setattr(tables["train"], name, None)
    tables["train"]._train_iters_from_num_epochs = False
    for name, values in row["values"].items():
        if name in tables:
            vars(tables[name]).update(values)
    if "_target_" in row["values"] and tables["train"].train_samples:
        tables["train"].train_iters = None  # which the run that wrote it worked out
    scheduler = tables["scheduler"]
    scheduler.start_weight_decay = scheduler.end_weight_decay = 0.033
    container = SimpleNamespace(**tables)
    for name, bound in whole.items():
        if name in steps:
            setattr(container, name, partial(bound, container))
    own["TrainingConfig"](container.train)
    own["SchedulerConfig"](container.scheduler)
    container._validate_training_scheduler_compatibility()
    if container.train.num_epochs is None:
        container._calculate_scheduler_steps()
    else:
        container._resolve_num_epochs(row["facts"]["examples"])
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], container.optimizer.lr)
    stepped = get["_get_scheduler"](container.optimizer, container.scheduler, optimizer)
    return each_update(
        optimizer, stepped, container.train.train_iters, increment=container.train.global_batch_size
    )


def defaults(home: Path) -> dict[str, Any]:
    """Return the defaults of Megatron's configuration of its scheduler."""
    tree = ast.parse((home / "megatron/training/config/training_config.py").read_text())
    body = next(n for n in tree.body if getattr(n, "name", "") == "SchedulerConfig").body  # type: ignore[attr-defined]
    lines = [line for line in body if isinstance(line, ast.AnnAssign)]
    return {ast.unparse(line.target): getattr(line.value, "value", None) for line in lines}


def mmengine(row: dict[str, Any]) -> list[float]:
    """Train with mmengine's runner, in one process over the batches that each of several has."""
    import logging

    import torch

    sys.modules.setdefault("torchvision", None)  # type: ignore[arg-type]
    logging.disable()
    package = importlib.import_module("mmengine.model")
    runner = importlib.import_module("mmengine.runner").Runner
    registered()
    text = json.dumps(row["values"]).replace("mmdet.", "")
    values, facts = json.loads(text), row["facts"]
    processes, loader = facts.get("processes", 1), values.get("train_dataloader", {})
    side = loader.get("batch_size", 1)
    if "examples" in facts:
        examples = math.ceil(facts["examples"] / processes)
    else:
        examples = facts.get("batches", 9) * side

    class Model(package.BaseModel):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def forward(self, inputs: Any, mode: str = "") -> Any:
            return {"loss": self.layer(torch.stack(inputs)).sum()}

    data = [{"inputs": torch.ones(1)}] * examples
    sampler = {"type": "DefaultSampler", "shuffle": False}
    whole = {"dataset": data, "sampler": sampler, "batch_size": side}
    quiet = {"logger": None, "checkpoint": None, "timer": None, "sampler_seed": None}
    made = runner(
        Model(), "out", train_dataloader=whole, train_cfg=values["train_cfg"],
        optim_wrapper=values["optim_wrapper"], param_scheduler=values["param_scheduler"],
        auto_scale_lr=values.get("auto_scale_lr"), default_hooks=quiet,
        experiment_name=str(time.time_ns()),
    )  # fmt: skip
    made._world_size = processes  # by which auto_scale_lr goes
    used, hook = hooked()
    made.train()
    hook.remove()
    logging.disable(logging.NOTSET)
    return used


@cache
def registered() -> None:
    """Let mmengine know of mmdet's scheduler."""
    import torch

    schedulers = importlib.import_module("mmengine.optim.scheduler")
    taken(
        "mmdet==3.3.0", "mmdet/engine/schedulers/quadratic_warmup.py",
        "QuadraticWarmupParamScheduler", "QuadraticWarmupLR", INF=10**9,
        PARAM_SCHEDULERS=importlib.import_module("mmengine.registry").PARAM_SCHEDULERS,
        LRSchedulerMixin=schedulers.lr_scheduler.LRSchedulerMixin, __name__=__name__,
        _ParamScheduler=schedulers._ParamScheduler, Optimizer=torch.optim.Optimizer,
    )  # fmt: skip


def mlx(row: dict[str, Any]) -> list[float]:
    """Train with what MLX-LM makes of its file, a number, by its own loop."""
    core: Any = importlib.import_module("mlx.core")
    optimizers, nn = importlib.import_module("mlx.optimizers"), importlib.import_module("mlx.nn")
    at = "mlx-lm==0.32.2"
    build = taken(at, "mlx_lm/tuner/utils.py", "build_schedule", opt=optimizers, Dict=dict)
    defaults = next(
        ast.literal_eval(node.value)
        for node in ast.parse(source(at, "mlx_lm/lora.py")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CONFIG_DEFAULTS"
    )
    args = SimpleNamespace(**defaults | row["values"])
    lr = build["build_schedule"](args.lr_schedule) if args.lr_schedule else args.learning_rate
    kinds = {name.lower(): getattr(optimizers, name) for name in ("Adam", "AdamW", "Muon", "SGD")}
    used: list[float] = []

    def noted(own: Any, *given: Any) -> None:
        kind.update(own, *given)  # which sets the rate that it then uses
        used.append(float(own.learning_rate.item()))

    kind = kinds[args.optimizer.lower()]
    optimizer = type("Noted", (kind,), {"update": noted})(learning_rate=lr)
    ui = type("UI", (), {"__getattr__": lambda *_: lambda *_: None, "__enter__": lambda s: s,
                         "__exit__": lambda *_: None})()  # fmt: skip
    train = taken(
        at, "mlx_lm/tuner/trainer.py", "train", mx=core, nn=nn, partial=partial, time=time,
        tree_map=importlib.import_module("mlx.utils").tree_map, average_gradients=lambda g: g,
        TrainingArgs=lambda: None, default_loss=None, iterate_batches=None, Path=Path,
        maybe_set_recommended_wired_limit=lambda: None, TrainUI=lambda *_, **__: ui,
        _clear_cache=lambda *_: None, tree_flatten=lambda _: [],
    )  # fmt: skip
    core.compile = lambda step, **_: step  # so that each update is seen
    core.save_safetensors = lambda *_: None
    model = nn.Linear(1, 1)
    args.adapter_file, args.steps_per_save = "none", args.save_every

    def loss(model: Any, x: Any) -> Any:
        return model(x).sum(), core.array(1)

    def batches(**_: Any) -> Any:
        while True:
            yield (core.ones((1, 1)),)

    train["train"](model, optimizer, [], None, args, loss, batches)
    return used


def ultralytics(row: dict[str, Any]) -> list[float]:
    """Go through ultralytics' own loop, over batches of nothing; the biases' rates stand apart."""
    import torch
    import yaml

    values, data = dict(row["values"]), range(row["facts"]["examples"])
    version = values.pop("ultralytics_version", "8.4")
    old = version != "8.4"
    at = f"ultralytics=={ {'8.3': '8.3.200', '8.4': '8.4.190'}.get(version, version) }"
    names = ["_do_train", "_setup_scheduler", "build_optimizer"]
    names += [] if old else ["_get_warmup_iterations", "_build_train_pipeline"]
    own = parts_of_ultralytics(at, names)
    defaults = yaml.safe_load(source(at, "ultralytics/cfg/default.yaml"))
    args = SimpleNamespace(**{**defaults, **values, "close_mosaic": 0, "val": False})
    self = MagicMock(args=args, epochs=args.epochs, batch_size=args.batch, world_size=1)
    self.data = {"train": data, "val": data, "nc": values.get("nc", 10)}
    self._get_memory.return_value = 0.0
    self.start_epoch, self.stop, self.stride = 0, False, 32
    self.model = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.BatchNorm2d(1))
    self.model.model = [torch.nn.Identity()]  # of whose parts MuSGD asks for the head
    self.model.loss = lambda *_: (MagicMock(), torch.zeros(3))
    items: Any = torch.zeros(3) if old else {}
    self.model.criterion, self.model.forward = MagicMock(), lambda _: (MagicMock(), items)
    self.optimizer, self._oom_retries, self.nan_recovery_attempts = None, 0, 0
    self._handle_nan_recovery.return_value = self.stopper.return_value = False
    self.stopper.possible_stop, self.validate = False, lambda: ({}, 0.0)
    self.label_loss_items.return_value, self.loss_names = {}, ("loss",)
    self.get_dataloader = lambda *_, batch_size, **__: torch.utils.data.DataLoader(
        data,
        min(batch_size, len(data)),
    )
    for name in names[1:]:
        setattr(self, name, partial(own[name], self))
    used: list[float] = []
    row["biases"], row["epoch_ends"] = [], []
    bias = 0 if version < "8.4" else 5 if args.optimizer == "MuSGD" else 2

    def step() -> None:
        groups = self.optimizer.param_groups
        used.append(float(groups[1]["lr"]))
        row["biases"].append(float(groups[bias]["lr"]))

    def callback(event: str) -> None:
        if event == "on_train_epoch_end":  # what results.csv has of an epoch
            row["epoch_ends"].append(list(map(float, self.lr.values())))

    self.run_callbacks = callback

    def setup(*_: Any) -> None:
        if old:  # what its _setup_train has of it
            self.train_loader = self.get_dataloader(batch_size=args.batch)
            self.accumulate = max(round(args.nbs / args.batch), 1)
            iterations = math.ceil(len(data) / max(args.batch, args.nbs)) * args.epochs
            named = (args.optimizer, args.lr0, args.momentum, 0.0, iterations)
            self.optimizer = self.build_optimizer(self.model, *named)
            self._setup_scheduler()
        else:
            self._build_train_pipeline()
        self.scheduler.last_epoch = self.start_epoch - 1

    self._setup_train, self.optimizer_step = setup, step
    own["_do_train"](self)
    return used


#: What ultralytics' loop calls, and no rate depends on.
QUIET = ("LOGGER", "colorstr", "autocast", "dist", "unset_deterministic")


def parts_of_ultralytics(at: str, names: list[str]) -> dict[str, Any]:
    """Return methods of its trainer."""
    import warnings

    import numpy
    import torch

    def bar(each: Any, **_: Any) -> Any:
        shown = MagicMock()
        shown.__iter__.return_value = iter(each)
        return shown

    wave = taken(at, "ultralytics/utils/torch_utils.py", "one_cycle", math=math)
    known: dict[str, Any] = {
        "math": math, "np": numpy, "optim": torch.optim, "nn": torch.nn, "partial": partial,
        "time": time, "warnings": warnings, "RANK": -1, "LOCAL_RANK": -1, "TORCH_2_0": True,
        "one_cycle": wave["one_cycle"], "unwrap_model": lambda model: model, "TQDM": bar,
        "torch": torch, "MuSGD": lambda params, muon, sgd: torch.optim.SGD(params),
    }  # fmt: skip
    known |= {name: MagicMock() for name in QUIET}
    path = "ultralytics/engine/trainer.py"
    return taken(at, path, *(f"BaseTrainer.{name}" for name in names), **known)


def torchtitan(row: dict[str, Any]) -> list[float]:
    """Step torchtitan's scheduler once an update."""
    import functools
    import logging

    import torch

    at, values = "torchtitan==0.2.2", row["values"]
    kinds = taken(at, "torchtitan/config/job_config.py", "LRScheduler", dataclass=dataclass,
                  Literal=Literal)  # fmt: skip
    own = taken(
        at, "torchtitan/components/lr_scheduler.py", "build_lr_schedulers", math=math,
        functools=functools, logger=logging.getLogger(),
        LRSchedulersContainer=torch.optim.lr_scheduler.LambdaLR,
    )["build_lr_schedulers"]  # fmt: skip
    lr, steps = values["optimizer"]["lr"], values["training"]["steps"]
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], lr)
    scheduler = own(optimizer, kinds["LRScheduler"](**values["lr_scheduler"]), steps)
    return each_update(optimizer, scheduler, steps)


def olmo(row: dict[str, Any]) -> list[float]:
    """Ask OLMo's scheduler as its trainer does; ``OLMO`` is where its repository is."""
    values, facts = row["values"], row["facts"]
    known: dict[str, Any] = {
        "ABCMeta": type, "abstractmethod": lambda method: method, "dataclass": dataclass,
        "cos": math.cos, "pi": math.pi, "sqrt": math.sqrt, "replace": replace, "Optional": Optional,
        "SchedulerType": MagicMock(), "SchedulerConfig": None, "TrainConfig": None, "math": math,
        "SchedulerUnits": SimpleNamespace(steps="steps", tokens="tokens"), "__name__": __name__,
    }  # fmt: skip
    home = Path(os.environ["OLMO"])
    usual: dict[str, Any] = {}
    for node in ast.parse((home / "olmo/config.py").read_text()).body:
        if getattr(node, "name", "") == "SchedulerType":
            pairs = {ast.unparse(n.targets[0]): ast.literal_eval(n.value)
                     for n in node.body if isinstance(n, ast.Assign)}  # type: ignore[attr-defined]  # fmt: skip
            known["SchedulerType"] = SimpleNamespace(**pairs)
        elif getattr(node, "name", "") == "SchedulerConfig":
            for line in node.body:  # type: ignore[attr-defined]
                if isinstance(line, ast.AnnAssign):
                    usual[ast.unparse(line.target)] = getattr(line.value, "value", None)
    usual |= {"name": "cosine_with_warmup", "units": "steps"}
    parts: list[ast.stmt] = [
        node
        for node in ast.parse((home / "olmo/optim.py").read_text()).body
        if getattr(node, "name", "") == "build_scheduler"
        or (isinstance(node, ast.ClassDef) and "Scheduler" in ast.unparse(node)[:200])
    ]
    future = ast.parse("from __future__ import annotations").body
    exec(compile(ast.Module([*future, *parts], []), "optim.py", "exec"), known)
    config = make_dataclass("Config", usual)(**usual | values["scheduler"])
    cfg = SimpleNamespace(
        scheduler=config, max_duration=values["max_duration"],
        global_train_batch_size=values["global_train_batch_size"],
        model=SimpleNamespace(**values["model"]),
    )  # fmt: skip
    for node in ast.parse((home / "olmo/train.py").read_text()).body:
        if getattr(node, "name", "") == "Trainer":
            wanted = ("batches_per_epoch", "max_steps", "max_tokens", "scheduler_current",
                      "scheduler_max", "tokens_per_batch")  # fmt: skip
            node.body = [n for n in node.body if getattr(n, "name", "") in wanted]  # type: ignore[attr-defined]
            node.decorator_list = []  # type: ignore[attr-defined]
            exec(compile(ast.Module([*future, node], []), "train.py", "exec"), known)
    trainer = known["Trainer"]()
    trainer.cfg, trainer.global_step, trainer.global_train_tokens_seen = cfg, 0, 0
    trainer.dataset = SimpleNamespace(total_size=facts.get("examples", 0))
    scheduler, used = known["build_scheduler"](cfg), []
    last = trainer.max_steps
    while trainer.global_step < last:
        trainer.global_step += 1
        trainer.global_train_tokens_seen += trainer.tokens_per_batch
        lr = values["optimizer"]["learning_rate"]
        used.append(float(scheduler.get_lr(lr, trainer.scheduler_current, trainer.scheduler_max)))
    return used


def maxtext(row: dict[str, Any]) -> list[float]:
    """Ask maxtext's schedule for each update's rate; ``MAXTEXT`` is where its repository is."""
    jax, optax = importlib.import_module("jax"), importlib.import_module("optax")
    home, values = Path(os.environ["MAXTEXT"]) / "src/maxtext", row["values"]
    import yaml

    usual = yaml.safe_load((home / "configs/base.yml").read_text())
    config = SimpleNamespace(**usual | values)
    if config.learning_rate_schedule_steps == -1:  # as its types have it
        config.learning_rate_schedule_steps = config.steps
    if config.steps == -1:
        config.steps = config.learning_rate_schedule_steps
    kinds = SimpleNamespace(
        LearningRateScheduleType=SimpleNamespace(COSINE="cosine", WSD="wsd"),
        WsdDecayStyle=SimpleNamespace(LINEAR="linear", COSINE="cosine"),
    )
    known: dict[str, Any] = {"jnp": jax.numpy, "optax": optax, "types": kinds}
    for node in ast.parse((home / "utils/maxtext_utils.py").read_text()).body:
        if getattr(node, "name", "") == "create_learning_rate_schedule":
            exec(compile(ast.Module([node], []), "maxtext_utils.py", "exec"), known)
    return followed(known["create_learning_rate_schedule"](config), config.steps)


def levanter(row: dict[str, Any]) -> list[float]:
    """Ask levanter's schedule for each update's rate; ``LEVANTER`` is where its repository is."""
    import abc
    import warnings

    import numpy

    jax, optax = importlib.import_module("jax"), importlib.import_module("optax")
    kinds: dict[str, Any] = {}

    class Choices:
        @classmethod
        def register_subclass(cls, name: str) -> Any:
            return lambda kind: kinds.setdefault(name, kind)

    known: dict[str, Any] = {
        "draccus": SimpleNamespace(ChoiceRegistry=Choices), "abc": abc, "optax": optax,
        "jnp": jax.numpy, "np": numpy, "dataclass": dataclass, "warnings": warnings,
        "Callable": None, "Optional": Optional, "__name__": __name__,
    }  # fmt: skip
    path = Path(os.environ["LEVANTER"]) / "src/levanter/optim/config.py"
    tree = ast.parse("from __future__ import annotations\n" + path.read_text())
    parts = [n for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)
             and n.name not in ("HessianOptConfig", "AdamConfig", "LionConfig")]  # fmt: skip
    exec(compile(ast.Module([tree.body[0], *parts], []), path.name, "exec"), known)
    given = dict(row["values"]["optimizer"])
    if isinstance(given.get("lr_schedule"), dict):
        table = dict(given["lr_schedule"])
        given["lr_schedule"] = kinds[table.pop("type")](**table)
    config = type("Own", (known["OptimizerConfig"],), {"build": None})(**given)
    total = row["values"]["trainer"]["num_train_steps"]
    return followed(config.lr_scheduler(total), total)


def followed(schedule: Any, updates: int) -> list[float]:
    """Return what an optimizer that is compiled gets of a schedule, by its own count."""
    jax, optax = importlib.import_module("jax"), importlib.import_module("optax")
    optimizer = optax.inject_hyperparams(optax.sgd)(schedule)
    state = optimizer.init({"x": jax.numpy.ones(())})
    update = jax.jit(optimizer.update)
    used = []
    for _ in range(updates):
        _, state = update({"x": jax.numpy.ones(())}, state)
        used.append(float(state.hyperparams["learning_rate"]))
    return used


def olmo_core(row: dict[str, Any]) -> list[float]:
    """Ask OLMo-core's scheduler for each step's rate, through its own ``set_lr``."""
    import warnings
    from enum import StrEnum

    at, values, facts = "ai2-olmo-core==3.0.0", row["values"], row["facts"]
    given = dict(values["train_module"]["scheduler"])
    name = given.pop("_CLASS_").rpartition(".")[2]
    known = taken(
        at, "olmo_core/optim/scheduler.py", "SchedulerUnits", "Scheduler", "_linear_warmup",
        "_linear_decay", name, dataclass=dataclass, ABCMeta=abc.ABCMeta, StrEnum=StrEnum,
        abstractmethod=abc.abstractmethod, LR_FIELD="lr", Optional=Optional,
        Config=type("Config", (), {}),
        INITIAL_LR_FIELD="initial_lr", pi=math.pi, cos=math.cos, sqrt=math.sqrt,
        Registrable=type("Registrable", (), {"register": staticmethod(lambda _: lambda k: k)}),
        warnings=warnings, torch=MagicMock(Tensor=tuple), __name__=__name__,
        OLMoConfigurationError=ValueError,
    )  # fmt: skip
    duration, size = values["trainer"]["max_duration"], values["data_loader"]["global_batch_size"]
    trainer = taken(
        at, "olmo_core/train/trainer.py", "Trainer._get_max_steps", "Trainer._get_max_tokens",
        DurationUnit=SimpleNamespace(steps="steps", tokens="tokens", epochs="epochs"), math=math,
    )  # fmt: skip
    self = MagicMock(global_step=0, global_train_tokens_seen=0, epoch=1)
    self.steps_per_epoch, self.tokens_per_batch = facts.get("batches"), size
    self.data_loader = SimpleNamespace(
        total_batches=facts.get("batches"), batches_processed=0,
        batches_in_epoch=lambda _: facts["batches"],
    )  # fmt: skip
    self._get_max_steps = partial(trainer["_get_max_steps"], self)
    length = SimpleNamespace(**duration)
    self.max_steps = self._get_max_steps(length)
    self.max_tokens = trainer["_get_max_tokens"](self, length)
    scheduler, group = known[name](**given), {"lr": values["train_module"]["optim"]["lr"]}
    used = []
    for _ in range(self.max_steps):
        self.global_step += 1
        self.global_train_tokens_seen += size
        used.append(float(scheduler.set_lr(group, self)))
    return used


class Absent:
    """Packages that a trainer imports and no rate needs: whatever is asked of them is there."""

    names = ("torchvision", "gql", "mcli", "streaming", "questionary")

    def find_spec(self, name: str, *_: Any) -> Any:
        found = importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        return found if name.partition(".")[0] in self.names else None

    def create_module(self, spec: Any) -> Any:
        return MagicMock(name=spec.name, __spec__=spec, __path__=[], __version__="0.21.0")

    def exec_module(self, module: Any) -> None:
        """Leave it as it is."""


def llm_foundry(row: dict[str, Any]) -> list[float]:
    """Train with Composer's Trainer, whose schedulers LLM Foundry builds by their names."""
    sys.meta_path.insert(0, Absent())
    import torch
    from composer import Trainer
    from composer.models import ComposerModel
    from composer.optim import scheduler as composers

    class Model(ComposerModel):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def forward(self, batch: Any) -> Any:
            return self.layer(batch)

        def loss(self, outputs: Any, batch: Any) -> Any:
            return outputs.sum()

    values, facts = row["values"], row["facts"]
    arguments = dict(values["scheduler"])
    known = {
        "constant_with_warmup": composers.ConstantWithWarmupScheduler,
        "cosine_with_warmup": composers.CosineAnnealingWithWarmupScheduler,
        "linear_decay_with_warmup": composers.LinearWithWarmupScheduler,
    }
    name = arguments.pop("name")
    if name == "inv_sqrt_with_warmup":  # llmfoundry itself imports all that it trains with
        own = dict(vars(composers)) | {"experimental_class": lambda _: lambda cls: cls}
        code = source("llm-foundry", "llmfoundry/optim/scheduler.py")
        parts: list[ast.stmt] = [
            node
            for node in ast.parse(code).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        ]
        exec(compile(ast.Module(parts, []), "scheduler.py", "exec"), own)
        known[name] = own["InverseSquareRootWithWarmupScheduler"]
    size = values.get("global_train_batch_size", 4)
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), values["optimizer"]["lr"])
    data = torch.ones(size * facts.get("batches", 1000), 2)
    loader = torch.utils.data.DataLoader(data, batch_size=size)
    if values.get("train_loader"):
        from composer.core import DataSpec

        tokens = size * values["max_seq_len"]
        loader = DataSpec(loader, get_num_tokens_in_batch=lambda _: tokens)
    used, hook = hooked()
    Trainer(
        model=model, optimizers=optimizer, train_dataloader=loader, device="cpu",
        max_duration=values["max_duration"], schedulers=known[name](**arguments),
        progress_bar=False,
    ).fit()  # fmt: skip
    hook.remove()
    return used


def gpt_neox(row: dict[str, Any]) -> list[float]:
    """Step GPT-NeoX's scheduler as DeepSpeed does; ``GPT_NEOX`` is where its repository is."""
    import torch

    home = Path(os.environ["GPT_NEOX"]) / "megatron"
    known: dict[str, Any] = {"math": math, "print_rank_0": lambda *_: None}
    exec(
        (home / "learning_rates.py").read_text().replace("from megatron import print_rank_0", ""),
        known,
    )
    for node in ast.parse((home / "training.py").read_text()).body:
        if getattr(node, "name", "") == "get_learning_rate_scheduler":
            exec(compile(ast.Module([node], []), "training.py", "exec"), known)
    fields: dict[str, Any] = {}
    for node in ast.parse((home / "neox_arguments/neox_args.py").read_text()).body:
        for line in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(line, ast.AnnAssign):
                fields[ast.unparse(line.target)] = getattr(line.value, "value", None)
    values = {key.replace("-", "_"): value for key, value in row["values"].items()}
    args = SimpleNamespace(**fields | values)
    chosen = values["optimizer"]
    args.lr, args.optimizer_type, args.deepspeed = chosen["params"]["lr"], chosen["type"], True
    if args.train_iters is None:  # as it counts an epoch's batches
        every = args.gradient_accumulation_steps or 1
        args.train_iters = row["facts"]["batches"] * args.train_epochs // every
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], args.lr)
    scheduler = known["get_learning_rate_scheduler"](optimizer, args)
    return each_update(optimizer, scheduler, args.train_iters)


def nanotron(row: dict[str, Any]) -> list[float]:
    """Step nanotron's scheduler once an update; ``NANOTRON`` is where its repository is."""
    import torch

    home = Path(os.environ["NANOTRON"]) / "src/nanotron"
    known: dict[str, Any] = {
        "math": math, "partial": partial, "Optional": Optional, "dataclass": dataclass,
        "LambdaLR": torch.optim.lr_scheduler.LambdaLR, "log_rank": lambda *_, **__: None,
        "logger": None, "logging": SimpleNamespace(DEBUG=0), "__name__": __name__,
    }  # fmt: skip
    future = ast.parse("from __future__ import annotations").body
    for path, name in (
        ("config/config.py", "LRSchedulerArgs"),
        ("helpers.py", "lr_scheduler_builder"),
    ):
        for node in ast.parse((home / path).read_text()).body:
            if getattr(node, "name", "") == name:
                exec(compile(ast.Module([*future, node], []), path, "exec"), known)
    values = row["values"]
    args = known["LRSchedulerArgs"](**values["optimizer"]["learning_rate_scheduler"])
    updates = values["tokens"]["train_steps"]
    if args.lr_decay_steps is None:  # as Config.__post_init__ fills it in
        args.lr_decay_steps = updates - args.lr_warmup_steps
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], args.learning_rate)
    wrapped = SimpleNamespace(get_base_optimizer=lambda: optimizer)
    scheduler = known["lr_scheduler_builder"](wrapped, args, updates)
    return each_update(optimizer, scheduler, updates)


def mindcv(row: dict[str, Any]) -> list[float]:
    """Train by the list that MindCV makes, in MindSpore; ``MINDCV`` is where its repository is."""
    import mindspore
    from mindspore import nn

    home = Path(os.environ["MINDCV"]) / "mindcv/scheduler"
    known: dict[str, Any] = {"__name__": "mindcv"}
    for path in ("dynamic_lr.py", "scheduler_factory.py"):
        body = [n for n in ast.parse((home / path).read_text()).body
                if not (isinstance(n, ast.ImportFrom) and n.level)]  # fmt: skip
        exec(compile(ast.Module(body, []), path, "exec"), known)
    usual = {"scheduler": "cosine_decay", "lr": 0.001, "decay_epochs": 100, "num_epochs": 90,
             "milestones": [30, 60, 90]}  # its config.py  # fmt: skip
    values, facts = dict(row["values"]), row["facts"]
    every, epochs = values.pop("gradient_accumulation_steps", 1), values.get("epoch_size", 90)
    size = values.pop("batch_size", 128)
    each = facts.get("batches")
    if each is None:
        each = mindspore.dataset.NumpySlicesDataset(
            list(range(facts["examples"])), num_shards=facts.get("processes", 1), shard_id=0,
        ).batch(size, values.get("drop_remainder", True)).get_dataset_size()  # fmt: skip
    for key, name in (("epoch_size", "num_epochs"), ("multi_step_decay_milestones", "milestones")):
        if key in values:
            values[name] = values.pop(key)
    for key in ("val_while_train", "ckpt_save_dir", "distribute", "drop_remainder"):
        values.pop(key, None)
    rates = known["create_scheduler"](each, **usual | values)
    weight = mindspore.Parameter(mindspore.Tensor([1.0], mindspore.float32), name="w")
    optimizer = nn.SGD([weight], rates)
    used = []
    for batch in range(epochs * each):
        if (batch + 1) % every:
            optimizer.get_lr()  # as its GradientAccumulation does
        else:
            at = int(optimizer.global_step.asnumpy()[0])
            used.append(float(optimizer.learning_rate(mindspore.Tensor([at], mindspore.int32))))
            optimizer((mindspore.Tensor([0.0], mindspore.float32),))
    return used


def paddledetection(row: dict[str, Any]) -> list[float]:
    """Step its list of rates in Paddle; ``PADDLEDETECTION`` is where its repository is."""
    paddle = importlib.import_module("paddle")
    path = Path(os.environ["PADDLEDETECTION"]) / "ppdet/optimizer/optimizer.py"
    known: dict[str, Any] = {
        "math": math, "optimizer": paddle.optimizer, "copy": importlib.import_module("copy"),
        "serializable": lambda made: made, "register": lambda made: made, "sys": sys,
        "__name__": __name__,
    }  # fmt: skip
    names = (*PADDLES, "LearningRate")
    for node in ast.parse(path.read_text()).body:
        if getattr(node, "name", "") in names:
            exec(compile(ast.Module([node], []), str(path), "exec"), known)
    values, facts = row["values"], row["facts"]
    rates = values["LearningRate"]
    made = []
    for one in rates.get("schedulers", [{"!PiecewiseDecay": {}}, {"!LinearWarmup": {}}]):
        own = dict(one)
        tag = next(iter(own))
        name, own = (tag[1:], own[tag]) if tag[0] == "!" else (own.pop("name"), own)
        made.append(known[name](**(own or {})))
    scheduler = known["LearningRate"](rates.get("base_lr", 0.01), made)(facts["batches"])
    used = []
    for _ in range(values["epoch"] * facts["batches"]):
        used.append(float(scheduler()))
        scheduler.step()
    return used


#: Its schedulers.
PADDLES = ("CosineDecay", "PiecewiseDecay", "LinearWarmup", "ExpWarmup")
