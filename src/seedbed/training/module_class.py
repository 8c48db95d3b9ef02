"""The class of a module as a study names it: found, and imported."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from seedbed.study.suggestions import instead_of

_imported: dict[str, ModuleType] = {}  # by path and content: a file that was changed is imported anew


def source_file(path: str, directory: Path) -> Path | None:
    """The file beside a study that holds a class, MODULE:CLASS; None where the module is to be an installed one."""
    parts = path.partition(":")[0].split(".")
    beside = directory.joinpath(*parts)
    for file in (beside.with_suffix(".py"), beside / "__init__.py"):
        if file.is_file():
            return file
    return None


def load_class(path: str, directory: Path) -> type:
    """Import the class that a study in a directory names as MODULE:CLASS.

    Raises
    ------
    ValueError
        Where there is no such module or class, or importing it raises.
    """
    module_name, _, name = path.partition(":")
    file = source_file(path, directory)
    where = module_name if file is None else file.name
    load: Callable[[], ModuleType] = (
        partial(importlib.import_module, module_name)
        if file is None
        else partial(_from_file, file, directory)
    )
    try:
        module = load()
    except ModuleNotFoundError as error:
        if file is None and error.name == module_name.split(".")[0]:
            raise ValueError(
                f'no module "{module_name}": expected {module_name.replace(".", "/")}.py beside the study, in '
                f"{directory}, or an installed module of that name"
            ) from None
        raise ValueError(f"importing {where} raised ModuleNotFoundError: {error}") from error
    except (Exception, SystemExit) as error:  # whatever other people's code raises
        raise ValueError(f"importing {where} raised {type(error).__name__}: {error}") from error
    found = getattr(module, name, None)
    if not isinstance(found, type):
        classes = [key for key, one in vars(module).items() if isinstance(one, type)]
        raise ValueError(f'{where} has no class "{name}"; {instead_of(name, classes)}')
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


def _from_file(file: Path, directory: Path) -> ModuleType:
    """A module from a file, whatever others of its name there are; what it imports may lie beside the study."""
    content = file.read_bytes()
    mark = hashlib.sha256(str(file.absolute()).encode() + b"\0" + content).hexdigest()[:16]
    if mark not in _imported:
        name = f"{file.stem}_{mark}"
        spec = spec_from_file_location(name, file, loader=SourceFileLoader(name, str(file)))
        assert spec is not None
        assert spec.loader is not None  # it is a file of source
        module = module_from_spec(spec)
        sys.modules[name] = module
        sys.path.insert(0, str(directory))
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        finally:
            sys.path.remove(str(directory))
        _imported[mark] = module
    return _imported[mark]
