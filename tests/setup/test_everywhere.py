"""The installer on the networks and disks that artists have: through proxies, private certificates, folders, and what goes wrong.

Everything here is the real uv against real servers and files; what it says is what the table of symptoms has to understand.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import proxy
import pytest
import trustme
from local_index import LocalIndex, make_wheel
from partgen.environment.condition import python_program
from partgen.environment.installation import index_arguments
from partgen.environment.settings import Settings
from partgen.environment.uv import Activity, Uv
from partgen.errors import Action, PartgenError
from proxy.http.proxy import HttpProxyBasePlugin

UvWith = Callable[..., Uv]

MEGABYTE = 1 << 20


def install(uv: Uv, *requirements: str, watch: Callable[[Activity], None] | None = None, retries: int = 0) -> None:
    """Installs as the set-up does it, into a new virtual environment in uv's folder."""
    if not python_program(uv.folder).exists():
        uv.run(["venv", "--no-project", "--python", sys.executable, uv.folder / "venv"])
    command = ["pip", "install", "--python", str(python_program(uv.folder)), "--only-binary", ":all:", *index_arguments(uv.settings)]
    uv.run([*command, *requirements], "installing packages", watch, retries)


def installed(uv: Uv, package: str) -> str:
    """The version of a package as the environment's Python imports it."""
    code = f"import {package}; print({package}.version)"
    return subprocess.run([python_program(uv.folder), "-I", "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def refused(uv: Uv, *requirements: str, retries: int = 0) -> PartgenError:
    """The error that an installation ends with. What an artist reads holds nothing of a programmer's language."""
    with pytest.raises(PartgenError) as caught:
        install(uv, *requirements, retries=retries)
    error = caught.value
    assert error.remedy
    assert error.action is not Action.NONE
    assert not any(word in error.sentence + error.remedy for word in ("error:", "os error", "Traceback", "{", "exit code", "None"))
    assert (uv.folder / "setup.log").read_text("utf-8").strip(), "what uv said is not in the log"
    return error


# Where packages come from


def test_another_index_is_used_and_no_other_asked(uv_with: UvWith, index: LocalIndex) -> None:
    index.add(make_wheel("chisel"))
    uv = uv_with(Settings(index_url=index.url()))
    install(uv, "chisel==1.0")
    assert installed(uv, "chisel") == "1.0"
    assert any("/simple/chisel/" in request for request in index.requests)


def test_a_password_in_the_address_of_the_index_opens_it_and_stays_out_of_the_log(uv_with: UvWith, index: LocalIndex) -> None:
    index.add(make_wheel("chisel"))
    index.behaviour.password = "ada:open-sesame"
    uv = uv_with(Settings(index_url=index.url(login="ada:open-sesame")))
    install(uv, "chisel==1.0")
    assert installed(uv, "chisel") == "1.0"
    assert "open-sesame" not in (uv.folder / "setup.log").read_text("utf-8")


@pytest.mark.parametrize("login", ["", "ada:wrong"])
def test_an_index_that_wants_a_password_says_so(uv_with: UvWith, index: LocalIndex, login: str) -> None:
    index.behaviour.password = "ada:open-sesame"
    error = refused(uv_with(Settings(index_url=index.url(login=login))), "chisel==1.0")
    assert (error.code, error.action) == ("set_up.index_password", Action.OPEN_PREFERENCES)
    assert "127.0.0.1" in error.sentence
    assert "wrong" not in error.sentence


def test_an_index_that_forbids_is_told_from_one_that_lacks_a_package(uv_with: UvWith, index: LocalIndex) -> None:
    index.behaviour.status = 403
    assert refused(uv_with(Settings(index_url=index.url())), "chisel==1.0").code == "set_up.index_password"
    index.behaviour.status = 0
    error = refused(uv_with(Settings(index_url=index.url())), "chisel==1.0")
    assert error.code == "set_up.package_missing"
    assert "chisel" in error.sentence


@pytest.mark.parametrize("status", [500, 503])
def test_an_index_with_a_fault_of_its_own(uv_with: UvWith, index: LocalIndex, status: int) -> None:
    index.behaviour.status = status
    error = refused(uv_with(Settings(index_url=index.url())), "chisel==1.0")
    assert (error.code, error.action) == ("set_up.index_failing", Action.SET_UP)
    assert str(status) in error.sentence


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/simple", "https://packages.invalid/simple"])
def test_an_index_that_cannot_be_reached_is_named(uv_with: UvWith, url: str) -> None:
    error = refused(uv_with(Settings(index_url=url)), "chisel==1.0")
    assert (error.code, error.action) == ("set_up.index_unreachable", Action.SET_UP)
    assert url.split("/")[2] in error.sentence


def test_a_package_without_a_file_for_this_system(uv_with: UvWith, index: LocalIndex) -> None:
    index.add(make_wheel("chisel", tag="cp311-cp311-win32"))
    error = refused(uv_with(Settings(index_url=index.url())), "chisel==1.0")
    assert error.code == "set_up.no_wheel"
    assert "chisel" in error.sentence


def test_a_file_with_another_content_is_not_installed(uv_with: UvWith, index: LocalIndex, tmp_path: Path) -> None:
    index.add(make_wheel("chisel"))
    lock = tmp_path / "lock.txt"
    lock.write_text(f"chisel==1.0 --hash=sha256:{'0' * 64}\n")
    uv = uv_with(Settings(index_url=index.url()))
    error = refused(uv, "--require-hashes", "-r", str(lock))
    assert error.code == "set_up.hash_mismatch"
    assert "chisel" in error.sentence
    with pytest.raises(subprocess.CalledProcessError):
        installed(uv, "chisel")


# Proxies


class AllNamesAreHere(HttpProxyBasePlugin):
    """Lets the proxy find every host on this machine: so a name that nobody else knows proves that the proxy was asked."""

    def resolve_dns(self, host: str, port: int) -> tuple[str | None, None]:
        return "127.0.0.1", None


@contextmanager
def running_proxy(*options: str) -> Iterator[str]:
    """A proxy on this machine; its host and port."""
    flags = ["--hostname", "127.0.0.1", "--port", "0", "--num-workers", "1", "--threadless", "--log-level", "e", *options]
    with proxy.Proxy(flags, plugins=[b"test_everywhere.AllNamesAreHere"]) as running:
        yield f"127.0.0.1:{running.flags.port}"


@pytest.mark.parametrize("source", ["settings", "HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_proxy_of_the_settings_or_of_the_variables_is_used(
    uv_with: UvWith, index: LocalIndex, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    index.add(make_wheel("chisel"))
    with running_proxy() as address:
        if source != "settings":
            monkeypatch.setenv(source, f"http://{address}")
        uv = uv_with(Settings(index_url=index.url("packages.test"), proxy=f"http://{address}" if source == "settings" else ""))
        install(uv, "chisel==1.0")
    assert installed(uv, "chisel") == "1.0"


def test_without_the_proxy_that_name_is_unknown(uv_with: UvWith, index: LocalIndex) -> None:
    assert refused(uv_with(Settings(index_url=index.url("packages.test"))), "chisel==1.0").code == "set_up.index_unreachable"


def test_a_secured_index_is_reached_through_a_proxy(
    uv_with: UvWith, secure_index: LocalIndex, private_authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure_index.add(make_wheel("chisel"))
    private_authority.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "company.pem"))
    with running_proxy() as address:
        uv = uv_with(Settings(index_url=secure_index.url("packages.test"), proxy=f"http://{address}"))
        install(uv, "chisel==1.0")
    assert installed(uv, "chisel") == "1.0"


def test_a_proxy_that_wants_a_password_says_so_and_takes_it(uv_with: UvWith, secure_index: LocalIndex, index: LocalIndex) -> None:
    index.add(make_wheel("chisel"))
    with running_proxy("--basic-auth", "ada:open-sesame") as address:
        for url in (index.url("packages.test"), secure_index.url("packages.test")):
            error = refused(uv_with(Settings(index_url=url, proxy=f"http://{address}")), "chisel==1.0")
            assert (error.code, error.action) == ("set_up.proxy_password", Action.OPEN_PREFERENCES)
        uv = uv_with(Settings(index_url=index.url("packages.test"), proxy=f"http://ada:open-sesame@{address}"))
        install(uv, "chisel==1.0")
    assert "open-sesame" not in (uv.folder / "setup.log").read_text("utf-8")


def test_a_proxy_that_is_not_there_is_told_from_an_index_that_is_not(uv_with: UvWith) -> None:
    error = refused(uv_with(Settings(index_url="https://packages.test/simple", proxy="http://127.0.0.1:9")), "chisel==1.0")
    assert (error.code, error.action) == ("set_up.proxy_unreachable", Action.OPEN_PREFERENCES)


# Certificates


def test_a_certificate_that_nobody_knows_is_refused_in_words(uv_with: UvWith, secure_index: LocalIndex) -> None:
    error = refused(uv_with(Settings(index_url=secure_index.url("localhost"), system_certificates=False)), "chisel==1.0")
    assert (error.code, error.action) == ("set_up.certificate", Action.USE_SYSTEM_CERTIFICATES)
    assert "localhost" in error.sentence


@pytest.mark.parametrize("system_certificates", [True, False])
def test_the_company_certificate_of_ssl_cert_file_is_trusted(
    uv_with: UvWith,
    secure_index: LocalIndex,
    private_authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    system_certificates: bool,
) -> None:
    secure_index.add(make_wheel("chisel"))
    private_authority.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "company.pem"))
    uv = uv_with(Settings(index_url=secure_index.url("localhost"), system_certificates=system_certificates))
    install(uv, "chisel==1.0")
    assert installed(uv, "chisel") == "1.0"


@pytest.mark.skipif(sys.platform != "linux", reason="where the system keeps its certificates")
def test_a_company_certificate_of_the_system_is_trusted_where_that_is_asked_for(
    uv_with: UvWith, secure_index: LocalIndex, private_authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_DIR stands for the system's own folder of certificates, which a test may not write to."""
    secure_index.add(make_wheel("chisel"))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    store = tmp_path / "certificates"
    store.mkdir()
    private_authority.cert_pem.write_to_path(str(store / "company.pem"))
    hashed = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", store / "company.pem"], capture_output=True, text=True, check=True
    )
    (store / f"{hashed.stdout.strip()}.0").symlink_to("company.pem")
    monkeypatch.setenv("SSL_CERT_DIR", str(store))
    uv = uv_with(Settings(index_url=secure_index.url("localhost"), system_certificates=True))
    install(uv, "chisel==1.0")
    assert installed(uv, "chisel") == "1.0"


# Without a network


def test_with_online_access_off_nothing_is_asked(uv_with: UvWith, index: LocalIndex) -> None:
    index.add(make_wheel("chisel"))
    error = refused(uv_with(Settings(index_url=index.url(), online=False)), "chisel==1.0")
    assert (error.code, error.action) == ("set_up.offline", Action.ALLOW_ONLINE)
    assert index.requests == []


def folder_with(path: Path, *wheels: tuple[str, bytes]) -> Path:
    """A folder as `make bundle` makes it, as far as uv is concerned."""
    (path / "wheels").mkdir(parents=True)
    for name, content in wheels:
        (path / "wheels" / name).write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["bundle", "with spaces", "Fünf Äpfel 模型"])
