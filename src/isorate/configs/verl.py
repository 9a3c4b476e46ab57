"""verl, as of 0.9.1, training with FSDP: a step of the schedule for each rollout.

A rollout is trained on in several updates, which have one rate. Its YAML and the overrides of a
command line are one: ``actor_rollout_ref.actor.optim.lr``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula
from isorate.configs._dotted import Dotted, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.configs.configuration import Foretold, Given, Wanted
    from isorate.kit.call import Call

VERSION: Final = "0.9.1"
ACTOR: Final = "actor_rollout_ref.actor"
#: Each model's key, and the rate that it has by default.
MODELS: Final = {"verl": (f"{ACTOR}.", 1e-6), "verl-critic": ("critic.", 1e-5),
                 "verl-sft": ("", 1e-3)}  # fmt: skip
OPTIM: Final = ("lr", "lr_warmup_steps", "lr_warmup_steps_ratio", "lr_scheduler_type",
                "warmup_style", "min_lr_ratio", "num_cycles", "zero_indexed_step",
                "total_training_steps")  # fmt: skip
RUN: Final = ("trainer.total_epochs", "trainer.total_training_steps", "data.train_batch_size")
#: Its own files of configurations that train with FSDP.
OWN: Final = ("ppo_trainer", "sft_trainer", "sft_trainer_engine")
#: What decides how many updates a rollout is.
ROLLOUT: Final = (f"{ACTOR}.ppo_mini_batch_size", f"{ACTOR}.ppo_epochs", "data.gen_batch_size",
                  "critic.ppo_mini_batch_size", "critic.ppo_epochs", "trainer.critic_warmup",
                  "trainer.v1.trainer_mode")  # fmt: skip
#: Shares of the rate, of a step s.
CONSTANT: Final = "t / max(1.0, {W}) if t < {W} else 1.0"
COSINE: Final = (
    "{s} / max(1, {W}) if {s} < {W} else max({low}, "
    "math.cos(math.pi * {n} * 2.0 * (({s} - {W}) / max(1, {T} - {W}))) * {half} + {middle})"
)


def foretell(given: Given, *, name: str) -> Foretold:
    """Return what a file or overrides make of a run of a model."""
    at, usual = MODELS[name]
    given.values = dotted(given.values)
    given.say("lr", f"{at}optim.lr")
    check(given, ("engine", "engine.strategy") if not at else (f"{at}strategy", "model_engine"))
    if given.text("trainer.v1.trainer_mode", "sync") != "sync":
        raise given.refuse("trainer.v1.trainer_mode", "updates as rollouts come, not foretold")
    total, rollouts = counted(given, supervised=not at)
    each = 1 if not at else per_rollout(given, at)
    rate = given.number(f"{at}optim.lr", usual)
    if given.number(f"{at}optim.total_training_steps", -1) > 0:
        given.warn(f"{at}optim.total_training_steps", "ignored: the trainer writes its own")
    call, warmup = scheduler(given, f"{at}optim.", float(rate), total)
    frozen = given.whole("trainer.critic_warmup", 0) - 1 if name == "verl" else 0
    if frozen > 0:
        rollouts = max(rollouts - frozen, 0)
        given.derive("critic first", f"{frozen} rollouts train the critic alone")
    if at:
        said = f"{rollouts} rollouts × {each}, which have one rate"
        given.derive("updates", f"{rollouts * each}: {said}")
        given.assume("no rollout is filtered")
    if name == "verl":
        given.assume("the rates are the actor's (--as verl-critic: the critic's)")
    if not rollouts:
        raise given.refuse("trainer.total_epochs", "trains no update")
    return given.foretold(
        call, rollouts * each, peak=float(rate), warmup=warmup * each or None, version=VERSION,
        keys={"rate": f"{at}optim.lr", "warmup": f"{at}optim.lr_warmup_steps",
              "length": "trainer.total_epochs"},
        each=each if each > 1 else None,
    )  # fmt: skip


def check(given: Given, keys: tuple[str, ...]) -> None:
    """Refuse what trains without FSDP, and what may stand in a file that is not there.

    Raises:
        ReadError: it is so.

    """
    for key in keys:
        value = str(given.values.get(key) or "fsdp")
        if "$" in value:
            raise given.refuse(key, "is not known", f"--set {key}=fsdp, say")
        if value not in ("fsdp", "fsdp2", "dp"):
            raise given.refuse(key, "has a schedule of its own, which is not read")
    file = given.text("config_name")
    if file is not None and file.removesuffix(".yaml") not in OWN:
        hint = "--set config_name=ppo_trainer, where it says nothing of it"
        raise given.refuse("config_name", "is not verl's own with FSDP: the schedule may stand in "
                           "it", hint)  # fmt: skip


def counted(given: Given, *, supervised: bool) -> tuple[int, int]:
    """Return the steps that the schedule is told of, and the rollouts, or batches, of the run."""
    told, examples = given.whole("trainer.total_training_steps"), given.fact("examples")
    epochs = given.whole("trainer.total_epochs", 4 if supervised else 30, least=1)
    size = given.whole("data.train_batch_size", 256 if supervised else 1024, least=1)
    if examples is None:
        if told is None:
            raise given.open([("examples",)])
        given.assume(f"{epochs} epochs are {told} steps or more")
        given.derive("steps", f"{told}: trainer.total_training_steps")
        return int(told), int(told)
    if given.number("data.gen_batch_size") not in (None, size):
        raise given.refuse("data.gen_batch_size", "makes rollouts that are not foretold")
    most = given.number("data.train_max_samples", -1)
    examples = min(examples, int(most)) if most > 0 else examples
    whole, own = examples, size
    if supervised:
        processes = given.processes()
        whole, own = examples // processes, size // processes
    each = whole // own if own else 0
    given.derive("steps", f"{epochs * each}: {epochs} epochs × floor({whole} examples / {own})")
    if told is not None and told != epochs * each:
        more = "longer" if told > epochs * each else "shorter"
        text = f"the schedule is told of {told} steps: {more} than {epochs} epochs"
        given.warn("trainer.total_training_steps", text)
    total = epochs * each if told is None else int(told)
    return int(total), int(min(total, epochs * each))


def per_rollout(given: Given, at: str) -> int:
    """Return how many updates a rollout is trained on in."""
    usual = given.whole(f"{ACTOR}.ppo_mini_batch_size", 256, least=1)
    mini = given.whole(f"{at}ppo_mini_batch_size", usual, least=1)
    epochs = given.whole(f"{at}ppo_epochs", given.whole(f"{ACTOR}.ppo_epochs", 1))
    size = given.whole("data.train_batch_size", 1024)
    each = size // mini * epochs
    given.derive("rollout", f"{each} updates: {size} prompts / {mini} × {epochs} epochs")
    if not each:
        raise given.refuse(f"{at}ppo_mini_batch_size", "is more than there are prompts")
    return int(each)


def scheduler(given: Given, at: str, rate: float, total: int) -> tuple[Call, int]:
    """Return the scheduler that FSDP's worker builds, and the steps of its warm-up."""
    style = given.text(f"{at}warmup_style")
    kind = style or given.text(f"{at}lr_scheduler_type", "constant")
    if style and f"{at}lr_scheduler_type" in given:
        given.warn(f"{at}lr_scheduler_type", f"ignored: warmup_style={style} goes before it")
    key = f"{at}warmup_style" if style else f"{at}lr_scheduler_type"
    if kind not in ("constant", "cosine"):
        raise given.refuse(key, "is refused: it is to be constant or cosine")
    warmup = given.number(f"{at}lr_warmup_steps", -1)
    said = "lr_warmup_steps"
    if warmup <= 0:
        share = given.number(f"{at}lr_warmup_steps_ratio", 0.0)
        warmup, said = int(share * total), f"floor({share:g} × {total})"
    given.derive("warmup", f"{warmup} steps: {said}" if warmup else "none")
    low = given.number(f"{at}min_lr_ratio", 0.0)
    if not 0 <= low <= 1:
        raise given.refuse(f"{at}min_lr_ratio", "is refused: it is to be between 0 and 1")
    if kind == "constant":
        if low:
            given.warn(f"{at}min_lr_ratio", "ignored: constant has no floor")
        return _formula.lambda_lr(rate, CONSTANT, W=warmup), int(warmup)
    indexed = given.truth(f"{at}zero_indexed_step", default=True)
    share_of = COSINE.replace("{s}", "t" if indexed else "(t + 1)")
    known = {"half": (1 - low) * 0.5, "middle": (1 + low) * 0.5, "low": low}
    cycles = float(given.number(f"{at}num_cycles", 0.5))
    return _formula.lambda_lr(rate, share_of, W=warmup, T=total, n=cycles, **known), int(warmup)


