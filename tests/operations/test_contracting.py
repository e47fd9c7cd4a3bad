"""Contracting: files of partners and policies, each fault told with its place and what would be right."""

from __future__ import annotations

from datetime import date

import pytest

from coverage.domain.certificate import Contact
from coverage.operations.contracting import (
    email,
    example,
    line,
    phone,
    read_enrolment,
    read_policy,
    timezone,
    umr,
)
from coverage.operations.enrolling import Carrier, Firm
from coverage.rulebook.editions import Library, load
from coverage.rulebook.language.notation import Misread
from coverage.rulebook.language.reading import Unreadable, read_text
from tests.conftest import RULES

TODAY = date(2026, 11, 27)
PARTNER = "par_0123456789abcdefghjkmnpqrstvwxyz0123"
INSURER = PARTNER.replace("par", "ins")


@pytest.fixture(scope="module")
def library() -> Library:
    return load(RULES)


@pytest.fixture
def file(library: Library) -> str:
    """The file to start from."""
    return example(library, TODAY)


def told(text: str, library: Library) -> list[str]:
    """What is said of a file that can't be enrolled."""
    with pytest.raises(Unreadable) as refused:
        read_enrolment(read_text(text, "shed.yaml"), library, TODAY)
    return [str(finding) for finding in refused.value.findings]


class TestExample:
    def test_is_read_whole(self, file: str, library: Library) -> None:
        written = read_enrolment(read_text(file, "shed.yaml"), library, TODAY)
        enrolment = written.enrolment
        assert enrolment.partner == Firm("The Shared Shed", "exempt_ancillary", "Europe/Paris", "accounts@shed.example")
        assert isinstance(enrolment.insurer, Carrier)
        assert enrolment.insurer.claims_contact == Contact(
            "Example Mutual, claims", "+33 1 99 00 12 34", "claims@mutual.example"
        )
        policy = enrolment.policy
        assert (policy.first_on, policy.last_on) == (date(2026, 11, 1), date(2027, 10, 31))
        assert (policy.currency, policy.countries) == ("EUR", ("FR",))
        assert set(policy.products) == set(library.products()) == set(policy.commission)
        assert {rate for rates in policy.commission.values() for rate in rates.values()} == {"0.15"}

    def test_says_that_its_reference_is_illustrative_and_nothing_else(self, file: str, library: Library) -> None:
        (warning,) = read_enrolment(read_text(file, "shed.yaml"), library, TODAY).warnings
        assert "is illustrative: no broker has the number 0000" in warning.message

    def test_can_be_made_on_a_day_that_not_every_year_has(self, library: Library) -> None:
        assert "last_day: 2029-01-31" in example(library, date(2028, 2, 29)).replace("2028-02-01", "")


class TestNamedById:
    def test_partner_and_insurer_may_be_there_already(self, file: str, library: Library) -> None:
        text = f"partner: {PARTNER}\ninsurer: {INSURER}\n{file[file.index('policy:') :]}"
        enrolment = read_enrolment(read_text(text, "shed.yaml"), library, TODAY).enrolment
        assert (enrolment.partner, enrolment.partner_id, enrolment.insurer) == (None, PARTNER, INSURER)

    @pytest.mark.parametrize("known", ["par_1", INSURER, "The Shared Shed", '""'])
    def test_what_is_no_id_is_told(self, file: str, library: Library, known: str) -> None:
        (found,) = told(f"partner: {known}\n{file[file.index('insurer:') :]}", library)
        assert found.startswith("shed.yaml:1:10: ")
        assert "expected a partner's id such as par_…" in found

    def test_two_partners_contradict(self, file: str, library: Library) -> None:
        text = f"partner: {PARTNER}\n{file[file.index('insurer:') :]}"
        with pytest.raises(Unreadable, match="on the command line; expected one"):
            read_enrolment(read_text(text, "shed.yaml"), library, TODAY, INSURER.replace("ins", "par")[:-1] + "4")

    def test_a_policy_that_follows_may_leave_its_insurer_out(self, file: str, library: Library) -> None:
        written = read_policy(read_text(file[file.index("policy:") :], "next.yaml"), library, TODAY)
        assert (written.insurer, written.policy.number) == (None, "MP-2026-001")

    def test_a_policy_that_follows_names_no_partner(self, file: str, library: Library) -> None:
        with pytest.raises(Unreadable, match='"partner" means nothing here; expected one of insurer, policy'):
            read_policy(read_text(file, "next.yaml"), library, TODAY)


