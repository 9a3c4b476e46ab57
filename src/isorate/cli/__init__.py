"""The command line: one file a command, each loaded only when it is called."""

from __future__ import annotations

import gc
import os
import sys

#: The commands, in the order of the documentation.
COMMANDS = ("show", "compare", "convert", "check", "identify", "dialects", "mapping", "demo")

#: What a shell gives a command that Ctrl-C ended: 128 and the number of the signal.
INTERRUPTED = 130

#: So many objects are made before garbage is looked for. What is loaded is none, and looking
#: through it again and again takes time while a command starts.
GARBAGE = 200_000


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; no traceback ever reaches the user.

    All that takes time to load is loaded here, so that an interrupt finds its way out.
    """
    gc.set_threshold(GARBAGE)
    try:
        import signal

        from isorate.cli._commands import run

        status = run(arguments)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is left to clean up
        gc.freeze()  # nor is all that was loaded looked through once more
    except KeyboardInterrupt:
        _interrupted()
    sys.exit(status)


def _interrupted() -> None:
    """End at once: what Python does when it ends could be interrupted, too."""
    try:
        os.write(2, b"isorate: interrupted\n")
    finally:
        os._exit(INTERRUPTED)
