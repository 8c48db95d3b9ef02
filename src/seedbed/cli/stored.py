"""Finds a stored study for a command, and says on stderr which of several a name stands for."""

from __future__ import annotations

from pathlib import Path

import click


def find(runs_dir: Path, name: str) -> Path:
    """As `store.find`."""
    from seedbed.store import executions, store

    directory = store.find(runs_dir, name)
    if said := executions.chosen(directory, name):
        click.echo(said, err=True)
    return directory
