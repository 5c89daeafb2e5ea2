/** What the state of the figure is made of, and how it begins. */

import { decimal, oneOf, several } from "../../kit/address.js";
import { MatlabRandom } from "../../kit/matlab.js";
import { eigen, gram, NOISE } from "./estimate.js";

/** @typedef {import("./estimate.js").Matrix} Matrix */
/** @typedef {import("./estimate.js").Method} Method */
/** @typedef {import("./estimate.js").Pair} Pair */
/**
 * @typedef {object} State
 * @property {Method} method
 * @property {number} lambda of ridge and of the lasso
 * @property {number} q the chance that dropout deletes an input
 * @property {number} rho the correlation of the two inputs
 * @property {number} scale how long the second column is, the first being 1
 * @property {number[]} truth
 * @property {number[]} fit the least-squares estimate
 */

export const FAR = 3; // what is seen of each coefficient
export const SPAN = [-1, 3]; // the logarithms of the penalties, apart from 0
const FARTHEST = 99; // of an estimate from new data

export const LAMBDAS = [
  0,
  ...Array.from({ length: 41 }, (_, k) => Number((10 ** (k / 10 - 1)).toPrecision(3))),
];
export const DELETED = Array.from({ length: 20 }, (_, k) => k / 20);
export const SCALES = [0.5, 1, 2];
export const RHOS = Array.from({ length: 20 }, (_, k) => k / 20);
export const METHODS = /** @type {Method[]} */ (["ridge", "lasso", "dropout"]);

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  method: oneOf(METHODS),
  lambda: oneOf(LAMBDAS),
  q: oneOf(DELETED),
  rho: oneOf(RHOS),
  scale: oneOf(SCALES),
  truth: several([decimal(-FAR, FAR, 2), decimal(-FAR, FAR, 2)]),
  fit: several([decimal(-FARTHEST, FARTHEST, 2), decimal(-FARTHEST, FARTHEST, 2)]),
};

/** @type {() => State} */
export const beginning = () => ({
  method: "ridge",
  lambda: 10,
  q: 0.35,
  rho: 0.9,
  scale: 1,
  truth: [0.9, 0.4],
  fit: [2.2, 0.1],
});

/** To two digits, as in the address. @param {number} value */
export const rounded = (value) => Math.round(100 * value) / 100;

/** @param {State} state @returns {Matrix} */
export const matrix = ({ rho, scale }) => gram(rho, scale);

/** λ, or for dropout q. @param {State} state */
export const strength = ({ method, lambda, q }) => (method === "dropout" ? q : lambda);

/** The least-squares estimate from new data. */
/** @param {State} state @param {number} seed @returns {number[]} */
export function newFit(state, seed) {
  const rng = new MatlabRandom(seed);
  const { values, vectors } = eigen(matrix(state));
  const along = values.map((value) => rng.randn() * Math.sqrt(NOISE / value));
  return state.truth.map((value, i) =>
    rounded(value + along[0] * vectors[0][i] + along[1] * vectors[1][i]),
  );
}
