// Reads cases from the standard input, and writes what the figure of ridge makes of them.

import { readFileSync } from "node:fs";
import * as the from "../../live/figures/ridge/estimate.js";
import { newFit } from "../../live/figures/ridge/state.js";

const { cases, seeds } = JSON.parse(readFileSync(0, "utf-8"));

const of = ({ method, rho, scale, truth, fit, strength }) => {
  const G = the.gram(rho, scale);
  const w = the.estimate(method, G, fit, strength);
  return {
    G,
    w,
    factors: the.factors(method, G, strength) ?? null,
    freedom: the.freedom(method, G, fit, strength),
    error: the.excess(G, w, truth),
    mean: method === "lasso" ? null : the.meanExcess(method, G, truth, strength),
    ring: the.ellipse(G, fit, the.form(G, the.minus(w, fit))),
    level: the.level(method, G, w),
  };
};

console.log(
  JSON.stringify({
    cases: cases.map(of),
    fits: seeds.map(({ seed, ...state }) => newFit(state, seed)),
  }),
);
