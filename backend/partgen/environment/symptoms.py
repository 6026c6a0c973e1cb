"""What uv says when it fails, and what that means to an artist: one table, tried against what the real uv says.

uv's own words go to the log, never to the screen. Numbers of the operating system count, not its words: those are
translated on many a Windows.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from partgen.errors import Action, PartgenError

from .settings import Settings


@dataclass(frozen=True)
class Symptom:
    """A failure that can be recognized.

    `pattern` is searched in all that uv said; its named groups, `{index}` (the package index), `{folder}` (of an
    installation from a folder) and `{stage}` fill `sentence` and `remedy`. `offline` limits it to installations with (True)
    or without (False) a folder, `system_certificates` to those that trust (True) or do not trust (False) what the system does.
    """

    code: str
    pattern: str
    sentence: str
    remedy: str
    action: Action
    offline: bool | None = None
    system_certificates: bool | None = None

    def may_fit(self, settings: Settings) -> bool:
        """Whether it can be the reason in an installation with these settings."""
        is_offline = bool(settings.offline_folder)
        return self.offline in (None, is_offline) and self.system_certificates in (None, settings.system_certificates)


# The operating system's numbers for what can be wrong with a file, by sys.platform: errno.h, and WinError.h.
SYSTEM_NUMBERS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "linux": {"full": (28, 27, 122), "locked": (16, 26), "forbidden": (1, 13), "read_only": (30,), "long": (36,), "program": (8,)},
    "darwin": {"full": (28, 27, 69), "locked": (16, 26), "forbidden": (1, 13), "read_only": (30,), "long": (63,), "program": (8, 86)},
    "win32": {
        "full": (112, 39, 1295),
        "locked": (32, 33, 5, 225, 1224),
        "forbidden": (),
        "read_only": (19,),
        "long": (206, 123),
        "program": (193, 216, 225),
    },
}

TRY_AGAIN = "Then start the set-up again: it goes on where it stopped."
ANOTHER_FOLDER = "start Blender with another folder for its user files (BLENDER_USER_RESOURCES)"
"""The environment lies among the extension's user files: there is no setting of its own for its folder."""

_CERTIFICATE = r"invalid peer certificate|UnknownIssuer|self.signed certificate|certificate verify failed|CaUsedAsEndEntity|NotValidForName"
_FILE = r"(?:`(?P<file>[^`\n]+)`[^\n]*)?"


def _numbers(kind: str, system: str) -> str:
    """A pattern for uv's "(os error 28)" with any of the numbers of one kind; one that nothing matches where there are none."""
    numbers = "|".join(map(str, SYSTEM_NUMBERS.get(system, SYSTEM_NUMBERS["linux"])[kind]))
    return rf"\(os error (?:{numbers})\)" if numbers else r"(?!)"


