/** The plane of the query and the keys, and beside it that of the values. */

import { Board, tuple } from "../../kit/board.js";
import { html } from "../../kit/elements.js";
import * as our from "./state.js";
import * as the from "./weights.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./weights.js").Point} Point */

const CORNERS = 97; // of the shading, along an edge
const ROUNDS = 12; // enough for a shade
const RADIUS = 0.75; // of the circle round the query
const LEAST = 1e-6; // a shade

/** @param {string} below @param {string} left */
function board(below, left, shaded = false) {
  const range = /** @type {Point} */ ([-our.FAR, our.FAR]);
  const made = new Board(
    { x: range, y: range, ticks: [-2, 0, 2] },
    { names: [html("span", {}, below), html("span", {}, left)], shaded },
  );
  made.axes("live-faint att-axes");
  return made;
}

/** The steepness of the softmax at the corners of a plane of queries, from 0 to 1. */
/** @param {State} state @param {number} corners along an edge */
export function shades(state, corners) {
  const keys = our.points(state.keys);
  const tau = our.temperature(state.tau);
  const seen = state.seen.map(Boolean);
  const at = (/** @type {number} */ n) => our.FAR * ((2 * n) / (corners - 1) - 1);
  return Float32Array.from({ length: corners * corners }, (_, n) => {
    const q = /** @type {Point} */ ([at(n % corners), at(Math.floor(n / corners))]);
    const P = the.weights(q, keys, tau, seen);
    return Math.max(LEAST, 2 * the.steepness(P, ROUNDS));
  });
}

export class Picture {
  #shaded = ""; // what the shading belongs to

  /**
   * @param {() => State} state
   * @param {(done: boolean) => void} changed not done: the hand still moves
   */
  constructor(state, changed) {
    this.state = state;
    this.queries = board("", "", true);
    this.outputs = board("", "");
    this.round = this.queries.line("live-line");
    this.along = this.queries.line("live-dotted");
    this.ellipse = this.outputs.line("att-ellipse");
    this.image = this.outputs.line("live-dashed");
    this.axes = this.outputs.line("live-dotted");
    const done = () => changed(true);
    /** A handle for numbers of the state. */
    const handle = (
      /** @type {Board} */ on,
      /** @type {"q" | "keys" | "own"} */ name,
      /** @type {number} */ j,
      /** @type {string} */ label,
      /** @type {string} */ mark,
      kind = "",
    ) =>
      on.handle({
        label,
        mark,
        kind,
        place: () => our.points(state()[name])[j],
        move: (point) => {
          const all = [...state()[name]];
          all.splice(2 * j, 2, ...point.map((value) => Number(value.toFixed(2))));
          state()[name] = all;
          changed(false);
        },
        done,
      });
    const each = (/** @type {(j: number) => ReturnType<typeof handle>} */ make) =>
      Array.from({ length: our.KEYS }, (_, j) => make(j));
    this.keys = each((j) =>
      handle(this.queries, "keys", j, `Key ${j + 1}`, `${j + 1}`),
    );
    this.query = handle(this.queries, "q", 0, "The query", "q", "live-ask");
    this.values = each((j) =>
      handle(this.outputs, "own", j, `Value ${j + 1}`, `${j + 1}`),
    );
    this.marks = Array.from({ length: our.KEYS }, (_, j) =>
      this.outputs.put(
        html("span", { class: "att-mark", "aria-hidden": "true" }, `${j + 1}`),
      ),
    );
    this.at = this.outputs.put(
      html("span", { class: "att-at", "aria-hidden": "true" }),
    );
  }

  /** @param {ReturnType<typeof our.outcome>} outcome */
  show({ keys, values, J, output }) {
    const state = this.state();
    const q = /** @type {Point} */ (state.q);
    const shaded = [state.keys, state.tau, state.seen].join();
    if (shaded !== this.#shaded) this.queries.plane?.show(shades(state, CORNERS));
    this.#shaded = shaded;
    const { directions } = the.stretches(J);
    const across = directions.map(
      ([x, y]) =>
        /** @type {Point[]} */ ([
          [-RADIUS * x, -RADIUS * y],
          [RADIUS * x, RADIUS * y],
        ]),
    );
    const beside = (/** @type {Point} */ p, /** @type {Point} */ by) =>
      /** @type {Point} */ ([p[0] + by[0], p[1] + by[1]]);
    const pushes = the.circle([0, 0], RADIUS);
    this.round.draw(pushes.map((push) => beside(q, push)));
    this.along.draw(...across.map((ends) => ends.map((push) => beside(q, push))));
    const linear = (/** @type {Point[]} */ all) =>
      all.map((push) => beside(output, the.times(J, push)));
    this.ellipse.draw(linear(pushes));
    this.axes.draw(...across.map(linear));
    this.image.draw(pushes.map((push) => our.outcome(state, beside(q, push)).output));
    this.query.show(q[0], tuple(q));
    const own = state.values === "own";
    keys.forEach((key, j) => {
      const unseen = state.seen[j] ? "" : ", not looked at";
      this.keys[j].show(key[0], tuple(key) + unseen);
      this.values[j].show(values[j][0], tuple(values[j]) + unseen);
      this.marks[j].to(values[j]);
      this.values[j].element.hidden = !own;
      this.marks[j].element.hidden = own;
      for (const { element } of [this.keys[j], this.values[j], this.marks[j]])
        element.classList.toggle("att-unseen", !state.seen[j]);
    });
    this.at.to(output);
  }
}
