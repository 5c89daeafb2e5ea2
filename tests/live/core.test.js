// The numerical core, by properties; test_kit.py holds it to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cost, forward, gradient, network, sgd } from "../../live/kit/core.js";

const LOSSES = [
  ["quadratic", "sigmoid"],
  ["binary_cross_entropy", "sigmoid"],
  ["softmax_cross_entropy", "identity"],
];

/** Numbers between −1 and 1 that are the same each time. */
const numbers = (n) => Float64Array.from({ length: n }, (_, i) => Math.sin(7 * i + n));

test("the example of Higham and Higham has 23 parameters", () => {
  assert.equal(network([2, 2, 3, 2]).nParameters, 23);
});

test("parameters are W row by row, then b, for each layer", () => {
  const net = network([2, 3, 1], "identity");
  const p = Float64Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30, 1, 1, 1, 100);
  const [x1, x2] = [0.5, -2];
  const hidden = [x1 + 2 * x2 + 10, 3 * x1 + 4 * x2 + 20, 5 * x1 + 6 * x2 + 30];
  const expected = hidden[0] + hidden[1] + hidden[2] + 100;
  assert.deepEqual([...forward(net, p, Float64Array.of(x1, x2))], [expected]);
});

for (const [loss, output] of LOSSES)
  for (const hidden of ["sigmoid", "tanh", "relu", "identity"])
    test(`the gradient of ${loss} through ${hidden} is that of differences`, () => {
      const net = network([2, 4, 3], [hidden, output]);
      const p = numbers(net.nParameters);
      const X = numbers(10);
      const Y = Float64Array.from({ length: 15 }, (_, i) => Number(i % 4 === 0));
      const g = gradient(net, p, X, Y, loss);
      for (let r = 0; r < p.length; r++) {
        const [up, down] = [1e-6, -1e-6].map((h) => {
          const moved = p.slice();
          moved[r] += h;
          return cost(net, moved, X, Y, loss);
        });
        assert.ok(Math.abs((up - down) / 2e-6 - g[r]) < 1e-7, `${r}`);
      }
    });

test("a batch of all points is a step of gradient descent", () => {
  const net = network([2, 3, 2], "tanh");
  const p = numbers(net.nParameters);
  const [X, Y] = [numbers(8), numbers(8)];
  const expected = p.map((value, r) => value - 0.3 * gradient(net, p, X, Y)[r]);
  sgd(net, p, X, Y, [2, 0, 3, 1], 0.3, 4);
  for (let r = 0; r < p.length; r++) assert.ok(Math.abs(p[r] - expected[r]) < 1e-14);
});

test("large inputs overflow nowhere", () => {
  const net = network([1, 1]);
  for (const z of [-1000, 1000]) {
    const p = Float64Array.of(z, 0);
    const g = gradient(net, p, Float64Array.of(1), Float64Array.of(0.5));
    assert.ok(g.every(Number.isFinite));
    const c = cost(
      net,
      p,
      Float64Array.of(1),
      Float64Array.of(0.5),
      "binary_cross_entropy",
    );
    assert.equal(c, 500);
  }
});
