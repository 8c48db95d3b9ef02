"""Where the classes of a stored study's modules are found: those that it ran, once its user has allowed them."""

from __future__ import annotations

from pathlib import Path

from seedbed.results.stored import Stored
from seedbed.store.contents import Contents
from seedbed.store.models import TrainedError
from seedbed.study.model import Study
from seedbed.study.trust import check, code_of
from seedbed.trainables.choice import trainable_of

FILE = "study.toml"


def code_directory(stored: Stored, trust: bool = False) -> Path | None:
    """The directory from which classes are imported; None where all networks are Seedbed's own.

    Parameters
    ----------
    trust
        Whether the user allows the code to run; see `study.trust`.

    Raises
    ------
    TrustError
        Where the user has not allowed it.
    TrainedError
        Where the code is not what it was when the networks were trained.
    """
    models = (stored.configuration(variant).get("model", {}) for variant in stored.variants)
    if not any(model.get("kind") == "module" for model in models):
        return None
    study = Study.parse(Contents(stored.directory).text(FILE), stored.directory / FILE, trainable_of)
    code = code_of(study)
    told = stored.environment.get("code", {}).get("files", {})
    if code and code.files != told:
        names = ", ".join(name for name in {**told, **code.files} if told.get(name) != code.files.get(name))
        raise TrainedError(
            f"{names} in {study.directory} is not what it was when the networks were trained, so they would predict "
            f"something else; put back what lies in {stored.directory / 'code'}"
        )
    check(study, code, trust)
    return study.directory
