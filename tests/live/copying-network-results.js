// Reads sequences from the standard input, and writes what the copying networks make of
// them, and what the figure says is right.

import { readFileSync } from "node:fs";
import { after, matrices, run } from "../../live/figures/copying-network/net.js";
import { forbidden, tokens } from "../../live/figures/copying-network/state.js";

const { cases } = JSON.parse(readFileSync(0, "utf-8"));
const nets = { one: matrices("one"), two: matrices("two") };

const of = (state) => {
  const given = tokens(state.letters);
  const { weights, scores } = run(nets[state.net], given, forbidden(state));
  return {
    weights: weights.map((P) => [...P]),
    scores: scores.map((row) => [...row]),
    after: given.map((_, t) => after(given, t)),
  };
};

const lists = (all) => all.map((matrix) => [...matrix]);
console.log(
  JSON.stringify({
    nets: { one: lists(nets.one), two: lists(nets.two) },
    outcomes: cases.map(of),
  }),
);
