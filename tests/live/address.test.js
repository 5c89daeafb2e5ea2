// What the address says to a live figure.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fields } from "../../live/figures/drilling-map/state.js";
import {
  addressed,
  decimal,
  meantFor,
  readState,
  writeState,
} from "../../live/kit/address.js";
import { paper } from "../../live/kit/training.js";

const beginning = { ...paper(), speed: "watch" };
const read = (text) => readState(text, fields, beginning);

test("an address that says nothing gives the beginning", () => {
  assert.deepEqual(read(""), beginning);
  assert.equal(writeState(beginning, fields, beginning), "");
});

test("what is written is read again", () => {
  const state = {
    eta: 0.5,
    m: 5,
    sampling: "epochs",
    seed: 4294967295,
    steps: 10000,
    speed: "full",
    sites: [
      { x: 0, y: 1, category: "A" },
      { x: 0.29, y: 0.57, category: "B" },
    ],
  };
  const text = writeState(state, fields, beginning);
  assert.match(text, /^[\w=&.,;-]+$/);
  assert.deepEqual(read(text), state);
});

test("only what differs is written", () => {
  assert.equal(writeState({ ...beginning, seed: 7 }, fields, beginning), "seed=7");
});

for (const hostile of [
  "eta=0.07",
  "eta=1e9",
  "eta",
  "eta=",
  "eta=0.5&eta=0.5",
  "eta=0.5=1",
  "seed=-1",
  "seed=4294967296",
  "seed=1.5",
  "seed=007",
  "seed= 7",
  "m=3",
  "sampling=Replacement",
  "unknown=1",
  "__proto__=1",
  "constructor=1",
  "toString=1",
  "sites=",
  "sites=A10,10",
  "sites=A10,10;C10,10",
  "sites=A101,10;B1,1",
  "sites=A-1,10;B1,1",
  "sites=A10,10;B1,1;",
  "sites=<img src=x onerror=alert(1)>",
  `sites=${"A10,10;".repeat(30)}B1,1`,
  `seed=${"1".repeat(3000)}`,
  "&",
  "seed=7&",
])
  test(`"${hostile.slice(0, 40)}" is refused`, () => {
    assert.equal(read(hostile), undefined);
  });

test("an address is for the figure that it names, and no other", () => {
  assert.equal(meantFor("#map?a=1", "map"), "a=1");
  assert.equal(meantFor("#map", "map"), "");
  assert.equal(meantFor("#map%3Fa%3D1", "map"), "a=1");
  for (const other of ["", "#", "#maps?a=1", "#section", "#other?map?a=1"])
    assert.equal(meantFor(other, "map"), undefined);
  assert.equal(meantFor("#map?%E0%A4%A", "map"), "%E0%A4%A");
});

test("a decimal has its digits and its bounds", () => {
  const field = decimal(-2, 2, 2);
  assert.equal(field.read("-1.25"), -1.25);
  assert.equal(field.write(field.read("0.30")), "0.3");
  for (const wrong of ["3", "1e0", "", "NaN", "Infinity", ".5", "1.", "+1"])
    assert.equal(field.read(wrong), undefined);
});

test("one address holds the states of several figures, the last altered first", () => {
  const one = `#${addressed("", "map", "a=1")}`;
  assert.equal(one, "#map?a=1");
  const two = `#${addressed(one, "curve", "b=2;3")}`;
  assert.equal(two, "#curve?b=2;3/map?a=1");
  assert.equal(meantFor(two, "map"), "a=1");
  assert.equal(meantFor(two, "curve"), "b=2;3");
  assert.equal(meantFor(two, "cur"), undefined);
  assert.equal(addressed(two, "curve", ""), "map?a=1");
  assert.equal(addressed(two, "map", "a=4"), "map?a=4/curve?b=2;3");
  assert.equal(addressed("#exercises", "map", "a=1"), "map?a=1");
});
