"""Finds a stored study for a command, and names on stderr the one that was taken of several."""

from __future__ import annotations

from pathlib import Path

from seedbed.cli.output import say


def find(runs_dir: Path, name: str) -> Path:
    """As `store.reader.find`."""
    from seedbed.store import executions, reader

    directory = reader.find(runs_dir, name)
    if line := executions.chosen(directory, name):
        say(line, err=True)
    return directory
