"""The data map in real Chromium: single images, what is shown, what is chosen, any data and any reader."""

import csv
import json
import re

import numpy as np
import pytest

from report_lib.common import style
from report_lib.page import explorer
from tests.browser import needs_browser
from tests.page.map_page import COLUMNS, NAMES, N, facts, lasso, made, on_screen, part, pin, told, until, wait

pytestmark = needs_browser


# --- single images --------------------------------------------------------------------------------------------------


def test_the_card_tells_of_the_point_under_the_mouse(open_map):
    page, arrays = open_map(), made()
    for point in (0, 145, 299, int(np.flatnonzero(arrays["suspects"])[0])):
        page.mouse.move(*on_screen(page, point)[0])
        wait(page, hovered=int(arrays["rows"][point]))
        card = part(page, "card")
        assert card.locator("strong").inner_text() == f"row {arrays['rows'][point]}"
        assert facts(card) == told(arrays, point)
        assert card.get_by_text("label looks wrong").count() == arrays["suspects"][point]
        inside = page.evaluate(
            """() => { const card = document.querySelector('.map-card').getBoundingClientRect(),
                stage = document.querySelector('.map-stage').getBoundingClientRect();
                return card.left >= stage.left && card.right <= stage.right && card.bottom <= stage.bottom; }"""
        )
        assert inside
    page.mouse.move(2, 2)
    wait(page, hovered=None)
    assert not part(page, "card").is_visible()


def test_a_click_pins_and_shows_the_nearest(open_map):
    page, arrays = open_map(), made()
    pin(page, 105)
    pinned = part(page, "pinned")
    assert pinned.locator("h3").inner_text() == f"row {arrays['rows'][105]}"
    assert facts(pinned) == told(arrays, 105)
    near = arrays["neighbors"][105]
    buttons = pinned.locator("li button")
    assert [int(row) for row in buttons.evaluate_all("all => all.map(b => b.dataset.row)")] == arrays["rows"][
        near
    ].tolist()
    assert buttons.all_inner_texts() == [NAMES[arrays["labels"][i]] for i in near]
    until(page, "document.querySelector('.map-pinned .map-thumb').getContext('2d').getImageData(14, 14, 1, 1).data[3]")
    shade = "document.querySelector('.map-pinned .map-thumb').getContext('2d').getImageData(14, 14, 1, 1).data[0]"
    expected = arrays["thumbnails"][105, 14, 14] * (255 / arrays["thumbnails"].max())
    assert page.evaluate(shade) == pytest.approx(expected, abs=6)
    buttons.nth(2).click()
    wait(page, pinned=int(arrays["rows"][near[2]]))
    assert pinned.locator("h3").evaluate("title => title === document.activeElement")
    page.keyboard.press("Escape")
    wait(page, pinned=None)


def test_arrow_keys_go_from_point_to_point_and_are_spoken(open_map):
    page, arrays = open_map(), made()
    part(page, "over").focus()
    page.keyboard.press("Home")
    wait(page, focused=int(arrays["rows"][0]))
    for key, point in (("ArrowRight", 1), ("ArrowUp", 21), ("ArrowLeft", 20), ("ArrowDown", 0)):
        page.keyboard.press(key)
        wait(page, focused=int(arrays["rows"][point]))
        said = part(page, "said").inner_text()
        assert said.startswith(f"Row {arrays['rows'][point]}, label {NAMES[arrays['labels'][point]]}, prediction ")
        assert ("label looks wrong" in said) == arrays["suspects"][point]
    page.keyboard.press("Enter")
    wait(page, pinned=int(arrays["rows"][0]))
    page.keyboard.press("Escape")
    wait(page, pinned=None)


def test_arrow_keys_pass_over_what_is_filtered_out(open_map):
    page, arrays = open_map(), made()
    part(page, "clusters").select_option("1")
    part(page, "over").focus()
    page.keyboard.press("Home")
    first = int(np.flatnonzero(arrays["clusters"] == 1)[0])
    wait(page, focused=int(arrays["rows"][first]), shown=90)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    wait(page, focused=int(arrays["rows"][first + 1]))


# --- what is shown --------------------------------------------------------------------------------------------------


def test_filters_by_class_and_cluster_are_combined(open_map):
    page = open_map()
    part(page, "labels").select_option(label=NAMES[2])
    wait(page, shown=60)
    part(page, "clusters").select_option("0")
    wait(page, shown=18)
    part(page, "clusters").select_option(label="noise")
    wait(page, shown=6)
    assert part(page, "count").inner_text() == "6 of 300 images"
    part(page, "clearFilters").click()
    wait(page, shown=N)
    assert (part(page, "labels").input_value(), part(page, "clusters").input_value()) == ("", "")


