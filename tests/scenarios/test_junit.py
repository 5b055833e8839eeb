"""JUnit XML: what a CI server reads back is what happened."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from mockserver.scenarios.junit import Case, Suite, junit

SUITES = [
    Suite(
        name="motar/one",
        seconds=2.5,
        properties={"plugin": "http://localhost:3000"},
        cases=[
            Case(name="1. It starts", outcome="passed", seconds=0.25, output=["POST /x -> 200"]),
            Case(
                name="2. It <waits> & hopes",
                outcome="failed",
                seconds=1.0,
                reason="never came",
                message='expected "a"',
                details=["expected <a>", "got \x00\ud800 & b"],
            ),
            Case(name="3. It ends", outcome="skipped"),
        ],
    ),
    Suite(name="two", cases=[Case(name="it", outcome="error", seconds=0.5, message="no such file")]),
]


def test_counts_are_those_of_each_suite_and_of_all():
    root = ET.fromstring(junit(SUITES))
    assert root.tag == "testsuites"
    counted = {"tests": "4", "failures": "1", "errors": "1", "skipped": "1", "time": "3.000", "name": "mockserver"}
    assert root.attrib == counted
    first, second = root.findall("testsuite")
    assert (first.get("tests"), first.get("failures"), first.get("skipped"), first.get("time")) == (
        *("3", "1", "1"),
        "2.500",
    )
    assert (second.get("errors"), second.get("time")) == ("1", "0.500")


def test_a_failure_has_its_reason_a_message_and_every_line_whatever_characters_they_hold():
    root = ET.fromstring(junit(SUITES))
    passed, failed, skipped = root.findall("testsuite[1]/testcase")
    assert passed.findtext("system-out") == "POST /x -> 200"
    assert passed.get("classname") == "motar.one"
    assert failed.get("name") == "2. It <waits> & hopes"
    failure = failed.find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("never came", 'expected "a"')
    assert failure.text == "expected <a>\ngot ?? & b"
    assert skipped.find("skipped") is not None
    assert root.find("testsuite[2]/testcase/error").get("message") == "no such file"  # type: ignore[union-attr]


def test_conditions_are_properties():
    root = ET.fromstring(junit(SUITES))
    found = root.find("testsuite[1]/properties/property")
    assert found is not None
    assert found.attrib == {"name": "plugin", "value": "http://localhost:3000"}
