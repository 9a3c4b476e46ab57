"""What a file holds, as a table of values: JSON, YAML, TOML, flags, a pickle, a model card.

Nothing of it is executed, whatever it is, and no more of it is gone through than a configuration
could hold.
"""

from __future__ import annotations

import itertools
import math
import re
import warnings
from codecs import BOM_UTF8
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from isorate.configs._shell import FLAG, OVERRIDE, STARTED, without_comments, words_of
from isorate.schedule.errors import ReadError
from isorate.schedule.lazily import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

#: A longer file is no configuration.
LONGEST: Final = 1 << 20
#: How the names of files of configurations end; scripts that have flags are among them.
SHELL: Final = (".sh", ".bash", ".slurm", ".sbatch")
ENDINGS: Final = (".json", ".yaml", ".yml", ".toml", ".bin", ".md", ".args", ".txt", *SHELL)
#: A file that a command may name for its configuration.
NAMED: Final = pattern(r"[\w./~-]{1,200}\.(?:json|ya?ml|toml)")
#: Such a file may as well hold code, or a call in the midst of a text.
WITH_TEXT: Final = (".md", ".txt")
#: What stands in a fence of a page, and how a file of it would end.
FENCE: Final = pattern(
    r"^[ \t]*(```|~~~)[ \t]*(\w*)[^\n]*\n(.*?)^[ \t]*\1", re.MULTILINE | re.DOTALL
)
LANGUAGES: Final = {"yaml": ".yaml", "yml": ".yaml", "toml": ".toml", "json": ".json"}
OTHER: Final = ("bash", "sh", "shell", "console", "text", "txt")
#: What every line of a YAML table is where no key of it is a word of Python's.
TABLE: Final = pattern(
    r"(?:(?!(?:try|else|finally|except):)\w[\w.-]*:(?: .*)?\n|(?:[ \t#-].*)?\n)+"
)
#: What a trainer leaves of them in the folder of a run, or of a checkpoint.
INSIDE: Final = ("training_args.bin",)
#: More values than this no configuration has, and none has tables so deep.
MOST_VALUES: Final = 50_000
DEEPEST: Final = 30
#: How an archive begins that may have a pickle, and how a pickle does.
PICKLED: Final = (b"PK\x03\x04", b"\x80")
#: Files that hold values as somebody wrote them.
PLAIN: Final = ("JSON", "YAML", "TOML")
#: What a file in Python has, that is a configuration and no script.
PYTHON: Final = (b"\nparam_scheduler =", b"\noptim_wrapper =", b"\n_base_ =", b"\nwith read_base()")
#: What such a table is called, where a text is pasted or hands them to a runner.
TABLES: Final = ("param_scheduler", "optim_wrapper", "lr_config")
#: What one of plain assignments has, as nanoGPT's are, and what a script has besides.
ASSIGNMENTS: Final = (b"\nmax_iters =", b"\nlr_decay_iters =")
SCRIPT: Final = (b"\ndef ", b"\nclass ", b"\nfor ", b"\nwhile ", b"\nfrom ", b".step(")
#: What a program is called that is started as a module.
MODULE: Final = pattern(r"\w+(?:\.\w+)+")
#: A flag of one letter, and a script that is first told how many processes train.
SHORT: Final = pattern(r"-[A-Za-z]")
COUNTED: Final = ("distributed_train.sh", "dist_train.sh")
#: What sets a key, after a program, where no flag takes it but a file's, or hydra's own.
HYDRA: Final = (None, "config", "config_name", "config_path", "config_dir", "multirun")
SETTING: Final = pattern(r"\+{0,2}[A-Za-z_][\w@/]*=")
#: What a model card says of the run, and what it calls a version.
CARD: Final = pattern(r"^- (Transformers(?= \d)|[\w ]+(?=:)):? (.*)$", re.MULTILINE)
CARD_HEAD: Final = "hyperparameters were used during training"
#: The head of the table of results of a model card.
RESULTS: Final = pattern(r"^\|(?=.*\| Epoch +\|)(?=.*\| Step +\|).*\|$", re.MULTILINE)
#: Programs that start several processes, and the flags that say how many.
LAUNCHERS: Final = {
    "torchrun": ("nproc_per_node", "nnodes"),
    "torch.distributed.run": ("nproc_per_node", "nnodes"),
    "torch.distributed.launch": ("nproc_per_node", "nnodes"),
    "accelerate": ("num_processes",),
    "deepspeed": ("num_gpus", "num_nodes"),
}


