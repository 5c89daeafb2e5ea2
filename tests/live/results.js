// Reads cases from the standard input, and writes what live/ makes of them.

import { readFileSync } from "node:fs";
import { cost, forward, gradient, network, sgd } from "../../live/kit/core.js";
import { MatlabRandom } from "../../live/kit/matlab.js";
import { paper, Training } from "../../live/kit/training.js";

const { networks, streams, runs } = JSON.parse(readFileSync(0, "utf-8"));

function ofNetwork({ sizes, activations, loss, p, X, Y, order, m, eta }) {
  const net = network(sizes, activations);
  const [start, x, y] = [p, X.flat(), Y.flat()].map((list) => Float64Array.from(list));
  const trained = start.slice();
  sgd(net, trained, x, y, order.flat(), eta, m, loss);
  return {
    outputs: X.map((_, i) => [...forward(net, start, x, i)]),
    cost: cost(net, start, x, y, loss),
    gradient: [...gradient(net, start, x, y, loss)],
    trained: [...trained],
  };
}

function ofStream({ seed, n }) {
  const rng = new MatlabRandom(seed);
  const draw = (method, ...of) => Array.from({ length: n }, () => rng[method](...of));
  return { randn: draw("randn"), rand: draw("rand"), randi: draw("randi", 10) };
}

function ofRun({ seed, extra, steps }) {
  const { sites, ...settings } = paper();
  if (extra) sites.push({ x: 0.3, y: 0.7, category: "B" });
  const training = new Training(sites, settings, seed);
  const { X, Y, cost: first } = training;
  const start = [...training.p];
  training.train(steps);
  const order = [...new Training(sites, settings, seed).order(steps)];
  return { X: [...X], Y: [...Y], start, order, first, last: training.cost };
}

console.log(
  JSON.stringify({
    networks: networks.map(ofNetwork),
    streams: streams.map(ofStream),
    runs: runs.map(ofRun),
  }),
);
