"""Calls for tests that are of calls."""

from __future__ import annotations

from typing import Any

import isorate
from isorate.kit.call import Call


def read(text: str, **given: Any) -> Call:
    """Read a text, and return its call without the run."""
    call = isorate.read(text, **given).call
    assert isinstance(call, Call)
    return call
