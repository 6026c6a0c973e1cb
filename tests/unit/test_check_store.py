"""The checker for the extension platform: a well-behaved add-on passes, and each way to break a rule is caught as that rule."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.append(str(SCRIPTS))

import check_store  # noqa: E402

MANIFEST = """
schema_version = "1.0.0"
id = "example"
version = "1.0.0"
name = "Example"
tagline = "An example of an add-on"
maintainer = "Somebody"
type = "add-on"
license = ["SPDX:GPL-3.0-or-later"]
blender_version_min = "4.2.0"
"""

# Does everything that is allowed and looks much like what is not.
GOOD = {
    "blender_manifest.toml": MANIFEST
    + """wheels = ["./wheels/lamps-1.0-py3-none-any.whl", "./wheels/rays-1.0-py3-none-win_amd64.whl"]
[permissions]
files = "Keep downloaded lamps"
network = "Download lamps when you ask for them"
clipboard = "Copy the path of the log"
""",
    "LICENSE": "text",
    "__init__.py": """
import os
import re
import subprocess
import sys
import bpy
from . import download
from .shop import lamps

NAME = re.compile("eval")
FROM_PATH = os.environ.get("PYTHONPATH"), list(sys.path)

def register():
    bpy.utils.register_class(download.EXAMPLE_OT_download)

def unregister():
    bpy.utils.unregister_class(download.EXAMPLE_OT_download)
""",
    "download.py": '''
"""Fetches lamps; never with pip install."""
import shutil
import urllib.request
from pathlib import Path
import bpy

FACTORY_LAMP = Path(__file__).parent / "shop" / "lamp.json"

def folder():
    return Path(bpy.utils.extension_path_user(__package__, path="lamps", create=True))

def fetch(name):
    data = urllib.request.urlopen("https://example.org/" + name, timeout=10).read()
    (folder() / name).write_bytes(data)

class EXAMPLE_OT_download(bpy.types.Operator):
    bl_idname = "example.download"
    bl_label = "Download"

    def execute(self, context):
        if not bpy.app.online_access:
            self.report({"ERROR"}, "Turn on Allow Online Access")
            return {"CANCELLED"}
        fetch("lamp")
        shutil.copy(FACTORY_LAMP, folder() / "factory.json")
        context.window_manager.clipboard = str(folder())
        return {"FINISHED"}
''',
    "shop/__init__.py": "",
    "shop/lamps.py": "import lamps\nfrom ..download import folder\n",
    "shop/lamp.json": "{}",
    "wheels/lamps-1.0-py3-none-any.whl": {"lamps/__init__.py": "from . import bulb\n", "lamps/bulb.py": "model.eval()\n"},
    "wheels/rays-1.0-py3-none-win_amd64.whl": {"rays/rays.dll": b"MZ"},
}

OPERATOR = """
import {imports}
import bpy

class EXAMPLE_OT_bad(bpy.types.Operator):
    def execute(self, context):
        {line}
        return {{"FINISHED"}}
