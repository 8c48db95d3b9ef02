"""`seedbed new`: a commented study to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from seedbed.cli.output import say
from seedbed.reference import schema_file


@click.command("new", short_help="Write a commented study to start from.")
@click.argument("path", type=click.Path(path_type=Path), default="study.toml")
def command(path: Path) -> None:
    """Write a commented study to PATH (study.toml unless given), which must not exist yet.

    Its first line names the JSON Schema of studies, with which editors complete and check the file (Taplo, Even
    Better TOML). `seedbed reference` explains every key.

    \b
    Examples:
      seedbed new my-study.toml
      seedbed check my-study.toml
      seedbed run my-study.toml
    """
    template = files("seedbed.cli").joinpath("new.toml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f"#:schema {schema_file().as_uri()}\n{template}")
    except FileExistsError as error:
        raise click.ClickException(f"{path} exists already; nothing was written") from error
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from error
    say(f"wrote {path}; next: seedbed check {path}")
