"""The text of a study that is stored with its results, so that it runs again from wherever these are."""

from __future__ import annotations

import tomllib
from pathlib import Path

from seedbed.study.contents import Variant
from seedbed.study.model import Study
from seedbed.study.tomltext import to_toml


def stored_text(study: Study, directory: Path) -> str:
    """The TOML of a study with the changes of `override`, and with the directory that its paths are relative to.

    The text as it was given where that says the same.

    Parameters
    ----------
    directory
        Where it will lie; its own data lie beside it.
    """
    changed = study.tables != tomllib.loads(study.text)
    text = to_toml(study.tables) if changed else study.text
    if study.own_data or study.directory == directory.absolute() or "directory" in study.tables:
        return text
    named = study.trainable.code(study) is not None
    relative = named or any(_has_relative_path(variant, study.trainable.paths) for variant in study.variants)
    return to_toml({"directory": study.directory}) + text if relative else text


def _has_relative_path(variant: Variant, paths: tuple[str, ...]) -> bool:
    settings = variant.configuration.model_dump()
    for path in paths:
        table, _, key = path.partition(".")
        value = (settings.get(table) or {}).get(key)
        if isinstance(value, str) and not Path(value).is_absolute():
            return True
    return False
