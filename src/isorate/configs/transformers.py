"""transformers' Trainer, as of 5.23.0: the schedule that its ``TrainingArguments`` make.

Its rules stand once, as functions: a file of arguments comes to its recipe by them, and they are
part of the trainer's code, which is read where a text trains with it.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from isorate.configs import _formula, deepspeed
from isorate.configs._keys import DUMPED, OTHERS
from isorate.configs._named import opened
from isorate.configs.configuration import Configuration, Foretold, Given, Wanted
from isorate.kit.registry import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isorate.kit import Call

VERSION: Final = "5.23.0"


def batches_of(examples: float, size: float, drops: bool) -> int:
    """Return how many batches the examples make; the last one may be short, or is left out."""
    return math.floor(examples / size) if drops else math.ceil(examples / size)


def updates_of_epoch(batches: float, accumulation: float) -> int:
    """Return the updates of an epoch: the last one takes what batches are left."""
    return max(math.ceil(batches / accumulation), 1)


def updates_of_run(epochs: float, each: float) -> int:
    """Return the updates of a run, whose last epoch may be a part of one."""
    return math.ceil(epochs * each)


def share_of(updates: float, share: float) -> int:
    """Return the updates of a warm-up that is a share of all of them."""
    return math.ceil(updates * share)


def warmup_of(updates: float, warmup: float) -> int:
    """Return the updates of a warm-up: a number below 1 is a share of all of them."""
    return int(warmup) if warmup >= 1 else share_of(updates, warmup)


RULES: Final = (batches_of, updates_of_epoch, updates_of_run, share_of, warmup_of)
CODE: Final = """
import math
from dataclasses import dataclass, field
from torch.optim import AdamW
from torch.optim.lr_scheduler import ReduceLROnPlateau
from transformers import get_scheduler


@dataclass
class TrainingArguments:
    output_dir: str = None
    per_device_train_batch_size: int = 8
    num_train_epochs: float = 3.0
    max_steps: int = -1
    learning_rate: float = 5e-5
    lr_scheduler_type: str = "linear"
    lr_scheduler_kwargs: dict = field(default_factory=dict)
    warmup_steps: float = 0
    warmup_ratio: float = None
    gradient_accumulation_steps: int = 1
    dataloader_drop_last: bool = False
    accelerator_config: str = None
    deepspeed: str = None

    @property
    def do_train(self):
        assume("do_train is taken to be set")
        return True

    def get_warmup_steps(self, num_training_steps):
        warmup = asked(self.warmup_steps, 0)
        if warmup == 0 and self.warmup_ratio is not None:
            assume("warmup_ratio is a share of all updates, as transformers 4 has it")
            return share_of(num_training_steps, self.warmup_ratio)
        return warmup_of(num_training_steps, warmup)

    def _alone(self):
        Trainer(args=self).train()


class Seq2SeqTrainingArguments(TrainingArguments):
    pass


class TrainerCallback:
    pass


class EarlyStoppingCallback:
    def __init__(self, *given, **named):
        assume("the run goes on to its end, where EarlyStoppingCallback may end it before")


def is_plateau(scheduler):
    return is_known(scheduler) and isinstance(scheduler, ReduceLROnPlateau)


#: The arguments that are asked for where nobody knows any, and those that are not.
ASKED = ("per_device_train_batch_size", "num_train_epochs", "max_steps", "learning_rate",
         "lr_scheduler_type", "warmup_steps", "gradient_accumulation_steps")
LESS = ("lr_scheduler_kwargs", "dataloader_drop_last", "accelerator_config", "deepspeed")


