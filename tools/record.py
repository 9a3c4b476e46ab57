"""Run the programs of the complaints, and record what they print.

    python tools/record.py            record everything
    python tools/record.py --check    run again and fail where the output differs

Each program has a process of its own. The conformance tests run the code of the mapping pages.
"""

from __future__ import annotations

import sys

import complaints


def main() -> int:
    """Record, or check what is recorded."""
    path, fresh = complaints.RECORDED, complaints.recording()
    if "--check" not in sys.argv[1:]:
        path.write_bytes(fresh)
        print(f"recorded {path.name}")
        return 0
    same = path.exists() and path.read_bytes() == fresh
    print(f"{path.name}: {'as recorded' if same else 'STALE'}")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
