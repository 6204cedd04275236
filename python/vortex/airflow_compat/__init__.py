"""
Serves `airflow.*` from VORTEX where Apache Airflow is not installed, so that DAG files written for Airflow 1.10 to 3.x load
unmodified: a table of names (`table.py`), and permissive stand-ins for everything else (`stubs.py`).

Where VORTEX loads a DAG file, its names are VORTEX's, also in an interpreter that has Apache Airflow: DAGs of a real Airflow could not be
read. In a program of yours (`python my_dag.py`, pytest) a real Apache Airflow is not hidden, unless VORTEX_SHADOW_AIRFLOW=1 says so.
"""

from vortex.airflow_compat.finder import install

__all__ = ["install"]
