"""The fastest training and inference that we know to write in PyTorch.

All images stay in memory as bytes. A step gathers the rows of its batch, with their moments and
step counts, moves them by a few tensor operations and scatters them back; the decoder is moved by
PyTorch's fused Adam. Convolutions run channels-last. With --compile, torch.compile turns the
objective with its gradients, and the rows' update, into generated code. With --bf16, the decoder's
products are bfloat16 where torch.autocast makes them so.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import torch
from torch import Tensor

import networks
from protocol import Case, Program, read_case, serve

Wrap = Callable[[Callable], Callable]


class ChannelsLast(torch.nn.Module):
    """Turns feature maps channels-last; the convolutions after it keep them so."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.contiguous(memory_format=torch.channels_last)


class Autocast(torch.nn.Module):
    """A network whose products are bfloat16; what comes out is float again."""

    def __init__(self, network: torch.nn.Module, device: str) -> None:
        super().__init__()
        self.network, self.device = network, torch.device(device).type

    def forward(self, z: Tensor) -> Tensor:
        with torch.autocast(self.device, dtype=torch.bfloat16):
            return self.network(z).float()


def fast_decoder(case: Case, bf16: bool) -> torch.nn.Module:
    """The decoder, its convolutions channels-last."""
    network = channels_last(networks.decoder(case))
    return Autocast(network, case.device) if bf16 else network


def channels_last(network: torch.nn.Sequential) -> torch.nn.Sequential:
    """The same network with convolutions channels-last, where there are any."""
    convolves = any(isinstance(layer, torch.nn.ConvTranspose2d) for layer in network)
    if not convolves:
        return network
    maps = next(i for i, layer in enumerate(network) if isinstance(layer, torch.nn.Unflatten))
    network = torch.nn.Sequential(*network[: maps + 1], ChannelsLast(), *network[maps + 1 :])
    return network.to(memory_format=torch.channels_last)


def mover(case: Case, scale: float) -> Callable[[Tensor, Tensor, Tensor, float], None]:
    """Adam for a block of rows `[B, 3, width]`: values and two moments, each row with its own count.

    `scale` is the share of its image's gradient that a row gets; epsilon must be of that size too.
    """
    (first_decay, second_decay), epsilon = case.row_betas, case.epsilon * scale
    logs = (math.log(first_decay), math.log(second_decay))

    def move(block: Tensor, gradient: Tensor, counts: Tensor, rate: float) -> None:
        rows, first, second = block.unbind(1)
        first.lerp_(gradient, 1 - first_decay)
        second.mul_(second_decay).addcmul_(gradient, gradient, value=1 - second_decay)
        seen = [-torch.expm1(counts * log) for log in logs]
        rows.addcdiv_(first / seen[0], (second / seen[1]).sqrt_().add_(epsilon), value=-rate)

    return move


class Training:
    """Joint training of the decoder and the rows."""

    def __init__(self, case: Case, wrap: Wrap, bf16: bool) -> None:
        self.case = case
        self.images = case.load_images().to(case.device)
        self.decoder = fast_decoder(case, bf16)
        rows = case.load_rows()
        # Values and moments of a row lie side by side: one gather and one scatter move all three.
        self.table = torch.zeros(case.count, 3, case.row_width)
        self.table[:, 0] = rows
        self.counts = torch.zeros(case.count, 1)
        self.adam = torch.optim.Adam(
            self.decoder.parameters(),
            lr=case.decoder_rate,
            betas=case.decoder_betas,
            eps=case.epsilon,
            fused=True,
        )
        self.batches = case.batches()
        self.loss = wrap(self.objective)
        self.move = wrap(mover(case, 1 / case.batch))

    def objective(self, rows: Tensor, noise: Tensor | None, pixels: Tensor) -> Tensor:
        """Nats per image of a batch of byte images."""
        return networks.nats(self.decoder, self.case, rows, noise, pixels.float().div_(255))

    def step(self) -> Tensor:
        """One batch; its loss, nats per image."""
        index = next(self.batches)
        block = self.table.index_select(0, index)
        counts = self.counts.index_select(0, index).add_(1)
        rows = block[:, 0].detach().requires_grad_()
        noise = torch.randn(len(index), self.case.latent_dim) if self.case.noise else None
        loss = self.loss(rows, noise, self.images.index_select(0, index))
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        with torch.no_grad():
            self.move(block, rows.grad, counts, self.case.row_rate)
            self.adam.step()
            self.table.index_copy_(0, index, block)
            self.counts.index_copy_(0, index, counts)
        return loss.detach()


class Inference:
    """New rows for images with the decoder frozen. A step is all the steps of one batch."""

    def __init__(self, case: Case, wrap: Wrap, bf16: bool) -> None:
        self.case = case
        self.images = case.load_images().to(case.device)
        self.rows = case.load_rows()
        self.decoder = fast_decoder(case, bf16).requires_grad_(False)
        if bf16:
            # Frozen weights are rounded once, not in every step.
            self.decoder.to(torch.bfloat16)
        self.loss = wrap(self.objective)
        self.move = wrap(mover(case, 1 / case.batch))
        self.next = 0

    def objective(self, rows: Tensor, noise: Tensor | None, pixels: Tensor) -> Tensor:
        """Nats per image of a batch of images in [0, 1]."""
        return networks.nats(self.decoder, self.case, rows, noise, pixels)

    def step(self) -> Tensor:
        """Fits the rows of the next batch; the loss at the last step, nats per image."""
        case, start = self.case, self.next
        self.next = (start + case.batch) % (case.count // case.batch * case.batch)
        pixels = self.images[start : start + case.batch].float().div_(255)
        block = torch.zeros(case.batch, 3, case.row_width)
        block[:, 0] = self.rows[start : start + case.batch]
        counts = torch.zeros(case.batch, 1)
        loss = torch.zeros(())
        for step in range(case.inference_steps):
            rows = block[:, 0].detach().requires_grad_()
            noise = torch.randn(case.batch, case.latent_dim) if case.noise else None
            loss = self.loss(rows, noise, pixels)
            (gradient,) = torch.autograd.grad(loss, rows)
            rate = case.row_rate * 0.5 * (1 + math.cos(math.pi * step / case.inference_steps))
            with torch.no_grad():
                self.move(block, gradient, counts.add_(1), rate)
        return loss.detach()


def program(case: Case, compiled: bool, bf16: bool) -> Program:
    """The program that a case asks for."""
    wrap: Wrap = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
    kind = Training if case.work == "train" else Inference
    return kind(case, wrap, bf16)


if __name__ == "__main__":
    flags = sys.argv[2:]
    serve(program(read_case(sys.argv[1]), "--compile" in flags, "--bf16" in flags))
