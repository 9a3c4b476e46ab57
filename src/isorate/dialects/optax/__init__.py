"""Optax: its schedules, as of 0.2.8, which are functions of the optimizer's count."""

from __future__ import annotations

from typing import Final

from isorate.dialects.optax.compositions import (
    cosine_onecycle_schedule,
    join_schedules,
    linear_onecycle_schedule,
    linear_schedule,
    sgdr_schedule,
    warmup_constant_schedule,
    warmup_cosine_decay_schedule,
    warmup_exponential_decay_schedule,
)
from isorate.dialects.optax.own import Schedule
from isorate.dialects.optax.plateau import reduce_on_plateau
from isorate.dialects.optax.schedules import (
    constant_schedule,
    cosine_decay_schedule,
    exponential_decay,
    piecewise_constant_schedule,
    piecewise_interpolate_schedule,
    polynomial_schedule,
)
from isorate.kit.card import roles_of
from isorate.kit.optimizer import Optimizers
from isorate.kit.registry import Dialect, completed

VERSION: Final = "0.2.8"
#: What optax's arguments say, the same in all its schedules.
ROLES: Final = roles_of(
    start="value init_value peak_value",
    end="end_value alpha min_scale",
    duration="transition_steps decay_steps warmup_steps pct_start pct_final boundaries",
    begin="transition_begin",
    clock="staircase",
    factor="power decay_rate boundaries_and_scales div_factor final_div_factor factor",
    shape="exponent interpolate_type schedules cosine_kwargs function",
)
#: What is given a schedule, by the argument; what makes an optimizer of one, or hands it on.
GIVEN = {
    "learning_rate": "adabelief adadelta adafactor adagrad adam adamax adamaxw adamw adan amsgrad "
    "fromage inject_hyperparams lamb lars lbfgs lion nadam nadamw noisy_sgd novograd radam "
    "optimistic_adam optimistic_gradient_descent rmsprop rprop scale_by_learning_rate sgd signum "
    "sign_sgd sm3 yogi",
    "step_size_fn": "scale_by_schedule",
    "step_size": "scale",
    "": "chain apply_if_finite flatten masked MultiSteps with_extra_args_support",
}
STUBS = [f"def {name}({given}): ..." for given, names in GIVEN.items() for name in names.split()]

SCHEDULES = (
    constant_schedule, linear_schedule, cosine_decay_schedule, exponential_decay,
    polynomial_schedule, piecewise_constant_schedule, piecewise_interpolate_schedule,
    warmup_constant_schedule, warmup_cosine_decay_schedule, warmup_exponential_decay_schedule,
    sgdr_schedule, linear_onecycle_schedule, cosine_onecycle_schedule, join_schedules,
)  # fmt: skip
DOCS = "https://optax.readthedocs.io/en/latest/api/"
DIALECT = Dialect(
    "optax", "Optax", VERSION,
    [
        *completed(SCHEDULES, "optax", VERSION, ROLES, f"{DOCS}optimizer_schedules.html#{{}}"),
        *completed((Schedule,), "optax", VERSION, ROLES, f"{DOCS}optimizer_schedules.html#{{}}"),
        *completed((reduce_on_plateau,), "optax.contrib", VERSION, ROLES,
                   f"{DOCS}contrib.html#{{}}", dialect="optax"),
    ],
    aliases={"optax.schedules": "optax"},
    own=Schedule, arrays={"jax.numpy": "jnp", "jax.lax": "lax", "jax.nn": "nn"},
    optimizers=Optimizers("optax", "jax.numpy", "\n".join(STUBS), schedules=True),
)  # fmt: skip
