"""How the benchmark talks to the programs that it compares.

The benchmark starts a program with the path of a case (a JSON file) and then writes one request a
line to its standard input; the program answers each with one line of JSON on its standard output:

    time STEPS      seconds for so many steps, all of their work done
    losses STEPS    the loss of each step, nats per image, before its update
    memory          the process's peak memory in bytes
    quit            nothing; the program ends

Between requests a program waits for input and computes nothing. Its first line, printed once it is
ready, is the JSON string "ready".
"""

from __future__ import annotations

import json
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Case:
    """One piece of work, as the benchmark describes it to every program alike."""

    work: str  # "train" or "infer"
    layers: list[str]  # the decoder, see networks.py
    latent_dim: int
    variational: bool  # a Gaussian for each image, or else a point
    images: str | None  # raw bytes; drawn at random where there is no file
    count: int
    batch: int
    precision: str  # of our program's products; peers have a flag of their own
    weights: str  # safetensors: layers.<i>.weight and layers.<i>.bias
    rows: str | None  # safetensors: the first rows, [count, row_width]
    orders: str | None  # raw 64-bit integers: the images' order, one epoch after another
    noise: bool
    row_rate: float
    row_betas: tuple[float, float]
    decoder_rate: float
    decoder_betas: tuple[float, float]
    epsilon: float
    inference_steps: int
    threads: int
    device: str

    @property
    def row_width(self) -> int:
        """Numbers that each image owns: mean and raw log-variance, or the latent itself."""
        return 2 * self.latent_dim if self.variational else self.latent_dim

    def load_images(self) -> Tensor:
        """All images as bytes, `[count, 784]`, in the memory of the CPU."""
        if self.images is None:
            return torch.randint(0, 256, (self.count, 784), dtype=torch.uint8, device="cpu")
        size = self.count * 784
        images = torch.from_file(self.images, size=size, dtype=torch.uint8, device="cpu")
        return images.clone().view(-1, 784)

    def load_rows(self) -> Tensor:
        """The first rows of all images."""
        if self.rows is None:
            return torch.randn(self.count, self.row_width)
        return read_tensors(self.rows)["rows"].to(self.device)

    def load_order(self) -> Tensor | None:
        """The order of the images over several epochs, where it is given; on the device."""
        if self.orders is None:
            return None
        size = Path(self.orders).stat().st_size // 8
        order = torch.from_file(self.orders, size=size, dtype=torch.int64, device="cpu")
        return order.clone().to(self.device)

    def batches(self) -> Iterator[Tensor]:
        """Indices of one batch after another, for ever; a short last batch is left out."""
        order = self.load_order()
        while True:
            epoch = torch.randperm(self.count) if order is None else order
            yield from epoch[: len(epoch) // self.batch * self.batch].split(self.batch)


class Program(Protocol):
    """What a peer must be able to do; `step` returns the loss of the batch, not yet read."""

    def step(self) -> Tensor: ...


def read_tensors(path: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file: a length, a JSON header, the values."""
    data = bytearray(Path(path).read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.frombuffer(data[start:end], dtype=torch.float32)
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def read_case(path: str) -> Case:
    """Reads the case, and sets the threads and the device that it asks for."""
    case = Case(**json.loads(Path(path).read_text()))
    torch.set_num_threads(case.threads)
    torch.set_default_device(case.device)
    torch.manual_seed(1)
    return case


def serve(program: Program) -> None:
    """Obeys requests until there are no more."""
    answer("ready")
    for line in sys.stdin:
        match line.split():
            case ["time", steps]:
                answer(seconds(program, int(steps)))
            case ["losses", steps]:
                answer([program.step().item() for _ in range(int(steps))])
            case ["memory"]:
                answer(peak_memory())
            case ["quit"]:
                return
            case _:
                sys.exit(f"unknown request: {line!r}")


def seconds(program: Program, steps: int) -> float:
    """Seconds for `steps` steps, all their work done."""
    wait()
    started = time.perf_counter()
    for _ in range(steps):
        program.step()
    wait()
    return time.perf_counter() - started


def wait() -> None:
    """Waits for a GPU. The CPU's work is done when a call returns."""
    if torch.get_default_device().type == "cuda":
        torch.cuda.synchronize()


def peak_memory() -> int:
    """The most memory that the process has held, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status has no VmHWM")


def answer(value: object) -> None:
    """Writes one line of JSON."""
    print(json.dumps(value), flush=True)
