"""Train on the digits with MindSpore: any schedule call, of any dialect.

``python examples/digits/train_mindspore.py --log mindspore.csv``
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from recipe import MOMENTUM, Array, Recipe, main


def train(recipe: Recipe, report: Callable[[float], None]) -> Callable[[Array], Array]:
    """Train, and return the model as a function from images to logits."""
    os.environ.setdefault("GLOG_v", "3")  # errors only
    import mindspore
    from mindspore import Tensor, nn

    mindspore.set_context(mode=mindspore.GRAPH_MODE)
    try:  # with NumPy 2 the first operation of a process may fail, and no other does
        Tensor(1.0) + 1.0
    except SystemError:
        pass
    makers = constructors()
    call, _ = recipe.spoken_for("mindspore", makers)
    rate = recipe.rates.tolist() if call is None else makers[call.card.name](**call.arguments())

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


def constructors() -> dict[str, Any]:
    """Return what can be built as it stands, by full name."""
    from mindspore import nn

    import isorate.mindspore

    return {
        # the drop-in gives MindSpore's own list, which MindSpore means to remove
        "mindspore.nn.cosine_decay_lr": isorate.mindspore.cosine_decay_lr,
        "isorate.mindspore.cosine_decay_lr": isorate.mindspore.cosine_decay_lr,
        "isorate.mindspore.cosine_annealing_lr": isorate.mindspore.cosine_annealing_lr,
        "isorate.mindspore.CosineAnnealingLR": isorate.mindspore.CosineAnnealingLR,
        "mindspore.nn.CosineDecayLR": nn.CosineDecayLR,
        "mindspore.list": lambda rates: list(rates),
    }


if __name__ == "__main__":
    main("mindspore", train)
