"""`seedbed reference`: every key of a study file, every metric, every form of a claim and every finding."""

from __future__ import annotations

import shutil

import click

from seedbed.cli.output import say_all


@click.command("reference", short_help="Explain every key of a study file.")
@click.argument("key", required=False)
@click.option(
    "--schema", "as_schema", is_flag=True, help="Print the JSON Schema of a study file, for editors."
)
@click.option("--markdown", is_flag=True, help="Print all of it as the page docs/reference.md.")
@click.option("--findings", "all_findings", is_flag=True, help="Print what findings mean, docs/findings.md.")
def command(key: str | None, as_schema: bool, markdown: bool, all_findings: bool) -> None:
    """Explain every key of a study file: what it may be, its default, which kinds have it, what it means.

    KEY narrows it down: a table (training, training.stop), a key (lr, training.lr), a kind (mlp, cosine,
    images), a metric (accuracy), `metrics`, `claims` or `verdicts`, a finding (SB104, overfit), or what other tools
    call any of them (learning_rate).

    \b
    Examples:
      seedbed reference training.schedule
      seedbed reference patience
      seedbed reference metrics
      seedbed reference SB104
      seedbed reference --schema > study.schema.json

    Editors that know TOML schemas (Taplo, Even Better TOML) complete and check a study whose first line names
    the schema, as in the file that `seedbed new` writes.
    """
    from seedbed.reference import findings, keys, page
    from seedbed.reference.schema import schema

    if as_schema:
        from seedbed.cli.output import print_json

        print_json(schema())
        return
    if all_findings:
        say_all(findings.page())
        return
    sections = keys.sections(schema())
    if markdown:
        say_all(page.markdown(sections))
        return
    width = min(shutil.get_terminal_size().columns, 100)
    entry = page.lookup(sections, key, width) or page.of_other_name(sections, key or "", width)
    if entry is None:
        from seedbed.study.suggestions import instead_of

        raise click.UsageError(
            f'"{key}" is not in the reference; {instead_of(key or "", page.words(sections))}'
        )
    say_all(entry)
