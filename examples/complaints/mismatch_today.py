"""A checkpoint at update 50, loaded by a script whose schedule has been changed since."""

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, StepLR


def begun(build):
    return build(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1))


def train(scheduler, updates):
    for _ in range(updates):
        scheduler.optimizer.step()
        scheduler.step()
    return scheduler.optimizer.param_groups[0]["lr"]


print("rate of update 75      resumed   checkpoint's   script's")
for name, old, new in (
    (
        "two CosineAnnealingLR",
        lambda o: CosineAnnealingLR(o, 100),
        lambda o: CosineAnnealingLR(o, 200),
    ),
    (
        "two LambdaLR",
        lambda o: LambdaLR(o, lambda k: 1 - k / 100),
        lambda o: LambdaLR(o, lambda k: 1),
    ),
    ("cosine into StepLR", lambda o: CosineAnnealingLR(o, 100), lambda o: StepLR(o, 60)),
):
    saved, resumed = begun(old), begun(new)
    train(saved, 50)
    resumed.load_state_dict(saved.state_dict())
    resumed.optimizer.load_state_dict(saved.optimizer.state_dict())
    rates = train(resumed, 25), train(begun(old), 75), train(begun(new), 75)
    print(f"{name:22} {rates[0]:7.4f} {rates[1]:14.4f} {rates[2]:10.4f}")
