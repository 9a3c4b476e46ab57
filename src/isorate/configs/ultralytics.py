"""ultralytics' args.yaml, as of 8.4.190, or 8.3 where that is told: rates of three groups."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs.configuration import Configuration
from isorate.kit.optimizer import Optimizer, ParamGroup

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold, Given

#: Above so many updates of the nominal batch another optimizer is chosen.
MANY: Final = 10_000
#: Batches are gone through one by one: no run has more of them.
LONGEST: Final = 100_000_000
OPTIMIZERS: Final = ("SGD", "MuSGD", "Adam", "Adamax", "AdamW", "NAdam", "RAdam", "RMSProp")
#: Keys that no rate depends on.
_OTHERS: Final = """
    agnostic_nms amp augment auto_augment bgr box cache channels_last classes close_mosaic cls
    cls_pw cls_remap compile conf copy_paste copy_paste_mode crop_fraction cutmix data degrees
    deterministic dfl dnn dropout embed erasing exist_ok fliplr flipud format fraction freeze half
    hsv_h hsv_s hsv_v imgsz int8 iou keras kobj line_width mask_ratio max_det mixup mode model
    momentum mosaic multi_scale name nms opset optimize overlap_mask patience perspective plots pose
    pretrained profile project rect retina_masks save save_conf save_crop save_dir save_frames
    save_json save_period save_txt scale seed shear show show_boxes show_conf show_labels simplify
    single_cls source split stream_buffer task tracker translate val verbose vid_stride visualize
    warmup_momentum weight_decay workers workspace
"""


def foretell(given: Given) -> Foretold:
    """Return what its arguments make of a run."""
    from isorate.dialects._ultralytics import train

    if given.number("time"):
        raise given.refuse("time", "ends the run by the clock, not foretold")
    if given.values.get("cfg"):
        raise given.refuse("cfg", "is not opened", "give the file itself, and --set KEY=VALUE")
    if given.values.get("resume"):
        raise given.refuse("resume", "begins part of the way, which is not followed")
    old = version(given)
    epochs, nominal = given.whole("epochs", 100, least=1), given.number("nbs", 64)
    processes = devices(given)
    batch, examples, each = batches(given, processes)
    if epochs * each > LONGEST:
        raise given.refuse("epochs", f"has more than {LONGEST} batches, which are gone through")
    name, peak, bias = optimizer(given, old, batch, examples, epochs, nominal)
    accumulate = max(round(nominal / batch), 1)
    if not old:
        accumulate = min(accumulate, each * epochs)
    # the biases' group comes first in 8.3, and last in 8.4: here it is always the last
    groups = tuple(ParamGroup(float(peak)) for _ in range(3))
    call: Any = train(
        Optimizer(groups, "SGD"), epochs, each, lrf=given.number("lrf", 0.01),
        cos_lr=given.truth("cos_lr"), warmup_epochs=given.number("warmup_epochs", 3.0),
        warmup_bias_lr=bias, accumulate=nominal / batch if old else accumulate,
        version="8.3" if old else "8.4",
    )  # fmt: skip
    at = list(call.updates())
    warmup = sum(batch <= call.warmup for batch in at) if call.warmup else None
    said = f"{accumulate} batches each after the warm-up" if accumulate > 1 else "one a batch"
    given.derive("updates", f"{len(at)}: {epochs} epochs × {each} batches, {said}")
    if warmup:
        given.derive("warmup", f"{warmup} updates: {call.warmup} batches")
        given.derive("groups", f"weights, norms, and biases, which begin with {bias:g}")
    given.derive("clock", f"the rate changes once in {each} batches: an epoch")
    given.assume(f"no epoch is left out for patience={given.values.get('patience', 100)}")
    if name == "MuSGD":
        given.assume("the weights that MuSGD gives three times the rate are left out of account")
    return given.foretold(
        call, len(at), peak=float(peak), warmup=warmup, version="8.3" if old else "8.4.190",
        keys={"rate": "lr0", "warmup": "warmup_epochs", "length": "epochs"},
    )  # fmt: skip


def version(given: Given) -> bool:
    """Return whether the rules up to 8.3 hold."""
    told = given.values.get("ultralytics_version")
    if told is None:
        given.assume("ultralytics 8.4.190 (--set ultralytics_version=8.3 says an earlier one, "
                     "whose warm-up has 100 batches at least)")  # fmt: skip
        return False
    if not str(told).startswith(("8.3", "8.4")):
        raise given.refuse("ultralytics_version", "is none that is read: 8.3 or 8.4")
    return str(told).startswith("8.3")


def devices(given: Given) -> int:
    """Return how many processes train: as told, or as many as there are devices."""
    device = given.values.get("device")
    named = device if isinstance(device, list) else str(device or "").split(",")
    if len(named) > 1 and "processes" not in given.told:
        given.told["processes"] = len(named)
    return given.processes()


def batches(given: Given, processes: int) -> tuple[int, int | None, int]:
    """Return the examples of a batch of all processes, those of an epoch, and its batches."""
    own = given.fact("batch_size")
    size = given.number("batch", 16) if own is None else own * processes
    if size < 1 or size != int(size):
        given.told.pop("batch_size", None)
        given.values.pop("batch", None)
        raise given.open([("batch_size",)])
    if given.number("fraction", 1.0) != 1.0:
        given.assume("the examples are those that fraction leaves")
    told, examples = given.fact("batches"), given.fact("examples")
    size = int(size)
    if told is not None:
        return size, examples, math.ceil(told / processes)
    if examples is None:
        raise given.open([("examples", "batches")])
    shared = math.ceil(examples / processes)
    each = math.ceil(shared / min(max(size // processes, 1), examples))
    given.derive("epoch", f"{each} batches: ceil({shared} examples of a process / "
                          f"{size // processes})")  # fmt: skip
    return size, examples, each


def optimizer(
    given: Given, old: bool, batch: int, examples: int | None, epochs: int, nominal: float
) -> tuple[str, float, float]:
    """Return the optimizer's name, its rate, and the rate that biases begin with."""
    name = given.text("optimizer", "auto")
    if name.lower() != "auto":
        if name.lower() not in map(str.lower, OPTIMIZERS):
            raise given.refuse("optimizer", f"is none of {', '.join(OPTIMIZERS)}")
        return name, given.number("lr0", 0.01), given.number("warmup_bias_lr", 0.1)
    if examples is None:
        raise given.open([("examples",)])
    count = math.ceil(examples / max(batch, nominal)) * epochs
    if count > MANY:
        found: tuple[str, float] = ("SGD" if old else "MuSGD", 0.01)
    else:
        classes = given.whole("nc", least=1)
        if classes is None:
            raise given.refuse("optimizer", "takes its rate from the classes", "--set nc=80")
        found = "AdamW", round(0.002 * 5 / (4 + classes), 6)
    if "lr0" in given:
        given.warn("lr0", f"ignored: optimizer=auto takes {found[0]} and {found[1]:g}")
    given.derive("rate", f"{found[1]:g}: optimizer=auto, {count} updates of {nominal:g} examples")
    return (*found, 0.0)


CONFIGURATIONS: Final = (
    Configuration(
        "ultralytics",
        "ultralytics",
        ("lr0", "lrf", "cos_lr", "epochs", "batch", "nbs", "warmup_epochs", "warmup_bias_lr",
         "optimizer", "time", "resume", "device", "nc", "cfg", "ultralytics_version"),
        foretell,
        tuple(_OTHERS.split()),
        ("lr0", "lrf", "close_mosaic", "warmup_bias_lr", "nbs"),
        {"lr": "lr0", "epochs": "epochs"},
    ),
)  # fmt: skip
