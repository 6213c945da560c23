"""A remote run as a job: ``JobSpec.work`` is ``training.remote.job:work``.

Invariant: of one job there is at most one run elsewhere, whatever ends the process and wherever; resuming it
attaches to that run. A job that was cancelled has cancelled its run, or ends as failed and says so.

Outputs: ``files/`` (what the provider gave), ``prompt.toml`` (what it was tuned with) and ``remote.json``
(which model it is, how it is used, what it cost).
"""

import asyncio
import shutil
from collections.abc import Mapping
from typing import Any

import orjson

from training.jobs.base import Cancelled, JobError, Reporter
from training.remote.base import Remote, Result, Standing, State
from training.remote.create import create_remote, prepare
from training.remote.following import follow, promptly
from training.remote.order import RemoteOrder
from training.remote.record import NAME, Record, record_of
from training.remote.starting import start
from training.remote.usage import PROMPT, how_to_use
from training.teachers.base import TeacherError

CANCEL_S = 8.0
FILES = "files"


def work(reporter: Reporter) -> Mapping[str, Any]:
    """Carry out the ``RemoteOrder`` in the arguments. Raises JobError, training.jobs.base.Cancelled."""
    order = RemoteOrder.model_validate(reporter.arguments)
    try:
        return asyncio.run(_carried_out(order, reporter))
    except TeacherError as error:
        raise JobError(str(error)) from None


async def _carried_out(order: RemoteOrder, reporter: Reporter) -> Mapping[str, Any]:
    remote = create_remote(order)
    try:
        return await carry_out(order, remote, reporter)
    finally:
        await remote.close()


async def carry_out(order: RemoteOrder, remote: Remote, reporter: Reporter) -> Mapping[str, Any]:
    """Raises JobError, TeacherError, Cancelled."""
    record = record_of(reporter.folder)
    try:
        if not record.run:
            order.check_budget()
            await _begun(order, remote, record, reporter)
        standing = await follow(remote, record, reporter, order.place.poll_s)
    except Cancelled:
        if ended := await _cancelled(remote, record):
            over = "was over already; resume the job to have what it gave"
            told = "is cancelled; what was trained until then may be charged"
            reporter.note(f"{remote.name}: {record.run} {over if ended.state is State.DONE else told}")
        raise
    if standing.state is not State.DONE:
        why = f": {standing.message}" if standing.message else ""
        raise JobError(
            f"{record.run} {standing.state} at {remote.name}{why}; resuming does not start it anew, "
            "`apprentice train run` does"
        )
    return await _fetched(order, remote, record, reporter)


async def _begun(order: RemoteOrder, remote: Remote, record: Record, reporter: Reporter) -> None:
    """The run is created, or found where an earlier attempt created it."""
    if not record.uploaded:
        folder = reporter.folder / "sent"
        sent = await asyncio.to_thread(prepare, order, folder)
        reporter.note(f"sending {sent.examples:,} examples to learn from, {sent.validation:,} to look at")
        record.uploaded = await promptly(remote.upload(sent, record.tag), reporter)
        record.save()
        shutil.rmtree(folder, ignore_errors=True)
    await start(remote, record, reporter)
    reporter.note(f"{remote.name}: {record.run}")


async def _cancelled(remote: Remote, record: Record) -> Standing | None:
    """How the run stands after it was told to end; None where there is none. Raises JobError where it may
    still cost money."""
    if not (record.run or record.intended):
        return None
    try:
        async with asyncio.timeout(CANCEL_S):
            record.run = record.run or await remote.find(record.tag)
            record.save()
            if not record.run:
                raise TeacherError("it does not say whether it was created")
            return await _ended_there(remote, record.run)
    except (TeacherError, TimeoutError) as problem:
        which = record.run or f"a run with the tag {record.tag}"
        raise JobError(
            f"{which} at {remote.name} may go on and cost money: it could not be cancelled "
            f"({problem or 'no answer in time'}); resume the job to attach to it, or cancel it there"
        ) from None


async def _ended_there(remote: Remote, run: str) -> Standing:
    try:
        await remote.cancel(run)
    except TeacherError as problem:
        standing = await remote.look(run)  # some refuse to cancel what is over
        if standing.state in (State.WAITING, State.RUNNING):
            raise problem from None
        return standing
    return await remote.look(run)


async def _fetched(
    order: RemoteOrder, remote: Remote, record: Record, reporter: Reporter
) -> Mapping[str, Any]:
    with reporter.output(FILES) as folder:
        folder.mkdir(mode=0o700)
        result = await promptly(remote.fetch(record.run, folder), reporter)
    with reporter.output(PROMPT) as path:
        path.write_text(order.prompt, "utf-8")
    facts = _facts(order, record, result, how_to_use(order, result, reporter.folder / "outputs"))
    with reporter.output(NAME) as path:
        path.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2) + b"\n")
    if result.cost_usd is not None:
        reporter.metric(cost_usd=result.cost_usd)
    said = {name: facts[name] for name in ("model", "cost_usd", "use") if facts[name]}
    reporter.note(str(facts["use"]))
    return {**said, "said": facts["use"]}


def _facts(order: RemoteOrder, record: Record, result: Result, use: str) -> dict[str, Any]:
    return {
        "kind": "remote",
        "provider": order.provider,
        "base": order.base,
        "model": result.model,
        "url": result.url,
        "cost_usd": result.cost_usd,
        "use": use,
        "tag": record.tag,
        "uploaded": record.uploaded,
        "digests": order.digests,
        **result.facts,
    }
