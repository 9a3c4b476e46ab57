"""A run of 100 updates in MindSpore, stopped after 50 and resumed: the rates of four updates."""

import mindspore
from mindspore import Tensor
from mindspore.experimental import optim
from isorate.mindspore.experimental import CosineAnnealingLR


def begun(**arguments):
    parameter = mindspore.Parameter(Tensor(0.0), name="parameter")
    optimizer = optim.SGD([{"params": [parameter], "initial_lr": 0.1}], lr=0.1)
    return optimizer, CosineAnnealingLR(optimizer, T_max=100, **arguments)


def train(optimizer, scheduler, updates):
    rates = []
    for _ in range(updates):
        rates.append(optimizer.param_groups[0]["lr"].asnumpy().item())
        optimizer((Tensor(0.0),))
        scheduler.step()
    return rates


optimizer, scheduler = begun()
whole = train(optimizer, scheduler, 100)[50:]
mindspore.save_checkpoint(optimizer, "optimizer.ckpt")
print("saved by the optimizer:", *mindspore.load_checkpoint("optimizer.ckpt"))
print("the scheduler has a state_dict:", hasattr(scheduler, "state_dict"))
print("never stopped:", *(f"{whole[k]:.5f}" for k in (0, 15, 30, 45)))
resumed = train(*begun(last_epoch=49), 50)
print("last_epoch=49:", *(f"{resumed[k]:.5f}" for k in (0, 15, 30, 45)))
