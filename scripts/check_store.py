"""Checks an extension zip for the rules of the extension platform: check_store.py ZIP. Exits with 1 where one is broken.

The rules are those that moderators read for (developer.blender.org, "Extensions moderation guidelines"). They are looked for
in the syntax trees of all modules, those in the wheels of the zip too; nothing of the zip is imported or run. Where a tree
cannot tell, the check errs on the strict side: a method that is called by name stands for all methods of that name.

    network-on-register   the network is used while the add-on is imported, registered or unregistered
    online-access         the add-on uses the network without a look at bpy.app.online_access before
    installs-packages     packages are installed at run time: pip, uv, ensurepip, venv, conda, or a bundled installer
    executes-text         exec, eval, compile, runpy
    changes-path          sys.path, sys.meta_path or sys.modules is changed
    python-path           PYTHONPATH is set, for this process or another
    imports               the add-on imports itself by an absolute name, or a module that the zip lacks
    layout                a module or folder that is not part of the add-on's package; files of no use
    writes-elsewhere      files are written beside the code, in the home folder or at a fixed place
    wheels                a wheel for one Python alone, one that the manifest does not list, one that is listed and missing
    binaries              programs, libraries or byte code outside wheels, or in a wheel that says it is pure
    manifest              required fields; permissions that are used and not declared, or declared and not used
    size                  more than the platform takes
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tomllib
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

ADD_ON = "<add-on>"
"""What the add-on's own package is called here: Blender gives it its name when it is installed."""

LARGEST_BYTES = 200_000_000

NETWORK = (
    "urllib.request", "urllib3", "http.client", "socket", "ftplib", "smtplib", "imaplib", "telnetlib", "xmlrpc.client", "requests",
    "httpx", "aiohttp", "websocket", "websockets", "paramiko", "huggingface_hub", "asyncio.open_connection", "torch.hub",
)  # fmt: skip
WITHOUT_NETWORK = ("urllib.request.getproxies", "urllib.request.pathname2url", "urllib.request.url2pathname", "huggingface_hub.utils",
                   "huggingface_hub.constants", "huggingface_hub.errors")  # fmt: skip
NETWORK_PROGRAMS = {"curl", "wget", "git", "scp", "rsync", "aria2c"}

INSTALLERS = {"pip", "pip3", "uv", "ensurepip", "venv", "virtualenv", "conda", "mamba", "micromamba", "pipx", "easy_install"}
OWN_INSTALLER = "partgen.environment"
INSTALLER_WORDS = {"-m", "install", "sync", "venv", "create", "download", "add", "tool", "ensurepip"}
INSTALL_COMMAND = re.compile(r"\b(pip3?|uv|conda|mamba|pipx|easy_install)\b.*\b(install|sync|add|venv)\b|\bensurepip\b")
RUNS_COMMANDS = ("subprocess.", "os.system", "os.popen", "os.exec", "os.spawn", "asyncio.create_subprocess")

EXECUTES = {"exec", "eval", "compile"}
PATHS = {"sys.path", "sys.meta_path", "sys.path_hooks", "sys.modules"}
CHANGING_METHODS = {"append", "insert", "extend", "remove", "pop", "clear", "update", "setdefault", "__setitem__", "sort", "reverse"}
PATH_CHANGERS = ("site.addsitedir", "bpy.utils._sys_path_ensure_append", "bpy.utils._sys_path_ensure_prepend")

