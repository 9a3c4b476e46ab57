"""Writing a report to a file: whole, or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from isorate.schedule.errors import ReportError


def check(path: Path) -> None:
    """Refuse a file that cannot be written, as far as that shows before it is tried.

    Raises:
        ReportError: it is a folder, or write-protected, or its folder is missing.

    """
    if path.is_dir():
        raise ReportError(f"cannot write {path}", required="a file", got="a folder")
    if _real(path).is_symlink():
        raise ReportError(f"cannot write {path}: the link leads back to itself")
    if not _real(path).parent.is_dir():
        raise ReportError(f"cannot write {path}: there is no folder {_real(path).parent}")
    if path.exists() and not os.access(path, os.W_OK):
        raise ReportError(f"cannot write {path}: it is write-protected")


def write(path: Path, content: str | bytes) -> None:
    """Write a file in one step: a reader sees the old one or the new one, never half of it.

    A symbolic link stays, and what it leads to is written. A file that is there already keeps its
    mode. What is no file, as a pipe or a device, is written to as it is, and so is standard output.

    Raises:
        ReportError: the folder is missing, or the file cannot be written.

    """
    check(path)
    data = content.encode() if isinstance(content, str) else content
    try:
        known = path.stat() if path.exists() else None
        if known is None:
            _replace(_real(path), data, 0o666 & ~_umask())
        elif sys.stdout is not None and os.path.samestat(known, os.fstat(1)):
            sys.stdout.flush()  # and open it no second time, with a place of its own to write at
            with open(os.dup(1), "wb") as file:
                file.write(data)
        elif stat.S_ISREG(known.st_mode):
            _replace(_real(path), data, stat.S_IMODE(known.st_mode))
        else:
            path.write_bytes(data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReportError(f"cannot write {path}: {reason.lower()}") from None


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Write a file beside another one and put it in its place; leave nothing where that fails."""
    import tempfile

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".isorate-")
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
