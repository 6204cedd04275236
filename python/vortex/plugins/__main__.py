"""`python -m vortex.plugins`: what plugins there are. A JSON document on stdin, {root, path}, is answered by one on stdout."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, List, Optional

from vortex.plugins.catalogue import all_plugins, shipped
from vortex.plugins.description import Description
from vortex.plugins.node import NodeMissing


def answer(root: Optional[str], path: Optional[str]) -> Dict[str, Any]:
    """`path` asks for one of the folder's own: a file or folder in it. `problem` is why none of them can be looked at."""
    try:
        found = all_plugins(root)
        problem = None
    except NodeMissing as error:
        found = list({description.name: description for description, _ in shipped().values()}.values())
        problem = str(error)
    wanted = [one for one in found if path is None or one.path == path or one.path.startswith(path.rstrip("/") + "/")]
    return {"plugins": [_document(one) for one in wanted], "problem": problem}


def _document(description: Description) -> Dict[str, Any]:
    own = {one.name for one, _ in shipped().values()}
    return {
        "name": description.name,
        "path": description.path,
        "is_shipped": description.name in own and os.path.dirname(description.path) == "plugins" and "." not in description.path,
        "operators": _names(description, "operator"),
        "sensors": _names(description, "sensor"),
        "notifiers": _names(description, "notifier"),
        "error": description.error,
        "line": description.line,
        "report": description.report,
    }


def _names(description: Description, kind: str) -> List[str]:
    return [one.name for one in description.registered if one.kind == kind]


if __name__ == "__main__":
    request = json.load(sys.stdin)
    json.dump(answer(request["root"], request["path"]), sys.stdout)
