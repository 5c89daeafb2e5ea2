/** What the state of the convolution is made of, and the kernels that it offers. */

import { decimal, integer, oneOf, several } from "../../kit/address.js";
import { layer, PIXELS, SIDE, SIZE, shifted } from "./layer.js";

/** @typedef {import("./layer.js").Rim} Rim */
/**
 * @typedef {object} State
 * @property {number[]} picture 0 or 1 for each pixel
 * @property {number[]} kernel row by row
 * @property {Rim} rim
 * @property {number[]} shift of the picture, down and to the right
 * @property {number} out the pixel of the output that is looked at
 * @property {number} from the pixel of the input
 */

export const LARGEST = 9; // weight

/** Sixteen digits, four pixels each. */
/** @type {import("../../kit/address.js").Field<number[]>} */
const picture = {
  read: (text) =>
    /^[0-9a-f]{16}$/.test(text)
      ? [...text].flatMap((digit) => {
          const four = Number.parseInt(digit, 16);
          return [8, 4, 2, 1].map((bit) => (four & bit ? 1 : 0));
        })
      : undefined,
  write: (pixels) =>
    Array.from({ length: PIXELS / 4 }, (_, n) =>
      Number.parseInt(pixels.slice(4 * n, 4 * n + 4).join(""), 2).toString(16),
    ).join(""),
};
const places = integer(0, PIXELS - 1);
const steps = integer(0, SIDE - 1);

/** @type {import("../../kit/address.js").Fields<State>} */
export const fields = {
  picture,
  kernel: several(
    Array.from({ length: SIZE * SIZE }, () => decimal(-LARGEST, LARGEST, 2)),
  ),
  rim: oneOf(/** @type {Rim[]} */ (["zeros", "circular"])),
  shift: several([steps, steps]),
  out: places,
  from: places,
};

/** @type {[string, number[]][]} */
export const KERNELS = [
  ["upright edges", [-1, 0, 1, -2, 0, 2, -1, 0, 1]],
  ["level edges", [-1, -2, -1, 0, 0, 0, 1, 2, 1]],
  ["blur", [0.05, 0.1, 0.05, 0.1, 0.4, 0.1, 0.05, 0.1, 0.05]],
  ["Laplace", [0, 1, 0, 1, -4, 1, 0, 1, 0]],
  ["one step right", [0, 0, 0, 1, 0, 0, 0, 0, 0]],
];

/** @returns {State} */
export const beginning = () => ({
  picture: picture.read("003c040404040000") ?? [],
  kernel: [...KERNELS[0][1]],
  rim: "zeros",
  shift: [0, 0],
  out: 20,
  from: 21,
});

/**
 * The picture as it is shown, what the layer makes of it, and how far that is from
 * what one gets if one shifts only afterwards, pixel by pixel.
 * @param {State} state
 */
export function outcome({ picture, kernel, rim, shift: [down, across] }) {
  const input = shifted(picture, down, across);
  const output = layer(input, kernel, rim);
  const afterwards = shifted(layer(picture, kernel, rim), down, across);
  const apart = output.map((z, n) => Math.abs(z - afterwards[n]));
  return { input, output, apart };
}

/** Change a pixel, as it is shown. @param {State} state @param {number} place */
export function toggle(state, place) {
  const marks = new Float64Array(PIXELS);
  marks[place] = 1;
  const [down, across] = state.shift;
  const there = shifted(marks, (SIDE - down) % SIDE, (SIDE - across) % SIDE);
  state.picture = state.picture.map((value, n) => (there[n] ? 1 - value : value));
}
