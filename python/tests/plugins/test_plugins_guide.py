"""Every plugin and every DAG file of docs/plugins.md does what it should: it loads, and its types hold."""
import os
import re
import subprocess

import pytest

from hello_plugin import TESTS, write

ROOT = os.path.dirname(os.path.dirname(TESTS))
with open(os.path.join(ROOT, "docs", "plugins.md"), encoding="utf-8") as stream:
    BLOCKS = {name: text for name, text in re.findall(r"^```\w+ (\S+)\n(.*?)^```", stream.read(), re.MULTILINE | re.DOTALL)}
DAG_FILES = [name for name in BLOCKS if name.endswith((".py", ".yaml"))]


@pytest.fixture
def guide(folder):
    for name, text in BLOCKS.items():
        write(folder, os.path.relpath(name, "plugins"), text)
    return folder


def test_its_dag_files_load_with_its_plugins(guide, tmp_path):
    from host_process import HostProcess

    process = HostProcess(environment={"VORTEX_PLUGIN_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)})
    try:
        found = process.parse_all(guide, DAG_FILES, wall_seconds=60.0)
    finally:
        process.close()
    assert {name: one.get("result", one)["error"] for name, one in found.items()} == dict.fromkeys(DAG_FILES)
    assert {"CrmExportOperator", "CrmSensor", "HttpOperator"} == {task["operator"] for task in found["uses_plugins.py"]["result"]["dags"][0]["tasks"]}


def test_its_plugins_are_plugins_and_their_types_hold(guide):
    from vortex.plugins.catalogue import all_plugins

    own = {one.path: one.error for one in all_plugins(str(guide)) if "." in one.path}
    assert own == {name: None for name in BLOCKS if name.startswith("plugins/")}
    node, tsc = (os.path.join(ROOT, "node_modules", *path) for path in (("node", "bin", "node"), ("typescript", "bin", "tsc")))
    types = os.path.join(ROOT, "plugins", "api", "index.ts")
    settings = '{"compilerOptions": {"target": "ES2024", "module": "NodeNext", "strict": true, "noEmit": true, "skipLibCheck": true, "allowImportingTsExtensions": true, "erasableSyntaxOnly": true, "typeRoots": ["%s"], "types": ["node"], "paths": {"vortex/plugin": ["%s"]}}, "files": ["crm.ts"]}'
    (guide / "plugins" / "tsconfig.json").write_text(settings % (os.path.join(ROOT, "node_modules", "@types"), types))
    (guide / "plugins" / "package.json").write_text('{"type": "module"}')
    checked = subprocess.run([node, tsc, "-p", str(guide / "plugins")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert checked.stdout.decode() == ""
