// The mark of a state: a shape of its own for each, so that colour never stands alone. Centre at 0, radius about 4.
function stateMark(node, x, y) {
  const strokes = SHAPES[node.shape].map(({ path, width, dash, pulse }) =>
    shape("path", {
      d: path,
      class: [width === null ? "solid" : "line", pulse ? "pulse" : ""].join(" ").trim(),
      "stroke-width": width,
      "stroke-dasharray": dash,
    }),
  );
  return shape("g", { class: `state tone-${node.tone}`, transform: `translate(${x},${y})` }, ...strokes);
}
