/* Small help for readers with a narrow screen, a keyboard or a screen reader. */
"use strict";

const INLINE = "mjx-container:not([display])";
const SCROLLING =
  `div.math mjx-container, ${INLINE}.wide, pre, ` +
  ".pst-scrollable-table-container, .output.text_html";

// A formula in the text that is wider than its column scrolls, and a box that
// scrolls sideways can be reached without a mouse.
function fit() {
  for (const formula of document.querySelectorAll(`article ${INLINE}`)) {
    const column = formula.closest("p, li, dd, figcaption, h1, h2, h3, h4");
    formula.classList.remove("wide");
    if (column && !formula.closest("table")) {
      formula.classList.toggle("wide", formula.offsetWidth > column.clientWidth);
    }
  }
  for (const box of document.querySelectorAll(SCROLLING)) {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    if (scrolls || box.classList.contains("wide")) {
      box.tabIndex = 0;
    } else {
      box.removeAttribute("tabindex");
    }
  }
}

// A notebook is saved, not shown.
function save() {
  for (const link of document.querySelectorAll('a[href$=".ipynb"]')) {
    link.download = "";
    link.removeAttribute("target");
  }
}

// A report names the section that is on the screen.
function report() {
  const link = document.querySelector('a[href*="template=number.yml"]');
  link?.addEventListener("pointerdown", name);
  link?.addEventListener("focus", name);
  function name() {
    const above = [...document.querySelectorAll("article :is(h1, h2, h3)")].filter(
      (heading) => heading.getBoundingClientRect().top < window.innerHeight / 2,
    );
    const address = new URL(link.href);
    const titles = above.map((heading) =>
      heading.textContent.replace(/[#¶]\s*$/, "").trim(),
    );
    const where = [...new Set([titles[0], titles.at(-1)])].join(": ");
    address.searchParams.set("where", where);
    link.href = address.href;
  }
}

// A picture opens large: it is small on a phone.
function enlarge() {
  const live = [...document.querySelectorAll("[data-figure]")];
  const named = new Set(live.map((mark) => mark.dataset.figure));
  for (const picture of document.querySelectorAll("article figure > img")) {
    if (named.has(picture.parentElement.id)) continue;
    const link = document.createElement("a");
    link.href = picture.getAttribute("src");
    link.className = "large";
    link.setAttribute("aria-label", `Open the picture large: ${picture.alt}`);
    picture.replaceWith(link);
    link.append(picture);
  }
}

// Solutions can be left out, on the screen and on paper; ?solutions=off in the
// address, as a lecturer links to it, says it for this visit.
const SOLUTIONS = "solutions";
function solutions() {
  const asked = new URLSearchParams(location.search).get(SOLUTIONS);
  const kept = asked ?? localStorage.getItem(SOLUTIONS) ?? "on";
  document.documentElement.dataset.solutions = kept === "off" ? "off" : "on";
  for (const button of document.querySelectorAll(".btn-solutions-button")) {
    button.hidden = !document.querySelector("article div.solution");
    button.setAttribute("aria-pressed", String(kept === "off"));
  }
}
// biome-ignore lint/correctness/noUnusedVariables: the button at the top calls it.
function toggleSolutions() {
  const off = document.documentElement.dataset.solutions === "off";
  localStorage.setItem(SOLUTIONS, off ? "on" : "off");
  const address = new URL(location.href);
  address.searchParams.delete(SOLUTIONS);
  history.replaceState(history.state, "", address);
  solutions();
}
solutions();

// The head of a column or a link may be nothing but a formula, which is drawn,
// not text: then the formula's letters stand in for it where it is read aloud.
function speak() {
  for (const formula of document.querySelectorAll("mjx-container")) {
    const named = formula.closest("th, a, summary, h1, h2, h3, h4");
    const words = formula.querySelector("mjx-assistive-mml")?.textContent;
    if (named && words && named.textContent.trim() === words) {
      const text = document.createElement("span");
      text.className = "visually-hidden";
      text.textContent = words;
      formula.setAttribute("aria-hidden", "true");
      formula.before(text);
    }
  }
}

// Paper is white.
const root = document.documentElement;
let theme;
window.addEventListener("beforeprint", () => {
  theme = root.dataset.theme;
  root.dataset.theme = "light";
});
window.addEventListener("afterprint", () => {
  root.dataset.theme = theme;
});

window.addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  speak();
  save();
  report();
  enlarge();
  fit();
  new ResizeObserver(fit).observe(document.querySelector("main"));
  document.addEventListener("toggle", fit, true);
});
