/** What the state of back propagation, step by step, is made of. */

import { integer, oneOf } from "../../kit/address.js";
import { paper, Training } from "../../kit/training.js";

/** @typedef {"hh" | "pencil"} Which */
/** @typedef {{which: Which, step: number}} Place a network, and the step in it */
/**
 * @typedef {object} State
 * @property {Place} at
 * @property {number} site from 1
 * @property {number} seed of the start
 */

const { sites, ...settings } = paper();
export const SITES = sites;

/** How many steps there are: one for the input, one for the loss, three for each neuron. */
export const LAST = { hh: 23, pencil: 11 };

/** @type {import("../../kit/address.js").Field<Place>} */
const place = {
  read: (text) => {
    const [, which, step] = /^(hh|pencil)-([1-9]\d?)$/.exec(text) ?? [];
    const place = { which: /** @type {Which} */ (which), step: Number(step) };
    return place.step <= LAST[place.which] ? place : undefined;
  },
  write: ({ which, step }) => `${which}-${step}`,
};

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  at: place,
  site: oneOf(SITES.map((_, i) => i + 1)),
  seed: integer(0, 2 ** 32 - 1),
};

/** @returns {State} */
export const beginning = () => ({ at: { which: "hh", step: 1 }, site: 1, seed: 5000 });

/** The network that the state speaks of, and the point. @param {State} state */
export function subject({ at, site, seed }) {
  if (at.which === "pencil")
    return {
      sizes: [1, 2, 1],
      p: Float64Array.of(1, Math.log(3), -1, 0, 3, -2, 0),
      x: Float64Array.of(1),
      y: Float64Array.of(0),
    };
  const training = new Training([SITES[site - 1]], settings, seed);
  return {
    sizes: training.net.sizes,
    p: training.p,
    x: training.X,
    y: training.Y,
  };
}
