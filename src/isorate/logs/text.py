"""What trainers print: lines of text in which a step and a rate stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from isorate.logs.owners import usual_offsets
from isorate.logs.source import Format, Source, logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.logs.log import Log
    from isorate.logs.owners import Offsets
    from isorate.logs.points import Points

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RATES = rf"(?P<lr>{_NUMBER}(?![\w%])|\[[-+\d.,eE\s]*\])"
#: What a line has in which a rate stands; most lines are not looked at any further.
_MENTIONS: Final = re.compile(r"(?<![a-z])lr(?![a-z])|learning.?rate", re.IGNORECASE)
#: What is printed of arguments and commands, not of an update.
_ARGUMENTS: Final = re.compile(r"Namespace\(|Arguments\(|Config\(|\bpython\d? |--lr|--learning")
#: So many lines with a rate decide how a text is read.
FIRST: Final = 200
#: A longer line was not printed by a trainer to be read.
LONGEST: Final = 4000
#: Files of these kinds hold other things, though they are text.
OTHER_KINDS: Final = frozenset(
    (".json", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".md", ".py", ".sh", ".ipynb", ".xml")
)


@dataclass(frozen=True)
class Line:
    """How a trainer prints a line.

    Args:
        trainer: its name; none for a line that anybody may print.
        pattern: what the line looks like. ``step`` is what counts; where ``epoch`` and ``of`` stand
            there, it counts within an epoch that has so many.
        offsets: how far the count is ahead of the updates.
        first: the number of the first epoch.
        notes: what a reader has to know.

    """

    trainer: str | None
    pattern: str
    offsets: Offsets
    first: int = 1
    notes: tuple[str, ...] = ()

    @cached_property
    def find(self) -> re.Pattern[str]:
        """The pattern, with what rates look like in the place of ``RATES``."""
        return re.compile(self.pattern.replace("RATES", _RATES))

    def step(self, found: re.Match[str]) -> int:
        """Return the step of a line."""
        parts = found.groupdict()
        step = int(parts["step"][:18])
        if parts.get("epoch") and parts.get("of"):
            return (int(parts["epoch"][:9]) - self.first) * int(parts["of"][:9]) + step
        return step


_WITHIN = r"(?P<step>\d+)\s*/\s*(?P<of>\d+)"
LINES: Final = (
    Line("megatron", r"iteration\s+(?P<step>\d+)/\s*\d+ \|.*?\blearning rate:\s*RATES", (0, 1)),
    Line("deepspeed", r"step=(?P<step>\d+), skipped=(?P<skipped>\d+), lr=RATES", (0, 1)),
    Line("mmengine", rf"Epoch\(train\)\s+\[(?P<epoch>\d+)\]\[\s*{_WITHIN}\].*?\blr:\s*RATES", (1,)),
    Line("mmengine", r"Iter\(train\)\s+\[\s*(?P<step>\d+)/\d+\].*?\blr:\s*RATES", (1,)),
    Line("mmcv", rf"Epoch \[(?P<epoch>\d+)\]\[{_WITHIN}\]\s+lr:\s*RATES", (1,)),
    Line("mmcv", r"Iter \[(?P<step>\d+)/\d+\]\s+lr:\s*RATES", (1,)),
    Line("timm", rf"Train: (?P<epoch>\d+) \[\s*{_WITHIN}.*?\bLR: RATES", (0,), 0,
         ("A rate is the mean over the parameter groups.",)),
    Line("llm.c", r"step\s+(?P<step>\d+)/\d+ \|.*?\| lr RATES \|", (1,)),
    Line("llm.c", r"^s:(?P<step>\d+) trl:\S+ lr:RATES", (0,)),
    Line("yolox", rf"epoch: (?P<epoch>\d+)/\d+, iter: {_WITHIN}.*?\blr:\s*RATES", (0,)),
    Line("opennmt", r"Step\s+(?P<step>\d+)(?:/\s*\d+)?;.*?\blr:\s*RATES", (0, 1)),
    Line("mlx", r"Iter (?P<step>\d+): .*?Learning Rate RATES", (1,), notes=(
        "An iteration is a batch, and no update where gradients are accumulated.",)),
    Line("fairseq", r"num_updates=(?P<step>\d+), lr=RATES", (0,)),
    Line(None, rf"Epoch: \[(?P<epoch>\d+)\]\s+\[\s*{_WITHIN}\].*?\blr:\s*RATES", (0, -1), 0),
    Line("detectron2", r"\beta: \S+.*?\biter: (?P<step>\d+)\s.*?\blr:\s*RATES", (0,)),
    Line(None, r"(?i)\b(?:global[_ ]?step|step|iteration|iter|updates?)s?\W{0,5}(?P<step>\d+)"
         r".*?(?<![a-z_/])(?:lr|learning[_ -]?rate)(?![a-z_])\W{0,4}?RATES", usual_offsets),
    Line(None, r"(?i)(?<![a-z_/])(?:lr|learning[_ -]?rate)(?![a-z_])\W{0,4}?RATES"
         r".*?\b(?:global[_ ]?step|step|iteration|iter|updates?)s?\W{0,5}(?P<step>\d+)",
         usual_offsets),
)  # fmt: skip


def _fits(source: Source) -> bool:
    return b"\0" not in source.head and source.path.suffix.lower() not in OTHER_KINDS


def _mentions(source: Source) -> Iterator[str]:
    """Visit the lines that may have a rate, and are no arguments or code printed before a run."""
    for text in source.lines():
        if len(text) <= LONGEST and _MENTIONS.search(text) and not _ARGUMENTS.search(text):
            yield text


def read(source: Source) -> list[Log]:
    """Return the runs of a text: it is read as most of its first lines are printed."""
    points = source.points()
    texts = _mentions(source)
    first = list(islice(texts, FIRST))
    counts = [sum(bool(each.find.search(text)) for text in first) for each in LINES]
    if not any(counts):
        return []
    line = LINES[counts.index(max(counts))]
    skipped = "0"
    for text in chain(first, texts):
        if found := line.find.search(text):
            _add(points, line.step(found), found["lr"])
            skipped = found.groupdict().get("skipped") or skipped
    notes = line.notes
    if skipped != "0":
        notes += (f"{skipped} updates were skipped; the schedule did not step at them.",)
    return logs(source, FORMAT.name, points, line.offsets, trainer=line.trainer, notes=notes)


def _add(points: Points, step: int, rates: str) -> None:
    if not rates.startswith("["):
        points.add("lr", step, rates)
        return
    each = [rate.strip() for rate in rates.strip("[]").split(",")]
    for number, rate in enumerate(each):
        points.add(f"lr/{number}" if len(each) > 1 else "lr", step, rate)


FORMAT = Format(
    "text",
    fits=_fits,
    read=read,
    steps="as printed; within an epoch of known length, over all epochs",
    belongs="by the trainer where the line tells; else the update just made, or the next one",
    precision="as printed",
)
