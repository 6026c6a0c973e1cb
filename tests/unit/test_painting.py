"""A part is painted by whatever checkpoint of a known kind lies on this computer, and by nothing else: tiny random ones run end to end."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.devices import CPU, Placement
from partgen.errors import Action, Cancelled, PartgenError
from partgen.files import read_model, write_file
from partgen.progress import Progress, no_progress
from partgen.texturing import inpainting
from partgen.texturing.checkpoints import chosen_control, chosen_folder, chosen_normals, read_checkpoint
from partgen.texturing.grid import Grid
from partgen.texturing.inpainting import FULL, REDUCED, DiffusionInpainter, Effort, check_packages, effort_on
from partgen.weights.registry import entry, write_record

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
import tiny_diffusion as tiny  # noqa: E402

ON_CPU = Placement(CPU, "float32")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint of every kind."""
    folder = tmp_path_factory.mktemp("checkpoints")
    tiny.stable_diffusion(folder / "sd")
    tiny.stable_diffusion(folder / "from words", channels=4)
    tiny.as_published(folder / "published")
    tiny.stable_diffusion_xl(folder / "xl")
    tiny.depth_control(folder / "depth")
    tiny.depth_control(folder / "depth xl", is_xl=True)
    return folder


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks gain nothing from more, and lose much where the cores are busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for another computer fails the test."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("PARTGEN_DEVICE", "cpu")


def grid(side: int = 64) -> Grid:
    rng = np.random.default_rng(0)
    mask = np.zeros((side, side), bool)
    mask[side // 4 : -side // 4, side // 4 : -side // 4] = True
    normals = np.broadcast_to(np.array([0.5, 0.5, 1.0]), (side, side, 3))
    return Grid(rng.random((side, side, 3)), mask, np.linspace(0, 1, side * side).reshape(side, side), normals)


def inpainter(folder: Path, control: Path | None = None, steps: int = 2) -> DiffusionInpainter:
    return DiffusionInpainter(read_checkpoint(folder, control), ON_CPU, Effort(side=64, steps=steps))


# ---- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "control"),
    [("sd", ""), ("sd", "depth"), ("from words", "depth"), ("published", ""), ("xl", ""), ("xl", "depth xl")],
)
def test_every_kind_paints_and_the_seed_decides(shelf: Path, model: str, control: str) -> None:
    paint = inpainter(shelf / model, shelf / control if control else None)
    one, again, other = (paint(grid(), "rusty iron", seed) for seed in (1, 1, 2))
    assert one.shape == (64, 64, 3)
    assert np.isfinite(one).all()
    assert one.min() >= 0
    assert one.max() <= 1
    assert np.array_equal(one, again)
    assert not np.allclose(one, other, atol=0.01)
    assert not np.array_equal(one, paint(grid(), "blue glass", 1)), "the words count"


def test_a_checkpoint_read_again_gives_the_same_picture(shelf: Path) -> None:
    assert np.array_equal(inpainter(shelf / "sd")(grid(), "oak", 3), inpainter(shelf / "sd")(grid(), "oak", 3))


@pytest.mark.parametrize(("model", "control"), [("sd", "depth"), ("xl", "depth xl")])
def test_a_controlnet_is_led_by_the_depth(shelf: Path, model: str, control: str) -> None:
    paint = inpainter(shelf / model, shelf / control)
    there = grid()
    turned = replace(there, depth=1 - there.depth)
    assert not np.array_equal(paint(there, "oak"), paint(turned, "oak"))
    unled = inpainter(shelf / model)
    assert np.array_equal(unled(there, "oak"), unled(turned, "oak"))


@pytest.mark.parametrize(("model", "control"), [("sd", "depth"), ("xl", "depth xl")])
@pytest.mark.parametrize("has_depth", [False, True])
def test_a_controlnet_is_led_by_the_normals_alone_or_beside_the_depth(shelf: Path, model: str, control: str, has_depth: bool) -> None:
    checkpoint = read_checkpoint(shelf / model, shelf / control if has_depth else None, normals=shelf / control)
    paint = DiffusionInpainter(checkpoint, ON_CPU, Effort(side=64, steps=2))
    there = grid()
    assert not np.array_equal(paint(there, "oak"), paint(replace(there, normal=1 - there.normal), "oak"))
    assert np.array_equal(paint(there, "oak"), paint(replace(there, depth=1 - there.depth), "oak")) != has_depth
    assert paint.seconds() > 0
    assert checkpoint.name == f"{model} with {control} and {control}" if has_depth else f"{model} with {control}"


