/**
 * One query among a few keys: the weights, the mean of the values, and how far a small
 * push of the query moves it.
 */

import { listed, printed, tuple } from "../../kit/board.js";
import { button, choice, slider } from "../../kit/controls.js";
import { equals, fact, html, named, percent } from "../../kit/elements.js";
import { Stage } from "../../kit/stage.js";
import { Picture } from "./picture.js";
import * as our from "./state.js";
import * as the from "./weights.js";

/** @typedef {import("./state.js").Kind} Kind */
/** @typedef {import("./state.js").State} State */

const HELP =
  "The query and the keys can be moved by mouse, finger or arrow keys; the values as " +
  "well, if they are not the keys. A press on the number of a key beside its weight " +
  "forbids the query to look at it. In the first panel, the stronger the blue, the " +
  "steeper is the softmax for a query there. In the second, the dot is the output; the " +
  "orange ellipse is the image of the circle under the Jacobian, and the dashed line " +
  "is what the circle itself becomes. The address of the page holds what you set.";

/** @type {[Kind, string][]} */
const KINDS = [
  ["keys", "Values are keys"],
  ["own", "Own values"],
];

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "attention",
    label: "Live figure: a query, keys and values",
    fields: our.fields,
    beginning: our.beginning(),
    preset,
  });
  new Attention(stage);
}

class Attention {
  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    this.picture = new Picture(
      () => stage.state,
      (done) => stage.changed(done),
    );
    this.facts = html("div", { class: "live-facts" });
    this.kinds = choice("What the values are", KINDS, (values) =>
      stage.change({ values }),
    );
    this.tau = slider(
      ["temperature ", html("i", {}, "τ"), equals()],
      our.TAUS,
      (tau, done) => stage.change({ tau }, done),
      our.sign,
    );
    this.bars = Array.from({ length: our.KEYS }, (_, j) => this.bar(j));
    this.build();
    stage.onTheme((...colours) => this.picture.queries.plane?.setColours(...colours));
    stage.shows(this);
  }

  /** The weight of a key, and whether the query may look at it. @param {number} j */
  bar(j) {
    const bar = html("span", { class: "digit-bar", "aria-hidden": "true" });
    const share = html("data", {});
    const look = button(String(j + 1), () => this.look(j));
    look.setAttribute("aria-label", `The query may look at key ${j + 1}`);
    return { bar, share, look, row: html("li", {}, look, bar, share) };
  }

  /** @param {number} j */
  look(j) {
    const { state } = this.stage;
    const seen = state.seen.map((one, i) => (i === j ? 1 - one : one));
    if (!seen.includes(1)) {
      this.stage.notice("The query must look at one key at least.");
      return;
    }
    this.stage.change({ seen });
  }

  build() {
    this.stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        this.kinds.element,
        ...this.stage.goBack(),
      ),
      html(
        "div",
        { class: "live-panes" },
        named("the query and the keys", this.picture.queries.element, this.tau.element),
        named("the values and the output", this.picture.outputs.element),
        named(
          "the weights",
          html("ol", { class: "digit-bars att-bars" }, ...this.bars.map((b) => b.row)),
        ),
        this.facts,
      ),
      html("p", { class: "live-help" }, HELP),
    );
  }

  draw() {
    const { state } = this.stage;
    const outcome = our.outcome(state);
    const { P, J, output, steep } = outcome;
    this.kinds.show(state.values);
    this.tau.show(state.tau);
    this.picture.show(outcome);
    const largest = Math.max(...P);
    this.bars.forEach(({ bar, share, look, row }, j) => {
      bar.style.setProperty("--share", String(P[j]));
      share.textContent = percent(P[j]);
      share.value = String(P[j]);
      look.setAttribute("aria-pressed", String(Boolean(state.seen[j])));
      row.classList.toggle("live-chosen", P[j] === largest);
    });
    this.facts.replaceChildren(
      fact("output", ...listed(output)),
      fact("steepness of the softmax, at most ½", ...listed([steep])),
      fact("Jacobian, row by row", ...listed(J[0]), "; ", ...listed(J[1])),
      fact("a small push is stretched by", ...listed(the.stretches(J).values)),
    );
  }

  /** What is read aloud. */
  get words() {
    const { P, J, output, steep } = our.outcome(this.stage.state);
    const best = P.indexOf(Math.max(...P));
    const [most] = the.stretches(J).values;
    return (
      `Temperature ${our.sign(this.stage.state.tau)}: key ${best + 1} has most weight, ` +
      `${percent(P[best])}; the output is ${tuple(output)}. The steepness of the ` +
      `softmax is ${printed(steep)}; a small push of the query moves the output at ` +
      `most ${printed(most)} times as far.`
    );
  }
}
