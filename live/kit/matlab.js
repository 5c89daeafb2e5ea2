/**
 * The random numbers that MATLAB draws after `rng(seed)`: MT19937 of Matsumoto
 * and Nishimura, and the ziggurat of Marsaglia and Tsang with 256 strips.  The
 * same as `dlam.matlab`, where more is said; the tests hold the two together.
 */

const N = 624;
const M = 397;
const R = 3.6541528853610088; // where the tail begins
const AREA = 0.004928673233974658; // of a strip: R f(R) and what lies beyond R

/** @type {(t: number) => number} */
const f = (t) => Math.exp((-t * t) / 2);

/** The edges x of the strips: strip i lies between f(x[i]) and f(x[i - 1]). */
const x = new Float64Array(257);
x[256] = AREA / f(R);
x[255] = R;
for (let i = 254; i > 0; i--)
  x[i] = Math.sqrt(-2 * Math.log(AREA / x[i + 1] + f(x[i + 1])));

export class MatlabRandom {
  #state = new Int32Array(N);
  #next = N;

  /** @param {number} seed 0, …, 2³² − 1; 0 stands for 5489, as in MATLAB */
  constructor(seed) {
    const state = this.#state;
    state[0] = seed === 0 ? 5489 : seed;
    for (let i = 1; i < N; i++)
      state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  }

  #refill() {
    const state = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
      state[i] = state[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }

  /** The next 32 bits, as 0, …, 2³² − 1. */
  #word() {
    if (this.#next === N) this.#refill();
    let y = this.#state[this.#next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** Uniform on [0, 1), with 53 random bits. */
  rand() {
    const high = this.#word() >>> 5;
    return (high * 2 ** 26 + (this.#word() >>> 6)) * 2 ** -53;
  }

  /** @param {number} n @returns an integer, uniform on 1, …, n */
  randi(n) {
    return Math.floor(n * this.rand()) + 1;
  }

  /** Normal, with mean 0 and variance 1. */
  randn() {
    for (;;) {
      const u0 = this.#word();
      const u1 = this.#word();
      const i = (u1 >>> 24) + 1;
      const m = (u0 >>> 3) * 2 ** 24 + (u1 & 0xffffff);
      const r = (m * 2 ** -52 - 1) * x[i];
      if (Math.abs(r) <= x[i - 1]) return r;
      if (i === 256) return Math.sign(r) * this.#tail();
      const [upper, lower] = [f(x[i - 1]), f(x[i])];
      if (lower + this.rand() * (upper - lower) < f(r)) return r;
    }
  }

  /** A number beyond R, by Marsaglia's method. */
  #tail() {
    for (;;) {
      const t = -Math.log(this.rand()) / R;
      if (-2 * Math.log(this.rand()) > t * t) return R + t;
    }
  }
}
