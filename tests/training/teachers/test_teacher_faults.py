"""Every fault of an API ends in one line, is asked again where that makes sense, and never shows the key."""

import asyncio
import logging
import pickle
import ssl
import time
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.training.teachers.conftest import CANARY, PRICES, Bench, ask
from tests.training.teachers.servers.http import (
    HttpServer,
    Reply,
    cut,
    drip,
    endless,
    hang_up,
    redirect,
    reply,
    silence,
    web_page,
)
from training.teachers.base import Passing, ProviderConfig, TeacherError, Unanswered
from training.teachers.create import create_provider
from training.teachers.keys import Key, find_key
from training.teachers.run import TeacherRun

pytestmark = pytest.mark.slow
ECHO = {"error": {"message": f"Incorrect API key provided: {CANARY}", "type": "invalid_request_error"}}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 529, 408])
async def test_J01_J02_a_busy_server_is_asked_again(bench: Bench, status: int) -> None:
    server = await bench.server(reply(status, ECHO), reply(status, "busy"))
    assert (await bench.provider(server).ask(ask())).text == "echo one"
    assert len(server.chats) == 3


@pytest.mark.parametrize("how", ["seconds", "date"])
async def test_J01_retry_after_is_waited_for(bench: Bench, how: str) -> None:
    started = time.monotonic()
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1.5), usegmt=True)
    server = await bench.server(reply(429, ECHO, retry_after="0.3" if how == "seconds" else soon))
    await bench.provider(server, longest_wait_s=5).ask(ask())
    # A date has whole seconds: the wait is shorter than it says by the part of one.
    assert time.monotonic() - started >= (0.3 if how == "seconds" else 0.4)


async def test_J01_all_requests_wait_when_one_is_told_to(bench: Bench) -> None:
    server = await bench.server(reply(429, ECHO, retry_after="0.3"))
    said: list[str] = []
    provider = bench.provider(server, said=said.append)
    started = time.monotonic()
    first = asyncio.create_task(provider.ask(ask("one")))
    while not said:  # that it waits
        await asyncio.sleep(0.005)
    await provider.ask(ask("two"))
    assert time.monotonic() - started >= 0.3
    await first


async def test_J01_a_wait_that_nobody_sits_through_is_said_at_once(bench: Bench) -> None:
    server = await bench.server(reply(429, ECHO, retry_after="3600"))
    with pytest.raises(TeacherError, match="3600 s: resume then") as caught:
        await bench.provider(server).ask(ask())
    assert not isinstance(caught.value, Unanswered)


async def test_J01_an_account_without_credit_is_not_asked_again(bench: Bench) -> None:
    error = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    server = await bench.server(reply(429, error))
    with pytest.raises(TeacherError, match="no credit"):
        await bench.provider(server).ask(ask())
    assert len(server.chats) == 1


async def test_J02_a_server_that_stays_down_is_given_up(bench: Bench) -> None:
    server = await bench.server(*[reply(503, "down")] * 5)
    with pytest.raises(Passing, match="busy \\(503\\)"):
        await bench.provider(server).ask(ask())
    assert len(server.chats) == 3


@pytest.mark.parametrize(
    "slow", [silence(), drip({"a": "b" * 500}), endless()], ids=["silent", "drip", "endless"]
)
async def test_J03_a_slow_answer_is_left_and_counts_as_billed(bench: Bench, slow: Reply) -> None:
    server = await bench.server(slow, slow)
    with pytest.raises(Passing) as caught:
        await bench.provider(server, timeout_s=0.2, attempts=2).ask(ask())
    assert caught.value.billed


async def test_J03_nobody_there_is_not_billed(bench: Bench) -> None:
    config = ProviderConfig("openai", "m", "http://127.0.0.1:1/v1", attempts=2, backoff_s=0.01)
    with pytest.raises(Passing, match="cannot be reached") as caught:
        await create_provider(config).ask(ask())
    assert not caught.value.billed


@pytest.mark.parametrize("status", [401, 403])
async def test_J04_a_refused_key_is_not_tried_again_nor_shown(bench: Bench, status: int) -> None:
    server = await bench.server(reply(status, ECHO))
    with pytest.raises(TeacherError, match="does not accept the key") as caught:
        await bench.provider(server).ask(ask())
    assert len(server.chats) == 1
    assert "[key]" in str(caught.value)
    assert f"{bench.name.upper()}_API_KEY" in str(caught.value)


@pytest.mark.parametrize("fault", [cut({"choices": "x" * 50}), hang_up()], ids=["in the body", "before it"])
async def test_J05_a_connection_that_is_cut_is_asked_again_and_may_have_been_billed(
    bench: Bench, fault: Reply
) -> None:
    server = await bench.server(fault)
    provider = bench.provider(server, attempts=1)
    with pytest.raises(Passing) as caught:
        await provider.ask(ask())
    assert caught.value.billed
    assert (await provider.ask(ask())).text == "echo one"


async def test_J07_a_web_page_is_said(bench: Bench) -> None:
    server = await bench.server(web_page())
    with pytest.raises(TeacherError, match="web page"):
        await bench.provider(server).ask(ask())


@pytest.mark.parametrize(
    "wrong",
    [
        "{",
        "",
        "[]",
        "null",
        '"text"',
        "{}",
        '{"choices": []}',
        '{"content": null}',
        '{"error": {"message": "no"}}',
    ],
)
async def test_J09_a_body_that_is_no_reply_is_asked_for_once_more(bench: Bench, wrong: str) -> None:
    server = await bench.server(reply(200, wrong), reply(200, wrong))
    with pytest.raises(Unanswered):
        await bench.provider(server).ask(ask())
    assert len(server.chats) == 2


