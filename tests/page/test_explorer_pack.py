"""What the page's data map is made of: the packed arrays, the sprite, the still."""

import base64
import gzip
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from report_lib.common import style
from report_lib.page import explorer, islands


def made(n=60, side=8, seed=0, **replaced):
    """Arrays of a map, as the report keeps them."""
    rng = np.random.default_rng(seed)
    arrays = {
        "positions": rng.normal(size=(n, 2)).astype(np.float32) * [3, 1],
        "rows": rng.permutation(70_000)[:n],
        "names": np.empty(0, str),
        "thumbnails": rng.integers(0, 256, (n, side, side)).astype(np.uint8),
        "clusters": rng.integers(-1, 3, n),
        "labels": rng.integers(0, 4, n),
        "predicted": rng.integers(0, 4, n),
        "margins": rng.random(n).astype(np.float32),
        "suspects": rng.random(n) < 0.1,
        "neighbors": rng.integers(0, n, (n, 6)).astype(np.int32),
    }
    return arrays | replaced


def smooth(n, side):
    """Images such as reports are of: a bright disc somewhere, on black."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:side, :side]
    middle, size = rng.uniform(0.3, 0.7, (n, 2, 1, 1)) * side, rng.uniform(0.15, 0.35, (n, 1, 1)) * side
    distance = np.hypot(x - middle[:, 0], y - middle[:, 1])
    images = 255 / (1 + np.exp(distance - size))
    return np.round(images * (255 / images.max())).astype(np.uint8)


NAMES = ["ant", "bee", "cat", "dog"]


def unpacked(packed):
    """Return the arrays as the page's script reads them."""
    block, at, found = gzip.decompress(base64.b64decode(packed["bytes"])), 0, {}
    for name, kind, length in json.loads(packed["data"])["fields"]:
        found[name] = np.frombuffer(block, np.dtype(kind).newbyteorder("<"), length, at)
        assert at % found[name].itemsize == 0, "JavaScript reads numbers only where they are aligned"
        at += found[name].nbytes
    assert at == len(block)
    return found


