"""The errors a user can meet, all of one form: what was wrong, what was required, what was got."""

from __future__ import annotations

from typing import Final

from isorate.schedule.printable import plain

#: A message is one line that can be read at a glance, whatever the input was.
LONGEST_MESSAGE: Final = 500
#: So is each of its parts; the hint, which can be typed, may be longest.
LONGEST_PART: Final = 200
#: Values that are asked for are told whole, however many a text lacks: each is to be typed.
LONGEST_ASKED: Final = 4000
#: What they are told by.
ASKED: Final = "--set "


class IsorateError(Exception):
    """The base of every error that Isorate raises on purpose.

    Its text is one line of printable characters, whatever it was made of.

    Args:
        what: what is wrong, without a full stop.
        required: what would have been right.
        got: what was there instead.
        hint: what to do about it.

    Example:
        >>> str(IsorateError("bad run", required="updates > 0", got=0, hint="try updates=100"))
        'bad run: required updates > 0, got 0 (try updates=100)'

    """

    def __init__(
        self,
        what: str,
        *,
        required: str | None = None,
        got: object | None = None,
        hint: str | None = None,
    ) -> None:
        details = ", ".join(
            ([f"required {_cut(required)}"] if required is not None else [])
            + ([f"got {_cut(_told(got))}"] if got is not None else [])
        )
        most = LONGEST_ASKED if hint and hint.startswith(ASKED) else LONGEST_PART
        said = f" ({_cut(hint, most)})" if hint else ""
        room = LONGEST_MESSAGE - min(len(said), LONGEST_PART)
        message = f"{_cut(what, room - len(details) - 2)}: {details}" if details else what
        super().__init__(f"{_cut(message, room)}{said}")
        self.what = what
        self.required = required
        self.got = got
        self.hint = hint


def _told(got: object) -> str:
    """Return what was got as text; Python writes no integer of more than some 4,300 digits."""
    try:
        return str(got)
    except ValueError:
        return (
            f"a number of about 10**{got.bit_length() * 3 // 10}" if isinstance(got, int) else "?"
        )


def _cut(text: str, most: int = LONGEST_PART) -> str:
    """Return text that fits: cut in its middle, and what cannot be printed escaped."""
    if len(text) > 2 * most:
        text = f"{text[:most]} … {text[-most:]}"
    text, most = plain(text), max(most, 40)
    return text if len(text) <= most else f"{text[: most - 20]} … {text[-17:]}"


class ReadError(IsorateError):
    """The text is not a schedule call that Isorate can read."""

    #: Whether all that is missing is the rate that the optimizer would give.
    lacks_rate = False


class MissingRateError(ReadError):
    """The call takes its first rate from an optimizer, and none was given."""

    lacks_rate = True


class OwnRateError(ReadError):
    """A rate was given beside a text that says its own."""


class RunError(IsorateError):
    """The run is contradictory, incomplete, or longer than can be done."""


class ScheduleError(IsorateError):
    """A schedule with arguments outside their domain, or JSON that is no schedule."""


class NativeError(IsorateError):
    """The framework itself refuses these arguments, when the call is made or at its first step."""


class CompareError(IsorateError):
    """The two sides cannot be laid beside each other."""


class ConvertError(IsorateError):
    """The conversion cannot be attempted: an unknown target, or a call with no meaning."""


class ReportError(IsorateError):
    """A report cannot be written: the file, its format, or a missing library."""
