"""Chapter 6, dimensions: its equations as printed, and what its theorems say."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from math import comb, cos, erfc, exp, inf, log, pi, sin, sqrt

import nbformat
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad

from dlam import Network, cost, gradient, identity, landscape
from dlam.dimension import (
    contrast,
    cover_count,
    cuts_off,
    in_ball,
    labellings,
    positive_chances,
    separable,
)
from needed import ROOT

seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=20)
ROOT_PI = Decimal("1.7724538509055160272981674833411451827975494561224")


# Cover


def by_recursion(N: int, d: int) -> int:
    if d == 0:
        return 0
    return 2 if N == 1 else by_recursion(N - 1, d) + by_recursion(N - 1, d - 1)


@pytest.mark.equation("eq-cover-recursion")
@pytest.mark.equation("eq-cover-count")
@given(st.integers(1, 12), st.integers(1, 12))
def test_the_sum_satisfies_the_recursion(N, d) -> None:
    as_printed = 2 * sum(comb(N - 1, k) for k in range(d))
    assert by_recursion(N, d) == as_printed == cover_count(N, d)


@pytest.mark.equation("eq-cover-recursion")
@pytest.mark.parametrize(("N", "d"), [(4, 2), (5, 3), (6, 3)])
def test_labellings_are_continued_as_the_proof_says(N, d) -> None:
    rng = np.random.default_rng(N)
    X = rng.normal(size=(N + 1, d))
    before = labellings(N)[separable(X[:N], labellings(N))]
    both = [
        separable(X, [[*s, 1], [*s, -1]]).all()  # continued in two ways
        for s in before
    ]
    # … are those that some w perpendicular to the new point produces.
    basis = np.linalg.svd(X[N:])[2][1:]
    assert np.allclose(basis @ X[N], 0)
    assert separable(X[:N] @ basis.T, before).tolist() == both
    assert len(before) == by_recursion(N, d)
    assert sum(both) == by_recursion(N, d - 1)


@pytest.mark.equation("eq-cover-coins")
@given(st.integers(1, 11), st.integers(1, 11))
def test_a_random_labelling_is_separable_as_often_as_heads_are_few(N, d) -> None:
    tosses = list(product([0, 1], repeat=N - 1))
    few = Fraction(sum(sum(toss) <= d - 1 for toss in tosses), len(tosses))
    printed = Fraction(1, 2 ** (N - 1)) * sum(comb(N - 1, k) for k in range(d))
    assert few == printed == Fraction(cover_count(N, d), 2**N)


def test_the_edge_is_at_twice_the_dimension_and_as_wide_as_its_root() -> None:
    for d in (10, 100, 1000):
        assert 2 * cover_count(2 * d, d) == 2 ** (2 * d)
        near, far = round(3 * sqrt(d)), round(6 * sqrt(d))
        for N, low, high in [
            (2 * d - far, 0.99, 1),
            (2 * d - near, 0.9, 1),
            (2 * d + near, 0, 0.1),
            (2 * d + far, 0, 0.01),
        ]:
            assert low <= Fraction(cover_count(N, d), 2**N) <= high


# Random symmetric matrices


@pytest.mark.equation("eq-goe")
def test_the_matrices_have_the_variances_stated_and_prefer_no_basis() -> None:
    rng = np.random.default_rng(1)
    G = rng.normal(size=(100_000, 3, 3))
    A = [[(G[:, i, j] + G[:, j, i]) / sqrt(2) for j in range(3)] for i in range(3)]
    for i, j in product(range(3), repeat=2):
        assert np.var(A[i][j]) == pytest.approx(2 if i == j else 1, rel=0.03)
    turned = sum(  # an entry in another basis: uᵀ A w with perpendicular u and w
        u * w * A[i][j]
        for (i, u), (j, w) in product(
            enumerate([0.6, 0.8, 0.0]), enumerate([0.8, -0.6, 0.0])
        )
    )
    assert np.var(turned) == pytest.approx(1, rel=0.03)


@pytest.mark.equation("eq-goe-two")
def test_two_eigenvalues_are_positive_as_often_as_their_density_says() -> None:
    def density(y, x):
        return abs(x - y) * exp(-(x * x + y * y) / 4)

    def above(x):
        return x

    # Ordered, y > x, so that the integrand is smooth.
    positive, _ = dblquad(density, 0, inf, above, inf)
    every, _ = dblquad(density, -inf, inf, above, inf)
    assert positive / every == pytest.approx((2 - sqrt(2)) / 4, abs=1e-6)


@pytest.mark.equation("eq-goe-grow")
@quick
@given(st.integers(1, 4), seeds)
def test_a_row_more_keeps_the_eigenvalues_positive_if_the_corner_is_large(
    n, seed
) -> None:
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(n, n))
    A, v = B @ B.T + 0.1 * np.eye(n), rng.normal(size=n)
    least = sum(
        v[i] * np.linalg.inv(A)[i, j] * v[j] for i in range(n) for j in range(n)
    )
    for c, positive in [(least * 1.01, True), (least * 0.99, False)]:
        grown = np.block([[A, v[:, None]], [v[None, :], np.array([[c]])]])
        assert (np.linalg.eigvalsh(grown).min() > 0) == positive


@pytest.mark.equation("eq-goe-grow")
def test_the_first_step_of_growth_leads_from_one_half_to_the_cone() -> None:
    def survives(v, a):
        """The chance of c > v²/a, times the densities of v and of a > 0."""
        tail = erfc(v * v / a / 2) / 2  # c has the variance 2
        return (
            tail
            * exp(-v * v / 2)
            / sqrt(2 * pi)
            * exp(-a * a / 4)
            / sqrt(4 * pi)
            / (1 / 2)
        )

    ratio, _ = dblquad(survives, 0, 12, -8, 8)
    assert ratio < 1 / 2
    assert ratio / 2 == pytest.approx((2 - sqrt(2)) / 4, abs=1e-5)


def gamma(twice: int) -> Decimal:
    """Γ(twice / 2)."""
    if twice <= 2:
        return Decimal(1) if twice == 2 else ROOT_PI
    return (Decimal(twice) / 2 - 1) * gamma(twice - 2)


@cache
def skew(i: int, j: int, half: bool) -> Decimal:
    """∫∫ sgn(y − x) xⁱ yʲ exp(−(x² + y²)/2) over x, y > 0, or else all x and y.

    The integral over x is done by parts, which leaves integrals of powers.
    """
    sides = Fraction(1) if half else Fraction(1 + (-1) ** (i + j - 1))
    power = Decimal(sides.numerator) * gamma(i + j) / 2 if i + j else Decimal(0)
    if i > 1:  # power is ∫ y^(i+j−1) exp(−y²)
        return (i - 1) * skew(i - 2, j, half) - 2 * power
    if i == 1:
        single = Decimal(2) ** (Decimal(j - 1) / 2) * gamma(j + 1)
        return (single if half else 0) - 2 * power
    return -skew(j, 0, half) if j else Decimal(0)


def determinant(rows: list[list[Decimal]]) -> Decimal:
    result = Decimal(1)
    for k in range(len(rows)):
        pivot = max(range(k, len(rows)), key=lambda i: abs(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        result *= rows[k][k] * (1 if pivot == k else -1)
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return result


def exact_chance(n: int) -> float:
    """P_n for even n, by de Bruijn's formula: a quotient of two Pfaffians."""
    # 28 digits, Python's own precision, are enough by far for matrices so small.
    half, every = (
        determinant([[skew(i, j, side) for j in range(n)] for i in range(n)])
        for side in (True, False)
    )
    return float((half / every).sqrt())


