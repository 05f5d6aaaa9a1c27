"""What a reader does with the page, in real Chromium: look, search, switch, walk with the keyboard, and print."""

import base64
import hashlib
import html
import re

import pytest

from report_lib.classification.findings import headlines
from tests.browser import DRAWN, focused, needs_browser, texts, until

pytestmark = needs_browser
PAPER = {"light": "rgb(253, 253, 252)", "dark": "rgb(20, 23, 27)"}
INK = {"light": "#565e6a", "dark": "#a9b1bc"}
BODY = "getComputedStyle(document.body).backgroundColor"
# The first are folded.
CHART = ".plotly-graph-div:not(.more *)"
CHART_INK = "document.querySelector('.js-plotly-plot')?.layout?.font.color"


# --- light and dark -----------------------------------------------------------------------------------------------------


def choose(page, theme):
    page.locator(f".theme input[value='{theme}']").check()


@pytest.mark.parametrize(("system", "chosen"), [("light", "dark"), ("dark", "light")])
def test_a_chosen_theme_holds_against_the_system_and_a_reload(open_page, system, chosen):
    page = open_page(color_scheme=system)
    page.locator(CHART).first.focus()
    until(page, f"{CHART_INK} === '{INK[system]}'")
    assert page.evaluate(BODY) == PAPER[system]
    assert page.locator(".theme :checked").get_attribute("value") == ""
    choose(page, chosen)
    until(page, f"{CHART_INK} === '{INK[chosen]}'")
    assert page.evaluate(BODY) == PAPER[chosen]
    page.reload()
    assert page.evaluate(BODY) == PAPER[chosen]
    assert page.locator(".theme :checked").get_attribute("value") == chosen
    page.locator(CHART).first.focus()
    until(page, f"{CHART_INK} === '{INK[chosen]}'")
    choose(page, "")
    until(page, f"{CHART_INK} === '{INK[system]}'")
    assert page.evaluate(BODY) == PAPER[system]
    page.emulate_media(color_scheme=chosen)
    until(page, f"{CHART_INK} === '{INK[chosen]}'")
    assert page.evaluate(BODY) == PAPER[chosen]
    assert page.errors == []


# --- captions -----------------------------------------------------------------------------------------------------------


def test_captions_stand_beside_pictures_where_there_is_room_and_else_below(open_page):
    page = open_page()
    beside = """all => all.filter(f => f.checkVisibility()).map(f => {
        const boxOf = e => e.getBoundingClientRect();
        const [box, chart, caption] = [f, f.querySelector('.chart'), f.querySelector('figcaption')].map(boxOf);
        return [caption.left >= chart.right, caption.right <= box.right && chart.right <= box.right,
            box.bottom - Math.max(chart.bottom, caption.bottom)]; })"""
    sheets, charts = "figure[id]:has(.sheet):not(.more *)", "figure[id]:has(.still):not(.more *)"
    rights = "all => new Set(all.map(e => Math.round(e.getBoundingClientRect().right))).size"
    for width, wanted in ((1280, (True, False)), (1600, (True, True)), (390, (False, False))):
        page.set_viewport_size({"width": width, "height": 900})
        for kind, aside in zip((sheets, charts), wanted, strict=True):
            found = page.eval_on_selector_all(kind, beside)
            assert found
            assert {own for own, *_ in found} == {aside}
            assert all(within for _, within, _ in found)
            # Nothing is left blank under a card, with a mouse.
            assert width < 1280 or max(blank for *_, blank in found) < 70
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1600, "height": 900})
    assert page.eval_on_selector_all("main h1, .map-stage, figure[id]:not(.more *)", rights) == 1


# --- charts, which are pictures until they are asked for ----------------------------------------------------------------


