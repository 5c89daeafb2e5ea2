// The training of the drilling map; test_kit.py holds the paper's run to the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import { border } from "../../live/kit/plane.js";
import { paper, Training } from "../../live/kit/training.js";

const begin = (settings = {}, seed = 5000) => {
  const { sites, ...others } = paper();
  return new Training(sites, { ...others, ...settings }, seed);
};

test("steps taken in pieces are the steps taken at once", () => {
  for (const settings of [{}, { m: 5 }, { sampling: "epochs" }]) {
    const [whole, pieces] = [begin(settings), begin(settings)];
    whole.train(5000);
    for (const n of [1, 999, 1000, 2500, 500]) pieces.train(n);
    assert.deepEqual(pieces.p, whole.p);
    assert.equal(pieces.step, 5000);
  }
});

test("an epoch visits every site exactly once", () => {
  const order = begin({ sampling: "epochs", m: 2 }).order(20);
  for (let e = 0; e < 4; e++) {
    const visited = [...order.subarray(10 * e, 10 * e + 10)].sort((a, b) => a - b);
    assert.deepEqual(visited, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
});

test("every order of an epoch comes up about as often as any other", () => {
  const training = begin({ sampling: "epochs" }, 1);
  training.sites = paper().sites.slice(0, 3);
  const seen = {};
  for (let e = 0; e < 6000; e++) {
    const order = training.order(3).join("");
    seen[order] = (seen[order] ?? 0) + 1;
  }
  assert.equal(Object.keys(seen).length, 6);
  assert.ok(Object.values(seen).every((n) => Math.abs(n - 1000) < 120));
});

test("sites that come and go in the middle of an epoch are all that is visited", () => {
  const training = begin({ sampling: "epochs" });
  training.order(3);
  training.sites = paper().sites.slice(0, 4);
  assert.deepEqual([...training.order(4)].sort(), [0, 1, 2, 3]);
});

test("another seed is another start and another order", () => {
  assert.notDeepEqual(begin({}, 1).p, begin({}, 2).p);
  assert.notDeepEqual(begin({}, 1).order(20), begin({}, 2).order(20));
});

test("the border of a slanted plane is a straight line", () => {
  const n = 11;
  const values = Float64Array.from({ length: n * n }, (_, i) => {
    return (i % n) + 2 * Math.floor(i / n) - 12.5;
  });
  const pieces = border(values, n);
  assert.ok(pieces.length > 10);
  for (const [x1, y1, x2, y2] of pieces)
    for (const [x, y] of [
      [x1, y1],
      [x2, y2],
    ])
      assert.ok(Math.abs(x + 2 * y - 12.5) < 1e-12);
});

test("a plane of one sign has no border", () => {
  assert.deepEqual(border(new Float64Array(9).fill(1), 3), []);
  assert.deepEqual(border(new Float64Array(9).fill(-1), 3), []);
});