@pytest.mark.equation("eq-goe-decay")
def test_minus_the_logarithm_grows_like_a_square() -> None:
    exact = {n: exact_chance(n) for n in range(2, 13, 2)}
    assert exact[2] == pytest.approx((2 - sqrt(2)) / 4, rel=1e-8)
    f = {n: -log(p) for n, p in exact.items()}
    # f(n) = c n² + terms of lower order: second differences give c.
    c = [(f[n + 2] - 2 * f[n] + f[n - 2]) / 8 for n in range(4, 11, 2)]
    errors = [abs(estimate - log(3) / 4) for estimate in c]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 5e-4
    estimates = positive_chances(6, 100_000, np.random.default_rng(5))
    for n in (2, 4, 6):
        assert estimates[n - 1] == pytest.approx(exact[n], rel=0.08)


# A linear network


def linear(n: int, seed: int):
    """The network, its data, and σ; whitened data that are not the chapter's."""
    rng = np.random.default_rng(seed)
    half = np.linalg.qr(rng.normal(size=(3 * n, n)))[0] * sqrt(3 * n)
    X = np.vstack([half, -half])
    sigma = np.sort(rng.uniform(0.5, 3, size=n))[::-1] + 0.1 * np.arange(n, 0, -1)
    return Network((n, n, n), activation=identity), X, X * sigma, sigma, rng