def test_no_chart_is_drawn_before_it_is_asked_for(open_page):
    page = open_page()
    page.evaluate("scrollTo({top: 20000, behavior: 'instant'})")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate(f"[{DRAWN}, typeof Plotly]") == [0, "undefined"]
    chart = page.locator(CHART).nth(2)
    still = chart.locator("xpath=preceding-sibling::*[1]")
    height = chart.bounding_box()["height"]
    assert height == still.bounding_box()["height"]
    chart.scroll_into_view_if_needed()
    chart.hover()
    until(page, f"{DRAWN} === 1")
    assert chart.locator(".main-svg").count() > 0
    assert chart.bounding_box()["height"] == pytest.approx(height, abs=2)
    assert still.evaluate("e => getComputedStyle(e).visibility") == "hidden"
    chart.press("Escape")
    assert page.evaluate(DRAWN) == 0
    assert still.evaluate("e => getComputedStyle(e).visibility") == "visible"
    assert page.errors == []


def test_a_chart_that_was_changed_can_be_had_as_it_was_and_as_a_picture(open_page):
    page = open_page()
    chart = page.locator(CHART).nth(2)
    tools = chart.locator("xpath=ancestor::figure").locator(".tools")
    chart.focus()
    until(page, f"{DRAWN} === 1")
    across = chart.evaluate("e => [...e._fullLayout.xaxis.range]")
    chart.evaluate("e => Plotly.relayout(e, {'xaxis.range': [0.1, 0.2]})")
    tools.get_by_role("button", name="Reset").click()
    until(page, f"{DRAWN} === 1")
    assert chart.evaluate("e => e._fullLayout.xaxis.range") == across
    tools.get_by_role("button", name="Back to the picture").click()
    assert page.evaluate(DRAWN) == 0
    assert not tools.get_by_role("button", name="Reset").is_visible()


def test_on_a_phone_a_chart_that_stays_in_view_comes_alive_with_letters_to_read(open_page):
    page = open_page(390)
    assert page.evaluate(f"[{DRAWN}, typeof Plotly]") == [0, "undefined"]
    chart = page.locator(f".chart:not(.wide) > {CHART}").nth(2)
    height = chart.bounding_box()["height"]
    chart.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    until(page, f"document.querySelectorAll('.chart:not(.wide) > {CHART}')[2].querySelector('.main-svg')")
    assert chart.evaluate("e => [e._fullLayout.width === e.clientWidth, e.layout.font.size]") == [True, 11]
    # The title above and a legend beneath take more.
    assert height <= chart.bounding_box()["height"] <= height + 160
    assert page.evaluate(f"{DRAWN} <= 6")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def swipe(page, box):
    """Draw a finger up from the middle of a box; return how far the page went."""
    touch, before = page.context.new_cdp_session(page), page.evaluate("scrollY")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 15 * step}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settle(page)
    return page.evaluate("scrollY") - before


def settle(page):
    """Wait until the page moves no more: a chart takes its own height when it comes near."""
    page.evaluate("window.still = 0")
    until(
        page,
        "((window.still = scrollY === window.at ? window.still + 1 : 0), (window.at = scrollY), window.still > 30)",
    )


def test_a_swipe_that_begins_on_a_chart_scrolls_the_page(open_page):
    page = open_page(390, has_touch=True, is_mobile=True)
    chart = page.locator(CHART).nth(2)
    chart.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    settle(page)
    assert swipe(page, chart.bounding_box()) > 100
    chart.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    chart.tap()
    until(page, f"document.querySelectorAll('{CHART}')[2].querySelector('.main-svg')")
    across = chart.evaluate("e => [...e._fullLayout.xaxis.range]")
    assert swipe(page, chart.bounding_box()) > 100
    assert chart.evaluate("e => e._fullLayout.xaxis.range") == across


# --- the keyboard -------------------------------------------------------------------------------------------------------

OUTLINED = """((e) => {
    const shown = e.matches('.theme input') ? e.closest('label') : e;
    const style = getComputedStyle(shown);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
})"""
NAMED = "e.matches('.theme input') ? 'theme' : e.id || e.hash || e.tagName"


