/** A cost seen from above, with what runs down on it. */

import { border } from "../../kit/plane.js";
import { heights, MINIMUM, PASSES, REACH } from "./valleys.js";

/** @typedef {import("./valleys.js").Descent} Descent */
/** @typedef {import("./valleys.js").Fate} Fate */
/** @typedef {import("./valleys.js").Loss} Loss */

const GRID = 141;
const DOTS = 200; // steps that are marked by a dot on a path
const RING = "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0Z";

/** What a fate is drawn by, in a square from −1 to 1. @type {Record<Fate, string>} */
export const MARKS = {
  origin: RING,
  up: "M-.9-.9H.9V.9H-.9Z",
  left: "M0-1.2L1.2 0L0 1.2L-1.2 0Z",
  right: "M-1.1-.9H1.1L0 1.1Z",
  "under way": "M-.5 0a.5.5 0 1 0 1 0a.5.5 0 1 0-1 0Z",
};
const FATES = /** @type {Fate[]} */ (Object.keys(MARKS));
const CROSS = "M-1-.5L-.5 0L-1 .5L-.5 1L0 .5L.5 1L1 .5L.5 0L1-.5L.5-1L0-.5L-.5-1Z";

/** Heights at which a line is drawn. @type {Record<Loss, number[]>} */
const LEVELS = {
  quadratic: Array.from({ length: 14 }, (_, i) => 0.13 + 0.015 * i),
  binary_cross_entropy: [
    0.75,
    0.9,
    ...Array.from({ length: 14 }, (_, i) => 1.2 + i / 2),
  ],
};

/**
 * What is to be drawn.
 * @typedef {object} Scene
 * @property {Float64Array} starts
 * @property {Descent} descent
 * @property {Fate[]} fates
 * @property {number[]} path w and b on the way, of a single start
 */

export class ValleyMap {
  #ground = document.createElement("canvas");
  /** The same with the marks of the starts, and which ones these are. */
  #marked = document.createElement("canvas");
  /** @type {Float64Array | undefined} */
  #starts;
  /** @type {Fate[]} */
  #known = [];
  /** @type {Scene | undefined} */
  #scene;
  /** @type {string[]} */
  #ends = ["white", "grey"];
  /** @type {Record<string, string>} */
  #colours = {};

  /**
   * @param {HTMLCanvasElement} canvas a square
   * @param {Loss} loss
   */
  constructor(canvas, loss) {
    this.canvas = canvas;
    this.loss = loss;
    this.values = heights(loss, GRID);
    new ResizeObserver(() => {
      this.#survey();
      this.draw();
    }).observe(canvas);
  }

