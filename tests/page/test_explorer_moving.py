"""The data map in real Chromium: what moves it, and about what it zooms."""

import numpy as np
import pytest

from tests.browser import needs_browser
from tests.page.map_page import COLUMNS, N, made, on_screen, part, pin, state, until, wait

pytestmark = needs_browser


def test_dragging_moves_and_keys_and_buttons_zoom(open_map):
    page = open_map()
    whole = state(page)["place"]
    ((x, y),) = on_screen(page, 130)
    page.mouse.move(x + 14, y + 14)
    page.mouse.down()
    page.mouse.move(x + 74, y + 44, steps=3)
    page.mouse.up()
    until(page, f"JSON.parse(document.getElementById('map').dataset.state).place[1] === {whole[1] + 60}")
    assert state(page)["place"][2] == pytest.approx(whole[2] + 30)
    assert state(page)["pinned"] is None
    page.keyboard.press("+")
    wait(page, zoom=1.6)
    part(page, "zoomIn").click()
    part(page, "zoomOut").click()
    part(page, "zoomOut").click()
    wait(page, zoom=1)
    part(page, "whole").click()
    until(page, f"JSON.parse(document.getElementById('map').dataset.state).place[1] === {whole[1]}")


def test_the_wheel_is_the_page_s_unless_the_map_has_the_focus(open_map):
    page = open_map()
    page.evaluate("document.body.style.paddingBottom = '200vh'")
    page.mouse.move(*on_screen(page, 150)[0])
    page.mouse.wheel(0, 40)
    until(page, "scrollY === 40")
    assert state(page)["zoom"] == 1
    part(page, "over").focus()
    page.mouse.wheel(0, -200)
    until(page, "JSON.parse(document.getElementById('map').dataset.state).zoom > 1.2")
    assert page.evaluate("scrollY") == 40


def test_a_tap_pins_and_two_fingers_zoom(open_map):
    page, arrays = open_map(width=390, has_touch=True), made()
    part(page, "over").scroll_into_view_if_needed()
    page.touchscreen.tap(*on_screen(page, 150)[0])
    wait(page, pinned=int(arrays["rows"][150]))
    assert part(page, "card").is_visible()
    page.evaluate(
        """() => {
            const map = document.querySelector('canvas[role]'), box = map.getBoundingClientRect();
            map.setPointerCapture = () => {};
            const touch = (type, id, x) => map.dispatchEvent(new PointerEvent(type, {pointerId: id, pointerType: 'touch',
                bubbles: true, clientX: box.x + x, clientY: box.y + 100}));
            touch('pointerdown', 1, 100); touch('pointerdown', 2, 150); touch('pointermove', 2, 250);
            touch('pointerup', 1, 100); touch('pointerup', 2, 250);
        }"""
    )
    wait(page, zoom=3, pinned=int(arrays["rows"][150]))
    assert part(page, "over").evaluate("map => getComputedStyle(map).touchAction") == "pan-y"


# --- about what it zooms --------------------------------------------------------------------------------------------

ON_KEYS, ON_BUTTONS = lambda page: page.keyboard.press("+"), lambda page: part(page, "zoomIn").press("Enter")


def in_view(page):
    """Return which points lie on the part of the map that can be seen."""
    box = part(page, "over").bounding_box()
    xy = np.array(on_screen(page, *range(N))) - [box["x"], box["y"]]
    return np.flatnonzero(((xy >= 0) & (xy <= [box["width"], box["height"]])).all(axis=1))


def stays(page, point, step):
    """Whether a point is where it was after a step of the zoom."""
    before, zoom = on_screen(page, point)[0], state(page)["zoom"]
    step(page)
    until(page, f"JSON.parse(document.getElementById('map').dataset.state).zoom !== {zoom}")
    return on_screen(page, point)[0] == pytest.approx(before, abs=0.01)


@pytest.mark.parametrize("step", [ON_KEYS, ON_BUTTONS])
def test_zooming_is_about_the_pinned_image(open_map, step):
    page = open_map()
    pin(page, 43)
    page.mouse.move(2, 2)
    wait(page, hovered=None)
    part(page, "over").focus()
    assert stays(page, 43, step)
    assert stays(page, 43, step)
    assert stays(page, 43, lambda page: part(page, "zoomOut").press("Enter"))


def test_zooming_is_about_the_pointer_on_the_map(open_map):
    page, arrays = open_map(), made()
    pin(page, 43)
    part(page, "over").focus()
    page.mouse.move(*on_screen(page, 256)[0])
    wait(page, hovered=int(arrays["rows"][256]))
    assert stays(page, 256, ON_KEYS)
    assert not stays(page, 43, ON_KEYS)


def test_zooming_is_about_the_point_that_the_keys_are_at(open_map):
    page, arrays = open_map(), made()
    part(page, "over").focus()
    page.keyboard.press("Home")
    wait(page, focused=int(arrays["rows"][0]))
    assert stays(page, 0, ON_KEYS)


@pytest.mark.parametrize("step", [ON_KEYS, ON_BUTTONS])
def test_zooming_never_ends_beside_the_data(open_map, step):
    """Points at the left and at the right, none in the middle; then a filter that leaves one corner."""
    positions = made()["positions"].copy()
    positions[:, 0] += np.where(np.arange(N) % COLUMNS < COLUMNS // 2, 0, 40)
    page = open_map(made(positions=positions))
    part(page, "over").focus()
    for _ in range(12):
        step(page)
    until(page, "JSON.parse(document.getElementById('map').dataset.state).zoom === 80")
    box = part(page, "over").bounding_box()
    xy = np.array(on_screen(page, *range(N), arrays=made(positions=positions))) - [box["x"], box["y"]]
    assert ((xy >= 0) & (xy <= [box["width"], box["height"]])).all(axis=1).any()


def test_zooming_is_about_what_the_filters_leave(open_map):
    page, arrays = open_map(), made()
    part(page, "clusters").select_option("0")
    wait(page, shown=int((arrays["clusters"] == 0).sum()))
    for _ in range(6):
        part(page, "zoomIn").press("Enter")
    until(page, "JSON.parse(document.getElementById('map').dataset.state).zoom > 16")
    seen = in_view(page)
    assert len(seen)
    assert set(arrays["clusters"][seen]) == {0}