def test_the_search_finds_rows_classes_and_clusters(open_map):
    page, a = open_map(), made()
    shirt = (a["labels"] == 0) | (a["predicted"] == 0)
    contains = np.isin(a["labels"], [0, 1, 4]) | np.isin(a["predicted"], [0, 1, 4])
    expected = {
        f"row {a['rows'][7]}": 1, f"{a['rows'][7]}": 1, "row 999999": 0, "SHIRT": shirt.sum(), "shir": contains.sum(),
        "c2": (a["clusters"] == 1).sum(), "noise": (a["clusters"] < 0).sum(),
        "shirt  C2": (shirt & (a["clusters"] == 1)).sum(), "": N,
    }  # fmt: skip
    for query, count in expected.items():
        part(page, "query").fill(query)
        wait(page, shown=int(count))


def test_the_legend_filters_too(open_map):
    page, arrays = open_map(), made()
    button = part(page, "legend").get_by_role("button", name=NAMES[1])
    button.click()
    wait(page, shown=60)
    assert part(page, "labels").input_value() == "1"
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    part(page, "colour").select_option("suspects")
    part(page, "legend").get_by_role("button", name="label looks wrong").click()
    wait(page, shown=int(arrays["suspects"].sum()))
    part(page, "colour").select_option("margins")
    wait(page, shown=N, colour="margins")
    assert part(page, "legend").inner_text().split("\n") == ["0: two answers equally likely", "1: sure"]


def test_the_legend_is_one_stop_and_arrows_reach_every_group(open_map):
    page = open_map()
    buttons = part(page, "legend").get_by_role("button")
    focused = "document.activeElement.textContent"
    assert buttons.evaluate_all("all => all.filter(e => e.tabIndex === 0).length") == 1
    buttons.first.focus()
    seen = [page.evaluate(focused)]
    for _ in range(len(NAMES) - 1):
        page.keyboard.press("ArrowRight")
        seen.append(page.evaluate(focused))
    assert seen == buttons.all_text_contents()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == seen[0]
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    wait(page, shown=60)
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(focused) == seen[-1]


