"""Pulling over a hub on the loopback interface, through ``huggingface_hub``, with what goes wrong there."""

import resource
from pathlib import Path

import pytest

from tests.training.models.conftest import CONTENT, FILE, NAME, REPO
from tests.training.models.loopback_hub import COMMIT, Fault, LoopbackHub
from training.models.base import ModelError
from training.models.catalogue import Source, find_source
from training.models.digest import sha256_of_file
from training.models.download import download
from training.models.hub import HubFile
from training.models.patience import Patience
from training.models.pull import Pull
from training.models.store import ModelStore

QUICK = Patience(attempts=3, backoff_s=0.001, longest_wait_s=0.05, connect_s=60, read_s=60)
SOURCE = find_source(NAME)


def pull(store: ModelStore, source: Source = SOURCE, said: list[str] | None = None) -> Path:
    pulling = Pull(store, source, patience=QUICK, said=(said if said is not None else []).append)
    return pulling.run(pulling.look_up())


def part(store: ModelStore) -> Path | None:
    return store.begun(SOURCE.id)


@pytest.mark.slow
def test_a_pull_keeps_the_file_and_where_it_came_from(hub: LoopbackHub, store: ModelStore) -> None:
    done: list[int] = []
    pulling = Pull(store, SOURCE, patience=QUICK)
    path = pulling.run(pulling.look_up(), told=done.append)
    assert path.read_bytes() == CONTENT
    assert path.name == FILE
    assert done[0] == 0 and done == sorted(done) and done[-1] == len(CONTENT)
    (model,) = store.all()
    assert (model.id, model.repo, model.file) == ("tiny-q8_0", REPO, FILE)
    assert (model.revision, model.sha256, model.bytes) == (COMMIT, sha256_of_file(path), len(CONTENT))
    assert (model.license, model.base) == ("apache-2.0", "maker/base-model")
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
    assert store.checked_path(model) == path
    assert part(store) is None
    assert f"/resolve/{COMMIT}/" in hub.downloads[0].path


def test_what_is_here_is_not_pulled_again(hub: LoopbackHub, store: ModelStore) -> None:
    pull(store)
    before = len(hub.requests)
    assert Pull(store, SOURCE).installed() == store.find("tiny-q8_0")
    assert len(hub.requests) == before


def test_a_cut_connection_is_taken_up_where_it_was_cut(hub: LoopbackHub, store: ModelStore) -> None:
    hub.faults.extend([Fault(cut=100_000), Fault(cut=50_000)])
    assert pull(store).read_bytes() == CONTENT
    ranges = [one.headers.get("range") for one in hub.downloads]
    assert ranges[0] is None and len(ranges) == 3
    starts = [int((text or "").removeprefix("bytes=").rstrip("-")) for text in ranges[1:]]
    assert 0 < starts[0] <= 100_000 < starts[1] <= 150_000


@pytest.mark.slow
def test_a_server_without_ranges_begins_again(hub: LoopbackHub, store: ModelStore) -> None:
    hub.faults.extend([Fault(cut=100_000), Fault(ignore_range=True)])
    assert pull(store).read_bytes() == CONTENT


def test_an_interrupted_pull_goes_on_in_the_next(hub: LoopbackHub, store: ModelStore) -> None:
    def stop(done: int) -> None:
        if done > 50_000:
            raise KeyboardInterrupt

    pulling = Pull(store, SOURCE, patience=QUICK)
    with pytest.raises(KeyboardInterrupt):
        pulling.run(pulling.look_up(), told=stop)
    left = part(store)
    assert left is not None
    have = left.stat().st_size
    assert 50_000 < have < len(CONTENT)
    assert store.all() == []
    assert pull(store).read_bytes() == CONTENT
    assert hub.downloads[-1].headers["range"] == f"bytes={have}-"


@pytest.mark.slow
def test_a_part_of_another_version_is_not_gone_on_with(hub: LoopbackHub, store: ModelStore) -> None:
    hub.faults.extend([Fault(cut=100_000), Fault(status=404)])
    with pytest.raises(ModelError):
        pull(store)
    fresh = CONTENT[::-1].replace(CONTENT[::-1][:4], b"GGUF", 1)
    hub.files[NAME] = fresh
    assert pull(store).read_bytes() == fresh
    assert hub.downloads[-1].headers.get("range") is None


