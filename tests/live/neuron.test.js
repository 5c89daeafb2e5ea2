// The neuron that is taken in hand, by properties; test_neuron.py holds it
// to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as the from "../../live/figures/neuron/state.js";
import { readState, writeState } from "../../live/kit/address.js";

const read = (text) => readState(text, the.fields, the.beginning());
const near = (value, expected, within = 1e-12) =>
  assert.ok(Math.abs(value - expected) < within, `${value} is not ${expected}`);

test("what is written is read again", () => {
  const state = {
    view: "layer",
    line: [-2.5, 0.01],
    neuron: [50, -0.25, 100],
    layer: [1, 2, 3, 4, 5, 6, -7, -8, -9.99],
    x: -10,
    point: [0, 1],
    chosen: 3,
  };
  const text = writeState(state, the.fields, the.beginning());
  assert.match(text, /^[\w=&.,-]+$/);
  assert.deepEqual(read(text), state);
});

for (const hostile of [
  "view=Layer",
  "view=",
  "line=1",
  "line=1,2,3",
  "line=6,0",
  "line=1,NaN",
  "line=1e0,0",
  "neuron=1,2",
  "neuron=50.01,0,0",
  "layer=1,2,3",
  "point=0.5,1.5",
  "point=<b>,1",
  "x=11",
  "chosen=0",
  "chosen=4",
  "__proto__=1",
])
  test(`"${hostile}" is refused`, () => {
    assert.equal(read(hostile), undefined);
  });

test("the beginning is a state of its own each time, and can be written", () => {
  assert.notEqual(the.beginning().layer, the.beginning().layer);
  for (const [name, field] of Object.entries(the.fields)) {
    const value = the.beginning()[name];
    assert.deepEqual(field.read(field.write(value)), value);
  }
});

test("a neuron through two points is one half at one and 0.9 at the other", () => {
  const [half, above] = [
    [0.2, 0.7],
    [0.5, 0.3],
  ];
  const row = the.through(half, above);
  near(the.at([row], half).a[0], 0.5, 0.002);
  near(the.at([row], above).a[0], 0.9, 0.002);
});

test("two points that are the same determine no neuron", () => {
  assert.equal(the.through([0.3, 0.3], [0.3, 0.3]), undefined);
});

test("weights have a longest length, and keep their direction", () => {
  const row = the.through([0.5, 0.5], [0.503, 0.504]);
  near(the.steepness(row), the.LONGEST, 0.01);
  near(row[0] / row[1], 3 / 4, 0.001);
  for (const value of row) assert.ok(Math.abs(value) <= 100);
});

test("an edge goes where it is shifted, and the weights stay", () => {
  const row = the.shifted([3, 4, -5], [0.25, 0.5]);
  assert.deepEqual(row, [3, 4, -2.75]);
  assert.equal(the.at([row], [0.25, 0.5]).a[0], 0.5);
});

test("the foot of a point lies on the edge, straight below the point", () => {
  const [x, y] = the.foot([3, 4, -5], [2, 1]);
  near(3 * x + 4 * y, 5);
  near(4 * (2 - x) - 3 * (1 - y), 0);
  assert.deepEqual(the.foot([0, 0, 1], [2, 1]), [2, 1]);
});

test("across its band a neuron rises from 0.1 to 0.9", () => {
  const row = [6, -8, 1];
  const [x, y] = the.foot(row, [0.5, 0.5]);
  const reach = the.band(row) / 2 / the.steepness(row);
  near(the.at([row], [x - 6 * reach, y + 8 * reach]).a[0], 0.1);
  near(the.at([row], [x + 6 * reach, y - 8 * reach]).a[0], 0.9);
});

test("only the neuron in hand is changed", () => {
  const state = { ...the.beginning(), view: "layer", chosen: 2 };
  const before = state.layer;
  the.change(state, [1, 2, 3]);
  assert.deepEqual(state.layer, [...before.slice(0, 3), 1, 2, 3, ...before.slice(6)]);
  assert.notEqual(state.layer, before);
  assert.deepEqual(state.neuron, the.beginning().neuron);
});
