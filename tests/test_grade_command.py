"""`autograder grade`: folders, zip files, bad files; the grades file; the exit status."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from autograder.cli import cli
from autograder.cli.grade import table
from autograder.course import Settings, home, read_settings
from autograder.errors import UserError
from autograder.grading import submissions
from autograder.grading.journal import Row
from autograder.grading.submissions import find

HERE = Path(__file__).parent
CLASS = HERE / "sample_class" / "notebooks"
RIGHT, SIGN = CLASS / "ada_vectorised.ipynb", CLASS / "fatima_sign_of_the_residual.ipynb"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "autograder", "grade", *map(str, arguments)], capture_output=True, text=True
    )


def grades(folder):
    with (folder / "final_grades.csv").open(newline="", encoding="utf-8") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}


@pytest.fixture(scope="module")
def graded_class(tmp_path_factory):
    out = tmp_path_factory.mktemp("graded")
    return run(CLASS, "--out", out), out


def test_the_sample_class_gets_its_expected_grades(graded_class):
    done, out = graded_class
    assert (out / "final_grades.csv").read_text() == (HERE / "sample_class" / "expected_grades.csv").read_text()
    assert done.returncode == 1  # three files cannot be graded
    assert "17 of 20 graded" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_the_committed_sample_class_is_made_from_the_template():
    sys.path.insert(0, str(HERE / "sample_class"))
    import make

    committed = {path.name: path.read_text(encoding="utf-8") for path in CLASS.iterdir()}
    assert committed == make.files()
    assert len(committed) >= 14


def test_the_table_names_the_first_slip(graded_class):
    done, _ = graded_class
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if ".ipynb" in line}
    assert "q5.dL_df_out: sign of the" in lines["fatima_sign_of_the_residual.ipynb"]
    assert "all right" in lines["ada_vectorised.ipynb"]
    assert "not attempted" in lines["lars_untouched.ipynb"]


def test_one_json_result_a_submission(graded_class):
    _, out = graded_class
    results = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (out / "results").iterdir()}
    assert set(results) == {f"{path.name}.json" for path in CLASS.iterdir()}
    karla = results["karla_several_slips.ipynb.json"]
    found = {s["step"]: s["misconception"] for q in karla["result"]["questions"] for s in q["steps"] if not s["earned"]}
    assert found == {
        "q3.value": "loss: factor ½ missing",
        "q5.dL_df_out": "dL_df_out: sign of the residual",
        "q7.value": "update: ascent",
        "q9.parameters": "train: rows in reverse order",
    }
    assert results["quinn_empty.ipynb.json"] == {
        "file": "quinn_empty.ipynb", "status": "empty file", "cell_errors": [], "result": None}  # fmt: skip
    assert results["mina_crashing_cell.ipynb.json"]["cell_errors"]


def test_a_single_right_notebook_exits_with_0(tmp_path):
    done = run(RIGHT, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert grades(tmp_path)["ada_vectorised.ipynb"]["total_points_earned"] == "20"


def test_folders_zips_scripts_and_exports(tmp_path):
    moodle = tmp_path / "in" / "Ada Lovelace_123_assignsubmission_file_"
    moodle.mkdir(parents=True)
    shutil.copy(RIGHT, moodle / "xor_backprop.ipynb")
    shutil.copy(HERE.parent / "student_template" / "xor_backprop" / "xor_checks.py", moodle)  # no submission
    with zipfile.ZipFile(tmp_path / "in" / "export.zip", "w") as export:  # as grader.export() makes it
        export.write(SIGN, "xor_backprop.ipynb")
        export.writestr("__zip_filename__", "export.zip")
        export.writestr(".OTTER_LOG", b"\x80\x04K\x00.")
    shutil.copy(home() / "solutions" / "xor_backprop" / "reference.py", tmp_path / "in" / "script.py")
    (tmp_path / "in" / "essay.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "in" / ".DS_Store").write_bytes(b"\0")
    done = run(tmp_path / "in", "--out", tmp_path / "out")
    assert done.returncode == 1
    rows = grades(tmp_path / "out")
    del rows["points-per-question"]
    assert {file: row["total_points_earned"] for file, row in rows.items()} == {
        "Ada Lovelace_123_assignsubmission_file_/xor_backprop.ipynb": "20", "export.zip": "19", "script.py": "20", "essay.pdf": "0"}  # fmt: skip
    assert "not a notebook" in rows["essay.pdf"]["grading_status"]


def export_of(notebook, archive, name="xor_backprop.ipynb"):
    """A zip file as `grader.export()` makes it."""
    with zipfile.ZipFile(archive, "w") as export:
        export.write(notebook, name)
        export.writestr("__zip_filename__", archive.name)


def test_a_notebook_beside_the_zip_made_of_it_is_one_submission(tmp_path):
    folder = tmp_path / "in"
    for student, notebook in (("same", RIGHT), ("saved later", SIGN)):
        (folder / student).mkdir(parents=True)
        shutil.copy(notebook, folder / student / "xor_backprop.ipynb")
        export_of(RIGHT, folder / student / "xor_backprop_1.zip")
    shutil.copy(RIGHT, folder / "ada.ipynb")  # the same bytes, but other students'
    export_of(RIGHT, folder / "bob.zip")
    export_of(RIGHT, folder / "eve.zip")
    (folder / "damaged.zip").write_bytes(b"PK no zip")
    expected = [
        "ada.ipynb", "bob.zip", "damaged.zip", "eve.zip", "same/xor_backprop_1.zip",
        "saved later/xor_backprop.ipynb", "saved later/xor_backprop_1.zip"]  # fmt: skip
    with find([folder]) as found:
        assert [submission.file for submission in found] == expected
        by_name = {submission.file: submission.path.read_bytes() for submission in found}
        assert by_name["same/xor_backprop_1.zip"] == RIGHT.read_bytes()
        assert by_name["saved later/xor_backprop.ipynb"] == SIGN.read_bytes()
    shutil.make_archive(str(tmp_path / "class"), "zip", folder)
    with find([tmp_path / "class.zip"]) as found:
        assert [submission.file for submission in found] == expected


def test_a_zip_of_a_students_whole_folder_is_one_submission(tmp_path):
    (tmp_path / "in").mkdir()
    shutil.copytree(HERE.parent / "student_template" / "xor_backprop", tmp_path / "work")
    shutil.copy(RIGHT, tmp_path / "work" / "xor_backprop.ipynb")
    export_of(RIGHT, tmp_path / "work" / "xor_backprop_1.zip")
    shutil.make_archive(str(tmp_path / "in" / "ada"), "zip", tmp_path / "work")
    for given in (tmp_path / "in", tmp_path / "in" / "ada.zip"):
        with find([given]) as found:
            assert [(submission.file, submission.problem) for submission in found] == [("ada.zip", "")]
            assert found[0].path.read_bytes() == RIGHT.read_bytes()
    (tmp_path / "work" / "xor_backprop.ipynb").unlink()  # a class of one, who handed in a zip
    shutil.make_archive(str(tmp_path / "class"), "zip", tmp_path / "work")
    with find([tmp_path / "class.zip"]) as found:
        assert "xor_backprop_1.zip" in [submission.file for submission in found]
    with find([tmp_path / "work"]) as found:
        assert "xor_backprop.ipynb" not in [submission.file for submission in found]
        assert "xor_backprop_1.zip" in [submission.file for submission in found]


def zip_of(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def changed(path, change):
    path.write_bytes(change(path.read_bytes()))


def with_damaged_data(content):
    start = content.index(b"x.ipynb") + len("x.ipynb") + 12
    return content[:start] + b"\xff" * 40 + content[start + 40 :]


def damaged_zips(folder):
    """Zips that unpacking stumbles over, each in its own way; what is said of them."""
    text = RIGHT.read_bytes()
    changed(zip_of(folder / "zlib.zip", {"x.ipynb": text}), with_damaged_data)
    changed(zip_of(folder / "lzma.zip", {"x.ipynb": text}, zipfile.ZIP_LZMA), with_damaged_data)
    name = "é.ipynb"
    changed(zip_of(folder / "utf8.zip", {name: text}), lambda content: content.replace(name.encode()[:2], b"\xff\xfe"))
    zip_of(folder / "deep.zip", {"a/" * 400 + "x.ipynb": text})
    zip_of(folder / "long.zip", {"a" * 256 + ".ipynb": text})
    zip_of(folder / "path.zip", {("a" * 200 + "/") * 6 + "x.ipynb": text})
    zip_of(folder / "both.zip", {"a": "", "a/x.ipynb": text})
    changed(zip_of(folder / "short.zip", {"x.ipynb": text}), lambda content: content[:500])
    return {
        "both.zip": "that can be read", "deep.zip": "more than 20 deep", "long.zip": "name is too long",
        "lzma.zip": "that can be read", "path.zip": "name is too long", "short.zip": "that can be read",
        "utf8.zip": "that can be read", "zlib.zip": "that can be read",
    }  # fmt: skip


def test_whatever_is_wrong_with_a_zip_is_its_own_problem(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    said = damaged_zips(tmp_path / "in")
    shutil.copy(RIGHT, tmp_path / "in" / "good.ipynb")
    with find([tmp_path / "in"]) as found:
        problems = {submission.file: submission.problem for submission in found}
    assert problems.pop("good.ipynb") == ""
    assert {file: words in problems[file] for file, words in said.items()} == dict.fromkeys(problems, True), problems
    assert not any("\n" in problem or str(tmp_path) in problem for problem in problems.values())
    with pytest.raises(UserError, match=r"zlib\.zip: not a zip file"), find([tmp_path / "in" / "zlib.zip"]):
        pass
    assert list((tmp_path / "scratch").iterdir()) == []


def zipped(content, times):
    """`content` in a zip file in a zip file and so on."""
    name = "x.ipynb"
    for _ in range(times):
        buffer = io.BytesIO()
        content, name = zip_of(buffer, {name: content}).getvalue(), "x.zip"
    return content


def test_a_students_zips_in_zips_have_one_room(tmp_path, monkeypatch):
    for name, most in (("MAX_BYTES", 2_500_000), ("MAX_MEMBERS", 10)):
        monkeypatch.setattr(submissions, name, most)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder, megabyte, text = tmp_path / "in", b" " * 1_000_000, RIGHT.read_bytes()
    folder.mkdir()
    zip_of(folder / "export.zip", {"x.zip": zipped(text, 1)})
    zip_of(folder / "deep.zip", {"x.zip": zipped(text, 2)})
    (folder / "deeper.zip").write_bytes(zipped(text, 470))
    zip_of(folder / "bomb.zip", {"x.zip": zipped(b" " * 2_500_000, 1)})
    zip_of(folder / "many.zip", {f"{n}.zip": zipped(megabyte, 1) for n in range(8)})
    zip_of(
        folder / "members.zip",
        {"x.ipynb": text, "x.zip": zip_of(io.BytesIO(), dict.fromkeys("abcdefghi", "")).getvalue()},
    )
    zip_of(folder / "too many.zip", {"x.ipynb": text} | dict.fromkeys("abcdefghij", ""))
    zip_of(folder / "x.zip", {"x.ipynb": text} | {"data.bin": megabyte})
    expected = {
        "bomb.zip": "holds no notebook; of a zip file in it: the zip file unpacks to too much",
        "deep.zip": "holds no notebook; of a zip file in it: zip files are opened in one other zip file, not deeper",
        "deeper.zip": "not deeper", "export.zip": "", "many.zip": "more than one notebook", "members.zip": "",
        "too many.zip": "the zip file unpacks to too much", "x.zip": "",
    }  # fmt: skip
    shutil.make_archive(str(tmp_path / "class"), "zip", folder)
    for given in (folder, tmp_path / "class.zip"):
        with find([given]) as found:
            assert [submission.file for submission in found] == list(expected)
            for submission in found:
                assert submission.problem.endswith(expected[submission.file]), submission
                assert bool(submission.problem) == bool(expected[submission.file])
            (scratch,) = tmp_path.glob("autograder-*")
            assert sum(path.stat().st_size for path in scratch.rglob("*") if path.name == "x.ipynb") < 3_000_000


def test_results_among_the_submissions_are_no_submissions(tmp_path):
    shutil.copy(RIGHT, tmp_path / "ada.IPYNB")
    for _ in range(2):
        assert run(tmp_path, "--out", tmp_path / "graded" / "today").returncode == 0
    assert set(grades(tmp_path / "graded" / "today")) == {"points-per-question", "ada.IPYNB"}
    done = run(tmp_path, "--out", tmp_path)
    assert done.returncode == 2
    assert "results need a folder of their own" in done.stderr


def test_a_zip_of_a_class(tmp_path):
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.write(RIGHT, "hand-ins/a.ipynb")
        archive.write(SIGN, "hand-ins/b.ipynb")
        archive.writestr("../evil.ipynb", "{}")
        link = zipfile.ZipInfo("hand-ins/link.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert run(tmp_path / "class.zip", "--out", tmp_path / "out").returncode == 0
    rows = grades(tmp_path / "out")
    assert set(rows) == {"points-per-question", "hand-ins/a.ipynb", "hand-ins/b.ipynb"}
    assert not (tmp_path.parent / "evil.ipynb").exists()


def notebook(*cells, **metadata):
    code = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"cells": code, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


BAD_FILES = {
    "bytes.ipynb": (b"\xff\xfe\x00", "not UTF-8"),
    "empty.ipynb": (b"  \n", "empty file"),
    "list.ipynb": (b"[1, 2]", "without a list of cells"),
    "deep.ipynb": (b"[" * 100_000, "corrupt notebook"),
    "no_code.ipynb": (notebook().encode(), "no code cell"),
    "cells_are_text.ipynb": (b'{"cells": "x"}', "without a list of cells"),
    "odd_cells.ipynb": (b'{"cells": [1, null, {"cell_type": "code", "source": 5}]}', "no code cell"),
    "named.ipynb": (notebook("def sigmoid(z): pass", otter={"assignment_name": "hw7"}).encode(), "for 'hw7'"),
    "unrelated.ipynb": (notebook("x = 1").encode(), "defines none of the functions"),
    "bad.zip": (b"PK no zip", "not a zip file"),
}


def test_bad_files_get_a_row_that_says_why_and_the_rest_is_graded(tmp_path):
    (tmp_path / "in").mkdir()
    for name, (content, _) in BAD_FILES.items():
        (tmp_path / "in" / name).write_bytes(content)
    shutil.copy(SIGN, tmp_path / "in" / "good.ipynb")
    done = run(tmp_path / "in", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    rows = grades(tmp_path / "out")
    assert rows["good.ipynb"]["total_points_earned"] == "19"
    for name, (_, said) in BAD_FILES.items():
        assert said in rows[name]["grading_status"], rows[name]
        assert rows[name]["total_points_earned"] == "0"


def test_a_file_that_the_system_does_not_let_read_costs_nobody_else_anything(tmp_path):
    (tmp_path / "locked.ipynb").symlink_to("/proc/self/mem")  # reading it is an error, for root too
    shutil.copy(CLASS / "quinn_empty.ipynb", tmp_path)
    files = [str(tmp_path / name) for name in ("locked.ipynb", "quinn_empty.ipynb")]
    result = CliRunner().invoke(cli, ["grade", *files, "--out", str(tmp_path / "out")])
    assert result.exit_code == 1, result.exception
    assert grades(tmp_path / "out")["locked.ipynb"]["grading_status"] == "cannot be read: Input/output error"


def test_old_notebook_format_and_missing_metadata_are_read(tmp_path, reference_source):
    old = {
        "worksheets": [{"cells": [{"cell_type": "code", "input": reference_source.splitlines(keepends=True)}]}],
        "nbformat": 3,
    }
    (tmp_path / "old.ipynb").write_text(json.dumps(old), encoding="utf-8")
    (tmp_path / "plain.ipynb").write_text(notebook(reference_source), encoding="utf-8")
    assert run(tmp_path / "old.ipynb", tmp_path / "plain.ipynb", "--out", tmp_path / "out").returncode == 0
    assert {row["total_points_earned"] for row in grades(tmp_path / "out").values()} == {"20"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "nowhere: no such file or folder"),
        ((RIGHT, "--assignment", "mnist"), "there is no assignment 'mnist'; there is: xor_backprop"),
        ((RIGHT, RIGHT), "a second submission named 'ada_vectorised.ipynb'"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_status_2(tmp_path, arguments, said):
    done = run(*arguments, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def in_process(*arguments):
    """The exit status and what is said, as `main` has them."""
    result = CliRunner().invoke(cli, [*map(str, arguments)])
    if isinstance(result.exception, UserError):
        return 2, f"{result.exception}\n"
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build", "nope", "--check"), "there is no assignment 'nope'; there is: xor_backprop"),
        (("grade", "", "-o", "out"), "PATHS: the name is empty"),
        (("grade", RIGHT, "-o", ""), "out: the name is empty"),
        (("explain", ""), "SUBMISSION: the name is empty"),
        (("grade", "pipe.ipynb", "-o", "out"), "pipe.ipynb: neither a file nor a folder"),
        (("grade", RIGHT, "-o", "file/out"), "file/out: Not a directory"),
        (("grade", RIGHT, "-o", "/proc/out"), "/proc/out: No such file or directory"),
        (("grade", RIGHT, "-o", "a"), "a/results: a file stands where a folder is due"),
        (("grade", RIGHT, "-o", "b"), f"b/results/{RIGHT.name}.json: a folder stands where a file is due"),
        (("grade", RIGHT, "-o", "c"), "c/journal.jsonl: Is a directory"),
    ],
)
def test_a_path_that_will_not_do_is_one_line_and_exit_status_2(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.ipynb")
    Path("file").touch()
    for folder in (Path("a"), Path("b", "results", f"{RIGHT.name}.json"), Path("c", "journal.jsonl")):
        folder.mkdir(parents=True)
    Path("a", "results").touch()
    assert in_process(*arguments) == (2, f"{said}\n")


def test_a_terminal_without_our_letters_gets_others(tmp_path):
    shutil.copy(CLASS / "quinn_empty.ipynb", tmp_path / "möwe.ipynb")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "grade", "möwe.ipynb", "--out", "out"],
        cwd=tmp_path, capture_output=True, env={**os.environ, **plain},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"0 of 1 graded" in done.stdout


INTERRUPTED = """import runpy, signal, sys
class Interrupting:
    def find_spec(name, path, target=None):
        if name == MODULE:
            signal.raise_signal(signal.SIGINT)
