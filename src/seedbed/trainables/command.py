"""A command as a trainable: a program of any language that is given settings as arguments and prints its metrics."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.study.code import Code
from seedbed.study.contents import Contents
from seedbed.study.problems import MOST_PROBLEMS, Problem, StudyError, dotted
from seedbed.study.suggestions import instead_of
from seedbed.trainables.command_options import (
    DIRECTORY,
    OWN,
    STUDY,
    CommandOptions,
    directory_of,
    values_of,
)
from seedbed.trainables.outside.configuration import SETTINGS, OutsideConfiguration
from seedbed.trainables.outside.sources import module_files, with_imports
from seedbed.trainables.outside.trainable import OutsideTrainable
from seedbed.trainables.placeholders import arguments, as_text, filled, flat, names_in, stray_brace
from seedbed.trainables.programs import PYTHON, missing_program

if TYPE_CHECKING:
    from seedbed.trainables.command_work import CommandWork

Configuration = OutsideConfiguration[CommandOptions]
PLAIN = re.compile(r"[\w@%+=:,./{}-]+")  # words that need no quotes for people


class CommandTrainable(OutsideTrainable[CommandOptions]):
    """Runs a command for every run; see `CommandOptions`."""

    tables: Mapping[str, str] = {
        "command": "The program that every run starts.",
        SETTINGS: "Settings that the program is given; any names.",
    }
    table = "command"
    options = CommandOptions

    def configure(self, tables: Mapping[str, Any]) -> tuple[Configuration | None, list[Problem]]:
        """The settings of a variant checked, and whether its command takes just these."""
        configuration, problems = super().configure(tables)
        if configuration is not None:
            problems = list(_problems(configuration.options, configuration.settings))[:MOST_PROBLEMS]
        return (None if problems else configuration), problems

    def code(self, study: Contents) -> Code:
        """The commands of all variants, what texts they are given, and the files of the study that they name."""
        configurations: list[Configuration] = [variant.configuration for variant in study.variants]
        for configuration in configurations:
            if message := missing_program(configuration.options.run[0], study.directory):
                raise StudyError(study.origin, [Problem("command.run", message)])
        lines = [line for one in configurations for line in _told(one.options)]
        lines += _texts(configurations)
        named = dict.fromkeys(found for one in configurations for found in _named(one, study.directory))
        files = [file for found, root in named for file in (found, *_imports(found, root))]
        return Code("\n".join(dict.fromkeys(lines)), tuple(dict.fromkeys(files)))

    def prepare(self, study: Contents, data_dir: Path | None = None) -> CommandWork:
        """Cut the study into runs; nothing is started."""
        from seedbed.trainables.command_work import CommandWork

        self.code(study)  # whether there are such programs
        return CommandWork(study)


# --- what is wrong --------------------------------------------------------------------------------------


def _problems(options: CommandOptions, settings: Mapping[str, Any]) -> Iterator[Problem]:
    """Placeholders without a setting, and settings without a placeholder."""
    known, used = flat(settings), set[str]()
    if names_in(options.run[0]) or not options.run[0]:
        message = "expected a program first, without placeholders: vary command.run to try several"
        yield Problem("command.run", f"{message}, got {as_text(options.run[0])!r}")
    for name in OWN:
        if name in known:
            message = f"{{{name}}} stands for something else in a command; use another name"
            yield Problem(dotted((SETTINGS, name)), message)
    for key, text in options.words:
        if stray_brace(text):
            yield Problem(
                f"command.{key}", f"expected {{{{ and }}}} for braces that are none of {{name}}, in {text!r}"
            )
        for name in names_in(text):
            used.add(name)
            if name not in known and name not in OWN:
                yield Problem(
                    f"command.{key}", f"there is no setting {{{name}}}; {instead_of(name, [*known, *OWN])}"
                )
    if options.stop and options.metrics != "lines":
        yield Problem("command.stop", 'needs the metrics of every epoch; write metrics = "lines"')
    if options.metrics_file and DIRECTORY not in names_in(options.metrics_file + options.directory):
        message = "runs at the same time would write the same file; write it below {directory}"
        yield Problem("command.metrics_file", message)
    if SETTINGS not in used:
        yield from _unused(settings, used, ())


def _unused(settings: Mapping[str, Any], used: set[str], path: tuple[str, ...]) -> Iterator[Problem]:
    """Settings that the command is never given: varying one would change nothing."""
    for name, value in settings.items():
        key = ".".join((*path, name))
        if key in used:
            continue
        if isinstance(value, Mapping) and value:
            yield from _unused(value, used, (*path, name))
        else:
            remedy = f"write {{{key}}} in command.run, or {{{SETTINGS}}} for all as JSON"
            yield Problem(dotted((SETTINGS, *path, name)), f"the command is never given it; {remedy}")


# --- what would run -------------------------------------------------------------------------------------


def _told(options: CommandOptions) -> Iterator[str]:
    """A command as it is written, a line for each part of it."""
    yield " ".join(word if PLAIN.fullmatch(word) else shlex.quote(word) for word in options.run)
    for name, value in options.env.items():
        yield f"with the environment variable {name}={as_text(value)}"
    if options.directory != "{study}":
        yield f"in the directory {options.directory}"
    if options.metrics_file is not None:  # which is removed before a run
        yield f"with its metrics in {options.metrics_file}"


def _texts(configurations: list[Configuration]) -> Iterator[str]:
    """What settings put text into commands, which may be code to a program; numbers and true or false are not."""
    found: dict[str, dict[str, None]] = {}
    for configuration in configurations:
        for name, value in flat(configuration.settings).items():
            for text in _strings(value):
                found.setdefault(name, {})[text] = None
    for name, texts in found.items():
        yield f"with {{{name}}} {' or '.join(map(repr, texts))}"


def _strings(value: Any) -> Iterator[str]:
    """The texts in a value but those of tables, whose settings have names of their own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(list(one.values()) if isinstance(one, Mapping) else one)


def _named(configuration: Configuration, study: Path) -> Iterator[tuple[Path, Path]]:
    """The files that the words of a command name, as far as they are there before it runs.

    Each with the directory from which it would import others.
    """
    options = configuration.options
    values = values_of(configuration.settings, **{STUDY: str(study)})
    directory = directory_of(options, values, study)
    if os.sep in options.run[0]:
        program = study / options.run[0]
        yield program, program.parent
    words = arguments(options.run[1:], values)
    for before, word in zip(("", *words), words, strict=False):
        yield from _by_word(word, directory)
        if options.run[0] == PYTHON and before == "-m":
            for name in (word, f"{word}.__main__"):
                yield from ((file, directory) for file in module_files(name, directory))
    for value in options.env.values():
        yield from _by_word(filled(value, values), directory)


def _by_word(word: str, directory: Path) -> Iterator[tuple[Path, Path]]:
    """The file that a word names, also as in --config=FILE, or of a folder what Python runs of it."""
    for name in dict.fromkeys((word, word.partition("=")[2])):
        try:
            if name:
                files = filter(Path.is_file, (directory / name, directory / name / "__main__.py"))
                yield from ((file, file.parent) for file in files)
        except (OSError, ValueError):  # too long for a name, or half a character
            continue


def _imports(file: Path, root: Path) -> list[Path]:
    return sorted(with_imports([file], root)) if file.suffix == ".py" else []
