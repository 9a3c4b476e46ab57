"""What trainers print: lines of text in which a step and a rate stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice, pairwise, takewhile
from typing import TYPE_CHECKING, Final

import numpy as np

from isorate.logs.owners import usual_offsets
from isorate.logs.source import Format, Source, logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.logs.log import Counts, Log, Rates
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
#: So many bits hold a count within an epoch.
BITS: Final = 30
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
            there, it counts within an epoch that has so many. Where ``passed`` is the epoch, it
            does so if it begins anew with the next one; ``all`` is then how many one has.
        offsets: how far the count is ahead of the updates.
        first: the number of the first epoch.
        notes: what a reader has to know.
        counts: what the step counts.
        since: whether it counts the updates that a scaler skipped since the line before.
        redrawn: whether it is a bar, of which the last that is drawn at a step has its rate.

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
    redrawn: bool = False

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


def _words(*words: str, within: str = r"\w") -> str:
    """Return what finds words, none within another: their first letters are looked for first."""
    letters = "".join(word[0] + word[0].upper() for word in words)
    rest = "|".join(f"(?<={word[0]}){word[1:]}" for word in words)
    return f"[{letters}](?<!{within}.)(?:{rest})"


_WITHIN = r"(?P<step>\d+)\s*/\s*(?P<of>\d+)"
#: Of a share of the way, which is no count, a percentage tells.
_NUMBERED = r"s?\W{0,9}(?P<step>\d+))(?!\d|\.\d|\s*%)"
_COUNT = "(?i:" + _words("global[_ ]?step", "step", "iteration", "iter", "updates?") + _NUMBERED
_BATCH = r"(?i:\bbatch(?:es)?" + _NUMBERED
_EPOCH = r"(?i:\bepoch)\W{0,9}(?P<passed>\d+)"
_RATE = "l(?:r|earning[_ -]?rate)"
_NAMED = (
    f"(?i:{_words(_RATE, f'cur(?:rent)?_{_RATE}', within='[a-z_/]')}"
    r"(?![a-z_])(?:\(\w+\))?\W{0,4}?)RATES"
)
_ALL = r"(?:\s*/\s*(?P<all>\d+))?"
_BAR = r"(?P<step>\d+)/(?P<all>\d+) \[[^\]]*?"
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
         r"num_updates=(?P<step>\d+), lr=RATES", (0, 1)),
    Line("wenet", "TRAIN ", "DEBUG TRAIN Batch 0/20 loss 1.5 lr 0.00100000 rank 0",
         r"TRAIN [Bb]atch (?P<passed>\d+)/(?P<step>\d+)\s.*?\blr RATES", usual_offsets,
         counts="batch"),
    Line(None, "Epoch: [", "Epoch: [0]  [ 20/100]  eta: 0:00:01  lr: 0.000125 (0.000100)",
         rf"Epoch: \[(?P<epoch>\d+)\]\s+\[\s*{_WITHIN}\].*?\blr:\s*RATES", (0, -1), 0),
    Line("detectron2", "eta: ",
         "eta: 0:00:01  iter: 19  total_loss: 1.5  lr: 0.00019981  max_mem: 9M",
         r"\beta: \S+.*?\biter: (?P<step>\d+)\s.*?\blr:\s*RATES", (0,)),
    Line(None, "it", "Epoch 1: 20%|##  | 20/100 [00:01<00:05, 9.1it/s, lr=0.001]",
         rf"{_EPOCH}.*?{_BAR}{_NAMED}", usual_offsets, redrawn=True),
    Line(None, "it", "Steps: 20%|##  | 20/100 [00:01<00:05, 9.1it/s, lr=0.001]",
         rf"{_BAR}{_NAMED}", usual_offsets, redrawn=True),
    Line(None, "lobal", "epoch 1 iteration 20/100 lr: 0.001 global_step: 20",
         rf"(?=.*?(?i:\bglobal[_ ]?step){_NUMBERED}.*?{_NAMED}", usual_offsets),
    Line(None, "poch", "epoch 1 step 20/100 loss 1.5 lr 0.001",
         rf"{_EPOCH}.*?{_COUNT}{_ALL}.*?{_NAMED}", usual_offsets),
    Line(None, "", "step 20 loss 1.5 lr 0.001", rf"{_COUNT}.*?{_NAMED}", usual_offsets),
    Line(None, "", "Epoch: [1/9] [20/100] loss: 1.5 lr: 0.001",
         r"(?:(?i:\bepoch)\W{0,9}|\[(?=\d+/\d+\]\s*\[))(?P<passed>\d+)(?:\s*/\s*\d+)?.*?(?<![\d.:/-])"
         r"(?P<step>\d+)\s*/\s*(?P<all>\d+)(?![\d/]|\s*\(\s*\d+\s*%).*?" + _NAMED, usual_offsets),
    Line(None, "atch", "Epoch 1, batch 20, loss 1.5, lr: 0.001",
         rf"{_EPOCH}.*?{_BATCH}{_ALL}.*?{_NAMED}", usual_offsets, counts="batch"),
    Line(None, "atch", "batch 20 loss 1.5 lr 0.001", rf"{_BATCH}.*?{_NAMED}", usual_offsets,
         counts="batch"),
    Line(None, "", "lr=0.001 loss=1.5 iter=20", rf"{_NAMED}.*?{_COUNT}", usual_offsets),
)  # fmt: skip


class _Epochs:
    """Counts over all epochs what a text counts anew in each: it falls where the epoch rises.

    Where no line says how many an epoch has, it has as many as are seen, or a few more.
    """

    def __init__(self) -> None:
        self._last: tuple[int, int] | None = None
        self._anew = False
        #: How many each epoch has, as its lines say.
        self._of: dict[int, int] = {}
        #: How many came before what the text has; epochs that begin later count from 1, or from 0.
        self.missing: tuple[int, ...] = (0,)
        #: Of an epoch of which nobody says it: the number of its first count, the fewest that it
        #: has, and how many more there may be.
        self.inner: tuple[int, int, int] | None = None

    def step(self, found: re.Match[str]) -> int:
        """Return the epoch and the count of a line, in one number."""
        epoch, step = int(found["passed"][:9]), int(found["step"][:9])
        if self._last is None:
            self._last, self._first = (epoch, step), epoch
        if "all" in found.re.groupindex and found["all"]:
            self._of[epoch] = int(found["all"][:9])
        self._anew |= step <= self._last[1] and epoch > self._last[0]
        self._last = epoch, step
        return (epoch - self._first << BITS) + step

    def counted(self, both: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the counts of a column, of which both were kept."""
        epochs, steps = both >> BITS, both & ((1 << BITS) - 1)
        if not self._anew:
            return steps
        if self._of:
            return self._before(epochs) + steps
        strides = np.diff(both)
        usual = strides[(strides > 0) & (strides < 1 << BITS - 1)]
        stride = int(np.median(usual)) if len(usual) else 1
        first = 0 if steps.min() == 0 or (stride > 1 and steps[0] % stride == stride - 1) else 1
        most = int(steps.max()) + 1 - first
        self.inner = first, most, stride - 1
        return epochs * most + steps

    def _before(self, epochs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what the epochs have that came before those of lines, from the first line's on.

        One that has no line has as many as the one before it.
        """
        told = np.array(sorted(self._of), np.int64)
        many = np.array([self._of[epoch] for epoch in told.tolist()], np.int64)
        if self._first > 1:
            of = self._of.get(self._first, int(many[0]))
            self.missing = ((self._first - 1) * of, self._first * of)
        before = np.concatenate([[0], np.cumsum(np.diff(told) * many[:-1])])
        at = np.append(epochs, 0) + self._first
        last = np.maximum(np.searchsorted(told, at, "right") - 1, 0)
        all_before = before[last] + (at - told[last]) * many[last]
        found: NDArray[np.int64] = all_before[:-1] - all_before[-1]
        return found


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
    epochs = _Epochs() if "passed" in line.find.groupindex else None
    every: Iterator[re.Match[str]] = chain(matches, filter(None, map(line.find.search, texts)))
    if line.redrawn:
        every = _redrawn(every)
    while (block := list(islice(every, BLOCK))) and not points.full:
        if line.within:
            steps = list(map(line.step, block))
        elif epochs is not None:
            steps = list(map(epochs.step, block))
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
    if epochs is not None:
        points.recount(epochs.counted)

    def offsets(groups: tuple[Rates, ...]) -> tuple[int, ...]:
        ahead = line.offsets(groups) if callable(line.offsets) else line.offsets
        missing = epochs.missing if epochs is not None else (0,)
        return tuple(each - before for before in missing for each in ahead)

    found = logs(
        source, FORMAT.name, points, offsets, counts=line.counts, trainer=line.trainer, notes=notes
    )
    return [replace(log, inner=epochs.inner) for log in found] if epochs is not None else found


def _redrawn(found: Iterator[re.Match[str]]) -> Iterator[re.Match[str]]:
    """Visit of the bars that are drawn at one step the last: before it, the rate is the old one."""
    for before, match in pairwise(chain(found, [None])):
        if match is None or match["step"] != before["step"]:  # type: ignore[index]
            yield before  # type: ignore[misc]


FORMAT = Format(
    "text",
    fits=_fits,
    read=read,
    steps="as printed; within an epoch of known length, over all epochs",
    belongs="by the trainer where the line tells; else the update just made, or the next one",
    precision="as printed",
    how="print both in one line, as step 20 lr 0.001",
    without="has no line with a learning rate and the update that it is of",
)
