"""One style for every figure: upright images, one colour a class, noise in grey."""

import re
from pathlib import Path

import numpy as np
import pytest

from report_lib.common import colors, shades, style
from tests.figures import decode

ROOT = Path(__file__).resolve().parents[2]


def test_image_grids_are_upright_square_and_one_png():
    images = np.zeros((3, 4, 6))
    images[0, 0, 0] = 1.0  # a bright top left corner
    fig = style.image_grid(images, columns=2)
    assert len(fig.data) == 1
    sheet = decode(fig)
    assert sheet.shape == (2 * (4 + style.GAP), 6 + style.GAP + 6, 2)
    assert sheet[style.GAP, 0, 0] == 255
    assert sheet[style.GAP + 3, 0, 0] == 0
    assert fig.layout.yaxis.scaleanchor == "x"
    assert fig.layout.yaxis.range[0] > fig.layout.yaxis.range[1]


def test_colours_are_drawn_as_they_are():
    images = np.arange(2 * 2 * 3 * 3, dtype=np.uint8).reshape(2, 2, 3, 3)
    sheet = decode(style.image_grid(images, columns=2))
    assert sheet.shape[2] == 4
    np.testing.assert_array_equal(sheet[style.GAP : style.GAP + 2, :3, :3], images[0])
    assert sheet[0, 0, 3] == 0
    assert sheet[style.GAP, 0, 3] == 255


def test_tiles_lie_where_their_titles_are():
    images = np.stack([np.full((5, 5), v) for v in (0.0, 0.5, 1.0)])
    fig = style.image_grid(images, columns=3, titles=["a", "b", "c"])
    sheet = decode(fig)
    for note, value in zip(fig.layout.annotations, (0, 128, 255), strict=True):
        assert sheet[int(note.y) + 2, round(note.x), 0] == value


def test_signed_images_have_zero_in_the_middle():
    fig = style.image_grid(np.array([[[-2.0, 0.0, 1.0]]]), columns=1, diverging=True)
    assert decode(fig)[style.GAP, :, 0].tolist() == [0, 128, 191]


def test_what_is_in_no_group_is_grey_and_beneath():
    groups, looks = np.array([0, -1, 1, -1]), style.class_looks(3)[1:]
    fig = style.scatter(np.arange(4.0), np.arange(4.0), groups, ["a", "b"], looks=looks, nobody="noise")
    assert [trace.name for trace in fig.data] == ["noise", "a", "b"]
    assert [trace.marker.color for trace in fig.data[1:]] == [look.color for look in looks]
    assert fig.data[0].marker.color == style.NOISE_COLOR
    assert len(fig.data[0].x) == 2


def test_coordinates_are_sent_in_float32():
    fig = style.scatter(np.arange(4.0), np.arange(4.0), None, [])
    assert fig.data[0].x.dtype == np.float32


def test_one_color_a_class():
    assert style.color(3) == style.color(3) != style.color(4)
    assert style.color(-1) == style.NOISE_COLOR
    assert [style.color(i) for i in range(12)] == [look.color for look in style.class_looks(12)]


# --- what colours are to an eye -----------------------------------------------------------------------------------------

THEMES = ("light", "dark")
# Which class each cluster of Fashion-MNIST is named after, and of the textbook's run on it.
FASHION, CLASSIC = (2, 9, 0, 1, 5, 3, 7, 3, 8, 8), (4, 1, 5, 6, 0, 7, 9, 9, 8, 8)


def shown(looks, theme):
    return [look.color if theme == "light" else look.dark for look in looks]


def on_ground(names, theme, opacity=style.OPACITY):
    ground = colors.read([style.GROUNDS[theme]])[0]
    return colors.contrast(colors.over(colors.read(names), ground, opacity), ground)


def apart(looks, theme):
    """Return how far the two groups are apart that are closest, grey among them, to whoever sees them closest."""
    names = [*shown(looks, theme), shown([style.NOISE_LOOK], theme)[0]]
    found = shades.distances(names, style.GROUNDS[theme], style.OPACITY)
    return found[np.triu_indices(len(names), 1)].min()


def table_of(classes, n_classes=10):
    """A table of classes by clusters in which each cluster is named after such a class."""
    table = np.ones((n_classes, len(classes) + 1), int)
    table[classes, np.arange(len(classes))] = 50
    return table


