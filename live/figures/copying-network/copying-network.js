/**
 * Two trained networks, with one layer of attention and with two, continue a sequence
 * that the reader types; one sees what they look at, and what becomes of the answers if
 * they may not.
 */

import { button, choice, menu } from "../../kit/controls.js";
import { html, percent } from "../../kit/elements.js";
import { Stage } from "../../kit/stage.js";
import { WeightMap } from "./map.js";
import { after, best, matrices, run, softmax } from "./net.js";
import * as the from "./state.js";

/** @typedef {import("./net.js").Name} Name */
/** @typedef {import("./state.js").State} State */

const HELP =
  "Type a sequence of at most 24 letters from a to p. A row of a map belongs to the " +
  "position that looks, a column to the position that is looked at; point at a cell, " +
  "or move by the arrow keys, to read a weight and the answer at the position of the " +
  "row. An orange frame is where the solution of the text looks: in the first layer at " +
  "the position before, in the last at the position after the last earlier occurrence. " +
  "An answer on blue is that of the rule, a framed one is not; where a token is new, there " +
  "is no rule. The address of the page holds what you set.";
const REFUSED = "A sequence has 1 to 24 letters from a to p.";
const SHOWN = 4; // answers with their shares

/** @type {Record<Name, string>} */
const NAMES = { two: "Two layers", one: "One layer" };

/**
 * Fill the empty box `root` with the figure.
 * @param {HTMLElement} root
 * @param {string} preset what the page has otherwise
 */
export default function show(root, preset) {
  const stage = new Stage(root, {
    name: "copying-network",
    label: "Live figure: a network that copies",
    fields: the.fields,
    beginning: the.beginning(),
    preset,
  });
  new CopyingNetwork(stage);
}

class CopyingNetwork {
  /** @type {number | undefined} of the maps, that is pointed at; else the rule's */
  column;
  nets = { one: matrices("one"), two: matrices("two") };

  /** @param {Stage<State>} stage */
  constructor(stage) {
    this.stage = stage;
    this.maps = [0, 1].map(
      (layer) =>
        new WeightMap(`Weights of layer ${layer + 1}`, ({ row, column }, done) => {
          this.column = column;
          stage.change({ at: row }, done);
        }),
    );
    const names = /** @type {[Name, string][]} */ (Object.entries(NAMES));
    this.choice = choice("Network", names, (net) => stage.change({ net }));
    this.input = html("input", {
      type: "text",
      autocapitalize: "none",
      autocomplete: "off",
      spellcheck: "false",
    });
    this.input.addEventListener("input", () => {
      const letters = the.typed(this.input.value);
      this.input.setAttribute("aria-invalid", String(!letters));
      if (letters) this.set(letters);
      else this.stage.notice(REFUSED);
    });
    this.input.addEventListener("change", () => this.showLetters());
    const own = /** @type {const} */ (["", "your own"]);
    this.examples = menu(["example"], [...the.EXAMPLES, own], (letters) => {
      if (letters) this.set(letters);
      else stage.changed(false);
    });
    const bans = /** @type {[import("./state.js").Ban, string][]} */ (
      Object.entries(the.BANS)
    );
    this.ban = menu(["not looked at"], bans, (ban) => stage.change({ ban }));
    this.strip = html("div", { class: "copy-strip", role: "img" });
    this.score = html("p", { class: "copy-score" });
    this.line = html("p", { class: "digit-answer" });
    this.bars = html("ol", { class: "digit-bars copy-bars" });
    this.build();
    stage.onTheme((ground, a, b, text) => {
      for (const map of this.maps) map.setColours(ground, a, b, text, `rgb(${b})`);
    });
    stage.onRestored(() => {
      this.column = undefined;
      stage.changed(false);
    });
    stage.shows(this);
  }

  build() {
    this.stage.root.prepend(
      html(
        "div",
        { class: "live-actions" },
        this.choice.element,
        ...this.stage.goBack(),
      ),
      html(
        "div",
        { class: "copy-given" },
        html(
          "label",
          { class: "live-control" },
          html("span", {}, "sequence"),
          this.input,
        ),
        html(
          "div",
          { class: "live-actions" },
          button("Append the answer", () => this.append(), "live-main"),
          button("New block", () => this.set(the.newBlock(Math.random))),
        ),
        this.examples.element,
        this.ban.element,
      ),
      this.strip,
      this.score,
      html(
        "div",
        { class: "live-panes" },
        ...this.maps.map(({ element }) => element),
        html("div", {}, this.line, this.bars),
      ),
      html("p", { class: "live-help" }, HELP),
    );
  }

