# The PyTorch half of MindSpore's page "CosineAnnealingLR and cosine_decay_lr" (r1.10), as printed
# there. One line differs, the import: the page says `import torch`.
#
# The page writes the scheduler's name out, `torch.optim.lr_scheduler.CosineAnnealingLR`, so an
# import alone can only reach it through the name `torch`. `drop_in.torch` is torch with that one
# name exchanged, in this file only: nothing in torch itself is patched. In code of your own,
# `from isorate.torch import CosineAnnealingLR` and the short name are simpler.
# fmt: off

# In PyTorch:
from drop_in import torch
import numpy as np
from torch import optim

model = torch.nn.Sequential(torch.nn.Linear(20, 1))
optimizer = optim.SGD(model.parameters(), 0.1)

scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=1, eta_min=0.002)


myloss = torch.nn.MSELoss()
dataset = [(torch.tensor(np.random.rand(1, 20).astype(np.float32)), torch.tensor([1.]))]

for epoch in range(6):
    for input, target in dataset:
        optimizer.zero_grad()
        output = model(input)
        loss = myloss(output.view(-1), target)
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(scheduler.get_last_lr())
# out:
# [0.002]
# [0.1]
# [0.002]
# [0.1]
# [0.002]
# [0.1]
