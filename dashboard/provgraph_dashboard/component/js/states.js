// The mark of a state: a shape of its own for each, so that colour never stands alone. Centre at 0, radius about 4.
const STATE_SHAPES = {
  dot: () => [shape("circle", { r: 4, class: "solid" })],
  ring: () => [shape("circle", { r: 3.5, class: "line thick pulse" })],
  cross: () => [shape("path", { d: "M-3.500-3.500L3.500 3.500M3.500-3.500L-3.500 3.500", class: "line thick" })],
  eye: () => [shape("circle", { r: 4, class: "line" }), shape("circle", { r: 1.7, class: "solid" })],
  bar: () => [shape("circle", { r: 4, class: "line" }), shape("path", { d: "M-2.800 2.800L2.800-2.800", class: "line" })],
  question: () => [
    shape("path", { d: "M-2.300-2.200A2.300 2.300 0 1 1 .9-.3Q0 .3 0 1.400M0 4.200v.01", class: "line strong" }),
  ],
  hollow: () => [shape("circle", { r: 3.7, class: "line" })],
  dotted: () => [shape("circle", { r: 3.9, class: "line dots" })],
  minus: () => [shape("circle", { r: 4, class: "line" }), shape("path", { d: "M-2 0h4", class: "line" })],
  ghost: () => [shape("path", { d: "M-3.600-3.600h7.200v7.200h-7.200zM-1.500-1.500l3 3M1.500-1.500l-3 3", class: "line" })],
  triangle: () => [shape("path", { d: "M0-4.200L4.300 3.500H-4.300z", class: "line" })],
  link: () => [shape("path", { d: "M0-4.400L4.400 0 0 4.400-4.400 0z", class: "line" })],
  speck: () => [shape("circle", { r: 1.8, class: "solid" })],
};

function stateMark(node, x, y) {
  return shape("g", { class: `state tone-${node.tone}`, transform: `translate(${x},${y})` }, ...STATE_SHAPES[node.shape]());
}
