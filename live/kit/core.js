/**
 * Fully connected networks, as in `dlam`: a network is a fixed shape, and its
 * parameters p are one flat vector, for each layer W row by row, then b.  Data
 * points are the rows of a flat array.  The tests hold the results to the library's.
 *
 * @typedef {"sigmoid" | "tanh" | "relu" | "identity"} Activation
 * @typedef {"quadratic" | "binary_cross_entropy" | "softmax_cross_entropy"} Loss
 *
 * Layers are counted from 0, the input.  The neurons of all layers are counted
 * through, the components of the input first: a of neuron j of layer l stands
 * in a[first[l] + j], and so for z and delta.  Its weights begin at
 * p[weights[l] + j * sizes[l - 1]], its bias is p[biases[l] + j].
 *
 * @typedef {object} Network
 * @property {number[]} sizes
 * @property {Activation[]} activations of each layer; of the input, unused
 * @property {number[]} first
 * @property {number[]} weights
 * @property {number[]} biases
 * @property {number} nParameters
 * @property {Float64Array} z what `forward` came to last
 * @property {Float64Array} a likewise
 * @property {Float64Array} output the part of a that is the last layer
 * @property {Float64Array} delta what `backward` came to last
 */

/**
 * @param {number[]} sizes how many neurons each layer has, the input first
 * @param {Activation | Activation[]} activation one for all, or one for each
 * @returns {Network}
 */
export function network(sizes, activation = "sigmoid") {
  const given = [activation].flat();
  /** @type {[number[], number[], number[]]} */
  const [first, weights, biases] = [[0], [0], [0]];
  let nParameters = 0;
  for (let l = 1; l < sizes.length; l++) {
    first.push(first[l - 1] + sizes[l - 1]);
    weights.push(nParameters);
    biases.push(nParameters + sizes[l] * sizes[l - 1]);
    nParameters += sizes[l] * (sizes[l - 1] + 1);
  }
  const nNeurons = sizes.reduce((sum, n) => sum + n);
  const a = new Float64Array(nNeurons);
  return {
    sizes: [...sizes],
    activations: sizes.map((_, l) => given[l - 1] ?? given[0]),
    first,
    weights,
    biases,
    nParameters,
    z: new Float64Array(nNeurons),
    a,
    output: a.subarray(first[sizes.length - 1]),
    delta: new Float64Array(nNeurons),
  };
}

/** @type {(activation: Activation, z: number) => number} */
export function activate(activation, z) {
  if (activation === "sigmoid") return 1 / (1 + Math.exp(-z));
  if (activation === "tanh") return Math.tanh(z);
  if (activation === "relu") return z > 0 ? z : 0;
  return z;
}

/** The slope σ′(z), where a = σ(z). @type {(activation: Activation, a: number) => number} */
export function slope(activation, a) {
  if (activation === "sigmoid") return a * (1 - a);
  if (activation === "tanh") return 1 - a * a;
  if (activation === "relu") return a > 0 ? 1 : 0;
  return 1;
}

/**
 * The output for the point in a row of X, (5.2) and (5.3); the next call overwrites it.
 * @type {(net: Network, p: Float64Array, X: Float64Array, row?: number) => Float64Array}
 */
export function forward(net, p, X, row = 0) {
  const { sizes, first, weights, biases, activations, z, a } = net;
  for (let k = 0; k < sizes[0]; k++) a[k] = X[row * sizes[0] + k];
  for (let l = 1; l < sizes.length; l++) {
    let w = weights[l];
    for (let j = 0; j < sizes[l]; j++) {
      let sum = p[biases[l] + j];
      for (let k = 0; k < sizes[l - 1]; k++) sum += p[w++] * a[first[l - 1] + k];
      z[first[l] + j] = sum;
      a[first[l] + j] = activate(activations[l], sum);
    }
  }
  return net.output;
}

/**
 * Fill delta, after `forward`: (5.5) for the last layer, then (5.6) backwards.
 * @type {(net: Network, p: Float64Array, Y: Float64Array, row: number, loss: Loss) => void}
 */
