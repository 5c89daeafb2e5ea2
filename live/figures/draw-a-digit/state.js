/** What the state of the drawn digit is made of. */

import { integer, several } from "../../kit/address.js";
import { EXAMPLES, SCALES, WEIGHTS } from "./learned.js";
import { moved, PARTS, PIXELS, SIDE } from "./net.js";

/**
 * @typedef {object} State
 * @property {number[]} drawing from 0, the ground, to 15, the ink
 * @property {number[]} shift of the drawing, down and to the right
 * @property {number} pen the pixel where it is
 */

export const INK = 15;
export const FAR = 8; // pixels that a drawing can be shifted

/** A digit for each pixel, and the zeros at its end left out. */
/** @type {import("../../kit/address.js").Field<number[]>} */
const drawing = {
  read: (text) =>
    /^(|[0-9a-f]{0,783}[1-9a-f])$/.test(text)
      ? Array.from(text.padEnd(PIXELS, "0"), (digit) => Number.parseInt(digit, 16))
      : undefined,
  write: (pixels) =>
    pixels
      .map((grey) => grey.toString(16))
      .join("")
      .replace(/0+$/, ""),
};
const steps = integer(-FAR, FAR);

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  drawing,
  shift: several([steps, steps]),
  pen: integer(0, PIXELS - 1),
};

/** The example of a digit. @param {number} digit */
export const example = (digit) => drawing.read(EXAMPLES[digit]) ?? [];

/** Which example is drawn, −1 for none. @param {State} state */
export const exampleOf = (state) => EXAMPLES.indexOf(drawing.write(state.drawing));

/** @returns {State} */
export const beginning = () => ({ drawing: example(4), shift: [0, 0], pen: 406 });

/** The parameters of the network, each part with a scale of its own. */
export function parameters() {
  const whole = Int8Array.from(atob(WEIGHTS), (letter) => letter.charCodeAt(0));
  const scales = PARTS.flatMap((n, part) => new Array(n).fill(SCALES[part]));
  return Float64Array.from(whole, (value, n) => value * scales[n]);
}

/** The picture as it is shown, and as the network sees it. */
/** @param {State} state @param {number} [down] @param {number} [across] */
export function picture({ drawing, shift }, down = 0, across = 0) {
  const there = moved(drawing, shift[0] + down, shift[1] + across);
  return there.map((grey) => grey / INK);
}

/** Ink a pixel, as it is shown, and its neighbours a little. */
/** @param {State} state @param {number} cell */
export function ink(state, cell) {
  const [i, j] = [
    Math.floor(cell / SIDE) - state.shift[0],
    (cell % SIDE) - state.shift[1],
  ];
  const pixels = [...state.drawing];
  for (let u = -1; u <= 1; u++)
    for (let v = -1; v <= 1; v++) {
      const [k, l] = [i + u, j + v];
      if (k < 0 || k >= SIDE || l < 0 || l >= SIDE) continue;
      const grey = [INK, 11, 5][Math.abs(u) + Math.abs(v)];
      pixels[SIDE * k + l] = Math.max(pixels[SIDE * k + l], grey);
    }
  state.drawing = pixels;
}
