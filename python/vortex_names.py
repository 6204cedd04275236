"""
Lets `from airflow import ...` work in any Python that has the package vortex installed, so that `python my_dag.py` and people's test suites
run unmodified. Imported by vortex_names.pth at the start of the interpreter: it does nothing until somebody imports `airflow` and no Apache
Airflow is installed. PYTEST_DONT_REWRITE: it is imported before pytest is.
"""

import sys


class _Names:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "airflow":
            return None
        sys.meta_path.remove(cls)
        import vortex.airflow_compat.finder as compat

        compat.install()
        return compat._finder.find_spec(name, path, target)


if not any(getattr(finder, "__module__", "") == "vortex.airflow_compat.finder" for finder in sys.meta_path):
    # First, because a folder that happens to be called `airflow` must not hide the names. A real Apache Airflow wins all the same.
    sys.meta_path.insert(0, _Names)
