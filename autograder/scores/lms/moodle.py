"""Moodle, by its REST web services: an assignment; a manual grade item can be read, but not written."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from autograder.scores.answers import Refused, Stopped, Unsure
from autograder.scores.comments import as_html, joined
from autograder.scores.credentials import secret
from autograder.scores.decimals import of_json, shown
from autograder.scores.lms.moodle_calls import MoodleCalls
from autograder.scores.pace import Pace
from autograder.scores.people import Person
from autograder.scores.settings import MoodleSettings
from autograder.scores.target import Column, Criterion, Filling, Level, Standing, Write

VARIABLE = "AUTOGRADER_MOODLE_TOKEN"
MOST_IN_ONE = 500
READS = ("gradereport_user_get_grade_items", "core_enrol_get_enrolled_users")
ASSIGNMENT_READS = ("mod_assign_get_assignments", "mod_assign_get_submissions", "core_grading_get_definitions")
WORKFLOW_READS = ("mod_assign_get_grades",)
MANUAL = "Moodle's web services cannot write a manual grade item: use `autograder scores export --format moodle`"


class MoodleTarget:
    """See `autograder.scores.target.Target`."""

    def __init__(self, settings: MoodleSettings, pace: Pace) -> None:
        self._ids = settings
        self._call = MoodleCalls(settings.url, secret(VARIABLE, settings.host))
        self._assignment: dict[str, Any] = {}
        self._functions: set[str] = set()

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._call.http.count

    @property
    def _workflow(self) -> bool:
        return bool(self._assignment.get("markingworkflow"))

    def column(self) -> Column:
        """The assignment, or the manual grade item."""
        self._see_functions(READS)
        if self._ids.item is not None:
            return self._manual_item()
        data = self._find()
        title = f"Moodle, {data['name']}"
        if data.get("blindmarking") and not data.get("revealidentities"):
            raise Refused(f"{title}: blind marking; reveal identities first")
        maximum = of_json(data.get("grade")) or Decimal(0)
        if maximum <= 0:
            raise Refused(f"{title}: graded with a scale or not at all, so it takes no points")
        self._see_functions(("mod_assign_save_grade", *(WORKFLOW_READS if self._workflow else ())))
        config = {(c["plugin"], c["name"]): c["value"] for c in data["configs"] if c["subtype"] == "assignfeedback"}
        takes_files = config.get(("file", "enabled")) == "1"
        method, rubric = self._grading(title)
        notes = ["a feedback file replaces earlier feedback files of the same student"] if takes_files else []
        return Column(
            title=title,
            maximum=maximum,
            visibility="when released" if self._workflow else "at once",
            release_each=self._workflow,
            hands_in=not data.get("nosubmissions"),
            comments=config.get(("comments", "enabled")) == "1",
            file_bytes=self._largest if takes_files else 0,
            rubric=rubric,
            rubric_only=method == "rubric",
            most=MOST_IN_ONE if "mod_assign_save_grades" in self._functions else 1,
            notes=tuple(notes),
        )

    def _see_functions(self, needed: Sequence[str]) -> None:
        """A token belongs to a service, and a service has only the functions that an administrator put into it."""
        if not self._functions:
            site = self._get("core_webservice_get_site_info", "functions")
            self._functions = {function["name"] for function in site["functions"]}
            self._largest: int | None = int(site.get("usermaxuploadfilesize") or 0) or None
        if self._ids.cmid is not None:
            needed = (*needed, *ASSIGNMENT_READS)
        if missing := sorted(set(needed) - self._functions):
            raise Stopped(f"the token's service lacks {', '.join(missing)}; docs/lms.md lists what it needs")

    def _find(self) -> dict[str, Any]:
        answer = self._get("mod_assign_get_assignments", "courses", courseids=[self._ids.course])
        for course in answer["courses"]:
            for assignment in course["assignments"]:
                if assignment["cmid"] == self._ids.cmid:
                    self._assignment = assignment
                    return self._assignment
        raise Refused(f"course {self._ids.course} has no assignment with cmid {self._ids.cmid} that the token may see")

    def _manual_item(self) -> Column:
        for user in self._report(0):
            for item in user["gradeitems"]:
                if item["id"] == self._ids.item:
                    maximum = of_json(item.get("grademax")) or Decimal(0)
                    return Column(f"Moodle, {item['itemname']}", maximum, "at once", read_only=MANUAL)
        raise Refused(f"course {self._ids.course} has no grade item {self._ids.item}, or no students")

    def _grading(self, title: str) -> tuple[str, tuple[Criterion, ...]]:
        answer = self._get(
            "core_grading_get_definitions", "areas", cmids=[self._ids.cmid], areaname="submissions", activeonly=1
        )
        areas = answer.get("areas") or [{}]
        method = areas[0].get("activemethod") or ""
        definitions = [d for d in areas[0].get("definitions") or [] if d["method"] == method]
        if method not in {"", "rubric"}:
            raise Refused(f"{title}: graded with {method}, which is not supported; use a rubric or plain points")
        if method == "rubric" and not definitions:
            raise Refused(f"{title}: its rubric is not ready")
        lines = definitions[0]["rubric"]["rubric_criteria"] if definitions else []
        return method, tuple(_criterion(line) for line in lines)

    def people(self) -> list[Person]:
        """The course's students: whoever has grades, and suspended ones."""
        self._see_functions(READS)
        graded = {user["userid"]: user for user in self._report(0)}
        enrolled = self._enrolled()
        active = self._enrolled(options=[{"name": "onlyactive", "value": "1"}])
        alive = {user["id"] for user in active}
        participants = self._participants()
        people = []
        for user in enrolled:
            student = any(role.get("shortname") == "student" for role in user.get("roles") or [])
            if user["id"] not in graded and not student:
                continue
            number = user.get("idnumber") or graded.get(user["id"], {}).get("useridnumber") or ""
            people.append(
                Person(str(user["id"]), str(number), user.get("username") or "", user.get("email") or "",
                       user.get("fullname") or "", participants.get(user["id"], ""), user["id"] in alive)
            )  # fmt: skip
        return people

    def _enrolled(self, **options: Any) -> list[dict[str, Any]]:
        answer = self._call("core_enrol_get_enrolled_users", courseid=self._ids.course, **options)
        if not isinstance(answer, list):
            raise Unsure("Moodle answers core_enrol_get_enrolled_users with something else than a list")
        return answer

    def _get(self, function: str, name: str, **parameters: Any) -> dict[str, Any]:
        """The answer of a function that reads, in which `name` has to be."""
        answer = self._call(function, **parameters)
        if not isinstance(answer, dict) or name not in answer:
            raise Unsure(f"Moodle answers {function} with something else than was asked for")
        return answer

    def _participants(self) -> dict[int, str]:
        """The ids in the names of bulk downloads, where the token's service tells them."""
        if self._ids.cmid is None or "mod_assign_get_user_mappings" not in self._functions:
            return {}
        instance = self._assignment or self._find()
        answer = self._get("mod_assign_get_user_mappings", "assignments", assignmentids=[instance["id"]])
        return {m["userid"]: str(m["id"]) for found in answer["assignments"] for m in found["mappings"]}

    def _report(self, user: int) -> list[dict[str, Any]]:
        answer = self._get("gradereport_user_get_grade_items", "usergrades", courseid=self._ids.course, userid=user)
        grades: list[dict[str, Any]] = answer["usergrades"]
        return grades

    def read_all(self) -> dict[str, Standing]:
        """What stands in the gradebook, and who handed in."""
        handed_in: set[int] | None = None
        if self._ids.cmid is not None:
            instance = self._assignment or self._find()
            answer = self._get("mod_assign_get_submissions", "assignments", assignmentids=[instance["id"]])
            found = [s for a in answer["assignments"] for s in a["submissions"]]
            handed_in = {s["userid"] for s in found if s["status"] == "submitted"}
        return self._standings(self._report(0), handed_in)

    def read(self, users: Sequence[str]) -> dict[str, Standing]:
        """What stands in the gradebook for these students: a request for each."""
        found: list[dict[str, Any]] = []
        for user in users:
            try:
                found += self._report(int(user))
            except Refused:  # no longer in the course, or something else is wrong: the report of all tells
                found += [report for report in self._report(0) if str(report["userid"]) == user]
        return self._standings(found, None)

    def _standings(self, reports: list[dict[str, Any]], handed_in: set[int] | None) -> dict[str, Standing]:
        kept = self._unreleased() if self._workflow and reports else {}
        standings = {}
        for report in reports:
            item = next((item for item in report["gradeitems"] if self._is_ours(item)), None)
            if item is not None:
                submitted = None if handed_in is None else report["userid"] in handed_in
                standings[str(report["userid"])] = _standing(item, kept.get(report["userid"]), submitted)
        return standings

    def _is_ours(self, item: dict[str, Any]) -> bool:
        return bool(item["id"] == self._ids.item if self._ids.item is not None else item.get("cmid") == self._ids.cmid)

    def _unreleased(self) -> dict[int, Decimal]:
        """With marking workflow a grade is in the gradebook only once it is released, in the assignment before.

        Below 0: saved without a grade, maybe with a comment.
        """
        answer = self._get("mod_assign_get_grades", "assignments", assignmentids=[self._assignment["id"]])
        grades: dict[int, tuple[int, Decimal]] = {}
        for line in (g for found in answer["assignments"] for g in found["grades"]):
            value = of_json(line["grade"])
            if value is not None:
                latest = grades.get(line["userid"], (-1, value))
                grades[line["userid"]] = max(latest, (line["attemptnumber"], value), key=lambda pair: pair[0])
        return {user: value for user, (_, value) in grades.items()}

    def stamp(self, after: str) -> str:
        """Moodle keeps its own time."""
        return ""

    def write(self, rows: Sequence[Write]) -> str:
        """One row, or several in one request. The answer is null whether or not anything was written."""
        grades = [self._grade(row) for row in rows]
        if len(grades) == 1:
            self._call("mod_assign_save_grade", assignmentid=self._assignment["id"], applytoall=0, **grades[0])
        else:
            self._call("mod_assign_save_grades", assignmentid=self._assignment["id"], applytoall=0, grades=grades)
        return ""

    def finish(self, job: str) -> None:
        """Moodle carries out a request before it answers."""

    def _grade(self, row: Write) -> dict[str, Any]:
        score = row.now.score if row.score is None else row.score
        state = ("released" if row.release or row.now.released else "inreview") if self._workflow else ""
        existing = (row.now.comments or ("",))[0]
        text = joined(existing, as_html(row.comment)) if row.comment else existing
        # Without the comment's key Moodle fails; without the files' key it keeps a feedback file.
        plugins: dict[str, Any] = {"assignfeedbackcomments_editor": {"text": text, "format": 1}}
        if row.file is not None:
            plugins["files_filemanager"] = self._call.upload(row.file)
        grade = {"userid": row.user, "grade": shown(score) if score is not None else "-1", "attemptnumber": -1,
                 "addattempt": 0, "workflowstate": state, "plugindata": plugins}  # fmt: skip
        if row.rubric:
            grade["advancedgradingdata"] = {"rubric": {"criteria": [_filled(filling) for filling in row.rubric]}}
        return grade

    def release(self) -> None:
        """Grades are released one by one, as they are written."""

    def close(self) -> None:
        """Close connections."""
        self._call.http.close()


