// Small helpers: elements, text that fits, curves. Text from the store only ever becomes a text node.
const SVG = "http://www.w3.org/2000/svg";
const ELLIPSIS = "…";

function shape(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function label(text, attributes) {
  const element = shape("text", attributes);
  element.textContent = text;
  return element;
}

function html(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

const ruler = document.createElement("canvas").getContext("2d");

// A name too long loses its leading path parts, for its end tells it apart; one without parts loses its middle.
function fitted(text, width, font) {
  ruler.font = font;
  const fits = (candidate) => ruler.measureText(candidate).width <= width;
  if (fits(text)) return text;
  const parts = text.split("/");
  for (let from = 1; from < parts.length; from += 1) {
    const tail = ELLIPSIS + "/" + parts.slice(from).join("/");
    if (fits(tail)) return tail;
  }
  const letters = Array.from(parts.at(-1) || text).slice(-200);
  for (let keep = letters.length - 1; keep > 3; keep -= 1) {
    const head = Math.floor(keep * 0.45);
    const short = letters.slice(0, head).join("") + ELLIPSIS + letters.slice(letters.length - keep + head).join("");
    if (fits(short)) return short;
  }
  return letters.slice(0, 3).join("") + ELLIPSIS;
}

// A smooth line through points that never overshoots them: level at both ends, monotone cubic between.
function curve(points) {
  const slopes = points.map((point, k) => {
    const before = points[k - 1];
    const after = points[k + 1];
    if (!before || !after) return 0;
    const rise = (point[1] - before[1]) / (point[0] - before[0]);
    const next = (after[1] - point[1]) / (after[0] - point[0]);
    return rise * next <= 0 ? 0 : (2 * rise * next) / (rise + next);
  });
  let path = `M${points[0]}`;
  for (let k = 1; k < points.length; k += 1) {
    const [x0, y0] = points[k - 1];
    const [x1, y1] = points[k];
    const reach = (x1 - x0) / (k === 1 || k === points.length - 1 ? 2 : 3);
    path += `C${x0 + reach},${y0 + slopes[k - 1] * reach} ${x1 - reach},${y1 - slopes[k] * reach} ${x1},${y1}`;
  }
  return path;
}
