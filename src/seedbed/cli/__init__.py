"""The command line: one file per command, loaded when it is asked for."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any

import click

from seedbed.cli.encoding import allow_any_encoding
from seedbed.cli.errors import exit_code
from seedbed.execution.environment import package_version

COMMANDS = (
    "labs",
    "new",
    "reference",
    "check",
    "run",
    "resume",
    "judge",
    "compare",
    "ls",
    "show",
    "report",
    "claims",
    "predict",
    "data",
    "doctor",
)

HELP = """Find out which training choices matter.

A study names a recipe, what to vary in it and how many random seeds to try. Seedbed trains every variant
under every seed side by side and reports which differences are real.

\b
Start here:
  seedbed labs                       studies that come with Seedbed
  seedbed run trig/norm-init         run one; ends with a table and a report
  seedbed new my-study.toml          a commented study of your own to edit
  seedbed new --from command my.toml one of your own training code
  seedbed reference training         every key of it explained
  seedbed run my-study.toml --vary training.lr=0.1,0.01 --seeds 20
  seedbed resume my-study            go on with one that was interrupted

\b
Exit codes: 0 done, 1 failed, 2 the input is wrong, 3 done but runs diverged or failed,
130 interrupted with everything saved: `seedbed resume` goes on.
"""


class CommandLine(click.Group):
    """The top of the command line: finds commands by name and turns every error into a message and a code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Load one command."""
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"seedbed.cli.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command where there is none of that name."""
        close = difflib.get_close_matches(args[0], COMMANDS, n=1)
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = f"did you mean `seedbed {close[0]}`?" if close else "`seedbed --help` lists them"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run and leave with the right exit code; no error reaches people as a traceback."""
        allow_any_encoding()
        return exit_code(lambda: super(CommandLine, self).main(*args, **{**extra, "standalone_mode": False}))


@click.command(cls=CommandLine, help=HELP, no_args_is_help=True)
@click.version_option(package_version("seedbed") or "(not installed)", message="seedbed %(version)s")
def program() -> None:
    """See `HELP`."""


def main() -> None:
    """The program that `seedbed` starts."""
    program.main(prog_name="seedbed")
