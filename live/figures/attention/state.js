/** What the state of the figure is made of, and how it begins. */

import { decimal, oneOf, several } from "../../kit/address.js";
import * as the from "./weights.js";

/** @typedef {import("./weights.js").Point} Point */
/** @typedef {"keys" | "own"} Kind what the values are */
/**
 * @typedef {object} State
 * @property {Kind} values
 * @property {number} tau as it is written
 * @property {number[]} q
 * @property {number[]} keys of all, one after the other
 * @property {number[]} own values that are not the keys
 * @property {number[]} seen whether the query may look at a key, 1 or 0
 */

export const KEYS = 4;
export const FAR = 3; // what is seen of the planes
const ROOT = 1.41; // stands for the root of 2
export const TAUS = [0.1, 0.2, 0.3, 0.5, 0.7, 1, ROOT, 2, 3, 5, 10, 20];

const place = decimal(-FAR, FAR, 2);
const places = several(Array.from({ length: 2 * KEYS }, () => place));
const flags = several(Array.from({ length: KEYS }, () => oneOf([0, 1])));

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  values: oneOf(/** @type {Kind[]} */ (["keys", "own"])),
  tau: oneOf(TAUS),
  q: several([place, place]),
  keys: places,
  own: places,
  seen: {
    read: (text) => {
      const seen = flags.read(text);
      return seen?.includes(1) ? seen : undefined;
    },
    write: flags.write,
  },
};

/** @type {() => State} */
export const beginning = () => ({
  values: "keys",
  tau: ROOT,
  q: [1.2, 0.8],
  keys: [2, -0.5, 0.5, 2, -1.5, 1, -0.5, -1.5],
  own: [1.5, -2, -2, -1, 0, 2, 2, 1],
  seen: [1, 1, 1, 1],
});

/** @param {number} tau */
export const temperature = (tau) => (tau === ROOT ? Math.SQRT2 : tau);
/** @param {number} tau */
export const sign = (tau) => (tau === ROOT ? "√2" : String(tau));

/** Numbers two by two. @param {number[]} flat */
export const points = (flat) =>
  Array.from(
    { length: flat.length / 2 },
    (_, j) => /** @type {Point} */ ([flat[2 * j], flat[2 * j + 1]]),
  );

/** What comes of a query, by default that of the state. */
/** @param {State} state @param {Point} [q] */
export function outcome(state, q = /** @type {Point} */ (state.q)) {
  const keys = points(state.keys);
  const values = state.values === "keys" ? keys : points(state.own);
  const tau = temperature(state.tau);
  const P = the.weights(q, keys, tau, state.seen.map(Boolean));
  const J = the.jacobian(P, values, keys, tau);
  const steep = the.steepness(P);
  return { keys, values, P, J, steep, output: the.mean(P, values) };
}
