/** The components along the flattest and the steepest direction, step by step. */

import { Board } from "../../kit/board.js";
import { html, svg, symbol } from "../../kit/elements.js";

/** @typedef {import("../../kit/board.js").Point} Point */

const HEIGHTS = [1, 2, 5, 10, 20, 50, 100];

/** @param {string} kind @param {(string | Node)[]} words */
const legend = (kind, ...words) =>
  html(
    "li",
    {},
    svg(
      "svg",
      { class: "live-drawing mom-sample", viewBox: "0 0 20 4", "aria-hidden": "true" },
      svg("path", { class: kind, d: "M0 2H20" }),
    ),
    html("span", {}, ...words),
  );

export class Paths {
  constructor() {
    this.board = new Board(
      { x: [0, 1], y: [-1, 1], ticks: [] },
      { names: [html("span", {}, "step"), symbol("x")] },
    );
    this.zero = this.board.line("live-faint");
    this.steep = this.board.line("mom-steep");
    this.flat = this.board.line("live-line");
    this.legend = html(
      "ul",
      { class: "mom-legend" },
      legend("live-line", "along ", symbol("γ"), ", the flattest"),
      legend("mom-steep", "along ", symbol("Λ"), ", the steepest"),
    );
  }

  /** @param {{steep: Float64Array, flat: Float64Array}} components */
  show({ steep, flat }) {
    const n = steep.length - 1;
    const far = Math.max(...steep.map(Math.abs), ...flat.map(Math.abs));
    const high = HEIGHTS.find((height) => height >= far) ?? HEIGHTS[HEIGHTS.length - 1];
    const names = [-high, 0, high];
    this.board.show({
      x: [0, n],
      y: [-1.08 * high, 1.08 * high],
      ticks: [0, n / 2, n],
      ticksY: names,
    });
    this.zero.draw([
      [0, 0],
      [n, 0],
    ]);
    for (const [line, x] of /** @type {const} */ ([
      [this.steep, steep],
      [this.flat, flat],
    ])) {
      // What leaves the board for good is not drawn, nor is what is no number.
      const end = x.findIndex((value) => !(Math.abs(value) < 1e3 * high));
      const seen = end < 0 ? x : x.subarray(0, end + 1);
      line.draw(
        Array.from(seen, (value, t) => [
          t,
          Math.max(-1e3 * high, Math.min(1e3 * high, value)),
        ]),
      );
    }
  }
}