def test_normals_are_used_where_the_ones_that_fit_are_here_and_told(shelf: Path, tmp_path: Path) -> None:
    assert chosen_normals("auto", shelf / "sd", tmp_path) is None
    shutil.copytree(shelf / "depth", tmp_path / "sd15-normals")
    files = {file.name: {"size": file.stat().st_size} for file in (tmp_path / "sd15-normals").iterdir()}
    write_record(tmp_path / "sd15-normals", {"files": files})
    assert chosen_normals("auto", shelf / "sd", tmp_path) == tmp_path / "sd15-normals"
    assert chosen_normals("auto", shelf / "xl", tmp_path) is None
    assert chosen_normals("none", shelf / "sd", tmp_path) is None
    with pytest.raises(PartgenError, match="made for checkpoints of another kind"):
        read_checkpoint(shelf / "xl", normals=tmp_path / "sd15-normals")


@pytest.mark.parametrize(("model", "control"), [("published", "depth"), ("xl", "depth xl")])
def test_half_precision_paints_nearly_the_same(shelf: Path, model: str, control: str) -> None:
    checkpoint = read_checkpoint(shelf / model, shelf / control, in_half=True)
    full, half = (
        DiffusionInpainter(checkpoint, Placement(CPU, precision), Effort(side=64, steps=2)) for precision in ("float32", "bfloat16")
    )
    assert half.seconds() > 0
    assert np.abs(full(grid(), "oak", 4) - half(grid(), "oak", 4)).mean() < 0.02


def test_less_strength_stays_nearer_to_what_was_there(shelf: Path) -> None:
    paint = inpainter(shelf / "sd", steps=10)
    weak, strong = paint(grid(), "oak", strength=0.1), paint(grid(), "oak", strength=1.0)
    assert not np.allclose(weak, strong, atol=0.01)
    told: list[str] = []
    paint(grid(), "oak", strength=0.2, progress=lambda fraction, stage: told.append(stage))
    assert told == ["step 1 of 2", "step 2 of 2"]


def test_one_step_is_made_however_weak_the_wish(shelf: Path) -> None:
    for strength in (0.05, 0.0001):
        assert np.isfinite(inpainter(shelf / "sd", steps=1)(grid(), "oak", strength=strength)).all()


def test_more_steps_than_the_networks_were_trained_with_can_be_asked_for(shelf: Path) -> None:
    told: list[str] = []

    def stop(fraction: float, stage: str) -> None:
        told.append(stage)
        raise Cancelled

    for steps in (1000, 2000):
        with pytest.raises(Cancelled):
            inpainter(shelf / "sd", steps=steps)(grid(), "oak", progress=stop)
        assert told.pop() == "step 1 of 999"


def test_a_cancel_stops_between_steps(shelf: Path) -> None:
    class Stop(Exception):
        pass

    def stop(fraction: float, stage: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        inpainter(shelf / "sd")(grid(), "oak", progress=stop)


def test_a_cpu_works_in_a_reduced_form_and_an_accelerator_in_full() -> None:
    assert effort_on(ON_CPU) == REDUCED
    assert effort_on(Placement(CPU.__class__("cuda:0", "a card", 8 * 10**9, ("float16",)), "float16")) == FULL
    assert (REDUCED.side / FULL.side) ** 2 * REDUCED.steps / FULL.steps == pytest.approx(0.1)


def test_the_time_that_is_told_grows_with_the_work(shelf: Path) -> None:
    few, many = inpainter(shelf / "sd", steps=2), inpainter(shelf / "sd", steps=2000)
    assert 0 < min(few.seconds() for _ in range(3)) < many.seconds()


def test_an_empty_prompt_is_not_painted(shelf: Path) -> None:
    with pytest.raises(PartgenError, match="prompt is empty"):
        inpainter(shelf / "sd")(grid(), "  ")


# ---- folders ---------------------------------------------------------------------------------------------------------


def test_weights_that_could_be_programs_are_refused(shelf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(shelf / "sd", folder)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(PartgenError, match="only as a pickle") as caught:
        read_checkpoint(folder)
    assert caught.value.code == "texture.unsafe"
    (folder / "unet" / "diffusion_pytorch_model.bin").unlink()
    with pytest.raises(PartgenError, match="weights of its unet not at all"):
        read_checkpoint(folder)


@pytest.mark.parametrize(
    ("component", "described"),
    [
        ("unet", ["os", "system"]),
        ("scheduler", ["subprocess", "Popen"]),
        ("vae", ["diffusers", "UNet2DModel"]),
        ("more", ["pipeline", "Mine"]),
    ],
)
def test_a_folder_that_names_another_program_is_refused(shelf: Path, tmp_path: Path, component: str, described: list[str]) -> None:
    folder = tmp_path / "strange"
    shutil.copytree(shelf / "sd", folder)
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {component: described}))
    with pytest.raises(PartgenError, match="could be any program") as caught:
        read_checkpoint(folder)
    assert caught.value.code == "texture.unsafe"


