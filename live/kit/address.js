/**
 * The state of a live figure, as the address carries it after its #:
 * `#drilling-map?eta=0.5&seed=7`.  What differs from the figure's own beginning
 * is named, nothing else.  A text that is not exactly so is refused as a whole.
 */

/**
 * How one part of the state is read and written.
 * @template T
 * @typedef {object} Field
 * @property {(text: string) => T | undefined} read undefined for what is no value
 * @property {(value: T) => string} write
 */

/**
 * @template S
 * @typedef {{[K in keyof S]: Field<S[K]>}} Fields
 */

const LONGEST = 2000; // letters

/**
 * One of a few values.
 * @template {string | number} T
 * @param {readonly T[]} values
 * @returns {Field<T>}
 */
export const oneOf = (values) => ({
  read: (text) => values.find((value) => String(value) === text),
  write: String,
});

/** @param {number} low @param {number} high @returns {Field<number>} */
export const integer = (low, high) => ({
  read: (text) => {
    const value = /^(0|-?[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN;
    return value >= low && value <= high ? value : undefined;
  },
  write: String,
});

/** A decimal number with so many digits after the point. */
/** @param {number} low @param {number} high @param {number} digits @returns {Field<number>} */
export const decimal = (low, high, digits) => ({
  read: (text) => {
    const value = /^-?\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
    return value >= low && value <= high ? Number(value.toFixed(digits)) : undefined;
  },
  write: (value) => String(Number(value.toFixed(digits))),
});

/**
 * As many numbers as there are fields, with commas between them.
 * @param {Field<number>[]} fields
 * @returns {Field<number[]>}
 */
export const several = (fields) => ({
  read: (text) => {
    const words = text.split(",");
    if (words.length !== fields.length) return undefined;
    const values = words.map((word, i) => fields[i].read(word));
    return values.every((value) => value !== undefined) ? values : undefined;
  },
  write: (values) => values.map((value, i) => fields[i].write(value)).join(),
});

/**
 * Read what stands after the question mark.
 * @template S
 * @param {string} text
 * @param {Fields<S>} fields
 * @param {S} beginning what holds where nothing is said
 * @returns {S | undefined} undefined if anything is wrong
 */
export function readState(text, fields, beginning) {
  if (text.length > LONGEST) return undefined;
  const state = { ...beginning };
  const seen = new Set();
  for (const part of text === "" ? [] : text.split("&")) {
    const [key, word, ...more] = part.split("=");
    if (
      !Object.hasOwn(fields, key) ||
      word === undefined ||
      more.length ||
      seen.has(key)
    )
      return undefined;
    seen.add(key);
    const name = /** @type {keyof S} */ (key);
    const value = fields[name].read(word);
    if (value === undefined) return undefined;
    state[name] = value;
  }
  return state;
}

/**
 * @template S
 * @param {S} state
 * @param {Fields<S>} fields
 * @param {S} beginning
 */
export function writeState(state, fields, beginning) {
  const parts = [];
  for (const name of /** @type {(keyof S & string)[]} */ (Object.keys(fields))) {
    const word = fields[name].write(state[name]);
    if (word !== fields[name].write(beginning[name])) parts.push(`${name}=${word}`);
  }
  return parts.join("&");
}

/** What stands between the states of two figures in one address. */
const BETWEEN = "/";

/** The address after its #, as the parts that figures have put there. @param {string} hash */
function parts(hash) {
  let text = hash.slice(1);
  try {
    text = decodeURIComponent(text);
  } catch {
    // Left as it is; it will be refused.
  }
  return text.split(BETWEEN);
}

/**
 * The part of an address that is meant for the figure of this name.
 * @param {string} hash
 * @param {string} name
 * @returns {string | undefined}
 */
export function meantFor(hash, name) {
  const own = parts(hash).find((part) => part.split("?")[0] === name);
  return own?.slice(name.length + 1);
}

/**
 * The address with another state of one figure, first; the states of others stay.
 * @param {string} hash
 * @param {string} name
 * @param {string} text nothing for its beginning
 */
export function addressed(hash, name, text) {
  const others = parts(hash).filter(
    (part) => part.includes("?") && part.split("?")[0] !== name,
  );
  return [...(text ? [`${name}?${text}`] : []), ...others].join(BETWEEN);
}
