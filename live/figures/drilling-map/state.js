/** What the state of the drilling map is made of. */

import { integer, oneOf } from "../../kit/address.js";
import { FEWEST, MOST } from "./sites.js";

/** @typedef {import("../../kit/training.js").Site} Site */
/** @typedef {"replacement" | "epochs"} Sampling */
/** @typedef {"watch" | "full"} Speed */
/**
 * @typedef {object} State
 * @property {number} eta the learning rate
 * @property {number} m points a step
 * @property {Sampling} sampling
 * @property {number} seed
 * @property {number} steps
 * @property {Speed} speed
 * @property {Site[]} sites
 */

export const RATES = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
export const BATCHES = [1, 2, 5, 10];
export const LENGTHS = [10_000, 100_000, 1_000_000];

/** @type {import("../../kit/address.js").Field<Site[]>} */
const sitesField = {
  read: (text) => {
    if (!/^([AB]\d{1,3},\d{1,3})(;[AB]\d{1,3},\d{1,3})*$/.test(text)) return undefined;
    const sites = text.split(";").map((word) => {
      const [x, y] = word.slice(1).split(",").map(Number);
      return { x: x / 100, y: y / 100, category: /** @type {"A" | "B"} */ (word[0]) };
    });
    const inside = sites.every(({ x, y }) => x <= 1 && y <= 1);
    return inside && sites.length >= FEWEST && sites.length <= MOST ? sites : undefined;
  },
  write: (sites) =>
    sites
      .map(({ x, y, category }) => category + [x, y].map((v) => Math.round(100 * v)))
      .join(";"),
};

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  eta: oneOf(RATES),
  m: oneOf(BATCHES),
  sampling: oneOf(/** @type {Sampling[]} */ (["replacement", "epochs"])),
  seed: integer(0, 2 ** 32 - 1),
  steps: oneOf(LENGTHS),
  speed: oneOf(/** @type {Speed[]} */ (["watch", "full"])),
  sites: sitesField,
};
