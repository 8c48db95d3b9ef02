"""The public datasets that Seedbed knows: their files, checksums, mirrors and licences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """One file in which (a piece of) a dataset may come.

    Attributes
    ----------
    name
        Path in the data directory.
    bytes
        Size of the file, approximate where `member` is set.
    sha256
        Of the file, or of its `member`.
    urls
        Mirrors; empty for a form that is only accepted where somebody put it.
    member
        The one file of a zip archive that counts; archives are packed anew from time to time.
    """

    name: str
    bytes: int
    sha256: str
    urls: tuple[str, ...] = ()
    member: str | None = None


@dataclass(frozen=True)
class Dataset:
    """A dataset: its pieces, each in the forms it may come in, best first."""

    directory: str
    files: tuple[tuple[Form, ...], ...]
    licence: str


def _idx(
    directory: str, mirrors: tuple[str, ...], files: dict[str, tuple[int, str]]
) -> tuple[tuple[Form, ...], ...]:
    return tuple(
        (Form(f"{directory}/{name}", size, sha256, tuple(mirror + name for mirror in mirrors)),)
        for name, (size, sha256) in files.items()
    )


SGEMM_CSV = "b545b908c203eaa4d0b78c88e3a7196857efc34da3b6da9be774f017f2b5e960"

DATASETS = {
    "sgemm": Dataset(
        "sgemm",
        (
            (
                Form("sgemm/sgemm_product.csv", 14_353_701, SGEMM_CSV),
                Form(
                    "sgemm/sgemm_product.csv.xz",
                    2_147_372,
                    "acb358538dd85b12cb3d8b287b21c9b538e9e6d01addcd4ad96c03524d9e889d",
                ),
                Form(
                    "sgemm/sgemm_product_dataset.zip",
                    3_000_000,
                    SGEMM_CSV,
                    (
                        "https://archive.ics.uci.edu/static/public/440/sgemm+gpu+kernel+performance.zip",
                        "https://archive.ics.uci.edu/ml/machine-learning-databases/00440/sgemm_product_dataset.zip",
                    ),
                    member="sgemm_product.csv",
                ),
            ),
        ),
        "CC BY 4.0 (as commonly stated); cite Ballester-Ripoll, Paredes, Pajarola 2017",
    ),
    "mnist": Dataset(
        "mnist",
        _idx(
            "mnist",
            (
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ),
            {
                "train-images-idx3-ubyte.gz": (
                    9_912_422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                ),
                "train-labels-idx1-ubyte.gz": (
                    28_881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                ),
                "t10k-images-idx3-ubyte.gz": (
                    1_648_877,
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                ),
                "t10k-labels-idx1-ubyte.gz": (
                    4_542,
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                ),
            },
        ),
        "CC BY-SA 3.0 (as commonly stated); LeCun, Cortes, Burges",
    ),
    "fashion_mnist": Dataset(
        "fashion",
        _idx(
            "fashion",
            (
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            ),
            {
                "train-images-idx3-ubyte.gz": (
                    26_421_880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                ),
                "train-labels-idx1-ubyte.gz": (
                    29_515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                ),
                "t10k-images-idx3-ubyte.gz": (
                    4_422_102,
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                ),
                "t10k-labels-idx1-ubyte.gz": (
                    5_148,
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                ),
            },
        ),
        "MIT, (c) 2017 Zalando SE",
    ),
    "cifar10": Dataset(
        "cifar10",
        (
            (
                Form(
                    "cifar10/cifar-10-python.tar.gz",
                    170_498_071,
                    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
                    ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
                ),
                Form(
                    "cifar10/cifar-10-batches-py.tar.xz",
                    124_533_272,
                    "6999b49d530590e52eb8c7110cd6e04e6f4e56675cfb72e81b0f4a499a22ccbe",
                ),
                Form(
                    "cifar10/cifar-10-binary.tar.gz",
                    170_052_171,
                    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                    ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
                ),
            ),
        ),
        "none stated; cite Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    ),
}
