/** A curve that grows, over steps, on a logarithmic axis. */

import { raised, svg, whole } from "./elements.js";

const BOX = { left: 38, right: 334, top: 8, bottom: 206, width: 340, height: 244 };

export class Curve {
  #line = svg("path", { class: "live-line" });
  #end = svg("circle", { class: "live-end", r: 3.5 });
  #ticks = svg("g", { class: "live-ticks" });
  /** @type {number[]} */
  #steps = [];
  /** @type {number[]} */
  #values = [];
  #last = 1;

  /**
   * @param {object} options
   * @param {number} options.low the exponent of ten at the bottom
   * @param {number} options.high the exponent of ten at the top
   * @param {string} options.title what is drawn
   */
  constructor({ low, high, title }) {
    this.low = low;
    this.high = high;
    const grid = svg("g", { class: "live-grid" });
    for (let e = low; e <= high; e++) {
      const y = this.#y(10 ** e);
      grid.append(
        svg("line", { x1: BOX.left, x2: BOX.right, y1: y, y2: y }),
        svg(
          "text",
          { x: BOX.left - 6, y: y + 4, "text-anchor": "end" },
          e === 0 ? "1" : `10${raised(e)}`,
        ),
      );
    }
    this.element = svg(
      "svg",
      {
        class: "live-curve",
        viewBox: `0 0 ${BOX.width} ${BOX.height}`,
        role: "img",
        "aria-label": title,
      },
      grid,
      this.#ticks,
      this.#line,
      this.#end,
    );
  }

  /** @param {number} step */
  #x(step) {
    return BOX.left + (step / this.#last) * (BOX.right - BOX.left);
  }

  /** @param {number} value */
  #y(value) {
    const share = (Math.log10(value) - this.low) / (this.high - this.low);
    const within = Math.min(1, Math.max(0, share));
    return BOX.bottom - within * (BOX.bottom - BOX.top);
  }

  clear() {
    this.#steps = [];
    this.#values = [];
    this.#line.setAttribute("d", "");
  }

  /** Let the axis end at this step. @param {number} last */
  setLast(last) {
    this.#last = last;
    this.#ticks.replaceChildren(
      ...[0, last / 2, last].map((step, i) =>
        svg(
          "text",
          {
            x: this.#x(step),
            y: BOX.bottom + 18,
            "text-anchor": ["start", "middle", "end"][i],
          },
          whole(step),
        ),
      ),
      svg(
        "text",
        { x: (BOX.left + BOX.right) / 2, y: BOX.bottom + 34, "text-anchor": "middle" },
        "step",
      ),
    );
  }

  /** @param {number[]} steps @param {number[]} values */
  add(steps, values) {
    this.#steps.push(...steps);
    this.#values.push(...values);
  }

  /** Draw what was added, and on to where the run is. */
  /** @param {number} step @param {number} value */
  draw(step, value) {
    const points = this.#steps.map(
      (step, i) => `${this.#x(step).toFixed(1)} ${this.#y(this.#values[i]).toFixed(1)}`,
    );
    const [x, y] = [this.#x(step).toFixed(1), this.#y(value).toFixed(1)];
    this.#line.setAttribute("d", `M${[...points, `${x} ${y}`].join("L")}`);
    this.#end.setAttribute("cx", x);
    this.#end.setAttribute("cy", y);
  }
}
