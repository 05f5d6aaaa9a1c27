"""The page of the data map that several test files open."""

import pytest

from tests.page.map_page import NAMES, made, until, write_page


@pytest.fixture
def open_map(browser, tmp_path):
    """A function that opens a page with a map; at the end of the test nothing may have gone wrong in it."""
    pages = []

    def open_map(arrays=None, names=NAMES, width=1280, ready=True, above=0, **options):
        write_page(tmp_path / "map.html", made() if arrays is None else arrays, names, above)
        page = browser.new_context(viewport={"width": width, "height": 1000}, **options).new_page()
        page.wrong = []
        page.on("console", lambda message: page.wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        pages.append(page)
        page.goto((tmp_path / "map.html").as_uri())
        if ready:
            until(page, "document.querySelector('#map[data-ready]')?.dataset.state")
        return page

    yield open_map
    for page in pages:
        assert page.wrong == []
        page.context.close()