  /** @param {(name: string) => string} colour the value of a property of live.css */
  setColours(colour) {
    this.#ends = [colour("--valley-low"), colour("--valley-high")];
    this.#colours = Object.fromEntries(
      ["ink", "line", "paper", ...FATES].map((name) => [
        name,
        colour(`--valley-${name.replace(" ", "-")}`),
      ]),
    );
    this.#survey();
    this.draw();
  }

  /** Draw what does not move. */
  #survey() {
    const size = Math.round(this.canvas.clientWidth * devicePixelRatio);
    const context = this.#ground.getContext("2d");
    if (!size || !context) return;
    this.#ground.width = this.#ground.height = size;
    this.#starts = undefined;
    const small = document.createElement("canvas");
    small.width = small.height = GRID;
    const shades = small.getContext("2d");
    const [least, most] = [Math.min(...this.values), Math.max(...this.values)];
    if (!shades) return;
    // The shade is a mixture of two, laid on one over the other.
    const [low, high] = this.#ends;
    shades.fillStyle = low;
    shades.fillRect(0, 0, GRID, GRID);
    shades.fillStyle = high;
    this.values.forEach((value, i) => {
      shades.globalAlpha = (value - least) / (most - least);
      shades.fillRect(i % GRID, GRID - 1 - Math.floor(i / GRID), 1, 1);
    });
    context.drawImage(small, 0.5, 0.5, GRID - 1, GRID - 1, 0, 0, size, size);
    context.strokeStyle = this.#colours.line;
    context.lineWidth = 0.8 * devicePixelRatio;
    const scale = size / (GRID - 1);
    context.beginPath();
    for (const level of LEVELS[this.loss])
      for (const [x1, y1, x2, y2] of border(
        this.values.map((value) => value - level),
        GRID,
      )) {
        context.moveTo(x1 * scale, size - y1 * scale);
        context.lineTo(x2 * scale, size - y2 * scale);
      }
    context.stroke();
  }

  /** @param {Scene} scene */
  show(scene) {
    this.#scene = scene;
    this.draw();
  }

  draw() {
    const size = this.#ground.width;
    const context = this.canvas.getContext("2d");
    if (!this.#scene || !context || !this.canvas.clientWidth) return;
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#ground, 0, 0);
    context.scale(devicePixelRatio, devicePixelRatio);
    if (this.#scene.descent.count === 1) this.#single(context, this.#scene);
    else this.#many(context, this.#scene);
  }

  /** @param {number} w @param {number} b @returns {[number, number]} */
  #place(w, b) {
    const width = this.canvas.clientWidth;
    return [(0.5 + w / REACH.w / 2) * width, (0.5 - b / REACH.b / 2) * width];
  }

  /** @param {string} shape @param {number} w @param {number} b @param {number} radius */
  #shape(shape, w, b, radius) {
    const path = new Path2D();
    const [x, y] = this.#place(w, b);
    path.addPath(new Path2D(shape), new DOMMatrix([radius, 0, 0, radius, x, y]));
    return path;
  }

  /** The minimum, and the passes. @param {CanvasRenderingContext2D} context */
  #landmarks(context) {
    context.fillStyle = this.#colours.paper;
    context.strokeStyle = this.#colours.ink;
    context.lineWidth = 1;
    const passes = this.loss === "quadratic" ? PASSES : [];
    for (const { w, b } of [MINIMUM, ...passes]) {
      const shape = this.#shape(w ? CROSS : RING, w, b, 5);
      context.fill(shape);
      context.stroke(shape);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Scene} scene */
  #single(context, { path, descent, fates }) {
    this.#landmarks(context);
    const [w, b] = descent.p;
    context.strokeStyle = context.fillStyle = this.#colours.ink;
    context.lineWidth = 1.8;
    context.lineJoin = "round";
    context.beginPath();
    for (let i = 0; i < path.length; i += 2)
      context.lineTo(...this.#place(path[i], path[i + 1]));
    context.lineTo(...this.#place(w, b));
    context.stroke();
    this.#dots(context, path.slice(0, 2 * DOTS));
    if (descent.step === 0) return;
    const end = this.#shape(MARKS[fates[0]], w, b, 6);
    context.fillStyle = this.#colours[fates[0]];
    context.fill(end);
    context.lineWidth = 1.2;
    context.strokeStyle = this.#colours.paper;
    context.stroke(end);
  }

  /** @param {CanvasRenderingContext2D} context @param {Scene} scene */
  #many(context, { starts, descent, fates }) {
    const radius = Math.min(
      3.2,
      this.canvas.clientWidth / Math.sqrt(descent.count) / 4,
    );
    const marks = this.#marked.getContext("2d");
    const changed = fates.some(
      (fate, i) => ![fate, "under way"].includes(this.#known[i]),
    );
    if (!marks) return;
    if (starts !== this.#starts || changed) {
      this.#marked.width = this.#marked.height = this.#ground.width;
      marks.drawImage(this.#ground, 0, 0);
      marks.scale(devicePixelRatio, devicePixelRatio);
      this.#starts = starts;
      this.#known = [];
    }
    fates.forEach((fate, i) => {
      if (fate === this.#known[i]) return;
      marks.fillStyle = this.#colours[fate];
      marks.fill(this.#shape(MARKS[fate], starts[2 * i], starts[2 * i + 1], radius));
    });
    this.#known = fates;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#marked, 0, 0);
    context.restore();
    this.#landmarks(context);
    context.fillStyle = this.#colours.ink;
    if (descent.step > 0) this.#dots(context, descent.p);
  }

  /** @param {CanvasRenderingContext2D} context @param {ArrayLike<number>} points */
  #dots(context, points) {
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = this.#place(points[i], points[i + 1]);
      context.moveTo(x + 1.8, y);
      context.arc(x, y, 1.8, 0, 7);
    }
    context.fill();
  }
}
