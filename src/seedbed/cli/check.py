"""`seedbed check`: validate a study and say what running it would do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import options
from seedbed.cli.output import described, print_json, print_table, say
from seedbed.cli.trust import asking
from seedbed.text import byte_size, counted

if TYPE_CHECKING:
    from seedbed.api import Study

AMOUNTS = {"parameters": "parameters", "steps": "steps per run"}  # which only what trains networks knows


@click.command("check", short_help="Validate a study and print its plan.")
@options.study
@click.option(
    "--pilot",
    metavar="ID",
    help="The stored execution of the study whose runs show the spread; by default its latest.",
)
@click.option(
    "--spread",
    type=click.FloatRange(min=0, min_open=True),
    help="The spread itself: the standard deviation of paired differences, of logs for errors and losses.",
)
@options.trust
@options.data_dir
@options.runs_dir
@options.as_json
def command(
    study: str,
    seeds: int | None,
    settings: dict[str, str],
    vary: dict[str, str],
    quick: bool,
    pilot: str | None,
    spread: float | None,
    trust: bool,
    data_dir: Path | None,
    runs_dir: Path,
    as_json: bool,
) -> None:
    """Validate STUDY (a file or a lab), report all problems at once, and print what running it would do.

    \b
    Examples:
      seedbed check my-study.toml
      seedbed check trig/shape --vary model.activation=tanh,gelu --seeds 30
      seedbed check my-study.toml --set study.matters=1.1 --spread 0.3
    """
    from seedbed.analysis.data_facts import baseline_in_words, in_words
    from seedbed.api import Study
    from seedbed.plan.plan import plan
    from seedbed.study.trust import demand

    chosen = Study.load(study).override(settings, vary, seeds, quick)
    likely = _likely(chosen, runs_dir, pilot, spread)
    asking(partial(demand, chosen, trust, to_prepare=True))
    planned = plan(chosen, data_dir)
    document = planned.document() | {"likely_seeds": likely}
    if as_json:
        print_json(document)
        return
    known = [key for key in AMOUNTS if any(one[key] is not None for one in document["variants"])]
    rows = [
        (one["name"], described(one["settings"]), *(_amount(one[key]) for key in known))
        for one in document["variants"]
    ]
    numbers = tuple(AMOUNTS[key] for key in known)
    print_table(("variant", "settings", *numbers), rows, numbers)
    runs = (
        f"{counted(len(rows), 'variant')} x {counted(document['seeds'], 'seed')} = {document['runs']:,} runs"
    )
    groups = f" in {counted(document['groups'], 'group')}"
    steps = "" if document["steps"] is None else f"{groups}, {document['steps']:,} steps in all"
    say(f"{document['study']}: {runs}{steps}")
    if document["memory_bytes"] is not None:
        memory, disk = (byte_size(document[name]) for name in ("memory_bytes", "disk_bytes"))
        say(f"takes about {memory} of memory and {disk} on disk")
    for line in in_words(planned.facts):
        say(line)
    better = "less" if document["direction"] == "min" else "more"
    say(f"variants are compared by {document['metric']} ({better} is better)")
    if baseline := baseline_in_words(planned.facts, [document["metric"]]):
        say(baseline)
    for note in planned.facts.get("notes", []):
        say(f"! {note}")
    for line in planned.study.beforehand:
        say(line)
    for line in _in_words(likely) if likely else ():
        say(line)


def _likely(study: Study, runs_dir: Path, pilot: str | None, spread: float | None) -> dict[str, Any] | None:
    """The seeds that are likely to decide on `study.matters`; None where that, or the spread, is not known."""
    from seedbed.results.planning import planned
    from seedbed.results.result import Result
    from seedbed.store import reader
    from seedbed.store.schema import StoreError

    if pilot and spread:
        raise click.UsageError("--pilot and --spread both say what the spread is; give one")
    if study.matters is None:
        if pilot or spread:
            raise click.UsageError(
                "--pilot and --spread need the smallest effect that matters, as in --set study.matters=1.1"
            )
        return None
    stored = None
    if not spread:
        with nullcontext() if pilot else suppress(StoreError):
            stored = Result.open(reader.find(runs_dir, pilot or study.name))
    if stored and stored.metric != study.metric:
        if pilot:
            raise click.UsageError(f"--pilot {pilot} is of {stored.metric}, and this study of {study.metric}")
        stored = None
    found = [one for one in planned(study, stored, spread) if one.likely]
    if not found:
        return None
    pairs = [one.document() for one in found]
    return {"matters": study.matters, "spread": spread, "pilot": stored and stored.id, "pairs": pairs}


def _in_words(likely: dict[str, Any]) -> Iterator[str]:
    """The likely seeds, in a line for each pair of variants, or in one where all have the same."""
    from seedbed.analysis.planning import Likely

    source = f"the spread in {likely['pilot']}" if likely["pilot"] else f"a spread of {likely['spread']:g}"
    yield f"likely to decide on an effect of {likely['matters']:g} (study.matters), with {source}:"
    told = [
        (
            f"“{one['variant']}” against “{one['against']}”",
            Likely(one["seeds"], one["low"], one["high"]).in_words,
        )
        for one in likely["pairs"]
    ]
    alike = len({seeds for _, seeds in told}) == 1
    yield from ([f"  {told[0][1]}"] if alike else (f"  {names}: {seeds}" for names, seeds in told))


def _amount(number: int | None) -> str:
    """A number, or a dash where the trainable cannot say it."""
    from seedbed.analysis.wording import ABSENT

    return ABSENT if number is None else f"{number:,}"
