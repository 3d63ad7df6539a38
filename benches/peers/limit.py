"""The matrix products and convolutions of a step, and nothing else.

Forward and backward of every layer with weights, for one batch: no activation, no loss, no
optimiser, no reading of images. Outputs of matrix products are allocated once. No program that
computes these products with this libtorch can take less time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from protocol import Case, read_case, serve, wait

Product = Callable[[], object]


def linear(batch: int, inputs: int, outputs: int, learns: bool) -> list[Product]:
    """Output, gradient of the input and, where the weights learn, gradient of the weights."""
    x, weight = torch.randn(batch, inputs), torch.randn(outputs, inputs)
    y, gradient = torch.empty(batch, outputs), torch.randn(batch, outputs)
    x_gradient, weight_gradient = torch.empty_like(x), torch.empty_like(weight)
    products: list[Product] = [
        lambda: torch.mm(x, weight.t(), out=y),
        lambda: torch.mm(gradient, weight, out=x_gradient),
    ]
    if learns:
        products.append(lambda: torch.mm(gradient.t(), x, out=weight_gradient))
    return products


def convolution(
    batch: int, maps: list[int], outputs: int, sizes: list[int], learns: bool, layout: torch.memory_format
) -> list[Product]:
    """The same of a transposed convolution of feature maps `[inputs, height, width]`."""
    kernel, stride, padding = sizes
    x = torch.randn(batch, *maps).contiguous(memory_format=layout)
    weight = torch.randn(maps[0], outputs, kernel, kernel).contiguous(memory_format=layout)
    # Stride, padding, dilation, whether it is transposed, output padding, groups.
    shape = ([stride] * 2, [padding] * 2, [1, 1], True, [0, 0], 1)
    gradient = torch.randn_like(torch.ops.aten.convolution(x, weight, None, *shape))
    wanted = [True, learns, False]
    return [
        lambda: torch.ops.aten.convolution(x, weight, None, *shape),
        lambda: torch.ops.aten.convolution_backward(gradient, x, weight, None, *shape, wanted),
    ]


def products(case: Case, layout: torch.memory_format) -> list[Product]:
    """The products of all layers."""
    learns, found, maps = case.work == "train", [], []
    for text in case.layers:
        match text.split():
            case ["linear", inputs, outputs]:
                found += linear(case.batch, int(inputs), int(outputs), learns)
            case ["reshape", *shape]:
                maps = [int(size) for size in shape]
            case ["conv_transpose2d", _, outputs, _, kernel, _, stride, _, padding]:
                sizes = [int(kernel), int(stride), int(padding)]
                found += convolution(case.batch, maps, int(outputs), sizes, learns, layout)
                side = [(n - 1) * sizes[1] - 2 * sizes[2] + sizes[0] for n in maps[1:]]
                maps = [int(outputs), *side]
    return found


class Limit:
    """The products of a step, in the memory layout that is faster here."""

    def __init__(self, case: Case) -> None:
        layouts = (torch.contiguous_format, torch.channels_last)
        self.repeats = case.inference_steps if case.work == "infer" else 1
        self.products = min((products(case, layout) for layout in layouts), key=self.quickest)

    @staticmethod
    def quickest(found: list[Product]) -> float:
        """The least of a few times, seconds."""
        times = []
        for _ in range(20):
            wait()
            started = time.perf_counter()
            for product in found:
                product()
            wait()
            times.append(time.perf_counter() - started)
        return min(times)

    def step(self) -> Tensor:
        """All products once; there is no loss."""
        for _ in range(self.repeats):
            for product in self.products:
                product()
        return torch.zeros(())


if __name__ == "__main__":
    with torch.no_grad():
        serve(Limit(read_case(sys.argv[1])))
