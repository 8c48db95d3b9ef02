"""What the array standard lacks, for torch tensors."""

from __future__ import annotations

from torch.special import erf

__all__ = ["erf"]
