"""OpenRLHF's command lines, as of 0.11.2: transformers' schedules, stepped by DeepSpeed's engine.

Its flags had no dots until 0.10.1; those are read as of 0.8.11.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from isorate.configs import _formula
from isorate.configs.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isorate.configs.configuration import Foretold, Given, Wanted

VERSION: Final = "0.11.2"
#: Schedules that have a floor: the others are not given one.
FLOORED: Final = ("cosine_with_min_lr", "cosine_warmup_with_min_lr")


class Flags(NamedTuple):
    """What the flags are called that rates depend on."""

    version: str
    rate: str
    optim: str
    schedule: str
    warmup: str
    floor: str
    epochs: str
    examples: str
    batch: str
    micro: str
    rings: str
    tensors: str
    responses: str
    episodes: str


def dotted(part: str = "") -> Flags:
    """Return the flags of one model, or of the only one."""
    return Flags(
        VERSION, f"{part}adam.lr", f"{part}optim", f"{part}lr_scheduler",
        f"{part}lr_warmup_ratio", f"{part}min_lr_ratio", "train.max_epochs", "data.max_samples",
        "train.batch_size", "train.micro_batch_size", "ds.ring_attn_size",
        "ds.tensor_parallel_size", "rollout.n_samples_per_prompt", "train.num_episodes",
    )  # fmt: skip


def plain(part: str = "") -> Flags:
    """Return the same without dots."""
    return Flags(
        "0.8.11", f"{part}learning_rate", "optim", "lr_scheduler", "lr_warmup_ratio",
        "min_lr_ratio", "max_epochs", "max_samples", "train_batch_size",
        "micro_train_batch_size", "ring_attn_size", "ds_tensor_parallel_size",
        "n_samples_per_prompt", "num_episodes",
    )  # fmt: skip


class Program(NamedTuple):
    """What a program has by default: the rate, the epochs, the examples of a batch."""

    lr: float
    epochs: int = 1
    micro: int = 8
    learns: str = ""


PROGRAMS: Final = {
    "sft": Program(5e-6, epochs=2),
    "dpo": Program(1e-5),
    "rm": Program(9e-6, micro=1),
    "ppo": Program(1e-6, learns="actor"),
    "critic": Program(9e-6, learns="critic"),
}


def foretell(given: Given, *, name: str) -> Foretold:
    """Return what the flags of a program make of a run."""
    program = PROGRAMS[name]
    part = program.learns
    old = not any("." in key for key in given.values)
    flags = plain(part and f"{part}_") if old else dotted(part and f"{part}.")
    for fact, key in (("lr", flags.rate), ("epochs", flags.epochs), ("batch_size", flags.micro)):
        given.say(fact, key)
    if given.text(flags.optim, "adam") == "muon":
        raise given.refuse(flags.optim, "has two rates, which are not followed")
    given.assume(f"OpenRLHF {flags.version}, as the flags are written")
    peak = given.number(flags.rate, program.lr)
    examples = counted(given, flags)
    if part:
        horizon = updates = rollouts(given, flags, examples)
        other = "ppo" if part == "critic" else "critic"
        given.assume(f"the rates are the {part}'s (--as openrlhf-{other}: the other model's)")
    else:
        horizon, updates = trained(given, flags, program, examples, floors=old or name != "sft")
    share = given.number(flags.warmup, 0.03)
    warmup = math.ceil(horizon * share)
    given.derive("warmup", f"{warmup} updates: ceil({share:g} × {horizon})" if warmup else "none")
    schedule = given.text(flags.schedule, "cosine_with_min_lr")
    specific = floor(given, flags, name, schedule, peak)
    optimizer = _formula.adamw(peak)
    from isorate.dialects.transformers import get_scheduler

    call = get_scheduler(schedule, optimizer, warmup, horizon, specific)
    return given.foretold(
        call, updates, peak=float(peak), warmup=None if schedule == "constant" else warmup,
        version=flags.version,
        keys={"rate": flags.rate, "warmup": flags.warmup, "length": flags.epochs},
    )  # fmt: skip


def floor(
    given: Given, flags: Flags, name: str, schedule: str, peak: float
) -> Mapping[str, Any] | None:
    """Return the schedule's own arguments: its lowest rate."""
    if flags.version != VERSION:  # whatever the schedule is, and whatever it takes
        own = given.number(flags.floor, 0.1) if name == "dpo" else 0.1
        if name != "dpo" and flags.floor in given:
            raise given.refuse(flags.floor, "is no flag of this program's")
        return {"min_lr": peak * own}
    if schedule in FLOORED:
        return {"min_lr_rate": given.number(flags.floor, 0.1)}
    if flags.floor in given:
        given.warn(flags.floor, f"ignored: {schedule} has no floor")
    return None


