/** The sites on a map: blue circles and orange crosses that can be moved. */

import { html, sign } from "../../kit/elements.js";
import { movable } from "../../kit/movable.js";

/** @typedef {import("../../kit/training.js").Site} Place */

export const FEWEST = 2;
export const MOST = 30;

class Site {
  /**
   * @param {Place} place
   * @param {HTMLElement} area the map
   * @param {Record<"chosen" | "moved" | "done" | "swap" | "remove", () => void>} tell
   */
  constructor(place, area, tell) {
    this.place = place;
    this.element = html("span", {
      class: "live-site",
      role: "slider",
      tabindex: 0,
      "aria-roledescription": "site to be moved",
      "aria-valuemin": 0,
      "aria-valuemax": 1,
    });
    area.append(this.element);
    this.show();
    movable(this.element, area, {
      place: () => [place.x, place.y],
      move: (x, y) => {
        place.x = Math.round(100 * x) / 100;
        place.y = Math.round(100 * y) / 100;
        this.show();
        tell.moved();
      },
      done: tell.done,
    });
    this.element.addEventListener("focus", tell.chosen);
    this.element.addEventListener("keydown", (event) => {
      const act = { Delete: tell.remove, Backspace: tell.remove, " ": tell.swap }[
        event.key
      ];
      if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      act();
    });
  }

  /** @param {number} number from 1 */
  name(number) {
    this.number = number;
    this.show();
  }

  swap() {
    this.place.category = this.place.category === "A" ? "B" : "A";
    this.show();
  }

  show() {
    const { x, y, category } = this.place;
    const { element } = this;
    element.style.left = `${100 * x}%`;
    element.style.bottom = `${100 * y}%`;
    element.setAttribute(
      "aria-label",
      `Site ${this.number ?? ""}, category ${category}`,
    );
    element.setAttribute("aria-valuenow", String(x));
    element.setAttribute(
      "aria-valuetext",
      `${x.toFixed(2)} across, ${y.toFixed(2)} up`,
    );
    if (element.dataset.category === category) return;
    element.dataset.category = category;
    element.replaceChildren(sign(category));
  }
}

export class Sites {
  /** @type {Site[]} */
  #sites = [];
  /** @type {Site | undefined} the one that the buttons act on */
  #chosen;

  /**
   * @param {HTMLElement} area the unit square
   * @param {{notice: (text: string) => void, announce: (text: string) => void}} stage
   * @param {(done: boolean) => void} changed not done: the hand still moves
   */
  constructor(area, stage, changed) {
    this.area = area;
    this.stage = stage;
    this.changed = changed;
  }

  get places() {
    return this.#sites.map(({ place }) => ({ ...place }));
  }

  /** @param {Place[]} places */
  show(places) {
    for (const { element } of this.#sites) element.remove();
    this.#sites = places.map((place) => this.#make(place));
    this.#chosen = undefined;
    this.#name();
  }

  /** @param {Place} place */
  #make(place) {
    const site = new Site({ ...place }, this.area, {
      chosen: () => this.#choose(site),
      moved: () => this.changed(false),
      done: () => this.changed(true),
      swap: () => this.swap(),
      remove: () => this.remove(),
    });
    return site;
  }

  #name() {
    this.#sites.forEach((site, i) => {
      site.name(i + 1);
    });
  }

  /** @param {Site | undefined} site */
  #choose(site) {
    this.#chosen?.element.classList.remove("live-chosen");
    this.#chosen = site;
    site?.element.classList.add("live-chosen");
  }

  /** @param {"A" | "B"} category */
  add(category) {
    if (this.#sites.length >= MOST) {
      this.stage.notice(`There is room for ${MOST} sites.`);
      return;
    }
    const site = this.#make({ ...this.#free(), category });
    this.#sites.push(site);
    this.#name();
    site.element.focus();
    this.changed(true);
  }

  /** The place of a grid that is farthest from all sites; HH's own comes first. */
  #free() {
    const near = (/** @type {{x: number, y: number}} */ { x, y }) =>
      Math.min(...this.#sites.map(({ place }) => Math.hypot(place.x - x, place.y - y)));
    let best = { x: 0.3, y: 0.7 };
    if (near(best) > 0.1) return best;
    for (let i = 2; i <= 18; i++)
      for (let j = 2; j <= 18; j++) {
        const place = { x: i / 20, y: j / 20 };
        if (near(place) > near(best)) best = place;
      }
    return best;
  }

  /** Put the chosen site into the other category. */
  swap() {
    const site = this.#chosen;
    if (!site) return this.#ask();
    site.swap();
    this.stage.announce(`Site ${site.number} is of category ${site.place.category}.`);
    this.changed(true);
  }

  /** Take the chosen site away. */
  remove() {
    const site = this.#chosen;
    if (!site) return this.#ask();
    if (this.#sites.length <= FEWEST)
      return this.stage.notice(`${FEWEST} sites must remain.`);
    const at = this.#sites.indexOf(site);
    const focused = document.activeElement === site.element;
    site.element.remove();
    this.#sites.splice(at, 1);
    this.#choose(undefined);
    this.#name();
    if (focused) this.#sites[Math.min(at, this.#sites.length - 1)].element.focus();
    this.stage.announce(`Site ${at + 1} is removed.`);
    this.changed(true);
  }

  #ask() {
    this.stage.notice("Choose a site first: press it, or go to it with the tab key.");
  }
}
