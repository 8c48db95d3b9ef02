"""Moments as days since 1970-01-01."""

from __future__ import annotations

from datetime import UTC, datetime

DAY = 86_400.0  # seconds


def days_of(moment: datetime) -> float:
    """Days since 1970-01-01; of UTC unless the moment names a time zone."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() / DAY
