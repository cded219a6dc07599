// What lies over the drawing: the tip of a node, the legend of what occurs, and the table of the same content.
function showTip(root, node, anchor) {
  const tip = root.querySelector(".tip");
  tip.hidden = node === null;
  if (node === null) return;
  const hint = node.count > 1 ? "double-click to unfold" : node.card ? "double-click to focus" : "";
  tip.replaceChildren(
    html("div", "tip-type", heading(node)),
    html("div", "tip-name", node.name),
    html("div", "tip-note", [node.stateText, node.note].filter(Boolean).join(" · ")),
    html("div", "tip-hint", hint),
  );
  const frame = root.getBoundingClientRect();
  const box = anchor.getBoundingClientRect();
  const left = Math.min(Math.max(box.left - frame.left, 6), frame.width - tip.offsetWidth - 6);
  const below = box.bottom - frame.top + 10;
  const top = below + tip.offsetHeight > frame.height ? box.top - frame.top - tip.offsetHeight - 10 : below;
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
}

function fillLegend(root, data) {
  // a compact drawing explains its unusual lines alone
  const states = data.compact ? new Map() : new Map(data.nodes.map((node) => [node.stateText, node]));
  const entries = [...states].map(([text, node]) => {
    const entry = html("span");
    entry.append(shape("svg", { viewBox: "-6 -6 12 12" }, stateMark(node, 0, 0)), html("span", "", text));
    return entry;
  });
  for (const style of unusual(data.edges)) {
    const drawn = drawEdge({ style, points: [[1, 6], [25, 6]] });
    light(drawn, false, false);
    const entry = html("span");
    entry.append(shape("svg", { viewBox: "0 0 27 12", class: "wide" }, drawn.group), html("span", "", STYLE_WORDS[style]));
    entries.push(entry);
  }
  root.querySelector(".legend").replaceChildren(...entries);
}

function fillTable(root, data, around) {
  const byId = new Map(data.nodes.map((node) => [node.id, node]));
  const styles = new Map(data.edges.map((edge) => [`${edge.source} ${edge.target}`, edge.style]));
  const name = (id, style) => {
    const called = byId.get(id).name || heading(byId.get(id));
    return style in STYLE_WORDS ? `${called} (${STYLE_WORDS[style]})` : called;
  };
  const before = (node) => around.before.get(node.id).map((id) => name(id, styles.get(`${id} ${node.id}`))).join(", ");
  const after = (node) => around.after.get(node.id).map((id) => name(id, styles.get(`${node.id} ${id}`))).join(", ");
  const table = html("table");
  table.append(html("caption", "", data.label));
  const row = (cells, tag) => {
    const line = html("tr");
    cells.forEach((text, column) => {
      const cell = html(column === 0 ? "th" : tag, "", text);
      if (column === 0) cell.scope = tag === "th" ? "col" : "row";
      line.append(cell);
    });
    return line;
  };
  const head = html("thead");
  head.append(row(["Name", "Type", "State", "From", "To", "Hidden left", "Hidden right"], "th"));
  const body = html("tbody");
  for (const node of [...data.nodes].sort((a, b) => a.layer - b.layer || a.y - b.y)) {
    body.append(
      row(
        [
          node.name || heading(node),
          heading(node),
          node.stateText,
          before(node),
          after(node),
          String(node.left),
          String(node.right),
        ],
        "td",
      ),
    );
  }
  table.append(head, body);
  root.querySelector(".sheet").replaceChildren(table);
}

function toggleTable(graph) {
  const { root } = graph;
  const sheet = root.querySelector(".sheet");
  const shown = !sheet.classList.toggle("visually-hidden");
  root.classList.toggle("as-table", shown);
  root.querySelector('[data-do="table"]').setAttribute("aria-pressed", String(shown));
  sheet.onkeydown = (event) => {
    if (event.key === "t" || event.key === "Escape") toggleTable(graph);
  };
  if (shown) sheet.focus();
  else graph.nodes.get(graph.current)?.focus({ preventScroll: true });
}
