"""What a dialect is written with: the one thing that who adds a framework reads."""

from isorate.kit.boundary import Fault, Halting
from isorate.kit.call import Call, Composition, Lift
from isorate.kit.card import Card, Deviation, Proof, roles_of
from isorate.kit.match import Refusal
from isorate.kit.meaning import (
    Meaning,
    added,
    constant,
    cosine,
    exponential,
    inverse,
    join,
    line,
    multiplied,
    natural_exponential,
    polynomial,
    repeat,
    staircase,
    steps,
    triangles,
    until,
)
from isorate.kit.optimizer import Optimizer, Optimizers, ParamGroup
from isorate.kit.plateau import Feedback, Plateau
from isorate.kit.registry import Dialect, completed
from isorate.kit.unknown import ANY

__all__ = [
    "ANY", "Call", "Card", "Composition", "Deviation", "Dialect", "Fault", "Feedback", "Halting",
    "Lift", "Meaning", "Optimizer", "Optimizers", "ParamGroup", "Plateau", "Proof", "Refusal",
    "added", "completed", "constant", "cosine", "exponential", "inverse", "join", "line",
    "multiplied", "natural_exponential", "polynomial", "repeat", "roles_of", "staircase", "steps",
    "triangles", "until",
]  # fmt: skip
