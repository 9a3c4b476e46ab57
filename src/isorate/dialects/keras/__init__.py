"""Keras: schedules that optimizers are given, and callbacks that set their rate, as of 3.15.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.dialects.keras import recurring
from isorate.dialects.keras.callbacks import LearningRateScheduler, ReduceLROnPlateau
from isorate.dialects.keras.own import LearningRateSchedule
from isorate.dialects.keras.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    Schedule,
)
from isorate.kit.optimizer import Optimizers
from isorate.kit.registry import Dialect, completed
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from isorate.kit.call import Call
    from isorate.kit.card import Role

VERSION = "3.15.1"


def document(written: Mapping[str, Any]) -> Call | None:
    """Read what ``serialize`` of a schedule, or of an optimizer that has one, gives."""
    config, name = written.get("config", written), written.get("class_name")
    kind = next((schedule for schedule in SCHEDULES if schedule.__name__ == name), None)
    if kind is None:
        inner = config.get("learning_rate") if isinstance(config, dict) else None
        hindered = [
            f"{n}: {why}"
            for n, why in HINDERED.items()
            if isinstance(inner, dict) and config.get(n)
        ]
        if hindered:
            raise ReadError(hindered[0])
        return document(inner) if isinstance(inner, dict) else None
    needed = set(kind.parameters()) - set(kind.defaults())
    if not needed <= set(config) <= set(kind.parameters()):
        raise ReadError(f"the config of {name}", required=kind.signature(), got=config)
    return kind.of(config)


SCHEDULES: tuple[type[Schedule], ...] = (
    ExponentialDecay, PiecewiseConstantDecay, PolynomialDecay, InverseTimeDecay, CosineDecay,
    CosineDecayRestarts,
)  # fmt: skip
ARGUMENTS: dict[Role, str] = {
    "start": "initial_learning_rate warmup_target", "end": "end_learning_rate alpha min_lr",
    "duration": "decay_steps first_decay_steps warmup_steps boundaries", "clock": "staircase",
    "factor": "decay_rate factor power m_mul", "shape": "values t_mul cycle schedule function",
}  # fmt: skip
ROLES = {name: role for role, names in ARGUMENTS.items() for name in names.split()}
#: What optimizers are given, with their defaults, as far as another framework's have it, too.
GIVEN = {
    "0.01, momentum=0.0, nesterov=False": "SGD", "0.0025": "ScheduleFreeAdamW",
    "0.001, weight_decay=0.004": "AdamW", "0.001, rho=0.9, momentum=0.0, epsilon=1e-07": "RMSprop",
    "0.001": "Adadelta Adafactor Adagrad Adam Adamax Ftrl Lamb Lion Muon Nadam",
}  # fmt: skip
STUBS = [f"def {n}(learning_rate={g}): ..." for g, names in GIVEN.items() for n in names.split()]
HINDERED = {"gradient_accumulation_steps": "the schedule is read at each batch, not each update"}
ARRAYS = {
    "keras.ops": "ops", "keras.backend": "K", "tensorflow": "tf", "tensorflow.math": "tf.math",
    "tensorflow.summary": "tf.summary", "tensorflow.experimental.numpy": "tnp",
}  # fmt: skip
HOME, DOCS = "keras.optimizers.schedules", "https://keras.io/api/"
completed((recurring.LearningRateScheduler,), "keras.callbacks", VERSION, ROLES,
          f"{DOCS}callbacks/#{{}}", "keras")  # fmt: skip
DIALECT = Dialect(
    "keras", "Keras", VERSION,
    [
        *completed(SCHEDULES, HOME, VERSION, ROLES,
                   f"{DOCS}optimizers/learning_rate_schedules/#{{}}", "keras"),
        *completed((LearningRateSchedule,), HOME, VERSION, ROLES,
                   f"{DOCS}optimizers/learning_rate_schedules/#{{}}", "keras"),
        *completed((LearningRateScheduler, ReduceLROnPlateau), "keras.callbacks", VERSION, ROLES,
                   f"{DOCS}callbacks/#{{}}", "keras"),
    ],
    aliases={"tf.keras": "keras", "tensorflow.keras": "keras", "keras_core": "keras",
             "tf.optimizers": "keras.optimizers", "tensorflow.optimizers": "keras.optimizers"},
    own=LearningRateSchedule, arrays=ARRAYS,
    optimizers=Optimizers(
        "keras.optimizers", "keras", "\n".join([*STUBS, "def LossScaleOptimizer(): ..."]),
        schedules=True, hindered=HINDERED,
    ),
    refused={"set_floatx": "schedules are followed in float32"},
    document=document, deserializers=(f"{HOME}.deserialize",),
)  # fmt: skip
