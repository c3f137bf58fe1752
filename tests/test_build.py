"""The student template and the otter-grader zip, built from one source."""

import ast
import json
import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import nbformat
import pytest

from autograder.build import master, template
from autograder.build.stubs import cut
from autograder.checking.engine import grade
from autograder.course import INSTALLED, home, load_misconceptions, load_settings
from autograder.errors import UserError
from autograder.grading.one import grade_file
from autograder.student.in_process import InProcessStudent

NAME = "xor_backprop"
COMMITTED = template.template_folder(NAME)


@pytest.fixture(scope="module")
def built():
    return template.build(NAME, run_tests=False)


def template_texts(built):
    """Every file of the template as text; of the notebook also each string in it, metadata included."""
    for name, content in built.template.items():
        yield name, content.decode("utf-8")
        if name.endswith(".ipynb"):
            yield name, "\n".join(strings(json.loads(content)))


def strings(data):
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from strings(value)
    elif isinstance(data, list):
        if data and all(isinstance(item, str) for item in data):
            yield "".join(data)
        for item in data:
            yield from strings(item)


def test_the_committed_template_is_in_step_with_its_source(built):
    assert template.stale(built.template, COMMITTED) == []


def test_building_twice_gives_the_same_bytes(built):
    again = template.build(NAME, run_tests=False)
    assert again.template == built.template
    assert again.instructor == built.instructor


def test_stale_files_are_named(built, tmp_path):
    template.write(built.template, tmp_path / "t", replace=True)
    (tmp_path / "t" / "xor_checks.py").write_text("# changed", encoding="utf-8")
    (tmp_path / "t" / "README.md").unlink()
    (tmp_path / "t" / "extra.txt").write_text("x", encoding="utf-8")
    lines = template.stale(built.template, tmp_path / "t")
    assert [line.rpartition("/")[2] for line in lines] == [
        "README.md: missing", "extra.txt: not part of the template", "xor_checks.py: stale"]  # fmt: skip


def test_build_check_exits_with_1_when_stale():
    notebook = COMMITTED / "xor_backprop.ipynb"
    before = notebook.read_bytes()
    command = [sys.executable, "-m", "autograder", "build", "--check"]
    assert subprocess.run(command, cwd=home(), capture_output=True).returncode == 0
    try:
        notebook.write_bytes(before.replace(b"Basic backpropagation", b"Basic backpropaganda"))
        run = subprocess.run(command, cwd=home(), capture_output=True, text=True)
    finally:
        notebook.write_bytes(before)
    assert run.returncode == 1
    assert "xor_backprop.ipynb: stale" in run.stderr


def solution_lines(source):
    """Lines of the reference's bodies that are answers: not blank, not too short to mean anything."""
    stubs = "\n".join(function.stub for function in cut(source, "").values())
    for function in cut(source, "").values():
        for line in function.body.splitlines():
            text = line.strip()
            for part in (text, re.sub(r"^(return|[\w, ]+=(?!=))\s*", "", text)):  # the line, and what it computes
                if len(part) > 7 and part not in stubs:
                    yield part


def test_no_student_file_contains_the_solution(built, reference_source):
    answers = list(solution_lines(reference_source))
    assert len(answers) > 30
    assert "dL_df_out * df_out_df_in * z_out" in answers
    for name, text in template_texts(built):
        squeezed = re.sub(r"\s+", "", text)
        for answer in answers:
            assert re.sub(r"\s+", "", answer) not in squeezed, (name, answer)


def test_no_student_file_contains_a_hidden_check(built):
    words = ["BEGIN SOLUTION", "PROMPT", "rubric", "hidden=True", "DRAWS", "misconception", "Random("]
    hints = [m.hint for m in load_misconceptions(NAME)]
    for name, text in template_texts(built):
        for secret in [*words, *hints]:
            assert secret not in text, (name, secret)


def test_the_search_would_find_a_solution(built, reference_source):
    """The search above can fail: a template with one answer in its metadata is found out."""
    notebook = json.loads(built.template["xor_backprop.ipynb"])
    notebook["metadata"]["x"] = {"y": ["    z_in = W.T @ x", " + b\n"]}
    text = re.sub(r"\s+", "", "\n".join(strings(notebook)))
    assert any(re.sub(r"\s+", "", answer) in text for answer in solution_lines(reference_source))


