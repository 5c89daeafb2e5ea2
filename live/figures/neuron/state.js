/** What the state of the neuron is made of, and what its numbers mean. */

import { decimal, oneOf, several } from "../../kit/address.js";
import { forward, network } from "../../kit/core.js";

/** @typedef {import("../../kit/board.js").Point} Point */
/** @typedef {"line" | "plane" | "layer"} View */
/**
 * @typedef {object} State
 * @property {View} view one input, two inputs, or three neurons with two inputs
 * @property {number[]} line w and b of the neuron with one input
 * @property {number[]} neuron w₁, w₂ and b of the neuron with two
 * @property {number[]} layer of three such neurons, one after the other
 * @property {number} x where the first neuron is asked
 * @property {number[]} point where the others are asked
 * @property {number} chosen the neuron of the layer that is changed
 */

export const SPAN = 10; // the input of the first neuron lies between −SPAN and SPAN
export const STEEPEST = 5; // the largest w of the first neuron
export const LONGEST = 50; // the largest length of the weights of another
export const LIMITS = { line: [STEEPEST, 50], plane: [LONGEST, 100] }; // of w, of b
export const ABOVE = Math.log(9); // where σ is 0.9
export const NEURONS = 3;

const weight = decimal(-LONGEST, LONGEST, 2);
const bias = decimal(-LIMITS.plane[1], LIMITS.plane[1], 2);
const within = decimal(0, 1, 2);

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  view: oneOf(/** @type {View[]} */ (["line", "plane", "layer"])),
  line: several([decimal(-STEEPEST, STEEPEST, 2), decimal(-50, 50, 2)]),
  neuron: several([weight, weight, bias]),
  layer: several(Array.from({ length: NEURONS }, () => [weight, weight, bias]).flat()),
  x: decimal(-SPAN, SPAN, 2),
  point: several([within, within]),
  chosen: oneOf([1, 2, 3]),
};

/** @type {() => State} */
export const beginning = () => ({
  view: "line",
  line: [1, 0],
  neuron: [-10, 0, 5],
  layer: [-10, 0, 5, 0, -10, 3, 10, 10, -14],
  x: 1,
  point: [0.3, 0.6],
  chosen: 1,
});

/** To two digits, as in the address. @param {number} value */
export const rounded = (value) => Math.round(100 * value) / 100;

/** @param {number} value @param {number} limit */
export const bounded = (value, limit) =>
  rounded(Math.min(limit, Math.max(-limit, value)));

/** The neurons of a view as rows w₁, …, b. @param {State} state @returns {number[][]} */
export function rows({ view, line, neuron, layer }) {
  if (view === "line") return [line];
  if (view === "plane") return [neuron];
  return Array.from({ length: NEURONS }, (_, i) => layer.slice(3 * i, 3 * i + 3));
}

/** What the neurons of these rows receive and put out at a point. */
/** @param {number[][]} neurons @param {number[]} point */
export function at(neurons, point) {
  const net = network([point.length, neurons.length]);
  const W = neurons.flatMap((row) => row.slice(0, -1));
  const b = neurons.map((row) => row[point.length]);
  forward(net, Float64Array.of(...W, ...b), Float64Array.from(point));
  return { z: [...net.z.subarray(point.length)], a: [...net.output] };
}

/** The outputs of one neuron at many points of the line or of the plane. */
/** @param {number[]} row @param {Float64Array} X @returns {Float32Array} */
export function outputs(row, X) {
  const n = row.length - 1;
  const net = network([n, 1]);
  const p = Float64Array.from(row);
  return Float32Array.from({ length: X.length / n }, (_, i) => {
    return forward(net, p, X, i)[0];
  });
}

/** The length of the weights. @param {number[]} row */
export const steepness = (row) => Math.hypot(...row.slice(0, -1));

/** How wide the band is in which the output rises from 0.1 to 0.9. @param {number[]} row */
export const band = (row) => (2 * ABOVE) / steepness(row);

/** The point of a neuron's edge that is nearest to a given one. */
/** @param {number[]} row @param {Point} from @returns {Point} */
export function foot([w1, w2, b], [x, y]) {
  const square = w1 * w1 + w2 * w2;
  if (!square) return [x, y];
  const t = (w1 * x + w2 * y + b) / square;
  return [x - t * w1, y - t * w2];
}

/** The neuron that is ½ at one point and, straight ahead from there, 0.9 at another. */
/** @param {Point} half @param {Point} above @returns {number[] | undefined} */
export function through(half, above) {
  const [dx, dy] = [above[0] - half[0], above[1] - half[1]];
  const distance = Math.hypot(dx, dy);
  if (!distance) return undefined;
  const length = Math.min(LONGEST, ABOVE / distance) / distance;
  return shifted([rounded(length * dx), rounded(length * dy), 0], half);
}

/** The same weights, with the edge through a point. */
/** @param {number[]} row @param {Point} point @returns {number[]} */
export const shifted = ([w1, w2], [x, y]) => [
  w1,
  w2,
  bounded(-w1 * x - w2 * y, LIMITS.plane[1]),
];

/** Which of the rows is in hand. @param {State} state */
export const chosen = ({ view, chosen }) => (view === "layer" ? chosen - 1 : 0);

/** Put another row in the place of the one in hand. */
/** @param {State} state @param {number[]} row */
export function change(state, row) {
  if (state.view === "line") state.line = row;
  else if (state.view === "plane") state.neuron = row;
  else state.layer = rows(state).flatMap((old, i) => (i === chosen(state) ? row : old));
}
