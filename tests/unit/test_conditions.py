"""Templates as they are deployed for given parameters."""

from __future__ import annotations

import pytest

from infra.conditions import resolved

TEMPLATE = {
    "Parameters": {
        "Key": {"Type": "String", "Default": ""},
        "Hosts": {"Type": "CommaDelimitedList", "Default": ""},
        "Name": {"Type": "String"},
    },
    "Conditions": {
        "HasKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Key"}, ""]}]},
        "HasHosts": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Hosts"}]}, ""]}]},
        "HasBoth": {"Fn::And": [{"Condition": "HasKey"}, {"Condition": "HasHosts"}]},
        "HasEither": {"Fn::Or": [{"Condition": "HasKey"}, {"Condition": "HasHosts"}]},
        "IsAbroad": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}]},
    },
    "Resources": {
        "Always": {
            "Type": "Queue",
            "Properties": {
                "Key": {"Fn::If": ["HasKey", {"Ref": "Key"}, {"Ref": "AWS::NoValue"}]},
                "Of": [{"Fn::If": ["HasHosts", {"Ref": "Hosts"}, {"Ref": "AWS::NoValue"}]}, "us"],
            },
        },
        "WithKey": {"Type": "Policy", "Condition": "HasKey"},
        "WithBoth": {"Type": "Policy", "Condition": "HasBoth"},
        "WithEither": {"Type": "Policy", "Condition": "HasEither"},
        "Abroad": {"Type": "Policy", "Condition": "IsAbroad"},
    },
    "Outputs": {"Key": {"Condition": "HasKey", "Value": {"Ref": "Key"}}},
}


@pytest.mark.parametrize(
    ("given", "there", "why"),
    [
        ({}, {"Always"}, "defaults switch nothing on"),
        ({"Key": "k"}, {"Always", "WithKey", "WithEither"}, "one of two is enough for Or"),
        ({"Hosts": "a,b"}, {"Always", "WithEither"}, "a list is there when it has anything"),
        (
            {"Key": "k", "Hosts": "a"},
            {"Always", "WithKey", "WithEither", "WithBoth"},
            "And takes both",
        ),
        ({"AWS::Region": "eu-west-1"}, {"Always", "Abroad"}, "the region may be given"),
    ],
)
def test_what_is_deployed_hangs_on_conditions(given, there, why):
    document = resolved(TEMPLATE, given)
    assert set(document["Resources"]) == there, why
    assert set(document["Outputs"]) == ({"Key"} if "Key" in given else set())
    assert not [r for r in document["Resources"].values() if "Condition" in r]


def test_a_choice_is_made_and_what_has_no_value_is_left_out():
    without = resolved(TEMPLATE, {})["Resources"]["Always"]["Properties"]
    assert without == {"Of": ["us"]}
    given = resolved(TEMPLATE, {"Key": "k", "Hosts": "a"})["Resources"]["Always"]["Properties"]
    assert given == {"Key": {"Ref": "Key"}, "Of": [{"Ref": "Hosts"}, "us"]}


def test_a_condition_on_a_parameter_without_a_value_is_refused():
    asks = {"Conditions": {"C": {"Fn::Equals": [{"Ref": "Name"}, ""]}}}
    resources = {"Resources": {"R": {"Type": "T", "Condition": "C"}}}
    with pytest.raises(KeyError, match="Name"):
        resolved({"Parameters": TEMPLATE["Parameters"]} | asks | resources, {})