class Trainer:
    _arguments = TrainingArguments

    def __init__(self, model=None, args=None, data_collator=None, train_dataset=None,
                 eval_dataset=None, processing_class=None, model_init=None,
                 compute_loss_func=None, compute_metrics=None, callbacks=None,
                 optimizers=(None, None), **others):
        self.args = args if is_given(args) else self._arguments()
        if not is_known(args):
            assume(f"{', '.join(LESS)} are taken to be the defaults")
            self.args = self._arguments()
            for name in ASKED:
                setattr(self.args, name, getattr(args, name))
        self.train_dataset = train_dataset
        self.callbacks = callbacks
        self.optimizer, self.lr_scheduler = optimizers

    def _built(self):
        self.train()

    def create_optimizer_and_scheduler(self, num_training_steps):
        self.create_optimizer()
        self.create_scheduler(num_training_steps=num_training_steps)

    def create_optimizer(self, model=None):
        if not is_given(self.optimizer):
            self.optimizer = AdamW(params, lr=self.args.learning_rate)
        return self.optimizer

    def create_scheduler(self, num_training_steps, optimizer=None):
        specific = self.args.lr_scheduler_kwargs
        if is_known(specific) and isinstance(specific, str):
            refuse("lr_scheduler_kwargs is read as a dict, not as text")
        if not is_given(self.lr_scheduler):
            self.lr_scheduler = get_scheduler(
                self.args.lr_scheduler_type,
                optimizer=optimizer if is_given(optimizer) else self.optimizer,
                num_warmup_steps=self.args.get_warmup_steps(num_training_steps),
                num_training_steps=num_training_steps,
                scheduler_specific_kwargs=specific,
            )
        return self.lr_scheduler

    def _batches(self, processes):
        args, batches, length = self.args, told("batches"), told("examples")
        drops = asked(args.dataloader_drop_last, False)
        if batches is None:
            if is_known(self.get_train_dataloader):
                return len(self.get_train_dataloader())
            if length is None:
                given = is_given(self.train_dataset)
                length = len(self.train_dataset) if given else len(train_dataset)
            size = told("batch_size") or args.per_device_train_batch_size
            batches = batches_of(length, size, drops)
        if processes is None:
            assume("one device is taken to train")
            return batches
        own = args.accelerator_config if is_given(args.accelerator_config) else {}
        if not is_known(own) or isinstance(own, str):
            refuse("accelerator_config is read as a dict")
        shared = processes > 1 and not own.get("split_batches")
        return batches_of(batches, processes, drops) if shared else batches

    def train(self, *given, **named):
        args = self.args
        if is_given(args.deepspeed):
            own = args.deepspeed
            if is_known(own) and isinstance(own, dict) and "scheduler" in own:
                refuse("deepspeed has a scheduler of its own, which only arguments in a file say")
            assume("deepspeed is taken to bring no scheduler of its own")
        processes = told("processes")
        total = told("max_steps") or asked(args.max_steps, -1)
        if total < 0:
            accumulate = told("accumulation") or args.gradient_accumulation_steps
            updates = updates_of_epoch(self._batches(processes), accumulate)
            total = updates_of_run(told("epochs") or args.num_train_epochs, updates)
        self.create_optimizer_and_scheduler(num_training_steps=total)
        optimizer, scheduler = self.optimizer, self.lr_scheduler
        if args.lr_scheduler_type == "reduce_lr_on_plateau" or is_plateau(scheduler):
            refuse("the Trainer steps ReduceLROnPlateau where it evaluates, which is not followed")
        if not is_known(self.callbacks):
            assume("callbacks are taken to write no rate")
        callbacks = tuple(self.callbacks or ()) if is_known(self.callbacks) else ()
        state = self.state = TrainerState()
        for callback in callbacks:
            if is_known(callback.on_epoch_begin) or is_known(callback.on_epoch_end):
                if is_known(callback.on_step_begin) or is_known(callback.on_step_end):
                    refuse("a callback does something with each epoch and with each step, which "
                           "is not followed")
        hook(callbacks, "on_epoch_begin", args, state, optimizer, scheduler)  # sets it a rate?
        hook(callbacks, "on_epoch_end", args, state, optimizer, scheduler)
        for step in range(max(total, 1)):
            hook(callbacks, "on_step_begin", args, state, optimizer, scheduler)
            hook(callbacks, "on_pre_optimizer_step", args, state, optimizer, scheduler)
            optimizer.step()
            hook(callbacks, "on_optimizer_step", args, state, optimizer, scheduler)
            scheduler.step()
            state.global_step += 1
            hook(callbacks, "on_step_end", args, state, optimizer, scheduler)


