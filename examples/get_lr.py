"""A list of rates as scripts for MindSpore fill it: a warmup, then half a cosine."""

import math

from mindspore import Tensor, nn
from network import net


def get_lr(peak, warmup_epochs, epochs, steps):
    """Return the rate of every update."""
    rates = []
    total, warmup = epochs * steps, warmup_epochs * steps
    for i in range(total):
        if i < warmup:
            rate = peak * (i + 1) / warmup
        else:
            rate = peak * (1 + math.cos(math.pi * (i - warmup) / (total - warmup))) / 2
        rates.append(rate)
    return rates


rates = get_lr(0.1, warmup_epochs=5, epochs=90, steps=1562)
optimizer = nn.Momentum(net.trainable_params(), Tensor(rates), 0.9)
