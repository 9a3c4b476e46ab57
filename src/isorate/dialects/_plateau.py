"""What schedulers that follow a metric share, where their arguments are torch's."""

from __future__ import annotations

from typing import Any

from isorate.dialects._base import Call, Fault, Optimizer, Plateau


def plateau_of(call: Any) -> Plateau:
    """Return what a scheduler with torch's arguments does on a plateau."""
    groups = call.optimizer.groups
    many = isinstance(call.min_lr, list | tuple)
    return Plateau(
        rates=tuple(group.lr for group in groups),
        mode=call.mode,
        factor=call.factor,
        patience=call.patience,
        threshold=call.threshold,
        threshold_mode=call.threshold_mode,
        cooldown=call.cooldown,
        least=tuple(call.min_lr) if many else (call.min_lr,) * len(groups),
        eps=call.eps,
    )


def plateau_said(cls: Any, plateau: Plateau) -> Call:
    """Return a scheduler with torch's arguments that does the same."""
    least = plateau.least
    call: Call = cls(
        Optimizer.of(*plateau.rates),
        plateau.mode,
        plateau.factor,
        plateau.patience,
        plateau.threshold,
        plateau.threshold_mode,
        plateau.cooldown,
        least[0] if len(set(least)) == 1 else list(least),
        plateau.eps,
    )
    return call


def plateau_fault(call: Any) -> Fault | None:
    """Return what building a scheduler that follows a metric raises, in torch's order."""
    try:
        if call.factor >= 1.0:
            return Fault(ValueError, f"factor={call.factor!r} is not below 1")
    except TypeError as error:
        return Fault(TypeError, f"factor={call.factor!r}: {error}")
    groups = len(call.optimizer.groups)
    if isinstance(call.min_lr, list | tuple) and len(call.min_lr) != groups:
        return Fault(ValueError, f"{len(call.min_lr)} min_lr for {groups} parameter groups")
    for name, known in (("mode", ("min", "max")), ("threshold_mode", ("rel", "abs"))):
        value = getattr(call, name)
        if value not in known:
            kind = ValueError if isinstance(value, str) else TypeError
            return Fault(kind, f"{name}={value!r} is neither {known[0]} nor {known[1]}")
    return None
