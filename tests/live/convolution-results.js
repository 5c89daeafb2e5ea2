// Reads cases from the standard input, and writes what the figure of a convolutional
// layer makes of them.

import { readFileSync } from "node:fs";
import {
  layer,
  matrix,
  shifted,
  spectrum,
} from "../../live/figures/convolution/layer.js";
import { outcome } from "../../live/figures/convolution/state.js";

const { cases } = JSON.parse(readFileSync(0, "utf-8"));

function ofCase({ picture, kernel, rim, shift }) {
  const { input, output, apart } = outcome({ picture, kernel, rim, shift });
  return {
    layer: [...layer(picture, kernel, rim)],
    matrix: [...matrix(kernel, rim)],
    spectrum: [...spectrum(kernel)],
    shifted: [...shifted(picture, ...shift)],
    input: [...input],
    output: [...output],
    apart: [...apart],
  };
}

console.log(JSON.stringify(cases.map(ofCase)));
