"""How the rate goes."""

from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR


def scheduler_of(optimizer, warmup, total):
    """Return a warmup, and a cosine after it."""
    up = LinearLR(optimizer, start_factor=0.01, total_iters=warmup)
    down = CosineAnnealingLR(optimizer, total - warmup)
    return SequentialLR(optimizer, [up, down], milestones=[warmup])