def test_a_folder_is_enough_and_the_network_is_left_alone(uv_with: UvWith, index: LocalIndex, tmp_path: Path, name: str) -> None:
    folder = folder_with(tmp_path / name, make_wheel("chisel"))
    settings = Settings(index_url=index.url(), offline_folder=str(folder))
    uv = uv_with(settings, tmp_path / "Umgebung ü" / name)
    install(uv, "chisel==1.0")
    assert installed(uv, "chisel") == "1.0"
    assert index.requests == []


def test_a_folder_that_lacks_something_says_what(uv_with: UvWith, tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "bundle", make_wheel("mallet"), make_wheel("vice", tag="cp311-cp311-win32"))
    for package in ("chisel==1.0", "mallet==2.0", "vice==1.0"):
        error = refused(uv_with(Settings(offline_folder=str(folder))), package)
        assert (error.code, error.action) == ("set_up.folder_incomplete", Action.INSTALL_FROM_FOLDER)
        assert package.partition("=")[0] in error.sentence
        assert str(folder) in error.sentence


def test_a_damaged_file_in_a_folder_is_told_from_a_broken_download(uv_with: UvWith, tmp_path: Path) -> None:
    name, content = make_wheel("chisel", size=100_000)
    folder = folder_with(tmp_path / "bundle", (name, content[:-500]))
    error = refused(uv_with(Settings(offline_folder=str(folder))), "chisel==1.0")
    assert (error.code, error.action) == ("set_up.folder_damaged", Action.INSTALL_FROM_FOLDER)


