"""A download arrives whole and checked, goes on where it stopped, and says in words why it cannot."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import torch
from checkpoints import lightning_checkpoint, saved
from hub import Hub, served
from huggingface_hub.utils import close_session
from partgen.errors import Action, PartgenError
from partgen.task import Finished, Problem, Report, Reporter, Task
from partgen.weights import collection, downloads
from partgen.weights.collection import delete, download, use, verify
from partgen.weights.downloads import PIECE, Connection, problem
from partgen.weights.loading import load, location
from partgen.weights.registry import Contents, Entry, Licence, Role, SourceFile, State, condition, entry, read_record
from safetensors.torch import save, save_file

WEIGHTS = {"layer.weight": torch.arange(300_000.0), "layer.bias": torch.ones(7)}
CONTENTS = Contents(2, 300_007, {"layer.bias": (7,)})
FREE = Licence("MIT", "https://example.org/mit")
FORBIDDING = Licence("Research only", "https://example.org/research", forbids_commercial_use=True)

PLAIN = Entry(
    "plain",
    "Plain",
    Role.MASKS,
    "For tests.",
    "multiview",
    FREE,
    repository="someone/plain",
    files=(
        SourceFile("config.json", 20),
        SourceFile("extra.json", 20, optional=True),
        SourceFile("vae/model.safetensors", 10**6, prefix="vae."),
    ),
    contents=Contents(2, 300_007),
)
PICKLED = Entry(
    "pickled",
    "Pickled",
    Role.SEGMENTER,
    "For tests.",
    "partfield",
    FORBIDDING,
    repository="someone/pickled",
    files=(SourceFile("model.ckpt", 10**6),),
    pickled="model.ckpt",
    state_key="state_dict",
    contents=CONTENTS,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No pause between attempts, and nobody's own token or proxy."""
    monkeypatch.setattr(downloads, "PAUSE", 0.0)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no token"))
    for name in ("HF_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    checkpoint = saved(lightning_checkpoint(WEIGHTS), tmp_path / "published.ckpt").read_bytes()
    published = Hub(large={"vae/model.safetensors": save(WEIGHTS), "model.ckpt": checkpoint}, small={"config.json": b'{"width": 2}'})
    with served(published):
        yield published


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models of Zoë 模型"


class Listener(Reporter):
    """Keeps what was reported."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.reports: list[tuple[Any, ...]] = []

    def report(self, *values: Any, **named: Any) -> None:
        self.reports.append(values)


def fetched(wanted: Entry, folder: Path, hub: Hub, **options: Any) -> dict[str, Any]:
    connection = options.pop("connection", Connection(endpoint=hub.address))
    return download(wanted, folder, connection, options.pop("reporter", Listener()), **{"accept_licence": True} | options)


def refusal(wanted: Entry, folder: Path, hub: Hub, **options: Any) -> PartgenError:
    with pytest.raises(PartgenError) as caught:
        fetched(wanted, folder, hub, **options)
    assert caught.value.sentence.endswith(".")
    return caught.value


def assert_loads(wanted: Entry, folder: Path, prefix: str = "") -> None:
    tensors = load(wanted.id, folder, entries=(wanted,))
    assert tensors.keys() == {prefix + name for name in WEIGHTS}
    for name, right in WEIGHTS.items():
        assert torch.equal(tensors[prefix + name], right)


def partial(folder: Path) -> Path | None:
    return next(iter(folder.rglob("*.partial")), None)


# What arrives


def test_published_safetensors_arrive_and_load(hub: Hub, folder: Path) -> None:
    result = fetched(PLAIN, folder, hub)
    assert result["state"] is State.PRESENT
    assert condition(PLAIN, folder).state is State.PRESENT
    assert_loads(PLAIN, folder, "vae.")
    assert (location("plain", folder, (PLAIN,)) / "config.json").read_bytes() == b'{"width": 2}'


def test_a_checkpoint_is_converted_and_not_kept(hub: Hub, folder: Path) -> None:
    result = fetched(PICKLED, folder, hub)
    assert result["state"] is condition(PICKLED, folder).state is State.CONVERTED
    assert "freed 4 MB" in result["sentence"]
    assert_loads(PICKLED, folder)
    assert sorted(path.name for path in (folder / "pickled").rglob("*")) == ["weights.json", "weights.safetensors"]


def test_a_checkpoint_is_kept_where_asked_for(hub: Hub, folder: Path) -> None:
    fetched(PICKLED, folder, hub, keep_original=True)
    assert (folder / "pickled" / "original" / "model.ckpt").read_bytes() == hub.large["model.ckpt"]
    assert condition(PICKLED, folder).bytes_on_disk > len(hub.large["model.ckpt"])


def test_the_record_tells_where_weights_came_from_and_that_the_licence_was_accepted(hub: Hub, folder: Path) -> None:
    fetched(PICKLED, folder, hub)
    record = read_record(folder / "pickled")
    assert (record["repository"], len(record["commit"])) == ("someone/pickled", 40)
    assert record["original"]["sha256"] == hashlib.sha256(hub.large["model.ckpt"]).hexdigest()
    assert record["licence"]["name"] == "Research only"
    assert condition(PICKLED, folder).licence_was_accepted


def test_a_second_download_asks_nobody(hub: Hub, folder: Path) -> None:
    fetched(PICKLED, folder, hub)
    hub.seen.clear()
    assert "here already" in fetched(PICKLED, folder, hub)["sentence"]
    assert not hub.seen


def test_progress_grows_to_the_end_and_says_how_much_there_is(hub: Hub, folder: Path) -> None:
    listener = Listener()
    fetched(PLAIN, folder, hub, reporter=listener)
    fractions = [values[0] for values in listener.reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert listener.reports[0][1] == f"Ask {hub.address.removeprefix('http://')}"
    assert listener.reports[-1][4] == "model.safetensors · 1 of 1 MB"


# Interrupted


def test_a_connection_that_is_cut_goes_on_where_it_stopped(hub: Hub, folder: Path) -> None:
    hub.break_after = [4 * PIECE, 0, 2 * PIECE]
    fetched(PLAIN, folder, hub)
    assert hub.downloads() == ["", *(f"bytes={pieces * PIECE}-" for pieces in (4, 4, 6))]
    assert_loads(PLAIN, folder, "vae.")


def test_a_download_that_was_given_up_goes_on_in_the_next_run(hub: Hub, folder: Path) -> None:
    hub.break_after = [8 * PIECE, *[0] * 100]
    told = refusal(PICKLED, folder, hub)
    assert told.code == "weights.no_network"
    assert "goes on where it stopped" in told.remedy
    now = condition(PICKLED, folder)
    assert (now.state, now.bytes_on_disk) == (State.PARTIAL, 8 * PIECE)
    hub.break_after, hub.seen = [], []
    listener = Listener()
    fetched(PICKLED, folder, hub, reporter=listener)
    assert hub.downloads() == [f"bytes={8 * PIECE}-"]
    assert listener.reports[1][0] > 0.1, "what was there already counts from the beginning"
    assert_loads(PICKLED, folder)


def test_a_killed_program_leaves_a_download_that_goes_on(hub: Hub, folder: Path, tmp_path: Path) -> None:
    hub.slow = 0.05
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import test_downloads as t\n"
        "t.download(t.PICKLED, Path(sys.argv[2]), t.Connection(endpoint=sys.argv[3]), t.Listener(), accept_licence=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(Path(__file__).parent), str(folder), hub.address])
    deadline = time.monotonic() + 60
    while (waiting := partial(folder)) is None or waiting.stat().st_size < 200_000:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    arrived = waiting.stat().st_size
    hub.slow, hub.seen = 0.0, []
    fetched(PICKLED, folder, hub)
    assert hub.downloads() == [f"bytes={arrived}-"]
    assert_loads(PICKLED, folder)


def test_a_hub_that_cannot_go_on_starts_anew(hub: Hub, folder: Path) -> None:
    hub.break_after = [4 * PIECE, 2 * PIECE]
    hub.knows_ranges = False
    listener = Listener()
    fetched(PLAIN, folder, hub, reporter=listener)
    assert_loads(PLAIN, folder, "vae.")
    assert listener.reports[-1][0] == pytest.approx(1.0)


def test_a_file_that_was_published_anew_is_not_mixed_with_the_old_one(hub: Hub, folder: Path) -> None:
    hub.break_after = [8 * PIECE, *[0] * 100]
    refusal(PLAIN, folder, hub)
    other = {name: tensor + 1 for name, tensor in WEIGHTS.items()}
    hub.break_after, hub.large["vae/model.safetensors"] = [], save(other)
    fetched(PLAIN, folder, hub)
    assert torch.equal(load("plain", folder, entries=(PLAIN,))["vae.layer.bias"], other["layer.bias"])
    assert partial(folder) is None


def test_whole_files_of_an_interrupted_download_are_not_fetched_again(hub: Hub, folder: Path) -> None:
    two = replace(PLAIN, files=(*PLAIN.files, SourceFile("second.safetensors", 10**6)))
    hub.large["second.safetensors"] = save({"other": torch.ones(50_000)})
    hub.break_after = [10**9, *[0] * 100]
    refusal(two, folder, hub)
    hub.break_after, hub.seen = [], []
    fetched(two, folder, hub)
    assert next(path for method, path, *_ in hub.seen if method == "GET").endswith("second.safetensors")


def test_an_interrupted_conversion_is_made_up_for_without_a_network(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(collection, "convert", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetched(PICKLED, folder, hub)
    assert condition(PICKLED, folder).state is State.DOWNLOADED
    fetched(PICKLED, folder, hub, connection=Connection(online=False))
    assert_loads(PICKLED, folder)


def test_two_downloads_of_one_model_do_not_meet(hub: Hub, folder: Path) -> None:
    with collection.alone(PLAIN, folder):
        assert refusal(PLAIN, folder, hub).code == "weights.busy"
    fetched(PLAIN, folder, hub)


# Not what it should be


def test_wrong_content_is_refused_and_removed(hub: Hub, folder: Path) -> None:
    right = hub.large["vae/model.safetensors"]
    hub.served["vae/model.safetensors"] = right[:-1] + b"!"
    assert refusal(PLAIN, folder, hub).code == "weights.changed"
    assert partial(folder) is None
    assert not condition(PLAIN, folder).is_usable
    hub.served.clear()
    fetched(PLAIN, folder, hub)
    assert_loads(PLAIN, folder, "vae.")


def test_wrong_content_of_a_small_file_is_refused(hub: Hub, folder: Path) -> None:
    hub.served["config.json"] = b'{"width": 3}'
    assert refusal(PLAIN, folder, hub).code == "weights.changed"


def test_a_file_with_another_digest_than_the_known_one_is_not_even_fetched(hub: Hub, folder: Path) -> None:
    known = replace(PICKLED, files=(SourceFile("model.ckpt", 10**6, sha256="0" * 64),))
    assert "has another file" in refusal(known, folder, hub).sentence
    assert not hub.downloads()


def test_a_mirror_that_sends_another_file_than_the_known_one_is_found_out(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it says nothing about the digest."""
    hub.small["model.ckpt"] = hub.large.pop("model.ckpt")
    known = replace(PICKLED, files=(SourceFile("model.ckpt", 10**6, sha256="0" * 64),))
    assert refusal(known, folder, hub).code == "weights.changed"
    assert not (folder / "pickled" / "original" / "model.ckpt").exists()


def test_a_login_page_is_not_taken_for_a_model(hub: Hub, folder: Path) -> None:
    hub.is_hub = False
    told = refusal(PLAIN, folder, hub)
    assert (told.code, told.action) == ("weights.not_a_hub", Action.OPEN_PREFERENCES)


def test_a_downloaded_attack_is_refused_and_can_be_deleted(hub: Hub, folder: Path, tmp_path: Path) -> None:
    from checkpoints import Calls, archive, pickled

    witness = tmp_path / "it ran"
    hub.large["model.ckpt"] = archive(tmp_path / "attack", pickled(Calls(os.system, f"touch '{witness}'"))).read_bytes()
    assert refusal(PICKLED, folder, hub).code == "weights.unsafe"
    assert not witness.exists()
    assert not condition(PICKLED, folder).is_usable
    delete(PICKLED, folder)
    assert condition(PICKLED, folder).state is State.ABSENT


# What the hub, the network and the disk say


@pytest.mark.parametrize(
    ("status", "error_code", "code", "remedy"),
    [
        (403, "GatedRepo", "weights.gated", "Accept them there"),
        (401, "GatedRepo", "weights.gated", "access token"),
        (403, "", "weights.gated", "Accept them there"),
        (401, "", "weights.unauthorised", "another token"),
        (401, "RepoNotFound", "weights.not_found", "address of the hub"),
        (404, "RepoNotFound", "weights.not_found", "address of the hub"),
        (404, "RevisionNotFound", "weights.not_found", "address of the hub"),
        (404, "", "weights.not_found", "address of the hub"),
        (429, "", "weights.too_many_requests", "Wait some minutes"),
        (500, "", "weights.hub_trouble", "Try again later"),
        (503, "", "weights.hub_trouble", "Try again later"),
        (418, "", "weights.download_failed", "Try again"),
    ],
)
def test_each_refusal_of_a_hub_has_its_words(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch, status: int, error_code: str, code: str, remedy: str
) -> None:
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    hub.status, hub.error_code = status, error_code
    told = refusal(PLAIN, folder, hub)
    assert told.code == code
    assert remedy in told.remedy
    assert "Plain" in told.sentence or hub.address.removeprefix("http://") in told.sentence


def test_a_network_that_blocks_the_contents_alone_is_not_taken_for_the_models_conditions(hub: Hub, folder: Path) -> None:
    hub.content_status = 403
    told = refusal(PLAIN, folder, hub)
    assert told.code == "weights.download_failed"
    assert "blocks" in told.remedy


def test_a_gated_model_says_where_its_conditions_are_and_comes_with_a_token(hub: Hub, folder: Path) -> None:
    hub.status, hub.error_code, hub.needs_token = 403, "GatedRepo", "hf_right"
    told = refusal(PLAIN, folder, hub)
    assert f"{hub.address}/someone/plain" in told.sentence
    fetched(PLAIN, folder, hub, connection=Connection(endpoint=hub.address, token="hf_right"))
    assert_loads(PLAIN, folder, "vae.")


def test_a_token_goes_to_the_hub_and_to_nobody_else(hub: Hub, folder: Path) -> None:
    fetched(PLAIN, folder, hub, connection=Connection(endpoint=hub.address, token="hf_secret"))
    content = [token for _, path, _, token in hub.seen if path.startswith("/content/")]
    assert content
    assert not any(content)
    assert any("hf_secret" in token for *_, token in hub.seen)


def test_no_network_is_told_with_the_name_of_the_hub(folder: Path, hub: Hub) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    told = refusal(PLAIN, folder, hub, connection=Connection(endpoint=address))
    assert told.code == "weights.no_network"
    assert told.sentence.startswith("127.0.0.1:")


def test_an_address_that_is_none_is_told(folder: Path, hub: Hub) -> None:
    for address in ("huggingface", "ftp://example.org", "http://[broken"):
        told = refusal(PLAIN, folder, hub, connection=Connection(endpoint=address))
        assert told.code == "weights.not_a_hub"
        assert address in told.sentence


def test_online_access_that_is_off_is_respected_and_can_be_turned_on(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(PLAIN, folder, hub, connection=Connection(endpoint=hub.address, online=False))
    assert (told.code, told.action) == ("weights.offline", Action.ALLOW_ONLINE)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert refusal(PLAIN, folder, hub).code == "weights.offline_mode"
    assert not hub.seen


def test_a_proxy_is_used_and_its_refusal_told(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "")  # so that they are put back afterwards
    close_session()
    try:
        proxied = Connection(endpoint="http://models.invalid", proxy=hub.address)
        fetched(PLAIN, folder, hub, connection=proxied)
        assert any(path.startswith("http://models.invalid/") for _, path, *_ in hub.seen)
    finally:
        close_session()
    told = problem(httpx2.ProxyError("407 Proxy Authentication Required"), PLAIN, proxied)
    assert (told.code, told.action) == ("weights.proxy", Action.OPEN_PREFERENCES)


def test_a_certificate_that_is_not_trusted_is_told_and_one_that_is_named_works(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in networks that look into every connection and have a certificate of their own."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("needs openssl to make a certificate")
    certificate = tmp_path / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(certificate), "-out", str(tmp_path / "public.pem")]
    subprocess.run(command, check=True, capture_output=True)
    certificate.write_text(certificate.read_text() + (tmp_path / "public.pem").read_text())
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with served(Hub(large={"vae/model.safetensors": save(WEIGHTS)}, small={"config.json": b"{}"}), certificate) as hub:
        close_session()
        told = refusal(PLAIN, folder, hub)
        assert (told.code, told.action) == ("weights.certificate", Action.OPEN_LOG)  # the system's are in use already
        assert "127.0.0.1" in told.sentence
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "public.pem"))
        close_session()
        fetched(PLAIN, folder, hub)
    close_session()
    assert_loads(PLAIN, folder, "vae.")


