"""What web answers here: a request that enqueues a batch of jobs in one transaction, beside the product's own."""

from __future__ import annotations

import json
import time

from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from benchmarks.hosts import tasks

# Notes a batch, unless it was committed before. Index: primary key.
NOTE_BATCH = "INSERT INTO hosts_batch VALUES (%s) ON CONFLICT DO NOTHING RETURNING batch"


@csrf_exempt
@require_POST
def enqueue(request: HttpRequest, batch: int) -> JsonResponse:
    """Enqueue the jobs that the body lists, by task, once however often it is asked to; `hold` makes it linger."""
    order = json.loads(request.body)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(NOTE_BATCH, [batch])
        if cursor.fetchone():
            tasks.book.enqueue_many(order["book"])
            time.sleep(order["hold"])
            tasks.note.enqueue_many(order["note"])
            for call in order["single"]:
                tasks.note.enqueue(**call)
    return JsonResponse({"batch": batch})


urlpatterns = [path("batches/<int:batch>", enqueue), path("", include("focusjobs.urls"))]
