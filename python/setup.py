"""What pyproject.toml cannot say: a .pth file beside the package, by which `from airflow import ...` is found (vortex_names.py)."""

import os

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithNames(build_py):
    def run(self) -> None:
        super().run()
        if not getattr(self, "editable_mode", False):
            target = os.path.join(self.build_lib, "vortex_names.pth")
            self.mkpath(self.build_lib)
            with open(target, "w") as stream:
                stream.write("import vortex_names\n")
            self._names = target

    def get_outputs(self, include_bytecode: bool = True) -> "list[str]":
        found = super().get_outputs(include_bytecode)
        return [*found, self._names] if hasattr(self, "_names") else found


setup(cmdclass={"build_py": BuildWithNames})
