/**
 * Trains the network of the drilling map, off the page's own thread.  It takes
 * steps for some milliseconds, sends a picture of where it is once the last one
 * has been drawn, looks for messages, and goes on.
 *
 * @typedef {import("../../kit/training.js").Settings} Settings
 * @typedef {import("../../kit/training.js").Site} Site
 *
 * @typedef {{do: "begin", run: number, sites: Site[], settings: Settings, seed: number}
 *   | {do: "change", sites: Site[], settings: Settings}
 *   | {do: "go", until: number, every: number, pace: number, interval: number}
 *   | {do: "stop"}
 *   | {do: "drawn"}} Order
 *
 * every: steps between two points of the curve; pace: steps a second, 0 for as
 * many as there is time for; interval: milliseconds between two pictures.
 *
 * @typedef {object} Picture
 * @property {number} run which run it is of
 * @property {number} step
 * @property {number} cost
 * @property {number} right
 * @property {boolean} going
 * @property {number} rate steps a second, since the run was last set going
 * @property {number[]} steps the curve since the last picture
 * @property {number[]} costs
 * @property {Float32Array} margins
 */

import { Training } from "../../kit/training.js";

const SLICE = 8; // milliseconds of steps between two looks at the messages
const GRID = 81;
const PIECE = 500; // steps between two looks at the clock

const page = /** @type {Worker} */ (/** @type {unknown} */ (self));
const next = new MessageChannel(); // comes back sooner than a timer

/** @type {Training} */
let training;
let run = 0;
let going = false;
let goal = { until: 0, every: 1, pace: 0, interval: 0 };
let began = { time: 0, step: 0 };
let busy = 0; // milliseconds
let drawn = true;
let stale = false;
let sent = 0;
let queued = false;
/** @type {number[]} */
let steps = [];
/** @type {number[]} */
let costs = [];

function send() {
  stale = !drawn;
  if (!drawn) return;
  const { step, cost, right } = training;
  const margins = training.margins(GRID);
  const rate = busy ? (1000 * (step - began.step)) / busy : 0;
  /** @type {Picture} */
  const picture = { run, step, cost, right, going, rate, steps, costs, margins };
  page.postMessage(picture, [margins.buffer]);
  drawn = false;
  sent = performance.now();
  steps = [];
  costs = [];
}

function queue() {
  if (queued) return;
  queued = true;
  if (goal.pace) setTimeout(slice, 4);
  else next.port2.postMessage(0);
}

function slice() {
  queued = false;
  if (!going) return;
  const start = performance.now();
  const due = goal.pace
    ? began.step + (goal.pace * (start - began.time)) / 1000
    : goal.until;
  const aim = Math.min(goal.until, Math.floor(due));
  while (training.step < aim && performance.now() - start < SLICE) {
    const mark = (Math.floor(training.step / goal.every) + 1) * goal.every;
    training.train(Math.min(aim, mark, training.step + PIECE) - training.step);
    if (training.step === mark) {
      steps.push(training.step);
      costs.push(training.cost);
    }
  }
  busy = performance.now() - began.time;
  if (training.step >= goal.until) {
    going = false;
    send();
  } else {
    if (drawn && performance.now() - sent >= goal.interval) send();
    queue();
  }
}
next.port1.onmessage = slice;

page.onmessage = (/** @type {MessageEvent<Order>} */ { data }) => {
  if (data.do === "begin") {
    going = false;
    run = data.run;
    training = new Training(data.sites, data.settings, data.seed);
    [steps, costs] = [[0], [training.cost]];
    busy = 0;
    began = { time: 0, step: 0 };
    send();
  } else if (data.do === "change") {
    training.sites = data.sites;
    training.settings = data.settings;
    send();
  } else if (data.do === "go") {
    const { until, every, pace, interval } = data;
    goal = { until, every, pace, interval };
    began = { time: performance.now(), step: training.step };
    going = true;
    queue();
  } else if (data.do === "stop") {
    going = false;
    send();
  } else {
    drawn = true;
    if (stale) send();
  }
};
