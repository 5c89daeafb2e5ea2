/**
 * XOR unfolded: the weights of two rectified linear units are moved, the four
 * points travel from the inputs to the hidden neurons, and J follows.
 */

import { button, entry, range } from "../../kit/controls.js";
import { html, symbol } from "../../kit/elements.js";
import { Stage } from "../../kit/stage.js";
import { gallery } from "./gallery.js";
import { inWords, Numbers } from "./numbers.js";
import { Hidden, Inputs } from "./spaces.js";
import * as the from "./state.js";

/** @typedef {import("./state.js").State} State */

const HELP =
  "The handle 1 or 2 moves the line where that neuron switches on; w₁ or w₂ turns and " +
  "stretches its weights. Blue lifts what the network says, orange lowers it. Mouse, " +
  "finger and arrow keys will do. The address of the page holds what you set.";
const RULE = "f(x) = b + v₁h₁ + v₂h₂, with h = max(0, Wx + c)";
const MORPH = 900; // milliseconds from one solution to another
const UNFOLD = 3600; // milliseconds from x to h
const PATIENCE = 33_000; // steps after which training gives up, as in the chapter
const SLICE = 8; // milliseconds of steps between two pictures
/** @type {[string, string, string][]} the letter, the index, and what it is */
const PARAMETERS = [
  ["w", "11", "weight of neuron 1 from input 1"],
  ["w", "12", "weight of neuron 1 from input 2"],
  ["w", "21", "weight of neuron 2 from input 1"],
  ["w", "22", "weight of neuron 2 from input 2"],
  ["c", "1", "bias of neuron 1"],
  ["c", "2", "bias of neuron 2"],
  ["v", "1", "weight of neuron 1 in the output"],
  ["v", "2", "weight of neuron 2 in the output"],
  ["b", "", "bias of the output"],
];
const ORDER = [0, 1, 4, 6, 2, 3, 5, 7, 8]; // a unit a row, then b

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "xor-unfolded",
    label: "Live figure: XOR unfolded",
    fields: the.fields,
    beginning: the.beginning(),
    preset,
  });
  new Unfolded(stage);
}

