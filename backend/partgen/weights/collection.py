"""The models folder: putting weights in, checking them, taking them out."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from ..errors import Action, PartgenError
from ..task import Reporter
from .conversion import Shapes, check_contents, convert, digest, is_safetensors, not_written, published_tensors
from .downloads import Connection, Pace, Published, ask, check_space, fetch, partial_path, prepare
from .registry import (
    CONVERTED,
    ORIGINAL,
    Condition,
    Entry,
    Kind,
    SourceFile,
    State,
    condition,
    in_megabytes,
    read_record,
    write_record,
)

Record = dict[str, Any]


def download(
    wanted: Entry,
    folder: Path,
    connection: Connection,
    reporter: Reporter,
    accept_licence: bool = False,
    keep_original: bool = False,
    expected: Shapes | None = None,
) -> Record:
    """Downloads an entry, checks it and converts it where it must be; goes on with what an earlier attempt left.

    Returns what was done, with a "sentence" about it. Raises PartgenError.
    """
    if wanted.kind is Kind.BUNDLED:
        return {"id": wanted.id, "sentence": f"{wanted.title} comes with PartGen; there is nothing to download."}
    home = folder / wanted.id
    now = condition(wanted, folder)
    if now.is_usable and now.state is not State.REPLACED:
        return {"id": wanted.id, "sentence": f"{wanted.title} is here already ({in_megabytes(now.bytes_on_disk)})."}
    check_licence(wanted, now, accept_licence)
    with alone(wanted, folder):
        if now.state is not State.DOWNLOADED:
            prepare(connection)
            _download_files(wanted, home, connection, reporter)
        if wanted.pickled:
            return _convert_original(wanted, home, reporter, keep_original, expected)
        return _finish(wanted, home)


def _download_files(wanted: Entry, home: Path, connection: Connection, reporter: Reporter) -> None:
    """Fetches every file that is not here yet, and writes each down as soon as it is whole."""
    steps = 3 if wanted.pickled else 2
    reporter.report(0.0, f"Ask {connection.host}", 1, steps, wanted.title)
    published = ask(wanted, connection)
    record = _fetched_record(wanted, home, read_record(home), published)
    missing = [one for one in published if one.file.path not in record["fetched"]]
    check_space(home, _needed(wanted, home, missing), wanted.title)
    total = sum(one.size or one.file.size for one in missing)
    share = 0.9 if wanted.pickled else 1.0

    name = ""

    def say(arrived: int, seconds_left: float | None) -> None:
        detail = f"{name} · {arrived / 1e6:.0f} of {total / 1e6:.0f} MB"
        reporter.report(share * arrived / max(1, total), f"Download {wanted.title}", 2, steps, detail, seconds_left)

    pace = Pace(total, say)
    for one in missing:
        name = one.file.path.rsplit("/", 1)[-1]
        target = _place(wanted, home, one.file)
        sha256 = fetch(wanted, one, target, connection, pace)
        record["fetched"][one.file.path] = {"size": target.stat().st_size, "sha256": sha256, "tag": one.tag}
        _write(home, record)


def _fetched_record(wanted: Entry, home: Path, earlier: Record, published: list[Published]) -> Record:
    """The record of a download under way, with the files of an earlier attempt that are still the published ones."""
    before = {**earlier.get("files", {}), wanted.pickled: earlier.get("original", {}), **earlier.get("fetched", {})}
    kept = {one.file.path: before[one.file.path] for one in published if _is_still_here(wanted, home, one, before)}
    return {
        "id": wanted.id,
        "source": "hub",
        "repository": wanted.repository,
        "commit": published[0].commit if published else "",
        "licence": _accepted(wanted),
        "fetched": kept,
        "files": {},
    }


def _is_still_here(wanted: Entry, home: Path, published: Published, before: Record) -> bool:
    """Whether a file of an earlier attempt is the published one, byte for byte."""
    one = before.get(published.file.path, {})
    place = _place(wanted, home, published.file)
    return one.get("tag") == published.tag and place.is_file() and digest(place) == one.get("sha256")


def _needed(wanted: Entry, home: Path, missing: list[Published]) -> int:
    """Bytes that must be free: what is still to arrive, and the converted file."""
    here = 0
    for one in missing:
        with contextlib.suppress(OSError):
            here += partial_path(_place(wanted, home, one.file), one).stat().st_size
    return sum(one.size or one.file.size for one in missing) - here + wanted.converted_bytes


def _place(wanted: Entry, home: Path, file: SourceFile) -> Path:
    """Where a file of an entry goes: a checkpoint that must be converted is kept apart from what may be read."""
    return home / ORIGINAL / Path(file.path).name if file.path == wanted.pickled else home / file.path


def _convert_original(wanted: Entry, home: Path, reporter: Reporter, keep_original: bool, expected: Shapes | None) -> Record:
    """Converts a downloaded checkpoint, and removes it unless it is to be kept."""
    record = read_record(home)
    source = home / ORIGINAL / Path(wanted.pickled).name
    reporter.report(0.92, f"Convert {wanted.title}", 3, 3, "the checkpoint is opened without running anything in it")
    written = convert(wanted, source, home / CONVERTED, expected)
    fetched = record.get("fetched", {}).get(wanted.pickled, {})
    size = source.stat().st_size
    record["original"] = {**fetched, "name": source.name, "path": f"{ORIGINAL}/{source.name}", "size": size}
    record["files"] = {CONVERTED: {"size": written.size, "sha256": written.sha256}}
    _write(home, record | {"fetched": {}, "date": today(), "damaged": ""})
    sentence = f"{wanted.title} is ready ({in_megabytes(written.size)})."
    if keep_original:
        sentence += f" The checkpoint that it came in is kept ({in_megabytes(size)})."
    else:
        remove_tree(home / ORIGINAL)
        sentence += f" The checkpoint that it came in was removed, which freed {in_megabytes(size)}."
    return {"id": wanted.id, "state": State.CONVERTED, "bytes": written.size, "sentence": sentence}


def _finish(wanted: Entry, home: Path) -> Record:
    """Writes down that all files are here and may be read as they are."""
    record = read_record(home)
    files: Record = dict(record.get("fetched", {}))
    _write(home, record | {"files": files, "fetched": {}, "date": today(), "damaged": ""})
    size = sum(one["size"] for one in files.values())
    return {"id": wanted.id, "state": State.PRESENT, "bytes": size, "sentence": f"{wanted.title} is ready ({in_megabytes(size)})."}


def use(
    wanted: Entry, folder: Path, source: Path, reporter: Reporter, accept_licence: bool = False, expected: Shapes | None = None
) -> Record:
    """Takes an entry from a file that the user has: checked, and converted or copied. The file itself is left alone.

    Of an entry of several files `source` is the folder that holds them as its repository does, or one of them in there.
    Raises PartgenError.
    """
    if wanted.kind is Kind.BUNDLED:
        raise PartgenError("weights.bundled", f"{wanted.title} comes with PartGen and is not replaced.")
    check_licence(wanted, condition(wanted, folder), accept_licence)
    if not source.exists():
        raise PartgenError("weights.unreadable", f"There is no file {source}.", "Choose another file.")
    with alone(wanted, folder):
        if wanted.pickled:
            files = _use_file(wanted, folder / wanted.id, source, reporter, expected)
        else:
            files = _use_folder(wanted, folder / wanted.id, _folder_around(wanted, source), reporter)
    size = sum(one["size"] for one in files.values())
    sentence = f"{wanted.title} is ready, from {source.name} ({in_megabytes(size)}). Your file is not needed any more."
    if read_record(folder / wanted.id).get("original", {}).get("is_published"):
        sentence += " It is, byte for byte, the published one."
    return {"id": wanted.id, "state": State.REPLACED, "bytes": size, "sentence": sentence}


def _use_file(wanted: Entry, home: Path, source: Path, reporter: Reporter, expected: Shapes | None) -> Record:
    if source.is_dir():
        sentence = f"{source} is a folder; {wanted.title} is one file, published as {wanted.pickled}."
        raise PartgenError("weights.unreadable", sentence, "Choose that file.")
    reporter.report(0.1, f"Check {source.name}", 1, 1, "it is opened without running anything in it")
    check_space(home, source.stat().st_size, wanted.title)
    written = convert(wanted, source, home / CONVERTED, expected)
    files = {CONVERTED: {"size": written.size, "sha256": written.sha256}}
    sha256 = digest(source)
    is_published = sha256 in {file.sha256 for file in wanted.files}
    original = {"name": source.name, "size": source.stat().st_size, "sha256": sha256, "is_published": is_published}
    _write(home, _user_record(wanted, files, original))
    remove_tree(home / ORIGINAL)
    return files


def _folder_around(wanted: Entry, source: Path) -> Path:
    """The folder that holds the files of an entry, where one of them may have been chosen instead."""
    if source.is_dir():
        return source
    for file in wanted.files:
        depth = len(Path(file.path).parts)
        if source.parts[-depth:] == Path(file.path).parts:
            return source.parents[depth - 1]
    return source.parent


def _use_folder(wanted: Entry, home: Path, source: Path, reporter: Reporter) -> Record:
    needed = [file for file in wanted.files if not file.optional]
    missing = [file.path for file in needed if not (source / file.path).is_file()]
    if missing:
        names = ", ".join(file.path for file in needed)
        sentence = f"{missing[0]} is not in {source}. {wanted.title} consists of: {names}."
        raise PartgenError("weights.unreadable", sentence, "Choose the folder that holds these files.")
    present = [file for file in wanted.files if (source / file.path).is_file()]
    _check_tensors(wanted, source, present)
    check_space(home, sum((source / file.path).stat().st_size for file in present), wanted.title)
    files: Record = {}
    for number, file in enumerate(present):
        reporter.report(number / len(present), f"Copy {wanted.title}", 1, 1, file.path)
        target = home / file.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / file.path, target)
        except OSError as error:
            raise not_written(target, error) from error
        files[file.path] = {"size": target.stat().st_size, "sha256": digest(target)}
    _write(home, _user_record(wanted, files, {"name": source.name}))
    return files


def _check_tensors(wanted: Entry, source: Path, files: list[SourceFile]) -> None:
    """Raises PartgenError where a file that should hold tensors is none, or holds others than it should."""
    tensors: dict[str, torch.Tensor] = {}
    for file in files:
        if file.path.endswith(".safetensors"):
            if not is_safetensors(source / file.path):
                sentence = f"{file.path} is not a safetensors file."
                raise PartgenError("weights.not_a_checkpoint", sentence, "Download it again, or choose another folder.")
            tensors |= {file.prefix + name: one for name, one in published_tensors(wanted, source / file.path).items()}
    check_contents(wanted, tensors, source.name)


def _user_record(wanted: Entry, files: Record, original: Record) -> Record:
    return {"id": wanted.id, "source": "file", "licence": _accepted(wanted), "files": files, "original": original, "date": today()}


def verify(wanted: Entry, folder: Path, reporter: Reporter) -> Record:
    """Compares every file of an entry with the digest that was written down, and remembers damage.

    Raises PartgenError "weights.damaged", or "weights.absent" where there is nothing to verify.
    """
    home = folder / wanted.id
    now = condition(wanted, folder)
    if now.state is State.BUNDLED:
        return {"id": wanted.id, "state": now.state, "sentence": f"{wanted.title} comes with PartGen and is whole."}
    record = read_record(home)
    files: Record = record.get("files", {})
    if not files:
        raise PartgenError("weights.absent", f"There is nothing of {wanted.title} to verify.", "Download it first.")
    total = sum(int(one["size"]) for one in files.values())
    pace = Pace(total, lambda done, left: reporter.report(done / max(1, total), f"Verify {wanted.title}", 1, 1, "", left))
    damage = ""
    for path, one in files.items():
        try:
            if digest(home / path, pace) != one["sha256"]:
                damage = f"{path} was changed."
        except OSError:
            damage = f"{path} is missing."
    if damage != record.get("damaged", ""):
        _write(home, record | {"damaged": damage})
    if damage:
        remedy = f"Download it again: partgen models download {wanted.id}"
        raise PartgenError("weights.damaged", f"{wanted.title} is damaged: {damage}", remedy, Action.OPEN_PREFERENCES)
    return {"id": wanted.id, "state": condition(wanted, folder).state, "sentence": f"{wanted.title} is whole ({in_megabytes(total)})."}


def delete(wanted: Entry, folder: Path) -> Record:
    """Removes an entry from the models folder, with whatever an interrupted download left. Raises PartgenError."""
    home = folder / wanted.id
    if wanted.kind is Kind.BUNDLED:
        raise PartgenError("weights.bundled", f"{wanted.title} is part of PartGen and cannot be deleted by itself.")
    if not home.exists():
        return {"id": wanted.id, "bytes": 0, "sentence": f"{wanted.title} is not here."}
    with alone(wanted, folder):
        freed = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
        remove_tree(home)
    return {"id": wanted.id, "bytes": freed, "sentence": f"{wanted.title} was deleted, which freed {in_megabytes(freed)}."}


def check_licence(wanted: Entry, now: Condition, is_accepted: bool) -> None:
    """Raises PartgenError "weights.licence" where the licence forbids commercial use and nobody said to accept it."""
    licence = wanted.licence
    if licence.forbids_commercial_use and not (is_accepted or now.licence_was_accepted):
        sentence = f"The licence of {wanted.title} forbids commercial use ({licence.name})."
        raise PartgenError("weights.licence", sentence, f"Read it at {licence.url} and, if you accept it, add --accept-licence.")


@contextlib.contextmanager
def alone(wanted: Entry, folder: Path) -> Iterator[None]:
    """Keeps two programs from working on one entry. Raises PartgenError "weights.busy", or where the folder cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{wanted.id}.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        sentence = f"Another program is at work on {wanted.title} just now."
        raise PartgenError("weights.busy", sentence, "Wait until it is done, then try again.") from error
    except OSError as error:
        raise not_written(folder / wanted.id, error) from error
    try:
        yield
    finally:
        lock.release()


def remove_tree(folder: Path) -> None:
    """Removes a folder, read-only files included. Raises PartgenError where something holds on to it."""
    if not folder.exists():
        return
    for attempt in range(3):
        for place, _, names in os.walk(folder):
            for name in (place, *(os.path.join(place, name) for name in names)):
                with contextlib.suppress(OSError):
                    os.chmod(name, stat.S_IRWXU)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.2 * (attempt + 1))  # on Windows a virus scanner may hold a file for a moment
    raise PartgenError("weights.not_writable", f"{folder} could not be removed.", "Close what uses it, e.g. the backend, and try again.")


def today() -> str:
    """The time now, as records hold it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _accepted(wanted: Entry) -> Record:
    return {"name": wanted.licence.name, "url": wanted.licence.url, "accepted": True, "date": today()}


def _write(home: Path, record: Record) -> None:
    try:
        write_record(home, record)
    except OSError as error:
        raise not_written(home, error) from error
