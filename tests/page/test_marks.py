"""A reader marks doubted labels, takes the marks along, and the next run takes them."""

import csv
import io
import json

import pytest

from report_lib.__main__ import main
from report_lib.data import datasets
from tests.browser import needs_browser, until
from tests.conftest import new_context, opened

pytestmark = needs_browser
TEST, TRAIN = "#next-doubt-test", "#next-doubt-train"


def unfold(page, place):
    page.evaluate(f"location.hash = '{place}'")
    until(page, f"document.querySelectorAll('{place} .mark select').length === 100")
    return page.locator(f"{place} tbody tr")


def choose(row, *value, **how):
    row.get_by_role("combobox").select_option(*value, **how)


def said(row):
    """Return what a row has beside its picture and its mark: the number, the label, and what is likelier."""
    return row.locator(":is(th, td):not(.mark)").all_text_contents()[1:4]


def saved(page, place=TEST):
    with page.expect_download() as given:
        page.locator(f"{place} [data-mark-do=csv]").click()
    assert given.value.suggested_filename == "marks.csv"
    return given.value.path().read_text(encoding="utf8")


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_marks_are_made_kept_and_taken_along_and_fit_the_images(open_page, tmp_path):
    page = open_page()
    rows = unfold(page, TEST)
    button = page.locator(f"{TEST} [data-mark-do=csv]")
    assert button.is_hidden()
    (row, label, _), (second, was, _), (third, *_) = (said(rows.nth(i)) for i in range(3))
    other = str((int(was) + 1) % 10)
    choose(rows.nth(0), "right")
    choose(rows.nth(1), label=other)
    choose(rows.nth(2), "unsure")
    train = unfold(page, TRAIN)
    choose(train.nth(5), "right")
    assert page.locator(f"{TEST} [data-mark-said]").text_content() == "Marked so far: 2 right, 1 wrong, 1 unsure"
    text = saved(page)
    found = {(own["part"], own["row"]): own for own in rows_of(text)}
    assert found["test", row] == {"part": "test", "row": row, "label": label, "was": label, "mark": "right"}
    assert found["test", second] == {"part": "test", "row": second, "label": other, "was": was, "mark": "wrong"}
    assert (found["test", third]["label"], found["test", third]["mark"]) == ("", "unsure")
    assert len(found) == 4
    (tmp_path / "marks.csv").write_text(text, encoding="utf8")
    images = datasets.load("digits", corrections=str(tmp_path / "marks.csv"))
    assert images.marks.n_corrected == {"train": 0, "test": 1}
    assert images.test_labels[images.rows["test"] == int(second)].tolist() == [int(other)]

    page.reload()
    until(page, "document.documentElement.dataset.ready")
    assert saved(page, TRAIN) == text
    rows = unfold(page, TEST)
    assert rows.nth(0).get_by_role("combobox").input_value() == "right"
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(f"{TEST} [data-mark-do=clear]").click()
    assert rows.nth(0).get_by_role("combobox").input_value() == ""
    assert button.is_hidden()
    assert page.evaluate("localStorage.length") == 0
    assert page.errors == []


def wrong(row):
    """Return the classes that may be chosen instead of a label, by what stands above them."""
    groups = row.locator("optgroup").all()
    return {group.get_attribute("label"): group.locator("option").all_text_contents() for group in groups}


def test_what_is_suggested_is_offered_first_and_the_label_itself_is_not(open_page):
    page = open_page()
    for row in unfold(page, TRAIN).all()[:30]:
        _, label, likelier = said(row)
        found = wrong(row)
        assert found.pop("wrong, it is, as suggested", [""]) == [likelier]
        assert found == {"wrong, it is": [str(i) for i in range(10) if str(i) not in (label, likelier)]}


