"""Reading a long training script: options, conditions that nobody decides, a loop over epochs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from benchmarks.measure import Row, in_turns
from isorate.reading.reader import readings

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = 200
STAGES = 130

HEAD = """
import argparse
import torch
from helpers import build_model, build_loader, evaluate, log

parser = argparse.ArgumentParser()
group = parser.add_argument_group("options")
"""
OPTION = 'group.add_argument("--option-{n}", type=float, default={n}.5, help="number {n}")\n'
TRAINING = """
parser.add_argument("--epochs", type=int, default=90)
parser.add_argument("--lr", type=float, default=0.1)


def train_one_epoch(epoch, model, loader, optimizer, args):
    losses = []
    for index, (image, target) in enumerate(loader):
        loss = model(image, target).mean()
        optimizer.zero_grad()
        loss.backward()
        if args.option_3 > 0:
            torch.nn.utils.clip_grad_norm_(model.parameters(), args.option_3)
        optimizer.step()
        losses.append(loss.item())
        if index % 50 == 0:
            log(f"{epoch} {index} {losses[-1]}")
    return sum(losses) / len(losses)


def main():
    args = parser.parse_args()
    model = build_model(args.option_1)
    loader = build_loader(args.option_2)
    rows = {}
"""
STAGE = """    if args.option_{n} and torch.cuda.is_available():
        for module in model.modules():
            if hasattr(module, "stage_{n}") and module.stage_{n} is not None:
                module.stage_{n}.momentum = args.option_{n}
            elif getattr(module, "frozen", False):
                module.requires_grad_(False)
        rows["stage {n}"] = [m for m in model.modules() if m.training]
        log(f"stage {n}: {{len(rows)}} of {{args.option_{n}:.2f}}")
    else:
        rows["stage {n}"] = None
"""
TAIL = """    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs)
    best = None
    try:
        for epoch in range(args.epochs):
            loss = train_one_epoch(epoch, model, loader, optimizer, args)
            score = evaluate(model)
            if best is None or score > best:
                best = score
                torch.save({"model": model.state_dict(), "epoch": epoch}, "best.pt")
            scheduler.step()
            log(f"{epoch}: {loss} {score} {best}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
"""
SCRIPT = "".join(
    [
        HEAD,
        *(OPTION.format(n=n) for n in range(OPTIONS)),
        TRAINING,
        *(STAGE.format(n=n) for n in range(STAGES)),
        TAIL,
    ]
)


def rows() -> Iterator[Row]:
    """Yield the ratio."""
    length = SCRIPT.count("\n")
    found = readings(SCRIPT, names={"len(loader)": 100})
    if found[0].run.get("epochs") != 90:
        raise AssertionError(found[0].run)
    theirs, ours = in_turns(
        lambda: ast.parse(SCRIPT), lambda: readings(SCRIPT, names={"len(loader)": 100}), rounds=7
    )
    name = f"reading a script of {length} lines: time / ast.parse"
    yield Row(name, ours / theirs, "≤", 10.0)
