"""What a run is to be made of, held against what the last one of its name was made of."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report_lib import ROOT
from report_lib.common import facts, sources, values
from report_lib.run import artifacts, phases, publish
from report_lib.run.artifacts import PHASES, Run, notebook_name
from report_lib.run.params import Params

NOTEBOOKS = ROOT / "notebooks"
TEMPLATES = ROOT / "report_lib" / "page" / "templates"


def source_of(phase: str) -> Path:
    """Return the notebook of a phase, as it stands in `notebooks/`."""
    return NOTEBOOKS / notebook_name(phase)


@dataclass
class Plan:
    """What a run is to be made of, and what it was made of last time.

    Attributes
    ----------
    params : Params
        Resolved.
    images : str
        Hash of the images, labels and names.
    about : dict
        As `record.about` gives it.
    before : dict
        As `phases.read_made_of` gives it.
    began : float
        Seconds since 1970, before anything of the library was imported for the run: what is edited later may not be what ran.
    """

    params: Params
    images: str
    about: dict[str, Any]
    before: dict[str, Any]
    began: float

    def __post_init__(self) -> None:
        self.store = artifacts.store()
        self.sources = {phase: phases.read_source(source_of(phase)) for phase in PHASES}
        self.made: dict[str, phases.Parts] = {}
        self._inputs = _bytes_of_all({"about": self.about, "images": self.images, "facts": facts.surroundings()})

    def parts(self, phase: str, run: Run) -> phases.Parts:
        """Return what a phase is made of, and note it."""
        given = notebook_parameters(self.params, phase)
        self.made[phase] = phases.parts_of(self.sources[phase], phase, given, self.images, run)
        return self.made[phase]

    def was(self, phase: str) -> phases.Parts | None:
        """Return what the phase was made of last time."""
        return self.before["phases"].get(phase) if self.before else None

    def edited(self, phase: str) -> bool:
        """Say whether somebody has edited what a phase is made of since the run began: what ran may be either; forget it."""
        modules = [name.removeprefix("module ") for name in self.made[phase] if name.startswith("module ")]
        notebook = source_of(phase).stat().st_mtime > self.began
        if notebook or sources.changed_since(modules, self.began):
            self.made[phase] = {}
        return not self.made[phase]

    def make_room(self) -> None:
        """Keep the store to the size that it is given."""
        if self.store:
            self.store.trim(self.params.store_gigabytes * 1e9)

    def page(self) -> phases.Parts:
        """Return what the page is made of, beside what the phases left."""
        texts = {phase: [cell["source"] for cell in own["cells"]] for phase, own in self.sources.items()}
        templates = {str(path.relative_to(TEMPLATES)): phases.hash_of(path) for path in sorted(TEMPLATES.rglob("*.*"))}
        told = {"about": self.about, "texts": texts, "templates": templates}
        return {"told": values.digest(json.dumps(told)), **sources.closure(["report_lib.page.exporter"])}

    def record(self) -> dict[str, Any]:
        """Return what a finished run was made of, as `phases.read_made_of` gives it; nothing of what was edited meanwhile."""
        page = self.page()
        edited = not all(self.made.values()) or sources.changed_since([n for n in page if n != "told"], self.began)
        return {
            "phases": self.made,
            "page": {} if edited else page,
            "inputs": "" if edited else self._inputs,
        }

    def is_done(self, final: Path) -> bool:
        """Say whether a finished run is what this one would be, all its files as it left them."""
        made = publish.made_by_run(final)
        if not self.before or not made or phases.files_of(final, made) != made:
            return False
        if self.before["inputs"] == self._inputs:
            return True
        # Something was written to; it may be words alone.
        run = Run(self.params.name, final)
        return self.before["page"] == self.page() and all(self.parts(p, run) == self.was(p) for p in PHASES)


def _bytes_of_all(more: dict[str, Any]) -> str:
    """Return one hash of all files of the library and its notebooks as they are, which takes a moment, and of more."""
    paths = [*sources.ROOT.joinpath("report_lib").rglob("*.*"), *NOTEBOOKS.glob("*.ipynb")]
    files = {str(path): phases.hash_of(path) for path in sorted(paths) if path.is_file() and path.suffix != ".pyc"}
    return values.digest(json.dumps([files, more], sort_keys=True))


def notebook_parameters(params: Params, phase: str) -> dict[str, Any]:
    """Return what a phase's notebook is given: the run, the seed, and its own section."""
    values = {"run": params.name, "seed": params.seed}
    if phase == PHASES[0]:
        values |= params.dataset.model_dump()
    return values | getattr(params, phase).model_dump()
