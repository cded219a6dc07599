// Rates over time: the slice with its band, the rest dashed, and a rule for each change upstream.
const PAD = { left: 44, right: 12, top: 22, bottom: 22 };
const DAY = 86400000;

function steps(top, count) {
  const rough = top / count || 1;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * size).find((each) => each >= rough);
  const found = [];
  for (let value = 0; value <= top + step * 1e-6; value += step) found.push(value);
  return found;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const WEEKDAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");

function shortDay(time) {
  const day = new Date(time);
  return `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}`;
}

function longDay(time) {
  const day = new Date(time);
  return `${WEEKDAYS[day.getUTCDay()]} ${shortDay(time)} ${day.getUTCFullYear()}`;
}

class Days {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.width = root.clientWidth || 600;
    this.height = data.height;
    const times = [...data.points, ...data.rest, ...data.before].map((point) => point.time);
    this.first = Math.min(...times);
    this.last = Math.max(...times);
    if (this.first === this.last) {
      this.first -= DAY;
      this.last += DAY;
    }
    const rates = [
      ...data.points.flatMap((point) => [point.rate, Math.min(point.high, 2.2 * data.top)]),
      ...data.rest.map((point) => point.rate),
      ...data.before.map((point) => point.rate),
    ];
    this.top = Math.max(...rates, data.binary ? 0.02 : 0) || 1;
    if (data.binary) this.top = Math.min(this.top, 1);
    this.low = Math.min(0, ...rates);
  }

  x(time) {
    return PAD.left + ((time - this.first) / (this.last - this.first)) * (this.width - PAD.left - PAD.right);
  }

  y(rate) {
    const share = (Math.min(Math.max(rate, this.low), this.top) - this.low) / (this.top - this.low);
    return this.height - PAD.bottom - share * (this.height - PAD.top - PAD.bottom);
  }

  path(points, key) {
    return points.map((point, index) => `${index ? "L" : "M"}${this.x(point.time).toFixed(1)} ${this.y(point[key]).toFixed(1)}`).join("");
  }

  build() {
    const svg = draw("svg", { viewBox: `0 0 ${this.width} ${this.height}`, width: this.width, height: this.height, role: "img", "aria-label": this.data.label });
    svg.append(...this.axes(), ...this.rules(), ...this.lines());
    const hover = draw("line", { class: "hover", y1: PAD.top, y2: this.height - PAD.bottom, visibility: "hidden" });
    svg.append(hover);
    svg.addEventListener("pointermove", (event) => this.point(event, hover));
    svg.addEventListener("pointerleave", () => this.leave(hover));
    this.tip = make("div", "tip");
    this.tip.hidden = true;
    this.root.replaceChildren(svg, this.tip, this.table());
  }

  axes() {
    const { width, height, data } = this;
    const found = [];
    for (const rate of steps(this.top, Math.max(2, Math.floor(height / 62)))) {
      if (rate > this.top * 1.0001) continue;
      const y = this.y(rate);
      found.push(draw("line", { class: "grid", x1: PAD.left, x2: width - PAD.right, y1: y, y2: y }));
      const words = data.binary ? `${+(100 * rate).toFixed(2)} %` : String(+rate.toPrecision(3));
      found.push(draw("text", { class: "axis", x: PAD.left - 8, y: y + 4, "text-anchor": "end" }, words));
    }
    const days = Math.round((this.last - this.first) / DAY);
    const unit = data.every === "week" ? 7 : 1;
    const step = unit * Math.max(1, Math.ceil(days / unit / Math.max(2, Math.floor((width - 80) / 92))));
    for (let day = 0; day <= days; day += step) {
      const time = this.first + day * DAY;
      const words = shortDay(time);
      const anchor = day === 0 ? "start" : this.x(time) > width - 40 ? "end" : "middle";
      found.push(draw("text", { class: "axis", x: this.x(time), y: height - 6, "text-anchor": anchor }, words));
    }
    return found;
  }

  rules() {
    const found = [];
    const ends = [];
    for (const mark of this.data.marks) {
      const x = this.x(Math.min(Math.max(mark.time, this.first), this.last));
      const rule = draw("line", { class: mark.sure ? "rule" : "rule unsure", x1: x, x2: x, y1: PAD.top - 8, y2: this.height - PAD.bottom });
      const most = Math.max(8, Math.floor((this.width - PAD.left) / 14));
      const words = mark.words.length > most ? `${mark.words.slice(0, most - 1)}…` : mark.words;
      const wide = 6.6 * words.length;
      const left = x + wide + 8 > this.width;
      const begin = left ? x - wide - 6 : x + 6;
      let level = 0;
      while (ends[level] !== undefined && ends[level] > begin) level += 1;
      ends[level] = begin + wide;
      const text = draw("text", { class: mark.sure ? "mark" : "mark unsure", x: left ? x - 5 : x + 5, y: PAD.top - 9 + 14 * level + (level ? 2 : 0), "text-anchor": left ? "end" : "start" }, words);
      const title = draw("title", {}, mark.about);
      found.push(draw("g", {}, title, rule, text));
    }
    return found;
  }

  lines() {
    const { data } = this;
    const found = [];
    if (data.points.length) {
      const up = this.path(data.points, "high");
      const down = this.path([...data.points].reverse(), "low").replace("M", "L");
      if (data.points.length > 1) found.push(draw("path", { class: "band", d: `${up}${down}Z` }));
    }
    if (data.rest.length) found.push(draw("path", { class: "rest", d: this.path(data.rest, "rate") }));
    if (data.before.length) found.push(draw("path", { class: "before", d: this.path([...data.before, ...data.points.slice(0, 1)], "rate") }));
    if (data.points.length) found.push(draw("path", { class: "line", d: this.path(data.points, "rate") }));
    for (const point of data.points) {
      if (data.points.length === 1) found.push(draw("line", { class: "stem", x1: this.x(point.time), x2: this.x(point.time), y1: this.y(point.low), y2: this.y(point.high) }));
      if (data.points.length <= 90) found.push(draw("circle", { class: "dot", cx: this.x(point.time), cy: this.y(point.rate), r: 2.6 }));
    }
    return found;
  }

  point(event, hover) {
    const box = this.root.getBoundingClientRect();
    const x = event.clientX - box.left;
    const every = [...this.data.points, ...this.data.before, ...this.data.rest];
    const near = every.reduce((best, point) => (best && Math.abs(this.x(best.time) - x) <= Math.abs(this.x(point.time) - x) ? best : point), null);
    if (!near) return;
    hover.setAttribute("x1", this.x(near.time));
    hover.setAttribute("x2", this.x(near.time));
    hover.setAttribute("visibility", "visible");
    const at = (points) => points.find((point) => point.time === near.time);
    const own = at(this.data.points) ?? at(this.data.before);
    const rest = at(this.data.rest);
    const lines = [make("b", "", `${this.data.every === "week" ? "Week of " : ""}${longDay(near.time)}`)];
    if (own) lines.push(make("div", "", own.words));
    if (rest) lines.push(make("div", "mute", rest.words));
    for (const mark of this.data.marks) if (Math.abs(this.x(mark.time) - x) < 9) lines.push(make("div", "mute", mark.about));
    this.tip.replaceChildren(...lines);
    this.tip.hidden = false;
    const left = this.x(near.time) > box.width / 2;
    this.tip.style.left = left ? "" : `${this.x(near.time) + 12}px`;
    this.tip.style.right = left ? `${box.width - this.x(near.time) + 12}px` : "";
    this.tip.style.top = `${PAD.top + 4}px`;
  }

  leave(hover) {
    hover.setAttribute("visibility", "hidden");
    this.tip.hidden = true;
  }

  // What the drawing shows, for those who do not see it.
  table() {
    const table = make("table", "visually-hidden");
    const rest = new Map(this.data.rest.map((point) => [point.time, point.words]));
    for (const point of this.data.points) {
      const row = make("tr");
      row.append(make("td", "", longDay(point.time)), make("td", "", point.words), make("td", "", rest.get(point.time) ?? ""));
      table.append(row);
    }
    return table;
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".pg");
  const signature = JSON.stringify(data);
  if (root.signature !== signature) {
    root.signature = signature;
    root.style.height = `${data.height}px`;
    root.data = data;
    new Days(root, data).build();
    root.drawn = root.clientWidth;
  }
  root.observer ??= new ResizeObserver(() => {
    if (!root.clientWidth || Math.abs(root.clientWidth - root.drawn) <= 1) return;
    root.drawn = root.clientWidth;
    new Days(root, root.data).build();
  });
  root.observer.observe(root);
  return () => root.observer.disconnect();
}
