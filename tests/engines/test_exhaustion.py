"""However a library says that memory ran out, it is a MemoryError."""

from __future__ import annotations

import errno

import pytest

from seedbed.engines.exhaustion import as_memory_error


def test_what_is_not_about_memory_passes() -> None:
    for error in (RuntimeError("shape"), OSError(errno.ENOSPC, "full"), ValueError("not enough memory")):
        with pytest.raises(type(error)) as raised, as_memory_error():
            raise error
        assert raised.value is error


def test_the_words_of_python_and_of_the_system() -> None:
    for error in (RuntimeError("can't start new thread"), OSError(errno.ENOMEM, "mmap")):
        with pytest.raises(MemoryError), as_memory_error():
            raise error


def test_torch_on_a_cpu_and_on_a_device() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(MemoryError), as_memory_error():
        torch.empty(2**60, dtype=torch.uint8)
    with pytest.raises(MemoryError), as_memory_error():
        raise torch.OutOfMemoryError("CUDA out of memory")
