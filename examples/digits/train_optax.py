"""Train on the digits with JAX and optax: any schedule call, of any dialect.

``python examples/digits/train_optax.py --log optax.csv``
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import numpy as np
from recipe import MOMENTUM, Array, Recipe, main, shortened, tell

if TYPE_CHECKING:
    from collections.abc import Callable


def train(recipe: Recipe, report: Callable[[float], None]) -> Callable[[Array], Array]:
    """Train, and return the model as a function from images to logits."""
    import jax
    import jax.numpy as jnp
    import optax

    import isorate.jax

    call = recipe.call
    if call.dialect == "optax" and not call.members:
        tell(f"trains with {shortened(call.code)}")
        rate = resolve_name(call.card.name)(**call.arguments())
    else:
        tell(f"trains with isorate.jax.schedule of {shortened(call.code)}")
        rate = isorate.jax.schedule(call, recipe.run)

    def logits(layers: Any, images: Any) -> Any:
        *hidden, (weight, bias) = layers
        for inner, shift in hidden:
            images = jax.nn.relu(images @ inner.T + shift)
        return images @ weight.T + bias

    def loss(layers: Any, images: Any, labels: Any) -> Any:
        scores = logits(layers, images)
        return optax.softmax_cross_entropy_with_integer_labels(scores, labels).mean()

    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=rate, momentum=MOMENTUM)

    def update(layers: Any, state: Any, images: Any, labels: Any) -> Any:
        gradients = jax.grad(loss)(layers, images, labels)
        steps, state = optimizer.update(gradients, state, layers)
        return optax.apply_updates(layers, steps), state

    layers: Any = [(jnp.asarray(weight), jnp.asarray(bias)) for weight, bias in recipe.weights()]
    state, compiled = optimizer.init(layers), jax.jit(update)
    for images, labels in recipe.batches():
        layers, state = compiled(layers, state, images, labels)
        report(float(state.hyperparams["learning_rate"]))  # what the update has applied

    def predict(images: Array) -> Array:
        return np.asarray(logits(layers, images))

    return predict


if __name__ == "__main__":
    main("optax", train)