def tiles(packed):
    facts = json.loads(packed["data"])
    header, content = packed["sprite"].split(",")
    assert header in ("data:image/webp;base64", "data:image/avif;base64")
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("L"))
    (width, height), columns = facts["tile"], facts["columns"]
    places = [(i // columns * height, i % columns * width) for i in range(facts["n"])]
    return np.stack([sheet[y : y + height, x : x + width] for y, x in places])


def test_positions_are_within_half_a_step_and_keep_their_shape():
    arrays = made()
    found = unpacked(explorer.pack(arrays, NAMES, "UMAP"))
    low, span = arrays["positions"].min(axis=0), np.ptp(arrays["positions"], axis=0).max()
    step = span / 65_535
    back = np.column_stack([found["x"], found["y"]]) * step + low
    assert np.abs(back - arrays["positions"]).max() <= step * 0.5001 + 1e-6
    assert found["x"].max() == 65_535
    assert found["y"].max() < 65_535


def test_points_that_are_all_in_one_place_are_packed():
    found = unpacked(explorer.pack(made(positions=np.ones((60, 2), np.float32)), NAMES, "UMAP"))
    assert not found["x"].any()
    assert not found["y"].any()


def test_arrays_come_back():
    arrays = made()
    found = unpacked(explorer.pack(arrays, NAMES, "UMAP"))
    for name in ("rows", "labels", "predicted", "suspects"):
        np.testing.assert_array_equal(found[name], arrays[name])
    np.testing.assert_array_equal(found["neighbors"].reshape(-1, 6), arrays["neighbors"])
    np.testing.assert_array_equal(found["clusters"].astype(int) - 1, arrays["clusters"])
    np.testing.assert_allclose(found["margins"] / 10_000, arrays["margins"], atol=0.5001e-4)


def test_unknown_labels_are_a_group_of_their_own_after_the_classes():
    labels = np.arange(60) % 5 - 1
    packed = explorer.pack(made(labels=labels), NAMES, "UMAP")
    np.testing.assert_array_equal(unpacked(packed)["labels"], np.where(labels < 0, 4, labels))
    classes = json.loads(packed["data"])["classes"]
    assert [(group["name"], group.get("unknown", False)) for group in classes] == [
        *((name, False) for name in NAMES), ("unknown", True),
    ]  # fmt: skip
    assert classes[-1]["color"] == style.NOISE_COLOR
    assert packed["key"][-1][0] == "unknown"
    assert packed["key"][-1][1]["color"] == style.NOISE_COLOR
    assert len(json.loads(explorer.pack(made(), NAMES, "UMAP")["data"])["classes"]) == len(NAMES)


def test_what_is_not_known_is_left_out():
    nothing = np.empty(0, np.int64)
    found = unpacked(
        explorer.pack(made(labels=nothing, predicted=nothing, margins=nothing, suspects=nothing), [], "PCA")
    )
    assert set(found) == {"rows", "x", "y", "neighbors", "clusters"}


def test_more_than_255_clusters_have_room():
    clusters = np.arange(300) - 1
    packed = explorer.pack(made(300, clusters=clusters), NAMES, "UMAP")
    np.testing.assert_array_equal(unpacked(packed)["clusters"].astype(int) - 1, clusters)
    assert json.loads(packed["data"])["clusters"][298]["name"] == "C299"


def test_groups_have_the_colours_of_the_report():
    arrays = made(clusters=np.arange(60) % 3, labels=(np.arange(60) % 3 + 2) % 4)
    packed = explorer.pack(arrays, [*NAMES, *"efghijk"], "UMAP")
    facts = json.loads(packed["data"])
    assert facts["classes"][2] == {
        "name": "cat",
        "color": style.color(2),
        "dark": style.ON_DARK[style.color(2)],
        "mark": "circle",
    }
    assert (facts["classes"][10]["color"], facts["classes"][10]["mark"]) == (style.color(0), "diamond")
    # Each cluster is of one class, and has its colour: on the map and beside its name.
    assert [group["color"] for group in facts["clusters"]] == [style.color(i) for i in (2, 3, 0)]
    assert sorted(one["look"].color for one in packed["islands"]) == sorted(style.color(i) for i in (2, 3, 0))
    assert facts["noise"]["color"] == style.NOISE_COLOR


def test_names_cannot_end_the_script_that_holds_them():
    names = ["</script><script>alert(1)</script>", "<!-- <script>", 'a "b" & c', "d"]
    text = explorer.pack(made(), names, "UMAP")["data"]
    assert "</" not in text
    assert "<!--" not in text
    assert [group["name"] for group in json.loads(text)["classes"]] == names


@pytest.mark.parametrize(("n", "side", "near"), [(250, 8, 0), (400, 28, 1.5), (1200, 28, 6)])
def test_the_sprite_shows_the_images(n, side, near):
    images = smooth(n, side)
    found = tiles(explorer.pack(made(n, thumbnails=images), NAMES, "UMAP"))
    assert found.shape == images.shape
    assert np.abs(found.astype(int) - images).mean() <= near


def test_images_of_few_greys_are_not_shown_in_the_dark():
    found = tiles(explorer.pack(made(60, thumbnails=smooth(60, 8) // 16), NAMES, "UMAP"))
    assert found.max() == 255
    assert found.min() == 0


def test_large_images_are_reduced():
    images = np.repeat(np.repeat(smooth(30, 16), 4, axis=1), 5, axis=2)
    packed = explorer.pack(made(30, thumbnails=images), NAMES, "UMAP")
    assert json.loads(packed["data"])["tile"] == [32, 26]
    assert np.abs(tiles(packed).mean(axis=(1, 2)) - images.mean(axis=(1, 2))).max() < 8


def test_the_same_arrays_make_the_same_strings():
    assert explorer.pack(made(), NAMES, "UMAP") == explorer.pack(made(), NAMES, "UMAP")


def test_ten_thousand_images_stay_small():
    packed = explorer.pack(made(10_000, thumbnails=smooth(10_000, 28)), NAMES, "UMAP")
    assert len(packed["bytes"]) < 400_000
    assert len(packed["sprite"]) < 1_500_000
    assert len(packed["still"]) < 40_000
    assert packed["text"].startswith("Each point is one of 10,000 test images, placed among its nearest train images")


def test_the_still_has_one_path_a_group_and_few_enough_points():
    arrays = made(5000)
    still = explorer.picture(arrays["positions"], arrays["clusters"], style.cluster_looks(3))
    assert 'aria-hidden="true"' in still
    assert still.count("<path") == 4
    assert still.count("h0") == 3000
    assert style.NOISE_COLOR in still
    assert "currentColor" not in still


def test_the_still_is_upright_and_within_its_box():
    still = explorer.picture(np.array([[0, 0], [1, 2], [3, 5]], np.float32), np.zeros(3, int), style.class_looks(1))
    steps = [(int(x), int(y)) for x, y in re.findall(r"m(-?\d+) ?(-?\d+)h0", still)]
    xy = np.cumsum(steps, axis=0)
    assert xy[np.argmin(xy[:, 1]), 0] == xy[:, 0].max()
    assert xy.min() >= islands.RIM
    assert xy[:, 1].max() <= islands.HEIGHT - islands.RIM
