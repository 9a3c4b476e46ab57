"""A run of 100 updates, stopped after 80 and resumed as a run of 200: the rates of five updates."""

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR
from transformers.optimization import get_cosine_schedule_with_warmup


def begun(build, updates):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    return build(optimizer, updates)


def train(scheduler, updates):
    rates = []
    for _ in range(updates):
        rates.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


def transformers(optimizer, updates):
    return get_cosine_schedule_with_warmup(optimizer, 0, updates)


print("update             80     81    100    150    199")
for build in (CosineAnnealingLR, transformers):
    stopped, resumed = begun(build, 100), begun(build, 200)
    train(stopped, 80)
    resumed.load_state_dict(stopped.state_dict())
    resumed.optimizer.load_state_dict(stopped.optimizer.state_dict())
    rates = train(resumed, 120)
    print(f"{build.__name__:17}", *(f"{rates[k]:.4f}" for k in (0, 1, 20, 70, 119)))
