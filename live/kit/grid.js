/** A square of shaded cells, one of which is chosen, by pointing or by arrow keys. */

import { html } from "./elements.js";

/** @typedef {[number, number, number]} Colour */
/**
 * @typedef {object} Look
 * @property {(cell: number) => number} value from −1 to 1
 * @property {(cell: number) => boolean} [faint] whether a cell stays in the background
 * @property {(cell: number) => boolean} [marked] whether it has a frame
 * @property {number} [at] the cell that is chosen, and framed last
 * @property {number[]} [rows] that are framed as a whole
 * @property {number[]} [columns]
 */

/** @type {(from: Colour, to: Colour, t: number) => string} */
const mix = (from, to, t) =>
  `rgb(${from.map((c, n) => Math.round(c + (to[n] - c) * t)).join()})`;

const FAINT = 0.3; // how much of its shade a faint cell keeps

export class Grid {
  /** @type {Look} */
  #look = { value: () => 0 };
  /** @type {{ground: Colour, positive: Colour, negative: Colour, line: string, mark: string} | undefined} */
  #colours;

  /**
   * @param {number} side how many cells
   * @param {object} options
   * @param {string} options.label
   * @param {() => number} [options.chosen]
   * @param {(cell: number, done: boolean) => void} [options.choose] not done: it is only pointed at
   * @param {(cell: number) => void} [options.press] by a click, or the space bar
   * @param {(cell: number) => void} [options.stroke] what a pen that is down goes over
   */
  constructor(side, { label, chosen, choose, press, stroke }) {
    this.side = side;
    this.canvas = html("canvas", { "aria-hidden": "true" });
    this.element = html("div", { class: "live-cells" }, this.canvas);
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    if (!chosen || !choose) {
      this.element.setAttribute("role", "img");
      this.element.setAttribute("aria-label", label);
      return;
    }
    for (const [name, value] of Object.entries({
      role: "slider",
      tabindex: "0",
      "aria-label": label,
      "aria-valuemin": "0",
      "aria-valuemax": String(side * side - 1),
    }))
      this.element.setAttribute(name, value);
    if (stroke) this.#pen(choose, stroke);
    else {
      this.element.addEventListener("pointermove", (event) => {
        if (event.pointerType === "mouse") choose(this.#under(event), false);
      });
      this.element.addEventListener("click", (event) => {
        choose(this.#under(event), true);
        press?.(chosen());
      });
    }
    this.element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (press && (event.key === " " || event.key === "Enter")) {
        event.preventDefault();
        press(chosen());
        return;
      }
      const way = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side }[
        event.key
      ];
      if (!way) return;
      event.preventDefault(); // the page does not scroll
      const next = chosen() + way;
      const wraps = Math.abs(way) === 1 && next % side === (way > 0 ? 0 : side - 1);
      if (next >= 0 && next < side * side && !wraps) choose(next, true);
    });
  }

  /**
   * @param {(cell: number, done: boolean) => void} choose
   * @param {(cell: number) => void} stroke
   */
  #pen(choose, stroke) {
    this.element.style.touchAction = "none"; // a finger draws, and does not scroll
    let down = false;
    const go = (/** @type {PointerEvent} */ event) => {
      for (const one of event.getCoalescedEvents?.() ?? [event])
        stroke(this.#under(one));
      choose(this.#under(event), false);
    };
    this.element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault(); // no text is selected
      this.element.focus({ preventScroll: true });
      this.element.setPointerCapture(event.pointerId);
      down = true;
      stroke(this.#under(event));
      choose(this.#under(event), false);
    });
    this.element.addEventListener("pointermove", (event) => {
      if (down) go(event);
    });
    for (const kind of /** @type {const} */ (["pointerup", "pointercancel"]))
      this.element.addEventListener(kind, (event) => {
        if (down) choose(this.#under(event), true);
        down = false;
      });
  }

  /** @param {MouseEvent} event */
  #under(event) {
    const box = this.canvas.getBoundingClientRect();
    const at = (/** @type {number} */ share) =>
      Math.min(this.side - 1, Math.max(0, Math.floor(this.side * share)));
    const row = at((event.clientY - box.top) / box.height);
    return this.side * row + at((event.clientX - box.left) / box.width);
  }

  /** Say where it is. @param {number} cell @param {string} words */
  say(cell, words) {
    this.element.setAttribute("aria-valuenow", String(cell));
    this.element.setAttribute("aria-valuetext", words);
  }

  /**
   * @param {Colour} ground
   * @param {Colour} positive
   * @param {Colour} negative
   * @param {string} line of what is pointed at
   * @param {string} mark of what is marked
   */
  setColours(ground, positive, negative, line, mark) {
    this.#colours = { ground, positive, negative, line, mark };
    this.draw();
  }

  /** @param {Look} look */
  show(look) {
    this.#look = look;
    this.draw();
  }

  draw() {
    const size = Math.round(this.canvas.clientWidth * devicePixelRatio);
    const context = this.canvas.getContext("2d");
    if (!context || !size || !this.#colours) return;
    const { ground, positive, negative, line, mark } = this.#colours;
    const { value, faint, marked, at, rows = [], columns = [] } = this.#look;
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    const { side } = this;
    const edge = (/** @type {number} */ n) => Math.round((n * size) / side);
    const wide = size / side > 10 * devicePixelRatio; // enough for a gap
    const gap = wide && side < 16 ? Math.max(1, Math.round(devicePixelRatio)) : 0;
    for (let cell = 0; cell < side * side; cell++) {
      const [i, j] = [Math.floor(cell / side), cell % side];
      const t = Math.max(-1, Math.min(1, value(cell)));
      const strength = Math.abs(t) * (faint?.(cell) ? FAINT : 1);
      context.fillStyle = mix(ground, t > 0 ? positive : negative, strength);
      const [x, y] = [edge(j), edge(i)];
      context.fillRect(x, y, edge(j + 1) - x - gap, edge(i + 1) - y - gap);
    }
    const frame = (
      /** @type {number[]} */ [i, j, height, width],
      /** @type {string} */ colour,
    ) => {
      context.strokeStyle = colour;
      context.lineWidth = (side < 16 ? 2 : 1) * devicePixelRatio;
      const half = context.lineWidth / 2;
      const [x, y] = [edge(j) + half, edge(i) + half];
      const [w, h] = [edge(j + width) - edge(j), edge(i + height) - edge(i)];
      context.strokeRect(x, y, w - 2 * half - gap, h - 2 * half - gap);
    };
    for (let cell = 0; marked && cell < side * side; cell++)
      if (marked(cell)) frame([Math.floor(cell / side), cell % side, 1, 1], mark);
    for (const i of rows) frame([i, 0, 1, side], line);
    for (const j of columns) frame([0, j, side, 1], line);
    if (at !== undefined) frame([Math.floor(at / side), at % side, 1, 1], line);
  }
}
