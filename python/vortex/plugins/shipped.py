"""`python -m vortex.plugins.shipped`: looks at the plugins in the repository's folder and writes what they register into shipped.json."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import Any, Dict, List

from vortex.plugins.catalogue import SHIPPED_PATH, shipped_place
from vortex.plugins.description import describe_now

_SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))), "plugins")


def documents() -> List[Dict[str, Any]]:
    """Of each plugin in the repository, by name. Raises RuntimeError for one that is disabled."""
    found = []
    for name in sorted(os.listdir(_SOURCES)):
        if not os.path.isfile(os.path.join(_SOURCES, name, "plugin.ts")):
            continue
        description = describe_now(shipped_place(name))
        if description.error is not None:
            raise RuntimeError(f"{description.why_disabled()}\n{description.report}")
        found.append({"name": description.name, "path": description.path, "registered": [asdict(one) for one in description.registered]})
    return found


def as_text() -> str:
    return json.dumps(documents(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    text = as_text()
    with open(SHIPPED_PATH, "w", encoding="utf-8") as target:
        target.write(text)
    sys.stdout.write(f"{SHIPPED_PATH}\n")
