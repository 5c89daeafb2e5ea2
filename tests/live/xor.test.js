// XOR unfolded, by properties; test_xor_unfolded.py holds it to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as the from "../../live/figures/xor-unfolded/state.js";
import { readState, writeState } from "../../live/kit/address.js";

const read = (text) => readState(text, the.fields, the.beginning());
const slide = the.beginning().p;

test("it begins with the solution of the text, at the hidden neurons", () => {
  assert.deepEqual(slide, [1, 1, 1, 1, 0, -1, 1, -2, 0]);
  assert.equal(the.beginning().at, the.STAGES);
  assert.notEqual(the.beginning().p, the.beginning().p);
});

test("what is written is read again", () => {
  const state = { p: the.randomStart(17), at: 1.25, seed: 18 };
  const text = writeState(state, the.fields, the.beginning());
  assert.match(text, /^[\w=&.,-]+$/);
  assert.deepEqual(read(text), state);
});

for (const hostile of [
  "p=1,1,1",
  "p=1,1,1,1,0,-1,1,-2,0,0",
  "p=1,1,1,1,0,-1,1,-2,100",
  "p=1,1,1,1,0,-1,1,-2,",
  "p=1,1,1,1,0,-1,1,-2,Infinity",
  "p=1,1,1,1,0,-1,1,-2,<i>",
  "at=3.5",
  "at=-1",
  "seed=0",
  "seed=1.5",
  "p=",
  "constructor=1",
])
  test(`"${hostile}" is refused`, () => {
    assert.equal(read(hostile), undefined);
  });

test("the points go through the four matrices of the exercise", () => {
  const stages = the.CORNERS.map((x) => the.way(slide, x));
  const matrix = (stage) => stages.map((way) => way[stage]);
  assert.deepEqual(matrix(0), the.CORNERS);
  assert.deepEqual(matrix(1), [
    [0, 0],
    [1, 1],
    [1, 1],
    [2, 2],
  ]);
  assert.deepEqual(matrix(2), [
    [0, -1],
    [1, 0],
    [1, 0],
    [2, 1],
  ]);
  assert.deepEqual(matrix(3), [
    [0, 0],
    [1, 0],
    [1, 0],
    [2, 1],
  ]);
});

test("between two stages a point is between its places", () => {
  const p = the.randomStart(3);
  for (const x of the.CORNERS) {
    const stages = the.way(p, x);
    for (const at of [0, 1, 2, 3]) assert.deepEqual(the.onWay(p, x, at), stages[at]);
    const [half, expected] = [the.onWay(p, x, 1.5), [0, 1]];
    for (const k of expected)
      assert.ok(Math.abs(half[k] - (stages[1][k] + stages[2][k]) / 2) < 1e-12);
  }
});

test("each of the six solutions is exact", () => {
  assert.equal(the.SOLUTIONS.length, 6);
  for (const { p } of the.SOLUTIONS) {
    assert.equal(the.J(p), 0);
    the.CORNERS.forEach((x, i) => {
      assert.equal(the.pass(p, x).f, the.TARGETS[i]);
    });
  }
});

test("a solution rests, and a start does not", () => {
  assert.ok(the.rests(Float64Array.from(slide)));
  assert.ok(!the.rests(Float64Array.from(the.randomStart(1))));
});

test("training comes to rest at one of the four stops", () => {
  const seen = new Set();
  for (let seed = 1; seed <= 30; seed++) {
    const p = Float64Array.from(the.randomStart(seed));
    for (let n = 0; n < 330 && !the.rests(p); n++) the.train(p, 100);
    assert.ok(the.rests(p), `start ${seed}`);
    assert.notEqual(the.stopAt(the.J(p)), -1);
    seen.add(the.stopAt(the.J(p)));
  }
  assert.ok(seen.size >= 3);
});

test("a J between the stops is at none", () => {
  assert.equal(the.stopAt(0.2), -1);
  assert.equal(the.stopAt(1 / 6 + 1e-5), 2);
});

test("what runs away is noticed", () => {
  assert.ok(the.lost(Float64Array.of(0, Number.NaN)));
  assert.ok(the.lost(Float64Array.of(0, 100)));
  assert.ok(!the.lost(Float64Array.of(-99, 99)));
});

test("a unit is put into its own places, within the bounds", () => {
  const changed = the.withUnit(slide, 1, [0.123, -20], 4);
  assert.deepEqual(changed, [1, 1, 0.12, -10, 0, 4, 1, -2, 0]);
  assert.deepEqual(the.unitOf(changed, 1), { w: [0.12, -10], c: 4, v: -2 });
});
