"""Writing a report to a file: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from isorate.core.errors import ReportError


def write(path: Path, content: str | bytes) -> None:
    """Write a file in one step: a reader sees the old one or the new one, never half of it.

    Raises:
        ReportError: the folder is missing, or the file cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.is_dir():
        raise ReportError(f"cannot write {path}", required="a file", got="a folder")
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(data)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise ReportError(f"cannot write {path}: {reason.lower()}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