def counted(given: Given, flags: Flags) -> int:
    """Return how many examples are taken.

    Raises:
        OpenError: nobody knows how many there are.

    """
    examples: int | None = given.fact("examples")
    if examples is None:
        raise given.open([("examples",)])
    given.assume("no example is left out for its length")
    most = given.whole(flags.examples)
    if most is not None and most < examples:
        given.derive("examples", f"{most}: {flags.examples}, of {examples}")
        return int(most)
    return examples


def trained(
    given: Given, flags: Flags, program: Program, examples: int, *, floors: bool
) -> tuple[int, int]:
    """Return the updates that the schedule is told of, and those that are trained.

    Args:
        given: the flags.
        flags: what they are called.
        program: its defaults.
        examples: those of an epoch.
        floors: whether the schedule is told of whole epochs alone.

    """
    whole = given.whole(flags.batch, 128, least=1)
    micro = given.whole(flags.micro, program.micro, least=1)
    epochs = given.whole(flags.epochs, program.epochs, least=1)
    processes = given.processes()
    shares = given.whole(flags.rings, 1, least=1) * given.whole(flags.tensors, 1, least=1)
    if whole * shares % (micro * processes) or processes % shares:
        said = f"{whole} × {shares}" if shares > 1 else str(whole)
        text = f"is refused: {micro} × {processes} processes do not divide {said}"
        raise given.refuse(flags.batch, text)
    accumulation = whole * shares // (micro * processes)
    batches = examples // (processes // shares) // micro
    said = f"floor(floor({examples} examples / {processes // shares}) / {micro})"
    given.derive("batches", f"{batches} a process: {said}")
    updates = batches * epochs // accumulation
    # the engine counts batches on, from one epoch to the next
    given.derive("updates", f"{updates}: floor({epochs} epochs × {batches} / {accumulation})")
    horizon = updates
    if floors:
        each = examples // whole
        horizon = each * epochs
        given.derive(
            "schedule", f"{horizon} updates: {epochs} epochs × floor({examples} / {whole})"
        )
        if not each:
            raise given.refuse(flags.batch, "is more than there are examples")
    if not updates:
        raise given.refuse(flags.batch, "is more than there are examples")
    return horizon, updates


def rollouts(given: Given, flags: Flags, examples: int) -> int:
    """Return the updates that the schedule is told of: of all responses to all prompts."""
    several, whole = (
        given.whole(flags.responses, 1, least=1),
        given.whole(flags.batch, 128, least=1),
    )
    episodes, epochs = (given.whole(key, 1, least=1) for key in (flags.episodes, flags.epochs))
    found = examples * several // whole * episodes * epochs
    said = f"floor({examples} prompts × {several} responses / {whole}) × {episodes} × {epochs}"
    given.derive("updates", f"{found}: {said}")
    given.assume("the rollouts make as many updates as the schedule is told of")
    if not found:
        raise given.refuse(flags.batch, "is more than there are responses")
    return int(found)