class TrainerState:
    global_step = 0


def hook(callbacks, name, args, state, optimizer, scheduler):
    for callback in callbacks:
        own = getattr(callback, name)
        if is_known(own):
            own(args, state, control, optimizer=optimizer, lr_scheduler=scheduler)


class Seq2SeqTrainer(Trainer):
    _arguments = Seq2SeqTrainingArguments
"""
TRAINER: Final = Trainer(
    "transformers",
    ("transformers", "transformers.trainer", "transformers.training_args"),
    CODE,
    trains="train",
    own=("TrainingArguments", "Seq2SeqTrainingArguments", "Seq2SeqTrainer"),
    fragment=("TrainingArguments", "lr_scheduler_type"),
    rules=RULES,
)


# --- a file of arguments ------------------------------------------------------------------------

#: The versions that others are told from: 5 has no warmup_ratio, and before 4.52 an epoch's last
#: batches were no update where they were fewer than an update takes.
FIVE: Final = (5, 0)
SHORT: Final = (4, 52)
FOUR: Final = "4.57"
#: What arguments are called in a model card.
CARD: Final = {
    "train_batch_size": "per_device_train_batch_size",
    "num_epochs": "num_train_epochs",
    "training_steps": "max_steps",
    "lr_scheduler_warmup_ratio": "warmup_ratio",
    "lr_scheduler_warmup_steps": "warmup_steps",
    "num_devices": "__processes__",
    "Transformers": "transformers_version",
}
KEYS: Final = (
    *("learning_rate", "lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps", "warmup_ratio"),
    *("num_train_epochs", "max_steps", "per_device_train_batch_size", "dataloader_drop_last"),
    *("gradient_accumulation_steps", "transformers_version"),
)
FACTS: Final = {
    "lr": "learning_rate",
    "batch_size": "per_device_train_batch_size",
    "accumulation": "gradient_accumulation_steps",
    "epochs": "num_train_epochs",
    "max_steps": "max_steps",
}
#: What cautions call the rate, the warm-up and the length.
NAMES: Final = {"rate": "learning_rate", "warmup": "warmup_steps", "length": "max_steps"}
#: Schedules that take nothing of lr_scheduler_kwargs, and the one that has no warm-up.
PLAIN: Final = ("constant", "constant_with_warmup")


def foretell(given: Given, batches: Callable[[Given], int] | None = None) -> Foretold:
    """Return what arguments make of a run.

    Args:
        given: the arguments; a default that is another one than ``TrainingArguments``' is there.
        batches: counts the batches that a process has in an epoch, where they are no examples'.

    """
    if given.kind == "model card":
        given.values = {CARD.get(key, key): value for key, value in given.values.items()}
    check(given)
    version = version_of(given)
    total = updates(given, version, batches or batches_of_epoch)
    warmup = warmup_updates(given, version, total)
    name = given.text("lr_scheduler_type", "linear")
    name = name.removeprefix("SchedulerType.").lower()
    peak = given.number("learning_rate", 5e-5)
    if "learning_rate" not in given:
        given.assume(f"learning_rate is {peak:g}, where nothing says it (--lr RATE)")
    own = deepspeed_of(given)
    if own:
        call = by_deepspeed(given, own, total, warmup, float(peak))
        return given.foretold(
            call, max(total, 1), peak=float(peak), warmup=getattr(call, "warmup_num_steps", None),
            version=".".join(map(str, version)) if version != known(VERSION) else VERSION,
            keys=NAMES | {"warmup": warmup_key(given)},
        )  # fmt: skip
    specific = arguments_of(given, name)
    if given.complete is not None:
        specific = {**given.complete(total, warmup), **(specific or {})}
    if name == "constant" and warmup:
        given.warn(warmup_key(given), "constant has no warm-up: constant_with_warmup has one")
    optimizer = _formula.adamw(peak)
    from isorate.dialects.transformers import get_scheduler

    call = get_scheduler(name, optimizer, warmup, total, specific)
    return given.foretold(
        call,
        max(total, 1),
        peak=float(peak),
        warmup=None if name == "constant" else warmup,
        version=".".join(map(str, version)) if version != known(VERSION) else VERSION,
        keys=NAMES | {"warmup": warmup_key(given)},
    )


def check(given: Given) -> None:
    """Note what else may change the rates, or refuse it.

    Raises:
        ReadError: another one makes the schedule, or steps it by what training measures.

    """
    if given.truth("auto_find_batch_size"):
        given.assume("the first batch size fits: a smaller one makes more updates")
    if "layerwise" in str(given.values.get("optim", "")):
        raise given.refuse("optim", "steps a scheduler for each layer, which is not followed")
    if given.text("lr_scheduler_type", "") in ("reduce_lr_on_plateau", "greedy"):
        raise given.refuse("lr_scheduler_type", "follows what training measures, not foretold")
    if given.values.get("per_gpu_train_batch_size"):
        given.values["per_device_train_batch_size"] = given.values["per_gpu_train_batch_size"]
    for key in ("loraplus_lr_ratio", "embedding_learning_rate", "vit_lr", "aligner_lr"):
        if given.values.get(key):
            given.assume(f"the rates are those of the first group: {key} gives another one its own")


def deepspeed_of(given: Given) -> dict[str, Any]:
    """Return what DeepSpeed is told, in a table or a file, where that has a scheduler."""
    own = given.values.get("deepspeed")
    if isinstance(own, str) and own.endswith(".json"):
        found = opened(given.values, own)
        own = own if found is None else found.values
    if own and not isinstance(own, dict):
        given.assume(f"{own} has no scheduler, which would stand in place of lr_scheduler_type")
    return own if isinstance(own, dict) and own.get("scheduler") else {}


def by_deepspeed(
    given: Given, own: Mapping[str, Any], total: int, warmup: int, peak: float
) -> Call:
    """Return the scheduler of DeepSpeed's file, whose ``"auto"`` the arguments fill in.

    Raises:
        ReadError: the file and the arguments do not say the same, or it has no such scheduler.

    """
    filled = {
        "train_micro_batch_size_per_gpu": given.whole("per_device_train_batch_size", 8),
        "gradient_accumulation_steps": given.whole("gradient_accumulation_steps", 1),
        "warmup_max_lr": peak,
        "total_num_steps": total,
        "warmup_num_steps": max(1, warmup),
    }
    if isinstance(own.get("train_batch_size"), int):
        whole = filled["train_micro_batch_size_per_gpu"] * filled["gradient_accumulation_steps"]
        filled["train_batch_size"] = whole * given.processes()
    aside = Given(own, {}, given.of, f"{given.origin}: deepspeed")
    optimizer = Given(aside.table("optimizer"), {}, given.of, f"{given.origin}: deepspeed").table(
        "params"
    )
    params = deepspeed.parameters(aside, aside.table("scheduler"))
    if params.get("warmup_min_lr") == "auto":
        params["warmup_min_lr"] = 0
    for table, key, value in (
        (optimizer, "lr", peak),
        *(
            (own if key in deepspeed.BATCHES else params, key, value)
            for key, value in filled.items()
        ),
    ):
        said = table.get(key)
        if said not in (None, "auto", value):
            text = f"has {key}={said}, the arguments come to {value}, and the Trainer refuses that"
            raise given.refuse("deepspeed", text, 'write "auto" there')
        if table is params and said == "auto":
            params[key] = value
            given.derive(key, f"{value}: auto in the file of deepspeed")
    left = [key for key, value in params.items() if value == "auto"]
    if left:
        raise given.refuse("deepspeed", f"has {left[0]}=auto, which the Trainer does not fill in")
    given.warn("deepspeed", "its scheduler stands in place of lr_scheduler_type")
    return deepspeed.scheduler(aside, own["scheduler"], params, peak)


def known(text: str) -> tuple[int, ...]:
    """Return a version's numbers."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])


