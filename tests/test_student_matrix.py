"""The template from top to bottom on each Python that it allows, with the oldest and the newest NumPy that it allows.

In each environment: stubs and solution in a real kernel, with full training; stubs, solution and every notebook of the sample
class that is one, executed by IPython with shortened training.
"""

import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kernels
import pytest
from environments import fresh, interpreter
from student_side import FUNCTIONS, TEMPLATE, notebook

HERE = Path(__file__).parent
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
OLDEST_NUMPY = {"3.10": "1.26.0", "3.11": "1.26.0", "3.12": "1.26.0", "3.13": "2.1.0"}
NO_NOTEBOOKS = {"pavel_corrupt", "quinn_empty", "rosa_other_assignment"}
CLASS = sorted(path for path in (HERE / "sample_class" / "notebooks").glob("*.ipynb") if path.stem not in NO_NOTEBOOKS)
# What these two wrote into cells of their own, before anything is defined.
OWN_ERRORS = {"ada_vectorised.ipynb": 2, "mina_crashing_cell.ipynb": 2}
# How many public checks pass; nine for the rest of the class. (Karla's two wrong signs cancel in a full step.)
PASSED = {
    "stubs.ipynb": 0, "lars_untouched.ipynb": 0, "emil_half_done.ipynb": 4, "fatima_sign_of_the_residual.ipynb": 6,
    "goran_slope_at_the_activation.ipynb": 5, "hana_outer_product_wrong_way_round.ipynb": 6, "ivan_bias_forgotten.ipynb": 6,
    "jun_updates_in_place.ipynb": 6, "karla_several_slips.ipynb": 5, "nils_endless_loop.ipynb": 8,
    "olga_lecture_numbers_typed_in.ipynb": 5, "sven_forgot_return.ipynb": 7, "tara_three_of_four_values.ipynb": 6,
}  # fmt: skip


def solved():
    made = notebook()
    for cell in made["cells"]:
        for name, function in FUNCTIONS.items():
            if "".join(cell["source"]).startswith(f"def {name}("):
                cell["source"] = function.solution
    return made


@pytest.fixture(scope="module")
def outcomes(request, tmp_path_factory):
    """For each Python and age of packages that a chosen test asks for: what comes of each notebook; two run at a time."""
    root = tmp_path_factory.mktemp("matrix")
    chosen = [item.callspec.params for item in request.session.items if item.path == Path(__file__)]
    cases = [(parameters["version"], parameters["age"]) for parameters in chosen]
    interpreters = {version: interpreter(version) for version, _ in cases}
    with ThreadPoolExecutor(2) as pool:
        yield {case: pool.submit(outcome, root, interpreters[case[0]], *case) for case in cases}


def outcome(root, python, version, age):
    folder = root / f"{version}-{age}"
    bin_ = fresh(folder, python, oldest=age == "oldest", without=("jupyterlab",), more=("ipykernel", "nbconvert"))
    shutil.copytree(TEMPLATE, folder / "work", ignore=shutil.ignore_patterns("__pycache__"))
    for name, content in (("stubs", notebook()), ("solution", solved())):
        (folder / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")
        shutil.copy(folder / f"{name}.ipynb", folder / "work")
        command = [bin_ / "jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", f"{name}.ipynb"]
        done = kernels.run(command, cwd=folder / "work")
        assert done.returncode == 0, done.stderr[-3000:]
    notebooks = [folder / "stubs.ipynb", folder / "solution.ipynb", *CLASS]
    command = [bin_ / "python", HERE / "run_notebooks.py", TEMPLATE, *notebooks]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "work", json.loads(done.stdout)


def words_of(path):
    """All that a notebook's cells have printed and shown, and how many pictures it holds."""
    words, pictures = [], 0
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error"
            words.append("".join(output.get("text", output.get("data", {}).get("text/plain", ""))))
            pictures += "image/png" in output.get("data", {})
    return "\n".join(words), pictures


@pytest.mark.slow
@pytest.mark.parametrize("age", ["oldest", "newest"])
@pytest.mark.parametrize("version", PYTHONS)
def test_template_runs_from_top_to_bottom(outcomes, version, age):
    folder, result = outcomes[version, age].result()
    assert result["versions"]["python"].startswith(f"{version}.")
    if age == "oldest":
        assert result["versions"]["numpy"] == OLDEST_NUMPY[version]
    else:
        assert tuple(map(int, result["versions"]["numpy"].split(".")[:2])) > tuple(
            map(int, OLDEST_NUMPY[version].split(".")[:2])
        )

    words, pictures = words_of(folder / "stubs.ipynb")
    assert words.count("Not attempted yet. Where to begin: hint(") == 9
    assert "0 of 9 public checks passed" in words
    assert pictures == 5
    words, pictures = words_of(folder / "solution.ipynb")
    assert words.count("Public check passed. Grading asks with other numbers, too.") == 9
    assert "Learning rate 0.5: loss 0.0633 after 5000 epochs; outputs 0.029, 0.492, 0.957, 0.495." in words
    assert pictures == 8

    assert set(result["notebooks"]) == {"stubs.ipynb", "solution.ipynb", *(path.name for path in CLASS)}
    for name, found in result["notebooks"].items():
        assert found is not None, f"{name}: the process died"
        assert len(found["errors"]) == OWN_ERRORS.get(name, 0), (name, found["errors"])
        assert all(
            len(source) < 50 and not re.match(r"def |grader|figures", source) for _, source, _ in found["errors"]
        )
        assert f"{PASSED.get(name, 9)} of 9 public checks passed" in found["printed"], (name, found["printed"][-1500:])
        assert "Traceback" not in found["printed"] or name in OWN_ERRORS
        assert found["zips"] == 1
        assert found["drawn"] >= 5
