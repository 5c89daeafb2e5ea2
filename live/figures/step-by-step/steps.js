/**
 * Back propagation at one point, one neuron after the other: each step with the
 * formulas that made its numbers, as chapter 5 has them.
 *
 * @typedef {{letter: string, layer?: number, index?: string}} Sign as in z, layer 3, index 2
 * @typedef {string | Sign} Part of a formula
 *
 * @typedef {object} Line
 * @property {Part[]} of what it is
 * @property {Part[]} symbols how it is found
 * @property {string} numbers the same, with numbers; empty if that says no more
 * @property {number} value
 * @property {string} shown the value, rounded
 * @property {string} equation its number, or nothing
 *
 * @typedef {"input" | "forward" | "loss" | "error" | "derivative"} Kind
 *
 * @typedef {object} Step
 * @property {Kind} kind
 * @property {number} layer from 1, as in the text
 * @property {number} neuron from 1; 0 for all
 * @property {Line[]} lines
 */

import {
  addGradient,
  backward,
  forward,
  lossAt,
  network,
  slope,
} from "../../kit/core.js";
import { short } from "../../kit/elements.js";

/** The labels of the equations. @type {Record<string, string>} */
export const LABELS = {
  5.1: "eq-point-loss",
  5.2: "eq-weighted-input",
  5.3: "eq-layer-output",
  5.4: "eq-error",
  5.5: "eq-backprop-output",
  5.6: "eq-backprop-hidden",
  5.7: "eq-backprop-bias",
  5.8: "eq-backprop-weight",
};

const TINY = 1e-6;
const LESS = "\u00a0−\u00a0";
const minus = (/** @type {string} */ text) => text.replace("-", "−");
/** With three decimals: outputs, weights. @param {number} value */
export const fixed = (value) => minus(value.toFixed(3));
/** With three decimals, or where these are all zero with the first digit. @param {number} value */
export const little = (value) =>
  Math.abs(value) < 0.0005 && Math.abs(value) >= TINY
    ? minus(value.toPrecision(1))
    : fixed(value);
/** In three digits: errors, derivatives. @param {number} value */
export const digits = (value) => {
  if (Math.abs(value) >= TINY) return minus(value.toPrecision(3));
  return (value < 0 ? "−" : "") + short(Math.abs(value));
};

/** The loss at the point. @type {Sign} */
const C = { letter: "C" };

/** @type {(letter: string, layer: number, ...index: number[]) => Sign} */
const sign = (letter, layer, ...index) => ({ letter, layer, index: index.join("") });
/** Parts with something between them. @param {Part[][]} parts @param {string} between */
const joined = (parts, between) =>
  parts.flatMap((part, i) => (i ? [between, ...part] : part));
/** In brackets where a sign would stand after a sign. @param {string} number */
const bracketed = (number) => (number.startsWith("−") ? `(${number})` : number);
/** @param {string[]} numbers */
const product = (...numbers) => numbers.map(bracketed).join("\u202f·\u202f");

/**
 * All steps, forward and back, and the network with what `forward` and
 * `backward` have left in it.
 * @param {number[]} sizes
 * @param {Float64Array} p
 * @param {Float64Array} x
 * @param {Float64Array} y
 */