def test_H2_bytes_with_another_checksum_are_removed_and_never_a_model(
    hub: LoopbackHub, store: ModelStore
) -> None:
    damaged = bytearray(CONTENT)
    damaged[1000] ^= 1
    hub.faults.append(Fault(content=bytes(damaged)))
    with pytest.raises(ModelError, match=r"is not tiny-q8_0\.gguf as the hub describes it .* pull again"):
        pull(store)
    assert store.all() == [] and part(store) is None
    assert pull(store).read_bytes() == CONTENT


def test_a_reply_longer_than_the_file_is_refused(hub: LoopbackHub, store: ModelStore) -> None:
    hub.faults.append(Fault(content=CONTENT + b"more"))
    with pytest.raises(ModelError, match="sends more than"):
        pull(store)
    assert store.all() == []


def test_H8_a_file_that_changed_on_the_hub_is_not_pulled_where_it_is_pinned(
    hub: LoopbackHub, store: ModelStore
) -> None:
    pinned = SOURCE.model_copy(update={"sha256": "a" * 64})
    with pytest.raises(ModelError, match="is pinned\\); nothing was pulled"):
        pull(store, pinned)
    assert hub.downloads == []


def test_H8_a_file_that_changed_here_is_not_used(hub: LoopbackHub, store: ModelStore) -> None:
    path = pull(store)
    (model,) = store.all()
    path.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(ModelError, match="changed since it was pulled"):
        store.checked_path(model)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(ModelError, match="300003 bytes and 300004 were pulled"):
        store.checked_path(model)
    path.unlink()
    with pytest.raises(ModelError, match="No such file"):
        Pull(store, SOURCE).installed()


@pytest.mark.slow
def test_a_file_that_was_only_touched_is_compared_once(hub: LoopbackHub, store: ModelStore) -> None:
    path = pull(store)
    path.write_bytes(CONTENT)
    (model,) = store.all()
    assert store.checked_path(model) == path
    (model,) = store.all()
    assert model.mtime_ns == path.stat().st_mtime_ns


def test_J1_a_busy_hub_is_waited_for(hub: LoopbackHub, store: ModelStore) -> None:
    hub.info_faults.append(Fault(status=429, headers={"Retry-After": "0"}))
    hub.faults.extend([Fault(status=503, headers={"Retry-After": "0"}), Fault(status=429)])
    said: list[str] = []
    assert pull(store, said=said).read_bytes() == CONTENT
    assert [line.partition(";")[0] for line in said] == [
        "the hub is busy (429)",
        "the hub is busy (503)",
        "the hub is busy (429)",
    ]


def test_J1_a_hub_that_asks_to_wait_long_is_not_waited_for(hub: LoopbackHub, store: ModelStore) -> None:
    hub.faults.append(Fault(status=503, headers={"Retry-After": "900"}))
    with pytest.raises(ModelError, match=r"the hub is busy \(503\); pull again in 900 s"):
        pull(store)
    assert len(hub.downloads) == 1


