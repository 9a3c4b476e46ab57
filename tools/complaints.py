"""The pages on complaints: what their programs printed, and where it stands.

A page of ``docs/complaints/`` is written by hand but for its blocks: a link to a program of
``examples/complaints/``, the program, and what it printed. A program that differs in a few lines
from the one that shows the same today is those lines, a ``.diff``. ``tools/record.py`` runs the
programs and records what they print; ``tools/docs.py`` writes the blocks anew.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / "examples" / "complaints"
PAGES = ROOT / "docs" / "complaints"
RECORDED = PROGRAMS / "recorded.json"

#: What a program may need besides Isorate; the output is that of these versions.
LIBRARIES = ("torch", "accelerate", "transformers", "mindspore")

#: How many seconds programs may take before they count as stuck.
PATIENCE = 120

BLOCK = re.compile(
    r"^\[`(?P<name>\w+\.(?:py|diff))`\]\([^\n]*\n\n"
    r"```(?:python|diff)\n.*?^```\n\n"
    r"```text\n.*?^```$",
    re.DOTALL | re.MULTILINE,
)

#: Runs programs one after another, each in a namespace of its own, and says which one prints.
RUNNER = """
import runpy, sys
for program in sys.argv[1:]:
    print(program, end="\\0", flush=True)
    runpy.run_path(program, run_name="__main__")
    print(end="\\0", flush=True)
"""


class Recording(msgspec.Struct):
    """What a program printed.

    Args:
        code: the SHA-256 of the program.
        versions: the version of each library that it needs.
        output: what it printed.

    """

    code: str
    versions: dict[str, str]
    output: str


def programs() -> list[Path]:
    """Return all programs, by name."""
    return sorted([*PROGRAMS.glob("*.py"), *PROGRAMS.glob("*.diff")])


def code_of(program: Path) -> str:
    """Return the code of a program: its text, or that of today's with the lines that differ."""
    if program.suffix == ".py":
        return program.read_text()
    before = today(program).read_text().splitlines(keepends=True)
    after: list[str] = []
    done = 0
    for hunk in re.split(r"^@@ -", program.read_text(), flags=re.MULTILINE)[1:]:
        head, *lines = hunk.splitlines(keepends=True)
        begin, _, length = head.split(" ")[0].partition(",")
        start = int(begin) - (length != "0")  # where nothing is taken away, the line before
        after += before[done:start]
        after += [line[1:] for line in lines if line[0] == "+"]
        done = start + sum(line[0] == "-" for line in lines)
    return "".join(after + before[done:])


def needs(code: str) -> tuple[str, ...]:
    """Return the libraries that a program imports, those behind ``isorate`` included.

    Example:
        >>> needs("from isorate.torch import StepLR")
        ('torch',)

    """
    modules = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            modules += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules.append(node.module or "")
    parts = {part for module in modules for part in module.split(".")[:2]}
    return tuple(library for library in LIBRARIES if library in parts)


def digest(program: Path) -> str:
    """Return what tells one version of a program from another."""
    return sha256(code_of(program).encode()).hexdigest()


def run(group: Sequence[Path]) -> dict[Path, str]:
    """Run programs in a process and a folder of their own, and return what each printed.

    Raises:
        SystemExit: one failed.

    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, program.name).with_suffix(".py") for program in group]
        for path, program in zip(paths, group, strict=True):
            path.write_text(code_of(program))
        done = subprocess.run(
            [sys.executable, "-c", RUNNER, *map(str, paths)],
            cwd=folder,
            env={**os.environ, "GLOG_v": "4"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    *printed, _ = done.stdout.split("\0")
    if done.returncode:
        raise SystemExit(f"{printed[-1]} failed:\n{done.stderr}")
    outputs = ("\n".join(map(str.rstrip, text.splitlines())) for text in printed[1::2])
    return dict(zip(group, outputs, strict=True))


def recorded() -> dict[str, Recording]:
    """Return what is recorded, by the name of the program."""
    if not RECORDED.exists():
        return {}
    return msgspec.json.decode(RECORDED.read_bytes(), type=dict[str, Recording])


def recording() -> bytes:
    """Run all programs and return what is to be recorded.

    What cannot be run, for want of a library, is said, and stays as it was recorded.
    """
    found = recorded()
    alike: dict[tuple[str, ...], list[Path]] = {}
    for program in programs():
        alike.setdefault(needs(code_of(program)), []).append(program)
    for libraries, group in alike.items():
        try:
            versions = {name: version(name).partition("+")[0] for name in libraries}
        except PackageNotFoundError as missing:
            print(f"NOT RUN, as {missing.name} is not installed:", *(path.name for path in group))
            continue
        for program, output in run(group).items():
            found[program.name] = Recording(digest(program), versions, output)
    kept = {path.name: found[path.name] for path in programs() if path.name in found}
    return written(kept)


def written(recordings: dict[str, Recording]) -> bytes:
    """Return recordings as they are kept, by the name of the program."""
    return msgspec.json.format(msgspec.json.encode(recordings), indent=2) + b"\n"


def recording_of(program: Path) -> Recording:
    """Return what is recorded of a program as it now is.

    Raises:
        SystemExit: nothing is.

    """
    found = recorded().get(program.name)
    if found is None or found.code != digest(program):
        raise SystemExit(f"{program.name} is not recorded as it now is: make record")
    return found


def today(program: Path) -> Path:
    """Return the program that shows today what this one shows with Isorate."""
    return program.with_name(program.name.replace("_isorate", "_today")).with_suffix(".py")


def block(name: str) -> str:
    """Return a program as a page shows it: a link, its code or what is different, its output."""
    program = PROGRAMS / name
    recording = recording_of(program)
    versions = ", ".join(f"{library} {number}" for library, number in recording.versions.items())
    link = f"[`{name}`](../../examples/complaints/{name})"
    link += f" ({versions})" if versions else ""
    kind, code = "python", program.read_text()
    if program.suffix == ".diff":
        kind, link = "diff", f"{link} is `{today(program).name}` but for"
        lines = code.splitlines(keepends=True)[2:]
        code = "".join(line for line in lines if not line.startswith("@@"))
    return f"{link}:\n\n```{kind}\n{code}```\n\n```text\n{recording.output}\n```"


def pages() -> dict[Path, str]:
    """Return every page, with its blocks as they should be."""
    return {
        path: BLOCK.sub(lambda found: block(found["name"]), path.read_text())
        for path in sorted(PAGES.glob("*.md"))
    }
