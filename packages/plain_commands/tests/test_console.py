"""A log that cannot be written."""

from pathlib import Path

from plain_commands.console import LogFile, log, start_logging


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
