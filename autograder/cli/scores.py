"""`autograder scores …`: who is who, plan, apply, verify, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from autograder.errors import INTERRUPTED, UserError

# Rooms below are imported inside the commands: grading must stay fast and work without what an upload needs.
NOT_ALL, DRIFT, PARTIAL = 1, 2, 3
EXPORTS = ("canvas", "moodle", "moodle-worksheet", "blackboard", "brightspace")

_file = click.Path(path_type=Path, dir_okay=False)
_DETAILS = click.Choice(["words", "steps", "total", "none"])
_lms = click.option("--lms", type=_file, default=Path("lms.toml"), show_default=True, help="Which LMS and assignment.")
_who = click.option("--who", type=_file, help="The CSV in which you confirmed who is who.")
_alias = click.option("--roster", "alias", type=_file, help="A roster CSV: student numbers, logins, e-mail addresses.")
_gradescope = click.option("--gradescope", type=_file, help="submission_metadata.yml of a Gradescope export.")


def _see_apart(out: Path | None, *inputs: Path | None) -> None:
    """See that `out` is none of the files that the command reads.

    Raises
    ------
    UserError : it is one of them, maybe by another name
    """
    for path in inputs:
        if out is None or path is None:
            continue
        if out.resolve() == path.resolve() or (out.exists() and path.exists() and out.samefile(path)):
            raise UserError(f"{out}: is read by this command, and would be overwritten; give -o another name")


class _Mistake(click.UsageError):
    exit_code = NOT_ALL


class _Comparing(click.Command):
    """A command whose exit status 2 says what differs: a mistake on its command line is 1."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """See `click.Command`."""
        try:
            return super().make_context(*arguments, **options)
        except click.UsageError as error:
            raise _Mistake(error.format_message(), error.ctx) from None


@click.group()
def scores() -> None:
    """Scores into the LMS: planned, checked, sent once, read back."""


@scores.command()
@click.argument("grades", type=_file)
@_lms
@_alias
@_gradescope
@click.option("--people", type=_file, help="Match with the students of this CSV, an LMS's export, without asking it.")
@click.option(
    "-o", "--out", type=_file, help="Write a CSV in which you confirm who is who; what it says already stays."
)
def roster(
    grades: Path, lms: Path, alias: Path | None, gradescope: Path | None, people: Path | None, out: Path | None
) -> None:
    """Say whose each submission of GRADES (a final_grades.csv) is: matched, suggested, ambiguous, unknown, missing.

    Exit status: 0 all are matched, 1 some are not.
    """
    from autograder.cli import scores_output as output
    from autograder.scores.grades import read_grades
    from autograder.scores.opening import match, open_lms, students
    from autograder.scores.people import read_people
    from autograder.scores.who_file import read_who, write_who

    _see_apart(out, grades, lms, alias, gradescope, people)
    graded = read_grades(grades)
    confirmed = read_who(out) if out is not None and out.exists() else {}
    if people is not None:
        known = read_people(people)
    else:
        with open_lms(lms) as target:
            known = students(target)
    found = match(graded, known, alias, gradescope, confirmed)
    output.show_roster(found)
    if out is not None:
        try:
            write_who(found, out, confirmed)
        except OSError as error:
            raise UserError(f"{out}: {error.strerror}") from None
        click.echo(f"written: {out}; write yes into its last column where you agree, and the user_id where it is empty")
    if any(row.status != "matched" for row in found.matches):
        sys.exit(NOT_ALL)


@scores.command()
@click.argument("grades", type=_file)
@_lms
@_who
@_alias
@_gradescope
@click.option("-o", "--out", type=_file, required=True, help="The plan to write.")
@click.option("--comment", "detail", type=_DETAILS, default="steps", show_default=True,
              help="What the student's comment holds.")  # fmt: skip
@click.option("--rubric", is_flag=True, help="Fill the LMS's rubric, whose criteria are the questions or steps.")
@click.option("--feedback", type=click.Path(path_type=Path, file_okay=False),
              help="Attach FOLDER/FILE.html to each submission FILE.")  # fmt: skip
@click.option("--places", type=click.IntRange(0, 5), default=2, show_default=True, help="Decimals of a score.")
@click.option("--allow-lower", is_flag=True, help="Also scores lower than what stands.")
@click.option("--allow-ungraded", is_flag=True, help="Also submissions that were not graded completely.")
@click.option("--allow-unsubmitted", is_flag=True, help="Also students of whom the LMS has no submission.")
@click.option("--zero-for-missing", is_flag=True, help="0 points for students without a submission in GRADES.")
def plan(
    grades: Path,
    lms: Path,
    who: Path | None,
    alias: Path | None,
    gradescope: Path | None,
    out: Path,
    detail: str,
    rubric: bool,
    feedback: Path | None,
    places: int,
    allow_lower: bool,
    allow_ungraded: bool,
    allow_unsubmitted: bool,
    zero_for_missing: bool,
) -> None:
    """Plan what the scores of GRADES (a final_grades.csv) change in the LMS. Reads the LMS, writes nothing to it."""
    from autograder.cli import scores_output as output
    from autograder.scores.grades import read_grades
    from autograder.scores.opening import asked, match, open_lms, students
    from autograder.scores.plan import write_plan
    from autograder.scores.planning import Wishes, make_plan
    from autograder.scores.settings import read_settings
    from autograder.scores.who_file import read_who

    _see_apart(out, grades, lms, who, alias, gradescope)
    graded = read_grades(grades)
    settings = read_settings(lms)
    wishes = Wishes(allow_lower, allow_ungraded, allow_unsubmitted, zero_for_missing, detail, rubric, feedback, places)
    with open_lms(lms) as target:
        column = asked(target.column)
        found = match(graded, students(target), alias, gradescope, read_who(who) if who else {})
        made = make_plan(graded, found, column, asked(target.read_all), settings, wishes)
    output.show_plan(made, column)
    write_plan(made, out)
    click.echo(f"nothing was sent; the plan is in {out}")


@scores.command()
@click.argument("path", metavar="PLAN", type=_file)
@click.option("--allow-lower", is_flag=True, help="Also send the plan's lower scores.")
@click.option("--release", is_flag=True, help="Students may see the scores: at once, or by publishing at the end.")
@click.option("--batch", type=click.IntRange(1, 500), default=1, show_default=True,
              help="Rows in one request, where the LMS takes several.")  # fmt: skip
def apply(path: Path, allow_lower: bool, release: bool, batch: int) -> None:
    """Carry out PLAN: re-read each row, write it, read it back. An interrupted run goes on when it is given again.

    Exit status: 0 all of the plan stands in the LMS, 3 some of it does not, 2 nothing was done, 130 interrupted.
    """
    from autograder.cli import scores_output as output
    from autograder.scores.applying import Upload
    from autograder.scores.audit import write_audit
    from autograder.scores.journal import Journal
    from autograder.scores.opening import open_plan
    from autograder.scores.plan import audit_path, journal_path, read_plan

    planned, digest = read_plan(path)
    with open_plan(planned) as target, Journal(journal_path(path), digest) as journal:
        with output.progress("sending", len(planned.to_write())) as advance:
            upload = Upload(planned, target, journal, allow_lower=allow_lower, release=release, batch=batch,
                            progress=advance)  # fmt: skip
            interrupted = False
            try:
                upload.run()
            except KeyboardInterrupt:
                interrupted = True
        audit = f"audit log in {audit_path(path)}"
        try:
            write_audit(planned, journal, audit_path(path))
        except OSError as error:
            audit = f"no audit log: {audit_path(path)}: {error.strerror}"
        output.show_summary(planned, upload.summary, target.requests, audit)
    if interrupted:
        click.echo("interrupted; give the same command to go on", err=True)
        sys.exit(INTERRUPTED)
    if not upload.summary.complete or upload.summary.ended:
        sys.exit(PARTIAL)


@scores.command(cls=_Comparing)
@click.argument("path", metavar="PLAN", type=_file)
def verify(path: Path) -> None:
    """Compare the LMS with PLAN. Sends nothing.

    Exit status: 0 the same, 2 something differs from the plan and from what stood before it, 3 part of the plan is
    still to be sent, 1 the comparison could not be made.
    """
    from autograder.cli import scores_output as output
    from autograder.scores.opening import asked, open_plan
    from autograder.scores.plan import read_plan
    from autograder.scores.verifying import compare

    try:
        planned, _ = read_plan(path)
        with open_plan(planned) as target:
            found = compare(planned, asked(target.read_all))
    except UserError as error:
        click.echo(f"autograder: {error}", err=True)
        sys.exit(NOT_ALL)
    output.show_comparison(found)
    sys.exit(found.status)


@scores.command()
@click.argument("grades", type=_file)
@click.option("--format", "form", type=click.Choice(EXPORTS), required=True, help="Whose import file.")
@click.option("--from", "source", type=_file, required=True,
              help="What the LMS itself exported: gradebook, or Moodle's grading worksheet.")  # fmt: skip
@click.option("--column", help="The column to fill, as its heading says [default: the only one that fits].")
@click.option("--maximum", help="The points of that column, where the LMS's export does not say them.")
@_who
@_alias
@_gradescope
@click.option("-o", "--out", type=_file, required=True, help="The import file to write.")
@click.option("--comment", "detail", type=_DETAILS, default="steps", show_default=True,
              help="What the comment holds, where the format has one.")  # fmt: skip
@click.option("--places", type=click.IntRange(0, 5), default=2, show_default=True, help="Decimals of a score.")
@click.option("--allow-lower", is_flag=True, help="Also scores lower than what stands.")
@click.option("--allow-ungraded", is_flag=True, help="Also submissions that were not graded completely.")
@click.option("--allow-unsubmitted", is_flag=True, help="Also students of whom the worksheet has no submission.")
def export(
    grades: Path,
    form: str,
    source: Path,
    column: str | None,
    maximum: str | None,
    who: Path | None,
    alias: Path | None,
    gradescope: Path | None,
    out: Path,
    detail: str,
    places: int,
    allow_lower: bool,
    allow_ungraded: bool,
    allow_unsubmitted: bool,
) -> None:
    """Write an import file for an LMS that is not uploaded to: its own export, with the scores of GRADES filled in."""
    from autograder.cli import scores_output as output
    from autograder.scores.decimals import parsed
    from autograder.scores.export import make_export
    from autograder.scores.grades import read_grades
    from autograder.scores.opening import match
    from autograder.scores.planning import Wishes
    from autograder.scores.who_file import read_who

    _see_apart(out, grades, source, who, alias, gradescope)
    graded = read_grades(grades)
    wishes = Wishes(allow_lower, allow_ungraded, allow_unsubmitted, detail=detail, places=places)
    confirmed = read_who(who) if who else {}
    try:
        most = parsed(maximum) if maximum is not None else None
    except ValueError as error:
        raise UserError(f"--maximum: {error}") from None
    made = make_export(
        form, source, column, most, graded, lambda people: match(graded, people, alias, gradescope, confirmed), wishes
    )
    output.show_rows(made.rows, made.sheet.column.title, graded.maximum, made.sheet.column.maximum)
    for note in made.sheet.notes:
        click.echo(f"note: {note}")
    made.write(out)
    click.echo(f"{made.filled} scores in {out}")