def _criterion(data: dict[str, Any]) -> Criterion:
    levels = tuple(Level(str(level["id"]), Decimal(str(level["score"]))) for level in data["levels"])
    most = max((level.points for level in levels), default=Decimal(0))
    return Criterion(str(data["id"]), str(data["description"]), most, levels)


def _filled(filling: Filling) -> dict[str, Any]:
    inner = {"criterionid": filling.criterion, "levelid": filling.level, "remark": filling.remark, "remarkformat": 1}
    return {"criterionid": filling.criterion, "fillings": [inner]}


def _standing(item: dict[str, Any], unreleased: Decimal | None, submitted: bool | None) -> Standing:
    obstacle = ""
    if item.get("gradeislocked") or item.get("locked"):
        obstacle = "locked in the gradebook"
    elif item.get("gradeisoverridden"):
        obstacle = "overridden in the gradebook, so Moodle would ignore a new score"
    in_gradebook = of_json(item.get("graderaw"))
    feedback = str(item.get("feedback") or "")
    if unreleased is not None and unreleased < 0:
        if in_gradebook is None and not feedback and not obstacle:
            obstacle = "a teacher has begun to grade: a comment that is not released cannot be read, and would be lost"
        unreleased = None
    kept_back = unreleased is not None and in_gradebook is None
    return Standing(
        score=in_gradebook if unreleased is None else unreleased,
        comments=None if kept_back else (feedback,) if feedback else (),
        submitted=submitted,
        attempt=str(item.get("gradedatesubmitted") or ""),
        obstacle=obstacle,
        hidden=bool(item.get("gradeishidden") or item.get("gradehiddenbydate")),
        released=in_gradebook is not None,
    )
