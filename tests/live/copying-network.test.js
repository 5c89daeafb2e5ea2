// The networks that copy, by properties; test_copying_network.py holds them to the
// library.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  after,
  best,
  matrices,
  run,
  softmax,
} from "../../live/figures/copying-network/net.js";
import * as the from "../../live/figures/copying-network/state.js";
import { readState, writeState } from "../../live/kit/address.js";

const read = (text) => readState(text, the.fields, the.beginning());
const last = (name, letters) =>
  the.letter(best(run(matrices(name), the.tokens(letters)).scores.at(-1)));

test("what is written is read again", () => {
  const state = { letters: "ponmlkjihgfedcba", net: "one", ban: "after", at: 23 };
  const text = writeState(state, the.fields, the.beginning());
  assert.match(text, /^[\w=&.,-]+$/);
  assert.deepEqual(read(text), state);
  assert.equal(writeState(the.beginning(), the.fields, the.beginning()), "");
});

for (const hostile of [
  "letters=",
  "letters=aq",
  "letters=A",
  `letters=${"a".repeat(25)}`,
  "letters=<b>",
  "net=three",
  "ban=none",
  "at=24",
  "at=-1",
  "__proto__=1",
])
  test(`"${hostile.slice(0, 20)}" is refused`, () => {
    assert.equal(read(hostile), undefined);
  });

test("what is typed may have capitals and spaces, and nothing else", () => {
  assert.equal(the.typed("K c F a"), "kcfa");
  for (const wrong of ["", " ", "kq", "k1", "k,c"])
    assert.equal(the.typed(wrong), undefined);
});

test("the rule finds the place after the last earlier occurrence", () => {
  const tokens = the.tokens("fafkf");
  assert.deepEqual(
    tokens.map((_, t) => after(tokens, t)),
    [-1, -1, 1, -1, 3],
  );
});

test("two layers follow the rule in all four sequences, one layer in two", () => {
  const asked = the.EXAMPLES.filter(([, words]) => words.includes("→"));
  assert.equal(asked.length, 4);
  const right = (name) =>
    asked.filter(([letters, words]) => words.endsWith(last(name, letters))).length;
  assert.equal(right("two"), 4);
  assert.equal(right("one"), 2);
});

test("a place that is not looked at has no weight", () => {
  const state = { ...the.beginning(), ban: "before" };
  const tokens = the.tokens(state.letters);
  const n = tokens.length;
  const { weights } = run(matrices("two"), tokens, the.forbidden(state));
  for (let t = 1; t < n; t++) {
    assert.equal(weights[0][t * n + t - 1], 0);
    const row = weights[0].subarray(t * n, (t + 1) * n);
    assert.ok(Math.abs(row.reduce((sum, p) => sum + p) - 1) < 1e-12);
    assert.ok(row.subarray(t + 1).every((p) => p === 0));
  }
});

test("a new block has no token twice, and is repeated", () => {
  let seed = 7;
  const random = () => {
    seed = (16807 * seed) % 2147483647;
    return seed / 2147483647;
  };
  const lengths = new Set();
  for (let n = 0; n < 100; n++) {
    const letters = the.newBlock(random);
    assert.ok(the.typed(letters));
    const length = letters.indexOf(letters[0], 1);
    lengths.add(length);
    assert.equal(new Set(letters.slice(0, length)).size, length);
    assert.equal(letters.slice(length), letters.slice(0, -length));
  }
  assert.deepEqual(
    [...lengths].sort((a, b) => a - b),
    [5, 6, 7, 8, 9, 10, 11],
  );
});

test("the largest share is found, and shares add up to one", () => {
  const shares = softmax([1, 700, -700, 699]);
  assert.equal(best(shares), 1);
  assert.ok(Math.abs(shares.reduce((sum, p) => sum + p) - 1) < 1e-12);
});
