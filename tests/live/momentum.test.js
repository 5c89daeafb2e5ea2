// Momentum on a quadratic: the state; test_momentum.py holds it to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as the from "../../live/figures/momentum/state.js";
import { readState, writeState } from "../../live/kit/address.js";

const read = (text) => readState(text, the.fields, the.beginning());

test("what is written is read again", () => {
  const state = { rate: 3.999999, beta: 0.99, kappa: 10_000, steps: 30 };
  const text = writeState(state, the.fields, the.beginning());
  assert.match(text, /^[\w=&.]+$/);
  assert.deepEqual(read(text), state);
  assert.equal(writeState(the.beginning(), the.fields, the.beginning()), "");
});

for (const hostile of [
  "rate=0",
  "rate=4.01",
  "rate=-1",
  "rate=1e0",
  "rate=NaN",
  "beta=1",
  "beta=-0.1",
  "beta=",
  "kappa=3",
  "kappa=1e4",
  "steps=1000000000",
  "steps=<b>",
  "__proto__=1",
])
  test(`"${hostile}" is refused`, () => assert.equal(read(hostile), undefined));

test("the best pair of every κ can stand in the address", () => {
  for (const kappa of the.KAPPAS) {
    const state = { ...the.best(kappa), kappa, steps: 60 };
    assert.deepEqual(read(writeState(state, the.fields, the.beginning())), state);
  }
});

test("a hand cannot leave what the address can say", () => {
  assert.equal(the.near(1.23456, 0, 4), 1.23);
  assert.equal(the.near(-1, the.SLOWEST, 4), the.SLOWEST);
  assert.equal(the.near(1, 0, the.MOST), the.MOST);
});
