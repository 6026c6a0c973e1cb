"""Jobs: a result comes as one undo step, and whatever happens meanwhile leaves a message and the scene as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.partgen_blender import applying, backend, collections, jobs, messages, stored_parts, stored_tree, wording
from conftest import MODULE
from partgen.client import Status
from partgen.errors import Action

pytestmark = pytest.mark.usefixtures("patient_backend")


def make_row(name: str, count: int = 4) -> bpy.types.Object:
    """Cubes in a row, one mesh, selected and active."""
    pieces = []
    for number in range(count):
        bpy.ops.mesh.primitive_cube_add(size=1.0, location=(2.0 * number, 0.0, 0.0))
        pieces.append(bpy.context.object)
    bpy.ops.object.select_all(action="DESELECT")
    for piece in pieces:
        piece.select_set(True)
    bpy.context.view_layer.objects.active = pieces[0]
    if count > 1:
        bpy.ops.object.join()
    row = bpy.context.object
    row.name = row.data.name = name
    return row


def select(*objects: bpy.types.Object) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    for object_ in objects:
        object_.select_set(True)
    bpy.context.view_layer.objects.active = objects[0]


def pump_until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Pumps as the timer does until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds:.0f} s: {[(job.object_name, job.stage) for job in jobs.open_jobs()]}"
        jobs.pump()
        time.sleep(0.02)


def start_slow(*objects: bpy.types.Object) -> None:
    """Starts to decompose what takes a minute and waits until the backend is at it."""
    select(*objects)
    assert bpy.ops.partgen.decompose() == {"FINISHED"}
    pump_until(lambda: any(job.fraction > 0 for job in jobs.open_jobs()))


def told() -> str:
    """All that the panel tells."""
    return " ".join(f"{message.sentence} {message.remedy}" for message in messages.shown)


def snapshot() -> dict[str, tuple]:
    """The scene as an artist would compare it: objects with their place and their mesh."""
    return {
        o.name: (
            o.data.name,
            tuple(map(tuple, o.matrix_world)),
            sorted(o.data.attributes.keys()),
            sorted(o.data.keys()),
            [tuple(v.co) for v in o.data.vertices],
            o.hide_get(),
        )
        for o in bpy.data.objects
    }


# ---- results ---------------------------------------------------------------------------------------------------------


def test_result_is_written_on_the_object_at_its_default_scale() -> None:
    row = make_row("Row")
    assert bpy.ops.partgen.decompose() == {"FINISHED"}
    assert jobs.finish(30)
    stored = stored_tree.read(row.data)
    assert stored is not None
    assert stored.tree.leaf_count == 4
    assert row.data.partgen.scale == pytest.approx(stored.tree.default_scale)
    assert row.data.partgen.parts == 2
    assert np.array_equal(stored_tree.part_of_polygon(row.data), stored.part_of_polygon(row.data.partgen.scale))
    assert not messages.shown


def test_result_is_exactly_one_undo_step_and_starting_is_none() -> None:
    make_row("Row")
    bpy.ops.ed.undo_push(message="before")
    bpy.context.object.location.z = 5.0
    bpy.ops.ed.undo_push(message="moved")
    bpy.ops.partgen.decompose("EXEC_DEFAULT", True)
    assert jobs.finish(30)
    assert stored_tree.is_stored(bpy.data.meshes["Row"])
    bpy.ops.ed.undo()
    assert not stored_tree.is_stored(bpy.data.meshes["Row"])
    assert bpy.data.objects["Row"].location.z == 5.0
    bpy.ops.ed.undo()
    assert bpy.data.objects["Row"].location.z == 0.0
    bpy.ops.ed.redo()
    bpy.ops.ed.redo()
    assert stored_tree.is_stored(bpy.data.meshes["Row"])
    assert bpy.data.meshes["Row"].partgen.parts == 2


def test_starting_a_job_changes_nothing() -> None:
    row = make_row("Slow Row")
    before = snapshot()
    start_slow(row)
    assert snapshot() == before
    jobs.cancel_all()


def test_apply_at_once_is_one_undo_step_with_the_decomposition() -> None:
    make_row("Row")
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.partgen.decompose("EXEC_DEFAULT", True, apply_at_once=True)
    assert jobs.finish(30)
    assert [o.name for o in bpy.context.selected_objects] == ["Row Part 01", "Row Part 02"]
    assert bpy.data.objects["Row"].hide_get()
    bpy.ops.ed.undo()
    assert bpy.data.objects.keys() == ["Row"]
    assert not stored_tree.is_stored(bpy.data.meshes["Row"])


def test_objects_of_a_former_tree_are_behind_until_applied_again() -> None:
    row = make_row("Row")
    bpy.ops.partgen.decompose(apply_at_once=True)
    assert jobs.finish(30)
    assert not applying.is_behind(row)
    select(*collections.parts_of(row))
    jobs.decompose([row])
    assert jobs.finish(30)
    assert applying.is_behind(row)
    assert applying.parts_of_this_tree(row) == []
    bpy.ops.partgen.apply()
    assert not applying.is_behind(row)
    assert len(applying.parts_of_this_tree(row)) == 2


def test_several_objects_are_one_job_each_with_progress_over_all() -> None:
    rows = [make_row(f"Row {n}") for n in range(3)]
    select(*rows)
    assert bpy.ops.partgen.decompose() == {"FINISHED"}
    assert [job.object_name for job in jobs.open_jobs()] == ["Row 0", "Row 1", "Row 2"]
    assert jobs.progress()[2][0] == "1 of 3 · Row 0"
    assert jobs.finish(30)
    assert all(stored_tree.is_stored(row.data) for row in rows)


def test_objects_that_share_a_mesh_are_one_job() -> None:
    row = make_row("Row")
    twin = bpy.data.objects.new("Twin", row.data)
    bpy.context.collection.objects.link(twin)
    select(row, twin)
    bpy.ops.partgen.decompose()
    assert len(jobs.open_jobs()) == 1


def test_evaluated_mesh_is_decomposed_on_a_copy_that_takes_the_place() -> None:
    row = make_row("Row", 2)
    array = row.modifiers.new("Array", "ARRAY")
    array.count, array.relative_offset_displace = 3, (0.0, 2.0, 0.0)
    bpy.context.view_layer.update()
    bpy.ops.partgen.decompose(surface="EVALUATED")
    assert bpy.data.objects.keys() == ["Row"]
    assert jobs.finish(30)
    copy = bpy.context.object
    assert copy != row
    assert stored_tree.read(copy.data).tree.leaf_count == 6
    assert not stored_tree.is_stored(row.data)
    assert "copy of Row" in told()


def test_nothing_is_told_as_lost_where_the_object_keeps_it_and_a_copy_is_decomposed_for_the_first_time() -> None:
    row = make_row("Row", 2)
    bpy.ops.partgen.decompose()
    assert jobs.finish(30)
    stored_parts.give(row.data, 0, name="Lid", is_made=True)
    row.modifiers.new("Array", "ARRAY").count = 3
    bpy.context.view_layer.update()
    bpy.ops.partgen.decompose(surface="EVALUATED")
    assert jobs.finish(30)
    assert bpy.context.object != row
    assert stored_parts.read(row.data)[0].name == "Lid"
    assert "gone" not in told()


def test_evaluated_mesh_of_a_plain_object_is_the_object_itself() -> None:
    row = make_row("Row")
    bpy.ops.partgen.decompose(surface="EVALUATED")
    assert jobs.finish(30)
    assert bpy.data.objects.keys() == ["Row"]
    assert stored_tree.is_stored(row.data)


def test_renamed_object_gets_its_result() -> None:
    row = make_row("Row")
    bpy.ops.partgen.decompose()
    row.name = "Renamed"
    bpy.data.objects.new("Row", bpy.data.meshes.new("Other"))
    assert jobs.finish(30)
    assert stored_tree.is_stored(row.data)


def test_newer_job_replaces_the_older_silently() -> None:
    row = make_row("Slow Row")
    start_slow(row)
    bpy.ops.partgen.decompose()
    assert len(jobs.open_jobs()) == 1
    pump_until(lambda: jobs.progress()[0] > 0)
    assert jobs.progress()[0] < 0.1
    assert jobs.progress()[2] == ["Counting the pieces"]
    assert not messages.shown
    jobs.cancel_all()


def test_newer_job_for_a_shared_mesh_replaces_that_of_the_other_object() -> None:
    row = make_row("Slow Row")
    twin = bpy.data.objects.new("Row Twin", row.data)
    bpy.context.collection.objects.link(twin)
    start_slow(row)
    select(twin)
    bpy.ops.partgen.decompose()
    assert [job.object_name for job in jobs.open_jobs()] == ["Row Twin"]
    assert jobs.finish(30)
    assert not messages.shown
    assert stored_tree.is_stored(row.data)


def test_time_left_counts_the_objects_that_wait() -> None:
    rows = [make_row(f"Slow Row {n}") for n in range(3)]
    start_slow(*rows)
    pump_until(lambda: jobs.progress()[1])
    first, *_ = jobs.open_jobs()
    assert jobs._seconds_left(first) == pytest.approx(first.seconds_left + 2 * first.seconds_left / (1 - first.fraction))
    jobs.cancel_all()


def test_result_waits_for_object_mode() -> None:
    row = make_row("Row")
    bpy.ops.partgen.decompose()
    bpy.ops.object.mode_set(mode="EDIT")
    pump_until(lambda: any("Object Mode" in job.stage for job in jobs.open_jobs()))
    jobs.pump()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert jobs.finish(5)
    assert stored_tree.is_stored(row.data)


def test_nothing_but_the_result_of_a_million_faces_holds_the_artist_up() -> None:
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=1000, y_subdivisions=1000)
    bpy.context.object.name = "Slow Grid"
    loops = bpy.context.object.data.loops
    vertex_of_loop = np.empty(len(loops), np.int32)
    # The plain way to read a mesh, in the same run: milliseconds alone would tell more of the machine than of us.
    reading = min(_thread_seconds(lambda: loops.foreach_get("vertex_index", vertex_of_loop)) for _ in range(3))
    seconds: dict[str, list[float]] = {"decompose": [], "pump": [], "cancel": []}
    for _ in range(5):
        seconds["decompose"].append(_thread_seconds(bpy.ops.partgen.decompose))
        seconds["pump"].append(_thread_seconds(jobs.pump))
        seconds["cancel"].append(_thread_seconds(bpy.ops.partgen.cancel))
        seconds["pump"].append(_thread_seconds(jobs.pump))
    assert {action: taken for action, taken in seconds.items() if np.median(taken) > reading / 3} == {}


def _thread_seconds(action: Callable[[], object]) -> float:
    began = time.thread_time()
    action()
    return time.thread_time() - began


# ---- what may happen meanwhile -----------------------------------------------------------------------------------------


def test_cancel_leaves_the_scene_and_the_backend() -> None:
    row = make_row("Slow Row")
    before = snapshot()
    start_slow(row)
    assert bpy.ops.partgen.cancel() == {"FINISHED"}
    assert not jobs.open_jobs()
    pump_until(lambda: backend.status() is Status.READY, 5)
    assert snapshot() == before
    assert not messages.shown


def test_killed_backend_is_explained_and_started_again() -> None:
    row = make_row("Slow Row")
    before = snapshot()
    start_slow(row)
    os.kill(backend.greeting().pid, signal.SIGKILL)
    pump_until(lambda: not jobs.open_jobs(), 10)
    assert "Slow Row was not decomposed" in told()
    assert "backend" in told()
    assert snapshot() == before
    row.name = "Row"
    bpy.ops.partgen.decompose()
    assert jobs.finish(30)
    assert stored_tree.is_stored(row.data)


def test_a_reason_that_ends_several_jobs_is_told_once() -> None:
    rows = [make_row(f"Slow Row {n}") for n in range(4)]
    start_slow(*rows)
    os.kill(backend.greeting().pid, signal.SIGKILL)
    pump_until(lambda: not jobs.open_jobs(), 10)
    (message,) = messages.shown
    assert message.sentence.startswith("Slow Row 0, Slow Row 1 and 2 more were not decomposed. The backend was stopped")


def test_stopped_backend_is_said() -> None:
    row = make_row("Slow Row")
    start_slow(row)
    assert bpy.ops.partgen.stop_backend() == {"FINISHED"}
    pump_until(lambda: not jobs.open_jobs(), 5)
    assert "Slow Row was not decomposed. The backend was stopped." in told()


def test_file_loaded_meanwhile(tmp_path: Path) -> None:
    path = str(tmp_path / "other.blend")
    make_row("Slow Row")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    start_slow(bpy.data.objects["Slow Row"])
    bpy.ops.wm.open_mainfile(filepath=path)
    assert not jobs.open_jobs()
    assert "Slow Row was not decomposed, because another file was opened." in told()
    assert not stored_tree.is_stored(bpy.data.meshes["Slow Row"])


def test_what_was_said_of_one_file_is_gone_in_another(tmp_path: Path) -> None:
    path = str(tmp_path / "other.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    messages.tell("WARNING", 'Table: no part has the faces of "Leg" now, so what you gave there is gone.')
    assert "Table" in told()
    bpy.ops.wm.open_mainfile(filepath=path)
    assert not messages.shown


def test_object_deleted_meanwhile() -> None:
    row = make_row("Row")
    bpy.ops.partgen.decompose()
    bpy.data.objects.remove(row)
    assert jobs.finish(30)
    assert "Row was deleted while it was being decomposed." in told()
    assert not bpy.data.objects


def test_object_deleted_by_the_artist_meanwhile() -> None:
    make_row("Row")
    bpy.ops.partgen.decompose()
    bpy.ops.object.delete()
    assert jobs.finish(30)
    assert "Row was deleted" in told()


@pytest.mark.parametrize("edit", ["coordinates", "topology"])
def test_object_edited_meanwhile(edit: str) -> None:
    row = make_row("Row")
    bpy.ops.partgen.decompose()
    if edit == "coordinates":
        row.data.vertices[0].co.x += 0.25
    else:
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.mesh.subdivide()
        bpy.ops.object.mode_set(mode="OBJECT")
    before = snapshot()
    assert jobs.finish(30)
    assert "Row was edited while it was being decomposed" in told()
    assert snapshot() == before


def test_undo_of_an_edit_meanwhile_is_noticed() -> None:
    row = make_row("Row")
    bpy.ops.ed.undo_push(message="before")
    row.data.vertices[0].co.x += 0.25
    bpy.ops.ed.undo_push(message="edited")
    bpy.ops.partgen.decompose()
    bpy.ops.ed.undo()
    assert jobs.finish(30)
    assert "Row was edited" in told()
    assert not stored_tree.is_stored(bpy.data.meshes["Row"])


def test_undo_that_does_not_touch_the_object_does_not_matter() -> None:
    make_row("Row")
    bpy.ops.ed.undo_push(message="before")
    bpy.context.scene.frame_end = 77
    bpy.ops.ed.undo_push(message="frames")
    bpy.ops.partgen.decompose()
    bpy.ops.ed.undo()
    assert jobs.finish(30)
    assert stored_tree.is_stored(bpy.data.meshes["Row"])


def test_undo_of_the_objects_creation_meanwhile() -> None:
    bpy.ops.ed.undo_push(message="empty")
    make_row("Row")
    bpy.ops.ed.undo_push(message="row")
    bpy.ops.partgen.decompose()
    bpy.ops.ed.undo()
    assert not bpy.data.objects
    assert jobs.finish(30)
    assert "Row was deleted" in told()


def test_add_on_disabled_meanwhile_ends_the_backend() -> None:
    row = make_row("Slow Row")
    before = snapshot()
    start_slow(row)
    process = backend.greeting().pid
    bpy.ops.preferences.addon_disable(module=MODULE)
    try:
        deadline = time.monotonic() + 5
        while _is_alive(process):
            assert time.monotonic() < deadline, "the backend outlived the add-on"
            time.sleep(0.05)
        assert not hasattr(bpy.types.Mesh, "partgen")
    finally:
        bpy.ops.preferences.addon_enable(module=MODULE)
    assert snapshot() == before
    assert "Slow Row was not decomposed, because the add-on was disabled." in told()


def test_quitting_meanwhile_ends_the_backend(tmp_path: Path) -> None:
    script = tmp_path / "quit.py"
    script.write_text(
        textwrap.dedent(f"""
        import importlib, sys, time
        import bpy
        bpy.ops.preferences.addon_enable(module={MODULE!r})
        jobs = importlib.import_module({MODULE!r} + ".jobs")
        backend = importlib.import_module({MODULE!r} + ".backend")
        bpy.ops.mesh.primitive_cube_add()
        bpy.context.object.name = "Slow Cube"
        bpy.ops.partgen.decompose()
        while not any(job.fraction for job in jobs.open_jobs()):
            jobs.pump()
            time.sleep(0.02)
        print("BACKEND", backend.greeting().pid, flush=True)
        import os
        os.kill(os.getpid(), 9) if sys.argv[1:] == ["killed"] else sys.exit()
        """)
    )
    for ending in ([], ["killed"]):
        done = subprocess.run([sys.executable, script, *ending], capture_output=True, text=True, timeout=60)
        process = int(done.stdout.split("BACKEND ")[1].split()[0])
        deadline = time.monotonic() + 10
        while _is_alive(process):
            assert time.monotonic() < deadline, f"the backend outlived Blender {ending}"
            time.sleep(0.05)


def test_without_a_backend_the_button_says_what_to_do(no_backend: Path) -> None:
    make_row("Row")
    with pytest.raises(RuntimeError, match=r"PartGen needs an environment.*Set it up first"):
        bpy.ops.partgen.decompose()
    assert [message.action for message in messages.shown] == [Action.SET_UP]


def test_backend_that_cannot_start_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    make_row("Row")
    backend.stop(wait=5)
    monkeypatch.setenv("PARTGEN_BACKEND", "/nowhere/partgen serve")
    bpy.ops.partgen.decompose()
    assert jobs.finish(10)
    assert "Row was not decomposed. The backend could not be started" in told()


def test_another_backend_does_not_answer_for_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = make_row("Slow Row"), make_row("Row")
    start_slow(slow)
    os.kill(backend.greeting().pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while backend.status() is not Status.STOPPED:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    monkeypatch.setenv("PARTGEN_BACKEND", os.environ["PARTGEN_BACKEND"] + " --log ''")
    select(quick)
    bpy.ops.partgen.decompose()
    assert [job.object_name for job in jobs.open_jobs()] == ["Row"]
    assert jobs.finish(30)
    assert stored_tree.is_stored(quick.data)
    assert not stored_tree.is_stored(slow.data)
    assert "Slow Row was not decomposed" in told()


def test_active_object_that_is_not_selected_is_left_alone() -> None:
    active, selected = make_row("Active"), make_row("Selected")
    select(selected)
    bpy.context.view_layer.objects.active = active
    bpy.ops.partgen.decompose()
    assert [job.object_name for job in jobs.open_jobs()] == ["Selected"]
    jobs.cancel_all()
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.partgen.decompose()
    assert [job.object_name for job in jobs.open_jobs()] == ["Active"]


def test_object_without_faces_is_named_and_does_not_stop_the_others() -> None:
    row = make_row("Row")
    bpy.context.collection.objects.link(bpy.data.objects.new("Empty Hull", bpy.data.meshes.new("hull")))
    select(row, bpy.data.objects["Empty Hull"])
    bpy.ops.partgen.decompose()
    assert "Empty Hull has no faces." in told()
    assert jobs.finish(30)
    assert stored_tree.is_stored(row.data)


def test_a_fault_of_ours_is_said_can_be_undone_and_does_not_stop_the_other_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [make_row(f"Row {n}") for n in range(2)]
    bpy.ops.ed.undo_push(message="before")
    write = stored_tree.write

    def fail_half_way(mesh: bpy.types.Mesh, *arguments: object) -> None:
        write(mesh, *arguments)
        if mesh.name == "Row 0":
            raise ZeroDivisionError

    monkeypatch.setattr(stored_tree, "write", fail_half_way)
    select(*rows)
    bpy.ops.partgen.decompose()
    assert jobs.finish(30)
    assert "The parts of Row 0 could not be inserted: an error inside PartGen (ZeroDivisionError)." in told()
    assert stored_tree.is_stored(bpy.data.meshes["Row 1"])
    for _ in range(2):
        bpy.ops.ed.undo()
    assert not any(stored_tree.is_stored(mesh) for mesh in bpy.data.meshes)


def test_an_idle_backend_is_listened_to_seldom_and_a_stopped_one_not_at_all() -> None:
    make_row("Row")
    bpy.ops.partgen.decompose()
    assert bpy.app.timers.is_registered(jobs._tick)
    assert jobs.finish(30)
    assert jobs._tick() == jobs.IDLE_SECONDS
    backend.stop(wait=5)
    assert jobs._tick() is None


def test_a_backend_that_ends_while_nothing_is_asked_of_it_is_explained() -> None:
    bpy.ops.partgen.start_backend()
    pump_until(lambda: backend.status() is Status.READY)
    os.kill(backend.greeting().pid, signal.SIGKILL)
    pump_until(lambda: messages.shown)
    (message,) = messages.shown
    assert message.sentence.startswith("The backend")
    assert message.remedy
    assert Path(message.log_path) == backend.log_path()


def test_a_backend_that_cannot_be_started_is_explained_also_without_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    backend.stop(wait=5)
    monkeypatch.setenv("PARTGEN_BACKEND", "/nowhere/partgen serve")
    bpy.ops.partgen.start_backend()
    pump_until(lambda: messages.shown)
    assert "The backend could not be started" in told()
    assert messages.shown[0].action is Action.OPEN_PREFERENCES


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "about 1 s left"), (7.4, "about 7 s left"), (47, "about 45 s left"), (200, "about 3 min left")]
)
def test_time_left_is_said_as_a_person_would(seconds: float, words: str) -> None:
    assert wording.time_left(seconds) == words


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        # One that has ended and was not waited for is not alive either.
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