  /** @param {string} letters */
  set(letters) {
    this.column = undefined;
    this.stage.change({ letters, at: letters.length - 1 });
  }

  append() {
    const { letters } = this.stage.state;
    if (letters.length === the.LONGEST) {
      this.stage.notice(REFUSED);
      return;
    }
    const { answers } = this.known;
    this.set(letters + the.letter(answers[letters.length - 1]));
  }

  /** What the network answers, and what the rule says. */
  get known() {
    const { state } = this.stage;
    const tokens = the.tokens(state.letters);
    const { weights, scores } = run(this.nets[state.net], tokens, the.forbidden(state));
    const answers = scores.map(best);
    const places = tokens.map((_, t) => after(tokens, t));
    const rules = places.map((place) => (place < 0 ? undefined : tokens[place]));
    const asked = rules.filter((rule) => rule !== undefined).length;
    const right = rules.filter((rule, t) => rule === answers[t]).length;
    return { weights, scores, answers, places, rules, asked, right };
  }

  draw() {
    const { state } = this.stage;
    const { known } = this;
    const row = the.place(state);
    const rule = known.places[row] < 0 ? row : known.places[row];
    const at = { row, column: Math.min(this.column ?? rule, state.letters.length - 1) };
    this.choice.show(state.net);
    if (document.activeElement !== this.input) this.showLetters();
    const example = the.EXAMPLES.find(([letters]) => letters === state.letters);
    this.examples.show(example ? example[0] : "");
    this.ban.show(state.ban);
    const last = known.weights.length - 1;
    this.maps.forEach((map, layer) => {
      map.element.hidden = layer > last;
      if (layer > last) return;
      map.show({
        letters: state.letters,
        weights: known.weights[layer],
        at,
        marked: (row, column) =>
          layer < last ? row > 0 && column === row - 1 : column === known.places[row],
        name: last ? `weights of layer ${layer + 1}` : "weights of the layer",
      });
    });
    this.showAnswers(known, at.row);
  }

  showLetters() {
    this.input.value = this.stage.state.letters;
    this.input.removeAttribute("aria-invalid");
  }

  /** @param {CopyingNetwork["known"]} known @param {number} at */
  showAnswers({ scores, answers, rules, asked, right }, at) {
    const { letters } = this.stage.state;
    const cell = (/** @type {string} */ text, /** @type {string} */ kind) =>
      html("span", { class: kind }, text);
    this.strip.style.setProperty("--places", String(letters.length));
    this.strip.replaceChildren(
      cell("given", "copy-name"),
      ...Array.from(letters, (c, t) => cell(c, t === at ? "live-chosen" : "")),
      cell("answer", "copy-name"),
      ...answers.map((answer, t) => {
        const rule = rules[t];
        const kind = rule === answer ? "copy-right" : "copy-wrong";
        return cell(the.letter(answer), rule === undefined ? "copy-free" : kind);
      }),
    );
    this.strip.setAttribute(
      "aria-label",
      `Answers: ${answers.map((a, t) => `after ${letters[t]} ${the.letter(a)}`).join(", ")}`,
    );
    this.score.replaceChildren(
      ...(asked
        ? [
            "As the rule says at ",
            html("b", {}, html("data", { value: right }, String(right))),
            ` of ${asked} positions whose token has occurred before.`,
          ]
        : ["No token has occurred before, so there is nothing to copy."]),
    );
    const shares = softmax(scores[at]);
    const rule = rules[at];
    this.line.replaceChildren(
      `After ${letters[at]}, at position ${at + 1}, the network says `,
      html("b", {}, the.letter(answers[at])),
      rule === undefined ? "." : `; the rule says ${the.letter(rule)}.`,
    );
    const order = Array.from(shares.keys()).sort((i, j) => shares[j] - shares[i]);
    this.bars.replaceChildren(
      ...order.slice(0, SHOWN).map((token) => {
        const bar = html("span", {
          class: "digit-bar",
          style: `--share: ${shares[token]}`,
        });
        const share = html("data", { value: shares[token] }, percent(shares[token]));
        return html("li", {}, html("span", {}, the.letter(token)), bar, share);
      }),
    );
  }

  /** What is read aloud. */
  get words() {
    const { net } = this.stage.state;
    return `${NAMES[net]}. ${this.score.textContent} ${this.line.textContent}`;
  }
}
