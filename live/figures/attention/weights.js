/**
 * One query in the plane: the weights that it gives to the keys, the mean that it takes
 * of the values, and how both change with it.
 *
 * @typedef {import("../../kit/board.js").Point} Point
 * @typedef {[Point, Point]} Matrix its two rows
 */

/** @param {Point} a @param {Point} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1];

/**
 * The softmax of the scores q·k / τ; a key that may not be seen has the weight 0.
 * @param {Point} q
 * @param {Point[]} keys
 * @param {number} tau the temperature
 * @param {boolean[]} seen of one key at least
 */
export function weights(q, keys, tau, seen) {
  const scores = keys.map((k, j) => (seen[j] ? dot(q, k) / tau : -Infinity));
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}

/** The weighted mean. @param {number[]} P @param {Point[]} points @returns {Point} */
export const mean = (P, points) => [
  points.reduce((sum, [x], j) => sum + P[j] * x, 0),
  points.reduce((sum, [, y], j) => sum + P[j] * y, 0),
];

/**
 * The derivatives of the weighted mean of the values with respect to the query: the
 * covariance of values and keys, divided by the temperature.
 * @param {number[]} P
 * @param {Point[]} values
 * @param {Point[]} keys
 * @param {number} tau
 * @returns {Matrix}
 */
export function jacobian(P, values, keys, tau) {
  const [v, k] = [mean(P, values), mean(P, keys)];
  const entry = (/** @type {number} */ i, /** @type {number} */ c) =>
    P.reduce((sum, p, j) => sum + p * (values[j][i] - v[i]) * (keys[j][c] - k[c]), 0) /
    tau;
  return [
    [entry(0, 0), entry(0, 1)],
    [entry(1, 0), entry(1, 1)],
  ];
}

/**
 * The singular values of a matrix, the larger first, and the directions of the query
 * that are stretched so much.
 * @param {Matrix} M
 */
export function stretches([[a, b], [c, d]]) {
  const both = Math.hypot((a + d) / 2, (c - b) / 2);
  const apart = Math.hypot((a - d) / 2, (c + b) / 2);
  const turn = (Math.atan2(c + b, a - d) - Math.atan2(c - b, a + d)) / 2;
  const [x, y] = [Math.cos(turn), Math.sin(turn)];
  return {
    values: [both + apart, Math.abs(both - apart)],
    directions: /** @type {[Point, Point]} */ ([
      [x, y],
      [-y, x],
    ]),
  };
}

/** @param {Matrix} M @param {Point} v @returns {Point} */
export const times = ([row, other], v) => [dot(row, v), dot(other, v)];

/**
 * The largest eigenvalue of diag p − p pᵀ.  It lies between the two largest weights,
 * where the sum of the pⱼ / (pⱼ − λ) is zero; halving the interval finds it.
 * @param {number[]} P
 * @param {number} [rounds]
 */
export function steepness(P, rounds = 60) {
  let [low, high] = [0, 0];
  for (const p of P)
    if (p > high) [low, high] = [high, p];
    else if (p > low) low = p;
  for (let round = 0; round < rounds && low < high; round++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    let sum = 0;
    for (const p of P) sum += p / (p - middle);
    if (sum < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Points round a circle. @param {Point} centre @param {number} radius @returns {Point[]} */
export const circle = ([x, y], radius) =>
  Array.from({ length: 65 }, (_, i) => [
    x + radius * Math.cos((i * Math.PI) / 32),
    y + radius * Math.sin((i * Math.PI) / 32),
  ]);
