"""Finds a stored study for a command, and says on stderr which of several a name stands for."""

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
