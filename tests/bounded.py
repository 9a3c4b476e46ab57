"""Work that must stay small, done in a process of its own that may not take more."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Far more than anything here needs, far less than work that follows a number of 10**9.
SECONDS: Final = 20
#: Beside what the process has when the work begins.
BYTES: Final = 512 << 20


def bounded(work: Callable[[], Any], *, seconds: int = SECONDS, memory: int = BYTES) -> Any:
    """Return what the work returns, done in a child with bounded processor time and memory.

    Raises:
        AssertionError: it took more, or raised.

    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as out:
                pickle.dump(_limited(work, seconds, memory), out)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as source:
        answer = source.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"killed by {signal.Signals(status & 127).name}: it took too long"
    assert answer, "killed before it could answer"
    result, trouble = pickle.loads(answer)
    assert trouble is None, trouble
    return result


class TooMuch(BaseException):
    """Raised in the middle of work that takes more calls than it may; nothing catches it."""


def calls_of(work: Callable[[], object], most: int) -> int:
    """Return how many Python functions are called, generators' turns included, in some work.

    Raises:
        TooMuch: more than ``most``.

    """
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"
        if count > most:
            sys.setprofile(None)
            raise TooMuch(f"more than {most} calls")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def _limited(work: Callable[[], Any], seconds: int, memory: int) -> tuple[Any, str | None]:
    spent = sum(os.times()[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + seconds, int(spent) + seconds))
    with open("/proc/self/statm") as file:
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + memory, mapped + memory))
    try:
        return work(), None
    except BaseException:
        return None, traceback.format_exc(limit=-6)
