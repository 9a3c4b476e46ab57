"""kohya's sd-scripts, as of 48d368f: flags, or a TOML file whose sections are one.

Accelerate steps the schedule once for each process: its length is told so, its warm-up only
where that is a share.
"""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Any, Final

from isorate.configs.configuration import Configuration
from isorate.kit import Optimizer
from isorate.kit.optimizer import ParamGroup
from isorate.kit.registry import get as dialect
from isorate.kit.standing import given as built

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted
    from isorate.kit.call import Call

VERSION: Final = "48d368f"
#: What each schedule takes besides its warm-up: keys, and what they are called there.
CYCLES, POWER, LOW = "lr_scheduler_num_cycles", "lr_scheduler_power", "lr_scheduler_min_lr_ratio"
SCALE, DECAY = "lr_scheduler_timescale", "lr_decay_steps"
TAKEN: Final = {
    "cosine_with_restarts": (CYCLES,),
    "polynomial": (POWER,),
    "cosine_with_min_lr": (CYCLES, LOW),
    "inverse_sqrt": (SCALE,),
    "warmup_stable_decay": (CYCLES, LOW, DECAY),
}
#: A longer text is no argument's value.
LONGEST: Final = 200


def foretell(given: Given) -> Foretold:
    """Return what flags or a file make of a run."""
    given.values = flat(given.values)
    kind = (given.text("optimizer_type") or "AdamW").lower()
    if kind.endswith("schedulefree"):
        raise given.refuse("optimizer_type", "has no schedule: it finds its rates itself")
    if kind.startswith(("dadapt", "prodigy")):
        given.assume(f"the rates are what {given.values['optimizer_type']} multiplies its own by")
    relative = not any("relative_step=False" in str(w) for w in given.words("optimizer_args"))
    if kind == "adafactor" and relative:
        raise given.refuse("optimizer_type", "finds its rates itself, unless relative_step=False")
    groups = rates(given)
    processes = given.processes()
    updates = trained(given, processes)
    length = updates * processes
    call = scheduler(given, groups, length, processes)
    warmup = getattr(call, "num_warmup_steps", None)
    return given.foretold(
        call, updates, peak=groups[0], version=VERSION,
        warmup=math.ceil(warmup / processes) if isinstance(warmup, int) and warmup else None,
        keys={"rate": "learning_rate", "warmup": "lr_warmup_steps", "length": "max_train_steps"},
        accelerate=processes if processes > 1 else None,
    )  # fmt: skip


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of all sections, whatever they are called."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= value if isinstance(value, dict) and not key.startswith("__") else {key: value}
    return found


def rates(given: Given) -> list[float]:
    """Return the rates of the groups: a network's parts may have their own."""
    base = float(given.number("learning_rate", 2e-6))
    if "network_module" not in given:
        for key in ("learning_rate_te", "learning_rate_te1", "block_lr"):
            if key in given:
                given.assume(f"the rates are those of the first group: {key} gives another its own")
        return [base]
    parts = {}
    if not given.truth("network_train_unet_only"):
        said = given.values.get("text_encoder_lr")
        if isinstance(said, list):  # of several encoders
            given.values["text_encoder_lr"] = said[0] if said else None
        parts["text encoder"] = float(given.number("text_encoder_lr", base))
    if not given.truth("network_train_text_encoder_only"):
        parts["U-Net"] = float(given.number("unet_lr", base))
    found = {part: rate for part, rate in parts.items() if rate}  # others are not trained
    if not found:
        raise given.refuse("learning_rate", "is 0: nothing is trained")
    if len(set(found.values())) > 1:
        said = ", ".join(f"{part} {rate:g}" for part, rate in found.items())
        given.derive("groups", said)
    for word in given.words("network_args"):
        if "lr" in str(word):
            given.assume(f"the rates are those of the first group: {word} gives others their own")
    return list(dict.fromkeys(found.values()))


def trained(given: Given, processes: int) -> int:
    """Return how many updates are trained.

    Raises:
        OpenError: epochs are told, and nobody knows how many batches one has.

    """
    epochs, most = given.whole("max_train_epochs"), given.whole("max_train_steps", 1600)
    if epochs is None:
        given.derive("updates", f"{most}: max_train_steps")
        if not most:
            raise given.refuse("max_train_steps", "trains no update")
        return int(most)
    batches = given.fact("batches")
    if batches is None:
        raise given.open([("batches",)])
    accumulation = given.whole("gradient_accumulation_steps", 1, least=1)
    if given.text("__program__") == "lumina_train":  # which leaves it out of account
        accumulation = 1
    each = math.ceil(batches / processes / accumulation)
    said = f"ceil({batches} batches / {processes} / {accumulation})"
    given.derive("updates", f"{epochs * each}: {epochs} epochs × {said}")
    if "max_train_steps" in given:
        given.warn("max_train_steps", "ignored: max_train_epochs goes before it")
    if not epochs * each:
        raise given.refuse("max_train_epochs", "trains no update")
    return int(epochs * each)


