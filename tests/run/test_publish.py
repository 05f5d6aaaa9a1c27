"""A run comes into its folder in one step, and only what a run made is ever deleted."""

import hashlib
import os
import shutil
import signal
import subprocess
import threading

import pytest

from report_lib.common.errors import ReportError
from report_lib.run import publish


@pytest.fixture
def final(tmp_path):
    return tmp_path / "build" / "mine"


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run(final, text, **files):
    """Publish a run whose report says a text."""
    with publish.only_run(final) as staged:
        write(staged, report_html=text, artifacts__clustering__metrics_json=text, **files)
        return publish.publish(staged, final)


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*")
        if path.is_file() and path.name != publish.MADE
    }  # fmt: skip


@pytest.fixture(params=["one step", "two steps"])
def swap(request, monkeypatch):
    """Both ways to swap; the second one is that of systems that know no exchange."""
    if request.param == "two steps":
        monkeypatch.setattr(publish, "_exchange", lambda one, other: False)


@pytest.mark.usefixtures("swap")
def test_the_new_run_replaces_the_old_one(final):
    run(final, "old", audit_csv="of the old run alone")
    run(final, "new")
    assert texts(final) == {"report.html": "new", "artifacts/clustering/metrics.json": "new"}
    assert [path.name for path in (final.parent / ".staging").iterdir()] == ["mine.lock"]


