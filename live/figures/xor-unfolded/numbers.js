/** The numbers of XOR unfolded: J on its scale, and what happens to the corners. */

import { printed, tuple } from "../../kit/board.js";
import { html, whole } from "../../kit/elements.js";
import * as the from "./state.js";

const HIGHEST = 0.5; // the largest J on the scale
const NAMES = ["0", "⅛", "⅙", "¼"]; // of the stops

export class Numbers {
  #J = html("data", { class: "live-J" });
  #after = html("span", { class: "live-of" });
  #mark = html("span", { class: "live-at" });
  #rows = html("tbody");
  #runs = the.STOPS.map(() => 0);
  #counts = the.STOPS.map(() => html("span", { class: "live-count" }));

  constructor() {
    const stops = the.STOPS.map((stop, i) =>
      html(
        "span",
        { class: "live-stop", style: `--at: ${stop / HIGHEST}` },
        NAMES[i],
        this.#counts[i],
      ),
    );
    const heads = ["", "Wx + c", "h", "f", "y"].map((words, i) =>
      i ? html("th", { scope: "col" }, words) : html("td"),
    );
    this.element = html(
      "div",
      {},
      html(
        "p",
        { class: "live-cost-line" },
        html("i", {}, "J"),
        " = ",
        this.#J,
        " ",
        this.#after,
      ),
      html("div", { class: "live-scale", "aria-hidden": "true" }, ...stops, this.#mark),
      html(
        "table",
        { class: "live-table" },
        html("thead", {}, html("tr", {}, ...heads)),
        this.#rows,
      ),
    );
  }

  /** A run has come to rest at this stop. @param {number} stop */
  count(stop) {
    this.#runs[stop]++;
  }

  /** @param {number[]} p @param {number} steps */
  show(p, steps) {
    const J = the.J(p);
    this.#J.textContent = J.toFixed(4);
    this.#J.value = String(J);
    this.#after.textContent = steps ? `after ${whole(steps)} steps` : "";
    this.#mark.style.setProperty("--at", String(Math.min(1, J / HIGHEST)));
    this.#runs.forEach((count, i) => {
      this.#counts[i].textContent = count ? `${count} ×` : "";
    });
    const rows = the.CORNERS.map((x, i) => {
      const { z, h, f } = the.pass(p, x);
      const cells = [tuple(z), tuple(h), printed(f), String(the.TARGETS[i])];
      return html(
        "tr",
        {},
        html("th", { scope: "row" }, x.join("")),
        ...cells.map((words) => html("td", {}, words)),
      );
    });
    this.#rows.replaceChildren(...rows);
  }
}

/** What is read aloud. @param {number[]} p @param {number} steps */
export function inWords(p, steps) {
  const answers = the.CORNERS.map(
    (x) => `${printed(the.pass(p, x).f)} at ${x.join("")}`,
  );
  const after = steps ? ` after ${steps} steps` : "";
  return `J is ${the.J(p).toFixed(4)}${after}. The network says ${answers.join(", ")}.`;
}
