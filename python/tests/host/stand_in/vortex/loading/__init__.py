"""A DAG file here is a module whose functions are its tasks."""
import os
import sys
import types


def load_file(root, file):
    path = os.path.join(root, file)
    module = types.ModuleType("dag_file")
    sys.modules["dag_file"] = module
    with open(path) as stream:
        exec(compile(stream.read(), path, "exec"), module.__dict__)
    return module


__path__.append(os.path.join(os.path.dirname(__file__), "..", "..", "..", "..", "..", "vortex", "loading"))