def symptoms(system: str = sys.platform) -> tuple[Symptom, ...]:
    """All of them, for a system as sys.platform names it. The first that fits is the one: causes come before consequences."""
    return (
        Symptom(
            "set_up.disk_full",
            _numbers("full", system) + r"|No space left on device",
            "The disk is full: {folder_of_environment} has no room for what PartGen needs.",
            f"Free some space. {TRY_AGAIN}",
            Action.SET_UP,
        ),
        Symptom(
            "set_up.read_only",
            _numbers("read_only", system),
            "Nothing can be written to {folder_of_environment}: that disk is read-only.",
            f"Make it writable, or {ANOTHER_FOLDER}.",
            Action.COPY_DEBUG_INFO,
        ),
        Symptom(
            "set_up.path_too_long",
            _numbers("long", system),
            "A path became too long for this system: {folder_of_environment} lies too deep.",
            f"Switch on long paths in Windows, or {ANOTHER_FOLDER} whose path is shorter."
            if system == "win32"
            else f"To have a shorter path, {ANOTHER_FOLDER}.",
            Action.COPY_DEBUG_INFO,
        ),
        Symptom(
            "set_up.uv_blocked",
            r"uv could not be started[^\n]*",
            "The installer that comes with PartGen was not allowed to start.",
            f"A virus scanner may hold it back, or the folder allows no programs. Allow it, or {ANOTHER_FOLDER}. {TRY_AGAIN}",
            Action.SET_UP,
        ),
        Symptom(
            "set_up.file_locked",
            _FILE + _numbers("locked", system),
            "Another program holds a file of the environment: {file}.",
            f"That is often a virus scanner, or a second Blender. Close it or wait a little. {TRY_AGAIN}",
            Action.SET_UP,
        ),
        Symptom(
            "set_up.not_writable",
            _FILE + _numbers("forbidden", system),
            "A file of the environment cannot be written: {file}.",
            f"Let your user account own that folder. {TRY_AGAIN}",
            Action.SET_UP,
        ),
        Symptom(
            "set_up.hash_mismatch",
            r"Hash mismatch for `(?P<package>[^`]+)`",
            "The file for {package} that arrived is not the one that PartGen was tested with. It was not installed.",
            "Use another package index or none; a proxy may also have changed it.",
            Action.OPEN_PREFERENCES,
            offline=False,
        ),
        Symptom(
            "set_up.hash_mismatch",
            r"Hash mismatch for `(?P<package>[^`]+)`",
            "The file for {package} in the folder {folder} is not the one that PartGen was tested with. It was not installed.",
            "Make the folder anew for this version of PartGen.",
            Action.INSTALL_FROM_FOLDER,
            offline=True,
        ),
        Symptom(
            "set_up.proxy_password",
            r"407 Proxy Authentication|proxy authorization required|[Pp]roxy authentication",
            "The proxy asks for a name and a password.",
            "Write them into the proxy's address in the preferences: http://name:password@proxy:port.",
            Action.OPEN_PREFERENCES,
        ),
        Symptom(
            "set_up.index_password",
            r"\b40[13] (?:Unauthorized|Forbidden)|authentication credentials",
            "The package index {index} wants a name and a password, or refuses the ones it got.",
            "Write them into its address in the preferences: https://name:password@index/simple.",
            Action.OPEN_PREFERENCES,
        ),
        Symptom(
            "set_up.certificate",
            _CERTIFICATE,
            "The connection to {index} is not trusted: its certificate is unknown here. A company network or a virus scanner may "
            "read along.",
            "Use the system's certificates, or give the file with your company's certificate in SSL_CERT_FILE.",
            Action.USE_SYSTEM_CERTIFICATES,
            system_certificates=False,
        ),
        Symptom(
            "set_up.certificate",
            _CERTIFICATE,
            "The connection to {index} is not trusted: its certificate is unknown to this computer too. A company network or a virus "
            "scanner may read along.",
            f"Let the system trust your company's certificate, or give the file with it in SSL_CERT_FILE. {TRY_AGAIN}",
            Action.SET_UP,
            system_certificates=True,
        ),
        Symptom(
            "set_up.proxy_unreachable",
            r"tunnel error|proxy connect|unsuccessful tunnel|[Ff]ailed to connect to proxy",
            "The proxy does not answer.",
            "Check its address in the preferences, and the variables HTTPS_PROXY and ALL_PROXY.",
            Action.OPEN_PREFERENCES,
        ),
        Symptom(
            "set_up.folder_damaged",
            r"invalid package format|Failed to read from zip file|Invalid zip file|Failed to extract archive"
            r"|unexpected (?:end of file|EOF)",
            "A file in the folder {folder} is damaged.",
            "Copy or make the folder again.",
            Action.INSTALL_FROM_FOLDER,
            offline=True,
        ),
        Symptom(
            "set_up.folder_incomplete",
            r"Because (?P<package>[^\s=<>]+)\S* (?:was not found|has no|is not)"
            r"|there (?:is no version|are no versions) of (?P<version>\S+)",
            "The folder {folder} does not hold {package} for this machine.",
            "Make the folder anew, for this system and this version of PartGen.",
            Action.INSTALL_FROM_FOLDER,
            offline=True,
        ),
        Symptom(
            "set_up.folder_missing",
            r"Failed to read `--find-links` directory: (?P<file>[^\n]+)",
            "The folder {file} cannot be read.",
            "Choose the folder with the packages again.",
            Action.INSTALL_FROM_FOLDER,
        ),
        Symptom(
            "set_up.offline",
            r"network was disabled|Network connectivity is disabled|--offline",
            "Blender may not use the network, and something that PartGen needs is not on this computer yet.",
            "Allow online access in Blender's preferences, or install from a folder.",
            Action.ALLOW_ONLINE,
            offline=False,
        ),
        Symptom(
            "set_up.no_wheel",
            r"Because (?P<package>[^\s=<>]+)\S* has no (?:usable wheels|wheels with|source dist)",
            "{package} does not exist for this system or its Python.",
            "Update the system or choose another Python in the preferences; the log tells which systems it exists for.",
            Action.OPEN_LOG,
        ),
        Symptom(
            "set_up.index_failing",
            r"HTTP status server error \((?P<status>\d+)",
            "The package index {index} has a fault of its own (status {status}).",
            f"Wait a while. {TRY_AGAIN}",
            Action.SET_UP,
        ),
        Symptom(
            "set_up.download_broken",
            r"error decoding response body|end of file before message|unexpected (?:end of file|EOF)|connection closed before"
            r"|Connection reset|\(os error (?:104|54|10054)\)|request or response body error|invalid package format"
            r"|Failed to read from zip file|Invalid zip file|Failed to extract archive",
            "A download broke off or arrived damaged.",
            "Start the set-up again: what is complete stays, and it goes on from there.",
            Action.SET_UP,
            offline=False,
        ),
        Symptom(
            "set_up.index_unreachable",
            r"dns error|tcp connect error|client error \(Connect\)|error sending request|timed? ?out|Network is unreachable"
            r"|\(os error (?:101|110|111|113|10013|10051|10060|10061|10065|11001)\)",
            "{host} cannot be reached.",
            f"Check the network, a firewall and the proxy, or install from a folder. {TRY_AGAIN}",
            Action.SET_UP,
        ),
        Symptom(
            "set_up.package_missing",
            r"Because (?P<package>[^\s=<>]+)\S* was not found|there (?:is no version|are no versions) of (?P<version>\S+)",
            "The package index {index} does not have {package}.",
            "Check the address of the index in the preferences.",
            Action.OPEN_PREFERENCES,
        ),
        Symptom(
            "set_up.no_python",
            r"No interpreter found|No (?:Python|virtual environment) (?:installation|found)|Failed to inspect Python interpreter"
            r"|Querying Python at",
            "No usable Python was found.",
            "Choose a Python 3.11, 3.12 or 3.13 in the preferences.",
            Action.OPEN_PREFERENCES,
        ),
    )


