/** A rectangle of the plane with its axes, to draw on and to move things on. */

import { html, svg } from "./elements.js";
import { movable } from "./movable.js";
import { Plane } from "./plane.js";

/** @typedef {[number, number]} Point in the units of the axes */
/** @typedef {import("./elements.js").Attributes} Attributes */
/**
 * @typedef {object} Range
 * @property {Point} x from, to
 * @property {Point} y
 * @property {number[]} ticks of the x-axis
 * @property {number[]} [ticksY] of the other, if they are not the same
 */

const FINE = 1000; // the units of the drawing, from edge to edge
const FAR = 20; // a line is drawn so many times as long as the axes

/** A number as it is read in print, with a true minus. @param {number} value @param {number} [digits] */
export function printed(value, digits = 2) {
  const text = value.toFixed(digits).replace("-", "−");
  return /[1-9]/.test(text) ? text : text.replace("−", "");
}

/** The same, as short as it can be. @param {number} value */
export const tidy = (value) => String(Number(value.toFixed(2))).replace("-", "−");

/** A point or a vector, as (1.20, 0.80). @param {number[]} values */
export const tuple = (values) =>
  `(${values.map((value) => printed(value)).join(", ")})`;

/** Numbers with commas between them, each with its value in full. @param {readonly number[]} values */
export const listed = (values) =>
  values.flatMap((value, i) => [
    i ? ", " : "",
    html("data", { value }, printed(value)),
  ]);

export class Board {
  /** @type {Plane | undefined} */
  plane;
  /** @type {HTMLElement[]} */
  #ticks = [];
  /** @type {(() => void)[]} what stands somewhere, to be put there again */
  #placed = [];

  /**
   * @param {Range} range
   * @param {object} options
   * @param {[Node, Node]} options.names of the axes
   * @param {number} [options.namesAt] where they stand, as a share of the axis
   * @param {boolean} [options.shaded] whether there is a plane behind; a square then
   */
  constructor(range, { names, namesAt = 0.75, shaded = false }) {
    this.range = range;
    this.drawing = svg("svg", {
      class: "live-drawing",
      viewBox: `0 0 ${FINE} ${FINE}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    this.area = html("div", { class: "live-area" });
    if (shaded) {
      const canvas = html("canvas", { "aria-hidden": "true" });
      this.area.append(canvas);
      this.plane = new Plane(canvas);
    }
    this.area.append(this.drawing);
    this.names = [
      html("span", { class: "live-name-x" }, names[0]),
      html("span", { class: "live-name-y" }, names[1]),
    ];
    this.element = html("div", { class: "live-map" }, this.area, ...this.names);
    this.element.style.setProperty("--names-at", String(namesAt));
    this.show(range);
  }

  /** Let the axes be these. @param {Range} range */
  show(range) {
    this.range = range;
    for (const tick of this.#ticks) tick.remove();
    const at = (/** @type {string} */ kind, /** @type {Point} */ [from, to]) =>
      ((kind === "y" && range.ticksY) || range.ticks).map((value) =>
        html(
          "span",
          {
            class: `live-tick-${kind}`,
            style: `--at: ${(value - from) / (to - from)}`,
            "aria-hidden": "true",
          },
          String(value).replace("-", "−"),
        ),
      );
    this.#ticks = [...at("x", range.x), ...at("y", range.y)];
    this.element.append(...this.#ticks);
    for (const place of this.#placed) place();
  }

  /** A place as a share of the area's width and height. @param {Point} p @returns {Point} */
  #share([px, py]) {
    const { x, y } = this.range;
    return [(px - x[0]) / (x[1] - x[0]), (py - y[0]) / (y[1] - y[0])];
  }

  /** Whether a point is seen. @param {Point} point */
  holds(point) {
    return this.#share(point).every((share) => share >= 0 && share <= 1);
  }

  /** The nearest point that is seen. @param {Point} point @returns {Point} */
  within([px, py]) {
    const { x, y } = this.range;
    return [Math.min(x[1], Math.max(x[0], px)), Math.min(y[1], Math.max(y[0], py))];
  }

  /** A line to be drawn. @param {string} kind the class */
  line(kind) {
    const path = svg("path", { class: kind });
    this.drawing.append(path);
    /** @type {Point[][]} */
    let parts = [];
    const draw = () => {
      const seen = parts.filter((points) => points.length);
      const words = seen.map((points) =>
        points
          .map(this.#share, this)
          .map(([x, y]) => `${(FINE * x).toFixed(2)} ${(FINE * (1 - y)).toFixed(2)}`)
          .join("L"),
      );
      path.setAttribute("d", words.map((word) => `M${word}`).join(""));
    };
    this.#placed.push(draw);
    return {
      path,
      /** @param {...Point[]} given pieces, each through its points */
      draw: (...given) => {
        parts = given;
        draw();
      },
    };
  }

  /** The two lines through the origin. @param {string} kind the class */
  axes(kind) {
    const { x, y } = this.range;
    const across = x.map((value) => /** @type {Point} */ ([value, 0]));
    const upwards = y.map((value) => /** @type {Point} */ ([0, value]));
    this.line(kind).draw(across, upwards);
  }

  /** The ends, out of sight, of the line w·x + b = 0. */
  /** @param {ArrayLike<number>} w @param {number} b @returns {Point[]} none if w is zero */
  cut(w, b) {
    const square = w[0] * w[0] + w[1] * w[1];
    if (!square) return [];
    const { x, y } = this.range;
    const middle = [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2];
    const t = (w[0] * middle[0] + w[1] * middle[1] + b) / square;
    const far = (FAR * Math.max(x[1] - x[0], y[1] - y[0])) / Math.sqrt(square);
    const [px, py] = [middle[0] - t * w[0], middle[1] - t * w[1]];
    return [
      [px - far * w[1], py + far * w[0]],
      [px + far * w[1], py - far * w[0]],
    ];
  }

  /** Let something stand on the board. @param {HTMLElement} element */
  put(element) {
    /** @type {Point} */
    let at = [0, 0];
    const place = () => {
      const [x, y] = this.#share(at);
      element.style.left = `${100 * x}%`;
      element.style.bottom = `${100 * y}%`;
    };
    this.#placed.push(place);
    this.area.append(element);
    return {
      element,
      /** @param {Point} point */
      to: (point) => {
        at = point;
        place();
      },
    };
  }

  /**
   * A handle to be moved; it stays in sight, also if its place is not.
   * @param {object} options
   * @param {string} options.label what it is
   * @param {string} [options.mark] what is written on it
   * @param {string} [options.kind] a class
   * @param {() => Point} options.place
   * @param {(point: Point) => void} options.move
   * @param {() => void} options.done
   */
  handle({ label, mark = "", kind = "", place, move, done }) {
    const element = html(
      "span",
      {
        class: `live-handle ${kind}`,
        role: "slider",
        tabindex: 0,
        "aria-label": label,
        "aria-roledescription": "handle to be moved",
      },
      html("span", {}, mark),
    );
    const put = this.put(element);
    movable(element, this.area, {
      place: () => this.#share(this.within(place())),
      move: (u, v) => {
        const { x, y } = this.range;
        move([x[0] + u * (x[1] - x[0]), y[0] + v * (y[1] - y[0])]);
      },
      done,
    });
    return {
      element,
      /** Put it where it belongs. @param {number} now a number, and in words @param {string} words */
      show: (now, words) => {
        put.to(this.within(place()));
        element.setAttribute("aria-valuenow", String(now));
        element.setAttribute("aria-valuetext", words);
      },
    };
  }
}
