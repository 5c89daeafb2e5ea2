/**
 * A convolutional network that has learned from 4000 pictures reads what is drawn here,
 * and shows what its kernels find; and what it answers if the drawing is shifted.
 */

import { button, menu } from "../../kit/controls.js";
import { html, named, percent } from "../../kit/elements.js";
import { Grid } from "../../kit/grid.js";
import { Stage } from "../../kit/stage.js";
import { answer, DIGITS, run, SIDE, softmax, toMiddle } from "./net.js";
import * as the from "./state.js";

/** @typedef {import("./state.js").State} State */

const HELP =
  "Draw with the mouse or a finger; by keys, the arrows move the pen and the space bar " +
  "inks. In the square of shifts, a cell is blue where the answer is that of the middle " +
  "cell, which is the drawing as it is, and orange where it is another; a click, or the " +
  "space bar, shifts the drawing there. The address of the page holds the drawing.";
const REST = 150; // milliseconds without a stroke before the shifts are tried
const REACH = 6; // pixels to each side in the square of shifts
const SHIFTS = 2 * REACH + 1;
const MIDDLE = (SHIFTS * SHIFTS - 1) / 2;

/** @param {number} n @param {string} one @param {string} other */
const way = (n, one, other) => `${Math.abs(n)} ${n < 0 ? one : other}`;

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "draw-a-digit",
    label: "Live figure: draw a digit",
    fields: the.fields,
    beginning: the.beginning(),
    preset,
  });
  new DrawADigit(stage);
}

