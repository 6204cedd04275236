"""Which plugins there are, what they cost others when they are broken, and what a DAG file says that needs one of those."""
import os
import shutil
import subprocess

import pytest

from hello_plugin import HELLO, write

GOOD = "import {{ definePlugin, operator }} from 'vortex/plugin'\nexport default definePlugin({{ api: 1, name: '{0}', operators: {{ {1}: operator({{ description: 'd', config: {{ type: 'object', properties: {{ {2} }} }}, execute() {{}} }}) }} }})\n"
BROKEN = {
    "throws.ts": ("const x: { a?: { b: number } } = {}\nconsole.log(x.a!.b)\n", "plugins/throws.ts:2: TypeError: Cannot read properties of undefined (reading 'b')"),
    "syntax.ts": ("export const = 1\n", "plugins/syntax.ts:1: SyntaxError: "),
    "exits.js": ("process.exit(4)\n", "plugins/exits.js: its process ended with exit code 4 before it was done"),
    "eats.js": ("const all = []\nfor (;;) all.push(new Array(1e6).fill(1.5))\n", "plugins/eats.js: its process aborted, most likely for want of memory, while it was loaded, where 32 MB are allowed."),
    "loops.mjs": ("for (;;);\n", "plugins/loops.mjs: it was not loaded after"),
    "old.cjs": ("module.exports = { api: 2, name: 'old', operators: {} }\n", "plugins/old.cjs: says api: 2; this VORTEX has version 1"),
    "none.js": ("export const x = 1\n", "plugins/none.js: exports no plugin."),
    "parts.js": ("import './other.js'\n", "plugins/parts.js: imports ./other.js, another file. A plugin of several files is a folder"),
    "clash.mjs": (GOOD.format("clash", "HttpOperator", ""), "plugins/clash.mjs: it registers HttpOperator, a name that the plugin that VORTEX brings has already."),
    "zz.mjs": (GOOD.format("zz", "HelloOperator", ""), "plugins/zz.mjs: it registers HelloOperator, a name that plugins/hello.ts has already."),
    "own.mjs": (GOOD.format("own", "OwnOperator", "retries: { type: 'integer' }"), "has the property 'retries', and every operator has that already."),
    "form.mjs": (GOOD.format("form", "FormOperator", "a: { type: 'text' }"), "is no JSON Schema that VORTEX reads: a has the type 'text'."),
}


def test_a_broken_plugin_is_disabled_and_says_why_and_others_work(folder, monkeypatch):
    from vortex.plugins import description
    from vortex.plugins.catalogue import all_plugins

    monkeypatch.setattr(description, "LIMIT_SECONDS", 3.0)
    monkeypatch.setattr(description, "MEMORY_MB", 32)
    write(folder, "hello.ts", HELLO)
    write(folder, "other.js", "export const x = 1\n")
    write(folder, "python_plugin.py", "raise SystemExit\n")
    write(folder, "folder/plugin.mjs", "import { name } from './name.mjs'\n" + GOOD.format("folder", "FolderOperator", "").replace("'folder'", "name"))
    write(folder, "folder/name.mjs", "export const name = 'folder'\n")
    write(folder, "main/package.json", '{"main": "lib/index.js", "type": "module"}')
    write(folder, "main/lib/index.js", GOOD.format("main", "MainOperator", ""))
    for name, (text, _) in BROKEN.items():
        write(folder, name, text)
    found = {one.path: one for one in all_plugins(str(folder))}
    for name, (_, words) in BROKEN.items():
        assert words in found[f"plugins/{name}"].why_disabled()
    working = {path: [one.name for one in plugin.registered] for path, plugin in found.items() if plugin.error is None}
    assert working.items() >= {
        "plugins/hello.ts": ["HelloOperator", "HelloSensor", "HelloNotifier"],
        "plugins/folder/plugin.mjs": ["FolderOperator"],
        "plugins/main/lib/index.js": ["MainOperator"],
    }.items()
    assert "plugins/python_plugin.py" not in found


