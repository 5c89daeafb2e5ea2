// The two valleys: state, and descent; test_two_valleys.py holds it to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import { beginning, fields } from "../../live/figures/two-valleys/state.js";
import {
  Descent,
  fate,
  height,
  heights,
  PASSES,
  sweep,
} from "../../live/figures/two-valleys/valleys.js";
import { readState, writeState } from "../../live/kit/address.js";
import { gradient, network } from "../../live/kit/core.js";

const read = (text) => readState(text, fields, beginning());

test("what is written is read again", () => {
  const state = { w: -6.9, b: 13.5, starts: 441, eta: 5 };
  const text = writeState(state, fields, beginning());
  assert.equal(text, "w=-6.9&b=13.5&starts=441&eta=5");
  assert.deepEqual(read(text), state);
  assert.equal(writeState(beginning(), fields, beginning()), "");
});

for (const hostile of [
  "w=7.1",
  "w=-1e1",
  "w=NaN",
  "w=",
  "b=14.1",
  "b=--3",
  "starts=2",
  "starts=1e9",
  "eta=0",
  "eta=Infinity",
  "loss=quadratic",
  "__proto__=1",
  "w=<img src=x onerror=alert(1)>",
])
  test(`"${hostile}" is refused`, () => assert.equal(read(hostile), undefined));

test("steps taken in pieces are the steps taken at once", () => {
  for (const loss of ["quadratic", "binary_cross_entropy"]) {
    const [whole, pieces] = [1, 2].map(() => new Descent(loss, sweep(5), 1.5));
    whole.train(450);
    for (const n of [1, 99, 100, 249, 1]) pieces.train(n);
    assert.deepEqual(pieces.p, whole.p);
    assert.equal(pieces.step, 450);
  }
});

test("a descent leaves its starts alone, and is not disturbed by the others", () => {
  const starts = sweep(3);
  const [all, one] = [
    new Descent("quadratic", starts, 2),
    new Descent("quadratic", starts.slice(4, 6), 2),
  ];
  all.train(50);
  one.train(50);
  assert.deepEqual(starts, sweep(3));
  assert.deepEqual(all.p.slice(4, 6), one.p);
});

test("the landmarks are where the slope of the squares vanishes", () => {
  const X = Float64Array.of(-3, -2, -1, 1, 2, 3);
  const Y = Float64Array.of(1, 0, 0, 1, 1, 0);
  for (const { w, b } of [{ w: 0, b: 0 }, ...PASSES]) {
    const slope = gradient(network([1, 1]), Float64Array.of(w, b), X, Y);
    assert.ok(Math.hypot(...slope) < 1e-10);
  }
});

test("what is in a valley, or near the minimum, stays there", () => {
  const descent = new Descent("quadratic", sweep(21), 1.5);
  let before = descent.fates;
  let settled = 0;
  for (const n of [10, 40, 150, 300, 500]) {
    descent.train(n);
    const now = descent.fates;
    before.forEach((was, i) => {
      if (was === "under way") return;
      settled++;
      assert.equal(now[i], was);
    });
    before = now;
  }
  assert.ok(settled > 1000);
});

test("cross-entropy has no valleys", () => {
  for (const [w, b] of [
    [5, 0],
    [-5, 12],
    [-5, -12],
  ]) {
    assert.notEqual(fate("quadratic", w, b), "under way");
    assert.equal(fate("binary_cross_entropy", w, b), "under way");
  }
});

test("the map is w from left to right, and b from below", () => {
  const n = 5;
  const values = heights("quadratic", n);
  assert.equal(values[0], height("quadratic", -7, -14));
  assert.equal(values[n - 1], height("quadratic", 7, -14));
  assert.equal(values[n * n - n], height("quadratic", -7, 14));
});
