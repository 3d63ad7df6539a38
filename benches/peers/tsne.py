"""t-SNE by scikit-learn or openTSNE with their defaults.

Reads a matrix of 32-bit floats, writes the map in the same form, and prints the seconds that the
descent took, neighbours included, as a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np


def embed(program: str, data: np.ndarray) -> np.ndarray:
    """The map of a program, `[N, 2]`."""
    if program == "scikit-learn":
        from sklearn.manifold import TSNE

        return TSNE(random_state=1).fit_transform(data)
    from openTSNE import TSNE

    return np.asarray(TSNE(random_state=1).fit(data))


def warm_up(program: str) -> None:
    """Loads and prepares what the first map of a process has to wait for."""
    embed(program, np.random.default_rng(1).normal(size=(200, 5)).astype(np.float32))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", choices=["scikit-learn", "opentsne"])
    parser.add_argument("data", help="32-bit floats, row after row")
    parser.add_argument("map", help="where the map is written")
    parser.add_argument("--columns", type=int, required=True)
    arguments = parser.parse_args()
    data = np.fromfile(arguments.data, dtype=np.float32).reshape(-1, arguments.columns)
    warm_up(arguments.program)
    started = time.perf_counter()
    points = embed(arguments.program, data)
    seconds = time.perf_counter() - started
    points.astype(np.float32).tofile(arguments.map)
    print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
