/**
 * A neuron of one input, a neuron of two, and a layer of three: their edges and
 * their weights can be moved, and they can be asked what they say at a point.
 */

import { printed, tidy } from "../../kit/board.js";
import { choice, menu, range } from "../../kit/controls.js";
import { equals, fact, html, symbol } from "../../kit/elements.js";
import { Stage } from "../../kit/stage.js";
import { CIRCLES, CROSSES, inside, Square } from "./square.js";
import * as the from "./state.js";
import { Wave } from "./wave.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").View} View */

/** @type {[View, string][]} */
const VIEWS = [
  ["line", "One input"],
  ["plane", "Two inputs"],
  ["layer", "A layer"],
];
const HELP =
  "At ½ the output is one half, at 0.9 it is that much, and x is where the neuron is " +
  "asked. The three move with the mouse, a finger or the arrow keys. The address of the " +
  "page holds what you set.";

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "neuron",
    label: "Live figure: a neuron, and a layer",
    fields: the.fields,
    beginning: the.beginning(),
    preset,
  });
  new Neuron(stage);
}

class Neuron {
  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    const state = () => stage.state;
    const changed = (/** @type {boolean} */ done) => stage.changed(done);
    this.wave = new Wave(state, changed);
    this.square = new Square(state, changed);
    this.formulas = html("div", { class: "live-formulas" });
    this.numbers = html("div", { class: "live-facts" });
    this.views = choice("What is shown", VIEWS, (view) => stage.change({ view }));
    this.which = menu(
      ["neuron"],
      [1, 2, 3].map((n) => [n, String(n)]),
      (chosen) => stage.change({ chosen }),
    );
    this.line = [
      this.slider(["w"], 0, the.LIMITS.line[0], 0.1),
      this.slider(["b"], 1, the.LIMITS.line[1], 0.5),
    ];
    this.plane = [
      this.slider(["w", "1"], 0, the.LIMITS.plane[0], 0.5),
      this.slider(["w", "2"], 1, the.LIMITS.plane[0], 0.5),
      this.slider(["b"], 2, the.LIMITS.plane[1], 0.5),
    ];
    this.build();
    stage.onTheme((...colours) => this.square.board.plane?.setColours(...colours));
    stage.shows(this);
  }

  /**
   * @param {[string, string?]} name
   * @param {number} at in the row
   * @param {number} limit
   * @param {number} step
   */
  slider([letter, index], at, limit, step) {
    return range(
      [symbol(letter, index), equals()],
      { low: -limit, high: limit, step, words: (value) => printed(value) },
      (value, done) => {
        const row = [...the.rows(this.stage.state)[the.chosen(this.stage.state)]];
        row[at] = value;
        the.change(this.stage.state, row);
        this.stage.changed(done);
      },
    );
  }

  build() {
    this.sliders = html(
      "div",
      { class: "live-sliders" },
      ...[this.which, ...this.line, ...this.plane].map(({ element }) => element),
    );
    this.stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        this.views.element,
        ...this.stage.goBack(),
      ),
      html(
        "div",
        { class: "live-panes" },
        html("div", {}, this.wave.board.element, this.square.board.element),
        html("div", {}, this.formulas, this.numbers, this.sliders),
      ),
      html("p", { class: "live-help" }, HELP),
    );
  }

  get asked() {
    const { view, x, point } = this.stage.state;
    return view === "line" ? [x] : point;
  }

  draw() {
    const { state } = this.stage;
    const rows = the.rows(state);
    const line = state.view === "line";
    this.wave.board.element.hidden = !line;
    this.square.board.element.hidden = line;
    if (line) this.wave.show();
    else this.square.show();
    this.views.show(state.view);
    this.which.element.hidden = state.view !== "layer";
    this.which.show(state.chosen);
    const row = rows[the.chosen(state)];
    this.line.forEach((slider, i) => {
      slider.element.hidden = !line;
      if (line) slider.show(row[i]);
    });
    this.plane.forEach((slider, i) => {
      slider.element.hidden = line;
      if (!line) slider.show(row[i]);
    });
    this.calculate(rows);
    this.numbers.replaceChildren(
      ...this.meanings(rows).map(([of, shown]) => fact(of, shown)),
    );
  }

  /** Write out what each neuron does with the input. @param {number[][]} rows */
  calculate(rows) {
    const { z, a } = the.at(rows, this.asked);
    const at = the.chosen(this.stage.state);
    const lines = rows.map((row, i) => {
      const products = this.asked.map((x, k) => `${tidy(row[k])} · ${tidy(x)}`);
      const b = row[this.asked.length];
      const sum = `${products.join(" + ")} ${b < 0 ? "−" : "+"} ${tidy(Math.abs(b))}`;
      const index = rows.length > 1 ? String(i + 1) : "";
      return html(
        "p",
        {
          class:
            rows.length > 1 && i === at ? "live-formula live-chosen" : "live-formula",
        },
        html("span", {}, symbol("a", index), ` = σ(${sum.replaceAll("+ −", "− ")})`),
        html(
          "span",
          {},
          ` = σ(${printed(z[i])}) = `,
          html("data", { value: a[i] }, a[i].toFixed(3)),
        ),
      );
    });
    this.formulas.replaceChildren(...lines);
  }

  /** What else there is to know. @param {number[][]} rows @returns {[string, string][]} */
  meanings(rows) {
    const { view } = this.stage.state;
    const [row] = rows;
    const long = the.steepness(row);
    const width = long ? printed(the.band(row)) : "none: it is flat";
    if (view === "line")
      return [
        ["the edge, −b/w", long ? printed(-row[1] / row[0]) : "none"],
        ["from 0.1 to 0.9 in", width],
        ["slope at the edge, w/4", printed(row[0] / 4, 3)],
      ];
    const { A, B } = inside(rows);
    if (view === "plane")
      return [
        ["length of w", printed(long)],
        ["from 0.1 to 0.9 in", width],
        ["sites right", `${A + CROSSES - B} of ${CIRCLES + CROSSES}`],
      ];
    return [
      ["circles where some a > ½", `${A} of ${CIRCLES}`],
      ["crosses where some a > ½", `${B} of ${CROSSES}`],
    ];
  }

  /** What is read aloud. */
  get words() {
    const rows = the.rows(this.stage.state);
    const said = the
      .at(rows, this.asked)
      .a.map((a, i) => (rows.length > 1 ? `${i + 1}: ${a.toFixed(3)}` : a.toFixed(3)));
    const meanings = this.meanings(rows).map(([of, shown]) => `${of}: ${shown}`);
    return `The output is ${said.join(", ")}. ${meanings.join("; ")}.`;
  }
}
