"""The class of a module as a study names it: imported, and asked which arguments it takes."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from seedbed.study.suggestions import instead_of
from seedbed.trainables.outside.sources import files_of, module_files

_imported: dict[str, ModuleType] = {}  # by path and content: files that were changed are imported anew


def load_class(path: str, directory: Path) -> type:
    """Import the class that a study in a directory names as MODULE:CLASS.

    Raises
    ------
    ValueError
        Where there is no PyTorch, or no such module or class, or importing it raises.
    """
    from seedbed.engines.choice import torch_is_missing

    if missing := torch_is_missing():
        raise ValueError(f"a module needs PyTorch: {missing}")
    name, _, wanted = path.partition(":")
    beside = module_files(name, directory)
    where = beside[-1].name if beside else name
    try:
        module = _beside(name, directory) if beside else importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not beside and error.name == name.split(".")[0]:
            expected = f"{name.replace('.', '/')}.py beside the study, in {directory},"
            raise ValueError(
                f'no module "{name}": expected {expected} or an installed module of that name'
            ) from None
        raise ValueError(f"importing {where} raised ModuleNotFoundError: {error}") from error
    except (Exception, SystemExit) as error:  # whatever other people's code raises
        raise ValueError(f"importing {where} raised {type(error).__name__}: {error}") from error
    found = getattr(module, wanted, None)
    if not isinstance(found, type):
        classes = [key for key, one in vars(module).items() if isinstance(one, type)]
        raise ValueError(f'{where} has no class "{wanted}"; {instead_of(wanted, classes)}')
    return found


def check_arguments(path: str, cls: type, arguments: Mapping[str, Any]) -> None:
    """Raise ValueError where a class does not take such arguments; the code of the class is not called."""
    try:
        signature = inspect.signature(cls)
    except (TypeError, ValueError):  # it does not say what it takes
        return
    parameters = signature.parameters.values()
    if not any(one.kind is one.VAR_KEYWORD for one in parameters):
        known = [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        for name in arguments:
            if name not in known:
                raise ValueError(f'{path} takes no argument "{name}"; {instead_of(name, known)}')
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise ValueError(f"{path}: {error}; give it in model.arguments") from None


def _beside(name: str, directory: Path) -> ModuleType:
    """A module beside a study, with what it imports from there, whatever others of their names there are."""
    files, contents = files_of(name, directory), hashlib.sha256(str(directory).encode())
    for file in files:
        contents.update(file.read_bytes())
    mark = f"{name} {contents.hexdigest()}"
    if mark not in _imported:
        with _found_in(directory, {Path(file.relative_to(directory).parts[0]).stem for file in files}):
            _imported[mark] = importlib.import_module(name)
    return _imported[mark]


@contextmanager
def _found_in(directory: Path, own: set[str]) -> Iterator[None]:
    """Have modules and packages of these names imported from a directory, and forgotten: other studies have theirs."""
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in own}
    before, writes = set(sys.modules), sys.dont_write_bytecode
    sys.path.insert(0, str(directory))
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(directory))
        sys.dont_write_bytecode = writes
        for name in set(sys.modules) - before:
            if name.split(".")[0] in own:
                del sys.modules[name]
        sys.modules.update(hidden)
