"""Can a call of a student's functions leave anything behind that a later call sees? Told from the source alone.

Most notebooks hold plain functions of their arguments; for them being asked after other questions is as good as being
asked alone. In doubt the answer is that something may be left. Who hides it from us only spoils their own answers.
"""

from __future__ import annotations

import ast
import dis
import warnings
from collections.abc import Iterable, Iterator, Sequence
from types import CodeType

_CHANGES = {"STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR", "DELETE_ATTR", "IMPORT_NAME"}
_CHANGING = {code for name, code in dis.opmap.items() if name in _CHANGES}
_GLOBAL = {dis.opmap["STORE_GLOBAL"], dis.opmap["DELETE_GLOBAL"]}
# Anywhere: what can bind a name without being seen here.
_BINDS_UNSEEN = {"globals", "exec", "setattr", "delattr", "vars", "__dict__", "__builtins__"}
# In a function that is called: state of NumPy, files, and what reaches names that are not written down.
_KEEPS = _BINDS_UNSEEN | {"random", "seterr", "seterrcall", "set_printoptions"}
_KEEPS |= {"open", "save", "savez", "savetxt", "tofile", "load", "loadtxt", "fromfile", "memmap", "input", "breakpoint"}
_KEEPS |= {"eval", "getattr", "locals", "__import__", "__globals__", "__code__", "__defaults__", "__class__"}
_MODULES = {"numpy", "math", "copy", "typing", "itertools", "functools", "operator"}


def leaves_nothing(cells: Sequence[str], functions: Iterable[str]) -> bool:
    """Whether calls of `functions` depend on nothing but their arguments, and change nothing else."""
    try:
        names = _Names(cells)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not names.bound_unseen and names.are_plain(functions)


class _Names:
    """What each name at the top of the cells is bound to."""

    def __init__(self, cells: Sequence[str]) -> None:
        self.functions: dict[str, list[CodeType]] = {}
        self.other: set[str] = set()  # bound to what may be changed
        self._imported: set[str] = set()
        self.bound_unseen = False
        for cell in cells:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # SyntaxWarning: the student's, not the grader's
                tree = ast.parse(cell)
                top = compile(tree, "<cell>", "exec", dont_inherit=True)
            for statement in tree.body:
                self._bind(statement, top)
            for code in _with_inner(top):
                if code is not top and (_GLOBAL & set(code.co_code[::2]) or _BINDS_UNSEEN.intersection(code.co_names)):
                    self.bound_unseen = True
            if _BINDS_UNSEEN.intersection(top.co_names) and not all(map(self._binds_seen, tree.body)):
                self.bound_unseen = True

    def _binds_seen(self, statement: ast.stmt) -> bool:
        """Whether a statement reaches for no namespace, but to hand it to an imported function: `start(globals())`."""
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in self._imported:
            return all(isinstance(argument, (ast.Call, ast.Constant)) for argument in value.args)
        words = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(statement)}
        return not words & _BINDS_UNSEEN

    def _bind(self, statement: ast.stmt, top: CodeType) -> None:
        if isinstance(statement, ast.FunctionDef) and not statement.decorator_list and _is_plain(statement.args):
            self._add(statement.name, statement.name, top)
            return
        if isinstance(statement, ast.Assign) and all(isinstance(target, ast.Name) for target in statement.targets):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            if _is_constant(statement.value):
                return
            if isinstance(statement.value, ast.Lambda) and _is_plain(statement.value.args):
                for name in names:
                    self._add(name, "<lambda>", top)
                return
        if isinstance(statement, ast.Import) and all(alias.name.split(".")[0] in _MODULES for alias in statement.names):
            return
        if isinstance(statement, ast.ImportFrom):
            self._imported.update(alias.asname or alias.name for alias in statement.names)
            if (statement.module or "").split(".")[0] in _MODULES:
                return
        self.other.update(_stored(statement))

    def _add(self, name: str, code_name: str, top: CodeType) -> None:
        codes = [part for part in top.co_consts if isinstance(part, CodeType) and part.co_name == code_name]
        self.functions.setdefault(name, []).extend(codes)

    def are_plain(self, functions: Iterable[str]) -> bool:
        """Whether all that is reached from `functions` is plain functions, fixed values and modules without state."""
        waiting = list(functions)
        seen = set(waiting)
        while waiting:
            name = waiting.pop()
            if name in self.other:
                return False
            for function in self.functions.get(name, ()):
                for code in _with_inner(function):
                    if _CHANGING & set(code.co_code[::2]) or _KEEPS.intersection(code.co_names):
                        return False
                    waiting += set(code.co_names) - seen
                    seen.update(code.co_names)
        return True


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _with_inner(part)


def _is_constant(value: ast.expr | None) -> bool:
    if isinstance(value, ast.UnaryOp):
        value = value.operand
    return value is None or isinstance(value, ast.Constant)


def _is_plain(arguments: ast.arguments) -> bool:
    """Whether no default value can be changed."""
    return all(map(_is_constant, [*arguments.defaults, *arguments.kw_defaults]))


def _stored(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