def test_a_damaged_file_is_told(shelf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cut short"
    shutil.copytree(shelf / "sd", folder)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"\x10" * 40)
    with pytest.raises(PartgenError, match="cut short could not be loaded") as caught:
        inpainter(folder)
    assert caught.value.code == "weights.damaged"
    (folder / "model_index.json").write_text("{")
    with pytest.raises(PartgenError, match="in cut short cannot be read"):
        read_checkpoint(folder)


def test_a_folder_of_another_kind_says_what_it_is(shelf: Path, tmp_path: Path) -> None:
    def problem(folder: Path, control: Path | None = None) -> str:
        with pytest.raises(PartgenError) as caught:
            read_checkpoint(folder, control)
        assert caught.value.remedy
        return caught.value.sentence

    assert "There is no folder" in problem(tmp_path / "nowhere")
    assert "has no model_index.json" in problem(tmp_path)
    assert "one network, no whole checkpoint" in problem(shelf / "depth")
    assert "whole checkpoint, no ControlNet" in problem(shelf / "sd", shelf / "xl")
    assert "is a UNet2DConditionModel, no ControlNet" in problem(shelf / "sd", shelf / "sd" / "unet")
    assert "made for checkpoints of another kind" in problem(shelf / "sd", shelf / "depth xl")
    assert "made for checkpoints of another kind" in problem(shelf / "xl", shelf / "depth")
    (tmp_path / "one.safetensors").touch()
    assert "the single file one.safetensors" in problem(tmp_path)
    (tmp_path / "model_index.json").write_text('{"_class_name": "FluxPipeline"}')
    assert "is a FluxPipeline" in problem(tmp_path)
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    assert "lacks the component" in problem(tmp_path)


def test_files_in_half_precision_are_taken_where_they_are_all_there_is_or_will_do(shelf: Path, tmp_path: Path) -> None:
    assert read_checkpoint(shelf / "published").variant == "fp16"
    assert read_checkpoint(shelf / "sd", in_half=True).variant == ""
    both = tmp_path / "both"
    shutil.copytree(shelf / "sd", both)
    shutil.copytree(shelf / "published", both, dirs_exist_ok=True)
    assert read_checkpoint(both).variant == ""
    assert read_checkpoint(both, in_half=True).variant == "fp16"


