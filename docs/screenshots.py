"""Takes the pictures of the feedback page and of the class report, at desktop and phone width.

python docs/screenshots.py

Needs Chromium (Debian's package `chromium`).
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
CLASS = HERE.parent / "tests" / "sample_class" / "notebooks"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAGES = {"feedback": "feedback/karla_several_slips.ipynb.html", "report": "report.html"}
SIZES = {"": (1024, 880), "-phone": (390, 844)}

with tempfile.TemporaryDirectory() as folder:
    command = [sys.executable, "-m", "autograder", "grade", str(CLASS), "--out", folder]
    subprocess.run(command, stdout=subprocess.DEVNULL)  # exits with 1: three files of the class cannot be graded
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for suffix, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            for name, path in PAGES.items():
                page.goto((Path(folder) / path).as_uri())
                page.screenshot(path=HERE / f"{name}{suffix}.png")
        browser.close()
