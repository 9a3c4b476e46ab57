"""What trainers make of one recipe, and the keys that say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.configs.configuration import with_point

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from isorate.reports.paper import Paper
    from isorate.spelling import Told


def curves(paper: Paper, found: Sequence[tuple[NDArray[np.floating[Any]], list[Told]]]) -> None:
    """Print which curves one recipe is, and who trains with each."""
    rows: list[tuple[str, ...]] = [("", "update 0", "update 1", "highest", "halfway", "last")]
    for number, (rates, _) in enumerate(found):
        at = int(rates.argmax())
        cells = [f"{rates[each]:.6g}" for each in (0, 1, len(rates) // 2, -1)]
        rows.append((str(number + 1), *cells[:2], f"{rates[at]:.6g} at {at}", *cells[2:]))
    paper.table(rows)
    paper.line()
    paper.rows([(str(number), who(told)) for number, (_, told) in enumerate(found, 1)])


def who(told: Sequence[Told]) -> str:
    """Return whose ways to say a recipe they are, and the keys that tell one from the usual way.

    Example:
        >>> from isorate.spelling import Told
        >>> who([Told("litgpt", {}, {}), Told("timm", {"warmup_prefix": True}, {})])
        'litgpt; timm with warmup_prefix: True'

    """
    found: dict[str, list[str]] = {}
    for each in told:
        own = ", ".join(f"{key}: {value}" for key, value in unusual(each))
        found.setdefault(own, []).append(each.trainer)
    said = ((", ".join(names), f" with {own}" if own else "") for own, names in found.items())
    return "; ".join(names + own for names, own in said)


def unusual(told: Told) -> list[tuple[str, str]]:
    """Return the keys that tell a way from the trainer's first."""
    usual = dict(flat(told.first))
    return [(key, value) for key, value in flat(told.keys) if usual.get(key) != value]


def flat(keys: Mapping[str, Any], home: str = "") -> Iterator[tuple[str, str]]:
    """Visit keys and values as they are written down: numbers so that YAML takes them for one."""
    for key, value in keys.items():
        if isinstance(value, dict):
            yield from flat(value, f"{home}{key}.")
        else:
            yield home + key, with_point(value) if isinstance(value, float) else str(value)
