// A convolutional layer and its matrix, by properties; test_convolution_figure.py holds
// them to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  layer,
  matrix,
  PIXELS,
  SIDE,
  shifted,
  spectrum,
  weightAt,
} from "../../live/figures/convolution/layer.js";
import * as the from "../../live/figures/convolution/state.js";
import { readState, writeState } from "../../live/kit/address.js";

const read = (text) => readState(text, the.fields, the.beginning());

test("what is written is read again", () => {
  const state = {
    picture: Array.from({ length: PIXELS }, (_, n) => ((n * n) % 3) & 1),
    kernel: [0.5, -1, 9, -9, 0, 0.25, 1, 2, 3],
    rim: "circular",
    shift: [7, 1],
    out: 63,
    from: 0,
  };
  const text = writeState(state, the.fields, the.beginning());
  assert.match(text, /^[\w=&.,-]+$/);
  assert.deepEqual(read(text), state);
});

for (const hostile of [
  "picture=003c04040404000",
  "picture=003C040404040000",
  "picture=<b>",
  "kernel=1,2,3",
  "kernel=1,2,3,4,5,6,7,8,10",
  "kernel=1,2,3,4,5,6,7,8,NaN",
  "rim=Zeros",
  "shift=8,0",
  "shift=1",
  "out=64",
  "from=-1",
  "__proto__=1",
])
  test(`"${hostile}" is refused`, () => {
    assert.equal(read(hostile), undefined);
  });

test("the beginning can be written, and is a state of its own each time", () => {
  assert.notEqual(the.beginning().kernel, the.beginning().kernel);
  assert.notEqual(the.beginning().kernel, the.KERNELS[0][1]);
  for (const [name, field] of Object.entries(the.fields))
    assert.deepEqual(
      field.read(field.write(the.beginning()[name])),
      the.beginning()[name],
    );
});

test("every kernel that is offered can be written to the address as it is", () => {
  for (const [, kernel] of the.KERNELS) {
    const state = { ...the.beginning(), kernel };
    const again = read(writeState(state, the.fields, the.beginning()));
    again.kernel.forEach((weight, n) => {
      assert.equal(weight, kernel[n]);
    });
  }
});

test("a pixel sees nine at most, and all nine on a circle", () => {
  const seen = (rim, out) =>
    Array.from({ length: PIXELS }, (_, n) => weightAt(out, n, rim)).filter(
      (w) => w >= 0,
    );
  assert.equal(seen("zeros", 0).length, 4);
  assert.equal(seen("zeros", 27).length, 9);
  for (let out = 0; out < PIXELS; out++)
    assert.equal(new Set(seen("circular", out)).size, 9);
});

test("what is changed is the pixel that is shown", () => {
  const state = { ...the.beginning(), shift: [3, 6] };
  const before = the.outcome(state).input;
  the.toggle(state, 13);
  const after = the.outcome(state).input;
  after.forEach((value, n) => {
    assert.equal(value, n === 13 ? 1 - before[n] : before[n]);
  });
});

test("to shift first or afterwards is the same on a circle, and not at a rim of zeros", () => {
  const state = { ...the.beginning(), shift: [0, 3] };
  assert.ok(Math.max(...the.outcome({ ...state, rim: "circular" }).apart) < 1e-12);
  assert.ok(Math.max(...the.outcome(state).apart) > 1);
  assert.ok(Math.max(...the.outcome({ ...state, shift: [0, 0] }).apart) === 0);
});

test("one step to the right is one step to the right", () => {
  const [, kernel] = the.KERNELS.find(([name]) => name === "one step right");
  const { picture } = the.beginning();
  assert.deepEqual(layer(picture, kernel, "circular"), shifted(picture, 0, 1));
  assert.equal(picture.length, SIDE * SIDE);
});

/** The largest singular value, by the power method. */
function norm(W) {
  let [x, size] = [Array.from({ length: PIXELS }, (_, n) => Math.cos(n * n)), 0];
  for (let step = 0; step < 2000; step++) {
    const z = x.map((_, i) => x.reduce((sum, v, j) => sum + W[PIXELS * i + j] * v, 0));
    const back = x.map((_, j) =>
      z.reduce((sum, v, i) => sum + W[PIXELS * i + j] * v, 0),
    );
    const length = Math.hypot(...back);
    size = Math.sqrt(length);
    x = back.map((v) => v / length);
  }
  return size;
}

test("a rim of zeros amplifies no more than the circle of which it is a part", () => {
  const offered = the.KERNELS.map(([, kernel]) => kernel);
  for (const kernel of [[-1, -1, 1, -1, -1, 0, 1, 0, 1], ...offered]) {
    const bound = Math.max(...spectrum(kernel, SIDE + 2));
    assert.ok(norm(matrix(kernel, "zeros")) < bound * (1 + 1e-9));
    const largest = Math.max(...spectrum(kernel));
    assert.ok(Math.abs(norm(matrix(kernel, "circular")) - largest) < 1e-3 * largest);
  }
});
