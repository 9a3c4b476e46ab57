"""Run what command lines start: ``tools/configs.py`` asks for it by the name of their rows."""

from __future__ import annotations

import argparse
import ast
import math
import os
from datetime import datetime
from functools import partial
from typing import Any

from configs import hooked, source, taken


def flagged(package: str, path: str, values: dict[str, Any], **known: Any) -> Any:
    """Return what a script's own parser makes of flags."""
    main = next(n for n in reversed(ast.parse(source(package, path)).body) if isinstance(n, ast.If))
    until = next(i for i, n in enumerate(main.body) if "parse_args" in ast.unparse(n))
    names: dict[str, Any] = {"argparse": argparse, "datetime": datetime, **known}
    exec(compile(ast.Module(main.body[:until], []), path, "exec"), names)
    words: list[str] = []
    for key, value in values.items():
        words += [f"--{key}"] if value is True else [f"--{key}", str(value)]
    return names["parser"].parse_args(words)


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
