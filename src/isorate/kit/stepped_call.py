"""A call that changes an optimizer's rates: what torch's and MindSpore's schedulers share."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from isorate.kit.boundary import LIMIT, Fault
from isorate.kit.call import Call
from isorate.kit.objects import halting
from isorate.kit.optimizer import Optimizer
from isorate.kit.writing import source
from isorate.schedule.errors import RunError


class SteppedCall(Call, frozen=True):
    """A call that acts on an optimizer's groups: built on them, then stepped by the loop."""

    @property
    def held(self) -> Optimizer:
        """The optimizer whose rates it changes."""
        optimizer: Optimizer = self.optimizer  # type: ignore[attr-defined]
        return optimizer

    def build(self) -> Any:
        """Build the scheduler, or raise what building it raises."""
        raise NotImplementedError

    def step_once(self, built: Any) -> None:
        """Take a first step, or raise what it raises."""
        raise NotImplementedError

    def fault(self) -> Fault | None:
        """Build the scheduler and step it once, as the framework would; what is raised is it."""
        when = "on construction"
        try:
            with np.errstate(all="ignore"):
                built = self.build()
                when = "on the first step"
                self.step_once(built)
        except Exception as error:
            halt = halting(error)
            if halt.error == LIMIT:
                raise RunError(f"Isorate does not follow {self.name} {when}: {halt.text}") from None
            kind = getattr(builtins, halt.error) if halt is error else type(error)
            return Fault(kind, self.blamed(halt.text), when)
        return None

    def blamed(self, text: str) -> str:
        """Add the arguments to a message that does not name them."""
        if "=" in text:
            return text
        given = {n: v for n, v in self.arguments().items() if not isinstance(v, Optimizer)}
        return f"{text} ({', '.join(f'{name}={source(value)}' for name, value in given.items())})"
