"""Isorate's own schedulers, the ones to train with: ``isorate.torch`` and ``isorate.mindspore``.

They are calls like any other: they can be read, compared, and are what a conversion offers where
the framework itself falls short. Their arithmetic is Isorate's own (``evaluate``), but for the
lists that have MindSpore's names, and its bits.
"""

from isorate._version import __version__
from isorate.dialects.isorate import mindspore, torch
from isorate.kit.registry import Dialect

DIALECT = Dialect(
    name="isorate",
    title="Isorate",
    version=__version__,
    precedence=1000,
    follower=torch.ScheduleLR,
    constructors=(
        torch.CosineAnnealingLR,
        torch.ScheduleLR,
        mindspore.cosine_decay_lr,
        mindspore.polynomial_decay_lr,
        mindspore.exponential_decay_lr,
        mindspore.natural_exp_decay_lr,
        mindspore.inverse_decay_lr,
        mindspore.piecewise_constant_lr,
        mindspore.warmup_lr,
        mindspore.ScheduleLR,
    ),
)
