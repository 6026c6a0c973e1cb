"""Set-up as an artist has it: from one button to a backend that works, whatever comes in between. With the real installer."""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import bpy
import pytest
from bl_ext.user_default.partgen_blender import backend, jobs, messages, operators, preferences, setup, watch
from bl_ext.user_default.partgen_blender.setup import environment, making
from conftest import MODULE, extension_zip
from drawing import Notes, drawn, drawn_preferences
from partgen.environment.condition import RECORD
from partgen.errors import Action, PartgenError
from partgen.task import Task

pytestmark = pytest.mark.usefixtures("no_backend", "on_a_fresh_computer")

ARCHIVE = extension_zip()
MAIN_THREAD_SECONDS = 0.05
"""What nothing of the set-up may take of Blender's main thread at a time."""


@pytest.fixture
def on_a_fresh_computer() -> Iterator[None]:
    """Online access is allowed, no environment is there, and none is left."""
    preferences_of_blender = bpy.context.preferences.system
    preferences_of_blender.use_online_access = True
    messages.shown.clear()
    chosen = preferences.get().setup
    chosen.index_url = os.environ.get("PIP_INDEX_URL", "")
    yield
    chosen = preferences.get().setup  # another one where the add-on was disabled meanwhile
    watch.cancel_all(wait=10)
    backend.stop(wait=5)
    jobs.pump()
    until(lambda: not programs_of(environment.folder()))
    if environment.is_present():
        bpy.ops.partgen.remove_environment()
        assert watch.finish(60)
    assert not environment.folder().exists()
    making.put_away()
    messages.shown.clear()
    messages.take_unreported()
    for name in [prop.identifier for prop in chosen.bl_rna.properties]:
        chosen.property_unset(name)
    preferences_of_blender.use_online_access = False


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Pumps as the timer does until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds:.0f} s; {drawn('PARTGEN_PT_decompose').text} {told()}"
        watch.pump()
        time.sleep(0.02)


def told() -> str:
    return " ".join(f"{message.sentence} {message.remedy}" for message in messages.shown)


def panel() -> Notes:
    return drawn("PARTGEN_PT_decompose")


def install(tier: str = "geometry") -> None:
    """Everything from nothing to ready."""
    assert bpy.ops.partgen.install_environment(tier=tier) == {"FINISHED"}
    assert watch.finish(300)
    assert environment.condition().state == "ready", told()


def install_until(step: int) -> None:
    """Begins to install and returns in the middle of a step."""
    assert bpy.ops.partgen.install_environment() == {"FINISHED"}
    until(lambda: watch.running(making.KEY).report.step >= step)


def programs_of(folder: Path) -> list[int]:
    """Processes with this folder in their command line, but for this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in line and int(entry.parent.name) != os.getpid():
            found.append(int(entry.parent.name))
    return found


def change_record(**changes: object) -> None:
    """Writes something else into what the set-up remembers."""
    path = environment.folder() / RECORD
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def program_that_says(event: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a program in the place of the set-up's that says one thing: for what cannot be brought about on purpose."""
    script = f"print({json.dumps(json.dumps(event))})"
    monkeypatch.setattr(environment, "program", lambda command: [sys.executable, "-c", script])


# ---- before it starts ------------------------------------------------------------------------------------------------


