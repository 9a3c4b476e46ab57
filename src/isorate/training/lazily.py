"""Names of a package that are imported when they are first looked up: what they need may not be."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazily(
    package: str, homes: Mapping[str, str], needs: tuple[str, ...], install: str
) -> Callable[[str], object]:
    """Return a package's ``__getattr__``.

    Args:
        package: its full name.
        homes: the names, and the module of the package that has each.
        needs: what they import that may not be there, the framework first.
        install: the framework, and how it is installed.

    """

    def found(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            return getattr(import_module(f"{package}.{homes[name]}"), name)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in needs:
                raise
            raise ImportError(f"{package}.{name} needs {install}", name=needs[0]) from error

    return found
