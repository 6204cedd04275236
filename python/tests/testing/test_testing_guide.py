"""docs/testing.md is true: its file runs by itself, and its tests pass under pytest."""
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
GUIDE = (PACKAGE.parent / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) ?(.*)\n([\s\S]*?)^```$", GUIDE, re.M)


def run(*arguments, cwd):
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, "-m", "vortex", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)


def test_each_block_does_what_it_says(tmp_path):
    for language, name, text in BLOCKS:
        name = name or "".join(re.findall(r"\A# (\S+\.py)\n", text))
        if language == "python":
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        elif language == "json":
            assert json.loads(text)["configurations"][0]["connect"]["port"] == 5678
    found = run("nightly_orders.py", cwd=tmp_path)
    assert found.stdout.rstrip().endswith("success 7"), found.stderr
    found = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tmp_path)
    assert found.returncode == 0 and re.search(r"^5 passed", found.stdout, re.M), found.stdout + found.stderr
