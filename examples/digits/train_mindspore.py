"""Train on the digits with MindSpore: any schedule call, of any dialect.

``python examples/digits/train_mindspore.py --log mindspore.csv``
"""

from __future__ import annotations

import os
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from recipe import MOMENTUM, Array, Recipe, main

if TYPE_CHECKING:
    from collections.abc import Callable

#: What can be built as it stands, and with what. The drop-in gives MindSpore's own list, which
#: MindSpore means to remove.
BUILT = {
    "mindspore.nn.cosine_decay_lr": "isorate.mindspore.cosine_decay_lr",
    "isorate.mindspore.cosine_decay_lr": "isorate.mindspore.cosine_decay_lr",
    "isorate.mindspore.ScheduleLR": "isorate.mindspore.ScheduleLR",
    "mindspore.nn.CosineDecayLR": "mindspore.nn.CosineDecayLR",
    "mindspore.list": "builtins.list",
}


def train(recipe: Recipe, report: Callable[[float], None]) -> Callable[[Array], Array]:
    """Train, and return the model as a function from images to logits."""
    os.environ.setdefault("GLOG_v", "3")  # errors only
    import mindspore
    from mindspore import Tensor, nn

    mindspore.set_context(mode=mindspore.GRAPH_MODE)
    call, _ = recipe.choose("mindspore", BUILT, "as a list")
    if call is None:
        rate = recipe.rates.tolist()
    else:
        rate = resolve_name(BUILT[call.card.name])(*call.arguments().values())

    layers: list[nn.Cell] = []
    for weight, bias in recipe.weights():
        dense = nn.Dense(weight.shape[1], weight.shape[0], Tensor(weight), Tensor(bias))
        layers += [dense, nn.ReLU()]
    model = nn.SequentialCell(*layers[:-1])
    optimizer = nn.Momentum(model.trainable_params(), learning_rate=rate, momentum=MOMENTUM)

    step = nn.TrainOneStepCell(nn.WithLossCell(model, nn.CrossEntropyLoss()), optimizer)
    step.set_train()
    for images, labels in recipe.batches():
        report(float(optimizer.get_lr().asnumpy()))  # what the step is about to apply
        step(Tensor(images), Tensor(labels))

    def predict(images: Array) -> Array:
        logits: Array = model(Tensor(images)).asnumpy()
        return logits

    return predict


if __name__ == "__main__":
    main("mindspore", train)
