"""The dialects as the tests know them, each in a module called as it is: found by that name.

``tools/capture.py`` runs their cases and writes what came of it. To add a row, add a case in the
dialect's file here and capture the table again.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from isorate.kit import registry
from tests.conformance.cases._case import Case
from tests.conformance.cases._home import Home, How, Seen

__all__ = ["HOMES", "Case", "Home", "How", "Seen"]

#: Every built-in dialect that has cases; a test asks for those of all.
HOMES: Final[dict[str, Home]] = {
    name: import_module(f"{__name__}.{name}").HOME
    for name in registry.builtin()
    if find_spec(f"{__name__}.{name}") is not None
}