# Places that are not the extension's own user folder.
ELSEWHERE = (
    "pathlib.Path.home", "pathlib.Path.cwd", "os.path.expanduser", "os.getcwd", "bpy.utils.user_resource", "bpy.utils.resource_path",
    "bpy.utils.script_path_user", "sysconfig.get_path", "site.getsitepackages", "site.getusersitepackages", "sys.prefix", "sys.base_prefix",
)  # fmt: skip
ABSOLUTE = re.compile(r"(/|~|[A-Za-z]:[\\/])\w")
# Functions and methods that write, and which of their arguments says where: -1 is the object of the method.
WRITING_FUNCTIONS = {
    "os.makedirs": 0, "os.mkdir": 0, "os.remove": 0, "os.unlink": 0, "os.rmdir": 0, "os.rename": 1, "os.replace": 1, "os.symlink": 1,
    "shutil.rmtree": 0, "shutil.copy": 1, "shutil.copy2": 1, "shutil.copyfile": 1, "shutil.copytree": 1, "shutil.move": 1,
}  # fmt: skip
WRITING_METHODS = {
    "write_text": -1, "write_bytes": -1, "mkdir": -1, "touch": -1, "unlink": -1, "rmdir": -1, "rename": 0, "symlink_to": -1,
    "hardlink_to": -1, "extractall": 0, "extract": 1,
}  # fmt: skip

BINARY_SUFFIXES = {".so", ".pyd", ".dll", ".dylib", ".exe", ".pyc", ".pyo", ".a", ".lib", ".node", ".com"}
# ELF, Windows, and the five of macOS.
BINARY_BEGINNINGS = tuple(map(bytes.fromhex, ("7f454c46", "4d5a", "feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe")))
USELESS = re.compile(r"(^|/)(__pycache__|__MACOSX|\.[^/]+|[^/]+\.(zip|blend\d|orig|rej|bak))(/|$)")

REQUIRED = ("schema_version", "id", "version", "name", "tagline", "maintainer", "type", "license", "blender_version_min")
PERMISSIONS = ("files", "network", "clipboard", "camera", "microphone")


@dataclass(frozen=True, order=True)
class Finding:
    """A rule that is broken: where in the zip, and in which way."""

    place: str
    rule: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence} [{self.rule}]"