"""


def operator(line: str, imports: str = "os, shutil, subprocess, sys, urllib.request") -> dict[str, str]:
    """An add-on with an operator that runs `line`."""
    return {"bad.py": OPERATOR.format(line=line, imports=imports)}


def at_register(line: str) -> dict[str, str]:
    return {"__init__.py": GOOD["__init__.py"].replace("def register():\n", f"def register():\n    {line}\n")}


def manifest(before: str, after: str) -> dict[str, str]:
    assert before in GOOD["blender_manifest.toml"]
    return {"blender_manifest.toml": GOOD["blender_manifest.toml"].replace(before, after)}


def wheel(name: str, **files: str) -> dict:
    """An add-on with one more wheel, listed in its manifest."""
    listed = manifest('wheels = ["', f'wheels = ["./wheels/{name}", "')
    return {**listed, f"wheels/{name}": {f"{module}.py": text for module, text in files.items()}}


BAD = {
    # network-on-register
    "fetches at import": ("network-on-register", {"bad.py": "import bpy, requests\nif bpy.app.online_access:\n    requests.get('x')\n",
                                                  "shop/__init__.py": "from .. import bad\n"}),
    "fetches in register": ("network-on-register", at_register("if bpy.app.online_access: download.fetch('news')")),
    "fetches from a timer that register starts": (
        "network-on-register",
        at_register("if bpy.app.online_access: bpy.app.timers.register(lambda: download.fetch('news'))"),
    ),
    "fetches in a thread that register starts": (
        "network-on-register",
        at_register("import threading\n    if bpy.app.online_access: threading.Thread(target=download.fetch, args=['x']).start()"),
    ),
    "fetches by a class that register makes": (
        "network-on-register",
        {"news.py": "import bpy, http.client\nclass News:\n    def __init__(self):\n        if bpy.app.online_access:\n"
                    "            http.client.HTTPSConnection('example.org')\n",
         **at_register("from . import news\n    news.News()")},
    ),
    "fetches in a bundled wheel that is imported": (
        "network-on-register",
        wheel("news-1.0-py3-none-any.whl", news="import socket\nsocket.create_connection(('example.org', 80))\n")
        | {"shop/__init__.py": "import news\n"},
    ),
    # online-access
    "never asks": ("online-access", operator("urllib.request.urlopen('https://example.org')")),
    "asks too late": (
        "online-access", operator("urllib.request.urlopen('https://example.org')\n        print(bpy.app.online_access)")
    ),
    "one of two callers does not ask": (
        "online-access", {"bad.py": "import bpy\nfrom . import download\ndef sneak():\n    download.fetch('lamp')\n"}
    ),
    "fetches by another program": ("online-access", operator("subprocess.run(['curl', 'https://example.org'])")),
    # installs-packages
    "runs pip": ("installs-packages", operator("subprocess.run([sys.executable, '-m', 'pip', 'install', 'torch'])")),
    "runs pip through a shell": ("installs-packages", operator("os.system('python -m pip install torch')")),
    "runs pip from a list made before": ("installs-packages", operator("c = [sys.executable, '-m', 'pip', 'install']; subprocess.run(c)")),
    "runs uv": ("installs-packages", operator("subprocess.Popen(['/opt/uv', 'pip', 'install', 'torch'])")),
    "makes pip": ("installs-packages", operator("ensurepip.bootstrap()", "ensurepip")),
    "imports pip within a function": ("installs-packages", operator("from pip._internal import main; main(['install', 'torch'])")),
    "imports pip by its name": ("installs-packages", operator("importlib.import_module('pip').main()", "importlib")),
    "makes an environment": ("installs-packages", operator("venv.create('x', with_pip=True)", "venv")),
    "bundles an installer": ("installs-packages", wheel("uv-1.0-py3-none-any.whl", uv="")),
    "installs in a bundled wheel": (
        "installs-packages", wheel("bad-1.0-py3-none-any.whl", bad="import os\ndef go():\n    os.system('pip install torch')\n")
    ),
    # executes-text
    "exec": ("executes-text", operator("exec('print(1)')")),
    "eval by its full name": ("executes-text", operator("builtins.eval('1')", "builtins")),
    "compile": ("executes-text", operator("compile('1', 'x', 'eval')")),
    "exec handed on": ("executes-text", operator("list(map(exec, ['1']))")),
    "runs a file": ("executes-text", operator("runpy.run_path('x.py')", "runpy")),
    "exec in a bundled wheel": ("executes-text", wheel("bad-1.0-py3-none-any.whl", bad="def go(text):\n    exec(text)\n")),
    # changes-path
    "appends to sys.path": ("changes-path", operator("sys.path.append('x')")),
    "inserts under another name": ("changes-path", operator("s.path.insert(0, 'x')", "sys as s")),
    "inserts into a second name of it": ("changes-path", {"bad.py": "import sys\nplaces = sys.path\nplaces.insert(0, 'x')\n"}),
    "assigns sys.path": ("changes-path", operator("sys.path = ['x']")),
    "adds to sys.path": ("changes-path", operator("sys.path += ['x']")),
    "assigns a slice": ("changes-path", operator("sys.path[:0] = ['x']")),
    "sets it by name": ("changes-path", operator("setattr(sys, 'path', [])")),
    "takes path from sys": ("changes-path", {"bad.py": "from sys import path\npath.append('x')\n"}),
    "adds a site folder": ("changes-path", operator("site.addsitedir('x')", "site")),
    "puts a module in place": ("changes-path", operator("sys.modules['numpy'] = None")),
    # python-path
    "sets PYTHONPATH": ("python-path", operator("os.environ['PYTHONPATH'] = 'x'")),
    "sets PYTHONPATH for a child": ("python-path", operator("subprocess.run(['tool'], env=os.environ | {'PYTHONPATH': 'x'})")),
    "sets PYTHONPATH as a keyword": ("python-path", operator("os.environ.update(PYTHONPATH='x')")),
    "puts PYTHONPATH": ("python-path", operator("os.putenv('PYTHONPATH', 'x')")),
    # imports
    "imports its own module absolutely": ("imports", {"bad.py": "import download\n"}),
    "imports from its own module absolutely": ("imports", {"bad.py": "from shop.lamps import folder\n"}),
    "imports itself by the name of its repository": ("imports", {"bad.py": "from bl_ext.user_default.example import download\n"}),
    "imports a module that was left out": ("imports", {"bad.py": "def later():\n    from . import setup\n"}),
    "imports a name that is nowhere": ("imports", {"bad.py": "from .download import upload\n"}),
    "imports a module that its wheel lacks": ("imports", {"bad.py": "import lamps.shade\n"}),
    # layout
    "a module outside the package": ("layout", {"vendor/oil.py": ""}),
    "a file that is not Python": ("layout", {"bad.py": "def def\n"}),
    "a hidden file": ("layout", {".gitignore": ""}),
    "an archive within": ("layout", {"shop/more.zip": ""}),
    # writes-elsewhere
    "writes beside the code": ("writes-elsewhere", operator("open(os.path.dirname(__file__) + '/log.txt', 'w')")),
    "writes beside the code by a name": (
        "writes-elsewhere",
        {"bad.py": "from pathlib import Path\nHERE = Path(__file__).parent\ndef log(text):\n    (HERE / 'log.txt').write_text(text)\n"},
    ),
    "writes beside the code by a function": (
        "writes-elsewhere",
        {"bad.py": "import os\ndef here():\n    return __file__ + '.log'\ndef log():\n    place = here()\n    os.makedirs(place)\n"},
    ),
    "writes in the home folder": ("writes-elsewhere", operator("os.makedirs(os.path.expanduser('~/.example'))")),
    "writes at a fixed place": ("writes-elsewhere", operator("open('/var/example', mode='wb')")),
    "copies to Blender's scripts": ("writes-elsewhere", operator("shutil.copytree('x', bpy.utils.user_resource('SCRIPTS'))")),
    "removes beside the code": ("writes-elsewhere", operator("shutil.rmtree(os.path.dirname(__file__))")),
    # wheels
    "a wheel for one Python": ("wheels", wheel("bad-1.0-cp311-cp311-win_amd64.whl")),
    "a wheel that is not listed": ("wheels", {"wheels/bad-1.0-py3-none-any.whl": {"bad.py": ""}}),
    "a wheel that is missing": ("wheels", manifest('wheels = ["', 'wheels = ["./wheels/bad-1.0-py3-none-any.whl", "')),
    # binaries
    "a library": ("binaries", {"rays.so": ""}),
    "a program without an ending": ("binaries", {"tool": b"\x7fELF"}),
    "byte code": ("binaries", {"shop/lamps.pyc": ""}),
    "a library in a pure wheel": ("binaries", wheel("bad-1.0-py3-none-any.whl") | {
        "wheels/bad-1.0-py3-none-any.whl": {"bad/tool": b"\xcf\xfa\xed\xfe"}}),
    # manifest
    "no tagline": ("manifest", manifest('tagline = "An example of an add-on"', "")),
    "a licence that is not taken": ("manifest", manifest("GPL-3.0-or-later", "MIT")),
    "a tagline with a full stop": ("manifest", manifest("an add-on", "an add-on.")),
    "network without its permission": ("manifest", manifest('network = "Download lamps when you ask for them"', "")),
    "files without their permission": ("manifest", manifest('files = "Keep downloaded lamps"', "")),
    "clipboard without its permission": ("manifest", manifest('clipboard = "Copy the path of the log"', "")),
    "a permission that nothing needs": ("manifest", manifest("[permissions]", '[permissions]\ncamera = "Look at the artist"')),
    "a permission that does not exist": ("manifest", manifest("[permissions]", '[permissions]\nkitchen = "Make coffee"')),
}  # fmt: skip


def pack(files: dict, archive: Path) -> Path:
    """A zip of the files; those that are wheels are given by their files."""
    with zipfile.ZipFile(archive, "w") as packed:
        for name, content in files.items():
            if isinstance(content, dict):
                content = pack(content, archive.with_suffix(".whl")).read_bytes()
            packed.writestr(name, content)
    return archive


def rules_broken(files: dict, folder: Path) -> set[str]:
    return {finding.rule for finding in check_store.check(pack(files, folder / "example.zip"))}


def test_an_add_on_that_keeps_the_rules_passes(tmp_path: Path) -> None:
    assert check_store.check(pack(GOOD, tmp_path / "good.zip")) == []


def test_an_add_on_in_a_folder_of_its_own_passes(tmp_path: Path) -> None:
    assert check_store.check(pack({f"example/{name}": content for name, content in GOOD.items()}, tmp_path / "good.zip")) == []


@pytest.mark.parametrize("case", BAD)
def test_each_way_to_break_a_rule_is_caught_as_that_rule(case: str, tmp_path: Path) -> None:
    rule, files = BAD[case]
    assert rules_broken(GOOD | files, tmp_path) == {rule}


def test_every_rule_that_is_told_has_an_example_that_breaks_it() -> None:
    told = {line.split()[0] for line in check_store.__doc__.splitlines() if line.startswith("    ")}
    assert told - {"size"} == {rule for rule, _ in BAD.values()}


def test_a_zip_that_is_too_large_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_store, "LARGEST_BYTES", 100)
    assert rules_broken(GOOD, tmp_path) == {"size"}


def test_the_place_of_a_finding_is_file_and_line(tmp_path: Path) -> None:
    (finding,) = check_store.check(pack(GOOD | {"bad.py": "import sys\n\nsys.path.append('x')\n"}, tmp_path / "bad.zip"))
    assert finding.place == "bad.py:3"


@pytest.mark.parametrize(("files", "code", "words"), [
    (GOOD, 0, "keeps the rules"),
    (GOOD | {"bad.py": "exec('1')\n"}, 1, "bad.py:1"),
    ({"__init__.py": ""}, 1, "has no blender_manifest.toml"),
])  # fmt: skip
def test_as_a_command_it_tells_and_fails_where_a_rule_is_broken(files: dict, code: int, words: str, tmp_path: Path) -> None:
    command = [sys.executable, SCRIPTS / "check_store.py", pack(files, tmp_path / "example.zip")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code
    assert words in done.stdout + done.stderr
