"""What `autograder grade` writes for students and instructors, and when it writes it again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

from page_text import tags_of, text_of

from autograder.course import reference_path
from autograder.version_digest import grader_files

CLASS = Path(__file__).parent / "sample_class" / "notebooks"
NAMES = ("ada_vectorised.ipynb", "fatima_sign_of_the_residual.ipynb", "quinn_empty.ipynb")


def grade(folder, out):
    command = [sys.executable, "-m", "autograder", "grade", str(folder), "--out", str(out)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_page_for_each_submission_and_a_report(tmp_path):
    handed_in, out = tmp_path / "in", tmp_path / "out"
    (handed_in / "Ada Lovelace_1").mkdir(parents=True)
    for name in NAMES:
        shutil.copy(CLASS / name, handed_in)
    shutil.copy(CLASS / NAMES[0], handed_in / "Ada Lovelace_1")
    done = grade(handed_in, out)
    assert f"class report in {out / 'report.html'}" in done.stdout.replace("\n", "")
    pages = {
        str(path.relative_to(out / "feedback")): text_of(path.read_text(encoding="utf-8"))
        for path in (out / "feedback").rglob("*.html")
    }
    assert set(pages) == {f"{name}.html" for name in (*NAMES, f"Ada Lovelace_1/{NAMES[0]}")}
    assert "The chain breaks first at q5.dL_df_out" in pages[f"{NAMES[1]}.html"]
    assert "could not be graded\nempty file" in pages[f"{NAMES[2]}.html"]
    figures = json.loads((out / "report" / "figures.json").read_text(encoding="utf-8"))
    assert (figures["graded"], figures["not_graded"]) == (3, [{"reason": "empty file", "submissions": 1}])
    report = text_of((out / "report.html").read_text(encoding="utf-8"))
    assert "Ada Lovelace_1/ada_vectorised.ipynb" in report

    # A page that is gone is written again, and only that one.
    times = {path: path.stat().st_mtime_ns for path in (out / "feedback").rglob("*.html")}
    gone = out / "feedback" / f"{NAMES[1]}.html"
    text = gone.read_text(encoding="utf-8")
    gone.unlink()
    (handed_in / NAMES[2]).unlink()
    assert grade(handed_in, out).returncode == 0
    assert gone.read_text(encoding="utf-8") == text
    changed = {path for path in times if path.exists() and path.stat().st_mtime_ns != times[path]}
    assert changed == {gone}
    assert "empty file" not in text_of((out / "report.html").read_text(encoding="utf-8"))  # the report is of this class


def test_names_that_are_too_long_for_a_suffix_cost_nobody_a_grade(tmp_path):
    """245 letters and ".ipynb" are a file's name, but no more with ".html" at its end; neither are 83 Chinese letters."""
    handed_in, out = tmp_path / "in", tmp_path / "out"
    handed_in.mkdir()
    names = ["x" * 245 + ".ipynb", "x" * 244 + "y.ipynb", "学" * 83 + ".py"]
    for name in names[:2]:
        shutil.copy(CLASS / NAMES[0], handed_in / name)
    shutil.copy(reference_path("xor_backprop"), handed_in / names[2])
    shutil.copy(CLASS / NAMES[1], handed_in)
    done = grade(handed_in, out)
    assert done.returncode == 0, done.stderr
    links = [a["href"] for tag, a in tags_of((out / "report.html").read_text(encoding="utf-8")) if tag == "a"]
    pages = {out / unquote(link) for link in links if not link.startswith("#")}
    assert len(pages) == 4
    titles = {text_of(page.read_text(encoding="utf-8")).splitlines()[0] for page in pages}
    assert titles == {f"{name}: feedback" for name in (*names, NAMES[1])}
    page = next(iter(pages))
    page.unlink()
    assert grade(handed_in, out).returncode == 0  # known again, and written anew
    assert page.is_file()


def test_a_folder_that_is_called_like_a_page_costs_nobody_a_grade(tmp_path):
    handed_in, out = tmp_path / "in", tmp_path / "out"
    names = ["ada.ipynb", "ada.ipynb.html/eve.ipynb", "ada.ipynb.json/eve.ipynb", "ada.ipynb.HTML~/eve.ipynb"]
    for name in names:
        (handed_in / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CLASS / NAMES[0], handed_in / name)
    for _ in range(2):  # known again the second time
        done = grade(handed_in, out)
        assert done.returncode == 0, done.stderr
    links = [a["href"] for tag, a in tags_of((out / "report.html").read_text(encoding="utf-8")) if tag == "a"]
    titles = {
        text_of((out / unquote(link)).read_text(encoding="utf-8")).splitlines()[0]
        for link in links
        if not link.startswith("#")
    }
    assert titles == {f"{name}: feedback" for name in names}
    assert len(list((out / "results").rglob("*.json"))) == 4


def test_a_damaged_result_is_said_in_one_line(tmp_path):
    out = tmp_path / "out"
    shutil.copytree(CLASS, tmp_path / "in", ignore=lambda _, found: set(found) - set(NAMES[:2]))
    grade(tmp_path / "in", out)
    damaged = out / "results" / f"{NAMES[0]}.json"
    damaged.write_bytes(damaged.read_bytes()[:500])
    done = grade(tmp_path / "in", out)
    assert done.returncode == 2
    assert done.stderr == f"autograder: {damaged}: not a result of `autograder grade`; delete it and grade again\n"
    damaged.unlink()
    assert grade(tmp_path / "in", out).returncode == 0


def test_a_changed_template_is_another_version():
    """Pages are written anew when they would look different, and the grading zip can write them."""
    assert {"autograder/feedback/templates/style.css", "autograder/feedback/templates/submission.html"} <= set(
        grader_files("xor_backprop")
    )
