/**
 * A convolutional layer three times: as a kernel that slides over an image, as a
 * matrix of 64 × 64 entries, and by what it does to waves.
 */

import { printed, tidy } from "../../kit/board.js";
import { button, choice, entry, menu } from "../../kit/controls.js";
import { fact, html, named } from "../../kit/elements.js";
import { Grid } from "../../kit/grid.js";
import { Stage } from "../../kit/stage.js";
import { matrix, PIXELS, SIDE, SIZE, spectrum, weightAt } from "./layer.js";
import * as the from "./state.js";

/** @typedef {import("./layer.js").Rim} Rim */
/** @typedef {import("./state.js").State} State */

const HELP =
  "Point at a pixel, or at the matrix: what belongs together is framed, and the " +
  "entries of the matrix that are the same weight stand out. A click on the image, or " +
  "the space bar, changes a pixel; the arrow keys go from pixel to pixel. The address " +
  "of the page holds what you set.";
const SAME = 1e-9; // numbers that differ by less are said to be equal

/** A pixel, counted from 0 as in the book. @param {number} n */
const place = (n) => `row ${Math.floor(n / SIDE)}, column ${n % SIDE}`;

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "convolution",
    label: "Live figure: a convolutional layer and its matrix",
    fields: the.fields,
    beginning: the.beginning(),
    preset,
  });
  new Convolution(stage);
}

