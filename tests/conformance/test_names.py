"""What is written to be pasted imports what it names, in a Python that has imported nothing."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

pytest.importorskip("torch")

from isorate.kit import registry
from isorate.kit.writing import imports_of

pytestmark = pytest.mark.torch

#: Packages that need more than is installed to be imported, or tensors of their own.
ELSEWHERE = ("keras", "mindspore", "tensorflow", "timm")


@pytest.mark.parametrize("dialect", [name for name in registry.builtin() if name not in ELSEWHERE])
def test_what_is_pasted_imports_what_it_names(dialect: str) -> None:
    names = sorted(kind.card.name for kind in registry.get(dialect).constructors)
    names = [name for name in names if "mindspore" not in name]
    root = names[0].partition(".")[0]
    if find_spec(root) is None:
        pytest.skip(f"{root} is not installed")
    code = "\n".join([*imports_of("\n".join(names), registry.packages()), *names])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
