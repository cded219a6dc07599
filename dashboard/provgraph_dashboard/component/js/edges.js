// Lines and arrowheads. The style says what is known: solid for recorded flow, dashed for possible, dotted for pending,
// a hollow head for derivation, a double line for equality.
const STYLE_WORDS = {
  derivation: "derived, step not recorded",
  same: "same thing in two tools",
  possible: "possible",
  pending: "pending output",
  relation: "other relation",
};

// The styles that need a word, in the order in which they occur.
function unusual(edges) {
  return new Set(edges.map((edge) => edge.style).filter((style) => style in STYLE_WORDS));
}

function markers() {
  const head = (id, path, className) =>
    shape(
      "marker",
      { id, viewBox: "0 0 10 10", refX: 8.5, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" },
      shape("path", { d: path, class: className }),
    );
  const open = "M2 1.5L8.5 5L2 8.5";
  const closed = "M1.5 1.5L8.5 5L1.5 8.5z";
  return shape(
    "defs",
    {},
    head("open", open, "head"),
    head("open-lit", open, "head lit"),
    head("closed", closed, "head hollow"),
    head("closed-lit", closed, "head hollow lit"),
  );
}

function drawEdge(edge) {
  const path = curve(edge.points);
  const line = shape("path", { d: path, class: "line" });
  const group = shape("g", { class: `edge style-${edge.style}` }, line);
  if (edge.style === "same") group.append(shape("path", { d: path, class: "core" }));
  return { edge, group, line };
}

function light(drawn, lit, dimmed) {
  drawn.group.classList.toggle("lit", lit);
  drawn.group.classList.toggle("dim", dimmed);
  if (drawn.edge.style === "same") return;
  const head = drawn.edge.style === "derivation" ? "closed" : "open";
  drawn.line.setAttribute("marker-end", `url(#${head}${lit ? "-lit" : ""})`);
}
