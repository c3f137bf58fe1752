"""`pytest --submission FILE`: each step of a submission is a test item.

An instructor debugs a submission with pytest's own tools (`-k q5`, `-x`, `--junitxml`), and GitHub Classroom
runs it as it runs any test. This module imports the grader only when a submission is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from autograder.checking.result import StepResult


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of this plugin."""
    group = parser.getgroup("autograder", "grade a submission, step by step")
    group.addoption(
        "--submission",
        action="append",
        default=[],
        metavar="FILE",
        help="notebook, script or zip file of one to grade; may be repeated",
    )
    group.addoption(
        "--assignment",
        default="xor_backprop",
        metavar="NAME",
        help="what was handed in (default: %(default)s)",
    )

    group.addoption(
        "--unsafe-in-process", action="store_true", help="run the submission without walls: only what you trust"
    )


def pytest_configure(config: pytest.Config) -> None:
    """With `--submission`, collect the submissions and nothing else."""
    submissions = _submissions(config)
    if not submissions:
        return
    for path in submissions:
        if path.is_dir():
            raise pytest.UsageError(f"--submission {path}: a folder; name one submission (a class: autograder grade)")
        if not path.is_file():
            raise pytest.UsageError(f"--submission {path}: {'not a file' if path.exists() else 'no such file'}")
    config.args = [str(path) for path in submissions]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A submission that is no Python file."""
    if file_path.suffix != ".py" and file_path in _submissions(parent.config):
        return SubmissionFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    """A submission that is a Python file: it is graded, not imported."""
    if module_path in _submissions(parent.config):
        return SubmissionFile.from_parent(parent, path=module_path)
    return None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The points of each submission."""
    graded = getattr(terminalreporter.config, "_autograder_points", {})
    if graded:
        terminalreporter.section("points")
    for name, (earned, points) in graded.items():
        terminalreporter.write_line(f"{name}: {earned:g} of {points:g}")


def _submissions(config: pytest.Config) -> list[Path]:
    return [Path(config.invocation_params.dir, path).resolve() for path in config.getoption("submission")]


class SubmissionFile(pytest.File):
    """A submission; grading it gives its items."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item a step.

        Raises
        ------
        pytest.Collector.CollectError : the file cannot be graded
        """
        from autograder.course import load_settings
        from autograder.errors import UserError  # imported when needed: a plain pytest run stays fast
        from autograder.grading.one import outcome_of
        from autograder.grading.students import open_students
        from autograder.grading.submissions import find

        name = self.config.getoption("assignment")
        try:
            students = open_students(load_settings(name), unsafe=self.config.getoption("unsafe_in_process"))
            try:
                with find([self.path]) as found:
                    if len(found) != 1:
                        raise UserError(f"{self.path}: {len(found)} submissions in it; name one")
                    outcome = outcome_of(found[0], name, students)
            finally:
                students.shut_down()
        except UserError as error:
            raise self.CollectError(str(error)) from None
        if outcome.result is None:
            raise self.CollectError(f"{self.path.name}: {outcome.status}")
        points: dict[str, tuple[float, float]] = self.config.__dict__.setdefault("_autograder_points", {})
        points[self.path.name] = (outcome.result.earned, outcome.result.points)
        for step in outcome.result.steps:
            yield StepItem.from_parent(self, name=step.step, step=step)


class StepItem(pytest.Item):
    """One step; it passes if it earned its points."""

    def __init__(self, *, step: StepResult, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = step
        self.user_properties += [("points", step.points), ("earned", step.earned)]

    def runtest(self) -> None:
        """Raise unless the step earned its points."""
        if self.step.earned < self.step.points:
            raise StepLost(self.step)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What came back, and the hint; no traceback of ours."""
        if isinstance(excinfo.value, StepLost):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the item is from."""
        return self.path, None, self.name


class StepLost(Exception):
    """A step that did not earn its points."""

    def __init__(self, step: StepResult) -> None:
        from autograder.feedback.words import step_words

        super().__init__(f"{step.step} ({step.points:g}): {step.status}: {step_words(step)}")
