"""Event files as other writers would have them, damaged ones, and TensorBoard's own reader."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from isorate import ReadError, read_log
from isorate.logs.tensorboard import _CRC

SAMPLE = Path(__file__).parent / "logs" / "transformers" / "events.out.tfevents.1.0"


def crc(data: bytes) -> bytes:
    state = 0xFFFFFFFF
    for byte in data:
        state = _CRC[(state ^ byte) & 255] ^ state >> 8
    state ^= 0xFFFFFFFF
    return struct.pack("<I", ((state >> 15 | state << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + crc(length) + data + crc(data)


def varint(number: int) -> bytes:
    number %= 1 << 64
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def message(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def event(step: int, *values: bytes) -> bytes:
    head = b"\x09" + struct.pack("<d", 1.5e9 + step) + (b"\x10" + varint(step) if step else b"")
    return record(head + message(5, b"".join(message(1, value) for value in values)))


def simple(tag: str, value: float, field: int = 2) -> bytes:
    return message(1, tag.encode()) + bytes([field << 3 | 5]) + struct.pack("<f", value)


def tensor(tag: str, value: float, form: str = "f") -> bytes:
    kind = b"\x08\x01" if form == "f" else b"\x08\x02"
    return message(1, tag.encode()) + message(8, kind + message(4, struct.pack(f"<{form}", value)))


def start(writer: bytes = b"brain.Event:2") -> bytes:
    return record(b"\x09" + struct.pack("<d", 1.5e9) + message(3, writer))


def test_steps_of_every_length_and_tags_that_alternate_are_read_in_order(tmp_path: Path) -> None:
    steps = [*range(300), 16383, 16384, 2**31, 2**40]
    data = start()
    for step in steps:
        data += event(step, simple("loss", 2.0), simple("lr", step / 8))
        data += event(step, tensor("lr/b", step / 4)) + event(step, simple("loss", step))
    (tmp_path / "events.out.tfevents.1").write_bytes(data)
    first, second = read_log(tmp_path).groups
    assert (first.name, second.name, first.dtype) == ("lr", "lr/b", "float32")
    assert first.steps.tolist() == second.steps.tolist() == steps
    assert first.values.tolist() == np.float32(np.array(steps) / 8).tolist()
    assert second.values.tolist() == np.float32(np.array(steps) / 4).tolist()


def test_doubles_and_negative_steps_are_read(tmp_path: Path) -> None:
    rates = [0.1 / (k + 1) for k in range(40)]
    data = start() + event(-5, tensor("lr", 0.5, "d"))
    data += b"".join(event(k, tensor("lr", rate, "d")) for k, rate in enumerate(rates))
    (tmp_path / "a").write_bytes(data)
    rates_read = read_log(tmp_path / "a").groups[0]
    assert rates_read.dtype == "float64"
    assert rates_read.steps.tolist() == [-5, *range(40)]
    assert rates_read.values.tolist() == [0.5, *rates]


def test_the_files_of_a_folder_are_one_run(tmp_path: Path) -> None:
    for name, steps in (("events.1", range(1, 4)), ("events.2", range(3, 6))):
        data = start() + b"".join(event(step, simple("lr", step)) for step in steps)
        (tmp_path / name).write_bytes(data)
    log = read_log(tmp_path)
    assert log.groups[0].steps.tolist() == [1, 2, 3, 3, 4, 5]
    assert "more than once" in log.notes[0]


def test_mindspores_events_are_read(tmp_path: Path) -> None:
    data = start(b"MindSpore.Event:1")
    data += b"".join(event(k, simple("lr", 0.5, 3), simple("loss/auto", 1, 3)) for k in range(1, 4))
    (tmp_path / "events.out.events.summary.1.0.vm_MS").write_bytes(data)
    assert read_log(tmp_path).groups[0].steps.tolist() == [1, 2, 3]


@pytest.mark.parametrize("size", [1, 12, 20, 3000, 6000, 8000, 9001, 9191])
def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path, size: int) -> None:
    whole = read_log(SAMPLE).groups[0]
    (tmp_path / "events").write_bytes(SAMPLE.read_bytes()[:size])
    if size < 5000:
        with pytest.raises(ReadError):
            read_log(tmp_path / "events")
        return
    log = read_log(tmp_path / "events")
    count = len(log.groups[0])
    assert 0 < count <= len(whole)
    assert log.groups[0].values.tolist() == whole.values[:count].tolist()
    assert "as far as it goes" in log.notes[0]


def test_a_damaged_record_is_left_out_and_said(tmp_path: Path) -> None:
    parts = [event(step, simple("lr", step)) for step in range(1, 30)]
    parts[10] = parts[10][:-10] + b"\xff" + parts[10][-9:]
    (tmp_path / "a").write_bytes(start() + b"".join(parts))
    log = read_log(tmp_path / "a")
    assert log.groups[0].steps.tolist() == [*range(1, 11), *range(12, 30)]
    assert "1 records of a are damaged" in log.notes[0]


def test_a_length_that_is_damaged_ends_what_is_read(tmp_path: Path) -> None:
    parts = [event(step, simple("lr", step)) for step in range(1, 30)]
    parts[10] = b"\x01" + parts[10][1:]
    (tmp_path / "a").write_bytes(start() + b"".join(parts))
    assert read_log(tmp_path / "a").groups[0].steps.tolist() == [*range(1, 11)]


def test_a_picture_is_passed_over(tmp_path: Path) -> None:
    picture = event(1, message(1, b"picture") + message(4, bytes(5 << 20)))
    lrs = [event(step, simple("lr", step)) for step in (1, 2)]
    (tmp_path / "a").write_bytes(start() + lrs[0] + picture + lrs[1])
    assert read_log(tmp_path / "a").groups[0].steps.tolist() == [1, 2]


def test_the_arguments_are_the_configuration() -> None:
    log = read_log(SAMPLE)
    assert log.config is not None
    assert log.config["lr_scheduler_type"] == "cosine"
    assert log.trainer == "transformers"


@pytest.mark.torch
def test_it_reads_what_tensorboards_own_reader_does(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(0, 40_000, 7):
            writer.add_scalar("lr", 0.1 / (step + 1), step)
            writer.add_scalar("loss", step, step)
            writer.add_scalar("lr-two", step / 3, step, new_style=True)
    theirs = accumulator.EventAccumulator(str(tmp_path), size_guidance={"scalars": 0, "tensors": 0})
    theirs.Reload()
    ours = {rates.name: rates for rates in read_log(tmp_path).groups}
    points = theirs.Scalars("lr")
    assert ours["lr"].steps.tolist() == [point.step for point in points]
    assert ours["lr"].values.tolist() == [point.value for point in points]
    tensors = theirs.Tensors("lr-two")
    values = [each.tensor_proto.float_val[0] for each in tensors]
    assert ours["lr-two"].steps.tolist() == [each.step for each in tensors]
    assert ours["lr-two"].values.tolist() == values