# What is changed in the example, and the words that say what is wrong: on the line that was changed, or where else.
BAD = [
    ("name: The Shared Shed", 'name: ""', "3:9", '"name" has nothing behind it; expected text in one line'),
    ("name: The Shared Shed", 'name: "\\u00a0"', "3:9", "nothing stands here; expected text in one line"),
    ("name: The Shared Shed", "name: " + "x" * 81, "3:9", "has 81 characters; expected 80 at most"),
    ("name: The Shared Shed", 'name: "The\\u202eShed"', "3:9", "a sign that can't be seen (U+202E)"),
    ("name: The Shared Shed", 'name: "The\\nShed"', "3:9", "a sign that can't be seen (U+000A)"),
    ("name: The Shared Shed", 'name: "The\\x1b[31mShed"', "3:9", "a sign that can't be seen (U+001B)"),
    ("name: The Shared Shed", 'name: " The Shed"', "3:9", 'has a space at its edge; expected "The Shed"'),
    ("name: The Shared Shed", "name: [The, Shed]", "3:9", "a list; expected text in one line"),
    ("name: The Shared Shed", "nmae: The Shared Shed", "3:3", '"nmae" means nothing here; expected perhaps "name"'),
    ("  name: The Shared Shed", "  # nobody", "4:3", '"name" is missing'),
    ("exempt_ancillary", "exempt", "4:11", '"exempt"; expected registered_intermediary or exempt_ancillary'),
    ("Europe/Paris", "Europe/Pris", "5:13", '"Europe/Pris"; expected perhaps "Europe/Paris"'),
    ("Europe/Paris", "../../etc/passwd", "5:13", "expected a time zone such as Europe/Paris"),
    ("Europe/Paris", "europe/paris", "5:13", 'expected perhaps "Europe/Paris"'),
    ("accounts@shed.example", "accounts", "6:18", '"accounts"; expected an address such as'),
    ("+33 1 99 00 12 34", "01 99 00 12 34", "", "expected a number as it is dialled from abroad"),
    ("+33 1 99 00 12 34", "", "", '"phone" has nothing behind it; expected a number as it is dialled'),
    ("claims@mutual.example", "claims@mutual", "", "expected an address such as claims@example.org"),
    ("MP-2026-001", "M" * 41, "", "has 41 characters; expected 40 at most"),
    ("umr: B0000SHED2026", "umr: b0999SHED2026", "", "expected B, the broker's four digits and up to twelve"),
    ("umr: B0000SHED2026", "umr: B099SHED2026", "", "expected B, the broker's four digits"),
    ("umr: B0000SHED2026", "umr: B0999", "", "expected B, the broker's four digits"),
    ("umr: B0000SHED2026", "umr: B0999ABCDEFGHIJKLM", "", "expected B, the broker's four digits"),
    ("umr: B0000SHED2026", "umr: B\u0660\u0669\u0669\u0669SHED", "", "expected B, the broker's four digits"),
    ("2027-10-31", "2026-10-31", "", "2026-10-31 comes before the first day; expected 2026-11-01 or later"),
    ("2027-10-31", "2026-11-26", "", "2026-11-26 is over, so that nothing could be sold"),
    ("2027-10-31", "2027-02-30", "", '"2027-02-30"; expected a day such as 2026-01-01'),
    ("2027-10-31", "31.10.2027", "", "expected a day such as 2026-01-01"),
    ("currency: EUR", "currency: GBP", "", "is sold in EUR in FR, not in GBP; expected EUR"),
    ("currency: EUR", "currency: XYZ", "", '"XYZ" is no currency sold in; expected one of CHF'),
    ("countries: [FR]", "countries: [FR, DE]", "", "goods_carried isn't sold in DE; expected FR"),
    ("countries: [FR]", "countries: france", "", "expected a country's two capital letters"),
    ("countries: [FR]", "countries: [FR, FR]", "", '"FR" stands here again; expected it once'),
    ("countries: [FR]", "countries: []", "", "nothing stands here; expected something"),
    ("[goods_carried, off_duty_vehicle]", "[goods_caried]", "", 'no product "goods_caried" on sale; expected perhaps'),
    ("[goods_carried, off_duty_vehicle]", "[goods_carried]", "34:5", '"off_duty_vehicle" isn\'t among the policy\'s products'),
    ("      own_damage: 15%", "      own_damages: 15%", "", 'no section "own_damages"; expected perhaps "own_damage"'),
    ("      own_damage: 15%", "      own_damage: 15", "", "expected"),
    ("      own_damage: 15%", "      own_damage: 115%", "", '"115%"; expected a rate up to 1 (100 %)'),
    ("      own_damage: 15%", "      own_damage: -1%", "", '"-1%"; expected'),
    ("      own_damage: 15%", "      own_damage: 15,5%", "", "expected 15.5%"),
    ("      own_damage: 15%", "      own_damage: 0.0000001", "", "more than 6 decimal places"),
    ("policy:", "polices:", "", '"polices" means nothing here; expected perhaps "policy"'),
]  # fmt: skip