def test_what_keeps_the_set_up_from_starting_comes_with_its_button(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise PartgenError("set_up.no_python", "There is no Python.", "Choose one.", Action.OPEN_PREFERENCES)

    monkeypatch.setattr(making, "look", refuse)
    with pytest.raises(RuntimeError, match="There is no Python"):
        bpy.ops.partgen.set_up()
    assert [(message.sentence, message.action) for message in messages.shown] == [("There is no Python.", Action.OPEN_PREFERENCES)]


def test_without_a_backend_the_panel_is_one_sentence_and_set_up() -> None:
    notes = panel()
    assert notes.operators == ["partgen.set_up"]
    assert notes.text.strip().count(".") == notes.text.strip().count(". ") + 1 <= 2
    assert not notes.properties
    assert not bpy.types.PARTGEN_PT_backend.poll(bpy.context)
    assert not bpy.types.PARTGEN_PT_parts.poll(bpy.context)


def test_everything_is_listed_before_anything_happens() -> None:
    assert bpy.ops.partgen.set_up() == {"FINISHED"}
    assert "Looking at this computer" in panel().text
    assert watch.finish(30)
    notes = panel()
    for label in ("Device", "Download", "Disk", "Folder", "Python"):
        assert label in notes.texts
    for words in ("Licences of", "BSD-3-Clause", "trimesh", "free", " MB"):
        assert words in notes.text
    assert any(text.startswith("Install (") for text in notes.texts)
    assert "tier" in notes.properties
    assert {"partgen.install_environment", "partgen.put_away_plan", "partgen.install_from_folder"} <= set(notes.operators)
    assert not environment.folder().exists()


def test_another_tier_is_another_list() -> None:
    bpy.ops.partgen.set_up()
    assert watch.finish(30)
    assert "PyTorch" not in panel().texts
    preferences.get().setup.tier = "ai"
    assert "partgen.install_environment" in panel().disabled  # the list is still the old one
    assert watch.finish(30)
    assert "PyTorch" in panel().texts
    assert not panel().disabled


def test_going_back_leaves_nothing() -> None:
    bpy.ops.partgen.set_up()
    assert watch.finish(30)
    bpy.ops.partgen.put_away_plan()
    assert panel().operators == ["partgen.set_up"]
    assert not environment.folder().exists()


def test_without_online_access_nothing_is_installed_and_the_button_leads_to_it() -> None:
    bpy.context.preferences.system.use_online_access = False
    bpy.ops.partgen.set_up()
    assert watch.finish(30)
    notes = panel()
    assert "does not allow online access" in notes.text
    assert "partgen.show_online_access" in notes.operators
    assert "partgen.install_environment" in notes.disabled
    assert "Install" in notes.texts  # without a size, as nothing is downloaded
    bpy.context.preferences.system.use_online_access = True
    assert "partgen.set_up" in notes.operators  # to look again, after the artist allowed it
    bpy.ops.partgen.set_up()
    assert watch.finish(30)
    assert not panel().disabled
    bpy.context.preferences.system.use_online_access = False
    bpy.ops.partgen.install_environment()  # a script does not get around it
    assert watch.finish(30)
    assert [message.action for message in messages.shown] == [Action.ALLOW_ONLINE]
    assert not bpy.context.preferences.system.use_online_access


def test_a_folder_that_is_no_bundle_is_refused_before_it_starts(tmp_path: Path) -> None:
    assert bpy.ops.partgen.install_from_folder(directory=str(tmp_path)) == {"FINISHED"}
    assert watch.finish(30)
    notes = panel()
    assert "partgen.install_environment" in notes.disabled
    assert "partgen.install_from_folder" in notes.operators
    assert "offline_folder" in notes.properties


# ---- installing ------------------------------------------------------------------------------------------------------


def test_from_nothing_to_parts_and_gone_again() -> None:
    """The whole life of an environment: installed, used, damaged, repaired, outdated, updated, removed."""
    install()
    assert any("is set up" in message.sentence for message in messages.take_unreported())
    assert backend.command()[0].startswith(str(environment.folder()))
    assert not setup.backend_command()[0].startswith(sys.prefix)
    bpy.ops.mesh.primitive_monkey_add()
    assert bpy.ops.partgen.decompose() == {"FINISHED"}
    assert jobs.finish(120)
    assert bpy.context.object.data.partgen.parts > 1, told()
    assert backend.greeting().version == importlib.import_module("partgen").__version__

    next(environment.folder().glob("venv/lib/python3.*/site-packages/partgen/__init__.py")).parent.rename(environment.folder() / "moved")
    assert environment.condition().state == "broken"
    assert panel().operators == ["partgen.repair_environment"]
    assert bpy.ops.partgen.repair_environment() == {"FINISHED"}
    assert watch.finish(300)
    assert environment.condition().state == "ready", told()

    change_record(bundled="partgen-0.0.1-py3-none-any.whl")
    notes = panel()
    assert "Update" in notes.texts
    assert "partgen.decompose" in notes.operators  # the old one still works
    assert bpy.ops.partgen.install_environment() == {"FINISHED"}
    assert watch.finish(300)
    assert environment.condition().state == "ready", told()
    assert "Update" not in panel().texts

    backend.client().start()
    assert bpy.ops.partgen.remove_environment() == {"FINISHED"}
    assert watch.finish(60)
    assert not environment.folder().exists(), told()
    assert panel().operators == ["partgen.set_up"]


def test_progress_tells_step_amount_and_can_be_cancelled_and_continued() -> None:
    install_until(5)
    notes = panel()
    assert "partgen.cancel_set_up" in notes.operators
    assert notes.progress[0] > 0
    assert "Step 5 of 7: Install packages" in notes.text
    until(lambda: " MB" in panel().text)
    began = time.monotonic()
    assert bpy.ops.partgen.cancel_set_up() == {"FINISHED"}
    assert time.monotonic() - began < 10 * MAIN_THREAD_SECONDS  # one call: a busy computer may stop it for a while
    until(lambda: not programs_of(environment.folder()), 2.0)
    notes = panel()
    assert "Set-up is not finished: 4 of 7 steps done." in notes.text
    assert "Continue" in notes.texts
    assert not messages.shown  # the artist asked for it
    assert bpy.ops.partgen.install_environment() == {"FINISHED"}
    assert watch.finish(300)
    assert environment.condition().state == "ready", told()


def test_nothing_of_it_holds_blender_up() -> None:
    """Work counts by the processor time of Blender's thread, waiting by the clock, which a busy computer stops now and then."""
    works: dict[str, list[float]] = {}
    takes: dict[str, list[float]] = {}

    def timed(what: str, call: Callable[[], object]) -> object:
        began, worked = time.perf_counter(), time.thread_time()
        result = call()
        works.setdefault(what, []).append(time.thread_time() - worked)
        takes.setdefault(what, []).append(time.perf_counter() - began)
        return result

    timed("set up", bpy.ops.partgen.set_up)
    while timed("pump while looking", watch.pump):
        time.sleep(0.02)
    timed("draw the list", panel)
    timed("install", bpy.ops.partgen.install_environment)
    while timed("pump", watch.pump):
        timed("draw", panel)
        timed("draw the preferences", lambda: drawn_preferences(MODULE))
        time.sleep(0.05)
    assert environment.condition().state == "ready", told()
    timed("draw when ready", panel)
    timed("debug info", bpy.ops.partgen.copy_debug_info)
    timed("remove", bpy.ops.partgen.remove_environment)
    for what, seconds in works.items():
        assert max(seconds) < MAIN_THREAD_SECONDS, (what, seconds)
    for what, seconds in takes.items():
        assert statistics.median(seconds) < MAIN_THREAD_SECONDS * (1 if len(seconds) > 2 else 4), (what, seconds)


def test_opening_another_file_does_not_disturb_it() -> None:
    install_until(3)
    running = watch.running(making.KEY)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert watch.running(making.KEY) is running
    until(lambda: running.report.step >= 5)
    assert "partgen.cancel_set_up" in panel().operators


def test_disabling_the_add_on_ends_it_and_it_can_be_continued(package: ModuleType) -> None:
    install_until(5)
    folder = environment.folder()
    bpy.ops.preferences.addon_disable(module=package.__name__)
    until(lambda: not programs_of(folder), 2.0)
    bpy.ops.preferences.addon_enable(module=package.__name__)
    assert "Continue" in panel().texts


def test_blender_that_ends_takes_it_along_and_the_next_one_continues(tmp_path: Path) -> None:
    script = tmp_path / "begin.py"
    script.write_text(
        textwrap.dedent(f"""
        import os, sys, time
        import bpy
        bpy.ops.extensions.package_install_files(
            filepath={str(ARCHIVE)!r}, repo="user_default", enable_on_install=True, overwrite=True)
        from bl_ext.user_default.partgen_blender import watch
        from bl_ext.user_default.partgen_blender.setup import environment, making
        bpy.context.preferences.system.use_online_access = True
        bpy.ops.partgen.install_environment()
        while watch.running(making.KEY).report.step < 5:
            watch.pump()
            time.sleep(0.02)
        print("FOLDER", environment.folder(), flush=True)
        os.kill(os.getpid(), 9)
        """)
    )
    variables = os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path / "user")}
    done = subprocess.run([sys.executable, script], env=variables, capture_output=True, text=True, timeout=120)
    folder = Path(next(line for line in done.stdout.splitlines() if line.startswith("FOLDER")).removeprefix("FOLDER "))
    until(lambda: not programs_of(folder), 5.0)
    on_disk = environment.on_disk.condition(folder)
    assert on_disk.state == "incomplete"
    assert "Install packages" in on_disk.missing


