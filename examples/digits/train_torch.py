"""Train on the digits with torch: any schedule call, of any dialect.

``python examples/digits/train_torch.py --log torch.csv``
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from recipe import MOMENTUM, Array, Recipe, main

from isorate.schedule.shapes import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from isorate.kit.call import Call

#: What can be built as it stands, and with what; MindSpore's list becomes a scheduler.
BUILT = {
    "torch.optim.lr_scheduler.CosineAnnealingLR": "torch.optim.lr_scheduler.CosineAnnealingLR",
    "isorate.torch.CosineAnnealingLR": "isorate.torch.CosineAnnealingLR",
    "mindspore.nn.cosine_decay_lr": "isorate.torch.cosine_decay_lr",
    "isorate.mindspore.cosine_decay_lr": "isorate.torch.cosine_decay_lr",
}


def train(recipe: Recipe, report: Callable[[float], None]) -> Callable[[Array], Array]:
    """Train, and return the model as a function from images to logits."""
    import torch

    import isorate.torch

    call, every = recipe.choose("torch", BUILT, "as a table in isorate.torch.ScheduleLR")

    layers = []
    for weight, bias in recipe.weights():
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data = torch.from_numpy(weight)
        layer.bias.data = torch.from_numpy(bias)
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD([parameter_group(model, call)], momentum=MOMENTUM)
    if call is None:
        scheduler = isorate.torch.ScheduleLR(optimizer, Table(tuple(recipe.rates.tolist())))
    else:
        arguments = {name: v for name, v in call.arguments().items() if name != "optimizer"}
        scheduler = resolve_name(BUILT[call.card.name])(optimizer, **arguments)

    loss_of = torch.nn.CrossEntropyLoss()
    for update, (images, labels) in enumerate(recipe.batches(), 1):
        loss = loss_of(model(torch.from_numpy(images)), torch.from_numpy(labels).long())
        optimizer.zero_grad()
        loss.backward()
        report(float(optimizer.param_groups[0]["lr"]))  # what step() is about to apply
        optimizer.step()
        if update % every == 0:
            scheduler.step()

    def predict(images: Array) -> Array:
        with torch.no_grad():
            logits: Array = model(torch.from_numpy(images)).numpy()
        return logits

    return predict


def parameter_group(model: torch.nn.Module, call: Call | None) -> dict[str, Any]:
    """Return the model's parameters with the rate that the call finds in its optimizer."""
    import torch

    group: dict[str, Any] = {"params": model.parameters(), "lr": 1.0}
    written = getattr(call, "optimizer", None)
    if written is not None:
        (found,) = written.groups
        group |= {"lr": found.lr} | ({} if found.initial_lr is None else {"initial_lr": found.base})
        if found.tensor is not None:
            dtype = getattr(torch, found.tensor)
            for name in group.keys() & {"lr", "initial_lr"}:
                group[name] = torch.tensor(group[name], dtype=dtype)
    return group


if __name__ == "__main__":
    main("torch", train)
