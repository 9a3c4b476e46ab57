"""Keras' saved model: the schedule that its optimizer was compiled with.

``model.save("model.keras")`` writes an archive whose ``config.json`` has the optimizer's config,
and the schedule's in that. How often the optimizer has updated lies among the weights, which are
not read.

Source: ``keras/src/saving/saving_lib.py`` of Keras 3.15.1.
"""

from __future__ import annotations

import json
import zipfile
from typing import IO, TYPE_CHECKING, Any, Final

from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How its name ends.
ENDING: Final = ".keras"
CONFIG: Final = "config.json"
#: A longer config is none.
LONGEST: Final = 1 << 24


def states(file: IO[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Visit the optimizer that a model was compiled with, as a state, where it was compiled.

    Raises:
        ReadError: it is no such archive.

    """
    try:
        with zipfile.ZipFile(file) as archive, archive.open(CONFIG) as member:
            data = member.read(LONGEST + 1)
        whole = json.loads(data) if len(data) <= LONGEST else None
    except (KeyError, ValueError, OSError, RuntimeError, NotImplementedError, EOFError,
            RecursionError, zipfile.BadZipFile) as error:  # fmt: skip
        raise ReadError("it is no saved model", got=str(error)) from None
    compiled = whole.get("compile_config") if isinstance(whole, dict) else None
    optimizer = compiled.get("optimizer") if isinstance(compiled, dict) else None
    if isinstance(optimizer, dict):
        yield "compile_config.optimizer", {"document": optimizer}
