"""diffusers' example scripts, as of 58eb52c: Accelerate steps the schedule once for each process.

How they count is not the same in all of them: which one it is, a command line tells.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted

VERSION: Final = "58eb52c"
#: How scripts tell the schedule its length: as many steps as Accelerate takes; the same, of the
#: batches that all processes share; as many as there are batches in an update; updates; batches.
SHARDED, WHOLE, ACCUMULATED, PLAIN, BATCHES = "sharded", "whole", "accumulated", "plain", "batches"


class Script(NamedTuple):
    """How a script counts, and what it has by default."""

    name: str
    counts: str
    lr: float
    epochs: int
    batch: int


SCRIPTS: Final = {
    name: Script(f"train_{name}", counts, lr, epochs, batch)
    for counts, lr, epochs, batch, names in (
        (SHARDED, 1e-4, 1, 4,
         "dreambooth_lora_flux_advanced dreambooth_lora_sd15_advanced dreambooth_flux "
         "dreambooth_lora_sdxl_advanced dreambooth_lora_flux dreambooth_lora_flux2 "
         "dreambooth_lora_flux2_img2img dreambooth_lora_flux2_klein dreambooth_lora_sd3 "
         "dreambooth_lora_flux2_klein_img2img dreambooth_lora_flux_kontext dreambooth_lora_sdxl "
         "dreambooth_lora_ideogram4 dreambooth_lora_z_image"),
        (SHARDED, 5e-6, 1, 4, "control_cogview4 controlnet controlnet_flux controlnet_sdxl "
         "dreambooth control_flux control_lora_flux"),
        (SHARDED, 1e-6, 100, 16, "lcm_distill_lora_sdxl"),
        (SHARDED, 1e-5, 1, 4, "custom_diffusion"),
        (SHARDED, 5e-4, 1, 4, "dreambooth_lora"),
        (SHARDED, 1e-4, 100, 16, "instruct_pix2pix text_to_image text_to_image_lora"),
        (WHOLE, 1e-4, 1, 4,
         "cogvideox_image_to_video_lora cogvideox_lora dreambooth_lora_hidream dreambooth_sd3 "
         "dreambooth_lora_lumina2 dreambooth_lora_qwen_image dreambooth_lora_sana"),
        (WHOLE, 5e-6, 1, 4, "controlnet_sd3"),
        (WHOLE, 3e-4, 1, 4, "dreambooth_lora_krea2"),
        (ACCUMULATED, 1e-4, 100, 16,
         "instruct_pix2pix_sdxl text_to_image_lora_sdxl text_to_image_sdxl"),
        (ACCUMULATED, 1e-4, 100, 1, "text_to_image_decoder text_to_image_lora_decoder "
         "text_to_image_lora_prior text_to_image_prior"),
        (PLAIN, 1e-4, 100, 16, "lcm_distill_lora_sd_wds lcm_distill_lora_sdxl_wds "
         "lcm_distill_sd_wds lcm_distill_sdxl_wds"),
        (PLAIN, 5e-6, 1, 4, "t2i_adapter_sdxl"),
        (BATCHES, 1e-4, 100, 16, "unconditional"),
    )
    for name in names.split()
}  # fmt: skip
#: Scripts that ask Accelerate to split batches, which takes that no more (as of 1.15.0).
SPLITS: Final = "lcm_distill"
#: Those whose batches hold images of one size, and leave out what fills none.
BUCKETS: Final = ("flux2", "kontext", "ideogram4", "krea2", "qwen_image", "z_image")
#: Those that raise a TypeError without ``max_train_steps``.
ASKING: Final = ("control_cogview4", "controlnet_flux")
#: Examples that count in ways of their own.
OTHERWISE: Final = ("amused", "cosmos_predict25_lora", "llada2", "vqgan")


def foretell(given: Given) -> Foretold:
    """Return what the flags of a script make of a run."""
    processes = given.processes()
    accumulation = given.whole("gradient_accumulation_steps", 1, least=1)
    script = which(given, alone=processes == accumulation == 1)
    given.assume(f"{script.name}.py of diffusers {VERSION}")
    name = script.name.removeprefix("train_")
    if name.startswith(SPLITS) and processes > 1:
        given.assume("split_batches=True is ignored, as by Accelerate 1.15")
    size = given.whole("train_batch_size", script.batch, least=1)
    peak = given.number("learning_rate", script.lr)
    if given.truth("scale_lr"):
        peak *= accumulation * size * processes
        said = f"learning_rate × {accumulation} × {size} × {processes} processes"
        given.derive("rate", f"{peak:g}: {said}")
    for key in ("text_encoder_lr", "learning_rate_pti"):
        if given.values.get(key):
            given.assume(f"the rates are those of the first group: {key} gives another its own")
    length, updates = counted(given, script, processes, accumulation, size)
    factor = {SHARDED: processes, WHOLE: processes, PLAIN: 1}.get(script.counts, accumulation)
    warmup = given.whole("lr_warmup_steps", 500) * factor
    if length != updates * processes or factor != processes:
        alone = script.counts in (ACCUMULATED, BATCHES)
        given.warn("gradient_accumulation_steps" if alone else "--processes",
                   f"the schedule is told of {length} steps with a warm-up of {warmup}, "
                   f"and the run takes {updates * processes}: {processes} an update")  # fmt: skip
    schedule = given.text("lr_scheduler", "cosine" if name == "unconditional" else "constant")
    for key, kind in (("lr_num_cycles", "cosine_with_restarts"), ("lr_power", "polynomial")):
        if given.number(key, 1) != 1 and schedule != kind:
            given.warn(key, f"ignored: {schedule} does not take it")
    if warmup:
        given.derive("warmup", f"{warmup} steps: {warmup // factor} × {factor}")
    given.derive("schedule", f"{length} steps, {processes} an update")
    if schedule == "constant" and given.number("lr_warmup_steps", 0):
        given.warn("lr_warmup_steps", "constant has no warm-up: constant_with_warmup has one")
    from isorate.dialects.diffusers import get_scheduler

    optimizer = _formula.adamw(peak)
    cycles, power = given.whole("lr_num_cycles", 1), given.number("lr_power", 1.0)
    call = get_scheduler(schedule, optimizer, None, warmup, length, cycles, power)
    return given.foretold(
        call, updates, peak=float(peak), version=VERSION,
        warmup=None if schedule == "constant" else math.ceil(warmup / processes),
        keys={"rate": "learning_rate", "warmup": "lr_warmup_steps", "length": "max_train_steps"},
        accelerate=processes if processes > 1 else None,
    )  # fmt: skip


def which(given: Given, *, alone: bool) -> Script:
    """Return which script it is; where a process trains alone, all of them count in one way.

    Raises:
        ReadError: nobody says it, and what is foretold depends on it.

    """
    said = given.text("script") or given.text("__program__") or ""
    name = said.removesuffix(".py").removeprefix("train_")
    if name in SCRIPTS:
        return SCRIPTS[name]
    key = "script" if "script" in given else "__program__"
    if name in OTHERWISE:
        raise given.refuse(key, "counts in a way of its own, which is not read")
    known = [key for key in ("learning_rate", "lr_scheduler") if key not in given]
    if "max_train_steps" not in given:
        known += [k for k in ("num_train_epochs", "train_batch_size") if k not in given]
    if alone and not known and not given.truth("scale_lr"):
        return SCRIPTS["text_to_image"]
    why = f"{known[0]} is its default" if known else "scripts count steps in several ways"
    what = f"is none of diffusers' scripts, and {why}"
    raise given.refuse(key, what, "--set script=train_text_to_image, say")


def counted(
    given: Given, script: Script, processes: int, accumulation: int, size: int
) -> tuple[int, int]:
    """Return the steps that the schedule is told of, and the updates that are trained."""
    name = script.name.removeprefix("train_")
    most = given.whole("max_train_steps") if script.counts != BATCHES else None
    factor = {ACCUMULATED: accumulation, PLAIN: 1, BATCHES: 1}.get(script.counts, processes)
    if most is not None:
        before = ", which goes before num_train_epochs" if "num_train_epochs" in given else ""
        given.derive("updates", f"{most}: max_train_steps{before}")
        if not most:
            raise given.refuse("max_train_steps", "trains no update")
        return most * factor, most
    if name in ASKING:
        text = f"is not said, and {script.name}.py raises a TypeError without it"
        raise given.refuse("max_train_steps", text)
    if name.endswith("_wds"):
        raise given.open([("max_steps",)])
    epochs = given.whole("num_epochs" if script.counts == BATCHES else "num_train_epochs",
                         script.epochs)  # fmt: skip
    buckets = any(word in name for word in BUCKETS)
    batches, examples = given.fact("batches"), None if buckets else given.fact("examples")
    if batches is None:
        if examples is None:
            raise given.open([("batches",) if buckets else ("examples", "batches")])
        batches = math.ceil(examples / size)
        given.derive("batches", f"{batches}: ceil({examples} examples / {size})")
    own = math.ceil(batches / processes)
    if buckets and processes > 1:
        own = batches // processes
    each = math.ceil(own / accumulation)
    updates = int(epochs * each)
    given.derive("updates", f"{updates}: {epochs} epochs × ceil({own} batches / {accumulation})")
    if not updates:
        raise given.refuse("num_train_epochs", "trains no update")
    if script.counts == BATCHES:
        return batches * epochs, updates
    whole = math.ceil(batches / processes) if script.counts == SHARDED else batches
    return int(epochs * math.ceil(whole / accumulation) * factor), updates


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: none has a floor."""
    own = {"script": "train_text_to_image", "learning_rate": wanted.peak}
    own |= {"max_train_steps": wanted.updates, "lr_warmup_steps": wanted.warmup}
    for name in ("cosine", "linear", "constant_with_warmup" if wanted.warmup else "constant"):
        yield own | {"lr_scheduler": name}


