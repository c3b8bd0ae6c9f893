"""Results of an experiment: tables, statistics, report."""
