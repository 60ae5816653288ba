"""Runs that were under way when the stack stopped start again.

On AWS a state machine outlives the machines that serve it. MiniStack marks its executions as failed
with `States.ServiceRestart` instead; here they are started once more with the same input, which is
safe because a run writes the same keys and publishes once.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from ..console import say

INTERRUPTED = "States.ServiceRestart"
AGAIN = "-again"


def repeat_interrupted_runs(stepfunctions: Any, outputs: dict[str, str]) -> int:
    """Start every interrupted execution again; the number of them.

    The new name says which run it repeats, and a name can be taken once: no run repeats twice.
    """
    machine = outputs.get("StateMachine")
    if machine is None:
        return 0
    failed = stepfunctions.list_executions(stateMachineArn=machine, statusFilter="FAILED")
    repeated = 0
    for execution in failed["executions"]:
        run = stepfunctions.describe_execution(executionArn=execution["executionArn"])
        if run.get("error") != INTERRUPTED:
            continue
        try:
            stepfunctions.start_execution(
                stateMachineArn=machine, name=run["name"] + AGAIN, input=run["input"]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
        else:
            repeated += 1
    if repeated:
        say(f"{repeated} interrupted run{'s' if repeated > 1 else ''} started again")
    return repeated
