"""Rates for 4 updates, and a training of 6."""

import mindspore
from mindspore import Tensor, nn

rates = nn.cosine_decay_lr(0.001, 0.1, total_step=4, step_per_epoch=1, decay_epoch=3)
parameter = mindspore.Parameter(Tensor(0.0), name="parameter")
optimizer = nn.SGD([parameter], learning_rate=rates)
for update in range(6):
    try:
        print(f"update {update}: {optimizer.get_lr().asnumpy():.5f}")
        optimizer((Tensor(0.0),))
    except RuntimeError as error:
        print(f"update {update}:", str(error).splitlines()[0])
        break
