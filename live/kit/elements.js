/** Parts of a page, made without mark-up: what is given as text stays text. */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean>} Attributes */

/**
 * @template {Element} E
 * @param {E} made
 * @param {Attributes} attributes false leaves one out
 * @param {(string | Node)[]} children
 */
function complete(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes))
    if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
  made.append(...children);
  return made;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...(string | Node)} children
 */
export const html = (tag, attributes = {}, ...children) =>
  complete(document.createElement(tag), attributes, children);

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...(string | Node)} children
 */
export const svg = (tag, attributes = {}, ...children) =>
  complete(document.createElementNS(SVG, tag), attributes, children);

/** A symbol with an index, as x₁. @param {string} letter @param {string} index */
export const symbol = (letter, index = "") =>
  html("span", { class: "live-symbol" }, html("i", {}, letter), html("sub", {}, index));

/** An equals sign in a label, not read aloud. */
export const equals = () => html("span", { "aria-hidden": "true" }, " =");

/** Parts under a name. @param {string} name @param {...Node} parts */
export const named = (name, ...parts) =>
  html("div", { class: "live-named" }, html("p", {}, name), ...parts);

/** One of the facts: what of, and what it is. @param {string} of @param {...(string | Node)} shown */
export const fact = (of, ...shown) =>
  html("p", {}, html("span", { class: "live-of" }, of), " ", html("b", {}, ...shown));

/** A data point: a circle for A, a cross for B. @param {"A" | "B"} category */
export const sign = (category) =>
  svg(
    "svg",
    { viewBox: "-10 -10 20 20", "aria-hidden": "true" },
    category === "A"
      ? svg("circle", { r: 6.5 })
      : svg("path", { d: "M-6-6L6 6M-6 6L6-6" }),
  );

/** A share, as 38 %. @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(0)} %`;

/** 1234567 as 1 234 567. @param {number} n */
export const whole = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** A positive number in three digits: 0.266, 3.65 × 10⁻⁵. @param {number} value */
export function short(value) {
  if (!Number.isFinite(value)) return "not finite";
  if (value === 0 || (value >= 0.001 && value < 1e5)) return value.toPrecision(3);
  const [digits, exponent] = value.toExponential(2).split("e");
  return `${digits}\u202f×\u202f10${raised(Number(exponent))}`;
}

/** An exponent, as ⁻⁵. @param {number} n */
export const raised = (n) =>
  String(n).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]));
