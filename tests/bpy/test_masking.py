"""A report may be shown to anybody: it names no user and opens no door."""

from __future__ import annotations

from pathlib import Path

import pytest
from bl_ext.user_default.partgen_blender.masking import masked

HOME = Path("/home/ada.lovelace")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/ada.lovelace/.config/blender/5.2", "~/.config/blender/5.2"),
        ("C:\\Users\\Charles\\AppData\\Roaming", "C:\\Users\\***\\AppData\\Roaming"),
        ('{"folder": "C:\\\\Users\\\\Charles\\\\AppData"}', '{"folder": "C:\\\\Users\\\\***\\\\AppData"}'),
        ("/Users/charles/Library/Fonts", "/Users/***/Library/Fonts"),
        ("/home/charles", "/home/***"),
        ("proxy http://ada:s3cret@proxy.studio:3128/", "proxy http://***@proxy.studio:3128/"),
        ("Settings(proxy='ada:s3cret@proxy.studio:3128', python='')", "Settings(proxy='***@proxy.studio:3128', python='')"),
        ("index https://token@pypi.studio/simple", "index https://***@pypi.studio/simple"),
        ("GET https://files.studio/a.whl?X-Amz-Signature=abcdef&expires=9", "GET https://files.studio/a.whl?X-Amz-Signature=***&expires=9"),
        ("https://hub.studio/x?access_token=abc123", "https://hub.studio/x?access_token=***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("HF_TOKEN=hf_abcdefghijklmnop", "HF_TOKEN=***"),
        ("login with hf_abcdefghijklmnop failed", "login with *** failed"),
        ('{"password": "hunter2"}', '{"password": "***"}'),
        ("user ada on host", "user *** on host"),
    ],
)
def test_what_is_private_is_left_out(text: str, expected: str) -> None:
    assert masked(text, HOME, "ada") == expected


@pytest.mark.parametrize(
    "text",
    [
        "Blender 5.2.3 (Linux), Python 3.13.1",
        "https://download.pytorch.org/whl/cu126",
        "torch · 123 of 190 MB",
        "/opt/blender/5.2/python/bin/python3.13",
        "The adaptive step took 3 s; see radar.",
        "tokenizer.json 2220 kB",
        "at 12:30:45 somebody wrote to support@partgen.example",
    ],
)
def test_what_helps_stays(text: str) -> None:
    assert masked(text, HOME, "ada") == text