def test_marks_are_made_by_keyboard_and_a_filter_and_a_table_know_nothing_of_them(open_page):
    page = open_page()
    rows = unfold(page, TEST)
    rows.nth(0).get_by_role("combobox").focus()
    page.keyboard.press("u")
    until(page, f"document.querySelector('{TEST} [data-mark-said]').textContent === 'Marked so far: 1 unsure'")
    page.locator(TEST).get_by_role("searchbox").fill("unsure")
    assert rows.locator("visible=true").count() == 0
    page.locator(TEST).get_by_role("searchbox").fill("")
    with page.expect_download() as given:
        page.locator(f"{TEST} [data-list=csv]").click()
    lines = given.value.path().read_text().splitlines()
    assert lines[0] == "row,label,likelier,probability of label"
    assert lines[1].split(",")[0] == said(rows.nth(0))[0]


def test_marks_hold_where_a_browser_keeps_nothing(browser, digits_build):
    context = new_context(browser, 1280)
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } });"
    )
    page = opened(context, digits_build)
    choose(unfold(page, TEST).nth(0), "unsure")
    assert rows_of(saved(page))[0]["mark"] == "unsure"
    assert page.errors == []
    context.close()


SMALL = (
    "name=marked reduction.representations=[] reduction.maps=[] clustering.methods=[kmeans] clustering.chosen=kmeans "
    "classification.pseudo_models=[random_forest] classification.label_counts=[] "
    "classification.classifiers=[logistic_regression] "
    "classification.audit_folds=2"
)


@pytest.mark.slow
def test_a_run_takes_marks_says_so_and_hands_them_on(browser, tmp_path, capfd):
    plain = datasets.load("digits")
    (a, b), was = plain.rows["test"][:2], plain.test_labels[:2]
    other = (was[0] + 1) % 10
    path = tmp_path / "marks.csv"
    path.write_text(f"part,row,label,was\ntest,{a},{other},{was[0]}\ntest,{b},{was[1]},{was[1]}\n")
    asked = ["report", "--params", "params/digits.yaml", "--set"]
    assert main([*asked, f"{SMALL} dataset.corrections={path}"]) == 0
    folder = tmp_path / "build" / "marked"
    metrics, record = (json.loads((folder / f"{name}.json").read_text()) for name in ("metrics", "provenance"))
    assert metrics["dataset"]["marks"]["n_corrected"] == {"test": 1, "train": 0}
    assert record["data"]["corrections"] == metrics["dataset"]["sha256"]["corrections"]
    effect = metrics["classification"]["corrected_labels"]
    assert abs(effect["accuracy"] - effect["accuracy_as_given"]) <= 1.5 / len(plain.test_labels)
    context = new_context(browser, 1280)
    page = opened(context, folder)
    told = page.evaluate("document.body.textContent")
    for sentence in (
        "1 label is corrected after marks.csv",
        "1 label corrected by hand",
        "1 label is corrected by hand",
    ):
        assert sentence in told
    # What is marked next goes on from there.
    rows = unfold(page, TEST)
    choose(rows.nth(99), "unsure")
    handed_on = {own["row"]: own for own in rows_of(saved(page))}
    assert handed_on[str(a)]["label"] == str(other)
    assert handed_on[str(a)]["was"] == str(was[0])
    assert len(handed_on) in (2, 3)
    context.close()
    capfd.readouterr()
    assert main([*asked, f"{SMALL} dataset.corrections={path}"]) == 0
    assert "up to date" in "".join(capfd.readouterr())
    path.write_text(f"part,row,label,was\ntest,{a},{was[0]},{was[0]}\n")
    assert main([*asked, f"{SMALL} dataset.corrections={path}"]) == 0
    assert "runs, because the images changed" in "".join(capfd.readouterr())
    path.write_text(f"part,row,label,was\ntest,{a},x,{was[0]}\n")
    before = (folder / "metrics.json").read_bytes()
    assert main([*asked, f"{SMALL} dataset.corrections={path}"]) == 1
    assert "marks.csv, line 2: no class 'x'" in "".join(capfd.readouterr())
    assert (folder / "metrics.json").read_bytes() == before