export function backward(net, p, Y, row, loss) {
  const { sizes, first, weights, activations, a, delta } = net;
  const L = sizes.length - 1;
  const n = sizes[L];
  const { top, sum } = loss === "softmax_cross_entropy" ? softmax(net.output) : none;
  let mass = 0;
  for (let j = 0; j < n; j++) mass += Y[row * n + j];
  for (let j = 0; j < n; j++) {
    const s = a[first[L] + j];
    const y = Y[row * n + j];
    // Of a cross-entropy, the slope of the activation cancels.
    if (loss === "quadratic") delta[first[L] + j] = slope(activations[L], s) * (s - y);
    else if (loss === "binary_cross_entropy") delta[first[L] + j] = s - y;
    else delta[first[L] + j] = (mass * Math.exp(s - top)) / sum - y;
  }
  for (let l = L - 1; l > 0; l--) {
    for (let k = 0; k < sizes[l]; k++) {
      let sum = 0;
      for (let j = 0; j < sizes[l + 1]; j++)
        sum += p[weights[l + 1] + j * sizes[l] + k] * delta[first[l + 1] + j];
      delta[first[l] + k] = slope(activations[l], a[first[l] + k]) * sum;
    }
  }
}

const none = { top: 0, sum: 1 };
/** @type {(values: Float64Array) => {top: number, sum: number}} */
function softmax(values) {
  const top = Math.max(...values);
  return { top, sum: values.reduce((sum, value) => sum + Math.exp(value - top), 0) };
}

/** Add rate times the gradient at one point, after `backward`: (5.7), (5.8). @type {(net: Network, rate: number, target: Float64Array) => void} */
export function addGradient(net, rate, target) {
  const { sizes, first, weights, biases, a, delta } = net;
  for (let l = 1; l < sizes.length; l++) {
    let w = weights[l];
    for (let j = 0; j < sizes[l]; j++) {
      const change = rate * delta[first[l] + j];
      for (let k = 0; k < sizes[l - 1]; k++)
        target[w++] += change * a[first[l - 1] + k];
      target[biases[l] + j] += change;
    }
  }
}

/** The loss at one point, after `forward`. @type {(net: Network, Y: Float64Array, row: number, loss: Loss) => number} */
export function lossAt(net, Y, row, loss) {
  const { output, z, first, sizes } = net;
  const { top, sum } = loss === "softmax_cross_entropy" ? softmax(output) : none;
  let total = 0;
  for (let j = 0; j < output.length; j++) {
    const y = Y[row * output.length + j];
    const s = z[first[sizes.length - 1] + j];
    if (loss === "quadratic") total += (y - output[j]) ** 2 / 2;
    else if (loss === "binary_cross_entropy")
      total += Math.log1p(Math.exp(-Math.abs(s))) + (s >= 0 ? (1 - y) * s : -y * s);
    else total += y * (Math.log(sum) + top - output[j]);
  }
  return total;
}

/** The mean of the loss over all rows, HH (3.3). @type {(net: Network, p: Float64Array, X: Float64Array, Y: Float64Array, loss?: Loss) => number} */
export function cost(net, p, X, Y, loss = "quadratic") {
  const N = X.length / net.sizes[0];
  let total = 0;
  for (let i = 0; i < N; i++) {
    forward(net, p, X, i);
    total += lossAt(net, Y, i, loss);
  }
  return total / N;
}

/** The gradient of `cost` with respect to p. @type {(net: Network, p: Float64Array, X: Float64Array, Y: Float64Array, loss?: Loss) => Float64Array} */
export function gradient(net, p, X, Y, loss = "quadratic") {
  const N = X.length / net.sizes[0];
  const sum = new Float64Array(net.nParameters);
  for (let i = 0; i < N; i++) {
    forward(net, p, X, i);
    backward(net, p, Y, i, loss);
    addGradient(net, 1 / N, sum);
  }
  return sum;
}

/**
 * Stochastic gradient, (4.6) to (4.8), m rows of the order a step; p is changed.
 * @type {(net: Network, p: Float64Array, X: Float64Array, Y: Float64Array,
 *   order: ArrayLike<number>, eta: number, m?: number, loss?: Loss) => void}
 */
export function sgd(net, p, X, Y, order, eta, m = 1, loss = "quadratic") {
  const step = m === 1 ? p : new Float64Array(net.nParameters);
  for (let n = 0; n + m <= order.length; n += m) {
    for (let i = n; i < n + m; i++) {
      forward(net, p, X, order[i]);
      backward(net, p, Y, order[i], loss);
      addGradient(net, -eta / m, step);
    }
    if (m === 1) continue;
    for (let r = 0; r < p.length; r++) p[r] += step[r];
    step.fill(0);
  }
}
