"""What the model of a run says of all images of a source, of which the run has looked at some."""

import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from report_lib.classification.new_images import NewImages, named_clusters, told
from report_lib.classification.predictor import Answers, Predictor
from report_lib.common.arrays import NOISE, UNKNOWN
from report_lib.common.metrics import Interval, wilson_interval
from report_lib.common.parallel import Call, at_once
from report_lib.data import parquet
from report_lib.data.whole import Block, Whole

log = logging.getLogger(__name__)
# Pictures of the most unusual images that are kept.
N_STRANGEST = 20
# Images after which a line says how far it is.
EVERY = 100_000


@dataclass(frozen=True)
class Everything:
    """The answers for all images, summed up.

    Attributes
    ----------
    n, n_looked_at : int
    counts : ndarray of shape (n_clusters + 1,), int64
        Images in each cluster, C1 first; the last is noise.
    looked_at : ndarray of shape (n_clusters + 1,), int64
        Of those, the ones that the run has looked at.
    n_unlike : int
        Images that are unlike anything seen.
    right : Interval or None
        Share of the images with a label that the run has not looked at, whose class is right; None without such.
    n_judged : int
        How many those are.
    strangest : ndarray of shape (k, h, w)
        The most unusual images, each once.
    called : list of str
        Their names or rows.
    """

    n: int
    n_looked_at: int
    counts: np.ndarray
    looked_at: np.ndarray
    n_unlike: int
    right: Interval | None
    n_judged: int
    strangest: np.ndarray
    called: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers, under the names of `metrics.json`."""
        own = {name: getattr(self, name) for name in ("n", "n_looked_at", "counts", "looked_at", "n_unlike")}
        return {"all_images": own | ({"right": vars(self.right), "n_judged": self.n_judged} if self.right else {})}


def tell(whole: Whole | None, model: NewImages | None, path: Path) -> Everything | None:
    """Ask a model about all images, some blocks at once, and write the answers to a Parquet file, one row an image.

    Returns
    -------
    Everything or None
        None where the run has looked at all images, or keeps no model.
    """
    if whole is None or model is None:
        return None
    # Blocks that wait for their answers, as many as are under way.
    sums, waiting = _Sums(model.predictor), deque()
    calls = (_asked(model.predictor, block, waiting) for block in whole.blocks())
    with parquet.written(path) as write:
        for answers in at_once(calls):
            block = waiting.popleft()
            sums.add(block, answers, whole.copies[block.place])
            write(_columns(block, answers, model.predictor.class_names) | {"copy": whole.copies[block.place]})
            sums.say(whole.n)
    return sums.result(whole)


def _asked(predictor: Predictor, block: Block, waiting: deque[Block]) -> Call:
    waiting.append(block)
    return predictor.predict, (block.images,), {}


def _columns(block: Block, answers: Answers, class_names: Sequence[str]) -> dict[str, np.ndarray]:
    columns = {"part": np.full(len(block.rows), block.part), "row": block.rows}
    columns |= {} if block.names is None else {"name": block.names}
    columns |= {"cluster": np.array(named_clusters(answers))}
    columns |= {} if answers.classes is None else {"class": np.array(told(answers, class_names))}
    columns |= {name: getattr(answers, name) for name in ("probability", "margin", "as_unusual", "like_seen")}
    return columns | {"looked_at": block.seen}


class _Sums:
    """What is summed up of answers, block by block."""

    def __init__(self, predictor: Predictor):
        self._predictor = predictor
        n_clusters = int(predictor.clusters.max()) + 2
        self._counts = np.zeros((2, n_clusters), np.int64)
        self._n_unlike = self._n_right = self._n_judged = self._said = 0
        self._strangest: list[tuple[float, str, np.ndarray]] = []
        self._start = time.monotonic()

    def add(self, block: Block, answers: Answers, copies: np.ndarray) -> None:
        """Take a block in, of which some images are copies of earlier ones."""
        places = np.where(answers.clusters == NOISE, self._counts.shape[1] - 1, answers.clusters)
        for i, rows in enumerate((slice(None), block.seen)):
            self._counts[i] += np.bincount(places[rows], minlength=self._counts.shape[1])
        self._n_unlike += int((~answers.like_seen).sum())
        if answers.classes is not None:
            judged = (block.labels != UNKNOWN) & ~block.seen
            self._n_judged += int(judged.sum())
            self._n_right += int((answers.classes == block.labels)[judged].sum())
        self._keep_strangest(block, answers, copies)

    def say(self, n: int) -> None:
        """Say how far it is, every hundred thousand images."""
        done = int(self._counts[0].sum())
        if done // EVERY > self._said:
            self._said = done // EVERY
            left = (time.monotonic() - self._start) * (n - done) / done
            log.info("%s of %s images told, about %.0f s left", f"{done:,}", f"{n:,}", left)

    def _keep_strangest(self, block: Block, answers: Answers, copies: np.ndarray) -> None:
        """Keep the most unusual: by how many times as far away, or as ill described, they are as the worst test image."""
        limits = max(float(self._predictor.distances[-1]), 1e-12), max(float(self._predictor.residuals[-1]), 1e-12)
        strange = np.maximum(answers.distance / limits[0], answers.residual / limits[1])
        # The same picture twenty times tells no more than once.
        order = np.argsort(-strange, kind="stable")
        for i in order[~copies[order]][:N_STRANGEST].tolist():
            called = str(block.rows[i] if block.names is None else block.names[i])
            self._strangest.append((float(strange[i]), called, block.images[i]))
        self._strangest = sorted(self._strangest, key=lambda one: -one[0])[:N_STRANGEST]

    def result(self, whole: Whole) -> Everything:
        """Return all that was summed up."""
        counts, looked_at = self._counts
        return Everything(
            n=whole.n,
            n_looked_at=int(looked_at.sum()),
            counts=counts,
            looked_at=looked_at,
            n_unlike=self._n_unlike,
            right=wilson_interval(self._n_right, self._n_judged) if self._n_judged else None,
            n_judged=self._n_judged,
            strangest=np.stack([image for _, _, image in self._strangest]),
            called=[called for _, called, _ in self._strangest],
        )
