"""Run the code of the mapping pages and of the complaints, and record what it gives.

    python tools/record.py            record everything
    python tools/record.py --check    run again and fail where the output differs

Each framework has a process of its own, so that none sees another; each snippet of a mapping page
has a namespace of its own, each program on a complaint a process.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import complaints
import msgspec

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from isorate.mappings import Driven, MappingPage, Snippet, pages  # noqa: E402

FOLDER = ROOT / "src" / "isorate" / "mappings"
FRAMEWORKS = ("torch", "mindspore")


def output_of(snippet: Snippet | Driven) -> str:
    """Return what a snippet prints, or a call's rates and what it raises after them."""
    if isinstance(snippet, Driven):
        from tests.conformance.frameworks import drive

        seen = drive(snippet.code, snippet.run, framework=snippet.framework)
        rates = [str(rate) for rate in seen.rates[0]]
        raised = [] if seen.error is None else [f"then {seen.error}"]
        return ", ".join([*rates, *raised])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(snippet.code, snippet.name, "exec"), {"__name__": "__main__"})
    return printed.getvalue().rstrip("\n")


def outputs_of(framework: str) -> dict[str, dict[str, str]]:
    """Return, by page, the output of everything on it that one framework runs."""
    if framework == "mindspore":
        from tests.conformance.cases.mindspore import mindspore

        mindspore()
    return {
        page.subject: {s.name: output_of(s) for s in page.snippets() if s.framework == framework}
        for page in pages().values()
    }


def run_apart(framework: str) -> dict[str, dict[str, str]]:
    """Return the same, from a process in which only that framework is loaded."""
    done = subprocess.run(
        [sys.executable, __file__, "--only", framework],
        stdout=subprocess.PIPE,
        timeout=300,
        check=False,
        env={**os.environ, "GLOG_v": "4"},
    )
    if done.returncode:
        raise SystemExit(f"a snippet of {framework} failed")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=dict[str, dict[str, str]])


def recording(page: MappingPage, outputs: dict[str, dict[str, dict[str, str]]]) -> bytes:
    """Return a page's recording: the versions, and every snippet's code and output."""
    entries = {
        s.name: {"code": s.code, "output": outputs[s.framework][page.subject][s.name]}
        for s in page.snippets()
    }
    versions = {name: {"version": version(name).partition("+")[0]} for name in (page.a, page.b)}
    document = {"frameworks": versions, "outputs": entries}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def main() -> int:
    """Record, or check what is recorded."""
    if "--only" in sys.argv[1:]:
        print(msgspec.json.encode(outputs_of(sys.argv[-1])).decode())
        return 0
    outputs = {framework: run_apart(framework) for framework in FRAMEWORKS}
    documents = {
        FOLDER / f"{page.subject.replace('-', '_')}.json": recording(page, outputs)
        for page in pages().values()
    }
    documents[complaints.RECORDED] = complaints.recording()
    stale = False
    for path, fresh in documents.items():
        if "--check" in sys.argv[1:]:
            same = path.exists() and path.read_bytes() == fresh
            stale |= not same
            print(f"{path.name}: {'as recorded' if same else 'STALE'}")
        else:
            path.write_bytes(fresh)
            print(f"recorded {path.name}")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