FLAG_VALUE: Final = pattern(r"--([\w-]+)[\s=]+([^\s-]\S*)")
#: What says which devices DeepSpeed's launcher takes; what says that Accelerate's takes several.
INCLUDED: Final = ("--include", "-i")
TOLD: Final = ("__config_file", "__multi_gpu", "__use_deepspeed", "__use_fsdp")
#: What the environment says of processes: on each node, and how many nodes.
PROCESSES: Final = ("NPROC_PER_NODE", "NNODES")
VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
#: What Accelerate's own file is noted as.
ACCELERATE: Final = "__accelerate__"
#: The command that starts a process for each device, where nobody says how many.
EACH_DEVICE: Final = "llamafactory-cli"
#: Commands whose first word says what is trained, and with what.
COMMANDS: Final = ("swift", "megatron", "trl", "llamafactory-cli", "axolotl", "litgpt", "tune")


class Document(NamedTuple):
    """What a file holds, and what it is called."""

    values: dict[str, Any]
    origin: str
    kind: str


def is_configuration(text: str) -> bool:
    """Whether a text is the path of a configuration, or a command line with flags."""
    if "\n" not in text and text.lower().endswith(WITH_TEXT):
        with suppress(ReadError):
            written = _read(Path(text)).decode("utf-8-sig", "replace")
            return CARD_HEAD in written or not has_code(written)
    if "\n" not in text and (text.lower().endswith(ENDINGS) or _inside(text) is not None):
        return True
    if "\n" not in text and text.lower().endswith(".py"):
        with suppress(ReadError):
            data = b"\n" + _read(Path(text))
            plain = any(mark in data for mark in ASSIGNMENTS)
            if pasted(data.decode("utf-8-sig", "replace")) is not None:
                return True
            return any(mark in data for mark in PYTHON) or (
                plain and not any(mark in data for mark in SCRIPT)
            )
        return False
    if pasted(text) is not None or (in_fences(text) and not has_code(text)):
        return True
    line = re.sub(r"\\\r?\n", " ", text).strip()
    if "\n" in line or line.startswith("#"):  # a script that tells of its flags
        return False
    flagged = bool(FLAG.search(line)) and "(" not in line.partition("--")[0]
    return flagged or bool(STARTED.match(line))


def in_fences(text: str) -> list[tuple[str, str]]:
    """Return the configurations that a page has in fences, and how a file of each would end."""
    endings = [(LANGUAGES.get(told or _table_in(body)), body) for told, body in _fences(text)]
    return [(body, ending) for ending, body in endings if ending is not None]


def has_code(text: str) -> bool:
    """Whether a page has code in a fence, as far as one can tell."""
    known = (*LANGUAGES, *OTHER)
    return any((told or _table_in(body)) not in known for told, body in _fences(text))


def _fences(text: str) -> list[tuple[str, str]]:
    """Return the fences of a page, each with the language that it tells."""
    if "```" not in text and "~~~" not in text:  # to compile a pattern takes long
        return []
    from textwrap import dedent

    return [(told.lower(), dedent(body)) for _, told, body in FENCE.findall(text)]


def _table_in(text: str) -> str:
    """Return that a text is YAML where all its lines are such a table's, or are a command's."""
    plain = f"{text.strip()}\n"
    return "yaml" if TABLE.fullmatch(plain) else "sh" if FLAG.search(text) else ""


