// A query among keys, by properties; test_attention_figure.py holds it to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as our from "../../live/figures/attention/state.js";
import * as the from "../../live/figures/attention/weights.js";
import { readState, writeState } from "../../live/kit/address.js";

const read = (text) => readState(text, our.fields, our.beginning());
const near = (value, expected, within = 1e-12) =>
  assert.ok(Math.abs(value - expected) < within, `${value} is not ${expected}`);

test("what is written is read again", () => {
  const state = {
    values: "own",
    tau: 0.1,
    q: [-3, 2.99],
    keys: [0, 1, 2, 3, -1, -2, -3, 0.01],
    own: [3, 2, 1, 0, -0.5, -1.5, 2.5, 0],
    seen: [0, 1, 0, 1],
  };
  const text = writeState(state, our.fields, our.beginning());
  assert.match(text, /^[\w=&.,-]+$/);
  assert.deepEqual(read(text), state);
  assert.equal(writeState(our.beginning(), our.fields, our.beginning()), "");
});

for (const hostile of [
  "values=Keys",
  "tau=1.4142",
  "tau=0",
  "q=3.01,0",
  "q=1",
  "q=NaN,0",
  "keys=1,2,3,4,5,6,7,8",
  "own=1,2",
  "seen=0,0,0,0",
  "seen=1,1,1,2",
  "seen=<b>",
  "__proto__=1",
])
  test(`"${hostile}" is refused`, () => assert.equal(read(hostile), undefined));

test("the case by hand: keys (1, 0) and (0, 1), query (ln 3, 0)", () => {
  const keys = [
    [1, 0],
    [0, 1],
  ];
  const q = [Math.log(3), 0];
  const P = the.weights(q, keys, 1, [true, true]);
  near(P[0], 3 / 4);
  near(
    the.mean(P, [
      [2, 0],
      [6, 0],
    ])[0],
    3,
  );
  near(the.weights(q, keys, 1 / 2, [true, true])[1], 1 / 10);
});

test("a key that may not be seen has no weight and the others share it", () => {
  const keys = our.points([1, 1, 2, 2, 3, 3, -1, 0]);
  const P = the.weights([1, 1], keys, 1, [true, false, false, true]);
  assert.equal(P[1], 0);
  assert.equal(P[2], 0);
  near(P[0] + P[3], 1);
  assert.ok(P[0] > P[3]);
});

test("the steepness: a half for two that compete, 1/m for m alike, 0 for one alone", () => {
  near(the.steepness([0.5, 0.5, 0, 0]), 0.5);
  near(the.steepness([0.25, 0.25, 0.25, 0.25]), 0.25);
  near(the.steepness([1, 0, 0, 0]), 0);
});

test("no number is lost at the lowest temperature and the farthest query", () => {
  for (const q of [
    [3, 3],
    [-3, 3],
    [0, 0],
  ]) {
    const state = { ...our.beginning(), tau: 0.1, q };
    const { P, J, steep, output } = our.outcome(state);
    for (const value of [...P, ...J.flat(), steep, ...output])
      assert.ok(Number.isFinite(value));
    near(
      P.reduce((sum, p) => sum + p),
      1,
    );
  }
});