def test_a_reader_never_misses_the_report(final):
    run(final, "0")
    missed, seen, done = [], set(), threading.Event()

    def read():
        while not done.is_set():
            try:
                seen.add((final / "report.html").read_text())
            except OSError as error:
                missed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(1, 40):
        run(final, str(i))
    done.set()
    reader.join()
    assert missed == []
    assert len(seen) > 1


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_swap_that_was_killed_is_mended(final, monkeypatch, step):
    run(final, "old")
    write(final, notes_txt="mine")
    rename, calls = os.rename, []

    def killed(one, other):
        calls.append(one)
        if len(calls) == step:
            raise KeyboardInterrupt
        rename(one, other)

    # What unwinds after a kill is nothing.
    monkeypatch.setattr(publish, "_discard", lambda folder: None)
    monkeypatch.setattr(publish, "_exchange", lambda one, other: False)
    with publish.only_run(final) as staged:
        write(staged, report_html="new")
        monkeypatch.setattr(publish.os, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            publish.publish(staged, final)
    monkeypatch.undo()
    with publish.only_run(final):
        assert texts(final)["report.html"] == ("old" if step == 1 else "new")
        assert texts(final)["notes.txt"] == "mine"
    assert [path.name for path in (final.parent / ".staging").iterdir()] == ["mine.lock"]


@pytest.mark.usefixtures("swap")
def test_what_a_person_put_there_stays(final):
    run(final, "old")
    write(final, notes_txt="mine", artifacts__clustering__mine_csv="1,2", **{"_git__HEAD": "ref"})
    (final / "empty").mkdir()
    (final / "link").symlink_to("notes.txt")
    (final / "away").symlink_to("/nowhere")
    run(final, "new")
    run(final, "newest")
    assert texts(final)["notes.txt"] == texts(final)["link"] == "mine"
    assert texts(final)["artifacts/clustering/mine.csv"] == "1,2"
    assert texts(final)[".git/HEAD"] == "ref"
    assert (final / "empty").is_dir()
    assert os.readlink(final / "away") == "/nowhere"
    assert texts(final)["report.html"] == "newest"


def test_a_file_of_a_person_that_the_run_makes_now_is_kept_beside_it(final):
    run(final, "old")
    write(final, audit_csv="mine")
    run(final, "new", audit_csv="the run's")
    assert texts(final)["audit.csv"] == "the run's"
    assert texts(final)["audit.csv.kept"] == "mine"


def test_what_was_printed_of_the_old_report_is_not_passed_off_as_the_new_one(final):
    run(final, "old")
    write(final, report_pdf="old", failed_html="old")
    (said,) = run(final, "new")
    assert said.startswith(f"{final / 'report.pdf'} was printed of the report before and is removed")
    assert set(texts(final)) == {"report.html", "artifacts/clustering/metrics.json"}
    assert run(final, "newer") == []


def test_a_run_from_before_there_were_lists_is_known_by_its_record(final):
    write(
        final,
        report_html="old",
        notebooks__01_ipynb="old",
        mine_txt="mine",
        provenance_json='{"parameters": {"name": "x"}}',
    )
    run(final, "new")
    assert set(texts(final)) == {"report.html", "artifacts/clustering/metrics.json", "mine.txt"}


def test_a_run_says_what_it_made_with_hashes_that_a_tool_can_check(final):
    run(final, "new")
    made = publish.made_by_run(final)
    assert set(made) == set(texts(final))
    assert made["report.html"] == hashlib.sha256(b"new").hexdigest()
    check = ["sha256sum", "--check", "--strict", publish.MADE]
    if shutil.which(check[0]):
        subprocess.run(check, cwd=final, check=True, capture_output=True)
    assert publish.made_by_run(final / "artifacts") == {}


def test_a_list_of_an_earlier_version_is_known(final):
    write(final, report_html="old", artifacts__x_npz="old", mine_txt="mine")
    (final / publish.MADE).write_text(f"artifacts\nartifacts/x.npz\nreport.html\n{publish.MADE}\n")
    run(final, "new")
    assert set(texts(final)) == {"report.html", "artifacts/clustering/metrics.json", "mine.txt"}


def refusal(final):
    with pytest.raises(ReportError) as caught, publish.only_run(final):
        raise AssertionError("this would be computed")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_that_no_run_made_is_refused_before_anything_is_computed(final):
    write(final, _git__HEAD="ref", thesis_doc="mine")
    assert "is a folder that no run made" in refusal(final)
    assert texts(final) == {".git/HEAD": "ref", "thesis.doc": "mine"}
    write(final, provenance_json='["of a painting"]')
    assert "is a folder that no run made" in refusal(final)


def test_a_link_or_a_file_in_its_place_is_refused(final, tmp_path):
    final.parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    final.symlink_to(tmp_path / "elsewhere")
    assert "is a symbolic link" in refusal(final)
    final.unlink()
    final.symlink_to(tmp_path / "nowhere")
    assert "is a symbolic link" in refusal(final)
    final.unlink()
    final.write_text("")
    assert "is a file" in refusal(final)


def test_an_empty_folder_is_taken(final):
    final.mkdir(parents=True)
    run(final, "new")
    assert texts(final)["report.html"] == "new"


def test_a_place_that_cannot_be_written_is_found_out_before(final, monkeypatch):
    run(final, "old")
    monkeypatch.setattr(publish.os, "access", lambda path, mode: path != final)
    assert "cannot be replaced" in refusal(final)
    monkeypatch.undo()
    final.parent.joinpath(".staging", "mine").write_text("in the way")
    assert "cannot be written (File exists)" in refusal(final)


def test_a_file_in_the_place_of_all_runs(final):
    final.parent.write_text("")
    assert "cannot be made" in refusal(final)


def test_leftovers_of_a_killed_run_are_removed_and_those_of_another_stay(final):
    write(final.parent / ".staging", mine__notebooks__01_ipynb="half", other__notebooks__01_ipynb="half")
    with publish.only_run(final) as staged:
        assert not staged.exists()
    assert (final.parent / ".staging" / "other").is_dir()


def test_a_run_that_fails_leaves_nothing_behind(final):
    with pytest.raises(KeyError), publish.only_run(final) as staged:
        write(staged, report_html="half") or {}["error"]
    assert [path.name for path in (final.parent / ".staging").iterdir()] == ["mine.lock"]


def test_two_runs_of_one_name_do_not_mix_and_two_names_do_not_wait(final):
    with publish.only_run(final):
        assert "another run of mine is under way" in refusal(final)
        run(final.with_name("other"), "beside it")
        lock = final.parent / ".staging" / "mine.lock"
        inode = lock.stat().st_ino
    run(final, "after it")
    assert lock.stat().st_ino == inode


def test_a_run_can_wait_for_another(final):
    order, waiting = [], threading.Event()

    class Handler(publish.logging.Handler):
        def emit(self, record):
            order.append(record.getMessage())
            waiting.set()

    def second():
        with publish.only_run(final, wait=True):
            order.append("second")

    handler = Handler()
    publish.log.addHandler(handler)
    publish.log.setLevel("INFO")
    thread = threading.Thread(target=second)
    with publish.only_run(final):
        thread.start()
        assert waiting.wait(30)
        order.append("first is done")
    thread.join()
    publish.log.removeHandler(handler)
    assert order == ["another run of mine is under way; waiting for it", "first is done", "second"]


def test_what_is_published_waits_for_who_reads(final):
    run(final, "old")
    started, order = threading.Event(), []

    def second():
        with publish.only_run(final) as staged:
            write(staged, report_html="new")
            started.set()
            publish.publish(staged, final)
            order.append("published")

    thread = threading.Thread(target=second)
    with publish.reading(final):
        thread.start()
        assert started.wait(30)
        # Another reader need not wait.
        with publish.reading(final):
            order.append((final / "report.html").read_text())
        order.append((final / "report.html").read_text())
    thread.join()
    assert order == ["old", "old", "published"]
    assert (final / "report.html").read_text() == "new"


def test_the_page_of_a_failed_run_stands_beside_the_last_good_one_and_goes_with_the_next(final):
    final.parent.mkdir()
    publish.keep_failed(final, "failed")
    assert texts(final) == {"failed.html": "failed"}
    run(final, "good")
    publish.keep_failed(final, "failed")
    assert texts(final)["report.html"] == "good"
    run(final, "better")
    assert set(texts(final)) == {"report.html", "artifacts/clustering/metrics.json"}


def test_nobody_stops_what_is_as_good_as_done(final, monkeypatch):
    run(final, "old")
    carry, handler = publish._carry_over, signal.getsignal(signal.SIGTERM)

    def interrupted(old, new):
        if new == final:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
        carry(old, new)

    monkeypatch.setattr(publish, "_carry_over", interrupted)
    run(final, "new")
    assert texts(final)["report.html"] == "new"
    assert signal.getsignal(signal.SIGTERM) is handler
