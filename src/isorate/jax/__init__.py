"""JAX: any schedule, of any framework, as a pure function of the count.

``schedule`` makes one of a schedule, a call, or the text of one. It is what optax calls a schedule:
``optax.adamw(isorate.jax.schedule("CosineAnnealingLR(T_max=100)", lr=0.1))``.
"""

from isorate.jax._schedule import schedule

__all__ = ["schedule"]
