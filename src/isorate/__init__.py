"""Isorate: one learning-rate schedule, the same rate in every framework.

A schedule is data; a curve is what a framework makes of it; the update is the only clock two
frameworks share.
"""

from __future__ import annotations

from isorate._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from isorate import dialects as dialects
    from isorate.comparison import Comparison as Comparison
    from isorate.comparison import compare as compare
    from isorate.conversion import Conversion as Conversion
    from isorate.conversion import convert as convert
    from isorate.core.curve import Curve as Curve
    from isorate.core.errors import CompareError as CompareError
    from isorate.core.errors import ConvertError as ConvertError
    from isorate.core.errors import IsorateError as IsorateError
    from isorate.core.errors import NativeError as NativeError
    from isorate.core.errors import ReadError as ReadError
    from isorate.core.errors import ReportError as ReportError
    from isorate.core.errors import RunError as RunError
    from isorate.core.errors import ScheduleError as ScheduleError
    from isorate.core.run import Run as Run
    from isorate.core.schedule import Schedule as Schedule
    from isorate.reader import read as read
    from isorate.simulation import evaluate as evaluate
    from isorate.simulation import simulate as simulate

# Importing Isorate loads none of this: each name is looked up when it is first used.
_HOMES = {
    "Comparison": "isorate.comparison",
    "CompareError": "isorate.core.errors",
    "Conversion": "isorate.conversion",
    "ConvertError": "isorate.core.errors",
    "Curve": "isorate.core.curve",
    "IsorateError": "isorate.core.errors",
    "NativeError": "isorate.core.errors",
    "ReadError": "isorate.core.errors",
    "ReportError": "isorate.core.errors",
    "Run": "isorate.core.run",
    "RunError": "isorate.core.errors",
    "Schedule": "isorate.core.schedule",
    "ScheduleError": "isorate.core.errors",
    "compare": "isorate.comparison",
    "convert": "isorate.conversion",
    "evaluate": "isorate.simulation",
    "read": "isorate.reader",
    "simulate": "isorate.simulation",
}

__all__ = ["__version__", "dialects", *_HOMES]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "dialects":
        return import_module("isorate.dialects")
    if name not in _HOMES:
        raise AttributeError(f"module 'isorate' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
