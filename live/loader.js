/* Starts the live figures of a page, each when it comes into view.

   <div data-live="name" data-figure="fig-name" data-state="…"></div>

   stands for a figure that figures/name/name.js draws into the figure with the
   id fig-name, above its caption; the picture there remains for paper, and for
   browsers without JavaScript.  This is a classic script, so that it can say
   why there is no live figure where modules do not load. */
"use strict";

(() => {
  const here = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  // How high each is, in pixels, on a phone and in the column of a larger screen.
  /** @type {Record<string, [number, number]>} */
  const HEIGHTS = {
    attention: [1465, 835],
    convolution: [1197, 645],
    "copying-network": [1640, 990],
    "draw-a-digit": [1325, 700],
    "drilling-map": [1153, 665],
    momentum: [1275, 770],
    neuron: [765, 475],
    ridge: [1285, 740],
    "step-by-step": [915, 775],
    "two-valleys": [1125, 665],
    "xor-unfolded": [1760, 980],
  };
  const soon = { rootMargin: "300px" }; // how near a figure is when it is fetched

  /** @param {Element} mark @param {string} words */
  function say(mark, words) {
    const note = document.createElement("p");
    note.className = "live-note";
    note.textContent = words;
    mark.replaceChildren(note);
  }

  /** @param {HTMLElement} mark @param {HTMLElement} figure */
  async function start(mark, figure) {
    const stage = document.createElement("div");
    stage.className = "live-stage";
    try {
      const name = mark.dataset.live;
      const module = new URL(`figures/${name}/${name}.js`, here);
      const show = (await import(module.href)).default;
      figure.prepend(stage);
      figure.classList.add("live-on");
      show(stage, mark.dataset.state ?? "");
      figure.classList.remove("live-soon");
    } catch (error) {
      stage.remove();
      figure.classList.remove("live-on", "live-soon");
      say(mark, "This figure could not be brought to life; here is its picture.");
      console.error(error);
    }
  }

  for (const mark of document.querySelectorAll("[data-live]")) {
    if (!(mark instanceof HTMLElement)) continue;
    const figure = document.getElementById(mark.dataset.figure ?? "");
    if (!figure) continue;
    if (location.protocol === "file:") {
      say(
        mark,
        "Served by make serve, this figure is live; opened from a folder, it is not.",
      );
      continue;
    }
    const asked = location.hash.split(/[?]|%3F/i)[0] === `#${mark.dataset.live}`;
    if (asked) {
      start(mark, figure).then(() => figure.scrollIntoView());
      continue;
    }
    const [narrow, wide] = HEIGHTS[mark.dataset.live ?? ""] ?? [0, 0];
    figure.style.setProperty("--live-narrow", `${narrow}px`);
    figure.style.setProperty("--live-wide", `${wide}px`);
    figure.classList.add("live-soon");
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watch.disconnect();
      start(mark, figure);
    }, soon);
    watch.observe(figure);
  }
})();
