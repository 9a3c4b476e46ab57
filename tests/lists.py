"""Functions that fill a list of rates, as training scripts for MindSpore have them.

Each text fills ``lr``; what the list is, piece by piece, stands beside it.
"""

from __future__ import annotations

from typing import Any

#: How such a script hands its list over.
USED = """
from mindspore import Tensor, nn
optimizer = nn.Momentum(net.trainable_params(), Tensor(lr), 0.9)
"""

WARMUP_COSINE = """
import math
def get_lr(init, end, peak, warmup_epochs, epochs, steps):
    rates = []
    total, warmup = epochs * steps, warmup_epochs * steps
    for i in range(total):
        if i < warmup:
            rate = init + (peak - init) * i / warmup
        else:
            done = (i - warmup) / (total - warmup)
            rate = end + (peak - end) * (1.0 + math.cos(math.pi * done)) / 2.0
        rates.append(rate)
    return rates
lr = get_lr(0.0, 0.0, 0.1, 5, 90, 20)
"""

WARMUP_COSINE_BY_EPOCH = """
import math
def get_lr(base, steps, warmup_epochs, epochs, floor=0.0):
    per_epoch = []
    total, warmup = int(epochs * steps), int(warmup_epochs * steps)
    for i in range(total):
        at = i // steps
        if i < warmup:
            rate = (i + 1) * (base / warmup)
        else:
            rate = floor + (base - floor) * (1.0 + math.cos(math.pi * at / epochs)) / 2
        per_epoch.append(rate)
    return per_epoch
lr = get_lr(0.4, 25, 4, 60)
"""

WARMUP_STEP = """
def get_lr(peak, warmup, total, shares=(0.3, 0.6, 0.8)):
    bounds = [int(share * total) for share in shares]
    rates = []
    for i in range(total):
        if i < warmup:
            rates.append(peak * (i + 1) / warmup)
            continue
        drops = sum(1 for bound in bounds if i >= bound)
        rates.append(peak * 0.1 ** drops)
    return rates
lr = get_lr(0.05, 40, 1000)
"""

WARMUP_POLY = """
def get_lr(low, peak, warmup, total, power=2.0):
    rates = []
    slope = (peak - low) / warmup if warmup else 0
    for i in range(total):
        if i < warmup:
            rate = low + slope * i
        else:
            left = 1.0 - (i - warmup) / (total - warmup)
            rate = max(peak * left ** power, 0.0)
        rates.append(rate)
    return rates
lr = get_lr(0.01, 0.1, 100, 1100)
"""

WARMUP_POLY_TO_A_FLOOR = """
lr = []
for i in range(1000):
    if i < 50:
        lr.append(0.02 * (i + 1) / 50)
    else:
        lr.append(1e-4 + (0.02 - 1e-4) * (1 - (i - 50) / 950) ** 0.9)
"""

WARMUP_EXPONENTIAL = """
import math
def get_lr(peak, warmup_epochs, epochs, steps, gamma=0.94):
    rates = []
    for i in range(epochs * steps):
        epoch = math.floor(i / steps)
        if epoch < warmup_epochs:
            rates.append(peak * (i + 1) / (warmup_epochs * steps))
        else:
            rates.append(peak * gamma ** epoch)
    return rates
lr = get_lr(0.1, 2, 40, 30)
"""

EXPONENTIAL_WARMUP = """
lr = []
for i in range(600):
    if i < 100:
        lr.append(1e-4 * (0.1 / 1e-4) ** (i / 100))
    else:
        lr.append(0.1 * (1 - (i - 100) / 500))
"""

ONE_CYCLE = """
import math
def anneal(start, end, share):
    return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)
lr, total = [], 800
up = int(0.3 * total)
for i in range(total):
    if i < up:
        lr.append(anneal(0.004, 0.1, i / up))
    else:
        lr.append(anneal(0.1, 1e-5, (i - up) / (total - up - 1)))
"""

RESTARTS = """
import math
lr, cycle = [0.1 * (i + 1) / 20 for i in range(20)], 50
for turn in range(4):
    lr += [1e-3 + (0.1 - 1e-3) * (1 + math.cos(math.pi * i / cycle)) / 2 for i in range(cycle)]
    cycle *= 2
"""

