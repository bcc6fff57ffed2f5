"""What asyncio has gained since the lecture: groups, timeouts, barriers, eager tasks, runners."""

from __future__ import annotations

from scenarios import (
    barrier_of_three,
    eager_tasks,
    queue_of_jobs,
    task_group,
    timeout_block,
)
from scenarios.catalogue.scenario import Scenario
from scenarios.claims import of, prints, said
from vtloop.claims import printed, takes, task

NEWER = (
    Scenario(
        19,
        "task_group",
        "TaskGroup",
        (
            said(
                "the block ends when the last task has ended",
                of(
                    task_group.all_well,
                    task("sleeper#4").finishes.at(3),
                    printed("the group is done").at(3),
                    printed("the group is done").after(task("sleeper#4").ends),
                ),
            ),
            said(
                "when one raises, its siblings are cancelled, unlike gather's",
                of(task_group.one_raises, task("sleeper#4").is_cancelled(at=2)),
            ),
            said(
                "the error comes as an ExceptionGroup, in the same instant",
                of(
                    task_group.one_raises,
                    task("sleeper#3").raises.at(2),
                    printed("the group raises [ArithmeticError()]").at(2),
                ),
            ),
        ),
    ),
    Scenario(
        20,
        "timeout_block",
        "timeout()",
        (
            said(
                "the block is cancelled at its deadline, and TimeoutError comes out of it",
                of(
                    timeout_block.expires,
                    printed("block cancelled").at(1),
                    printed("timeout!").at(1),
                ),
            ),
            said(
                "a deadline can be moved while the block runs",
                of(
                    timeout_block.moved,
                    printed("block finished").at(2),
                    printed("expired: False").at(2),
                ),
            ),
            said(
                "of nested blocks only the one whose deadline has come raises",
                of(
                    timeout_block.nested,
                    printed("timeout! of the inner block").at(1),
                    printed("outer block finished").at(2),
                    printed("expired: False").at(2),
                ),
            ),
        ),
    ),
    Scenario(
        21,
        "queue_of_jobs",
        "Queue",
        (
            said(
                "a full queue holds the producer back",
                of(
                    queue_of_jobs.main,
                    task("producer").waits(1, "queue"),
                    printed("job 4 is put").at(0),
                    printed("job 1 is done").at(1),
                    printed("job 5 is put").at(1),
                    printed("job 6 is put").at(1),
                ),
            ),
            said(
                "two workers do six jobs of 1 s in 3 s, first come first served",
                of(
                    queue_of_jobs.main,
                    *(printed(f"job {job} is done").at((job + 1) // 2) for job in range(1, 7)),
                ),
            ),
            said(
                "join waits for the last job",
                of(
                    queue_of_jobs.main,
                    printed("every job is done").at(3),
                    printed("every job is done").after(printed("job 6 is done")),
                ),
            ),
        ),
    ),
    Scenario(
        22,
        "barrier_of_three",
        "Barrier",
        (
            said(
                "nobody goes on before the last has arrived",
                of(
                    barrier_of_three.main,
                    *(
                        printed(f"{name} goes on, leg {leg}").after(
                            printed(f"clara arrives, leg {leg}")
                        )
                        for leg in (1, 2)
                        for name in ("anna", "boris", "clara")
                    ),
                ),
            ),
            said(
                "all leave together, at +3 s and again at +6 s",
                of(
                    barrier_of_three.main,
                    *(
                        printed(f"{name} goes on, leg {leg}").at(3 * leg)
                        for leg in (1, 2)
                        for name in ("anna", "boris", "clara")
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        23,
        "eager_tasks",
        "Eager tasks",
        (
            said(
                "a lazy task starts after its creator has given the thread back",
                of(
                    eager_tasks.main,
                    printed("tasks created, done: False False").before(task("cached").starts),
                    printed("tasks created, done: False False").before(printed("cached runs")),
                ),
            ),
            said(
                "an eager one runs to its first wait inside create_task",
                # To claims, what a task does inside a step of another one comes after that step.
                prints(
                    (0, "tasks created, done: False False"),
                    (0, "fetched runs"),
                    (1, "fetched runs"),
                    (1, "tasks created, done: True False"),
                ),
            ),
            said(
                "the times are the same",
                *(
                    of(
                        main,
                        printed("fetched runs").at(0),
                        printed("at hand, from afar").at(1),
                        takes(1),
                    )
                    for main in (eager_tasks.main, eager_tasks.eager_main)
                ),
            ),
        ),
        min_python=(3, 12),
    ),
    Scenario(
        24,
        "runner_keeps_its_loop",
        "Runner",
        (
            said(
                "a task left behind goes on in the next run",
                prints(
                    (1, "count 1"),
                    (1.5, "first run returns"),
                    (2, "count 2"),
                    (3, "count 3"),
                    (3.5, "second run returns"),
                ),
            ),
            said("context variables stay", prints((1.5, "second run meets anna"))),
            said(
                "closing the runner cancels what is left",
                prints(
                    (3.5, "count cancelled"),
                    (3.5, "runner closed, count cancelled: True"),
                ),
            ),
        ),
    ),
)
