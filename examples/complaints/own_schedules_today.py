"""A schedule for each group, saved, and loaded by a script that has changed the second one."""

import torch
from torch.optim.lr_scheduler import LambdaLR


def begun(backbone):
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))]} for _ in range(2)]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    return LambdaLR(optimizer, [lambda step: 1 - step / 100, backbone])


scheduler = begun(lambda step: 0.1 - step / 1000)
state = scheduler.state_dict()
print("saved:", state["lr_lambdas"])

resumed = begun(lambda step: 1.0)
resumed.load_state_dict(state)
print("resumed:", end=" ")
for _ in range(3):
    resumed.optimizer.step()
    resumed.step()
    print(*(f"{rate:.4f}" for rate in resumed.get_last_lr()), end="   ")
print()
