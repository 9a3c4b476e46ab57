"""Schedules as JSON: reading with validation, and the JSON Schema."""

from __future__ import annotations

from typing import Any

import msgspec

from isorate.schedule.errors import ScheduleError

#: Trees deeper than this are refused before they can exhaust the stack.
DEEPEST = 64


def decode(text: str | bytes, kinds: Any) -> Any:
    """Read one JSON document into a schedule of one of these kinds."""
    try:
        schedule = msgspec.json.decode(text, type=kinds)
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


def _depth(schedule: Any) -> int:
    depth, level = 0, [schedule]
    while level:
        depth += 1
        level = [child for node in level for child in node.children()]
    return depth


def _too_deep() -> ScheduleError:
    return ScheduleError("the schedule is nested too deeply", required=f"{DEEPEST} levels at most")


def json_schema(kinds: Any) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a schedule document."""
    schema: dict[str, Any] = msgspec.json.schema(kinds)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
