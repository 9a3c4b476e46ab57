"""Ten updates under Accelerate, on one process and on two: the rate of each."""

import torch
from accelerate import Accelerator, debug_launcher
from torch.optim.lr_scheduler import CosineAnnealingLR


def train():
    accelerator = Accelerator(cpu=True)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = CosineAnnealingLR(optimizer, T_max=10)
    model, optimizer, scheduler = accelerator.prepare(model, optimizer, scheduler)
    rates = []
    for _ in range(10):
        rates.append(scheduler.get_last_lr()[0])
        accelerator.backward(model(torch.ones(1, 1)).sum())
        optimizer.step()
        scheduler.step()
    if accelerator.is_main_process:
        shown = " ".join(f"{rate:.3f}" for rate in rates)
        print(f"processes={accelerator.num_processes}: {shown}", flush=True)


if __name__ == "__main__":
    debug_launcher(train, num_processes=1)
    debug_launcher(train, num_processes=2)
