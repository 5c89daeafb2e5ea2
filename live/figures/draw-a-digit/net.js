/**
 * A small convolutional network for pictures of 28 × 28 pixels: five times five, eight
 * kernels; the largest of two by two; five times five, sixteen kernels; the largest of
 * two by two; ten sums.  Its parameters are laid out as in the library.
 *
 * @typedef {object} Outcome
 * @property {Float64Array} first the eight feature maps of 24 × 24
 * @property {Float64Array} second the sixteen of 8 × 8
 * @property {Float64Array} sums of the ten digits
 */

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
const SIZE = 5;
const MAPS = [1, 8, 16];
export const DIGITS = 10;

/** How many parameters each part has: weights, biases, weights, … */
export const PARTS = [200, 8, 3200, 16, 2560, 10];

/**
 * Correlate with kernels, add biases, and keep what is positive.
 * @param {Float64Array} a channels × side × side
 * @param {number} channels
 * @param {number} side
 * @param {Float64Array} K
 * @param {Float64Array} b
 */
export function convolve(a, channels, side, K, b) {
  const to = side - SIZE + 1;
  const made = new Float64Array(b.length * to * to);
  const row = new Float64Array(to);
  for (let o = 0; o < b.length; o++)
    for (let i = 0; i < to; i++) {
      row.fill(b[o]);
      for (let c = 0; c < channels; c++)
        for (let u = 0; u < SIZE; u++)
          for (let v = 0; v < SIZE; v++) {
            const weight = K[((o * channels + c) * SIZE + u) * SIZE + v];
            const from = (c * side + i + u) * side + v;
            for (let j = 0; j < to; j++) row[j] += weight * a[from + j];
          }
      for (let j = 0; j < to; j++) made[(o * to + i) * to + j] = Math.max(0, row[j]);
    }
  return made;
}

/**
 * The largest of each two by two.
 * @param {Float64Array} a
 * @param {number} side
 */
export function pool(a, side) {
  const to = side / 2;
  return Float64Array.from({ length: a.length / 4 }, (_, n) => {
    const at = 2 * side * Math.floor(n / to) + 2 * (n % to);
    return Math.max(a[at], a[at + 1], a[at + side], a[at + side + 1]);
  });
}

/**
 * What the network makes of a picture.
 * @param {Float64Array} p
 * @param {Float64Array} picture from 0, the ground, to 1, the ink
 * @returns {Outcome}
 */
export function run(p, picture) {
  let start = 0;
  const [K1, b1, K2, b2, W, b] = PARTS.map((n) => {
    start += n;
    return p.subarray(start - n, start);
  });
  const first = convolve(picture, MAPS[0], SIDE, K1, b1);
  const second = convolve(pool(first, 24), MAPS[1], 12, K2, b2);
  const last = pool(second, 8);
  const sums = b.map((bias, digit) =>
    last.reduce((sum, x, n) => sum + W[digit * last.length + n] * x, bias),
  );
  return { first, second, sums };
}

/** The shares of the digits, as the softmax has them. @param {Float64Array} sums */
export function softmax(sums) {
  const largest = Math.max(...sums);
  const powers = sums.map((z) => Math.exp(z - largest));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}

/** The digit with the largest sum. @param {Float64Array} sums */
export const answer = (sums) => sums.indexOf(Math.max(...sums));

/**
 * A picture moved down and to the right; what leaves it is lost.
 * @param {ArrayLike<number>} picture
 * @param {number} down
 * @param {number} across
 */
export const moved = (picture, down, across) =>
  Float64Array.from({ length: PIXELS }, (_, n) => {
    const [i, j] = [Math.floor(n / SIDE) - down, (n % SIDE) - across];
    return i >= 0 && i < SIDE && j >= 0 && j < SIDE ? picture[SIDE * i + j] : 0;
  });

/**
 * How far to move a picture so that its centre of gravity is in the middle, as those
 * were that the network has learned from.
 * @param {ArrayLike<number>} picture
 */
export function toMiddle(picture) {
  let [ink, down, across] = [0, 0, 0];
  for (let n = 0; n < PIXELS; n++) {
    ink += picture[n];
    down += picture[n] * (Math.floor(n / SIDE) - SIDE / 2);
    across += picture[n] * ((n % SIDE) - SIDE / 2);
  }
  return ink ? [-down / ink, -across / ink].map((x) => Math.round(x) || 0) : [0, 0];
}