class Convolution {
  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    this.input = new Grid(SIDE, {
      label: "A pixel of the image",
      chosen: () => stage.state.from,
      choose: (from, done) => stage.change({ from }, done),
      press: (cell) => {
        the.toggle(stage.state, cell);
        stage.changed(true);
      },
    });
    this.output = new Grid(SIDE, {
      label: "A pixel of the feature map",
      chosen: () => stage.state.out,
      choose: (out, done) => stage.change({ out }, done),
    });
    this.matrix = new Grid(PIXELS, {
      label: "An entry of the matrix",
      chosen: () => PIXELS * stage.state.out + stage.state.from,
      choose: (cell, done) =>
        stage.change({ out: Math.floor(cell / PIXELS), from: cell % PIXELS }, done),
    });
    this.waves = new Grid(SIDE, { label: "How much each wave is amplified" });
    this.grids = [this.input, this.output, this.matrix, this.waves];
    this.weights = Array.from({ length: SIZE * SIZE }, (_, n) =>
      entry(
        [],
        `weight in row ${Math.floor(n / SIZE)}, column ${n % SIZE}`,
        9,
        (value) => {
          const kernel = [...stage.state.kernel];
          kernel[n] = value;
          stage.change({ kernel });
        },
      ),
    );
    this.kernels = menu(
      ["kernel"],
      [
        ...the.KERNELS.map(([name], n) => /** @type {const} */ ([n, name])),
        [-1, "your own"],
      ],
      (n) => {
        if (n >= 0) stage.change({ kernel: [...the.KERNELS[n][1]] });
        else stage.changed(false);
      },
    );
    this.rims = choice(
      "What surrounds the image",
      /** @type {[Rim, string][]} */ ([
        ["zeros", "Zero padding"],
        ["circular", "Circular padding"],
      ]),
      (rim) => stage.change({ rim }),
    );
    this.facts = html("div", { class: "live-facts" });
    this.sum = html("p", { class: "live-formula" });
    this.build();
    stage.onTheme((ground, a, b, text) => {
      for (const grid of this.grids)
        grid.setColours(ground, a, b, text, `rgb(${grid === this.output ? b : a})`);
    });
    stage.shows(this);
  }

  build() {
    const move = (/** @type {number} */ down, /** @type {number} */ across) => {
      const { shift } = this.stage.state;
      const to = [(shift[0] + down) % SIDE, (shift[1] + across) % SIDE];
      this.stage.change({ shift: to });
    };
    const kernel = html("div", { class: "conv-kernel" });
    kernel.append(...this.weights.map(({ element }) => element));
    this.stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        this.rims.element,
        button("Shift right", () => move(0, 1)),
        button("Shift down", () => move(1, 0)),
        ...this.stage.goBack(),
      ),
      html(
        "div",
        { class: "live-panes" },
        html(
          "div",
          { class: "conv-pair" },
          named("image", this.input.element),
          named("feature map", this.output.element),
          html("div", { class: "live-named" }, this.kernels.element, kernel),
          named("waves: |K̂(ω)|", this.waves.element),
        ),
        html("div", {}, named("matrix: 64 outputs by 64 inputs", this.matrix.element)),
      ),
      this.sum,
      this.facts,
      html("p", { class: "live-help" }, HELP),
    );
  }

  draw() {
    const { state } = this.stage;
    const { kernel, rim, out, from } = state;
    const { input, output, apart } = the.outcome(state);
    const weight = weightAt(out, from, rim);
    const W = matrix(kernel, rim);
    const waves = spectrum(kernel);
    const largest = Math.max(...kernel.map(Math.abs)) || 1;
    const [brightest, loudest] = [output, waves].map((all) =>
      Math.max(...all.map(Math.abs)),
    );
    this.input.show({
      value: (n) => input[n],
      marked: (n) => weightAt(out, n, rim) >= 0,
      at: from,
    });
    this.output.show({
      value: (n) => output[n] / (brightest || 1),
      marked: (n) => apart[n] > SAME,
      at: out,
    });
    this.matrix.show({
      value: (n) => W[n] / largest,
      faint: (n) =>
        weight >= 0 && weightAt(Math.floor(n / PIXELS), n % PIXELS, rim) !== weight,
      rows: [out],
      columns: [from],
    });
    this.waves.show({ value: (n) => waves[n] / (loudest || 1) });
    this.weights.forEach((control, n) => {
      control.show(kernel[n]);
      control.element.classList.toggle("conv-lit", n === weight);
    });
    const known = the.KERNELS.findIndex(([, k]) => k.every((w, n) => w === kernel[n]));
    this.kernels.show(known);
    this.rims.show(rim);
    this.input.say(from, `${place(from)}: ${input[from] ? "1" : "0"}`);
    this.output.say(out, `${place(out)}: ${printed(output[out])}`);
    this.matrix.say(
      PIXELS * out + from,
      `row ${out}, column ${from}: ${printed(W[PIXELS * out + from])}`,
    );
    this.calculate(input, output);
    this.numbers = this.meanings(W, waves, apart);
    this.facts.replaceChildren(
      ...this.numbers.map(([of, shown, value]) =>
        fact(of, html("data", { value }, shown)),
      ),
    );
  }

  /** Write out the sum at the pixel. @param {Float64Array} input @param {Float64Array} output */
  calculate(input, output) {
    const { kernel, rim, out } = this.stage.state;
    const terms = [];
    for (let n = 0; n < PIXELS; n++) {
      const weight = weightAt(out, n, rim);
      if (weight >= 0 && kernel[weight] && input[n]) terms.push(kernel[weight]);
    }
    const sum = terms.map(tidy).join(" + ").replaceAll("+ −", "− ") || "0";
    const result = html("data", { value: String(output[out]) }, printed(output[out]));
    this.sum.replaceChildren(
      html("span", {}, `z in ${place(out)} = `),
      html("span", {}, `${sum} = `, result),
    );
  }

  /**
   * @param {Float64Array} W
   * @param {Float64Array} waves
   * @param {Float64Array} apart
   * @returns {[string, string, number][]}
   */
  meanings(W, waves, apart) {
    const { kernel, rim } = this.stage.state;
    const entries = W.filter((w) => w !== 0).length;
    // A rim of zeros is part of the circle that bounds the layer.
    const circle = rim === "circular" ? waves : spectrum(kernel, SIDE + 2);
    const loudest = Math.max(...circle);
    const far = Math.max(...apart);
    const differ = apart.filter((d) => d > SAME).length;
    return [
      [`entries that are not 0, of ${PIXELS * PIXELS}`, String(entries), entries],
      [
        rim === "circular"
          ? "largest singular value, max |K̂(ω)|"
          : "singular values at most",
        printed(loudest),
        loudest,
      ],
      [
        "shifted first, or afterwards: pixels that differ",
        differ ? `${differ}, by at most ${printed(far)}` : "none",
        far,
      ],
    ];
  }

  /** What is read aloud. */
  get words() {
    const { out } = this.stage.state;
    const facts = (this.numbers ?? [])
      .map(([of, shown]) => `${of}: ${shown}`)
      .join("; ");
    const { output } = the.outcome(this.stage.state);
    return `z in ${place(out)} is ${printed(output[out])}. ${facts}.`;
  }
}
