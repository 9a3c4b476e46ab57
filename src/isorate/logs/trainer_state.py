"""``trainer_state.json``, which transformers' Trainer leaves in each checkpoint."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from isorate.logs.source import Format, Source, logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.logs.log import Log

KEY = '"log_history"'


def rows(source: Source) -> Iterator[dict[str, Any]]:
    """Visit the entries of the history; of a file that was cut off, those that are whole."""
    text = source.whole().decode("utf-8-sig", "replace")
    try:
        history = json.loads(text)["log_history"]
    except json.JSONDecodeError:
        history = _whole_rows(text)
        source.notes.append("The file is damaged or cut off; it is read as far as it goes.")
    yield from (row for row in history if isinstance(row, dict))


def _whole_rows(text: str) -> Iterator[object]:
    decoder = json.JSONDecoder()
    at = text.find("[", text.find(KEY) + len(KEY)) + 1
    while at and (at := text.find("{", at)) >= 0:
        try:
            row, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            return
        yield row
        if text[at : at + 1] != ",":
            return


def read(source: Source) -> list[Log]:
    """Return the runs of one file."""
    points = source.points()
    for row in rows(source):
        step = row.get("step")
        if isinstance(step, int):
            for name, value in row.items():
                if isinstance(value, int | float) and points.keeps(name):
                    points.add(name, step, value)
    arguments = source.path.with_name("training_args.bin")
    beside = str(arguments) if arguments.is_file() else None
    return logs(source, FORMAT.name, points, (1, 0), trainer="transformers", beside=beside)


FORMAT = Format(
    "trainer_state.json",
    fits=lambda source: source.head.lstrip()[:1] == b"{" and KEY.encode() in source.head,
    read=read,
    steps="updates done, from 1",
    belongs="the update just made; the next one's up to transformers 4.4x",
    precision="float64",
    how="set logging_steps",
)