def test_stubs_are_the_references_signatures_and_docstrings(built, reference_source):
    notebook = nbformat.reads(built.template["xor_backprop.ipynb"].decode(), as_version=4)
    stubs = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.startswith("def "):
            (function,) = ast.parse(cell.source).body
            stubs[function.name] = (ast.unparse(function.args), ast.get_docstring(function))
    reference = {
        f.name: (ast.unparse(f.args), ast.get_docstring(f))
        for f in ast.parse(reference_source).body
        if isinstance(f, ast.FunctionDef)
    }
    assert stubs == reference


def test_stub_notebook_gets_0_and_solution_notebook_20(built, tmp_path, students):
    template.write({**built.template, **built.instructor}, tmp_path, replace=False)
    stub = grade_file(tmp_path / "xor_backprop.ipynb", NAME, students)
    assert stub.result.earned == 0
    assert {step.attempted for step in stub.result.steps} == {False}
    assert grade_file(tmp_path / "xor_backprop-solution.ipynb", NAME, students).result.earned == 20


def test_both_errata_are_told(built):
    text = built.template["xor_backprop.ipynb"].decode()
    assert text.count("**Erratum.**") == 2
    for number in ("1.1122", "1.1270", "0.7615", "0.7624"):
        assert number in text


def test_the_zip_installs_without_conda_from_pinned_versions(built):
    with zipfile.ZipFile(BytesIO(built.instructor["autograder.zip"])) as zipped:
        texts = {name: zipped.read(name).decode() for name in zipped.namelist() if not name.endswith(".zip")}
        with zipfile.ZipFile(BytesIO(zipped.read("requirements.grader.zip"))) as grader:
            inside = set(grader.namelist())
    for name in ("setup.sh", "run_autograder", "environment.yml"):
        assert not re.search(r"mamba|miniforge|conda (install|env|create)", texts[name])
    pins = [line for line in texts["requirements.txt"].splitlines() if line and not line.startswith((" ", "#"))]
    assert all("==" in pin for pin in pins)
    assert not any(pin.startswith(("playwright", "sphinx", "matplotlib==", "notebook==")) for pin in pins)
    assert "autograder/course_files/solutions/xor_backprop/reference.py" in inside
    assert not any(part in name for name in inside for part in ("/cli/", "/build/"))
    assert set(texts) >= {"otter_config.json", "run_otter.py", *(f"tests/q{i}.py" for i in range(1, 10))}


def test_a_master_that_leaves_a_question_out_is_refused(assignment, tmp_path, monkeypatch):
    text = master.master_path(NAME).read_text(encoding="utf-8").replace('```python check="q9"\n```', "")
    (tmp_path / "notebook.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr(master, "master_path", lambda name: tmp_path / "notebook.md")
    with pytest.raises(UserError, match=r"notebook\.md: stubs and checks must be those of q1"):
        master.otter_master(assignment, {}, "xor_checks")


def test_a_reference_without_a_docstring_is_refused():
    with pytest.raises(UserError, match=r"ref\.py: `f` needs a docstring and must end with `return`"):
        cut("def f(x):\n    return x\n", "ref.py")


def test_solution_notebook_is_clean(built, assignment):
    text = built.instructor["xor_backprop-solution.ipynb"].decode()
    assert "PROMPT" not in text
    assert "BEGIN SOLUTION" not in text
    cells = [c.source for c in nbformat.reads(text, as_version=4).cells if c.cell_type == "code"]
    assert grade(assignment, InProcessStudent(cells, inert_modules=load_settings(NAME).imports.inert)).earned == 20


def test_an_installed_package_is_not_written_into(tmp_path, monkeypatch):
    assert template.template_folder(NAME, tmp_path) == home() / "student_template" / NAME
    monkeypatch.setenv("AUTOGRADER_COURSE", str(INSTALLED))  # as `home` finds it there
    assert template.template_folder(NAME, tmp_path) == tmp_path / "student_template" / NAME


def test_make_help_names_every_target():
    said = subprocess.run(["make", "-C", str(home()), "help"], capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", (home() / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].split()
    assert set(re.findall(r"^# make ([\w-]+)", said, re.MULTILINE)) == set(targets)


def test_wheel_holds_rubric_assignments_and_solutions(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(home())],
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    (wheel,) = Path(tmp_path).glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "autograder/course_files/assignments/xor_backprop/settings.toml" in names
    assert "autograder/course_files/solutions/xor_backprop/reference.py" in names
    assert "autograder/build/image/setup.sh" in names
