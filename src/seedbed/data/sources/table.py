"""Rows of a user's own table."""

from __future__ import annotations

from seedbed.data.base import Samples
from seedbed.data.sources.base import Request
from seedbed.recipe.sources import TableData


def load(request: Request[TableData]) -> Samples:
    """The rows of the user's own table; raises as `tables.rows.read` does."""
    from seedbed.data.tables import rows  # pyarrow takes a while to import
    from seedbed.data.tables.csvfile import TextLayout

    settings = request.settings
    return rows.read(
        request.path,
        target=settings.target,
        features=settings.features,
        exclude=settings.exclude,
        where=settings.where,
        missing=settings.missing,
        dates=settings.dates,
        layout=TextLayout(settings.separator, settings.decimal, settings.thousands, settings.encoding),
        classification=request.classification,
    )
