"""What the model says of all images is what it says of each, summed up."""

import itertools
import weakref
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from report_lib.classification import everything, figures, findings, new_images
from report_lib.common import arrays, parallel
from report_lib.data.images import ImageSet
from report_lib.data.source import Part
from report_lib.data.whole import Block, Whole
from tests.models import LABELS, NAMES, TEST, TEST_LABELS, TRAIN, made


@pytest.fixture
def whole(monkeypatch):
    """The train and test images of the made model and twenty more, two of them strange and the same, one of unknown label."""
    monkeypatch.setattr(arrays, "CHUNK", 32)
    more = TEST[:20, ::-1].copy()
    more[4] = more[5] = 255 - more[4]
    labels = np.concatenate([LABELS, TEST_LABELS, np.full(20, 1)])
    labels[-3] = -1
    rows = np.arange(len(TRAIN)), np.arange(len(TRAIN), len(TRAIN) + len(TEST))
    looked_at = ImageSet("Made", TRAIN, TEST, LABELS, TEST_LABELS, tuple(NAMES), train_rows=rows[0], test_rows=rows[1])
    names = np.array([f"p{i}.png" for i in range(len(labels))])
    return Whole({"all": Part(np.concatenate([TRAIN, TEST, more]), labels, names)}, looked_at)


def told(whole, kind, path):
    model = made(kind)
    known, answers = new_images.calibrate(model, TEST)
    asked = new_images.NewImages(known, answers, 1.0, {})
    return known, everything.tell(whole, asked, path / "all.parquet"), pd.read_parquet(path / "all.parquet")


@pytest.mark.parametrize("kind", ["pca with a network", "without labels"])
def test_each_row_of_the_table_is_the_answer_for_its_image(kind, whole, tmp_path):
    known, found, table = told(whole, kind, tmp_path)
    images = whole.parts["all"].images
    answers = known.predict(images)
    assert table.row.tolist() == list(range(len(images)))
    assert table.name.tolist() == whole.parts["all"].names.tolist()
    assert table.cluster.tolist() == [f"C{c + 1}" if c >= 0 else "noise" for c in answers.clusters]
    assert ("class" in table) == (answers.classes is not None)
    np.testing.assert_allclose(table.probability, answers.probability, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(table.like_seen, answers.like_seen)
    assert table.looked_at.sum() == len(TRAIN) + len(TEST)
    assert found.counts.sum() == len(images)
    assert found.looked_at.sum() == found.n_looked_at == len(TRAIN) + len(TEST)
    assert found.n_unlike == np.sum(~answers.like_seen)


@pytest.mark.parametrize("kind", ["pca with a network", "gradients without labels"])
def test_one_process_and_two_write_the_same_table(kind, whole, tmp_path, monkeypatch):
    written = []
    for n in (1, 2):
        monkeypatch.setattr(parallel, "_n_processes", lambda n=n: n)
        told(whole, kind, tmp_path)
        written.append((tmp_path / "all.parquet").read_bytes())
    assert written[0] == written[1]


def test_of_the_blocks_no_more_are_in_memory_than_are_under_way(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "CHUNK", 4)
    alive, most, blocks = weakref.WeakSet(), [], Whole.blocks

    def watched(self):
        for block in blocks(self):
            alive.add(block)
            most.append(len(alive))
            yield block

    # A block is compared by itself here, not by its arrays.
    monkeypatch.setattr(Block, "__hash__", object.__hash__)
    monkeypatch.setattr(Block, "__eq__", object.__eq__)
    monkeypatch.setattr(Whole, "blocks", watched)
    told(whole, "pca", tmp_path)
    assert len(most) > 50
    assert max(most) <= parallel._n_in_flight() + 3


def test_only_labels_that_are_known_of_images_that_nobody_looked_at_are_judged(whole, tmp_path):
    known, found, _ = told(whole, "pca with a network", tmp_path)
    judged = np.delete(known.predict(whole.parts["all"].images[-20:]).classes == 1, 17)
    assert found.n_judged == 19
    assert found.right.value == pytest.approx(judged.mean())
    assert found.right.low < found.right.value < found.right.high or judged.all() or not judged.any()


def test_the_strangest_image_is_shown_first_by_its_name(whole, tmp_path):
    _, found, _ = told(whole, "pca with a network", tmp_path)
    strange = len(TRAIN) + len(TEST) + 4
    assert found.called[0] == f"p{strange}.png"
    np.testing.assert_array_equal(found.strangest[0], whole.parts["all"].images[strange])
    # Its copy, the next image, is not shown.
    assert f"p{strange + 1}.png" not in found.called
    assert len(found.called) == everything.N_STRANGEST


def test_a_run_that_looks_at_all_images_or_keeps_no_model_tells_nothing(whole, tmp_path):
    assert everything.tell(None, object(), tmp_path / "all.parquet") is None
    assert everything.tell(whole, None, tmp_path / "all.parquet") is None
    assert findings.all_images(None, "all.parquet") is None
    assert figures.strangest(None, whole.looked_at) is None
    assert not list(tmp_path.iterdir())


def test_the_page_says_how_many_how_right_and_how_large_each_cluster_is(whole, tmp_path):
    _, found, _ = told(whole, "pca with a network", tmp_path)
    found = replace(
        found, n=1_000, n_looked_at=200, n_unlike=15, counts=np.array([700, 300, 0]), looked_at=np.array([100, 100, 0])
    )
    said = findings.all_images(found, "all.parquet")
    assert "looks at 200 of 1,000 images" in said
    assert "15 of them (1.5%) are unlike" in said
    assert "Of 19 other images with a label" in said
    table = findings.all_clusters(found)
    assert table["share of all"].tolist() == ["70.0%", "30.0%"]
    assert table["share of those looked at"].tolist() == ["50.0%", "50.0%"]
    figure = figures.strangest(found, whole.looked_at)
    assert "all 1,000 images" in figure.layout.title.text


def test_who_waits_is_told_how_far_it_is_and_how_long_the_rest_takes(whole, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(everything, "EVERY", 32)
    # The first look at the clock is at the start; ten seconds lie between any two.
    monkeypatch.setattr(everything, "time", SimpleNamespace(monotonic=itertools.count(0, 10).__next__))
    caplog.set_level("INFO", "report_lib.classification.everything")
    told(whole, "without labels", tmp_path)
    n = len(whole.parts["all"].images)
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == f"32 of {n} images told, about {10 * (n - 32) / 32:.0f} s left"
    assert said[1] == f"64 of {n} images told, about {20 * (n - 64) / 64:.0f} s left"
