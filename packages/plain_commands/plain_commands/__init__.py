"""Tools for commands whose users read plain one-line messages.

Import the modules individually, since some of them load large libraries: `arguments` (cyclopts),
`section` (pydantic), `texts`, `files`, `parquet`, `downloads`, `console`, `errors`.
"""
