"""A checkpoint at update 50, loaded by a script whose schedule has been changed since."""

import torch
from isorate.torch import CosineAnnealingLR, ScheduleMismatchError


def begun(T_max):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    return CosineAnnealingLR(optimizer, T_max)


saved = begun(100)
saved.seek(50)
state = saved.state_dict()

try:
    begun(200).load_state_dict(state)
except ScheduleMismatchError as error:
    print(error)

for choice in ("checkpoint", "mine"):
    resumed = begun(200)
    resumed.load_state_dict(state, on_mismatch=choice)
    resumed.seek(75)
    print(f"{choice}: update 75 has {resumed.get_last_lr()[0]:.4f}")
