"""Running one attempt of a Python task inside a forked child: context, templates, XComs, callbacks, outcome."""
from vortex.execution.run_attempt import execute

__all__ = ["execute"]
