"""Text that a terminal prints and does not act upon."""

from __future__ import annotations


def plain(text: str) -> str:
    r"""Return a text with every character that does not print written as its escape.

    Control characters, which a terminal obeys, are among them, as are those that turn the
    direction of a line, and the bytes of a file name that are no text.

    Example:
        >>> plain("a\x1b[31mb\n")
        'a\\x1b[31mb\\n'

    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def owner(title: str) -> str:
    """Return a name as an owner's: ``torch's``."""
    return f"{title}'" if title.endswith("s") else f"{title}'s"
