"""The stubs of what is made from calls: they are current, and type checkers see the signatures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import isorate.mindspore
import isorate.torch
import isorate.mindspore.experimental

optimizer: object
reveal_type(isorate.torch.StepLR(optimizer, step_size=3).gamma)
reveal_type(isorate.torch.MultiStepLR(optimizer, range(3)).seek)
reveal_type(isorate.torch.cosine_decay_lr(optimizer, 0.0, 0.1, 10, 1, 10).extend(20).jump)
reveal_type(isorate.mindspore.warmup_lr(0.1, 4, 1, 2))
reveal_type(isorate.mindspore.experimental.ExponentialLR(optimizer, 0.9).schedule)
isorate.torch.StepLR(optimizer)
isorate.torch.StepLR(optimizer, 3.5)
isorate.torch.OneCycleLR(optimizer, 0.1, 10, anneal_strategy="cosine")
isorate.torch.LinearLR(optimizer, total_iter=3)
isorate.mindspore.cosine_decay_lr(0.0, 0.1, 10, 1)
isorate.mindspore.experimental.StepLR(optimizer, "3")
"""
SEEN = [
    'Revealed type is "float"',
    'Revealed type is "def (step: int)"',
    'Revealed type is "float"',
    'Revealed type is "list[float]"',
    'Revealed type is "isorate.schedule.node.Schedule"',
    'Missing positional argument "step_size" in call to "StepLR"',
    'Argument 2 to "StepLR" has incompatible type "float"; expected "int"',
    'Argument "anneal_strategy" to "OneCycleLR" has incompatible type',
    'Unexpected keyword argument "total_iter" for "LinearLR"; did you mean "total_iters"?',
    'Missing positional argument "decay_epoch" in call to "cosine_decay_lr"',
    'Argument 2 to "StepLR" has incompatible type "str"; expected "int"',
]


def test_a_type_checker_sees_the_frameworks_signatures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = pytest.importorskip("mypy.api")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    monkeypatch.chdir(ROOT)  # for the configuration
    out, trouble, _ = api.run([str(program), "--cache-dir", str(tmp_path / "cache")])
    assert not trouble
    told = [line for line in out.splitlines() if line.startswith(str(program))]
    told = [line for line in told if " defined in " not in line]
    assert len(told) == len(SEEN), out
    assert [seen for seen, line in zip(SEEN, told, strict=True) if seen not in line] == [], out


def test_stubs_are_in_the_package() -> None:
    home = ROOT / "src" / "isorate"
    assert (home / "py.typed").exists()
    assert len(list(home.rglob("*.pyi"))) == 3


@pytest.mark.mindspore
@pytest.mark.torch
def test_stubs_are_current() -> None:
    pytest.importorskip("mindspore")
    pytest.importorskip("torch")
    specification: Any = importlib.util.spec_from_file_location(
        "stubs", ROOT / "tools" / "stubs.py"
    )
    stubs = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(stubs)
    for name in stubs.MODULES:
        path = (ROOT / "src").joinpath(*name.split(".")).with_suffix(".pyi")
        assert path.read_text() == stubs.stub(name), f"{path} is stale: make stubs"
        assert sys.modules[name].__file__ == str(path.with_suffix(".py"))
