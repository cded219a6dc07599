"""A small document that has every sort of statement in it: a training, its labels, who did it, and a recall."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["example_document", "write_document", "write_example"]

EX, PLANT = "http://example.org/", "https://plant-2.example/"


def name(text: str) -> dict[str, str]:
    return {"$": text, "type": "xsd:QName"}


def typed(value: str, datatype: str) -> dict[str, str]:
    return {"$": value, "type": datatype}


def example_document() -> dict[str, Any]:
    """The document as JSON."""
    return {
        "prefix": {"ex": EX, "default": PLANT},
        "entity": {
            "ex:images": {
                "prov:type": name("ex:Dataset"),
                "prov:location": typed("s3://plant-2/images", "xsd:anyURI"),
                "prov:label": ["images", {"$": "Bilder", "lang": "de"}],
                "ex:rows": typed("4000", "xsd:int"),
                "ex:share": typed("0.5", "xsd:double"),
                "ex:weight": typed("01.50", "xsd:decimal"),
                "ex:checked": True,
            },
            "ex:labels": {"prov:type": [name("ex:Dataset"), name("prov:Collection")]},
            "ex:inspector": {"prov:type": name("ex:Model"), "ex:api_key": "hunter2hunter2"},
            "ex:recipe": {"prov:type": name("prov:Plan")},
            "ex:run-7": {"prov:type": name("prov:Bundle")},
            "line-3": {"ex:note": ["a", "b"]},
        },
        "activity": {
            "ex:train": {
                "prov:type": name("ex:Train"),
                "prov:startTime": "2026-11-24T06:00:00Z",
                "prov:endTime": "2026-11-24T07:00:00+01:00",
            },
            "ex:label": {},
        },
        "agent": {
            "ex:anna": {"prov:type": name("prov:Person"), "prov:label": "Anna"},
            "ex:plant-2": {"prov:type": name("prov:Organization")},
        },
        "used": {
            "ex:use-1": {
                "prov:activity": "ex:train",
                "prov:entity": "ex:images",
                "prov:time": "2026-11-24T06:01:00.250Z",
                "prov:role": "training data",
            },
            "_:u2": {"prov:activity": "ex:train", "prov:entity": "ex:labels"},
            "_:u3": {"prov:activity": "ex:train", "prov:entity": "ex:scratch"},
            "_:u4": {"prov:activity": "ex:audit"},
        },
        "wasGeneratedBy": {
            "ex:gen-1": [
                {"prov:entity": "ex:inspector", "prov:activity": "ex:train", "prov:time": "2026-11-24T06:59:00"},
                {"prov:entity": "ex:inspector", "prov:activity": "ex:train", "ex:try": typed("2", "xsd:int")},
            ],
        },
        "wasDerivedFrom": {
            "_:d1": {"prov:generatedEntity": "ex:labels", "prov:usedEntity": "ex:images"},
            "ex:der-2": {
                "prov:generatedEntity": "ex:labels",
                "prov:usedEntity": "ex:recipe",
                "prov:activity": "ex:label",
                "prov:type": name("prov:Revision"),
            },
            "_:d3": {"prov:generatedEntity": "ex:labels", "prov:usedEntity": "ex:labels"},
        },
        "wasInvalidatedBy": {
            "_:i1": {"prov:entity": "ex:labels", "prov:activity": "ex:recall", "prov:time": "2026-11-25T00:00:00Z"}
        },
        "wasAttributedTo": {"_:at1": {"prov:entity": "ex:labels", "prov:agent": "ex:anna"}},
        "wasAssociatedWith": {
            "_:as1": {
                "prov:activity": "ex:train",
                "prov:agent": "ex:anna",
                "prov:plan": "ex:recipe",
                "prov:role": "author",
            },
            "_:as2": {"prov:agent": "ex:plant-2"},
        },
        "actedOnBehalfOf": {
            "_:de1": {"prov:delegate": "ex:anna", "prov:responsible": "ex:plant-2", "prov:activity": "ex:train"}
        },
        "wasInformedBy": {"_:in1": {"prov:informed": "ex:train", "prov:informant": "ex:label"}},
        "wasStartedBy": {
            "_:st1": {"prov:activity": "ex:label", "prov:trigger": "ex:images", "prov:time": "2026-11-23T08:00:00Z"}
        },
        "wasEndedBy": {"_:en1": {"prov:activity": "ex:label", "prov:ender": "ex:train"}},
        "wasInfluencedBy": {"_:if1": {"prov:influencee": "ex:anna", "prov:influencer": "ex:train"}},
        "alternateOf": {"_:al1": {"prov:alternate1": "ex:images", "prov:alternate2": "line-3"}},
        "specializationOf": {"_:sp1": {"prov:specificEntity": "ex:images", "prov:generalEntity": "line-3"}},
        "mentionOf": {
            "_:me1": {
                "prov:specificEntity": "ex:labels",
                "prov:generalEntity": "ex:labels-0",
                "prov:bundle": "ex:run-7",
            }
        },
        "hadMember": {"_:ha1": {"prov:collection": "ex:labels", "prov:entity": ["ex:part-1", "ex:part-2"]}},
        "wasSeenBy": {"_:x": {}},
        "bundle": {
            "ex:run-7": {
                "prefix": {"ex": EX, "own": "urn:own:"},
                "entity": {"own:metrics": {"own:f1": typed("0.9", "own:score")}},
                "wasGeneratedBy": {"_:g": {"prov:entity": "own:metrics", "prov:activity": "ex:train"}},
            },
            "ex:empty": {},
        },
    }


def write_document(path: Path, document: Any) -> Path:
    """A document as a file."""
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def write_example(path: Path) -> Path:
    """The example as a file."""
    return write_document(path, example_document())
