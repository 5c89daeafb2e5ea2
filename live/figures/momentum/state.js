/** What the state of the figure is made of, and the best of its states. */

import { decimal, oneOf } from "../../kit/address.js";

/**
 * @typedef {object} State
 * @property {number} rate η times the largest eigenvalue
 * @property {number} beta the share of the velocity that is kept
 * @property {number} kappa the quotient of the largest and the smallest eigenvalue
 * @property {number} steps that are shown
 */

export const FASTEST = 4; // the largest rate
export const SLOWEST = 0.01; // the smallest
export const MOST = 0.99; // the largest share
export const KAPPAS = [2, 5, 10, 25, 50, 100, 400, 1000, 10_000];
export const STEPS = [30, 60, 120, 300, 1000];
const DIGITS = 6;

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  rate: decimal(SLOWEST, FASTEST, DIGITS),
  beta: decimal(0, MOST, DIGITS),
  kappa: oneOf(KAPPAS),
  steps: oneOf(STEPS),
};

/**
 * The best pair for κ, to the digits of the address, and so that no root is real:
 * where they are double, a last digit would tear them apart.
 * @param {number} kappa
 */
export function best(kappa) {
  const rho = (Math.sqrt(kappa) - 1) / (Math.sqrt(kappa) + 1);
  const unit = 10 ** DIGITS;
  return {
    rate: Math.floor(unit * (1 + rho) ** 2) / unit,
    beta: (Math.floor(unit * rho ** 2) + 2) / unit,
  };
}

/** @returns {State} */
export const beginning = () => ({ ...best(25), kappa: 25, steps: 60 });

/** As near to a value as two digits and the limits allow. */
/** @param {number} value @param {number} low @param {number} high */
export const near = (value, low, high) =>
  Math.min(high, Math.max(low, Math.round(100 * value) / 100));
