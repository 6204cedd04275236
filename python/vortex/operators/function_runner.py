"""
Runs inside another interpreter, as a script of its own: calls one function with what the task gave it, and leaves its result. Imports
nothing but the standard library, and keeps to what Python 3.6 understands.

argv: the folder with job.json, args.bin (op_args and op_kwargs) and function.txt; writes result.bin, or error.txt.
"""
import __future__
import datetime
import importlib
import json
import os
import sys


def main(folder):
    # Where this script lies is no place for imports.
    sys.path[:] = [path for path in sys.path if path != folder]
    with open(os.path.join(folder, "job.json"), encoding="utf-8") as stream:
        job = json.load(stream)
    try:
        serializer = importlib.import_module(job["serializer"])
    except ImportError:
        sys.exit("serializer={0!r} needs the package {0} in {1}".format(job["serializer"], sys.executable))
    function = load(folder, job)
    with open(os.path.join(folder, "args.bin"), "rb") as stream:
        given = serializer.load(stream)
    keywords = {name: revive(value) for name, value in job["context"].items()}
    keywords.update(given["kwargs"])
    try:
        result = function(*given["args"], **keywords)
    except Exception as error:
        with open(os.path.join(folder, "error.txt"), "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write("{0}: {1}".format(type(error).__name__, error))
        raise
    if result is not None:
        with open(os.path.join(folder, "result.bin"), "wb") as stream:
            serializer.dump(result, stream)


def load(folder, job):
    """The function, compiled under the name and at the line that it has in its DAG file, so that a traceback shows it there."""
    with open(os.path.join(folder, "function.txt"), encoding="utf-8") as stream:
        source = stream.read()
    flags = getattr(__future__, "annotations").compiler_flag if hasattr(__future__, "annotations") else 0
    code = compile("\n" * (job["line"] - 1) + source, job["file"], "exec", flags=flags, dont_inherit=True)
    scope = {"__name__": "__main__", "__file__": job["file"], "virtualenv_string_args": job["string_args"]}
    exec(code, scope)
    return scope[job["name"]]


def revive(value):
    """Dates of the context: pendulum's if it is here, else plain ones."""
    if isinstance(value, dict) and set(value) == {"$instant"}:
        moment = parse(value["$instant"])
        try:
            import pendulum
        except ImportError:
            return moment
        return pendulum.instance(moment)
    if isinstance(value, dict):
        return {name: revive(item) for name, item in value.items()}
    if isinstance(value, list):
        return [revive(item) for item in value]
    return value


def parse(text):
    """ISO 8601 in UTC, as the task writes it."""
    form = "%Y-%m-%dT%H:%M:%S.%f" if "." in text else "%Y-%m-%dT%H:%M:%S"
    return datetime.datetime.strptime(text[:-6], form).replace(tzinfo=datetime.timezone.utc)


if __name__ == "__main__":
    main(sys.argv[1])
