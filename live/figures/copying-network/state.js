/** What the state of the figure is made of, and how it begins. */

import { integer, oneOf } from "../../kit/address.js";
import { TOKENS } from "./net.js";

/** @typedef {import("./net.js").Name} Name */
/** @typedef {import("./net.js").Forbidden} Forbidden */
/** @typedef {"nothing" | "before" | "two-before" | "after"} Ban */
/**
 * @typedef {object} State
 * @property {string} letters
 * @property {Name} net
 * @property {Ban} ban what a layer may not look at
 * @property {number} at the place whose answer is shown
 */

export const LONGEST = 24;
const SHORTEST = 5; // of a block of the task
const BLOCK = 11; // the longest of them

/** What is asked of the networks, and what it is. */
export const EXAMPLES = /** @type {const} */ ([
  ["kcfamogbkcfamogb", "a block of eight, twice"],
  ["kcfakcfakcf", "a block of four"],
  ["aboca", "a b o c a → b"],
  ["ocaba", "o c a b a → b"],
  ["acoba", "a c o b a → c"],
  ["obaca", "o b a c a → c"],
  ["ffaf", "f f a f: is it f or a?"],
]);

/** @type {Record<Ban, string>} */
export const BANS = {
  nothing: "nothing",
  before: "the first layer: the position before",
  "two-before": "the first layer: two positions before",
  after: "the last layer: the positions after",
};

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  letters: {
    read: (text) => (/^[a-p]{1,24}$/.test(text) ? text : undefined),
    write: String,
  },
  net: oneOf(/** @type {Name[]} */ (["two", "one"])),
  ban: oneOf(/** @type {Ban[]} */ (Object.keys(BANS))),
  at: integer(0, LONGEST - 1),
};

/** @type {() => State} */
export const beginning = () => ({
  letters: EXAMPLES[0][0],
  net: "two",
  ban: "nothing",
  at: 15,
});

/** @param {number} token */
export const letter = (token) => String.fromCharCode(97 + token);
/** @param {string} letters */
export const tokens = (letters) => Array.from(letters, (c) => c.charCodeAt(0) - 97);

/** The place that is shown, in a shorter sequence the last. @param {State} state */
export const place = ({ letters, at }) => Math.min(at, letters.length - 1);

/** The letters of a text, if they can be a sequence. @param {string} text */
export const typed = (text) =>
  fields.letters.read(text.toLowerCase().replace(/ /g, ""));

/** A random block of different letters, repeated to the end. @param {() => number} random */
export function newBlock(random) {
  const all = Array.from({ length: TOKENS }, (_, token) => letter(token));
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor((i + 1) * random());
    [all[i], all[j]] = [all[j], all[i]];
  }
  const length = SHORTEST + Math.floor((BLOCK - SHORTEST + 1) * random());
  return all.slice(0, length).join("").repeat(LONGEST).slice(0, LONGEST);
}

/** Which pairs of places are left out. @param {State} state @returns {Forbidden} */
export function forbidden({ letters, net, ban }) {
  const last = net === "two" ? 1 : 0;
  if (ban === "after")
    return (layer, t, s) =>
      layer === last && s > 0 && s <= t && letters[s - 1] === letters[t];
  const back = { nothing: 0, before: 1, "two-before": 2 }[ban];
  return (layer, t, s) => layer === 0 && back > 0 && s === t - back;
}
