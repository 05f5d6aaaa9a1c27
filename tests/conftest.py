"""Small made data, and one report on digits that many tests look at."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from report_lib.common import keep
from report_lib.run.params import load_params
from report_lib.run.pipeline import run_report
from tests.browser import CHROMIUM, FLAGS, until
from tests.sentences import KEPT, Sentences

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser):
    help = "keep the sentences that the tests say now in tests/sentences.json"
    parser.addoption("--update-sentences", action="store_true", help=help)


def pytest_collection_modifyitems(items):
    """Mark what opens a browser, and what looks at a whole report, by what it asks for."""
    for item in items:
        for fixture, mark in (("browser", "browser"), ("digits_folder", "slow")):
            if fixture in item.fixturenames:
                item.add_marker(mark)


@pytest.fixture
def snapshot(request):
    """A function that asserts that a text is the one kept under a key, written `phase/case`, in sentences.json."""
    return Sentences(KEPT, update=request.config.getoption("update_sentences"), test=request.node.nodeid)


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch, request):
    """No test reads or writes the cache, the runs or the data folder of the person who runs it."""
    monkeypatch.delenv("REPORT_DATA_DIR", raising=False)
    keep.use(None)
    monkeypatch.setenv("REPORT_CACHE_DIR", str(tmp_path / "cache"))
    if "digits_build" not in request.fixturenames:
        monkeypatch.setenv("REPORT_BUILD_DIR", str(tmp_path / "build"))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def blobs(rng):
    """Three groups of 2 x 60 rows in five dimensions that nobody could confuse, with their labels."""
    labels = np.repeat([0, 1, 2], 60)
    centers = np.array([[0, 0, 0, 0, 0], [9, 0, 0, 9, 0], [0, 9, 9, 0, 0]], dtype=float)
    rows = (centers[labels] + rng.normal(size=(180, 5))).astype(np.float32)
    return rows, labels


@pytest.fixture
def images(rng):
    """Forty uint8 images, 7 high and 5 wide: a bright upper or lower half, with noise."""
    labels = np.arange(40) % 2
    out = rng.integers(0, 60, size=(40, 7, 5))
    out[labels == 0, :3] += 150
    out[labels == 1, 4:] += 150
    return out.astype(np.uint8), labels


@pytest.fixture(scope="session")
def digits_folder(tmp_path_factory):
    """The folder of a finished report on digits."""
    build = tmp_path_factory.mktemp("digits") / "build"
    before = os.environ.get("REPORT_BUILD_DIR")
    os.environ["REPORT_BUILD_DIR"] = str(build)
    try:
        run_report(load_params(ROOT / "params" / "digits.yaml"))
    finally:
        os.environ.pop("REPORT_BUILD_DIR") if before is None else os.environ.update(REPORT_BUILD_DIR=before)
    return build / "digits"


@pytest.fixture
def digits_build(digits_folder, monkeypatch):
    """The same, as the folder that runs are read from."""
    monkeypatch.setenv("REPORT_BUILD_DIR", str(digits_folder.parent))
    return digits_folder


@pytest.fixture
def metrics(digits_build):
    """The metrics of the report on digits."""
    return json.loads((digits_build / "metrics.json").read_text())


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine; Debian's package is chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, digits_build):
    """A function that opens the report, from disk and offline; it notes every request and every error."""
    contexts = []

    def open_page(width=1280, **options):
        contexts.append(new_context(browser, width, **options))
        return opened(contexts[-1], digits_build, ready=options.get("java_script_enabled", True))

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def page(browser, digits_folder):
    """The report, opened once for all tests of a file that only read it: they leave it as they found it."""
    context = new_context(browser, 1280)
    yield opened(context, digits_folder)
    context.close()


def new_context(browser, width, **options):
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options)
    context.set_default_timeout(60_000)
    return context


def opened(context, folder, *, ready=True):
    page = context.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto((folder / "report.html").as_uri())
    if ready:
        until(page, "document.documentElement.dataset.ready")
    return page