@dataclass(frozen=True, eq=False)
class Module:
    """A module of the zip. `name` is dotted, `place` says where it is, `is_package` whether relative imports begin at itself."""

    name: str
    place: str
    tree: ast.Module
    is_package: bool
    in_wheel: bool

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the module."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def names(self) -> dict[str, str]:
        """What the module's names stand for: imported modules and functions, and plain second names of these."""
        found: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found[alias.asname or alias.name.partition(".")[0]] = alias.name if alias.asname else alias.name.partition(".")[0]
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{self.absolute(node)}.{alias.name}"
        for node in self.nodes:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and isinstance(node.targets[0], ast.Name):
                name, stands_for = node.targets[0].id, dotted(node.value, found)
                if name not in found and stands_for and stands_for.partition(".")[0] in ("sys", "os", "subprocess", "urllib", "socket"):
                    found[name] = stands_for
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[node.name] = f"{self.name}.{node.name}"
        return found

    @cached_property
    def defined(self) -> set[str]:
        """The names that can be imported from the module."""
        assigned = {node.id for node in self.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        return {*self.names, *assigned}

    def absolute(self, node: ast.ImportFrom) -> str:
        """The full name of the module that a `from … import` names."""
        if not node.level:
            return node.module or ""
        package = self.name.split(".") if self.is_package else self.name.split(".")[:-1]
        package = package[: len(package) - node.level + 1]
        return ".".join([*package, *([node.module] if node.module else [])])

    def at(self, node: ast.AST) -> str:
        return f"{self.place}:{getattr(node, 'lineno', 1)}"


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The full name of `a.b.c`, with what the names stand for put in; "" for anything else. A method of a value is "?.method"."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names) or '?'}.{node.attr}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1:
        attribute = node.args[1]
        return f"{dotted(node.args[0], names)}.{attribute.value!s}" if isinstance(attribute, ast.Constant) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
        function = dotted(node.func, names)
        if function in ("importlib.import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
            return str(node.args[0].value)
    return ""


def begins_with(name: str, beginnings: Iterable[str]) -> bool:
    """Whether a dotted name is one of `beginnings` or lies within it."""
    return any(name == beginning or name.startswith(beginning + ".") for beginning in beginnings)


def strings(nodes: Iterable[ast.AST]) -> list[str]:
    """The strings among the nodes."""
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def calls(root: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(root) if isinstance(node, ast.Call))


def uses_network(call: ast.Call, names: dict[str, str]) -> bool:
    """Whether a call reaches for the network itself, or starts a program that does."""
    name = dotted(call.func, names)
    if begins_with(name, NETWORK):
        return not begins_with(name, WITHOUT_NETWORK)
    if not name.startswith(RUNS_COMMANDS) or not call.args:
        return False
    command = call.args[0]
    first = strings(command.elts[:1] if isinstance(command, ast.List | ast.Tuple) else [command])
    return bool(first) and first[0].split()[:1] != [] and first[0].split()[0] in NETWORK_PROGRAMS


@dataclass(frozen=True, eq=False)
class Archive:
    """An extension zip, read: its files, its manifest, and the modules of the add-on and of the wheels."""

    files: dict[str, bytes]
    size: int
    root: str
    manifest: dict[str, Any]
    modules: dict[str, Module]
    wheels: dict[str, dict[str, bytes]]
    unreadable: tuple[Finding, ...]

    @property
    def own(self) -> list[Module]:
        """The modules of the add-on itself."""
        return [module for module in self.modules.values() if not module.in_wheel]


def contents(archive: zipfile.ZipFile) -> dict[str, bytes]:
    return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def read(path: Path) -> Archive:
    """Reads a zip. Raises ValueError where it has no manifest that can be read."""
    with zipfile.ZipFile(path) as archive:
        files = contents(archive)
    manifests = sorted((name for name in files if PurePosixPath(name).name == "blender_manifest.toml"), key=len)
    if not manifests:
        raise ValueError(f"{path.name} has no blender_manifest.toml.")
    root = manifests[0].removesuffix("blender_manifest.toml")
    modules: dict[str, Module] = {}
    unreadable: list[Finding] = []
    wheels: dict[str, dict[str, bytes]] = {}
    for name, content in files.items():
        if name.endswith(".whl"):
            with zipfile.ZipFile(io.BytesIO(content)) as wheel:
                wheels[name] = contents(wheel)
            add_modules(modules, unreadable, wheels[name], "", f"{PurePosixPath(name).name}!", in_wheel=True)
    own = {name.removeprefix(root): content for name, content in files.items() if name.startswith(root)}
    add_modules(modules, unreadable, own, ADD_ON, root, in_wheel=False)
    manifest = tomllib.loads(files[manifests[0]].decode())
    return Archive(files, path.stat().st_size, root, manifest, modules, wheels, tuple(unreadable))


def add_modules(modules: dict, unreadable: list, files: dict[str, bytes], package: str, place: str, in_wheel: bool) -> None:
    """Reads the Python files among `files` as modules below `package`."""
    for file, content in files.items():
        if not file.endswith(".py"):
            continue
        parts = [*([package] if package else []), *PurePosixPath(file).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        try:
            modules[name] = Module(name, place + file, ast.parse(content), is_package, in_wheel)
        except (SyntaxError, ValueError) as error:
            unreadable.append(Finding(place + file, "layout", f"This is not Python that can be read: {error}."))


# -- rules about text and paths ----------------------------------------------------------------------------------------


def executes_text(archive: Archive) -> Iterator[Finding]:
    for module in archive.modules.values():
        for node in module.nodes:
            name = dotted(node, module.names) if isinstance(node, ast.Name | ast.Attribute) else ""
            if name.removeprefix("builtins.") in EXECUTES or begins_with(name, ("runpy.run_path", "runpy.run_module")):
                yield Finding(module.at(node), "executes-text", f"{name} runs text as a program.")


def changes_path(archive: Archive) -> Iterator[Finding]:
    for module in archive.modules.values():
        for node in module.nodes:
            if name := changed_path(node, module.names):
                yield Finding(module.at(node), "changes-path", f"{name} is changed: wheels and relative imports need no other place.")


def changed_path(node: ast.AST, names: dict[str, str]) -> str:
    """Which of the interpreter's search paths a node changes, "" where it changes none."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]
        for target in targets:
            for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                place = part.value if isinstance(part, ast.Subscript) else part
                if isinstance(place, ast.Attribute | ast.Name) and dotted(place, names) in PATHS and place_is_not_new(part):
                    return dotted(place, names)
    if isinstance(node, ast.Call):
        name = dotted(node.func, names)
        owner, _, method = name.rpartition(".")
        if owner in PATHS and method in CHANGING_METHODS:
            return owner
        if begins_with(name, PATH_CHANGERS):
            return "sys.path"
        if name == "setattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            changed = f"{dotted(node.args[0], names)}.{node.args[1].value!s}"
            return changed if changed in PATHS else ""
    return ""


def place_is_not_new(target: ast.AST) -> bool:
    """A plain name on the left becomes a second name of the path, which changes nothing yet."""
    return not isinstance(target, ast.Name)


def python_path(archive: Archive) -> Iterator[Finding]:
    for module in archive.modules.values():
        for node in module.nodes:
            named: list[ast.AST] = []
            if isinstance(node, ast.Dict):
                named = [key for key in node.keys if key]
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                named = [node.slice]
            elif isinstance(node, ast.Call) and dotted(node.func, module.names).rpartition(".")[2] in ("putenv", "setdefault"):
                named = list(node.args[:1])
            if "PYTHONPATH" in strings(named) or (isinstance(node, ast.keyword) and node.arg == "PYTHONPATH"):
                yield Finding(module.at(node), "python-path", "PYTHONPATH is set.")


# -- packages ----------------------------------------------------------------------------------------------------------


def installs_packages(archive: Archive) -> Iterator[Finding]:
    for module in archive.modules.values():
        for node in module.nodes:
            if sentence := installation(node, module):
                yield Finding(module.at(node), "installs-packages", sentence)
    for name in archive.wheels:
        if PurePosixPath(name).name.partition("-")[0].lower() in INSTALLERS:
            yield Finding(name, "installs-packages", "An installer of packages is bundled.")


def installation(node: ast.AST, module: Module) -> str:
    """In which way a node installs packages, "" where it does not."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        for name in imported(node, module):
            for installer in (*INSTALLERS, OWN_INSTALLER):
                if begins_with(name, [installer]) and not begins_with(module.name, [installer]):
                    return f"{name} is imported."
    if isinstance(node, ast.Call) and begins_with(dotted(node, module.names), INSTALLERS):
        return f"{dotted(node, module.names)} is imported."
    if isinstance(node, ast.List | ast.Tuple):
        words = strings(node.elts)
        programs = [word for word in words if PurePosixPath(word).name.removesuffix(".exe") in {*INSTALLERS, OWN_INSTALLER}]
        if programs and INSTALLER_WORDS & set(words):
            return f"A command that installs packages: {' '.join(words)}."
    if isinstance(node, ast.Call) and dotted(node.func, module.names).startswith(RUNS_COMMANDS):
        for command in strings(node.args[:1]):
            if INSTALL_COMMAND.search(command):
                return f"A command that installs packages: {command}."
    return ""


def imported(node: ast.Import | ast.ImportFrom, module: Module) -> list[str]:
    """The full names that an import statement may be for: modules, and what is taken from them."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{module.absolute(node)}.{alias.name}".lstrip(".") for alias in node.names]


def wheels(archive: Archive) -> Iterator[Finding]:
    for name in archive.wheels:
        parts = PurePosixPath(name).name.removesuffix(".whl").split("-")
        if len(parts) not in (5, 6):
            yield Finding(name, "wheels", "This is not the name of a wheel.")
        elif "py3" not in parts[-3].split(".") or parts[-2] != "none":
            yield Finding(name, "wheels", f"It is for {parts[-3]}-{parts[-2]} alone, and breaks in a Blender with another Python.")
    listed = {str(PurePosixPath(archive.root, wheel)) for wheel in archive.manifest.get("wheels", [])}
    for name in listed - set(archive.files):
        yield Finding(name, "wheels", "The manifest lists this wheel, and it is not there.")
    for name in set(archive.wheels) - listed:
        yield Finding(name, "wheels", "The manifest does not list this wheel.")


def binaries(archive: Archive) -> Iterator[Finding]:
    for name, content in archive.files.items():
        if not name.endswith(".whl") and is_binary(name, content):
            yield Finding(name, "binaries", "A program, library or byte code outside a wheel.")
    for wheel, files in archive.wheels.items():
        if wheel.endswith("-any.whl"):
            for name, content in files.items():
                if is_binary(name, content):
                    yield Finding(f"{wheel}!{name}", "binaries", "The wheel says it is pure, and this is not.")


def is_binary(name: str, content: bytes) -> bool:
    return PurePosixPath(name).suffix in BINARY_SUFFIXES or content.startswith(BINARY_BEGINNINGS)


# -- the package -------------------------------------------------------------------------------------------------------


def imports(archive: Archive) -> Iterator[Finding]:
    top_level = {name.partition(".")[0] for name, module in archive.modules.items() if module.in_wheel}
    siblings = {name.split(".")[1] for name in archive.modules if name.startswith(ADD_ON + ".")} - top_level - {"setup"}
    for module in archive.modules.values():
        optional = optional_imports(module.tree)
        for node in module.nodes:
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            for name in imported(node, module):
                top = name.partition(".")[0]
                absolute = not (isinstance(node, ast.ImportFrom) and node.level)
                if absolute and not module.in_wheel and (top in siblings - set(sys.stdlib_module_names) or top in own_names(archive)):
                    yield Finding(module.at(node), "imports", f"{name} is the add-on's own: import it relatively.")
                elif top in top_level | {ADD_ON} and node not in optional and not is_there(archive, name, node):
                    yield Finding(module.at(node), "imports", f"{name} is not in the zip.")


def own_names(archive: Archive) -> set[str]:
    return {"bl_ext", str(archive.manifest.get("id", ""))} - {""}


def optional_imports(tree: ast.Module) -> set[ast.AST]:
    """The imports that are made under a condition, or whose failure is dealt with."""
    return {inner for node in ast.walk(tree) if isinstance(node, ast.If | ast.Try) for inner in ast.walk(node)}


def is_there(archive: Archive, name: str, node: ast.AST) -> bool:
    """Whether the zip has what an import names: a module, or one that has the name that is taken from it."""
    owner, _, taken = name.rpartition(".")
    if name in archive.modules or not isinstance(node, ast.ImportFrom) or owner not in archive.modules:
        return name in archive.modules
    return taken == "*" or taken in archive.modules[owner].defined


def layout(archive: Archive) -> Iterator[Finding]:
    yield from archive.unreadable
    if archive.root + "__init__.py" not in archive.files:
        yield Finding(archive.root or "/", "layout", "There is no __init__.py beside the manifest.")
    for name in archive.files:
        path = PurePosixPath(name)
        if USELESS.search(name):
            yield Finding(name, "layout", "This file is of no use in an extension.")
        elif not name.startswith(archive.root):
            yield Finding(name, "layout", "It lies outside the folder of the add-on.")
        elif path.suffix == ".py":
            folders = [parent for parent in path.parents if str(parent) not in (".", archive.root.rstrip("/"))]
            if any(f"{folder}/__init__.py" not in archive.files for folder in folders):
                yield Finding(name, "layout", "A folder above it has no __init__.py: it is not part of the add-on's package.")


# -- files -------------------------------------------------------------------------------------------------------------


def writes_elsewhere(archive: Archive) -> Iterator[Finding]:
    """Follows places that are not the extension's own from where they are made to where something is written."""
    foreign_functions: set[str] = set()
    before = -1
    while len(foreign_functions) > before:
        before = len(foreign_functions)
        for module in archive.own:
            of_module = foreign_names(module.tree.body, module, set(), foreign_functions)
            for function in functions_of(module.tree):
                foreign = foreign_names(ast.walk(function), module, of_module, foreign_functions)
                returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
                if any(is_elsewhere(value, module, foreign, foreign_functions) for value in returned):
                    foreign_functions.add(f"{module.name}.{function.name}")
    for module in archive.own:
        of_module = foreign_names(module.tree.body, module, set(), foreign_functions)
        for root in [*functions_of(module.tree), module.tree]:
            foreign = foreign_names(ast.walk(root), module, of_module, foreign_functions) if root is not module.tree else of_module
            for call in calls(root):
                place = written_place(call, module.names)
                if place is not None and is_elsewhere(place, module, foreign, foreign_functions):
                    sentence = "It writes outside the folder of bpy.utils.extension_path_user."
                    yield Finding(module.at(call), "writes-elsewhere", sentence)


def functions_of(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def foreign_names(nodes: Iterable[ast.AST], module: Module, known: set[str], foreign_functions: set[str]) -> set[str]:
    """The names that stand for a place elsewhere: `known`, and those that the assignments among `nodes` give one."""
    found = set(known)
    assignments = [node for node in nodes if isinstance(node, ast.Assign)]
    before = -1
    while len(found) > before:
        before = len(found)
        for node in assignments:
            if is_elsewhere(node.value, module, found, foreign_functions):
                found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def is_elsewhere(node: ast.AST, module: Module, foreign: set[str], foreign_functions: set[str]) -> bool:
    """Whether a place is made from one that is not the extension's own."""
    for inner in ast.walk(node):
        name = dotted(inner, module.names) if isinstance(inner, ast.Name | ast.Attribute) else ""
        if name in ("__file__", "__path__") or name in foreign or name.endswith(".expanduser") or begins_with(name, ELSEWHERE):
            return True
        if isinstance(inner, ast.Call) and dotted(inner.func, module.names) in foreign_functions:
            return True
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and ABSOLUTE.match(inner.value):
            return True
    return False


def written_place(call: ast.Call, names: dict[str, str]) -> ast.AST | None:
    """What says where a call writes, None where it writes nothing."""
    name = dotted(call.func, names)
    method = name.rpartition(".")[2]
    if method == "open":
        is_function = name in ("open", "io.open", "os.open")
        modes = [*strings(call.args[1 if is_function else 0 :][:1]), *strings(k.value for k in call.keywords if k.arg == "mode")]
        if not any(set(mode) & set("wax+") and len(mode) <= 4 for mode in modes):
            return None
        if is_function:
            return call.args[0] if call.args else None
        return call.func.value if isinstance(call.func, ast.Attribute) else None
    index = WRITING_FUNCTIONS.get(name, WRITING_METHODS.get(method) if isinstance(call.func, ast.Attribute) else None)
    if index is None:
        return None
    if index < 0:
        return call.func.value if isinstance(call.func, ast.Attribute) else None
    return call.args[index] if len(call.args) > index else None


# -- the network -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Function:
    """A function, a method, or the body of a module (what runs when it is imported)."""

    name: str
    module: Module
    nodes: tuple[ast.AST, ...]
    class_name: str = ""

    @cached_property
    def inner(self) -> list[ast.AST]:
        return [inner for node in self.nodes for inner in walk_what_runs(node)]

    @cached_property
    def network_calls(self) -> list[ast.Call]:
        return [node for node in self.inner if isinstance(node, ast.Call) and uses_network(node, self.module.names)]

    @cached_property
    def looks_at_online_access(self) -> list[int]:
        """The lines in which it reads bpy.app.online_access."""
        return [node.lineno for node in self.inner if isinstance(node, ast.Attribute) and node.attr == "online_access"]


def walk_what_runs(root: ast.AST) -> Iterator[ast.AST]:
    """Every node below, but of the functions of a module or class body only what runs where they are defined."""
    yield root
    for child in ast.iter_child_nodes(root):
        if isinstance(root, ast.Module | ast.ClassDef) and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in (*child.decorator_list, *child.args.defaults, *[d for d in child.args.kw_defaults if d]):
                yield from ast.walk(node)
        else:
            yield from walk_what_runs(child)


class CallGraph:
    """Which function of the zip calls or names which other."""

    def __init__(self, archive: Archive) -> None:
        self.functions: dict[str, Function] = {}
        self.methods: dict[str, list[Function]] = defaultdict(list)
        for module in archive.modules.values():
            self._add(module)
        self.uses: dict[Function, list[tuple[int, Function]]] = {
            function: list(self._used(function, archive)) for function in self.functions.values()
        }
        self.users: dict[Function, list[tuple[int, Function]]] = defaultdict(list)
        for function, used in self.uses.items():
            for line, other in used:
                self.users[other].append((line, function))

    def _add(self, module: Module) -> None:
        self.functions[module.name] = Function(module.name, module, (module.tree,))
        for node in module.nodes:
            if isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                        full_name = f"{module.name}.{node.name}.{method.name}"
                        function = self.functions[full_name] = Function(full_name, module, (method,), f"{module.name}.{node.name}")
                        self.methods[method.name].append(function)
        for node in module.tree.body:
            for definition in [node, *(node.body + node.orelse if isinstance(node, ast.If) else [])]:
                if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
                    full_name = f"{module.name}.{definition.name}"
                    self.functions[full_name] = Function(full_name, module, (definition,))

    def _used(self, function: Function, archive: Archive) -> Iterator[tuple[int, Function]]:
        """The functions that `function` calls, hands on, or runs by an import, each with the line."""
        module = function.module
        called = {id(node.func) for node in function.inner if isinstance(node, ast.Call)}
        for node in function.inner:
            line = getattr(node, "lineno", 0)
            if isinstance(node, ast.Import | ast.ImportFrom):
                for name in imported(node, module):
                    parts = name.split(".")
                    found = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
                    yield from ((line, self.functions[part]) for part in found if part in archive.modules)
            elif isinstance(node, ast.Name | ast.Attribute):
                name = dotted(node, module.names)
                if name.startswith("self.") and function.class_name:
                    name = f"{function.class_name}.{name.removeprefix('self.')}"
                if name in self.functions and name not in archive.modules:
                    yield line, self.functions[name]
                elif id(node) in called:
                    constructors = [self.functions.get(f"{name}.{method}") for method in ("__init__", "__post_init__", "__new__")]
                    yield from ((line, constructor) for constructor in constructors if constructor)
                    if isinstance(node, ast.Attribute) and not self._is_foreign(name, module, archive):
                        yield from ((line, method) for method in self.methods.get(node.attr, ()))

    def _is_foreign(self, name: str, module: Module, archive: Archive) -> bool:
        """Whether a dotted name begins with an imported module that is not in the zip, so that its methods are not ours."""
        top = name.partition(".")[0]
        known = {part.partition(".")[0] for part in module.names.values()}
        return top in known and not any(other == top or other.startswith(top + ".") for other in archive.modules)

    def reachable(self, starts: Iterable[Function]) -> set[Function]:
        found: set[Function] = set()
        waiting = list(starts)
        while waiting:
            function = waiting.pop()
            if function not in found:
                found.add(function)
                waiting += [other for _, other in self.uses[function]]
        return found

    def is_checked_before(self, function: Function, line: int, seen: frozenset[Function] = frozenset()) -> bool:
        """Whether online access was looked at before `line` of `function` is reached: in it, in `poll`, or by everyone who calls it."""
        if any(look <= line for look in function.looks_at_online_access):
            return True
        if any(at <= line and other.looks_at_online_access for at, other in self.uses[function]):
            return True
        poll = self.functions.get(f"{function.class_name}.poll") if function.class_name else None
        if poll and (poll.looks_at_online_access or any(other.looks_at_online_access for _, other in self.uses[poll])):
            return True
        users = [(at, user) for at, user in self.users[function] if user not in seen and user is not function]
        return bool(users) and all(self.is_checked_before(user, at, seen | {function}) for at, user in users)


def network(archive: Archive) -> Iterator[Finding]:
    graph = CallGraph(archive)
    starts = [graph.functions[name] for name in (ADD_ON, f"{ADD_ON}.register", f"{ADD_ON}.unregister") if name in graph.functions]
    for function in graph.reachable(starts):
        for call in function.network_calls:
            sentence = f"{dotted(call.func, function.module.names)} runs when the add-on is imported or registered."
            yield Finding(function.module.at(call), "network-on-register", sentence)
    # Code in wheels may run outside of Blender, where there is no such switch: whoever starts it there has to look.
    for function in graph.functions.values():
        for call in () if function.module.in_wheel else function.network_calls:
            if not graph.is_checked_before(function, call.lineno):
                sentence = f"{dotted(call.func, function.module.names)} is reached without a look at bpy.app.online_access."
                yield Finding(function.module.at(call), "online-access", sentence)


# -- the manifest ------------------------------------------------------------------------------------------------------


def manifest(archive: Archive) -> Iterator[Finding]:
    place = archive.root + "blender_manifest.toml"
    told = archive.manifest
    for key in REQUIRED:
        if not told.get(key):
            yield Finding(place, "manifest", f"{key} is missing.")
    if told.get("type") == "add-on" and "SPDX:GPL-3.0-or-later" not in told.get("license", []):
        yield Finding(place, "manifest", "The platform takes add-ons under SPDX:GPL-3.0-or-later.")
    permissions = told.get("permissions", {})
    for text in [told.get("tagline", ""), *permissions.values()]:
        if len(text) > 64 or not re.search(r"[\w)\]}]$", text):
            yield Finding(place, "manifest", f'"{text}" is longer than 64 characters or ends in punctuation.')
    for key in set(permissions) - set(PERMISSIONS):
        yield Finding(place, "manifest", f"There is no permission {key}.")
    used = used_permissions(archive)
    for key in PERMISSIONS:
        if key in used and key not in permissions:
            yield Finding(place, "manifest", f"The permission {key} is not declared, and {used[key]} needs it.")
        if key in permissions and key not in used:
            yield Finding(place, "manifest", f"The permission {key} is declared, and nothing needs it.")


def used_permissions(archive: Archive) -> dict[str, str]:
    """The permissions that the code needs, with the place of a line that needs it."""
    used: dict[str, str] = {}
    for module in archive.modules.values():
        for node in module.nodes:
            if isinstance(node, ast.Call):
                name = dotted(node.func, module.names)
                if uses_network(node, module.names):
                    used.setdefault("network", module.at(node))
                if not module.in_wheel and (written_place(node, module.names) is not None or name.startswith(RUNS_COMMANDS)):
                    used.setdefault("files", module.at(node))
            elif isinstance(node, ast.Attribute) and not module.in_wheel:
                if node.attr == "clipboard":
                    used.setdefault("clipboard", module.at(node))
                elif node.attr == "online_access":
                    used.setdefault("network", module.at(node))
                elif node.attr == "extension_path_user":
                    used.setdefault("files", module.at(node))
    return used


def size(archive: Archive) -> Iterator[Finding]:
    if archive.size > LARGEST_BYTES:
        yield Finding("/", "size", f"It has {archive.size / 1e6:.0f} MB; the platform takes {LARGEST_BYTES / 1e6:.0f}.")


RULES: tuple[Callable[[Archive], Iterator[Finding]], ...] = (
    network, installs_packages, executes_text, changes_path, python_path, imports, layout, writes_elsewhere, wheels, binaries,
    manifest, size,
)  # fmt: skip


def check(path: Path) -> list[Finding]:
    """What in a zip breaks the rules of the extension platform, in the order of places. Raises ValueError where it is no extension."""
    archive = read(path)
    return sorted({finding for rule in RULES for finding in rule(archive)})


def main(path: Path) -> int:
    try:
        found = check(path)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        print(f"{path} cannot be read as an extension: {error}", file=sys.stderr)
        return 1
    for finding in found:
        print(finding)
    print(f"{path.name}: {len(found)} findings" if found else f"{path.name} keeps the rules of the extension platform")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Use: check_store.py ZIP")
    sys.exit(main(Path(sys.argv[1])))