def pasted(text: str) -> tuple[str, set[str] | None] | None:
    """Return the assignments of a configuration that a text in Python is, or hands to a runner.

    And those of them that count, where not all do. None where it is something else.
    """
    if not any(mark in text for mark in TABLES):
        return None
    from isorate.configs._python import runner

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return runner(text, TABLES)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _assigned(text: str, names: set[str] | None, path: Path) -> dict[str, Any]:
    from isorate.configs._python import assigned

    found = assigned(text, path, _read)
    return {k: v for k, v in found.items() if names is None or k in names or k.startswith("__")}


def document(given: str | PathLike[str]) -> Document:
    """Return what a file holds, or a command line.

    Raises:
        ReadError: it cannot be read, or holds no table of values.

    """
    text = str(given)
    own = pasted(text) if isinstance(given, str) else None
    if own is not None:
        return Document(_table(_assigned(*own, Path("text")), "the text"), "the text",
                        "assignments")  # fmt: skip
    if isinstance(given, str) and in_fences(text):
        return parsed(text, Path("the text"))
    started = " " in text and STARTED.match(text)  # to compile a pattern takes long
    if isinstance(given, str) and ("\n" in text or started or ("--" in text and FLAG.search(text))):
        return Document(_flags(text), "the command line", "flags")
    path = _inside(given) or Path(given)
    data = _read(path)
    name = path.name
    if not data.strip():
        raise ReadError(f"{name} is empty", required="a configuration")
    if data.startswith(PICKLED):
        from isorate.checkpoints.unpickling import unpickled

        return Document(_table(unpickled(data), name), name, "pickle")
    try:
        written = data.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError:
        raise ReadError(f"cannot read {name}: it is not UTF-8 text") from None
    found = parsed(written, path)
    return found._replace(values=found.values | {"__folder__": str(path.parent)})


def parsed(text: str, path: Path) -> Document:
    """Return what a text holds, as a file of that name would.

    Raises:
        ReadError: it cannot be read, or holds no table of values.

    """
    try:
        kind, found = _parsed(text, path)
    except RecursionError:
        raise ReadError(f"cannot read {path.name}: it is nested too deeply") from None
    except ValueError as error:
        first = " ".join(str(error).split())
        raise ReadError(f"cannot read {path.name}: {first}") from None
    values = _table(found, path.name)
    if kind in PLAIN:  # which has no notes of ours
        values = {key: value for key, value in values.items() if not key.startswith("__")}
    return Document(values, path.name, kind)


def _inside(folder: str | PathLike[str]) -> Path | None:
    """Return the file that a trainer leaves in a folder of its run; none where there is none."""
    try:
        found = (Path(folder) / name for name in INSIDE)
        return next((path for path in found if path.is_file()), None)
    except (OSError, ValueError):
        return None


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ReadError(f"{path.name} is a folder", required="a configuration's file")
        if path.exists() and not path.is_file():
            raise ReadError(f"cannot read {path.name}: it is no plain file")
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ReadError(f"cannot read {path.name}: {reason}") from None
    if data.startswith(b"version https://git-lfs"):
        what = f"{path.name} only says where Git LFS keeps the file"
        raise ReadError(what, hint="git lfs pull")
    if len(data) > LONGEST:
        raise ReadError(f"{path.name} is too long for a configuration", required="at most 1 MiB")
    return data


