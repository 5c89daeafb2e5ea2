/* Starts the slides: one after the other, in the size in which they were tested. */
"use strict";

Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0,
  center: false,
  display: "flex",
  hash: true,
  slideNumber: "c/t",
  controls: false,
  progress: false,
  transition: "none",
  backgroundTransition: "none",
  pdfSeparateFragments: false,
  plugins: [RevealNotes],
  // In a live figure the keys are the figure's.
  keyboardCondition: () => !document.activeElement?.closest(".live-stage"),
});

/* A formula that is too wide is made smaller, once the fonts are there. */
function fitFormulas() {
  for (const formula of document.querySelectorAll(".slides div > .katex-display")) {
    const share = formula.clientWidth / formula.scrollWidth;
    const now = Number.parseFloat(formula.style.fontSize || "1");
    if (share < 1) formula.style.fontSize = `${now * share * 0.99}em`;
  }
}
for (const moment of ["ready", "slidechanged", "pdf-ready"]) {
  Reveal.on(moment, fitFormulas);
}
document.fonts.addEventListener("loadingdone", fitFormulas);

/* A live figure is as large as its slide: the loader fills it when it is seen. */
const fitting = new ResizeObserver((entries) => {
  for (const { target: stage } of entries) {
    if (!stage.offsetHeight || document.fullscreenElement) continue;
    const room = stage.closest(".body").getBoundingClientRect().bottom;
    for (let zoom = 1.3; zoom > 0.6; zoom -= 0.05) {
      stage.style.zoom = zoom;
      const parts = [...stage.children].map((part) => part.getBoundingClientRect());
      if (Math.max(...parts.map((part) => part.bottom)) <= room) break;
    }
  }
});
for (const figure of document.querySelectorAll("section.live figure")) {
  new MutationObserver(() => {
    const stage = figure.querySelector(".live-stage");
    if (stage) fitting.observe(stage);
  }).observe(figure, { childList: true });
}
