/** The essentially different solutions, as a row of pictures to press. */

import { html, svg } from "../../kit/elements.js";
import { corners, Plane } from "../../kit/plane.js";
import { outputs, SOLUTIONS, unitOf } from "./state.js";

const [LOW, HIGH] = [-0.3, 1.3];
const GRID = 33;
const LENGTH = 0.42; // of an arrow
const grid = corners(GRID, LOW, HIGH);

/** Where the neurons switch on, and to which side. @param {number[]} p */
function drawing(p) {
  const parts = [0, 1].flatMap((unit) => {
    const { w, c, v } = unitOf(p, unit);
    const length = Math.hypot(w[0], w[1]);
    const [nx, ny] = [w[0] / length, w[1] / length];
    const t = (w[0] + w[1]) / 2 + c;
    const [x, y] = [0.5 - (t * nx) / length, 0.5 - (t * ny) / length];
    // An arrow: its shaft, and two barbs of its head.
    const [tx, ty] = [x + LENGTH * nx, y + LENGTH * ny];
    const barb = (/** @type {number} */ side) =>
      `L${tx - 0.14 * nx + side * 0.09 * ny} ${ty - 0.14 * ny - side * 0.09 * nx}`;
    const head = `M${tx} ${ty}${barb(1)}M${tx} ${ty}${barb(-1)}`;
    return [
      svg("path", {
        class: "live-edge",
        d: `M${x - 3 * ny} ${y + 3 * nx}L${x + 3 * ny} ${y - 3 * nx}`,
      }),
      svg("path", {
        class: "live-arrow",
        "data-category": v > 0 ? "A" : "B",
        d: `M${x} ${y}L${tx} ${ty}${head}`,
      }),
    ];
  });
  const size = HIGH - LOW;
  return svg(
    "svg",
    {
      class: "live-drawing",
      viewBox: `${LOW} ${LOW} ${size} ${size}`,
      "aria-hidden": "true",
    },
    svg("g", { transform: "matrix(1 0 0 -1 0 1)" }, ...parts),
  );
}

/** @param {(p: number[]) => void} choose */
export function gallery(choose) {
  const planes = SOLUTIONS.map(({ p }) => {
    const plane = new Plane(html("canvas", { "aria-hidden": "true" }));
    plane.show(outputs(p, grid).map((f) => 2 * f - 1));
    return plane;
  });
  const buttons = SOLUTIONS.map(({ name, p }, i) => {
    const made = html(
      "button",
      { type: "button", class: "live-pick" },
      html("span", { class: "live-area" }, planes[i].canvas, drawing(p)),
      html("span", {}, name),
    );
    made.addEventListener("click", () => choose([...p]));
    return made;
  });
  const element = html("div", { class: "live-gallery", role: "group" }, ...buttons);
  element.setAttribute("aria-label", "Six solutions");
  return { element, planes };
}
