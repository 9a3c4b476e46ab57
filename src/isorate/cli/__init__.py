"""The command line: one file a command, each loaded only when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from isorate._version import __version__
from isorate.core.errors import IsorateError

COMMANDS = ("show", "compare", "convert", "dialects", "mapping", "demo")


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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="isorate")
def group() -> None:
    """One learning-rate schedule, the same rate in every framework.

    CALL is a scheduler call as you would write it, in quotes; @FILE reads it from a file and
    - from standard input. Exit status: 0 equal, 1 they differ, 2 trouble.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; no traceback ever reaches the user."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        status: Any = group.main(arguments, prog_name="isorate", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        place = f" {error.ctx.command_path.partition(' ')[2]}".rstrip() if error.ctx else ""
        return _trouble(f"{error.format_message()} (see isorate{place} --help)")
    except click.ClickException as error:
        return _trouble(error.format_message())
    except IsorateError as error:
        return _trouble(str(error))
    except (KeyboardInterrupt, click.Abort):
        return _trouble("interrupted")
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone; Python would complain while flushing
        return 2
    except MemoryError:
        return _trouble("out of memory; ask for fewer updates")
    except Exception as error:
        return _trouble(f"internal error, please report it: {type(error).__name__}: {error}")
    return status if isinstance(status, int) else 0


def _trouble(message: str) -> int:
    print(f"isorate: {' '.join(message.split())}", file=sys.stderr)
    return 2
