"""Scripts of several files: their imports are followed to the files that are given, and no others.

Each project is written down and run here for real, too, beside constructors that only take notice
of what they are given.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from isorate import ReadError
from isorate.reading.files import Files
from isorate.reading.reader import Reading, reading

HEAD = "from torch.optim import SGD\nfrom torch.optim.lr_scheduler import StepLR\n"
BUILD = HEAD + "def build(params, args):\n    return StepLR(SGD(params, lr=args.lr), args.size)\n"
ARGS = (
    "import argparse\ndef arguments():\n    parser = argparse.ArgumentParser()\n"
    "    parser.add_argument('--lr', type=float, default=0.5)\n"
    "    parser.add_argument('--size', type=int, default=3)\n    return parser.parse_args()\n"
)
PROJECTS = {
    "names": {
        "train.py": "from options import arguments\nfrom rates import build\n"
        "build([], arguments())",
        "options.py": ARGS, "rates.py": BUILD,
    },
    "modules": {
        "train.py": "import options\nimport rates as r\nargs = options.arguments()\n"
        "args.size += 1\ns = r.build([], args)",
        "options.py": ARGS, "rates.py": BUILD,
    },
    "a package": {
        "train.py": "from lib import build, SIZE\nimport lib.options\n"
        "args = lib.options.arguments()\nargs.size = SIZE\nbuild([], args)",
        "lib/__init__.py": "from .rates import build\nfrom .sub.sizes import *\n",
        "lib/rates.py": BUILD, "lib/options.py": ARGS,
        "lib/sub/sizes.py": "from .. import other\nSIZE = other.BASE * 2\n_HIDDEN = 1",
        "lib/other.py": "BASE = 4",
    },
    "in circles": {
        "train.py": "import one\none.start()",
        "one.py": "import two\nLR = 0.25\ndef start():\n    two.build(LR)",
        "two.py": HEAD + "import one\ndef build(lr):\n    StepLR(SGD([], lr=lr * one.LR), 7)",
    },
    "settings": {
        "train.py": HEAD + "import settings\nsettings.SIZE *= 2\nfrom use import size\n"
        "StepLR(SGD([], lr=settings.LR), size())",
        "settings.py": "LR = 0.1\nSIZE = 4", "use.py": "import settings\ndef size():\n"
        "    return settings.SIZE",
    },
    "globals of their own": {
        "train.py": HEAD + "from state import grow, N as n\nN = 2\ngrow()\ngrow()\nimport state\n"
        "StepLR(SGD([], lr=0.1 * n), state.N + N)",
        "state.py": "N = 5\ndef grow():\n    global N\n    N += 1",
    },
    "only when it is run": {
        "train.py": HEAD + "from lib import SIZE\nStepLR(SGD([], lr=0.1), SIZE)",
        "lib.py": "SIZE = 3\nif __name__ == '__main__':\n    SIZE = 9",
    },
    "all names": {
        "train.py": HEAD + "from lib import *\nStepLR(SGD([], lr=0.1), SIZE)",
        "lib.py": "__all__ = ['SIZE']\nSIZE = 3\nStepLR = None",
    },
    "classes": {
        "train.py": "from engine import Engine\nclass Mine(Engine):\n    size = 4\n"
        "Mine(0.5).start()",
        "engine.py": HEAD + "class Engine:\n    size = 2\n    def __init__(self, lr):\n"
        "        self.lr = lr\n    def start(self):\n"
        "        self.scheduler = StepLR(SGD([], lr=self.lr), self.size)",
    },
}  # fmt: skip
FAKES = {
    "torch/__init__.py": "",
    "torch/optim/__init__.py": "def SGD(params, lr):\n    return lr\n",
    "torch/optim/lr_scheduler.py": "import json\ndef StepLR(lr, size):\n"
    "    print(json.dumps([lr, size]))\n",
}


def files(project: dict[str, str], entry: str = "train.py") -> Reading:
    return reading(project[entry], files=Files(entry, project, [""], project.__getitem__))


@pytest.mark.parametrize("what", PROJECTS)
def test_imports_are_followed_as_python_does(what: str, tmp_path: Path) -> None:
    for name, text in {**PROJECTS[what], **FAKES}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    call: Any = files(PROJECTS[what]).call
    assert [call.optimizer.groups[0].lr, call.step_size] == json.loads(done.stdout)


def test_a_default_is_said_with_its_file() -> None:
    said = files(PROJECTS["names"]).assumptions
    assert said[-2:] == (
        "args.lr = 0.5, its default, line 4 of options.py",
        "args.size = 3, its default, line 5 of options.py",
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"options.py": None}, "--set args.size=... --set args.lr=..."),
        ({"options.py": "from elsewhere import arguments"}, "--set args.size="),
        ({"options.py": ARGS + "from elsewhere import *"}, "--set args.size="),
        ({"rates.py": "def build(: pass"}, "rates.py: not Python"),
        ({"rates.py": HEAD + "build = None"}, "builds no scheduler"),
    ],
)
def test_what_no_file_says_is_asked_for(changes: dict[str, str | None], says: str) -> None:
    project = {**PROJECTS["names"], **changes}
    known = {name: text for name, text in project.items() if text is not None}
    with pytest.raises(ReadError) as caught:
        files(known)
    assert says in str(caught.value)


def test_a_folder_of_a_framework_s_name_is_not_taken_for_it() -> None:
    project = {
        "train.py": HEAD + "StepLR(SGD([], lr=0.1), 3)",
        "torch/notes.py": "raise ValueError",
    }
    assert files(project).call.name == "StepLR"


def test_only_what_is_imported_is_read() -> None:
    project = {**PROJECTS["names"], "broken.py": "def (", "large.py": "x = 1\n" * 10**5}
    seen: list[str] = []

    def read(name: str) -> str:
        seen.append(name)
        return project[name]

    reading(project["train.py"], files=Files("train.py", project, [""], read))
    assert sorted(seen) == ["options.py", "rates.py"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("from lib.rates import lr_of\nset_(opt, lr_of(3))", "give lib/rates.py, too"),
        (
            "from lib.tools import Trainer\nt = Trainer()\nfor e in range(9):\n"
            "    t.adjust(optimizer, e)",
            "the file that has Trainer is not opened: give lib/tools.py, too",
        ),
        (
            "from mindspore import nn\nfrom .rates import get_lr\n"
            "opt = nn.SGD(net.trainable_params(), learning_rate=get_lr(config))",
            "the file that has get_lr is not opened: give rates.py, too",
        ),
        (
            "from utils import *\nsched = get_scheduler(hparams, optimizer_of(hparams))",
            "get_scheduler (line 2) may be of a file that is not opened: give utils.py, too",
        ),
    ],
)
def test_the_file_that_has_what_sets_the_rate_is_said(text: str, says: str) -> None:
    with pytest.raises(ReadError) as caught:
        reading(text)
    assert says in str(caught.value)


CONFIG = """class Config:
    def __init__(self, table):
        for name, value in table.items():
            setattr(self, name, value)

config = Config(load('run.yaml'))
"""
LISTING = """from mindspore import nn
from config import config

def rates_of(base, epochs, per):
    found = []
    for step in range(epochs * per):
        found.append(base * (1 - step / (epochs * per)))
    return found

rates = rates_of(config.lr, config.epochs, dataset.get_dataset_size())
opt = nn.SGD(net.trainable_params(), learning_rate=rates)
"""


def test_what_a_list_of_rates_is_filled_by_is_asked_for_in_one_list() -> None:
    project = {"train.py": LISTING, "config.py": CONFIG}
    with pytest.raises(ReadError) as caught:
        files(project)
    asked = [leaf.source for leaf in caught.value.leaves]  # type: ignore[attr-defined]
    assert asked == ["config.epochs", "per", "config.lr"]
    names = {"config.epochs": 2, "per": 2, "config.lr": 0.5}
    among = Files("train.py", project, [""], project.__getitem__)
    found = reading(project["train.py"], files=among, names=names)
    scope: dict[str, Any] = {}
    exec(LISTING[LISTING.index("def rates_of") : LISTING.index("rates = ")], scope)
    assert next(iter(found.call.native(4))).tolist() == [scope["rates_of"](0.5, 2, 2)]
