"""Readers of data files and of trained networks, fed with any bytes: whatever they give is sound."""

from __future__ import annotations

import gzip
import io
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seedbed.cli.errors import user_errors

if TYPE_CHECKING:
    import pyarrow as pa

SEED = np.random.default_rng(0)
IMAGE = SEED.integers(0, 256, (5, 7, 3), dtype=np.uint8)
CSV = b"""size,colour,day,y
1.5,red,2024-01-31,1
-2e3,"blue, light",2024-02-01,0
?,red,2024-02-03,1
7,blue,2024-02-09,0
"""


@contextmanager
def reading(content: bytes, name: str) -> Iterator[Path]:
    """A file of that name; what users see as errors is swallowed, and a warning is a defect."""
    with tempfile.TemporaryDirectory() as directory, suppress(*user_errors()), warnings.catch_warnings():
        warnings.simplefilter("error")
        path = Path(directory) / name
        path.write_bytes(content)
        yield path


def table(name: str, content: bytes) -> None:
    """A table of any format, its rows as samples, to learn numbers and to learn classes."""
    from seedbed.data.tables import rows

    exclude = ("list",) if Path(name).suffix in (".parquet", ".arrow") else ()
    for classification in (False, True):
        with reading(content, name) as path:
            samples = rows.read(
                path, target="y", missing="category", exclude=exclude, classification=classification
            )
            count = len(samples.targets)
            assert samples.inputs.shape == (count, len(samples.features))
            assert samples.inputs.dtype == np.float32
            assert not np.isinf(samples.inputs).any()
            assert np.isfinite(samples.targets).all()
            if classification:
                assert set(np.unique(samples.targets)) == set(range(len(samples.classes)))


def idx(content: bytes) -> None:
    """A gzipped IDX file, and one that holds the bytes as they are."""
    from seedbed.data.sources import idx

    for packed in (content, gzip.compress(content, 1)):
        for axes in (1, 3):
            with reading(packed, "images.gz") as path:
                values = idx.read(path, axes)
                assert values.ndim == axes
                assert values.size


def npz(content: bytes) -> None:
    """Arrays and images of a .npz file."""
    from source_files import samples_of

    for source in ("arrays", "npz"):
        with reading(content, "arrays.npz") as path:
            samples = samples_of(source, path)
            assert len(samples.inputs) == len(samples.targets) > 0
            assert np.isfinite(samples.inputs).all()


def npy(content: bytes) -> None:
    """The array x of a .npz file that is whole but for this array."""
    npz(_zipped(content))


def image(content: bytes) -> None:
    """An image, grey and coloured."""
    from seedbed.data.imagefile import pixels

    for shape in ((1, 4, 4), (3, 5, 7)):
        with reading(content, "x.png") as path:
            given = pixels(path, shape)
            assert (given.shape, given.dtype) == (shape, np.uint8)


def model(content: bytes) -> None:
    """A file of trained networks, and what they predict."""
    from seedbed.results.fitting import check_fit
    from seedbed.results.predict import apply
    from seedbed.store.models import read_trained

    with reading(content, "base.safetensors") as path:
        trained = read_trained(path)
        check_fit(trained, path)
        if np.prod(trained.shape) < 10_000:
            with np.errstate(all="ignore"):
                outputs = apply(trained, np.zeros((3, *trained.shape), np.float32))
            assert outputs.shape == (len(trained.seeds), 3, trained.outputs)


# --- contents that are valid ----------------------------------------------------------------------------------


def tables(suffix: str) -> list[bytes]:
    """Small tables of a format."""
    import pyarrow as pa
    from pyarrow import csv, feather, ipc, parquet

    content = csv.read_csv(pa.BufferReader(CSV), convert_options=csv.ConvertOptions(null_values=["?"]))
    sink = io.BytesIO()
    if suffix == ".csv":
        return [CSV, CSV.replace(b",", b";"), CSV.decode().encode("utf-16"), b'a,y\n"1\n2",3\n4,5']
    if suffix == ".csv.gz":
        return [gzip.compress(CSV)]
    for name, kind in _kinds().items():
        values = pa.array([0, 1, None, 3]) if name != "decimal" else pa.array([0, 1, None, 3], pa.int32())
        content = content.append_column(name, values.cast(kind))
    content = content.append_column("dictionary", pa.array(["a", None, "b", "a"]).dictionary_encode())
    content = content.append_column("list", pa.array([[1], [], None, [2, 3]]))
    if suffix == ".parquet":
        parquet.write_table(content, sink)
        return [sink.getvalue()]
    feather.write_feather(content, sink, compression="uncompressed")
    stream = io.BytesIO()
    with ipc.new_stream(stream, content.schema) as writer:
        writer.write_table(content)
    return [sink.getvalue(), stream.getvalue()]


