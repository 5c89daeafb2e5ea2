/**
 * The drilling map: ten sites, a network of 23 parameters, and its training.
 * With nothing changed it is the experiment of Higham and Higham, section 6,
 * from their start and in their order; a worker takes the steps.
 */

import { button, menu, number, slider } from "../../kit/controls.js";
import { Curve } from "../../kit/curve.js";
import { html, short, symbol, whole } from "../../kit/elements.js";
import { Plane } from "../../kit/plane.js";
import { Stage } from "../../kit/stage.js";
import { paper } from "../../kit/training.js";
import { Sites } from "./sites.js";
import { BATCHES, fields, LENGTHS, RATES } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./worker.js").Order} Order */
/** @typedef {import("./worker.js").Picture} Picture */
/** @typedef {import("./state.js").Sampling} Sampling */
/** @typedef {import("./state.js").Speed} Speed */

const POINTS = 500; // of the curve, in one length of a run
const SECONDS = 8; // that a run takes when it is watched
const HELP =
  "A site moves with the mouse, a finger or the arrow keys; the space bar puts it into " +
  "the other category, delete removes it. The address of the page holds what you set.";
const QUIET = 1000; // milliseconds between two pictures for who wants no motion

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise than the paper
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "drilling-map",
    label: "Live figure: the drilling map",
    fields,
    beginning: /** @type {State} */ ({ ...paper(), speed: "watch" }),
    preset,
  });
  new DrillingMap(stage);
}

