"""A variational auto-encoder on Fashion-MNIST, for the time that it takes to reach a quality.

Encoder 784 -> 512 -> 256 -> mean and log-variance of 32 latents; decoder 32 -> 256 -> 512 -> 784;
ReLU; Bernoulli likelihood on grey pixels; Adam with PyTorch's one-cycle schedule. After every epoch
it prints a line of JSON: the epoch, seconds of training so far (without evaluation), and the
negative ELBO of the test images.
"""

from __future__ import annotations

import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LATENTS = 32
RATE = 2e-3


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Vae(nn.Module):
    """Encoder and decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = mlp(784, 512, 256, 2 * LATENTS)
        self.decoder = mlp(LATENTS, 256, 512, 784)

    def nats(self, pixels: Tensor, draws: int = 1) -> Tensor:
        """Negative ELBO of each image, averaged over `draws` samples of its posterior."""
        mean, log_variance = self.encoder(pixels).chunk(2, dim=1)
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        total = torch.zeros(len(pixels))
        for _ in range(draws):
            z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            logits = self.decoder(z)
            total = total + F.binary_cross_entropy_with_logits(logits, pixels, reduction="none").sum(1)
        return total / draws + kl


@torch.no_grad()
def test_nats(model: Vae, images: Tensor, draws: int) -> float:
    """Mean negative ELBO of byte images."""
    batches = [model.nats(batch.float() / 255, draws) for batch in images.split(500)]
    return torch.cat(batches).double().mean().item()


def train_epoch(model: Vae, images: Tensor, batch: int, optimiser, schedule) -> None:
    """Every image once, in a new order."""
    for index in torch.randperm(len(images)).split(batch):
        loss = model.nats(images[index].float() / 255).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()


def run(arguments: argparse.Namespace) -> None:
    """Trains for some epochs and prints what each has reached."""
    images, test = read(arguments.train), read(arguments.test)
    model = Vae()
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
    steps = arguments.epochs * -(-len(images) // arguments.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    seconds = 0.0
    for epoch in range(1, arguments.epochs + 1):
        started = time.perf_counter()
        train_epoch(model, images, arguments.batch, optimiser, schedule)
        seconds += time.perf_counter() - started
        nats = test_nats(model, test, arguments.draws)
        print(json.dumps({"epoch": epoch, "seconds": seconds, "nats": nats}), flush=True)


def read(path: str) -> Tensor:
    """Images of a file of raw bytes, `[N, 784]`."""
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).view(-1, 784)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True, help="raw bytes of the training images")
    parser.add_argument("--test", required=True, help="raw bytes of the test images")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--draws", type=int, default=16, help="posterior samples of a test image")
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    run(arguments)


if __name__ == "__main__":
    main()
