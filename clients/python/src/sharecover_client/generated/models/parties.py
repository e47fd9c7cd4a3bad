from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.party import Party


T = TypeVar("T", bound="Parties")


@_attrs_define
class Parties:
    """
    Attributes:
        policyholder (Party): A person, by your stable reference. Name and email are kept under the person's own key.
        insured (list[Party] | None | Party | Unset):
        driver (list[Party] | None | Party | Unset):
        owner (list[Party] | None | Party | Unset):
        payer (list[Party] | None | Party | Unset):
        counterpart (list[Party] | None | Party | Unset):
    """

    policyholder: Party
    insured: list[Party] | None | Party | Unset = UNSET
    driver: list[Party] | None | Party | Unset = UNSET
    owner: list[Party] | None | Party | Unset = UNSET
    payer: list[Party] | None | Party | Unset = UNSET
    counterpart: list[Party] | None | Party | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.party import Party  # noqa: PLC0415

        policyholder = self.policyholder.to_dict()

        insured: dict[str, Any] | list[dict[str, Any]] | None | Unset
        if isinstance(self.insured, Unset):
            insured = UNSET
        elif isinstance(self.insured, Party):
            insured = self.insured.to_dict()
        elif isinstance(self.insured, list):
            insured = []
            for insured_type_0_type_1_item_data in self.insured:
                insured_type_0_type_1_item = insured_type_0_type_1_item_data.to_dict()
                insured.append(insured_type_0_type_1_item)

        else:
            insured = self.insured

        driver: dict[str, Any] | list[dict[str, Any]] | None | Unset
        if isinstance(self.driver, Unset):
            driver = UNSET
        elif isinstance(self.driver, Party):
            driver = self.driver.to_dict()
        elif isinstance(self.driver, list):
            driver = []
            for driver_type_0_type_1_item_data in self.driver:
                driver_type_0_type_1_item = driver_type_0_type_1_item_data.to_dict()
                driver.append(driver_type_0_type_1_item)

        else:
            driver = self.driver

        owner: dict[str, Any] | list[dict[str, Any]] | None | Unset
        if isinstance(self.owner, Unset):
            owner = UNSET
        elif isinstance(self.owner, Party):
            owner = self.owner.to_dict()
        elif isinstance(self.owner, list):
            owner = []
            for owner_type_0_type_1_item_data in self.owner:
                owner_type_0_type_1_item = owner_type_0_type_1_item_data.to_dict()
                owner.append(owner_type_0_type_1_item)

        else:
            owner = self.owner

        payer: dict[str, Any] | list[dict[str, Any]] | None | Unset
        if isinstance(self.payer, Unset):
            payer = UNSET
        elif isinstance(self.payer, Party):
            payer = self.payer.to_dict()
        elif isinstance(self.payer, list):
            payer = []
            for payer_type_0_type_1_item_data in self.payer:
                payer_type_0_type_1_item = payer_type_0_type_1_item_data.to_dict()
                payer.append(payer_type_0_type_1_item)

        else:
            payer = self.payer

        counterpart: dict[str, Any] | list[dict[str, Any]] | None | Unset
        if isinstance(self.counterpart, Unset):
            counterpart = UNSET
        elif isinstance(self.counterpart, Party):
            counterpart = self.counterpart.to_dict()
        elif isinstance(self.counterpart, list):
            counterpart = []
            for counterpart_type_0_type_1_item_data in self.counterpart:
                counterpart_type_0_type_1_item = counterpart_type_0_type_1_item_data.to_dict()
                counterpart.append(counterpart_type_0_type_1_item)

        else:
            counterpart = self.counterpart

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "policyholder": policyholder,
            }
        )
        if insured is not UNSET:
            field_dict["insured"] = insured
        if driver is not UNSET:
            field_dict["driver"] = driver
        if owner is not UNSET:
            field_dict["owner"] = owner
        if payer is not UNSET:
            field_dict["payer"] = payer
        if counterpart is not UNSET:
            field_dict["counterpart"] = counterpart

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.party import Party  # noqa: PLC0415

        d = dict(src_dict)
        policyholder = Party.from_dict(d.pop("policyholder"))

        def _parse_insured(data: object) -> list[Party] | None | Party | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                insured_type_0_type_0 = Party.from_dict(data)

                return insured_type_0_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                insured_type_0_type_1 = []
                _insured_type_0_type_1 = data
                for insured_type_0_type_1_item_data in _insured_type_0_type_1:
                    insured_type_0_type_1_item = Party.from_dict(insured_type_0_type_1_item_data)

                    insured_type_0_type_1.append(insured_type_0_type_1_item)

                return insured_type_0_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Party] | None | Party | Unset, data)

        insured = _parse_insured(d.pop("insured", UNSET))

        def _parse_driver(data: object) -> list[Party] | None | Party | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                driver_type_0_type_0 = Party.from_dict(data)

                return driver_type_0_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                driver_type_0_type_1 = []
                _driver_type_0_type_1 = data
                for driver_type_0_type_1_item_data in _driver_type_0_type_1:
                    driver_type_0_type_1_item = Party.from_dict(driver_type_0_type_1_item_data)

                    driver_type_0_type_1.append(driver_type_0_type_1_item)

                return driver_type_0_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Party] | None | Party | Unset, data)

        driver = _parse_driver(d.pop("driver", UNSET))

        def _parse_owner(data: object) -> list[Party] | None | Party | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                owner_type_0_type_0 = Party.from_dict(data)

                return owner_type_0_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                owner_type_0_type_1 = []
                _owner_type_0_type_1 = data
                for owner_type_0_type_1_item_data in _owner_type_0_type_1:
                    owner_type_0_type_1_item = Party.from_dict(owner_type_0_type_1_item_data)

                    owner_type_0_type_1.append(owner_type_0_type_1_item)

                return owner_type_0_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Party] | None | Party | Unset, data)

        owner = _parse_owner(d.pop("owner", UNSET))

        def _parse_payer(data: object) -> list[Party] | None | Party | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                payer_type_0_type_0 = Party.from_dict(data)

                return payer_type_0_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                payer_type_0_type_1 = []
                _payer_type_0_type_1 = data
                for payer_type_0_type_1_item_data in _payer_type_0_type_1:
                    payer_type_0_type_1_item = Party.from_dict(payer_type_0_type_1_item_data)

                    payer_type_0_type_1.append(payer_type_0_type_1_item)

                return payer_type_0_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Party] | None | Party | Unset, data)

        payer = _parse_payer(d.pop("payer", UNSET))

        def _parse_counterpart(data: object) -> list[Party] | None | Party | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                counterpart_type_0_type_0 = Party.from_dict(data)

                return counterpart_type_0_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                counterpart_type_0_type_1 = []
                _counterpart_type_0_type_1 = data
                for counterpart_type_0_type_1_item_data in _counterpart_type_0_type_1:
                    counterpart_type_0_type_1_item = Party.from_dict(counterpart_type_0_type_1_item_data)

                    counterpart_type_0_type_1.append(counterpart_type_0_type_1_item)

                return counterpart_type_0_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Party] | None | Party | Unset, data)

        counterpart = _parse_counterpart(d.pop("counterpart", UNSET))

        parties = cls(
            policyholder=policyholder,
            insured=insured,
            driver=driver,
            owner=owner,
            payer=payer,
            counterpart=counterpart,
        )

        return parties