def test_a_folder_that_is_gone_is_named(uv_with: UvWith, tmp_path: Path) -> None:
    error = refused(uv_with(Settings(offline_folder=str(tmp_path / "unplugged"))), "chisel==1.0")
    assert (error.code, error.action) == ("set_up.folder_missing", Action.INSTALL_FROM_FOLDER)
    assert "unplugged" in error.sentence


# Downloads


def test_a_download_that_breaks_is_gone_on_with_where_it_broke(uv_with: UvWith, index: LocalIndex) -> None:
    index.add(make_wheel("chisel", size=4 * MEGABYTE))
    index.behaviour.breaks, index.behaviour.breaks_after = 2, 2 * MEGABYTE
    uv = uv_with(Settings(index_url=index.url()))
    install(uv, "chisel==1.0", retries=3)
    assert installed(uv, "chisel") == "1.0"
    assert any(request.startswith("GET /files/chisel") and "bytes=" in request for request in index.requests), index.requests


def test_a_download_that_keeps_breaking_is_told_and_what_is_complete_is_not_fetched_again(uv_with: UvWith, index: LocalIndex) -> None:
    index.add(make_wheel("mallet", size=MEGABYTE))
    index.add(make_wheel("chisel", size=6 * MEGABYTE))
    index.behaviour.breaks, index.behaviour.breaks_after = 1000, 3 * MEGABYTE
    uv = uv_with(Settings(index_url=index.url()))
    error = refused(uv, "chisel==1.0", "mallet==1.0", retries=1)
    assert (error.code, error.action) == ("set_up.download_broken", Action.SET_UP)
    index.behaviour.breaks = 0
    index.requests.clear()
    install(uv, "chisel==1.0", "mallet==1.0")
    assert installed(uv, "chisel") == installed(uv, "mallet") == "1.0"
    whole_files = [request for request in index.requests if request.startswith("GET /files/") and request.endswith(".whl")]
    assert whole_files == ["GET /files/chisel-1.0-py3-none-any.whl"]  # else parts only, for the metadata


