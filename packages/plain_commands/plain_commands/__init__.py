"""What a command needs whose users are to read plain lines.

Import the modules by their own names, since some of them load libraries: `arguments` (cyclopts),
`section` (pydantic), `texts`, `files`, `parquet`, `downloads`, `console`, `errors`.
"""
