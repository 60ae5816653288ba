"""What checkov asks for and these templates leave out, each with its reason."""

from __future__ import annotations

WAIVERS: dict[tuple[str, str], str] = {
    (
        "CKV_AWS_117",
        "*",
    ): "Functions talk to AWS's own endpoints and to receivers that are named at "
    "deployment. In a VPC they would need a NAT gateway or five interface endpoints, which cost by "
    "the hour, and reach no less.",
    ("CKV_AWS_115", "*"): "Reserved concurrency takes from the account's common pool, which new "
    "accounts have little of. MaxConcurrency bounds runs, the API's throttling requests.",
    ("CKV_AWS_116", "*"): "Dead letters are for asynchronous calls. Functions are called by API "
    "Gateway and Step Functions, which wait; what starts runs has the queue UndeliveredStarts.",
    (
        "CKV_AWS_173",
        "*",
    ): "As for the table: KmsKeyArn; AWS's own key encrypts environments without it. Five of them "
    "hold what CloudFront tells the API, which opens nothing by itself.",
    ("CKV_AWS_18", "*Bucket"): "Access logs of S3 need another bucket and know user ids by no key; "
    "who reads what is in CloudTrail's data events, which an account switches on for all its "
    "buckets.",
    (
        "CKV_AWS_119",
        "*Table",
    ): "AWS's own key by default, since one of your own costs by the month: KmsKeyArn.",
    ("CKV_AWS_158", "*Logs"): "As for the table: KmsKeyArn. No log knows a user.",
    ("CKV_AWS_27", "*"): "SqsManagedSseEnabled encrypts with a key of SQS, which checkov does not "
    "know; KmsKeyArn takes another one.",
    (
        "CKV_AWS_26",
        "alarms *Topic",
    ): "Messages are names of alarms and figures, and a topic with AWS's "
    "own key takes no messages of CloudWatch: KmsKeyArn.",
    (
        "CKV_AWS_149",
        "* AWS::SecretsManager::Secret.*OriginSecret",
    ): "As for the table: KmsKeyArn. It opens nothing by itself; callers need their token besides.",
    (
        "CKV_AWS_174",
        "edge *",
    ): "CloudFront's own name has CloudFront's own certificate, whose oldest "
    "TLS cannot be chosen; EdgeDomain takes TLS 1.2 and newer.",
    ("CKV_AWS_68", "edge *"): "Rules for CloudFront can be in us-east-1 alone, where template.yaml "
    "makes them; elsewhere WebAclArn names them.",
    (
        "CKV_AWS_86",
        "edge *",
    ): "Access logs of CloudFront have whole paths, and a path can hold a user "
    "id. The API logs every request by its route.",
}
"""(id of the check, pattern of file and resource) -> why not."""
