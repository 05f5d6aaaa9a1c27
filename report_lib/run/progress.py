"""What the person who waits is told: phase, section, elapsed time, and about how long the rest takes.

That is judged by the last run of that name. A first run is judged by what sections take of as many images elsewhere, which
`usual.json` holds, and by how fast this machine has been so far. A terminal has a bar below the lines.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from report_lib.common.notebooks import titled

if TYPE_CHECKING:
    import nbformat

USUAL = Path(__file__).with_name("usual.json")
# Of the images that it is about; and the power of the pixels by which larger ones are foreseen: 1,200 and 60,000 images of
# 64 x 64 took 2.3 and 3.3 times as long.
PIXELS, GROWTH = 28 * 28, 0.75
# A machine is known by what took that many seconds elsewhere.
SECONDS_TO_KNOW = 5.0
SHORTEST = 1e-3
# Seconds after which the bar is drawn anew.
TICK = 1.0


class Progress:
    """Prints a line a section, and keeps the times for the next run.

    Parameters
    ----------
    name : str
        The run.
    last : dict of phase to dict of section to seconds
        Times of the last run of that name; empty if there was none.
    stream : text stream
        Where lines go; standard error unless given.

    Attributes
    ----------
    times : dict of phase to dict of section to seconds
        Of this run.
    section : str
        Title of the section that is under way.
    taken_over : list of str
        Phases that did not run.
    n_cells : int
        How many code cells of the notebook have been started; one that papermill has injected does not count.
    """

    def __init__(self, name: str, last: dict[str, dict[str, float]], stream: TextIO | None = None):
        self.times: dict[str, dict[str, float]] = {}
        self.section = ""
        self.taken_over: list[str] = []
        self.n_cells = 0
        self._last, self._pace_known = last, bool(last)
        # Of the sections that ran here: what they took, and what they take elsewhere.
        self._spent = self._foreseen = 0.0
        self._stream = stream or sys.stderr
        self._start = self._section_start = time.monotonic()
        self._phase = ""
        self._titles: list[str] = []
        self._bar: _Bar | None = None
        self._say(f"report {name}")

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.close()

    def expect(self, n_images: int, n_pixels: int) -> None:
        """Judge the time by what so many images of so many pixels take elsewhere, where there is no earlier run."""
        if not self._last:
            self._last = usual(n_images, n_pixels)
            self._say(f"a first run: about {_clock(self._left() or 0)} on two cores, as far as can be foreseen")

    def elapsed(self) -> float:
        """Return seconds since the start."""
        return time.monotonic() - self._start

    def phase(self, phase: str, notebook: "nbformat.NotebookNode | None" = None) -> None:
        """Begin a phase; the notebook tells which section each cell belongs to."""
        self._phase, self.section, self.n_cells = phase, "", 0
        self._titles = [] if notebook is None else [(cell.source, title or "start") for title, cell in titled(notebook)]
        self._begin("page" if notebook is None else "start")

    def cell(self, cell: "nbformat.NotebookNode", cell_index: int) -> None:
        """Note that a cell starts; papermill may have injected one, so that the source finds it."""
        injected = "injected-parameters" in cell.metadata.get("tags", [])
        self.n_cells += cell.cell_type == "code" and not injected
        title = next((title for source, title in self._titles if source == cell.source), self.section)
        if title and title != self.section:
            self.section_done()
            self._begin(title)

    def section_done(self) -> None:
        """Keep the time of the section that is under way."""
        spent = self.times.setdefault(self._phase, {})[self.section] = time.monotonic() - self._section_start
        self._spent += spent
        self._foreseen += self._last.get(self._phase, {}).get(self.section, 0.0)

    def runs(self, phase: str, why: str) -> None:
        """Say that a phase runs, and why."""
        self._say(f"{phase}: runs, {why}")

    def taken(self, phase: str, sections: dict[str, float], *, same: bool) -> None:
        """Say that a phase does not run: it is as in the last run, or as in one before that."""
        self.times[phase] = sections
        self.taken_over.append(phase)
        self._say(f"{phase}: up to date" if same else f"{phase}: taken from the store, where it was made before")

    def up_to_date(self, page: Path) -> None:
        """Say that nothing has to be done."""
        self._say(f"{_clock(self.elapsed())}  up to date: {page}")

    def done(self, page: Path) -> None:
        """Say where the report is."""
        self._say(f"{_clock(self.elapsed())}  done: {page}, {page.stat().st_size / 1e6:.1f} MB")

    def _begin(self, title: str) -> None:
        self.section, self._section_start = title, time.monotonic()
        left = self._left()
        rest = "" if left is None else f"  (about {_clock(left)} left)"
        self._say(f"{_clock(self.elapsed())}  {self._phase}: {title}{rest}")
        if self._last and not self._bar and self._stream.isatty():
            self._bar = _Bar(self._stream, self.share)

    def share(self) -> float:
        """Return which share of the time is over, as far as can be foreseen: of a section never more than it was to take."""
        left = self._left() or 0.0
        if self.section not in self.times.get(self._phase, {}):
            expected = self._last.get(self._phase, {}).get(self.section, 0.0) * self._pace()
            left -= min(time.monotonic() - self._section_start, expected)
        return self.elapsed() / max(self.elapsed() + left, SHORTEST)

    def _left(self) -> float | None:
        if not self._last:
            return None
        total = sum(sum(sections.values()) for sections in self._last.values())
        # Copied: the bar's thread asks, too, while sections end.
        past = sum(self._last.get(p, {}).get(s, 0.0) for p, own in list(self.times.items()) for s in list(own))
        return max(0.0, total - past) * self._pace()

    def _pace(self) -> float:
        judged = not self._pace_known and self._foreseen >= SECONDS_TO_KNOW
        return self._spent / self._foreseen if judged else 1.0

    def _say(self, line: str) -> None:
        if self._bar:
            self._bar.make_room()
        print(line, file=self._stream, flush=True)


class _Bar:
    """A bar on the last line of a terminal, drawn anew each `TICK`; others write there after what `cleared` gives."""

    def __init__(self, stream: TextIO, share: Callable[[], float]):
        from tqdm import tqdm

        self._share, self._over = share, threading.Event()
        self._bar = tqdm(total=1.0, file=stream, leave=False, bar_format="{percentage:3.0f}% {bar:40}")
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._thread.start()

    def _draw(self) -> None:
        while not self._over.wait(TICK):
            # It never goes back, though what is left is judged anew.
            self._bar.n = max(self._bar.n, min(1.0, self._share()))
            self._bar.refresh()

    def make_room(self) -> None:
        """Clear the line."""
        self._bar.clear()

    def close(self) -> None:
        """Take the bar away."""
        self._over.set()
        self._thread.join(2 * TICK)
        self._bar.close()


def cleared(stream: TextIO) -> str:
    """Return what takes away the bar before a line is written, on a terminal; nothing elsewhere."""
    return "\r\x1b[K" if stream.isatty() else ""


def usual(n_images: int, n_pixels: int) -> dict[str, dict[str, float]]:
    """Return the seconds that each section of each phase takes of so many images, by what two runs took.

    `python -m tests.usual SMALL LARGE` has made the table: seconds whatever the number, and for each image, of 28 x 28. Larger
    images take longer, though not in proportion: as `GROWTH` says.
    """
    table = json.loads(USUAL.read_text(encoding="utf8"))
    longer = max(1.0, n_pixels / PIXELS) ** GROWTH
    return {
        phase: {section: (fixed + each * n_images) * longer for section, (fixed, each) in sections.items()}
        for phase, sections in table.items()
    }


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
