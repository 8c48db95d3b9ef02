"""Finds a stored study for a command, and names on stderr the one that was taken of several."""

from __future__ import annotations

from pathlib import Path

import click


def find(runs_dir: Path, name: str) -> Path:
    """As `store.reader.find`."""
    from seedbed.store import executions, reader

    directory = reader.find(runs_dir, name)
    if line := executions.chosen(directory, name):
        click.echo(line, err=True)
    return directory
