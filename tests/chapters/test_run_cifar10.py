"""The run of chapter 9 trains what the recipe says, and its result fits its program.

The pictures here are made up and few.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dlam import _cifar, data, identity
from dlam.convolution import (
    AveragePooling,
    Convolution,
    ConvolutionalNetwork,
    MaxPooling,
)
from needed import ROOT

FOLDER = ROOT / "runs" / "cifar10"


def loaded(name: str, module: str) -> Any:
    """Import a program of the run; `run` would be a name for many."""
    spec = importlib.util.spec_from_file_location(module, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[module] = found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


program = loaded("run", "cifar10_run")
recipe = program.recipe
# The same network as the library has it.
SHOWN_NET = ConvolutionalNetwork(
    (3, 32, 32),
    (
        *(Convolution(32, 5, padding=2), MaxPooling(3, 2)),
        *(Convolution(32, 5, padding=2), AveragePooling(3, 2)),
        *(Convolution(64, 5, padding=2), AveragePooling(3, 2)),
        *(Convolution(64, 4), Convolution(10, 1, activation=identity)),
    ),
)
PLAIN, DROPOUT = recipe.PLAIN, recipe.DROPOUT
each_arm = pytest.mark.parametrize("arm", recipe.SETTINGS)


def filters(net: nn.Sequential) -> list[nn.Conv2d]:
    return [layer for layer in net if isinstance(layer, nn.Conv2d)]


# The network


def test_the_network_has_the_sizes_and_the_parameters_of_the_paper() -> None:
    net = recipe.network(PLAIN, 0)
    x = torch.zeros(2, 3, 32, 32)
    blocks, counts = [], []
    for layer in net:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            blocks.append(tuple(x.shape[1:]))
            counts.append(sum(p.numel() for p in layer.parameters()))
        blocks[-1] = tuple(x.shape[1:])
    assert blocks == [(32, 16, 16), (32, 8, 8), (64, 4, 4), (64, 1, 1), (10,)]
    assert counts == [2432, 25632, 51264, 65600, 650]
    names = [type(layer).__name__ for layer in net]
    assert names[:6] == ["Conv2d", "MaxPool2d", "ReLU", "Conv2d", "ReLU", "AvgPool2d"]


def test_dropout_ends_each_block_but_the_last() -> None:
    net = recipe.network(DROPOUT, 0)
    rates = [layer.p for layer in net if isinstance(layer, nn.Dropout)]
    assert rates == [0.15, 0.15, 0.15, 0.35]
    for i, layer in enumerate(net):
        if isinstance(layer, nn.Dropout):
            assert isinstance(net[i + 1], nn.Conv2d)
    plain = recipe.network(PLAIN, 0)
    x = torch.randn(3, 3, 32, 32)
    assert torch.equal(net.eval()(x), plain(x)), (
        "the same start, and no effect in tests"
    )


def test_the_start_is_narrow_in_the_first_block_and_the_biases_are_zero() -> None:
    layers = filters(recipe.network(PLAIN, 3))
    for layer, scale in zip(layers, [0.01, 0.05, 0.05, 0.05, 0.05], strict=True):
        assert layer.weight.std().item() == pytest.approx(scale, rel=0.1)
        assert not layer.bias.any()
    other = filters(recipe.network(PLAIN, 4))
    assert not torch.equal(layers[0].weight, other[0].weight)
    for layer in filters(recipe.network(recipe.CYCLE, 0)):
        fan_in = layer.weight[0].numel()
        assert layer.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.1)


def test_pooling_clips_its_windows_to_the_picture() -> None:
    """MatConvNet's sums by hand: windows from 0, 2, …, and what they hold of it."""
    net = recipe.network(PLAIN, 0)
    rng = np.random.default_rng(1)
    for kind, mean in ((nn.MaxPool2d, np.max), (nn.AvgPool2d, np.mean)):
        pool = next(layer for layer in net if isinstance(layer, kind))
        for side in (32, 16, 8):
            a = rng.standard_normal((side, side))
            expected = [
                [mean(a[i : i + 3, j : j + 3]) for j in range(0, side, 2)]
                for i in range(0, side, 2)
            ]
            z = pool(torch.from_numpy(a)[None, None])[0, 0]
            np.testing.assert_allclose(z, expected, rtol=0, atol=1e-14)


def test_rectifying_before_the_first_pooling_would_be_the_same_function() -> None:
    net = recipe.network(PLAIN, 0)
    x = torch.randn(3, 3, 32, 32)
    assert torch.equal(net(x), nn.Sequential(net[0], net[2], net[1], *net[3:])(x))


