/** The controls of the live figures; each is a label and the browser's own input. */

import { html } from "./elements.js";

/**
 * A control that can be shown another value.
 * @template T
 * @typedef {{element: HTMLElement, show: (value: T) => void}} Control
 */

/** @param {string} words @param {() => void} act @param {string} [kind] */
export function button(words, act, kind = "") {
  const made = html("button", { type: "button", class: kind }, words);
  made.addEventListener("click", act);
  return made;
}

/** @param {(string | Node)[]} label @param {...(string | Node)} inputs */
const labelled = (label, ...inputs) =>
  html("label", { class: "live-control" }, html("span", {}, ...label), ...inputs);

/**
 * One of a few, in a menu.
 * @template {string | number} T
 * @param {(string | Node)[]} label
 * @param {readonly (readonly [T, string])[]} options values, and what they are called
 * @param {(value: T) => void} change
 * @returns {Control<T>}
 */
export function menu(label, options, change) {
  const select = html("select");
  for (const [value, words] of options)
    select.append(html("option", { value: String(value) }, words));
  select.addEventListener("change", () => change(options[select.selectedIndex][0]));
  return {
    element: labelled(label, select),
    show: (value) => {
      select.value = String(value);
    },
  };
}

/**
 * One of a few, by buttons side by side.
 * @template {string} T
 * @param {string} label
 * @param {readonly (readonly [T, string])[]} options values, and what they are called
 * @param {(value: T) => void} change
 * @returns {Control<T>}
 */
export function choice(label, options, change) {
  const buttons = options.map(([value, words]) => button(words, () => change(value)));
  const group = { class: "live-switch", role: "group", "aria-label": label };
  return {
    element: html("div", group, ...buttons),
    show: (value) => {
      for (const [i, made] of buttons.entries())
        made.setAttribute("aria-pressed", String(options[i][0] === value));
    },
  };
}

/**
 * One of many in a row, on a slider.
 * @param {(string | Node)[]} label
 * @param {readonly number[]} values
 * @param {(value: number, done: boolean) => void} change not done: the hand still moves
 * @param {(value: number) => string} [words]
 * @returns {Control<number>}
 */
export function slider(label, values, change, words = String) {
  const input = html("input", {
    type: "range",
    min: 0,
    max: values.length - 1,
    step: 1,
  });
  const shown = html("span", { class: "live-value", "aria-hidden": "true" });
  const value = () => values[Number(input.value)];
  const write = () => {
    shown.textContent = words(value());
    input.setAttribute("aria-valuetext", words(value()));
  };
  input.addEventListener("input", () => {
    write();
    change(value(), false);
  });
  input.addEventListener("change", () => change(value(), true));
  return {
    element: labelled([...label, " ", shown], input),
    show: (given) => {
      input.value = String(values.indexOf(given));
      write();
    },
  };
}

/**
 * Any number of an interval, on a slider.
 * @param {(string | Node)[]} label
 * @param {object} options
 * @param {number} options.low
 * @param {number} options.high
 * @param {number} options.step of an arrow key
 * @param {(value: number) => string} options.words
 * @param {(value: number, done: boolean) => void} change not done: the hand still moves
 * @returns {Control<number>}
 */
export function range(label, { low, high, step, words }, change) {
  const input = html("input", { type: "range", min: low, max: high, step });
  const shown = html("span", { class: "live-value", "aria-hidden": "true" });
  /** @param {number} value */
  const show = (value) => {
    input.value = String(value);
    shown.textContent = words(value);
    input.setAttribute("aria-valuetext", words(value));
  };
  for (const kind of ["input", "change"])
    input.addEventListener(kind, () => change(Number(input.value), kind === "change"));
  return { element: labelled([...label, " ", shown], input), show };
}

/**
 * A whole number, typed.
 * @param {(string | Node)[]} label
 * @param {number} low
 * @param {number} high
 * @param {(value: number) => void} change
 * @returns {Control<number>}
 */
export function number(label, low, high, change) {
  const input = html("input", {
    type: "number",
    min: low,
    max: high,
    step: 1,
    inputmode: "numeric",
  });
  let last = low;
  input.addEventListener("change", () => {
    if (input.value !== "" && input.checkValidity()) {
      last = Number(input.value);
      change(last);
    } else input.value = String(last);
  });
  return {
    element: labelled(label, input),
    show: (value) => {
      last = value;
      input.value = String(value);
    },
  };
}

/**
 * A number to be typed, shown in two digits.
 * @param {(string | Node)[]} label
 * @param {string} what it is, for who does not see it
 * @param {number} limit of its size
 * @param {(value: number) => void} change
 * @returns {Control<number>}
 */
export function entry(label, what, limit, change) {
  const input = html("input", {
    type: "number",
    min: -limit,
    max: limit,
    step: 0.1,
    "aria-label": what,
  });
  const words = (/** @type {number} */ value) => String(Number(value.toFixed(2)));
  let last = 0;
  input.addEventListener("change", () => {
    const value = Number(input.value);
    if (input.value !== "" && Math.abs(value) <= limit) change(Number(words(value)));
    else input.value = words(last);
  });
  return {
    element: labelled(label, input),
    show: (value) => {
      last = value;
      if (Number(input.value) !== Number(words(value)) || input.value === "")
        input.value = words(value);
    },
  };
}
