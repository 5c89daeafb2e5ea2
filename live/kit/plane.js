/** A square that is shaded by a function: blue where it is positive, else orange. */

/** @typedef {[number, number, number]} Colour red, green, blue */

/** @type {(from: Colour, to: Colour, t: number) => Colour} */
const mix = (from, to, t) => [
  from[0] + (to[0] - from[0]) * t,
  from[1] + (to[1] - from[1]) * t,
  from[2] + (to[2] - from[2]) * t,
];

export class Plane {
  #small = document.createElement("canvas");
  /** @type {Colour[]} shades of −1 … 1 */
  #shades = [];
  #line = "black";
  /** @type {Float32Array | undefined} */
  #values;

  /** @param {HTMLCanvasElement} canvas a square */
  constructor(canvas) {
    this.canvas = canvas;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /**
   * @param {Colour} ground
   * @param {Colour} positive
   * @param {Colour} negative
   * @param {string} line of the border between the two
   */
  setColours(ground, positive, negative, line) {
    this.#shades = Array.from({ length: 201 }, (_, i) => {
      const t = i / 100 - 1;
      return mix(ground, t > 0 ? positive : negative, 0.08 + 0.37 * Math.abs(t));
    });
    this.#line = line;
    this.draw();
  }

  /** @param {Float32Array} values from −1 to 1, n × n corners, the lowest row first */
  show(values) {
    this.#values = values;
    this.draw();
  }

  draw() {
    const values = this.#values;
    const size = Math.round(this.canvas.clientWidth * devicePixelRatio);
    const context = this.canvas.getContext("2d");
    const small = this.#small.getContext("2d");
    if (!values || !context || !small || size === 0 || !this.#shades.length) return;
    const n = Math.sqrt(values.length);
    const image = small.createImageData(n, n);
    for (let i = 0; i < values.length; i++) {
      const t = Math.max(-1, Math.min(1, values[i]));
      // A tie counts as B.
      const shade =
        this.#shades[t > 0 ? Math.ceil(100 + 100 * t) : Math.floor(100 + 100 * t)];
      const at = 4 * ((n - 1 - Math.floor(i / n)) * n + (i % n));
      image.data[at] = shade[0];
      image.data[at + 1] = shade[1];
      image.data[at + 2] = shade[2];
      image.data[at + 3] = 255;
    }
    if (this.#small.width !== n) this.#small.width = this.#small.height = n;
    small.putImageData(image, 0, 0);
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    context.imageSmoothingEnabled = true;
    // The corners' values belong to the middles of the small picture's pixels.
    context.drawImage(this.#small, 0.5, 0.5, n - 1, n - 1, 0, 0, size, size);
    context.strokeStyle = this.#line;
    context.lineWidth = 1.5 * devicePixelRatio;
    context.lineJoin = "round";
    context.beginPath();
    const scale = size / (n - 1);
    for (const [x1, y1, x2, y2] of border(values, n)) {
      context.moveTo(x1 * scale, size - y1 * scale);
      context.lineTo(x2 * scale, size - y2 * scale);
    }
    context.stroke();
  }
}

/**
 * The n × n corners of a grid over a square, the lowest row first.
 * @param {number} n
 * @param {number} [low] where the square begins, in both directions
 * @param {number} [high] where it ends
 */
export const corners = (n, low = 0, high = 1) =>
  Float64Array.from({ length: 2 * n * n }, (_, i) => {
    const at = i >> 1;
    const share = (i & 1 ? Math.floor(at / n) : at % n) / (n - 1);
    return low + share * (high - low);
  });

/**
 * The pieces of the curve on which the values change sign, in units of a cell:
 * in each cell, from edge to edge, where linear interpolation has its zero.
 * @param {ArrayLike<number>} values
 * @param {number} n
 * @returns {[number, number, number, number][]}
 */
export function border(values, n) {
  /** @type {[number, number, number, number][]} */
  const pieces = [];
  for (let j = 0; j < n - 1; j++) {
    for (let i = 0; i < n - 1; i++) {
      const at = j * n + i;
      const v = [values[at], values[at + 1], values[at + n + 1], values[at + n]];
      const signs = v.filter((value) => value > 0).length;
      if (signs === 0 || signs === 4) continue;
      const corners = [i, j, i + 1, j, i + 1, j + 1, i, j + 1];
      /** @type {number[]} */
      const ends = [];
      for (let e = 0; e < 4; e++) {
        const f = (e + 1) % 4;
        if (v[e] > 0 === v[f] > 0) continue;
        const t = v[e] / (v[e] - v[f]);
        ends.push(corners[2 * e] + t * (corners[2 * f] - corners[2 * e]));
        ends.push(corners[2 * e + 1] + t * (corners[2 * f + 1] - corners[2 * e + 1]));
      }
      for (let k = 0; k < ends.length; k += 4)
        pieces.push([ends[k], ends[k + 1], ends[k + 2], ends[k + 3]]);
    }
  }
  return pieces;
}
