"""Cuts the reference into stubs and answers: signature and docstring are the student's, the body is the answer."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass

from autograder.errors import UserError


@dataclass(frozen=True)
class FunctionText:
    """One function of the reference as text.

    Parameters
    ----------
    head : signature and docstring
    body : the answer, indented
    placeholder : what stands in the stub instead, indented: `...` for each value that is to be returned
    """

    name: str
    head: str
    body: str
    placeholder: str

    @property
    def stub(self) -> str:
        """What the student gets."""
        return f"{self.head}\n{self.placeholder}"

    @property
    def solution(self) -> str:
        """The whole function."""
        return f"{self.head}\n{self.body}"


def cut(source: str, file: str) -> dict[str, FunctionText]:
    """All top-level functions of the reference by name, in order.

    Raises
    ------
    UserError : a function has no docstring, or does not end with `return`
    """
    lines = source.splitlines()
    functions = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        first, last = node.body[0], node.body[-1]
        if ast.get_docstring(node) is None or not isinstance(last, ast.Return) or last.value is None:
            raise UserError(f"{file}: `{node.name}` needs a docstring and must end with `return`")
        assert first.end_lineno is not None
        assert node.end_lineno is not None
        functions[node.name] = FunctionText(
            name=node.name,
            head="\n".join(lines[node.lineno - 1 : first.end_lineno]),
            body="\n".join(lines[first.end_lineno : node.end_lineno]),
            placeholder=_placeholder(last.value),
        )
    return functions


def _placeholder(returned: ast.expr) -> str:
    """`name = ...` for each returned name and a `return` of them; `return ...` where one expression is returned."""
    if not (isinstance(returned, ast.Tuple) and all(isinstance(part, ast.Name) for part in returned.elts)):
        return "    return ..."
    names = [part.id for part in returned.elts if isinstance(part, ast.Name)]
    return textwrap.indent("\n".join([*(f"{name} = ..." for name in names), f"return ({', '.join(names)})"]), "    ")
