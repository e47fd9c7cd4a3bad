"""The words in which a plan's function is written down: Python's for one risk (`scalar`), NumPy's for many (`columns`).

What is said is the source of a function. Tables and other constants are its globals, never text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from coverage.rulebook.language.expressions import Expression
from coverage.rulebook.language.notation import FACTOR_ONE
from coverage.rulebook.planning.plan import Axis, Plan

# One row for each operation: the running amount `p` and the charge `c` to the new running amount.
OPERATIONS: Final[dict[str, str]] = {
    "base": "{c}",
    "times": f"({{p}} * {{c}} + {FACTOR_ONE // 2}) // {FACTOR_ONE}",
    "plus": "{p} + {c}",
    "minus": "max({p} - {c}, 0)",
    "at_least": "max({p}, {c})",
    "at_most": "min({p}, {c})",
    # Over days that each have a factor of their own: `c` is the sum of them, and their mean over `d` days multiplies.
    "times_by_day": f"({{p}} * {{c}} + {FACTOR_ONE // 2} * {{d}}) // ({FACTOR_ONE} * {{d}})",
}


# How the figures of a table, kept under a name, are looked up: the source of the one that holds for a risk.
Look = Callable[[str, Sequence[int]], str]


def local(name: str) -> str:
    """A fact's name as a local: prefixed, so that it meets no word of ours or Python's, and spelt without signs:
    `sum(items.value)` is `f_sum_OF_items_DOT_value`. Names are in small letters, so no two facts are one local.
    """
    return "f_" + name.replace("(", "_OF_").replace(")", "").replace(".", "_DOT_")


class Dialect(ABC):
    """Lines of a function, and the words that they are made of. A condition is text; an empty one always holds."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lines: list[str] = []
        self.depth = 1
        self.constants: dict[str, Any] = {}
        self.reads: set[str] = set()  # the names that the lines ask for

    def emit(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def apart(self, write: Callable[[], object]) -> list[str]:
        """The lines that `write` emits, kept apart from the others."""
        before, self.lines = self.lines, []
        write()
        written, self.lines = self.lines, before
        return written

    def read(self, name: str) -> str:
        """A fact's local, noted as asked for."""
        self.reads.add(name)
        return local(name)

    def function(self, name: str, arguments: Sequence[str], lines: Sequence[str]) -> Callable[..., Any]:
        """Compiles lines as a function, which the lines compiled later can call."""
        source = "\n".join([f"def {name}({', '.join(arguments)}):", *lines])
        # The source was written here from typed parts: no text of a rule file stands in it but choices in quotes.
        exec(compile(source, f"<{self.plan.product}>", "exec"), self.constants)  # noqa: S102
        function: Callable[..., Any] = self.constants[name]
        return function

    # ------------------------------------------------------------------------------------------ conditions

    @abstractmethod
    def expression(self, expression: Expression) -> str:
        """An expression of the rule file."""

    @abstractmethod
    def both(self, *conditions: str) -> str:
        """That all hold."""

    @abstractmethod
    def any_of(self, conditions: Sequence[str]) -> str:
        """That one of them holds; empty where one always does."""

    @abstractmethod
    def negated(self, condition: str) -> str:
        """That it doesn't hold."""

    @abstractmethod
    def either(self, condition: str, then: str, otherwise: str) -> str:
        """One value where the condition holds, else the other."""

    @abstractmethod
    def there(self, condition: str, value: str) -> str:
        """A value that is nothing where the condition doesn't hold: −1 there."""

    # ------------------------------------------------------------------------------------------ statements

    @abstractmethod
    def when(self, condition: str) -> AbstractContextManager[None]:
        """What is said inside holds only where the condition does."""

    @abstractmethod
    def section(self, index: int, covered: str) -> AbstractContextManager[None]:
        """A section's steps: where it isn't covered it costs nothing, and meets no verdict."""

    @abstractmethod
    def let(self, target: str, value: str) -> None:
        """Gives a variable its value."""

    def hold(self, target: str, value: str) -> None:
        """Gives a variable that is used up at once its value, be it of use or not."""
        self.emit(f"{target} = {value}")

    @abstractmethod
    def answer(self, values: str) -> None:
        """Ends the function."""

    @abstractmethod
    def respread(self, function: str, over: Sequence[int], *arguments: str) -> None:
        """Gives sections the cents that a function spreads over them, from those that they have."""

    @abstractmethod
    def meet(self, verdict: int) -> None:
        """Notes a verdict."""

    @abstractmethod
    def spoken(self, name: str, cells: Sequence[int], look: Look) -> None:
        """Looks a table's cells up and notes the verdict that one stands for where it is under zero."""

    @abstractmethod
    def settled(self, name: str, cells: Sequence[int], weight: int, look: Look) -> str:
        """The same, and the cell; what stands for a verdict counts as `weight`."""

    @abstractmethod
    def keep(self, slot: str, value: str) -> None:
        """Keeps a value for the explanation, in a dialect that has one."""

    # ------------------------------------------------------------------------------------------ figures

    def operation(self, op: str, running: str, charged: str, days: str = "") -> str:
        """What a running amount comes to by an operation."""
        return OPERATIONS[op].format(p=running, c=charged, d=days)

    @abstractmethod
    def pick(self, name: str, figures: Sequence[int], index: str) -> str:
        """The figure at an index, of figures that are kept under a name."""

    @abstractmethod
    def stretch(self, name: str, starts: Sequence[int], value: str) -> str:
        """The number of the stretch that a value falls in; `starts` are the first values of all but the first."""

    @abstractmethod
    def by_choice(self, name: str, axis: Axis, figures: Sequence[int]) -> str:
        """The figure for what was chosen: those of the axis's options in their order, then that of any other."""

    @abstractmethod
    def by_choices(self, name: str, keys: Sequence[str], figures: Mapping[tuple[str | bool, ...], int]) -> str:
        """The figure for what was chosen of one key or several."""
