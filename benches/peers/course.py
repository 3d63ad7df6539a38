"""Training as solutions of the course write it in PyTorch.

A Dataset that turns one image at a time into floats, a DataLoader that collects batches of them,
the latents of all images as one parameter, and one Adam over the decoder and all latents. Adam
therefore moves every row at every step, also where a row has no gradient.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

import networks
from protocol import Case, read_case, serve


class Images(Dataset):
    """Images with their indices, which say whose latents they are."""

    def __init__(self, case: Case) -> None:
        self.pixels = case.load_images()

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> tuple[int, Tensor]:
        return index, self.pixels[index].float() / 255


class Course:
    """The training loop, one step at a time."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.decoder = networks.decoder(case)
        self.latents = nn.Parameter(case.load_rows())
        groups = [
            {"params": self.decoder.parameters(), "lr": case.decoder_rate, "betas": case.decoder_betas},
            # The loss is a mean, so a row's gradient is 1/batch of its image's: so must epsilon be.
            {
                "params": [self.latents],
                "lr": case.row_rate,
                "betas": case.row_betas,
                "eps": case.epsilon / case.batch,
            },
        ]
        self.optimiser = torch.optim.Adam(groups, eps=case.epsilon)
        self.batches = self.epochs(self.loader())

    def loader(self) -> DataLoader:
        """Shuffled batches, or those of the given order."""
        order = self.case.load_order()
        chosen = {"shuffle": True} if order is None else {"sampler": order.tolist()}
        chosen["generator"] = torch.Generator(device=self.case.device)
        return DataLoader(Images(self.case), batch_size=self.case.batch, drop_last=True, **chosen)

    @staticmethod
    def epochs(loader: DataLoader) -> Iterator[tuple[Tensor, Tensor]]:
        """One epoch after another."""
        while True:
            yield from loader

    def step(self) -> Tensor:
        """One batch; its loss, nats per image."""
        index, pixels = (tensor.to(self.case.device) for tensor in next(self.batches))
        noise = torch.randn(len(index), self.case.latent_dim) if self.case.noise else None
        loss = networks.nats(self.decoder, self.case, self.latents[index], noise, pixels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.detach()


if __name__ == "__main__":
    serve(Course(read_case(sys.argv[1])))
