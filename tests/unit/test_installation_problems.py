"""What uv says when it fails, as an artist reads it: on every system, also where the system's words are translated.

tests/setup lets the real uv say it wherever the failure can be brought about on the machine of the tests.
"""

from __future__ import annotations

import re

import pytest
from partgen.environment.settings import Settings
from partgen.environment.symptoms import SYSTEM_NUMBERS, index_name, problem_of, problem_of_proof, symptoms
from partgen.errors import Action

HINTS = {"stage": "installing packages", "folder_of_environment": "C:\\Users\\Zoë\\PartGen"}

ON_WINDOWS = [
    (
        "failed to write to file `C:\\a\\b.pyd`: Es steht nicht genug Speicherplatz auf dem Datenträger zur Verfügung. (os error 112)",
        "disk_full",
    ),
    ("failed to remove file `C:\\a\\b.pyd`: Der Prozess kann nicht auf die Datei zugreifen (os error 32)", "file_locked"),
    ("failed to rename file from `C:\\a` to `C:\\b`: アクセスが拒否されました。 (os error 5)", "file_locked"),
    ("failed to create file `C:\\a`: Le nom de fichier ou l'extension est trop long. (os error 206)", "path_too_long"),
    ("uv could not be started: Zugriff verweigert (os error 5)", "uv_blocked"),
    ("uv could not be started: Virus (os error 225)", "uv_blocked"),
    ("uv could not be started: keine zulässige Win32-Anwendung (os error 193)", "uv_blocked"),
    ("client error (Connect)\n  cause: tcp connect error\n  cause: ... (os error 10061)", "index_unreachable"),
    ("client error (Connect)\n  cause: dns error\n  cause: Der angegebene Host ist unbekannt. (os error 11001)", "index_unreachable"),
    ("error sending request\n  cause: blocked (os error 10013)", "index_unreachable"),
    ("request or response body error\n  cause: Eine vorhandene Verbindung wurde geschlossen (os error 10054)", "download_broken"),
]

ELSEWHERE = [
    ("linux", "failed to write `/a`: Kein Speicherplatz (os error 28)", "disk_full"),
    ("linux", "failed to write `/a`: Quota exceeded (os error 122)", "disk_full"),
    ("linux", "failed to write `/a`: File too large (os error 27)", "disk_full"),
    ("linux", "failed to create `/a`: Read-only file system (os error 30)", "read_only"),
    ("linux", "failed to create `/a`: Permission denied (os error 13)", "not_writable"),
    ("linux", "failed to create `/a`: File name too long (os error 36)", "path_too_long"),
    ("linux", "uv could not be started: Exec format error (os error 8)", "uv_blocked"),
    ("darwin", "failed to write `/a`: disc quota (os error 69)", "disk_full"),
    ("darwin", "failed to create `/a`: Operation not permitted (os error 1)", "not_writable"),
    ("darwin", "failed to create `/a`: File name too long (os error 63)", "path_too_long"),
    ("darwin", "uv could not be started: Bad CPU type in executable (os error 86)", "uv_blocked"),
]


@pytest.mark.parametrize(("said", "code"), ON_WINDOWS)
def test_windows_is_understood_in_any_language(said: str, code: str) -> None:
    assert problem_of(f"error: {said}\n", Settings(), HINTS, 2, "win32").code == f"set_up.{code}"


@pytest.mark.parametrize(("system", "said", "code"), ELSEWHERE)
def test_other_systems_are_understood(system: str, said: str, code: str) -> None:
    assert problem_of(f"error: {said}\n", Settings(), HINTS, 2, system).code == f"set_up.{code}"


def test_a_number_means_what_it_means_on_its_own_system() -> None:
    """13 is "permission denied" on Linux and "invalid data" on Windows; 32 is a locked file there and a broken pipe here."""
    assert problem_of("(os error 13)", Settings(), HINTS, 2, "win32").code == "set_up.uv_failed"
    assert problem_of("(os error 32)", Settings(), HINTS, 2, "linux").code == "set_up.uv_failed"


