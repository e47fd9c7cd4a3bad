"""Screening: whether a person may be one whose assets are frozen (Code monétaire et financier L562-1 and following).

Names are compared as words: without case, accents, punctuation, titles and order, in Latin letters whatever script they were
written in. A score from 0 to 100 says how near two names are. From `THRESHOLD` on a person has to look. No law names the
figure; it is chosen so that a letter typed wrongly, an initial or a patronymic left out is still met, and a first name or a
family name alone isn't.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Final, Literal

from anyascii import anyascii
from rapidfuzz.distance import OSA, JaroWinkler

Kind = Literal["person", "entity"]
Purpose = Literal["bind", "payout"]

THRESHOLD: Final = 85

# How near two words are, of 100.
_SPELT_ALIKE: Final = 96  # Mohammed and Muhamed, Ivan and Iwan
_SAME_CONSONANTS: Final = 92  # where one comes from a script that writes no vowels
_ONE_LETTER: Final = 86
_INITIAL: Final = 74

# What is taken off for words that the other name hasn't. A word that the shorter name has for itself says "somebody else".
_OWN_WORD: Final = 25
_MORE_WORDS: Final = 4

# A birth date that is the same on both sides; one that isn't leaves the very same name just told, and no other.
_SAME_BIRTH: Final = 5
_OTHER_BIRTH: Final = 15

_FEWEST_LETTERS_TO_MISTYPE: Final = 5
_NEAREST_BY_JARO_WINKLER: Final = 0.88
_FEWEST_CONSONANTS: Final = 3
_MOST_WORDS: Final = 16
_WORDS_REMEMBERED: Final = 1 << 17  # those of a large list

# Forms of address and ranks, which one side writes and the other doesn't.
_TITLES: Final = {
    "mr", "mrs", "ms", "miss", "mister", "madam", "sir", "dame", "lord", "lady", "mme", "mlle", "monsieur", "madame",
    "mademoiselle", "herr", "frau", "senor", "senora", "signor", "signora", "dr", "doctor", "docteur", "prof", "professor",
    "professeur", "general", "colonel", "major", "captain", "lieutenant", "sergeant", "sheikh", "shaykh", "cheikh", "sheik",
    "hajji", "haji", "hadj", "mullah", "maulana", "maulvi", "mawlawi", "ayatollah", "sayyid", "qari", "ustad",
}  # fmt: skip
# Words that stand in many names, tie others together and are often left out.
_PARTICLES: Final = {
    "al", "el", "ad", "ar", "as", "az", "ul", "bin", "ibn", "ben", "bint", "abu", "abou", "abd", "de", "da", "do", "dos",
    "das", "del", "della", "di", "du", "des", "la", "le", "van", "von", "der", "den", "ter", "zu", "y", "e", "and", "et", "of",
}  # fmt: skip
_WORDS: Final = re.compile(r"[a-z0-9]+")
# One sound written in several ways, by the language that it was written for: in this order, then letter for letter.
_SPELLINGS: Final = (
    ("shch", "s"), ("tsch", "s"), ("sch", "s"), ("tch", "s"), ("dzh", "j"), ("dj", "j"), ("kh", "h"), ("zh", "j"), ("sh", "s"),
    ("ch", "s"), ("ts", "s"), ("ph", "f"), ("gh", "g"), ("gu", "g"), ("ks", "x"), ("ck", "k"), ("qu", "k"), ("ou", "u"),
    ("oo", "u"), ("ee", "i"),
)  # fmt: skip
_LETTERS: Final = str.maketrans("wqcyjoe", "vkkiiui")
_TWICE: Final = re.compile(r"(.)\1+")
_VOWELS: Final = re.compile("[aeiouyw]")
# Scripts that write no short vowels: Hebrew, and Arabic with its extensions. Long ones are left out too, since Latin
# spellings differ most in them.
_WITHOUT_VOWELS: Final = re.compile("[\u0590-\u05ff\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff]")
_ARABIC_ARTICLE: Final = re.compile(r"\b\u0627\u0644(?=\w{2})")


@dataclass(frozen=True, slots=True)
class Born:
    """When somebody was born, as far as is known: from one day to another, the same one where the day is known."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"born from {self.first} to {self.last}")


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody on the list: a reference of the list's own, all names, what is known of the birth, and why."""

    reference: str
    names: tuple[str, ...]
    born: tuple[Born, ...]
    kind: Kind
    programme: str

    def __post_init__(self) -> None:
        if not self.reference:
            raise ValueError("an entry has a reference")
        if not any(words_of(name) for name in self.names):
            raise ValueError(f"the entry {self.reference} has no name that can be compared")

    @property
    def digest(self) -> str:
        """What a decision about this entry holds for: it isn't the same entry once a name or a birth date has changed."""
        born = sorted([span.first.isoformat(), span.last.isoformat()] for span in self.born)
        said = [self.reference, sorted(set(self.names)), born, self.kind]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near two names are, of 100, and what speaks for it and against it. The reasons quote neither name."""

    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that a person may be."""

    entry: Entry
    score: int
    reasons: tuple[str, ...]


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name as they are compared: Latin, lower case, no accents, no titles where anything else is left."""
    text = _ARABIC_ARTICLE.sub("al ", unicodedata.normalize("NFKC", name))
    text = "".join(_in_latin(text))
    # O'Neil is one word; the hard and soft signs of Cyrillic and the hamza come out as apostrophes too.
    text = re.sub(r"['`’‘\"]", "", text.lower())
    words = _WORDS.findall(text)[:_MOST_WORDS]
    return tuple(word for word in words if word not in _TITLES) or tuple(words)


def likeness(one: Sequence[str], other: Sequence[str], kind: Kind = "person") -> Likeness:
    """How near two names are, each as `words_of` has it. The same whichever comes first."""
    if not one or not other:
        return Likeness(0, ())
    left, right = _joined(one, other), _joined(other, one)
    pairs = _pairs(left, right)
    heavy_left, heavy_right = _heavy(left), _heavy(right)
    told = {index for index, _, _ in pairs}, {index for _, index, _ in pairs}
    alone = len(heavy_left - told[0]), len(heavy_right - told[1])
    sure = sum(1 for i, j, near in pairs if near > _INITIAL and (i in heavy_left or j in heavy_right))
    if not _enough(sure, pairs, heavy_left, heavy_right):
        return Likeness(0, ())
    weights = [3 if i in heavy_left or j in heavy_right else 1 for i, j, _ in pairs]
    near = sum(weight * pair[2] for weight, pair in zip(weights, pairs, strict=True)) // sum(weights)
    # An organisation's name says nothing in part: that somebody's name stands in it is no likeness.
    own, more = (max(alone), 0) if kind == "entity" else (min(alone), max(alone) - min(alone))
    light = len(left) + len(right) - 2 * len(pairs) - sum(alone)
    score = max(near - _OWN_WORD * own - _MORE_WORDS * more - light, 0)
    return Likeness(score, tuple(_reasons(pairs, one, other, own + more)))


def compare(words: Sequence[str], born: date | None, entry: Entry, names: Iterable[Sequence[str]]) -> Match | None:
    """The likeness of a person to an entry of which `names` are to be looked at; None below the threshold."""
    best = max((likeness(words, name, entry.kind) for name in names), key=lambda one: (one.score, one.reasons))
    score, reasons = best.score, best.reasons
    if born is not None and entry.born and score:
        fits = [span for span in entry.born if span.first <= born <= span.last]
        if any(span.first == span.last for span in fits):
            score, reasons = min(score + _SAME_BIRTH, 100), (*reasons, "same birth date")
        elif fits:
            reasons = (*reasons, "birth date fits")
        else:
            score, reasons = score - _OTHER_BIRTH, (*reasons, "another birth date")
    return Match(entry, score, reasons) if score >= THRESHOLD else None


class Screen:
    """A list made ready to be asked: which names may be meant is looked up by their words, so that few are compared."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._names: list[tuple[Entry, tuple[str, ...]]] = []
        self._with_word: dict[str, set[int]] = defaultdict(set)
        self._with_joined: dict[str, set[int]] = defaultdict(set)  # by two words that may be one, as it sounds
        self._by_initial: dict[str, set[int]] = defaultdict(set)
        self._of_words: dict[int, set[int]] = defaultdict(set)  # names by how many words they have
        self._on_particles: set[int] = set()  # names that stand on a particle too: Ben Ali
        self._by_key: dict[str, set[str]] = defaultdict(set)  # words by what they are looked up by
        self.references: set[str] = set()
        for entry in entries:
            self.references.add(entry.reference)
            for words in sorted({words for name in entry.names if (words := words_of(name))}):
                self._add(entry, words)

    def _add(self, entry: Entry, words: tuple[str, ...]) -> None:
        number = len(self._names)
        self._names.append((entry, words))
        self._of_words[len(words)].add(number)
        if any(words[index] in _PARTICLES for index in _heavy(words)):
            self._on_particles.add(number)
        for word in words:
            self._by_initial[word[0]].add(number)
            self._with_word[word].add(number)
            for key in (*_keys(word), f"~{_consonants(word)}"):
                self._by_key[key].add(word)
        for first, second in pairwise(words):
            self._with_joined[_folded(first + second)].add(number)

    def find(self, name: str, born: date | None = None) -> list[Match]:
        """The entries that a person of this name may be, the nearest first."""
        words = words_of(name)
        names: dict[str, tuple[Entry, list[tuple[str, ...]]]] = {}
        for number in sorted(self._candidates(words)):
            entry, other = self._names[number]
            names.setdefault(entry.reference, (entry, []))[1].append(other)
        found = [match for entry, others in names.values() if (match := compare(words, born, entry, others))]
        return sorted(found, key=lambda match: (-match.score, match.entry.reference))

    def _candidates(self, words: tuple[str, ...]) -> set[int]:
        """Names that have two words of this one, or that are one word where this one is."""
        single = self._of_words[1]
        if len(words) == 1:
            pairs = self._with_joined.get(_folded(words[0]), set()) & self._of_words[2]
            return self._with(words[0]) & single | pairs
        heavy = _heavy(words)
        # What is met, and by which of the words.
        met = [
            ({index}, self._with(word) if index in heavy else self._with(word) & self._on_particles)
            for index, word in enumerate(words)
        ]
        joined = [({index, index + 1}, self._with(words[index] + words[index + 1])) for index in range(len(words) - 1)]
        found = set().union(*(numbers & single for _, numbers in joined))
        lone = {index for index, word in enumerate(words) if len(word) == 1}
        for (one, first), (other, second) in combinations([*met, *joined], 2):
            # A word counts once, and two initials are no name.
            if not one & other and not one | other <= lone:
                found |= first & second
        return found

    def _with(self, word: str) -> set[int]:
        """The names that have a word like this."""
        if len(word) == 1:
            return self._by_initial.get(word, set())
        # A name may give no more of a word than its first letter.
        keys = [*_keys(word), word[0]]
        if len(skeleton := _consonants(word)) >= _FEWEST_CONSONANTS:
            # One of the two comes without vowels: then its letters are the other's consonants.
            keys.append(f"{'=' if _VOWELS.search(word) else '~'}{skeleton}")
        words = {found for key in keys for found in self._by_key.get(key, ()) if _nearness(word, found)}
        joined = self._with_joined.get(_folded(word), set())
        return joined.union(*(self._with_word[found] for found in sorted(words)))


