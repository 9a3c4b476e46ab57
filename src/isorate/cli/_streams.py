"""Standard output, error and input, whatever they are: not UTF-8, full, closed, endless."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from isorate.schedule.errors import ASKED, LONGEST_ASKED, ReadError
from isorate.schedule.lazily import pattern
from isorate.schedule.printable import plain

#: The longest text that is read from a file or from standard input, in bytes.
LONGEST_TEXT = 2**20

#: A message's longest line, and a word whose middle says nothing: a number of 5,000 digits.
LONGEST_LINE = 1000
LONG_WORD = pattern(r"(\S{80})\S{80,}(\S{40})")

#: What is written for a character that the output's encoding lacks, where its name does not say it.
#: Others, which only what was typed can hold, are escaped: a letter without its accent is another.
ASCII = {
    "·": "*", "−": "-", "–": "-", "—": "-", "×": "x", "→": "->", "…": "...", "⁄": "/",
    "“": '"', "”": '"', "‘": "'", "’": "'", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "±": "+-",
    "½": "1/2", "∞": "inf", "√": "sqrt", "µ": "u",
    "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")",
    "│": "|", "┤": "+", "└": "+", "─": "-", "━": "-", "▲": "^",
}  # fmt: skip

#: Signs for a character of dots, by which of its four rows have one, the highest first.
DOTS = " _..-:--':||'|||"

SUPERSCRIPT = pattern("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
BRAILLE = range(0x2800, 0x2900)


def prepare() -> None:
    """Let standard output and error write ASCII for what they have no character for."""
    codecs.register_error("isorate", _fallback)
    encoding = "ascii" if _asks_for_ascii(os.environ) else None
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # closed, or put there by whoever calls this from Python
            stream.reconfigure(encoding=encoding, errors="isorate")  # type: ignore[union-attr]


def _asks_for_ascii(environment: os._Environ[str] | dict[str, str]) -> bool:
    """Whether the locale is C by someone's choice, for which Python takes UTF-8.

    Python itself sets LC_CTYPE to C.UTF-8 where it finds the C locale.
    """
    if environment.get("PYTHONIOENCODING") or environment.get("PYTHONUTF8"):
        return False
    kind = environment.get("LC_CTYPE", "")
    asked = (environment.get("LC_ALL"), kind if kind != "C.UTF-8" else "", environment.get("LANG"))
    return next(filter(None, asked), None) in ("C", "POSIX")


def _fallback(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = SUPERSCRIPT.sub(
        lambda found: "^" + unicodedata.normalize("NFKC", found[0]),
        error.object[error.start : error.end],
    )
    return "".join(map(_ascii, text)), error.end


def _ascii(char: str) -> str:
    if char.isascii() or char in ASCII:
        return ASCII.get(char, char)
    if ord(char) in BRAILLE:
        dots = ord(char) - BRAILLE.start
        rows = [dots & row for row in (0x09, 0x12, 0x24, 0xC0)]
        return DOTS[sum(8 >> place for place, row in enumerate(rows) if row)]
    name = unicodedata.name(char, "")
    if name.startswith("GREEK ") and " LETTER " in name:
        return name.rpartition(" ")[2].lower()
    return char.encode("unicode_escape").decode()


def say(message: str) -> None:
    """Print one line on standard error, if there is one: all of it that can be read at a glance."""
    if sys.stderr is None:
        return  # print() would take standard output instead
    line, asked, values = " ".join(message.split()).partition(f" ({ASKED}")
    line = LONG_WORD.sub(r"\1…\2", line)
    if len(line) > LONGEST_LINE:
        line = f"{line[: LONGEST_LINE // 2]} … {line[-LONGEST_LINE // 2 :]}"
    if len(values) > 2 * LONGEST_ASKED:  # none of our errors
        values = f"{values[:LONGEST_ASKED]} … "
    try:
        print(plain(f"{line}{asked}{values}"), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _abandon(sys.stderr)


def finish(failure: OSError | None) -> str | None:
    """Write out what is left for standard output, and return what prevents that, if anything.

    Args:
        failure: what went wrong when a part of it was written before.

    Returns:
        None where all is written; otherwise the reason, which is empty where whoever read the
        output has gone, as ``head`` does, and wants to hear nothing more.

    """
    try:
        if failure is not None:
            raise failure
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon(sys.stdout)
        return ""
    except (OSError, ValueError) as error:
        _abandon(sys.stdout)
        return f"cannot write to standard output: {reason(error)}"
    return None


def _abandon(stream: TextIO) -> None:
    """Lead a stream nowhere: Python would try to write the rest of it once more when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_utf8() -> bool:
    """Whether standard output takes every character."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"


def read(name: str, most: int = LONGEST_TEXT) -> str:
    """Return the text of a file, or of standard input where the name is ``-``.

    Raises:
        ReadError: it cannot be read, is no UTF-8 text, or is longer than ``most`` bytes, which is
            found out without reading all of it.

    """
    called = "standard input" if name == "-" else name
    try:
        data = _data(name, most + 1)
        if len(data) > most:
            raise ReadError(
                f"{called} is too long to read", required=f"at most {most >> 20} MiB of text"
            )
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError(
            f"cannot read {called}: it is not UTF-8 text (byte {error.start})",
            hint="save it as UTF-8",
        ) from None
    except (OSError, ValueError) as error:
        raise ReadError(f"cannot read {called}: {reason(error)}") from None
    if "\0" in text:
        raise ReadError(f"cannot read {called}: it is not text (byte {text.index(chr(0))} is 0)")
    return text


def _data(name: str, most: int) -> bytes:
    if name != "-":
        with Path(name).open("rb") as file:
            return file.read(most)
    if sys.stdin is None:
        raise ValueError("it is closed")
    binary = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read(most).encode() if binary is None else binary.read(most)


def reason(error: Exception) -> str:
    """Return why something could not be read or written, as part of a sentence."""
    return (getattr(error, "strerror", None) or str(error)).lower()
