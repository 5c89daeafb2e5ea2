/** One of the two maps of the two valleys, its ring, and what is said below it. */

import { html, short, svg, symbol } from "../../kit/elements.js";
import { movable } from "../../kit/movable.js";
import { MARKS, ValleyMap } from "./map.js";
import { REACH } from "./valleys.js";

/** @typedef {import("./valleys.js").Fate} Fate */
/** @typedef {import("./valleys.js").Loss} Loss */
/** @typedef {import("./map.js").Scene} Scene */

/**
 * What the hand can do.
 * @typedef {object} Hand
 * @property {() => [number, number]} place of the ring, from 0 to 1
 * @property {(x: number, y: number) => void} move put it there
 * @property {() => void} done it stays there
 * @property {() => void} go send it on its way
 */

/** @type {Record<Fate, string>} */
const NAMES = {
  origin: "the origin",
  up: "up at 0",
  left: "down left",
  right: "down right",
  "under way": "under way",
};
const TICKS = [-5, 0, 5];

/** As it is printed. @param {number} value @param {number} [digits] */
const plain = (value, digits) =>
  (digits === undefined ? String(value) : value.toFixed(digits)).replace("-", "−");

/**
 * @param {"x" | "y"} axis
 * @param {number} value
 * @param {number} reach
 */
const tick = (axis, value, reach) =>
  html(
    "span",
    { class: `live-tick-${axis}`, style: `--at: ${0.5 + value / reach / 2}` },
    plain(value),
  );

export class ValleySide {
  #cost = html("data", { class: "valley-cost" });
  #of = html("span");
  #canvas = html("canvas", { "aria-hidden": "true" });

  /**
   * @param {Loss} loss
   * @param {string} name
   * @param {Fate[]} fates those that this cost knows
   * @param {Hand} hand
   */
  constructor(loss, name, fates, hand) {
    this.loss = loss;
    this.name = name;
    this.map = new ValleyMap(this.#canvas, loss);
    this.counts = fates.map((fate) => ({ fate, shown: html("b") }));
    this.ring = html(
      "span",
      {
        class: "live-site valley-ring",
        role: "slider",
        tabindex: 0,
        "aria-label": `Start on the map of ${name}`,
        "aria-roledescription": "start to be moved",
        "aria-valuemin": -REACH.w,
        "aria-valuemax": REACH.w,
      },
      svg(
        "svg",
        { viewBox: "-10 -10 20 20", "aria-hidden": "true" },
        svg("circle", { r: 6 }),
      ),
    );
    this.element = html(
      "div",
      { class: "valley-side", role: "group", "aria-label": name },
      html(
        "p",
        { class: "valley-name" },
        html("b", {}, name),
        html("span", {}, this.#of, " ", this.#cost),
      ),
      this.#map(hand),
      this.#legend(),
    );
  }

  /** @param {Hand} hand */
  #map(hand) {
    const { ring } = this;
    const area = html("div", { class: "live-area valley-area" }, this.#canvas, ring);
    movable(ring, area, hand);
    ring.addEventListener("pointerup", hand.go);
    ring.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      hand.go();
    });
    area.addEventListener("click", ({ target, clientX, clientY }) => {
      if (target instanceof Node && ring.contains(target)) return;
      const box = area.getBoundingClientRect();
      hand.move((clientX - box.left) / box.width, (box.bottom - clientY) / box.height);
      hand.done();
      hand.go();
    });
    return html(
      "div",
      { class: "live-map" },
      area,
      ...TICKS.flatMap((w) => [tick("x", w, REACH.w), tick("y", 2 * w, REACH.b)]),
      html("span", { class: "live-name-x" }, symbol("w")),
      html("span", { class: "live-name-y" }, symbol("b")),
    );
  }

  #legend() {
    const mark = (/** @type {Fate} */ fate) =>
      svg(
        "svg",
        { viewBox: "-1.5 -1.5 3 3", "aria-hidden": "true" },
        svg("path", {
          d: MARKS[fate],
          fill: `var(--valley-${fate.replace(" ", "-")})`,
        }),
      );
    return html(
      "ul",
      { class: "valley-fates" },
      ...this.counts.map(({ fate, shown }) =>
        html("li", {}, mark(fate), html("span", {}, NAMES[fate]), shown),
      ),
    );
  }

  /** @param {number} w @param {number} b @param {boolean} single */
  place(w, b, single) {
    this.ring.hidden = !single;
    this.ring.style.left = `${50 + (50 * w) / REACH.w}%`;
    this.ring.style.bottom = `${50 + (50 * b) / REACH.b}%`;
    this.ring.setAttribute("aria-valuenow", String(w));
    this.ring.setAttribute("aria-valuetext", `w = ${plain(w, 1)}, b = ${plain(b, 1)}`);
  }

  /** @param {Scene} scene */
  show(scene) {
    const { count, cost } = scene.descent;
    this.map.show(scene);
    this.#of.textContent = count === 1 ? "cost" : "mean cost";
    this.#cost.textContent = short(cost);
    this.#cost.value = String(cost);
    for (const { fate, shown } of this.counts)
      shown.textContent = String(scene.fates.filter((one) => one === fate).length);
  }

  /** What there is to be read aloud. @param {Scene} scene */
  words({ descent, fates }) {
    if (descent.count === 1) {
      const [w, b] = descent.p;
      const where = `w = ${plain(w, 2)}, b = ${plain(b, 2)}`;
      return `${this.name}: ${NAMES[fates[0]]}, ${where}, cost ${short(descent.cost)}.`;
    }
    const counted = this.counts.map(
      ({ fate, shown }) => `${shown.textContent} ${NAMES[fate]}`,
    );
    return `${this.name}: ${counted.join(", ")}.`;
  }
}
