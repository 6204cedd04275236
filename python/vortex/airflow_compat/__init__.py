"""
Serves `airflow.*` from VORTEX where Apache Airflow is not installed, so that DAG files written for Airflow 1.10 to 3.x load
unmodified: a table of names (`table.py`), and permissive stand-ins for everything else (`stubs.py`).

A real Apache Airflow is never hidden, unless VORTEX_SHADOW_AIRFLOW=1 says so.
"""

from vortex.airflow_compat.finder import install

__all__ = ["install"]
