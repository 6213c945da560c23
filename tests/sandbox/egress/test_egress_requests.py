"""What a request to the proxy names, and what is sent on in its place."""

import pytest

from sandbox.egress.addresses import domain, permits
from sandbox.egress.requests import Refused, Wanted, read_request


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("github.com", "github.com"),
        (" GitHub.com. ", "github.com"),
        ("*.githubusercontent.com", "*.githubusercontent.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("a-b.c_d.co", "a-b.c_d.co"),
    ],
)
def test_a_domain_is_a_plain_name(text: str, name: str) -> None:
    assert domain(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "*.", "org", "*.org", "localhost", "127.0.0.1", "1.2.3", "[::1]", "http://github.com"),
        *(
            "github.com:443",
            "a b.org",
            "github.com/x",
            "a.*.org",
            "*github.com",
            "user@github.com",
            "-a.org",
            "a..org",
        ),
        "\u202e.org",
    ],
)
def test_what_is_no_domain_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="is no domain; write one such as") as raised:
        domain(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("github.com", True),
        ("GITHUB.COM.", True),
        ("files.githubusercontent.com", True),
        ("a.b.githubusercontent.com", True),
        ("githubusercontent.com", False),
        ("evilgithubusercontent.com", False),
        ("www.github.com", False),
        ("github.com.evil.com", False),
        ("github.comx", False),
        ("", False),
    ],
)
def test_whole_labels_are_compared(host: str, allowed: bool) -> None:
    assert permits(("github.com", "*.githubusercontent.com"), host) is allowed


def test_a_tunnel_names_a_host_and_a_port() -> None:
    assert read_request(b"CONNECT GitHub.com:443 HTTP/1.1\r\nHost: evil.com:443") == Wanted("github.com", 443)


def test_what_is_sent_on_names_the_host_that_was_checked() -> None:
    wanted = read_request(
        b"POST http://github.com/a?b=c HTTP/1.1\r\nHost: evil.com\r\nProxy-Authorization: x\r\n"
        b"Connection: keep-alive, x-a\r\nContent-Length: 3\r\nX-A: b"
    )

    assert (wanted.host, wanted.port, wanted.body, wanted.tunnel) == ("github.com", 80, 3, False)
    assert wanted.onward == (
        b"POST /a?b=c HTTP/1.1\r\nhost: github.com\r\n"
        b"connection: close\r\ncontent-length: 3\r\nx-a: b\r\n\r\n"
    )


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET / HTTP/1.1",
        b"GET https://github.com/ HTTP/1.1",
        b"GET http://user:x@github.com/ HTTP/1.1",
        b"GET http://[::1]/ HTTP/1.1",
        b"GET http://github.com:x/ HTTP/1.1",
        b"GET http:///a HTTP/1.1",
        b"GET http://github.com/ HTTP/1.1 x",
        b"GET  http://github.com/ HTTP/1.1",
        b"GET http://github.com/ HTTP/2",
        b"get http://github.com/ HTTP/1.1",
        b"GET ftp://github.com/ HTTP/1.1",
        b"CONNECT github.com HTTP/1.1",
        b"CONNECT github.com:http HTTP/1.1",
        b"CONNECT [::1]:443 HTTP/1.1",
        b"CONNECT github.com@evil.com:443 HTTP/1.1",
        b"CONNECT github.com/evil.com:443 HTTP/1.1",
        b"CONNECT github.com\x00.evil.com:443 HTTP/1.1",
        b"CONNECT github.com%2eevil.com:443 HTTP/1.1",
        b"POST http://github.com/ HTTP/1.1\r\nTransfer-Encoding: chunked",
        b"POST http://github.com/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4",
        b"POST http://github.com/ HTTP/1.1\r\nContent-Length: -3",
        b"POST http://github.com/ HTTP/1.1\r\nContent-Length : 3",
        b"GET http://github.com/ HTTP/1.1\r\nX: a\nHost: evil.com",
        b"GET http://github.com/ HTTP/1.1\r\n folded: x",
        b"GET http://github.com/ HTTP/1.1\r\nX-A: \x00",
    ],
)
def test_L08_what_could_be_read_in_two_ways_is_refused(head: bytes) -> None:
    with pytest.raises(Refused) as raised:
        read_request(head)
    assert 400 <= raised.value.status < 500
