// The drawn digit, by properties; test_draw_a_digit.py holds it to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  answer,
  moved,
  PARTS,
  PIXELS,
  run,
  SIDE,
  toMiddle,
} from "../../live/figures/draw-a-digit/net.js";
import * as the from "../../live/figures/draw-a-digit/state.js";
import { readState, writeState } from "../../live/kit/address.js";

const read = (text) => readState(text, the.fields, the.beginning());
const dot = (i, j) => {
  const drawing = new Array(PIXELS).fill(0);
  drawing[SIDE * i + j] = the.INK;
  return drawing;
};

test("what is written is read again, a full picture and an empty one too", () => {
  for (const drawing of [
    Array.from({ length: PIXELS }, (_, n) => n % 16),
    new Array(PIXELS).fill(15),
    new Array(PIXELS).fill(0),
    dot(27, 27),
  ]) {
    const state = { drawing, shift: [-8, 8], pen: 783 };
    const text = writeState(state, the.fields, the.beginning());
    assert.match(text, /^[\w=&.,-]+$/);
    assert.deepEqual(read(text), state);
  }
});

for (const hostile of [
  "drawing=g",
  "drawing=F",
  "drawing=10",
  `drawing=${"1".repeat(785)}`,
  "drawing=<b>",
  "shift=9,0",
  "shift=1",
  "pen=784",
  "__proto__=1",
])
  test(`"${hostile.slice(0, 20)}" is refused`, () => {
    assert.equal(read(hostile), undefined);
  });

test("there are as many parameters as the parts need", () => {
  assert.equal(
    the.parameters().length,
    PARTS.reduce((sum, n) => sum + n),
  );
});

test("each example is read as what it is", () => {
  const p = the.parameters();
  const right = Array.from({ length: 10 }, (_, digit) => {
    const state = { drawing: the.example(digit), shift: [0, 0], pen: 0 };
    return answer(run(p, the.picture(state)).sums) === digit;
  });
  assert.ok(right.filter(Boolean).length >= 9);
});

test("what leaves a picture is lost", () => {
  assert.equal(moved(dot(0, 5), 2, 3)[2 * SIDE + 8], the.INK);
  assert.ok(moved(dot(0, 5), -1, 0).every((grey) => grey === 0));
});

test("a dot is moved to the middle, and nothing is not moved", () => {
  assert.deepEqual(toMiddle(dot(3, 20)), [11, -6]);
  assert.deepEqual(toMiddle(new Array(PIXELS).fill(0)), [0, 0]);
});

test("ink goes where it is seen, and its neighbours get less", () => {
  const state = { drawing: new Array(PIXELS).fill(0), shift: [2, -1], pen: 0 };
  the.ink(state, 10 * SIDE + 10);
  const seen = the.picture(state);
  assert.equal(seen[10 * SIDE + 10], 1);
  assert.ok(seen[10 * SIDE + 11] < 1 && seen[10 * SIDE + 11] > seen[11 * SIDE + 11]);
  the.ink(state, 10 * SIDE + 11);
  assert.equal(the.picture(state)[10 * SIDE + 10], 1);
});
