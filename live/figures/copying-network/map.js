/** A square of weights between the places of a sequence, with its letters around it. */

import { html, percent } from "../../kit/elements.js";
import { Grid } from "../../kit/grid.js";

/** @typedef {Parameters<Grid["setColours"]>} Colours */
/** @typedef {{row: number, column: number}} Cell */

export class WeightMap {
  /** @type {Grid | undefined} */
  #grid;
  /** @type {Colours | undefined} */
  #colours;

  /**
   * @param {string} label
   * @param {(cell: Cell, done: boolean) => void} choose
   */
  constructor(label, choose) {
    this.label = label;
    this.choose = choose;
    this.chosen = 0;
    this.above = html("div", { class: "copy-above", "aria-hidden": "true" });
    this.beside = html("div", { class: "copy-beside", "aria-hidden": "true" });
    this.place = html("div");
    this.name = html("p", {}, label);
    this.element = html(
      "div",
      { class: "live-named" },
      this.name,
      html("div", { class: "copy-map" }, this.above, this.beside, this.place),
    );
  }

  /** @param {Colours} colours */
  setColours(...colours) {
    this.#colours = colours;
    this.#grid?.setColours(...colours);
  }

  /** @param {string} letters */
  #gridFor(letters) {
    const n = letters.length;
    if (this.#grid?.side === n) return this.#grid;
    const grid = new Grid(n, {
      label: this.label,
      chosen: () => this.chosen,
      choose: (cell, done) =>
        this.choose({ row: Math.floor(cell / n), column: cell % n }, done),
    });
    this.#grid = grid;
    if (this.#colours) grid.setColours(...this.#colours);
    this.place.replaceChildren(grid.element);
    this.element.style.setProperty("--places", String(n));
    return grid;
  }

  /**
   * @param {object} now
   * @param {string} now.letters
   * @param {Float64Array} now.weights
   * @param {Cell} now.at
   * @param {(row: number, column: number) => boolean} now.marked
   * @param {string} now.name
   */
  show({ letters, weights, at, marked, name }) {
    const n = letters.length;
    const grid = this.#gridFor(letters);
    this.name.textContent = name;
    for (const side of [this.above, this.beside])
      side.replaceChildren(
        ...Array.from(letters, (c, i) =>
          html(
            "span",
            {
              class: i === (side === this.beside ? at.row : at.column) && "live-chosen",
            },
            c,
          ),
        ),
      );
    this.chosen = at.row * n + at.column;
    grid.show({
      value: (cell) => weights[cell],
      marked: (cell) => marked(Math.floor(cell / n), cell % n),
      at: this.chosen,
    });
    grid.say(
      this.chosen,
      at.column > at.row
        ? `position ${at.row + 1}, ${letters[at.row]}, does not see what comes later`
        : `position ${at.row + 1}, ${letters[at.row]}, gives position ${at.column + 1}, ` +
            `${letters[at.column]}, ${percent(weights[this.chosen])}`,
    );
  }
}
