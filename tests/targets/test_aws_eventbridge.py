"""EventBridge: the template by cfn-lint, and the request that it configures against the function."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.command import Finished, here
from tests.support.endpoint import Endpoint
from tests.targets.api import send
from tests.targets.piped import pipe
from tests.targets.proof import PLAIN, Place, Proof
from tests.targets.tools import judge


def resources(place: Place) -> dict[str, Any]:
    """The properties of each resource, with the credential in its place as CloudFormation does."""

    def resolved(value: Any) -> Any:
        match value:
            case {"Ref": "Credential"}:
                return place.credential
            case {"Ref": str(name)}:
                return f"ref:{name}"
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return f"arn:{name}"
            case {"Fn::Join": [str(between), list(parts)]}:
                return between.join(resolved(part) for part in parts)
            case dict():
                return {name: resolved(part) for name, part in value.items()}
            case list():
                return [resolved(part) for part in value]
        return value

    template = YAML(typ="safe").load(place.only)
    assert template["Parameters"]["Credential"]["NoEcho"] is True
    return {name: resolved(each["Properties"]) for name, each in template["Resources"].items()}


class TestAwsEventBridge(Proof):
    target = "aws-eventbridge"
    every = "1m"
    mutation = ("bunkd-call.yaml", "rate(1 minute)", "rate(1 minutes)")

    def judge(self, place: Place) -> Finished:
        return judge("cfn-lint", "--regions", "us-east-1", "--", place.only)

    def call(self, place: Place) -> Finished:
        """What the rule makes of its target; a failed call is in the queue, and stays alone."""
        made = resources(place)
        [target] = made["Rule"]["Targets"]
        assert target["Arn"] == "arn:Destination"
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0
        assert target["DeadLetterConfig"] == {"Arn": "arn:Failed"}
        assert made["Rule"]["State"] == "ENABLED"
        destination, connection = made["Destination"], made["Connection"]
        assert destination["ConnectionArn"] == "arn:Connection"
        assert connection["AuthorizationType"] == "API_KEY"
        parameters = connection["AuthParameters"]
        key = parameters["ApiKeyAuthParameters"]
        headers = {
            each["Key"]: each["Value"]
            for each in parameters["InvocationHttpParameters"]["HeaderParameters"]
        }
        headers[key["ApiKeyName"]] = key["ApiKeyValue"]
        method, url = destination["HttpMethod"], destination["InvocationEndpoint"]
        return send(method, url, headers, target["Input"])

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("InvocationRateLimitPerSecond", "InvocationRateLimit"),
            ("MaximumRetryAttempts: 0", "MaximumRetryAttempts: 200"),
            ("{ Ref: Credential }", "{ Ref: Credentials }"),
            ("/functions/", "/{functions}/"),
        ],
    )
    def test_other_mutations_are_rejected_too(self, place: Place, old: str, new: str) -> None:
        text = place.only.read_text()
        assert old in text
        head, _, rest = text.partition("AWSTemplateFormatVersion")
        place.only.write_text(f"{head}AWSTemplateFormatVersion{rest.replace(old, new)}")
        assert self.judge(place).code != 0

    def test_who_may_do_what(self, place: Place) -> None:
        made = resources(place)
        [policy] = made["Role"]["Policies"]
        [statement] = policy["PolicyDocument"]["Statement"]
        assert statement == {
            "Effect": "Allow",
            "Action": "events:InvokeApiDestination",
            "Resource": "arn:Destination",
        }
        [statement] = made["FailedPolicy"]["PolicyDocument"]["Statement"]
        assert made["FailedPolicy"]["Queues"] == ["ref:Failed"]
        assert statement["Action"] == "sqs:SendMessage"
        assert statement["Resource"] == "arn:Failed"
        assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:Rule"}}

    def test_the_credential_goes_in_by_standard_input(self, place: Place, tmp_path: Path) -> None:
        """As the aws command reads it: a list of KEY=VALUE, as JSON, from a file."""
        piped = pipe(place, "aws", tmp_path)
        assert piped.arguments[:2] == ["cloudformation", "deploy"]
        assert piped.arguments[-2:] == ["--parameter-overrides", "file:///dev/stdin"]
        assert json.loads(piped.input) == [f"Credential={place.credential}"]

    @pytest.mark.parametrize(
        ("every", "expression"),
        [
            ("5m", "cron(0,5,10,15,20,25,30,35,40,45,50,55 * * * ? *)"),
            ("24h", "cron(0 0 * * ? *)"),
            ("0 9 1 1-3 *", "cron(0 9 1 1,2,3 ? *)"),
            ("0 9 * * sun-mon", "cron(0 9 ? * SUN,MON *)"),
        ],
    )
    def test_intervals(
        self, function: Endpoint, tmp_path: Path, every: str, expression: str
    ) -> None:
        place = self.make(function, tmp_path, PLAIN, every=every)
        assert resources(place)["Rule"]["ScheduleExpression"] == expression
        done = self.judge(place)
        assert done.code == 0, done.all

    @pytest.mark.parametrize(
        ("every", "name", "value", "says"),
        [
            ("0 9 1 * 1", "BUNKD_BODY", "{}", "not both"),
            ("1m", "BUNKD_BODY", '{"a": "{{resolve:ssm:x}}"}', "would replace {{resolve:…}}"),
            ("1m", "BUNKD_HEADERS", '{"X-A": "{{resolve:ssm:x}}"}', "would replace {{resolve:…}}"),
            ("1m", "BUNKD_HEADERS", json.dumps({"X-A": "a" * 513}), "512 characters"),
        ],
    )
    def test_what_it_cannot_carry_is_refused(
        self, every: str, name: str, value: str, says: str
    ) -> None:
        env = {"BUNKD_CALL_URL": "https://x.example", name: value}
        done = here("external", "generate", "aws-eventbridge", "--every", every, **env)
        assert done.code == 1
        assert done.out == ""
        assert says in done.err

    def test_it_is_said_that_the_wait_is_short(self) -> None:
        env = {"BUNKD_CALL_URL": "https://x.example"}
        done = here("external", "generate", "aws-eventbridge", "--every", "1m", **env)
        assert "waits 5 s for an answer, not 35 s" in done.err