def _parsed(text: str, path: Path) -> tuple[str, Any]:
    """Return what a text is, and what it holds.

    Raises:
        ValueError: it is not what it seems to be.

    """
    ending = path.suffix.lower()
    page = ending in ("", *WITH_TEXT) and CARD_HEAD not in text
    fenced = in_fences(text) if page else []
    if len(fenced) > 1:
        raise ValueError(f"it has {len(fenced)} configurations: give one of them")
    text, ending = fenced[0] if fenced else (text, ending)
    if text.lstrip().startswith("{"):
        import json

        try:
            return "JSON", json.loads(text)
        except json.JSONDecodeError as error:
            if ending not in (".yaml", ".yml"):
                raise ValueError(f"it is not JSON: {error}") from None
    if CARD_HEAD in text:
        return "model card", _card(text)
    if ending == ".toml":
        import tomllib

        try:
            return "TOML", tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"it is not TOML: {error}") from None
    if ending == ".py":
        return "assignments", _assigned(*(pasted(text) or (text, None)), path)
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    if ending in (*SHELL, ".args") or (lines and ending not in (".yaml", ".yml")):
        flagged = [line for line in lines if FLAG.search(line)]
        if flagged or ending in SHELL:
            return "flags", _flags(text)
    return "YAML", yaml(text)


def yaml(text: str) -> Any:
    """Return what a YAML text holds: plain values alone, each as often as it is written.

    Raises:
        ValueError: it is no YAML, or has tags, or names parts that it repeats.

    """
    from yaml import SafeLoader, YAMLError
    from yaml.events import AliasEvent

    class Loader(SafeLoader):  # type: ignore[misc]
        """Refuses a part that repeats another, of which a few lines make a billion."""

        repeated = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(AliasEvent):
                self.repeated += 1
                if self.repeated > MOST_ALIASES:
                    raise ReadError("the YAML repeats too many parts")
            return super().compose_node(parent, index)

        def tagged(self, name: str, node: Any) -> Any:
            """Return a table of its own for what a trainer would make an object of."""
            if name == "include":  # a part that stands in another file, which is not opened
                return f"$include {node.value!s:.80}"
            kind = node.id
            if kind == "mapping":
                made: Any = self.construct_mapping(node, deep=True)
            elif kind == "sequence":
                made = self.construct_sequence(node, deep=True)
            else:
                made = node.value
            return {f"!{name}": made}

    Loader.add_multi_constructor("!", Loader.tagged)
    try:
        return yaml_load(text, Loader)
    except YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        at = f"{problem} at line {mark.line + 1}, column {mark.column + 1}" if mark else str(error)
        raise ValueError(f"it is not YAML: {at}") from None


#: Parts that are repeated by name; what they hold is counted as often as it comes.
MOST_ALIASES: Final = 100


def yaml_load(text: str, loader: Any) -> Any:
    """Return the one document of a text."""
    reading = loader(text)
    try:
        return reading.get_single_data()
    finally:
        reading.dispose()


def _flags(text: str) -> dict[str, Any]:
    """Return the flags of a command line, or of the one in a script that has most of them.

    Raises:
        ReadError: it has none.

    """
    script = words_of(text)
    words, unsure, supposed = script.words, script.unsure, script.supposed
    found: dict[str, Any] = {}
    before: list[str] = []
    more: dict[str, list[str]] = {}
    name = None
    for word in words:
        if word.startswith("--") and len(word) > 2:
            name, equals, value = word[2:].partition("=")
            name = name.replace("-", "_")
            if name == "config_file" and "accelerate" in before and not _started(before):
                name = ACCELERATE
            found[name] = value if equals else True
            name = None if equals else name
        elif word == "-m" and not _started(before):
            before.append(word)
            name = None
        elif SHORT.fullmatch(word) and _started(before):
            found[name := word] = True
        elif name is not None and found[name] is True and not OVERRIDE.match(word):
            found[name] = word
        elif OVERRIDE.match(word) or (before and name in HYDRA and SETTING.match(word)):
            key, _, value = word.partition("=")
            found[key.lstrip("+")] = _scalar(value)
        elif word.endswith(".py") or not found or (name is None and _names(word, before)):
            before.append(word)
            name = None
        elif name is not None:  # of a flag that takes several, or an argument without one
            more.setdefault(name, []).append(word)
    shell = any(word.endswith(".sh") for word in before)  # which starts a program of its own
    files = [word for word in before if word.endswith(".py")][0 if shell else 1 :]
    files += [word for word in before if NAMED.fullmatch(word)]
    if files:
        found["__files__"] = files
    if more:
        found["__more__"] = more
    _launched(found, before, script.held)
    if "__processes__" not in found:
        found |= _everywhere(words)
    if script.written:
        found["__written__"] = script.written
    if found:
        program = found.setdefault("__program__", _program([w for w in words if w not in files]))
        if program and program.partition(" ")[0] in COMMANDS and "__processes__" not in found:
            _surrounded(found, words, text)
        _visible(found, words, script.held)
    if unsure:
        found["__unsure__"] = unsure
    if supposed:
        found["__supposed__"] = supposed
    if not found:
        file = next((word for word in text.split() if NAMED.fullmatch(word)), None)
        hint = f"where {file} says the rate, give that file" if file else None
        what = "the command line has no flags"
        raise ReadError(what, required="--learning_rate 1e-3 and others", hint=hint)
    return found


