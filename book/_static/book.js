/* Small help for readers with a narrow screen, a keyboard or a screen reader. */
"use strict";

const FORMULAS = ".katex-display, span.math.wide";
const FADING = `${FORMULAS}, a.large`; // towards what goes on beyond the edge
const SCROLLING = `${FADING}, pre, .pst-scrollable-table-container, .output.text_html`;
const PART = "article > section, article > section > section";

// The parts of a page are laid out when there is nothing else to do, the nearest first;
// before that, when they come near the screen (book.css).  Who comes back to a page
// comes back to a place, for which all must be there.
function layOut() {
  const top = (part) => Math.abs(part.getBoundingClientRect().top);
  const parts = [...document.querySelectorAll(PART)].map((part) => [top(part), part]);
  parts.sort(([one], [other]) => one - other);
  const idle = window.requestIdleCallback ?? setTimeout;
  function next() {
    const [, part] = parts.shift() ?? [];
    part?.classList.add("laid-out");
    if (part) idle(next);
  }
  idle(next);
}
const [{ type }] = performance.getEntriesByType("navigation");
const again = type === "back_forward" || type === "reload";
if (again)
  for (const part of document.querySelectorAll(PART)) part.classList.add("laid-out");

// Where that is, the browser knows wrongly if not all was laid out when one left:
// then the page keeps it, and the browser must not scroll, as it would after this.
const PLACE = `place of ${location.href.split("#")[0]}`;
const [left, before] = JSON.parse((again && sessionStorage.getItem(PLACE)) || "[]");
if (left) history.scrollRestoration = "manual";
function comeBack() {
  const section = left && document.getElementById(left);
  if (section) scrollBy(0, section.getBoundingClientRect().top - before);
  setTimeout(() => requestAnimationFrame(() => (history.scrollRestoration = "auto")));
}

// A formula in the text that is wider than its column scrolls, and a box that
// scrolls sideways can be reached without a mouse.  What is not laid out waits.
function fit(part) {
  if (!part.firstElementChild?.checkVisibility({ contentVisibilityAuto: true })) return;
  const own = (what) =>
    [...part.querySelectorAll(what)].filter(
      (box) => (box.closest(PART) ?? part) === part, // as in a preview
    );
  const long = own("span.math:not(.short, td *, th *)");
  for (const formula of long) formula.classList.remove("wide");
  const wide = long.filter((formula) => {
    const column = formula.closest("p, li, dd, figcaption, h1, h2, h3, h4");
    return column && formula.offsetWidth > column.clientWidth;
  });
  for (const formula of wide) formula.classList.add("wide");
  const boxes = own(SCROLLING);
  const scroll = boxes.map((box) => box.scrollWidth > box.clientWidth);
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
  const files = 'a:is([href$=".ipynb"], [href$=".zip"])';
  for (const link of document.querySelectorAll(files)) {
    link.download = "";
    link.removeAttribute("target");
  }
}

// A report names the section that is on the screen.
function report() {
  for (const link of document.querySelectorAll('a[href*="template=number.yml"]')) {
    link.addEventListener("pointerdown", name);
    link.addEventListener("focus", name);
  }
  function name({ currentTarget: link }) {
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

// The theme's script that marks the present section asks of each where it is, and
// would have the whole page laid out at once: steps() marks it.
document.body.removeAttribute("data-bs-spy");

// The contents mark the section that one is in; where they are out of sight, the
// header names it, and leads to the one before, to the one after, and to the contents.
function steps() {
  const contents = document.querySelector(".secondary-toggle");
  const parts = [...document.querySelectorAll(PART)];
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
    const edge = document.querySelector(".bd-header-article").offsetHeight + 24;
    const top = (part) => part.getBoundingClientRect().top;
    // Whatever is asked where it is gets laid out: first the parts, then this one's.
    const part = parts.findLast((one) => top(one) <= edge) ?? parts[0];
    const own = headings.filter((heading) => heading.closest(PART) === part);
    const last = own.findLast((heading) => top(heading) <= edge) ?? own[0];
    const now = headings.indexOf(last);
    const back = top(last) < 0 ? now : now - 1; // first back to where this one begins
    [headings[back], headings[now + 1]].forEach((heading, n) => {
      const link = [before, after][n];
      link.setAttribute("aria-disabled", String(!heading));
      if (heading) link.href = `#${heading.parentElement.id}`;
      else link.removeAttribute("href");
    });
    const id = headings[now].parentElement.id;
    for (const link of document.querySelectorAll(".page-toc .nav-link")) {
      const within = [...link.parentElement.querySelectorAll(".nav-link")];
      link.classList.toggle("active", within.some((one) => one.hash === `#${id}`));
    }
    const number = headings[now].querySelector(".section-number");
    const title = headings[now].textContent.replace(/[#¶]\s*$/, "").trim();
    here.textContent = number?.textContent.replace(/\.\s*$/, "") ?? title;
    here.setAttribute("aria-label", `Contents; this is ${title}`);
    here.dataset.section = id;
  }
  function soon() {
    if (!waiting) requestAnimationFrame(show);
    waiting = true;
  }
  document.addEventListener("scroll", soon, { passive: true });
  show();
  window.addEventListener("pagehide", () => {
    sessionStorage.removeItem(PLACE);
    if (parts.every((one) => one.classList.contains("laid-out"))) return;
    const section = document.getElementById(here.dataset.section);
    const place = [section.id, section.getBoundingClientRect().top];
    sessionStorage.setItem(PLACE, JSON.stringify(place));
  });
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
  const fitted = new ResizeObserver((all) => all.forEach(({ target }) => fit(target)));
  for (const part of document.querySelectorAll(PART)) fitted.observe(part);
  const unfolded = ({ target }) => target.closest(PART) && fit(target.closest(PART));
  document.addEventListener("toggle", unfolded, true);
  layOut();
  comeBack();
  document.addEventListener("copy", copy);
  const onScroll = ({ target }) => target.matches?.(FADING) && hint(target);
  document.addEventListener("scroll", onScroll, { capture: true, passive: true });
});
