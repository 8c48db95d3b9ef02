"""What the metrics of a stored study mean: which way is better, where they end, and how values are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seedbed.metrics.base import Direction, Scale
from seedbed.metrics.likely import likely_direction
from seedbed.metrics.names import OF_A_RUN, bare_name, bounds, direction, is_known, scale


class Measures:
    """The metrics of a study, given what `resolved.json` holds of it."""

    def __init__(self, study: Mapping[str, Any]) -> None:
        self._study: Mapping[str, Any] = study
        self._metric: str = study["metric"]

    def direction(self, metric: str) -> Direction:
        """Whether less or more of a metric is better: as the study, what trained it or `seedbed.metrics` say.

        What the study says of its own metric holds on every part. Of other metrics that nobody knows their name
        decides or, where that tells nothing, less is better.
        """
        bare = bare_name(metric)
        if bare == bare_name(self._metric):
            return self._study["direction"]
        own = self._own_metrics.get(metric) or self._own_metrics.get(bare)
        return own or (direction(metric) if self._is_known(metric) else likely_direction(metric) or "min")

    @property
    def _own_metrics(self) -> Mapping[str, Direction]:
        """The metrics of what trained it, where it has its own and not those of `seedbed.metrics`."""
        return self._study.get("metrics") or {}

    def _is_known(self, metric: str) -> bool:
        """Whether a metric is one of `seedbed.metrics`, or of every run."""
        return is_known(metric) and (not self._own_metrics or bare_name(metric) in OF_A_RUN)

    def bounds(self, metric: str) -> tuple[float, float]:
        """The least and the largest value that a metric can have; infinite of one that nobody knows."""
        return bounds(metric) if self._is_known(metric) else (-np.inf, np.inf)

    def scale(self, metric: str) -> Scale:
        """Whether variants are compared on a metric by differences or by ratios: as the study or the metric says."""
        if bare_name(metric) == bare_name(self._metric) and self._study.get("scale"):
            return self._study["scale"]
        return scale(metric) if self._is_known(metric) else "difference"
