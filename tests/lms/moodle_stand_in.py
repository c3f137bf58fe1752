"""A stand-in for Moodle's web services, which cannot be installed here: with each surprise that a real Moodle 4.5 showed.

Its form follows Moodle's published function signatures; what a teacher's token may not see, it does not show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from loopback import Answer, Loopback, Request

TOKEN = "moodle-token-that-nobody-may-see"
COURSE, CMID, INSTANCE, ITEM = 7, 42, 3, 900
FUNCTIONS = [
    "core_webservice_get_site_info", "core_enrol_get_enrolled_users", "gradereport_user_get_grade_items",
    "mod_assign_get_assignments", "mod_assign_get_submissions", "mod_assign_get_grades",
    "mod_assign_get_user_mappings", "mod_assign_save_grade", "mod_assign_save_grades",
    "core_grading_get_definitions",
]  # fmt: skip


@dataclass
class MoodleUser:
    id: int
    fullname: str
    idnumber: str = ""
    email: str = ""
    role: str = "student"
    suspended: bool = False


@dataclass
class Kept:
    """What the assignment and the gradebook hold for one user."""

    grade: float | None = None
    comment: str = ""
    state: str = ""
    files: list[str] = field(default_factory=list)
    raw: float | None = None
    feedback: str = ""
    locked: bool = False
    overridden: bool = False
    hidden: bool = False
    notified: int = 0
    levels: dict[str, str] = field(default_factory=dict)


class MoodleStandIn(Loopback):
    def __init__(self, delay: float = 0.0) -> None:
        super().__init__(delay)
        self.token = TOKEN
        self.functions = list(FUNCTIONS)
        self.users: dict[int, MoodleUser] = {2: MoodleUser(2, "Tea Cher", role="editingteacher")}
        self.kept: dict[int, Kept] = {}
        self.assignment: dict[str, Any] = {
            "id": INSTANCE, "cmid": CMID, "course": COURSE, "name": "XOR", "nosubmissions": 0, "grade": 20,
            "markingworkflow": 0, "blindmarking": 0, "teamsubmission": 0, "configs": [
                {"plugin": plugin, "subtype": "assignfeedback", "name": "enabled", "value": "1"}
                for plugin in ("comments", "file")],
        }  # fmt: skip
        self.rubric: list[dict[str, Any]] = []
        self.handed_in: set[int] = set()
        self.drafts: dict[int, str] = {}
        self.raises: set[int] = set()
        self.most_file_bytes = 1_000_000
        self.max_input_vars = 1000  # PHP's

    def add_class(self, count: int, first: int = 100) -> None:
        for number in range(count):
            user = first + number
            self.users[user] = MoodleUser(user, f"Student {number:07d}", f"{number:07d}", f"s{number}@example.edu")
            self.handed_in.add(user)
            self.kept[user] = Kept()

    def of(self, user: int) -> Kept:
        return self.kept.setdefault(user, Kept())

    # Requests

    def answer(self, request: Request) -> Answer:
        if request.path == "/webservice/upload.php":
            return self._upload(request)
        if request.path != "/webservice/rest/server.php":
            return Answer(404, "<html>not found</html>")
        if request.value("wstoken") != self.token:
            return _exception("invalidtoken", "Invalid token - token not found")
        function = request.value("wsfunction")
        if function not in self.functions:
            return _exception("accessexception", "Access control exception")
        if len(request.form) > self.max_input_vars:  # PHP drops the rest, and Moodle misses what it needs
            return _exception("invalidparameter", "Invalid parameter value detected")
        data = _nested(request.form)
        answer: Answer = getattr(self, f"_{function}")(data)
        return answer

    def _core_webservice_get_site_info(self, _data: Any) -> Answer:
        functions = [{"name": name, "version": "2024100700"} for name in self.functions]
        return Answer(200, {"sitename": "stand-in", "userid": 2, "functions": functions,
                            "usermaxuploadfilesize": self.most_file_bytes})  # fmt: skip

    def _core_enrol_get_enrolled_users(self, data: Any) -> Answer:
        options = {o["name"]: o["value"] for o in data.get("options", {}).values()}
        users = [u for u in self.users.values() if not (options.get("onlyactive") == "1" and u.suspended)]
        return Answer(200, [{"id": u.id, "fullname": u.fullname, "email": u.email,  # no idnumber for a teacher
                             "roles": [{"roleid": 5, "name": "", "shortname": u.role}]} for u in users])  # fmt: skip

    def _gradereport_user_get_grade_items(self, data: Any) -> Answer:
        wanted = int(data["userid"])
        students = [u for u in self.users.values() if u.role == "student" and not u.suspended]
        if wanted:
            students = [u for u in students if u.id == wanted]
            if not students:
                return _exception("notingroup", "Not in the course")
        return Answer(200, {"usergrades": [self._report(u) for u in students], "warnings": []})

    def _report(self, user: MoodleUser) -> dict[str, Any]:
        kept = self.of(user.id)
        item = {"id": ITEM, "itemname": "XOR", "itemtype": "mod", "itemmodule": "assign", "iteminstance": INSTANCE,
                "cmid": CMID, "graderaw": kept.raw, "grademin": 0, "grademax": self.assignment["grade"],
                "gradeishidden": kept.hidden, "gradehiddenbydate": False,
                "gradeislocked": kept.locked or None, "gradeisoverridden": kept.overridden or None,  # null, not false
                "gradedatesubmitted": 1700000000 if user.id in self.handed_in else None}  # fmt: skip
        if kept.raw is not None:
            item["feedback"] = kept.feedback
        manual = {"id": ITEM + 1, "itemname": "Oral", "itemtype": "manual", "cmid": None, "graderaw": 3.0,
                  "grademax": 5}  # fmt: skip
        return {"courseid": COURSE, "userid": user.id, "userfullname": user.fullname, "useridnumber": user.idnumber,
                "gradeitems": [manual, item]}  # fmt: skip

    def _mod_assign_get_assignments(self, _data: Any) -> Answer:
        return Answer(200, {"courses": [{"id": COURSE, "assignments": [self.assignment]}], "warnings": []})

    def _mod_assign_get_submissions(self, _data: Any) -> Answer:
        found = [{"userid": u, "status": "submitted" if u in self.handed_in else "new"} for u in self.users]
        return Answer(200, {"assignments": [{"assignmentid": INSTANCE, "submissions": found}], "warnings": []})

    def _mod_assign_get_user_mappings(self, _data: Any) -> Answer:
        mappings = [{"id": 5000 + u, "userid": u} for u in self.users]
        return Answer(200, {"assignments": [{"assignmentid": INSTANCE, "mappings": mappings}], "warnings": []})

    def _mod_assign_get_grades(self, _data: Any) -> Answer:
        grades = [{"id": 1, "userid": u, "attemptnumber": 0, "grade": f"{k.grade:.5f}"}
                  for u, k in self.kept.items() if k.grade is not None]  # fmt: skip
        return Answer(200, {"assignments": [{"assignmentid": INSTANCE, "grades": grades}], "warnings": []})

    def _core_grading_get_definitions(self, _data: Any) -> Answer:
        area: dict[str, Any] = {"cmid": CMID, "areaname": "submissions", "activemethod": None, "definitions": []}
        if self.rubric:
            area["activemethod"] = "rubric"
            area["definitions"] = [{"method": "rubric", "rubric": {"rubric_criteria": self.rubric}}]
        return Answer(200, {"areas": [area], "warnings": []})

    # Writing

    def _mod_assign_save_grade(self, data: Any) -> Answer:
        return self._save(data) or Answer(200, None)

    def _mod_assign_save_grades(self, data: Any) -> Answer:
        for grade in data["grades"].values():  # not atomic: what comes after an error is never tried
            if failed := self._save(grade):
                return failed
        return Answer(200, None)

    def _save(self, data: Any) -> Answer | None:
        user, grade = int(data["userid"]), float(data["grade"])
        if user in self.raises:
            return _exception("moodle_exception", "Something is wrong with this one")
        plugins = data.get("plugindata") or {}
        if "assignfeedbackcomments_editor" not in plugins:
            return _exception("dml_write_exception", "Error writing to database")
        kept = self.of(user)  # also for a user who is not enrolled, or does not exist
        if self.rubric:
            filled = data.get("advancedgradingdata", {}).get("rubric", {}).get("criteria", {})
            if not filled:
                return None
            kept.levels = {c["criterionid"]: c["fillings"]["0"]["levelid"] for c in filled.values()}
            scores = {str(level["id"]): level["score"] for line in self.rubric for level in line["levels"]}
            grade = float(sum(scores[level] for level in kept.levels.values()))
        if grade < 0 or grade > self.assignment["grade"] or kept.locked or kept.overridden:
            return None
        kept.grade, kept.comment = grade, plugins["assignfeedbackcomments_editor"]["text"]
        if "files_filemanager" in plugins:
            kept.files = [self.drafts[int(plugins["files_filemanager"])]]
        kept.state = data.get("workflowstate", "")
        if not self.assignment["markingworkflow"] or kept.state == "released":
            kept.raw, kept.feedback = kept.grade, kept.comment
            kept.notified += 1  # for an identical grade, too
        return None

    def _upload(self, request: Request) -> Answer:
        if request.value("token") != self.token:
            return _exception("invalidtoken", "Invalid token - token not found")
        name, content = request.files["file_1"]
        if len(content) > self.most_file_bytes:
            return Answer(200, {"error": "The file is too large", "errorcode": "maxbytes"})
        self.drafts[7000 + len(self.drafts)] = name
        return Answer(200, [{"component": "user", "filearea": "draft", "itemid": 6999 + len(self.drafts),
                             "filename": name}])  # fmt: skip


def _exception(code: str, words: str) -> Answer:
    return Answer(200, {"exception": "moodle_exception", "errorcode": code, "message": words})


def _nested(form: list[tuple[str, str]]) -> dict[str, Any]:
    """PHP's reading of a[0][b]=1."""
    found: dict[str, Any] = {}
    for name, value in form:
        keys = [name.split("[")[0], *re.findall(r"\[(.*?)\]", name)]
        place = found
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return found


def saves(request: Request) -> bool:
    return "save_grade" in request.value("wsfunction")
