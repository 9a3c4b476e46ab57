"""Isorate: one learning-rate schedule, the same rate in every framework.

A schedule is data; a curve is what a framework makes of it; the update is the only clock two
frameworks share.
"""

from __future__ import annotations

from isorate._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from isorate import dialects as dialects
    from isorate.checking.identification import identify as identify
    from isorate.checking.verdict import Finding as Finding
    from isorate.checking.verdict import check as check
    from isorate.checking.verdict import check_all as check_all
    from isorate.checkpoints.checkpoint import Checkpoint as Checkpoint
    from isorate.checkpoints.checkpoint import read_checkpoint as read_checkpoint
    from isorate.comparison import Comparison as Comparison
    from isorate.comparison import compare as compare
    from isorate.conversion import Conversion as Conversion
    from isorate.conversion import convert as convert
    from isorate.given import read as read
    from isorate.given import read_all as read_all
    from isorate.logs.finding import read_log as read_log
    from isorate.logs.finding import read_logs as read_logs
    from isorate.logs.log import Log as Log
    from isorate.recipe import Recipe as Recipe
    from isorate.schedule.curve import Curve as Curve
    from isorate.schedule.errors import CompareError as CompareError
    from isorate.schedule.errors import ConvertError as ConvertError
    from isorate.schedule.errors import IsorateError as IsorateError
    from isorate.schedule.errors import NativeError as NativeError
    from isorate.schedule.errors import ReadError as ReadError
    from isorate.schedule.errors import ReportError as ReportError
    from isorate.schedule.errors import RunError as RunError
    from isorate.schedule.errors import ScheduleError as ScheduleError
    from isorate.schedule.node import Schedule as Schedule
    from isorate.schedule.run import Run as Run
    from isorate.simulation import evaluate as evaluate
    from isorate.simulation import simulate as simulate

# Importing Isorate loads none of this: each name is looked up when it is first used.
_HOMES = {
    "Comparison": "isorate.comparison",
    "Checkpoint": "isorate.checkpoints.checkpoint",
    "CompareError": "isorate.schedule.errors",
    "Conversion": "isorate.conversion",
    "ConvertError": "isorate.schedule.errors",
    "Curve": "isorate.schedule.curve",
    "Finding": "isorate.checking.verdict",
    "IsorateError": "isorate.schedule.errors",
    "Log": "isorate.logs.log",
    "NativeError": "isorate.schedule.errors",
    "ReadError": "isorate.schedule.errors",
    "Recipe": "isorate.recipe",
    "ReportError": "isorate.schedule.errors",
    "Run": "isorate.schedule.run",
    "RunError": "isorate.schedule.errors",
    "Schedule": "isorate.schedule.node",
    "ScheduleError": "isorate.schedule.errors",
    "check": "isorate.checking.verdict",
    "check_all": "isorate.checking.verdict",
    "compare": "isorate.comparison",
    "convert": "isorate.conversion",
    "evaluate": "isorate.simulation",
    "identify": "isorate.checking.identification",
    "read": "isorate.given",
    "read_all": "isorate.given",
    "read_checkpoint": "isorate.checkpoints.checkpoint",
    "read_log": "isorate.logs.finding",
    "read_logs": "isorate.logs.finding",
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