class DrillingMap {
  run = 0;
  step = 0;
  limit = 0;
  going = false;

  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    this.worker = new Worker(new URL("./worker.js", import.meta.url), {
      type: "module",
    });
    this.worker.onmessage = ({ data }) => requestAnimationFrame(() => this.draw(data));
    this.worker.onerror = () => stage.notice("The training cannot be run here.");
    this.curve = new Curve({ low: -6, high: 0, title: "Cost against step" });
    const canvas = html("canvas", { "aria-hidden": "true" });
    this.plane = new Plane(canvas);
    this.area = html("div", { class: "live-area" }, canvas);
    this.said = {
      step: html("b"),
      limit: html("span"),
      right: html("b"),
      cost: html("data", { class: "live-cost" }),
      plotted: html("data"),
    };
    this.sites = new Sites(this.area, stage, (done) => this.changed(done));
    this.build();
    stage.onTheme((...colours) => this.plane.setColours(...colours));
    stage.onRestored(() => this.restore());
    this.restore();
  }

  build() {
    this.train = button(
      "Train",
      () => (this.going ? this.stop() : this.go()),
      "live-main",
    );
    const actions = html(
      "div",
      { class: "live-actions" },
      this.train,
      button("Restart", () => this.begin()),
      button("HH’s run", () => this.repeat()),
      ...this.stage.goBack(),
    );
    const tick = (/** @type {string} */ kind, /** @type {number} */ at) =>
      html("span", { class: `live-tick-${kind}`, style: `--at: ${at}` }, String(at));
    const map = html(
      "div",
      { class: "live-map" },
      this.area,
      ...[0, 0.5, 1].flatMap((at) => [tick("x", at), tick("y", at)]),
      html("span", { class: "live-name-x" }, symbol("x", "1")),
      html("span", { class: "live-name-y" }, symbol("x", "2")),
    );
    const edit = html(
      "div",
      { class: "live-actions live-edit", role: "group", "aria-label": "Sites" },
      button("Add A", () => this.sites.add("A")),
      button("Add B", () => this.sites.add("B")),
      button("Swap A/B", () => this.sites.swap()),
      button("Remove", () => this.sites.remove()),
    );
    const { step, limit, right, cost, plotted } = this.said;
    const numbers = html(
      "div",
      { class: "live-numbers" },
      ...[
        ["step", step, html("span", {}, " of ", limit)],
        ["sites right", right],
        ["cost", cost],
        ["as HH plot it", plotted],
      ].map(([of, ...shown]) =>
        html("p", {}, html("span", { class: "live-of" }, of), " ", ...shown),
      ),
    );
    this.stage.root.prepend(
      actions,
      html(
        "div",
        { class: "live-panes" },
        html("div", {}, map, edit),
        html("div", {}, numbers, this.curve.element),
      ),
      this.settings(),
      html("p", { class: "live-help" }, HELP),
    );
  }

  settings() {
    /** @param {Partial<State>} changed @param {boolean} [done] */
    const change = (changed, done = true) => {
      Object.assign(this.stage.state, changed);
      this.changed(done);
    };
    this.controls = {
      eta: slider(["learning rate ", symbol("η")], RATES, (eta, done) =>
        change({ eta }, done),
      ),
      m: menu(
        ["points a step, ", symbol("m")],
        BATCHES.map((m) => [m, String(m)]),
        (m) => change({ m }),
      ),
      sampling: menu(
        ["order of the points"],
        /** @type {[Sampling, string][]} */ ([
          ["replacement", "drawn afresh"],
          ["epochs", "shuffled epochs"],
        ]),
        (sampling) => change({ sampling }),
      ),
      seed: number(["random seed"], 0, 2 ** 32 - 1, (seed) => {
        change({ seed });
        this.begin();
      }),
      steps: menu(
        ["steps in a run"],
        LENGTHS.map((n) => [n, whole(n)]),
        (steps) => {
          change({ steps });
          this.begin();
        },
      ),
      speed: menu(
        ["speed"],
        /** @type {[Speed, string][]} */ ([
          ["watch", `${SECONDS} s a run`],
          ["full", "full speed"],
        ]),
        (speed) => {
          change({ speed });
          if (this.going) this.go();
        },
      ),
    };
    const shown = Object.values(this.controls).map(({ element }) => element);
    return html("div", { class: "live-controls" }, ...shown);
  }

  /** @param {Order} order */
  tell(order) {
    this.worker.postMessage(order);
  }

  /** Show the state, from step 0. */
  restore() {
    const { state } = this.stage;
    const controls = /** @type {NonNullable<typeof this.controls>} */ (this.controls);
    controls.eta.show(state.eta);
    controls.m.show(state.m);
    controls.sampling.show(state.sampling);
    controls.seed.show(state.seed);
    controls.steps.show(state.steps);
    controls.speed.show(state.speed);
    this.sites.show(state.sites);
    this.begin();
  }

  /** The sites or the settings are others; a run goes on with them. */
  /** @param {boolean} done */
  changed(done) {
    const { state } = this.stage;
    state.sites = this.sites.places;
    this.tell({ do: "change", sites: state.sites, settings: state });
    if (done) this.stage.save();
  }

  /** Go to step 0, and stop there. */
  begin() {
    const { state } = this.stage;
    this.run++;
    this.limit = state.steps;
    this.curve.clear();
    this.curve.setLast(this.limit);
    this.setGoing(false);
    this.tell({
      do: "begin",
      run: this.run,
      sites: state.sites,
      settings: state,
      seed: state.seed,
    });
  }

  go() {
    const { steps, speed } = this.stage.state;
    if (this.step >= this.limit) {
      this.limit += steps;
      this.curve.setLast(this.limit);
    }
    const pace = speed === "watch" && !this.stage.still ? steps / SECONDS : 0;
    const interval = this.stage.still ? QUIET : 0;
    this.setGoing(true);
    this.tell({ do: "go", until: this.limit, every: steps / POINTS, pace, interval });
  }

  stop() {
    this.tell({ do: "stop" });
  }

  /** Play the experiment of the paper. */
  repeat() {
    Object.assign(this.stage.state, paper());
    this.restore();
    this.stage.save();
    this.step = 0;
    this.go();
  }

  /** @param {boolean} going */
  setGoing(going) {
    this.going = going;
    if (this.train)
      this.train.textContent = going
        ? "Pause"
        : this.step >= this.limit
          ? "Go on"
          : "Train";
  }

  /** @param {Picture} picture */
  draw(picture) {
    this.tell({ do: "drawn" });
    if (picture.run !== this.run) return;
    const { step, cost, right, rate } = picture;
    const count = this.sites.places.length;
    const plotted = 2 * count * cost; // the sum of the squares
    this.step = step;
    this.curve.add(picture.steps, picture.costs);
    this.curve.draw(step, cost);
    this.plane.show(picture.margins);
    this.said.step.textContent = whole(step);
    this.said.limit.textContent = whole(this.limit);
    this.said.right.textContent = `${right} of ${count}`;
    this.said.cost.textContent = short(cost);
    this.said.cost.value = String(cost);
    this.said.plotted.textContent = short(plotted);
    this.said.plotted.value = String(plotted);
    this.stage.root.dataset.rate = rate.toFixed();
    if (this.going && !picture.going)
      this.stage.announce(
        `Step ${step}: the cost is ${short(cost)}, ${right} of ${count} sites are right.`,
      );
    this.setGoing(picture.going);
  }
}
