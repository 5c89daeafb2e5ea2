"""The largest eigenvalue of a Hessian that is never formed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlam import Network, data, gradient, identity, leaky_relu, relu, tanh
from dlam.landscape import hessian
from dlam.sharpness import hessian_times, largest_eigenvalue, sharpness
from shapes import SMOOTH, Case, cases, check

HH = Network((2, 2, 3, 2))
X, Y = data.drilling_sites()
seeds = st.integers(0, 10_000)


@check(15)
@given(cases([*SMOOTH, relu, leaky_relu], networks=3, largest=3))
def test_the_product_is_that_with_the_matrix(case: Case) -> None:
    net, P, X, Y, loss, rng = case
    V = rng.normal(size=P.shape)
    products = hessian_times(net, P, V, X, Y, loss)
    for p, v, product in zip(P, V, products, strict=True):
        expected = hessian(net, p, X, Y, loss) @ v
        np.testing.assert_allclose(product, expected, rtol=1e-9, atol=1e-11)
        alone = hessian_times(net, p, v, X, Y, loss)
        np.testing.assert_allclose(alone, product, rtol=1e-9, atol=1e-12)


@check(15)
@given(cases(SMOOTH, networks=3, largest=3))
def test_the_sharpness_is_the_largest_eigenvalue_of_the_matrix(case: Case) -> None:
    net, P, X, Y, loss, _ = case
    found = sharpness(net, P, X, Y, loss)
    assert found.shape == (3,)
    for p, top in zip(P, found, strict=True):
        eigenvalues = np.linalg.eigvalsh(hessian(net, p, X, Y, loss))
        scale = np.abs(eigenvalues).max()
        assert top == pytest.approx(eigenvalues[-1], abs=1e-6 * scale + 1e-12)


def test_the_sharpness_along_a_run_is_that_of_each_of_its_places() -> None:
    P = HH.normal(np.random.default_rng(1), scale=2.0, size=40)
    before = P.copy()
    each = [np.linalg.eigvalsh(hessian(HH, p, X, Y))[-1] for p in P]
    np.testing.assert_allclose(sharpness(HH, P, X, Y), each, rtol=1e-8)
    assert sharpness(HH, P[0], X, Y).shape == ()
    assert sharpness(HH, P[0], X, Y) == pytest.approx(each[0], rel=1e-8)
    np.testing.assert_array_equal(P, before)


def symmetric(eigenvalues: np.ndarray, seed: int) -> np.ndarray:
    n = len(eigenvalues)
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    return Q @ np.diag(eigenvalues) @ Q.T


def top_of(A: np.ndarray, seed: int = 0, **more: float) -> np.ndarray:
    start = np.random.default_rng(seed).normal(size=A.shape[:2])
    return largest_eigenvalue(lambda v: (A @ v[..., None])[..., 0], start, **more)


@check()
@given(
    st.lists(st.floats(-10, 10, allow_subnormal=False), min_size=1, max_size=12), seeds
)
def test_any_spectrum_has_its_largest_eigenvalue_found(eigenvalues, seed) -> None:
    """The largest, be it positive, negative, zero or a multiple one."""
    A = symmetric(np.array(eigenvalues), seed)
    scale = max(map(abs, eigenvalues))
    [top] = top_of(A[np.newaxis], seed, tolerance=1e-10)
    assert top == pytest.approx(max(eigenvalues), abs=1e-7 * scale + 1e-12)


def test_matrices_that_are_done_early_wait_for_the_others() -> None:
    """A multiple of the identity is done after one product, a zero matrix, too."""
    n = 30
    spread = symmetric(np.linspace(-5, 3, n), 1)
    A = np.stack([-2 * np.eye(n), spread, np.zeros((n, n)), -spread])
    A = np.concatenate([A, [np.diag([-3.0] * (n - 1) + [-1.0])]])
    np.testing.assert_allclose(top_of(A), [-2, 3, 0, 5, -1], atol=1e-9)


def test_few_products_suffice_for_a_large_matrix() -> None:
    n, calls = 2000, []
    values = np.append(np.linspace(-1, 1, n - 1), 3.0)

    def times(v: np.ndarray) -> np.ndarray:
        calls.append(v)
        return values * v

    start = np.random.default_rng(3).normal(size=(1, n))
    [top] = largest_eigenvalue(times, start)
    assert top == pytest.approx(3, rel=1e-10)
    assert len(calls) < 30


def products(A: np.ndarray, scale: float, **more: float) -> tuple[int, float]:
    """Count the products with scale * A; return the eigenvalue over the scale."""
    calls = []

    def times(v: np.ndarray) -> np.ndarray:
        calls.append(v)
        return scale * (v @ A)

    start = np.random.default_rng(8).normal(size=(1, len(A)))
    [top] = largest_eigenvalue(times, start, **more)
    return len(calls), top / scale


def test_the_scale_of_a_matrix_changes_neither_the_work_nor_the_digits() -> None:
    A = symmetric(np.linspace(-1, 1, 50), 6)
    needed, top = products(A, 1.0)
    assert 5 < needed < 40
    for scale in (1e-30, 1e-4, 1e4, 1e30):
        assert products(A, scale) == (needed, pytest.approx(top, rel=1e-9))


def test_the_residual_is_held_to_the_tolerance() -> None:
    """The stop is the first product at which ‖Au − θu‖ is small enough."""
    values = np.linspace(-1, 1, 50)
    start = np.random.default_rng(8).normal(size=50)
    needed, top = products(np.diag(values), 1.0, tolerance=1e-3)
    powers = [start]
    for _ in range(needed - 1):
        powers.append(values * powers[-1] / np.linalg.norm(powers[-1]))
    residuals = []
    for j in (needed - 1, needed):
        Q, _ = np.linalg.qr(np.transpose(powers[:j]))
        theta, y = np.linalg.eigh(Q.T @ (values[:, None] * Q))
        u = Q @ y[:, -1]
        residuals.append(np.linalg.norm(values * u - theta[-1] * u))
    assert top == pytest.approx(theta[-1], rel=1e-9)
    assert residuals[1] <= 1e-3 * max(abs(theta)) < residuals[0]


def test_a_zero_matrix_takes_one_product() -> None:
    assert products(np.zeros((30, 30)), 1.0) == (1, 0)


def test_as_many_matrices_as_they_have_rows() -> None:
    A = np.stack([symmetric(np.linspace(-1, 2, 5) ** 3, seed) for seed in range(5)])
    np.testing.assert_allclose(top_of(A), 8, rtol=1e-9)


def test_a_tighter_tolerance_takes_more_products_and_is_closer() -> None:
    A = symmetric(np.linspace(0, 1, 200) ** 2, 5)[np.newaxis]
    gaps = [abs(top_of(A, tolerance=t)[0] - 1) for t in (1e-1, 1e-3, 1e-8)]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-12


def test_losing_orthogonality_would_be_noticed() -> None:
    """With eigenvalues over ten orders rounding ruins the plain recursion."""
    values = np.geomspace(1e-10, 1, 60)
    A = symmetric(-values, 7)[np.newaxis]
    assert top_of(A, tolerance=1e-16)[0] == pytest.approx(-1e-10, abs=1e-14)


def test_bad_arguments_are_refused() -> None:
    p = HH.normal(np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"v: expected shape \(23,\) like p"):
        hessian_times(HH, p, p[:5], X, Y)
    with pytest.raises(ValueError, match="v: expected finite"):
        hessian_times(HH, p, p * np.nan, X, Y)
    with pytest.raises(TypeError, match="p: expected real numbers"):
        sharpness(HH, p + 1j, X, Y)
    with pytest.raises(ValueError, match="p: expected"):
        sharpness(HH, p[:5], X, Y)
    with pytest.raises(ValueError, match="p: expected"):
        sharpness(HH, np.tile(p, (2, 3, 1)), X, Y)
    with pytest.raises(ValueError, match="Y: expected shape"):
        sharpness(HH, p, X, Y[:3])
    times = np.copy
    with pytest.raises(ValueError, match=r"start: expected shape \(k, s\)"):
        largest_eigenvalue(times, [1.0, 2.0])
    for empty in (np.zeros((0, 3)), np.zeros((3, 0))):
        with pytest.raises(ValueError, match=r"start: expected shape \(k, s\)"):
            largest_eigenvalue(times, empty)
    with pytest.raises(ValueError, match="start: expected vectors other than zero"):
        largest_eigenvalue(times, [[1.0, 2.0], [0.0, 0.0]])
    for wrong in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="tolerance: expected a number > 0"):
            largest_eigenvalue(times, [[1.0, 2.0]], wrong)
    with pytest.raises(ValueError, match=r"times: expected shape \(1, 2\)"):
        largest_eigenvalue(lambda v: v[0], [[1.0, 2.0]])


def test_other_losses_and_relu_have_a_sharpness_too() -> None:
    net = Network((2, 4, 2), (relu, identity))
    p = net.normal(np.random.default_rng(2))
    expected = np.linalg.eigvalsh(hessian(net, p, X, Y))[-1]
    assert sharpness(net, p, X, Y) == pytest.approx(expected, rel=1e-8)


def test_gradient_descent_is_driven_away_from_a_minimum_that_is_too_sharp() -> None:
    """What the number is for: the limit 2 / sharpness at a stationary point."""
    net = Network((1, 1), identity)
    x, y = np.array([[-1.0], [0.5], [2.0]]), np.array([[0.0], [1.0], [2.0]])
    best = np.polyfit(x[:, 0], y[:, 0], 1)
    top = sharpness(net, best, x, y)
    for factor in (0.98, 1.02):
        p = best + 1e-3
        for _ in range(2000):
            p = p - factor * 2 / top * gradient(net, p, x, y)
        assert (np.linalg.norm(p - best) < 1e-3) == (factor < 1)


def test_a_tanh_network_agrees_along_a_grid_of_scales() -> None:
    net = Network((2, 8, 8, 2), (tanh, tanh, identity))
    for scale in (1e-3, 0.4, 3.0):
        P = net.normal(np.random.default_rng(4), scale=scale, size=3)
        each = [np.linalg.eigvalsh(hessian(net, p, X, Y))[-1] for p in P]
        np.testing.assert_allclose(sharpness(net, P, X, Y), each, rtol=1e-9)


@pytest.mark.parametrize("wrong", ["X", "Y"])
def test_complex_data_are_refused(wrong: str) -> None:
    data = {"X": np.ones((2, 1)), "Y": np.zeros((2, 1))}
    data[wrong] = data[wrong] * 1j
    net, p = Network((1, 1)), np.zeros(2)
    with pytest.raises(TypeError, match=f"{wrong}: expected real"):
        sharpness(net, p, data["X"], data["Y"])
    with pytest.raises(TypeError, match=f"{wrong}: expected real"):
        hessian_times(net, p, np.ones(2), data["X"], data["Y"])
