"""Taking over what a worker made: models, scores, what was learned at once, reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from inspector.core.files import write_atomically
from inspector.errors import InspectorError
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import MODEL_FOLDER, LearnJob, ScoreJob, read_job
from inspector.project.candidates import add_candidate
from inspector.project.learned import LEARN
from inspector.project.paths import MODELS
from inspector.project.project import Project
from inspector.project.results import REPORT_FILE, RESULTS_FILE, read_results
from inspector.project.runs import RunRow, RunState
from inspector.project.work import EVALUATE, SCORE, TRAIN


def settle(project: Project, run: RunRow, outcome: JobOutcome) -> dict[str, Any]:
    """Takes over what a worker left: registers its model, stores its scores, closes the run.

    Returns:
        The outcome's results; a training's with the "model" name under which it was registered.

    Raises:
        InspectorError: The job failed; says why and what to do.
    """
    current = project.find_run(run.run_id)
    if current.state in (RunState.RUNNING, RunState.LOST) and outcome.state != RunState.LOST:
        try:
            project.finish_run(run.run_id, msgspec.json.encode(outcome), RunState(outcome.state))
        except InspectorError:  # somebody else who listened was quicker
            if project.find_run(run.run_id).state != outcome.state:
                raise
    elif current.state is RunState.RUNNING:
        project.mark_lost_runs()
    if outcome.state != DONE:
        if outcome.state in (RunState.FAILED, RunState.LOST):
            raise InspectorError(outcome.message, outcome.hint)
        return {}
    return _take_over(project, run, outcome)


def take_over_finished(project: Project) -> list[InspectorError]:
    """Takes over what finished while nobody was listening: models, then scores.

    Returns:
        What could not be taken over, and why: one bad model must not close the project.
    """
    failures: list[InspectorError] = []
    for run in [*_finished_trainings(project), *_finished_scorings(project)]:
        assert run.outcome_json is not None
        outcome = msgspec.json.decode(run.outcome_json, type=JobOutcome)
        try:
            _take_over(project, run, outcome)
        except InspectorError as error:
            failures.append(error)
    project.clear_away_learnings()
    return failures


def _finished_trainings(project: Project) -> list[RunRow]:
    """Trainings that are done and whose model is not registered."""
    known = (*project.models(), *project.trashed_models())
    registered, folders = {model.run_id for model in known}, {model.folder for model in known}
    found = []
    for run in project.runs():
        if run.kind != TRAIN or run.state is not RunState.DONE or run.run_id in registered:
            continue
        # Whoever moved the model may have died before the database knew of it.
        moved = project.folder / MODELS / run.folder.name
        made = (run.folder / MODEL_FOLDER).is_dir() or (moved.is_dir() and moved not in folders)
        if made and run.outcome_json is not None:
            found.append(run)
    return found


def _finished_scorings(project: Project) -> list[RunRow]:
    """Scorings that are done and newer than all scores of their model: nobody has stored them.

    An older one is never taken: it would overwrite what a newer one found.
    """
    models = {model.folder.name: model for model in project.models()}
    newest = {name: project.newest_scoring(m.model_id) for name, m in models.items()}
    found = []
    for run in project.runs():
        if run.kind not in (SCORE, EVALUATE, LEARN) or run.state is not RunState.DONE:
            continue
        if run.outcome_json is None or not (run.folder / RESULTS_FILE).exists():
            continue
        try:
            job = read_job(run.folder)
        except InspectorError:
            continue  # a run folder that somebody has tampered with; nothing to take over
        name = Path(job.model).name if isinstance(job, ScoreJob | LearnJob) else ""
        if name in newest and run.run_id > newest[name]:
            found.append(run)
    return found


def _take_over(project: Project, run: RunRow, outcome: JobOutcome) -> dict[str, Any]:
    results = dict(outcome.results)
    if run.kind == TRAIN:
        known = (*project.models(), *project.trashed_models())
        taken = next((model for model in known if model.run_id == run.run_id), None)
        made = run.folder / str(results["model"])
        # Another window or command may have listened as well and been quicker.
        if taken is None or made.is_dir():
            try:
                taken = project.add_model(run.run_id, made)
            except InspectorError:  # or is quicker right now
                taken = next((m for m in project.models() if m.run_id == run.run_id), None)
                if taken is None:
                    raise
            add_candidate(project, taken)
        results["model"] = taken.name
    elif run.kind in (SCORE, EVALUATE) and run.snapshot_id is not None:
        job = read_job(run.folder)
        assert isinstance(job, ScoreJob)
        model = project.find_model_by_folder(Path(job.model))
        scored = read_results(run.folder).scored
        project.save_scores(model.model_id, run.snapshot_id, scored, run.run_id)
    elif run.kind == LEARN:
        learnt = read_job(run.folder)
        assert isinstance(learnt, LearnJob)
        project.take_over_learning(run, project.find_model_by_folder(Path(learnt.model)))
    if run.kind == EVALUATE:
        report = report_file(project, run)
        write_atomically(report, (run.folder / REPORT_FILE).read_bytes())
        results["report"] = str(report)
    return results


def report_file(project: Project, run: RunRow) -> Path:
    """Where the report of an evaluation lies."""
    return project.reports_folder / f"{run.folder.name}.html"