@pytest.mark.parametrize("theme", THEMES)
def test_every_point_stands_out_three_to_one(theme):
    groups = [*style.class_looks(10), style.NOISE_LOOK]
    groups += [look for classes in (FASHION, CLASSIC) for look in style.cluster_looks(10, table_of(classes))]
    assert on_ground(shown(groups, theme), theme).min() >= 3
    assert on_ground(style.RAMP[theme], theme).min() >= 3
    # Marks of methods and scores do not lie on one another.
    series = [own if theme == "light" else style.ON_DARK.get(own, own) for own in style.SERIES_COLORS]
    assert on_ground(series, theme, opacity=1).min() >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_any_two_of_ten_classes_are_told_apart_by_all_readers(theme):
    assert apart(style.class_looks(10), theme) >= shades.APART == 12


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("classes", [FASHION, CLASSIC])
def test_any_two_clusters_are_told_apart_by_all_readers(theme, classes):
    looks = style.cluster_looks(10, table_of(classes))
    assert apart(looks, theme) >= 12
    assert {look.mark for look in looks} == {"circle"}


@pytest.mark.parametrize("theme", THEMES)
def test_no_class_and_no_cluster_is_nearly_black(theme):
    """Two that are would be taken for one, whatever their hue."""
    looks = [*style.class_looks(10), *(own for c in (FASHION, CLASSIC) for own in style.cluster_looks(10, table_of(c)))]
    ground = colors.read([style.GROUNDS[theme]])[0]
    seen = colors.lab(colors.over(colors.read(shown(looks, theme)), ground, style.OPACITY))
    assert seen[:, 0].min() >= 35
    assert colors.difference(seen, np.zeros(3)).min() >= 30


def hue(name):
    _, a, b = colors.lab(colors.read([name]))[0]
    return np.degrees(np.arctan2(b, a))


@pytest.mark.parametrize("theme", THEMES)
def test_a_cluster_has_the_hue_of_its_class(theme):
    classes, looks = style.class_looks(10), style.cluster_looks(10, table_of(FASHION))
    for own, of in zip(shown(looks, theme), shown([classes[c] for c in FASHION], theme), strict=True):
        # The angle between two hues, and what rounding to whole numbers does to dark ones.
        assert abs((hue(own) - hue(of) + 180) % 360 - 180) < 16
    alone = [i for i, c in enumerate(FASHION) if FASHION.count(c) == 1]
    same = sum(looks[i].color == classes[FASHION[i]].color for i in alone)
    assert same >= len(alone) - 1


def test_one_cluster_a_class_has_just_its_colours():
    classes = (8, 0, 7, 6, 5, 4, 3, 2, 9, 1)
    assert style.cluster_looks(10, table_of(classes)) == [style.class_looks(10)[c] for c in classes]


@pytest.mark.parametrize("n", [1, 11, 30, 60])
def test_groups_whose_colours_are_alike_have_other_marks(n):
    many = [style.class_looks(n), style.cluster_looks(n), style.cluster_looks(n, table_of([i // 6 for i in range(n)]))]
    for looks in many:
        for theme, grounded in style.GROUNDS.items():
            alike = shades.distances(shown(looks, theme), grounded, style.OPACITY) < shades.APART
            pairs = np.argwhere(np.triu(alike, 1))
            assert all(looks[i].mark != looks[j].mark for i, j in pairs)


def test_a_hundred_classes_and_no_labels_have_looks():
    assert len(style.class_looks(100)) == 100
    assert len(style.cluster_looks(100)) == 100
    nobody = np.zeros((3, 5), int)
    assert style.cluster_looks(4, nobody) == style.cluster_looks(4) == style.class_looks(4)
    assert style.cluster_looks(0) == []


def test_a_color_of_a_chart_has_one_color_on_a_dark_page():
    pairs = {}
    for looks in (style.class_looks(10), *(style.cluster_looks(10, table_of(c)) for c in (FASHION, CLASSIC))):
        one = {look.color: look.dark for look in looks}
        assert len(one) == 10
        assert all(style.ON_DARK.get(own, dark) == dark for own, dark in one.items())
        pairs |= one
    assert style.PALETTE[0] in pairs


def test_the_page_has_the_grounds_that_colors_are_measured_on():
    css = (ROOT / "report_lib" / "page" / "templates" / "report.css").read_text(encoding="utf8")
    assert "--raised: light-dark({light}, {dark})".format(**style.GROUNDS) in css
    scripts = (ROOT / "report_lib" / "page" / "templates" / "js").glob("*.js")
    assert [path.name for path in scripts if re.search(r"#[0-9a-f]{6}\b", path.read_text(encoding="utf8"))] == []
