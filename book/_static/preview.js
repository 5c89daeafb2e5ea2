/* References in place: what a link of the text leads to (a formula, a figure, a
   theorem, an exercise, a reference) is shown beside the link, when the mouse or
   the focus rests on it or a finger taps it; and on a telephone, whoever has
   followed a link is offered the way back.  Without a server, or without scripts,
   the links are links. */
"use strict";

const REST = 200; // milliseconds until it is shown, or goes
const SHOWABLE = "div.math, figure, div.admonition, div.citation, table, dd, dt";
const JUMPED = "jumped";
const texts = new Map(); // of other pages, by address

const preview = document.createElement("div");
preview.id = "preview";
preview.className = "bd-article";
preview.popover = "auto"; // a tap beside it closes it
preview.setAttribute("role", "note");
preview.setAttribute("aria-label", "Preview");

async function source(address) {
  const page = address.href.split("#")[0];
  if (page === location.href.split("#")[0]) return document;
  if (!texts.has(page)) {
    const text = fetch(page).then((answer) => (answer.ok ? answer.text() : ""));
    texts.set(
      page,
      text.then((html) => new DOMParser().parseFromString(html, "text/html")),
    );
  }
  return texts.get(page);
}

// A copy of what a link leads to, fit to stand elsewhere; nothing for a section.
async function clone(link) {
  const address = new URL(link.href);
  const id = decodeURIComponent(address.hash.slice(1));
  const place = (await source(address).catch(() => null))?.getElementById(id);
  const found = place?.matches(SHOWABLE) ? place.cloneNode(true) : null;
  if (!found) return null;
  for (const part of found.querySelectorAll(
    ".headerlink, .toggle-button, button, script, .live, [role=doc-backlink], .backrefs",
  ))
    part.remove();
  for (const part of found.querySelectorAll("[src], [href]")) {
    for (const name of ["src", "href"])
      if (part.hasAttribute(name))
        part.setAttribute(name, new URL(part.getAttribute(name), address).href);
  }
  for (const part of [found, ...found.querySelectorAll("[id]")])
    part.removeAttribute("id");
  found.removeAttribute("role"); // an entry alone is of no list
  found.classList.remove("toggle-hidden", "dropdown");
  return found;
}

let shownFor = null; // the link beside which it stands
let waiting = 0;

function hide() {
  clearTimeout(waiting);
  if (preview.matches(":popover-open")) preview.hidePopover();
}

async function openPreview(link) {
  clearTimeout(waiting);
  const content = await clone(link);
  if (!link.matches(":hover, :focus, .tapped")) return false;
  hide();
  forget();
  if (!content) return false;
  const go = document.createElement("a");
  go.href = link.href;
  go.textContent = "Go there";
  go.className = "go";
  go.addEventListener("click", () => leave(link));
  preview.replaceChildren(content, go);
  link.removeAttribute("title"); // which says the same
  preview.showPopover();
  fit(preview);
  shownFor = link;
  link.setAttribute("aria-describedby", preview.id);
  const box = link.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: high } = preview;
  const below = box.bottom + 6 + high <= window.innerHeight || box.top < high + 6;
  const left = Math.min(box.left, document.documentElement.clientWidth - wide - 8);
  preview.style.left = `${Math.max(8, left)}px`;
  preview.style.top = `${below ? box.bottom + 6 : box.top - high - 6}px`;
  return true;
}

preview.addEventListener("toggle", (event) => {
  if (event.newState === "closed") forget();
});
function forget() {
  shownFor?.removeAttribute("aria-describedby");
  shownFor?.classList.remove("tapped");
  shownFor = null;
}
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
preview.addEventListener("pointerenter", () => clearTimeout(waiting));
preview.addEventListener("pointerleave", later);
function later(event) {
  if (event.pointerType === "touch") return; // a finger always leaves
  clearTimeout(waiting);
  waiting = setTimeout(hide, REST);
}

function attend(link) {
  link.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "mouse") return;
    clearTimeout(waiting);
    if (shownFor !== link) waiting = setTimeout(() => openPreview(link), REST);
  });
  link.addEventListener("pointerleave", later);
  link.addEventListener("focus", () => {
    if (link.matches(":focus-visible")) openPreview(link);
  });
  link.addEventListener("blur", later);
  link.addEventListener("click", async (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    const tap = event.pointerType === "touch" && plain;
    if (!tap || shownFor === link) {
      hide();
      if (plain) leave(link);
      return;
    }
    event.preventDefault();
    link.classList.add("tapped");
    if (!(await openPreview(link))) {
      leave(link);
      location.href = link.href;
    }
  });
}

// The way back.  The browser knows the place.
const back = document.createElement("button");
back.type = "button";
back.className = "way-back";
back.textContent = "Back to where I was";
back.hidden = true;
back.addEventListener("click", () => {
  back.hidden = true;
  history.back();
});
window.addEventListener("popstate", () => {
  back.hidden = location.href !== sessionStorage.getItem(JUMPED);
});

function leave(link) {
  sessionStorage.setItem(JUMPED, link.href);
  hide();
  back.hidden = false;
}

// A page that comes back from the browser's cache was not jumped to.
window.addEventListener("pageshow", () => {
  back.hidden = location.href !== sessionStorage.getItem(JUMPED);
});

for (const link of document.querySelectorAll('article a.internal[href*="#"]'))
  attend(link);
document.querySelector("article")?.after(preview, back);
