"""Values of templates as texts: references are followed, through exports too, and what only AWS knows gets a stand-in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from infra.templates import Templates

ACCOUNT: Final = "111122223333"
REGION: Final = "eu-central-1"
_PSEUDO: Final = {"AWS::AccountId": ACCOUNT, "AWS::Partition": "aws", "AWS::Region": REGION, "AWS::URLSuffix": "amazonaws.com"}


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


PARAMETER: Final = re.compile(r"\{\{resolve:ssm:([^:}]+)\}\}")


Named = Callable[["Resolver", str, Mapping[str, Any]], str]


def _property(name: str) -> Named:
    return lambda resolver, area, properties: resolver.text(area, properties.get(name, ""))


_REFS: Final[dict[str, Named]] = {
    "AWS::S3::Bucket": _property("BucketName"),
    "AWS::Lambda::Function": _property("FunctionName"),
    "AWS::Logs::LogGroup": _property("LogGroupName"),
    "AWS::SNS::Topic": lambda r, a, p: _arn("sns", r.text(a, p.get("TopicName", ""))),
    "AWS::SecretsManager::Secret": lambda r, a, p: _arn("secretsmanager", f"secret:{r.text(a, p.get('Name', ''))}-AbCdEf"),
    "AWS::SecretsManager::SecretTargetAttachment": lambda r, a, p: r.text(a, p["SecretId"]),
}
_ARNS: Final[dict[str, Named]] = {
    "AWS::S3::Bucket": lambda r, a, p: f"arn:aws:s3:::{r.text(a, p.get('BucketName', ''))}",
    "AWS::SQS::Queue": lambda r, a, p: _arn("sqs", r.text(a, p.get("QueueName", ""))),
    "AWS::Lambda::Function": lambda r, a, p: _arn("lambda", f"function:{r.text(a, p.get('FunctionName', ''))}"),
    "AWS::SNS::Topic": _REFS["AWS::SNS::Topic"],
}


class Resolver:
    """Reads the templates of one stage."""

    def __init__(self, made: Templates) -> None:
        self.made = made
        self.exports = {
            str(output["Export"]["Name"]): (area, output["Value"])
            for area, template in made.stacks.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

        self.parameters = {
            str(found["Name"]): (where.split("/")[0], found["Value"]) for where, found in made.properties("AWS::SSM::Parameter").items()
        }

    def _parameters(self, text: str) -> str:
        """With the values of parameters that are referred to."""
        return PARAMETER.sub(lambda found: self.text(*self.parameters.get(found[1], ("", f"<no parameter {found[1]}>"))), text)

    def resource(self, area: str, name: str) -> Mapping[str, Any] | None:
        """A resource by its logical id."""
        found: Mapping[str, Any] | None = self.made.stacks[area].get("Resources", {}).get(name)
        return found

    def target(self, area: str, value: Any) -> str | None:
        """``area/logical id`` of the resource that a value refers to."""
        if not isinstance(value, dict):
            return None
        if "Fn::ImportValue" in value:
            exported = self.exports.get(str(value["Fn::ImportValue"]))
            return self.target(*exported) if exported else None
        if "Ref" in value:
            return f"{area}/{value['Ref']}" if self.resource(area, value["Ref"]) else None
        if "Fn::GetAtt" in value:
            return f"{area}/{value['Fn::GetAtt'][0]}"
        return None

    def targets(self, area: str, value: Any) -> Iterator[str]:
        """All resources that are referred to anywhere in a value."""
        found = self.target(area, value)
        if found:
            yield found
        elif isinstance(value, dict):
            for part in value.values():
                yield from self.targets(area, part)
        elif isinstance(value, list):
            for part in value:
                yield from self.targets(area, part)

    def text(self, area: str, value: Any) -> str:
        """The value as it will read."""
        if not isinstance(value, dict):
            return self._parameters(str(value))
        if "Fn::Join" in value:
            separator, parts = value["Fn::Join"]
            return str(separator).join(self.text(area, part) for part in parts) if isinstance(parts, list) else f"<{parts}>"
        if "Fn::Sub" in value and isinstance(value["Fn::Sub"], str):
            return re.sub(r"\$\{([\w:]+)\}", lambda found: _PSEUDO.get(found[1], f"<{found[1]}>"), value["Fn::Sub"])
        if "Fn::ImportValue" in value:
            exported = self.exports.get(str(value["Fn::ImportValue"]))
            return self.text(*exported) if exported else f"<{value['Fn::ImportValue']}>"
        if "Ref" in value:
            return _PSEUDO.get(value["Ref"]) or self._named(area, value["Ref"], "", _REFS)
        if "Fn::GetAtt" in value:
            name, attribute = value["Fn::GetAtt"]
            return self._named(area, name, f".{attribute}", _ARNS if attribute == "Arn" else {})
        return f"<{value}>"

    def _named(self, area: str, name: str, attribute: str, known: Mapping[str, Named]) -> str:
        resource = self.resource(area, name)
        maker = known.get(resource["Type"]) if resource else None
        made = maker(self, area, resource.get("Properties", {})) if maker and resource else ""
        return made or f"<{area}/{name}{attribute}>"
