"""What a file that is handed on says of the machine that it was made on."""

import pytest

from workflow_scripts.common.handing_on import without_folders


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/data/cityscapes", "cityscapes"),
        ("/home/me/my data/twins", "twins"),
        ("~/data/twins", "twins"),
        ("/home/me/x/tool.py {input} {output}", "tool.py {input} {output}"),
        ("'/opt/my env/bin/python' -m x {input}", "'python' -m x {input}"),
        ("tool --model=/home/me/w.pt -i {input}/a", "tool --model=w.pt -i {input}/a"),
        ("https://me:secret@host/a/b.pth", "https://host/a/b.pth"),
        ("file:///home/me/x.onnx", "x.onnx"),
        (r"C:\Users\me\data", "data"),
        ("https://host/a/b.pth?token=secret", "https://host/a/b.pth?…"),
        ("s3://bucket/a/b", "s3://bucket/a/b"),
        ("results/demo/runs", "results/demo/runs"),
        (r"^(\w+)/\d+", r"^(\w+)/\d+"),
        ("gtFine/train and/or 1/2", "gtFine/train and/or 1/2"),
    ],
)
def test_absolute_paths_lose_their_folders(text, expected):
    assert without_folders(text) == expected
    assert without_folders({"a": [text, 1, None]}) == {"a": [expected, 1, None]}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("tool --api-key abc123 {input} {output}", "tool --api-key *** {input} {output}"),
        ("sh -c 'TOKEN=abc tool {input} {output}'", "sh -c 'TOKEN=*** tool {input} {output}'"),
        ("tool https://me:abc@host {input} {output}", "tool https://host {input} {output}"),
        ('tool --key "$KEY" {input} {output}', 'tool --key "$KEY" {input} {output}'),
        ("/home/me/tool --password=abc {input}", "tool --password=*** {input}"),
    ],
)
def test_commands_lose_their_keys(command, expected):
    config = {"variants": {"theirs": {"method": "command", "command": command, "version": "key 1"}}}
    assert without_folders(config)["variants"]["theirs"] == {
        "method": "command",
        "command": expected,
        "version": "key 1",
    }
