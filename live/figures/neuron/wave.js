/** The output of a neuron with one input, as a curve with handles on it. */

import { Board, printed } from "../../kit/board.js";
import { symbol } from "../../kit/elements.js";
import * as the from "./state.js";

/** @typedef {import("../../kit/board.js").Point} Point */
/** @typedef {import("./state.js").State} State */

const STEPS = 240;
const inputs = Float64Array.from(
  { length: STEPS + 1 },
  (_, i) => ((2 * i) / STEPS - 1) * the.SPAN,
);

/** @param {number[]} row @returns {Point[]} */
function curve(row) {
  const values = the.outputs(row, inputs);
  return Array.from(inputs, (x, i) => [x, values[i]]);
}

export class Wave {
  /**
   * @param {() => State} state
   * @param {(done: boolean) => void} changed not done: the hand still moves
   */
  constructor(state, changed) {
    this.state = state;
    const ticks = [-the.SPAN, 0, the.SPAN];
    this.board = new Board(
      { x: [-the.SPAN, the.SPAN], y: [0, 1], ticks, ticksY: [0, 0.5, 1] },
      { names: [symbol("x"), symbol("a")] },
    );
    this.usual = this.board.line("live-faint");
    this.band = this.board.line("live-dashed");
    this.asked = this.board.line("live-dotted");
    this.line = this.board.line("live-line");
    this.usual.draw(curve([1, 0]));
    const done = () => changed(true);
    const centre = () => this.centre;
    this.half = this.board.handle({
      label: "The edge of the neuron",
      mark: "½",
      place: () => [centre(), 0.5],
      move: ([x]) => {
        const [w] = state().line;
        state().line = [w, the.bounded(-w * x, the.LIMITS.line[1])];
        changed(false);
      },
      done,
    });
    this.above = this.board.handle({
      label: "Where the output is 0.9",
      mark: "0.9",
      place: () => [centre() + the.ABOVE / state().line[0], 0.9],
      move: ([x]) => {
        // The edge stays; in the other direction the curve falls.
        const [c, limit] = [centre(), the.LIMITS.line[1]];
        const steepest = Math.min(the.STEEPEST, c ? limit / Math.abs(c) : Infinity);
        const w = the.bounded(the.ABOVE / (x - c || 1e-9), steepest);
        state().line = [w, the.bounded(-w * c, limit)];
        changed(false);
      },
      done,
    });
    this.question = this.board.handle({
      label: "The input",
      mark: "x",
      kind: "live-ask",
      place: () => [state().x, 0],
      move: ([x]) => {
        state().x = the.rounded(x);
        changed(false);
      },
      done,
    });
  }

  /** Where the output is one half. */
  get centre() {
    const [w, b] = this.state().line;
    return w ? -b / w : 0;
  }

  show() {
    const { line, x } = this.state();
    const [w] = line;
    const c = this.centre;
    const half = the.ABOVE / w;
    const { a } = the.at([line], [x]);
    this.line.draw(curve(line));
    this.asked.draw([
      [x, 0],
      [x, a[0]],
      [-the.SPAN, a[0]],
    ]);
    const edges = w ? [c - half, c + half] : [];
    this.band.draw(
      ...edges.map(
        (at) =>
          /** @type {Point[]} */ ([
            [at, 0],
            [at, 1],
          ]),
      ),
    );
    // Flat, it has no edge.
    this.half.element.hidden = this.above.element.hidden = !w;
    this.half.show(c, `at x = ${printed(c)}`);
    this.above.show(w, `at x = ${printed(c + half)}; w is ${printed(w)}`);
    this.question.show(x, `x = ${printed(x)}`);
  }
}
