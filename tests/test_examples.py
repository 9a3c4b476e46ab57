"""The examples, run as a user runs them: each script in a process of its own."""

from __future__ import annotations

import csv
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from isorate import Run, read, simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXAMPLES = Path(__file__).parents[1] / "examples"
PAGE = EXAMPLES / "page"
DIGITS = EXAMPLES / "digits"

#: What the scripts need besides Isorate.
NEEDS = {
    "torch": ("torch", "sklearn"),
    "mindspore": ("mindspore", "sklearn"),
    "optax": ("jax", "optax", "sklearn"),
}

frameworks = pytest.mark.parametrize(
    "framework",
    [
        pytest.param("torch", marks=pytest.mark.torch),
        pytest.param("mindspore", marks=pytest.mark.mindspore),
    ],
)


def python(script: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def output(script: Path) -> str:
    done = python(script)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- the page -----------------------------------------------------------------------------------

#: The SHA-256 of what the page prints, by its first line.
PRINTED = {
    "# In MindSpore：": "bbf5e2907088ed63327f7995e39761eab0cc6b5d193228150f3b8e5f053f8e1a",
    "# In PyTorch:": "b6863b2672d8563f8daffc9ee07c95ca4000ac60a4942819e8cf6199fe469a99",
}


@pytest.mark.parametrize(
    ("script", "first", "theirs", "ours"),
    [
        (
            "mindspore_side.py",
            "# In MindSpore：",
            "import mindspore.nn as nn",
            "import isorate.mindspore as nn",
        ),
        ("torch_side.py", "# In PyTorch:", "import torch", "from drop_in import torch"),
    ],
)
def test_nothing_of_the_page_is_changed_but_one_import(
    script: str, first: str, theirs: str, ours: str
) -> None:
    text = (PAGE / script).read_text(encoding="utf-8")
    begin = text.index(first)
    assert all(line.startswith("#") for line in text[:begin].split("\n") if line)
    assert text.count(f"\n{ours}\n") == 1
    printed = text[begin:].replace(f"\n{ours}\n", f"\n{theirs}\n")
    assert sha256(printed.encode()).hexdigest() == PRINTED[first]


def test_the_pages_mindspore_example() -> None:
    expected = "[0.1, 0.1, 0.05500000000000001, 0.05500000000000001, 0.01, 0.01]\n"
    assert output(PAGE / "mindspore_side.py") == expected


@pytest.mark.torch
def test_the_pages_torch_example() -> None:
    pytest.importorskip("torch")
    assert output(PAGE / "torch_side.py") == "[0.002]\n[0.1]\n" * 3


@pytest.mark.torch
def test_the_drop_in_is_found_by_the_pages_name_and_torch_is_left_alone() -> None:
    pytest.importorskip("torch")
    code = (
        "from drop_in import torch as seen\n"
        "import torch, isorate.torch\n"
        "from torch import optim\n"
        "name = 'CosineAnnealingLR'\n"
        "theirs, ours = torch.optim.lr_scheduler, isorate.torch.CosineAnnealingLR\n"
        "print(seen.optim.lr_scheduler.CosineAnnealingLR is ours,\n"
        "      optim.lr_scheduler.CosineAnnealingLR.__module__,\n"
        "      seen.optim.lr_scheduler.StepLR is theirs.StepLR,\n"
        "      seen.nn is torch.nn, seen.optim.SGD is torch.optim.SGD)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PAGE, check=True
    )
    assert done.stdout == "True torch.optim.lr_scheduler True True True\n"


# --- the digits ---------------------------------------------------------------------------------

PER_EPOCH = 44


def trained(framework: str, log: Path, *arguments: str) -> tuple[float, NDArray[np.float64]]:
    """Train in a process of its own; return the test accuracy and the applied rates."""
    for module in NEEDS[framework]:
        if find_spec(module) is None:
            pytest.skip(f"needs {module}")
    done = python(DIGITS / f"train_{framework}.py", *arguments, "--log", log)
    assert done.returncode == 0, done.stderr
    said, _, rest = done.stdout.partition("test accuracy ")
    assert said == f"{framework}: "
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["update"]) for row in rows] == list(range(len(rows)))
    assert list(log.parent.glob("*.part")) == []
    return float(rest.split()[0]), np.array([float(row["rate"]) for row in rows])


def ulps(a: NDArray[np.floating], b: NDArray[np.floating]) -> int:
    """Return how many float32 numbers lie between two runs' rates, none of them negative."""
    assert a.shape == b.shape
    first, second = (x.astype(np.float32).view(np.int32).astype(np.int64) for x in (a, b))
    return int(np.abs(first - second).max())


#: A call of either framework, and whether the loop steps it once an epoch.
SCHEDULES = [
    ("torch.optim.lr_scheduler.CosineAnnealingLR(T_max={epochs}, eta_min=0.01)", "epoch"),
    ("CosineAnnealingLR(T_max=50, eta_min=0.002)", "update"),
    ("mindspore.nn.cosine_decay_lr(0.01, 0.1, {updates}, {per_epoch}, {epochs})", "epoch"),
]


