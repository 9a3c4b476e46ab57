"""``torch`` with Isorate's CosineAnnealingLR in its place, for whoever imports it from here."""

from types import ModuleType

import torch as real

from isorate.torch import CosineAnnealingLR


class View(ModuleType):
    """A module seen through: everything of ``module``, but for the names given."""

    def __init__(self, module, **names):
        super().__init__(module.__name__)
        self.__dict__.update(names, seen=module)

    def __getattr__(self, name):
        return getattr(self.seen, name)


schedulers = View(real.optim.lr_scheduler, CosineAnnealingLR=CosineAnnealingLR)
torch = View(real, optim=View(real.optim, lr_scheduler=schedulers))
