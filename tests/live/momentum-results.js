// Reads cases from the standard input, and writes what the momentum figure makes of them.

import { readFileSync } from "node:fs";
import * as ball from "../../live/figures/momentum/ball.js";
import { best, KAPPAS } from "../../live/figures/momentum/state.js";

const { cases } = JSON.parse(readFileSync(0, "utf-8"));

function of({ rate, beta, kappa, steps }) {
  const { steep, flat } = ball.components({ rate, beta, kappa, steps });
  return {
    steep: [...steep],
    flat: [...flat],
    roots: ball.roots(rate, beta),
    modulus: [rate, rate / kappa].map((el) => ball.modulus(el, beta)),
    kind: ball.kind(rate, beta),
    travels: ball.travels(steep),
    arrival: ball.arrival(rate, rate / kappa, beta),
    slowest: ball.slowest(rate, rate / kappa, beta),
  };
}

console.log(
  JSON.stringify({
    cases: cases.map(of),
    best: KAPPAS.map((kappa) => [kappa, best(kappa)]),
  }),
);