def test_while_it_runs_nothing_else_is_begun() -> None:
    install_until(3)
    for operator in ("set_up", "install_environment", "repair_environment", "remove_environment", "install_from_folder"):
        with pytest.raises(RuntimeError, match="Installing is not finished yet"):
            getattr(bpy.ops.partgen, operator)()
    assert "cancel" in panel().operators[0]


def test_a_model_that_is_fetched_from_the_environment_is_not_pulled_from_under_its_feet(tmp_path: Path) -> None:
    program = environment.folder() / "venv" / "bin" / "python"
    task = Task([str(program)], tmp_path / "log", name="PartField")
    watch.start("model x", task, lambda result: None, lambda problem: None, once=lambda: False)
    environment.folder().mkdir(parents=True)
    for operator in ("remove_environment", "repair_environment", "install_environment"):
        with pytest.raises(RuntimeError, match="needed just now for the model PartField"):
            getattr(bpy.ops.partgen, operator)()
    watch.cancel("model x")
    assert bpy.ops.partgen.remove_environment() == {"FINISHED"}


def test_a_tier_that_was_only_looked_at_is_not_installed_by_repair_or_update() -> None:
    install_until(2)
    bpy.ops.partgen.cancel_set_up()
    until(lambda: not programs_of(environment.folder()))
    for operator in (bpy.ops.partgen.repair_environment, bpy.ops.partgen.install_environment):
        bpy.ops.partgen.set_up()
        preferences.get().setup.tier = "ai"
        assert watch.finish(30)
        assert "PyTorch" in panel().texts
        bpy.ops.partgen.put_away_plan()
        assert preferences.get().setup.tier == "geometry"
        preferences.get().setup.tier = "ai"  # chosen in the preferences, where no list is shown
        operator()
        assert preferences.get().setup.tier == "geometry"
        bpy.ops.partgen.cancel_set_up()


