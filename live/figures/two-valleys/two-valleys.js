/**
 * Two valleys: the cost of one neuron by squares and by cross-entropy, seen from
 * above, and where gradient descent goes on both from one start or from many.
 */

import { button, menu, slider } from "../../kit/controls.js";
import { html, symbol, whole } from "../../kit/elements.js";
import { Stage } from "../../kit/stage.js";
import { ValleySide } from "./side.js";
import { beginning, fields, RATES, STARTS } from "./state.js";
import { Descent, REACH, sweep } from "./valleys.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./side.js").Hand} Hand */

const LENGTH = 5000; // steps of a run
const SECONDS = 5; // that it takes at least; the first steps are the slowest
const SLICE = 6; // milliseconds of steps in a frame
const PIECE = 2000; // steps of single descents between two looks at the clock
const QUIET = 1000; // milliseconds between two pictures for who wants no motion
const FIRST = 400; // numbers of a path that are kept, those of the first steps
const APART = 0.004; // how far apart its later points are, the map being 2 wide
const HELP =
  "Press a map, or move the ring with the mouse, a finger or the arrow keys, and the " +
  "enter key; both descents begin there. Under way is whatever has not yet come to " +
  "the origin or into a valley. The address of the page holds what you set.";

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "two-valleys",
    label: "Live figure: two valleys",
    fields,
    beginning: beginning(),
    preset,
  });
  new TwoValleys(stage);
}

class TwoValleys {
  going = false;
  step = 0;
  limit = LENGTH;
  from = { step: 0, time: 0 };
  drawn = 0;
  starts = new Float64Array(2);
  /** @type {{side: ValleySide, descent: Descent, path: number[]}[]} */
  runs = [];

  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    this.said = { step: html("b"), limit: html("span") };
    /** @type {Hand} */
    const hand = {
      place: () => [
        0.5 + stage.state.w / REACH.w / 2,
        0.5 + stage.state.b / REACH.b / 2,
      ],
      move: (x, y) => this.move(x, y),
      done: () => stage.save(),
      go: () => this.go(true),
    };
    this.sides = [
      new ValleySide(
        "quadratic",
        "squares",
        ["origin", "up", "left", "right", "under way"],
        hand,
      ),
      new ValleySide(
        "binary_cross_entropy",
        "cross-entropy",
        ["origin", "under way"],
        hand,
      ),
    ];
    this.build();
    stage.onTheme(() => {
      for (const { map } of this.sides)
        map.setColours((name) => `rgb(${stage.colour(name).join(" ")})`);
    });
    stage.onRestored(() => this.restore());
    this.restore();
  }

  build() {
    this.main = button("Go", () => (this.going ? this.stop() : this.go()), "live-main");
    this.controls = {
      eta: slider(["learning rate ", symbol("η")], RATES, (eta, done) => {
        this.stage.state.eta = eta;
        this.changed(done);
      }),
      starts: menu(
        ["starts"],
        STARTS.map((n) => [n, n === 1 ? "one, the ring" : `a grid of ${n}`]),
        (starts) => {
          this.stage.state.starts = starts;
          this.changed();
        },
      ),
    };
    this.stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        this.main,
        button("Sweep a grid", () => this.sweep()),
        button("Restart", () => this.begin()),
        ...this.stage.goBack(),
        html(
          "p",
          { class: "valley-step" },
          "step ",
          this.said.step,
          " of ",
          this.said.limit,
        ),
      ),
      html("div", { class: "live-panes" }, ...this.sides.map(({ element }) => element)),
      html(
        "div",
        { class: "live-controls" },
        ...Object.values(this.controls).map(({ element }) => element),
      ),
      html("p", { class: "live-help" }, HELP),
    );
  }

  /** Show the state, from step 0. */
  restore() {
    const { eta, starts } = this.stage.state;
    this.controls?.eta.show(eta);
    this.controls?.starts.show(starts);
    this.begin();
  }

  /** What runs is another thing now. */
  /** @param {boolean} [done] */
  changed(done = true) {
    this.restore();
    if (done) this.stage.save();
  }

  /** Put the ring somewhere. @param {number} x @param {number} y from 0 to 1 */
  move(x, y) {
    const { state } = this.stage;
    state.w = Math.round(10 * REACH.w * (2 * x - 1)) / 10;
    state.b = Math.round(10 * REACH.b * (2 * y - 1)) / 10;
    state.starts = 1;
    this.restore();
  }

  /** Let all starts of a grid go. */
  sweep() {
    const { state } = this.stage;
    if (state.starts === 1) state.starts = STARTS[STARTS.length - 1];
    this.changed();
    this.go();
  }

  /** Go to step 0, and stay there. */
  begin() {
    const { w, b, starts, eta } = this.stage.state;
    this.step = 0;
    this.limit = LENGTH;
    this.starts = starts === 1 ? Float64Array.of(w, b) : sweep(Math.sqrt(starts));
    this.runs = this.sides.map((side) => {
      side.place(w, b, starts === 1);
      return { side, descent: new Descent(side.loss, this.starts, eta), path: [w, b] };
    });
    this.setGoing(false);
    this.draw();
  }

  /** @param {boolean} [afresh] */
  go(afresh = false) {
    if (afresh) this.begin();
    if (this.step >= this.limit) this.limit += LENGTH;
    this.from = { step: this.step, time: performance.now() };
    const waiting = this.going;
    this.setGoing(true);
    if (!waiting) requestAnimationFrame(() => this.frame());
  }

  stop() {
    this.setGoing(false);
    this.draw();
  }

  /** Take the steps that are due, as many as there is time for. */
  frame() {
    if (!this.going) return;
    const now = performance.now();
    const { step, time } = this.from;
    const share = Math.min(1, (now - time) / 1000 / SECONDS);
    const due = this.stage.still
      ? this.limit
      : step + Math.ceil((this.limit - step) * share ** 3);
    const piece = Math.ceil(PIECE / (this.starts.length / 2));
    while (this.step < due && performance.now() - now < SLICE)
      this.take(Math.min(piece, due - this.step));
    if (this.step >= this.limit) this.finish();
    else {
      if (!this.stage.still || now - this.drawn >= QUIET) this.draw();
      requestAnimationFrame(() => this.frame());
    }
  }

  /** Take n steps. @param {number} n */
  take(n) {
    for (const { descent, path } of this.runs) {
      if (descent.count > 1) descent.train(n);
      else
        for (let i = 0; i < n; i++) {
          descent.train(1);
          const [w, b] = descent.p;
          const [u, v] = path.slice(-2);
          const way = Math.abs(w - u) / REACH.w + Math.abs(b - v) / REACH.b;
          if (path.length < FIRST || way > APART) path.push(w, b);
        }
    }
    this.step += n;
  }

  finish() {
    this.stop();
    const words = this.runs.map(({ side, ...run }) => side.words(this.scene(run)));
    this.stage.announce(`Step ${this.step}. ${words.join(" ")}`);
  }

  /** @param {boolean} going */
  setGoing(going) {
    this.going = going;
    if (this.main)
      this.main.textContent = going
        ? "Pause"
        : this.step >= this.limit
          ? "Go on"
          : "Go";
  }

  /** @param {{descent: Descent, path: number[]}} run */
  scene({ descent, path }) {
    return { starts: this.starts, descent, fates: descent.fates, path };
  }

  draw() {
    this.drawn = performance.now();
    this.said.step.textContent = whole(this.step);
    this.said.limit.textContent = whole(this.limit);
    for (const { side, ...run } of this.runs) side.show(this.scene(run));
  }
}