def test_auto_takes_what_is_here_and_says_what_to_download_where_nothing_is(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(PartgenError, match="partgen models download sd15-inpainting") as caught:
        chosen_folder("auto", False, tmp_path)
    assert (caught.value.code, caught.value.action) == ("weights.absent", Action.OPEN_PREFERENCES)
    with pytest.raises(PartgenError, match="partgen models download sdxl-depth"):
        chosen_control("sdxl-depth", shelf / "xl", tmp_path)
    with pytest.raises(PartgenError, match="neither a folder nor a model that paints"):
        chosen_folder("slimsam", False, tmp_path)
    for name, kind in (("sd15-inpainting", "sd"), ("sdxl-inpainting", "xl"), ("sd15-depth", "depth"), ("sdxl-depth", "depth xl")):
        install(shelf / kind, tmp_path / name)
    assert chosen_folder("auto", False, tmp_path) == tmp_path / "sd15-inpainting"
    assert chosen_folder("auto", True, tmp_path) == tmp_path / "sdxl-inpainting"
    assert chosen_folder(str(shelf / "xl"), False, tmp_path) == shelf / "xl"
    assert chosen_control("auto", shelf / "xl", tmp_path) == tmp_path / "sdxl-depth"
    assert chosen_control("auto", tmp_path / "sd15-inpainting", tmp_path) == tmp_path / "sd15-depth"
    assert chosen_control("none", shelf / "xl", tmp_path) is None


def install(source: Path, home: Path) -> None:
    """Puts a folder where a download would be."""
    shutil.copytree(source, home)
    files = {str(file.relative_to(home)): {"size": file.stat().st_size} for file in home.rglob("*") if file.is_file()}
    write_record(home, {"files": files})


def test_the_registry_lists_files_that_a_checkpoint_needs() -> None:
    for id in ("sd15-inpainting", "sdxl-inpainting"):
        folders = {file.path.split("/")[0] for file in entry(id).files}
        assert {"model_index.json", "scheduler", "tokenizer", "text_encoder", "unet", "vae"} <= folders
    assert {file.path for file in entry("sd15-depth").files} == {"config.json", "diffusion_pytorch_model.fp16.safetensors"}


@pytest.mark.parametrize(("missing", "told"), [("torch", "Set PartGen up with the tier AI"), ("diffusers", "needs diffusers, which is")])
def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch, missing: str, told: str) -> None:
    monkeypatch.setattr(inpainting, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(PartgenError, match=told):
        check_packages()


# ---- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def still(tmp_path: Path) -> list[str]:
    """Arguments for a ball on a board."""
    ball, board = trimesh.creation.icosphere(subdivisions=2, radius=0.5), trimesh.creation.box((2, 0.2, 2))
    board.apply_translation((0, -0.6, 0))
    scene = trimesh.Scene({"ball": ball, "board": board})
    write_file(tmp_path / "still.glb", scene.export(file_type="glb"))
    model = read_model(tmp_path / "still.glb")
    labels = (model.mesh.vertices[model.mesh.faces].mean(axis=1)[:, 1] < -0.495).astype(np.int32)
    np.savez(tmp_path / "still.npz", face_labels=labels)
    return ["edit", str(tmp_path / "still.glb"), "--labels", str(tmp_path / "still.npz"), "--part", "0", "--method", "texture"]


def test_the_command_writes_a_painted_part_for_each_variation(
    shelf: Path, still: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--model", str(shelf / "published"), "--controlnet", str(shelf / "depth"), "--steps", "1", "--variations", "2", "--json"]
    assert main([*still, "--prompt", "rusty iron", "-o", str(tmp_path / "iron.glb"), "--seed", "7", *options]) == 0
    printed = capsys.readouterr()
    assert "Painting 2 variations with published with depth on CPU, float32: about" in printed.err
    assert "torchvision" not in printed.err
    answers = [json.loads(line) for line in printed.out.splitlines()]
    assert [(Path(one["file"]).name, one["seed"], one["steps"]) for one in answers] == [("iron.glb", 7, 1), ("iron_2.glb", 8, 1)]
    assert any("reduced form" in note for note in answers[0]["notes"])
    pictures = []
    for one in answers:
        geometries = trimesh.load_scene(one["file"]).geometry
        material = geometries["still Part 00"].visual.material
        assert material.name == "rusty iron"
        assert material.baseColorTexture.size == (one["texture_sizes"][0],) * 2
        assert np.array(material.baseColorTexture).std() > 1
        assert geometries["still Part 01"].visual.kind != "texture"
        pictures.append(np.array(material.baseColorTexture))
    assert not np.array_equal(*pictures)


def test_the_command_says_where_nothing_led_the_painting(
    shelf: Path, still: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["-o", str(tmp_path / "oak.glb")]
    assert main([*still, "--prompt", "oak", *out, "--model", str(shelf / "xl"), "--controlnet", "none", "--steps", "1"]) == 0
    printed = capsys.readouterr().out
    assert "part 0 painted by xl, seed 0, texture of" in printed
    assert "partgen models download sdxl-depth" in printed


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--prompt", " "], "The prompt is empty"),
        (["--prompt", "oak", "--part", "9"], "has no part 9"),
        (["--prompt", "oak", "--model", "nowhere"], "neither a folder nor a model that paints"),
        (["--prompt", "oak"], "partgen models download sd15-inpainting"),
        (["--prompt", "oak", "--method", "instruct", "--model", "sd15-inpainting"], "no model sd15-inpainting that reads instructions"),
    ],
)
def test_what_cannot_be_painted_is_told_and_nothing_is_written(
    still: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], told: str
) -> None:
    out = tmp_path / "out.glb"
    assert main([*still, "-o", str(out), *more]) == 1
    assert told in capsys.readouterr().err
    assert not out.exists()


def test_a_plain_painter_serves_as_well(tmp_path: Path) -> None:
    """What paints is a protocol: whatever answers a picture."""
    from partgen.model_texturing import textured

    class Red:
        side = 128

        def __call__(self, grid: Grid, prompt: str, seed: int = 0, strength: float = 1.0, progress: Progress = no_progress) -> np.ndarray:
            return np.ones((self.side, self.side, 3)) * [1.0, 0.0, 0.0]

    write_file(tmp_path / "ball.glb", trimesh.creation.icosphere(subdivisions=2).export(file_type="glb"))
    model = read_model(tmp_path / "ball.glb")
    made = textured(model, np.zeros(len(model.mesh.faces), np.int32), 0, Red(), "red")
    (geometry,) = made.scene.geometry.values()
    assert (np.array(geometry.visual.material.baseColorTexture) == [255, 0, 0]).all()
