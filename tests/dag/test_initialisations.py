"""Which jobs shared initialisations schedule: the runs that they change, and no more."""

from tests.dag.conftest import PAGE, jobs_of_checked_runs, jobs_of_runs


def test_as_many_initialisations_as_runs_change_the_report_alone(done):
    done.config["training"]["initialisation_seeds"] = 2
    assert done.plan() == PAGE


def test_fewer_train_the_runs_that_change(done):
    done.config["seeds"] = 4
    done.run()
    done.config["training"]["initialisation_seeds"] = 2
    # Seeds 1 and 2 keep their initialisation, in both variants.
    assert done.plan() == jobs_of_checked_runs(4)
    done.run()
    assert done.plan() == {}
    done.config["training"]["initialisation_seeds"] = 3
    # Seed 3 has its own again, and seed 4 that of seed 1.
    assert done.plan() == jobs_of_checked_runs(4)
    del done.config["training"]["initialisation_seeds"]
    assert done.plan() == jobs_of_checked_runs(4)


def test_runs_are_launched_with_their_initialisation(indexed):
    indexed.config["training"]["initialisation_seeds"] = 2
    said = indexed.dry_run("--printshellcmds").stdout
    commands = [line for line in said.splitlines() if "training train" in line]
    assert len(commands) == 10
    for seed, initialisation in {1: None, 2: None, 3: 1, 4: 2, 5: 1}.items():
        of_seed = [line for line in commands if f" --seed {seed} " in line]
        assert len(of_seed) == 2
        for command in of_seed:
            told = f"--initialisation-seed {initialisation} " in command
            assert told == (initialisation is not None)


def test_more_seeds_share_what_there_is(done):
    done.config["training"]["initialisation_seeds"] = 2
    done.config["seeds"] = 6
    assert done.plan() == jobs_of_runs(8)
