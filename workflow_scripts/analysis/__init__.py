"""What the evaluations of an experiment say: tables, statistics, the report."""
