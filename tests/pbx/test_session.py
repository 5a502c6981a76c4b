"""One connection: opening it, TLS, login in both ways, and what is told when it does not work."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor.clock import FastClock
from monitor.errors import LinkError
from monitor.pbx.session import ActionRefusedError, LoginRefusedError, Session, tls_context
from tests.clock import FakeClock
from tests.pbx.fake_ami import fake_ami, link

TLS = Path(__file__).parent / "tls"


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "pbx.pem")
    return context


async def test_md5_login_never_sends_the_secret() -> None:
    async with fake_ami() as fake:
        session = await Session.open(link(fake.port), FakeClock())
        await session.login()
        session.close()
        key = hashlib.md5(b"123456789s3cr3t-word", usedforsecurity=False).hexdigest()
        assert [action["Action"] for action in fake.actions] == ["Challenge", "Login"]
        assert fake.actions[1]["Key"] == key
        assert "Secret" not in fake.actions[1]
        assert fake.actions[1]["Events"] == "on"


async def test_plain_login() -> None:
    async with fake_ami() as fake:
        session = await Session.open(link(fake.port, auth="plain"), FakeClock())
        await session.login()
        session.close()
        assert fake.actions[0]["Secret"] == "s3cr3t-word"


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_a_secret_in_chinese(auth: str) -> None:
    async with fake_ami() as fake:
        fake.secret = "密码-张伟"
        session = await Session.open(link(fake.port, auth=auth, secret=SecretStr("密码-张伟")), FakeClock())
        await session.login()
        session.close()


async def test_login_refused() -> None:
    async with fake_ami() as fake:
        session = await Session.open(link(fake.port, secret=SecretStr("wrong")), FakeClock())
        with pytest.raises(LoginRefusedError, match="refuses user dialwatch: Authentication failed; check"):
            await session.login()
        session.close()


async def test_no_secret() -> None:
    async with fake_ami() as fake:
        session = await Session.open(link(fake.port, secret=None), FakeClock())
        with pytest.raises(
            LoginRefusedError, match="no secret .*set environment variable DIALWATCH_AMI_SECRET"
        ):
            await session.login()
        session.close()
        assert fake.actions == []


async def test_a_secret_of_two_lines_is_not_sent() -> None:
    async with fake_ami() as fake:
        settings = link(fake.port, auth="plain", secret=SecretStr("a\r\nAction: Originate"))
        session = await Session.open(settings, FakeClock())
        with pytest.raises(LoginRefusedError, match="Secret must be one line"):
            await session.login()
        session.close()
        assert fake.actions == []


async def test_no_challenge() -> None:
    async with fake_ami() as fake:
        fake.denied.add("Challenge")
        session = await Session.open(link(fake.port), FakeClock())
        with pytest.raises(LoginRefusedError, match="no MD5 challenge: Permission denied"):
            await session.login()
        session.close()


async def test_a_login_without_answer_has_a_deadline() -> None:
    clock = FakeClock()
    async with fake_ami() as fake:
        fake.mute.add("Login")
        session = await Session.open(link(fake.port), clock)
        waiting = asyncio.create_task(session.login())
        await fake.until(lambda: "Login" in fake.names())
        await clock.advance(15)
        with pytest.raises(LinkError, match="no answer to Login within 15 s$"):
            await waiting
        session.close()
        assert session.protocol.responses == {}


async def test_a_peer_that_never_greets_has_a_deadline() -> None:
    clock = FakeClock()
    async with fake_ami() as fake:
        fake.banner = b""
        fake.mute.add("Challenge")
        session = await Session.open(link(fake.port), clock)
        waiting = asyncio.create_task(session.login())
        await fake.until(lambda: fake.actions)
        await clock.advance(15)
        with pytest.raises(LinkError, match="not even a greeting; is it a TLS port"):
            await waiting
        session.close()


async def test_nobody_listens() -> None:
    async with fake_ami() as fake:
        port = fake.port
    with pytest.raises(LinkError, match=f"cannot connect to 127.0.0.1:{port}: "):
        await Session.open(link(port), FakeClock())


async def test_a_host_without_address() -> None:
    with pytest.raises(LinkError, match=r"cannot connect to pbx\.invalid:5038: "):
        await Session.open(link(host="pbx.invalid"), FakeClock())


async def test_a_host_that_swallows_everything_has_a_deadline() -> None:
    # A listener whose backlog is full neither accepts nor refuses; a TLS client waits for ever for the
    # handshake of a server that does not speak.
    clock = FakeClock()
    done = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        waiting = asyncio.create_task(Session.open(link(port, tls=True), clock))
        await clock.until_sleeping(10)
        await clock.advance(10)
        with pytest.raises(LinkError, match="does not answer within 10 s"):
            await waiting
        done.set()


async def test_actions_refused() -> None:
    async with fake_ami() as fake:
        fake.denied |= {"CoreStatus", "Status"}
        session = await Session.open(link(fake.port), FakeClock())
        await session.login()
        with pytest.raises(ActionRefusedError, match="CoreStatus: Permission denied"):
            await session.ask("CoreStatus")
        with pytest.raises(ActionRefusedError, match="Status: Permission denied"):
            await session.listing("Status")
        session.close()


async def test_a_listing_gives_its_rows() -> None:
    async with fake_ami() as fake:
        fake.lists["Status"] = [{"Event": "Status", "Uniqueid": f"1.{number}"} for number in range(1000)]
        session = await Session.open(link(fake.port), FakeClock())
        await session.login()
        rows = await session.listing("Status", Variables="CDR(answer,u)")
        assert [row["Uniqueid"] for row in rows] == [f"1.{number}" for number in range(1000)]
        assert fake.actions[-1]["Variables"] == "CDR(answer,u)"
        assert await session.listing("CoreShowChannels") == []
        session.close()


async def test_a_legacy_pbx_sends_names_in_its_encoding() -> None:
    async with fake_ami() as fake:
        fake.before["CoreStatus"] = b""
        session = await Session.open(link(fake.port), FakeClock())
        await session.login()
        waiting = asyncio.create_task(session.ask("CoreStatus"))
        await waiting
        answering = session.protocol.send({"Action": "Nothing"})
        fake.mute.add("Nothing")
        session.protocol.data_received(
            f"Response: Success\r\nActionID: {session.protocol._mark}4\r\nName: 张伟\r\n\r\n".encode(
                "gb18030"
            )
        )
        assert (await answering)["Name"] == "张伟"
        session.close()


async def test_a_fast_clock_does_not_shorten_deadlines() -> None:
    async with fake_ami() as fake:
        session = await Session.open(link(fake.port), FastClock(speed=1e9))
        await session.login()
        assert await session.ask("Ping")
        session.close()


# ---------------------------------------------------------------------------------- TLS


async def test_tls_with_verification() -> None:
    async with fake_ami(tls=server_context()) as fake:
        session = await Session.open(link(fake.port, tls=True, tls_ca=TLS / "ca.pem"), FakeClock())
        await session.login()
        session.close()


async def test_tls_with_an_unknown_authority_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    async with fake_ami(tls=server_context()) as fake:
        with pytest.raises(LinkError, match="is not trusted: .*; set tls_ca"):
            await Session.open(link(fake.port, tls=True), FakeClock())
        assert fake.actions == []


async def test_tls_for_another_host_is_refused() -> None:
    async with fake_ami(tls=server_context()) as fake:
        with pytest.raises(LinkError, match="is not trusted: .*127.0.0.2"):
            await Session.open(
                link(fake.port, host="127.0.0.2", tls=True, tls_ca=TLS / "ca.pem"), FakeClock()
            )


async def test_tls_without_verification_is_possible_and_told(caplog: pytest.LogCaptureFixture) -> None:
    async with fake_ami(tls=server_context()) as fake:
        session = await Session.open(link(fake.port, tls=True, tls_verify=False), FakeClock())
        await session.login()
        session.close()
    assert "tls_not_verified pbx=main" in caplog.text


async def test_tls_to_a_plain_port() -> None:
    async with fake_ami() as fake:
        with pytest.raises(LinkError, match="is this the TLS port"):
            await Session.open(link(fake.port, tls=True, tls_ca=TLS / "ca.pem"), FakeClock())


def test_an_authority_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="tls_ca .*nowhere.pem cannot be used: No such file"):
        tls_context(link(tls=True, tls_ca=tmp_path / "nowhere.pem"))
    (tmp_path / "broken.pem").write_text("not a certificate")
    with pytest.raises(LinkError, match="tls_ca .*broken.pem cannot be used: "):
        tls_context(link(tls=True, tls_ca=tmp_path / "broken.pem"))


async def test_a_user_that_is_logged_in_already_is_no_wrong_password() -> None:
    async with fake_ami() as fake:
        fake.refusal = "Login Already In Use"
        session = await Session.open(link(fake.port), FakeClock())
        with pytest.raises(LinkError, match="is logged in already") as error:
            await session.login()
        session.close()
        assert not isinstance(error.value, LoginRefusedError)