MODULE = sys.argv.pop(1)
sys.meta_path.insert(0, Interrupting)
runpy.run_module("autograder", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("module", ["click", "autograder.build.template"], ids=["while loading", "in a command"])
def test_an_interrupt_at_any_time_is_no_traceback(module):
    """Ctrl-C at the very moment when a module is about to be imported."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, module, "build", "--check"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr in {"", "interrupted\n"}


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_long_name_costs_the_table_no_points_and_no_reason(width):
    """As Moodle names a folder, with an exported notebook in it."""
    name = f"AnnaMariaLindenberger_1234567_assignsubmission_file/xor_backprop_2025_11_24T12_00_00_{'0' * 12}.zip"
    row = Row(name, "", "Completed", {f"q{number}": 0.5 for number in range(1, 10)}, "q1.value: unlike")
    console = Console(width=width, file=io.StringIO())
    console.print(table([row], "xor_backprop"), crop=False)
    shown = console.file.getvalue().rpartition("─")[2]
    assert shown.count(" 0.5 ") == 9
    assert " 4.5 " in shown
    words = shown.split()
    assert "".join(word for word in words if word not in {"0.5", "4.5", "q1.value:", "unlike"}) == name


def test_markup_in_a_file_name_is_shown_as_it_is(tmp_path):
    shutil.copy(RIGHT, tmp_path / "[red]x[bold].ipynb")
    result = CliRunner().invoke(cli, ["grade", str(tmp_path / "[red]x[bold].ipynb"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0
    assert "[red]x[bold].ipynb" in result.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"q2.z_in" = 1', '"q2.z_in" = -1'), "points.q2.z_in"),
        (("absolute = 1e-4", 'absolute = "a"'), "tolerance.absolute"),
        (("call_seconds = 2", "call_secs = 2"), "limits.call_secs"),
        (("[points]", "[points"), "not valid TOML"),
        (("[points]", "[points]\udcff"), "not UTF-8 text, at byte "),
    ],
)
def test_settings_mistakes_are_said_with_the_file(tmp_path, change, said):
    text = (home() / "assignments" / "xor_backprop" / "settings.toml").read_text(encoding="utf-8")
    path = tmp_path / "settings.toml"
    path.write_text(text.replace(*change), encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UserError) as failure:
        read_settings(path)
    assert str(path) in str(failure.value)
    assert said in str(failure.value)


def test_points_must_be_those_of_the_rubric():
    from autograder.course import assemble, load_settings

    settings: Settings = load_settings("xor_backprop")
    missing = {step: points for step, points in settings.points.items() if step != "q3.value"}
    with pytest.raises(UserError, match=r"no entry for the step 'q3\.value'"):
        assemble("xor_backprop", settings.model_copy(update={"points": missing}))
    with pytest.raises(UserError, match=r"points names 'q10\.x'"):
        assemble("xor_backprop", settings.model_copy(update={"points": {**settings.points, "q10.x": 1}}))


def test_names_that_begin_with_underscores_are_submissions(tmp_path):
    for name in ("__my.ipynb", "__ada_1_2/x.ipynb", "__MACOSX/y.ipynb", ".z.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(RIGHT, tmp_path / name)
    with find([tmp_path]) as found:
        assert [submission.file for submission in found] == ["__ada_1_2/x.ipynb", "__my.ipynb"]


FIND = """
import os, sys
from pathlib import Path
from autograder.grading.submissions import find
if os.geteuid() == 0:
    os.setresuid(1_234_567, 1_234_567, 1_234_567)
with find([Path(sys.argv[1])]) as found:
    print([(submission.file, submission.problem) for submission in found])
"""


def test_a_folder_that_cannot_be_read_is_not_left_out_in_silence(tmp_path):
    for folder in (tmp_path.parent, tmp_path.parent.parent, tmp_path):
        folder.chmod(0o755)
    for name in ("ada", "ben"):
        (tmp_path / name).mkdir()
        shutil.copy(RIGHT, tmp_path / name / "x.ipynb")
    (tmp_path / "ben").chmod(0)
    done = subprocess.run([sys.executable, "-c", FIND, tmp_path], capture_output=True, text=True)
    (tmp_path / "ben").chmod(0o755)
    assert done.stdout == "[('ada/x.ipynb', ''), ('ben', 'cannot be read: Permission denied')]\n", done.stderr
