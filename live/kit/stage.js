/**
 * What every live figure stands on: its state, which the address shares, its
 * words to the reader, and the colours and the stillness that the reader wants.
 */

import { meantFor, readState, writeState } from "./address.js";
import { html } from "./elements.js";

/** @typedef {import("./address.js").Fields<any>} AnyFields */

/**
 * @template S
 */
export class Stage {
  /** @type {() => void} */
  #restored = () => {};
  #notice = html("p", { class: "live-notice", role: "status" });
  #spoken = html("p", { class: "visually-hidden", "aria-live": "polite" });

  /**
   * @param {HTMLElement} root the empty box that the figure fills
   * @param {object} options
   * @param {string} options.name of the module, and in the address
   * @param {string} options.label what the figure is called when it is read aloud
   * @param {import("./address.js").Fields<S>} options.fields
   * @param {S} options.beginning
   * @param {string} options.preset what this page has otherwise, as in an address
   */
  constructor(root, { name, label, fields, beginning, preset }) {
    this.root = root;
    this.name = name;
    this.fields = fields;
    const begin = readState(preset, fields, beginning);
    if (!begin) throw new Error(`${name}: the page presets ${preset}`);
    this.beginning = begin;
    this.state = { ...begin };
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", label);
    root.append(this.#notice, this.#spoken);
    this.#read();
    window.addEventListener("hashchange", () => {
      if (this.#read()) this.#restored();
    });
  }

  /** Whether the reader wants no motion. */
  get still() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** Take over what the address says, if it says something to this figure. */
  #read() {
    const text = meantFor(location.hash, this.name);
    if (text === undefined) return false;
    const state = readState(text, this.fields, this.beginning);
    this.notice(
      state
        ? ""
        : "The address asks for something that this figure does not have, so it " +
            "shows what it always begins with.",
    );
    this.state = { ...(state ?? this.beginning) };
    return true;
  }

  /** Call this whenever the state has become another one by itself. */
  /** @param {() => void} callback */
  onRestored(callback) {
    this.#restored = callback;
  }

  /** Put the state into the address. */
  save() {
    this.notice("");
    const text = writeState(this.state, this.fields, this.beginning);
    const ours = meantFor(location.hash, this.name) !== undefined;
    if (text) history.replaceState(history.state, "", `#${this.name}?${text}`);
    else if (ours)
      history.replaceState(history.state, "", location.pathname + location.search);
  }

  /** Go back to the beginning. */
  reset() {
    this.state = { ...this.beginning };
    this.save();
    this.#restored();
  }

  /** Show a sentence under the figure; it is read aloud as well. */
  /** @param {string} text */
  notice(text) {
    if (this.#notice.textContent !== text) this.#notice.textContent = text;
  }

  /** Have a sentence read aloud. @param {string} text */
  announce(text) {
    this.#spoken.textContent = text;
  }

  /** Call this now, and whenever the page turns light or dark. */
  /** @param {() => void} callback */
  onTheme(callback) {
    new MutationObserver(callback).observe(document.documentElement, {
      attributeFilter: ["data-theme"],
    });
    callback();
  }

  /** A colour of live.css, as red, green and blue. */
  /** @param {string} name such as "--live-a" @returns {[number, number, number]} */
  colour(name) {
    const hex = getComputedStyle(this.root).getPropertyValue(name).trim().slice(1);
    const n = Number.parseInt(hex.length === 3 ? hex.replace(/./g, "$&$&") : hex, 16);
    return [n >> 16, (n >> 8) & 255, n & 255];
  }
}
