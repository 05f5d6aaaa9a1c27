"""IDX files of MNIST's kind: five places to find them, one checksum to trust them by.

The format is described at the end of http://yann.lecun.com/exdb/mnist/: two zero bytes, a type code, the number of
dimensions, their sizes as big-endian 32-bit integers, then the values.
"""

import gzip
import hashlib
import logging
import math
import os
import shutil
import subprocess
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from report_lib import ROOT
from report_lib.common.errors import ReportError

log = logging.getLogger(__name__)

FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
# Of the published files, decompressed; none has more.
MOST_BYTES = {"train_images": 47_040_016, "train_labels": 60_008, "test_images": 7_840_016, "test_labels": 10_008}
# A mirror that has not given all four files by then is left for the next source.
SECONDS_A_MIRROR = 600
_UBYTE = 8


@dataclass(frozen=True)
class IdxDataset:
    """A data set published as four IDX files, with the SHA-256 of each when decompressed."""

    title: str
    class_names: tuple[str, ...]
    sha256: dict[str, str]
    mirrors: tuple[str, ...]
    licence: str
    debian_package: str = ""
    debian_folder: str = ""


DATASETS = {
    "fashion_mnist": IdxDataset(
        title="Fashion-MNIST",
        class_names=("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                     "Ankle boot"),
        sha256={
            "train_images": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train_labels": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "test_images": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "test_labels": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
        mirrors=(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        licence="Zalando SE, MIT licence",
        debian_package="dataset-fashion-mnist",
        debian_folder="usr/share/datasets/fashion-mnist",
    ),
    "mnist": IdxDataset(
        title="MNIST",
        class_names=tuple("0123456789"),
        sha256={
            "train_images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train_labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "test_images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "test_labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        mirrors=(
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ),
        licence="Y. LeCun and C. Cortes, CC BY-SA 3.0",
    ),
}  # fmt: skip


class _Unavailable(Exception):
    """A source does not have a file; the next one is tried."""


class _Damaged(_Unavailable):
    """A source has a file that is wrong: an error where a person named the source, a reason to go on elsewhere."""


def load(name: str, data_dir: str = "") -> dict[str, np.ndarray]:
    """Find the four files of a data set, check them, and memory-map them from the cache.

    Parameters
    ----------
    name : str
        A key of `DATASETS`.
    data_dir : str
        Folder to look into first; `REPORT_DATA_DIR` names another.

    Returns
    -------
    dict of str to ndarray
        `train_images`, `train_labels`, `test_images`, `test_labels`; uint8, read-only.

    Raises
    ------
    ReportError
        When a file in `data_dir` is missing or wrong, or no source has the files.
    """
    dataset, folder = DATASETS[name], cache_dir() / name
    tried = []
    for title, read, named in _sources(name, data_dir):
        try:
            found = read()
            _verify(found, dataset.sha256)
        except _Unavailable as reason:
            if named and isinstance(reason, _Damaged):
                raise ReportError(f"{title}: {reason}") from reason
            tried.append(f"{title} ({reason})")
            log.info("%s: not from %s: %s", dataset.title, title, reason)
            continue
        log.info("%s: from %s", dataset.title, title)
        return {part: parse(data, title) for part, data in _kept(found, folder).items()}
    raise ReportError(
        f"{dataset.title} was not found; tried {'; '.join(tried)}. Put its four IDX files "
        "into a folder and name that in dataset.data_dir or REPORT_DATA_DIR"
    )


def parse(data: bytes | np.ndarray, where: str) -> np.ndarray:
    """Read the unsigned bytes of an IDX file, without copying them.

    Raises
    ------
    ReportError
        When the header is not IDX, the values are not unsigned bytes, or the length is wrong.
    """
    head = bytes(data[:4])
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] != _UBYTE or not 1 <= head[3] <= 4:
        raise ReportError(f"{where}: not an IDX file of unsigned bytes")
    shape = tuple(int.from_bytes(bytes(data[4 + 4 * i : 8 + 4 * i]), "big") for i in range(head[3]))
    offset = 4 + 4 * head[3]
    expected = offset + math.prod(shape)
    if len(data) != expected:
        raise ReportError(f"{where}: truncated or damaged IDX file, {len(data)} bytes where {expected} are announced")
    return np.asarray(data if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8))[offset:].reshape(shape)


def cache_dir() -> Path:
    """Return the folder that keeps fetched data: `REPORT_CACHE_DIR`, or the system's place for caches."""
    return Path(os.environ.get("REPORT_CACHE_DIR") or platformdirs.user_cache_dir("image-structure-report"))


def _sources(name: str, data_dir: str) -> Iterator[tuple[str, Callable[[], dict[str, bytes | np.ndarray]], bool]]:
    """Yield places to look, and whether a person named them: those first, then the cache, the system, the network."""
    dataset = DATASETS[name]
    if data_dir:
        yield f"dataset.data_dir {data_dir}", lambda: _from_named_folder(ROOT / data_dir, name), True
    if os.environ.get("REPORT_DATA_DIR"):
        yield "REPORT_DATA_DIR", lambda: _from_folder(Path(os.environ["REPORT_DATA_DIR"]), name), True
    yield "the cache", lambda: _from_cache(cache_dir() / name), False
    if dataset.debian_package:
        yield (
            f"Debian's {dataset.debian_package}, installed",
            lambda: _from_folder(_root() / dataset.debian_folder, name),
            False,
        )
    for mirror in dataset.mirrors:
        yield mirror, lambda mirror=mirror: _from_mirror(mirror), False
    if dataset.debian_package:
        yield f"Debian's {dataset.debian_package}, fetched", lambda: _from_debian(dataset, name), False


def _root() -> Path:
    return Path("/")


def _verify(found: dict[str, bytes | np.ndarray], sha256: dict[str, str]) -> None:
    for part, data in found.items():
        digest = hashlib.sha256(data).hexdigest()
        if digest != sha256[part]:
            raise _Damaged(
                f"{FILES[part]} has the wrong SHA-256, {digest[:12]}…, expected {sha256[part][:12]}…; it is damaged or "
                "belongs to another data set"
            )


def _from_named_folder(folder: Path, name: str) -> dict[str, bytes]:
    try:
        return _from_folder(folder, name)
    except _Unavailable as error:
        raise ReportError(f"dataset.data_dir {folder}: {error}") from error


def _from_folder(folder: Path, name: str) -> dict[str, bytes]:
    return {part: _decompress(_find(folder, name, file), MOST_BYTES[part]) for part, file in FILES.items()}


def _find(folder: Path, name: str, file: str) -> Path:
    for candidate in (folder / name, folder):
        for path in (candidate / f"{file}.gz", candidate / file):
            if path.is_file():
                return path
    raise _Unavailable(f"no {file}.gz in {folder}, nor in a sub-folder {name}")


def _decompress(path: Path, most: int) -> bytes:
    """Read a file, and no more than it can have."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _Damaged(f"{path}: truncated or corrupt gzip file ({error}); fetch it again") from error
    if len(data) > most:
        raise _Damaged(
            f"{path}: holds more than the {most:,} bytes that were published; it belongs to another data set"
        )
    return data


def _from_cache(folder: Path) -> dict[str, np.ndarray]:
    paths = {part: folder / file for part, file in FILES.items()}
    try:
        if not all(path.is_file() and path.stat().st_size for path in paths.values()):
            raise _Unavailable("not there yet")
        return {part: np.memmap(path, np.uint8, mode="r") for part, path in paths.items()}
    except OSError as error:
        raise _Unavailable(error.strerror or str(error)) from error


def _kept(found: dict[str, bytes | np.ndarray], folder: Path) -> dict[str, bytes | np.ndarray]:
    """Keep what was found in the cache; where that cannot be written, say so and go on without."""
    try:
        return {part: _keep(data, folder / FILES[part]) for part, data in found.items()}
    except OSError as error:
        log.info("not kept in the cache, %s: %s", error.filename or folder, error.strerror or error)
        return found


def _keep(data: bytes | np.ndarray, target: Path) -> np.ndarray:
    """Write to a temporary name first, so that an interrupted run leaves no half file behind."""
    if isinstance(data, np.memmap):
        return data
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".", ignore_cleanup_errors=True) as folder:
        part = Path(folder) / target.name
        part.write_bytes(data)
        os.replace(part, target)
    return np.memmap(target, np.uint8, mode="r")


def _from_mirror(mirror: str) -> dict[str, bytes]:
    log.info("asking %s", mirror)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        _in_time(lambda: _fetch(mirror, folder), SECONDS_A_MIRROR)
        return _from_folder(Path(folder), "")


def _in_time(call: Callable[[], None], seconds: float) -> None:
    """Call a function, and leave it behind when it takes too long: what drips is never late for the network's own limit."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            call()
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise _Unavailable(f"not done after {seconds:,} seconds")
    for error in failed:
        raise error


def _fetch(mirror: str, folder: str) -> None:
    # Only here: in a kernel, pooch's progress bar would warn that it has no widgets.
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    try:
        for part, file in FILES.items():
            pooch.retrieve(
                f"{mirror}{file}.gz",
                known_hash=None,
                fname=f"{file}.gz",
                path=folder,
                downloader=_Downloader(2 * MOST_BYTES[part]),
            )
    except (OSError, requests.RequestException) as error:
        raise _Unavailable(f"cannot be reached, {type(error).__name__}") from error


@dataclass(frozen=True)
class _Downloader:
    """Fetches a file for pooch, and stops at a size that it cannot have."""

    most: int

    def __call__(self, url: str, path: str, _: object) -> None:
        import requests

        with requests.get(url, timeout=20, stream=True) as answer, open(path, "wb") as file:
            answer.raise_for_status()
            for chunk in answer.iter_content(2**16):
                file.write(chunk)
                if file.tell() > self.most:
                    raise _Damaged(f"{url} does not end")


def _from_debian(dataset: IdxDataset, name: str) -> dict[str, bytes]:
    """Fetch Debian's package as an ordinary user: lists and cache of our own, unpacked and not installed."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise _Unavailable("no apt-get on this machine")
    with tempfile.TemporaryDirectory() as folder:
        lists, cache = Path(folder) / "lists", Path(folder) / "cache"
        for path in (lists / "partial", cache / "archives" / "partial"):
            path.mkdir(parents=True)
        apt = ["apt-get", "-qq", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
        _run([*apt, "update"], folder)
        _run([*apt, "download", dataset.debian_package], folder)
        archive = next(Path(folder).glob("*.deb"), None)
        if archive is None:
            raise _Unavailable(f"apt-get gave no package {dataset.debian_package}")
        _run(["dpkg-deb", "-x", str(archive), folder], folder)
        return _from_folder(Path(folder) / dataset.debian_folder, name)


def _run(command: list[str], folder: str) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise _Unavailable(f"{command[0]} failed: {said[-1] if said else 'no reason given'}") from error
