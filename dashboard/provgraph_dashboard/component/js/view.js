// The part of the drawing that is seen: pan, zoom, fit, and keeping a node in its place when the drawing changes.
const MARGIN = { x: 34, y: 22 };
const LEGEND = 30;
const ZOOM_STEP = 1.25;
const WIDEST = 12000;
const NARROWEST = 220;

class View {
  constructor(svg, stage, data) {
    this.svg = svg;
    this.stage = stage;
    this.data = data;
    const { nodes } = data;
    const ends = (axis, size, margin) => [
      Math.min(...nodes.map((node) => node[axis] - node[size] / 2)) - margin,
      Math.max(...nodes.map((node) => node[axis] + node[size] / 2)) + margin,
    ];
    [this.left, this.right] = nodes.length ? ends("x", "w", MARGIN.x) : [0, 100];
    [this.top, this.bottom] = nodes.length ? ends("y", "h", MARGIN.y) : [0, 100];
    if (!data.compact || unusual(data.edges).size) this.bottom += LEGEND;
    this.box = [0, 0, 1, 1];
  }

  get scale() {
    return this.svg.clientWidth / this.box[2];
  }

  set(x, y, width, height) {
    this.box = [x, y, width, height];
    this.svg.setAttribute("viewBox", this.box.map((value) => value.toFixed(2)).join(" "));
  }

  // The whole graph if it can be read so; else, unless everything is asked for, the focus in the middle.
  fit(everything) {
    const width = this.stage.clientWidth;
    const height = this.stage.clientHeight;
    if (!width || !height) return;
    const whole = Math.min(width / (this.right - this.left), height / (this.bottom - this.top));
    const scale = Math.min(everything ? whole : Math.max(whole, this.data.minScale), this.data.maxScale);
    const focus = this.data.nodes.find((node) => node.id === this.data.focus);
    const centre = (low, high, room, at) =>
      high - low <= room + 1 || at === undefined
        ? (low + high) / 2
        : Math.min(Math.max(at, low + room / 2), high - room / 2);
    const x = centre(this.left, this.right, width / scale, focus?.x);
    const y = centre(this.top, this.bottom, height / scale, focus?.y);
    this.set(x - width / scale / 2, y - height / scale / 2, width / scale, height / scale);
  }

  zoom(factor, across = 0.5, down = 0.5) {
    const [x, y, width, height] = this.box;
    const next = Math.min(Math.max(width / factor, NARROWEST), WIDEST);
    const tall = (height * next) / width;
    this.set(x + (width - next) * across, y + (height - tall) * down, next, tall);
  }

  pan(dx, dy) {
    const [x, y, width, height] = this.box;
    this.set(x - dx, y - dy, width, height);
  }

  // Takes over the other view's scale, with `node` where `was` stood in it.
  keep(other, was, node) {
    const [x, y, width, height] = other.box;
    this.set(node.x - (was.x - x), node.y - (was.y - y), width, height);
  }

  reveal(node) {
    let [x, y] = this.box;
    const [, , width, height] = this.box;
    if (node.x - node.w / 2 < x || node.x + node.w / 2 > x + width) x = node.x - width / 2;
    if (node.y - node.h / 2 < y || node.y + node.h / 2 > y + height) y = node.y - height / 2;
    this.set(x, y, width, height);
  }

  // Moves no farther than needed for these boxes to be seen, and makes the drawing smaller if they would not fit.
  include(boxes) {
    if (!boxes.length) return;
    const ends = (axis, size, margin) => [
      Math.min(...boxes.map((box) => box[axis] - box[size] / 2)) - margin,
      Math.max(...boxes.map((box) => box[axis] + box[size] / 2)) + margin,
    ];
    const [left, right] = ends("x", "w", MARGIN.x);
    const [top, bottom] = ends("y", "h", MARGIN.y);
    const factor = Math.min(1, this.box[2] / (right - left), this.box[3] / (bottom - top));
    if (factor < 1) this.zoom(factor);
    const [x, y, width, height] = this.box;
    const within = (at, room, low, high) => Math.min(Math.max(at, high - room), low);
    this.set(within(x, width, left, right), within(y, height, top, bottom), width, height);
  }

  // Dragging pans, wheel with Ctrl, Cmd or Shift zooms; a plain wheel scrolls the page. `moved` tells a drag from a click.
  listen() {
    const { svg } = this;
    let drag = null;
    this.moved = false;
    svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      drag = { x: event.clientX, y: event.clientY, far: false };
      this.moved = false;
    });
    svg.addEventListener("pointermove", (event) => {
      if (!drag || !event.buttons) return;
      const dx = event.clientX - drag.x;
      const dy = event.clientY - drag.y;
      if (!drag.far && Math.hypot(dx, dy) < 4) return;
      if (!drag.far) svg.setPointerCapture(event.pointerId);
      this.moved = true;
      this.pan(dx / this.scale, dy / this.scale);
      drag = { x: event.clientX, y: event.clientY, far: true };
    });
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => (drag = null));
    svg.addEventListener(
      "wheel",
      (event) => {
        if (!(event.ctrlKey || event.metaKey || event.shiftKey)) return;
        event.preventDefault();
        const frame = svg.getBoundingClientRect();
        const factor = Math.exp(-(event.deltaY || event.deltaX) * 0.0015);
        this.zoom(factor, (event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height);
      },
      { passive: false },
    );
  }
}
