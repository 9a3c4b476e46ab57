"""Eight batches with a gradient scaler; the gradients of the first three overflow."""

import torch
from isorate.torch import ScheduleLR

parameter = torch.nn.Parameter(torch.zeros(1))
optimizer = torch.optim.SGD([parameter], lr=0.1)
scheduler = ScheduleLR(optimizer, "LinearLR(start_factor=0.2, total_iters=4)")
scaler = torch.amp.GradScaler("cpu")
optimizer.register_step_pre_hook(
    lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"])
)

rates = []
for batch in range(8):
    optimizer.zero_grad()
    loss = (parameter * (torch.inf if batch < 3 else 1.0)).sum()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    scheduler.step()
print(len(rates), "updates:", *(f"{rate:.3f}" for rate in rates))