INVERSE_ROOT = """
def get_lr(width, warmup, total):
    rates = []
    for i in range(1, total + 1):
        rates.append(width ** -0.5 * min(i ** -0.5, i * warmup ** -1.5))
    return rates
lr = get_lr(512, 400, 3000)
"""

WARMUP_HOLD_DECAY = """
lr = [3e-4 * min(1.0, (i + 1) / 50, (1000 - i) / 200) for i in range(1000)]
"""

ALREADY_BEGUN = """
import math
lr = []
for i in range(1000):
    lr.append(0.1 * i / 100 if i < 100 else 0.05 * (1 + math.cos(math.pi * (i - 100) / 900)))
lr = lr[250:]
"""

#: Each text, and the shapes that its list is: the first update of each, and what it is.
LISTS: dict[str, tuple[str, list[tuple[int, str]]]] = {
    "warmup, cosine": (
        WARMUP_COSINE,
        [(0, "a line from 0 to 0.1 in 100 updates"),
         (100, "a cosine from 0.1 to 0 in 1700 updates")],
    ),
    "warmup, cosine by the epoch": (
        WARMUP_COSINE_BY_EPOCH,
        [
            (0, "a line from 0.004 to 0.4 in 99 updates"),
            (100, "a cosine from 0.4 to 0 in 1500 updates, of which 100 updates are over before, "
            "in stairs of 25 updates"),
        ],
    ),
    "warmup, steps": (
        WARMUP_STEP,
        [(0, "a line from 0.00125 to 0.05 in 39 updates"),
         (300, "0.005, 0.0005 from 300 on, 5e-05 from 500 on")],
    ),
    "warmup, square": (
        WARMUP_POLY,
        [(0, "a line from 0.01 to 0.1 in 100 updates"),
         (100, "a polynomial of power 2 from 0.1 to 0 in 1000 updates")],
    ),
    "warmup, power to a floor": (
        WARMUP_POLY_TO_A_FLOOR,
        [(0, "a line from 0.0004 to 0.02 in 49 updates"),
         (50, "a polynomial of power 0.9 from 0.02 to 0.0001 in 950 updates")],
    ),
    "warmup, exponential": (
        WARMUP_EXPONENTIAL,
        [(0, "a line from 0.00166667 to 0.1 in 59 updates"),
         (60, "0.08836, times 0.94 once in 30 updates")],
    ),
    "exponential warmup, line": (
        EXPONENTIAL_WARMUP,
        [(0, "0.0001, times 1000 in 100 updates"), (100, "a line from 0.1 to 0 in 500 updates")],
    ),
    "one cycle": (
        ONE_CYCLE,
        [(0, "a cosine from 0.004 to 0.1 in 240 updates"),
         (240, "a cosine from 0.1 to 1e-05 in 559 updates")],
    ),
    "warmup, restarts": (
        RESTARTS,
        [(0, "a line from 0.005 to 0.1 in 19 updates"),
         (20, "a cosine from 0.1 to 0.001 in 50 updates, again and again, each time 2 times as "
          "long")],
    ),
    "inverse root": (
        INVERSE_ROOT,
        [(0, "a line from 5.52427e-06 to 0.00220971 in 399 updates"),
         (399, "0.00220971 · ((t + 400) / 400) ** -0.5")],
    ),
    "warmup, hold, line": (
        WARMUP_HOLD_DECAY,
        [(0, "a line from 6e-06 to 0.0003 in 49 updates"),
         (800, "a line from 0.0003 to 0 in 200 updates")],
    ),
    "already begun": (
        ALREADY_BEGUN,
        [(0, "a cosine from 0.1 to 0 in 900 updates, of which 150 updates are over before")],
    ),
}  # fmt: skip


def numbers(text: str) -> list[float]:
    """Run a text and return the list that it fills."""
    scope: dict[str, Any] = {}
    exec(text, scope)
    found: list[float] = scope["lr"]
    return found
