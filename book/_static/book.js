/* Small help for readers with a narrow screen, a keyboard or a screen reader. */
"use strict";

const FORMULAS = ".katex-display, span.math.wide";
const FADING = `${FORMULAS}, a.large`; // towards what goes on beyond the edge
const SCROLLING = `${FADING}, pre, .pst-scrollable-table-container, .output.text_html`;

// A formula in the text that is wider than its column scrolls, and a box that
// scrolls sideways can be reached without a mouse.
function fit() {
  const long = [...document.querySelectorAll("article span.math:not(.short, td *, th *)")];
  for (const formula of long) formula.classList.remove("wide");
  const wide = long.filter((formula) => {
    const column = formula.closest("p, li, dd, figcaption, h1, h2, h3, h4");
    return column && formula.offsetWidth > column.clientWidth;
  });
  for (const formula of wide) formula.classList.add("wide");
  const boxes = [...document.querySelectorAll(SCROLLING)];
  const scroll = boxes.map((box) => box.scrollWidth > box.clientWidth + 1);
  boxes.forEach((box, n) => {
    if (scroll[n] || box.classList.contains("wide")) {
      box.tabIndex = 0;
    } else {
      box.removeAttribute("tabindex");
    }
    if (box.matches(FADING)) hint(box);
  });
}

// What goes on beyond the right edge of its box fades there.
function hint(box) {
  const rest = box.scrollWidth - box.clientWidth - box.scrollLeft;
  box.classList.toggle("goes-on", rest > 1);
}

// What is copied has formulas whole, and as text their TeX.
function copy(event) {
  const selection = getSelection();
  if (selection.isCollapsed) return;
  const range = selection.getRangeAt(0).cloneRange();
  const formula = (node) => (node.closest ? node : node.parentElement).closest(".katex");
  const [first, last] = [formula(range.startContainer), formula(range.endContainer)];
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  const part = document.createElement("div");
  part.append(range.cloneContents());
  for (const unseen of part.querySelectorAll(".visually-hidden")) unseen.remove();
  const formulas = part.querySelectorAll(".katex");
  if (!formulas.length) return;
  event.clipboardData.setData("text/html", part.innerHTML);
  for (const one of formulas) {
    const sign = one.closest(".katex-display") ? "$$" : "$";
    one.replaceWith(sign + one.querySelector("annotation").textContent + sign);
  }
  event.clipboardData.setData("text/plain", part.textContent);
  event.preventDefault();
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

// Where the contents are out of sight, the header says in which section one is,
// and leads to the one before, to the one after, and to the contents.
function steps() {
  const contents = document.querySelector(".secondary-toggle");
  const headings = [...document.querySelectorAll("article section > :is(h1, h2, h3)")];
  if (!contents || headings.length < 3) return;
  const bar = document.createElement("nav");
  bar.className = "steps";
  bar.setAttribute("aria-label", "Sections of this page");
  const [before, after] = ["Previous section", "Next section"].map((words) => {
    const link = document.createElement("a");
    link.setAttribute("role", "link");
    link.setAttribute("aria-label", words);
    return link;
  });
  before.textContent = "\u2039";
  after.textContent = "\u203a";
  const here = document.createElement("button");
  here.addEventListener("click", () => contents.click());
  bar.append(before, here, after);
  document.querySelector(".header-article-items__start").after(bar);

  // The contents open where one is, and close when one has chosen.
  const drawer = document.getElementById("pst-secondary-sidebar-modal");
  contents.addEventListener("click", () => {
    const entry = drawer.querySelector(`a[href="#${here.dataset.section}"]`);
    if (entry) drawer.scrollTop += entry.getBoundingClientRect().top - innerHeight / 2;
  });
  drawer.addEventListener("click", ({ target }) => {
    if (target.closest("a")) drawer.close();
  });

  let waiting = false;
  function show() {
    waiting = false;
    const edge = document.querySelector(".bd-header-article").offsetHeight + 16;
    const tops = headings.map((heading) => heading.getBoundingClientRect().top);
    const next = tops.findIndex((top) => top > edge);
    const now = Math.max(0, (next < 0 ? headings.length : next) - 1);
    const within = tops[now] < 0 ? now : now - 1; // first back to where this one begins
    [headings[within], headings[now + 1]].forEach((heading, n) => {
      const link = [before, after][n];
      link.setAttribute("aria-disabled", String(!heading));
      if (heading) link.href = `#${heading.parentElement.id}`;
      else link.removeAttribute("href");
    });
    const number = headings[now].querySelector(".section-number");
    const title = headings[now].textContent.replace(/[#¶]\s*$/, "").trim();
    here.textContent = number?.textContent.replace(/\.\s*$/, "") ?? title;
    here.setAttribute("aria-label", `Contents; this is ${title}`);
    here.dataset.section = headings[now].parentElement.id;
  }
  function soon() {
    if (!waiting) requestAnimationFrame(show);
    waiting = true;
  }
  document.addEventListener("scroll", soon, { passive: true });
  show();
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

// The head of a column or a link may be nothing but a formula, and MathML gives no
// name: then the formula's letters stand in for it where it is read aloud.
function speak() {
  for (const formula of document.querySelectorAll("span.math")) {
    const named = formula.closest("th, a, summary, h1, h2, h3, h4");
    if (named?.textContent.trim() === formula.textContent.trim()) {
      const text = document.createElement("span");
      text.className = "visually-hidden";
      text.textContent = formula.querySelector("semantics > :first-child").textContent;
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

window.addEventListener("load", () => {
  speak();
  save();
  report();
  enlarge();
  steps();
  fit();
  new ResizeObserver(fit).observe(document.querySelector("main"));
  document.addEventListener("toggle", fit, true);
  document.addEventListener("copy", copy);
  const onScroll = ({ target }) => target.matches?.(FADING) && hint(target);
  document.addEventListener("scroll", onScroll, { capture: true, passive: true });
});
