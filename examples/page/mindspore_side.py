# The MindSpore half of MindSpore's page "CosineAnnealingLR and cosine_decay_lr" (r1.10), as
# printed there. One line differs, the import: the page says `import mindspore.nn as nn`.
# fmt: off

# In MindSpore：
import isorate.mindspore as nn

min_lr = 0.01
max_lr = 0.1
total_step = 6
step_per_epoch = 2
decay_epoch = 2
output = nn.cosine_decay_lr(min_lr, max_lr, total_step, step_per_epoch, decay_epoch)
print(output)
# out: [0.1, 0.1, 0.05500000000000001, 0.05500000000000001, 0.01, 0.01]
