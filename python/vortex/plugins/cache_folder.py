"""Where what is known of plugins is kept: what they register, copies of them, their compiled code."""

from __future__ import annotations

import os
from typing import Optional


def cache_folder() -> Optional[str]:
    """VORTEX_PLUGIN_CACHE, else below the user's cache folder; None where nothing can be kept."""
    folder = os.environ.get("VORTEX_PLUGIN_CACHE")
    if not folder:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        folder = os.path.join(home, "vortex", "plugins")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
