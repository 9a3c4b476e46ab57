"""``isorate identify``: which schedule made a log, where nobody knows."""

from __future__ import annotations

import click

from isorate.cli import _options, _output


@click.command("identify", short_help="Find the schedule that made a log.")
@click.argument("run_files", metavar="RUN", shell_complete=_options.paths)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(run_files: str, as_json: bool) -> int:
    """List the schedules that may have made the rates that a run logged, the likeliest first.

    RUN is a file or a directory that a run left behind; FILE:COLUMN names the rates in it. Exit
    status: 0 where a schedule fits the log by its digits, 1 where none does.

    \b
    Example:
      isorate identify log.csv
    """  # noqa: D301 - \b is click's
    from isorate.checking.identification import identify
    from isorate.logs.finding import read_log
    from isorate.reports import findings

    log = read_log(run_files)
    found = identify(log)
    if as_json:
        _output.print_json(findings.candidates_document(log, found))
    else:
        findings.candidates(_output.paper(), log, found)
    return 0 if found[0].fits else 1
