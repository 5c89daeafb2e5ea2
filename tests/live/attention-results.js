// Reads cases from the standard input, and writes what the figure of attention makes
// of them.

import { readFileSync } from "node:fs";
import { shades } from "../../live/figures/attention/picture.js";
import * as our from "../../live/figures/attention/state.js";
import { stretches } from "../../live/figures/attention/weights.js";

const { cases, corners } = JSON.parse(readFileSync(0, "utf-8"));

const of = (state) => {
  const { P, J, steep, output } = our.outcome(state);
  return {
    P,
    J,
    steep,
    output,
    tau: our.temperature(state.tau),
    stretches: stretches(J),
    shades: Array.from(shades(state, corners)),
  };
};

console.log(JSON.stringify(cases.map(of)));
