"""The server goes away and comes back: one line meanwhile, nothing lost, nothing twice."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from training.events import EventLogError, open_log

pytestmark = pytest.mark.postgres


class Relay:
    """Stands between the log and the server, so that the server can be away. Listens on loopback."""

    def __init__(self, server: tuple[int, str | tuple[str, int]]) -> None:
        self._server = server
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            self.port = int(bound.getsockname()[1])
        self.lose_next_commit = self._committed = False
        self.start()

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Refuse new connections, and break those that there are."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                family, address = self._server
                server = socket.socket(family)
                server.connect(address)
                with self._lock:
                    self._open += [client, server]
                for ends in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if self._committed and answers:
                    self._committed = False
                    break
                if self.lose_next_commit and not answers and b"COMMIT" in data:
                    self._committed, self.lose_next_commit = True, False
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.fixture
def relay(postgres_url: str) -> Iterator[Relay]:
    url = make_url(postgres_url)
    host, port = str(url.host or url.query.get("host") or "127.0.0.1"), url.port or 5432
    if host.startswith("/"):
        passed = Relay((socket.AF_UNIX, str(Path(host) / f".s.PGSQL.{port}")))
    else:
        passed = Relay((socket.AF_INET, (host, port)))
    yield passed
    passed.stop()


@pytest.fixture
def relayed(postgres_url: str, relay: Relay) -> str:
    url = make_url(postgres_url).difference_update_query(["host"])
    return url.set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False)


def test_an_outage_is_one_line_and_then_it_goes_on(relayed, relay, make):
    log = open_log(relayed)
    first = log.append(make(1))
    relay.stop()
    for attempt in (lambda: log.append(make(2)), lambda: log.get(first.event_id), lambda: list(log.read())):
        with pytest.raises(EventLogError, match=r"127\.0\.0\.1:\d+/\w+ does not answer") as refused:
            attempt()
        assert "\n" not in str(refused.value)
    relay.start()
    second = log.append(make(2))
    assert list(log.read()) == [first, second]
    assert log.verify().damages == ()
    log.close()


def test_a_restart_between_two_calls_is_noticed_and_mended(postgres_url, make):
    name = uuid4().hex
    named = make_url(postgres_url).update_query_dict({"application_name": name})
    log = open_log(named.render_as_string(hide_password=False))
    first = log.append(make(1))
    administrator = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"),
            {"name": name},
        )
    second = log.append(make(2))
    assert list(log.read()) == [first, second]
    assert [notice.split(" to ")[0] for notice in log.notices] == ["the connection"]
    assert log.notices[0].endswith("was lost and made anew; no event is lost")
    administrator.dispose()
    log.close()


def test_a_read_goes_on_after_the_server_came_back(relayed, relay, make):
    log = open_log(relayed)
    stored = log.append_many([make(number) for number in range(250)])
    reader = log.read()
    seen = [next(reader) for _ in range(10)]
    relay.stop()
    relay.start()
    assert seen + list(reader) == stored
    log.close()


def test_a_commit_whose_answer_was_lost_is_not_written_twice(relayed, relay, make):
    """The server committed, the answer never came: the append is done once more, and finds its event."""
    log = open_log(relayed)
    log.append(make(1))
    relay.lose_next_commit = True
    event = make(2)
    stored = log.append(event, expected_version=1)
    assert not relay.lose_next_commit
    assert (stored.sequence, stored.version) == (2, 2)
    assert [one.event_id for one in log.read()][1:] == [event.event_id]
    assert len(log.notices) == 1
    log.close()