def spell(wanted: Wanted, *, name: str) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: an example an update."""
    part = PROGRAMS[name].learns
    flags = dotted(part and f"{part}.")
    own: dict[str, Any] = {flags.rate: wanted.peak, flags.batch: 1, flags.micro: 1, flags.epochs: 1}
    share = wanted.warmup / wanted.updates
    if math.ceil(wanted.updates * share) != wanted.warmup:  # as it is rounded
        share = (wanted.warmup - 0.5) / wanted.updates
    own |= {flags.warmup: share, "--examples": wanted.updates}
    low = {flags.floor: wanted.low / wanted.peak}
    names = FLOORED if wanted.low else ("cosine", "linear")
    for schedule in (*names, "constant_with_warmup" if wanted.warmup else "constant"):
        yield own | {flags.schedule: schedule} | (low if schedule in FLOORED else {})


#: Flags that no rate depends on, with dots and without.
_OTHERS: Final = """
    actor.adam.lr actor_learning_rate critic.adam.lr critic_learning_rate
    adam.betas adam.eps adam.weight_decay ckpt.disable_ds ckpt.load_enable ckpt.max_mem
    ckpt.max_num ckpt.output_dir ckpt.path ckpt.save_hf ckpt.save_steps data.apply_chat_template
    data.chosen_key data.dataset data.dataset_probs data.dataset_split data.input_key
    data.input_template data.label_key data.max_len data.output_key data.prompt_dataset
    data.prompt_key data.rejected_key ds.adam_offload ds.attn_implementation ds.lora.alpha
    ds.lora.rank ds.packing_samples ds.param_dtype ds.zero_stage ds.zpg eval.dataset eval.split
    eval.steps local_rank logger.logging_steps logger.tensorboard_dir logger.wandb.key
    logger.wandb.project max_norm model.beta model.gradient_checkpointing_enable
    model.model_name_or_path ref.model_name_or_path reward.model_name_or_path
    actor.model_name_or_path critic.model_name_or_path rollout.temperature train.seed
    vllm.num_engines actor.num_nodes actor.num_gpus_per_node
    actor_num_gpus_per_node actor_num_nodes adam_betas adam_offload advantage_estimator
    apply_chat_template attn_implementation aux_loss_coef beta bf16 chosen_key ckpt_path
    colocate_all_models critic_num_gpus_per_node critic_num_nodes critic_pretrain dataset
    dataset_probs disable_fast_tokenizer eps_clip eval_dataset eval_split eval_steps flash_attn
    gamma generate_max_len gradient_checkpointing init_kl_coef input_key input_template
    label_smoothing load_checkpoint logging_steps lora_alpha lora_rank loss max_ckpt_num max_len
    multiturn normalize_reward output_key packing_samples pretrain prompt_data prompt_key
    prompt_max_len ref_num_gpus_per_node ref_num_nodes ref_pretrain rejected_key remote_rm_url
    reward_num_gpus_per_node reward_num_nodes reward_pretrain ring_head_stride save_hf_ckpt
    save_path save_steps seed use_tensorboard use_wandb vllm_num_engines vllm_sync_backend
    vllm_tensor_parallel_size wandb_project wandb_run_name zero_stage zpg
"""
#: Flags that others do not have, and those of one program alone.
MARKS: Final = ("adam.lr", "actor.adam.lr", "train.micro_batch_size", "micro_train_batch_size",
                "actor_learning_rate")  # fmt: skip
OWN: Final = {
    "sft": ("data.output_key", "output_key", "pretrain_mode", "data.multiturn", "multiturn"),
    "dpo": ("model.beta", "beta", "ref_pretrain", "ref.model_name_or_path", "nll_loss_coef"),
    "rm": ("value_head_prefix", "ds.value_head_prefix", "margin_loss", "model.loss_type"),
    "ppo": ("prompt_data", "data.prompt_dataset", "rollout_batch_size", "rollout.batch_size",
            "micro_rollout_batch_size", "actor_learning_rate", "actor.adam.lr"),
    "critic": (),
}  # fmt: skip
CONFIGURATIONS: Final = tuple(
    Configuration(
        f"openrlhf-{name}", "OpenRLHF",
        tuple(
            dict.fromkeys(
                key
                for flags in (dotted(part and f"{part}."), plain(part and f"{part}_"))
                for key in flags[1:]
            )
        ),
        partial(foretell, name=name),
        (*_OTHERS.split(), *OWN[name]),
        ("openrlhf-critic",) if name == "critic" else MARKS,  # which nothing but --as tells
        spell=partial(spell, name=name),
        programs=() if name == "critic" else ("train_" + name + ("_ray" if part else ""),),
    )
    for name, part in ((name, program.learns) for name, program in PROGRAMS.items())
)  # fmt: skip
