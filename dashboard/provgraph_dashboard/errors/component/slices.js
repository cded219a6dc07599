// A list of slices, each with its rate and interval on one common scale. Arrows move the choice, which Python follows.
const PAUSE = 220;

function bar(row, scale) {
  const at = (value) => Math.min(1, Math.max(0, (value - scale.low) / (scale.high - scale.low || 1)));
  const box = make("div", "bar");
  box.append(make("i", "track"));
  const interval = make("i", "interval");
  interval.style.left = percent(at(row.low));
  interval.style.width = `max(6px, ${percent(at(row.high) - at(row.low))})`;
  const dot = make("i", "dot");
  dot.style.left = percent(at(row.rate));
  box.append(interval, dot);
  if (row.rest !== null) {
    const tick = make("i", "tick");
    tick.style.left = percent(at(row.rest));
    box.append(tick);
  }
  const value = make("span", "value", row.rateText);
  value.style.left = `calc(${percent(Math.max(at(row.high), row.rest === null ? 0 : at(row.rest)))} + 9px)`;
  box.append(value);
  return box;
}

function line(row, scale) {
  const element = make("div", "row");
  element.setAttribute("role", "option");
  element.setAttribute("aria-label", row.label);
  element.classList.toggle("faint", row.faint);
  const name = make("div", "name");
  row.terms.forEach(([column, words], index) => {
    if (index) name.append(make("span", "mute and", "and"));
    const term = make("span", "term");
    term.append(make("span", "mute", `${column} `), make("b", "", words));
    name.append(term);
  });
  if (row.hand) name.append(make("span", "hand", "by hand"));
  name.title = row.label;
  element.append(name, make("div", "number", row.n), bar(row, scale));
  for (const cell of row.cells) element.append(make("div", "number", cell));
  return element;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pg");
  const signature = JSON.stringify(data);
  root.tell = setTriggerValue;
  if (root.signature === signature) return;
  const kept = root.list?.contains(root.getRootNode().activeElement) || root.list === root.getRootNode().activeElement;
  const scrolled = root.list?.scrollTop ?? 0;
  root.signature = signature;
  clearTimeout(root.waiting);
  root.style.height = `${data.height}px`;
  const head = make("div", "row head");
  head.setAttribute("aria-hidden", "true");
  head.append(make("div", "", data.head[0]), make("div", "number", data.head[1]), make("div", "", data.head[2]));
  for (const words of data.head.slice(3)) head.append(make("div", "number", words));
  const list = make("div", "list");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", data.label);
  list.tabIndex = data.rows.length ? 0 : -1;
  const lines = data.rows.map((row) => line(row, data.scale));
  lines.forEach((element, index) => (element.id = `row-${index}`));
  list.append(...lines);
  let current = data.selected ?? -1;

  function mark() {
    lines.forEach((element, index) => element.setAttribute("aria-selected", String(index === current)));
    if (current >= 0) list.setAttribute("aria-activedescendant", `row-${current}`);
  }
  // The choice is shown at once; Python is told when the arrows have come to rest.
  function pick(index, wait) {
    current = index;
    mark();
    lines[index].scrollIntoView({ block: "nearest" });
    clearTimeout(root.waiting);
    root.waiting = setTimeout(() => index !== data.selected && root.tell("pick", index), wait);
  }
  lines.forEach((element, index) => element.addEventListener("click", () => pick(index, 0)));
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = lines.length - 1;
    const next = {
      ArrowDown: Math.min(current + 1, last),
      ArrowUp: Math.max(current - 1, 0),
      Home: 0,
      End: last,
    }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    if (next !== current) pick(next, PAUSE);
  });
  root.replaceChildren(head, list);
  root.list = list;
  mark();
  list.scrollTop = scrolled;
  if (kept) list.focus({ preventScroll: true });
}
