"""Whose submission is it? Exact keys match; a name only suggests; two possibilities block the row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from autograder.scores.file_names import Clue, clues
from autograder.scores.people import Person, letters

CONFIRMED = "confirmed"
MatchStatus = Literal["matched", "suggested", "ambiguous", "unknown"]


@dataclass(frozen=True)
class Match:
    """What is known of one submission's student.

    Parameters
    ----------
    people : the student (several: group work) where matched; else the candidates
    how : what the match rests on, or why there is none
    """

    file: str
    status: MatchStatus
    people: tuple[Person, ...] = ()
    how: str = ""


@dataclass(frozen=True)
class Roster:
    """A class: its submissions with their students, and the students without one."""

    matches: tuple[Match, ...]
    missing: tuple[Person, ...]

    def counts(self) -> dict[str, int]:
        """How many submissions of each status, and how many students without one."""
        found = dict.fromkeys(("matched", "suggested", "ambiguous", "unknown"), 0)
        for match in self.matches:
            found[match.status] += 1
        return {**found, "missing": len(self.missing)}


class _Index:
    """Finds students by key and by name."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.by_number: dict[str, set[Person]] = defaultdict(set)  # ids as they stand
        self.by_address: dict[str, set[Person]] = defaultdict(set)  # logins and e-mail addresses, in lower case
        self.by_id: dict[str, Person] = {}
        self.by_participant: dict[str, set[Person]] = defaultdict(set)
        self.by_name: dict[str, set[Person]] = defaultdict(set)
        self.words: list[tuple[set[str], Person]] = []
        for person in people:
            self.by_id[person.id] = person
            for number in {person.id, person.sis_id} - {""}:
                self.by_number[number].add(person)
            for address in {person.login.casefold(), person.email.casefold()} - {""}:
                self.by_address[address].add(person)
            if person.participant:
                self.by_participant[person.participant].add(person)
            if person.name:
                self.by_name[letters(person.name)].add(person)
                self.words.append((_words(person.name), person))

    def exact(self, text: str) -> set[Person]:
        """Ids as they stand, logins and e-mail addresses in any case."""
        return self.by_number.get(text, set()) | self.by_address.get(text.casefold(), set())

    def named(self, text: str) -> set[Person]:
        """Everybody whose name is `text`, or whose key or whole name (of two words at least) is a part of it."""
        found = set(self.by_name.get(letters(text), ()))
        for word in re.split(r"[\s_,;()+]+", text):
            found |= self.exact(word)
        said = _words(text)
        return found | {person for words, person in self.words if len(words) > 1 and words <= said}


def _words(name: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", name.casefold()))


def match_files(
    files: Sequence[str],
    people: Sequence[Person],
    *,
    aliases: Sequence[Person] = (),
    gradescope: dict[str, list[str]] | None = None,
    confirmed: dict[str, list[str]] | None = None,
) -> Roster:
    """Match submissions and students.

    Parameters
    ----------
    aliases : a roster CSV that names students by what the LMS does not know, joined to `people` by what both know
    confirmed : LMS user ids that a person confirmed, by file
    """
    index = _Index(people)
    known = _Index(aliases)
    given = {person.file: person for person in [*people, *aliases] if person.file}
    matches = []
    for file in files:
        if confirmed and file in confirmed:
            matches.append(_confirmed(file, confirmed[file], index))
        elif file in given:
            found = set().union(*(index.exact(key) for key in given[file].identifiers))
            matches.append(_decided(file, found, "roster file"))
        else:
            matches.append(_match(file, clues(file, gradescope), index, known))
    matches = _without_doubles(matches)
    seen = {person.id for match in matches for person in match.people if match.status == "matched"}
    return Roster(tuple(matches), tuple(person for person in people if person.id not in seen and person.active))


def _confirmed(file: str, ids: list[str], index: _Index) -> Match:
    found = {user: index.by_id[user] for user in ids if user in index.by_id}  # each once
    if set(ids) - found.keys():
        gone = ", ".join(sorted(set(ids) - index.by_id.keys()))
        return Match(file, "unknown", how=f"confirmed, but the LMS knows no user {gone}")
    return Match(file, "matched", tuple(found.values()), CONFIRMED)


def _decided(file: str, found: set[Person], how: str) -> Match:
    people = tuple(sorted(found, key=lambda person: person.id))
    if not people:
        return Match(file, "unknown", how=f"{how}: nobody in the course has this key")
    return Match(file, "matched" if len(people) == 1 else "ambiguous", people, how)


def _match(file: str, said: list[Clue], index: _Index, known: _Index) -> Match:
    if said and said[0].source == "Gradescope":
        return _group(file, said, index, known)
    suggested: set[Person] = set()
    sure: set[Person] = set()
    how = []
    for clue in said:
        found = _exact(clue, index, known)
        if clue.kind == "any":
            sure |= found
        else:
            for person in found:  # a plain file can look like an LMS's: the name has to agree
                (sure if letters(person.name) == letters(clue.name) else suggested).add(person)
        if found:
            how.append(f"{clue.source}: {clue.key}")
    if sure:
        return _decided(file, sure, ", ".join(how))
    for clue in said:
        suggested |= index.named(clue.name) if clue.name else set()
    if suggested:
        people = tuple(sorted(suggested, key=lambda person: person.id))
        words = "only the name agrees" if not how else f"{how[0]}, but the name does not agree"
        return Match(file, "suggested" if len(people) == 1 else "ambiguous", people, words)
    return Match(file, "unknown", how="nothing in its name belongs to a student of the course")


def _exact(clue: Clue, index: _Index, known: _Index) -> set[Person]:
    if not clue.key:
        return set()
    if clue.kind == "participant":
        direct, aliased = index.by_participant.get(clue.key, set()), known.by_participant.get(clue.key, set())
    elif clue.kind == "user":
        direct, aliased = {index.by_id[clue.key]} if clue.key in index.by_id else set(), set()
    else:
        direct, aliased = index.exact(clue.key), known.exact(clue.key)
    return direct | {person for alias in aliased for key in alias.identifiers for person in index.exact(key)}


def _group(file: str, said: list[Clue], index: _Index, known: _Index) -> Match:
    """Every submitter of a Gradescope submission has to be known."""
    everybody: dict[str, Person] = {}  # who is named twice is one person
    for clue in said:
        found = _exact(clue, index, known)
        if len(found) != 1:
            status: MatchStatus = "ambiguous" if found else "unknown"
            return Match(file, status, tuple(found), f"Gradescope: submitter {clue.key}")
        everybody |= {person.id: person for person in found}
    return Match(file, "matched", tuple(everybody.values()), "Gradescope: " + ", ".join(clue.key for clue in said))


def _without_doubles(matches: list[Match]) -> list[Match]:
    """Two submissions of one student block each other; where a person confirmed one of them, only the other."""
    files: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        if match.status == "matched":
            for person in match.people:
                files[person.id].append(match)
    result = []
    for match in matches:
        same = [o for p in match.people for o in files[p.id] if match.status == "matched" and o.file != match.file]
        others = {other.file for other in same if match.how != CONFIRMED or other.how == CONFIRMED}
        if others:
            words = f"the same student also has {', '.join(sorted(others))}"
            match = replace(match, status="ambiguous", how=words)
        result.append(match)
    return result
