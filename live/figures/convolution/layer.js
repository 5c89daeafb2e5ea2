/**
 * A layer with one kernel of 3 × 3 weights, on pictures of 8 × 8 pixels with a rim of
 * one: as sums, as a matrix, and in waves.  Pictures are flat, row by row.
 *
 * @typedef {"zeros" | "circular"} Rim
 */

export const SIDE = 8;
export const PIXELS = SIDE * SIDE;
export const SIZE = 3;

const around = (/** @type {number} */ i) => (i + SIDE) % SIDE;

/**
 * Which weight takes pixel `from` of the input to pixel `out` of the output.
 * @param {number} out
 * @param {number} from
 * @param {Rim} rim
 * @returns {number} its place in the kernel, row by row; −1 if there is none
 */
export function weightAt(out, from, rim) {
  let u = Math.floor(from / SIDE) - Math.floor(out / SIDE) + 1;
  let v = (from % SIDE) - (out % SIDE) + 1;
  if (rim === "circular") [u, v] = [around(u), around(v)];
  return u >= 0 && u < SIZE && v >= 0 && v < SIZE ? SIZE * u + v : -1;
}

/**
 * The matrix of the layer, row by row.
 * @param {ArrayLike<number>} kernel
 * @param {Rim} rim
 */
export function matrix(kernel, rim) {
  return Float64Array.from({ length: PIXELS * PIXELS }, (_, n) => {
    const place = weightAt(Math.floor(n / PIXELS), n % PIXELS, rim);
    return place < 0 ? 0 : kernel[place];
  });
}

/**
 * What the layer makes of a picture.
 * @param {ArrayLike<number>} picture
 * @param {ArrayLike<number>} kernel
 * @param {Rim} rim
 */
export function layer(picture, kernel, rim) {
  const made = new Float64Array(PIXELS);
  for (let out = 0; out < PIXELS; out++)
    for (let u = 0; u < SIZE; u++)
      for (let v = 0; v < SIZE; v++) {
        let i = Math.floor(out / SIDE) + u - 1;
        let j = (out % SIDE) + v - 1;
        if (rim === "circular") [i, j] = [around(i), around(j)];
        if (i >= 0 && i < SIDE && j >= 0 && j < SIDE)
          made[out] += kernel[SIZE * u + v] * picture[SIDE * i + j];
      }
  return made;
}

/**
 * By how much each wave is amplified where opposite edges are glued together:
 * |K̂(ω)|, the frequencies from −side/2 to side/2 − 1 down and across.
 * @param {ArrayLike<number>} kernel
 * @param {number} side an even number of pixels
 */
export function spectrum(kernel, side = SIDE) {
  return Float64Array.from({ length: side * side }, (_, n) => {
    const down = Math.floor(n / side) - side / 2;
    const across = (n % side) - side / 2;
    let [real, imaginary] = [0, 0];
    for (let place = 0; place < SIZE * SIZE; place++) {
      const u = Math.floor(place / SIZE) - 1;
      const angle = (2 * Math.PI * (down * u + across * ((place % SIZE) - 1))) / side;
      real += kernel[place] * Math.cos(angle);
      imaginary += kernel[place] * Math.sin(angle);
    }
    return Math.hypot(real, imaginary);
  });
}

/**
 * A picture moved down and to the right; what leaves it comes back on the other side.
 * @param {ArrayLike<number>} picture
 * @param {number} down
 * @param {number} across
 */
export const shifted = (picture, down, across) =>
  Float64Array.from({ length: PIXELS }, (_, n) => {
    const i = (Math.floor(n / SIDE) - down + SIDE) % SIDE;
    return picture[SIDE * i + ((n - across + SIDE) % SIDE)];
  });