def steps(given: Given, key: str, length: int) -> int:
    """Return how many steps a key says: a share of all of them, where it is no integer."""
    value = given.values.get(key)
    if value is None:
        return 0
    if isinstance(value, str) and value.endswith("%"):
        given.values[key] = value[:-1]
        share = given.number(key) / 100
    else:
        share = given.number(key)
        if share >= 1 and isinstance(value, str) and not value.strip().isdecimal():
            raise given.refuse(key, "is refused: from 1 on it is to be an integer")
        if share >= 1 and isinstance(share, float):
            given.warn(key, f"a number with a point is a share: {share:g} times the run")
        elif share >= 1:
            given.derive("warmup" if "warmup" in key else "decay", f"{int(share)} steps: {key}")
            return int(share)
    if share < 0:
        raise given.refuse(key, "is below 0")
    found = int(share * length)
    if found:
        given.derive(
            "warmup" if "warmup" in key else "decay", f"{found} steps: {share:g} × {length}"
        )
    return found


def scheduler(given: Given, groups: list[float], length: int, processes: int) -> Call:
    """Return the scheduler that it builds.

    Raises:
        ReadError: it builds none from that.

    """
    base = float(given.number("learning_rate", 2e-6))  # of which lr_end is a share
    stated = ParamGroup(base) if base != groups[0] else None
    optimizer = Optimizer(tuple(ParamGroup(rate) for rate in groups), "AdamW", stated=stated)
    own = specific(given)
    warmup, decay = (steps(given, key, length) for key in ("lr_warmup_steps", DECAY))
    name = given.text("lr_scheduler", "constant").lower()
    kind = given.text("lr_scheduler_type")
    if warmup and (kind or name == "constant"):
        text = f"is refused with {kind or name}, which has no warm-up"
        raise given.refuse("lr_warmup_steps", text)
    if kind:
        return another(given, kind, optimizer, own)
    for key in (CYCLES, POWER, LOW, SCALE, DECAY):
        if key in given and given.values[key] and key not in TAKEN.get(name, ()):
            given.warn(key, f"ignored: {name} does not take it")
    if warmup and processes > 1 and isinstance(given.number("lr_warmup_steps"), int):
        text = f"the warm-up takes {warmup / processes:g} updates: {processes} steps each"
        given.warn("lr_warmup_steps", text)
    if name.startswith("adafactor"):
        raise given.refuse("lr_scheduler", "finds the rates itself")
    if name == "piecewise_constant":
        from isorate.dialects.diffusers import get_piecewise_constant_schedule

        return construct(given, get_piecewise_constant_schedule, optimizer, own)
    cycles, low = given.whole(CYCLES, 1), given.number(LOW)
    more: dict[str, Any] = {
        "cosine_with_restarts": {"num_cycles": cycles},
        "polynomial": {"power": given.number(POWER, 1)},
        "cosine_with_min_lr": {"num_cycles": cycles / 2, "min_lr_rate": low},
        "inverse_sqrt": {"timescale": given.whole(SCALE)},
        "warmup_stable_decay": {
            "num_stable_steps": length - warmup - decay, "num_decay_steps": decay,
            "num_cycles": cycles / 2, "min_lr_ratio": low or 0.0,
        },
    }.get(name, {})  # fmt: skip
    twice = more.keys() & own.keys()
    if twice:
        raise given.refuse("lr_scheduler_args", f"says {', '.join(twice)} a second time")
    from isorate.dialects.transformers import get_scheduler

    return get_scheduler(name, optimizer, warmup, length, more | own or None)


def specific(given: Given) -> dict[str, Any]:
    """Return the arguments that are written as ``name=value``."""
    found = {}
    for word in given.words("lr_scheduler_args"):
        name, equals, value = str(word).partition("=")
        try:
            found[name] = ast.literal_eval(value[:LONGEST])
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            equals = ""
        if not equals:
            raise given.refuse("lr_scheduler_args", f"has {word!r:.60}, which is no name=value")
    return found


