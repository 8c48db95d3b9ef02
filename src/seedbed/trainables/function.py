"""A Python function as a trainable: called with settings and a seed in processes of its own."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.study.code import Code
from seedbed.study.contents import Contents
from seedbed.study.problems import Problem, StudyError
from seedbed.trainables.function_options import FunctionOptions
from seedbed.trainables.outside.configuration import SETTINGS
from seedbed.trainables.outside.sources import files_of
from seedbed.trainables.outside.trainable import OutsideTrainable

if TYPE_CHECKING:
    from seedbed.trainables.function_work import FunctionWork

Function = Callable[..., Any]


class FunctionTrainable(OutsideTrainable[FunctionOptions]):
    """Calls a function once for every run.

    The function is `run(settings, seed)`: `settings` is a dict of the table [settings] with what the variant changes,
    `seed` a whole number, the same for all variants of a seed: the seed's number unless `study.seed` is set. It
    returns a dict of metrics, or yields one for each epoch. With a parameter called `run` it is also given that object;
    see `outside.run.Run`.

    Before each call `random`, NumPy's global generator and PyTorch's are seeded with `seed`, the latter two as soon as
    they are imported; hashes of text are the same in all processes. One process makes many calls, so a run must not
    depend on what an earlier one changed.

    Parameters
    ----------
    tables
        The document of the study; its [settings] are the settings that there are.
    function
        The function itself where a program has it; else `call` in [function] names it.
    """

    table = "function"
    options = FunctionOptions
    tables: Mapping[str, str] = {
        "function": "The Python function that makes one run, and how it is run.",
        SETTINGS: "What the function is given as its settings; tables within it are dicts.",
    }

    def __init__(self, tables: Mapping[str, Any], function: Function | None = None) -> None:
        super().__init__(tables)
        self.function = function

    def prepare(self, study: Contents, data_dir: Path | None = None) -> FunctionWork:
        """Nothing is imported yet; see `Work.warm_up`."""
        from seedbed.trainables.function_work import FunctionWork

        return FunctionWork(study, self._sent(study))

    def code(self, study: Contents) -> Code:
        """The modules beside the study that are called; see `Trainable.code`."""
        calls = list(dict.fromkeys(variant.configuration.options.call for variant in study.variants))
        what = "\n".join(f"the Python function {call}" for call in calls)
        if self.function is not None:
            return _given(self.function, what)
        files: dict[Path, None] = {}
        for call in calls:
            module = call.partition(":")[0]
            if module == "__main__":
                message = f"{call} was given by a program: go on there, with seedbed.resume(ID, function=...)"
                raise StudyError(study.origin, [Problem("function.call", message)])
            there = files_of(module, study.directory)
            if not there:
                message = f"there is no module {module} beside the study ({study.directory}) or installed"
                raise StudyError(study.origin, [Problem("function.call", message)])
            files.update(dict.fromkeys(there))
        return Code(what, tuple(files))

    def _sent(self, study: Contents) -> bytes | None:
        """The function as bytes, where it is not known by a name alone."""
        if self.function is None:
            return None
        try:
            return _pickled(self.function)
        except Exception as error:
            message = f"the function cannot be sent to another process: {error}"
            raise StudyError(study.origin, [Problem("function", message)]) from error


def _given(function: Function, what: str) -> Code:
    """The code of a function that a program has: its file, or its source where that is in none, as in a notebook."""
    try:
        path = Path(inspect.getsourcefile(function) or "")
        if path.is_file():
            return Code(what, (path,), is_given=True)
        return Code(what, texts={"function.py": inspect.getsource(function)}, is_given=True)
    except (OSError, TypeError):  # of what was typed, or is compiled
        return Code(what, is_given=True)


def _pickled(function: Function) -> bytes:
    """A function as bytes for our own processes: by its name where these can import it, else whole."""
    import cloudpickle

    module = sys.modules.get(getattr(function, "__module__", None) or "")
    is_whole = module is not None and not _is_importable(module.__name__)
    if module is not None and is_whole:
        cloudpickle.register_pickle_by_value(module)
    try:
        return cloudpickle.dumps(function)
    finally:
        if module is not None and is_whole:
            cloudpickle.unregister_pickle_by_value(module)


def _is_importable(module: str) -> bool:
    """Whether another process finds a module; `__main__` is always sent whole."""
    if module == "__main__":
        return True
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
