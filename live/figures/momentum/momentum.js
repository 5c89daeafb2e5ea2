/**
 * Momentum on a quadratic: where in the plane of rate and momentum it falls, swings
 * or diverges, along every eigenvector at once, and how it gets there.
 */

import { printed } from "../../kit/board.js";
import { button, menu, range, slider } from "../../kit/controls.js";
import { equals, fact, html, short, symbol, whole } from "../../kit/elements.js";
import { Stage } from "../../kit/stage.js";
import * as ball from "./ball.js";
import { Paths } from "./paths.js";
import { Phases } from "./phases.js";
import * as the from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {[string, string, number?]} Fact what of, in words, and in full */

const HELP =
  "The eigenvalues lie on the line from γ to Λ. Move Λ with the mouse, a finger or the " +
  "arrow keys. A component falls to the minimum from one side, flips to the other side " +
  "in every step, or swings; the stronger the blue, the faster. The address of the " +
  "page holds what you set.";
const SLOWEST = {
  steep: "the steepest, Λ",
  flat: "the flattest, γ",
  all: "all are alike",
};

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "momentum",
    label: "Live figure: momentum on a quadratic",
    fields: the.fields,
    beginning: the.beginning(),
    preset,
  });
  new Momentum(stage);
}

class Momentum {
  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    this.phases = new Phases(
      () => stage.state,
      (done) => stage.changed(done),
    );
    this.paths = new Paths();
    this.facts = html("div", { class: "live-facts" });
    this.controls = {
      rate: range(
        [symbol("ηΛ"), equals()],
        { low: the.SLOWEST, high: the.FASTEST, step: 0.01, words: (n) => printed(n) },
        (rate, done) => stage.change({ rate }, done),
      ),
      beta: range(
        [symbol("β"), equals()],
        { low: 0, high: the.MOST, step: 0.01, words: (n) => printed(n) },
        (beta, done) => stage.change({ beta }, done),
      ),
      kappa: slider(
        [symbol("κ"), equals()],
        the.KAPPAS,
        (kappa, done) => stage.change({ kappa }, done),
        whole,
      ),
      steps: menu(
        ["steps"],
        the.STEPS.map((n) => [n, whole(n)]),
        (steps) => stage.change({ steps }),
      ),
    };
    this.build();
    stage.onTheme((...colours) => this.phases.board.plane?.setColours(...colours));
    stage.shows(this);
  }

  build() {
    this.stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        button("Best pair for this κ", () =>
          this.stage.change(the.best(this.stage.state.kappa)),
        ),
        button("No momentum", () => this.stage.change({ beta: 0 })),
        ...this.stage.goBack(),
      ),
      html(
        "div",
        { class: "live-panes" },
        html("div", {}, this.phases.board.element),
        html(
          "div",
          { class: "mom-paths" },
          this.paths.board.element,
          this.paths.legend,
        ),
      ),
      this.facts,
      html(
        "div",
        { class: "live-controls mom-controls" },
        ...Object.values(this.controls).map(({ element }) => element),
      ),
      html("p", { class: "live-help" }, HELP),
    );
  }

  draw() {
    const { rate, beta, kappa, steps } = this.stage.state;
    this.phases.show();
    this.paths.show(ball.components(this.stage.state));
    this.controls.rate.show(rate);
    this.controls.beta.show(beta);
    this.controls.kappa.show(kappa);
    this.controls.steps.show(steps);
    this.facts.replaceChildren(
      ...this.meanings.map(([of, words, value]) =>
        fact(of, value === undefined ? words : html("data", { value }, words)),
      ),
    );
  }

  /** What there is to know. @returns {Fact[]} */
  get meanings() {
    const { rate, beta, kappa } = this.stage.state;
    const flat = rate / kappa;
    const { steep } = ball.components(this.stage.state);
    const { far, when, passes } = ball.travels(steep);
    const factor = Math.max(ball.modulus(rate, beta), ball.modulus(flat, beta));
    const arrival = ball.arrival(rate, flat, beta);
    const ends = ball.kind(rate, beta) !== "diverges";
    const late = ends ? `more than ${whole(ball.LATEST)}` : "never";
    return [
      ["along Λ, the steepest, it", ball.kind(rate, beta)],
      ["along γ, the flattest, it", ball.kind(flat, beta)],
      ["the slowest eigenvalue", SLOWEST[ball.slowest(rate, flat, beta)]],
      ["factor a step, in the long run", factor.toFixed(3), factor],
      ["steps to a millionth", Number.isFinite(arrival) ? whole(arrival) : late],
      ["farthest along Λ", `${short(far)} after step ${when}`, far],
      ["times past the minimum along Λ", String(passes), passes],
    ];
  }

  /** What is read aloud. */
  get words() {
    return `${this.meanings.map(([of, words]) => `${of}: ${words}`).join("; ")}.`;
  }
}
