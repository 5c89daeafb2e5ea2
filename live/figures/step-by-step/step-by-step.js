/**
 * Back propagation, step by step: one point goes forward through a small network
 * and its errors come back, neuron by neuron, each number with its formula.
 */

import { button, menu, number, slider } from "../../kit/controls.js";
import { html } from "../../kit/elements.js";
import { Stage } from "../../kit/stage.js";
import { NetworkPicture } from "./picture.js";
import { beginning, fields, LAST, SITES, subject } from "./state.js";
import { LABELS, walk } from "./steps.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Which} Which */
/** @typedef {import("./steps.js").Kind} Kind */
/** @typedef {import("./steps.js").Line} Line */
/** @typedef {import("./steps.js").Part} Part */
/** @typedef {import("./steps.js").Step} Step */

const HELP =
  "On the buttons and on the slider, the arrow keys to the right and to the left go " +
  "forward and back. The numbers on the lines are the weights that a step uses. The " +
  "address of the page holds where you are.";

/** @type {Record<Kind, (step: Step) => string>} */
const TITLES = {
  input: () => "The input",
  forward: ({ layer, neuron }) => `Forward: neuron ${neuron} of layer ${layer}`,
  loss: () => "The loss",
  error: ({ layer, neuron }) =>
    `Backward: the error of neuron ${neuron} of layer ${layer}`,
  derivative: ({ layer, neuron }) =>
    `The gradient: bias and weights of neuron ${neuron} of layer ${layer}`,
};

/** @param {Part} part */
function drawn(part) {
  if (typeof part === "string") return part;
  const { letter, layer, index } = part;
  const made = html("span", { class: "net-sign" }, html("i", {}, letter));
  if (index)
    made.append(
      html(
        "span",
        {},
        html("sup", {}, layer ? `[${layer}]` : ""),
        html("sub", {}, index),
      ),
    );
  return made;
}

/** @param {Part} part */
function spoken(part) {
  if (typeof part === "string") return part;
  const { letter, layer, index } = part;
  return [letter, index, layer && `of layer ${layer}`].filter(Boolean).join(" ");
}

/** @param {Line} line */
function formula({ of, symbols, numbers, value, shown, equation }) {
  const result = html("data", { value: String(value) }, shown);
  const made = html(
    "p",
    { class: "net-line" },
    html("span", { class: "net-of" }, ...of.map(drawn)),
    html(
      "span",
      {},
      html("span", {}, "=\u00a0", ...symbols.map(drawn)),
      " ",
      ...(numbers ? [html("span", {}, `=\u00a0${numbers}`), " "] : []),
      html("span", { class: "net-result" }, "=\u00a0", result),
    ),
  );
  if (equation)
    made.append(
      html(
        "a",
        { class: "net-by", href: `#equation-${LABELS[equation]}` },
        `(${equation})`,
      ),
    );
  return made;
}

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "step-by-step",
    label: "Live figure: back propagation, step by step",
    fields,
    beginning: beginning(),
    preset,
  });
  new StepByStep(stage);
}

class StepByStep {
  picture = new NetworkPicture();
  title = html("p", { class: "net-title" });
  lines = html("div", { class: "net-lines" });

  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    this.back = button("Back", () => this.go(-1));
    this.next = button("Next", () => this.go(1), "live-main");
    this.slider = html("div", { class: "net-slider" });
    this.site = menu(
      ["drilling site"],
      SITES.map(({ category }, i) => [i + 1, `${i + 1}, category ${category}`]),
      (site) => this.change({ site }),
    );
    this.seed = number(["random seed of the start"], 0, 2 ** 32 - 1, (seed) =>
      this.change({ seed }),
    );
    this.which = menu(
      ["network"],
      /** @type {[Which, string][]} */ ([
        ["hh", "HH’s start"],
        ["pencil", "with a pencil"],
      ]),
      (which) => this.change({ at: { which, step: 1 } }),
    );
    stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        this.back,
        this.next,
        ...stage.goBack(),
        this.slider,
      ),
      html("div", { class: "net-board" }, this.picture.element),
      this.title,
      this.lines,
      html(
        "div",
        { class: "live-controls" },
        ...[this.which, this.site, this.seed].map(({ element }) => element),
      ),
      html("p", { class: "live-help" }, HELP),
    );
    stage.root.addEventListener("keydown", (event) => this.key(event));
    stage.onRestored(() => this.restore());
    this.restore();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey)
      return;
    if (!(event.target instanceof HTMLButtonElement)) return;
    event.preventDefault();
    this.go(way);
  }

  /** @param {number} way */
  go(way) {
    const { which, step } = this.stage.state.at;
    if (step + way < 1 || step + way > LAST[which]) return;
    this.change({ at: { which, step: step + way } });
  }

  /** @param {Partial<State>} changed @param {boolean} [done] the hand has let go */
  change(changed, done = true) {
    const { which } = this.stage.state.at;
    Object.assign(this.stage.state, changed);
    if (this.stage.state.at.which !== which) this.restore();
    else this.draw();
    if (!done) return;
    this.stage.save();
    this.announce();
  }

  /** Show the state. */
  restore() {
    const { at, site, seed } = this.stage.state;
    const { which } = at;
    const last = LAST[which];
    this.steps = slider(
      ["step"],
      Array.from({ length: last }, (_, i) => i + 1),
      (step, done) => this.change({ at: { which, step } }, done),
      (step) => `${step} of ${last}`,
    );
    this.slider.replaceChildren(this.steps.element);
    this.which.show(which);
    this.site.show(site);
    this.seed.show(seed);
    for (const { element } of [this.site, this.seed]) element.hidden = which !== "hh";
    this.draw();
  }

  draw() {
    const { at } = this.stage.state;
    const { sizes, p, x, y } = subject(this.stage.state);
    const { net, steps } = walk(sizes, p, x, y);
    this.now = steps[at.step - 1];
    this.steps?.show(at.step);
    this.back.setAttribute("aria-disabled", String(at.step === 1));
    this.next.setAttribute("aria-disabled", String(at.step === steps.length));
    this.title.textContent = TITLES[this.now.kind](this.now);
    this.lines.replaceChildren(...this.now.lines.map(formula));
    this.picture.show(net, p, y, steps, at.step);
  }

  announce() {
    if (!this.now) return;
    const found = this.now.lines.map(
      ({ of, shown, equation }) =>
        `${of.map(spoken).join("")} is ${shown}${equation ? `, by ${equation}` : ""}`,
    );
    this.stage.announce(`${TITLES[this.now.kind](this.now)}: ${found.join("; ")}.`);
  }
}
