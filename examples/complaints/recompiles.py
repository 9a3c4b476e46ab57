"""How often a training step is compiled in 30 updates, as the rate is a float or a tensor."""

import torch

import isorate.torch


def compilations(library, rate, **options):
    def counting(graph, inputs):
        compiled.append(graph)
        return graph.forward

    torch._dynamo.reset()
    compiled = []
    parameter = torch.nn.Parameter(torch.zeros(1))
    parameter.grad = torch.ones(1)
    optimizer = torch.optim.Adam([parameter], lr=rate)
    scheduler = library.CosineAnnealingLR(optimizer, T_max=100)
    update = torch.compile(lambda: optimizer.step(), backend=counting, **options)
    for _ in range(30):
        update()
        scheduler.step()
    return len(compiled)


print("                        torch  isorate")
for text, rate, options in (
    ("lr=0.1, dynamic=False", 0.1, {"dynamic": False}),
    ("lr=0.1", 0.1, {}),
    ("lr=torch.tensor(0.1)", torch.tensor(0.1), {}),
):
    counts = [
        compilations(library, rate, **options)
        for library in (torch.optim.lr_scheduler, isorate.torch)
    ]
    print(f"{text:22} {counts[0]:6} {counts[1]:8}")