async def test_J09_a_right_reply_with_a_wrong_content_type_is_read(bench: Bench) -> None:
    server = await bench.server(reply(200, bench.says("done"), content_type="text/plain"))
    assert (await bench.provider(server).ask(ask())).text == "done"


async def test_J10_a_redirect_is_not_followed_and_carries_no_key(bench: Bench) -> None:
    heard: list[str] = []

    def other(request: object) -> Reply:
        heard.append(str(request))
        return reply(200, {})

    async with HttpServer(other) as elsewhere:
        server = await bench.server(redirect(elsewhere.url))
        with pytest.raises(TeacherError, match=r"redirects \(307\) to 127\.0\.0\.1"):
            await bench.provider(server).ask(ask())
    assert heard == []


async def test_a_certificate_that_nobody_signed_is_said(bench: Bench, tmp_path: Path) -> None:
    context = _self_signed(tmp_path)
    async with HttpServer(lambda _: reply(200, {}), ssl=context) as server:
        config = ProviderConfig("openai", "m", f"{server.url}/v1", attempts=2, backoff_s=0.01)
        with pytest.raises(TeacherError, match="no valid certificate"):
            await create_provider(config).ask(ask())


def _self_signed(folder: Path) -> ssl.SSLContext:
    from datetime import UTC, datetime, timedelta

    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, plain) + made.public_bytes(
        serialization.Encoding.PEM
    )
    (folder / "own.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    return context


FAULTS: list[Reply] = [
    reply(400, ECHO),
    reply(401, ECHO),
    reply(403, ECHO),
    reply(404, ECHO),
    reply(422, ECHO),
    reply(429, ECHO),
    reply(500, ECHO),
    reply(200, ECHO),
    reply(200, f"not JSON {CANARY}"),
    reply(200, f"<html>{CANARY}</html>"),
    redirect(f"http://{CANARY}.example"),
    cut({"error": CANARY}),
    hang_up(),
    silence(),
]


@pytest.mark.parametrize("number", range(len(FAULTS)))
async def test_J04_no_failure_shows_the_key_anywhere(
    bench: Bench,
    number: int,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    server = await bench.server(FAULTS[number])
    provider = bench.provider(server, said=said.append, attempts=1, timeout_s=0.3)
    with TeacherRun(folder, PRICES, max_cost_usd=5) as run:
        with pytest.raises(TeacherError) as caught:
            await run.ask(provider, ask())
        shown = [
            *traceback.format_exception(caught.value),
            *traceback.format_exception(caught.value, chain=False),
            repr(caught.value),
            repr(vars(provider)),
            repr(provider.config),
            str(caught.value.__context__),
        ]
    written = [path.read_text() for path in folder.iterdir()]
    everything = "\n".join([*shown, *said, *written, caplog.text, *capfd.readouterr()])
    assert CANARY not in everything


def test_a_key_does_not_show_itself(canary: str) -> None:
    key = find_key(ProviderConfig("openai", "m"), {"OPENAI_API_KEY": f" {canary}\n"})
    assert key.reveal() == canary
    assert canary not in f"{key!r} {key}"
    with pytest.raises(TypeError, match="not written anywhere"):
        pickle.dumps(key)
    assert not hasattr(key, "__dict__")


def test_a_key_comes_from_the_variable_that_is_named() -> None:
    config = ProviderConfig("openai", "m", key_variable="MY_KEY")
    assert find_key(config, {"MY_KEY": "mine", "OPENAI_API_KEY": "other"}).reveal() == "mine"


def test_a_missing_key_is_said_with_the_way_to_mend_it() -> None:
    with pytest.raises(TeacherError, match=r"export ANTHROPIC_API_KEY=.*keyring set apprentice"):
        find_key(ProviderConfig("anthropic", "m"), {})


def test_an_address_of_ones_own_may_do_without_a_key() -> None:
    assert not find_key(ProviderConfig("openai", "m", "http://127.0.0.1:1"), {})


@pytest.mark.parametrize("secret", ["sk-ümlaut", "sk-two\nlines"])
def test_a_key_that_no_header_can_carry_is_not_shown(secret: str) -> None:
    with pytest.raises(TeacherError, match="characters that no key has") as caught:
        find_key(ProviderConfig("openai", "m"), {"OPENAI_API_KEY": secret})
    assert secret not in str(caught.value)


def test_a_key_comes_from_the_keyring_where_the_environment_has_none() -> None:
    keyring = pytest.importorskip("keyring")
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return "from-the-keyring" if (service, username) == ("apprentice", "OPENAI_API_KEY") else None

        def set_password(self, service: str, username: str, password: str) -> None: ...

        def delete_password(self, service: str, username: str) -> None: ...

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        key = find_key(ProviderConfig("openai", "m"), {})
    finally:
        keyring.set_keyring(before)
    assert key.reveal() == "from-the-keyring"
    assert "keyring" in key.origin


def test_a_key_hides_itself_in_text() -> None:
    assert Key("abc", "X").hide("the abc of it") == "the [key] of it"


@pytest.mark.parametrize("address", ["ftp://a", "http://", "a.b.c", "http://u:p@h/v1", "http://h/v1?key=x"])
def test_an_address_is_checked_before_anything_is_sent(address: str) -> None:
    with pytest.raises(TeacherError) as caught:
        create_provider(ProviderConfig("openai", "m", address))
    assert "p@h" not in str(caught.value)
