// Matrices of cells on the ramp of rates; where Python asks for it, a cell is a button.
function shade(level) {
  const low = Math.min(Math.floor(level), 3);
  const share = Math.round((level - low) * 100);
  return `color-mix(in srgb, var(--pg-rate-${low + 1}) ${share}%, var(--pg-rate-${low}))`;
}

function cellOf(cell, chosen, clickable) {
  const element = make(clickable ? "button" : "div", "cell", cell.words);
  if (clickable) element.type = "button";
  element.title = cell.about;
  element.setAttribute("aria-label", cell.about);
  element.classList.toggle("faint", cell.faint);
  element.classList.toggle("deep", cell.level !== null && cell.level >= 2.6);
  if (clickable) element.setAttribute("aria-pressed", String(chosen));
  if (cell.level !== null) element.style.background = shade(cell.level);
  return element;
}

function tableOf(matrix, data, pick) {
  const box = make("div", "matrix");
  if (matrix.title) {
    // The columns of a map are named by the choices above it.
    const title = make("div", "title", `${matrix.title} · ${matrix.down} ↓ ${matrix.across} →`);
    title.title = title.textContent;
    box.append(title);
  }
  const table = make("table");
  const head = make("tr");
  head.append(make("td", "corner"));
  for (const words of matrix.columns) {
    const name = make("th", "across");
    name.append(make("span", "", words));
    name.title = words;
    name.scope = "col";
    head.append(name);
  }
  table.append(head);
  matrix.rows.forEach((words, row) => {
    const lineElement = make("tr");
    const name = make("th", "down");
    name.append(make("span", "", words));
    name.title = words;
    name.scope = "row";
    lineElement.append(name);
    matrix.cells[row].forEach((cell, column) => {
      const chosen = data.selected !== null && data.selected[0] === row && data.selected[1] === column;
      const place = make("td");
      const clickable = data.clickable && cell.words !== "";
      const element = cellOf(cell, chosen, clickable);
      if (clickable) element.addEventListener("click", () => pick(row, column, chosen));
      place.append(element);
      lineElement.append(place);
    });
    table.append(lineElement);
  });
  box.append(table);
  return box;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pg");
  const signature = JSON.stringify(data);
  root.tell = setTriggerValue;
  if (root.signature === signature) return;
  const active = root.getRootNode().activeElement;
  const places = [...root.querySelectorAll("button")];
  const kept = places.indexOf(active);
  root.signature = signature;
  root.style.height = `${data.height}px`;
  const pick = (row, column, chosen) => root.tell("pick", chosen ? "clear" : `${row},${column}`);
  const boxes = data.matrices.map((matrix) => tableOf(matrix, data, pick));
  const area = make("div", "area");
  area.append(...boxes);
  root.replaceChildren(area);
  if (data.note) root.append(make("div", "note mute", data.note));
  if (kept >= 0) root.querySelectorAll("button")[kept]?.focus({ preventScroll: true });
}