class Unfolded {
  /** Counts what moves by itself, so that the new ends the old. */
  motion = 0;
  going = false;
  steps = 0;
  numbers = new Numbers();

  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    const state = () => stage.state;
    this.inputs = new Inputs(state, (done) => this.byHand(done));
    this.hidden = new Hidden(state);
    this.gallery = gallery((p) => this.morph(p));
    this.train = button(
      "Train from here",
      () => (this.going ? this.halt() : this.learn()),
      "live-main",
    );
    this.way = range(
      [],
      { low: 0, high: the.STAGES, step: 0.05, words: stageName },
      (at, done) => {
        this.halt();
        stage.change({ at }, done);
      },
    );
    this.way.element.querySelector("input")?.setAttribute("aria-label", "From x to h");
    this.entries = ORDER.map((r) => {
      const [letter, index, what] = PARAMETERS[r];
      return entry([symbol(letter, index)], what, the.LIMIT, (value) => {
        stage.state.p = stage.state.p.map((old, i) => (i === r ? value : old));
        this.byHand(true);
      });
    });
    this.build();
    stage.onTheme((...colours) => this.colour(...colours));
    stage.onRestored(() => {
      this.inputs.tidy();
      this.halt();
      this.steps = 0;
      stage.changed(false);
    });
    stage.shows(this);
  }

  build() {
    this.stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        this.train,
        button("Random start", () => this.start()),
        button("The solution of the text", () => this.morph(the.beginning().p)),
        ...this.stage.goBack(),
      ),
      html(
        "div",
        { class: "live-panes" },
        this.inputs.board.element,
        this.hidden.board.element,
        html(
          "div",
          { class: "live-way" },
          button("Unfold", () => this.unfold()),
          this.way.element,
        ),
        this.numbers.element,
        html(
          "div",
          { class: "live-entries" },
          ...this.entries.map(({ element }) => element),
          html("p", { class: "live-rule" }, RULE),
        ),
      ),
      this.gallery.element,
      html("p", { class: "live-help" }, HELP),
    );
  }

  /** @type {Parameters<Stage<State>["onTheme"]>[0]} */
  colour(ground, a, b) {
    const planes = [this.inputs.board.plane, this.hidden.board.plane];
    for (const plane of [...planes, ...this.gallery.planes])
      plane?.setColours(ground, a, b, "transparent");
  }

  /** The reader has changed a parameter. @param {boolean} done not done: still moving */
  byHand(done) {
    this.halt();
    this.steps = 0;
    this.stage.changed(done);
  }

  /** End what moves by itself. */
  halt() {
    this.motion++;
    if (!this.going) return;
    this.going = false;
    this.stage.changed(true);
  }

  /**
   * Let something move by itself.
   * @param {(time: number) => boolean} step milliseconds since it began; false ends it
   */
  move(step) {
    this.halt();
    const mine = this.motion;
    const began = performance.now();
    const next = () => {
      if (this.motion !== mine) return;
      const goesOn = step(performance.now() - began);
      this.stage.changed(!goesOn);
      if (goesOn) requestAnimationFrame(next);
    };
    next();
  }

  /** Go over to another p. @param {number[]} to */
  morph(to) {
    const from = [...this.stage.state.p];
    this.inputs.tidy();
    this.move((time) => {
      const t = this.stage.still ? 1 : Math.min(1, time / MORPH);
      const share = t * t * (3 - 2 * t);
      this.steps = 0;
      this.stage.state.p =
        t < 1 ? from.map((value, r) => value + share * (to[r] - value)) : [...to];
      return t < 1;
    });
  }

  start() {
    const { state } = this.stage;
    const { seed } = state;
    state.seed = (seed % 9999) + 1;
    this.morph(the.randomStart(seed));
  }

  /** Send the points from x to h; stage by stage for who wants no motion. */
  unfold() {
    this.move((time) => {
      const at = Math.min(the.STAGES, (the.STAGES * time) / UNFOLD);
      const stage = Math.floor(at);
      // Each stage ends with a rest.
      const t = Math.min(1, 1.4 * (at - stage));
      const within = this.stage.still ? 0 : t * t * (3 - 2 * t);
      this.stage.state.at = at < the.STAGES ? stage + within : at;
      return at < the.STAGES;
    });
  }

  /** Gradient descent from here, slow at first, until nothing moves any more. */
  learn() {
    const { stage } = this;
    const before = stage.state.p;
    const p = Float64Array.from(before);
    let steps = 0;
    this.move((time) => {
      this.going = true;
      const due = stage.still ? PATIENCE : Math.ceil(300 * (Math.exp(time / 1500) - 1));
      const aim = Math.min(PATIENCE, due);
      const began = performance.now();
      let [rests, lost] = [false, false];
      while (steps < aim && !rests && !lost && performance.now() - began < SLICE) {
        the.train(p, 1);
        steps++;
        [rests, lost] = [the.rests(p), the.lost(p)];
      }
      this.going = !rests && !lost && steps < PATIENCE;
      if (this.going && stage.still) return true;
      this.steps = lost ? 0 : steps;
      stage.state.p = lost ? before : [...p];
      this.inputs.tidy();
      if (this.going) return true;
      const stop = the.stopAt(the.J(p));
      if (rests && stop >= 0) this.numbers.count(stop);
      if (lost) this.lost();
      return false;
    });
  }

  lost() {
    requestAnimationFrame(() =>
      this.stage.notice(
        "From there the steps lead out of all bounds; nothing is changed.",
      ),
    );
  }

  draw() {
    const { state } = this.stage;
    this.inputs.show();
    this.hidden.show();
    this.way.show(state.at);
    ORDER.forEach((r, i) => {
      this.entries[i].show(state.p[r]);
    });
    this.train.textContent = this.going ? "Pause" : "Train from here";
    this.numbers.show(state.p, this.steps);
  }

  /** What is read aloud. */
  get words() {
    return inWords(this.stage.state.p, this.steps);
  }
}

/** @param {number} at */
function stageName(at) {
  const names = ["x", "Wx", "Wx + c", "h = max(0, Wx + c)"];
  const stage = Math.floor(at);
  return at === stage ? names[stage] : `from ${names[stage]} to ${names[stage + 1]}`;
}
