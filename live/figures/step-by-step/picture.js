/** The diagram of a network: outputs above the neurons, errors below them. */

import { svg } from "../../kit/elements.js";
import { fixed, little } from "./steps.js";

/** @typedef {import("./steps.js").Step} Step */
/** @typedef {import("../../kit/core.js").Network} Network */

const WIDTH = 380;
const HEIGHT = 286;
const LEFT = 34;
const RIGHT = 318;
const MIDDLE = 128;
const APART = 92;
const RADIUS = 17;

export class NetworkPicture {
  #edges = svg("g");
  #neurons = svg("g");
  #words = svg("g");
  element = svg(
    "svg",
    { class: "net-picture", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    this.#edges,
    this.#neurons,
    this.#words,
  );

  /**
   * Show what is known after the first n steps.
   * @param {Network} net
   * @param {Float64Array} p
   * @param {Float64Array} y
   * @param {Step[]} steps
   * @param {number} n
   */
  show(net, p, y, steps, n) {
    const { sizes } = net;
    const now = steps[n - 1];
    /** @param {number} l @param {number} j @returns {[number, number]} */
    const place = (l, j) => [
      LEFT + ((l - 1) / (sizes.length - 1)) * (RIGHT - LEFT),
      MIDDLE + (j - (sizes[l - 1] + 1) / 2) * APART,
    ];
    for (const group of [this.#edges, this.#neurons, this.#words])
      group.replaceChildren();

    /** @param {string} kind @param {number} x @param {number} y @param {string} text */
    const write = (kind, x, y, text, anchor = "middle") =>
      this.#words.append(
        svg("text", { class: kind, x, y, "text-anchor": anchor }, text),
      );
    /** Whether a step of this kind has come for a neuron. */
    const done = (
      /** @type {string} */ kind,
      /** @type {number} */ l,
      /** @type {number} */ j,
    ) =>
      steps
        .slice(0, n)
        .some((s) => s.kind === kind && s.layer === l && [0, j].includes(s.neuron));
    /** What the step looks at: the weights into its neuron, or those that lead away. */
    const looked = (
      /** @type {number} */ l,
      /** @type {number} */ j,
      /** @type {number} */ k,
    ) =>
      now.kind === "error"
        ? now.layer === l - 1 && now.neuron === k
        : now.neuron === j && now.layer === l;

    for (let l = 2; l <= sizes.length; l++)
      for (let j = 1; j <= sizes[l - 1]; j++)
        for (let k = 1; k <= sizes[l - 2]; k++) {
          const [[x1, y1], [x2, y2]] = [place(l - 1, k), place(l, j)];
          const on = looked(l, j, k);
          const line = svg("line", {
            x1,
            y1,
            x2,
            y2,
            class: on ? `net-${now.kind}` : "",
          });
          if (!on) {
            this.#edges.prepend(line);
            continue;
          }
          this.#edges.append(line);
          if (now.kind === "derivative") continue;
          const value = fixed(p[net.weights[l - 1] + (j - 1) * sizes[l - 2] + k - 1]);
          write("net-weight", (x1 + x2) / 2, (y1 + y2) / 2 + 4, value);
        }

    for (let l = 1; l <= sizes.length; l++) {
      const [x] = place(l, 1);
      write("net-layer", x, HEIGHT - 5, `layer ${l}`);
      for (let j = 1; j <= sizes[l - 1]; j++) {
        const [, at] = place(l, j);
        const i = net.first[l - 1] + j - 1;
        const on =
          now.layer === l && now.kind !== "loss" && [0, j].includes(now.neuron);
        const kind = on ? `net-${now.kind}` : "";
        this.#neurons.append(svg("circle", { cx: x, cy: at, r: RADIUS, class: kind }));
        if (done(l === 1 ? "input" : "forward", l, j))
          write("net-output", x, at - RADIUS - 6, fixed(net.a[i]));
        if (done("error", l, j))
          write("net-slip", x, at + RADIUS + 15, little(net.delta[i]));
        if (l === sizes.length)
          write("net-target", x + 25, at + 4, `y = ${y[j - 1]}`, "start");
      }
    }
  }
}
