/**
 * The experiment of Higham and Higham, with whatever sites and settings: the
 * start and the visits are drawn from one stream, as `dlam.paper.netbp` does.
 *
 * @typedef {object} Settings
 * @property {number} eta the learning rate
 * @property {number} m how many points a step looks at
 * @property {"replacement" | "epochs"} sampling
 *
 * @typedef {{x: number, y: number, category: "A" | "B"}} Site
 */

import { cost, forward, network, sgd } from "./core.js";
import { MatlabRandom } from "./matlab.js";

/** The settings of the paper, section 6, and its ten sites. */
export const paper = () => ({
  eta: 0.05,
  m: 1,
  sampling: /** @type {const} */ ("replacement"),
  seed: 5000,
  steps: 1_000_000,
  sites: [...sitesOf("A", A), ...sitesOf("B", B)],
});

const A = [
  [0.1, 0.1],
  [0.3, 0.4],
  [0.1, 0.5],
  [0.6, 0.9],
  [0.4, 0.2],
];
const B = [
  [0.6, 0.3],
  [0.5, 0.6],
  [0.9, 0.2],
  [0.4, 0.4],
  [0.7, 0.6],
];

/** @param {Site["category"]} category @param {number[][]} places @returns {Site[]} */
function sitesOf(category, places) {
  return places.map(([x, y]) => ({ x, y, category }));
}

const SIZES = [2, 2, 3, 2];
const BLOCK = 1000; // steps whose visits are drawn at once

export class Training {
  net = network(SIZES);
  p = new Float64Array(this.net.nParameters);
  step = 0;
  X = new Float64Array(0);
  Y = new Float64Array(0);
  /** @type {number[]} */
  #shuffled = [];

  /**
   * @param {Site[]} sites
   * @param {Settings} settings
   * @param {number} seed
   */
  constructor(sites, settings, seed) {
    this.rng = new MatlabRandom(seed);
    this.settings = settings;
    this.sites = sites;
    const { sizes, weights, biases } = this.net;
    // First all W, column by column, then all b.
    for (let l = 1; l < sizes.length; l++)
      for (let k = 0; k < sizes[l - 1]; k++)
        for (let j = 0; j < sizes[l]; j++)
          this.p[weights[l] + j * sizes[l - 1] + k] = 0.5 * this.rng.randn();
    for (let l = 1; l < sizes.length; l++)
      for (let j = 0; j < sizes[l]; j++) this.p[biases[l] + j] = 0.5 * this.rng.randn();
  }

  /** What is learned from; it may change in the middle of a run. */
  set sites(/** @type {Site[]} */ sites) {
    this.X = Float64Array.from(sites.flatMap(({ x, y }) => [x, y]));
    this.Y = Float64Array.from(
      sites.flatMap(({ category }) => (category === "A" ? [1, 0] : [0, 1])),
    );
    this.#shuffled = [];
  }

  get count() {
    return this.X.length / 2;
  }

  /** The next row to be visited. */
  #visit() {
    if (this.settings.sampling === "replacement") return this.rng.randi(this.count) - 1;
    if (this.#shuffled.length === 0) {
      const rows = Array.from({ length: this.count }, (_, i) => i);
      for (let i = rows.length - 1; i > 0; i--) {
        const j = this.rng.randi(i + 1) - 1;
        [rows[i], rows[j]] = [rows[j], rows[i]];
      }
      this.#shuffled = rows;
    }
    return /** @type {number} */ (this.#shuffled.pop());
  }

  /** The rows that the next n steps visit. @param {number} n */
  order(n) {
    const rows = new Int32Array(n * this.settings.m);
    for (let i = 0; i < rows.length; i++) rows[i] = this.#visit();
    return rows;
  }

  /** Take n steps. @param {number} n */
  train(n) {
    for (let left = n; left > 0; left -= BLOCK) {
      const order = this.order(Math.min(left, BLOCK));
      sgd(this.net, this.p, this.X, this.Y, order, this.settings.eta, this.settings.m);
    }
    this.step += n;
  }

  get cost() {
    return cost(this.net, this.p, this.X, this.Y);
  }

  /** How many sites the network puts into their category: A where F₁ > F₂. */
  get right() {
    let right = 0;
    for (let i = 0; i < this.count; i++) {
      const F = forward(this.net, this.p, this.X, i);
      if (F[0] > F[1] === this.Y[2 * i] > this.Y[2 * i + 1]) right++;
    }
    return right;
  }

  /**
   * F₁ − F₂ at the n × n corners of a grid over the unit square, x₁ fastest.
   * @param {number} n
   */
  margins(n) {
    const point = new Float64Array(2);
    const values = new Float32Array(n * n);
    for (let i = 0; i < values.length; i++) {
      point[0] = (i % n) / (n - 1);
      point[1] = Math.floor(i / n) / (n - 1);
      const F = forward(this.net, this.p, point);
      values[i] = F[0] - F[1];
    }
    return values;
  }
}
