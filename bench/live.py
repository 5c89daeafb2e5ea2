"""Measure the live figures: steps a second, and how long a frame takes.

Needs the built page (`make book`), Node and Chromium.  The drilling map trains
HH's run, 10⁶ steps, under Node and in its worker in Chromium; while that runs,
and while a grid of starts is swept in chapter 3, the time between two frames
and the work within one are measured.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import browser  # noqa: E402

STEPS = 1_000_000
NODE = f"""
import {{ paper, Training }} from "./live/kit/training.js";
const {{ sites, ...others }} = paper();
const rates = [];
for (let round = 0; round < 5; round++) {{
  const training = new Training(sites, others, 5000);
  const began = performance.now();
  training.train({STEPS});
  rates.push({STEPS} / (performance.now() - began) / 1000);
}}
console.log(JSON.stringify(rates));
"""
# The time from one frame to the next, and the work that a frame does itself.
WATCH = """() => {
    window.gaps = [];
    window.work = [];
    let last;
    const next = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = act => next(time => {
        const began = performance.now();
        act(time);
        window.work.push(performance.now() - began);
    });
    const tick = time => {
        if (last !== undefined) window.gaps.push(time - last);
        last = time;
        next(tick);
    };
    next(tick);
}"""


def under_node() -> float:
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", NODE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return max(json.loads(done.stdout))


def show(chromium, address: str, path: str, figure: str):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}{path}")
    browser.settle(page)
    box = page.locator(f"#{figure}")
    box.scroll_into_view_if_needed()
    box.get_by_role("button").first.wait_for()
    page.wait_for_timeout(500)
    return page, box


def watched(page) -> tuple[float, float, float]:
    gaps, work = page.evaluate("[window.gaps, window.work]")
    return (
        statistics.median(gaps),
        statistics.quantiles(gaps, n=20)[-1],
        statistics.median(work or [0.0]),
    )


def main() -> int:
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    site = ROOT / "_build" / "html"
    if not (site / "index.html").exists():
        print(f"no page in {site}; run `make book`", file=sys.stderr)
        return 1
    print(f"HH's run under Node: {under_node():.2f} million steps a second")
    with browser.serve(site) as address, browser.chromium() as chromium:
        page, box = show(
            chromium, address, "book/05-back-propagation.html", "fig-drilling-map"
        )
        box.get_by_label("speed").select_option("full")
        page.evaluate(WATCH)
        began = page.evaluate("performance.now()")
        box.get_by_role("button", name="Train", exact=True).click()
        box.get_by_role("button", name="Go on", exact=True).wait_for(timeout=60_000)
        seconds = (page.evaluate("performance.now()") - began) / 1000
        print(
            f"in Chromium's worker: {STEPS / seconds / 1e6:.2f} million steps a second"
        )
        median, late, work = watched(page)
        print(
            f"  frames meanwhile: {median:.1f} ms apart, nineteen of twenty at most "
            f"{late:.1f} ms; {work:.1f} ms of work in each"
        )
        page, box = show(chromium, address, "book/03-cost.html", "fig-basins")
        page.evaluate(WATCH)
        box.get_by_role("button", name="Sweep a grid", exact=True).click()
        page.wait_for_timeout(4000)
        median, late, work = watched(page)
        print(
            f"a grid of starts in chapter 3: frames {median:.1f} ms apart, nineteen of "
            f"twenty at most {late:.1f} ms; {work:.1f} ms of work in each"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
