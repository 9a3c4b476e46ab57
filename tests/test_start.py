"""What a command loads, and that rates made without NumPy are those that are made with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import NativeError, Run, RunError, driving
from isorate.kit.stepped_call import SteppedCall
from isorate.recipe import Recipe
from isorate.schedule.curve import Curve
from tests.calls import read
from tests.test_tables import ROWS, read_row

#: What is not needed to say what a configuration comes to.
HEAVY = (
    "numpy", "rich", "tomllib", "yaml", "isorate.reading", "isorate.checking", "isorate.comparison",
    "isorate.conversion", "isorate.logs", "isorate.training", "isorate.dialects.mindspore",
    "isorate.dialects.optax", "isorate.schedule.laws", "isorate.schedule.symbolic",
)  # fmt: skip

#: What reading a call or a script needs none of.
HEAVIER = ("numpy", "importlib.metadata", "rich", "isorate.comparison", "isorate.conversion")

SCRIPT = """
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
optimizer = SGD(params, lr=0.1)
warm, fall = LinearLR(optimizer, 0.1, total_iters=5), CosineAnnealingLR(optimizer, 95)
scheduler = SequentialLR(optimizer, [warm, fall], [5])
for epoch in range(100):
    for batch in range(20):
        optimizer.step()
    scheduler.step()
