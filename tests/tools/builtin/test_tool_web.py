"""``fetch_url`` and ``web_search`` against a server on this machine's loopback."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from sandbox.egress.addresses import Resolve, is_public
from tools.base import ToolContext
from tools.builtin.fetching import Body, Redirect, fetch
from tools.builtin.page import page_text
from tools.builtin.providers import search_web
from tools.calls import ToolCall, ToolError, ToolResult
from tools.executor import Executor
from tools.registry import builtin_registry
from tools.settings import ToolSettings


@dataclass
class Site:
    """What the server answers by path, and what it was asked."""

    url: str = ""
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def give(
        self, path: str, body: str | bytes, kind: str = "text/html", status: int = 200, **more: str
    ) -> str:
        headers = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in more.items()}}
        self.answers[path] = (status, headers, body.encode() if isinstance(body, str) else body)
        return f"{self.url}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, dict(self.headers)))
            status, headers, body = found.answers.get(self.path.split("?")[0], (404, {}, b"not here"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                return

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


async def fetched(url: str, workspace: Path, **settings: object) -> ToolResult:
    chosen = ToolSettings.model_validate({"fetch_private_hosts": ("127.0.0.1",), **settings})
    executor = Executor(builtin_registry(), ToolContext(workspace, settings=chosen))
    return await executor.run(ToolCall("1", "fetch_url", {"url": url}))


async def test_a_page_comes_as_text(site: Site, workspace: Path) -> None:
    url = site.give("/a", "<title>Hi</title><h1>Über</h1><p>one<p>two", "text/html; charset=utf-8")
    result = await fetched(url, workspace)
    assert result.success
    assert result.text == "Hi\n\nÜber\n\none\ntwo"
    asked = site.asked[0][1]
    assert asked["Host"] == site.url.removeprefix("http://") and asked["User-Agent"] == "apprentice"


async def test_plain_text_and_json_stay_as_they_are(site: Site, workspace: Path) -> None:
    result = await fetched(site.give("/a.json", '{"a": "<b>"}', "application/json"), workspace)
    assert result.text == '[application/json]\n{"a": "<b>"}'
    result = await fetched(
        site.give("/a.txt", "é".encode("latin-1"), "text/plain; charset=latin-1"), workspace
    )
    assert result.text == "é"
    result = await fetched(site.give("/b.txt", "é", "text/plain; charset=no-such"), workspace)
    assert result.text.endswith("é")


async def test_binary_is_refused_and_an_error_status_is_a_failure(site: Site, workspace: Path) -> None:
    result = await fetched(site.give("/a.png", b"\x89PNG", "image/png"), workspace)
    assert not result.success and "is image/png, not text" in result.text
    result = await fetched(f"{site.url}/missing", workspace)
    assert not result.success and "status 404" in result.text and "not here" in result.text
    assert (await fetched(site.give("/empty", "", "text/plain"), workspace)).text == "(no text)"


async def test_redirects_are_followed_and_end(site: Site, workspace: Path) -> None:
    site.give("/end", "arrived", "text/plain")
    site.give("/start", "", status=302, Location="/end")
    assert (await fetched(f"{site.url}/start", workspace)).text == f"[from {site.url}/end]\narrived"
    site.give("/loop", "", status=302, Location="/loop")
    result = await fetched(f"{site.url}/loop", workspace)
    assert not result.success and "more than 5 redirects" in result.text


async def test_a_large_body_is_cut_and_said(site: Site, workspace: Path) -> None:
    url = site.give("/big", b"x" * 500_000, "text/plain")
    result = await fetched(url, workspace, fetch_bytes=2000, result_characters=5000)
    assert result.truncated and "only the beginning" in result.text and len(result.text) < 2200


@pytest.mark.slow
async def test_B08_a_compressed_bomb_is_unpacked_to_the_limit_only(site: Site, workspace: Path) -> None:
    bomb = gzip.compress(b"x" * 200_000_000, compresslevel=1)
    url = site.give("/bomb", bomb, "text/plain", Content_Encoding="gzip")
    result = await fetched(url, workspace, fetch_bytes=2_000_000, result_characters=1000)
    assert result.success and result.truncated and len(result.text) < 1200


async def test_compressed_bodies_are_read_and_damaged_ones_said(site: Site, workspace: Path) -> None:
    url = site.give("/gz", gzip.compress(b"small"), "text/plain", Content_Encoding="gzip")
    assert (await fetched(url, workspace)).text.endswith("small")
    url = site.give("/bad", b"no gzip", "text/plain", Content_Encoding="gzip")
    assert "is damaged" in (await fetched(url, workspace)).text
    url = site.give("/br", b"..", "text/plain", Content_Encoding="br")
    assert "not supported" in (await fetched(url, workspace)).text


async def test_A05_loopback_is_refused_by_default(site: Site, workspace: Path) -> None:
    port = site.url.rpartition(":")[2]
    site.give("/", "SECRET", "text/plain")
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "[::1]"):
        result = await fetched(f"http://{host}:{port}/", workspace, fetch_private_hosts=())
        assert not result.success and "SECRET" not in result.text, host
    assert site.asked == []


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "[fd00::1]", "[::ffff:10.0.0.1]"]
)
async def test_A05_metadata_and_private_addresses_are_refused(workspace: Path, host: str) -> None:
    result = await fetched(f"http://{host}/latest/meta-data", workspace)
    assert not result.success and "not on the public internet" in result.text


async def test_A05_a_redirect_to_a_private_address_is_refused(site: Site, workspace: Path) -> None:
    site.give("/out", "", status=302, Location="http://169.254.169.254/latest")
    result = await fetched(f"{site.url}/out", workspace)
    assert not result.success and "169.254.169.254, which is not on the public internet" in result.text
    site.give("/file", "", status=302, Location="file:///etc/passwd")
    result = await fetched(f"{site.url}/file", workspace)
    assert not result.success and "only http:// and https://" in result.text


async def test_F04_a_list_of_domains_binds_every_hop(site: Site, workspace: Path) -> None:
    context = ToolContext(
        workspace,
        settings=ToolSettings(fetch_private_hosts=("127.0.0.1",)),
        network=("docs.python.org",),
    )
    site.give("/out", "", status=302, Location="http://evil.example/?q=secret")
    for url, said in {
        "http://evil.example/": "evil.example is not in the list [sandbox] network",
        "https://python.org/": "python.org is not in the list",
        f"{site.url}/out": "evil.example is not in the list",
    }.items():
        result = await Executor(builtin_registry(), context).run(ToolCall("1", "fetch_url", {"url": url}))
        assert not result.success and said in result.text, url


OTHER_PLACES = [
    ("http://first.test/a", "https://second.test/b"),
    ("https://first.test/a", "//second.test/b"),
    ("http://first.test/a", "http://first.test:8080/b"),
    ("http://first.test:8080/a", "https://first.test:8443/b"),
    ("http://first.test/a", "http://www.first.test/b"),
    ("http://first.test/a", "http://93.184.216.34/b"),
]


def hops(*locations: str) -> tuple[list[httpx.Request], httpx.MockTransport]:
    """A transport that redirects along ``locations`` and then answers, and what it was asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) <= len(locations):
            return httpx.Response(302, headers={"location": locations[len(asked) - 1]})
        return httpx.Response(200, stream=httpx.ByteStream(b"arrived"))

    return asked, httpx.MockTransport(answer)


