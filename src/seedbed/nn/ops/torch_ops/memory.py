"""The order of images in memory, and the images of several runs in one tensor."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def fast(images: torch.Tensor) -> torch.Tensor:
    """Images in the order of memory that convolutions are fastest in: on a CPU channels last."""
    return images.to(memory_format=torch.channels_last) if images.device.type == "cpu" else images


def together(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """One tensor with a runs axis, of one tensor per run; the order of memory is kept."""
    if len(tensors) == 1:
        return tensors[0][None]
    if not tensors[0].is_contiguous(memory_format=torch.channels_last):
        return torch.stack(tuple(tensors))
    return torch.stack([tensor.permute(0, 2, 3, 1) for tensor in tensors]).permute(0, 1, 4, 2, 3)
