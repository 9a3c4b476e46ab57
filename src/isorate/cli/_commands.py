"""The commands and what each of them can come to: a status, or one line about what is wrong."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from isorate._version import __version__
from isorate.cli import COMMANDS, _streams
from isorate.schedule.errors import IsorateError
from isorate.schedule.nearest import did_you_mean


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the documentation."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"isorate.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called, or say which is near."""
        name = args[0]
        if name not in COMMANDS:
            call = "(" in name or name.startswith("@")
            hint = "to show a call: isorate show CALL" if call else did_you_mean(name, COMMANDS)
            raise click.UsageError(
                f"there is no command {name!r}{f', {hint}' if hint else ''}", ctx
            )
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", prog_name="isorate")
@click.pass_context
def group(context: click.Context) -> None:
    """One learning-rate schedule, the same rate in every framework.

    CALL is a scheduler call as you would write it, in quotes, or the path of what has one: a
    script, a trainer's configuration, a checkpoint. - reads it from standard input. Nothing of it
    is executed. Exit status: 0 equal, 1 they differ, 2 trouble. Each command has
    examples: isorate show --help.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    if os.environ.get("_ISORATE_COMPLETE"):
        group.main(prog_name="isorate")  # a shell asks what it may complete; this ends the process
    _streams.prepare()
    if sys.stdout is None:
        return _trouble("cannot write to standard output: it is closed")
    status, failure = 2, None
    try:
        status = _status_of(sys.argv[1:] if arguments is None else arguments)
    except OSError as error:  # a file's is an IsorateError by now
        failure = error
    unwritten = _streams.finish(failure)
    if unwritten is None:
        return status
    return _trouble(unwritten) if unwritten else 2


def _status_of(arguments: list[str]) -> int:
    try:
        with group.make_context("isorate", list(arguments)) as context:
            status: Any = group.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        place = f" {error.ctx.command_path.partition(' ')[2]}".rstrip() if error.ctx else ""
        return _trouble(f"{error.format_message().rstrip('.')} (see isorate{place} --help)")
    except click.ClickException as error:
        return _trouble(error.format_message())
    except IsorateError as error:
        return _refused(error, "--json" in arguments)
    except OSError:
        raise
    except MemoryError:
        return _trouble("out of memory; ask for fewer updates")
    except Exception as error:
        return _trouble(_internal(error))
    return status if isinstance(status, int) else 0


def _refused(error: IsorateError, as_json: bool) -> int:
    """Say what is wrong; what a text lacks is a document, too, where one is asked for."""
    rate: bool = getattr(error, "rate", getattr(error, "lacks_rate", False))
    missing: list[Any] = getattr(error, "leaves", [])
    if as_json and (missing or rate):
        from isorate.cli._output import print_json

        rate = rate and not (missing and not hasattr(error, "rate"))
        asked = {leaf.source: (leaf.why or None, leaf.before or None) for leaf in missing}
        listed = [{"source": s, "why": why, "before": was} for s, (why, was) in asked.items()]
        print_json({"error": str(error), "missing": listed, "rate": rate})
    return _trouble(str(error))


def _internal(error: Exception) -> str:
    return f"internal error, please report it: {type(error).__name__}: {error}"


def _trouble(message: str) -> int:
    _streams.say(f"isorate: {message}")
    return 2
