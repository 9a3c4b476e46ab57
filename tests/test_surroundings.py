"""The command line wherever it runs: odd terminals, encodings, pipes, files and interrupts."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from isorate.cli._commands import run
from isorate.cli._streams import SUPERSCRIPT, _ascii
from isorate.reports.paper import folded
from tests.test_cli import ENVIRONMENT, A, B, isorate

ISORATE = f"{sys.executable} -m isorate"
CHAIN = (
    "SequentialLR(o := SGD(p, lr=0.1), [LinearLR(o, 0.1, 1.0, 5), CosineAnnealingLR(o, 20)], [5])"
)
#: Colours, the beginning of a sequence in one byte, a bell, the other direction, a new line.
RAW = "\x1b\x9b\x07\u202e\u2028"


def shell(command: str, **looks: str) -> subprocess.CompletedProcess[str]:
    """Run a line of Bash, whose status is that of the first command in a pipe."""
    return subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env=ENVIRONMENT | looks,
    )


def on_a_terminal(*arguments: str, columns: int = 80, **looks: str) -> list[str]:
    """Return the lines that a command prints on a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (25, columns))
    with subprocess.Popen(
        [sys.executable, "-m", "isorate", *arguments],
        stdout=theirs,
        env=ENVIRONMENT | {"TERM": "xterm"} | looks,
    ):
        os.close(theirs)
        printed = b""
        while True:
            try:
                printed += os.read(ours, 1 << 16)
            except OSError:  # nobody has it open any longer
                break
    os.close(ours)
    return printed.decode().splitlines()


# --- terminals and pipes --------------------------------------------------------------------------


def test_a_terminal_gets_lines_that_fit_and_code_that_can_be_copied() -> None:
    lines = on_a_terminal("compare", CHAIN, B, NO_COLOR="1", TERM="dumb")
    code = [line for line in lines if line.endswith("(float64)")]
    assert len(code) == 2
    assert all(len(line) <= 80 for line in lines if line not in code)
    assert not any(line.endswith(" ") for line in lines)
    assert "\x1b" not in "".join(lines)
    styled = on_a_terminal("show", CHAIN)
    assert "\x1b[2mdialect\x1b[0m       torch, as of 2.13.0" in styled


def test_a_pipe_gets_lines_that_are_neither_folded_nor_padded() -> None:
    lines = isorate("compare", CHAIN, B, COLUMNS="40").stdout.splitlines()
    facts = [line for line in lines if line.startswith(("run", "shape", "clock", "start", "order"))]
    assert len(facts) == 5
    assert max(map(len, facts)) > 120
    assert not any(line.endswith((" ", "⠀")) for line in lines)


def test_words_are_folded_whole_and_longer_ones_at_their_seams() -> None:
    assert list(folded("one two three", 7)) == ["one two", "three"]
    assert list(folded("a torch.optim.lr_scheduler.X(1.25)", 12)) == [
        "a torch.", "optim.lr_", "scheduler.X(", "1.25)",
    ]  # fmt: skip
    assert list(folded("1,234,567.25", 6)) == ["1,234,", "567.25"]
    assert "".join(folded("x" * 25, 10)) == "x" * 25
    assert list(folded("", 10)) == [""]


@pytest.mark.parametrize("columns", ["0", "²", "9" * 5000])
def test_a_width_that_is_none(columns: str) -> None:
    done = isorate("show", A, "--updates", "6", COLUMNS=columns, LINES=columns)
    assert (done.returncode, done.stderr) == (0, "")
    assert "update  rate" in done.stdout


# --- encodings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "looks", ["PYTHONIOENCODING=ascii", "PYTHONIOENCODING=ascii:strict", "LC_ALL=C", "LANG=C"]
)
def test_ascii_where_nothing_else_can_be_printed(looks: str) -> None:
    done = shell(f"{looks} {ISORATE} compare '{CHAIN}' '{B}'")
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert "\\u" not in done.stdout
    plot = [
        line for line in done.stdout.splitlines() if line[5:6] in ("|", "+") or line[5:7] == "+-"
    ]
    assert len(plot) == 15
    assert {"_", "'", "|"} <= set("".join(plot))
    assert "^ update" in done.stdout
    wrong = shell(f"{looks} {ISORATE} show 'StepLR(3·π)'")
    assert wrong.returncode == 2
    assert wrong.stderr.isascii()
    assert wrong.stderr.count("\n") == 1


