"""Builds the whole wrong function of a student who has one misconception and does all else right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograder.checking.columns import Names
from autograder.checking.diagnosis import spoiled_values
from autograder.checking.misconception import Misconception
from autograder.checking.question import Question, Rubric


def wrong_version(rubric: Rubric, misconception: Misconception) -> tuple[str, Callable[..., Any]]:
    """The function's name and a version of it that is spoiled by `misconception` only.

    Values that follow from a spoiled one follow from it here, too, as they do in a student's function.
    """
    question = question_of(rubric, misconception.question)
    spoiled = spoiled_values(question, misconception)
    if not spoiled:
        return question.function, misconception.function

    def values(inputs: Mapping[str, Any], outputs: tuple[str, ...] = question.outputs) -> dict[str, Any]:
        known = dict(inputs)
        for index, name in enumerate(outputs):
            if name in spoiled:
                if name == spoiled[0]:
                    known.update(_spoil(rubric, misconception, spoiled, known))
                continue
            earlier = outputs[:index]
            observed = {
                value: observation.read(
                    [*(values({**inputs, **change}, earlier) for change in observation.changes(inputs)), known]
                )
                for value, observation in question.observes.get(name, {}).items()
            }
            known[name] = rubric.derivation.follow(name, {**known, **observed})
        return known

    def function(*arguments: Any) -> Any:
        known = values(dict(zip(question.inputs, arguments, strict=True)))
        return _pack(question.returns, known)

    return question.function, function


def _spoil(
    rubric: Rubric, misconception: Misconception, spoiled: tuple[str, ...], known: Mapping[str, Any]
) -> dict[str, Any]:
    result = misconception.function(*(rubric.derivation.resolve(name, known) for name in misconception.parameters))
    return {spoiled[0]: result} if len(spoiled) == 1 else dict(zip(spoiled, result, strict=True))


def _pack(names: Names, known: Mapping[str, Any]) -> Any:
    return known[names] if isinstance(names, str) else tuple(_pack(part, known) for part in names)


def question_of(rubric: Rubric, name: str) -> Question:
    """The question with this name."""
    return next(question for question in rubric.questions if question.name == name)
