/**
 * Two coefficients are estimated by least squares with a penalty.  The data enter
 * only by the matrix G = XᵀX, given as its entries g₁₁, g₁₂ and g₂₂, and by the
 * least-squares estimate b.
 */

/** @typedef {import("../../kit/board.js").Point} Pair */
/** @typedef {[number, number, number]} Matrix symmetric: of 11, 12, 22 */
/** @typedef {"ridge" | "lasso" | "dropout"} Method */

export const POINTS = 20;
export const NOISE = 10; // its variance

/** The matrix of the points whose columns have a correlation, and lengths 1 and c. */
/** @param {number} rho @param {number} c @returns {Matrix} */
export const gram = (rho, c) => [POINTS, POINTS * rho * c, POINTS * c * c];

/** @param {Matrix} M @param {Pair} v @returns {Pair} */
const times = ([a, b, d], [x, y]) => [a * x + b * y, b * x + d * y];

/** @param {Matrix} M @param {Pair} v @returns {Pair} */
export function solve([a, b, d], [x, y]) {
  const det = a * d - b * b;
  return [(d * x - b * y) / det, (a * y - b * x) / det];
}

/** vᵀMv. @param {Matrix} M @param {Pair} v */
export function form(M, v) {
  const [x, y] = times(M, v);
  return v[0] * x + v[1] * y;
}

/** @param {Pair} v @param {Pair} w @returns {Pair} */
export const minus = ([x, y], [u, v]) => [x - u, y - v];

/** The eigenvalues, the larger first, and a unit vector of each. */
/** @param {Matrix} M @returns {{values: Pair, vectors: [Pair, Pair]}} */
export function eigen([a, b, d]) {
  const turn = Math.atan2(2 * b, a - d) / 2;
  const [x, y] = [Math.cos(turn), Math.sin(turn)];
  const radius = Math.hypot((a - d) / 2, b);
  const larger = (a + d) / 2 + radius;
  return {
    values: [larger, (a * d - b * b) / larger],
    vectors: [
      [x, y],
      [-y, x],
    ],
  };
}

/** The penalty is ½wᵀPw. @param {Method} method @param {Matrix} G @param {number} strength @returns {Matrix} */
const penalty = (method, [a, , d], strength) =>
  method === "ridge"
    ? [strength, 0, strength]
    : [(a * strength) / (1 - strength), 0, (d * strength) / (1 - strength)];

/** @param {Matrix} A @param {Matrix} B @returns {Matrix} */
const plus = ([a, b, c], [d, e, f]) => [a + d, b + e, c + f];

/** Where ½(w − b)ᵀG(w − b) + λ(|w₁| + |w₂|) is least. */
/** @param {Matrix} G @param {Pair} b @param {number} lambda @returns {Pair} */
function lasso(G, b, lambda) {
  const r = times(G, b);
  const shrunk = (/** @type {number} */ z) =>
    Math.sign(z) * Math.max(Math.abs(z) - lambda, 0);
  // One of them is 0, or both, or none, with whatever signs; the best is the answer.
  /** @type {Pair[]} */
  const all = [
    [0, 0],
    [shrunk(r[0]) / G[0], 0],
    [0, shrunk(r[1]) / G[2]],
  ];
  for (const [s, t] of [
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
  ]) {
    const x = solve(G, [r[0] - lambda * s, r[1] - lambda * t]);
    if (x[0] * s > 0 && x[1] * t > 0) all.push(x);
  }
  const worth = (/** @type {Pair} */ x) =>
    form(G, minus(x, b)) / 2 + lambda * (Math.abs(x[0]) + Math.abs(x[1]));
  return all.reduce((best, x) => (worth(x) < worth(best) ? x : best));
}

/** The estimate. @param {Method} method @param {Matrix} G @param {Pair} b @param {number} strength λ, or for dropout q @returns {Pair} */
export const estimate = (method, G, b, strength) =>
  method === "lasso"
    ? lasso(G, b, strength)
    : solve(plus(G, penalty(method, G, strength)), times(G, b));

/** The squares of the singular values; dropout's are those of columns of length 1. */
/** @param {Method} method @param {Matrix} G @returns {Pair} */
export function squares(method, G) {
  const [a, b, d] = G;
  return eigen(method === "dropout" ? [1, b / Math.sqrt(a * d), 1] : G).values;
}

/** What is left of the least-squares estimate along two directions. */
/** @param {Method} method @param {Matrix} G @param {number} strength @returns {Pair | undefined} */
export function factors(method, G, strength) {
  if (method === "lasso") return undefined;
  const [first, second] = squares(method, G);
  const lambda = method === "ridge" ? strength : strength / (1 - strength);
  return [first / (first + lambda), second / (second + lambda)];
}

/** The degrees of freedom; for the lasso, how many coefficients are not 0. */
/** @param {Method} method @param {Matrix} G @param {Pair} b @param {number} strength */
export function freedom(method, G, b, strength) {
  const kept = factors(method, G, strength);
  if (kept) return kept[0] + kept[1];
  return estimate(method, G, b, strength).filter((value) => value !== 0).length;
}

/** How much a new point costs more than its noise: the mean of (x·w − x·w°)². */
/** @param {Matrix} G @param {Pair} w @param {Pair} truth */
export const excess = (G, w, truth) => form(G, minus(w, truth)) / POINTS;

/** The mean of that over all noise in the data; not for the lasso. */
/** @param {Method} method @param {Matrix} G @param {Pair} truth @param {number} strength */
export function meanExcess(method, G, truth, strength) {
  const [first, second] = [
    estimate(method, G, [1, 0], strength),
    estimate(method, G, [0, 1], strength),
  ];
  // A = (first, second) takes the least-squares estimate to this one.
  /** @param {Pair} v @returns {Pair} */
  const A = ([x, y]) => [first[0] * x + second[0] * y, first[1] * x + second[1] * y];
  const bias = form(G, minus(A(truth), truth));
  const { values, vectors } = eigen(G);
  const variance = vectors.reduce((sum, v, i) => sum + form(G, A(v)) / values[i], 0);
  return (bias + NOISE * variance) / POINTS;
}

/** Points round the curve on which (w − centre)ᵀM(w − centre) has a value. */
/** @param {Matrix} M @param {Pair} centre @param {number} level @returns {Pair[]} */
export function ellipse(M, centre, level) {
  const { values, vectors } = eigen(M);
  const [p, q] = values.map((value) => Math.sqrt(Math.max(level, 0) / value));
  return Array.from({ length: 97 }, (_, i) => {
    const [x, y] = [p * Math.cos((i * Math.PI) / 48), q * Math.sin((i * Math.PI) / 48)];
    return [
      centre[0] + x * vectors[0][0] + y * vectors[1][0],
      centre[1] + x * vectors[0][1] + y * vectors[1][1],
    ];
  });
}

/** Points round the curve on which the penalty is as large as at the estimate. */
/** @param {Method} method @param {Matrix} G @param {Pair} w @returns {Pair[]} */
export function level(method, G, w) {
  if (method === "lasso") {
    const r = Math.abs(w[0]) + Math.abs(w[1]);
    return [
      [r, 0],
      [0, r],
      [-r, 0],
      [0, -r],
      [r, 0],
    ];
  }
  /** @type {Matrix} */
  const P = method === "ridge" ? [1, 0, 1] : [G[0], 0, G[2]];
  return ellipse(P, [0, 0], form(P, w));
}