def test_the_keyboard_walks_the_page_in_order_and_is_seen(open_page):
    page = open_page()
    walked = []
    while not walked or walked[-1] != "all-code":
        page.keyboard.press("Tab")
        walked.append(focused(page, NAMED))
        assert focused(page, f"{OUTLINED}(e)"), walked[-1]
        assert len(walked) < 200
    contents = page.eval_on_selector_all(".contents a", "all => all.filter(a => a.checkVisibility()).map(a => a.hash)")
    assert 5 < len(contents) < page.locator(".contents a").count()
    assert walked == ["#main", "search", "SUMMARY", *contents, "theme", "all-code"]
    page.keyboard.press("Tab")
    assert focused(page, "Boolean(e.closest('main'))")
    # The rest at once: what is focused by a script after a key is outlined as if by the key.
    unseen = page.evaluate(
        f"""() => [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
            .filter(e => e.checkVisibility() && !e.disabled)
            .filter(e => {{ e.focus(); return document.activeElement === e && !{OUTLINED}(e); }})
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert unseen == []


FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
STOPS = """[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex]')]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility() && e.getBoundingClientRect().width)"""
# What scrolls, and is no stop itself and holds none.
SCROLLS = "e.scrollWidth > e.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)"
UNREACHED = f"""[...document.querySelectorAll('.scroll, .chart.wide, pre')].filter(e => e.checkVisibility() && {SCROLLS})
    .filter(e => !{STOPS}.some(stop => e.contains(stop))).map(e => e.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("width", [390, 1280])
def test_the_way_through_the_page_is_short_and_leads_to_all_that_scrolls(open_page, width):
    page = open_page(width=width)
    # What scrolls is known once it was laid out.
    page.evaluate(FRAMES)
    assert page.evaluate(f"{STOPS}.length") <= 150
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    for chart in page.locator(".chart.wide").all():
        chart.scroll_into_view_if_needed()
    page.evaluate(FRAMES)
    assert page.evaluate(UNREACHED) == []


def test_the_skip_link_leads_into_the_report(open_page):
    page = open_page()
    skip = page.locator(".skip")
    assert skip.bounding_box()["x"] < 0
    page.keyboard.press("Tab")
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert focused(page, "e.id") == "main"
    page.keyboard.press("Tab")
    assert focused(page, "Boolean(e.closest('main')) && e.id !== 'main'")


def test_a_figure_is_named_by_its_title_and_code_that_scrolls_is_a_stop(open_page):
    page = open_page(390)
    names = page.eval_on_selector_all(
        "figure", "all => all.map(f => document.getElementById(f.getAttribute('aria-labelledby'))?.textContent)"
    )
    assert all(names)
    assert names == texts(page, "figure .figure-title > span:not(.number)")
    page.evaluate("document.querySelectorAll('details.code').forEach(fold => { fold.open = true; })")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")
    scrolls = "e.checkVisibility() && e.scrollWidth > e.clientWidth + 1"
    stops = page.eval_on_selector_all("pre", f"all => all.filter(e => {scrolls}).map(e => e.tabIndex)")
    assert len(stops) > 5
    assert set(stops) == {0}


# --- links and code -----------------------------------------------------------------------------------------------------


def test_sections_and_figures_have_links_to_themselves(page):
    hashes = page.eval_on_selector_all(
        "main section[id], figure[id]",
        "all => all.map(e => [e.id, e.querySelector(':scope > .heading > .link, :scope > .figure-title > .link')?.hash])",
    )
    assert len(hashes) > 60
    assert [(place, own) for place, own in hashes if own != f"#{place}"] == []
    assert texts(page, ".link") == ["#"] * len(hashes)


def test_a_link_is_copied_and_said_to_be(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    link = page.locator("figure:not(.more *) .link").nth(3)
    link.click()
    until(page, "document.querySelector('.toast').textContent === 'Link copied'")
    address = page.url.partition("#")[0] + link.get_attribute("href")
    assert page.url == address
    assert page.evaluate("navigator.clipboard.readText()") == address
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('forbidden')); }")
    page.locator("section .heading .link").nth(2).click()
    until(page, "document.querySelector('.toast').textContent === 'The link is in the address bar'")
    assert page.errors == []


def test_all_code_is_shown_and_hidden(page):
    n, button = page.locator("details.code").count(), page.locator("#all-code")
    page.locator("details.code summary").first.click()
    for pressed, n_open in (("true", n), ("false", 0)):
        button.click()
        assert button.get_attribute("aria-pressed") == pressed
        assert page.locator("details.code[open]").count() == n_open
    assert n > 20


# --- without a script, on paper, on a phone -----------------------------------------------------------------------------


def hidden(page, selector):
    """Return what of these can be seen, which should be nothing; there has to be one of them in the page."""
    assert page.locator(selector).count() > 0, selector
    return page.eval_on_selector_all(
        selector,
        """all => all.filter(e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().width > 0)
            .map(e => e.outerHTML.slice(0, 120))""",
    )


def unseen_stills(page):
    """Return the figures without exactly one picture, a still or a sheet, that can be seen; of those not folded."""
    return page.eval_on_selector_all(
        "figure:not(.more *)",
        """all => all.filter(f => {
            const all = [...f.querySelectorAll('svg.still, .sheet')];
            const stills = all.filter(s => s.checkVisibility({visibilityProperty: true}));
            const box = stills[0]?.getBoundingClientRect();
            return stills.length !== 1 || box.width < 100 || box.height < 20;
        }).map(f => f.id)""",
    )


def test_the_page_can_be_read_without_a_script(open_page, metrics):
    page = open_page(java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert texts(page, ".headlines strong") == [one.figure for one in headlines.headlines(metrics)[:6]]
    assert len(texts(page, ".map-names li")) >= 8
    assert page.locator(".map-names li").first.is_visible()
    assert page.locator(".list").first.is_visible()
    assert "provenance.json" in page.locator("#about noscript").inner_text()
    assert unseen_stills(page) == []
    for seen in ("table.scores", "table.values", "#map svg", "#map noscript", ".contents a", "details.code summary"):
        assert page.locator(seen).first.is_visible(), seen
    for unseen in (".needs-script", "[data-save]", "#search", ".theme", "#all-code", ".plotly-graph-div", ".toast"):
        assert hidden(page, unseen) == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.errors == []


def test_paper_is_light_and_has_pictures_and_nothing_to_press(open_page):
    page = open_page(color_scheme="dark")
    page.locator(CHART).first.focus()
    until(page, f"{DRAWN} > 0")
    choose(page, "dark")
    page.locator("#all-code").click()
    page.emulate_media(media="print", color_scheme="dark")
    assert unseen_stills(page) == []
    for unseen in (
        ".side",
        ".plotly-graph-div",
        "details.code",
        # What sorts a table is its head, and stays.
        "main button:not(#map *, .sort)",
        ".link",
        ".skip",
        ".tools",
        "#search",
    ):
        assert hidden(page, unseen) == []
    for seen in (
        "h1",
        "table.scores",
        "figure:not(.more *) figcaption",
        "#provenance-table",
        ".map-still",
        ".map-names li",
    ):
        assert page.locator(seen).first.is_visible(), seen
    assert page.evaluate(BODY) == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 33, 40)"


def test_on_a_phone_a_number_of_every_table_can_be_seen(open_page):
    page = open_page(390)
    page.evaluate("document.querySelectorAll('details:not(.contents details)').forEach(fold => { fold.open = true; })")
    hidden = page.eval_on_selector_all(
        "table",
        """all => all.filter(table => {
            const frame = table.closest('.scroll').getBoundingClientRect();
            const cell = table.querySelector('tbody td:not(:empty):not(:has(.tile))');
            return cell && cell.getBoundingClientRect().right > frame.right;
        }).map(table => table.textContent.slice(0, 80))""",
    )
    assert hidden == []


def test_on_a_phone_no_letter_of_a_chart_is_cut(open_page):
    page = open_page(390)
    charts = page.locator(f".chart:not(.wide) > {CHART}").all()
    assert len(charts) > 8
    for chart in charts:
        chart.focus()
        until(page, "document.activeElement.querySelector('.main-svg')")
        cut = chart.evaluate(
            """chart => { const frame = chart.getBoundingClientRect(); return [...chart.querySelectorAll('.main-svg text')]
            .filter(e => e.textContent.trim()).filter(e => { const r = e.getBoundingClientRect();
                return r.width && (r.left < frame.left - 1 || r.right > frame.right + 1 || r.bottom > frame.bottom + 1); })
            .map(e => e.textContent) }"""
        )
        assert cut == [], chart.get_attribute("aria-label")


def test_on_a_phone_pictures_fit_and_what_is_wider_scrolls_by_itself(open_page):
    page = open_page(390)
    # A frame out of view is not laid out.
    beyond = """async frame => {
        frame.scrollIntoView();
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        return frame.scrollWidth - frame.clientWidth;
    }"""
    frames = page.locator(".chart:not(.more *)").all()
    wide = [frame.evaluate(beyond) for frame in frames if "wide" not in frame.get_attribute("class").split()]
    assert len(wide) > 15
    assert max(wide) <= 1
    assert page.locator(".contents details[open]").count() == 0
    page.locator(".contents summary").click()
    page.locator("#search").fill("cluster")
    page.locator("#all-code").click()
    assert page.locator(".contents a").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.errors == []


# --- the policy ---------------------------------------------------------------------------------------------------------


def test_the_policy_lets_one_script_in(digits_build):
    text = (digits_build / "report.html").read_text(encoding="utf8")
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    assert text.count("http-equiv") == 1
    rules = {rule.split()[0]: rule.split()[1:] for rule in html.unescape(policy).split("; ")}
    (script,) = re.findall(r"<script>(.*?)</script>", text, flags=re.S)
    assert set(re.findall(r"<script ([^>]*?) id=", text)) == {'type="application/json"', 'type="text/plain"'}
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules == {
        "default-src": ["'none'"],
        "script-src": [f"'sha256-{digest}'", "'strict-dynamic'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:", "blob:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert text.index("Content-Security-Policy") < text.index("<style>") < text.index("<script")


VIOLATED = "window.refused = []; document.addEventListener('securitypolicyviolation', e => refused.push(e.effectiveDirective));"


ATTEMPTS = (
    ("const d = document.createElement('div'); d.setAttribute('onclick', 'window.ran = 1'); document.body.append(d);"
     "d.click();", "script-src-attr"),
    ("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.ran = 1\">');",
     "script-src-attr"),
    ("const a = document.createElement('a'); a.href = 'javascript:window.ran = 1'; document.body.append(a); a.click();",
     "script-src-elem"),
    # Not at once: what the test itself runs may use `eval`.
    ("setTimeout(() => { try { window.eval('window.ran = 1'); } catch {} });", "script-src"),
    ("fetch('https://example.org').then(() => { window.ran = 1; }, () => {});", "connect-src"),
    ("new Image().src = 'https://example.org/a.png';", "img-src"),
    ("document.head.insertAdjacentHTML('beforeend', '<link rel=stylesheet href=https://example.org/a.css>');",
     "style-src-elem"),
)  # fmt: skip


def test_what_others_put_in_does_not_run_and_fetches_are_refused(open_page):
    page = open_page()
    for attempt, directive in ATTEMPTS:
        page.evaluate(f"() => {{ {VIOLATED} {attempt} }}")
        until(page, f"refused.includes('{directive}')")
        assert page.evaluate("window.ran") is None


def test_scripts_in_the_markup_do_not_run(browser, digits_build, tmp_path):
    text = (digits_build / "report.html").read_text(encoding="utf8")
    (tmp_path / "page.html").write_text(
        text.replace('<main id="main"', '<script>window.ran = 1;</script><main id="main"')
    )
    context = browser.new_context(offline=True)
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto((tmp_path / "page.html").as_uri())
    ran, works = page.evaluate("[window.ran, document.documentElement.classList.contains('js')]")
    context.close()
    assert (ran, works) == (None, True)
    (error,) = errors
    assert "Content Security Policy" in error


def test_on_a_phone_the_contents_stay_at_hand_and_go_when_used(open_page):
    page = open_page(390)
    page.evaluate("scrollTo({top: 5000, behavior: 'instant'})")
    box = page.locator(".side").bounding_box()
    assert box["y"] == 0
    assert box["height"] < 80
    page.locator(".contents summary").click()
    link = page.locator('.contents a[href="#clustering"]')
    assert link.is_visible()
    link.click()
    assert page.locator(".contents details[open]").count() == 0
    assert page.locator("#clustering h2").bounding_box()["y"] >= box["height"]
    page.locator("#search").fill("silhouette")
    page.locator(".search li a").first.click()
    assert page.locator(".search li").count() == 0
    page.locator(".contents summary").click()
    page.keyboard.press("Escape")
    assert page.locator(".contents details[open]").count() == 0
