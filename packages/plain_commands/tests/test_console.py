"""A log that cannot be written."""

import logging.config
from pathlib import Path

import pytest
from plain_commands.console import LogFile, log, start_logging
from plain_commands.errors import UserError


def test_a_log_on_a_full_disk_is_said_once_and_ends_nothing(tmp_path, capsys):
    start_logging("work", tmp_path / "work.log")
    (file,) = (handler for handler in log.handlers if isinstance(handler, LogFile))
    file.stream.close()
    file.stream = Path("/dev/full").open("w")  # noqa: SIM115 - the stream of a handler
    for number in range(3):
        log.info("message %d", number)
    said = capsys.readouterr().err.splitlines()
    log.handlers.clear()
    assert said == [
        "[work] message 0",
        f"[work] {tmp_path / 'work.log'}: the log cannot be written (No space left on device)",
        "[work] message 1",
        "[work] message 2",
    ]


def test_names_of_files_do_not_control_a_terminal(tmp_path, capsys):
    start_logging("work", tmp_path / "work.log")
    log.warning("left out: %s", "\x1b[31mred\x07\r.jpg\tof\nB\u00e4r\x9b.jpg")
    log.handlers.clear()
    expected = "left out: \\x1b[31mred\\x07\\x0d.jpg\tof\nB\u00e4r\\x9b.jpg\n"
    assert capsys.readouterr().err == f"[work] {expected}"
    assert (tmp_path / "work.log").read_text("utf-8").partition("left")[2] == expected[4:]


def test_a_log_overwrites_logs_only(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("photograph")
    for content in (b"\xff\xd8\xff", b"experiment: mine\n", b"2026-01-01"):
        (tmp_path / "photograph").write_bytes(content)
        for name in ("photograph", "link"):
            with pytest.raises(UserError, match=f"{name}: exists and is not a log; name another"):
                start_logging("work", tmp_path / name)
        assert (tmp_path / "photograph").read_bytes() == content
    for name in ("new", "new", "empty"):
        start_logging("work", tmp_path / name)
        log.info("said")
        log.handlers.clear()
        assert (tmp_path / name).read_text("utf-8").count("said") == 1
    start_logging("work", Path("/dev/null"))
    log.handlers.clear()


def test_a_log_goes_on_after_a_library_has_configured_logging(tmp_path):
    """It closes all handlers, as submitit does when it is imported."""
    (tmp_path / "work.log").write_text("2026-01-01 00:00:00 an earlier call\n")
    start_logging("work", tmp_path / "work.log")
    log.info("before")
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    log.error("after")
    log.handlers.clear()
    said = [line[20:] for line in (tmp_path / "work.log").read_text("utf-8").splitlines()]
    assert said == ["before", "after"]
