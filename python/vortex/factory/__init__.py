"""
DAG Factory: YAML and JSON files of the DAG folder as DAGs. `load_dags` turns one file into the objects that Python authoring makes;
from there on it takes the way of every other DAG file. docs/dag-factory.md is its guide.

Imported only once a file that is not Python is loaded.
"""

from __future__ import annotations

# What is read as data; everything else is Python.
SUFFIXES = (".yaml", ".yml", ".json")


def is_factory_file(file: str) -> bool:
    return file.lower().endswith(SUFFIXES)
