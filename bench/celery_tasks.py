"""A Celery chord for `queue`: a task for each drone, and one that combines.

As a program: reads how many, a line each, and says how many were combined. CELERY_REDIS_URL is the Redis.
"""
import os
import sys

from celery import Celery, chord

app = Celery("bench", broker=os.environ["CELERY_REDIS_URL"], backend=os.environ["CELERY_REDIS_URL"])
app.conf.worker_prefetch_multiplier = 50


@app.task(name="run")
def run(drone):
    return "done"


@app.task(name="combine")
def combine(results):
    return len(results)


if __name__ == "__main__":
    for line in sys.stdin:
        drones = [run.s("drone%d" % (index + 1)) for index in range(int(line))]
        print(chord(drones)(combine.s()).get(timeout=600), flush=True)