def test_what_is_downloaded_is_told_while_it_is(uv_with: UvWith, index: LocalIndex) -> None:
    index.add(make_wheel("chisel", size=4 * MEGABYTE))
    index.behaviour.rate = 2 * MEGABYTE
    names: list[str] = []
    install(uv_with(Settings(index_url=index.url())), "chisel==1.0", watch=lambda activity: names.append(activity.names))
    assert "chisel" in names


def test_uv_is_ended_together_with_whoever_waits_for_it(uv_with: UvWith, index: LocalIndex) -> None:
    index.add(make_wheel("chisel", size=40 * MEGABYTE))
    index.behaviour.rate = MEGABYTE
    uv = uv_with(Settings(index_url=index.url()))

    def interrupt(activity: Activity) -> None:
        if activity.loading:
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        install(uv, "chisel==1.0", watch=interrupt)
    assert time.monotonic() - began < 5.0
    assert not any("uv" in thread.name for thread in threading.enumerate())


# Disks


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """A small disk of its own, for as long as the test needs it."""
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("mounting a disk takes root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs")
def test_a_disk_that_fills_up_midway_is_told_as_such(uv_with: UvWith, index: LocalIndex, tmp_path: Path, unpacked_uv: Path) -> None:
    index.add(make_wheel("chisel", size=20 * MEGABYTE))
    room = unpacked_uv.stat().st_size + 8 * MEGABYTE
    with mounted(tmp_path / "disk", "-o", f"size={room}") as disk:
        uv = uv_with(Settings(index_url=index.url()), disk / "environment")
        error = refused(uv, "chisel==1.0")
        assert (error.code, error.action) == ("set_up.disk_full", Action.SET_UP)
        assert str(disk) in error.sentence


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs")
def test_a_disk_that_became_read_only_is_told_as_such(uv_with: UvWith, index: LocalIndex, tmp_path: Path) -> None:
    index.add(make_wheel("chisel"))
    with mounted(tmp_path / "disk", "-o", "size=200m") as disk:
        uv = uv_with(Settings(index_url=index.url()), disk / "environment")
        uv.run(["venv", "--no-project", "--python", sys.executable, uv.folder / "venv"])
        (uv.folder / "cache" / "temporary").mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(PartgenError) as caught:
            install(uv, "chisel==1.0")
        assert caught.value.code == "set_up.read_only"


