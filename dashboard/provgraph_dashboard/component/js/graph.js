// One drawn graph, rebuilt when its data changes; what the user did with the one before it (selection, view) stays.
class Graph {
  constructor(root, data, before) {
    this.root = root;
    this.data = data;
    this.before = before;
    this.byId = new Map(data.nodes.map((node) => [node.id, node]));
    this.around = neighbourhood(data.nodes, data.edges);
    this.selected = before ? before.selected : data.selected;
    this.acted = null;
    this.current = before?.current;
    this.stage = root.querySelector(".stage");
  }

  build() {
    const { root, data, around } = this;
    const focused = this.stage.contains(root.getRootNode().activeElement);
    const family = getComputedStyle(root).fontFamily;
    root.style.height = `${data.height}px`;
    root.classList.toggle("compact", data.compact);
    this.svg = shape("svg", { role: "group", "aria-label": data.label, "aria-describedby": "keys", class: "canvas" });
    this.edges = data.edges.map(drawEdge);
    this.nodes = new Map();
    for (const node of data.nodes) {
      const inputs = around.before.get(node.id).length;
      const outputs = around.after.get(node.id).length;
      const group = drawNode(node, family, { inputs, outputs });
      group.classList.toggle("focus", node.id === data.focus);
      for (const [side, busy] of [["left", inputs > 0], ["right", outputs > 0]]) {
        if (node[side]) group.append(this.more(node, side, busy));
      }
      this.listen(node, group);
      this.nodes.set(node.id, group);
    }
    const lines = shape("g", { "aria-hidden": "true" }, ...this.edges.map((drawn) => drawn.group));
    this.svg.append(markers(), lines, shape("g", {}, ...this.nodes.values()));
    this.stage.replaceChildren(this.svg);
    root.querySelector(".empty").hidden = data.nodes.length > 0;
    fillLegend(root, data);
    fillTable(root, data, around);
    this.look();
    this.mark();
    this.setCurrent([this.current, this.selected, data.focus].find((id) => this.byId.has(id)));
    if (focused) this.nodes.get(this.current)?.focus({ preventScroll: true });
  }

  more(node, side, busy) {
    const element = handle(node, side, busy);
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      this.act("more", node.id, side);
    });
    element.addEventListener("dblclick", (event) => event.stopPropagation());
    return element;
  }

  listen(node, group) {
    group.addEventListener("click", (event) => {
      event.stopPropagation();
      if (!this.view.moved) this.pick(node.id);
    });
    group.addEventListener("dblclick", (event) => {
      event.stopPropagation();
      this.act(node.count > 1 ? "expand" : "focus", node.id);
    });
    group.addEventListener("pointerenter", () => showTip(this.root, node, group));
    group.addEventListener("pointerleave", () => showTip(this.root, null));
    group.addEventListener("focus", () => {
      this.setCurrent(node.id);
      if (group.matches(":focus-visible")) showTip(this.root, node, group);
    });
    group.addEventListener("blur", () => showTip(this.root, null));
  }

  // The view starts on the focus; after a change of the drawing, what the user acted on stays where it was.
  look() {
    this.view = new View(this.svg, this.stage, this.data);
    this.view.listen();
    this.svg.addEventListener("click", () => {
      if (!this.view.moved) this.pick(null);
    });
    this.svg.addEventListener("keydown", (event) => onKey(event, this));
    const anchor = this.before?.data.focus === this.data.focus ? this.anchor() : null;
    if (anchor) this.view.keep(this.before.view, anchor.was, anchor.now);
    else this.view.fit(false);
    const { route } = this.data;
    if (String(route) !== String(this.before?.data.route ?? "")) this.view.include(this.onRoute());
  }

  // The nodes of the route and the bends of the lines between them, as boxes.
  onRoute() {
    const on = new Set(this.data.route);
    const lines = this.data.edges.filter((edge) => on.has(edge.source) && on.has(edge.target));
    const bends = lines.flatMap((edge) => edge.points.map(([x, y]) => ({ x, y, w: 0, h: 0 })));
    return [...this.data.nodes.filter((node) => on.has(node.id)), ...bends];
  }

  anchor() {
    for (const id of [this.before.acted, this.before.selected, this.data.focus]) {
      const was = this.before.byId.get(id) ?? this.before.data.nodes.find((node) => node.group === id);
      const now = this.byId.get(id) ?? this.data.nodes.find((node) => node.group === id);
      if (id && was && now) return { was, now };
    }
    return null;
  }

  // One stop of the Tab key for the whole graph; the arrows move it.
  setCurrent(id) {
    this.nodes.get(this.current)?.setAttribute("tabindex", -1);
    this.current = id ?? this.data.nodes[0]?.id;
    this.nodes.get(this.current)?.setAttribute("tabindex", 0);
  }

  goTo(node) {
    this.view.reveal(node);
    this.nodes.get(node.id).focus({ preventScroll: true });
  }

  pick(id) {
    this.selected = id;
    this.mark();
    this.setState("selected", id);
  }

  act(what, id, side = null) {
    this.acted = id;
    this.setTrigger("action", { do: what, id, side });
  }

  mark() {
    const selected = this.byId.has(this.selected) ? this.selected : null;
    const lit = litBy(selected, this.data.route, this.around);
    for (const [id, group] of this.nodes) {
      group.classList.toggle("dim", lit !== null && !lit.node(id));
      group.classList.toggle("selected", id === selected);
      group.setAttribute("aria-pressed", String(id === selected));
    }
    for (const drawn of this.edges) light(drawn, lit !== null && lit.edge(drawn.edge), lit !== null && !lit.edge(drawn.edge));
  }
}

function onTool(event, graph) {
  const what = event.target.closest("button")?.dataset.do;
  if (what === "in") graph.view.zoom(ZOOM_STEP);
  if (what === "out") graph.view.zoom(1 / ZOOM_STEP);
  if (what === "home") graph.view.fit(false);
  if (what === "fit") graph.view.fit(true);
  if (what === "table") toggleTable(graph);
}

function watchWidth(root) {
  let width = root.clientWidth;
  const observer = new ResizeObserver(() => {
    if (!root.clientWidth || Math.abs(root.clientWidth - width) <= 1) return;
    width = root.clientWidth;
    root.graph.view.fit(false);
  });
  observer.observe(root);
  return observer;
}

// Called by Streamlit at the first mount and whenever the data changes; what must outlast a call lives on the root.
export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".pg");
  const signature = JSON.stringify(data);
  let graph = root.graph;
  if (!graph || signature !== root.signature) {
    graph = new Graph(root, data, graph);
    graph.setState = setStateValue;
    graph.setTrigger = setTriggerValue;
    graph.build();
    root.graph = graph;
    root.signature = signature;
  }
  graph.setState = setStateValue;
  graph.setTrigger = setTriggerValue;
  root.querySelector(".tools").onclick = (event) => onTool(event, root.graph);
  root.observer?.disconnect();
  root.observer = watchWidth(root);
  // Widths of words measured before the font was there are wrong: draw once more when it is.
  if (document.fonts.status !== "loaded") {
    document.fonts.ready.then(() => root.graph.build());
  }
  return () => root.observer.disconnect();
}
