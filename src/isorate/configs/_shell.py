"""Shell scripts: what their variables and arrays hold, put where a command names them.

Nothing is run. What depends on the script's own arguments, on its environment or on a choice that
it makes stays what it is, ``$NAME``, and is no value of anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from isorate.schedule.errors import ReadError
from isorate.schedule.lazily import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: A longer script, as its variables come to be, is no command line.
LONGEST: Final = 1 << 20
#: No script has more variables.
MOST_NAMES: Final = 500
#: A flag of a command line.
FLAG: Final = pattern(r"(?:^|\s)--[A-Za-z][\w.-]*(?:[\s=]|$)")
#: What sets a key of a table in a table: ``trainer.max_epochs=9``.
OVERRIDE: Final = pattern(r"(?:^|(?<=\s))\+{0,2}[A-Za-z_][\w@/]*(?:\.[\w@/]+)+=")
#: A line that starts a program in Python, and hands it such settings, or a file.
STARTED: Final = pattern(
    r"(?:\w+=\S*\s+)*(?:python[\d.]*|torchrun|accelerate|srun|composer|bash|sh|swift|trl|litgpt|tune"
    r"|llamafactory-cli|axolotl|megatron|mlx_lm[.\w]*)\s(?:.*\s)?"
    r"(?:\+{0,2}[A-Za-z_][\w@/.]*=|[\w./~-]+\.(?:json|ya?ml|toml|py)(?:\s|$))"
)
#: An array, a text in quotes, or a word that a script gives a name.
ASSIGNED: Final = pattern(
    r"^(?P<inside>[ \t]*)(?:(?:export|local|readonly|declare)[ \t]+)?(?P<name>[A-Za-z_]\w*)"
    r"(?P<more>\+?)=(?:\((?P<array>(?:[^()]|\([^()]*+\)|\(\([^()]*+\)\))*+)\)"
    r"|\"(?P<text>[^\"]*+)\"|'(?P<plain>[^']*+)'|(?P<word>\$\(\([^\n;]*?\)\)|[^\s\"'`;&|()]*+))"
    r"(?=[ \t]*(?:$|[;#]|&&))",
    re.MULTILINE,
)
NAME: Final = pattern(r"\"?\$\{(\w+)\[[@*]\]\}\"?|\$\{(\w+)\}|\$([A-Za-z_]\w*)")
#: What stands for a name that has no value.
ELSE: Final = pattern(r"\$\{([A-Za-z_]\w*):?-([^{}]*)\}")
#: Arithmetic of whole numbers, and what it may hold.
SUM: Final = pattern(r"\$\(\(([\w\s*/+-]+)\)\)")
#: The same, as a program does it.
EXPR: Final = pattern(r"(?:\$\(|`)[ \t]*expr[ \t]+([\w\s*/+\-\\${}]+?)[ \t]*(?:\)|`)")
#: A text that is written into a file, as ``cat <<EOF`` does, or that Python is handed: up to a line
#: that is the word alone. What a shell is handed, or ``read``, is commands.
HANDED: Final = pattern(
    r"^(?P<first>[^\n]*\b(?:cat|tee|python[\d.]*)\b[^\n<]*)"
    r"<<-?[ \t]*(?P<quote>[\"']?)(?P<word>[A-Za-z_]\w*)(?P=quote)"
    r"(?P<rest>[^\n]*)\n(?P<body>(?:[^\n]*\n)*?)[ \t]*(?P=word)[ \t]*$",
    re.MULTILINE,
)
#: The file that it is written into.
INTO: Final = pattern(r"(?:>|\btee)[ \t]*[\"']?([^\s\"'<>|;&]+)")
#: A backslash after which the script is over: it goes on with nothing.
UNFINISHED: Final = pattern(r"(?<!\\)\\\s*\Z")
#: What ends a command.
END: Final = pattern(r"[|&;]+$|\d?>|&>")
#: A comment, which begins a word, or is one that a command is made of; a text in quotes is none.
COMMENT: Final = pattern(
    r"(?P<quoted>'[^'\n]*'|\"(?:\\.|[^\"\\\n])*\")|(?:^|(?<=\s))#[^\n]*|`#[^`\n]*`"
)


class Script(NamedTuple):
    """What a script comes to.

    Args:
        words: those of the command that has most flags.
        unsure: what of it nobody knows.
        supposed: the names that stand for a value of their own where the environment has none, as
            ``${LR:-0.1}`` does, with that value.
        held: what its names hold.
        written: the files that it writes itself, by what it calls them.

    """

    words: list[str]
    unsure: list[str]
    supposed: dict[str, str]
    held: dict[str, str]
    written: dict[str, str]


def words_of(script: str) -> Script:
    r"""Return the words of the command that has most flags, and what a script says besides.

    Raises:
        ReadError: its quotes do not end, or it is too long.

    Example:
        >>> words_of('LR=0.1;\nARGS=(\n--lr $LR --steps $((2*5)))\nrun ${ARGS[@]}').words
        ['run', '--lr', '0.1', '--steps', '10']

    """
    text = re.sub(r"(?:\\|(?<=\s)\^)\r?\n", " ", _without_notes(script))
    text = without_comments(text)
    text = UNFINISHED.sub("", text)
    text = EXPR.sub(lambda found: f"$(({found[1].replace(chr(92), '')}))", text)
    held: dict[str, str] = {}
    unsure: list[str] = []
    seen: set[str] = set()
    else_: dict[str, str] = {}
    behind: dict[str, str] = {}
    for found in list(ASSIGNED.finditer(text))[:MOST_NAMES]:
        name, value = found["name"], found["plain"]
        if value is None:
            own = next(each for each in found.group("array", "text", "word") if each is not None)
            behind[name] = f"{behind.get(name, '')} {own}"
            value = _filled(" ".join(own.split()), held, else_)
            if found["more"] or re.search(rf"\$\{{?{name}\b", own):
                value = f"{held.get(name, '')} {value}" if found["more"] else value
                unsure += [f"{name}, which a branch adds to"] if found["inside"] else []
                seen.discard(name)
        if name in seen and held.get(name) != value:  # nobody knows which of them holds
            held.pop(name, None)
        else:
            held[name] = value
        seen.add(name)
    command, line = _command(ASSIGNED.sub("", text), held, else_)
    known, left = _words(command)
    used = _named(line or " ".join(behind.values()), behind)
    supposed = {n: own for n, own in else_.items() if n in used and own}
    return Script(known, [*unsure, *left], supposed, held, _written(script, held))


def without_comments(text: str) -> str:
    """Return the lines of a script without their comments.

    Example:
        >>> without_comments("train --name a#b --lr 1  # more")
        'train --name a#b --lr 1  '

    """
    lines = text.splitlines()
    return "\n".join(COMMENT.sub(lambda part: part["quoted"] or "", line) for line in lines)


def _written(script: str, held: dict[str, str]) -> dict[str, str]:
    """Return the files that a script writes, as it has their text."""
    found = {}
    for text in HANDED.finditer(script):
        into = INTO.search(f"{text['first']} {text['rest']}")
        if into is not None:
            body = text["body"] if text["quote"] else _filled(text["body"], held, {})
            found[_filled(into[1], held, {})] = body
    return found


def _named(text: str, behind: Mapping[str, str]) -> set[str]:
    """Return the names that a text has, and those that their values are made of."""
    found: set[str] = set()
    waiting = [text]
    while waiting:
        one = waiting.pop()
        names = {match[1] for match in ELSE.finditer(one)}
        names |= {name for match in NAME.finditer(one) for name in match.groups() if name}
        waiting += [behind[name] for name in names - found if name in behind]
        found |= names
    return found


def _without_notes(script: str) -> str:
    """Return a script without what is no command of it: its comments, and what it hands a program.

    A comment is over with its line, whatever it ends in; one within a command ends that, too.
    """
    kept: list[str] = []
    within = False
    for line in HANDED.sub(r"\g<first>\g<rest>", script).splitlines():
        note = not within and line.lstrip()[:1] == "#"
        kept.append("" if note else line)
        within = not note and line.endswith("\\")
    return "\n".join(kept)


def _command(text: str, held: dict[str, str], else_: dict[str, str]) -> tuple[str, str]:
    """Return the command with most flags, and the line that it is before its names are filled in.

    The line is empty where a script is a part, whose command stands in another file.
    """
    lines = [(_filled(line, held, else_), line) for line in text.splitlines()]
    started = [pair for pair in lines if STARTED.match(pair[0].lstrip())]
    command, line = max([*started, *lines], key=lambda pair: _flags(pair[0]), default=("", ""))
    if _flags(command) or started:
        return command, line
    return " ".join(value for value in held.values() if _flags(value)), ""


def _words(command: str) -> tuple[list[str], list[str]]:
    """Return the words of a command, and what of it nobody knows."""
    import shlex

    try:
        words = shlex.split(command)  # a comment is gone, and a # within a word begins none
    except ValueError as error:
        raise ReadError("the command line cannot be read", got=str(error).lower()) from None
    parts: list[list[str]] = [[]]
    unsure = []
    for word in _apart(words):
        if _flags(word) > 1:  # a command in quotes, as ``sh -c`` has it
            parts += [word.split(), []]
        elif END.match(word):
            parts.append([])
        elif word.startswith("$") and not (parts[-1] and parts[-1][-1].startswith("--")):
            unsure.append(word)
        else:
            parts[-1].append(word)
    return max(parts, key=lambda part: _flags(" ".join(part))), unsure


def _apart(words: list[str]) -> Iterator[str]:
    """Visit words; a flag that was quoted with its value is two, as an array's words become."""
    for word in words:
        flag = word.partition("=")[0]
        yield from word.split(None, 1) if flag.startswith("--") and " " in flag else [word]


