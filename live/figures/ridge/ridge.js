/**
 * Two coefficients by ridge, by the lasso or by dropout: the penalty moves the estimate
 * along its path, and beside it is what becomes of the error on new points.
 */

import { listed, printed, tuple } from "../../kit/board.js";
import { button, choice, slider } from "../../kit/controls.js";
import { equals, fact, html, symbol } from "../../kit/elements.js";
import { Stage } from "../../kit/stage.js";
import * as the from "./estimate.js";
import { Errors, Picture } from "./picture.js";
import * as our from "./state.js";

/** @typedef {import("./estimate.js").Method} Method */
/** @typedef {import("./estimate.js").Pair} Pair */
/** @typedef {import("./state.js").State} State */

/** @type {Record<Method, string>} */
const NAMES = { ridge: "Ridge", lasso: "Lasso", dropout: "Dropout" };
/** @type {Record<Method, string>} */
const BALL = {
  ridge: "on the orange circle the penalty has the value that it has there",
  lasso: "on the orange square the penalty has the value that it has there",
  dropout:
    "on the orange ellipse dropout's penalty has the value that it has there, and ν² " +
    "is taken of columns of length 1",
};
/** @param {Method} method */
const help = (method) =>
  `On the blue line the cost has the value that it has at the estimate, ${BALL[method]}. ` +
  "The full line from 0 is the path of the estimate. " +
  (method === "lasso"
    ? ""
    : "Among the errors, the full line is for these data, the dashed one is the mean " +
      "over all noise. ") +
  "The true coefficients w° and the least-squares estimate LS can be moved by mouse, " +
  "finger or arrow keys. ρ is the correlation of the two columns, and c the length of " +
  "the second, if that of the first is 1. The address of the page holds what you set.";

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "ridge",
    label: "Live figure: an estimate and its penalty",
    fields: our.fields,
    beginning: our.beginning(),
    preset,
  });
  new Ridge(stage);
}

class Ridge {
  seed = 0;

  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    this.picture = new Picture(
      () => stage.state,
      (done) => stage.changed(done),
    );
    this.errors = new Errors();
    this.bars = html("div", { class: "ridge-bars" });
    this.facts = html("div", { class: "live-facts" });
    this.help = html("p", { class: "live-help" });
    this.methods = choice(
      "Kind of penalty",
      our.METHODS.map((method) => [method, NAMES[method]]),
      (method) => stage.change({ method }),
    );
    this.sliders = {
      lambda: this.slider("lambda", ["λ"], our.LAMBDAS),
      q: this.slider("q", ["q"], our.DELETED),
      rho: this.slider("rho", ["ρ"], our.RHOS),
      scale: this.slider("scale", ["c"], our.SCALES),
    };
    this.build();
    stage.shows(this);
  }

  /**
   * @param {"lambda" | "q" | "rho" | "scale"} name
   * @param {[string, string?]} sign
   * @param {readonly number[]} values
   */
  slider(name, sign, values) {
    const words = {
      lambda: "penalty",
      q: "deleted",
      rho: "correlation",
      scale: "scale",
    };
    return slider(
      [`${words[name]} `, symbol(...sign), equals()],
      values,
      (value, done) => this.stage.change({ [name]: value }, done),
    );
  }

  build() {
    const { lambda, q, rho, scale } = this.sliders;
    this.stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        this.methods.element,
        ...this.stage.goBack(() => {
          this.seed = 0;
        }),
      ),
      html(
        "div",
        { class: "live-panes" },
        html("div", {}, this.picture.board.element, lambda.element, q.element),
        html(
          "div",
          {},
          this.bars,
          this.facts,
          html("p", { class: "ridge-title" }, "Error on new points, above the noise"),
          this.errors.board.element,
        ),
      ),
      html(
        "div",
        { class: "live-controls" },
        rho.element,
        scale.element,
        button("New noise", () => {
          this.seed++;
          this.stage.change({ fit: our.newFit(this.stage.state, this.seed) });
        }),
      ),
      this.help,
    );
  }

  /** What there is to be known of the state. */
  get known() {
    const { state } = this.stage;
    const [G, s] = [our.matrix(state), our.strength(state)];
    const [fit, truth] = /** @type {Pair[]} */ ([state.fit, state.truth]);
    const w = the.estimate(state.method, G, fit, s);
    return {
      w,
      kept: the.factors(state.method, G, s),
      freedom: the.freedom(state.method, G, fit, s),
      residual: the.excess(G, w, fit),
      error: the.excess(G, w, truth),
      unpenalised: the.excess(G, fit, truth),
    };
  }

  draw() {
    const { state } = this.stage;
    const { known } = this;
    const dropout = state.method === "dropout";
    this.methods.show(state.method);
    this.sliders.lambda.element.hidden = dropout;
    this.sliders.q.element.hidden = !dropout;
    for (const [name, control] of Object.entries(this.sliders))
      control.show(state[/** @type {"lambda" | "q" | "rho" | "scale"} */ (name)]);
    this.picture.show(known.w);
    this.errors.show(state, known.error);
    this.help.textContent = help(state.method);
    this.filter(known.kept);
    const numbers = /** @type {[string, ...number[]][]} */ ([
      ["estimate", ...known.w],
      ["degrees of freedom", known.freedom],
      ["training, above the least", known.residual],
      ["new points, above the noise", known.error],
      ["new points, without penalty", known.unpenalised],
    ]);
    this.facts.replaceChildren(
      ...numbers.map(([of, ...values]) => fact(of, ...listed(values))),
    );
  }

  /** The share that is kept along each direction. @param {Pair | undefined} kept */
  filter(kept) {
    const { state } = this.stage;
    if (!kept) {
      const zeros = this.known.w.filter((value) => value === 0).length;
      this.bars.replaceChildren(
        html(
          "p",
          { class: "ridge-title" },
          `Coefficients that are exactly 0: ${zeros} of 2`,
        ),
      );
      return;
    }
    const squares = the.squares(state.method, our.matrix(state));
    const lambda = state.method === "ridge" ? "λ" : "q/(1 − q)";
    this.bars.replaceChildren(
      html("p", { class: "ridge-title" }, `Kept of the estimate, ν²/(ν² + ${lambda})`),
      ...kept.map((share, i) =>
        html(
          "p",
          { class: "ridge-bar" },
          html("span", { class: "live-of" }, `where ν² = ${printed(squares[i], 1)}`),
          html(
            "span",
            { class: "ridge-track", "aria-hidden": "true" },
            html("span", { style: `width: ${(100 * share).toFixed(1)}%` }),
          ),
          html("b", {}, html("data", { value: share }, printed(share))),
        ),
      ),
    );
  }

  /** What is read aloud. */
  get words() {
    const { state } = this.stage;
    const { w, freedom, error } = this.known;
    const sign = state.method === "dropout" ? "q" : "λ";
    return (
      `${NAMES[state.method]}, ${sign} = ${our.strength(state)}: the estimate is ` +
      `${tuple(w)}, with ${printed(freedom)} ` +
      `degrees of freedom; the error on new points is ${printed(error)} above the noise.`
    );
  }
}