@pytest.mark.equation("eq-dimension-index")
@pytest.mark.parametrize(("n", "seed"), [(1, 1), (2, 2), (3, 3), (4, 4)])
def test_the_critical_points_of_a_linear_network_have_the_index_stated(n, seed) -> None:
    net, X, Y, sigma, rng = linear(n, seed)
    for kept in labellings(n) == 1:
        D = np.diag(np.sqrt(sigma * kept))
        T = rng.normal(size=(n, n))  # and at another point of the same kind
        for first, second in [(D, D), (T @ D, D @ np.linalg.inv(T))]:
            p = net.pack([(first, np.zeros(n)), (second, np.zeros(n))])
            assert np.abs(gradient(net, p, X, Y)).max() < 1e-9
            lost = sum(sigma[i] ** 2 for i in range(n) if not kept[i])
            assert cost(net, p, X, Y) == pytest.approx(lost / 2, abs=1e-9)
            curvatures = np.linalg.eigvalsh(landscape.hessian(net, p, X, Y))
            size = np.abs(curvatures).max()
            pairs = sum(
                not kept[i] and kept[j] and sigma[i] > sigma[j]
                for i in range(n)
                for j in range(n)
            )
            stated = (n - sum(kept)) ** 2 + pairs
            assert np.sum(curvatures < -1e-8 * size) == stated


def test_no_other_product_of_the_weights_is_critical() -> None:
    net, X, Y, sigma, rng = linear(2, 5)
    found = set()
    for _ in range(80):
        p = net.normal(rng, scale=1.5)
        for _ in range(40):  # Newton's method goes to critical points of any kind
            H = landscape.hessian(net, p, X, Y)
            p = p - np.linalg.pinv(H, rcond=1e-9) @ gradient(net, p, X, Y)
            if not np.abs(p).max() < 1e3:
                break
        else:
            if np.abs(gradient(net, p, X, Y)).max() < 1e-10:
                layers = net.unpack(p)
                W = layers[1].W @ layers[0].W
                assert np.abs(W - np.diag(np.diag(W))).max() < 1e-5
                kept = np.diag(W) > 0.25
                np.testing.assert_allclose(np.diag(W), sigma * kept, atol=1e-5)
                found.add(tuple(kept.tolist()))
    assert len(found) >= 3


def test_a_higher_critical_point_can_have_fewer_ways_down() -> None:
    sigma = [3, 1, 1 / 2]

    def cost_and_index(kept):
        lost = [i for i in range(3) if i not in kept]
        swaps = sum(sigma[i] > sigma[j] for i in lost for j in kept)
        return sum(sigma[i] ** 2 for i in lost) / 2, len(lost) ** 2 + swaps

    assert cost_and_index({0}) == (5 / 8, 4)
    assert cost_and_index({1, 2}) == (9 / 2, 3)


# Points in a ball


@pytest.mark.equation("eq-separation-fisher")
def test_a_point_is_cut_off_if_all_scalar_products_are_smaller() -> None:
    X = in_ball(np.random.default_rng(1), 40, 3)
    for i in range(40):
        alone = all(
            sum(X[i, k] * X[j, k] for k in range(3))
            < sum(X[i, k] ** 2 for k in range(3))
            for j in range(40)
            if j != i
        )
        assert cuts_off(X)[i].all() == alone


@pytest.mark.equation("eq-separation-pair")
@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_a_pair_fails_with_the_probability_of_the_ball_of_thales(d) -> None:
    pairs = in_ball(np.random.default_rng(d), 2, d, size=200_000)
    fails = np.mean(
        [np.sum(x * (y - x), axis=-1) >= 0 for x, y in [pairs.swapaxes(0, 1)]]
    )
    stated = 1 / 2 ** (d + 1)
    assert abs(fails - stated) < 5 * sqrt(stated / 200_000)
    # The mean over |x_j| = r, of density d r^(d−1), of the volume (r/2)^d.
    mean, _ = quad(lambda r: d * r ** (d - 1) * (r / 2) ** d, 0, 1)
    assert mean == pytest.approx(stated, rel=1e-9)


@pytest.mark.equation("eq-separation-bound")
@pytest.mark.parametrize(("N", "d"), [(3, 3), (5, 6), (20, 10), (50, 13)])
def test_all_points_are_cut_off_at_least_as_often_as_stated(N, d) -> None:
    cut = cuts_off(in_ball(np.random.default_rng(N), N, d, size=2000))
    every = np.mean(cut.all(axis=(1, 2)))
    assert 0.25 < 1 - N * (N - 1) / 2 ** (d + 1) < every + 0.04


