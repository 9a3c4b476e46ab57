"""Schedules as JSON: reading with validation, and the JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from isorate.schedule.combinators import AnySchedule
from isorate.schedule.errors import ScheduleError

if TYPE_CHECKING:
    from isorate.schedule.node import Schedule

#: Trees deeper than this are refused before they can exhaust the stack.
DEEPEST = 64


def decode(text: str | bytes) -> Schedule:
    """Read one JSON document into a schedule."""
    try:
        schedule: Schedule = msgspec.json.decode(text, type=AnySchedule)
    except ScheduleError:
        raise
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise ScheduleError(f"not a schedule: {error}") from None
    if _depth(schedule) > DEEPEST:
        raise _too_deep()
    if any(node.tag == "groups" for child in schedule.children() for node in child.walk()):
        raise ScheduleError("groups stand at the root of a schedule, and nowhere else")
    return schedule


def _depth(schedule: Schedule) -> int:
    depth, level = 0, [schedule]
    while level:
        depth += 1
        level = [child for node in level for child in node.children()]
    return depth


def _too_deep() -> ScheduleError:
    return ScheduleError("the schedule is nested too deeply", required=f"{DEEPEST} levels at most")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a schedule document."""
    schema: dict[str, Any] = msgspec.json.schema(AnySchedule)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
