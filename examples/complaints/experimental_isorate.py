"""A cosine where it reaches its minimum after 13 000 updates, and one after 2**24 updates."""

import math

import mindspore
from mindspore import Tensor
from mindspore.experimental import optim
from isorate.mindspore.experimental import CosineAnnealingLR


def formula(T_max, step):
    return 0.1 * (1 + math.cos(math.pi * (step % (2 * T_max)) / T_max)) / 2


for T_max, first in ((13_000, 12_997), (10, 2**24 - 2)):
    parameter = mindspore.Parameter(Tensor(0.0), name="parameter")
    group = {"params": [parameter], "lr": formula(T_max, first - 1), "initial_lr": 0.1}
    optimizer = optim.SGD([group], lr=0.1)
    scheduler = CosineAnnealingLR(optimizer, T_max, last_epoch=first - 1)
    print(f"T_max={T_max}, from update {first}")
    print("  formula: ", *(f"{formula(T_max, first + k):.1e}" for k in range(6)))
    print("  computed:", end="")
    for _ in range(6):
        print(f" {optimizer.param_groups[0]['lr'].asnumpy().item():.1e}", end="")
        scheduler.step()
    print(f"\n  its counter stands at {int(scheduler.last_epoch)} of {first + 6}")