@pytest.mark.skipif(sys.platform != "linux", reason="mount options")
def test_a_folder_that_allows_no_programs_is_told_as_such(uv_with: UvWith, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "-o", "size=200m,noexec") as disk, pytest.raises(PartgenError) as caught:
        uv_with(Settings(), disk / "environment").run(["--version"])
    assert caught.value.code == "set_up.uv_blocked"


def test_a_folder_of_another_user_is_told_as_such(uv_with: UvWith, index: LocalIndex, tmp_path: Path) -> None:
    index.add(make_wheel("chisel"))
    uv = uv_with(Settings(index_url=index.url()))
    uv.run(["venv", "--no-project", "--python", sys.executable, uv.folder / "venv"])
    packages = next((uv.folder / "venv").glob("lib/python3.*/site-packages"))
    if os.geteuid() == 0:
        if subprocess.run(["chattr", "+i", packages], capture_output=True).returncode:
            pytest.skip("this disk cannot protect a folder from root")
    else:
        packages.chmod(0o500)
    try:
        assert refused(uv, "chisel==1.0").code == "set_up.not_writable"
    finally:
        packages.chmod(0o700) if os.geteuid() else subprocess.run(["chattr", "-i", packages], check=True)


def test_nothing_of_the_users_own_uv_is_read_or_written(
    uv_with: UvWith, index: LocalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add(make_wheel("chisel"))
    home = tmp_path / "home"
    (home / ".config" / "uv").mkdir(parents=True)
    (home / ".config" / "uv" / "uv.toml").write_text('[[index]]\nurl = "http://127.0.0.1:9/simple"\ndefault = true\n')
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("UV_CACHE_DIR", str(home / "cache"))
    monkeypatch.setenv("UV_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    before = sorted(home.rglob("*"))
    uv = uv_with(Settings(index_url=index.url()))
    install(uv, "chisel==1.0")
    monkeypatch.delenv("PYTHONHOME")
    assert installed(uv, "chisel") == "1.0"
    assert sorted(home.rglob("*")) == before