# ---- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.NONE])
def test_every_failure_draws_its_button(action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    from bl_ext.user_default.partgen_blender import actions

    event = {
        "event": "problem",
        "code": "set_up.x",
        "sentence": "The disk is full of elephants.",
        "remedy": "Let them out.",
        "action": action,
    }
    program_that_says(event, monkeypatch)
    bpy.ops.partgen.install_environment()
    assert watch.finish(30)
    notes = panel()
    assert "The disk is full of elephants. Let them out." in notes.text
    assert actions.button_of(action).operator in notes.operators
    assert "The disk is full of elephants. Let them out." in drawn_preferences(MODULE).text


def test_a_program_that_dies_is_explained_with_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "program", lambda command: [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"])
    bpy.ops.partgen.install_environment()
    assert watch.finish(30)
    (message,) = messages.shown
    assert "The set-up ended unexpectedly" in message.sentence
    assert message.action is Action.OPEN_LOG
    assert Path(message.log_path) == environment.log_path()
    assert panel().operators.count("partgen.open_log") == 2  # the remedy, and an icon where the remedy is something else


def test_without_a_place_for_its_log_it_says_so_and_writes_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the home is read-only: a file stands in the way of the folder, since root may write anywhere."""
    (tmp_path / "in the way").touch()
    log = tmp_path / "in the way" / "log"
    real = bpy.utils.extension_path_user

    def path_user(package: str, path: str = "", create: bool = False) -> str:
        return real(package, path=path) if path != "log" else "" if create else str(log)

    monkeypatch.setattr(bpy.utils, "extension_path_user", path_user)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    bpy.ops.partgen.set_up()
    assert watch.finish(30)
    (message,) = messages.shown
    assert str(log) in message.sentence
    assert message.remedy
    assert message.action is Action.COPY_DEBUG_INFO
    assert not list(elsewhere.iterdir())


def test_system_certificates_are_one_press_away() -> None:
    preferences.get().setup.system_certificates = False
    bpy.ops.partgen.use_system_certificates()
    assert preferences.get().setup.system_certificates
    assert making.is_changing()


# ---- words -----------------------------------------------------------------------------------------------------------


def test_choices_reach_the_program() -> None:
    chosen = preferences.get().setup
    values = {
        "tier": "ai",
        "torch_build": "cu126",
        "index_url": "https://mirror.studio/simple",
        "torch_index_url": "https://mirror.studio/torch",
        "python_mirror_url": "https://mirror.studio/python",
        "find_links": "/wheels /more",
        "proxy": "http://proxy.studio:3128",
        "python": "/usr/bin/python3.12",
        "offline_folder": "/bundle",
        "system_certificates": False,
    }
    for name, value in values.items():
        setattr(chosen, name, value)
    command = environment.program("plan")
    assert json.loads(environment.program_environment()["PARTGEN_SETTINGS"]) == values | {"online": True}
    assert "proxy.studio" not in " ".join(command)  # any user of the computer can read a command line
    assert Path(command[command.index("--uv-wheel") + 1]).is_file()
    assert Path(command[command.index("--partgen-wheel") + 1]).is_file()


def test_every_button_and_choice_has_a_tooltip() -> None:
    from bl_ext.user_default.partgen_blender import models

    for class_ in (*setup.operators.CLASSES, *models.CLASSES, *operators.CLASSES):
        assert class_.__doc__, class_
        kind = getattr(bpy.ops.partgen, class_.bl_idname.partition(".")[2]).get_rna_type()
        assert all(prop.description for prop in kind.properties if prop.identifier != "rna_type"), class_
    for owner in (preferences.get().setup, preferences.get()):
        own = [prop for prop in owner.bl_rna.properties if prop.identifier in type(owner).__annotations__ and prop.type != "POINTER"]
        assert own
        assert all(prop.description for prop in own)


def test_preferences_tell_where_the_environment_is() -> None:
    notes = drawn_preferences(MODULE)
    assert str(environment.folder()) in notes.text
    assert {"proxy", "index_url", "find_links", "system_certificates", "torch_build", "python", "offline_folder"} <= set(notes.properties)


def test_debug_info_tells_the_condition_and_no_secrets() -> None:
    preferences.get().setup.proxy = "http://ada:s3cret@proxy.studio:3128"
    bpy.ops.partgen.set_up()
    assert watch.finish(30)
    from bl_ext.user_default.partgen_blender import debug_info

    text = debug_info.debug_info()
    for words in ("Blender", "Condition: absent", "Plan: Device", "uv-", "wheel 0."):
        assert words in text
    assert "s3cret" not in text
    assert str(Path.home()) not in text
