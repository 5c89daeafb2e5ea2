/**
 * Momentum along one eigenvector of a quadratic, as `momentum` of the library takes
 * its steps.  Only the product of learning rate and eigenvalue matters, here `el`.
 * The tests hold the results to the library's.
 */

/** @typedef {import("./state.js").State} State */
/** @typedef {"falls" | "swings" | "flips" | "diverges"} Kind */

/** The two roots of z² − (1 + β − ηλ)z + β, real parts and the imaginary part of both. */
/** @param {number} el @param {number} beta */
export function roots(el, beta) {
  const half = (1 + beta - el) / 2;
  const square = half * half - beta;
  const root = Math.sqrt(Math.abs(square));
  return square < 0
    ? { real: [half, half], imaginary: root }
    : { real: [half - root, half + root], imaginary: 0 };
}

/** The larger modulus of the two: the factor of a step, in the long run. */
/** @param {number} el @param {number} beta */
export function modulus(el, beta) {
  const { real, imaginary } = roots(el, beta);
  return imaginary ? Math.sqrt(beta) : Math.max(...real.map(Math.abs));
}

/** How the component moves. @param {number} el @param {number} beta @returns {Kind} */
export function kind(el, beta) {
  const { real, imaginary } = roots(el, beta);
  if (el >= 2 * (1 + beta)) return "diverges";
  if (imaginary) return "swings";
  return real[0] < 0 ? "flips" : "falls";
}

/**
 * The component after 0, 1, …, n steps, 1 at the start, without a velocity there.
 * @param {number} el
 * @param {number} beta
 * @param {number} n
 */
export function path(el, beta, n) {
  const x = new Float64Array(n + 1);
  let v = 0;
  x[0] = 1;
  for (let t = 1; t <= n; t++) {
    v = beta * v + el * x[t - 1];
    x[t] = x[t - 1] - v;
  }
  return x;
}

/** The paths along the steepest and the flattest direction. @param {State} state */
export const components = ({ rate, beta, kappa, steps }) => ({
  steep: path(rate, beta, steps),
  flat: path(rate / kappa, beta, steps),
});

/** How far a path goes, when, and how often it passes the minimum. */
/** @param {ArrayLike<number>} x */
export function travels(x) {
  let [far, when, passes] = [0, 0, 0];
  let side = 0;
  for (let t = 0; t < x.length; t++) {
    if (Math.abs(x[t]) > far) [far, when] = [Math.abs(x[t]), t];
    const now = Math.sign(x[t]);
    if (now && side && now !== side) passes++;
    side = now || side;
  }
  return { far, when, passes };
}

/**
 * After how many steps both components are below a millionth for the first time.
 * @param {number} steep η times the largest eigenvalue
 * @param {number} flat η times the smallest
 * @param {number} beta
 * @returns {number} Infinity if not soon
 */
export function arrival(steep, flat, beta) {
  let [x, y, v, w] = [1, 1, 0, 0];
  for (let t = 1; t <= LATEST; t++) {
    v = beta * v + steep * x;
    w = beta * w + flat * y;
    x -= v;
    y -= w;
    if (Math.abs(x) < 1e-6 && Math.abs(y) < 1e-6) return t;
    if (Math.abs(x) > 1e12) return Infinity;
  }
  return Infinity;
}
export const LATEST = 200_000;

/** Which of the eigenvalues between two is the slowest. */
/** @param {number} steep @param {number} flat @param {number} beta */
export function slowest(steep, flat, beta) {
  const [a, b] = [modulus(steep, beta), modulus(flat, beta)];
  if (Math.abs(a - b) < 1e-9) return "all";
  return a > b ? "steep" : "flat";
}