@pytest.mark.torch
@pytest.mark.mindspore
@pytest.mark.parametrize(("schedule", "step_every"), SCHEDULES)
def test_both_frameworks_apply_the_same_rates(
    tmp_path: Path, schedule: str, step_every: str
) -> None:
    epochs = 2
    run = Run(epochs=epochs, updates_per_epoch=PER_EPOCH, step_every=step_every)  # type: ignore[arg-type]
    text = schedule.format(epochs=epochs, updates=run.length, per_epoch=PER_EPOCH)
    options = ("--epochs", str(epochs), "--step-every", step_every, "--schedule", text)
    accuracy, applied = trained("torch", tmp_path / "torch.csv", *options)
    accuracy_too, applied_too = trained("mindspore", tmp_path / "mindspore.csv", *options)
    expected = simulate(read(text, lr=0.1 if "Annealing" in text else None), run).values
    assert ulps(applied, expected) <= 1
    assert ulps(applied_too, expected) <= 1
    assert ulps(applied, applied_too) <= 1
    assert ulps(applied[PER_EPOCH:], applied_too[:-PER_EPOCH]) > 1  # so that they could differ
    assert min(accuracy, accuracy_too) >= 0.9
    compared = python(
        DIGITS / "compare_logs.py", tmp_path / "torch.csv", tmp_path / "mindspore.csv"
    )
    assert compared.returncode == 0
    assert compared.stdout.startswith(f"{run.length} updates: at most ")


@pytest.mark.torch
@pytest.mark.jax
@pytest.mark.parametrize(
    ("schedule", "step_every"),
    [
        SCHEDULES[0],
        ("optax.warmup_cosine_decay_schedule(0.0, 0.1, 20, {updates}, 0.001)", "update"),
        ("[0.1] * 60 + [0.02] * 28", "update"),
    ],
)
def test_optax_applies_what_torch_applies(tmp_path: Path, schedule: str, step_every: str) -> None:
    text = schedule.format(epochs=2, updates=2 * PER_EPOCH, per_epoch=PER_EPOCH)
    options = ("--epochs", "2", "--step-every", step_every, "--schedule", text)
    accuracy, applied = trained("torch", tmp_path / "torch.csv", *options)
    accuracy_too, applied_too = trained("optax", tmp_path / "optax.csv", *options)
    assert np.abs(applied - applied_too).max() <= 1e-6 * applied.max()
    assert np.abs(applied[PER_EPOCH:] - applied_too[:-PER_EPOCH]).max() > 0.01 * applied.max()
    assert min(accuracy, accuracy_too) >= 0.9
    logs = (tmp_path / "torch.csv", tmp_path / "optax.csv")
    assert python(DIGITS / "compare_logs.py", *logs, "1e-6").returncode == 0


@frameworks
@pytest.mark.parametrize(
    "schedule",
    ["[0.1] * 30 + [0.02] * 14", "LambdaLR(lr_lambda=lambda epoch: (epoch + 1) ** -0.5)"],
)
def test_a_schedule_without_a_constructor_there_is_trained_by_its_rates(
    tmp_path: Path, framework: str, schedule: str
) -> None:
    run = Run(epochs=1, updates_per_epoch=PER_EPOCH, step_every="update")
    options = ("--epochs", "1", "--step-every", "update", "--schedule", schedule)
    _, applied = trained(framework, tmp_path / "log.csv", *options)
    expected = simulate(read(schedule, lr=None if schedule[0] == "[" else 0.1), run).values
    assert ulps(applied, expected) == 0


@frameworks
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--epochs", "0"], "argument --epochs: required an integer > 0, got '0'"),
        (["--epochs", "many"], "argument --epochs: required an integer > 0, got 'many'"),
        (["--seed", "-1"], "argument --seed: required an integer >= 0, got '-1'"),
        (["--lr", "-0.1"], "lr is out of range: required a finite rate >= 0, got -0.1"),
        (["--schedule", "Cosine(3)"], "no dialect has Cosine"),
        (["--schedule", "CosineAnnealingLR(T_max=n)"], "the names here are epochs, updates"),
        (["--schedule", "cosine_decay_lr(.1, .2, n, 1, 2)"], "the names here are epochs, updates"),
        (["--schedule", "[0.1, 0.05]"], "does not last for 1320 updates: at update 2"),
        (["--schedule", "CosineAnnealingLR(T_max=0)"], "torch raises ZeroDivisionError"),
        (["--schedule", "CosineAnnealingLR(T_max=4, eta_min=-1.0)"], "with the rate of update"),
        (["--lr", "1", "--schedule", "[0.1] * 1320"], "leave lr away"),
        (["--log", "nowhere/log.csv"], "the log cannot be written: nowhere/log.csv: No such file"),
        (["--log", "."], "the log cannot be written: . is not a regular file"),
    ],
)
def test_bad_arguments_get_one_line_and_leave_nothing(
    tmp_path: Path, framework: str, arguments: list[str], said: str
) -> None:
    pytest.importorskip("sklearn")
    script = DIGITS / f"train_{framework}.py"
    if "--log" not in arguments:
        arguments = [*arguments, "--log", "log.csv"]
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"train_{framework}.py: error: ")
    assert said in line
    assert list(tmp_path.iterdir()) == []


def test_logs_that_differ_are_told_apart(tmp_path: Path) -> None:
    for name, rates in (("a", [0.1, 0.05]), ("b", [0.1, 0.05000001]), ("c", [0.1])):
        lines = [f"{update},{rate}" for update, rate in enumerate(rates)]
        (tmp_path / name).write_text("\n".join(["update,rate", *lines, ""]))
    script = DIGITS / "compare_logs.py"
    assert python(script, tmp_path / "a", tmp_path / "a").returncode == 0
    assert python(script, tmp_path / "a", tmp_path / "b").returncode == 1
    assert python(script, tmp_path / "a", tmp_path / "c").returncode == 1
    assert python(script, tmp_path / "a", tmp_path / "b", "1e-6").returncode == 0
    assert python(script, tmp_path / "a", tmp_path / "b", "much").returncode == 2
    assert python(script, tmp_path / "a").returncode == 2
    assert python(script, tmp_path / "a", tmp_path / "none").returncode == 2
