// An estimate and its penalty, by properties; test_ridge.py holds it to NumPy.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as the from "../../live/figures/ridge/estimate.js";
import { nice, path } from "../../live/figures/ridge/picture.js";
import * as our from "../../live/figures/ridge/state.js";
import { readState, writeState } from "../../live/kit/address.js";

const read = (text) => readState(text, our.fields, our.beginning());
const near = (value, expected, within = 1e-12) =>
  assert.ok(Math.abs(value - expected) < within, `${value} is not ${expected}`);

test("what is written is read again", () => {
  const state = {
    method: "dropout",
    lambda: 0.126,
    q: 0.95,
    rho: 0,
    scale: 0.5,
    truth: [-3, 0.01],
    fit: [12.5, -99],
  };
  const text = writeState(state, our.fields, our.beginning());
  assert.match(text, /^[\w=&.,-]+$/);
  assert.deepEqual(read(text), state);
  assert.equal(writeState(our.beginning(), our.fields, our.beginning()), "");
});

for (const hostile of [
  "method=Ridge",
  "method=",
  "lambda=11",
  "lambda=1e1",
  "lambda=-1",
  "q=1",
  "rho=1",
  "rho=-0.5",
  "scale=3",
  "truth=1",
  "truth=3.01,0",
  "fit=100,0",
  "fit=NaN,0",
  "fit=<b>,1",
  "__proto__=1",
])
  test(`"${hostile}" is refused`, () => assert.equal(read(hostile), undefined));

test("the numbers of the page: 38 and 2, and what is kept of them", () => {
  const state = our.beginning();
  const G = our.matrix(state);
  const { values } = the.eigen(G);
  near(values[0], 38);
  near(values[1], 2);
  const kept = the.factors("ridge", G, state.lambda);
  near(kept[0], 38 / 48);
  near(kept[1], 2 / 12);
});

for (const method of our.METHODS)
  test(`${method}: the path leads from least squares to 0`, () => {
    const state = { ...our.beginning(), method, scale: 2 };
    const way = path(state);
    near(way[0][0], state.fit[0]);
    near(way[0][1], state.fit[1]);
    const sizes = way.map(([x, y]) => Math.hypot(x, y));
    assert.ok(sizes.at(-1) < 0.05 * sizes[0]);
  });

test("the lasso's path ends in exact zeros, one coefficient before the other", () => {
  const state = { ...our.beginning(), method: "lasso", rho: 0 };
  const zeros = path(state).map((w) => w.filter((value) => value === 0).length);
  assert.deepEqual([...new Set(zeros)], [0, 1, 2]);
});

test("the two curves touch at the estimate", () => {
  for (const method of ["ridge", "dropout"]) {
    const G = the.gram(0.6, 2);
    const fit = [2, -1];
    const w = the.estimate(method, G, fit, 0.3);
    // The slope of the cost is against that of the penalty.
    const [a, b, d] = G;
    const [x, y] = the.minus(w, fit);
    const cost = [a * x + b * y, b * x + d * y];
    const penalty = method === "ridge" ? w : [a * w[0], d * w[1]];
    near(cost[0] * penalty[1] - cost[1] * penalty[0], 0, 1e-9);
  }
});

test("an axis ends at a round number that is not below", () => {
  for (const [value, end] of [
    [0.3, 0.4],
    [0.4, 0.4],
    [1.2, 2],
    [5, 10],
    [0, 0.01],
  ])
    assert.equal(nice(value), end);
});
