"""What is private in a text that will be shown to others: names of users, and secrets in addresses and settings."""

from __future__ import annotations

import getpass
import re
from pathlib import Path

_HOMES = re.compile(r"(?i)((?:[a-z]:)?[\\/]+(?:users|home)[\\/]+)(?!\*)([^\\/\s\"':;,]+)")
_CREDENTIALS = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@\"']+@")
_PROXIES = re.compile(r"(?<![^\s\"'=(])[^\s\"'=(:/@]+:[^\s\"'/@]+@(?=[\w.-]+:\d)")  # an address of a proxy may lack its beginning
_PARAMETERS = re.compile(r"(?i)([?&;][^=&\s\"']*(?:token|key|secret|signature|sig|password|credential|auth)[^=&\s\"']*=)[^&\s\"']+")
_SETTINGS = re.compile(r"(?i)(\b[\w-]*(?:token|api[_-]?key|secret|password|passwd)\b[\"']?\s*[=:]\s*[\"']?)(?!\*)[^\s\"',;&]+")
_HEADERS = re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?(?:\w+\s+)?)(?!\*)[^\s\"',;]+")
_TOKENS = re.compile(r"\b(?:hf_[A-Za-z0-9]{8,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|pypi-[\w-]{16,})")
_MINIMUM_NAME = 3
"""A user called "me" would make stars of half of the text."""


def masked(text: str, home: Path | None = None, user: str | None = None) -> str:
    """`text` without the home folder, the user's name and what grants access: passwords and tokens of addresses and settings."""
    home = home or Path.home()
    for spelling in {str(home), home.as_posix(), str(home).replace("\\", "\\\\")}:
        if len(spelling) > 1:
            text = re.sub(re.escape(spelling) + r"(?![\w.-])", "~", text, flags=re.IGNORECASE)
    for pattern, replacement in (
        (_CREDENTIALS, r"\1***@"),
        (_PROXIES, "***@"),
        (_PARAMETERS, r"\1***"),
        (_HEADERS, r"\1***"),
        (_SETTINGS, r"\1***"),
        (_TOKENS, "***"),
        (_HOMES, r"\1***"),
    ):
        text = pattern.sub(replacement, text)
    for name in {user or _user(), home.name}:
        if len(name) >= _MINIMUM_NAME and name not in ("root", "user", "home"):
            text = re.sub(rf"(?i)(?<![\w]){re.escape(name)}(?![\w])", "***", text)
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
