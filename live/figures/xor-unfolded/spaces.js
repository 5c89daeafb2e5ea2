/** The two planes of the network for XOR: of the inputs, and of the hidden neurons. */

import { Board, printed } from "../../kit/board.js";
import { html, sign, symbol } from "../../kit/elements.js";
import { corners } from "../../kit/plane.js";
import * as the from "./state.js";

/** @typedef {import("../../kit/board.js").Point} Point */
/** @typedef {import("./state.js").State} State */

const [LOW, HIGH] = [-0.3, 1.3]; // of the plane of the inputs
const GRID = 65;
const ARROW = 0.3; // the length of the arrow of a neuron, for a w of length 1
const MESH = [0, 0.25, 0.5, 0.75, 1]; // of the net that is laid over the square
const FINE = 24; // pieces of each of its threads: it is bent
const MIDDLE = /** @type {Point} */ ([0.5, 0.5]);
/** Near these the neurons are held: apart from each other, and from the corners. @type {Point[]} */
const HOMES = [
  [0.7, 0.2],
  [0.35, 0.85],
];
const NAMES = ["00", "01", "10", "11"];
const NEAR = 0.02; // points so near, as a share of the axis, have one label

const inputs = corners(GRID, LOW, HIGH);
/** @type {Point[][]} */
const threads = MESH.flatMap((fixed) => {
  const along = Array.from({ length: FINE + 1 }, (_, i) => i / FINE);
  return [
    along.map((t) => /** @type {Point} */ ([fixed, t])),
    along.map((t) => /** @type {Point} */ ([t, fixed])),
  ];
});

/** The four points, with their names, on a board. @param {Board} board */
function points(board) {
  return the.CORNERS.map((_, i) => {
    const category = the.TARGETS[i] ? "A" : "B";
    const tag = html("span", { class: "live-tag" });
    const mark = board.put(
      html(
        "span",
        { class: "live-mark", "data-category": category },
        sign(category),
        tag,
      ),
    );
    return { tag, mark };
  });
}

export class Inputs {
  /** Where each edge is held. @type {Point[]} */
  #anchors = [...HOMES];

  /**
   * @param {() => State} state
   * @param {(done: boolean) => void} changed not done: the hand still moves
   */
  constructor(state, changed) {
    this.state = state;
    this.board = new Board(
      { x: [LOW, HIGH], y: [LOW, HIGH], ticks: [0, 1] },
      { names: [symbol("x", "1"), symbol("x", "2")], namesAt: 0.5, shaded: true },
    );
    this.edges = [0, 1].map(() => this.board.line("live-edge"));
    this.arrows = [0, 1].map(() => this.board.line("live-arrow"));
    points(this.board).forEach(({ tag, mark }, i) => {
      tag.textContent = NAMES[i];
      mark.to(the.CORNERS[i]);
    });
    const done = () => changed(true);
    this.handles = [0, 1].map((unit) => ({
      edge: this.board.handle({
        label: `The line where neuron ${unit + 1} switches on`,
        mark: String(unit + 1),
        place: () => this.#anchors[unit],
        move: (point) => {
          const { w } = the.unitOf(state().p, unit);
          this.#anchors[unit] = point;
          this.#set(unit, w, point);
          changed(false);
        },
        done,
      }),
      tip: this.board.handle({
        label: `The weights of neuron ${unit + 1}`,
        mark: `w${"₁₂"[unit]}`,
        place: () => this.#tip(unit),
        move: ([x, y]) => {
          const [ax, ay] = this.#anchors[unit];
          const w = /** @type {Point} */ ([(x - ax) / ARROW, (y - ay) / ARROW]);
          this.#set(unit, [the.bounded(w[0]), the.bounded(w[1])], [ax, ay]);
          changed(false);
        },
        done,
      }),
    }));
  }