export function walk(sizes, p, x, y) {
  const net = network(sizes);
  const slopes = new Float64Array(net.nParameters);
  forward(net, p, x);
  const loss = lossAt(net, y, 0, "quadratic");
  backward(net, p, y, 0, "quadratic");
  addGradient(net, 1, slopes);

  const L = sizes.length;
  /** The layers' neurons. @param {number} l */
  const range = (l) => Array.from({ length: sizes[l - 1] }, (_, j) => j + 1);
  // All are counted from 1, as in the text.
  const at = (/** @type {number} */ l, /** @type {number} */ j) =>
    net.first[l - 1] + j - 1;
  const a = (/** @type {number} */ l, /** @type {number} */ j) => net.a[at(l, j)];
  const delta = (/** @type {number} */ l, /** @type {number} */ j) =>
    net.delta[at(l, j)];
  const weight = (
    /** @type {number} */ l,
    /** @type {number} */ j,
    /** @type {number} */ k,
  ) => net.weights[l - 1] + (j - 1) * sizes[l - 2] + k - 1;
  const bias = (/** @type {number} */ l, /** @type {number} */ j) =>
    net.biases[l - 1] + j - 1;

  /** @type {(of: Part[], symbols: Part[], numbers: string, value: number, equation: string, write?: (value: number) => string) => Line} */
  const line = (of, symbols, numbers, value, equation, write = fixed) => ({
    of,
    symbols,
    numbers,
    value,
    shown: write(value),
    equation,
  });

  /** @type {Step[]} */
  const steps = [];
  const input = range(1).map((k) =>
    line([sign("a", 1, k)], [{ letter: "x", index: String(k) }], "", a(1, k), ""),
  );
  steps.push({ kind: "input", layer: 1, neuron: 0, lines: input });

  for (let l = 2; l <= L; l++)
    for (const j of range(l)) {
      const z = net.z[at(l, j)];
      const terms = range(l - 1).map((k) => [sign("w", l, j, k), sign("a", l - 1, k)]);
      const numbers = range(l - 1).map((k) =>
        product(fixed(p[weight(l, j, k)]), fixed(a(l - 1, k))),
      );
      const lines = [
        line(
          [sign("z", l, j)],
          [...joined(terms, " + "), " + ", sign("b", l, j)],
          [...numbers, bracketed(fixed(p[bias(l, j)]))].join(" + "),
          z,
          "5.2",
        ),
        line(
          [sign("a", l, j)],
          ["σ(", sign("z", l, j), ")"],
          `σ(${fixed(z)})`,
          a(l, j),
          "5.3",
        ),
      ];
      steps.push({ kind: "forward", layer: l, neuron: j, lines });
    }

  const misses = range(L).map((j) => [
    "(",
    { letter: "y", index: String(j) },
    " − ",
    sign("a", L, j),
    ")²",
  ]);
  const squares = range(L).map((j) => `(${y[j - 1]}${LESS}${fixed(a(L, j))})²`);
  const [open, close] = sizes[L - 1] > 1 ? ["½ [", "]"] : ["½ ", ""];
  steps.push({
    kind: "loss",
    layer: L,
    neuron: 0,
    lines: [
      line(
        [C],
        [open, ...joined(misses, " + "), close],
        open + squares.join(" + ") + close,
        loss,
        "5.1",
        digits,
      ),
    ],
  });

  for (let l = L; l >= 2; l--)
    for (const k of range(l)) {
      const steep = fixed(slope("sigmoid", a(l, k)));
      const behind = l === L ? [] : range(l + 1);
      const terms = behind.map((j) => [sign("w", l + 1, j, k), sign("δ", l + 1, j)]);
      const numbers = behind.map((j) =>
        product(fixed(p[weight(l + 1, j, k)]), digits(delta(l + 1, j))),
      );
      const gap =
        l === L ? [sign("a", L, k), " − ", { letter: "y", index: String(k) }] : [];
      const inner =
        l === L ? `${fixed(a(L, k))}${LESS}${y[k - 1]}` : numbers.join(" + ");
      steps.push({
        kind: "error",
        layer: l,
        neuron: k,
        lines: [
          line(
            [sign("δ", l, k)],
            ["σ′(", sign("z", l, k), ") (", ...gap, ...joined(terms, " + "), ")"],
            `${steep}\u202f·\u202f(${inner})`,
            delta(l, k),
            l === L ? "5.5" : "5.6",
            digits,
          ),
        ],
      });
    }

  for (let l = L; l >= 2; l--)
    for (const j of range(l)) {
      const d = sign("δ", l, j);
      const lines = [
        line(
          ["∂", C, "/∂", sign("b", l, j)],
          [d],
          "",
          slopes[bias(l, j)],
          "5.7",
          digits,
        ),
        ...range(l - 1).map((k) =>
          line(
            ["∂", C, "/∂", sign("w", l, j, k)],
            [d, " ", sign("a", l - 1, k)],
            product(digits(delta(l, j)), fixed(a(l - 1, k))),
            slopes[weight(l, j, k)],
            "5.8",
            digits,
          ),
        ),
      ];
      steps.push({ kind: "derivative", layer: l, neuron: j, lines });
    }
  return { net, steps };
}
