/**
 * Networks of attention and nothing else, which have learned to copy: embeddings and
 * places; in each layer one head, with a path around it; scores of the next token.
 *
 * @typedef {"one" | "two"} Name how many layers
 * @typedef {(layer: number, at: number, seen: number) => boolean} Forbidden
 * @typedef {object} Outcome
 * @property {Float64Array[]} weights of each layer, n × n; row t of the query at place t
 * @property {Float64Array[]} scores of the next token, for each place
 */

import { NETWORKS } from "./learned.js";

export const TOKENS = 16;
const WIDTH = 32;
const SLOWEST = 100; // the base of the frequencies of the places

/** Its matrices: the embedding, two for each layer, and the end. @param {Name} name */
export function matrices(name) {
  const { scales, wholes } = NETWORKS[name];
  const bytes = Int8Array.from(atob(wholes), (letter) => letter.charCodeAt(0));
  const factors = scales.split(" ").map(Number);
  let start = 0;
  return factors.map((factor, part) => {
    const ends = part === 0 || part === factors.length - 1;
    const size = ends ? TOKENS * WIDTH : WIDTH * WIDTH;
    start += size;
    return Float64Array.from(bytes.subarray(start - size, start), (n) => n * factor);
  });
}

/** The row x times the matrix M. @param {ArrayLike<number>} x @param {Float64Array} M */
function through(x, M) {
  const columns = M.length / x.length;
  const made = new Float64Array(columns);
  for (let i = 0; i < x.length; i++)
    for (let j = 0; j < columns; j++) made[j] += x[i] * M[i * columns + j];
  return made;
}

/** @param {ArrayLike<number>} x @param {ArrayLike<number>} y */
function dot(x, y) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** Sines and cosines that stand for a place. @param {number} t */
function place(t) {
  const half = WIDTH / 2;
  return Float64Array.from({ length: WIDTH }, (_, i) => {
    const angle = t * SLOWEST ** (-(i % half) / half);
    return i < half ? Math.sin(angle) : Math.cos(angle);
  });
}

/** @param {ArrayLike<number>} scores */
export function softmax(scores) {
  const top = Math.max(...Array.from(scores));
  const powers = Float64Array.from(scores, (score) => Math.exp(score - top));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}

/**
 * What a network makes of a sequence of tokens.
 * @param {Float64Array[]} net
 * @param {number[]} tokens
 * @param {Forbidden} [forbidden] pairs that are left out, besides what comes later
 * @returns {Outcome}
 */
export function run(net, tokens, forbidden = () => false) {
  const [embedding, ...rest] = net;
  const end = rest[rest.length - 1];
  const n = tokens.length;
  let vectors = tokens.map((token, t) => {
    const where = place(t);
    return where.map((x, i) => x + embedding[token * WIDTH + i]);
  });
  const weights = [];
  for (let layer = 0; 2 * layer + 1 < rest.length; layer++) {
    const [match, carry] = rest.slice(2 * layer, 2 * layer + 2);
    const P = new Float64Array(n * n);
    const values = vectors.map((x) => through(x, carry));
    const before = vectors;
    vectors = before.map((x, t) => {
      const query = through(x, match);
      const scores = before
        .slice(0, t + 1)
        .map((y, s) => (forbidden(layer, t, s) ? -Infinity : dot(query, y)));
      const row = softmax(scores);
      P.set(row, t * n);
      return x.map((a, i) => row.reduce((sum, p, s) => sum + p * values[s][i], a));
    });
    weights.push(P);
  }
  return { weights, scores: vectors.map((x) => through(x, end)) };
}

/** The place after the last earlier one of the same token, −1 if there is none. */
/** @param {number[]} tokens @param {number} t */
export const after = (tokens, t) =>
  t === 0 ? -1 : tokens.lastIndexOf(tokens[t], t - 1) + 1 || -1;

/** The most probable of the shares. @param {ArrayLike<number>} shares */
export const best = (shares) =>
  Array.from(shares).reduce((top, share, n, all) => (share > all[top] ? n : top), 0);
