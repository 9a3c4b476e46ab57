"""Scripts with schedulers of their own: ``tools/configs.py`` asks for their rates.

Where their repositories are, the environment says: ``MAE``, ``DEIT``, ``SWIN``, ``OPEN_CLIP``,
``FAIRSEQ`` (and ``FAIRSEQ_0_9``, whose cosine has ``max_lr``), ``WENET``, ``PADDLECLAS``,
``PADDLEOCR``.
What they import of timm and of ESPnet are the packages as released.
"""

from __future__ import annotations

import abc
import argparse
import ast
import importlib
import itertools
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

from configs import hooked, taken

#: All of them say themselves what several processes come to.
THEMSELVES = (
    "mae",
    "deit",
    "swin",
    "open_clip",
    "fairseq",
    "espnet",
    "wenet",
    "paddleclas",
    "paddleocr",
)


def of(name: str, path: str) -> str:
    """Return where a file of a repository is."""
    return f"{os.environ[name]}/{path}"


def sgd(lr: float) -> Any:
    """Return an optimizer."""
    import torch

    return torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr)


def loader(data: Any, sampler: Any, size: int) -> Any:
    """Return what trains, without what fills no batch."""
    from torch.utils.data import DataLoader

    return DataLoader(data, size, sampler=sampler, drop_last=True)


def shared(data: Any, processes: int) -> Any:
    """Return torch's sampler of one of several processes, none of one alone."""
    from torch.utils.data import DistributedSampler

    return DistributedSampler(data, processes, 0) if processes > 1 else None


def arguments(path: str, row: dict[str, Any]) -> SimpleNamespace:
    """Return what a script's parser makes of no flags, and what a row has of them."""
    parser = taken("", path, "get_args_parser", argparse=argparse, Path=Path)["get_args_parser"]()
    given = {k: v for k, v in row["values"].items() if not k.startswith("__") and k != "script"}
    return SimpleNamespace(**vars(parser.parse_args([])) | given)


def executed(path: str, known: dict[str, Any], *beginnings: str) -> dict[str, Any]:
    """Execute the first line of a file that begins so, for each beginning."""
    lines = [line.strip() for line in Path(path).read_text().splitlines()]
    for beginning in beginnings:
        exec(next(line for line in lines if line.startswith(beginning)), known)
    return known


def mae(row: dict[str, Any]) -> list[float]:
    """Set the rates as MAE's loop does, over a loader as it has one."""
    script = row["values"].get("script") or row["values"]["__program__"]
    args = arguments(of("MAE", f"{script}.py"), row)
    processes = row["facts"].get("processes", 1)
    adjust = taken("", of("MAE", "util/lr_sched.py"), "adjust_learning_rate", math=math)
    known = {"args": args, "misc": SimpleNamespace(get_world_size=lambda: processes)}
    executed(of("MAE", f"{script}.py"), known, "eff_batch_size =")
    if args.lr is None:
        executed(of("MAE", f"{script}.py"), known, "args.lr =")
    optimizer, data = sgd(args.lr), range(row["facts"]["examples"])
    batches = loader(data, shared(data, processes), args.batch_size)
    used, hook = hooked()
    for epoch in range(args.epochs):
        for index, _ in enumerate(batches):
            if index % args.accum_iter == 0:
                adjust["adjust_learning_rate"](optimizer, index / len(batches) + epoch, args)
            if (index + 1) % args.accum_iter == 0:
                optimizer.step()
    hook.remove()
    return used


def timm(version: str) -> dict[str, Any]:
    """Return the schedulers of an old timm."""
    import torch

    at = f"timm=={version}"
    known: dict[str, Any] = {"torch": torch, "math": math, "Dict": dict, "Any": Any,
                             "_logger": MagicMock(), "List": list}  # fmt: skip
    for name in ("scheduler.Scheduler", "cosine_lr.CosineLRScheduler", "step_lr.StepLRScheduler"):
        module, _, kind = name.partition(".")
        known |= taken(at, f"timm/scheduler/{module}.py", kind, **known)
    return known


