"""Every sample log beside the recipe that its run had, and beside each of many that are nearly it.

A change of one number of a recipe is noticed, or what was printed proves that it cannot be: the
changed recipe's own rates, at updates that the log's format leaves open, come to the same digits.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from isorate import Recipe, Run, check, read, read_log
from isorate.checking import verdict
from isorate.given import configured
from isorate.schedule.errors import IsorateError
from tests.test_logs import HOME, SAMPLES

if TYPE_CHECKING:
    from isorate.checking.verdict import Part
    from isorate.logs.log import Log

#: For each folder of samples the text of the run's recipe, its loop, and where it is a
#: configuration, its file's ending and what that leaves open.
MEANT: dict[str, tuple[str, Run | None, str, dict[str, Any]]] = {
    "deepspeed": (
        "deepspeed.runtime.lr_schedules.WarmupDecayLR(torch.optim.SGD(params, lr=0.01), "
        "total_num_steps=40, warmup_max_lr=0.01, warmup_num_steps=5)", Run(40), "", {},
    ),
    "keras": (
        "torch.optim.lr_scheduler.StepLR(torch.optim.SGD(params, lr=0.001), 2, 0.7)",
        Run(60, step_every="epoch", updates_per_epoch=10), "", {},
    ),
    "keras_plateau": (
        "torch.optim.lr_scheduler.ReduceLROnPlateau(torch.optim.SGD(params, lr=0.001), 'min', "
        "factor=0.1, patience=0, threshold=10.0, threshold_mode='abs')",
        Run(60, step_every="epoch", updates_per_epoch=10, metrics=[7.8] * 6), "", {},
    ),
    "lightning": (
        "o = torch.optim.AdamW([{'params': p}, {'params': q, 'lr': 1e-4}], lr=1e-3)\n"
        "rise = torch.optim.lr_scheduler.LinearLR(o, 0.1, total_iters=5)\n"
        "fall = torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=25)\n"
        "whole = torch.optim.lr_scheduler.SequentialLR(o, [rise, fall], [5])",
        Run(30), "", {},
    ),
    "megatron": (
        "python pretrain_gpt.py --train-iters 40 --lr 3e-4 --min-lr 3e-5 --lr-decay-style cosine "
        "--lr-warmup-iters 5 --global-batch-size 16 --micro-batch-size 4", None, ".sh", {},
    ),
    "mlx": (
        "iters: 90\ngrad_accumulation_steps: 3\noptimizer: sgd\nlr_schedule:\n"
        "  name: cosine_decay\n  warmup: 5\n  warmup_init: 1.0e-7\n"
        "  arguments: [1.0e-5, 25, 1.0e-7]\n", None, ".yaml", {},
    ),
    "mmengine": (
        "optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.02))\n"
        "train_cfg = dict(by_epoch=True, max_epochs=3)\nparam_scheduler = [\n"
        "    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=10),\n"
        "    dict(type='CosineAnnealingLR', begin=1, end=3, T_max=2, by_epoch=True,\n"
        "         eta_min=1e-4, convert_to_iter_based=True)]\n", None, ".py", {"batches": 15},
    ),
    **{
        name: (
            f"timm.scheduler.CosineLRScheduler({optimizer}, {lengths}, lr_min=1e-4, "
            "warmup_lr_init=1e-5)", loop, "", {},
        )
        for name, optimizer, lengths, loop in (
            ("timm", "torch.optim.SGD(params, lr=0.1)", "t_initial=8, warmup_t=2",
             Run(120, step_every="epoch", updates_per_epoch=15)),
            ("timm_updates", "torch.optim.SGD(params, lr=0.1)", "t_initial=120, warmup_t=30",
             Run(120, updates_per_epoch=15)),
        )
    },
    "transformers": (
        "transformers.get_cosine_schedule_with_warmup(torch.optim.AdamW(params, lr=5e-5), 5, 50)",
        Run(50), "", {},
    ),
}  # fmt: skip
MEANT["transformers_bar"] = (
    "learning_rate: 5.0e-5\nlr_scheduler_type: cosine\nwarmup_steps: 5\nnum_train_epochs: 2\n"
    "per_device_train_batch_size: 4\ngradient_accumulation_steps: 2\n",
    None, ".yaml", {"examples": 200},
)  # fmt: skip

#: Of layer decay, which timm's scheduler is given by its groups, the log has the mean.
MEANT["timm_groups"] = (
    MEANT["timm"][0].replace(
        "torch.optim.SGD(params, lr=0.1)",
        "torch.optim.SGD([{'params': p, 'lr': 0.1, 'lr_scale': 1.0}, "
        "{'params': q, 'lr': 0.05, 'lr_scale': 0.5}], lr=0.1)",
    ),
    *MEANT["timm"][1:],
)

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")
DRAWN, LEAST = 60, 12


def recipe(folder: str, text: str, home: Path) -> Recipe:
    """Return what a text says, or its configuration."""
    _, loop, ending, facts = MEANT[folder]
    if not ending:
        return Recipe(read(text).call, loop or Run())
    path = home / f"config{ending}"
    path.write_text(text)
    return configured(str(path), None, facts)


def changes(text: str, draw: Random) -> list[tuple[str, str]]:
    """Return texts in which one number is another, and what was changed."""
    found: dict[str, str] = {}
    numbers = list(NUMBER.finditer(text))
    for _ in range(4 * DRAWN):
        hit = draw.choice(numbers)
        old = hit[0]
        new: Any
        if re.fullmatch(r"\d+", old):
            many = int(old)
            new = draw.choice([many + 1, many - 1, many + 2, 2 * many, many // 2, 10 * many, 0])
        else:
            by = draw.choice([0.5, 2.0, 0.1, 10.0, 1.01, 0.99, 1.1, 0.9, 4.0, 0.0])
            new = f"{float(old) * by:.6g}" if float(old) else "0.5"
            new = new if "." in new else f"{new.replace('e', '.0e')}" if "e" in new else f"{new}.0"
        if str(new) != old:
            changed = f"{text[: hit.start()]}{new}{text[hit.end() :]}"
            found.setdefault(changed, f"{text[max(hit.start() - 20, 0) : hit.end()]} → {new}")
        if len(found) == DRAWN:
            break
    return list(found.items())


@cache
def sample(name: str) -> Log:
    return read_log(HOME / name)


def printed_alike(part: Part, log: Log, other: Recipe) -> bool:
    """Whether a recipe's own rates are what the log's digits say, at the updates that were taken.

    The rates are the framework's, asked one recipe as a whole, and the digits are the file's.
    """
    last = int(part.last)
    curve = np.atleast_2d(other.lasting(last + 1).curve.values).astype(np.float64)
    peak = float(np.nanmax(np.abs(curve)))
    for rates, group in zip(log.groups, part.groups, strict=True):
        updates = part.clock.updates(rates)
        mine = curve[group] if group >= 0 else curve.mean(axis=0)
        gap = np.abs(mine[updates] - rates.values)
        last_bits = 1e-12 * peak
        if rates.dtype == "float32" or other.dtype == "float32":
            last_bits += float(np.spacing(np.float32(peak))) * 8
        if (gap > rates.errors * (1 + 1e-9) + last_bits).any():
            return False
    return True


@pytest.mark.parametrize("name", SAMPLES)
def test_the_recipe_that_a_run_had_is_followed_in_all_of_its_rates(
    name: str, tmp_path: Path
) -> None:
    folder = name.partition("/")[0]
    found = check(sample(name), recipe(folder, MEANT[folder][0], tmp_path))
    assert found.follows, str(found)
    assert found.first.departure is None
    assert found.first.ways == ()
    assert found.first.rates == sum(map(len, sample(name).groups))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_change_of_one_argument_is_noticed_or_the_digits_cannot_tell(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmless = [way for ways in verdict.WAYS for way in ways if way.name in ("skipped", "mean")]
    monkeypatch.setattr(verdict, "WAYS", (harmless,))  # which alone let a departure follow
    folder = name.partition("/")[0]
    log = sample(name)
    right, noticed = recipe(folder, MEANT[folder][0], tmp_path), 0
    planned = check(log, right).first.planned
    for text, what in changes(MEANT[folder][0], Random(name)):
        try:
            other = recipe(folder, text, tmp_path)
            found = check(log, other)
        except IsorateError:
            continue  # a recipe that its framework refuses
        noticed += not found.follows or found.first.planned != planned
        if found.follows:
            assert all(printed_alike(part, log, other) for part in found.parts), what
    assert noticed >= LEAST