def _started(words: list[str]) -> bool:
    """Whether words have named the program that they start."""
    return any(word.endswith((".py", ".sh")) or word == "-m" for word in words)


def _names(word: str, before: list[str]) -> bool:
    """Whether a word names a module, or a file, after the program that is started."""
    return before[-1:] == ["-m"] or (bool(NAMED.fullmatch(word)) and _started(before))


def _scalar(text: str) -> Any:
    """Return what an override sets a key to: a value as YAML has it, or the text."""
    try:
        return yaml(text)
    except (ValueError, ReadError, RecursionError):
        return text


def _program(words: list[str]) -> str | None:
    """Return what the program is called that a command line starts; none where nothing says it."""
    for at, word in enumerate(words):
        module = MODULE.fullmatch(word) and (at == 0 or words[at - 1] in ("-m", "--module"))
        if word not in LAUNCHERS and (module or word.endswith(".py")):
            return word.removesuffix(".py").rpartition("/")[2].rpartition(".")[2]
    command = " ".join([word for word in words if "=" not in word][:2])
    return command if command.partition(" ")[0] in COMMANDS else None


def _launched(found: dict[str, Any], words: list[str], held: Mapping[str, str]) -> None:
    """Note how many processes a launcher starts, which a name may hold besides the command."""
    starts = [(words, found)]
    for text in [text for text in held.values() if "--" in text]:
        values = {flag.replace("-", "_"): value for flag, value in FLAG_VALUE.findall(text)}
        starts.append((text.split(), values))
    for (own, told), program in itertools.product(starts, LAUNCHERS):
        flags = LAUNCHERS[program] if program in own else ()
        counts = [str(told.pop(flag)) for flag in flags if flag in told]
        if counts:
            unknown = [count for count in counts if not count.isdecimal()]
            product = math.prod(int(count[:6]) for count in counts if count.isdecimal())
            found.setdefault("__processes__", f"${unknown[0]}" if unknown else product)
    for script, count in [*itertools.pairwise(words), *zip(words, words[2:], strict=False)]:
        if script.endswith(COUNTED) and count.replace("$", "").isalnum():
            found.setdefault("__processes__", int(count[:6]) if count.isdecimal() else "$processes")


def _everywhere(words: list[str]) -> dict[str, Any]:
    """Return the processes of a launcher that takes all devices, or those that a file lists."""
    at = next((place for place, word in enumerate(words) if word.endswith(".py")), 0)
    own = words[:at]
    if "deepspeed" in own:
        slots = next((to for flag, to in itertools.pairwise(own) if flag in INCLUDED), "")
        nodes = [node.partition(":")[2].split(",") for node in slots.split("@")]
        if all(slot.isdecimal() for node in nodes for slot in node):
            return {"__processes__": sum(map(len, nodes))}
        return {"__processes__": "$deepspeed"}
    told = [word for word in own if word.partition("=")[0].replace("-", "_") in TOLD]
    return {"__processes__": "$accelerate"} if "accelerate" in own and told else {}