def _flags(line: str) -> int:
    return len(FLAG.findall(line)) + len(OVERRIDE.findall(line))


def _filled(text: str, held: dict[str, str], else_: dict[str, str]) -> str:
    """Return a text with what its names hold, and its sums done; note what stands for a name."""

    def other(found: re.Match[str]) -> str:
        if held.get(found[1]):
            return held[found[1]]
        return else_.setdefault(found[1], found[2])

    def value(found: re.Match[str]) -> str:
        name = next(each for each in found.groups() if each is not None)
        return held.get(name, found[0])

    text = NAME.sub(value, ELSE.sub(other, text))
    if len(text) > LONGEST:
        raise ReadError("the command line is too long", required="at most 1 MiB")
    return SUM.sub(lambda found: _sum(found[1], held) or found[0], text)


def _sum(text: str, held: dict[str, str]) -> str | None:
    """Return what whole numbers come to, none where a name is not known."""
    from isorate.schedule.expression import constant
    from isorate.schedule.syntax import parse

    names = {name: int(value[:18]) for name, value in held.items() if value.isdecimal()}
    try:
        found = constant(parse(text.strip().replace("/", "//")), names)
    except (ReadError, ZeroDivisionError):
        return None
    return str(found) if isinstance(found, int) and found >= 0 else None
