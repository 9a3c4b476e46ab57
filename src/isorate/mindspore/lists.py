"""MindSpore's lists of rates for its optimizers, one rate an update; no MindSpore needed.

``lists.pyi`` has the signatures for editors and type checkers: ``make stubs``.
"""

from isorate.dialects import mindspore as calls
from isorate.mindspore._listing import listing

cosine_decay_lr = listing(calls.cosine_decay_lr)
exponential_decay_lr = listing(calls.exponential_decay_lr)
inverse_decay_lr = listing(calls.inverse_decay_lr)
natural_exp_decay_lr = listing(calls.natural_exp_decay_lr)
piecewise_constant_lr = listing(calls.piecewise_constant_lr)
polynomial_decay_lr = listing(calls.polynomial_decay_lr)
warmup_lr = listing(calls.warmup_lr)
