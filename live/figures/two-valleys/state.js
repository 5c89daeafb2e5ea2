/** What the state of the two valleys is made of, and how they begin. */

import { decimal, oneOf } from "../../kit/address.js";
import { REACH } from "./valleys.js";

/**
 * @typedef {object} State
 * @property {number} w of the single start
 * @property {number} b likewise
 * @property {number} starts one, or how many in a grid
 * @property {number} eta the learning rate
 */

export const RATES = [0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5];
export const STARTS = [1, 121, 441];

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  w: decimal(-REACH.w, REACH.w, 1),
  b: decimal(-REACH.b, REACH.b, 1),
  starts: oneOf(STARTS),
  eta: oneOf(RATES),
};

/** @returns {State} */
export const beginning = () => ({ w: -2, b: 4, starts: 1, eta: 1.5 });