@pytest.mark.equation("eq-dimension-cap")
@given(st.integers(1, 200), st.floats(0, 1))
@example(3, 0.25)
def test_a_cap_of_the_ball_is_smaller_than_both_bounds(d, t) -> None:
    # The first coordinate has a density proportional to (1 − u²)^((d−1)/2).
    def slice_volume(u):
        return (1 - u * u) ** ((d - 1) / 2)

    near = min(8 / sqrt(d), 1)
    whole = 2 * (quad(slice_volume, 0, near)[0] + quad(slice_volume, near, 1)[0])
    far = min(t + 8 / sqrt(d), 1)
    cap = quad(slice_volume, t, far)[0] + quad(slice_volume, far, 1)[0]
    first, second = (1 - t**2) ** (d / 2), exp(-d * t**2 / 2)
    assert cap / whole <= first + 1e-9
    assert first <= second + 1e-12
    assert second <= 1
    if d == 3:  # what school knows of the cap of a ball
        assert cap / whole == pytest.approx((1 - t) ** 2 * (2 + t) / 4, abs=1e-9)


@pytest.mark.parametrize(("d", "t"), [(10, 0.3), (40, 0.2), (200, 0.2), (3, 0.7)])
def test_directions_are_nearly_perpendicular_as_the_exercise_says(d, t) -> None:
    u = np.random.default_rng(d).normal(size=(50_000, d))
    share = np.mean(u[:, 0] >= t * np.sqrt(np.sum(u**2, axis=1)))
    assert share <= (1 - t**2) ** (d / 2)


@pytest.mark.equation("eq-distance-bound")
@pytest.mark.parametrize(("N", "d", "t"), [(5, 200, 0.25), (20, 400, 0.25)])
def test_all_distances_lie_within_the_bounds_as_often_as_stated(N, d, t) -> None:
    sets = in_ball(np.random.default_rng(d), N, d, size=25)
    inside = 0
    for X in sets:
        squares = [
            sum((a - b) ** 2 for a, b in zip(X[i], X[j], strict=True))
            for i in range(N)
            for j in range(i)
        ]
        inside += 2 * (1 - t) ** 2 - 2 * t <= min(squares) <= max(squares) <= 2 + 2 * t
    stated = 1 - N * (1 - t) ** d - N * (N - 1) * (1 - t**2) ** (d / 2)
    assert 0.5 < stated < 1
    assert inside / 25 >= stated - 0.1


@pytest.mark.equation("eq-distance-ratio")
def test_contrast_is_the_nearest_over_the_farthest_distance() -> None:
    X = in_ball(np.random.default_rng(2), 12, 3)
    for i in range(12):
        distances = [
            sqrt(sum((X[i, k] - X[j, k]) ** 2 for k in range(3)))
            for j in range(12)
            if j != i
        ]
        assert contrast(X)[i] == pytest.approx(min(distances) / max(distances))


# Lifts


@pytest.mark.equation("eq-dimension-lift")
@quick
@given(st.integers(0, 3), st.integers(1, 8), seeds)
def test_lifted_pixels_are_in_general_position_and_counted_by_cover(q, N, seed) -> None:
    gaps = np.random.default_rng(seed).uniform(0.5, 1.5, size=N)
    angles = 2 * pi * np.cumsum(gaps) / gaps.sum()
    lifted = np.array(
        [
            [1.0, *(f(k * x) for k in range(1, q + 1) for f in (cos, sin))]
            for x in angles
        ]
    )
    assert lifted.shape == (N, 2 * q + 1)
    assert np.linalg.matrix_rank(lifted) == min(N, 2 * q + 1)
    S = labellings(N)
    changes = np.sum(np.roll(S, 1, axis=1) != S, axis=1)
    found = separable(lifted, S)
    assert found.tolist() == (changes <= 2 * q).tolist()
    assert found.sum() == cover_count(N, 2 * q + 1)


# The figures


@pytest.fixture(scope="module")
def ran():
    """What the names of the page mean when it has run, and its figures' axes."""
    import matplotlib as mpl

    mpl.use("Agg")
    pytest.importorskip("sklearn")
    record = nbformat.read(ROOT / "book" / "06e-dimensions.ipynb", as_version=4)
    names: dict = {}
    drawn = {}
    for cell in record.cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
            figure = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
            if figure:
                drawn[figure] = names["left"], names["right"]
    return names, drawn