#: Flags that no rate depends on.
_OTHERS: Final = """
    adam_beta1 adam_beta2 adam_epsilon adam_weight_decay allow_tf32 cache_dir caption_column
    center_crop checkpointing_steps checkpoints_total_limit class_data_dir class_prompt
    controlnet_model_name_or_path conditioning_image_column dataloader_num_workers dataset_name
    dataset_config_name enable_xformers_memory_efficient_attention gradient_checkpointing
    guidance_scale hub_model_id hub_token image_column instance_data_dir instance_prompt
    logging_dir lora_layers max_grad_norm max_sequence_length max_train_samples mixed_precision
    noise_offset num_class_images num_validation_images optimizer output_dir
    pretrained_model_name_or_path pretrained_vae_model_name_or_path prior_loss_weight push_to_hub
    random_flip rank report_to repeats resolution resume_from_checkpoint revision
    sample_batch_size seed snr_gamma text_encoder_lr tracker_project_name train_data_dir
    train_text_encoder use_8bit_adam use_ema validation_epochs validation_image validation_prompt
    validation_prompts validation_steps variant vae_name with_prior_preservation
"""
CONFIGURATIONS: Final = (
    Configuration(
        "diffusers", "diffusers' examples",
        ("learning_rate", "scale_lr", "lr_scheduler", "lr_warmup_steps", "lr_num_cycles",
         "lr_power", "max_train_steps", "num_train_epochs", "num_epochs", "train_batch_size",
         "gradient_accumulation_steps", "script"),
        foretell,
        tuple(_OTHERS.split()),
        ("pretrained_model_name_or_path", "instance_prompt", "instance_data_dir",
         "pretrained_teacher_model", "script"),
        {"lr": "learning_rate", "epochs": "num_train_epochs", "max_steps": "max_train_steps",
         "batch_size": "train_batch_size", "accumulation": "gradient_accumulation_steps"},
        spell=spell,
        programs=tuple(f"train_{name}" for name in (*SCRIPTS, *OTHERWISE)),
    ),
)  # fmt: skip
