// The keyboard: arrows follow the flow, every action has a key.
function nearest(candidates, distance) {
  return candidates.reduce((best, node) => (best && distance(best) <= distance(node) ? best : node), null);
}

function neighbour(key, node, graph) {
  const along = (ids) => nearest(ids.map((id) => graph.byId.get(id)), (other) => Math.abs(other.y - node.y));
  const within = (side) =>
    nearest(
      graph.data.nodes.filter((other) => other.layer === node.layer && (other.y - node.y) * side > 0),
      (other) => Math.abs(other.y - node.y),
    );
  switch (key) {
    case "ArrowRight":
      return along(graph.around.after.get(node.id));
    case "ArrowLeft":
      return along(graph.around.before.get(node.id));
    case "ArrowDown":
      return within(1);
    case "ArrowUp":
      return within(-1);
    default:
      return undefined;
  }
}

function onKey(event, graph) {
  const node = graph.byId.get(graph.current);
  if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = {
    Enter: () => graph.pick(node.id),
    " ": () => graph.pick(node.id),
    Escape: () => graph.pick(null),
    f: () => node.count === 1 && graph.act("focus", node.id),
    e: () => (node.count > 1 ? graph.act("expand", node.id) : node.group && graph.act("collapse", node.group)),
    "[": () => node.left && graph.act("more", node.id, "left"),
    "]": () => node.right && graph.act("more", node.id, "right"),
    0: () => graph.view.fit(true),
    "+": () => graph.view.zoom(ZOOM_STEP),
    "-": () => graph.view.zoom(1 / ZOOM_STEP),
    t: () => toggleTable(graph),
  };
  const next = neighbour(event.key, node, graph);
  if (next === undefined && !(event.key in actions)) return;
  event.preventDefault();
  if (next) graph.goTo(next);
  else actions[event.key]?.();
}
