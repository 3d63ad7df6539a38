"""The decoder and its objective, from the text that the benchmark describes layers with.

    linear 32 256
    relu
    reshape 64 7 7
    conv_transpose2d 64 32 kernel 4 stride 2 padding 1
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protocol import Case, read_tensors

# Log-variances stay within ±20, smoothly: the same formula on both sides of the comparison.
LOG_VARIANCE_LIMIT = 20.0


def layer(text: str) -> nn.Module:
    """The layer that a line of text describes."""
    match text.split():
        case ["linear", inputs, outputs]:
            return nn.Linear(int(inputs), int(outputs))
        case ["relu"]:
            return nn.ReLU()
        case ["reshape", *shape]:
            return nn.Unflatten(1, [int(size) for size in shape])
        case ["conv_transpose2d", inputs, outputs, "kernel", kernel, "stride", stride, "padding", pad]:
            return nn.ConvTranspose2d(int(inputs), int(outputs), int(kernel), int(stride), int(pad))
    raise ValueError(f"unknown layer: {text!r}")


def decoder(case: Case) -> nn.Sequential:
    """The decoder with the weights of the case."""
    network = nn.Sequential(*[layer(text) for text in case.layers])
    weights = read_tensors(case.weights)
    network.load_state_dict({name.removeprefix("layers."): value for name, value in weights.items()})
    return network


def nats(network: nn.Module, case: Case, rows: Tensor, noise: Tensor | None, pixels: Tensor) -> Tensor:
    """The objective of a batch, nats per image: Bernoulli reconstruction and KL (or no KL for an AD)."""
    if not case.variational:
        return reconstruction(network(rows), pixels)
    mean, raw = rows.chunk(2, dim=1)
    log_variance = LOG_VARIANCE_LIMIT * torch.tanh(raw / LOG_VARIANCE_LIMIT)
    z = mean if noise is None else mean + torch.exp(0.5 * log_variance) * noise
    kl = 0.5 * (mean.square() + torch.expm1(log_variance) - log_variance).sum()
    return reconstruction(network(z), pixels) + kl / len(rows)


def reconstruction(logits: Tensor, pixels: Tensor) -> Tensor:
    """Binary cross-entropy of grey pixels in [0, 1], nats per image."""
    loss = F.binary_cross_entropy_with_logits(logits.flatten(1), pixels, reduction="sum")
    return loss / len(pixels)
