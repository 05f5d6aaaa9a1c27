"""A folder of finished things, each under the hash of what made it.

An entry appears when it is whole, and its files are held against their hashes whenever it is read: what was cut short,
changed or removed meanwhile counts as not there, and is made again.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)
SUMS = "sums.json"
# What a killed run has left unfinished goes after so many seconds.
LEFT_OVER = 3600


@dataclass(frozen=True)
class Store:
    """Entries in a folder, found by key.

    Attributes
    ----------
    folder : Path
    reads : bool
        Whether what is there is used; what is made is kept in any case.
    """

    folder: Path
    reads: bool = True

    def find(self, key: str) -> Path | None:
        """Return the folder of an entry whose files are what they were when it was kept; None where there is none."""
        if not self.reads:
            return None
        entry = self.folder / key
        try:
            if not _is_whole(entry):
                return None
            # The oldest use goes first.
            os.utime(entry)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.info("%s: cannot be read (%s); it is made again", entry, error)
            return None
        return entry

    def keep(self, key: str, write: Callable[[Path], None]) -> bool:
        """Keep what a function writes into an empty folder, instead of what was there; say whether that was possible.

        A store that cannot be written to costs time, not a run: it is said once a call.
        """
        unfinished = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
            write(unfinished)
            _seal(unfinished)
            self._put(unfinished, self.folder / key)
        except OSError as error:
            log.info("%s: what was made is not kept: %s", self.folder, error.strerror or error)
            return False
        finally:
            if unfinished:
                shutil.rmtree(unfinished, ignore_errors=True)
        return True

    def trim(self, most: float) -> None:
        """Remove what was used longest ago until the rest takes at most so many bytes."""
        entries = sorted(self._entries(), key=lambda one: one[0], reverse=True)
        kept = 0
        for _, size, path in entries:
            kept += size
            if kept > most:
                with suppress(OSError):
                    self._remove(path)
        for path in self.folder.glob(".new-*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > LEFT_OVER:
                    shutil.rmtree(path, ignore_errors=True)

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        for path in self.folder.glob("[!.]*"):
            with suppress(OSError):
                yield path.stat().st_mtime, sum(file.stat().st_size for file in path.rglob("*")), path

    def _put(self, unfinished: Path, entry: Path) -> None:
        self._remove(entry)
        try:
            os.rename(unfinished, entry)
        except OSError:
            # Another run may have been quicker, with the same.
            if not entry.is_dir():
                raise

    def _remove(self, entry: Path) -> None:
        """Take an entry away under another name first, so that nobody finds half of it."""
        if entry.exists():
            gone = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
            with suppress(OSError):
                os.rename(entry, gone / "old")
            shutil.rmtree(gone, ignore_errors=True)


def _seal(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = {str(path.relative_to(folder)): sha256_of_file(path) for path in files}
    text = json.dumps(sums, sort_keys=True)
    (folder / SUMS).write_text(json.dumps({"files": sums, "sum": hashlib.sha256(text.encode()).hexdigest()}))


def _is_whole(entry: Path) -> bool:
    sealed = json.loads((entry / SUMS).read_text())
    text = json.dumps(sealed["files"], sort_keys=True)
    if hashlib.sha256(text.encode()).hexdigest() != sealed["sum"]:
        raise ValueError(f"{SUMS} was changed")
    for name, own in sealed["files"].items():
        if sha256_of_file(entry / name) != own:
            raise ValueError(f"{name} was changed")
    return True


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
