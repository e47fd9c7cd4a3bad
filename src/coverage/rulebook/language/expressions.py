"""One-line expressions: `licence_years < 2 and vehicle_class in ["car", "van"]`.

The text is parsed with Python's own grammar, held against a short whitelist, typed, and kept as a small tree.
The text itself is never executed. Money is typed: `goods_value > 0 EUR` compares, `goods_value > 0` is refused.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from difflib import get_close_matches
from typing import Final

from coverage.rulebook.language.notation import MICRO, Misread, amount, decimal, quoted
from coverage.rulebook.language.respelling import condition_respelt, first_difference

MAX_LENGTH: Final = 400
MAX_DEPTH: Final = 60
FORMS: Final = (
    "names, numbers, money (12 EUR), quoted choices, and/or/not/in, comparisons, + - * //, min( ), max( ), and of a "
    "list sum( ), highest( ), lowest( ), count( )"
)
UNREAD: Final = "can't be read"
WORDED: Final = ("choice", "prefix", "yes_no")  # what is compared with a word, or is one by itself
TOTALS: Final = ("sum", "highest", "lowest", "count")  # of a list: its facts are named as they are written

Value = int | bool | str


@dataclass(frozen=True, slots=True)
class Kind:
    """What a name or an expression is: its sort, its bounds (money and decimals × 10⁶), its choices, its currency."""

    # integer, money, decimal, yes_no, choice, choices, prefix (a choice that isn't listed), season_days (a count for
    # each of its options), list, date or text
    sort: str
    lowest: int = 0
    highest: int = 0
    options: tuple[str, ...] = ()
    currency: str | None = None

    @property
    def number(self) -> bool:
        return self.sort in ("integer", "money", "decimal")

    def __str__(self) -> str:
        return {
            "integer": "a whole number",
            "money": f"money in {self.currency}",
            "decimal": "a decimal",
            "prefix": "the beginning of a text",
            "season_days": "days counted by season",
            "list": "a list of things",
            "yes_no": "yes or no",
            "choice": "a choice",
            "choices": "a list of choices",
        }.get(self.sort, self.sort)


YES_NO: Final = Kind("yes_no", 0, 1)


@dataclass(frozen=True, slots=True)
class Expression:
    """A typed expression: `op` with its `arguments`, or a leaf (`name`, `value`)."""

    op: str
    kind: Kind
    arguments: tuple[Expression, ...] = ()
    name: str = ""
    value: Value | tuple[str, ...] = 0

    def names(self) -> frozenset[str]:
        """Every name that the expression reads."""
        found = frozenset([self.name]) if self.op == "name" else frozenset()
        return found.union(*(argument.names() for argument in self.arguments))


class Invalid(Misread):
    """An expression that is refused, with the offset in its text where the trouble is; `name` where it is one that
    isn't known.
    """

    def __init__(self, found: str, expected: str, offset: int = 0, name: str = "") -> None:
        super().__init__(found, expected)
        self.offset, self.name = offset, name


# One row for each operator: its sign in the tree, what it means on exact numbers.
_COMPARE: Final[dict[type[ast.cmpop], str]] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_ARITHMETIC: Final[dict[type[ast.operator], str]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}

_MEANING: Final[dict[str, Callable[..., object]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: (a / b).quantize(Decimal(1) / MICRO, ROUND_FLOOR) if isinstance(a, Decimal) else a // b,
    "min": min,
    "max": max,
    "and": lambda *terms: all(terms),
    "or": lambda *terms: any(terms),
    "not": lambda term: not term,
}


def evaluate(expression: Expression, values: Mapping[str, object]) -> object:
    """What `expression` comes to, step by step. The slow, obvious way: the compiled form is `python_source`."""
    if expression.op == "name":
        return values[expression.name]
    if expression.op == "value":
        return expression.value
    return _MEANING[expression.op](*(evaluate(argument, values) for argument in expression.arguments))


def python_source(expression: Expression, spell: Callable[[str], str]) -> str:
    """`expression` as Python over whole numbers; `spell` says how a name is written there."""
    if expression.op == "name":
        return spell(expression.name)
    if expression.op == "value":
        return repr(expression.value)
    parts = [python_source(argument, spell) for argument in expression.arguments]
    if expression.op in ("min", "max"):
        return f"{expression.op}({', '.join(parts)})"
    if expression.op == "not":
        return f"(not {parts[0]})"
    return f"({f' {expression.op} '.join(parts)})"


_MONEY: Final = re.compile(r"(?<![\w.])\d[\d.]*\s[A-Z]{3}\b")
_PLACEHOLDER: Final = re.compile(r"_m(\d\d)_*")


def parse(text: str, names: Mapping[str, Kind]) -> Expression:
    """`text` as a typed expression over `names`; raises `Invalid` with the offset of what is wrong."""
    if len(text) > MAX_LENGTH:
        raise Invalid(f"an expression of {len(text)} characters", f"at most {MAX_LENGTH}")
    try:
        return _parsed(text, names)
    except Invalid as refused:
        choices = {name: kind.sort != "yes_no" for name, kind in names.items() if kind.sort in WORDED}
        right = condition_respelt(text, choices, names.__contains__)
        if right == text:
            raise
        wrong_at = first_difference(text, right)
        try:
            _parsed(right, names)
        except Invalid as other:
            # Written otherwise it can be read, and something else is wrong with it: that is what helps.
            if not other.found.endswith(UNREAD) and (not other.name or other.name != refused.name):
                raise Invalid(other.found, other.expected, min(other.offset, wrong_at), other.name) from None
            raise refused from None
        raise Invalid(quoted(text), right.strip(), wrong_at) from None


def _parsed(text: str, names: Mapping[str, Kind]) -> Expression:
    monies: list[str] = []

    def hide(match: re.Match[str]) -> str:
        # Money is no Python: an identifier of the same length stands in for it, so that offsets stay true.
        monies.append(match[0])
        return f"_m{len(monies) - 1:02d}".ljust(len(match[0]), "_")

    hidden = _MONEY.sub(hide, text)
    inset = len(text) - len(text.lstrip())
    if re.search(r"(?<!\w)_m", text) or len(monies) > 99:
        raise Invalid(quoted(text), FORMS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(hidden.strip(), mode="eval").body
    except SyntaxError as error:
        raise Invalid(f"{quoted(text)} {UNREAD}", FORMS, inset + max((error.offset or 1) - 1, 0)) from None
    except (ValueError, RecursionError, MemoryError):
        raise Invalid(f"{quoted(text)} {UNREAD}", FORMS) from None
    return _Typing(hidden.strip(), monies, names, inset).node(tree)


class _Typing:
    """Turns Python's tree into ours, and refuses whatever has no meaning here."""

    def __init__(self, text: str, monies: list[str], names: Mapping[str, Kind], inset: int) -> None:
        self.text, self.monies, self.names, self.inset = text, monies, names, inset
        self.depth = 0

    def node(self, tree: ast.expr) -> Expression:
        # Compiled, each level is a pair of parentheses, of which Python reads no more than 200 inside each other.
        if self.depth >= MAX_DEPTH:
            raise self._invalid(tree, "too many operations inside each other", f"at most {MAX_DEPTH}")
        self.depth += 1
        try:
            return self._typed(tree)
        finally:
            self.depth -= 1

    def _typed(self, tree: ast.expr) -> Expression:
        match tree:
            case ast.Name():
                return self._name(tree)
            case ast.Constant():
                return self._constant(tree)
            case ast.List() | ast.Tuple():
                return self._choices(tree)
            case ast.BoolOp():
                op = "and" if isinstance(tree.op, ast.And) else "or"
                return Expression(op, YES_NO, tuple(self._condition(value) for value in tree.values))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as figure)) if (
                type(figure) is not bool
            ):
                positive = self.node(tree.operand)
                value = -int(str(positive.value))
                return Expression("value", Kind(positive.kind.sort, value, value), value=value)
            case ast.UnaryOp(op=ast.Not()):
                return Expression("not", YES_NO, (self._condition(tree.operand),))
            case ast.Compare():
                return self._compare(tree)
            case ast.BinOp():
                return self._arithmetic(tree)
            case ast.Call(func=ast.Name(id="min" | "max" as op), keywords=[]) if len(tree.args) >= 2:
                return self._extreme(op, tree)
            case ast.Call(func=ast.Name(id=op), args=[ast.Name() | ast.Attribute(value=ast.Name())], keywords=[]) if (
                op in TOTALS
            ):
                return self._total(op, tree)
        raise self._invalid(tree, self._shown(tree), FORMS)

    def _invalid(self, tree: ast.expr, found: str, expected: str) -> Invalid:
        # Python counts bytes, people count characters.
        before = self.text.encode()[: tree.col_offset].decode(errors="ignore")
        return Invalid(found, expected, self.inset + len(before))

    def _shown(self, tree: ast.expr) -> str:
        source = ast.get_source_segment(self.text, tree) or self.text
        return quoted(_PLACEHOLDER.sub(lambda match: self.monies[int(match[1])], source))

    def _name(self, tree: ast.Name) -> Expression:
        money = _PLACEHOLDER.fullmatch(tree.id)
        if money:
            try:
                value = amount(self.monies[int(money[1])].replace("\u00a0", " "))
            except Misread as error:
                raise self._invalid(tree, error.found, error.expected) from None
            return Expression(
                "value", Kind("money", value.micros, value.micros, currency=value.currency), value=value.micros
            )
        if tree.id not in self.names:
            unknown = self._invalid(
                tree, f"{quoted(tree.id)} is no input and no derived value", nearest(tree.id, self.names)
            )
            unknown.name = tree.id
            raise unknown
        kind = self.names[tree.id]
        if kind.sort == "season_days":
            raise self._invalid(tree, f"{quoted(tree.id)} is counted day by day", "a table over it, or by: start")
        return Expression("name", kind, name=tree.id)

    def _total(self, op: str, tree: ast.Call) -> Expression:
        name = f"{op}({ast.unparse(tree.args[0])})"
        if name not in self.names:
            known = [text for text in self.names if text.partition("(")[0] in TOTALS and "(" in text]
            raise self._invalid(tree, f"{quoted(name)} is no total of a list", nearest(name, known))
        return Expression("name", self.names[name], name=name)

    def _constant(self, tree: ast.Constant) -> Expression:
        value = tree.value
        if isinstance(value, bool) or not isinstance(value, int | str | float):
            raise self._invalid(tree, self._shown(tree), FORMS)
        if isinstance(value, float):
            try:
                figure = decimal(ast.get_source_segment(self.text, tree) or "")
            except Misread as error:
                raise self._invalid(tree, error.found, error.expected) from None
            return Expression("value", Kind("decimal", figure, figure), value=figure)
        if isinstance(value, str):
            return Expression("value", Kind("choice", options=(value,)), value=value)
        if not re.fullmatch(r"\d+", ast.get_source_segment(self.text, tree) or "", re.ASCII):
            raise self._invalid(tree, self._shown(tree), "a whole number in plain digits")
        if value > 10**12:
            raise self._invalid(tree, f"the number {value}", "one up to 10^12")
        return Expression("value", Kind("integer", value, value), value=value)

    def _choices(self, tree: ast.List | ast.Tuple) -> Expression:
        found = [self.node(element) for element in tree.elts]
        if not found or any(item.op != "value" or item.kind.sort != "choice" for item in found):
            raise self._invalid(tree, self._shown(tree), 'a list of quoted choices such as ["car", "van"]')
        options = tuple(str(item.value) for item in found)
        return Expression("value", Kind("choices", options=options), value=options)

    def _condition(self, tree: ast.expr) -> Expression:
        found = self.node(tree)
        if found.kind.sort != "yes_no":
            raise self._invalid(tree, f"{self._shown(tree)} is {found.kind}", "a condition, such as a comparison")
        return found

    def _compare(self, tree: ast.Compare) -> Expression:
        parts = [self.node(part) for part in (tree.left, *tree.comparators)]
        links = []
        for index, operator in enumerate(tree.ops):
            op = _COMPARE.get(type(operator))
            if op is None:
                raise self._invalid(tree, self._shown(tree), FORMS)
            left, right = _alike((parts[index], parts[index + 1]))
            self._comparable(tree, op, left, right)
            links.append(Expression(op, YES_NO, (left, right)))
        return links[0] if len(links) == 1 else Expression("and", YES_NO, tuple(links))

    def _comparable(self, tree: ast.Compare, op: str, left: Expression, right: Expression) -> None:
        a, b = left.kind, right.kind
        if op in ("in", "not in"):
            fits, expected = (
                a.sort in ("choice", "prefix") and b.sort == "choices",
                'a choice in a list, such as x in ["car", "van"]',
            )
        elif {a.sort, b.sort} <= {"choice", "prefix"}:
            fits, expected = op in ("==", "!="), "== or != between choices"
        else:
            fits = a.number and a.sort == b.sort and a.currency == b.currency
            expected = "two of the same kind: numbers with numbers, money with money of one currency, choices in quotes"
            for money, part in ((a, right), (b, left)):
                if money.sort == "money" and part.op == "value" and part.kind.sort == "integer":
                    expected = f"a currency beside it: {part.value} {money.currency}"
            if "yes_no" in (a.sort, b.sort):
                expected = "yes or no by itself: such as fragile, or not fragile"
        if not fits:
            raise self._invalid(tree, f"{self._shown(tree)} compares {a} with {b}", expected)
        named, constant = (left, right) if left.op == "name" else (right, left)
        if named.op == "name" and named.kind.sort == "choice" and constant.op == "value":
            for option in constant.kind.options:
                if option not in named.kind.options:
                    raise self._invalid(
                        tree, f"{quoted(option)} is no choice of {named.name}", nearest(option, named.kind.options)
                    )

    def _arithmetic(self, tree: ast.BinOp) -> Expression:
        op = _ARITHMETIC.get(type(tree.op), "")
        left, right = self.node(tree.left), self.node(tree.right)
        if op in ("+", "-"):
            left, right = _alike((left, right))
        a, b = left.kind, right.kind
        sorts = (a.sort, b.sort)
        same = a.number and a.sort == b.sort and a.currency == b.currency
        by_number = b.sort == "integer" and a.sort in ("money", "decimal")
        if not (same if op in ("+", "-") else op and (sorts == ("integer", "integer") or by_number)):
            raise self._invalid(
                tree, f"{self._shown(tree)} ({a}, {b})", "+ and - of the same kind, * and // by a whole number"
            )
        if op == "//" and b.lowest <= 0:
            raise self._invalid(
                tree, f"{self._shown(tree)} could divide by {b.lowest}", "a divisor that is always over zero"
            )
        ends = [_end(op, x, y) for x in (a.lowest, a.highest) for y in (b.lowest, b.highest)]
        return Expression(op, Kind(a.sort, min(ends), max(ends), currency=a.currency), (left, right))

    def _extreme(self, op: str, tree: ast.Call) -> Expression:
        parts = _alike(tuple(self.node(part) for part in tree.args))
        first = parts[0].kind
        if any(
            not part.kind.number or (part.kind.sort, part.kind.currency) != (first.sort, first.currency)
            for part in parts
        ):
            raise self._invalid(tree, self._shown(tree), f"{op}( ) of numbers, or of money in one currency")
        pick = min if op == "min" else max
        lowest, highest = pick(p.kind.lowest for p in parts), pick(p.kind.highest for p in parts)
        return Expression(op, Kind(first.sort, lowest, highest, currency=first.currency), parts)


def _alike(parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """Whole numbers that were written beside decimals, as decimals: `bonus_malus < 1`."""
    if not any(part.kind.sort == "decimal" for part in parts):
        return parts
    return tuple(
        Expression("value", Kind("decimal", part.value * MICRO, part.value * MICRO), value=part.value * MICRO)
        if part.op == "value" and part.kind.sort == "integer" and isinstance(part.value, int)
        else part
        for part in parts
    )


def _end(op: str, x: int, y: int) -> int:
    return {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "//": lambda: x // y}[op]()


def nearest(word: str, known: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    """What was probably meant, or all there is: `perhaps "driver_age"`."""
    close = get_close_matches(word, list(known), n=1)
    if close:
        return f"perhaps {quoted(close[0])}"
    names = sorted(set(known))
    return f"one of {', '.join(names[:12])}{', …' if len(names) > 12 else ''}" if names else "nothing: none is defined"
