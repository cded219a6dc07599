"""Generated ML Metadata stores: rows for a file, and beside them the records that a loader must yield."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from provgraph.model import (
    Artifact,
    ArtifactState,
    ArtifactType,
    Association,
    Attribution,
    BaseType,
    Certainty,
    Context,
    ContextType,
    Event,
    EventType,
    Execution,
    ExecutionState,
    ExecutionType,
    JsonValue,
    NodeKind,
    NodeType,
    ParentContext,
    PropertyKind,
    Proto,
    Struct,
    Value,
)

TYPES = {NodeKind.EXECUTION: ExecutionType, NodeKind.ARTIFACT: ArtifactType, NodeKind.CONTEXT: ContextType}
NUMBERS = {NodeKind.EXECUTION: 0, NodeKind.ARTIFACT: 1, NodeKind.CONTEXT: 2}
BASES = {
    NodeKind.ARTIFACT: (BaseType.DATASET, BaseType.MODEL, BaseType.METRICS, BaseType.STATISTICS),
    NodeKind.EXECUTION: (BaseType.TRAIN, BaseType.TRANSFORM, BaseType.PROCESS, BaseType.EVALUATE, BaseType.DEPLOY),
}
BUILT_IN_IDS = {base: id_ for id_, base in enumerate((*BASES[NodeKind.ARTIFACT], *BASES[NodeKind.EXECUTION]), start=1)}

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
INTS = st.integers(-(2**63), 2**63 - 1)
DOUBLES = st.floats(allow_nan=False)  # SQLite keeps NaN as NULL
TIMES = st.sampled_from((0, 1, 1_700_000_000_000)) | st.integers(0, 2**53)
JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | DOUBLES.filter(lambda x: not x.is_integer()) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
STRUCTS = st.dictionaries(TEXT, JSON, max_size=3).map(lambda data: Struct.of({**data}))
PROTOS = st.builds(Proto, TEXT, st.binary(max_size=12))
VALUES: dict[PropertyKind, st.SearchStrategy[Value]] = {
    PropertyKind.INT: INTS,
    PropertyKind.DOUBLE: DOUBLES,
    PropertyKind.STRING: TEXT,
    PropertyKind.STRUCT: STRUCTS,
    PropertyKind.PROTO: PROTOS,
    PropertyKind.BOOLEAN: st.booleans(),
}


@dataclass
class Made:
    """A generated store.

    Attributes:
        version: of its schema.
        rows: by table.
        types, nodes, links: what must come out of it.
        again: how many events stand there twice.
    """

    version: int
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    types: list[NodeType] = field(default_factory=list)
    nodes: list[Artifact | Execution | Context] = field(default_factory=list)
    links: list[Event | Attribution | Association | ParentContext] = field(default_factory=list)
    again: int = 0

    def row(self, table: str, **columns: Any) -> None:
        self.rows.setdefault(table, []).append(columns)


@st.composite
def stores(draw: st.DrawFn, source: str = "mlmd/S", versions: tuple[int, ...] = tuple(range(11))) -> Made:
    """A store of any schema, and the records that it holds; `source` is what the store is called."""
    made = Made(draw(st.sampled_from(versions)))
    allowed = [k for k in PropertyKind if made.version >= 10 or k not in (PropertyKind.PROTO, PropertyKind.BOOLEAN)]
    kinds = [kind for kind in NodeKind if kind is not NodeKind.CONTEXT or made.version >= 3]
    of_kind: dict[NodeKind, list[tuple[int, NodeType]]] = {kind: [] for kind in NodeKind}
    identities = st.tuples(st.sampled_from(kinds), NAMES, TEXT if made.version >= 6 else st.just(""))
    for id_, (kind, name, version) in enumerate(draw(st.lists(identities, unique=True, max_size=5)), start=10):
        _type(draw, made, of_kind, id_, kind, name, version, source, allowed)
    ids = {kind: _nodes(draw, made, kind, of_kind[kind], source, allowed) for kind in kinds}
    _links(draw, made, ids, source)
    return made


def _type(
    draw: st.DrawFn,
    made: Made,
    of_kind: dict[NodeKind, list[tuple[int, NodeType]]],
    id_: int,
    kind: NodeKind,
    name: str,
    version: str,
    source: str,
    allowed: list[PropertyKind],
) -> None:
    properties = draw(st.dictionaries(NAMES, st.sampled_from(allowed), max_size=4))
    base = draw(st.none() | st.sampled_from(BASES[kind])) if made.version >= 6 and kind in BASES else None
    found = TYPES[kind](
        name=name,
        version=version,
        properties=properties,
        description=draw(TEXT) if made.version >= 6 else "",
        external_id=f"type-{id_}" if made.version >= 9 and draw(st.booleans()) else "",
        base_type=base,
        source=source,
    )
    made.row(
        "Type",
        id=id_,
        name=name,
        version=version or None,
        type_kind=NUMBERS[kind],
        description=found.description or None,
        external_id=found.external_id or None,
    )
    for prop, value_kind in properties.items():
        made.row("TypeProperty", type_id=id_, name=prop, data_type=value_kind.value)
    if base is not None:
        made.row("ParentType", type_id=id_, parent_type_id=BUILT_IN_IDS[base])
    made.types.append(found)
    of_kind[kind].append((id_, found))


def _nodes(
    draw: st.DrawFn,
    made: Made,
    kind: NodeKind,
    types: list[tuple[int, NodeType]],
    source: str,
    allowed: list[PropertyKind],
) -> list[int]:
    if not types:
        return []
    ids = sorted(draw(st.sets(st.integers(1, 60), max_size=4)))
    timed = made.version >= 5
    for id_ in ids:
        type_id, node_type = draw(st.sampled_from(types))
        name = None
        if kind is NodeKind.CONTEXT or (timed and draw(st.booleans())):
            name = f"{draw(TEXT)} {id_}"
        created, updated = (draw(TIMES), draw(TIMES)) if timed else (0, 0)
        external = f"{draw(TEXT)}{id_}" if made.version >= 9 and draw(st.booleans()) else None
        declared = {
            prop: draw(VALUES[value_kind]) for prop, value_kind in node_type.properties.items() if draw(st.booleans())
        }
        custom_names = NAMES | st.sampled_from(sorted(node_type.properties)) if node_type.properties else NAMES
        custom = draw(st.dictionaries(custom_names, st.one_of([VALUES[k] for k in allowed]), max_size=3))
        common: dict[str, Any] = {
            "key": f"{source}/{kind.value}/{id_}",
            "source": source,
            "type": node_type.name,
            "type_version": node_type.version,
            "name": name,
            "external_id": external,
            "created_at": created or None,
            "updated_at": updated or None,
            "properties": declared,
            "custom_properties": custom,
        }
        row: dict[str, Any] = {
            "id": id_,
            "type_id": type_id,
            "name": name,
            "external_id": external,
            "create_time_since_epoch": created,
            "last_update_time_since_epoch": updated,
        }
        if kind is NodeKind.ARTIFACT:
            artifact_state = draw(st.sampled_from(ArtifactState)) if timed else ArtifactState.UNKNOWN
            uri = draw(TEXT)
            made.nodes.append(Artifact(**common, uri=uri or None, state=artifact_state))
            row |= {"uri": uri, "state": artifact_state.value or None}
        elif kind is NodeKind.EXECUTION:
            state = draw(st.sampled_from(ExecutionState)) if timed else ExecutionState.UNKNOWN
            made.nodes.append(Execution(**common, state=state))
            row |= {"last_known_state": state.value or None}
        else:
            made.nodes.append(Context(**common))
        made.row(kind.value, **row)
        for is_custom, values in ((0, declared), (1, custom)):
            for prop, value in values.items():
                owner = {f"{kind.word}_id": id_}
                made.row(f"{kind.value}Property", **owner, name=prop, is_custom_property=is_custom, **columns(value))
    return ids


def _links(draw: st.DrawFn, made: Made, ids: dict[NodeKind, list[int]], source: str) -> None:
    artifacts, executions = ids[NodeKind.ARTIFACT], ids[NodeKind.EXECUTION]
    contexts = ids.get(NodeKind.CONTEXT, [])

    def key(kind: NodeKind, id_: int) -> str:
        return f"{source}/{kind.value}/{id_}"

    def pairs(left: list[int], right: list[int]) -> list[tuple[int, int]]:
        if not left or not right:
            return []
        return draw(st.lists(st.tuples(st.sampled_from(left), st.sampled_from(right)), unique=True, max_size=6))

    event_id = 0
    for artifact, execution in pairs(artifacts, executions):
        for event_type in draw(st.sets(st.sampled_from(EventType), min_size=1, max_size=3)):
            time = draw(TIMES)
            path = draw(st.lists(TEXT | INTS, max_size=3))
            made.links.append(
                Event(
                    artifact=key(NodeKind.ARTIFACT, artifact),
                    execution=key(NodeKind.EXECUTION, execution),
                    type=event_type,
                    time=time or None,
                    path=tuple(path),
                    certainty=Certainty.DECLARED,
                    recorded_by=source,
                )
            )
            again = 1 if made.version < 8 and draw(st.booleans()) else 0
            made.again += again
            for _ in range(1 + again):
                event_id += 1
                made.row(
                    "Event",
                    id=event_id,
                    artifact_id=artifact,
                    execution_id=execution,
                    type=event_type.value,
                    milliseconds_since_epoch=time,
                )
                for step in path:
                    made.row(
                        "EventPath",
                        event_id=event_id,
                        is_index_step=int(isinstance(step, int)),
                        step_index=step if isinstance(step, int) else None,
                        step_key=step if isinstance(step, str) else None,
                    )
    if made.version >= 4:
        for artifact, context in pairs(artifacts, contexts):
            made.row("Attribution", artifact_id=artifact, context_id=context)
            made.links.append(Attribution(key(NodeKind.ARTIFACT, artifact), key(NodeKind.CONTEXT, context), source))
        for execution, context in pairs(executions, contexts):
            made.row("Association", execution_id=execution, context_id=context)
            made.links.append(Association(key(NodeKind.EXECUTION, execution), key(NodeKind.CONTEXT, context), source))
    if made.version >= 6:
        for child, parent in pairs(contexts, contexts):
            if child > parent:
                made.row("ParentContext", context_id=child, parent_context_id=parent)
                made.links.append(ParentContext(key(NodeKind.CONTEXT, child), key(NodeKind.CONTEXT, parent), source))


def columns(value: Value) -> dict[str, Any]:
    """The columns of a property row that ML Metadata fills for a value."""
    if isinstance(value, bool):
        return {"bool_value": int(value)}
    if isinstance(value, int):
        return {"int_value": value}
    if isinstance(value, float):
        return {"double_value": value}
    if isinstance(value, str):
        return {"string_value": value}
    if isinstance(value, Proto):
        packed = _bytes(1, value.type_url.encode()) + _bytes(2, value.data)
        return {"proto_value": base64.b64encode(packed).decode()}
    data = value.data
    assert isinstance(data, dict)
    return {"string_value": "mlmd-struct::" + base64.b64encode(struct_bytes(data)).decode()}


def struct_bytes(data: dict[str, JsonValue]) -> bytes:
    """A `google.protobuf.Struct`, serialised."""
    return b"".join(_bytes(1, _bytes(1, key.encode()) + _bytes(2, _value(value))) for key, value in data.items())


def _value(value: JsonValue) -> bytes:
    if value is None:
        return b"\x08\x00"
    if isinstance(value, bool):
        return b"\x20" + bytes([value])
    if isinstance(value, int | float):
        return b"\x11" + struct.pack("<d", value)
    if isinstance(value, str):
        return _bytes(3, value.encode())
    if isinstance(value, dict):
        return _bytes(5, struct_bytes(value))
    return _bytes(6, b"".join(_bytes(1, _value(item)) for item in value))


def _bytes(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