class DrawADigit {
  at = MIDDLE; // in the square of shifts
  /** @type {number[]} */
  answers = [];
  tried = ""; // the drawing that they belong to
  trying = 0;
  p = the.parameters();

  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    this.paper = new Grid(SIDE, {
      label: "The pen",
      chosen: () => stage.state.pen,
      choose: (pen, done) => stage.change({ pen }, done),
      press: (cell) => {
        the.ink(stage.state, cell);
        stage.changed(true);
      },
      stroke: (cell) => the.ink(stage.state, cell),
    });
    this.first = Array.from({ length: 8 }, (_, n) => this.map(24, 1, n));
    this.second = Array.from({ length: 16 }, (_, n) => this.map(8, 2, n));
    this.shifts = new Grid(SHIFTS, {
      label: "A shift of the drawing",
      chosen: () => this.at,
      choose: (cell) => {
        this.at = cell;
        stage.changed(false);
      },
      press: (cell) => {
        const [down, across] = this.shift(cell);
        this.at = MIDDLE;
        this.move(down, across);
      },
    });
    this.bars = Array.from({ length: DIGITS }, (_, digit) => {
      const bar = html("span", { class: "digit-bar" });
      const share = html("data", {});
      const row = html("li", {}, html("span", {}, String(digit)), bar, share);
      return { bar, share, row };
    });
    const digits = Array.from(
      { length: DIGITS },
      (_, digit) => /** @type {const} */ ([digit, String(digit)]),
    );
    this.examples = menu(["example"], [...digits, [-1, "your own"]], (digit) => {
      if (digit >= 0) this.set(the.example(digit));
      else stage.changed(false);
    });
    this.line = html("p", { class: "digit-answer" });
    this.build();
    stage.onTheme((ground, a, b, text) => {
      const ink = /** @type {[number, number, number]} */ (
        text.match(/\d+/g)?.slice(0, 3).map(Number) ?? [0, 0, 0]
      );
      this.paper.setColours(ground, ink, b, `rgb(${a})`, text);
      for (const map of [...this.first, ...this.second])
        map.setColours(ground, a, b, text, text);
      this.shifts.setColours(ground, a, b, text, text);
    });
    stage.shows(this);
  }

  /** @param {number} side @param {number} layer @param {number} n */
  map(side, layer, n) {
    return new Grid(side, { label: `Feature map ${n + 1} of layer ${layer}` });
  }

  build() {
    const maps = (/** @type {Grid[]} */ grids) =>
      html("div", { class: "digit-maps" }, ...grids.map(({ element }) => element));
    const centre = () => {
      const [down, across] = toMiddle(the.picture(this.stage.state));
      this.move(down, across);
    };
    this.stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        button("Clear", () => this.set(the.example(0).map(() => 0)), "live-main"),
        button("To the middle", centre),
        ...this.stage.goBack(),
      ),
      html(
        "div",
        { class: "live-panes" },
        html(
          "div",
          {},
          named("your drawing", this.paper.element),
          this.examples.element,
        ),
        html(
          "div",
          { class: "digit-side" },
          this.line,
          html("ol", { class: "digit-bars" }, ...this.bars.map(({ row }) => row)),
          named("the answer if it is shifted", this.shifts.element),
        ),
        named("feature maps of the first layer", maps(this.first)),
        named("feature maps of the second layer", maps(this.second)),
      ),
      html("p", { class: "live-help" }, HELP),
    );
  }

  /** @param {number} cell @returns {[number, number]} */
  shift(cell) {
    return [Math.floor(cell / SHIFTS) - REACH, (cell % SHIFTS) - REACH];
  }

  /** @param {number[]} drawing */
  set(drawing) {
    this.stage.change({ drawing, shift: [0, 0] });
  }

  /** @param {number} down @param {number} across */
  move(down, across) {
    const { shift } = this.stage.state;
    const within = (/** @type {number} */ n) =>
      Math.max(-the.FAR, Math.min(the.FAR, n));
    this.stage.change({ shift: [within(shift[0] + down), within(shift[1] + across)] });
  }

  draw() {
    const { state } = this.stage;
    const picture = the.picture(state);
    const { first, second, sums } = run(this.p, picture);
    const shares = softmax(sums);
    const best = answer(sums);
    this.paper.show({ value: (n) => picture[n], at: state.pen });
    const brightest = [first, second].map((all) => Math.max(...all) || 1);
    this.first.forEach((map, k) => {
      map.show({ value: (n) => first[576 * k + n] / brightest[0] });
    });
    this.second.forEach((map, k) => {
      map.show({ value: (n) => second[64 * k + n] / brightest[1] });
    });
    this.line.replaceChildren(
      html("span", {}, "The network answers "),
      html("b", {}, String(best)),
      html("span", {}, `, with ${percent(shares[best])}.`),
    );
    this.bars.forEach(({ bar, share, row }, digit) => {
      bar.style.setProperty("--share", String(shares[digit]));
      share.textContent = percent(shares[digit]);
      share.value = String(shares[digit]);
      row.classList.toggle("live-chosen", digit === best);
    });
    this.paper.say(
      state.pen,
      `row ${Math.floor(state.pen / SIDE)}, column ${state.pen % SIDE}`,
    );
    this.examples.show(the.exampleOf(state));
    this.tryShifts();
  }

  /** Ask for the answers to all shifts, once the hand rests. */
  tryShifts() {
    const { drawing, shift } = this.stage.state;
    const key = `${drawing.join("")}${shift}`;
    if (key !== this.tried) {
      this.tried = key;
      this.answers = [];
      clearTimeout(this.trying);
      this.trying = window.setTimeout(() => this.tryRow(), REST);
    }
    this.showShifts();
  }

  /** A row of shifts at a time, so that the page does not stand still. */
  tryRow() {
    for (let n = 0; n < SHIFTS; n++) {
      const shift = this.shift(this.answers.length);
      const { sums } = run(this.p, the.picture(this.stage.state, ...shift));
      this.answers.push(answer(sums));
    }
    if (this.answers.length === SHIFTS * SHIFTS) this.showShifts();
    else this.trying = window.setTimeout(() => this.tryRow());
  }

  showShifts() {
    const known = this.answers.length === SHIFTS * SHIFTS;
    const best = this.answers[MIDDLE];
    this.shifts.show({
      value: (cell) => (known ? (this.answers[cell] === best ? 0.75 : -0.75) : 0),
      marked: (cell) => cell === MIDDLE,
      at: this.at,
    });
    const [down, across] = this.shift(this.at);
    const where = `${way(down, "up", "down")}, ${way(across, "left", "right")}`;
    this.shifts.say(this.at, known ? `${where}: ${this.answers[this.at]}` : where);
  }

  /** What is read aloud. */
  get words() {
    const same = this.answers.filter((one) => one === this.answers[MIDDLE]).length;
    const all = SHIFTS * SHIFTS;
    const known = this.answers.length === all;
    const rest = known ? ` Of ${all} shifts, ${same} have the same answer.` : "";
    return `${this.line.textContent}${rest}`;
  }
}
