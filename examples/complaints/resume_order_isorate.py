"""A warmup of 10 updates, stopped after 5 and resumed with the optimizer's state and its own."""

import torch
from isorate.torch import LinearLR


def begun(optimizer_state=None):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    if optimizer_state is not None:
        optimizer.load_state_dict(optimizer_state)
    return LinearLR(optimizer, start_factor=0.1, total_iters=10)


def train(scheduler, updates):
    rates = []
    for _ in range(updates):
        rates.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


stopped = begun()
train(stopped, 5)
resumed = begun(stopped.optimizer.state_dict())
resumed.load_state_dict(stopped.state_dict())

print("never stopped:", *(f"{rate:.4f}" for rate in train(begun(), 11)[5:]))
print("resumed:      ", *(f"{rate:.4f}" for rate in train(resumed, 6)))
