/** What the state of the drilling map is made of, and the paper's own. */

import { integer, oneOf } from "./address.js";
import { FEWEST, MOST } from "./sites.js";

/** @typedef {import("./training.js").Site} Site */
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
const PAPER = "A10,10;A30,40;A10,50;A60,90;A40,20;B60,30;B50,60;B90,20;B40,40;B70,60";

/** @type {import("./address.js").Field<Site[]>} */
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

/** @type {import("./address.js").Fields<State>} */
export const fields = {
  eta: oneOf(RATES),
  m: oneOf(BATCHES),
  sampling: oneOf(/** @type {Sampling[]} */ (["replacement", "epochs"])),
  seed: integer(0, 2 ** 32 - 1),
  steps: oneOf(LENGTHS),
  speed: oneOf(/** @type {Speed[]} */ (["watch", "full"])),
  sites: sitesField,
};

/** The experiment of Higham and Higham, section 6. @returns {Omit<State, "speed">} */
export const paper = () => ({
  eta: 0.05,
  m: 1,
  sampling: "replacement",
  seed: 5000,
  steps: 1_000_000,
  sites: sitesField.read(PAPER) ?? [],
});
