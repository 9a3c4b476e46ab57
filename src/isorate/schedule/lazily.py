"""What takes time to load, and many a command does not need: NumPy, and patterns of text.

NumPy takes longer than all else that a configuration is foretold with. What computes step by step
in Python's own numbers needs none of it, and may stand beside what does.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib import import_module as module
    from re import compile as pattern
    from typing import Any

    import numpy as np
else:
    import re
    from importlib import import_module

    class pattern:
        """A pattern of text, compiled when something of it is asked for."""

        def __init__(self, text: str, flags: int = 0) -> None:
            self.given = text, flags

        def __getattr__(self, name: str) -> Any:
            found = getattr(re.compile(*self.given), name)
            setattr(self, name, found)
            return found

    class module:
        """Stands for a module, and has of it what was asked for before."""

        def __init__(self, name: str) -> None:
            self.name = name

        def __getattr__(self, name: str) -> Any:
            found = getattr(import_module(self.name), name)
            while _WAITING and is_loaded():
                _WAITING.pop(0).begin()
            setattr(self, name, found)
            return found

    np = module("numpy")

__all__ = ["is_loaded", "module", "np", "pattern", "quiet"]


def is_loaded() -> bool:
    """Whether NumPy is there already: where it is not, no number of its can be met."""
    return "numpy" in sys.modules


class quiet:
    """Let NumPy warn of nothing meanwhile, also where it is loaded only then.

    What overflows is a rate.
    """

    def __enter__(self) -> None:
        self._state: Any = None
        if is_loaded():
            self.begin()
        else:
            _WAITING.append(self)

    def begin(self) -> None:
        """Let it warn of nothing from here on."""
        self._state = np.errstate(all="ignore")
        self._state.__enter__()

    def __exit__(self, *raised: object) -> None:
        if self._state is not None:
            self._state.__exit__(*raised)
        else:
            _WAITING.remove(self)


#: Those that have begun before NumPy was loaded.
_WAITING: list[quiet] = []