def another(given: Given, kind: str, optimizer: Optimizer, own: dict[str, Any]) -> Call:
    """Return a scheduler of torch's, by the name of its class."""
    if "lr_scheduler" in given:
        given.warn("lr_scheduler", "ignored: lr_scheduler_type goes before it")
    module, _, name = kind.rpartition(".")
    known = {each.__name__: each for each in dialect("torch").constructors}
    if module not in ("", "torch.optim.lr_scheduler") or name not in known:
        raise given.refuse("lr_scheduler_type", "is no scheduler that is read")
    if name == "ReduceLROnPlateau":
        raise given.refuse("lr_scheduler_type", "follows what training measures, not foretold")
    return construct(given, known[name], optimizer, own)


def construct(given: Given, constructor: Any, optimizer: Optimizer, own: dict[str, Any]) -> Call:
    """Return a call with the arguments that are written.

    Raises:
        ReadError: it does not take them.

    """
    try:
        return built(constructor, {"optimizer": optimizer}, own)
    except TypeError as error:
        raise given.refuse("lr_scheduler_args", f"is refused with TypeError: {error}") from None


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule."""
    own = {"learning_rate": wanted.peak, "max_train_steps": wanted.updates}
    own |= {"lr_warmup_steps": wanted.warmup} if wanted.warmup else {}
    if wanted.low:
        yield own | {"lr_scheduler": "cosine_with_min_lr", LOW: wanted.low / wanted.peak}
    names = () if wanted.low else ("cosine", "linear")
    for name in (*names, "constant_with_warmup" if wanted.warmup else "constant"):
        yield own | {"lr_scheduler": name}


class _Known(Configuration, frozen=True):
    """A configuration whose sections are one."""

    def score(self, values: Mapping[str, Any]) -> int:
        return super().score(flat(values))

    def misspelt(self, values: Mapping[str, Any]) -> tuple[str, str] | None:
        return super().misspelt(flat(values))


#: Flags and keys that no rate depends on.
_OTHERS: Final = """
    bucket_no_upscale bucket_reso_steps cache_latents cache_latents_to_disk caption_dropout_rate
    caption_extension clip_skip color_aug config_file dataset_config enable_bucket flip_aug
    full_bf16 full_fp16 gradient_checkpointing huber_c huber_schedule in_json keep_tokens
    logging_dir log_with loss_type lowram max_bucket_reso max_data_loader_n_workers max_grad_norm
    max_token_length mem_eff_attn min_bucket_reso min_snr_gamma mixed_precision
    multires_noise_discount multires_noise_iterations network_alpha network_dim network_dropout
    network_weights no_half_vae noise_offset output_dir output_name
    persistent_data_loader_workers pretrained_model_name_or_path prior_loss_weight random_crop
    reg_data_dir resolution resume sample_every_n_epochs sample_every_n_steps sample_prompts
    sample_sampler save_every_n_epochs save_every_n_steps save_last_n_steps save_model_as
    save_precision save_state scale_weight_norms sdpa seed shuffle_caption tokenizer_cache_dir
    train_batch_size train_data_dir use_8bit_adam v2 v_parameterization vae vae_batch_size
    weighted_captions xformers zero_terminal_snr
"""
CONFIGURATIONS: Final = (
    _Known(
        "kohya", "kohya's sd-scripts",
        ("learning_rate", "unet_lr", "text_encoder_lr", "lr_scheduler", "lr_scheduler_type",
         "lr_scheduler_args", "lr_warmup_steps", DECAY, CYCLES, POWER, LOW, SCALE,
         "max_train_steps", "max_train_epochs", "gradient_accumulation_steps", "optimizer_type",
         "optimizer_args", "network_args", "network_train_unet_only",
         "network_train_text_encoder_only", "network_module"),
        foretell,
        tuple(_OTHERS.split()),
        ("network_module", CYCLES, LOW, POWER, "max_train_epochs", "enable_bucket", "network_dim",
         "save_model_as", "max_data_loader_n_workers", "in_json", "output_name"),
        {"lr": "learning_rate", "epochs": "max_train_epochs", "max_steps": "max_train_steps",
         "accumulation": "gradient_accumulation_steps"},
        spell=spell,
        programs=("train_network", "sdxl_train_network", "flux_train_network", "sdxl_train",
                  "train_db", "fine_tune", "train_textual_inversion", "sd3_train_network",
                  "sd3_train", "flux_train", "lumina_train", "lumina_train_network",
                  "sdxl_train_control_net", "train_control_net"),
    ),
)  # fmt: skip
