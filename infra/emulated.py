"""A stage made for AWS, cut down to what the emulator can hold, so that its references and outputs are exercised without an account.

Types that the emulator does not know are taken out of the synthesised templates; what referred to them gets a text in their place. Everything
else is deployed as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

STAND_IN: Final = "not-in-the-emulator"


def cut_down(assembly: Path, known: Collection[str], refused: Collection[str] = ()) -> dict[str, list[str]]:
    """Rewrite the templates of a cloud assembly in place; answers with what was taken out, by stack.

    ``known``: the types that the emulator has. ``refused``: types, or single resources by logical id, that it would take and cannot run.
    """
    gone = {}
    for path in sorted(assembly.glob("*.template.json")):
        template: dict[str, Any] = json.loads(path.read_text())
        kept, dropped = _split(template.get("Resources", {}), known, refused)
        template["Resources"] = _without(kept, dropped)
        template["Outputs"] = _without(template.get("Outputs", {}), dropped)
        template.pop("Transform", None)
        template.pop("Rules", None)
        path.write_text(json.dumps(template))
        gone[path.name.removesuffix(".template.json")] = sorted({resource["Type"] for resource in dropped.values()})
    return gone


def _split(resources: Mapping[str, Any], known: Collection[str], refused: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    kept = {name: resource for name, resource in resources.items() if _runs(name, resource, known, refused)}
    return kept, {name: resource for name, resource in resources.items() if name not in kept}


def _runs(name: str, resource: Mapping[str, Any], known: Collection[str], refused: Collection[str]) -> bool:
    kind = str(resource["Type"])
    if kind == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
        return False  # it knows alarms on a metric, not on an expression
    return name not in refused and kind not in refused and (kind in known or kind.startswith("Custom::"))


def _without(value: Any, dropped: Mapping[str, Any]) -> Any:
    """The same document with a text where something was referred to that is gone."""
    if isinstance(value, list):
        return [_without(item, dropped) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        if value.get("Ref") in dropped:
            return STAND_IN
        attribute = value.get("Fn::GetAtt")
        if attribute and (attribute if isinstance(attribute, list) else str(attribute).split("."))[0] in dropped:
            return STAND_IN
        text = value.get("Fn::Sub")
        if isinstance(text, str):
            return {"Fn::Sub": re.sub(r"\$\{(\w+)(\.\w+)*\}", lambda found: STAND_IN if found[1] in dropped else found[0], text)}
    return {key: _after(item, dropped) if key == "DependsOn" else _without(item, dropped) for key, item in value.items()}


def _after(names: Any, dropped: Mapping[str, Any]) -> list[str]:
    return [name for name in ([names] if isinstance(names, str) else names) if name not in dropped]
