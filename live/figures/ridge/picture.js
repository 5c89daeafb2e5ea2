/** The plane of the two coefficients, and the curve of the error beside it. */

import { Board, tuple } from "../../kit/board.js";
import { html, symbol } from "../../kit/elements.js";
import * as the from "./estimate.js";
import * as our from "./state.js";

/** @typedef {import("./estimate.js").Pair} Pair */
/** @typedef {import("./state.js").State} State */

const RINGS = 14; // lines of the cost
const MARGIN = 1.6; // how much of the error is seen, if that without penalty is 1
const APART = 0.5; // how far they are apart along the longer axis

/** The way of the estimate as the penalty grows. @param {State} state @returns {Pair[]} */
export function path(state) {
  const [G, fit] = [our.matrix(state), /** @type {Pair} */ (state.fit)];
  return strengths(state).map((s) => the.estimate(state.method, G, fit, s));
}

/** The penalties of a path, from none to as good as infinite. @param {State} state */
const strengths = ({ method }) =>
  method === "dropout"
    ? Array.from({ length: 100 }, (_, k) => k / 100)
    : [0, ...Array.from({ length: 121 }, (_, k) => 10 ** (k / 20 - 1))]; // to 10⁵

export class Picture {
  /**
   * @param {() => State} state
   * @param {(done: boolean) => void} changed not done: the hand still moves
   */
  constructor(state, changed) {
    this.state = state;
    const range = /** @type {Pair} */ ([-our.FAR, our.FAR]);
    this.board = new Board(
      { x: range, y: range, ticks: [-2, 0, 2] },
      { names: [symbol("w", "1"), symbol("w", "2")], namesAt: 0.7 },
    );
    this.board.axes("live-faint");
    this.rings = this.board.line("live-faint ridge-rings");
    this.directions = this.board.line("live-dotted");
    this.ball = this.board.line("ridge-ball");
    this.ring = this.board.line("live-line");
    this.way = this.board.line("live-arrow");
    const put =
      (/** @type {"truth" | "fit"} */ name) => (/** @type {Pair} */ point) => {
        state()[name] = point.map(our.rounded);
        changed(false);
      };
    const done = () => changed(true);
    this.truth = this.board.handle({
      label: "The true coefficients",
      mark: "w°",
      kind: "ridge-truth",
      place: () => /** @type {Pair} */ (state().truth),
      move: put("truth"),
      done,
    });
    this.fit = this.board.handle({
      label: "The least-squares estimate",
      mark: "LS",
      place: () => /** @type {Pair} */ (state().fit),
      move: put("fit"),
      done,
    });
    this.at = this.board.put(
      html("span", { class: "ridge-at", "aria-hidden": "true" }),
    );
  }

  /** @param {Pair} w the estimate */
  show(w) {
    const state = this.state();
    const [G, fit] = [our.matrix(state), /** @type {Pair} */ (state.fit)];
    const { values, vectors } = the.eigen(G);
    this.rings.draw(
      ...Array.from({ length: RINGS }, (_, i) =>
        the.ellipse(G, fit, values[1] * (APART * (i + 1)) ** 2),
      ),
    );
    this.directions.draw(
      ...(state.method === "ridge" ? vectors : []).map(
        ([x, y]) =>
          /** @type {Pair[]} */ ([
            [fit[0] - 9 * x, fit[1] - 9 * y],
            [fit[0] + 9 * x, fit[1] + 9 * y],
          ]),
      ),
    );
    this.ball.draw(the.level(state.method, G, w));
    this.ring.draw(the.ellipse(G, fit, the.form(G, the.minus(w, fit))));
    this.way.draw([...path(state), [0, 0]]);
    this.at.element.hidden = !this.board.holds(w);
    this.at.to(w);
    this.truth.show(state.truth[0], tuple(state.truth));
    this.fit.show(state.fit[0], tuple(state.fit));
  }
}

export class Errors {
  constructor() {
    const [low, high] = our.SPAN;
    this.board = new Board(
      { x: [low, high], y: [0, 1], ticks: [-1, 1, 3], ticksY: [0, 1] },
      { names: [html("span"), html("span")], namesAt: 0.75 },
    );
    this.board.element.classList.add("ridge-errors");
    this.board.names[1].remove();
    this.mean = this.board.line("live-dashed");
    this.own = this.board.line("live-line");
    this.now = this.board.line("live-dotted");
    this.at = this.board.put(
      html("span", { class: "ridge-at", "aria-hidden": "true" }),
    );
  }

  /** @param {State} state @param {number} error of the estimate that is shown */
  show(state, error) {
    const { method } = state;
    const [G, truth] = [our.matrix(state), /** @type {Pair} */ (state.truth)];
    const dropout = method === "dropout";
    const all = strengths(state).filter(
      (s) => dropout || (s > 0 && s <= 10 ** our.SPAN[1]),
    );
    const x = (/** @type {number} */ s) =>
      dropout ? s : Math.log10(Math.max(s, 10 ** our.SPAN[0]));
    const own = all.map((s) =>
      the.excess(G, the.estimate(method, G, /** @type {Pair} */ (state.fit), s), truth),
    );
    const mean =
      method === "lasso" ? [] : all.map((s) => the.meanExcess(method, G, truth, s));
    // The axis does not depend on the penalty; a large one may lead out of sight.
    const top = nice(MARGIN * Math.max(own[0], mean[0] ?? 0));
    this.board.show({
      x: dropout ? [0, 1] : /** @type {Pair} */ (our.SPAN),
      y: [0, top],
      ticks: dropout ? [0, 0.5, 1] : [-1, 1, 3],
      ticksY: [0, top / 2, top],
    });
    const words = dropout ? symbol("q") : html("span", {}, "log", symbol(" λ"));
    if (!dropout) words.firstChild?.after(html("sub", {}, "10"));
    this.board.names[0].replaceChildren(words);
    const curve = (/** @type {number[]} */ values) =>
      values.map((value, i) => /** @type {Pair} */ ([x(all[i]), value]));
    this.own.draw(curve(own));
    this.mean.draw(curve(mean));
    const here = x(our.strength(state));
    this.now.draw([
      [here, 0],
      [here, top],
    ]);
    this.at.to(this.board.within([here, error]));
  }
}

/** The least of 1, 2, 4 times a power of ten that is not below. @param {number} value */
export function nice(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 0.01)));
  const times = [1, 2, 4, 10].find((factor) => factor * power >= value) ?? 10;
  return Number((times * power).toPrecision(3));
}
