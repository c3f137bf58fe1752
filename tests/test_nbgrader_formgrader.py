"""The formgrader of a real Jupyter server in a real browser, over a graded class with a hostile student in it."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import nbgrader_attacks
import pytest
from nbgrader_course import NAME, Course, hand_in_class
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SCREENSHOTS = os.environ.get("AUTOGRADER_SCREENSHOTS")  # a folder; docs/formgrader.png is made this way


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Some of the sample class and one who handed in scripts, autograded; with feedback."""
    course = Course(tmp_path_factory.mktemp("formgrader") / "course")
    course.nbgrader("generate_assignment", NAME)
    hand_in_class(course, lambda path: path.name.startswith(("ada", "emil", "fatima", "karla", "tara")))
    path = course.submission("reports")
    path.parent.mkdir(parents=True)
    course.hand_in("reports", nbgrader_attacks.reports(nbgrader_attacks.honest(course.released), path.parent))
    course.nbgrader("autograde", NAME)
    course.nbgrader("generate_feedback", NAME)
    return course


@pytest.fixture(scope="module")
def page(graded):
    """A page of a headless Chromium, signed in to a Jupyter server in the course folder; both on loopback."""
    token = secrets.token_hex(16)
    process = subprocess.Popen(
        [Path(sys.executable).parent / "jupyter", "server", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0",
         f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={graded.root}"],
        cwd=graded.root, env=graded.environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        lines = iter(process.stderr.readline, "")
        address = next(found[0] for line in lines if (found := re.search(r"http://127\.0\.0\.1:\d+/", line)))
        threading.Thread(target=process.stderr.read, daemon=True).start()  # so that the server can go on writing
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            context = browser.new_context(viewport={"width": 1100, "height": 1000}, base_url=address)
            context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
            page = context.new_page()
            page.goto(f"/?token={token}")
            yield page
            browser.close()
    finally:
        process.terminate()
        process.wait(timeout=60)


def open_submission(page, student):
    """Go to a student's notebook in the formgrader; its row in the gradebook."""
    page.goto(f"/formgrader/gradebook/{NAME}/{NAME}")
    page.wait_for_selector("table tbody a")
    rows = page.evaluate(f"fetch('/formgrader/api/submitted_notebooks/{NAME}/{NAME}').then(r => r.json())")
    (found,) = [row for row in rows if row["student"] == student]
    page.goto(f"/formgrader/submissions/{found['id']}/")
    page.wait_for_selector(".nbgrader_cell")
    return found


def test_formgrader_shows_scores_per_question(page):
    found = open_submission(page, "karla")
    assert (found["score"], found["max_score"]) == (16.5, 20.0)
    page.wait_for_function(
        "document.querySelectorAll('input.score').length == 9 && [...document.querySelectorAll('input.score')].every(i => i.placeholder !== '')"
    )
    scores = page.evaluate("[...document.querySelectorAll('input.score')].map(i => [i.id, i.value || i.placeholder])")
    assert [float(score) for _, score in scores] == [1, 4, 0, 1, 3, 4, 1, 2, 0.5]
    text = page.inner_text("body")
    assert "3 of 4 points" in text
    assert "has the opposite sign of what is needed" in text
    if SCREENSHOTS:
        page.locator("#q5").scroll_into_view_if_needed()
        clip = {"x": 80, "y": 185, "width": 940, "height": 735}  # the formulas need MathJax from the network
        page.screenshot(path=Path(SCREENSHOTS) / "formgrader.png", clip=clip)


def test_gradebook_lists_the_class(page):
    page.goto(f"/formgrader/gradebook/{NAME}/{NAME}")
    page.wait_for_selector("table tbody a")
    text = page.inner_text("table tbody")
    for total in ("20", "7", "19", "16.5", "16", "1"):
        assert re.search(rf"\b{re.escape(total)} / 20\b", text), total


@pytest.mark.parametrize("where", ["formgrader", "feedback"])
def test_what_a_student_handed_in_does_not_act(graded, page, where):
    """Scripts and handlers would change the title; a click on a link of theirs would open something."""
    if where == "formgrader":
        open_submission(page, "reports")
    else:
        page.goto((graded.root / "feedback" / "reports" / NAME / f"{NAME}.html").as_uri())
    page.wait_for_load_state("load")
    assert page.title() != "pwned"
    assert page.locator("text=document.title='pwned'").count() > 0  # it is shown as text
    hrefs = page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href') || '')")
    assert not [href for href in hrefs if href.startswith("javascript:") or "evil" in href]