def test_too_little_space_is_told_before_anything_is_fetched(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1000))
    told = refusal(PLAIN, folder, hub)
    assert told.code == "weights.disk_full"
    assert "1 MB" in told.sentence
    assert not hub.downloads()


def test_a_disk_that_fills_up_is_told_and_the_download_goes_on_later(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = downloads._Watched.write

    def full(self: Any, data: bytes) -> int:
        if self.tell() > 400_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(downloads._Watched, "write", full)
        told = refusal(PLAIN, folder, hub)
    assert told.code == "weights.disk_full"
    assert str(folder) in told.sentence
    assert condition(PLAIN, folder).state is State.PARTIAL
    fetched(PLAIN, folder, hub)
    assert_loads(PLAIN, folder, "vae.")


def test_a_folder_that_cannot_be_written_to_is_told(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    told = refusal(PLAIN, tmp_path / "file" / "models", hub)
    assert told.code == "weights.not_writable"


# The licence


def test_a_licence_that_forbids_commercial_use_must_be_accepted(hub: Hub, folder: Path) -> None:
    told = refusal(PICKLED, folder, hub, accept_licence=False)
    assert told.code == "weights.licence"
    assert "https://example.org/research" in told.remedy
    assert not hub.seen
    fetched(PLAIN, folder, hub, accept_licence=False)


# Verify, delete, use


def test_verify_finds_a_changed_byte_and_a_new_download_mends_it(hub: Hub, folder: Path) -> None:
    fetched(PLAIN, folder, hub)
    assert "is whole" in verify(PLAIN, folder, Listener())["sentence"]
    file = folder / "plain" / "vae" / "model.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert condition(PLAIN, folder).is_usable, "sizes alone tell nothing"
    with pytest.raises(PartgenError, match=r"model.safetensors was changed"):
        verify(PLAIN, folder, Listener())
    assert condition(PLAIN, folder).state is State.DAMAGED
    with pytest.raises(PartgenError, match="damaged"):
        load("plain", folder, entries=(PLAIN,))
    hub.seen.clear()
    fetched(PLAIN, folder, hub)
    assert_loads(PLAIN, folder, "vae.")
    assert len(hub.downloads()) == 1
    assert not [path for method, path, *_ in hub.seen if method == "GET" and path.endswith("config.json")], "it was whole"


def test_a_missing_or_cut_file_is_seen_at_once(hub: Hub, folder: Path) -> None:
    fetched(PICKLED, folder, hub)
    file = folder / "pickled" / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    assert condition(PICKLED, folder).state is State.DAMAGED
    file.unlink()
    assert "is missing" in condition(PICKLED, folder).sentence
    fetched(PICKLED, folder, hub)
    assert_loads(PICKLED, folder)


def test_a_kept_checkpoint_is_converted_again_without_fetching_it(hub: Hub, folder: Path) -> None:
    fetched(PICKLED, folder, hub, keep_original=True)
    (folder / "pickled" / "weights.safetensors").unlink()
    hub.seen.clear()
    fetched(PICKLED, folder, hub)
    assert not hub.downloads()
    assert_loads(PICKLED, folder)


def test_delete_leaves_nothing_and_says_what_it_freed(hub: Hub, folder: Path) -> None:
    fetched(PICKLED, folder, hub)
    (folder / "pickled" / "weights.safetensors").chmod(0o444)
    assert "freed 1 MB" in delete(PICKLED, folder)["sentence"]
    assert not (folder / "pickled").exists()
    assert condition(PICKLED, folder).state is State.ABSENT
    assert "is not here" in delete(PICKLED, folder)["sentence"]


def test_a_checkpoint_that_the_user_has_is_checked_converted_and_left_alone(folder: Path, tmp_path: Path) -> None:
    file = saved(lightning_checkpoint(WEIGHTS), tmp_path / "mine ä.ckpt")
    before = file.read_bytes()
    result = use(PICKLED, folder, file, Listener(), accept_licence=True)
    now = condition(PICKLED, folder)
    assert now.state is result["state"] is State.REPLACED
    assert "mine ä.ckpt" in now.sentence
    assert file.read_bytes() == before
    assert_loads(PICKLED, folder)
    verify(PICKLED, folder, Listener())


def test_a_file_of_the_user_that_is_the_published_one_is_told_so(folder: Path, tmp_path: Path) -> None:
    file = saved(lightning_checkpoint(WEIGHTS), tmp_path / "mine.ckpt")
    known = replace(PICKLED, files=(SourceFile("model.ckpt", 10**6, sha256=hashlib.sha256(file.read_bytes()).hexdigest()),))
    assert "the published one" in use(known, folder, file, Listener(), accept_licence=True)["sentence"]
    assert "the published one" not in use(PICKLED, folder, file, Listener(), accept_licence=True)["sentence"]


def test_a_file_of_another_network_replaces_nothing(hub: Hub, folder: Path, tmp_path: Path) -> None:
    fetched(PICKLED, folder, hub)
    other = saved({"state_dict": {"elsewhere": torch.ones(3)}}, tmp_path / "other.ckpt")
    with pytest.raises(PartgenError, match=r"layer.bias is missing"):
        use(PICKLED, folder, other, Listener())
    assert condition(PICKLED, folder).state is State.CONVERTED
    assert_loads(PICKLED, folder)


def test_the_licence_counts_for_a_file_of_the_user_too(folder: Path, tmp_path: Path) -> None:
    file = saved(lightning_checkpoint(WEIGHTS), tmp_path / "mine.ckpt")
    with pytest.raises(PartgenError, match="forbids commercial use"):
        use(PICKLED, folder, file, Listener())


def test_a_model_of_several_files_is_taken_from_a_folder(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "vae").mkdir(parents=True)
    with pytest.raises(PartgenError, match=r"config.json is not in"):
        use(PLAIN, folder, mine, Listener())
    (mine / "config.json").write_text("{}")
    (mine / "vae" / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(PartgenError, match="not a safetensors file"):
        use(PLAIN, folder, mine, Listener())
    save_file(WEIGHTS, mine / "vae" / "model.safetensors")
    for chosen in (mine, mine / "config.json", mine / "vae" / "model.safetensors"):
        use(PLAIN, folder, chosen, Listener())
        assert condition(PLAIN, folder).state is State.REPLACED
        assert_loads(PLAIN, folder, "vae.")
        delete(PLAIN, folder)


def test_a_download_replaces_the_users_file(hub: Hub, folder: Path, tmp_path: Path) -> None:
    use(PICKLED, folder, saved(lightning_checkpoint(WEIGHTS), tmp_path / "mine.ckpt"), Listener(), accept_licence=True)
    fetched(PICKLED, folder, hub)
    assert condition(PICKLED, folder).state is State.CONVERTED


def test_what_is_absent_says_how_to_get_it(folder: Path) -> None:
    with pytest.raises(PartgenError) as caught:
        load("partfield", folder)
    assert caught.value.code == "weights.absent"
    assert "partgen models download partfield" in caught.value.remedy
    assert caught.value.action is Action.OPEN_PREFERENCES


# The command


def test_the_command_reports_a_download_for_programs(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from partgen import cli
    from partgen.weights import command

    monkeypatch.setattr(command, "entry", lambda id: PICKLED)
    arguments = ["models", "download", "pickled", "--json-lines", "--folder", str(folder), "--endpoint", hub.address]
    monkeypatch.setattr(command, "end_with_parent", lambda: None)
    assert cli.main(arguments) == 1
    problem_told = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert (problem_told["event"], problem_told["code"]) == ("problem", "weights.licence")
    assert cli.main([*arguments, "--accept-licence"]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert {event["event"] for event in events[:-1]} == {"report"}
    assert events[-1]["event"] == "finished"
    assert events[-1]["result"]["state"] == "converted"


def wait_for(task: Task, enough: Any) -> Any:
    """The first event of a task for which `enough` is true."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for event in task.poll():
            if enough(event):
                return event
            assert isinstance(event, Report), event
        time.sleep(0.02)
    raise AssertionError("it took too long")


def test_blender_watches_cancels_and_resumes_a_download(hub: Hub, folder: Path, tmp_path: Path) -> None:
    hub.small["preprocessor_config.json"] = b"{}"
    hub.large["model.safetensors"] = save(WEIGHTS)
    hub.slow = 0.1
    command = [sys.executable, "-m", "partgen", "models", "download", "slimsam", "--json-lines"]
    command += ["--folder", str(folder), "--endpoint", hub.address]
    slimsam = entry("slimsam")

    task = Task(command, tmp_path / "models.log")
    task.start()
    report = wait_for(task, lambda event: isinstance(event, Report) and 0.2 < event.fraction < 0.9)
    assert report.stage == "Download SlimSAM"
    assert report.detail.endswith("of 1 MB")
    task.cancel()
    assert wait_for(task, lambda event: isinstance(event, Problem)).code == "cancelled"
    task.join(10)
    assert condition(slimsam, folder).state is State.PARTIAL

    hub.slow, hub.seen = 0.0, []
    again = Task(command, tmp_path / "models.log")
    again.start()
    finished = wait_for(again, lambda event: isinstance(event, Finished))
    assert finished.result["state"] == "present"
    assert hub.downloads()[0].startswith("bytes=")
    assert condition(slimsam, folder).is_usable