  /** Give a neuron the weights w and an edge through a point. */
  /** @param {number} unit @param {Point} w @param {Point} through */
  #set(unit, w, [x, y]) {
    this.state().p = the.withUnit(this.state().p, unit, w, -w[0] * x - w[1] * y);
  }

  /** @param {number} unit @returns {Point} */
  #tip(unit) {
    const [x, y] = this.#anchors[unit];
    const { w } = the.unitOf(this.state().p, unit);
    return [x + ARROW * w[0], y + ARROW * w[1]];
  }

  /** Hold the neurons where nothing is in the way. */
  tidy() {
    this.#anchors = [...HOMES];
  }

  show() {
    const { p } = this.state();
    const { board } = this;
    board.plane?.show(the.outputs(p, inputs).map((f) => 2 * f - 1));
    this.handles.forEach(({ edge, tip }, unit) => {
      const { w, c, v } = the.unitOf(p, unit);
      const from = this.#anchors[unit];
      const square = w[0] * w[0] + w[1] * w[1];
      const foot = (/** @type {Point} */ [x, y]) => {
        const t = square ? (w[0] * x + w[1] * y + c) / square : 0;
        return /** @type {Point} */ ([x - t * w[0], y - t * w[1]]);
      };
      const near = foot(from);
      this.#anchors[unit] = board.holds(near) ? near : foot(MIDDLE);
      this.edges[unit].draw(board.cut(w, c));
      this.arrows[unit].draw([this.#anchors[unit], this.#tip(unit)]);
      for (const element of [this.arrows[unit].path, edge.element, tip.element])
        element.dataset.category = v > 0 ? "A" : v < 0 ? "B" : "";
      edge.show(c, `c is ${printed(c)}`);
      tip.show(w[0], `w is (${printed(w[0])}, ${printed(w[1])})`);
    });
  }
}

export class Hidden {
  #scale = 0;

  /** @param {() => State} state */
  constructor(state) {
    this.state = state;
    this.board = new Board(
      { x: [0, 1], y: [0, 1], ticks: [] },
      { names: [html("span"), html("span")], namesAt: 0.69, shaded: true },
    );
    this.net = this.board.line("live-mesh");
    this.cut = this.board.line("live-dashed live-cut");
    this.points = points(this.board);
  }

  /** Let the axes hold every stage of the way of every point. @param {Point[]} all */
  #fit(all) {
    const need = Math.max(...all.flat().map((v) => (v > 0 ? v / 2.6 : -v / 1.1)));
    const scale = 2 ** Math.max(0, Math.ceil(Math.log2(need)));
    if (scale === this.#scale) return;
    this.#scale = scale;
    const range = /** @type {Point} */ ([-1.25 * scale, 2.75 * scale]);
    this.corners = corners(GRID, ...range);
    this.board.show({ x: range, y: range, ticks: [-1, 0, 1, 2].map((t) => t * scale) });
  }

  show() {
    const { p, at } = this.state();
    const { board } = this;
    const arrived = at === the.STAGES;
    this.#fit(the.CORNERS.flatMap((x) => the.way(p, x)));
    const letter = at === 0 ? "x" : arrived ? "h" : "z";
    board.names.forEach((name, i) => {
      name.replaceChildren(symbol(letter, String(i + 1)));
    });
    const [v1, v2, b] = p.slice(6);
    const corners = /** @type {Float64Array} */ (this.corners);
    if (board.plane) board.plane.canvas.hidden = !arrived;
    board.plane?.show(
      Float32Array.from({ length: GRID * GRID }, (_, i) => {
        return 2 * (v1 * corners[2 * i] + v2 * corners[2 * i + 1] + b) - 1;
      }),
    );
    this.cut.draw(arrived ? board.cut([v1, v2], b - 0.5) : []);
    this.net.draw(...threads.map((thread) => thread.map((x) => the.onWay(p, x, at))));
    const places = the.CORNERS.map((x) => the.onWay(p, x, at));
    const near = 4 * this.#scale * NEAR;
    places.forEach((place, i) => {
      const { tag, mark } = this.points[i];
      mark.to(place);
      const same = places.map(
        (other) => Math.hypot(other[0] - place[0], other[1] - place[1]) < near,
      );
      const first = same.indexOf(true) === i;
      tag.textContent = first ? NAMES.filter((_, k) => same[k]).join(" ") : "";
    });
  }
}
