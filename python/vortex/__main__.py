"""
`python -m vortex FILE [ARGS]` and `python -m vortex -m MODULE [ARGS]`: as Python runs them, with `airflow.*` served by VORTEX, also where
Apache Airflow is installed. Where the package is installed with pip, plain `python FILE` does the same (vortex_names.pth).
"""

from __future__ import annotations

import os
import runpy
import sys
from typing import List

from vortex.airflow_compat import install

USAGE = "usage: python -m vortex FILE [ARGUMENTS]      or      python -m vortex -m MODULE [ARGUMENTS]"


def main(arguments: List[str]) -> None:
    install(shadow=True)
    if arguments[:1] == ["-m"] and len(arguments) > 1:
        sys.argv = arguments[1:]
        sys.path[0] = os.getcwd()
        if arguments[1] == "pytest":
            # Without an installed package there is no entry point that brings the fixtures.
            os.environ["PYTEST_PLUGINS"] = ",".join(filter(None, [os.environ.get("PYTEST_PLUGINS"), "vortex.testing"]))
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments and not arguments[0].startswith("-"):
        sys.argv = arguments
        sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
        _run_file(arguments[0])
    else:
        raise SystemExit(USAGE)


def _run_file(path: str) -> None:
    """As `python FILE`: the file's own globals are those of `__main__`."""
    try:
        with open(path, "rb") as stream:
            source = stream.read()
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror}") from None
    module = type(sys)("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - it is what was asked for


if __name__ == "__main__":
    main(sys.argv[1:])
