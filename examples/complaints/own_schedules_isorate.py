"""A schedule for each group, saved, and loaded by a script that has changed the second one."""

import torch
from isorate.torch import ScheduleLR


def begun(backbone):
    parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    groups = [
        {"params": parameters[:1], "schedule": "PolynomialLR(total_iters=100)"},
        {"params": parameters[1:], "schedule": backbone, "lr": 0.01},
    ]
    return ScheduleLR(torch.optim.SGD(groups, lr=0.1))


scheduler = begun("CosineAnnealingLR(T_max=100)")
state = scheduler.state_dict()
for group in scheduler.optimizer.param_groups:
    print(group["schedule"])

try:
    begun("ConstantLR(factor=1)").load_state_dict(state)
except ValueError as error:
    print(type(error).__name__, "-", str(error).splitlines()[0])
