"""The keyring: what only the master key opens, and a key file that two starts at once make once."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coverage.domain.faults import Unavailable
from coverage.gateways.keyring import MasterKeyring

KEY = bytes(range(100, 132))


@pytest.fixture
def keyring() -> MasterKeyring:
    return MasterKeyring(bytes(range(32)))


class TestWrapping:
    def test_gives_back_what_was_wrapped(self, keyring: MasterKeyring) -> None:
        wrapped = keyring.wrap(KEY, "par_1:test/mem_1")
        assert KEY not in wrapped
        assert keyring.unwrap(wrapped, "par_1:test/mem_1") == KEY

    def test_refuses_a_key_moved_to_another_place(self, keyring: MasterKeyring) -> None:
        wrapped = keyring.wrap(KEY, "par_1:test/mem_1")
        with pytest.raises(Unavailable) as refused:
            keyring.unwrap(wrapped, "par_1:test/mem_2")
        assert refused.value.code == "wrong_master_key"

    def test_refuses_another_master_key(self, keyring: MasterKeyring) -> None:
        wrapped = MasterKeyring(bytes(32)).wrap(KEY, "place")
        with pytest.raises(Unavailable):
            keyring.unwrap(wrapped, "place")

    @pytest.mark.parametrize("position", [0, 20, 39])
    def test_refuses_a_byte_that_changed(self, keyring: MasterKeyring, position: int) -> None:
        wrapped = bytearray(keyring.wrap(KEY, "place"))
        wrapped[position] ^= 1
        with pytest.raises(Unavailable):
            keyring.unwrap(bytes(wrapped), "place")

    @pytest.mark.parametrize("length", [0, 7, 16, 39])
    def test_refuses_what_was_cut_short(self, keyring: MasterKeyring, length: int) -> None:
        with pytest.raises(Unavailable):
            keyring.unwrap(keyring.wrap(KEY, "place")[:length], "place")


class TestFingerprint:
    def test_matches_equal_texts_for_one_purpose_under_one_key(self, keyring: MasterKeyring) -> None:
        found = keyring.fingerprint("object", "AB-123-CD")
        assert len(found) == 32
        assert found == keyring.fingerprint("object", "AB-123-CD")
        assert found != keyring.fingerprint("object", "AB-123-CE")
        assert found != keyring.fingerprint("member_link", "AB-123-CD")
        assert found != MasterKeyring(bytes(32)).fingerprint("object", "AB-123-CD")

    def test_stays_the_same_in_every_version(self, keyring: MasterKeyring) -> None:
        # What is kept must match for years: another way of deriving would lose every object and link.
        assert keyring.fingerprint("object", "AB-123-CD").hex() == FINGERPRINT


# Worked out with HKDF-SHA-256 (no salt) and HMAC-SHA-256 from Python's hmac alone.
FINGERPRINT = "cf8dc063bfd9d5f7a8ae3881f576e423dad4d79c48e48ecbf588ecc6f723eee1"


class TestKeyFile:
    def test_is_made_for_its_owner_alone_and_read_ever_after(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "master.key"
        first = MasterKeyring.from_file(path)
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(base64.b64decode(path.read_text())) == 32
        assert [path.name for path in path.parent.iterdir()] == ["master.key"]
        assert MasterKeyring.from_file(path).unwrap(first.wrap(KEY, "place"), "place") == KEY

    def test_is_one_for_all_who_start_at_once(self, tmp_path: Path) -> None:
        path, together = tmp_path / "master.key", threading.Barrier(8)

        def start(_: int) -> bytes:
            together.wait()
            return MasterKeyring.from_file(path).fingerprint("object", "AB-123-CD")

        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(start, range(8)))) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["master.key"]

    def test_differs_between_installations(self, tmp_path: Path) -> None:
        one, other = (MasterKeyring.from_file(tmp_path / name / "master.key") for name in ("one", "other"))
        assert one.fingerprint("object", "AB-123-CD") != other.fingerprint("object", "AB-123-CD")

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "0 bytes"),
            (base64.b64encode(bytes(31)).decode(), "31 bytes"),
            (base64.b64encode(bytes(33)).decode(), "33 bytes"),
            ("secret key", "isn't base64"),
            ("sécret", "isn't base64"),
        ],
    )
    def test_is_refused_and_left_alone_when_it_holds_no_key(self, tmp_path: Path, text: str, reason: str) -> None:
        path = tmp_path / "master.key"
        path.write_text(text)
        with pytest.raises(ValueError, match=reason) as refused:
            MasterKeyring.from_file(path)
        assert path.read_text() == text
        assert not text or text not in str(refused.value)

    def test_may_end_with_a_line_break(self) -> None:
        text = base64.b64encode(KEY).decode()
        assert MasterKeyring.from_text(f"{text}\n").wrap(KEY, "place") == MasterKeyring(KEY).wrap(KEY, "place")
