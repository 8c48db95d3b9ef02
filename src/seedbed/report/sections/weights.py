"""The section on networks that see pixels: the weights of their first layers as images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
from matplotlib.colors import to_rgb

from seedbed.files import slug
from seedbed.report import style
from seedbed.report.blocks import Block, Gallery, Note
from seedbed.report.labels import distinct_labels
from seedbed.report.leaders import best_and_base, best_and_base_named
from seedbed.report.picture import Picture
from seedbed.report.sheet import sheet
from seedbed.results.result import Result
from seedbed.store.models import Trained

MOST_UNITS = 40


def blocks(result: Result) -> Iterator[Block]:
    """The first layer of the best variant and of the base."""
    networks = {name: result.trained(name) for name in best_and_base(result)}
    short = distinct_labels(networks, 24)
    drawn = (_drawn(name, short[name], trained) for name, trained in networks.items() if trained)
    pictures = [picture for picture in drawn if picture]
    if pictures:
        yield Gallery(pictures)
        yield Note(
            f"Of {best_and_base_named(result)}: the weights of the first layer under the first seed, the largest "
            "first, on one scale per figure. One channel: orange weights are positive, blue ones negative, blank ones "
            "zero. Three channels: as colours, in which grey is zero."
        )


def _drawn(name: str, short: str, trained: Trained) -> Picture | None:
    """A figure; None where the first layer sees no images, or nobody knows which of a module's is the first."""
    if trained.recipe.get("model", {}).get("kind") == "module":
        return None
    layers = _layers(trained)
    kernels = _kernels(layers[0], trained.shape) if layers else None
    if kernels is None:
        return None
    count, labels = len(kernels), list[str]()
    if len(layers) == 1:  # a layer that answers by itself has one image per class
        labels = list(trained.classes[-count:])
        title = f"{short}: the weights of each class"
    else:
        size = np.linalg.norm(kernels.reshape(count, -1), axis=1)
        kernels = kernels[np.argsort(-size, kind="stable")[:MOST_UNITS]]
        kind = "filters" if kernels.shape[-1] < trained.shape[-1] else "units"
        which = f"{count} {kind}" if count <= MOST_UNITS else f"the {MOST_UNITS} largest of {count} {kind}"
        title = f"{short}: {which}"
    figure = sheet(title, list(_coloured(kernels)), 5 if len(kernels) <= 10 else 8, labels)
    label = f"The weights of the first layer as images. {title}"
    return Picture(f"weights-{slug(name)}", figure, label, in_colour=kernels.shape[1] == 3)


def _layers(trained: Trained) -> list[np.ndarray]:
    """The weights of all layers that have more than one number per channel, of the first run, in order."""
    layers = {
        int(name.split(".")[0]): value[0, :-1] if name.endswith("beta") else value[0]
        for name, value in trained.parameters.items()
        if name.endswith(("weight", "beta")) and value.ndim > 2
    }
    return [layers[index] for index in sorted(layers)]


def _kernels(weights: np.ndarray, shape: Sequence[int]) -> np.ndarray | None:
    """(units, channels, height, width) of a layer that sees images; None for others, and where it diverged."""
    if len(shape) != 3 or shape[0] not in (1, 3) or not np.isfinite(weights).all():
        return None
    if weights.ndim == 4:
        return weights if weights.shape[-1] > 1 else None
    return weights.T.reshape(-1, *shape) if len(weights) == prod(shape) else None


def _coloured(kernels: np.ndarray) -> np.ndarray:
    """(units, height, width, 3 or 4) in [0, 1]: colours around grey; of one channel, signs as transparent colours.

    One scale for all, so that small weights stay pale; the largest 0.5 % are cut.
    """
    limit = np.percentile(np.abs(kernels), 99.5) or 1.0
    scaled = np.clip(kernels / limit, -1, 1).transpose(0, 2, 3, 1)
    if scaled.shape[-1] == 3:
        return (scaled + 1) / 2
    sign = np.where(scaled > 0, to_rgb(style.VERMILLION), to_rgb(style.BLUE))
    return np.concatenate([sign, np.abs(scaled)], axis=-1)