@pytest.mark.night  # the whole page is run for it
def test_three_points_make_six_sectors_with_six_labellings(ran) -> None:
    left, right = ran[1]["fig-cover-sectors"]
    points = left.lines[0].get_xydata()
    found = {}
    for text in right.texts:
        w = text.get_position()
        signs = [w[0] * x + w[1] * y > 0 for x, y in points]
        assert text.get_text() == "".join("+" if on else "−" for on in signs)
        found[text.get_text()] = w
    assert len(found) == len(right.texts) == 6
    assert len(right.lines) == 3


@pytest.mark.night  # the whole page is run for it
def test_the_disc_of_thales_has_the_points_that_are_not_cut_off(ran) -> None:
    left, right = ran[1]["fig-thales"]
    (disc,) = (patch.get_xy() for patch in right.patches)
    assert disc.min(axis=0)[0] < 0 < 0.8 < disc.max(axis=0)[0]
    for x, y in disc:  # on the circle both sides of the inequality are equal
        assert x * 0.8 + y * 0.3 == pytest.approx(x * x + y * y, abs=1e-9)
    (part,) = (patch.get_xy() for patch in left.patches)
    assert all(0.5 * x + 0.5 * y <= 0.5 + 1e-9 for x, y in part)


@pytest.mark.night  # the whole page is run for it
def test_the_curves_of_cover_pass_through_one_half_and_steepen(ran) -> None:
    left, right = ran[1]["fig-labellings"]
    curves = [line for line in left.lines if len(line.get_xdata()) > 10]
    drops = []
    for line, d in zip(curves, (5, 20, 100), strict=True):
        x, y = line.get_data()
        assert y[np.flatnonzero(x == 2)] == pytest.approx(0.5)
        for ratio, share in zip(x, y, strict=True):
            N = round(ratio * d)
            assert share == pytest.approx(
                sum(comb(N - 1, k) for k in range(d)) / 2 ** (N - 1)
            )
        drops.append(np.interp(1.6, x, y) - np.interp(2.4, x, y))
    assert drops == sorted(drops)
    heights = [bar.get_height() for bar in right.patches]
    assert np.abs(np.subtract(heights[:5], heights[5:])).max() < 0.03


@pytest.mark.night  # the whole page is run for it
def test_the_dots_of_cover_lie_on_their_curves(ran) -> None:
    left, _ = ran[1]["fig-labellings"]
    assert len(left.containers) == 10
    within = 0
    for dots in left.containers:
        x, y = dots.lines[0].get_data()
        (segment,) = dots.lines[2][0].get_segments()
        d = 20 if dots.lines[0].get_marker() == "s" else 5
        N = round(x[0] * d)
        stated = cover_count(N, d) / 2**N
        half = (segment[1, 1] - segment[0, 1]) / 2
        assert half == pytest.approx(2 * sqrt(stated * (1 - stated) / 100))
        within += abs(y[0] - stated) <= half
    assert within >= 8


@pytest.mark.night  # the whole page is run for it
def test_the_dots_of_minima_are_measured_and_counted(ran) -> None:
    left, right = ran[1]["fig-minima"]
    n, P = left.lines[0].get_data()
    slopes = np.diff(np.log(P))
    assert (np.diff(slopes) < 0).all()
    assert (P[1:] < 2.0 ** -n[1:]).all()
    cost_of, negative = right.lines[0].get_data()
    assert len(cost_of) == 32
    assert sorted(cost_of) == pytest.approx(
        sorted(
            sum(k * k for k, on in zip(range(1, 6), kept, strict=True) if on) / 2
            for kept in product([0, 1], repeat=5)
        ),
        abs=1e-9,
    )
    assert np.sum(negative == 0) == 1


@pytest.mark.night  # the whole page is run for it
def test_the_curves_of_separation_are_the_bound_and_what_was_measured(ran) -> None:
    left, right = ran[1]["fig-separation"]
    (measured,) = (c.lines[0] for c in left.containers)
    bound = next(line for line in left.lines if line.get_label() == "bound")
    for d, b in zip(*bound.get_data(), strict=True):
        assert b == pytest.approx(max(0, 1 - 9900 / 2 ** (d + 1)))
    d, share = np.array(measured.get_data(), dtype=float)
    assert (share[d <= 8] == 0).all()
    assert (share[d >= 20] > 0.95).all()
    assert 0.2 < np.interp(12, d, share) < np.interp(14, d, share) < 0.9
    _, ratios = right.lines[0].get_data()
    assert (np.diff(ratios) > 0).all()
