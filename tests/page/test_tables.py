"""Tables in a browser: sorted by their heads, saved as CSV, and quiet."""

import csv
import io

import pytest

from tests.browser import needs_browser

pytestmark = needs_browser
TABLE = "table.scores"


def test_a_head_sorts_numbers_from_the_highest_and_again_from_the_lowest(open_page):
    page = open_page()
    head = page.locator(TABLE).locator("thead th").nth(3)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    firsts = [own for own in _group(page, 0, 3) if own]
    numbers = [float(own.split()[0].rstrip("%")) for own in firsts]
    assert len(numbers) > 1
    assert numbers == sorted(numbers, reverse=True)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert [own for own in _group(page, 0, 3) if own] == sorted(
        firsts, key=lambda own: float(own.split()[0].rstrip("%"))
    )
    assert page.locator(f"{TABLE} [aria-sort]").count() == 1


def _group(page, i, cell):
    rows = page.locator(f"{TABLE} tbody").nth(i).locator("tr:not(.group)")
    return [" ".join(own.split()) for own in rows.evaluate_all(f"all => all.map(r => r.cells[{cell}].textContent)")]


def test_groups_stay_under_their_heads(open_page):
    page = open_page()
    page.locator(f"{TABLE} thead th").first.get_by_role("button").click()
    heads = page.locator(f"{TABLE} tbody").evaluate_all("all => all.map(body => body.rows[0].className)")
    assert set(heads) == {"group"}
    assert _group(page, 0, 0) == sorted(_group(page, 0, 0), key=str.casefold)


def test_one_head_of_a_table_is_a_stop_and_arrows_lead_to_the_others(open_page):
    page = open_page()
    buttons = page.locator(f"{TABLE} thead button")
    assert buttons.evaluate_all("all => all.filter(b => b.tabIndex === 0).length") == 1
    buttons.first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "accuracy"
    page.keyboard.press("Enter")
    assert page.locator(f"{TABLE} thead th").nth(1).get_attribute("aria-sort") == "descending"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == "method"


def test_a_table_is_saved_as_it_is_sorted(open_page):
    page = open_page()
    page.locator(f"{TABLE} thead th").first.get_by_role("button").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV: download methods and their scores").click()
    with open(saved.value.path(), encoding="utf8", newline="") as file:
        rows = list(csv.reader(io.StringIO(file.read())))
    assert rows[0] == ["method", "accuracy", "published", "NMI", "ARI"]
    assert rows[1][0] == "Clusters, without labels"
    assert [row[0] for row in rows[2 : 2 + len(_group(page, 0, 0))]] == _group(page, 0, 0)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_frame_is_a_stop_only_where_there_is_something_to_scroll_to(open_page, width):
    page = open_page(width)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    wrong = page.eval_on_selector_all(
        ".scroll:not(details:not([open]) *)",
        """all => all.filter(e => e.checkVisibility()).filter(e =>
            (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1) !== (e.tabIndex === 0)).length""",
    )
    assert wrong == 0
