"""`python -m bench.truth`: simulate studies, and write docs/truth.md; it needs no package but Seedbed's own."""

from __future__ import annotations

from pathlib import Path

import click

from bench.truth import STUDIES, truth

PAGE = Path(__file__).parents[2] / "docs" / "truth.md"


@click.command()
@click.option(
    "--studies", default=STUDIES, show_default=True, help="Per situation; fewer where one takes long."
)
def main(studies: int) -> None:
    """Simulate studies, judge them, and write how often their verdicts are wrong."""
    found = truth(studies)
    PAGE.write_text(found.text, encoding="utf-8")
    click.echo(
        "\n".join([*found.missed, f"{PAGE} is written; {len(found.missed)} figures miss their goals."])
    )


if __name__ == "__main__":
    main()
