"""Importing Isorate loads no framework, no NumPy and no Matplotlib, and hides no name."""

from __future__ import annotations

import subprocess
import sys

import isorate

HEAVY = ("numpy", "matplotlib", "torch", "mindspore", "msgspec", "rich", "click")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_import_loads_nothing_heavy() -> None:
    code = f"import sys, isorate; print([m for m in {HEAVY} if m in sys.modules])"
    assert run(code) == "[]"


def test_core_schedules_need_no_numpy() -> None:
    code = (
        "import sys; from isorate.schedule.shapes import Cosine; "
        "print(Cosine(0.1, 0.01, 2).at(2), 'numpy' in sys.modules)"
    )
    assert run(code) == "0.01 False"


def test_using_every_verb_loads_no_framework() -> None:
    code = (
        "import sys\n"
        "from isorate import *\n"
        "call = read('CosineAnnealingLR(T_max=4)', lr=0.1)\n"
        "convert(call, to='mindspore', run=Run(4))\n"
        "print([m for m in ('torch', 'mindspore', 'matplotlib') if m in sys.modules])"
    )
    assert run(code) == "[]"


def test_verbs_stay_functions_after_they_were_used() -> None:
    code = (
        "import isorate\n"
        "call = isorate.read('CosineAnnealingLR(T_max=4)', lr=0.1)\n"
        "isorate.compare(call, call, isorate.Run(4))\n"
        "isorate.convert(call, to='torch', run=isorate.Run(4))\n"
        "print(callable(isorate.read), callable(isorate.compare), callable(isorate.convert),"
        " callable(isorate.simulate), callable(isorate.evaluate))"
    )
    assert run(code) == "True True True True True"


def test_public_names() -> None:
    for name in isorate.__all__:
        assert getattr(isorate, name) is not None
    assert set(isorate.__all__) <= set(dir(isorate))
