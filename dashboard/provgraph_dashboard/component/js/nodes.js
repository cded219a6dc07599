// A node as SVG: a card for artifacts, a pill for executions, a stack for groups.
const FONT = { name: "600 13px ", step: "500 12px ", type: "400 11px " };

function heading(node) {
  return node.count > 1 ? `${node.count} ${node.type}` : node.type;
}

function counted(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

function spoken(node, inputs, outputs) {
  const hidden = node.left + node.right ? `, ${node.left} hidden left, ${node.right} hidden right` : "";
  return `${heading(node)} ${node.name}, ${node.stateText}, ${counted(inputs, "input")}, ${counted(outputs, "output")}${hidden}`;
}

function drawNode(node, family, ends) {
  const group = shape("g", {
    class: ["node", node.card ? "card" : "pill", `outline-${node.shape}`].join(" "),
    transform: `translate(${node.x - node.w / 2},${node.y - node.h / 2})`,
    tabindex: -1,
    role: "button",
    "data-id": node.id,
    "aria-label": spoken(node, ends.inputs, ends.outputs),
    style: `--hue: var(--pg-hue-${node.hue})`,
  });
  group.append(...(node.card ? card(node, family) : pill(node, family)));
  return group;
}

function outline(node, radius) {
  const parts = [];
  const sheet = (inset, up, second) =>
    shape("rect", { x: inset, y: -up, width: node.w - 2 * inset, height: node.h, rx: radius, class: `stack ${second}` });
  if (node.count > 1) {
    if (node.card) parts.push(sheet(7, 6, "far"));
    parts.push(sheet(3.5, 3, "near"));
  }
  parts.push(shape("rect", { width: node.w, height: node.h, rx: radius, class: "box" }));
  return parts;
}

function card(node, family) {
  const tile = node.h - 20;
  const left = tile + 18;
  const room = node.w - left - 8;
  const middle = node.h / 2;
  const words =
    node.count > 1
      ? [
          label(fitted(heading(node), room, FONT.name + family), { x: left, y: middle - 4, class: "name" }),
          label(fitted(node.name, room - 14, FONT.type + family), { x: left, y: middle + 12, class: "type" }),
        ]
      : [
          label(fitted(node.type, room - 14, FONT.type + family), { x: left, y: middle - 5, class: "type" }),
          label(fitted(node.name, room, FONT.name + family), { x: left, y: middle + 11.5, class: "name" }),
        ];
  return [
    ...outline(node, 9),
    shape("rect", { x: 10, y: 10, width: tile, height: tile, rx: 7, class: "tile" }),
    shape("path", { d: ICONS[node.icon], class: "icon", transform: `translate(${10 + tile / 2 - 8},${middle - 8})` }),
    ...words,
    // Beside the shorter of the two lines: the type, or the name of a group.
    stateMark(node, node.w - 13, node.count > 1 ? node.h - 15 : 14),
  ];
}

function pill(node, family) {
  const middle = node.h / 2;
  const words = fitted(node.count > 1 ? heading(node) : node.name, node.w - 50, FONT.step + family);
  return [
    ...outline(node, middle),
    shape("path", { d: `M14 ${middle - 4.5}l4.5 4.5l-4.5 4.5l-4.5-4.5z`, class: "diamond" }),
    label(words, { x: 25, y: middle + 4.2, class: "step" }),
    stateMark(node, node.w - 14, middle),
  ];
}

// The +n handle: beside the card where no line ends, at its lower corner where the arrowheads need the side.
function handle(node, side, busy) {
  const text = `+${node[side]}`;
  const width = 13 + 6.4 * text.length;
  const x = side === "left" ? (busy ? -width / 2 : 5 - width) : busy ? node.w - width / 2 : node.w - 5;
  const y = busy ? node.h - 8 : node.h / 2 - 9;
  const what = side === "left" ? "producers" : "consumers";
  const title = shape("title");
  title.textContent = `Show ${node[side]} hidden ${what}`;
  return shape(
    "g",
    { class: "more", transform: `translate(${x},${y})`, "data-side": side },
    title,
    shape("rect", { width, height: 18, rx: 9 }),
    label(text, { x: width / 2, y: 12.6, "text-anchor": "middle" }),
  );
}