def test_points_have_their_colours_and_follow_the_theme(open_map):
    page, arrays = open_map(color_scheme="light"), made(predicted=np.full(N, 2))
    lit = """([x, y]) => [...document.querySelector('[data-map=points]').getContext('2d')
        .getImageData(Math.round(x), Math.round(y), 1, 1).data].slice(0, 3)"""
    box = part(page, "over").bounding_box()
    ((x, y),) = on_screen(page, 130)

    def seen():
        # Drawn in the next frame at the latest.
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return page.evaluate(lit, [x - box["x"], y - box["y"]])

    def expected(color, ground):
        return [style.OPACITY * int(color[at : at + 2], 16) + (1 - style.OPACITY) * ground[at // 2] for at in (1, 3, 5)]

    color = json.loads(explorer.pack(arrays, NAMES, "UMAP")["data"])["classes"][2]
    assert seen() == pytest.approx(expected("#" + color["color"][1:], (255, 255, 255)), abs=4)
    page.evaluate(
        "document.documentElement.style.colorScheme = 'dark'; document.dispatchEvent(new Event('report:theme'))"
    )
    wait(page, dark=True)
    assert seen() == pytest.approx(expected("#" + color["dark"][1:], (29, 33, 38)), abs=4)
    page.evaluate("document.documentElement.style.colorScheme = ''; document.dispatchEvent(new Event('report:theme'))")
    wait(page, dark=False)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("document.dispatchEvent(new Event('report:theme'))")
        wait(page, dark=scheme == "dark")
    part(page, "labels").select_option("0")
    wait(page, shown=60)
    assert min(seen()) > 200


# --- choosing -------------------------------------------------------------------------------------------------------


def corner(page):
    """Draw round the five by four points at the lower left."""
    inner = on_screen(page, 0, 5, 5 + 4 * COLUMNS, 4 * COLUMNS)
    (left, bottom), (right, _), (_, top), _ = inner
    gap = (right - left) / 10
    lasso(page, (left - 15, bottom + 15), (right - gap, bottom + 15), (right - gap, top + gap), (left - 15, top + gap))


def inside():
    arrays = made()
    right, top = arrays["positions"][5, 0], arrays["positions"][5 + 4 * COLUMNS, 1]
    left = arrays["positions"][0, 0]
    gap = (right - left) / 10
    x, y = arrays["positions"].T
    return np.flatnonzero((x < right - gap) & (y < top - gap))


def test_the_lasso_chooses_what_lies_within_and_the_file_says_so(open_map):
    page, a, chosen = open_map(), made(), inside()
    corner(page)
    wait(page, chosen=len(chosen))
    assert 10 < len(chosen) < 40
    panel = part(page, "chosen")
    assert panel.locator("h3").inner_text() == f"{len(chosen)} images chosen"
    tiles = panel.locator(".map-chosen-tiles button").evaluate_all("all => all.map(b => Number(b.dataset.row))")
    assert tiles == a["rows"][chosen].tolist()
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download rows (CSV)").click()
    assert download.value.suggested_filename == "chosen-rows.csv"
    with open(download.value.path(), encoding="utf8", newline="") as file:
        lines = file.read().split("\n")
    assert lines[0] == "row,label,predicted,margin,cluster,suspect"
    assert lines[1:] == [*(line(a, i) for i in chosen), ""]
    panel.get_by_role("button", name="Clear").click()
    wait(page, chosen=0)
    assert not panel.is_visible()


def line(a, i):
    """A line of the file."""
    names = [NAMES[a["labels"][i]], NAMES[a["predicted"][i]]]
    quoted = ['"' + name.replace('"', '""') + '"' if "," in name else name for name in names]
    cluster = "noise" if a["clusters"][i] < 0 else f"C{a['clusters'][i] + 1}"
    return ",".join(
        [
            str(a["rows"][i]),
            *quoted,
            f"{round(float(a['margins'][i]), 4):g}",
            cluster,
            "yes" if a["suspects"][i] else "no",
        ]
    )


def test_the_lasso_leaves_what_is_filtered_out(open_map):
    page, arrays, chosen = open_map(), made(), inside()
    part(page, "labels").select_option("0")
    wait(page, shown=60)
    corner(page)
    wait(page, chosen=int((arrays["labels"][chosen] == 0).sum()))
    shares = part(page, "chosen").locator(".map-shares li").all_inner_texts()
    assert [share.split("\n")[0] for share in shares] == ["Shirt"]


def test_what_is_shown_can_be_chosen_without_a_mouse(open_map):
    page, arrays = open_map(), made()
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.copied = text; }}})"
    )
    part(page, "query").fill("c3")
    part(page, "chooseShown").press("Enter")
    rows = arrays["rows"][arrays["clusters"] == 2]
    wait(page, chosen=len(rows))
    panel = part(page, "chosen")
    assert panel.locator(".map-chosen-tiles button").count() == 60
    assert "The first 60 are shown" in panel.inner_text()
    assert len(panel.locator(".map-shares li").all()) == 5
    panel.get_by_role("button", name="Copy row numbers").click()
    until(page, "window.copied")
    assert page.evaluate("window.copied") == "\n".join(map(str, rows))
    panel.locator(".map-chosen-tiles button").first.click()
    wait(page, pinned=int(rows[0]))


# --- any data, any reader -------------------------------------------------------------------------------------------


def test_an_image_whose_label_is_unknown_has_none_and_can_be_shown_alone(open_map):
    labels = np.where(np.arange(N) < COLUMNS, -1, made()["labels"])
    page = open_map(made(labels=labels))
    part(page, "labels").select_option(label="unknown")
    wait(page, shown=COLUMNS)
    pin(page, 7)
    assert "Label" not in facts(part(page, "pinned"))
    part(page, "chooseShown").click()
    with page.expect_download() as download:
        part(page, "chosen").get_by_role("button", name="Download").click()
    with open(download.value.path(), encoding="utf8") as file:
        header, *rows = csv.reader(file)
    assert {row[header.index("label")] for row in rows} == {""}


def test_without_labels_there_are_no_classes(open_map):
    nothing = np.empty(0, np.int64)
    page = open_map(made(labels=nothing, predicted=nothing, margins=nothing, suspects=nothing), names=[])
    assert part(page, "colour").locator("option").all_inner_texts() == ["cluster"]
    assert not part(page, "labels").is_visible()
    assert part(page, "query").get_attribute("placeholder") == "row 123, C1"
    pin(page, 20)
    assert facts(part(page, "pinned")) == {"Cluster": "C1"}
    part(page, "query").fill("noise")
    wait(page, shown=30)
    part(page, "chooseShown").click()
    with page.expect_download() as download:
        part(page, "chosen").get_by_role("button", name="Download").click()
    with open(download.value.path(), encoding="utf8") as file:
        assert file.readline() == "row,cluster\n"


