// Reads pictures from the standard input, and writes what the drawn digit's network
// makes of them.

import { readFileSync } from "node:fs";
import { moved, run, softmax } from "../../live/figures/draw-a-digit/net.js";
import { parameters } from "../../live/figures/draw-a-digit/state.js";

const { pictures, shifts } = JSON.parse(readFileSync(0, "utf-8"));
const p = parameters();

function ofPicture(list) {
  const picture = Float64Array.from(list);
  const { first, second, sums } = run(p, picture);
  return {
    first: [...first],
    second: [...second],
    sums: [...sums],
    shares: [...softmax(sums)],
    moved: shifts.map((shift) => [...moved(picture, ...shift)]),
  };
}

console.log(JSON.stringify({ p: [...p], outcomes: pictures.map(ofPicture) }));
