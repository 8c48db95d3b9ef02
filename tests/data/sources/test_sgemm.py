"""The table of GPU run times: its target, and what is not a feature of it."""

import numpy as np
import pytest
from source_files import samples_of

from seedbed.data import DataError
from seedbed.data.sources import sgemm


def sgemm_csv(path, rows=20):
    random = np.random.default_rng(0)
    names = [*sgemm.PARAMETERS, *(f"Run{i} (ms)" for i in range(1, 5))]
    values = random.integers(1, 200, (rows, len(names)))
    np.savetxt(path, values, fmt="%d", delimiter=",", header=",".join(names), comments="")
    return values


def test_sgemm_target_is_the_log_of_the_mean_time(tmp_path):
    values = sgemm_csv(tmp_path / "sgemm_product.csv")
    path = tmp_path / "sgemm_product.csv"
    samples = samples_of("sgemm", path, classification=False)
    assert samples.features == sgemm.PARAMETERS
    np.testing.assert_array_equal(samples.inputs, values[:, :14])
    np.testing.assert_allclose(samples.targets[:, 0], np.log(values[:, 14:].mean(axis=1)), rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "features", "classes"),
    [
        ({"target": "log_time > 4.6"}, sgemm.PARAMETERS, ("0", "1")),
        ({"target": "log_time > 4.6", "features": ("MWG", "SB")}, ("MWG", "SB"), ("0", "1")),
        ({"target": "`Run1 (ms)`"}, sgemm.PARAMETERS, None),
        ({"target": "Run1 (ms)"}, sgemm.PARAMETERS, None),
    ],
)
def test_sgemm_variants(tmp_path, changes, features, classes):
    sgemm_csv(tmp_path / "sgemm_product.csv")
    path = tmp_path / "sgemm_product.csv"
    samples = samples_of("sgemm", path, classification=classes is not None, **changes)
    assert samples.features == features
    assert samples.classes == (classes or ())


def test_sgemm_times_are_no_features_of_the_time(tmp_path):
    path = tmp_path / "sgemm_product.csv"
    sgemm_csv(path)
    with pytest.raises(DataError, match=r"'Run2 \(ms\)' is part of the target 'log_time'"):
        samples_of("sgemm", path, classification=False, features=("MWG", "Run2 (ms)"))
