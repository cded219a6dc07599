// The drawn graph as neighbours, and the path of a selection: everything upstream of it and everything downstream.
function neighbourhood(nodes, edges) {
  const after = new Map(nodes.map((node) => [node.id, []]));
  const before = new Map(nodes.map((node) => [node.id, []]));
  for (const edge of edges) {
    after.get(edge.source).push(edge.target);
    before.get(edge.target).push(edge.source);
  }
  return { before, after };
}

function reached(start, neighbours) {
  const seen = new Set([start]);
  const todo = [start];
  while (todo.length) {
    for (const next of neighbours.get(todo.pop())) {
      if (!seen.has(next)) {
        seen.add(next);
        todo.push(next);
      }
    }
  }
  return seen;
}

// What is lit: the given route, else the lineage of the selection; null if nothing is.
function litBy(selected, route, around) {
  if (route.length) {
    const on = new Set(route);
    return { node: (id) => on.has(id), edge: (edge) => on.has(edge.source) && on.has(edge.target) };
  }
  if (selected === null) return null;
  const up = reached(selected, around.before);
  const down = reached(selected, around.after);
  return {
    node: (id) => up.has(id) || down.has(id),
    // A line between an ancestor and a descendant that passes the selection by is not on its path.
    edge: (edge) => (up.has(edge.source) && up.has(edge.target)) || (down.has(edge.source) && down.has(edge.target)),
  };
}
