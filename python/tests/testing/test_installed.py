"""
The package as pip installs it: plain `python my_dag.py` of an environment finds `airflow`, and plain `pytest` finds the fixtures. The suite in
people/ runs there as it is.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The interpreter of a new environment with the package, and the other packages of this one."""
    pytest.importorskip("setuptools", minversion="61", reason="the package is built without a package index")
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    source.mkdir()
    shutil.copytree(PACKAGE / "vortex", source / "vortex", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "vortex_names.py"):
        shutil.copy(PACKAGE / name, source)
    venv.create(folder / "venv", symlinks=True, with_pip=False)
    python = folder / "venv" / "bin" / "python"
    site = next((folder / "venv" / "lib").glob("python3*")) / "site-packages"
    # What goes into the wheel, and what names the fixtures.
    build = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(site), "egg_info", "--egg-base", str(site)]
    subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=300)
    (site / "zz_others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python


def run(python, *arguments, cwd):
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([str(python), *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)


def test_a_file_with_dag_test_runs_by_plain_python(installed, tmp_path):
    # A folder of that name beside it must not hide the names.
    (tmp_path / "airflow").mkdir()
    shutil.copy(HERE / "people" / "dags" / "orders.py", tmp_path)
    found = run(installed, "orders.py", cwd=tmp_path)
    assert "TOTAL success 12 2024-02-02" in found.stdout, found.stderr


def test_a_suite_passes_unmodified_by_plain_pytest(installed, tmp_path):
    shutil.copytree(HERE / "people", tmp_path / "people")
    found = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "people", cwd=tmp_path)
    assert found.returncode == 0 and " passed" in found.stdout, found.stdout + found.stderr


def test_python_m_vortex_needs_no_installation(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    command = [sys.executable, "-m", "vortex", str(HERE / "people" / "dags" / "orders.py")]
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert "TOTAL success 12 2024-02-02" in found.stdout, found.stderr
