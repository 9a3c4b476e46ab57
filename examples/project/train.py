"""A script whose parts stand in files of their own."""

import torch
from options import arguments
from rates import scheduler_of


def main(model, loader):
    """Train a model."""
    args = arguments()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    scheduler = scheduler_of(optimizer, args.warmup, args.epochs * len(loader))
    for _ in range(args.epochs):
        for batch in loader:
            model(batch).backward()
            optimizer.step()
            optimizer.zero_grad()
            scheduler.step()