def problem_of(
    said: str, settings: Settings, hints: Mapping[str, str] | None = None, exit_code: int | None = None, system: str = sys.platform
) -> PartgenError:
    """The error for what uv said on its error stream.

    `hints` may name "stage" (what was being done) and "folder_of_environment". Code "set_up.uv_failed" where nothing in the
    table fits, "set_up.uv_killed" where something ended uv from outside.
    """
    words = {
        "index": index_name(settings),
        "folder": settings.offline_folder,
        "host": _host(said) or index_name(settings),
        "stage": "installing",
        "folder_of_environment": "its folder",
    } | dict(hints or {})
    for symptom in symptoms(system):
        if symptom.may_fit(settings) and (found := re.search(symptom.pattern, said)):
            words |= {name: value for name, value in found.groupdict().items() if value}
            words["package"] = words.get("package") or words.get("version", "a package").split("=")[0]
            words["file"] = words.get("file", "see the log")
            return PartgenError(symptom.code, symptom.sentence.format_map(words), symptom.remedy, symptom.action)
    if exit_code is not None and exit_code < 0:
        sentence = f"The installer was ended from outside while it was at: {words['stage']} (signal {-exit_code})."
        return PartgenError("set_up.uv_killed", sentence, "Start the set-up again: it goes on where it stopped.", Action.SET_UP)
    return PartgenError("set_up.uv_failed", f"The set-up failed at: {words['stage']}.", "The log tells why.", Action.OPEN_LOG)


PROOF_SYMPTOMS = (
    Symptom(
        "set_up.runtime_missing",
        r"DLL load failed|VCRUNTIME|Visual C\+\+ Redistributable|WinError 126",
        "PartGen is installed, but Microsoft's Visual C++ runtime is missing on this computer.",
        "Install it from https://aka.ms/vs/17/release/vc_redist.x64.exe, then repair.",
        Action.REPAIR,
    ),
    Symptom(
        "set_up.memory",
        r"MemoryError|Cannot allocate memory|paging file is too small|WinError 1455|DefaultCPUAllocator: not enough memory",
        "PartGen is installed, but the memory of this computer ran out as it was tried.",
        "Close other programs, then start the set-up again.",
        Action.SET_UP,
    ),
    Symptom(
        "set_up.system_too_old",
        r"version `(?P<version>(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found|Symbol not found|built for macOS",
        "PartGen is installed, but a package needs a newer system than this one.",
        "Update the system; the log tells which package it is.",
        Action.OPEN_LOG,
    ),
)


def problem_of_proof(said: str) -> PartgenError:
    """The error where everything was installed and does not work: `said` is the error stream of the proof."""
    for symptom in PROOF_SYMPTOMS:
        if re.search(symptom.pattern, said):
            return PartgenError(symptom.code, symptom.sentence, symptom.remedy, symptom.action)
    sentence = "PartGen is installed, but it does not work on this computer yet."
    return PartgenError("set_up.proof_failed", sentence, "Repair it; if that does not help, the log tells why.", Action.REPAIR)


def index_name(settings: Settings) -> str:
    """The package index as people call it: its host."""
    return _host(settings.index_url) or settings.index_url or "pypi.org"


def _host(text: str) -> str:
    """The host of the first address in a text, without user name and password; empty where there is none."""
    found = re.search(r"https?://(?:[^/@\s]*@)?(?P<host>\[[^\]]+\]|[^/:\s`)]+)(?P<port>:\d+)?", text)
    return found["host"] + (found["port"] or "") if found else ""
