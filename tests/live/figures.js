// Reads cases from the standard input, and writes what two live figures make of them.

import { readFileSync } from "node:fs";
import { SITES, subject } from "../../live/figures/step-by-step/state.js";
import { walk } from "../../live/figures/step-by-step/steps.js";
import {
  Descent,
  height,
  MINIMUM,
  PASSES,
  sweep,
} from "../../live/figures/two-valleys/valleys.js";

const { descents, walks } = JSON.parse(readFileSync(0, "utf-8"));

function ofDescent({ loss, starts, eta, steps }) {
  const from = starts === "grid" ? sweep(21) : Float64Array.from(starts.flat());
  const descent = new Descent(loss, from, eta);
  descent.train(steps);
  const { p, cost, fates } = descent;
  return { from: [...from], p: [...p], cost, fates };
}

function ofWalk(state) {
  const { sizes, p, x, y } = subject(state);
  const { steps } = walk(sizes, p, x, y);
  return { p: [...p], x: [...x], y: [...y], steps };
}

console.log(
  JSON.stringify({
    descents: descents.map(ofDescent),
    landmarks: [MINIMUM, ...PASSES].map(({ w, b }) => [w, b]),
    height: height("quadratic", 1, -2),
    walks: walks.map(ofWalk),
    sites: SITES,
  }),
);
