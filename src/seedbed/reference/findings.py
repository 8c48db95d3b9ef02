"""The page docs/findings.md: a section for every finding."""

from __future__ import annotations

from importlib.resources import files


def page() -> str:
    """The page as Markdown."""
    return files(__package__).joinpath("findings.md").read_text(encoding="utf-8")


def sections() -> dict[tuple[str, str], str]:
    """The code and kind of every finding, and its section but for the title."""
    parts = (section.partition("\n") for section in page().split("\n## ")[1:])
    return {(title.split()[0], title.split()[1]): text.strip() for title, _, text in parts}


def words() -> list[str]:
    """Codes and kinds, by which findings can be looked up."""
    return [word for names in sections() for word in names]


def explained(word: str) -> tuple[str, list[str]] | None:
    """The title of a finding and the items of its section, by its code or kind; None where there is none such."""
    wanted = word.lower().replace(" ", "_")
    for (code, kind), text in sections().items():
        if wanted in (code.lower(), kind):
            items = (" ".join(item.split()) for item in text.removeprefix("- ").split("\n- "))
            return f"{code} {kind.replace('_', ' ')}", [item.replace("**", "") for item in items]
    return None
