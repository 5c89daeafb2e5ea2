/** Neurons with two inputs on the unit square: their edges, and handles on them. */

import { Board, printed, tuple } from "../../kit/board.js";
import { html, sign, symbol } from "../../kit/elements.js";
import { corners } from "../../kit/plane.js";
import { paper } from "../../kit/training.js";
import * as the from "./state.js";

/** @typedef {import("../../kit/board.js").Point} Point */
/** @typedef {import("./state.js").State} State */

const GRID = 61;
const MIDDLE = /** @type {Point} */ ([0.5, 0.5]);
const TICK = 0.07; // the length of the line on the side where a neuron is on
const grid = corners(GRID);
const { sites } = paper();
const places = Float64Array.from(sites.flatMap(({ x, y }) => [x, y]));

/** Which neurons say more than one half, at each of the sites. @param {number[][]} rows */
function insides(rows) {
  const values = rows.map((row) => the.outputs(row, places));
  return sites.map((_, i) => values.some((value) => value[i] > 0.5));
}

/** How many circles, and how many crosses, some neuron says more than one half at. */
/** @param {number[][]} rows */
export function inside(rows) {
  const within = insides(rows);
  const count = (/** @type {"A" | "B"} */ category) =>
    sites.filter((site, i) => within[i] && site.category === category).length;
  return { A: count("A"), B: count("B") };
}

export const CIRCLES = sites.filter(({ category }) => category === "A").length;
export const CROSSES = sites.length - CIRCLES;

export class Square {
  /** Where the handle ½ stands on each edge. @type {Point[]} */
  #anchors = [];

  /**
   * @param {() => State} state
   * @param {(done: boolean) => void} changed not done: the hand still moves
   */
  constructor(state, changed) {
    this.state = state;
    this.changed = changed;
    this.board = new Board(
      { x: [0, 1], y: [0, 1], ticks: [0, 0.5, 1] },
      { names: [symbol("x", "1"), symbol("x", "2")], shaded: true },
    );
    this.band = this.board.line("live-dashed");
    this.edges = Array.from({ length: the.NEURONS }, () =>
      this.board.line("live-edge"),
    );
    this.arrow = this.board.line("live-arrow");
    for (const { x, y, category } of sites)
      this.board
        .put(
          html(
            "span",
            { class: "live-mark", "data-category": category },
            sign(category),
          ),
        )
        .to([x, y]);
    const done = () => changed(true);
    this.question = this.board.handle({
      label: "The input",
      mark: "x",
      kind: "live-ask",
      place: () => /** @type {Point} */ (state().point),
      move: (point) => {
        state().point = point.map(the.rounded);
        changed(false);
      },
      done,
    });
    this.halves = this.edges.map((_, i) => this.#makeHalf(i, done));
    this.above = this.board.handle({
      label: "Where the output is 0.9",
      mark: "0.9",
      place: () => this.#above(),
      move: (point) => this.#set(the.through(this.#anchors[this.#at], point)),
      done,
    });
  }

  /** @param {number} i @param {() => void} done */
  #makeHalf(i, done) {
    const half = this.board.handle({
      label: `The edge of neuron ${i + 1}`,
      mark: "½",
      place: () => this.#anchors[i] ?? MIDDLE,
      move: (point) => {
        this.#choose(i);
        this.#anchors[i] = point;
        this.#set(the.shifted(this.row, point));
      },
      done,
    });
    half.element.addEventListener("focus", () => this.#choose(i));
    return half;
  }

  /** @param {number} i */
  #choose(i) {
    if (this.state().view !== "layer" || this.state().chosen === i + 1) return;
    this.state().chosen = i + 1;
    this.changed(true);
  }

  get #at() {
    return the.chosen(this.state());
  }

  get row() {
    return the.rows(this.state())[this.#at];
  }

  /** @param {number[] | undefined} row */
  #set(row) {
    if (!row) return;
    the.change(this.state(), row);
    this.changed(false);
  }

  /** @returns {Point} */
  #above() {
    const [w1, w2] = this.row;
    const [x, y] = this.#anchors[this.#at] ?? MIDDLE;
    const scale = the.ABOVE / (w1 * w1 + w2 * w2);
    return [x + scale * w1, y + scale * w2];
  }

  show() {
    const { point, view } = this.state();
    const rows = the.rows(this.state());
    const { board, row } = this;
    const at = this.#at;
    board.plane?.show(the.outputs(row, grid).map((a) => 2 * a - 1));
    // The handle stays where it was, as near as the edge lets it.
    this.#anchors = rows.map((row, i) => {
      const near = the.foot(row, this.#anchors[i] ?? MIDDLE);
      return board.holds(near) ? near : the.foot(row, MIDDLE);
    });
    const flat = the.steepness(row) === 0;
    this.edges.forEach((edge, i) => {
      const other = rows[i];
      if (!other || i === at || !the.steepness(other)) {
        edge.draw();
        return;
      }
      const [x, y] = this.#anchors[i];
      const far = TICK / the.steepness(other);
      edge.draw(board.cut(other, other[2]), [
        [x, y],
        [x + far * other[0], y + far * other[1]],
      ]);
    });
    const levels = flat ? [] : [-the.ABOVE, the.ABOVE];
    this.band.draw(...levels.map((level) => board.cut(row, row[2] - level)));
    this.arrow.draw(flat ? [] : [this.#anchors[at], this.#above()]);
    this.above.element.hidden = flat;
    this.above.show(row[0], `w is ${tuple(row.slice(0, 2))}`);
    this.halves.forEach((half, i) => {
      half.element.hidden = !rows[i] || !the.steepness(rows[i]);
      half.element.classList.toggle("live-chosen", view === "layer" && i === at);
      half.element.firstElementChild?.replaceChildren(
        view === "layer" ? String(i + 1) : "½",
      );
      if (rows[i]) half.show(rows[i][2], `b is ${printed(rows[i][2])}`);
    });
    this.question.show(point[0], `x = ${tuple(point)}`);
  }
}