def test_the_locked_file_is_named() -> None:
    error = problem_of("failed to remove file `C:\\a b\\torch.dll`: ... (os error 32)", Settings(), HINTS, 2, "win32")
    assert "C:\\a b\\torch.dll" in error.sentence


@pytest.mark.parametrize("system", ["linux", "darwin", "win32", "freebsd14"])
@pytest.mark.parametrize("offline", ["", "/media/stick"])
def test_every_sentence_is_complete_and_has_a_button(system: str, offline: str) -> None:
    names = re.compile(r"{(\w+)}")
    always = {"index", "folder", "host", "stage", "folder_of_environment", "package", "file"}
    for symptom in symptoms(system):
        own = set(re.compile(symptom.pattern).groupindex)
        assert set(names.findall(symptom.sentence)) <= always | own, symptom.code
        assert "{" not in symptom.remedy, symptom.code
        assert symptom.action is not Action.NONE, symptom.code
        assert symptom.sentence.endswith("."), symptom.code
        assert symptom.remedy.endswith("."), symptom.code


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_nobody_is_sent_to_a_setting_that_there_is_not(system: str) -> None:
    """The environment's folder is Blender's to choose: the preferences cannot change it."""
    for symptom in symptoms(system):
        assert "folder" not in symptom.remedy or "in the preferences" not in symptom.remedy, symptom.code


def test_certificates_that_are_in_use_already_are_not_offered_as_the_way_out() -> None:
    said = "error: Failed to fetch\n  cause: invalid peer certificate: UnknownIssuer"
    without = problem_of(said, Settings(system_certificates=False), HINTS, 2)
    having = problem_of(said, Settings(system_certificates=True), HINTS, 2)
    assert (without.code, without.action) == ("set_up.certificate", Action.USE_SYSTEM_CERTIFICATES)
    assert (having.code, having.action) == ("set_up.certificate", Action.SET_UP)
    assert "SSL_CERT_FILE" in having.remedy


def test_every_system_has_its_numbers() -> None:
    kinds = {frozenset(numbers) for numbers in SYSTEM_NUMBERS.values()}
    assert len(kinds) == 1


def test_what_nobody_has_seen_before_is_not_shown_but_says_where_to_look() -> None:
    error = problem_of("error: the flux capacitor is discharged", Settings(), HINTS, 2)
    assert error.code == "set_up.uv_failed"
    assert "installing packages" in error.sentence
    assert "flux" not in error.sentence
    assert error.action is Action.OPEN_LOG


def test_an_installer_that_was_killed_says_so() -> None:
    error = problem_of("Downloading scipy", Settings(), HINTS, -9)
    assert error.code == "set_up.uv_killed"
    assert "signal 9" in error.sentence


def test_an_index_is_called_by_its_host_and_never_by_its_password() -> None:
    assert index_name(Settings()) == "pypi.org"
    assert index_name(Settings(index_url="https://ada:secret@packages.example:8443/simple")) == "packages.example:8443"


def test_from_a_folder_nobody_is_told_to_check_the_network() -> None:
    said = "error: No solution found\n  cause: Because scipy was not found in the provided package locations and you require scipy==1"
    error = problem_of(said, Settings(offline_folder="/media/stick"), HINTS, 1)
    assert (error.code, error.action) == ("set_up.folder_incomplete", Action.INSTALL_FROM_FOLDER)
    assert "scipy" in error.sentence


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("ImportError: DLL load failed while importing _C: Das angegebene Modul wurde nicht gefunden.", "runtime_missing"),
        ("OSError: [WinError 126] error loading c10.dll or one of its dependencies", "runtime_missing"),
        ("OSError: [WinError 1455] The paging file is too small for this operation to complete", "memory"),
        ("ImportError: /lib/libc.so.6: version `GLIBC_2.28' not found (required by libtorch.so)", "system_too_old"),
        ("RuntimeError: a ball on a rod came apart into 1 parts", "proof_failed"),
        ("", "proof_failed"),
    ],
)
def test_installed_and_not_working_is_explained(said: str, code: str) -> None:
    error = problem_of_proof(said)
    assert error.code == f"set_up.{code}"
    assert error.remedy
    assert error.action is not Action.NONE
