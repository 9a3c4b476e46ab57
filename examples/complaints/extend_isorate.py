"""The same run: three ways to make it longer, each with what it would do to the rate."""

import torch
from isorate.torch import CosineAnnealingLR

optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
scheduler = CosineAnnealingLR(optimizer, T_max=100)
for _ in range(80):
    optimizer.step()
    scheduler.step()

plans = [
    scheduler.extend(200, "stretch"),
    scheduler.extend(200, "hold", over=20),
    scheduler.extend(200, "rewarm", over=10),
]
for plan in plans:
    print(plan)
plans[-1].apply()

print("update             80     81    100    150    199")
for plan in plans:
    rates = (plan.schedule.at(update) for update in (80, 81, 100, 150, 199))
    print(f"{plan.way:17}", *(f"{rate:.4f}" for rate in rates))
