"""PyTorch: ``torch.optim.lr_scheduler`` and ``swa_utils.SWALR``, as of 2.13.0."""

from isorate.dialects.torch.schedulers import DIALECT
