"""The report of a study: one self-contained HTML page, with its figures also as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.results import Result


def write(result: Result, path: Path) -> None:
    """Write the page, whole or not at all, and its figures as SVG and PNG into `figures/` beside it."""
    from seedbed.report.page import write_page  # matplotlib loads only where a report is wanted

    write_page(result, path)