def deit(row: dict[str, Any]) -> list[float]:
    """Step timm's scheduler as DeiT's loop does."""
    import torch

    path, args = of("DEIT", "main.py"), arguments(of("DEIT", "main.py"), row)
    processes = row["facts"].get("processes", 1)
    alone = processes == 1 and "__processes__" not in row["values"]
    utils = SimpleNamespace(get_world_size=lambda: processes)
    if not args.unscale_lr:
        executed(path, {"args": args, "utils": utils}, "linear_scaled_lr =", "args.lr =")
    optimizer, data = sgd(args.lr), range(row["facts"]["examples"])
    args.lr = None
    build = taken("timm==0.3.2", "timm/scheduler/scheduler_factory.py", "create_scheduler",
                  **timm("0.3.2"))  # fmt: skip
    scheduler, _ = build["create_scheduler"](args, optimizer)
    repeated = taken("", of("DEIT", "samplers.py"), "RASampler", torch=torch, math=math)
    sampler = None if alone else shared(data, processes)
    if not alone and not row["values"].get("no_repeated_aug"):
        sampler = repeated["RASampler"](data, processes, 0)
    batches = loader(data, sampler, args.batch_size)
    used, hook = hooked()
    for epoch in range(args.epochs):
        for _ in batches:
            optimizer.step()
        scheduler.step(epoch)
    hook.remove()
    return used


