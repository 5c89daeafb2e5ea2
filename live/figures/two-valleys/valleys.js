/**
 * Two costs of one neuron on six points, and gradient descent on them from many
 * starts (w, b) at once.  The tests hold the results to the library's.
 *
 * @typedef {"quadratic" | "binary_cross_entropy"} Loss
 * @typedef {"origin" | "up" | "left" | "right" | "under way"} Fate
 */

import { cost, network, sgd } from "../../kit/core.js";

const X = Float64Array.of(-3, -2, -1, 1, 2, 3);
const Y = Float64Array.of(1, 0, 0, 1, 1, 0);
const N = X.length;
const BLOCK = 100; // steps for which one order is laid out

/** How far the map reaches from the origin. */
export const REACH = { w: 7, b: 14 };

/**
 * Where the slope of the squares vanishes: the minimum, and the three passes, with
 * what the valley behind each says at the six points.
 */
export const MINIMUM = { w: 0, b: 0 };
export const PASSES = /** @type {const} */ ([
  { fate: "up", w: 1.520484759, b: 0, says: 0b000111 },
  { fate: "left", w: -1.051994981, b: -2.582144602, says: 0b100000 },
  { fate: "right", w: -1.051994981, b: 2.582144602, says: 0b111110 },
]);

const one = network([1, 1]);

/** @param {Loss} loss @param {number} w @param {number} b */
export const height = (loss, w, b) => cost(one, Float64Array.of(w, b), X, Y, loss);

/**
 * The cost at n × n corners of a grid over the map, w fastest.
 * @param {Loss} loss
 * @param {number} n
 */
export function heights(loss, n) {
  const at = (/** @type {number} */ i) => (2 * i) / (n - 1) - 1;
  return Float64Array.from({ length: n * n }, (_, i) =>
    height(loss, REACH.w * at(i % n), REACH.b * at(Math.floor(i / n))),
  );
}

/** The starts of a sweep: n × n of them over LMN's rectangle. @param {number} n */
export const sweep = (n) =>
  Float64Array.from({ length: 2 * n * n }, (_, i) => {
    const [k, reach] = i % 2 ? [(i >> 1) % n, 10] : [Math.floor((i >> 1) / n), 5];
    return k * ((2 * reach) / (n - 1)) - reach;
  });

/**
 * Where a descent has come to.  Beyond its pass, and below it, a valley lets
 * nothing out again; cross-entropy has no valleys.
 * @param {Loss} loss
 * @param {number} w
 * @param {number} b
 * @returns {Fate}
 */
export function fate(loss, w, b) {
  if (Math.abs(w) < 0.5 && Math.abs(b) < 0.5) return "origin";
  if (loss !== "quadratic") return "under way";
  let says = 0;
  for (const x of X) says = 2 * says + (w * x + b > 0 ? 1 : 0);
  const pass = PASSES.find((one) => one.says === says);
  if (!pass || Math.abs(w) < Math.abs(pass.w)) return "under way";
  return height(loss, w, b) < height(loss, pass.w, pass.b) ? pass.fate : "under way";
}

/** Gradient descent, from each of some starts. */
export class Descent {
  step = 0;
  #order = Uint8Array.from({ length: BLOCK * N }, (_, i) => i % N);
  /** @type {Float64Array[]} */
  #each;

  /**
   * @param {Loss} loss
   * @param {Float64Array} starts w and b of the first, of the second, …
   * @param {number} eta the learning rate
   */
  constructor(loss, starts, eta) {
    this.loss = loss;
    this.eta = eta;
    this.count = starts.length / 2;
    this.p = starts.slice();
    this.#each = Array.from({ length: this.count }, (_, i) =>
      this.p.subarray(2 * i, 2 * i + 2),
    );
  }

  /** Take n steps. @param {number} n */
  train(n) {
    for (let left = n; left > 0; left -= BLOCK) {
      const order = this.#order.subarray(0, N * Math.min(left, BLOCK));
      for (const p of this.#each) sgd(one, p, X, Y, order, this.eta, N, this.loss);
    }
    this.step += n;
  }

  /** The mean of the costs at which the descents are. */
  get cost() {
    const sum = this.#each.reduce(
      (total, [w, b]) => total + height(this.loss, w, b),
      0,
    );
    return sum / this.count;
  }

  get fates() {
    return this.#each.map(([w, b]) => fate(this.loss, w, b));
  }
}