@each_arm
def test_every_arm_has_a_network_that_gives_ten_numbers(arm: str) -> None:
    setting = recipe.SETTINGS[arm]
    x = 50 * torch.randn(4, 3, 32, 32)
    assert recipe.network(setting, 0)(x).shape == (4, 10)


# The pictures


def made_up_pictures(N: int = 60, M: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    shape = (N + M, 3, 8, 8)  # smaller than CIFAR's, so that the matrix is
    smooth = rng.integers(256, size=(*shape[:2], 1, 1)) + 60 * rng.random(shape)
    both = np.clip(smooth * rng.random((N + M, 1, 1, 1)), 0, 255).astype(np.uint8)
    return both[:N], both[N:]


def test_contrast_and_whitening_are_matconvnets_formulas() -> None:
    X, X_test = made_up_pictures()
    found = np.concatenate(recipe.prepared(X, X_test, PLAIN)).reshape(72, -1)
    # As its program has it: a picture is a column.
    x = np.concatenate([X, X_test]).reshape(72, -1).astype(np.float64).T
    x = x - x[:, :60].mean(axis=1)[:, None]
    z = x - x.mean(axis=0)
    n = np.sqrt((z**2).sum(axis=0) / (len(z) - 1))
    assert (n < 40).any(), "some pictures have less contrast than is divided by"
    assert (n > 40).any()
    z = z * (n.mean() / np.maximum(n, 40))
    W = z[:, :60] @ z[:, :60].T / 72
    values, V = np.linalg.eigh(W)
    d = np.sqrt(np.maximum(values, 0))
    assert (d < 10).any(), "some directions are divided by 10"
    assert (d > 10).any()
    en = np.sqrt((d**2).mean())
    expected = V @ np.diag(en / np.maximum(d, 10)) @ V.T @ z
    np.testing.assert_allclose(found, expected.T, atol=2e-4 * abs(expected).max())
    assert found.dtype == np.float32


def test_pictures_are_prepared_as_far_as_is_asked_for() -> None:
    X, X_test = made_up_pictures()
    neither = replace(PLAIN, contrast=False, whitening=False)
    A, A_test = recipe.prepared(X, X_test, neither)
    mean = X.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(A, X - mean, atol=1e-4)
    np.testing.assert_allclose(A_test, X_test - mean, atol=1e-4)
    B, _ = recipe.prepared(X, X_test, replace(neither, contrast=True))
    np.testing.assert_allclose(B.reshape(60, -1).mean(axis=1), 0, atol=1e-4)
    C, C_test = recipe.prepared(X, X_test, replace(PLAIN, scaled=True))
    D, D_test = recipe.prepared(X, X_test, PLAIN)
    assert C.std() == pytest.approx(1, rel=1e-5)
    np.testing.assert_allclose(D_test, C_test * D.std(), rtol=1e-4, atol=1e-3)


def test_one_coin_turns_a_batch_and_a_coin_each_turns_half() -> None:
    x = torch.arange(4000.0).reshape(500, 1, 2, 4)
    rng = np.random.default_rng(2)

    def turned(flips: str) -> list[bool]:
        y = recipe.flipped(x, flips, rng)
        back = [torch.equal(a.flip(2), b) for a, b in zip(x, y, strict=True)]
        as_is = [torch.equal(a, b) for a, b in zip(x, y, strict=True)]
        assert all(a != b for a, b in zip(back, as_is, strict=True))
        return back

    coins = [sum(turned("batch")) for _ in range(40)]
    assert {*coins} == {0, 500}
    assert 8 < coins.count(500) < 32
    assert 200 < sum(turned("picture")) < 300
    assert sum(turned("none")) == 0


def test_a_moved_picture_is_a_cut_out_of_one_with_a_rim_of_zeros() -> None:
    x = torch.rand(50, 3, 6, 6)
    y = recipe.moved(x, 2, np.random.default_rng(0))
    wide = nn.functional.pad(x, (2, 2, 2, 2))
    places = set()
    for a, b in zip(wide, y, strict=True):
        fits = [
            (i, j)
            for i in range(5)
            for j in range(5)
            if torch.equal(a[:, i : i + 6, j : j + 6], b)
        ]
        assert len(fits) == 1
        places.add(fits[0])
    assert len(places) > 15
    assert recipe.moved(x, 0, np.random.default_rng(0)) is x


# The steps


@each_arm
def test_the_rates_of_filters_and_biases_are_those_of_the_setting(arm: str) -> None:
    setting = recipe.SETTINGS[arm]
    net = recipe.network(setting, 0)
    factors = {
        id(p): group["factor"]
        for group in recipe.optimiser(net, setting).param_groups
        for p in group["params"]
    }
    assert set(factors) == {id(p) for p in net.parameters()}
    for layer in filters(net):
        of_layer = setting.of_last if layer is filters(net)[-1] else 1
        assert factors[id(layer.weight)] == of_layer
        assert factors[id(layer.bias)] == pytest.approx(of_layer * setting.of_biases)


def test_a_step_is_matconvnets(monkeypatch: pytest.MonkeyPatch) -> None:
    """v ← 0.9 v − (g + 0.0001 w), w ← w + rate · multiplier · v, biases as well.

    The multipliers are those of `cnn_cifar_init.m`, and so are the rates, 0.05,
    0.005 and 0.0005; v is kept when the rate changes.
    """
    monkeypatch.setattr(recipe, "BATCH", 10)
    setting = replace(PLAIN, flips="none", phases=((1, 0.005), (1, 0.0005)))
    X = 50 * torch.randn(30, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(30) % 10
    net, by_hand = recipe.network(setting, 0), recipe.network(setting, 0)
    net, by_hand = net.double(), by_hand.double()
    steps = recipe.optimiser(net, setting)
    multipliers = [0.1, 2, 0.1, 2, 0.1, 2, 0.1, 2, 0.01, 0.2]
    v = [torch.zeros_like(p) for p in by_hand.parameters()]
    for epoch, rate in ((1, 0.05), (2, 0.005)):
        recipe.train(net, steps, X.double(), labels, setting, epoch, seed=7)
        rng = np.random.default_rng([7, epoch])
        rng.integers(2**62)
        order = torch.from_numpy(rng.permutation(30))
        for batch in order.reshape(3, 10):
            outputs = by_hand(X[batch].double())
            log_sums = torch.logsumexp(outputs, 1)
            right = outputs[torch.arange(10), labels[batch]]
            g = torch.autograd.grad((log_sums - right).mean(), by_hand.parameters())
            with torch.no_grad():
                for i, w in enumerate(by_hand.parameters()):
                    v[i] = 0.9 * v[i] - (g[i] + 1e-4 * w)
                    w += rate * multipliers[i] * v[i]
    for one, other in zip(net.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_the_rates_fall_as_the_paper_says_or_rise_and_fall() -> None:
    rates = recipe.rates(PLAIN, 500)
    assert rates.shape == (45 * 500,)
    effective = {0: 0.05, 14_999: 0.05, 15_000: 0.005, 20_000: 0.0005, 22_499: 0.0005}
    for step, rate in effective.items():
        assert rates[step] == pytest.approx(0.1 * rate)
    cycle = recipe.rates(replace(recipe.CYCLE, phases=((10, 0.5),)), 10)
    assert (cycle.argmax(), cycle.max(), cycle[0]) == (20, 0.5, 0)
    assert (np.diff(cycle[:21]) > 0).all()
    assert (np.diff(cycle[20:]) < 0).all()


def test_an_error_is_the_share_of_wrong_answers() -> None:
    outputs = torch.tensor([[1.0, 2, 0], [0, 0, 1], [5, 4, 3], [0, 1, 0]])
    assert recipe.error(outputs, torch.tensor([1, 2, 1, 1])) == 0.25
    net = nn.Sequential(nn.Flatten())
    x = torch.arange(1200.0).reshape(300, 1, 1, 4)
    as_is, mirrored = (recipe.outputs(net, x, None, mirror) for mirror in (False, True))
    assert torch.equal(as_is, x[:, 0, 0])
    assert torch.equal(mirrored, as_is.flip(1))
    coins = recipe.outputs(net, x, np.random.default_rng(1))
    for one in range(3):  # batches of 100
        rows = slice(100 * one, 100 * one + 100)
        assert torch.equal(coins[rows], as_is[rows]) != torch.equal(
            coins[rows], mirrored[rows]
        )


# The program


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hundred and fifty pictures of noise, and a lane as short as that."""
    monkeypatch.setitem(program.LANES, "full", program.Lane(None, (1, 1, 1)))
    monkeypatch.setitem(program.LANES, "quick", program.Lane(40, (1, 1, 0)))
    monkeypatch.setattr(program, "HELD_BACK", 30)
    rng = np.random.default_rng(0)
    X = rng.integers(256, size=(200, 3, 32, 32), dtype=np.uint8)
    labels = np.arange(200) % 10
    found = data.Cifar10(X[:150], labels[:150], X[150:], labels[150:], "tree")
    # To whiten 3072 numbers takes a while, and is tested above.
    monkeypatch.setattr(
        recipe,
        "prepared",
        lambda X, X_test, setting: (
            X.astype(np.float32) - 128,
            X_test.astype(np.float32) - 128,
        ),
    )
    (tmp_path / "state").mkdir()
    return program.Pictures(found, tmp_path / "state")


def result(path: Path) -> Any:
    found = json.loads(path.read_text("utf-8"))
    return {key: found[key] for key in found if key not in ("measured", "seconds")}


@pytest.mark.parametrize("arm", ["dropout", "adamw"])
def test_a_run_that_is_taken_up_again_is_the_run_itself(
    arm: str, pictures: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = program.Run(arm, "full", 3)
    whole = result(program.train(run, pictures, pictures.state))
    again = pictures.state / "again"
    again.mkdir()
    outputs = recipe.outputs

    def interrupted(*arguments: Any) -> Any:
        if interrupted.calls == 1:
            raise KeyboardInterrupt
        interrupted.calls += 1
        return outputs(*arguments)

    interrupted.calls = 0
    monkeypatch.setattr(recipe, "outputs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        program.train(run, pictures, again)
    monkeypatch.setattr(recipe, "outputs", outputs)
    assert [path.name for path in again.iterdir()] == [f"full-{arm}-3.pt"]
    assert result(program.train(run, pictures, again)) == whole
    assert len(whole["epochs"]) == 3


def test_a_finished_run_is_not_run_again(
    pictures: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = program.Run("plain", "quick", 0)
    path = program.train(run, pictures, pictures.state)
    monkeypatch.setattr(recipe, "train", None)
    assert program.train(run, pictures, pictures.state) == path


def test_a_run_begun_with_other_pictures_is_not_taken_up(
    pictures: Any,
) -> None:
    run = program.Run("plain", "quick", 0)
    program.train(run, pictures, pictures.state).unlink()
    pictures.digest = "another"
    with pytest.raises(SystemExit, match="was begun with other data; take another"):
        program.train(run, pictures, pictures.state)


def test_seeds_differ_in_start_and_order(pictures: Any) -> None:
    runs = [program.Run("plain", "quick", seed) for seed in (0, 1)]
    one, two = (result(program.train(r, pictures, pictures.state)) for r in runs)
    assert one["epochs"] != two["epochs"]


def test_a_result_counts_the_answers_class_by_class(
    pictures: Any,
) -> None:
    run = program.Run("plain", "quick", 0)
    found = result(program.train(run, pictures, pictures.state))
    answers = np.array(found["answers"])
    assert answers.sum(axis=1).tolist() == [5] * 10  # fifty pictures in the test
    assert found["not mirrored"] == pytest.approx(1 - np.trace(answers) / 50)
    assert found["as in the recipe"] == found["epochs"][-1]["judged"]
    assert (found["training"], found["judged"]) == (40, 50)
    assert found["data"] == {"form": "tree", "digest": pictures.digest}


def test_a_rate_is_chosen_on_pictures_held_back_from_training(
    pictures: Any,
) -> None:
    run = program.Run("plain", "full", 0, rate=0.02, judge="validation")
    assert run.name == "full-plain-rate-0.02-validation-0"
    assert [rate for _, rate in run.setting.phases] == pytest.approx([2e-2, 2e-3, 2e-4])
    X, labels, X_held, labels_held = pictures.parts(run, "cpu")
    assert (len(X), len(X_held)) == (120, 30)
    whole = [*map(bytes, X.contiguous().numpy()), *map(bytes, X_held.numpy())]
    expected, _ = pictures.prepared(run.setting)
    assert sorted(whole) == sorted(map(bytes, np.array(expected)))
    of = {bytes(x): k for x, k in zip(expected, pictures.found.labels, strict=True)}
    for x, k in zip([*X, *X_held], [*labels, *labels_held], strict=True):
        assert of[bytes(x.contiguous().numpy())] == k


def test_the_command_trains_and_collects(
    pictures: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(program.data, "cifar10", lambda folder: pictures.found)
    state = tmp_path / "new" / "state"
    arguments = ["train", "DATA", str(state), "--lane", "quick", "--seeds", "0", "5"]
    assert program.main(arguments) == 0
    names = ["quick-dropout-0", "quick-dropout-5", "quick-plain-0", "quick-plain-5"]
    assert sorted(path.stem for path in state.glob("*.json")) == names
    assert "quick-plain-5: epoch 1 of 2, " in capsys.readouterr().out
    collected = tmp_path / "result.json"
    whole = {p.stem: json.loads(p.read_text("utf-8")) for p in state.glob("*.json")}
    program.collect(state, collected)
    (state / "quick-plain-0.json").unlink()
    program.collect(state, collected)
    found = json.loads(collected.read_text("utf-8"))
    assert len(found["made with"]) == 1
    for its in found["runs"].values():
        its.update(found["made with"][its.pop("made with")])
    assert found["runs"] == whole


def test_a_folder_without_cifar10_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for state, said in ((tmp_path, "has none of these"), (ROOT / "x", "outside")):
        with pytest.raises(SystemExit):
            program.main(["train", str(tmp_path), str(state)])
        assert said in capsys.readouterr().err


def test_a_run_is_identified_by_what_it_has_run() -> None:
    found = program.provenance()
    assert {"train", "prepared", "network", "optimiser"} <= found["recipe"].keys()
    assert "dlam._cifar.cifar10" in found["library"]
    assert found["versions"]["torch"] == torch.__version__


def test_a_network_is_shown_with_pictures_right_and_wrong(
    pictures: Any, tmp_path: Path
) -> None:
    program.train(program.Run("dropout", "quick", 0), pictures, pictures.state)
    program.show("quick-dropout-0", pictures, tmp_path / "shown.npz")
    shown = np.load(tmp_path / "shown.npz")
    outputs = SHOWN_NET(shown["p"].astype(float), shown["X"].astype(float))
    wrong = outputs.argmax(axis=1) != shown["labels"]
    assert 0 < wrong.sum() == program.WRONG
    assert not wrong[: -program.WRONG].any()
    of = dict(zip(map(bytes, pictures.found.X_test), range(50), strict=True))
    rows = [of[bytes(x)] for x in shown["pictures"]]
    assert pictures.found.labels_test[rows].tolist() == shown["labels"].tolist()
    assert (shown["name"], shown["epochs"]) == ("quick-dropout-0", 2)


# The result


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    if not program.RESULT.exists():
        pytest.skip("nothing has been measured yet")
    found: dict[str, Any] = json.loads(program.RESULT.read_text("utf-8"))
    return found


def test_the_result_is_of_this_recipe(measured: dict[str, Any]) -> None:
    now = json.loads(json.dumps(program.provenance()))
    for basis in measured["made with"].values():
        for part in ("recipe", "library"):
            changed = {*basis[part].items()} ^ {*now[part].items()}
            assert not changed, f"these have changed since: {changed}"
        assert basis["batch"] == recipe.BATCH
    for name, its in measured["runs"].items():
        run = program.Run(*(its[k] for k in ("arm", "lane", "seed", "rate", "judge")))
        assert run.name == name
        assert its["setting"] == json.loads(json.dumps(asdict(run.setting))), name
        assert len(its["epochs"]) == sum(n for n, _ in run.setting.phases)
        assert its["made with"] in measured["made with"]


def test_the_result_is_of_one_copy_of_the_pictures(measured: dict[str, Any]) -> None:
    copies = {json.dumps(basis["data"]) for basis in measured["made with"].values()}
    assert len(copies) == 1
    for its in measured["runs"].values():
        whole = 10_000 if its["judge"] == "test" else program.HELD_BACK
        assert its["judged"] == np.sum(its["answers"]) == whole


def test_what_is_shown_answers_as_it_is_said_to() -> None:
    if not program.SHOWN.exists():
        pytest.skip("no network is shown yet")
    assert program.SHOWN.stat().st_size < 1_000_000
    shown = np.load(program.SHOWN)
    outputs = SHOWN_NET(shown["p"].astype(float), shown["X"].astype(float))
    wrong = outputs.argmax(axis=1) != shown["labels"]
    assert wrong.tolist() == [False] * program.RIGHT + [True] * program.WRONG
    assert shown["classes"].tolist() == _cifar.CLASSES


def test_class_names_are_in_the_order_of_the_labels() -> None:
    assert sorted(_cifar.CLASSES) == _cifar.CLASSES
