"""Secrets: where they come from, where they never go, and over which connections."""

from __future__ import annotations

import datetime
import ipaddress
import pickle
import ssl
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import keyring
import pytest
from canvas_stand_in import TOKEN
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from helpers import QUICK, command, write_grades, write_lms
from keyring.backend import KeyringBackend
from lti_platform import keys

from autograder.errors import UserError
from autograder.scores.answers import Stopped
from autograder.scores.credentials import SERVICE, Secret, secret
from autograder.scores.lms import open_target
from autograder.scores.settings import read_settings, safe_url


class MemoryKeyring(KeyringBackend):
    """keyring's interface over a dictionary: no desktop runs here."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryKeyring())
    yield keyring
    keyring.set_keyring(before)


def test_from_the_environment_a_file_or_the_keyring(monkeypatch, tmp_path, ring):
    monkeypatch.delenv("SECRET_X", raising=False)
    with pytest.raises(UserError, match=r"no secret for lms\.example: set SECRET_X, or run `keyring set"):
        secret("SECRET_X", "lms.example")
    ring.set_password(SERVICE, "lms.example", "from the ring")
    assert secret("SECRET_X", "lms.example").reveal() == "from the ring"
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("SECRET_X_FILE", str(tmp_path / "key"))
    assert secret("SECRET_X", "lms.example").reveal() == "from a file"
    monkeypatch.setenv("SECRET_X", " from the environment\n")
    assert secret("SECRET_X", "lms.example").reveal() == "from the environment"


@pytest.mark.parametrize("value", ["7~abc\u2013def", "7~abc\ndef"])
def test_a_secret_with_characters_that_none_has(monkeypatch, value):
    """A dash that a word processor made longer would be a traceback when it is sent."""
    monkeypatch.setenv("SECRET_X", value)
    with pytest.raises(UserError, match="holds characters that none has") as error:
        secret("SECRET_X", "lms.example")
    assert "abc" not in str(error.value)


def test_a_secret_does_not_show_itself():
    hidden = Secret("abc")
    assert f"{hidden} {hidden!r} {[hidden]}" == "[secret] [secret] [[secret]]"
    assert hidden.hide("xabcx") == "x[secret]x"
    with pytest.raises(TypeError):
        pickle.dumps(hidden)


@pytest.mark.parametrize("url", ["http://canvas.example.edu", "ftp://x", "canvas.example.edu", "http://10.0.0.1",
                                 "https://user:word@canvas.example.edu", "http://localhost.example.edu"])  # fmt: skip
def test_only_https_loopback_aside(url):
    with pytest.raises(ValueError, match=r"https://|user name"):
        safe_url(url)


@pytest.mark.parametrize("url", ["https://me:word@x.edu", "htps://me:word@x.edu", "me:word@x.edu", "//me:word@x.edu"])
def test_a_password_in_an_address_is_not_repeated(url):
    with pytest.raises(ValueError, match="must not hold") as error:
        safe_url(url)
    assert "word@" not in str(error.value)


@pytest.mark.parametrize("url", ["https://x.edu:port", "https://x.edu:99999", "https://[x"])
def test_an_address_that_is_none(tmp_path, url):
    with pytest.raises(UserError, match=r"lms\.toml: url: "):
        read_settings(write_lms(tmp_path, lms="canvas", url=url, course=1, assignment=2))


@pytest.mark.parametrize(
    "url", ["https://canvas.example.edu/", "http://127.0.0.1:5", "http://localhost", "http://[::1]:8"]
)
def test_allowed_addresses(url):
    assert safe_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"lms": "canvas", "url": "https://x", "course": 1, "assignment": 2, "token": "t"},
            "token: secrets do not belong",
        ),
        ({"lms": "canvas", "url": "http://x.example", "course": 1, "assignment": 2}, "only https:// is allowed"),
        ({"lms": "sakai"}, 'lms.toml: lms is \'sakai\'; write lms = "canvas" or "moodle" or "lti"'),
        ({}, 'lms.toml: does not say which lms; write lms = "canvas" or'),
        ({"lms": ["canvas"]}, 'lms.toml: does not say which lms; write lms = "canvas" or'),
        ({"lms": "moodle", "url": "https://x", "course": 1}, "lms.toml: give either cmid (an assignment) or item"),
        ({"lms": "canvas", "url": "x", "course": 1, "assignment": 2}, "lms.toml: url: not an https:// address: x"),
        (
            {"lms": "canvas", "url": "https://x", "course": "one", "assignment": 2},
            "course: Input should be a valid integer",
        ),
        ({"lms": "canvas", "url": "https://x", "course": 1}, "assignment: Field required"),
    ],
)
def test_mistakes_in_lms_toml(tmp_path, values, said):
    with pytest.raises(UserError) as error:
        read_settings(write_lms(tmp_path, **values))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def self_signed(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    form = serialization.PrivateFormat.PKCS8
    text = certificate.public_bytes(serialization.Encoding.PEM)
    text += key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(text)
    return folder / "server.pem"


@pytest.mark.parametrize("lms", ["canvas", "moodle"])
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path, monkeypatch, lms):
    arrived = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            arrived.append(self.headers)

        do_POST = do_GET

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv(f"AUTOGRADER_{lms.upper()}_TOKEN", TOKEN)
    ids = {"assignment": 2} if lms == "canvas" else {"cmid": 2}
    path = write_lms(tmp_path, lms=lms, url=f"https://127.0.0.1:{server.server_port}", course=1, **ids)
    with pytest.raises(Stopped, match="no safe connection"):
        open_target(read_settings(path), QUICK).column()
    server.shutdown()
    assert not arrived


def test_credentials_of_netrc_do_not_replace_the_token(canvas, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    open_target(read_settings(tmp_path / "lms.toml"), QUICK).column()
    assert canvas.log[0].token == TOKEN


@pytest.mark.parametrize("lms", ["canvas", "moodle", "lti"])
def test_an_lms_that_cannot_be_reached(tmp_path, monkeypatch, lms):
    """Its address may be wrong: it is said at once that this is tried again, and not for long."""
    monkeypatch.setenv("AUTOGRADER_CANVAS_TOKEN", TOKEN)
    monkeypatch.setenv("AUTOGRADER_MOODLE_TOKEN", TOKEN)
    monkeypatch.setenv("AUTOGRADER_LTI_KEY", keys("tool")[0])
    there = "http://127.0.0.1:9"
    values = {
        "canvas": {"url": there, "course": 1, "assignment": 1},
        "moodle": {"url": there, "course": 1, "cmid": 1},
        "lti": {"token_url": there, "lineitem": there, "memberships": there, "client_id": "c", "key_id": "k"},
    }[lms]
    said = []
    pace = replace(QUICK, say=said.append)
    target = open_target(read_settings(write_lms(tmp_path, lms=lms, **values)), pace)
    with pytest.raises(Stopped, match=r"127\.0\.0\.1:9: Connection refused\), 3 times; is the address right\?"):
        pace.patiently(target.column, again_when_unsure=True)
    assert len(said) == 1
    assert said[0].endswith("cannot be reached (127.0.0.1:9: Connection refused); trying again, 3 times at most")
    assert target.requests == 3
    target.close()


def test_an_lms_that_goes_away_is_waited_for(canvas, tmp_path):
    said = []
    pace = replace(QUICK, say=said.append)
    target = open_target(read_settings(tmp_path / "lms.toml"), pace)
    target.column()
    canvas.server.shutdown()
    canvas.server.server_close()
    target._requester._session.close()  # the connection that is still open
    with pytest.raises(Stopped, match=r"Connection refused\), 8 times; give"):
        pace.patiently(target.column, again_when_unsure=True)
    assert len(said) == 1


def test_without_the_secret_or_the_settings_there_is_one_line(tmp_path, monkeypatch):
    write_grades(tmp_path / "final_grades.csv", {"a.ipynb": 1})
    done = command("plan", "final_grades.csv", "-o", "plan.json", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "autograder: lms.toml: No such file or directory; docs/lms.md says what stands in it\n"
    monkeypatch.delenv("AUTOGRADER_CANVAS_TOKEN", raising=False)
    write_lms(tmp_path, lms="canvas", url="https://canvas.invalid", course=1, assignment=1)
    done = command("plan", "final_grades.csv", "-o", "plan.json", cwd=tmp_path)
    assert "no secret for canvas.invalid: set AUTOGRADER_CANVAS_TOKEN" in done.stderr


def test_without_the_extra_the_command_says_which_to_install_and_grading_works(tmp_path):
    """A Python that cannot find the extra's packages, as on a machine without them."""
    write_grades(tmp_path / "final_grades.csv", {"a.ipynb": 1})
    write_lms(tmp_path, lms="canvas", url="https://canvas.invalid", course=1, assignment=1)
    hide = ("import sys\n"
            "class Hidden:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name.partition('.')[0] in {'canvasapi', 'httpx', 'jwt', 'keyring'}:\n"
            "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
            "sys.meta_path.insert(0, Hidden())\n"
            "from autograder.cli import main\n"
            "main()\n")  # fmt: skip
    line = [sys.executable, "-c", hide]
    done = subprocess.run([*line, "scores", "plan", "final_grades.csv", "-o", "p.json"], cwd=tmp_path, text=True,
                          capture_output=True, env={"AUTOGRADER_CANVAS_TOKEN": "t", "PATH": "/usr/bin:/bin"})  # fmt: skip
    assert (done.returncode, done.stderr) == (
        2, "autograder: uploading to an LMS needs more packages: pip install 'PATH_TO_THIS_REPOSITORY[lms]'\n")  # fmt: skip
    assert subprocess.run([*line, "grade", "--help"], cwd=tmp_path, capture_output=True).returncode == 0


def test_grading_does_not_load_what_an_upload_needs():
    code = "import sys, autograder.cli; print([m for m in sys.modules if m.startswith('autograder.scores')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_upload_is_no_part_of_what_grades():
    from autograder.version_digest import grader_files

    assert not [name for name in grader_files("xor_backprop") if name.startswith("autograder/scores")]
