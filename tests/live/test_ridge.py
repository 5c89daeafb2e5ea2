"""An estimate and its penalty, the live figure of chapter 8: true, and used by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import live_pages
import page_checks as checks
from dlam.features import least_norm
from dlam.matlab import MatlabRandom

CHAPTER, FIGURE = "book/08a-penalties", "#fig-reg-ellipse"
POINTS, NOISE = 20, 10


# One truth


def random_case(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    method = ("ridge", "lasso", "dropout")[seed % 3]
    return {
        "method": method,
        "rho": float(rng.integers(20) / 20),
        "scale": float(rng.choice([0.5, 1, 2])),
        "truth": rng.uniform(-3, 3, 2).round(2).tolist(),
        "fit": rng.uniform(-3, 3, 2).round(2).tolist(),
        "strength": float(
            rng.integers(20) / 20 if method == "dropout" else 10 ** rng.uniform(-2, 3)
        ),
    }


CASES = [random_case(seed) for seed in range(90)]
SEEDS = [
    {"seed": seed, "rho": 0.05 * seed, "scale": 2, "truth": [1.5, -1]}
    for seed in range(1, 8)
]


@pytest.fixture(scope="module")
def computed() -> dict:
    return live_pages.under_node("ridge-results.js", {"cases": CASES, "seeds": SEEDS})


def design(case: dict) -> np.ndarray:
    """Points that have the matrix of the figure, by another factor than it knows."""
    rho, c = case["rho"], case["scale"]
    G = POINTS * np.array([[1, rho * c], [rho * c, c * c]])
    return np.linalg.cholesky(G).T


def pairs(computed: dict, *methods: str):
    for case, ours in zip(CASES, computed["cases"], strict=True):
        if case["method"] in methods:
            yield case, ours, design(case)


CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def test_ridge_and_dropout_are_least_squares_with_more_rows(computed):
    for case, ours, X in pairs(computed, "ridge", "dropout"):
        s, y = case["strength"], X @ case["fit"]
        if case["method"] == "ridge":
            w = least_norm(X, y[:, None], ridge=s).ravel()
            hat = X @ np.linalg.solve(X.T @ X + s * np.eye(2), X.T)
        else:
            lengths = np.sqrt(s / (1 - s) * (X**2).sum(axis=0))
            rows = np.vstack([X, np.diag(lengths)])
            w = np.linalg.lstsq(rows, np.append(y, [0, 0]), rcond=None)[0]
            hat = X @ np.linalg.solve(rows.T @ rows, X.T)
        np.testing.assert_allclose(ours["w"], w, **CLOSE)
        kept = np.linalg.eigvalsh((hat + hat.T) / 2)[::-1]
        np.testing.assert_allclose(ours["factors"], kept, **CLOSE)
        np.testing.assert_allclose(ours["freedom"], np.trace(hat), **CLOSE)
        error = ((X @ (w - case["truth"])) ** 2).sum() / POINTS
        np.testing.assert_allclose(ours["error"], error, **CLOSE)
        bias = ((hat @ X - X) @ case["truth"]) ** 2
        mean = (bias.sum() + NOISE * (hat**2).sum()) / POINTS
        np.testing.assert_allclose(ours["mean"], mean, **CLOSE)


def test_the_lasso_meets_its_conditions_and_no_other_point_costs_less(computed):
    for case, ours, X in pairs(computed, "lasso"):
        y, s, w = X @ case["fit"], case["strength"], np.array(ours["w"])
        slope = X.T @ (X @ w - y)
        on = w != 0
        scale = np.abs(X.T @ y).max()
        np.testing.assert_allclose(
            slope[on], -s * np.sign(w[on]), rtol=0, atol=1e-12 * scale
        )
        assert (np.abs(slope[~on]) <= s * (1 + 1e-12)).all()
        assert ours["freedom"] == on.sum()
        assert ours["factors"] is None

        def worth(w, X=X, y=y, s=s):
            return ((y - X @ w) ** 2).sum() / 2 + s * np.abs(w).sum()

        best = minimize(worth, w + 0.01, method="Nelder-Mead", tol=1e-10).fun
        assert worth(w) <= best * (1 + 1e-12) + 1e-12


def test_on_the_ring_the_cost_and_on_the_other_the_penalty_is_that_of_the_estimate(
    computed,
):
    for case, ours, X in pairs(computed, "ridge", "lasso", "dropout"):
        w, fit = np.array(ours["w"]), np.array(case["fit"])
        costs = ((X @ (np.array(ours["ring"]) - fit).T) ** 2).sum(axis=0)
        expected = ((X @ (w - fit)) ** 2).sum()
        np.testing.assert_allclose(costs, expected, rtol=1e-9, atol=1e-12)
        level, lengths = np.array(ours["level"]), (X**2).sum(axis=0)
        penalty = {
            "ridge": lambda v: (v**2).sum(axis=-1),
            "lasso": lambda v: np.abs(v).sum(axis=-1),
            "dropout": lambda v, d=lengths: (d * v**2).sum(axis=-1),
        }[case["method"]]
        np.testing.assert_allclose(penalty(level), penalty(w), rtol=1e-9, atol=1e-12)


def test_new_data_have_the_noise_that_is_said(computed):
    for case, ours in zip(SEEDS, computed["fits"], strict=True):
        rng, X = MatlabRandom(case["seed"]), design(case)
        values, vectors = np.linalg.eigh(X.T @ X)
        z = [float(rng.randn(1, 1).item()) for _ in range(2)]
        found = np.abs(vectors[:, ::-1].T @ (np.array(ours) - case["truth"]))
        expected = np.abs(z * np.sqrt(NOISE / values[::-1]))
        np.testing.assert_allclose(found, expected, atol=0.011)  # two digits are kept


# By hand


def start() -> np.ndarray:
    X = design({"rho": 0.9, "scale": 1})
    return np.linalg.solve(X.T @ X + 10 * np.eye(2), X.T @ X @ [2.2, 0.1])


def estimate(figure) -> list[float]:
    row = figure.stage.locator(".live-facts p", has_text="estimate").locator("data")
    return [float(n) for n in row.evaluate_all("all => all.map(e => e.value)")]


def test_it_begins_with_the_estimate_of_the_page(show):
    figure = show()
    np.testing.assert_allclose(estimate(figure), start(), rtol=1e-12)
    np.testing.assert_allclose(figure.data()[:2], [38 / 48, 2 / 12], rtol=1e-12)
    assert figure.hash() == ""
    assert not figure.seen.errors


@live_pages.at_night
def test_the_penalty_is_drawn_and_the_estimate_goes_to_zero(show):
    figure = show()
    penalty = figure.stage.locator("input[type=range]").first
    sizes = []
    for place in (0, 10, 30, 41):
        penalty.fill(str(place))
        figure.drawn()
        sizes.append(np.hypot(*estimate(figure)))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == pytest.approx(np.hypot(2.2, 0.1))
    assert sizes[-1] < 0.3
    assert figure.hash() == "#ridge?lambda=1000"


@live_pages.at_night
def test_the_estimate_and_the_truth_are_dragged(show):
    figure = show()
    figure.drag(
        figure.slider("The least-squares estimate"), figure.board(), (0.25, 0.75)
    )
    x, y = map(float, figure.hash().partition("fit=")[2].split(","))
    assert (x, y) == (pytest.approx(-1.5, abs=0.05), pytest.approx(1.5, abs=0.05))
    before = figure.data()[-1]
    figure.drag(figure.slider("The true coefficients"), figure.board(), (0.25, 0.75))
    assert figure.data()[-1] < before / 100
    assert "truth=-1." in figure.hash()


@live_pages.at_night
def test_a_finger_moves_the_estimate_and_the_page_stays(show):
    figure = show(**live_pages.PHONE)
    handle = figure.slider("The least-squares estimate")
    figure.touch(handle, figure.board(), (0.5, 0.25))
    assert "fit=" in figure.hash()
    x, y = map(float, figure.hash().partition("fit=")[2].split(","))
    assert (x, y) == (pytest.approx(0, abs=0.1), pytest.approx(-1.5, abs=0.1))


@live_pages.at_night
def test_the_lasso_sets_a_coefficient_to_zero(show):
    figure = show("#ridge?lambda=10&rho=0")
    figure.click("Lasso")
    assert estimate(figure) == [pytest.approx(1.7), 0]
    words = figure.stage.locator(".ridge-bars").inner_text()
    assert words == "Coefficients that are exactly 0: 1 of 2"
    assert figure.button("Lasso").get_attribute("aria-pressed") == "true"


@live_pages.at_night
def test_dropout_has_a_slider_of_its_own_and_knows_the_lengths(show):
    figure = show()
    figure.click("Dropout")
    lam = 0.35 / 0.65
    np.testing.assert_allclose(
        figure.data()[:2], [1.9 / (1.9 + lam), 0.1 / (0.1 + lam)], rtol=1e-12
    )
    sliders = figure.stage.locator(".live-control:visible input[type=range]")
    sliders.nth(0).fill("0")
    figure.drawn()
    assert "q=0" in figure.hash()
    np.testing.assert_allclose(estimate(figure), [2.2, 0.1], rtol=1e-12)
    sliders.nth(2).fill("2")
    figure.drawn()
    assert "scale=2" in figure.hash()


@live_pages.at_night
def test_new_data_move_the_least_squares_estimate_and_reset_brings_it_back(show):
    figure = show()
    places = set()
    for _ in range(4):
        figure.click("New noise")
        places.add(figure.hash())
    assert len(places) == 4
    assert all("fit=" in place for place in places)
    figure.reset()
    np.testing.assert_allclose(estimate(figure), start(), rtol=1e-12)
    figure.click("New noise")
    assert figure.hash() in places


def test_everything_can_be_done_by_the_keyboard_and_what_changed_is_said(show):
    figure = show()
    figure.move_by_keys("The true coefficients", "The least-squares estimate")
    stops = figure.stops("Ridge")
    assert len(stops) == 3 + 1 + 2 + 1 + 2 + 1
    figure.stage.locator("input[type=range]").first.focus()
    figure.press("ArrowRight")
    figure.wait_until(
        """document.querySelector('.live-stage [aria-live]').textContent
        .startsWith('Ridge, λ = 12.6: the estimate is (')"""
    )


# The state in the address


STATE = "#ridge?method=lasso&lambda=0.2&rho=0.5&scale=2&truth=-1,2&fit=0,1.25"


def test_an_address_that_is_shared_restores_the_state(show):
    figure = show(STATE)
    assert figure.notice() == ""
    assert figure.button("Lasso").get_attribute("aria-pressed") == "true"
    X = design({"rho": 0.5, "scale": 2})
    slope = X.T @ X @ (np.array(estimate(figure)) - [0, 1.25])
    assert np.abs(slope).max() == pytest.approx(0.2)
    figure.reset()
    figure.page.evaluate("location.hash = 'ridge?method=dropout&q=0'")
    figure.drawn()
    assert estimate(figure) == pytest.approx([2.2, 0.1])


@live_pages.at_night
@pytest.mark.parametrize(
    "hostile",
    [
        "#ridge?method=<img src=x onerror=document.title='bad'>",
        "#ridge?fit=1e308,0",
        "#ridge?lambda=11",
        "#ridge?__proto__=1",
    ],
)
def test_a_hostile_address_gives_the_default_and_says_so(show, hostile):
    figure = show(hostile)
    np.testing.assert_allclose(estimate(figure), start(), rtol=1e-12)
    live_pages.check_refusal(figure)


# For everyone


@live_pages.at_night
@pytest.mark.parametrize("method", ["ridge", "lasso", "dropout"])
def test_axe_finds_nothing_with_any_penalty(show, method):
    live_pages.check_axe(show(f"#ridge?method={method}"), FIGURE)


@live_pages.at_night
@pytest.mark.parametrize("method", ["ridge", "lasso", "dropout"])
def test_a_telephone_shows_all_of_it(show, method):
    figure = show(f"#ridge?method={method}", **live_pages.PHONE)
    live_pages.check_telephone(figure, FIGURE)


@live_pages.at_night
def test_the_lines_follow_light_and_dark(show):
    figure = show(color_scheme="light")
    colour = "e => getComputedStyle(e).stroke"
    line = figure.stage.locator(".ridge-ball").first
    light = line.evaluate(colour)
    checks.switch(figure.page, "dark")
    assert line.evaluate(colour) != light


@live_pages.at_night
def test_nothing_moves_by_itself(show):
    live_pages.check_stillness(show(reduced_motion="reduce"))
