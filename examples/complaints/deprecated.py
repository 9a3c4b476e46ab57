"""What MindSpore's docstrings say of each of its functions and cells for a learning rate."""

import re

from mindspore import nn
from mindspore.nn import dynamic_lr, learning_rate_schedule

import isorate.mindspore

for name in (*dynamic_lr.__all__, *learning_rate_schedule.__all__):
    text = " ".join(getattr(nn, name).__doc__.split())
    gone = re.search(r"is deprecated and will be (removed after version 2\.9\.0)", text)
    changed = re.search(r"Non-backward-compatible (change after version 2\.9\.0)", text)
    kept = "the same in isorate.mindspore" if hasattr(isorate.mindspore, name) else ""
    print(f"{name:22} {(gone or changed)[1]:27} {kept}".rstrip())