def _surrounded(found: dict[str, Any], words: list[str], text: str) -> None:
    """Note how many processes a command starts that is told it by its environment.

    What stands before it there goes before what the script exports.
    """
    lines = without_comments(text)
    said = [
        {word.partition("=")[2] for word in words if word.startswith(f"{name}=")}
        or set(re.findall(rf"\b{name}=[\"']?([^\s\"';]+)", lines))
        for name in PROCESSES
    ]
    if all(len(values) < 2 and all(value.isdecimal() for value in values) for values in said):
        side, nodes = (int(next(iter(values), "1")[:6]) for values in said)
        if said[0] or said[1]:
            found["__processes__"] = side * nodes
        if not said[0] and said[1] and str(found["__program__"]).startswith(EACH_DEVICE):
            found["__processes__"] = f"${PROCESSES[0]}"
    else:
        unsure = [
            f"{name}={value}" for name, own in zip(PROCESSES, said, strict=True) for value in own
        ]
        found["__processes__"] = f"${' '.join(sorted(unsure))}"


def _visible(found: dict[str, Any], words: list[str], held: Mapping[str, str]) -> None:
    """Note the devices that a command may use, where nothing says how many processes train.

    One command starts one for each; a program that Python starts alone shares its batches among
    them, where it trains with transformers.
    """
    said = [word.partition("=")[2] for word in words if word.startswith(f"{VISIBLE}=")]
    devices = [one for one in (said or [held.get(VISIBLE, "")])[0].split(",") if one.strip()]
    program = str(found.get("__program__"))
    if len(devices) > 1 and all(one.strip().isdecimal() for one in devices):
        if program.startswith(EACH_DEVICE):
            found.setdefault("__processes__", len(devices))
        elif "__processes__" not in found and " " not in program and not {*LAUNCHERS} & {*words}:
            found.setdefault("_n_gpu", len(devices))


def _card(text: str) -> dict[str, Any]:
    """Return what a model card lists, and whose versions it was made with."""
    found: dict[str, Any] = {}
    for name, value in CARD.findall(text[text.index(CARD_HEAD) :])[:200]:
        found.setdefault(name.strip(), value.strip())
    total = _trained(text, found.get("num_epochs"))
    return found if total is None else found | {"__updates__": total}


def _trained(text: str, epochs: str | None) -> int | None:
    """Return the updates of a run whose card has a row of its results at the end of it.

    Epochs are rounded to two digits, or four. None where they do not tell the last update from the
    one before.
    """
    head = RESULTS.search(text)
    if head is None or epochs is None:
        return None
    names = [name.strip() for name in head[0].split("|")]
    at = names.index("Epoch"), names.index("Step")
    rows = [line.split("|") for line in text[head.end() :].split("\n\n")[0].splitlines()[2:]]
    cells = [[row[column].strip() for column in at] for row in rows if len(row) > max(at)]
    digits = max(2, *(len(epoch.partition(".")[2]) for epoch, _ in cells), 0)
    try:
        epoch, step = float(cells[-1][0]), int(cells[-1][1])
        whole = 0 < epoch == float(epochs) and 0.5 * 10.0**-digits * step / epoch < 1
    except (IndexError, ValueError, OverflowError):
        return None
    return step if whole else None


def _table(found: Any, name: str) -> dict[str, Any]:
    """Return a table whose keys are texts, no larger and no deeper than a configuration is."""
    if not isinstance(found, dict):
        raise ReadError(f"{name} holds no table of values", required="keys and their values")
    left = MOST_VALUES
    waiting: list[tuple[Any, int]] = [(found, 0)]
    while waiting:
        value, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > DEEPEST:
            raise ReadError(f"{name} holds too much for a configuration")
        if isinstance(value, dict):
            waiting += [(each, depth + 1) for each in value.values()]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]
    return {str(key): value for key, value in found.items()}
