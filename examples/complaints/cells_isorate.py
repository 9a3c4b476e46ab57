"""A cosine from 0.1 to 0 within a million updates, as a cell: the end of it."""

import math

from mindspore import Tensor, int32
from isorate.mindspore import ScheduleLR

T = 1_000_000
rates = ScheduleLR(f"CosineDecayLR(0.0, 0.1, {T})")
print("updates to go     rate  by the formula")
for to_go in (1000, 100, 70, 10, 1):
    rate = rates(Tensor(T - to_go, int32)).item()
    formula = 0.1 * math.sin(math.pi * to_go / (2 * T)) ** 2
    print(f"{to_go:13} {rate:8.2g}  {formula:.2g}")
