/* The search: it finds sections, not pages, and works from a folder too.

   What it knows is in sections.js (tools/pages/finding.py).  A section counts
   for the words of its prose (BM25) and of its title, and above all if the
   index of the book says that it is about what is sought. */
"use strict";

const SHOWN = 20; // places
const LONGEST = 260; // letters of an excerpt
const SATURATION = 1.2;
const LENGTH = 0.6;
const ENTRY = { 0: 45, 1: 90 }; // for one that is sought in full; 1: a main entry
const CLOSEST = /^(exercises|notes and references|summary|a project)$/i;
const KINDS = { displaymath: "Equation", figure: "Figure", table: "Table" };
const NUMBER = /^(?:(\p{L}+)\.?\s*)?\(?(\d+(?:\.\d+)+)\)?$/u;

// One spelling for British and American, singular and plural, è and e.
function words(text) {
  const found = text.normalize("NFD").replace(/\p{M}|['’]s\b/gu, "").toLowerCase();
  return (found.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) =>
    word
      .replace(/is(?=(e|es|ed|er|ers|ing|ation|ations)$)/, "iz")
      .replace(/(?<=col|vi|ghb)our/, "or")
      .replace(/ll(?=(ed|ing)$)/, "l")
      .replace(/^(minim|maxim|optim)a$/, "$1um")
      .replace(/(?<=[^s]{2})ies$/, "y")
      .replace(/(?<=[a-z]{2}[^su])s$/, ""),
  );
}

function read([page, anchor, number, title, entries, text]) {
  const counts = new Map();
  const all = words(text);
  for (const word of all) counts.set(word, (counts.get(word) ?? 0) + 1);
  const heading = words(title);
  for (const word of heading) counts.set(word, (counts.get(word) ?? 0) + 3);
  const own = /^book\/\d\d/.test(page) ? 1 : 0.35;
  return {
    ...{ page, anchor, number, title, text, counts, heading },
    length: all.length + heading.length,
    weight: own * (CLOSEST.test(title) ? 0.5 : 1),
    entries: entries.map(([entry, main]) => ({ joined: words(entry).join(""), main })),
  };
}
const sections = SECTIONS.map(read);
const mean = sections.reduce((sum, one) => sum + one.length, 0) / sections.length;
const vocabulary = new Map(); // in how many sections each word is
for (const { counts } of sections)
  for (const word of counts.keys())
    vocabulary.set(word, (vocabulary.get(word) ?? 0) + 1);

// What a word of the query stands for: itself, and longer words at half its worth.
function meant(word) {
  const forms = [[word, 1]];
  if (word.length > 3)
    for (const longer of vocabulary.keys())
      if (longer !== word && longer.startsWith(word)) forms.push([longer, 0.5]);
  return forms;
}

function score(section, asked, joined) {
  let total = 0;
  let matched = 0;
  for (const forms of asked) {
    let best = 0;
    for (const [form, worth] of forms) {
      const count = section.counts.get(form) ?? 0;
      if (!count) continue;
      const rare = Math.log(1 + sections.length / vocabulary.get(form));
      const long = 1 - LENGTH + (LENGTH * section.length) / mean;
      const often = (count * (SATURATION + 1)) / (count + SATURATION * long);
      const head = section.heading.includes(form) ? 2 : 1;
      best = Math.max(best, worth * rare * often * head);
    }
    total += best;
    matched += best > 0;
  }
  total *= (matched / asked.length) ** 2;
  let entry = 0;
  for (const { joined: its, main } of section.entries) {
    const [short, long] = [its, joined].sort((a, b) => a.length - b.length);
    if (short.length > 2 && long.includes(short))
      entry = Math.max(entry, ENTRY[main] * (short.length / long.length) ** 2);
  }
  return section.weight * (total + entry);
}

// The sentence with the most of what is sought, and the fewest formulas.
function excerpt(section, asked) {
  const sought = new Set(asked.flatMap((forms) => forms.map(([form]) => form)));
  const sentences = section.text.split(/(?<=[.?!][)”]?)\s+(?=\p{Lu})/u);
  const worth = (sentence) =>
    4 * new Set(words(sentence).filter((word) => sought.has(word))).size -
    2 * (sentence.match(/…/g) ?? []).length -
    (sentence.length > LONGEST ? 2 : 0);
  const best = sentences.reduce((a, b) => (worth(b) > worth(a) ? b : a));
  const shown = document.createElement("p");
  const short =
    best.length > LONGEST ? `${best.slice(0, best.lastIndexOf(" ", LONGEST))} …` : best;
  for (const part of short.split(/([\p{L}\p{N}]+)/u)) {
    const hit = words(part).some((word) => sought.has(word));
    const piece = document.createElement(hit ? "mark" : "span");
    piece.textContent = part;
    shown.append(hit ? piece : part);
  }
  return shown;
}

function find(query) {
  const numbered = query.match(NUMBER);
  if (numbered) {
    const kind = (numbered[1] ?? "").toLowerCase().slice(0, 3);
    const places = NUMBERED.filter(([, , number]) => number === numbered[2])
      .map(([page, anchor, number, its]) => {
        const name = KINDS[its] ?? its[0].toUpperCase() + its.slice(1);
        const section = sections.find((one) => one.page === page && !one.anchor);
        return { page, anchor, title: `${name} ${number}`, within: section };
      })
      .sort((a, b) => b.title.startsWith("Equation") - a.title.startsWith("Equation"));
    const own = sections.filter((one) => one.number === numbered[2]);
    const all = [...places, ...own];
    const wanted = all.filter((place) => place.title.toLowerCase().startsWith(kind));
    return { places: numbered[1] && wanted.length ? wanted : all, asked: [] };
  }
  const sought = words(query);
  const asked = sought.map(meant);
  const places = sections
    .map((section) => [score(section, asked, sought.join("")), section])
    .filter(([points]) => points > 0)
    .sort(([a], [b]) => b - a)
    .map(([, section]) => section);
  return { places, asked };
}

function show(query) {
  const { places, asked } = find(query);
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  const count = Math.min(places.length, SHOWN);
  told.textContent = count
    ? `The ${count === 1 ? "best place" : `${count} best places`} for “${query}”`
    : `Nothing in the book for “${query}”`;
  const list = document.createElement("ol");
  list.className = "search";
  for (const place of places.slice(0, SHOWN)) {
    const entry = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${place.page}.html${place.anchor}`;
    link.textContent = [place.number, place.title].filter(Boolean).join(" ");
    entry.append(link);
    const top = sections.find((one) => one.page === place.page && !one.anchor);
    if (place !== top) entry.append(` (${top.title})`);
    if (place.text) entry.append(excerpt(place, asked));
    list.append(entry);
  }
  document.querySelector("#search-results").replaceChildren(told, list);
}

const query = new URLSearchParams(location.search).get("q")?.trim();
if (query) {
  for (const field of document.querySelectorAll('input[name="q"]')) field.value = query;
  show(query);
}
