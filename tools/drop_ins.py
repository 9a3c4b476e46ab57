"""Put Isorate's schedulers in the place of torch's, for tests that were written for those.

python -m pytest -p tools.drop_ins PATH/test_lrscheduler.py
"""

from __future__ import annotations

from torch.optim import lr_scheduler, swa_utils

import isorate.torch

for name in isorate.torch.__all__:
    for home in (lr_scheduler, swa_utils):
        if hasattr(home, name):
            setattr(home, name, getattr(isorate.torch, name))
