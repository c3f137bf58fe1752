"""The pages of the sample class in headless Chromium: no error, no request, no scroll sideways, accessible, sortable.

Needs Debian's `chromium` (or a Chromium named in AUTOGRADER_TEST_CHROMIUM) and npm, which gets axe-core.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_feedback import HOSTILE

from autograder.course import reference_path

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
CLASS = HERE / "sample_class" / "notebooks"
CHROMIUM = os.environ.get("AUTOGRADER_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = (1280, 768, 360)
LOOKED_AT = ("ada_vectorised", "karla_several_slips", "lars_untouched", "mina_crashing_cell", "quinn_empty", "hostile")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The sample class and a submission whose name and exceptions are markup, graded."""
    handed_in, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    shutil.copytree(CLASS, handed_in, dirs_exist_ok=True)
    source = reference_path("xor_backprop").read_text(encoding="utf-8")
    source = source.replace("    return 0.5 * (y - f_out) ** 2", f"    raise ValueError({HOSTILE!r})")
    cells = [{"cell_type": "code", "source": text} for text in (source, f"raise ValueError({HOSTILE!r})")]
    name = "hostile " + HOSTILE.replace("/", "⁄") + "x" * 40 + ".ipynb"
    (handed_in / name).write_text(json.dumps({"cells": cells}), encoding="utf-8")
    command = [sys.executable, "-m", "autograder", "grade", str(handed_in), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    return out


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The source of axe-core, from npm."""
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", "axe-core@4"]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def page_paths(out):
    return [out / "report.html", *sorted((out / "feedback").rglob("*.html"))]


def some_pages(out):
    return [path for path in page_paths(out) if path.name.startswith(("report", *LOOKED_AT))]


def test_every_page_at_every_width(graded, browser):
    paths = page_paths(graded)
    assert len(paths) == 22
    for width in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": 800})
        page, trouble, requests = context.new_page(), [], []
        page.on("console", lambda message, trouble=trouble: trouble.append(message.text))
        page.on("pageerror", lambda error, trouble=trouble: trouble.append(str(error)))
        page.on("dialog", lambda dialog, trouble=trouble: (trouble.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request, requests=requests: requests.append(request.url))
        for path in paths:
            requests.clear()
            page.goto(path.as_uri())
            assert len(requests) == 1, (path, requests)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            assert page.locator("h1").inner_text()
        assert trouble == []
        context.close()


def test_the_policy_stops_what_is_not_ours(graded, browser, tmp_path):
    """The page's own policy, not only our escaping: a script, a style and a picture put in do nothing."""
    html = (graded / "feedback" / "karla_several_slips.ipynb.html").read_text(encoding="utf-8")
    evil = "<script>document.title = 'taken'</script><img src='http://127.0.0.1:9/x.png' onerror='document.title = 1'>"
    (tmp_path / "evil.html").write_text(html.replace("<main>", f"<main>{evil}", 1), encoding="utf-8")
    page = browser.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto((tmp_path / "evil.html").as_uri())
    assert page.title() == "karla_several_slips.ipynb: feedback"
    assert sum("Content Security Policy" in text for text in refused) >= 2
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(graded, browser, axe, scheme):
    for width in (1280, 360):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        for path in some_pages(graded):
            page.goto(path.as_uri())
            page.evaluate(axe)
            found = page.evaluate("axe.run(document, {resultTypes: ['violations', 'passes']})")
            assert len(found["passes"]) > 10
            bad = [
                (violation["id"], violation["impact"], [node["html"][:200] for node in violation["nodes"][:3]])
                for violation in found["violations"]
                if violation["impact"] in {"moderate", "serious", "critical"}
            ]
            assert bad == [], (path.name, width)
        context.close()


def test_the_table_sorts_and_links_lead_to_pages(graded, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((graded / "report.html").as_uri())
    points = page.locator(".students thead button", has_text="points")

    def column(index):
        return page.eval_on_selector_all(
            ".students tbody tr", f"rows => rows.map(row => row.cells[{index}].textContent)"
        )

    def numbers():
        return [-1.0 if text == "–" else float(text) for text in column(1)]

    names = column(0)
    points.click()
    assert numbers() == sorted(numbers())
    points.press("Enter")  # by keyboard, too
    assert numbers() == sorted(numbers(), reverse=True)
    assert page.locator(".students th[aria-sort=descending]").count() == 1
    assert sorted(column(0)) == sorted(names)
    page.locator(".students a", has_text="karla").click()
    assert page.locator("h1").inner_text() == "karla_several_slips.ipynb"
    page.go_back()
    page.locator(".students a", has_text="hostile").click()
    assert page.locator("h1").inner_text().startswith("hostile <script>")
    page.close()


def test_a_box_of_the_chain_leads_to_its_line(graded, browser):
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto((graded / "feedback" / "karla_several_slips.ipynb.html").as_uri())
    page.locator("svg.chain a[href='#q5.dL_df_out']").click()
    assert page.evaluate("document.querySelector(':target').id") == "q5.dL_df_out"
    flag = page.locator(".flag-words")
    assert flag.inner_html() == "first slip"
    page.close()


def test_pages_print(graded, browser):
    page = browser.new_page()
    for name in ("report.html", "feedback/karla_several_slips.ipynb.html"):
        page.goto((graded / name).as_uri())
        assert page.pdf(format="A4")[:5] == b"%PDF-"
    page.set_viewport_size({"width": 720, "height": 1000})  # about as wide as A4
    page.goto((graded / "report.html").as_uri())
    assert not page.locator(".sources dd").first.is_visible()
    page.emulate_media(media="print")
    assert page.locator(".sources dd").first.is_visible()  # nobody can unfold it on paper
    page.close()