def version_of(given: Given) -> tuple[int, ...]:
    """Return the version whose rules hold: as is said, or as the keys tell."""
    said = given.text("transformers_version")
    if said is not None:
        if not re.match(r"\d+(\.\d+)*", said):
            raise given.refuse("transformers_version", "is no version", "5.23, say")
        return known(said)
    if any(key in given.values for key in DUMPED["5"]):
        return known(VERSION)
    if any(key in given.values for key in DUMPED["4.46"]):
        return (4, 46)
    tells = "(--set transformers_version=4.40 says another one)"
    if any(key in given.values for key in DUMPED["4"]):
        given.assume(f"transformers {FOUR}: version 5 has no warmup_ratio {tells}")
        return known(FOUR)
    given.assume(f"transformers {VERSION} {tells}")
    return known(VERSION)


def updates(given: Given, version: tuple[int, ...], count: Callable[[Given], int]) -> int:
    """Return how many updates are trained."""
    total = given.whole("max_steps", -1, least=-1)
    if total >= 0:
        before = ", which goes before num_train_epochs" if "num_train_epochs" in given else ""
        given.derive("updates", f"{total}: max_steps{before}")
        if total == 0:
            given.warn("max_steps", "one update is trained all the same")
        return int(total)
    epochs = given.number("num_train_epochs", 3.0)
    shown = given.whole("__updates__")
    if shown and not given.told.keys() & {"batches", "examples"}:
        given.derive("updates", f"{shown}: the last row of the card's results, after all epochs")
        return int(shown)
    batches = count(given)
    accumulation = given.whole("gradient_accumulation_steps", 1, least=1)
    each = updates_of_epoch(batches, accumulation)
    said = f"ceil({batches} batches / {accumulation})"
    if version < SHORT and accumulation > 1:
        each, said = max(batches // accumulation, 1), f"floor({batches} batches / {accumulation})"
    if accumulation > 1:
        given.derive("epoch", f"{each} updates: {said}")
    total = updates_of_run(epochs, each)
    if total <= 0:
        raise given.refuse("num_train_epochs", "trains no update")
    what = "updates" if accumulation > 1 else "batches, an update each"
    given.derive("updates", f"{total}: ceil({epochs:g} epochs × {each} {what})")
    return int(total)


def batches_of_epoch(given: Given) -> int:
    """Return the batches that each process has in an epoch.

    Raises:
        OpenError: nobody knows how many examples there are.

    """
    batches, examples = given.fact("batches"), given.fact("examples")
    if batches is None and examples is None:
        raise given.open([("examples", "batches")])
    if "distributed_state" in given:  # of a pickle: the processes that there were
        there = given.table("distributed_state").get("num_processes")
        given.values.setdefault("__processes__", there)
    processes = given.processes()
    drops = given.truth("dataloader_drop_last")
    size = given.whole("per_device_train_batch_size", 8, least=1)
    devices = given.whole("_n_gpu", 1) or 1
    if devices > 1 and processes == 1:
        size *= devices
        if "__program__" in given:
            text = f"a model on one of {devices} visible devices: it takes its part of a batch on "
            given.assume(f"{text}each (--set _n_gpu=1, where it is spread over them)")
        given.derive("batch", f"{size} examples: each of {devices} devices takes its part")
    if batches is None:
        batches = batches_of(examples, size, drops)
        given.derive("batches", f"{batches}: {rounded(drops)}({examples} examples / {size})")
    if processes > 1 and not splits(given):
        shared = batches_of(batches, processes, drops)
        said = f"{rounded(drops)}({batches} batches / {processes} processes)"
        given.derive("each process", f"{shared} batches: {said}")
        return shared
    if batches == 0:
        raise given.refuse("dataloader_drop_last", "leaves no batch")
    return int(batches)


def rounded(drops: bool) -> str:
    """Return what rounds as batches are counted."""
    return "floor" if drops else "ceil"


def splits(given: Given) -> bool:
    """Whether a batch is shared by the processes, in place of one each."""
    own = given.table("accelerator_config").get("split_batches")
    return bool(own) or given.truth("split_batches")


def warmup_key(given: Given) -> str:
    """Return the key that says the warm-up."""
    steps = given.number("warmup_steps", 0)
    return "warmup_ratio" if not steps and "warmup_ratio" in given else "warmup_steps"


def warmup_updates(given: Given, version: tuple[int, ...], total: int) -> int:
    """Return how many updates the warm-up takes."""
    steps, share = given.number("warmup_steps", 0), given.number("warmup_ratio", 0)
    if version >= FIVE:
        if share:
            hint = f"version 5 writes it so: --set warmup_ratio=None --set warmup_steps={share}"
            raise given.refuse("warmup_ratio", "is refused by transformers 5", hint)
        if steps < 0:
            raise given.refuse("warmup_steps", "is refused: it is below 0")
        found = warmup_of(total, steps)
        if steps >= 1 and steps != int(steps):
            given.warn("warmup_steps", f"{steps} updates are cut to {found}")
        elif steps == 1 and isinstance(given.values["warmup_steps"], float):
            given.warn("warmup_steps", "1.0 is one update, and not all of them")
        said = f"ceil({steps:g} × {total})" if 0 < steps < 1 else "warmup_steps"
    elif steps > 0:
        found, said = int(given.whole("warmup_steps")), "warmup_steps"
        if share:
            given.warn("warmup_ratio", "ignored: warmup_steps goes before it")
    else:
        if not 0 <= share <= 1:
            raise given.refuse("warmup_ratio", "is refused: it is to be between 0 and 1")
        found, said = share_of(total, share), f"ceil({share:g} × {total})"
        if share:
            text = f"transformers 5 refuses it: there it is warmup_steps={share:g}"
            given.warn("warmup_ratio", text)
    given.derive("warmup", f"{found} updates: {said}" if found else "none")
    return found


def arguments_of(given: Given, name: str) -> dict[str, Any] | None:
    """Return the schedule's own arguments: a table, or its JSON."""
    written = given.values.get("lr_scheduler_kwargs")
    if isinstance(written, str) and written.startswith("{"):
        import json

        try:
            given.values["lr_scheduler_kwargs"] = _converted(json.loads(written))
        except ValueError:
            raise given.refuse("lr_scheduler_kwargs", "is no JSON") from None
    specific = given.table("lr_scheduler_kwargs")
    if specific and name in PLAIN:
        given.warn("lr_scheduler_kwargs", f"ignored: {name} takes none")
    return dict(specific) or None


def _converted(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table as transformers converts its texts: not 1e-6, which stays one."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found[key] = _converted(value)
        elif isinstance(value, str) and value.lower() in ("true", "false"):
            found[key] = value.lower() == "true"
        elif isinstance(value, str) and value.isdigit():
            found[key] = int(value)
        elif isinstance(value, str) and value.replace(".", "", 1).isdigit():
            found[key] = float(value)
        else:
            found[key] = value
    return found


def spell(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Visit the ways to say a schedule, the usual ones first."""
    own = {"learning_rate": wanted.peak, "max_steps": wanted.updates}
    own |= {"warmup_steps": wanted.warmup} if wanted.warmup else {}
    for name, low in (
        ("cosine", None),
        ("cosine_with_min_lr", "min_lr"),
        ("cosine_warmup_with_min_lr", "min_lr"),
        ("linear", None),
        ("polynomial", "lr_end"),
        ("constant_with_warmup" if wanted.warmup else "constant", None),
    ):
        if (low is not None) == (wanted.low > 0) or "constant" in name:
            specific = {"lr_scheduler_kwargs": {low: wanted.low}} if low else {}
            yield own | {"lr_scheduler_type": name} | specific


#: Its own scripts, which have no defaults of their own.
EXAMPLES: Final = (
    *("clm", "mlm", "plm", "fim", "glue", "xnli", "qa", "qa_beam_search", "seq2seq_qa", "swag"),
    *("summarization", "translation", "ner", "mae", "mim", "image_classification", "clip"),
    *("audio_classification", "classification", "speech_recognition_ctc", "object_detection"),
    *("speech_recognition_seq2seq", "semantic_segmentation", "instance_segmentation"),
)
CONFIGURATIONS: Final = (
    Configuration(
        "transformers",
        "transformers",
        KEYS,
        foretell,
        OTHERS,
        (),
        FACTS,
        "",
        False,
        spell,
        tuple(f"run_{name}" for name in EXAMPLES),
    ),
)