def test_images_with_names_are_shown_found_and_listed_by_them(open_map):
    called = np.array([f"scan {'AB'[i % 2]}/<i>{i}.png" for i in range(N)])
    page, arrays = open_map(made(names=called)), made()
    pin(page, 105)
    assert part(page, "pinned").locator("h3").inner_text() == "scan B/<i>105.png"
    part(page, "query").fill("a/<i>10")
    expected = [i for i in range(N) if "a/<i>10" in called[i].lower()]
    wait(page, shown=len(expected))
    part(page, "chooseShown").click()
    with page.expect_download() as download:
        part(page, "chosen").get_by_role("button", name="Download").click()
    with open(download.value.path(), encoding="utf8") as file:
        head, *lines = [line.split(",")[:2] for line in file]
    assert head == ["row", "name"]
    assert sorted(lines) == sorted([str(arrays["rows"][i]), called[i]] for i in expected)


def test_names_from_data_stay_text(open_map):
    page, arrays = open_map(), made()
    pin(page, int(np.flatnonzero(arrays["labels"] == 3)[4]))
    corner(page)
    until(page, "document.querySelector('.map-shares')")
    assert part(page, "legend").inner_text().count("<script>alert(1)</script>") == 1
    assert facts(part(page, "pinned"))["Label"] == NAMES[3]
    assert page.locator("#map script").count() == 0
    # Only the numbers of clusters are bold; a name that asks for it is not.
    assert all(re.fullmatch(r"C\d+", bold) for bold in page.locator("#map b").all_text_contents())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violations_of_accessibility(open_map, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_map(color_scheme=scheme)
    pin(page, 105)
    corner(page)
    until(page, "document.querySelector('.map-shares')")
    part(page, "over").focus()
    page.keyboard.press("Home")
    found = axe.Axe().run(page).response["violations"]
    assert {v["id"]: [n["html"][:120] for n in v["nodes"]][:3] for v in found} == {}
    small = (
        "all => all.map(b => b.getBoundingClientRect()).filter(b => b.height && (b.height < 24 || b.width < 24)).length"
    )
    assert page.eval_on_selector_all("#map :is(button, select, input)", small) == 0


def test_a_narrow_screen_is_wide_enough(open_map):
    page = open_map(width=360, names=["A name that goes on and on", *NAMES[1:]])
    pin(page, 105)
    part(page, "chooseShown").click()
    until(page, "document.querySelector('.map-shares')")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert part(page, "stage").bounding_box()["height"] == 360


@pytest.mark.parametrize("script", [True, False])
def test_a_phone_names_every_cluster_by_its_number_and_below(open_map, script):
    clusters = np.arange(N) % COLUMNS // 4 + 5 * (np.arange(N) // COLUMNS // 8)
    # Higher than wide, so that places beside the points are far out on a narrow screen.
    positions = made()["positions"] * [0.8, 1.2]
    page = open_map(made(clusters=clusters, positions=positions), width=390, ready=script, java_script_enabled=script)
    shown = page.locator(".map-names li:not(.map-crowded) b:visible")
    assert sorted(shown.all_inner_texts()) == sorted(f"C{i + 1}" for i in range(10))
    assert page.locator(".map-names strong:visible").count() == 0
    boxes = [shown.nth(i).bounding_box() for i in range(10)]
    apart = [
        abs(a["x"] - b["x"]) > a["width"] or abs(a["y"] - b["y"]) > a["height"] for a in boxes for b in boxes if a != b
    ]
    assert all(apart)
    below = page.locator(".map-numbers li")
    assert sorted(re.findall(r"C\d+", " ".join(below.all_inner_texts()))) == sorted(f"C{i + 1}" for i in range(10))
    assert NAMES[0] in below.first.inner_text()
    assert below.first.is_visible()
    page.set_viewport_size({"width": 1280, "height": 1000})
    assert not below.first.is_visible()
    assert page.locator(".map-names b:visible").count() == 0
    assert page.locator(".map-names strong:visible").count()


def test_nothing_is_unpacked_before_the_map_comes_near(open_map):
    page = open_map(ready=False, above=9000)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.locator("#map[data-ready]").count() == 0
    assert page.locator(".map-stage .map-still").count() == 1
    part(page, "stage").scroll_into_view_if_needed()
    until(page, "document.querySelector('#map[data-ready]')")
    assert not page.locator(".map-still").is_visible()
    assert not page.locator(".map-key").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".map-still").is_visible()
    assert page.locator(".map-key").is_visible()
    assert not part(page, "over").is_visible()


def test_without_javascript_there_is_a_still(open_map):
    page = open_map(ready=False, java_script_enabled=False)
    assert page.locator(".map-still").is_visible()
    assert "Exploring it needs JavaScript" in page.locator("#map").inner_text()
    assert page.locator("#map :is(button, select, input)").count() == 0