def test_J2_a_hub_that_stays_broken_is_given_up(hub: LoopbackHub, store: ModelStore) -> None:
    hub.faults.extend([Fault(status=502)] * 3)
    with pytest.raises(ModelError, match=r"the hub is busy \(502\); pull again later"):
        pull(store)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            Fault(status=401, headers={"X-Error-Code": "GatedRepo"}),
            "is gated: accept its licence at http.*HF_TOKEN",
        ),
        (Fault(status=403, headers={"X-Error-Code": "GatedRepo"}), "is gated"),
        (Fault(status=403), r"refuses maker/Tiny-GGUF \(403\): check HF_TOKEN"),
        (Fault(status=404, headers={"X-Error-Code": "EntryNotFound"}), "has no tiny-q8_0.gguf"),
        (Fault(status=418), r"refuses maker/Tiny-GGUF \(418\)"),
    ],
)
def test_J4_a_refusal_is_one_line_and_final_and_holds_no_token(
    hub: LoopbackHub, store: ModelStore, monkeypatch: pytest.MonkeyPatch, fault: Fault, said: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_s3cretToken")
    hub.faults.append(fault)
    with pytest.raises(ModelError, match=said) as refused:
        pull(store)
    assert "s3cret" not in str(refused.value) and "\n" not in str(refused.value)
    assert hub.downloads[-1].headers["authorization"] == "Bearer hf_s3cretToken"
    assert len(hub.downloads) == 1
    assert refused.value.__cause__ is None and refused.value.__suppress_context__


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("maker/Nothing-GGUF:a.gguf", "the hub knows no maker/Nothing-GGUF, or it is private"),
        (f"{REPO}:other.gguf", "maker/Tiny-GGUF has no other.gguf; it has tiny-q8_0.gguf"),
    ],
)
def test_what_is_not_there_is_said(hub: LoopbackHub, store: ModelStore, name: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        pull(store, find_source(name))


def test_a_revision_that_is_gone_is_said(hub: LoopbackHub, store: ModelStore) -> None:
    with pytest.raises(ModelError, match="has no revision"):
        pull(store, SOURCE.model_copy(update={"revision": "f" * 40}))


@pytest.mark.parametrize("body", [b"<html>welcome</html>", b"[]", b"{}"])
def test_J7_what_is_no_hub_is_said(hub: LoopbackHub, store: ModelStore, body: bytes) -> None:
    hub.info_faults.append(Fault(status=200, body=body))
    with pytest.raises(ModelError, match="does not answer like a hub; check HF_ENDPOINT"):
        pull(store)


def test_J10_a_store_that_the_hub_redirects_to_gets_no_token(
    hub: LoopbackHub, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_s3cretToken")
    hub.redirect_to_store = True
    hub.faults.append(Fault(cut=100_000))
    assert pull(store).read_bytes() == CONTENT
    asked = [one for one in hub.downloads if one.path.startswith("/store/")]
    assert [one.headers.get("authorization") for one in asked] == [None, None]
    assert "range" in asked[1].headers
    # The library asks the hub for a list of its own first, once a day and without the token.
    others = [one for one in hub.requests if one not in asked and REPO in one.path]
    assert len(others) >= 2
    assert {one.headers["authorization"] for one in others} == {"Bearer hf_s3cretToken"}


@pytest.mark.parametrize(
    ("target", "said", "asked"),
    [
        ("http://store.test/file", "redirects from https to store.test without it", 1),
        ("https://hub.test/file", "more than 5 redirects", 6),
    ],
)
def test_J10_redirects_keep_to_https_and_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, said: str, asked: int
) -> None:
    import httpx2

    seen: list[httpx2.Request] = []

    def redirect(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(302, headers={"location": target})

    transport = httpx2.MockTransport(redirect)
    monkeypatch.setattr("huggingface_hub.get_session", lambda: httpx2.Client(transport=transport))
    file = HubFile("https://hub.test/file", COMMIT, "0" * 64, 100, "", "")
    with pytest.raises(ModelError, match=said):
        download(SOURCE, file, tmp_path / "part", patience=QUICK)
    assert len(seen) == asked


def test_without_a_network_it_is_one_line_at_once(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(ModelError, match=r"the hub at http://127\.0\.0\.1:1 cannot be reached; .* PATH"):
        pull(store)


@pytest.mark.parametrize(
    "address", ["nonsense", "ftp://h", "http://", "http://127.0.0.1:99999", "http://[::1"]
)
def test_an_endpoint_that_is_no_address_is_said(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(ModelError, match=r"HF_ENDPOINT is .*: give an address such as https"):
        pull(store)


def test_a_full_disk_is_seen_before_anything_is_pulled(hub: LoopbackHub, store: ModelStore) -> None:
    pulling = Pull(store, SOURCE, patience=QUICK)
    with pytest.raises(ModelError, match="0 MB are to come and 200 MB are free"):
        pulling.run(pulling.look_up(), free=lambda folder: 200_000_000)
    assert hub.downloads == []


def test_a_disk_that_fills_up_keeps_what_came(hub: LoopbackHub, store: ModelStore) -> None:
    pulling = Pull(store, SOURCE, patience=QUICK)
    file = pulling.look_up()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ModelError, match=r"cannot be written after .* it goes on where it stopped"):
            pulling.run(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    left = part(store)
    assert left is not None and left.read_bytes() == CONTENT[: left.stat().st_size]
    assert store.all() == []
    assert pull(store).read_bytes() == CONTENT


def test_two_pulls_of_one_model_do_not_mix(hub: LoopbackHub, store: ModelStore) -> None:
    with (
        store.pulling(SOURCE.id),
        pytest.raises(ModelError, match="is being pulled by another program"),
    ):
        pull(store)


def test_another_model_of_the_same_id_is_not_replaced(hub: LoopbackHub, store: ModelStore) -> None:
    pull(store)
    with pytest.raises(ModelError, match="remove that first: apprentice models rm tiny-q8_0 --yes"):
        Pull(store, find_source(f"other/Tiny-GGUF:{FILE}")).installed()


def test_H1_what_is_no_gguf_is_not_kept(hub: LoopbackHub, store: ModelStore) -> None:
    hub.files[NAME] = b"<html>" * 20
    with pytest.raises(ModelError, match="a web page"):
        pull(store)
    assert store.all() == [] and part(store) is None