# --------------------------------------------------------------------------------------------- names


def _in_latin(text: str) -> Iterator[str]:
    for character in text:
        latin = anyascii(character)
        if _WITHOUT_VOWELS.match(character):
            latin = _VOWELS.sub("", latin)
        # A sign that is a syllable is a word: 习近平 is Xi Jin Ping.
        yield (
            f" {latin} "
            if len(latin) > 1 and unicodedata.category(character) == "Lo" and latin[:1].isupper()
            else latin
        )


@lru_cache(maxsize=_WORDS_REMEMBERED)
def _folded(word: str) -> str:
    """The word as it sounds, roughly: one spelling for those that languages have for it."""
    if len(word) == 1 or word.isdigit():
        return word
    for spelling, sound in _SPELLINGS:
        word = word.replace(spelling, sound)
    return _TWICE.sub(r"\1", word).translate(_LETTERS)


@lru_cache(maxsize=_WORDS_REMEMBERED)
def _consonants(word: str) -> str:
    return _TWICE.sub(r"\1", _VOWELS.sub("", word).replace("c", "k").replace("q", "k"))


def _may_be_mistyped(word: str, folded: str) -> bool:
    return len(word) >= _FEWEST_LETTERS_TO_MISTYPE <= len(folded) + 1 and not word.isdigit()


