"""Write down which trainers there are, and by which keys and programs a file may be theirs.

    python tools/index.py

Then none but those that may be meant are loaded. ``tools/docs.py`` sees where it is stale.
"""

from __future__ import annotations

import pprint
from importlib import import_module
from pathlib import Path

import isorate.configs
from isorate.kit.registry import modules_in

HOME = Path(isorate.configs.__file__).with_name("_index.py")


def text() -> str:
    """Return the text of the index."""
    names = [name for name in modules_in("isorate.configs") if not name.startswith("_")]
    modules = {name: import_module(f"isorate.configs.{name}") for name in names}
    files = {
        of.name: (name, tuple(sign.replace("-", "_") for sign in of.signs()) + of.programs)
        for name, module in modules.items()
        if name != "reading"
        for of in getattr(module, "CONFIGURATIONS", ())
    }
    trainers = tuple(name for name in names if hasattr(modules[name], "TRAINER"))
    written = pprint.PrettyPrinter(width=98, compact=True, sort_dicts=False).pformat
    return f'''"""The trainers that there are: written by tools/index.py."""

# fmt: off
from typing import Final

#: Configurations: their modules, and keys and programs of which a file has one that is theirs.
INDEX: Final = (
{written(files)}
)
#: The modules of trainers whose loops are known.
TRAINERS: Final = (
{written(trainers)}
)
'''


if __name__ == "__main__":
    HOME.write_text(text(), encoding="utf-8")