"""

#: Configurations of several kinds, and what of the list above each needs all the same.
CONFIGURATIONS = {
    "arguments.json": (
        '{"learning_rate": 5e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.03, '
        '"max_steps": 1000}',
        (),
    ),
    "axolotl.yaml": (
        "base_model: a/b\nsequence_len: 2048\nsample_packing: false\nlearning_rate: 2e-4\n"
        "lr_scheduler: cosine\nwarmup_steps: 10\nmax_steps: 500\n",
        ("yaml",),
    ),
    "gpt.py": (
        "out_dir = 'out'\nlearning_rate = 6e-4\nmax_iters = 5000\nlr_decay_iters = 5000\n"
        "min_lr = 6e-5\nwarmup_iters = 100\nn_layer = 12\n",
        ("isorate.schedule.symbolic",),
    ),
    "titan.toml": (
        "[job]\n[optimizer]\nlr = 8e-4\n[training]\nsteps = 1000\n[lr_scheduler]\n"
        "warmup_steps = 100\n[parallelism]\n",
        ("tomllib", "isorate.schedule.symbolic"),
    ),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("option", ["", "--json"])
def test_foretelling_loads_what_it_meets_and_nothing_else(
    name: str, option: str, tmp_path: Path
) -> None:
    text, needed = CONFIGURATIONS[name]
    (tmp_path / name).write_text(text)
    loaded, printed = shown(str(tmp_path / name), *filter(None, [option]))
    assert {each for each in HEAVY if each in loaded} == set(needed)
    assert json.loads(printed)["rates"] if option else "last" in printed


def test_a_call_and_a_script_are_shown_without_numpy(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    asked = ("transformers.get_scheduler('cosine', AdamW(params, lr=0.1), 5, 40)",)
    for arguments in (asked, (str(tmp_path / "train.py"),)):
        loaded, printed = shown(*arguments)
        assert not {each for each in HEAVIER if each in loaded}
        assert "last" in printed


def shown(*arguments: str) -> tuple[list[str], str]:
    """Show something in a process of its own; return what that has loaded, and what it printed."""
    code = (
        "import sys\nfrom isorate.cli import main\ntry: main(['show', *sys.argv[1:]])\n"
        "except SystemExit as end: print(end.code, sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr.startswith("0 ["), done.stderr
    return done.stderr.split("'")[1::2], done.stdout


# --- one by one ---------------------------------------------------------------------------------


def both(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """Return the rates made in arrays, and one by one; or what is raised."""
    found: list[Any] = []
    for loaded in (True, False):
        monkeypatch.setattr(driving, "is_loaded", lambda loaded=loaded: loaded)
        try:
            found.append(Recipe(recipe.call, recipe.run).curve)
        except (NativeError, RunError) as error:
            found.append(str(error))
    return found[0], found[1]


def test_each_row_has_the_same_bits_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    told = 0
    for dialect, row in (param.values for param in ROWS):
        try:
            call = read_row(dialect, row)
        except Exception:
            continue
        stepped = call.returned
        if not isinstance(stepped, SteppedCall) or not stepped.by_steps:
            continue
        arrays, single = both(Recipe(call, Run(90)), monkeypatch)
        assert arrays == single, row["id"]
        if isinstance(single, Curve) and single.halt is None:
            assert single._listed is not None, row["id"]
            told += 1
    assert told > 400


LOOPS = st.one_of(
    st.builds(
        lambda updates, each, before: Run(
            updates, updates_per_epoch=each, step_every="epoch", steps_before=before
        ),
        st.integers(1, 60), st.integers(1, 9), st.integers(0, 3),
    ),
    st.builds(lambda updates, many: Run(updates, accelerate=many), st.integers(1, 60),
              st.integers(1, 4)),
    st.builds(lambda updates, many: Run(updates, step_every="batch", accumulation=many),
              st.integers(1, 60), st.integers(1, 4)),
    st.builds(lambda updates, first: Run(updates, first_step=first), st.integers(1, 60),
              st.integers(1, 9)),
)  # fmt: skip

CALLS = (
    "CosineAnnealingLR(SGD(params, lr=0.1), T_max=7, eta_min=0.01)",
    "OneCycleLR(SGD(params, lr=0.1), max_lr=0.3, total_steps=40)",
    "StepLR(SGD([{'params': a, 'lr': 0.1}, {'params': b, 'lr': 1}], lr=0.1), 5, 0.3)",
    "LambdaLR(SGD(params, lr=0.1), lambda t: 1 / (30 - t))",
    "SequentialLR(o := SGD(params, lr=0.1), [LinearLR(o, 0.1, total_iters=5),"
    " ExponentialLR(o, 0.9)], [5])",
    "transformers.get_scheduler('cosine', AdamW(params, lr=0.1), 5, 40)",
)


@given(run=LOOPS, text=st.sampled_from(CALLS))
def test_each_loop_takes_the_same_steps_one_by_one(run: Run, text: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        arrays, single = both(Recipe(read(text), run), monkeypatch)
    assert arrays == single
    if isinstance(single, Curve) and single.halt is None:
        assert single._listed is not None
        assert single.at(single.updates - 1) == arrays.at(arrays.updates - 1)
        assert (single.groups, single.dtype) == (arrays.groups, arrays.dtype)


def test_a_curve_of_lists_is_as_one_of_arrays() -> None:
    rows = [[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]]
    for some in (rows[:1], rows):
        listed = Curve.listed(some, "rates")
        array = Curve(np.array(some if len(some) > 1 else some[0]), "rates")
        assert repr(listed) == repr(array)
        assert list(listed) == list(array)
        assert listed == array
        assert listed.values.dtype == np.float64
        with pytest.raises(AttributeError, match="cannot be set"):
            listed.source = "others"


@given(
    updates=st.integers(1, 60), each=st.integers(1, 9),
    first=st.one_of(st.none(), st.integers(1, 9)),
    before=st.integers(0, 3), every=st.sampled_from(["update", "epoch", "batch", 3]),
    many=st.integers(1, 3),
)  # fmt: skip
def test_each_update_has_the_steps_that_its_loop_takes(
    updates: int, each: int, first: int | None, before: int, every: Any, many: int
) -> None:
    told: dict[str, Any] = {"accumulation" if every == "batch" else "accelerate": many}
    told |= {} if every == "batch" else {"first_step": first}
    run = Run(updates, updates_per_epoch=each, step_every=every, steps_before=before, **told)
    assert [*driving._steps_of(run, updates)] == [run.step_of(update) for update in range(updates)]
