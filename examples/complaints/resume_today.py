"""A run of 100 updates, stopped after 50 and resumed: the rates of four updates."""

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR


def begun(**arguments):
    group = {"params": [torch.nn.Parameter(torch.zeros(1))], "initial_lr": 0.1}
    optimizer = torch.optim.SGD([group], lr=0.1)
    return CosineAnnealingLR(optimizer, T_max=100, **arguments)


def train(scheduler, updates):
    rates = []
    for _ in range(updates):
        rates.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


stopped = begun()
train(stopped, 50)
with_state = begun()
with_state.load_state_dict(stopped.state_dict())

print("update                  50      65      80      95")
for how, rates in {
    "never stopped": train(begun(), 100)[50:],
    "last_epoch=49": train(begun(last_epoch=49), 50),
    "scheduler's state": train(with_state, 50),
}.items():
    print(f"{how:18}", *(f"{rates[k]:.5f}" for k in (0, 15, 30, 45)))
