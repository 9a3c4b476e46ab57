"""``mlflow.db``, the database that MLflow tracks runs in, opened read-only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from isorate.logs.owners import owner
from isorate.logs.points import MOST_POINTS
from isorate.logs.source import Format, Source, logs
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from isorate.logs.log import Log

MAGIC: Final = b"SQLite format 3\0"
#: A query goes on for so many steps of SQLite's machine; a database that asks for more is none of
#: MLflow's.
MOST_STEPS: Final = 2_000_000_000
#: More runs are not listed.
MOST_RUNS: Final = 10_000


def read(source: Source) -> list[Log]:
    """Return every run that has rates.

    Raises:
        ReadError: it is another database, or damaged.

    """
    steps = iter(range(MOST_STEPS // 100_000))
    uri = f"file:{quote(str(source.path.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            database.text_factory = lambda text: text.decode("utf-8", "replace")
            database.set_progress_handler(lambda: next(steps, None) is None, 100_000)
            database.execute("PRAGMA trusted_schema = OFF")
            return _runs(source, database)
    except sqlite3.Error as error:
        raise ReadError(f"{source.path} is damaged, or no database of MLflow's: {error}") from None


def _runs(source: Source, database: sqlite3.Connection) -> list[Log]:
    names = "SELECT name FROM sqlite_master WHERE type = 'table'"
    tables = {name for (name,) in database.execute(names)}
    if "metrics" not in tables:
        raise ReadError(f"{source.path} is no database of MLflow's", required="a table metrics")
    keeps = source.points().keeps
    keys = "SELECT DISTINCT run_uuid, key FROM metrics ORDER BY run_uuid, key LIMIT 1000000"
    found: dict[str, list[str]] = {}
    for run, key in database.execute(keys):
        if isinstance(key, str) and keeps(key):
            found.setdefault(run, []).append(key)
    if "runs" in tables:
        started = dict(database.execute("SELECT run_uuid, start_time FROM runs"))
        found = dict(sorted(found.items(), key=lambda item: (started.get(item[0]) or 0, item[0])))
    result: list[Log] = []
    for run in list(found)[:MOST_RUNS]:
        result += _run(source, database, run, found[run], "params" in tables, len(result) + 1)
    return result


def _run(
    source: Source,
    database: sqlite3.Connection,
    run: str,
    keys: list[str],
    has_params: bool,
    number: int,
) -> list[Log]:
    """Return the log of one run."""
    points = source.points()
    query = (
        "SELECT step, value FROM metrics WHERE run_uuid = ? AND key = ? AND NOT is_nan "
        f"ORDER BY timestamp, step LIMIT {MOST_POINTS}"
    )
    for key in keys:
        for step, value in database.execute(query, (run, key)):
            if isinstance(step, int) and isinstance(value, float | int):
                points.add(key, step, value)
    config = None
    if has_params:
        rows = database.execute("SELECT key, value FROM params WHERE run_uuid = ?", (run,))
        config = {str(key): value for key, value in rows} or None
    whose = owner(tuple(points.names), tuple(config or ()), "step")
    return logs(
        source,
        FORMAT.name,
        points,
        whose.offsets,
        counts=whose.counts,
        config=config,
        trainer=whose.trainer,
        notes=(f"Run {run}.", *whose.notes),
        first=number,
    )


FORMAT = Format(
    "MLflow",
    fits=lambda source: source.head.startswith(MAGIC),
    read=read,
    steps="as the trainer gave them",
    belongs="the update just made, or the next one; by the trainer where its names tell",
    precision="float64",
)