def spell(wanted: Wanted, *, name: str) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule: an update a step."""
    at = MODELS[name][0]
    own: dict[str, Any] = {"data.train_batch_size": 1} | (
        {f"{at}ppo_mini_batch_size": 1} if at else {}
    )
    own |= {"trainer.total_training_steps": wanted.updates, f"{at}optim.lr": wanted.peak}
    own |= {f"{at}optim.lr_warmup_steps": wanted.warmup} if wanted.warmup else {}
    low = {f"{at}optim.min_lr_ratio": wanted.low / wanted.peak} if wanted.low else {}
    for more in ({}, {f"{at}optim.zero_indexed_step": False}):
        yield own | {f"{at}optim.lr_scheduler_type": "cosine"} | low | more
    yield own | {f"{at}optim.lr_scheduler_type": "constant"}


def _keys(name: str) -> tuple[str, ...]:
    at = MODELS[name][0]
    own = (f"{at}strategy", "model_engine") if at else ("engine", "engine.strategy")
    optim = (f"{at}optim.{key}" for key in OPTIM)
    return (*optim, *RUN, *(ROLLOUT if at else ()), *own, "config_name")


CONFIGURATIONS: Final = tuple(
    Dotted(
        name, "verl", _keys(name), partial(foretell, name=name),
        ("data.train_files", "data.train_max_samples", "trainer.n_gpus_per_node",
         "trainer.project_name", "trainer.save_freq"),
        marks,
        {"epochs": "trainer.total_epochs", "max_steps": "trainer.total_training_steps"},
        spell=partial(spell, name=name),
        programs=programs,
    )
    for name, marks, programs in (
        ("verl", (f"{ACTOR}.optim.lr", f"{ACTOR}.ppo_mini_batch_size", "algorithm.adv_estimator"),
         ("main_ppo",)),
        ("verl-critic", ("__critic__",), ()),  # which nothing but --as tells
        ("verl-sft", ("data.micro_batch_size_per_gpu", "data.messages_key"),
         ("sft_trainer", "sft_trainer_ray")),
    )
)  # fmt: skip