def test_a_plugin_that_others_may_write_or_that_lies_elsewhere_is_refused(folder, tmp_path):
    from vortex.plugins.catalogue import all_plugins

    write(folder, "open.js", "process.exit()\n").chmod(0o666)
    (tmp_path / "elsewhere.js").write_text("process.exit()\n")
    os.symlink(tmp_path / "elsewhere.js", folder / "plugins" / "link.js")
    write(folder, "inner/plugin.js", "process.exit()\n")
    os.symlink(tmp_path / "elsewhere.js", folder / "plugins" / "inner" / "part.js")
    why = [one.error for one in all_plugins(str(folder)) if one.path.startswith("plugins/") and one.error]
    assert len(why) == 3
    assert why[0].startswith("part.js is a link that leads out of the plugin's folder.")
    assert why[1] == "it is a link that leads out of the plugins folder. Put the plugin itself there."
    assert why[2].startswith("every user of this machine may write") and "chmod o-w" in why[2]


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_native_add_on_is_a_plugin(runner):
    target = runner.folder / "plugins" / "native.node"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(target), os.path.join(os.path.dirname(__file__), "native.c")], check=True)
    target.chmod(0o644)
    runner.load("from vortex import DAG\nfrom vortex.plugins import NativeOperator\nwith DAG('d', schedule=None):\n    NativeOperator(task_id='t', value=[1, '{{ ds }}'])\n")
    assert runner.value() == [1, "2024-02-29"]


def test_too_many_files_are_no_plugin(folder, monkeypatch):
    from vortex.plugins import places
    from vortex.plugins.catalogue import all_plugins

    monkeypatch.setattr(places, "MAX_FILES", 2)
    for name in ("plugin.js", "a.js", "b.js"):
        write(folder, f"big/{name}", "")
    assert [one.error for one in all_plugins(str(folder)) if one.error] == [
        "it has 3 files; a plugin may have 2. Bundle what it imports into one file (with esbuild, for example)."
    ]


@pytest.fixture
def host(tmp_path):
    from host_process import HostProcess

    process = HostProcess(environment={"VORTEX_PLUGIN_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)})
    yield process
    process.close()


def test_a_dag_file_has_the_plugins_that_it_uses_among_its_inputs(host, folder):
    write(folder, "hello.ts", HELLO)
    (folder / "uses.py").write_text(
        "from vortex import DAG\nfrom vortex.plugins import HelloOperator\nwith DAG('d', schedule=None):\n    HelloOperator(task_id='t', who='x')\n"
    )
    (folder / "shipped.yaml").write_text("dags:\n  y:\n    tasks:\n      h: {operator: http, url: 'http://127.0.0.1/'}\n      p: {operator: HelloOperator, who: y}\n")
    (folder / "misses.py").write_text("from vortex.operators import HelloOperater\n")
    found = host.parse_all(folder, ["uses.py", "shipped.yaml", "misses.py"], wall_seconds=20.0)
    used = found["uses.py"]["result"]
    assert used["error"] is None and used["inputs"]["files"] == ["plugins/hello.ts"]
    assert "plugins/hello.ts" in [file["path"] for file in used["bundle_files"]]
    yaml = found["shipped.yaml"]["result"]
    assert yaml["error"] is None and [task["operator"] for task in yaml["dags"][0]["tasks"]] == ["HttpOperator", "HelloOperator"]
    missed = found["misses.py"]["result"]
    assert missed["error"]["message"].startswith("PluginMissing: cannot import HelloOperater: no plugin in the plugins folder of")
    assert "Did you mean HelloOperator?" in missed["error"]["message"]
    assert "plugins/" in missed["inputs"]["files"]


def test_plugins_may_lie_beside_the_dag_folder(host, folder):
    write(folder.parent, "hello.ts", HELLO)
    (folder / "uses.py").write_text("from vortex.operators import HelloOperator\n")
    result = host.parse(folder, "uses.py")["result"]
    assert result["error"] is None
    assert [file["path"] for file in result["bundle_files"]] == ["uses.py", "plugins/hello.ts"]
    # By its place: nobody watches there, and so it is compared again and again.
    assert result["inputs"]["files"] == [str(folder.parent / "plugins" / "hello.ts")]


def test_a_dag_file_that_needs_a_broken_plugin_says_where_it_is_broken(host, folder):
    write(folder, "hello.ts", HELLO.replace("let pokes = 0", "let pokes = 0\nnothing.there()"))
    (folder / "uses.py").write_text("from vortex.operators import HelloOperator\n")
    result = host.parse(folder, "uses.py")["result"]
    words = "cannot import HelloOperator: the plugin plugins/hello.ts is disabled. plugins/hello.ts:5: ReferenceError: nothing is not defined"
    assert words in result["error"]["message"]
    assert "plugins/hello.ts:5" in result["error"]["traceback"]
    # A mended plugin parses the file again.
    assert "plugins/hello.ts" in [file["path"] for file in result["bundle_files"]]


def test_what_the_repository_ships_is_what_the_package_knows():
    from vortex.plugins import catalogue, shipped

    with open(catalogue.SHIPPED_PATH, encoding="utf-8") as stream:
        assert stream.read() == shipped.as_text(), "run `python tools/references.py` in python/"
