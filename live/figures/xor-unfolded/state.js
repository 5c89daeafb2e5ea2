/**
 * The network for XOR: its parameters W, c, v, b in one vector p, what it makes
 * of the four corners, its training, and its essentially different solutions.
 */

import { decimal, integer, several } from "../../kit/address.js";
import { cost, forward, gradient, network, sgd } from "../../kit/core.js";
import { MatlabRandom } from "../../kit/matlab.js";

/** @typedef {import("../../kit/board.js").Point} Point */
/**
 * @typedef {object} State
 * @property {number[]} p w₁, w₂, c, v, b
 * @property {number} at how far the points are on the way from x (0) to h (STAGES)
 * @property {number} seed of the next random start
 */

export const CORNERS = /** @type {Point[]} */ ([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
export const TARGETS = [0, 1, 1, 0];
export const STAGES = 3; // Wx, Wx + c, h
export const LIMIT = 10; // of a parameter that is set by hand
const FARTHEST = 99; // of one that was learnt
const RATE = 0.1; // the learning rate of the chapter
const START = 0.5; // the scale of its random starts
export const STOPS = [0, 1 / 8, 1 / 6, 1 / 4]; // where training can stop

const X = Float64Array.from(CORNERS.flat());
const Y = Float64Array.from(TARGETS);
const net = network([2, 2, 1], ["relu", "identity"]);
export const SIZE = net.nParameters;

/** The solutions, one for each piece up to the order of the neurons. */
export const SOLUTIONS = [
  { name: "single out 11", p: [1, 1, 1, 1, 0, -1, 1, -2, 0] },
  { name: "single out 00", p: [-1, -1, -1, -1, 2, 1, 1, -2, 0] },
  { name: "single out 01", p: [-1, 1, -1, 1, 0, 1, 2, -1, 1] },
  { name: "single out 10", p: [1, -1, 1, -1, 0, 1, 2, -1, 1] },
  { name: "lift the ones", p: [-1, 1, 1, -1, 0, 0, 1, 1, 0] },
  { name: "lower the zeros", p: [1, 1, -1, -1, -1, 1, -1, -1, 1] },
];

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  p: several(Array.from({ length: SIZE }, () => decimal(-FARTHEST, FARTHEST, 6))),
  at: decimal(0, STAGES, 2),
  seed: integer(1, 9999),
};

/** The solution of the text. @type {() => State} */
export const beginning = () => ({ p: [...SOLUTIONS[0].p], at: STAGES, seed: 1 });

/** The mean of the squared errors, as GBC define it. @param {ArrayLike<number>} p */
export const J = (p) => 2 * cost(net, Float64Array.from(p), X, Y);

/** What the network says at a point, and on the way there. */
/** @param {ArrayLike<number>} p @param {ArrayLike<number>} x */
export function pass(p, x) {
  const f = forward(net, Float64Array.from(p), Float64Array.from(x))[0];
  const two = (/** @type {Float64Array} */ of) => /** @type {Point} */ ([of[2], of[3]]);
  return { z: two(net.z), h: two(net.a), f };
}

/** What the network says at the rows of `points`. */
/** @param {ArrayLike<number>} p @param {Float64Array} points @returns {Float32Array} */
export function outputs(p, points) {
  const given = Float64Array.from(p);
  return Float32Array.from({ length: points.length / 2 }, (_, i) => {
    return forward(net, given, points, i)[0];
  });
}

/** Where x is at each stage of its way: x, Wx, Wx + c, h. */
/** @param {ArrayLike<number>} p @param {Point} x @returns {Point[]} */
export function way(p, x) {
  const { z, h } = pass(p, x);
  return [x, [z[0] - p[4], z[1] - p[5]], z, h];
}

/** Where x is on its way, also between two stages. */
/** @param {ArrayLike<number>} p @param {Point} x @param {number} at @returns {Point} */
export function onWay(p, x, at) {
  const stages = way(p, x);
  const before = Math.min(Math.floor(at), STAGES - 1);
  const t = at - before;
  const [from, to] = [stages[before], stages[before + 1]];
  return [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
}

/** Take steps of gradient descent, as the chapter does; p is changed. */
/** @param {Float64Array} p @param {number} steps */
export function train(p, steps) {
  const order = Uint8Array.from({ length: TARGETS.length * steps }, (_, i) => i % 4);
  sgd(net, p, X, Y, order, RATE, TARGETS.length);
}

/** Whether the gradient is as good as zero. @param {Float64Array} p */
export const rests = (p) =>
  gradient(net, p, X, Y).every((slope) => Math.abs(slope) < 1e-6);

/** Whether p has left all bounds. @param {Float64Array} p */
export const lost = (p) => !p.every((value) => Math.abs(value) <= FARTHEST);

/** A random start, normal as in the chapter. @param {number} seed */
export function randomStart(seed) {
  const rng = new MatlabRandom(seed);
  return Array.from({ length: SIZE }, () => rounded(START * rng.randn(), 1e6));
}

/** Which of the stops J is at, if any. @param {number} value */
export const stopAt = (value) =>
  STOPS.findIndex((stop) => Math.abs(value - stop) < 1e-4);

/** @param {number} value @param {number} [per] */
export const rounded = (value, per = 100) => Math.round(per * value) / per;

/** @param {number} value */
export const bounded = (value) => rounded(Math.min(LIMIT, Math.max(-LIMIT, value)));

/** The weights and the bias of a neuron. @param {ArrayLike<number>} p @param {number} unit */
export const unitOf = (p, unit) => ({
  w: /** @type {Point} */ ([p[2 * unit], p[2 * unit + 1]]),
  c: p[4 + unit],
  v: p[6 + unit],
});

/** The same p with another unit. */
/** @param {number[]} p @param {number} unit @param {Point} w @param {number} c */
export function withUnit(p, unit, w, c) {
  const changed = [...p];
  changed[2 * unit] = bounded(w[0]);
  changed[2 * unit + 1] = bounded(w[1]);
  changed[4 + unit] = bounded(c);
  return changed;
}
