"""What a stored study says of new data, by how the samples of its runs came about."""

from __future__ import annotations