def _kinds() -> dict[str, pa.DataType]:
    """Types of columns that numbers can be read as."""
    import pyarrow as pa

    return {
        "moment": pa.timestamp("ms", "Europe/Berlin"),
        "second": pa.timestamp("s"),
        "date": pa.date64(),
        "time": pa.time64("us"),
        "duration": pa.duration("ns"),
        "decimal": pa.decimal128(20, 2),
        "bool": pa.bool_(),
        "half": pa.uint8(),
    }


def idx_files() -> list[bytes]:
    """Images and labels, not packed."""
    return [b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x03" + bytes(range(12)), b"\0\0\x08\x01\0\0\0\x02\1\2"]


def _zipped(x: bytes, y: np.ndarray | None = None) -> bytes:
    import zipfile

    content, targets = io.BytesIO(), io.BytesIO()
    np.save(targets, np.array([0, 1, 1, 0]) if y is None else y)
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("x.npy", x)
        archive.writestr("y.npy", targets.getvalue())
    return content.getvalue()


def npy_files() -> list[bytes]:
    """Arrays of rows and of images."""
    contents = []
    for array in (
        SEED.normal(size=(4, 2)),
        np.asfortranarray(IMAGE[None].repeat(4, 0)),
        np.arange(12.0, dtype=">f4").reshape(4, 3),
    ):
        contents.append(io.BytesIO())
        np.save(contents[-1], array)
    return [content.getvalue() for content in contents]


def npz_files() -> list[bytes]:
    """The same with their targets."""
    return [_zipped(content) for content in npy_files()]


def images() -> list[bytes]:
    """Images of several modes."""
    from PIL import Image

    made = []
    for kind, mode in (("PNG", "RGB"), ("PNG", "P"), ("PNG", "LA"), ("JPEG", "RGB"), ("JPEG", "CMYK")):
        content = io.BytesIO()
        Image.fromarray(IMAGE).convert(mode).save(content, kind)
        made.append(content.getvalue())
    return made


def models() -> list[bytes]:
    """The networks of a small study of numbers, and those of one of classes."""
    from seedbed.recipe import Recipe
    from seedbed.results.fitting import network_of
    from seedbed.store.models import Trained

    table = {"source": "table", "path": "t.csv", "target": "y"}
    made = []
    for model, loss, classes in (
        ({"kind": "linear"}, "mse", ()),
        ({"kind": "mlp", "hidden": [3], "norm": "batch"}, "cross_entropy", ("a", "b", "c")),
    ):
        recipe = Recipe.model_validate(
            {"data": table, "model": model, "training": {"lr": 0.1, "epochs": 1, "loss": loss}}
        )
        one = Trained(
            "base", recipe.model_dump(mode="json"), (0, 1), (2,), len(classes) or 1, {}, {}, classes=classes
        )
        network = network_of(one)
        arrays = [
            {name: np.ones((2, *slot.parameter.shape), np.float32) for name, slot in layout.slots.items()}
            for layout in (network.parameters, network.state)
        ]
        scaling = {"center": np.zeros((1, 2), np.float32), "scale": np.ones((1, 2), np.float32)}
        made.append(
            Trained(
                "base",
                one.recipe,
                (0, 1),
                (2,),
                one.outputs,
                *arrays,
                **scaling,
                features=("a", "b"),
                classes=classes,
            ).to_bytes()
        )
    return made


FORMATS: dict[str, str] = {"table": ".csv", "packed": ".csv.gz", "parquet": ".parquet", "arrow": ".arrow"}
READERS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]]]] = {
    "idx": (idx, idx_files),
    "npz": (npz, npz_files),
    "npy": (npy, npy_files),
    "image": (image, images),
    "model": (model, models),
}
