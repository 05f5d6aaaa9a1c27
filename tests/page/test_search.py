"""The search of the page, in real Chromium."""

import re

from tests.browser import focused, needs_browser, texts, until

pytestmark = needs_browser

RESULTS = ".search ol a"


def said(page):
    return page.locator(".search [role=status]").text_content()


def word_of_one_caption(page):
    """Return a figure and a word that is in its caption and nowhere else in the report."""
    whole = page.locator("main").text_content().lower()
    captions = page.eval_on_selector_all(
        "figure[id]", "all => all.map(f => [f.id, f.querySelector('figcaption').textContent])"
    )
    for place, caption in captions[6:]:
        for word in re.findall(r"\b[a-z]{7,}\b", caption):
            if whole.count(word) == 1:
                return place, word
    raise AssertionError("no caption has a word of its own")


def in_view(place):
    box = f"document.getElementById('{place}').getBoundingClientRect()"
    return f"location.hash === '#{place}' && {box}.top >= -1 && {box}.top < innerHeight / 2"


def test_a_word_of_a_caption_leads_to_its_figure(page):
    place, word = word_of_one_caption(page)
    for how in ("Enter", "click", "ArrowDown"):
        page.evaluate("() => { history.replaceState(null, '', '#'); scrollTo({top: 0, behavior: 'instant'}); }")
        page.locator("#search").fill("")
        page.locator("#search").press_sequentially(word.upper())
        assert said(page) == "1 place"
        assert page.eval_on_selector_all(RESULTS, "all => all.map(a => a.hash)") == [f"#{place}"]
        assert texts(page, ".search mark") == [word]
        assert texts(page, f"{RESULTS} b")[0].startswith("Figure ")
        if how == "click":
            page.locator(RESULTS).click()
        else:
            page.keyboard.press(how)
            if how == "ArrowDown":
                assert focused(page, "e.hash") == f"#{place}"
                page.keyboard.press("Enter")
        until(page, in_view(place))
    assert page.errors == []


def test_a_heading_comes_before_what_is_said_of_it(page):
    heading = page.locator("section.part h3").nth(5)
    title = heading.text_content()
    page.locator("#search").fill(title)
    assert page.locator(f"{RESULTS} b").first.text_content() == title
    assert page.locator(RESULTS).first.get_attribute("href") == f"#{heading.evaluate('h => h.closest(`section`).id')}"


def test_words_are_found_from_their_beginning_and_not_inside_others(open_page):
    page = open_page()
    page.evaluate("""() => { const [one, other, third] = document.querySelectorAll('section.part h3');
        one.textContent = 'Zebroid stripes'; other.textContent = 'Grevy-zebra'; third.textContent = 'Subzebra'; }""")
    page.locator("#search").fill("ZEBR")
    assert texts(page, f"{RESULTS} b")[:2] == ["Zebroid stripes", "Grevy-zebra"]
    assert texts(page, ".search b mark") == ["Zebr", "zebr"]
    assert said(page) == f"{page.locator(RESULTS).count()} places"
    page.locator("#search").fill("ebra")
    assert said(page) == "no places"
    page.locator("#search").fill("stripes zebroid")
    assert texts(page, f"{RESULTS} b")[0] == "Zebroid stripes"
    page.locator("#search").fill("(.*")
    assert said(page) == "no places"
    assert page.errors == []


def test_many_places_are_counted_and_walked_through_with_arrows(page):
    page.locator("#search").fill("the")
    n = page.locator(RESULTS).count()
    assert n > 12
    assert said(page) == f"{n} places" or (n == 100 and re.fullmatch(r"100 of \d+ places", said(page)))
    hashes = page.eval_on_selector_all(RESULTS, "all => all.map(a => a.hash)")
    for step in ("ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(step)
    assert focused(page, "e.hash") == hashes[0]
    page.keyboard.press("ArrowUp")
    assert focused(page, "e.id") == "search"


def test_enter_goes_from_place_to_place_and_marks_the_word_there(open_page):
    page = open_page()
    field = page.locator("#search")
    field.fill("silhouette")
    hashes = page.eval_on_selector_all(RESULTS, "all => all.map(a => a.hash)")
    assert len(hashes) > 2
    for i, key in ((0, "Enter"), (1, "Enter"), (0, "Shift+Enter")):
        field.press(key)
        until(page, f"location.hash === '{hashes[i]}'")
        assert said(page) == f"{i + 1} of {len(hashes)} places"
        assert texts(page, f"{RESULTS}[aria-current] b") == texts(page, f"{RESULTS} b")[i : i + 1]
    until(page, "CSS.highlights.get('found')?.size > 0")
    found = page.evaluate("[...CSS.highlights.get('found')].map(r => r.toString().toLowerCase())")
    assert set(found) == {"silhouette"}
    field.press("Escape")
    assert not page.evaluate("CSS.highlights.has('found')")


def test_escape_empties_the_search(page):
    field = page.locator("#search")
    for key in (None, "ArrowDown"):
        field.fill("cluster")
        assert page.locator(RESULTS).count() > 0
        if key:
            page.keyboard.press(key)
            assert focused(page, "e.tagName") == "A"
        page.keyboard.press("Escape")
        assert (field.input_value(), page.locator(RESULTS).count(), said(page)) == ("", 0, "")
        assert focused(page, "e.id") == "search"


def test_a_slash_goes_to_the_search(page):
    page.locator("#search").fill("")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert focused(page, "e.id") == "search"
    assert page.locator("#search").input_value() == ""
    page.keyboard.press("/")
    assert page.locator("#search").input_value() == "/"


def test_nothing_found_is_said(page):
    page.locator("#search").fill("xylophone cluster")
    assert said(page) == "no places"
    assert page.locator(RESULTS).count() == 0


def test_markup_in_what_is_sought_and_found_stays_text(open_page):
    page = open_page()
    text = "<b>Zebras</b> & <img src=x onerror='window.ran = 1'>"
    page.evaluate("text => { document.querySelector('section.part h3').textContent = text; }", text)
    page.locator("#search").fill("zebras</b>")
    assert page.locator(f"{RESULTS} b").first.text_content() == text
    assert texts(page, ".search mark") == ["Zebras</b>"]
    page.locator("#search").fill(text)
    assert said(page) == "1 place"
    assert page.locator(".search img, .search b b").count() == 0
    assert page.evaluate("window.ran") is None
    assert page.errors == []