@lru_cache(maxsize=_WORDS_REMEMBERED)
def _keys(word: str) -> tuple[str, ...]:
    """What a word is looked up by: as it sounds, and so with each letter left out, where one may be mistyped."""
    folded = _folded(word)
    keys = [folded]
    if not _VOWELS.search(word):
        keys.append(f"={_consonants(word)}")
    if _may_be_mistyped(word, folded):
        keys += {folded[:place] + folded[place + 1 :] for place in range(len(folded))}
    return tuple(keys)


def _heavy(words: Sequence[str]) -> set[int]:
    """The places of the words that a name stands on: all but particles, where two others are left."""
    heavy = {index for index, word in enumerate(words) if word not in _PARTICLES}
    return heavy if len(heavy) > 1 else set(range(len(words)))


def _joined(words: Sequence[str], other: Sequence[str]) -> list[str]:
    """The words, two of them as one where the other name writes one: Jin Ping and Jinping, al Masri and Almasri."""
    wanted = {_folded(word) for word in other}
    found: list[str] = []
    index = 0
    while index < len(words):
        both = "".join(words[index : index + 2])
        if index + 1 < len(words) and _folded(both) in wanted and _folded(words[index]) not in wanted:
            found.append(both)
            index += 2
        else:
            found.append(words[index])
            index += 1
    return found