def resolver(*answers: list[str]) -> tuple[list[str], Resolve]:
    """Gives one answer after another, whatever it is asked; and what it was asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return asked, resolve


@pytest.mark.parametrize(("url", "location"), OTHER_PLACES)
async def test_F04_a_redirect_to_another_host_is_a_call_of_its_own(url: str, location: str) -> None:
    asked, transport = hops(location)
    resolved, resolve = resolver(["93.184.216.34"])
    target = str(httpx.URL(url).join(location))
    assert await fetch(url, ToolSettings(), (), resolve, transport) == Redirect(url, target)
    assert len(asked) == 1 and resolved == ["first.test"], "the other name is not even resolved"


@pytest.mark.parametrize(
    ("url", "location", "end"),
    [
        ("http://first.test/a", "/b", "http://first.test/b"),
        ("http://first.test/a", "https://FIRST.test./b", "https://first.test./b"),
        ("http://first.test/a", "http://first.test:80/b", "http://first.test/b"),
        ("http://first.test:8080/a", "https://first.test:8080/b", "https://first.test:8080/b"),
    ],
)
async def test_a_redirect_within_the_host_is_followed(url: str, location: str, end: str) -> None:
    asked, transport = hops(location)
    body = await fetch(url, ToolSettings(), (), resolver(["93.184.216.34"])[1], transport)
    assert isinstance(body, Body) and body.content == b"arrived" and body.url == end
    assert [request.url.host for request in asked] == ["93.184.216.34"] * 2


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://first.test/b", "redirects from https to http://first.test/b; that is not followed"),
        ("ftp://second.test/b", "only http:// and https://"),
        ("http://169.254.169.254/latest", "is not on the public internet"),
        ("http://[::ffff:127.0.0.1]/", "is not on the public internet"),
        ("http://user:word@second.test/", "user name or password"),
        ("/" + "a" * 3000, "redirects to an address of 3001 characters"),
        ("http://[::1", "cannot be fetched"),
    ],
)
async def test_A05_a_redirect_that_is_never_followed_gets_one_line(location: str, said: str) -> None:
    asked, transport = hops(location)
    with pytest.raises(ToolError) as refused:
        await fetch("https://first.test/a", ToolSettings(), (), resolver(["93.184.216.34"])[1], transport)
    assert said in str(refused.value) and len(str(refused.value).splitlines()) == 1
    assert len(asked) == 1


async def test_a_redirect_that_is_not_followed_tells_how_to_go_on(site: Site, workspace: Path) -> None:
    url = site.give("/out", "", status=302, Location="https://docs.python.org/3/?q=a b")
    result = await fetched(url, workspace)
    target = "https://docs.python.org/3/?q=a%20b"
    assert result.success
    assert result.text == f"{url} redirects to {target}; call fetch_url with it if you want to follow"


async def test_A05_the_address_that_was_judged_is_the_one_that_is_called() -> None:
    asked, transport = hops("/b")
    resolved, resolve = resolver(["93.184.216.34"], ["127.0.0.1"])
    with pytest.raises(ToolError, match=r"first.test leads to 127.0.0.1, which is not"):
        await fetch("http://first.test/a", ToolSettings(), (), resolve, transport)
    assert [request.url.host for request in asked] == ["93.184.216.34"], "the second hop is judged anew"
    assert asked[0].headers["host"] == "first.test" and resolved == ["first.test"] * 2
    for answer in (["93.184.216.34", "127.0.0.1"], ["fec0::1"], [], ["first.test"]):
        with pytest.raises(ToolError):
            await fetch("http://first.test/a", ToolSettings(), (), resolver(answer)[1], transport)
    assert len(asked) == 1


async def test_A05_no_second_look_at_the_name_is_taken_for_the_connection(site: Site) -> None:
    """Live: nothing but the injected resolver knows this name, and it answers once."""
    site.give("/", "here", "text/plain")
    settings = ToolSettings(fetch_private_hosts=("rebinds.test",))
    resolved, resolve = resolver(["127.0.0.1"], ["127.0.0.2"])
    body = await fetch(f"http://rebinds.test:{site.url.rpartition(':')[2]}/", settings, (), resolve)
    assert isinstance(body, Body) and body.content == b"here" and resolved == ["rebinds.test"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("ff0e::1", False),
        ("fec0::1", False),
        ("64:ff9b:1::808:808", False),
        ("::ffff:0:808:808", False),
        ("::808:808", False),
        ("::ffff:808:808", True),
        ("2002:808:808::", True),
        ("2606:4700::1%eth0", False),
        ("2001:0:808:808::", False),
        ("2001:1::1", False),
        ("192.0.0.9", False),
        ("192.88.99.1", False),
        ("3fff::1", False),
        ("4000::1", False),
        ("fd00::1", False),
        ("fe80::1", False),
        ("localhost", False),
    ],
)
def test_A05_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "only http:// and https://"),
        ("ftp://example.org/", "only http:// and https://"),
        ("example.org", "only http:// and https://"),
        ("http://", "only http:// and https://"),
        ("", "only http:// and https://"),
        ("http://user:word@example.org/", "user name or password"),
        ("http://[::1", "is not a URL"),
        ("http://a\x00b/", "is not a URL"),
        ("http://no-such-host.invalid/", "cannot be resolved"),
    ],
)
async def test_bad_addresses_get_one_line(workspace: Path, url: str, said: str) -> None:
    result = await fetched(url, workspace)
    assert not result.success and said in result.text and len(result.text.splitlines()) == 1


async def test_a_server_that_does_not_answer_is_said(site: Site, workspace: Path) -> None:
    result = await fetched("http://127.0.0.1:9/", workspace)
    assert not result.success and "cannot be fetched" in result.text


HIDDEN = [
    "<script>HIDDEN</script>",
    "<style>HIDDEN</style>",
    "<noscript>HIDDEN</noscript>",
    "<template><p>HIDDEN</p></template>",
    "<div hidden>HIDDEN</div>",
    "<div aria-hidden='true'><p>HIDDEN</p></div>",
    "<span style='display: none'>HIDDEN</span>",
    "<span style='color:red;VISIBILITY:hidden'>HIDDEN</span>",
    "<p style='font-size:0'>HIDDEN</p>",
    "<p style='opacity:0'>HIDDEN</p>",
    "<!-- HIDDEN -->",
    "<div hidden><br><img src=x>HIDDEN<div>HIDDEN</div>HIDDEN</div>",
    "<svg><text>HIDDEN</text></svg>",
]


@pytest.mark.parametrize("html", HIDDEN)
def test_F07_what_a_page_hides_is_not_shown(html: str) -> None:
    assert page_text(f"<body>before {html} after</body>").split() == ["before", "after"]


def test_F07_invisible_characters_are_dropped() -> None:
    assert page_text("<p>a\u200bb\u202ec\U000e0041d&#8203;e</p>") == "abcde"


def test_visible_styles_stay_and_broken_html_is_read() -> None:
    assert page_text("<p style='opacity:0.5'>seen</p>") == "seen"
    assert page_text("<p>a<b>b</i></p></div> c &amp; d") == "ab\n\nc & d"
    assert page_text("<ul><li>one<li>two</ul>") == "one\ntwo"
    assert page_text("") == ""


@pytest.mark.slow
def test_a_page_of_a_hundred_thousand_open_tags_is_read() -> None:
    assert page_text("<div>" * 100_000 + "deep") == "deep"
    assert page_text("<div hidden>" + "<div>" * 100_000 + "deep") == ""


async def searched(workspace: Path, query: str = "x", **settings: str) -> ToolResult:
    executor = Executor(builtin_registry(), ToolContext(workspace, settings=ToolSettings(**settings)))
    return await executor.run(ToolCall("1", "web_search", {"query": query}))


async def test_without_a_provider_the_settings_are_named(workspace: Path) -> None:
    result = await searched(workspace)
    assert not result.success and "`search_url`" in result.text and "`search_provider`" in result.text


async def test_a_searxng_server_is_asked(site: Site, workspace: Path) -> None:
    hits = [{"title": f"T{n}", "url": f"https://e.org/{n}", "content": "a\n  b"} for n in range(20)]
    site.give("/search", json.dumps({"results": [*hits[:1], "odd", *hits[1:]]}), "application/json")
    result = await searched(workspace, "a b&c", search_url=f"{site.url}/")
    assert result.success and result.text.startswith("T0\nhttps://e.org/0\na b\n\nT1\n")
    assert result.text.count("https://") == 8
    assert site.asked[0][0] == "/search?q=a+b%26c&format=json"


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        ("<html>", "text/html", 200, "did not answer with JSON"),
        ("{}", "application/json", 429, "status 429"),
        ("", "text/html", 302, "redirects to https://other.example/s, which is not followed"),
        ("<html>", "text/html", 403, "`json` among its `search.formats`"),
        ("[]", "application/json", 200, "another shape"),
        ("[" * 100_000, "application/json", 200, "did not answer with JSON"),
    ],
)
async def test_J07_a_provider_that_answers_oddly_is_said(
    site: Site, workspace: Path, body: str, kind: str, status: int, said: str
) -> None:
    moved = {"Location": "https://other.example/s"} if status == 302 else {}
    site.give("/search", body, kind, status, **moved)
    result = await searched(workspace, search_url=site.url)
    assert not result.success and said in result.text and len(result.text) < 300


async def test_no_results_and_an_unreachable_server_are_said(site: Site, workspace: Path) -> None:
    site.give("/search", '{"results": null}', "application/json")
    assert (await searched(workspace, search_url=site.url)).text == "no results"
    result = await searched(workspace, search_url="http://127.0.0.1:9")
    assert not result.success and "cannot be reached" in result.text
    assert not (await searched(workspace, " ", search_url=site.url)).success


@pytest.mark.parametrize(("provider", "name"), [("brave", "BRAVE_API_KEY"), ("tavily", "TAVILY_API_KEY")])
async def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch, provider: str, name: str) -> None:
    monkeypatch.delenv(name, raising=False)
    with pytest.raises(ToolError, match=name):
        await search_web(ToolSettings.model_validate({"search_provider": provider}), "x")


Answer = Callable[[object], object]


@pytest.mark.parametrize(
    ("provider", "host"), [("brave", "api.search.brave.com"), ("tavily", "api.tavily.com")]
)
async def test_a_provider_that_is_not_among_the_domains_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, provider: str, host: str
) -> None:
    settings = ToolSettings.model_validate({"search_provider": provider})
    with pytest.raises(ToolError, match=f"^{host} is not in the list"):
        await search_web(settings, "x", ("docs.python.org",))
    monkeypatch.delenv(f"{provider.upper()}_API_KEY", raising=False)
    with pytest.raises(ToolError, match="needs a key"):
        await search_web(settings, "x", (host,))


async def test_the_server_that_the_person_named_is_asked_whatever_domains_are_listed(site: Site) -> None:
    site.give(
        "/search", json.dumps({"results": [{"title": "T", "url": "u", "content": "c"}]}), "application/json"
    )
    settings = ToolSettings.model_validate({"search_url": site.url})
    assert [hit.title for hit in await search_web(settings, "x", ("docs.python.org",))] == ["T"]


@pytest.mark.parametrize(
    ("provider", "key", "header", "answer"),
    [
        (
            "brave",
            "BRAVE_API_KEY",
            "x-subscription-token",
            {"web": {"results": [{"title": "T", "url": "U", "description": "D"}]}},
        ),
        (
            "tavily",
            "TAVILY_API_KEY",
            "authorization",
            {"results": [{"title": "T", "url": "U", "content": "D"}]},
        ),
    ],
)
async def test_J04_keyed_providers_get_their_key_and_never_show_it(
    monkeypatch: pytest.MonkeyPatch, provider: str, key: str, header: str, answer: dict[str, object]
) -> None:
    asked: list[httpx.Request] = []
    statuses = iter((200, 401))

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(next(statuses), json=answer)

    transport = httpx.MockTransport(answered)
    real = httpx.AsyncClient

    def client(**options: object) -> httpx.AsyncClient:
        assert options["follow_redirects"] is False
        return real(transport=transport)

    monkeypatch.setattr(httpx, "AsyncClient", client)  # these providers' hosts are fixed
    monkeypatch.setenv(key, "secret-key-1")
    settings = ToolSettings.model_validate({"search_provider": provider})
    (hit,) = await search_web(settings, "x")
    assert (hit.title, hit.url, hit.excerpt) == ("T", "U", "D")
    assert "secret-key-1" in asked[0].headers[header] and asked[0].url.scheme == "https"
    with pytest.raises(ToolError, match=f"status 401; check {key}") as failure:
        await search_web(settings, "x")
    assert "secret-key-1" not in str(failure.value)
