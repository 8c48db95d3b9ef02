"""`seedbed new`: a commented study to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from seedbed.cli.output import say
from seedbed.reference import schema_file

# What a start consists of beside its study: the file in `starts`, and the name that the study has for it.
BESIDE = {
    "function": ("function.py", "train.py"),
    "command": ("command.py", "train.py"),
    "module": ("module.py", "net.py"),
    "results": ("results.csv", "results.csv"),
}


@click.command("new", short_help="Write a commented study to start from.")
@click.option(
    "--from",
    "kind",
    type=click.Choice(["recipe", *BESIDE]),
    default="recipe",
    show_default=True,
    help="What trains its runs: Seedbed's own networks, a Python function, a command, a PyTorch module; or results "
    "that exist already.",
)
@click.argument("path", type=click.Path(path_type=Path), default="study.toml")
def command(kind: str, path: Path) -> None:
    """Write a commented study to PATH (study.toml unless given), which must not exist yet.

    With --from also the code or the table that it names, beside it, to be replaced by your own.

    Its first line names the JSON Schema of studies, with which editors complete and check the file (Taplo, Even
    Better TOML). `seedbed reference` explains every key.

    \b
    Examples:
      seedbed new my-study.toml
      seedbed check my-study.toml
      seedbed run my-study.toml
      seedbed new --from function my/study.toml
    """
    written = [(path, f"#:schema {schema_file().as_uri()}\n{_start(f'{kind}.toml')}")]
    if kind in BESIDE:
        start, name = BESIDE[kind]
        written.append((path.with_name(name), _start(start)))
    for file, _ in written:
        if file.exists() or file.is_symlink():
            raise click.ClickException(f"{file} exists already; nothing was written")
    try:
        for file, text in written:
            with file.open("x", encoding="utf-8") as opened:
                opened.write(text)
    except OSError as error:
        raise click.ClickException(f"cannot write {error.filename or path}: {error.strerror}") from error
    trust = " --trust" if kind == "module" else ""  # to be checked it is made, which runs its code
    say(f"wrote {' and '.join(str(file) for file, _ in written)}; next: seedbed check {path}{trust}")


def _start(name: str) -> str:
    return files("seedbed.cli.starts").joinpath(name).read_text(encoding="utf-8")