class TestFaults:
    @pytest.mark.parametrize(("right", "wrong", "place", "words"), BAD)
    def test_are_told_with_their_place(
        self, file: str, library: Library, right: str, wrong: str, place: str, words: str
    ) -> None:
        assert right in file
        found = told(file.replace(right, wrong, 1), library)
        changed = file[: file.index(right)].count("\n") + 1
        assert any(one.startswith(f"shed.yaml:{place or changed}:") and words in one for one in found), found

    def test_are_told_all_at_once(self, file: str, library: Library) -> None:
        text = file.replace("Europe/Paris", "Paris").replace("B0000SHED", "SHED").replace("exempt_ancillary", "exempt")
        assert len(told(text, library)) == 3
        text = file.replace("own_damage: 15%", "damage: 15%").replace("2027-10-31", "2026-01-01")
        assert len(told(text, library)) == 2

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "- a\n- list\n",
            "partner: &a {name: x}\ninsurer: *a\n",
            "partner: !!python/object:os.system {}\n",
            "{" * 50,
            "\x00",
        ],
    )
    def test_of_what_is_no_such_file_are_told_too(self, library: Library, text: str) -> None:
        with pytest.raises(Unreadable):
            read_enrolment(read_text(text, "shed.yaml"), library, TODAY)

    def test_commission_that_is_left_out_is_doubtful(self, file: str, library: Library) -> None:
        text = file.replace("      own_damage: 15%\n", "").replace("B0000", "B0999")
        (warning,) = read_enrolment(read_text(text, "shed.yaml"), library, TODAY).warnings
        assert warning.message == "the partner earns nothing on own_damage of off_duty_vehicle: no commission is said"


class TestNotations:
    @pytest.mark.parametrize("text", ["B0999A", "B1234ABCDEFGHIJKL", "B0999SHARE2026"])
    def test_a_market_reference(self, text: str) -> None:
        assert umr(text) == text

    @pytest.mark.parametrize("text", ["+33 1 99 00 12 34", "+44(0)20-7946.0000", "+15550100"])
    def test_a_number_that_is_dialled_from_abroad(self, text: str) -> None:
        assert phone(text) == text

    @pytest.mark.parametrize(
        "text", ["+0123456789", "+33 1 99 00 12 34;ext=1", "+1234567890123456", "tel:+33199001234"]
    )
    def test_no_such_number(self, text: str) -> None:
        with pytest.raises(Misread):
            phone(text)

    @pytest.mark.parametrize("text", ["a@b.fr", "accounts+shed@mail.shed.example", "o'neill@example.org"])
    def test_an_address(self, text: str) -> None:
        assert email(text) == text

    @pytest.mark.parametrize(
        "text", ["a@b", "@b.fr", "a@b..fr", "a b@c.fr", "a@c.fr\nBcc: x@y.fr", "a@b.fr,c@d.fr", "<a@b.fr>", "a@-.f"]
    )
    def test_no_such_address(self, text: str) -> None:
        with pytest.raises(Misread):
            email(text)

    def test_a_line_may_have_the_spaces_that_french_has(self) -> None:
        assert line("Assistance 24\u202fh/24 «\u00a0Démo\u00a0»") == "Assistance 24\u202fh/24 «\u00a0Démo\u00a0»"

    def test_markup_and_formulas_are_plain_text(self) -> None:
        for text in ("<script>alert(1)</script>", "=HYPERLINK(1)", "{{ config }}", "Robert'); DROP TABLE partners;--"):
            assert line(text) == text

    def test_every_zone_is_known_by_its_name(self) -> None:
        assert timezone("America/Argentina/Buenos_Aires") == "America/Argentina/Buenos_Aires"
