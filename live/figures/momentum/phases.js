/** The plane of ηλ and β: its regions, and the eigenvalues on a line across it. */

import { Board, printed } from "../../kit/board.js";
import { html, symbol } from "../../kit/elements.js";
import { kind, modulus } from "./ball.js";
import * as the from "./state.js";

/** @typedef {import("../../kit/board.js").Point} Point */
/** @typedef {import("./state.js").State} State */

const GRID = 161;
const CURVE = 80; // points of a curve
/** Where the regions have their names. @type {Point[]} */
const NAMES = [
  [0.26, 0.045],
  [1.6, 0.62],
  [1.83, 0.045],
  [3.2, 0.22],
];

/** Blue where it converges, stronger where it is fast; orange where it diverges. */
const shades = Float32Array.from({ length: GRID * GRID }, (_, i) => {
  const [el, beta] = [i % GRID, Math.floor(i / GRID)].map((n) => n / (GRID - 1));
  // On the edges, where the modulus is 1, no border is drawn.
  const inside = el > 0 && beta < 1;
  return inside ? Math.max(-0.3, 1 - modulus(the.FASTEST * el, beta)) : 1e-9;
});

/** Where both roots coincide. @param {number} sign @returns {Point[]} */
const double = (sign) =>
  Array.from({ length: CURVE + 1 }, (_, i) => {
    const root = i / CURVE;
    return [(1 + sign * root) ** 2, root * root];
  });

export class Phases {
  /**
   * @param {() => State} state
   * @param {(done: boolean) => void} changed not done: the hand still moves
   */
  constructor(state, changed) {
    this.state = state;
    this.board = new Board(
      { x: [0, the.FASTEST], y: [0, 1], ticks: [0, 1, 2, 3, 4], ticksY: [0, 0.5, 1] },
      { names: [symbol("ηλ"), symbol("β")], namesAt: 0.625, shaded: true },
    );
    this.board.plane?.show(shades);
    for (const sign of [-1, 1]) this.board.line("live-dashed").draw(double(sign));
    for (const at of NAMES)
      this.board.put(html("span", { class: "mom-region" }, kind(...at))).to(at);
    this.spectrum = this.board.line("live-arrow");
    this.flat = this.board.put(
      html("span", { class: "mom-flat", "aria-hidden": "true" }, "γ"),
    );
    this.steep = this.board.handle({
      label: "Rate and momentum",
      mark: "Λ",
      place: () => [state().rate, state().beta],
      move: ([rate, beta]) => {
        state().rate = the.near(rate, the.SLOWEST, the.FASTEST);
        state().beta = the.near(beta, 0, the.MOST);
        changed(false);
      },
      done: () => changed(true),
    });
  }

  show() {
    const { rate, beta, kappa } = this.state();
    this.spectrum.draw([
      [rate / kappa, beta],
      [rate, beta],
    ]);
    this.flat.to([rate / kappa, beta]);
    this.steep.show(rate, `ηΛ = ${printed(rate)}, β = ${printed(beta)}`);
  }
}
