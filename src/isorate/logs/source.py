"""A file to be read, in bounded memory, and the format that its content says it has."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

from isorate.logs.log import Log
from isorate.logs.owners import usual_offsets
from isorate.logs.points import Points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from isorate.logs.log import Counts
    from isorate.logs.owners import Offsets

#: How much of a file says which format it has.
HEAD: Final = 1 << 16
#: A longer line holds no rates.
LONGEST_LINE: Final = 1 << 20
#: What no file of a log ends with; in a directory these are not even opened.
NO_LOGS: Final = frozenset(
    [
        ".bin",
        ".safetensors",
        ".pt",
        ".pth",
        ".ckpt",
        ".onnx",
        ".npy",
        ".npz",
        ".py",
        ".pyc",
        ".ipynb",
        ".png",
        ".jpg",
        ".gz",
        ".zip",
        ".tar",
        ".so",
        ".model",
        ".md",
        ".lock",
        ".wandb-tmp",
        ".parquet",
        ".arrow",
        ".html",
        ".svg",
        ".gif",
        ".mp4",
        ".wav",
    ]
)
_ENDS = re.compile(r"[\r\n]")
_LINE = re.compile(r"[^\r\n]+")


@dataclass(frozen=True)
class Source:
    """A file, and the names in it that the user asks for.

    Args:
        path: where it is.
        wanted: the columns, tags or keys to read as rates; none: those that are named so.

    """

    path: Path
    wanted: tuple[str, ...] = ()
    #: Further files of the same run.
    more: tuple[Path, ...] = ()
    #: What a reader found out about the file that the points do not tell.
    notes: list[str] = field(default_factory=list)

    @cached_property
    def head(self) -> bytes:
        """The first bytes of the file."""
        with self.path.open("rb") as file:
            return file.read(HEAD)

    @cached_property
    def text(self) -> str:
        """The head as text."""
        return self.head.decode("utf-8-sig", "replace")

    @property
    def whole(self) -> bool:
        """Whether the head is all of the file, which need not be opened again."""
        return len(self.head) < HEAD

    def first(self, count: int) -> list[str]:
        """Return the first lines of the head, of those that ``lines`` visits."""
        return [found[0] for found in islice(_LINE.finditer(self.text), count)]

    @property
    def name(self) -> str:
        """The name of the file, without its folder."""
        return self.path.name

    def beside(self, name: str) -> str | None:
        """Return the path of a file in the same folder, where there is one."""
        path = str(self.path)[: -len(self.name)] + name
        return path if os.path.isfile(path) else None

    def points(self, *, least: int = 0) -> Points:
        """Return what rates are gathered in."""
        return Points(self.wanted, least=least)

    def lines(self) -> Iterator[str]:
        """Visit the lines; a progress bar, which returns without a new one, is several."""
        return iter(_LINE.findall(self.text)) if self.whole else self._read_lines()

    def _read_lines(self) -> Iterator[str]:
        left_out = 0
        with self.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rest = ""
            while block := file.read(LONGEST_LINE):
                *whole, rest = _ENDS.split(rest + block)
                yield from (line for line in whole if line)
                if len(rest) > LONGEST_LINE:
                    left_out += 1
                    rest = ""
        if rest:
            yield rest
        if left_out:
            self.notes.append(
                f"{left_out} lines of more than {LONGEST_LINE:,} letters are left out."
            )


@dataclass(frozen=True)
class Format:
    """What one kind of file is, and how it is read.

    Args:
        name: what it is called.
        fits: whether a file is one, by its name and its first bytes.
        read: reads the logs of a file; raises ``ReadError`` where it is none.
        steps: how its steps are counted, in words.
        belongs: which update a rate belongs to, in words.
        precision: the digits that are left of a rate, in words.
        how: what to do where a file has no rates.
        together: whether its files in one folder are one run's.
        without: what a file is that has no rates.

    """

    name: str
    fits: Callable[[Source], bool]
    read: Callable[[Source], list[Log]]
    steps: str
    belongs: str
    precision: str
    how: str = "log the optimizer's learning rate as a column named lr"
    together: bool = False
    without: str = "holds no learning rates"


def logs(
    source: Source,
    form: str,
    points: Points,
    offsets: Offsets,
    *,
    counts: Counts = "update",
    dtype: str | None = None,
    config: Mapping[str, Any] | None = None,
    trainer: str | None = None,
    beside: str | None = None,
    notes: tuple[str, ...] = (),
    first: int = 1,
) -> list[Log]:
    """Return the logs of a file's points: one for each run in it, from its ``first`` on.

    The path of the second one is ``FILE#2``. Steps that begin before the trainer's first one are
    another's, whose rates have the same name.

    """
    found = []
    for number, (groups, told) in enumerate(points.runs(dtype), first):
        path = str(source.path) if number == 1 else f"{source.path}#{number}"
        ahead = offsets(groups) if callable(offsets) else offsets
        whose = trainer
        if int(groups[0].steps.min()) < ahead[0]:
            ahead, whose = usual_offsets(groups), None
        found.append(
            Log(
                path,
                form,
                groups,
                ahead,
                counts,
                config,
                whose,
                (*notes, *source.notes, *told),
                beside,
            )
        )
    return found
