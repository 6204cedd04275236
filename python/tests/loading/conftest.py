import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from host_process import HostProcess  # noqa: E402


@pytest.fixture(scope="module")
def host():
    process = HostProcess()
    yield process
    process.close()


@pytest.fixture
def dags(tmp_path):
    folder = tmp_path / "dags"
    folder.mkdir()
    return folder
