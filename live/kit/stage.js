/**
 * What every live figure stands on: its state, which the address shares, its
 * words to the reader, and the colours and the stillness that the reader wants.
 */

import { addressed, meantFor, readState, writeState } from "./address.js";
import { button } from "./controls.js";
import { html } from "./elements.js";

/** @typedef {import("./plane.js").Colour} Colour */
/** @typedef {{draw: () => void, words: string}} Shown words are what is read aloud */

const PAUSE = 600; // milliseconds of rest before something is read aloud

/**
 * @template S
 */
export class Stage {
  #restored = () => this.changed(false);
  /** @type {Shown} */
  #shown = { draw: () => {}, words: "" };
  #waiting = false; // for the next frame
  #speaking = 0;
  #notice = html("p", { class: "live-notice", role: "status" });
  #spoken = html("p", { class: "visually-hidden", "aria-live": "polite" });
  #last; // what was saved last, as in an address
  /** @type {string[]} */
  #past = []; // what was saved before
  #undo = button("Undo", () => this.undo());

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
    this.#last = this.#written(begin);
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", label);
    root.append(this.#notice, this.#spoken, this.#tools());
    this.#read();
    this.#remember();
    window.addEventListener("hashchange", () => {
      if (this.#read()) this.#restored();
    });
    // The next key or touch may come before the next frame, and acts on what is drawn.
    for (const kind of ["keydown", "pointerdown"])
      root.addEventListener(kind, () => this.#draw(), { capture: true });
  }

  /**
   * Two buttons, for a place near each other: to the beginning, and, as a finger may
   * slip, to what was before the last change.
   * @param {() => void} [first] what the figure does before it begins again
   */
  goBack(first = () => {}) {
    const reset = button("Reset", () => {
      first();
      this.reset();
    });
    return [reset, this.#undo];
  }

  /** Buttons that every figure has: the whole screen, and a link to this state. */
  #tools() {
    const large = button("Full screen", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else this.root.requestFullscreen();
    });
    const link = button("Copy link", async () => {
      const hash = `${this.name}?${this.#written(this.state)}`;
      const address = new URL(`#${hash}`, location.href);
      await navigator.clipboard.writeText(address.href);
      this.notice("The link to this state is copied.");
    });
    const tools = html("div", { class: "live-tools" });
    if (document.fullscreenEnabled) tools.append(large);
    if (navigator.clipboard) tools.append(link);
    return tools;
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
    // Who comes back to where they were loses nothing that has been computed.
    if (state && this.#written(state) === this.#written(this.state)) return false;
    this.notice(
      state
        ? ""
        : "The address asks for something that this figure does not have, so it " +
            "shows what it always begins with.",
    );
    this.state = { ...(state ?? this.beginning) };
    this.#last = this.#written(this.state); // the browser's Back goes back from here
    return true;
  }

  /** Call this, in place of drawing, when the state has become another one by itself. */
  /** @param {() => void} callback */
  onRestored(callback) {
    this.#restored = callback;
  }

  /** Put the state into the address. */
  save() {
    this.notice("");
    const text = this.#written(this.state);
    if (text !== this.#last) this.#past.push(this.#last);
    this.#last = text;
    this.#remember();
    if (!text && meantFor(location.hash, this.name) === undefined) return;
    const hash = addressed(location.hash, this.name, text);
    const page = location.pathname + location.search;
    history.replaceState(history.state, "", hash ? `#${hash}` : page);
  }

  /** Let the button say whether there is something to undo. */
  #remember() {
    this.#undo.setAttribute("aria-disabled", String(!this.#past.length));
  }

  /** Take back the last change that was saved. */
  undo() {
    const before = this.#past.pop();
    const state = readState(before ?? "", this.fields, this.beginning);
    if (before === undefined || !state) return;
    this.#last = before;
    this.state = { ...state };
    this.save();
    this.#restored();
    clearTimeout(this.#speaking);
    this.announce("The last change is undone.");
  }

  /** @param {S} state */
  #written(state) {
    return writeState(state, this.fields, this.beginning);
  }

  /** Have this drawn now, and whenever the state has changed. @param {Shown} shown */
  shows(shown) {
    this.#shown = shown;
    shown.draw();
  }

  /** Change parts of the state. */
  /** @param {Partial<S>} parts @param {boolean} [done] not done: the hand still moves */
  change(parts, done = true) {
    Object.assign(this.state, parts);
    this.changed(done);
  }

  /**
   * After a change of the state: draw at the next frame, and once the hand has let
   * go, put the state into the address and read aloud what there is now.
   * @param {boolean} done not done: the hand still moves
   */
  changed(done) {
    if (done) {
      this.save();
      clearTimeout(this.#speaking);
      this.#speaking = window.setTimeout(() => this.announce(this.#shown.words), PAUSE);
    }
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => this.#draw());
  }

  /** Draw what still has to be drawn. */
  #draw() {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#shown.draw();
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

  /**
   * Call this now, and whenever the page turns light or dark, with its colours: of the
   * ground, of the two categories, and of what is written.
   * @param {(ground: Colour, a: Colour, b: Colour, text: string) => void} callback
   */
  onTheme(callback) {
    const tell = () =>
      callback(
        this.colour("--live-ground"),
        this.colour("--live-a"),
        this.colour("--live-b"),
        getComputedStyle(this.root).color,
      );
    new MutationObserver(tell).observe(document.documentElement, {
      attributeFilter: ["data-theme"],
    });
    tell();
  }

  /** A colour of live.css, as red, green and blue. */
  /** @param {string} name such as "--live-a" @returns {[number, number, number]} */
  colour(name) {
    const hex = getComputedStyle(this.root).getPropertyValue(name).trim().slice(1);
    const n = Number.parseInt(hex.length === 3 ? hex.replace(/./g, "$&$&") : hex, 16);
    return [n >> 16, (n >> 8) & 255, n & 255];
  }
}
