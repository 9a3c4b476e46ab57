"""Run the code of the mapping pages in the real frameworks and record what it prints.

    python tools/record.py            record every page
    python tools/record.py --check    run again and fail where the output differs

Each snippet runs in a process of its own, so that no framework sees another.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import msgspec

from isorate.mappings import MappingPage, Snippet, pages

FOLDER = Path(__file__).resolve().parents[1] / "src" / "isorate" / "mappings"


def output_of(snippet: Snippet) -> str:
    """Return what a snippet prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", snippet.code],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{snippet.name} failed:\n{done.stderr}")
    return done.stdout.rstrip("\n")


def recording(page: MappingPage) -> dict[str, dict[str, object]]:
    """Return a page's recording: the versions, and every snippet's code and output."""
    outputs = {s.name: {"code": s.code, "output": output_of(s)} for s in page.snippets()}
    versions = {name: {"version": version(name).partition("+")[0]} for name in (page.a, page.b)}
    return {"frameworks": dict(versions), "outputs": dict(outputs)}


def main() -> int:
    """Record, or check what is recorded."""
    check = "--check" in sys.argv[1:]
    stale = False
    for page in pages().values():
        path = FOLDER / f"{page.slug.replace('-', '_')}.json"
        fresh = msgspec.json.format(msgspec.json.encode(recording(page)), indent=2) + b"\n"
        if check:
            stale |= path.read_bytes() != fresh
            print(f"{path.name}: {'STALE' if path.read_bytes() != fresh else 'as recorded'}")
        else:
            path.write_bytes(fresh)
            print(f"recorded {path.name}")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
