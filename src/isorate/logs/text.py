"""What trainers print: lines of text in which a step and a rate stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING, Final

from isorate.logs.owners import usual_offsets
from isorate.logs.source import Format, Source, logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.logs.log import Counts, Log
    from isorate.logs.owners import Offsets

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RATES = rf"(?P<lr>{_NUMBER}(?![\w%])|\[[-+\d.,eE\s]*\])"
#: What a line has in which a rate stands; most lines are not looked at any further.
#: Both begin with the same letter, which is looked for first.
_MENTIONS: Final = re.compile(
    r"[lL](?:(?<![a-zA-Z].)[rR](?![a-zA-Z])|(?i:earning.?rate))", re.DOTALL
)
#: What is printed of arguments and commands, not of an update.
_ARGUMENTS: Final = (
    "Namespace(", "Arguments(", "Config(", "python ", "python3 ", "--lr", "--learning"
)  # fmt: skip
#: So many lines with a rate decide how a text is read.
FIRST: Final = 200
#: So many are taken at once.
BLOCK: Final = 4096
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
        mark: what stands in each such line, which is looked for first.
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
    mark: str
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

    @cached_property
    def skips(self) -> bool:
        """Whether it tells how many updates were skipped."""
        return "skipped" in self.find.groupindex

    @cached_property
    def within(self) -> bool:
        """Whether it counts within an epoch."""
        return "of" in self.find.groupindex

    def step(self, found: re.Match[str]) -> int:
        """Return the step of a line that counts within an epoch."""
        step = int(found["step"][:18])
        return (int(found["epoch"][:9]) - self.first) * int(found["of"][:9]) + step


_WITHIN = r"(?P<step>\d+)\s*/\s*(?P<of>\d+)"
_COUNT = r"(?i:\b(?:global[_ ]?step|step|iteration|iter|updates?)s?\W{0,5}(?P<step>\d+))"
_NAMED = r"(?i:(?<![a-z_/])(?:lr|learning[_ -]?rate)(?![a-z_])\W{0,4}?)RATES"
_MEAN = ("A rate is the mean over the parameter groups.",)
LINES: Final = (
    Line("megatron", "learning rate:",
         "iteration 20/ 100 | consumed samples: 320 | learning rate: 1.200000E-04 |",
         r"iteration\s+(?P<step>\d+)/\s*\d+ \|.*?\blearning rate:\s*RATES"
         r"(?:.*?number of skipped iterations:\s*(?P<skipped>\d+))?", (0, 1), since=True),
    Line("deepspeed", "skipped=", "step=20, skipped=0, lr=[0.001, 0.001], mom=[(0.9, 0.999)]",
         r"step=(?P<step>\d+), skipped=(?P<skipped>\d+), lr=RATES", (0, 1)),
    Line("mmengine", "Epoch(train)", "Epoch(train)  [1][ 20/100]  lr: 2.2400e-03  eta: 0:00:01",
         rf"Epoch\(train\)\s+\[(?P<epoch>\d+)\]\[\s*{_WITHIN}\].*?\blr:\s*RATES", (1,)),
    Line("mmengine", "Iter(train)", "Iter(train) [ 20/100]  lr: 2.2400e-03  eta: 0:00:01",
         r"Iter\(train\)\s+\[\s*(?P<step>\d+)/\d+\].*?\blr:\s*RATES", (1,)),
    Line("mmcv", "Epoch [", "Epoch [1][20/100]  lr: 2.240e-03, eta: 0:00:01",
         rf"Epoch \[(?P<epoch>\d+)\]\[{_WITHIN}\]\s+lr:\s*RATES", (1,)),
    Line("mmcv", "Iter [", "Iter [20/100]  lr: 2.240e-03, eta: 0:00:01",
         r"Iter \[(?P<step>\d+)/\d+\]\s+lr:\s*RATES", (1,)),
    Line("timm", "LR:", "Train: 0 [  20/100 ( 21%)]  Loss: 1.00 (1.00)  LR: 1.000e-05",
         rf"Train: (?P<epoch>\d+) \[\s*{_WITHIN}.*?\bLR:\s*RATES", (0,), 0, _MEAN),
    Line("llm.c", "| lr ", "step   20/100 | loss 7.12 (+0.0z)| norm 6.1 (+0.0z)| lr 2.40e-05 |",
         r"step\s+(?P<step>\d+)/\d+ \|.*?\| lr RATES \|", (1,)),
    Line("llm.c", "trl:", "s:20 trl:7.1200 lr:0.000024 norm:6.10",
         r"^s:(?P<step>\d+) trl:\S+ lr:RATES", (0,)),
    Line("yolox", "iter: ",
         "epoch: 1/300, iter: 20/100, total_loss: 15.0, lr: 1.462e-07, size: 640",
         rf"epoch: (?P<epoch>\d+)/\d+, iter: {_WITHIN}.*?\blr:\s*RATES", (0,)),
    Line("opennmt", "Step", "Step 20/ 100; acc: 2.9; ppl: 29.6; xent: 3.4; lr: 0.00001; sents: 15",
         r"Step\s+(?P<step>\d+)(?:/\s*\d+)?;.*?\blr:\s*RATES", (0, 1)),
    Line("mlx", "Learning Rate ", "Iter 20: Train loss 2.1, Learning Rate 1.000e-05, It/sec 9.1",
         r"Iter (?P<step>\d+): .*?Learning Rate RATES", (1,), counts="batch"),
    Line("fairseq", "num_updates=", "epoch 001:  20 / 100 loss=1.5, num_updates=20, lr=1.25e-05",
         r"num_updates=(?P<step>\d+), lr=RATES", (0,)),
    Line(None, "Epoch: [", "Epoch: [0]  [ 20/100]  eta: 0:00:01  lr: 0.000125 (0.000100)",
         rf"Epoch: \[(?P<epoch>\d+)\]\s+\[\s*{_WITHIN}\].*?\blr:\s*RATES", (0, -1), 0),
    Line("detectron2", "eta: ",
         "eta: 0:00:01  iter: 19  total_loss: 1.5  lr: 0.00019981  max_mem: 9M",
         r"\beta: \S+.*?\biter: (?P<step>\d+)\s.*?\blr:\s*RATES", (0,)),
    Line(None, "", "step 20 loss 1.5 lr 0.001", rf"{_COUNT}.*?{_NAMED}", usual_offsets),
    Line(None, "", "lr=0.001 loss=1.5 iter=20", rf"{_NAMED}.*?{_COUNT}", usual_offsets),
)  # fmt: skip


def _fits(source: Source) -> bool:
    return b"\0" not in source.head and source.path.suffix.lower() not in OTHER_KINDS


def _mentions(source: Source) -> Iterator[str]:
    """Visit the lines that may have a rate, and are no arguments or code printed before a run."""
    told: tuple[str, ...] = _ARGUMENTS
    if source.whole:
        told = tuple(filter(source.text.__contains__, told))
        if not told and len(source.text) <= LONGEST:  # no line of it is longer
            yield from filter(_MENTIONS.search, source.lines())
            return
    for text in source.lines():
        mentions = len(text) <= LONGEST and _MENTIONS.search(text)
        if mentions and not (told and any(map(text.__contains__, told))):
            yield text


def _printed(first: list[str]) -> tuple[Line | None, list[re.Match[str]]]:
    """Return how most of the lines are printed, the first of those that are as good, and them."""
    best: Line | None = None
    most: list[re.Match[str]] = []
    joined = "\n".join(first)
    possible = [line for line in LINES if line.mark in joined]
    for line in possible:  # of most kinds not even the first line is one
        whole = list(takewhile(bool, map(line.find.search, first)))
        if first and len(whole) == len(first):
            return line, whole  # type: ignore[return-value]
    for line in possible:
        found = list(filter(None, map(line.find.search, first)))
        if len(found) > len(most):
            best, most = line, found
    return best, most


def read(source: Source) -> list[Log]:
    """Return the runs of a text: it is read as most of its first lines are printed."""
    points = source.points()
    texts = _mentions(source)
    line, matches = _printed(list(islice(texts, FIRST)))
    if line is None:
        return []
    skipped, last = 0, -1
    every = chain(matches, filter(None, map(line.find.search, texts)))
    while (block := list(islice(every, BLOCK))) and not points.full:
        if line.within:
            steps = list(map(line.step, block))
        else:
            steps = [int(match["step"][:18]) for match in block]
        lost: list[int] = []
        for match, step in zip(block, steps, strict=True) if line.skips else ():
            before = skipped if line.since and step > last else 0
            skipped, last = before + int((match["skipped"] or "0")[:18]), step
            lost.append(skipped)
        told = [match["lr"].strip("[]") for match in block]
        if not any("," in each for each in told):
            points.add_all("lr", steps, told, lost)
            continue
        rates = [each.split(",") for each in told]
        for many in sorted({*map(len, rates)}):
            at = [number for number, each in enumerate(rates) if len(each) == many]
            own = [steps[number] for number in at], [lost[number] for number in at if lost]
            for group in range(many):
                name = f"lr/{group}" if many > 1 else "lr"
                points.add_all(name, own[0], [rates[number][group] for number in at], own[1])
    notes = line.notes
    if skipped:
        notes += (f"{skipped:,} updates were skipped: a scheduler does not step at them.",)
    return logs(
        source, FORMAT.name, points, line.offsets, counts=line.counts, trainer=line.trainer,
        notes=notes,
    )  # fmt: skip


FORMAT = Format(
    "text",
    fits=_fits,
    read=read,
    steps="as printed; within an epoch of known length, over all epochs",
    belongs="by the trainer where the line tells; else the update just made, or the next one",
    precision="as printed",
)