def swin(row: dict[str, Any]) -> list[float]:
    """Step Swin Transformer's scheduler as its loop does."""
    import bisect

    from torch.utils.data import DistributedSampler

    known: dict[str, Any] = {"CN": lambda: SimpleNamespace()}
    lines = Path(of("SWIN", "config.py")).read_text().splitlines()
    config = known["_C"] = SimpleNamespace()
    for line in lines:
        if line.startswith(("_C.DATA", "_C.TRAIN")):
            exec(line, known)
    values = json_of(row["values"])
    vars(config.TRAIN.LR_SCHEDULER).update(values.get("TRAIN", {}).pop("LR_SCHEDULER", {}))
    vars(config.TRAIN).update(values.get("TRAIN", {}))
    vars(config.DATA).update(values.get("DATA", {}))
    processes, train = row["facts"].get("processes", 1), config.TRAIN
    known = {"config": config, "dist": SimpleNamespace(get_world_size=lambda: processes)}
    scaled = ("linear_scaled_lr =", "linear_scaled_warmup_lr =", "linear_scaled_min_lr =")
    executed(of("SWIN", "main.py"), known, *scaled)
    if train.ACCUMULATION_STEPS > 1:
        for part in scaled:
            name = part.removesuffix(" =")
            known[name] = known[name] * train.ACCUMULATION_STEPS
    train.BASE_LR, train.WARMUP_LR, train.MIN_LR = (
        known[part.removesuffix(" =")] for part in scaled
    )
    own = timm("0.4.12")
    kinds = taken("", of("SWIN", "lr_scheduler.py"), "build_scheduler", "LinearLRScheduler",
                  "MultiStepLRScheduler", bisect=bisect, **own)  # fmt: skip
    optimizer, data = sgd(train.BASE_LR), range(row["facts"]["examples"])
    batches = loader(data, DistributedSampler(data, processes, 0), config.DATA.BATCH_SIZE)
    every = train.ACCUMULATION_STEPS
    scheduler = kinds["build_scheduler"](config, optimizer, len(batches) // every)
    used, hook = hooked()
    for epoch in range(train.EPOCHS):
        for index, _ in enumerate(batches):
            if (index + 1) % every == 0:
                optimizer.step()
                scheduler.step_update((epoch * len(batches) + index) // every)
    hook.remove()
    return used


def json_of(value: Any) -> Any:
    """Return a copy."""
    import json

    return json.loads(json.dumps(value))


def open_clip(row: dict[str, Any]) -> list[float]:
    """Set the rates as open_clip's loop does."""
    home = "src/open_clip_train"
    names = ("parse_args", "get_default_params", "ParseKwargs")
    parse = taken("", of("OPEN_CLIP", f"{home}/params.py"), *names, argparse=argparse, ast=ast)
    args = parse["parse_args"]([])
    vars(args).update({k: v for k, v in row["values"].items() if not k.startswith("__")})
    args.world_size = row["facts"].get("processes", 1)
    samples = args.train_num_samples or row["facts"]["examples"]
    if "tar" in (args.train_data or "") or args.dataset_type == "webdataset":
        known = {"args": args, "round_fn": math.ceil, "num_samples": samples}
        executed(of("OPEN_CLIP", f"{home}/data.py"), known, "global_batch_size = args",
                 "num_batches = round_fn", "num_workers = max", "num_worker_batches =",
                 "num_batches = num_worker_batches")  # fmt: skip
        count = known["num_batches"]
    else:
        data = range(samples)
        count = len(loader(data, shared(data, args.world_size), args.batch_size))
    own = taken("", of("OPEN_CLIP", f"{home}/scheduler.py"), "assign_learning_rate", "_warmup_lr",
                "const_lr", "const_lr_cooldown", "cosine_lr", math=math)  # fmt: skip
    import torch

    own["torch"] = torch
    optimizer = sgd(args.lr)
    each = count // args.accum_freq
    total, name = each * args.epochs, args.lr_scheduler
    more = (each * (args.epochs_cooldown or 0), args.lr_cooldown_power, args.lr_cooldown_end)
    make = {"cosine": "cosine_lr", "const": "const_lr", "const-cooldown": "const_lr_cooldown"}
    given = (optimizer, args.lr, args.warmup, total, *(more if name == "const-cooldown" else ()))
    scheduler = own[make[name]](*given)
    used, hook = hooked()
    for epoch, index in itertools.product(range(args.epochs), range(count)):
        if not args.skip_scheduler:
            scheduler(each * epoch + index // args.accum_freq)
        if (index + 1) % args.accum_freq == 0:
            optimizer.step()
    hook.remove()
    return used


class FairseqLRScheduler:
    """What fairseq's schedulers are, without what their base asks of an optimizer."""

    def __init__(self, cfg: Any, optimizer: Any) -> None:
        self.cfg, self.args, self.optimizer = cfg, cfg, optimizer

    def step_begin_epoch(self, epoch: int) -> None:
        """Do nothing, as most of them."""


#: What the parser of 0.9 has of a cosine where nobody says, and what it asks for.
COSINE = {"warmup_updates": 0, "warmup_init_lr": -1, "t_mult": 1, "lr_period_updates": -1,
          "lr_shrink": 0.1}  # fmt: skip
OLD = ("lr", "max_lr", "min_lr")


def fairseq(row: dict[str, Any]) -> list[float]:
    """Step fairseq's scheduler as its trainer does."""
    values, facts = row["values"], row.get("facts", {})
    name = values.get("lr_scheduler", "fixed")
    module = {"inverse_sqrt": "inverse_square_root_schedule", "cosine": "cosine_lr_scheduler",
              "polynomial_decay": "polynomial_decay_schedule", "fixed": "fixed_schedule",
              "tri_stage": "tri_stage_lr_scheduler"}[name]  # fmt: skip
    repository = "FAIRSEQ_0_9" if "max_lr" in values else "FAIRSEQ"
    path = of(repository, f"fairseq/optim/lr_scheduler/{module}.py")
    body = [
        node for node in ast.parse(Path(path).read_text()).body if isinstance(node, ast.ClassDef)
    ]
    from collections.abc import Collection
    from typing import Optional

    own = taken(
        "", path, *(node.name for node in body), dataclass=dataclass, field=field, math=math,
        FairseqDataclass=object, FairseqLRScheduler=FairseqLRScheduler, II=lambda _: None,
        List=list,
        Optional=Optional, Tuple=tuple, Collection=Collection,
        register_lr_scheduler=lambda *_, **__: lambda kind: kind,
    )  # fmt: skip
    *config, kind = (own[node.name] for node in body)
    cfg = config[0]() if config else SimpleNamespace(**dict.fromkeys(OLD), **COSINE)
    told = {**values, "lr": [float(values["lr"])]}
    if "phase_ratio" in told:
        told["phase_ratio"] = tuple(ast.literal_eval(str(told["phase_ratio"])))
    cfg.max_update = told.get("max_update", 0)
    if name == "polynomial_decay" and told.get("total_num_update") is None:
        cfg.total_num_update = cfg.max_update
    for key, value in told.items():
        if hasattr(cfg, key):
            setattr(cfg, key, value)
    optimizer = sgd(cfg.lr[0])
    group = optimizer.param_groups[0]
    wrapped = SimpleNamespace(set_lr=lambda lr: group.update(lr=lr), get_lr=lambda: group["lr"])
    scheduler = kind(cfg, wrapped)
    scheduler.step_update(0)
    most = told.get("max_update") or math.inf
    each = math.inf
    if told.get("max_epoch") and "batches" in facts:
        own_batches = math.ceil(facts["batches"] / facts.get("processes", 1))
        each = math.ceil(own_batches / int(told.get("update_freq", 1)))
        most = min(most, each * told["max_epoch"])
    used, hook = hooked()
    epoch = 0
    while len(used) < most:
        if each is math.inf or len(used) % each == 0:
            epoch += epoch == 0 or each is not math.inf
            if (epoch == 1 and not used) or each is not math.inf:
                scheduler.step_begin_epoch(epoch)
                scheduler.step_update(len(used))
        optimizer.step()
        scheduler.step_update(len(used))
    hook.remove()
    return used


def stepped(row: dict[str, Any], make: Any, *, back: bool) -> list[float]:
    """Step a scheduler of steps over the batches of epochs."""
    values, facts = row["values"], row["facts"]
    optimizer = sgd(values["optim_conf"]["lr"])
    scheduler = make(optimizer, **values.get("scheduler_conf", {}))
    if back:
        scheduler.set_step(-1)
    every, count = values.get("accum_grad", 1), values.get("num_iters_per_epoch")
    if count is None:
        count = math.ceil(facts["batches"] / facts.get("processes", 1))
    used, hook = hooked()
    for _ in range(values.get("max_epoch", 40)):
        for index in range(1, count + 1):
            if index % every == 0:
                optimizer.step()
                scheduler.step()
    hook.remove()
    return used


def espnet(row: dict[str, Any]) -> list[float]:
    """Step ESPnet's schedulers as its trainer does."""
    from typing import Union

    from torch.optim.lr_scheduler import LRScheduler

    name = row["values"]["scheduler"]
    module, kind = {"warmuplr": ("warmup_lr", "WarmupLR"), "noamlr": ("noam_lr", "NoamLR"),
                    "tristagelr": ("tristage_lr", "TristageLR")}[name]  # fmt: skip
    import torch

    own = taken(
        "espnet==202511", f"espnet2/schedulers/{module}.py", kind, torch=torch, math=math,
        _LRScheduler=LRScheduler, AbsBatchStepScheduler=abc.ABC, typechecked=lambda made: made,
        Union=Union, warnings=MagicMock(),
    )  # fmt: skip
    return stepped(row, own[kind], back=False)


def wenet(row: dict[str, Any]) -> list[float]:
    """Step WeNet's scheduler as its executor does, from one step back."""
    from typing import Union

    import torch
    from torch.optim.lr_scheduler import LRScheduler

    own = taken("", of("WENET", "wenet/utils/scheduler.py"), "WarmupLR", torch=torch,
                _LRScheduler=LRScheduler, Union=Union, List=list)  # fmt: skip
    return stepped(row, own["WarmupLR"], back=True)


def paddleocr(row: dict[str, Any]) -> list[float]:
    """Step PaddleOCR's schedulers as its program does, in Paddle itself; ``PADDLEOCR``."""
    schedulers = importlib.import_module("paddle.optimizer").lr
    path = of("PADDLEOCR", "ppocr/optimizer/learning_rate.py")
    names = [n.name for n in ast.parse(Path(path).read_text()).body if isinstance(n, ast.ClassDef)]
    own = taken("", path, *names, lr=schedulers)
    values, facts = json_of(row["values"]), row["facts"]
    given, loader = values["Optimizer"]["lr"], values.get("Train", {}).get("loader", {})
    count = facts.get("batches")
    if count is None:
        side = math.ceil(facts["examples"] / facts.get("processes", 1))
        size = loader["batch_size_per_card"]
        count = (side + (0 if loader.get("drop_last") else size - 1)) // size
    epochs = values["Global"]["epoch_num"]
    given |= {"epochs": epochs, "step_each_epoch": count}
    scheduler, used = own[given.pop("name", "Const")](**given)(), []
    for _ in range(epochs * count):
        used.append(scheduler if isinstance(scheduler, float) else float(scheduler()))
        if not isinstance(scheduler, float):
            scheduler.step()
    return used


def paddleclas(row: dict[str, Any]) -> list[float]:
    """Step PaddleClas's schedulers as its engine does, in Paddle itself; ``PADDLECLAS``."""
    import types

    schedulers = importlib.import_module("paddle.optimizer").lr
    path = of("PADDLECLAS", "ppcls/optimizer/learning_rate.py")
    names = [n.name for n in ast.parse(Path(path).read_text()).body if isinstance(n, ast.ClassDef)]
    own = taken("", path, *names, lr=schedulers, logger=MagicMock(), math=math, types=types,
                abstractmethod=abc.abstractmethod)  # fmt: skip
    values, facts = json_of(row["values"]), row["facts"]
    whole, given = values["Global"], values["Optimizer"]["lr"]
    sampler = values.get("DataLoader", {}).get("Train", {}).get("sampler", {})
    count = whole.get("iter_per_epoch")
    if count is None:
        side = math.ceil(facts["examples"] / facts.get("processes", 1))
        size = sampler["batch_size"]
        count = (side + (0 if sampler.get("drop_last") else size - 1)) // size
    every = whole.get("update_freq", 1)
    every = 1 if count < every else every
    count = count // every * every
    given |= {"epochs": whole["epochs"], "step_each_epoch": count // every}
    scheduler = own[given.pop("name")](**given)()
    by_epoch, used = getattr(scheduler, "by_epoch", False), []
    for _ in range(whole["epochs"]):
        for index in range(count):
            if (index + 1) % every == 0:
                used.append(float(scheduler()))
                if not by_epoch:
                    scheduler.step()
        if by_epoch:
            scheduler.step()
    return used
