"""ultralytics' args.yaml, as of 8.4.190, or an earlier version that its keys or a flag tell."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from isorate.configs.configuration import Configuration
from isorate.kit.optimizer import Optimizer, ParamGroup

if TYPE_CHECKING:
    from isorate.configs.configuration import Foretold, Given

#: Above so many updates of the nominal batch another optimizer is chosen.
MANY: Final = 10_000
#: The warm-up of 100 batches at least went with this version, which has a key more in its files.
FIRST, NEWER = "8.4.103", "channels_last"
#: The scheduler is stepped as an epoch begins since the one, and files have a key more since 8.1.
LATE, SECOND = (1, 42), "erasing"
#: What optimizer=auto takes the rate of a shorter run from.
CLASSES: Final = {"nc": "the classes of the data, which optimizer=auto takes the rate from"}
#: A key that files have since there is MuSGD.
MUON: Final = "rle"
#: Batches are gone through one by one: no run has more of them.
LONGEST: Final = 10_000_000
OPTIMIZERS: Final = ("SGD", "MuSGD", "Adam", "Adamax", "AdamW", "NAdam", "RAdam", "RMSProp")
#: Keys that no rate depends on.
_OTHERS: Final = """
    agnostic_nms amp angle augment auto_augment bgr box cache channels_last classes close_mosaic
    cls cls_pw cls_remap compile conf copy_paste copy_paste_mode crop_fraction cutmix data degrees
    deterministic dfl dgrad dis distill_model dlam dlog dnn dropout dynamic embed end2end erasing
    exist_ok fliplr flipud format fraction freeze half hsv_h hsv_s hsv_v imgsz int8 iou keras kobj
    line_width mask_ratio max_det mixup mode model momentum mosaic multi_scale name nms opset
    optimize overlap_mask patience perspective plots pose pretrained profile project quantize rect
    retina_masks rle save save_conf save_crop save_dir save_frames save_json save_period save_txt
    scale seed shear show show_boxes show_conf show_labels simplify single_cls source split
    stream_buffer task tracker translate val verbose vid_stride visualize warmup_momentum
    weight_decay workers workspace
"""


def foretell(given: Given) -> Foretold:
    """Return what its arguments make of a run."""
    from isorate.dialects._ultralytics import OLD, train

    if given.number("time"):
        raise given.refuse("time", "ends the run by the clock, not foretold")
    if given.values.get("cfg"):
        raise given.refuse("cfg", "is not opened", "give the file itself, and --set KEY=VALUE")
    if given.values.get("resume"):
        raise given.refuse("resume", "begins part of the way, which is not followed")
    rules, muon = version(given)
    old = rules in OLD
    epochs, nominal = given.whole("epochs", 100, least=1), given.number("nbs", 64)
    processes = devices(given)
    batch, examples, each = batches(given, processes)
    if epochs * each > LONGEST:
        raise given.refuse("epochs", f"has more than {LONGEST} batches, which are gone through")
    name, peak, bias = optimizer(given, muon, batch, examples, epochs, nominal)
    accumulate = max(round(nominal / batch), 1)
    if not old:
        accumulate = min(accumulate, each * epochs)
    # the biases' group comes first in 8.3, and last in 8.4: here it is always the last; MuSGD has
    # four kinds of them, each in two groups, and gives the head's three times the rate
    muon = name.lower() == "musgd"
    rates = [*[peak, 3 * peak] * 3, 3 * peak, peak] if muon else [peak] * 3
    groups = tuple(ParamGroup(float(rate)) for rate in rates)
    call: Any = train(
        Optimizer(groups, "SGD"), epochs, each, lrf=given.number("lrf", 0.01),
        cos_lr=given.truth("cos_lr"), warmup_epochs=given.number("warmup_epochs", 3.0),
        warmup_bias_lr=bias, accumulate=nominal / batch if old else accumulate,
        version=rules,
    )  # fmt: skip
    at = list(call.updates())
    warmup = sum(batch <= call.warmup for batch in at) if call.warmup else None
    said = f"{accumulate} batches each after the warm-up" if accumulate > 1 else "one a batch"
    given.derive("updates", f"{len(at)}: {epochs} epochs × {each} batches, {said}")
    if warmup:
        given.derive("warmup", f"{warmup} updates: {call.warmup} batches")
        kinds = "eight, two of" if muon else "weights, norms, and"
        given.derive("groups", f"{kinds} biases, which begin with {bias:g}")
    given.derive("clock", f"the rate changes once in {each} batches: an epoch")
    given.assume(f"no epoch is left out for patience={given.values.get('patience', 100)}")
    return given.foretold(
        call, len(at), peak=float(peak), warmup=warmup, version=rules if old else "8.4.190",
        keys={"rate": "lr0", "warmup": "warmup_epochs", "length": "epochs"},
    )  # fmt: skip


def version(given: Given) -> tuple[str, bool]:
    """Return the version whose rules hold, the last that has them, and whether there is MuSGD.

    A run's own file has every key of its version; one that somebody writes has a few.
    """
    told = given.values.get("ultralytics_version")
    if told is None and "save_dir" in given.values:
        old, muon = NEWER not in given.values, MUON not in given.values
        said = "8.3" if muon else f"8.4, before {FIRST}" if old else "8.4.190"
        if SECOND not in given.values:
            said = "8.0"
        given.assume(f"ultralytics {said}, as the file's keys tell (--set ultralytics_version=...)")
        return "8.1" if said == "8.0" else "8.3" if old else "8.4", not muon
    if told is None:
        given.assume("ultralytics 8.4.190 (--set ultralytics_version=8.3 says an earlier one, "
                     "whose warm-up has 100 batches at least)")  # fmt: skip
        return "8.4", True
    if not re.fullmatch(r"8\.[0-4](\.\d{1,6})?", str(told)):
        raise given.refuse("ultralytics_version", "is none that is read: 8.0 to 8.4")
    _, minor, patch = map(int, f"{told}.0".split(".")[:3])
    if (minor, patch) < LATE:
        return "8.1", False
    latest = minor > 3 and (patch == 0 or patch >= int(FIRST.rpartition(".")[2]))
    return "8.4" if latest else "8.3", minor > 3


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
        if given.text("optimizer", "auto").lower() == "auto":
            raise given.open([("examples",)], CLASSES if "nc" not in given else {})
        raise given.open([("examples", "batches")])
    shared = math.ceil(examples / processes)
    each = math.ceil(shared / min(max(size // processes, 1), examples))
    given.derive("epoch", f"{each} batches: ceil({shared} examples of a process / "
                          f"{size // processes})")  # fmt: skip
    return size, examples, each


def optimizer(
    given: Given, muon: bool, batch: int, examples: int | None, epochs: int, nominal: float
) -> tuple[str, float, float]:
    """Return the optimizer's name, its rate, and the rate that biases begin with."""
    name = given.text("optimizer", "auto")
    if name.lower() != "auto":
        if name.lower() not in map(str.lower, OPTIMIZERS):
            raise given.refuse("optimizer", f"is none of {', '.join(OPTIMIZERS)}")
        return name, given.number("lr0", 0.01), given.number("warmup_bias_lr", 0.1)
    if examples is None:
        raise given.open([("examples",)], CLASSES if "nc" not in given else {})
    count = math.ceil(examples / max(batch, nominal)) * epochs
    if count > MANY:
        found: tuple[str, float] = ("MuSGD" if muon else "SGD", 0.01)
    else:
        classes = given.whole("nc", least=1)
        if classes is None:
            raise given.open([], CLASSES)
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