# --------------------------------------------------------------------------------------------- words


def _nearness(one: str, other: str) -> int:
    """How near two words are; 0 where they are two words."""
    if one == other:
        return 100
    if len(one) == 1 or len(other) == 1:
        return _INITIAL if one[0] == other[0] else 0
    first, second = _folded(one), _folded(other)
    if first == second:
        return _SPELT_ALIKE
    if not (_VOWELS.search(one) and _VOWELS.search(other)):
        skeleton = _consonants(one)
        return _SAME_CONSONANTS if len(skeleton) >= _FEWEST_CONSONANTS and skeleton == _consonants(other) else 0
    if not (_may_be_mistyped(one, first) and _may_be_mistyped(other, second)):
        return 0
    near = OSA.distance(first, second, score_cutoff=1) <= 1
    return _ONE_LETTER if near and JaroWinkler.similarity(first, second) >= _NEAREST_BY_JARO_WINKLER else 0


def _pairs(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int, int]]:
    """Each word with the nearest of the other name that nobody nearer took: places on both sides, and how near."""
    near = [
        (found, i, j) for i, one in enumerate(left) for j, other in enumerate(right) if (found := _nearness(one, other))
    ]
    # The same whichever name comes first: by the words themselves where two are as near.
    near.sort(key=lambda pair: (-pair[0], *sorted((left[pair[1]], right[pair[2]])), pair[1] + pair[2]))
    taken: list[tuple[int, int, int]] = []
    for found, i, j in near:
        if all(i != one and j != other for one, other, _ in taken):
            taken.append((i, j, found))
    return taken


def _enough(sure: int, pairs: Sequence[tuple[int, int, int]], left: set[int], right: set[int]) -> bool:
    """Whether what agrees is a name: two words of weight, one with the initial of the other, or the only word of both."""
    if sure >= 2 or (len(left) == len(right) == sure == 1):
        return True
    return sure == 1 and any(near == _INITIAL for _, _, near in pairs)


def _reasons(
    pairs: Sequence[tuple[int, int, int]], one: Sequence[str], other: Sequence[str], left: int
) -> Iterator[str]:
    if sorted(one) == sorted(other):
        yield "same name" if list(one) == list(other) else "same words in another order"
        return
    words = {
        100: "same word", _SPELT_ALIKE: "same word in another spelling", _SAME_CONSONANTS: "same consonants",
        _ONE_LETTER: "one letter differs", _INITIAL: "initial",
    }  # fmt: skip
    counts: dict[int, int] = defaultdict(int)
    for _, _, near in pairs:
        counts[near] += 1
    for near in sorted(counts, reverse=True):
        yield words[near] if counts[near] == 1 else f"{words[near]} ({counts[near]} times)"
    if left:
        yield "1 word is on one side alone" if left == 1 else f"{left} words are on one side alone"
