"""What a checkpoint holds of a schedule: the states of schedulers, and the rates of optimizers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from os import PathLike

#: How the names of checkpoints end.
ENDINGS: Final = (".pt", ".pth", ".ckpt", ".tar", ".bin", ".pkl", ".pickle",
                   ".pdopt", ".keras")  # fmt: skip
#: How a protobuf of parameters begins.
PROTOBUF: Final = b"\n"
#: How an archive begins that has a pickle, and how a pickle does.
BEGINNINGS: Final = (b"PK\x03\x04", b"\x80", PROTOBUF)

#: How a file begins that only says where another is kept.
POINTER: Final = b"version https://git-lfs"
#: What a checkpoint is.
REQUIRED: Final = "what torch.save, pickle, Keras or mindspore.save_checkpoint wrote"


def is_pointer(path: str | PathLike[str]) -> bool:
    """Whether a file stands for another, which Git LFS keeps."""
    with open(path, "rb") as file:
        return file.read(len(POINTER)) == POINTER


def is_checkpoint(path: str | PathLike[str]) -> bool:
    """Whether a path is that of a file that may be a checkpoint, by its name and its beginning."""
    text = os.fspath(path)
    if not text.lower().endswith(ENDINGS):
        return False
    try:
        with open(text, "rb") as file:
            return file.read(4).startswith(BEGINNINGS)
    except (OSError, ValueError):
        return False
