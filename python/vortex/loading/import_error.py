"""Names the kind of an import error and says how to mend it, in words for the author of the DAG file."""
from __future__ import annotations

import os
import sys
from typing import Dict

from vortex.loading.author_traceback import one_line
from vortex.loading.load_file import DagFileEncodingError

# Import name -> name of the package to install, where they differ (the roots seen most in public DAG files).
_PACKAGES: Dict[str, str] = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "git": "GitPython",
    "github": "PyGithub",
    "googleapiclient": "google-api-python-client",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slack_sdk": "slack-sdk",
    "telegram": "python-telegram-bot",
    "yaml": "PyYAML",
}

_KINDS_BY_NAME = {
    "AirflowDagCycleException": "cycle",
    "DuplicateTaskIdFound": "duplicate",
    "AirflowDagDuplicatedIdException": "duplicate",
    "DagInvalid": "invalid",
    "SerializationError": "invalid",
    "ParamValidationError": "invalid",
}


def classify(error: BaseException) -> str:
    """The machine word for the contract's `error.kind`."""
    if _is_of_factory(error):
        return str(error.kind)  # type: ignore[attr-defined]
    for kind in type(error).__mro__:
        if kind.__name__ in _KINDS_BY_NAME:
            return _KINDS_BY_NAME[kind.__name__]
    if isinstance(error, (DagFileEncodingError, UnicodeDecodeError)):
        return "encoding" if isinstance(error, DagFileEncodingError) else "import"
    if isinstance(error, SyntaxError):
        return "syntax"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, (SystemExit, KeyboardInterrupt, GeneratorExit)):
        return "exit"
    return "import"


def explain(error: BaseException, file: str, root: str) -> str:
    """One line: what went wrong, and how to mend it where that is known. `file` is relative to the DAG folder `root`."""
    if _is_of_factory(error):
        return str(error.summary)  # type: ignore[attr-defined]
    text = one_line(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{text}. {_missing_module(error.name, root)}"
    if isinstance(error, MemoryError):
        return f"MemoryError: {file} needs more memory while it is imported than a DAG file may have. Move the work into a task."
    if isinstance(error, SystemExit):
        return f"The file called sys.exit({error.code!r}) while it was imported. Put it under `if __name__ == '__main__':` or remove it."
    if isinstance(error, KeyboardInterrupt):
        return "The file raised KeyboardInterrupt while it was imported."
    if isinstance(error, RecursionError):
        return f"{text}. Something calls itself without an end while the file is imported."
    return text


def _is_of_factory(error: BaseException) -> bool:
    """By its name: the factory is imported for its own files only."""
    return type(error).__name__ == "DagFileProblems" and hasattr(error, "summary")


def _missing_module(name: str, root: str) -> str:
    first = name.partition(".")[0]
    if first == "airflow":
        return "VORTEX does not provide this part of Airflow."
    parent = os.path.dirname(os.path.abspath(root))
    beside = os.path.join(parent, first)
    if os.path.isdir(beside) or os.path.isfile(f"{beside}.py"):
        # PYTHONPATH did it in Airflow; workers on other hosts get the DAG folder alone.
        above = f"give the folder above, {parent}, as the DAG folder."
        if os.path.basename(os.path.abspath(root)) == first:
            return f"{first} is the DAG folder itself: import without its name, or {above}"
        return f"{first} lies beside the DAG folder: move it into the DAG folder, or {above}"
    package = package_to_install(first)
    return f"Install it with `{sys.executable} -m pip install {package}`, or put {first}.py into the DAG folder if it is yours."


def package_to_install(name: str) -> str:
    """Name at the package index of what is imported as `name`."""
    return _PACKAGES.get(name, name.replace(".", "-").replace("_", "-") if "." in name else name)
