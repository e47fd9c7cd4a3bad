"""A cover's hours for a calendar (iCalendar, RFC 5545): when it begins and ends, and whom to call meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from coverage.domain.certificate import Certificate
from coverage.messages import Words

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
# Long enough to bring the thing back, or to extend the cover.
REMINDED_BEFORE: Final = timedelta(minutes=30)


def calendar_of(certificate: Certificate, words: Words, public_url: str) -> bytes:
    """One event, the same one ever after: a calendar that imports it again moves it, and takes it off once it is
    cancelled.
    """
    zone = ZoneInfo(certificate.timezone)
    urgent = certificate.assistance_contact or certificate.claims_contact
    event = Event()
    event.add(
        "uid", f"{certificate.number.lower()}@{public_url.partition('://')[2].partition('/')[0].partition(':')[0]}"
    )
    event.add("dtstamp", certificate.issued_at)
    event.add("dtstart", certificate.starts_at.astimezone(zone))
    event.add("dtend", certificate.ends_at.astimezone(zone))
    # A newer certificate has the higher number (RFC 5545, 3.8.7.4), and a cancellation a higher one still.
    event.add("sequence", certificate.version - 1 + (1 if certificate.cancelled_at else 0))
    event.add("status", "CANCELLED" if certificate.cancelled_at else "CONFIRMED")
    what = " · ".join(it for it in (certificate.product_name, certificate.object_value) if it)
    event.add("summary", words.text("calendar.summary", what=what))
    event.add(
        "description",
        words.text(
            "calendar.description", number=certificate.number, sections=", ".join(one.name for one in certificate.sections),
            phone=urgent.phone, who=urgent.name,
        ),
    )  # fmt: skip
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words.text("calendar.ends_soon", what=what))
    alarm.add("trigger", -REMINDED_BEFORE, parameters={"RELATED": "END"})
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//Sharecover//Cover//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if certificate.cancelled_at else "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
