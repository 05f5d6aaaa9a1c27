"""The names of representations say what they are."""

import pytest

from report_lib.common import representations


@pytest.mark.parametrize(
    ("name", "title", "code"),
    [
        ("pixels", "pixels", (784,)),
        ("pca", "PCA", (100,)),
        ("svd", "truncated SVD", (100,)),
        ("pca-32", "PCA 32", (32,)),
        ("dense-64-32", "dense 64-32", (32,)),
        ("dense-512", "dense 512", (512,)),
        ("conv-32-16", "convolutional 32-16", (16, 7, 7)),
        ("conv-3", "convolutional 3", (3, 14, 14)),
    ],
)
def test_names_titles_and_codes(name, title, code):
    parsed = representations.parse(name)
    assert (parsed.name, parsed.title, parsed.code_shape((28, 28), 100)) == (name, title, code)


def test_sides_that_do_not_halve_are_rounded_up():
    assert representations.halved((30, 5), 2) == [(30, 5), (15, 3), (8, 2)]
    assert representations.parse("conv-8-16").code_shape((30, 30), 5) == (16, 8, 8)


@pytest.mark.parametrize(
    "name", ["", "dense", "dense-", "dense-0", "dense-1.5", "conv-a", "pixels-3", "pca-3-4", "umap", "PCA"]
)
def test_what_is_no_representation(name):
    with pytest.raises(ValueError, match=r"is no representation; known are pixels, pca, svd, pca-32"):
        representations.parse(name)


def test_more_components_than_pixels():
    with pytest.raises(ValueError, match="an image has only 16 pixels, and no more components"):
        representations.parse("pca-17").code_shape((4, 4), 5)


def test_a_title_that_names_an_autoencoder_says_that_it_was_trained_once():
    assert representations.trained_once(["pixels", "dense 64-32"]) == ", autoencoders trained once"
    assert representations.trained_once(representations.parse(name).title for name in ("pca", "conv-8-8"))
    assert representations.trained_once(["pixels", "PCA 16", "truncated SVD", "graph"]) == ""