def test_json_says_the_same_in_every_encoding() -> None:
    arguments = ("dialects", "--json")
    full, ascii_only = isorate(*arguments), isorate(*arguments, PYTHONIOENCODING="ascii")
    assert ascii_only.stdout.isascii()
    assert not full.stdout.isascii()
    assert json.loads(full.stdout) == json.loads(ascii_only.stdout)


def test_cp1252_keeps_what_it_has() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "isorate", "show", CHAIN],
        capture_output=True,
        env=ENVIRONMENT | {"PYTHONIOENCODING": "cp1252"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "0.064 … 0.0993844" in done.stdout.decode("cp1252")


def test_every_sign_in_the_sources_has_one_in_ascii() -> None:
    sources = Path(__file__).parents[1] / "src" / "isorate"
    text = SUPERSCRIPT.sub("", "".join(path.read_text() for path in sources.rglob("*.py")))
    signs = set(text)
    assert [sign for sign in signs if "\\" in _ascii(sign) and sign != "\\"] == []
    assert "".join(map(_ascii, "⣀⡠⠤⠒⠉⡇⠀½")) == "_..-'| 1/2"


def test_what_was_typed_is_escaped_where_it_cannot_be_printed() -> None:
    for typed, shown in (("shöw", r"sh\xf6w"), ("ｓhow", r"\uff53how"), ("ﬁt", r"\ufb01t")):
        done = isorate(typed, PYTHONIOENCODING="ascii")
        assert (done.returncode, f"there is no command '{shown}'" in done.stderr) == (2, True)


def test_a_file_may_begin_with_a_mark_of_its_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(A, encoding="utf-8-sig")
    assert isorate("show", "@a.txt", cwd=tmp_path).returncode == 0
    (tmp_path / "a.txt").write_text(A, encoding="utf-16")
    assert "is not UTF-8 text" in isorate("show", "@a.txt", cwd=tmp_path).stderr


# --- characters that a terminal acts upon ---------------------------------------------------------


def test_nothing_raw_reaches_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("call.txt").write_text(f"LambdaLR(lambda t: t**2 if t and '{RAW}' else 1)")
    Path("log.csv").write_text(f"{RAW},b\n1,2\n")
    for arguments in (
        ["show", "@call.txt", "--lr", "0.1"],
        ["show", "@call.txt", "--lr", "0.1", "--json"],
        ["show", RAW],
        ["show", f"@{RAW}"],
        [RAW],
        ["show", A, f"--{RAW}"],
        ["show", A, "--dialect", RAW],
        ["show", A, "--plot", f"{RAW}.html"],
        ["show", "ReduceLROnPlateau()", "--lr", "0.1", "--metrics", "log.csv:c"],
        ["mapping", "torch", "mindspore", RAW],
    ):
        run(arguments)
        printed = "".join(capsys.readouterr())
        assert re.search(r"x1b|u001b|U\+001B", printed), arguments
        assert not set(RAW) & set(printed), arguments
    assert Path(f"{RAW}.html").exists()


def test_bytes_that_are_no_text() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "isorate", "show", b"StepLR(3, '\xff\x1b')"],
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("isorate: the call is not UTF-8 text: got")


# --- pipes that are closed, full or endless -------------------------------------------------------


@pytest.mark.parametrize("options", ["", "--json", "--help"])
def test_a_reader_that_has_gone_gets_no_verdict(options: str) -> None:
    """Bash waits until the reader has gone, so that nothing can still be written to it."""
    late = "import runpy, sys, time; time.sleep(0.5); runpy.run_module('isorate')"
    done = shell(f"{sys.executable} -c \"{late}\" compare '{A}' '{B}' {options} | exec true")
    assert (done.returncode, done.stderr) == (2, "")


