// Reads cases from the standard input, and writes what the neuron and XOR
// unfolded make of them.

import { readFileSync } from "node:fs";
import { inside } from "../../live/figures/neuron/square.js";
import { at, outputs } from "../../live/figures/neuron/state.js";
import * as xor from "../../live/figures/xor-unfolded/state.js";

const { layers, networks, seeds } = JSON.parse(readFileSync(0, "utf-8"));

function ofLayer({ rows, points }) {
  const answers = points.map((point) => at(rows, point));
  const flat = Float64Array.from(points.flat());
  const result = {
    z: answers.map(({ z }) => z),
    a: answers.map(({ a }) => a),
    outputs: rows.map((row) => [...outputs(row, flat)]),
  };
  return points[0].length === 2 ? { ...result, inside: inside(rows) } : result;
}

function ofNetwork({ p, steps }) {
  const passed = xor.CORNERS.map((x) => xor.pass(p, x));
  const trained = Float64Array.from(p);
  xor.train(trained, steps);
  return {
    z: passed.map(({ z }) => z),
    h: passed.map(({ h }) => h),
    f: passed.map(({ f }) => f),
    J: xor.J(p),
    trained: [...trained],
  };
}

console.log(
  JSON.stringify({
    layers: layers.map(ofLayer),
    networks: networks.map(ofNetwork),
    starts: seeds.map(xor.randomStart),
    solutions: xor.SOLUTIONS,
  }),
);
