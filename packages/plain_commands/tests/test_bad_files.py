"""Files that cannot be read, written or downloaded: one line each."""

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from plain_commands import http_source
from plain_commands.downloads import copy_to
from plain_commands.errors import SourceError, UserError
from plain_commands.files import atomic, read_text, write_json, write_text


def refusal(read: Callable[[Path], object], path: Path) -> str:
    """What a reader says against a file."""
    with pytest.raises(UserError) as error:
        read(path)
    return str(error.value)


def test_text_is_utf_8(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffä\n".encode())
    assert read_text(path) == "ä\n"
    path.write_bytes(b"a\nb\n\xe4\n")
    assert refusal(read_text, path) == f"{path}: line 3: not UTF-8; save it as UTF-8"
    path.unlink()
    assert refusal(read_text, path) == f"{path}: no such file"


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.json.gz"])
def test_a_name_that_is_not_utf_8_is_one_line(tmp_path, name) -> None:
    write = write_text if name == "a.txt" else write_json
    said = refusal(lambda path: write(path, "images/caf\udce9.png"), tmp_path / name)
    assert "images/caf\\udce9.png" in said
    assert said.endswith(": this name is not UTF-8; rename the file")
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_folder_is_one_line(tmp_path, monkeypatch) -> None:
    def refuse(*_, **__) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "new"))

    monkeypatch.setattr(Path, "mkdir", refuse)
    said = refusal(lambda path: write_text(path, "x"), tmp_path / "new/a.txt")
    assert said.startswith(f"{tmp_path}/new/a.txt: cannot be written (Permission denied); correct")


def test_an_error_of_the_content_is_no_error_of_writing(tmp_path) -> None:
    with pytest.raises(FileNotFoundError), atomic(tmp_path / "a"):
        (tmp_path / "gone").read_text()


class Server(http.server.BaseHTTPRequestHandler):
    """A server that answers by the path: redirects, drips, or asks for a password."""

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[len("/to/") :])
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            while not self.server.ended.wait(0.02):
                self.wfile.write(b".")
            return
        else:
            known = self.headers.get("Authorization") == "Basic dXNlcjpzZWNyZXQ="
            self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(b"content")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Address of `Server`, without the scheme."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.ended = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.ended.set()
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/to/ftp://h/a", "it redirects to ftp://h/a, which is not an http(s) URL"),
        (
            "/to/file:///etc/hostname",
            "HTTP 302 Found - Redirection to url 'file:///etc/hostname' is not allowed",
        ),
        ("/drip", "less than 1048576 bytes in 0.2 s"),
        ("/locked", "HTTP 401 Unauthorized"),
    ],
)
def test_a_source_that_is_no_file_is_refused(tmp_path, address, monkeypatch, path, reason) -> None:
    monkeypatch.setattr(http_source, "SECONDS_PER_PIECE", 0.2)
    with pytest.raises(SourceError) as error:
        copy_to(tmp_path / "copy", f"http://{address}{path}", "weights")
    assert str(error.value) == reason


def test_the_password_of_a_url_is_used_and_not_told(tmp_path, address) -> None:
    copy_to(tmp_path / "copy", f"http://user:secret@{address}/locked", "weights")
    assert (tmp_path / "copy").read_text() == "content"
    said = str(UserError("https://user:secret@h/a?token=secret: gone; see 'http://h/b?k=secret'"))
    assert said == "https://…@h/a?… gone; see 'http://h/b?…'"
