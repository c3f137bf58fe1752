"""A student's walk through the template in a real JupyterLab, and a run of it in Notebook 7, in headless Chromium.

The environment is fresh, from the template's own requirements. With STUDENT_PICTURES=FOLDER the pictures taken on the way are
written there (docs/student has them).
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from environments import fresh, interpreter
from playwright.sync_api import expect, sync_playwright
from student_side import FUNCTIONS, TEMPLATE

pytestmark = pytest.mark.slow
PYTHON = "3.12"
PATIENCE = 90_000  # milliseconds: a shared machine may be slow
# Cells far from the screen are left out of the page by default; the test wants to find all. No questions to answer first.
OVERRIDES = {
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The `bin` of a fresh environment with the template's requirements, and Notebook 7 on top."""
    bin_ = fresh(tmp_path_factory.mktemp("lab"), interpreter(PYTHON), more=("notebook>=7",))
    settings = bin_.parent / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(OVERRIDES), encoding="utf-8")
    return bin_


@pytest.fixture
def folder(tmp_path):
    """What the student unpacks."""
    return shutil.copytree(TEMPLATE, tmp_path / "work", ignore=shutil.ignore_patterns("__pycache__"))


@contextmanager
def server(bin_, program, folder):
    """A running Jupyter server on this machine's loopback; gives its address."""
    command = [
        bin_ / "jupyter",
        program,
        "--no-browser",
        "--ip=127.0.0.1",
        "--port=0",
        "--IdentityProvider.token=walk",
        "--allow-root",
    ]
    home = folder.parent / "home"
    quiet = {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_RUNTIME_DIR": str(home / "run")}
    with (folder.parent / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=subprocess.PIPE, text=True, env={**os.environ, **quiet}
        )
    drain = None
    try:
        for line in process.stderr:
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            if found:
                break
        else:
            pytest.fail(f"jupyter {program} did not start")
        drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
        wait_for_an_answer(found.group())
        yield found.group()
    finally:
        process.terminate()  # ends its kernels, too
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if drain is not None:
            drain.wait()


def wait_for_an_answer(address):
    """A Jupyter server says where it is before it listens there."""
    for _ in range(PATIENCE // 100):
        try:
            urllib.request.urlopen(f"{address}api").close()
            return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail(f"nothing answers at {address}")


@pytest.fixture
def page():
    """A page in Debian's Chromium."""
    browser = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if browser is None:
        pytest.fail("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=CHROMIUM)
        opened = chromium.new_page(viewport={"width": 1180, "height": 900})
        opened.set_default_timeout(PATIENCE)
        yield opened
        chromium.close()


class Notebook:
    """The open notebook, handled as a student does."""

    def __init__(self, page, folder, address):
        self.page, self.folder, self.address = page, folder, address
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")

    def run_all(self):
        """Run > Run All Cells; wait for the last cell that prints."""
        for _ in range(PATIENCE // 200):  # before the kernel is there, the menu asks which one to take
            with urllib.request.urlopen(f"{self.address}api/kernels?token=walk") as answer:
                kernels = json.load(answer)
            if kernels and kernels[0]["execution_state"] == "idle" and kernels[0]["connections"]:
                break
            self.page.wait_for_timeout(200)
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile("^Run All Cells")).click()
        expect(self.cell("grader.export")).to_contain_text("Hand in the newest file", timeout=PATIENCE)

    def cell(self, source):
        """The code cell that holds this text, outputs aside."""
        editor = self.page.locator(".jp-InputArea-editor").filter(has_text=source)
        return self.cells.filter(has=editor).first

    def run(self, source, until):
        """Run one cell and wait for a text in its output."""
        self.cell(source).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        expect(self.cell(source).locator(".jp-OutputArea")).to_contain_text(until, timeout=PATIENCE)
        return self.cell(source).locator(".jp-OutputArea").inner_text()

    def write(self, name, solution):
        """Replace the whole of one function's cell by typing, and run it."""
        self.cell(f"def {name}(").locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(solution)
        self.page.keyboard.press("Shift+Enter")

    def save(self):
        """Ctrl+S, and wait until the file has changed."""
        before = (self.folder / "xor_backprop.ipynb").stat().st_mtime_ns
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        for _ in range(300):
            if (self.folder / "xor_backprop.ipynb").stat().st_mtime_ns != before:
                return
            self.page.wait_for_timeout(100)
        pytest.fail("the notebook was not saved")

    def picture(self, source, name, tmp_path):
        """Take a picture of one cell with its output."""
        cell = self.cell(source)
        cell.scroll_into_view_if_needed()
        cell.screenshot(path=tmp_path / f"{name}.png")
        taken = os.environ.get("STUDENT_PICTURES")
        if taken:
            Path(taken).mkdir(parents=True, exist_ok=True)
            shutil.copy(tmp_path / f"{name}.png", taken)

    def shows_a_picture(self, source):
        """Wait until a cell shows its picture."""
        expect(self.cell(source).locator(".jp-OutputArea img")).to_have_count(1, timeout=PATIENCE)

    def ask(self, below, source, until):
        """Type a line into a new cell below another one, and run it."""
        self.cell(below).locator(".cm-content").click()
        for key in ("Escape", "b", "Enter"):
            self.page.keyboard.press(key)
        self.page.keyboard.insert_text(source)
        self.run(source, until)


def test_a_students_walk_through_jupyterlab(environment, folder, page, tmp_path):
    with server(environment, "lab", folder) as address:
        page.goto(f"{address}lab/tree/xor_backprop.ipynb?token=walk")
        walk = Notebook(page, folder, address)
        expect(walk.cell("def sigmoid(")).to_be_visible(timeout=PATIENCE)

        # Run all on the stubs: nothing crashes, each check says so.
        walk.run_all()
        assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count() == 0
        for number in range(1, 10):
            expect(walk.cell(f'grader.check("q{number}")').locator(".jp-OutputArea")).to_contain_text(
                "Not attempted yet."
            )
        assert "not attempted yet (q2)" in walk.cell("figures.forward_pass").inner_text()
        walk.picture('grader.check("q2")', "not-attempted", tmp_path)

        # A right one, then a wrong one; the check's words; a hint; then right.
        walk.write("sigmoid", FUNCTIONS["sigmoid"].solution)
        walk.run('grader.check("q1")', "Public check passed.")
        walk.write("forward", FUNCTIONS["forward"].solution.replace("u @ z_out + c", "u @ z_out"))
        words = walk.run('grader.check("q2")', "Begin with the first ✗")
        assert re.search(r"✓ z_out +exact\n\s*✗ f_in +off: largest difference 7.8e-01, yours is 0.347\n", words)
        walk.picture('grader.check("q2")', "one-value-off", tmp_path)
        walk.ask('grader.check("q2")', 'hint("q2", more=True)', "each unit has a bias")
        walk.write("forward", FUNCTIONS["forward"].solution)
        walk.run('grader.check("q2")', "Public check passed.")
        walk.run("figures.forward_pass", "f_in 1.1270, f_out 0.7553")
        walk.shows_a_picture("figures.forward_pass")
        walk.picture("figures.forward_pass", "forward-pass", tmp_path)

        # All the others; the loss stays wrong by the factor a half, to be seen in the grade.
        for name in list(FUNCTIONS)[2:]:
            walk.write(name, FUNCTIONS[name].solution.replace("0.5 * (y - f_out)", "(y - f_out)"))
        walk.run('grader.check("q3")', "off: largest difference 3.0e-02")
        walk.run('figures.backward_pass(globals(), chain="u_1")', "= −0.0168")
        walk.run('figures.backward_pass(globals(), chain="W_11")', "= 0.0023")
        walk.shows_a_picture('figures.backward_pass(globals(), chain="W_11")')
        walk.picture('figures.backward_pass(globals(), chain="W_11")', "chain-to-w11", tmp_path)
        walk.run("figures.backward_pass(globals())", "∂L/∂c −0.0452")
        walk.shows_a_picture("figures.backward_pass(globals())")
        walk.picture("figures.backward_pass(globals())", "backward-pass", tmp_path)
        walk.run("train_watched(globals()", "100%")
        walk.run("figures.output_surface", "Outputs at the points of XOR: 0.017, 0.982, 0.981, 0.023.")
        walk.run("figures.three_learning_rates", "outputs 0.029, 0.492, 0.957, 0.495.")
        walk.shows_a_picture("figures.three_learning_rates")
        walk.picture("figures.three_learning_rates", "three-learning-rates", tmp_path)
        walk.run("grader.check_all()", "7 of 9 public checks passed.")
        walk.shows_a_picture("grader.check_all()")
        walk.picture("grader.check_all()", "progress", tmp_path)

        # Export before saving is told; then save, export, and grade what came out.
        walk.run("grader.export", "NOT SAVED YET: the file on disk does not hold your `sigmoid`")
        walk.save()
        for made in folder.glob("*.zip"):
            made.unlink()
        words = walk.run("grader.export", "Your submission has been exported")
        assert "NOT SAVED" not in words
    (made,) = folder.glob("*.zip")
    command = [sys.executable, "-m", "autograder", "grade", str(made), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out" / "final_grades.csv").open(encoding="utf-8") as stream:
        row = {row["file"]: row for row in csv.DictReader(stream)}[made.name]
    assert (row["q1"], row["q2"], row["q3"], row["total_points_earned"]) == ("1", "4", "0", "19")


def test_the_template_runs_in_notebook_7(environment, folder, page):
    with server(environment, "notebook", folder) as address:
        page.goto(f"{address}notebooks/xor_backprop.ipynb?token=walk")
        walk = Notebook(page, folder, address)
        expect(walk.cell("def sigmoid(")).to_be_visible(timeout=PATIENCE)
        walk.run_all()
        for number in range(1, 10):
            expect(walk.cell(f'grader.check("q{number}")').locator(".jp-OutputArea")).to_contain_text(
                "Not attempted yet."
            )
        walk.shows_a_picture("grader.check_all()")
