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

    from isorate.logs.log import Counts, Log
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
        example: such a line.
        pattern: what the line looks like. ``step`` is what counts; where ``epoch`` and ``of`` stand
            there, it counts within an epoch that has so many.
        offsets: how far the count is ahead of the updates.
        first: the number of the first epoch.
        notes: what a reader has to know.
        counts: what the step counts.
        since: whether it counts the updates that a scaler skipped since the line before.

    """

    trainer: str | None
    example: str
    pattern: str
    offsets: Offsets
    first: int = 1
    notes: tuple[str, ...] = ()
    counts: Counts = "update"
    since: bool = False

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
_COUNT = r"(?i:\b(?:global[_ ]?step|step|iteration|iter|updates?)s?\W{0,5}(?P<step>\d+))"
_NAMED = r"(?i:(?<![a-z_/])(?:lr|learning[_ -]?rate)(?![a-z_])\W{0,4}?)RATES"
_MEAN = ("A rate is the mean over the parameter groups.",)
LINES: Final = (
    Line("megatron", "iteration 20/ 100 | consumed samples: 320 | learning rate: 1.200000E-04 |",
         r"iteration\s+(?P<step>\d+)/\s*\d+ \|.*?\blearning rate:\s*RATES"
         r"(?:.*?number of skipped iterations:\s*(?P<skipped>\d+))?", (0, 1), since=True),
    Line("deepspeed", "step=20, skipped=0, lr=[0.001, 0.001], mom=[(0.9, 0.999)]",
         r"step=(?P<step>\d+), skipped=(?P<skipped>\d+), lr=RATES", (0, 1)),
    Line("mmengine", "Epoch(train)  [1][ 20/100]  lr: 2.2400e-03  eta: 0:00:01",
         rf"Epoch\(train\)\s+\[(?P<epoch>\d+)\]\[\s*{_WITHIN}\].*?\blr:\s*RATES", (1,)),
    Line("mmengine", "Iter(train) [ 20/100]  lr: 2.2400e-03  eta: 0:00:01",
         r"Iter\(train\)\s+\[\s*(?P<step>\d+)/\d+\].*?\blr:\s*RATES", (1,)),
    Line("mmcv", "Epoch [1][20/100]  lr: 2.240e-03, eta: 0:00:01",
         rf"Epoch \[(?P<epoch>\d+)\]\[{_WITHIN}\]\s+lr:\s*RATES", (1,)),
    Line("mmcv", "Iter [20/100]  lr: 2.240e-03, eta: 0:00:01",
         r"Iter \[(?P<step>\d+)/\d+\]\s+lr:\s*RATES", (1,)),
    Line("timm", "Train: 0 [  20/100 ( 21%)]  Loss: 1.00 (1.00)  LR: 1.000e-05",
         rf"Train: (?P<epoch>\d+) \[\s*{_WITHIN}.*?\bLR:\s*RATES", (0,), 0, _MEAN),
    Line("llm.c", "step   20/100 | loss 7.12 (+0.0z)| norm 6.1 (+0.0z)| lr 2.40e-05 |",
         r"step\s+(?P<step>\d+)/\d+ \|.*?\| lr RATES \|", (1,)),
    Line("llm.c", "s:20 trl:7.1200 lr:0.000024 norm:6.10",
         r"^s:(?P<step>\d+) trl:\S+ lr:RATES", (0,)),
    Line("yolox", "epoch: 1/300, iter: 20/100, total_loss: 15.0, lr: 1.462e-07, size: 640",
         rf"epoch: (?P<epoch>\d+)/\d+, iter: {_WITHIN}.*?\blr:\s*RATES", (0,)),
    Line("opennmt", "Step 20/ 100; acc: 2.9; ppl: 29.6; xent: 3.4; lr: 0.00001; sents: 15",
         r"Step\s+(?P<step>\d+)(?:/\s*\d+)?;.*?\blr:\s*RATES", (0, 1)),
    Line("mlx", "Iter 20: Train loss 2.1, Learning Rate 1.000e-05, It/sec 9.1",
         r"Iter (?P<step>\d+): .*?Learning Rate RATES", (1,), counts="batch"),
    Line("fairseq", "epoch 001:  20 / 100 loss=1.5, num_updates=20, lr=1.25e-05",
         r"num_updates=(?P<step>\d+), lr=RATES", (0,)),
    Line(None, "Epoch: [0]  [ 20/100]  eta: 0:00:01  lr: 0.000125 (0.000100)",
         rf"Epoch: \[(?P<epoch>\d+)\]\s+\[\s*{_WITHIN}\].*?\blr:\s*RATES", (0, -1), 0),
    Line("detectron2", "eta: 0:00:01  iter: 19  total_loss: 1.5  lr: 0.00019981  max_mem: 9M",
         r"\beta: \S+.*?\biter: (?P<step>\d+)\s.*?\blr:\s*RATES", (0,)),
    Line(None, "step 20 loss 1.5 lr 0.001", rf"{_COUNT}.*?{_NAMED}", usual_offsets),
    Line(None, "lr=0.001 loss=1.5 iter=20", rf"{_NAMED}.*?{_COUNT}", usual_offsets),
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
    skipped, last = 0, -1
    for text in chain(first, texts):
        if found := line.find.search(text):
            step = line.step(found)
            lost = int((found.groupdict().get("skipped") or "0")[:18])
            before = skipped if line.since and step > last else 0
            skipped, last = before + lost, step
            _add(points, step, found["lr"], skipped)
        if points.full:
            break
    notes = line.notes
    if skipped:
        notes += (f"{skipped:,} updates were skipped: a scheduler does not step at them.",)
    return logs(
        source, FORMAT.name, points, line.offsets, counts=line.counts, trainer=line.trainer,
        notes=notes,
    )  # fmt: skip


def _add(points: Points, step: int, rates: str, skipped: int) -> None:
    each = [rate.strip() for rate in rates.strip("[]").split(",")]
    for number, rate in enumerate(each):
        points.add(f"lr/{number}" if len(each) > 1 else "lr", step, rate, skipped)


FORMAT = Format(
    "text",
    fits=_fits,
    read=read,
    steps="as printed; within an epoch of known length, over all epochs",
    belongs="by the trainer where the line tells; else the update just made, or the next one",
    precision="as printed",
)
