// Back propagation, step by step; test_step_by_step.py holds it to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  beginning,
  fields,
  LAST,
  subject,
} from "../../live/figures/step-by-step/state.js";
import {
  digits,
  fixed,
  LABELS,
  little,
  walk,
} from "../../live/figures/step-by-step/steps.js";
import { readState, writeState } from "../../live/kit/address.js";

const read = (text) => readState(text, fields, beginning());
const walked = (state) => {
  const { sizes, p, x, y } = subject({ ...beginning(), ...state });
  return walk(sizes, p, x, y);
};
const pencil = { at: { which: "pencil", step: 1 } };

test("what is written is read again", () => {
  const state = { at: { which: "pencil", step: 11 }, site: 10, seed: 4294967295 };
  const text = writeState(state, fields, beginning());
  assert.equal(text, "at=pencil-11&site=10&seed=4294967295");
  assert.deepEqual(read(text), state);
  assert.equal(writeState(beginning(), fields, beginning()), "");
});

for (const hostile of [
  "at=hh-0",
  "at=hh-24",
  "at=pencil-12",
  "at=hh",
  "at=constructor-1",
  "at=hh-1e1",
  "at=hh-01",
  "site=0",
  "site=11",
  "seed=-1",
  "__proto__=1",
  "at=<img src=x onerror=alert(1)>",
])
  test(`"${hostile}" is refused`, () => assert.equal(read(hostile), undefined));

test("there are as many steps as the state knows", () => {
  assert.equal(walked({}).steps.length, LAST.hh);
  assert.equal(walked(pencil).steps.length, LAST.pencil);
});

test("forward from the input, back from the output, then the gradient", () => {
  const order = walked({}).steps.map(
    ({ kind, layer, neuron }) => kind[0] + layer + neuron,
  );
  assert.equal(
    order.join(" "),
    "i10 f21 f22 f31 f32 f33 f41 f42 l40 " +
      "e41 e42 e31 e32 e33 e21 e22 d41 d42 d31 d32 d33 d21 d22",
  );
});

test("the example for a pencil has the fractions of the chapter", () => {
  const { steps } = walked(pencil);
  const values = (kind) =>
    steps.filter((s) => s.kind === kind).flatMap((s) => s.lines.map((l) => l.value));
  const close = (found, wanted) => {
    assert.equal(found.length, wanted.length);
    for (const [i, v] of found.entries()) assert.ok(Math.abs(v - wanted[i]) < 1e-15);
  };
  close(values("forward"), [0, 1 / 2, Math.log(3), 3 / 4, 0, 1 / 2]);
  close(values("loss"), [1 / 8]);
  close(values("error"), [1 / 8, 3 / 32, -3 / 64]);
  close(values("derivative"), [
    1 / 8,
    1 / 16,
    3 / 32,
    3 / 32,
    3 / 32,
    -3 / 64,
    -3 / 64,
  ]);
});

const flat = (parts) =>
  parts
    .map((part) =>
      typeof part === "string"
        ? part
        : part.letter + (part.layer ?? "") + (part.index ? `_${part.index}` : ""),
    )
    .join("");

test("each line has its formula, with the right indices and equation", () => {
  const { steps } = walked({});
  const lines = steps.flatMap((s) => s.lines);
  const of = (name) => lines.find((line) => flat(line.of) === name);
  const said = (name) => `${flat(of(name).symbols)} by ${of(name).equation}`;
  assert.equal(said("z3_2"), "w3_21a2_1 + w3_22a2_2 + b3_2 by 5.2");
  assert.equal(said("a3_2"), "σ(z3_2) by 5.3");
  assert.equal(said("C"), "½ [(y_1 − a4_1)² + (y_2 − a4_2)²] by 5.1");
  assert.equal(said("δ4_1"), "σ′(z4_1) (a4_1 − y_1) by 5.5");
  // The transpose: the sum is over the first index.
  assert.equal(said("δ2_1"), "σ′(z2_1) (w3_11δ3_1 + w3_21δ3_2 + w3_31δ3_3) by 5.6");
  assert.equal(said("∂C/∂b3_2"), "δ3_2 by 5.7");
  assert.equal(said("∂C/∂w3_21"), "δ3_2 a2_1 by 5.8");
  for (const { equation } of lines) assert.ok(equation === "" || LABELS[equation]);
});

test("the numbers of a line come out as its value, but for the rounding", () => {
  for (const site of [1, 6])
    for (const { numbers, value, of } of walked({ site }).steps.flatMap(
      (s) => s.lines,
    )) {
      if (!numbers) continue;
      const sum = numbers
        .replaceAll("−", "-")
        .replaceAll("·", "*")
        .replaceAll("²", "**2")
        .replaceAll("[", "(")
        .replaceAll("]", ")")
        .replace("½", "0.5 *")
        .replace(/σ\((.*)\)/, "1 / (1 + Math.exp(-($1)))");
      const found = new Function(`return ${sum}`)();
      assert.ok(Math.abs(found - value) < 2e-3 + 2e-2 * Math.abs(value), flat(of));
    }
});

test("numbers are rounded as they are printed", () => {
  assert.equal(fixed(-0.0925), "−0.092");
  assert.equal(digits(-0.0012345), "−0.00123");
  assert.equal(digits(-3e-9), "−3.00\u202f×\u202f10⁻⁹");
  assert.equal(little(-0.0268), "−0.027");
  assert.equal(little(0.00034), "0.0003");
  assert.equal(little(0), "0.000");
});
