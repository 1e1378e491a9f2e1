from __future__ import annotations

from xml.etree import ElementTree as XML

from focusjobs.jobs.admin.charts import Bar, bars, meter, spark


def heights(svg: str, colour: str) -> list[float]:
    return [float(part.attrib["height"]) for part in XML.fromstring(svg).iter() if part.get("class") == colour]  # noqa: S314


def test_bars_are_as_high_as_their_numbers_and_stand_on_each_other() -> None:
    svg = bars("ended", [Bar("one", (("bad", 1), ("soft", 3))), Bar("two", (("soft", 8),)), Bar("none", ())])

    assert heights(svg, "jc-fill-bad") == [12.5]
    assert heights(svg, "jc-fill-soft") == [37.5, 100.0]
    assert [part.text for part in XML.fromstring(svg).iter("title")] == ["one", "two", "none"]  # noqa: S314


def test_a_number_that_is_small_can_still_be_seen() -> None:
    svg = bars("ended", [Bar("one", (("bad", 1), ("soft", 100_000)))])

    assert heights(svg, "jc-fill-bad") == [1.0]


def test_a_single_error_does_not_look_like_many() -> None:
    assert heights(spark("x", [0, 1, 0]), "jc-fill-bad") == [25.0]


def test_what_charts_say_is_escaped() -> None:
    svg = bars("<script>", [Bar("<b>", (("soft", 1),))]) + meter('"x"', 0.5, "busy")

    assert "<script>" not in svg
    assert "<b>" not in svg
    assert 'aria-label="&quot;x&quot;"' in svg


def test_a_meter_is_never_more_than_full() -> None:
    assert 'width="100.0"' in meter("x", 7, "bad")
    assert 'width="0.0"' in meter("x", -1, "bad")