@pytest.mark.parametrize(
    "command",
    [f"compare '{A}' '{B}' >/dev/full", "dialects --json >/dev/full", "-h >/dev/full", "-h >&-"],
)
def test_output_that_cannot_be_written_is_one_line(command: str) -> None:
    done = shell(f"{ISORATE} {command}")
    assert done.returncode == 2
    assert done.stderr.startswith("isorate: cannot write to standard output: ")
    assert done.stderr.count("\n") == 1


def test_errors_never_go_to_standard_output() -> None:
    for where in ("2>&-", "2>/dev/full"):
        done = shell(f"{ISORATE} show 'StepLR(' {where}")
        assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def test_input_that_is_closed_or_has_no_end() -> None:
    done = shell(f"{ISORATE} show - <&-")
    assert (done.returncode, done.stderr) == (
        2,
        "isorate: cannot read standard input: it is closed\n",
    )
    done = shell(f"ulimit -v 4000000; {ISORATE} show - < <(yes)")
    assert done.returncode == 2
    assert "standard input is too long to read: required at most 1 MiB" in done.stderr


# --- interrupts -----------------------------------------------------------------------------------


def heeding() -> None:
    """Take interrupts, though a shell that starts the tests in the background lets none through."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_is_one_line_and_130(tmp_path: Path) -> None:
    """Of one that waits for a pipe that nobody writes to, and of one that computes."""
    os.mkfifo(tmp_path / "pipe")
    for arguments in (
        ("show", f"@{tmp_path / 'pipe'}"),
        ("show", "StepLR(3)", "--lr", "0.1", "--at", "999999999"),
    ):
        with subprocess.Popen(
            [sys.executable, "-m", "isorate", *arguments],
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heeding,
        ) as process:
            time.sleep(1.5)  # enough to be at it; if it is not yet, the answer is the same
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            assert process.stderr.read() == "isorate: interrupted\n"
        assert process.returncode == 130


def test_an_interrupt_while_modules_are_loaded() -> None:
    """What raises it is the import of click, so that no clock decides where."""
    code = """
import sys

class Stop:
    def find_spec(self, name, *_):
        if name == "click":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Stop())
from isorate.cli import main
main(["show", "StepLR(3)"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "isorate: interrupted\n")


# --- files that are written -----------------------------------------------------------------------


def plotted(path: Path | str) -> subprocess.CompletedProcess[str]:
    return isorate("show", A, "--updates", "6", "--json", "--plot", str(path))


def test_a_link_is_written_through_and_a_mode_kept(tmp_path: Path) -> None:
    link, target = tmp_path / "link.html", tmp_path / "target.html"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target.name)
    assert plotted(link).returncode == 0
    assert link.is_symlink()
    assert target.read_text().startswith("<!doctype")
    assert target.stat().st_mode & 0o777 == 0o640
    dangling = tmp_path / "dangling.html"
    dangling.symlink_to("fresh.html")
    assert plotted(dangling).returncode == 0
    assert (tmp_path / "fresh.html").read_text().startswith("<!doctype")
    assert dangling.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["link.html", "target.html", "dangling.html", "fresh.html"]
    )


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    for name, device in (("null", "/dev/null"), ("out", "/dev/stdout")):
        (tmp_path / f"{name}.html").symlink_to(device)
    assert plotted(tmp_path / "null.html").returncode == 0
    assert (tmp_path / "null.html").is_symlink()
    command = f"{ISORATE} show '{A}' --updates 6 --json --plot {tmp_path}/out.html"
    piped = shell(command)
    assert piped.returncode == 0
    shell(f"{command} > {tmp_path}/both.txt")
    both = (tmp_path / "both.txt").read_text()
    assert both == piped.stdout
    assert both.startswith("<!doctype")
    assert json.loads(both.splitlines()[-1])["dtype"] == "float64"


def test_a_demo_that_can_write_nothing_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "torch-mindspore.html").mkdir()
    done = isorate("demo", "--output", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("isorate: cannot write ")
    assert done.stderr.count("\n") == 1
