"""A backbone that joins at update 3, as its own parameter group with a tenth of the rate."""

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
scheduler = CosineAnnealingLR(optimizer, T_max=6, eta_min=0.001)
for update in range(10):
    if update == 3:
        backbone = torch.nn.Parameter(torch.zeros(1))
        optimizer.add_param_group({"params": [backbone], "lr": 0.01})
    print(update, *(f"{group['lr']:.5f}" for group in optimizer.param_groups))
    optimizer.step()
    try:
        scheduler.step()
    except ValueError as error:
        print("ValueError:", error)
        break
