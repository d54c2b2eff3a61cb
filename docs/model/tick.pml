/*
 * One tick of Muster: two drones, two workers, two combiners and a producer.
 *
 * Any of them may crash at any moment, and may freeze and wake: between two of a process'
 * steps, any number of steps of the others may come, and a lease may run out. Jobs and
 * wake-ups come late, twice, in any order, or not at all. spin goes through every order of
 * all steps, and checks I1-I5 of the design in each.
 *
 * How to read it. Redis is one place where one thing happens at a time: a Lua script is one
 * `d_step`, named as its file in libs/tick-state/src/transitions. Its condition is what the
 * script checks. A script that is refused changes nothing, so it is no step at all: whoever
 * asked can only do what does not need it. That is also why a job, a wake-up or a script that
 * comes twice needs no more than its condition.
 *
 * Drone 0 is given a `once` call, drone 1 a `read` call.
 *
 * Every macro that is only tested for (`#ifdef`) seeds a fault: spin must find each of them.
 * README.md says what each stands for, and what is not covered.
 */

/* ------------------------------------------------------------------ Redis: the truth */

#ifdef SHORTEST
#define ASIDE
#else
#define ASIDE hidden
#endif

mtype:tick = { unopened, open, closing, closed }
mtype:fate = { none, ok, ended, lost, retried, neverStarted }

mtype:tick tick = unopened;
bool deadlinePassed, closingTimePassed;

/* A batch: the job of a drone in this tick, and what the tick's state says of it. */
typedef Batch {
  bool queued;             /* its job was sent; from then on it may be delivered any number of times */
  unsigned holder : 3;     /* who claimed it: a worker, or one of the four below */
  bool begun;              /* the journal: the `once` call may have started */
  bool reported;
  bool gone                /* record-end: seen on the drone that nothing of it runs */
}
Batch batch[2];

#define NOBODY 4           /* not claimed yet */
#define RELEASED 5         /* given back: waits for its next attempt */
#define SILENT 6           /* claimed by a third worker, of which nothing more is heard */

/* The record. */
byte records;
ASIDE mtype:fate record[2];
ASIDE byte confirmed[2];         /* the record says that nothing of the batch runs any more */

/* The number of the tick is its epoch; of the tick before, jobs and scripts may still be about. */
#define TODAY 2
#define YESTERDAY 1

/* ---------------------------------------------------------- drones, workers, combiners */

mtype:call = { quiet, running, hanging }

typedef DroneState {
  mtype:call call;
  unsigned starter : 1;    /* the worker whose order started what runs */
  bool started             /* the `once` call has started */
}
DroneState drone[2];

mtype:at = { idle, taken, held, written, opened, sent, reporting, dead }
mtype:order = { nowhere, onItsWay, refused }

typedef WorkerState {
  mtype:at at;
  unsigned on : 1;         /* the drone whose batch it has in hand */
  bool late;               /* its lease has run out: not heard of for `workerLeaseMs` */
  mtype:order order;       /* the start order; written into the shell, it needs the worker no more */
  bool young               /* the shell was opened so short a time ago that its order is taken */
}
WorkerState worker[2];
ASIDE mtype:fate says[2];
ASIDE mtype:fate outcome[2];

typedef CombinerState {
  bool gone;
  unsigned reads : 2;      /* 1: it has read the reports; 2: and then the claims; it closes the tick with that */
  bool sawReport[2];
  bool sawClaim[2];
  bool sawGone[2]
}
CombinerState combiner[2];

#define ONCE(d) (d == 0)
#define RUNS(d) (drone[d].call == running || drone[d].call == hanging)
#define REPORTED(d) batch[d].reported
#define CLAIMED(d) (batch[d].holder != NOBODY)

/* ------------------------------------------------------------------------- time
 * Time is not counted. What matters is only which of two spans ends first, where the design
 * fixes that; in all other cases each order is tried. A start order is ON THE WAY from the
 * lease check until the drone takes or refuses it, which it does by the age of its shell.
 * That age's limit is shorter
 * - than the lease, which the check renews: no lease runs out under a young order;
 * - than the time from the closing's begin to the look at what silent workers have left
 *   (`endLostMs`), and so than the closing time: that look finds no young order.
 */
#define YOUNG_ORDER(w) (worker[w].order == onItsWay && worker[w].young)

#if defined(NO_ORDER_AGE) || defined(NO_LEASE_CHECK) || defined(CHECK_DOES_NOT_RENEW)
#define LEASE_MAY_END(w) true
#else
#define LEASE_MAY_END(w) (!YOUNG_ORDER(w))
#endif

#if defined(NO_ORDER_AGE) || defined(NO_LEASE_CHECK) || defined(ORDER_OUTLASTS_CLOSING)
#define NO_ORDER_LEFT(d) true
#else
#define NO_ORDER_LEFT(d) (!(YOUNG_ORDER(0) && worker[0].on == d) && !(YOUNG_ORDER(1) && worker[1].on == d))
#endif

/* ---------------------------------------------------------------------- scripts: may they? */

#ifdef NO_EPOCH_CHECK
#define CURRENT(epoch) true
#else
#define CURRENT(epoch) (epoch == TODAY)
#endif

/* The token of a claim is the worker here: a worker has one batch in hand at a time. */
#ifdef NO_CLAIM
#define HOLDS(w, d) true
#define MAY_BE_TAKEN(d) true
#else
#define HOLDS(w, d) (batch[d].holder == w)
#define MAY_BE_TAKEN(d) (batch[d].holder >= NOBODY || worker[batch[d].holder].late)
#endif

#define CLAIM_PASSES(d, epoch) \
  (CURRENT(epoch) && tick == open && !REPORTED(d) && MAY_BE_TAKEN(d))

#ifdef REPORT_WITHOUT_TOKEN
#define REPORT_PASSES(w, d, epoch) (CURRENT(epoch) && tick != closed && !REPORTED(d))
#else
#define REPORT_PASSES(w, d, epoch) (CURRENT(epoch) && tick != closed && HOLDS(w, d) && !REPORTED(d))
#endif

#define BEGIN_CALL_PASSES(w, d, epoch) (CURRENT(epoch) && tick == open && HOLDS(w, d))

#define REPORTS (REPORTED(0) + REPORTED(1))

#ifdef NO_CAS
#define FIRST true
#else
#define FIRST (tick != closed)
#endif

#ifdef REPORTS_NOT_COUNTED
#define NOT_CHANGED(seen) true
#else
#define NOT_CHANGED(seen) (seen == REPORTS)
#endif

#define CLOSE_PASSES(seen, epoch) \
  (CURRENT(epoch) && FIRST && NOT_CHANGED(seen) && (seen == 2 || closingTimePassed))

/* ------------------------------------------------------------------ scripts: what they do */

inline openTick() {
  tick = open
}

/* A lease says something only of who holds a batch that is not reported. */
inline forgetLease(w) {
  if
  :: !(batch[0].holder == w && !REPORTED(0)) && !(batch[1].holder == w && !REPORTED(1)) ->
    worker[w].late = false
  :: else
  fi
}

inline claimBatch(w, d, epoch) {
  assert(epoch == TODAY);                                  /* I5 */
  worker[w].on = d;
  if
  :: batch[d].holder == NOBODY -> worker[w].at = held
  :: else -> worker[w].at = taken
  fi;
  batch[d].holder = w;
  forgetLease(0);
  forgetLease(1)
}

inline releaseBatch(w, d) {
  assert(!RUNS(d));
  batch[d].holder = RELEASED;
  forgetLease(w)
}

inline reportBatch(w, d, what, epoch) {
  assert(epoch == TODAY);                                  /* I5 */
  assert(!RUNS(d));                                        /* I4: what is reported runs no more */
  batch[d].reported = true;
  outcome[d] = what;
  forgetLease(0);
  forgetLease(1)
}

inline beginClosing(epoch) {
  assert(epoch == TODAY);                                  /* I5 */
  tick = closing;
  deadlinePassed = false;
  worker[0].late = false;
  worker[1].late = false
}

inline recordEnd(d) {
  batch[d].gone = true
}

/* The verdict of one drone, from what the combiner c saw. */
inline judge(c, d) {
  assert(combiner[c].sawReport[d] == REPORTED(d));         /* I2: no report is left out */
  if
  :: combiner[c].sawReport[d] -> record[d] = outcome[d]
  :: !combiner[c].sawReport[d] && !combiner[c].sawClaim[d] -> record[d] = neverStarted
  :: !combiner[c].sawReport[d] && combiner[c].sawClaim[d] && batch[d].holder == RELEASED -> record[d] = retried
  :: else -> record[d] = lost
  fi;
  confirmed[d] = combiner[c].sawReport[d] || !combiner[c].sawClaim[d] || batch[d].holder == RELEASED || combiner[c].sawGone[d];
  assert(!confirmed[d] || !RUNS(d));                       /* I4 */
  batch[d].holder = NOBODY;
  batch[d].begun = false;
  batch[d].gone = false
}

inline closeTick(c, epoch) {
  assert(epoch == TODAY);                                  /* I5 */
  assert(records == 0);                                    /* I1: one record */
  records++;
  judge(c, 0);
  judge(c, 1);
  tick = closed;
  combiner[0].gone = false;
  combiner[1].gone = false;
  worker[0].late = false;
  worker[1].late = false;
  forgetAll(c)
}

/* --------------------------------------------------------------------------- the producer */

/* It may die at any point: what it has not sent is then never sent. */
proctype Producer() {
  if
  :: d_step { printf("producer: opens the tick\n"); openTick() }
  :: goto gone
  fi;
  if
  :: d_step { printf("producer: sends the job of drone 0\n"); batch[0].queued = true }
  :: goto gone
  fi;
  if
  :: d_step { printf("producer: sends the job of drone 1\n"); batch[1].queued = true }
  :: goto gone
  fi;
gone:
  skip
}

/* The producer, or anybody else, may cancel; or nobody does. */
proctype Anybody() {
end:
  d_step {
    tick == open && !deadlinePassed -> printf("somebody: cancels the tick\n"); beginClosing(TODAY)
  }
}

/* ----------------------------------------------------------------------------- a worker */

#define ON worker[w].on
#define AT(where) (worker[w].at == where)

/* It learns of the end by the notice, by its heartbeat's answer, by a refused script or by its own timer. */
#define TOLD_TO_END (tick != open || deadlinePassed)

inline toRest(w) {
  worker[w].at = idle;
  worker[w].on = 0;
  worker[w].order = nowhere;
  worker[w].young = false
}

inline toReport(w, what) {
  worker[w].at = reporting;
  worker[w].order = nowhere;
  worker[w].young = false;
  says[w] = what
}

/* TERM, grace, KILL, and the look that finds nothing: as one step, at the moment of that look. */
inline endCall(d) {
  if
  :: RUNS(d) -> drone[d].call = quiet; drone[d].starter = 0
  :: else
  fi
}

#ifdef NO_LOOK_AFTER_TAKEOVER
#define LOOKS_FIRST(d) (ONCE(d) && batch[d].begun)
#else
#define LOOKS_FIRST(d) true
#endif

#ifdef NO_JOURNAL
#define NOT_AGAIN(d) false
#else
#define NOT_AGAIN(d) (ONCE(d) && batch[d].begun)
#endif

#define MAY_END_LOST(w, d) \
  (worker[w].at != dead && tick == closing && !REPORTED(d) && CLAIMED(d) && !batch[d].gone && NO_ORDER_LEFT(d))

proctype Worker(bit w) {
end:
  do
  /* claim: a job is delivered, maybe again, maybe late */
  :: d_step {
      AT(idle) && batch[0].queued && CLAIM_PASSES(0, TODAY) ->
      printf("worker %d: claims the batch of drone 0\n", w);
      claimBatch(w, 0, TODAY)
    }
  :: d_step {
      AT(idle) && batch[1].queued && CLAIM_PASSES(1, TODAY) ->
      printf("worker %d: claims the batch of drone 1\n", w);
      claimBatch(w, 1, TODAY)
    }
  :: d_step {
      AT(idle) && CLAIM_PASSES(0, YESTERDAY) ->
      printf("worker %d: claims the batch of drone 0, with a job of the tick before\n", w);
      claimBatch(w, 0, YESTERDAY)
    }

  /* Somebody had it before: what he may have left is ended, and a `once` call is not run again. */
  :: d_step {
      AT(taken) && HOLDS(w, ON) ->
      printf("worker %d: ends what the worker before left on drone %d\n", w, ON);
      if
      :: LOOKS_FIRST(ON) -> endCall(ON)
      :: else
      fi;
      if
      :: NOT_AGAIN(ON) -> toReport(w, lost)
      :: else -> worker[w].at = held
      fi
    }

  /* begin-call: the journal, before a `once` call */
  :: d_step {
      AT(held) && BEGIN_CALL_PASSES(w, ON, TODAY) ->
      printf("worker %d: journals the call for drone %d\n", w, ON);
      if
      :: ONCE(ON) -> batch[ON].begun = true
      :: else
      fi;
      worker[w].at = written
    }

  /* From here on the drone counts the shell's age. */
  :: d_step {
      AT(written) ->
      printf("worker %d: opens a shell on drone %d\n", w, ON);
      worker[w].young = true;
      worker[w].at = opened
    }

  /* The lease check (begin-call with nothing to begin), then the start order. */
#ifdef NO_LEASE_CHECK
  :: d_step {
      AT(opened) ->
      printf("worker %d: sends the start order to drone %d, unchecked\n", w, ON);
      worker[w].order = onItsWay;
      worker[w].at = sent
    }
#else
  :: d_step {
      AT(opened) && BEGIN_CALL_PASSES(w, ON, TODAY) ->
      printf("worker %d: checks its lease, and sends the start order to drone %d\n", w, ON);
#ifndef CHECK_DOES_NOT_RENEW
      worker[w].late = false;
#endif
      worker[w].order = onItsWay;
      worker[w].at = sent
    }
#endif

  /* The call's end, or the drone's refusal, reaches the worker. */
  :: d_step {
      AT(sent) && worker[w].order == nowhere && !(RUNS(ON) && drone[ON].starter == w) ->
      printf("worker %d: hears that its call on drone %d has ended\n", w, ON);
      toReport(w, ok)
    }
  :: d_step {
      AT(sent) && worker[w].order == refused ->
      printf("worker %d: hears that drone %d did not take its order\n", w, ON);
      toReport(w, lost)
    }

  /* The tick ends, or its own timer says so. */
  :: d_step {
      (AT(held) || AT(written) || AT(opened)) && TOLD_TO_END && HOLDS(w, ON) ->
      printf("worker %d: stops, before anything ran on drone %d\n", w, ON);
      toReport(w, ended)
    }
  :: d_step {
      AT(sent) && TOLD_TO_END ->
      printf("worker %d: ends its call on drone %d\n", w, ON);
      if
      :: drone[ON].starter == w -> endCall(ON)
      :: else
      fi;
      toReport(w, ended)
    }

  /* release: no connection, or the worker leaves, and nothing stands against another attempt */
  :: d_step {
      AT(held) && tick == open && HOLDS(w, ON) ->
      printf("worker %d: gives the batch of drone %d back\n", w, ON);
      releaseBatch(w, ON);
      toRest(w)
    }

  /* A script was refused: somebody else holds the batch. */
  :: d_step {
      (AT(taken) || AT(held) || AT(written) || AT(opened)) && !HOLDS(w, ON) ->
      printf("worker %d: finds that it has lost the batch of drone %d\n", w, ON);
      toRest(w)
    }

  /* report */
  :: d_step {
      AT(reporting) && REPORT_PASSES(w, ON, TODAY) ->
      printf("worker %d: reports '%e' for drone %d\n", w, says[w], ON);
      reportBatch(w, ON, says[w], TODAY);
      toRest(w)
    }
  :: d_step {
      AT(reporting) && !REPORT_PASSES(w, ON, TODAY) ->
      printf("worker %d: its report for drone %d is refused\n", w, ON);
      toRest(w)
    }

  /* end-lost: at closing, any worker that lives may be asked to end what a silent one left; record-end */
  :: d_step {
      MAY_END_LOST(w, 0) ->
      printf("worker %d: ends what is left on drone 0, for the record\n", w);
      endCall(0);
      recordEnd(0)
    }
  :: d_step {
      MAY_END_LOST(w, 1) ->
      printf("worker %d: ends what is left on drone 1, for the record\n", w);
      endCall(1);
      recordEnd(1)
    }

  /* heartbeat: it wakes */
  :: d_step {
      !AT(dead) && worker[w].late ->
      printf("worker %d: is heard of again\n", w);
      worker[w].late = false
    }

  /* It is killed. An order that it has written into the shell is on its way all the same. */
  :: d_step {
      !AT(dead) ->
      printf("worker %d: dies\n", w);
      worker[w].at = dead;
      if
      :: worker[w].order == onItsWay
      :: else ->
        worker[w].on = 0;
        worker[w].order = nowhere;
        worker[w].young = false
      fi
    }
  od
}

/* ------------------------------------------------------------------------------ a drone */

#ifdef NO_ORDER_AGE
#define TAKES_ORDER(w) true
#else
#define TAKES_ORDER(w) worker[w].young
#endif

inline orderArrives(w, d) {
  if
  :: TAKES_ORDER(w) ->
    printf("drone %d: starts the call of worker %d\n", d, w);
    assert(!ONCE(d) || !drone[d].started);                 /* I3 */
    assert(!RUNS(d));                                      /* one call at a time */
    assert(!REPORTED(d));                                  /* I4: nothing starts after its report, */
    assert(!batch[d].gone);                                /* after it was seen to be gone, */
    assert(tick != closed);                                /* or after the record */
    drone[d].call = running;
    drone[d].starter = w;
    drone[d].started = ONCE(d);
    worker[w].order = nowhere
  :: else ->
    printf("drone %d: refuses the order of worker %d, which is too old\n", d, w);
    worker[w].order = refused
  fi;
  worker[w].young = false;
  if
  :: worker[w].at == dead -> worker[w].order = nowhere; worker[w].on = 0
  :: else
  fi
}

proctype Drone(bit d) {
end:
  do
  :: d_step { worker[0].order == onItsWay && worker[0].on == d -> orderArrives(0, d) }
  :: d_step { worker[1].order == onItsWay && worker[1].on == d -> orderArrives(1, d) }
  :: d_step {
      drone[d].call == running ->
      printf("drone %d: the call ends by itself\n", d);
      endCall(d)
    }
  :: d_step {
      drone[d].call == running ->
      printf("drone %d: the call hangs\n", d);
      drone[d].call = hanging
    }
  /* the watcher: its input ends with the worker */
  :: d_step {
      RUNS(d) && worker[drone[d].starter].at == dead ->
      printf("drone %d: the watcher ends the call of the worker that died\n", d);
      endCall(d)
    }
  od
}

/* ---------------------------------------------------------------------------- a combiner */

/* The parent's job wakes any of them when all reports are in; each sweeps the deadlines too. */
#ifdef ONE_COMBINER_KEEPS_THE_DEADLINE
#define SWEEPS(c) (c == 0)
#else
#define SWEEPS(c) true
#endif

inline readReports(c) {
  combiner[c].reads = 1;
  combiner[c].sawReport[0] = REPORTED(0);
  combiner[c].sawReport[1] = REPORTED(1)
}

inline readClaim(c, d) {
  combiner[c].sawClaim[d] = CLAIMED(d) && !combiner[c].sawReport[d];
  combiner[c].sawGone[d] = batch[d].gone && !combiner[c].sawReport[d]
}

inline readClaims(c) {
  combiner[c].reads = 2;
  readClaim(c, 0);
  readClaim(c, 1)
}

inline forgetAll(c) {
  combiner[c].reads = 0;
  combiner[c].sawReport[0] = false;
  combiner[c].sawReport[1] = false;
  combiner[c].sawClaim[0] = false;
  combiner[c].sawClaim[1] = false;
  combiner[c].sawGone[0] = false;
  combiner[c].sawGone[1] = false
}

#define SEEN(c) (combiner[c].sawReport[0] + combiner[c].sawReport[1])

proctype Combiner(bit c) {
end:
  do
  /* begin-closing, at the deadline */
  :: d_step {
      !combiner[c].gone && SWEEPS(c) && tick == open && deadlinePassed ->
      printf("combiner %d: begins to close the tick\n", c);
      beginClosing(TODAY)
    }
  :: d_step {
      !combiner[c].gone && combiner[c].reads == 0 && (REPORTS == 2 || (SWEEPS(c) && tick == closing)) ->
      printf("combiner %d: reads the reports\n", c);
      readReports(c)
    }
  :: d_step {
      combiner[c].reads == 1 ->
      printf("combiner %d: reads the claims\n", c);
      readClaims(c)
    }
  /* close */
  :: d_step {
      combiner[c].reads == 2 && CLOSE_PASSES(SEEN(c), TODAY) ->
      printf("combiner %d: closes the tick with its record\n", c);
      closeTick(c, TODAY)
    }
  :: d_step {
      combiner[c].reads == 2 && FIRST && !NOT_CHANGED(SEEN(c)) ->
      printf("combiner %d: finds that a report has come in meanwhile, and reads again\n", c);
      forgetAll(c);
      readReports(c)
    }
  :: d_step {
      combiner[c].reads > 0 && !FIRST ->
      printf("combiner %d: finds the tick closed\n", c);
      forgetAll(c)
    }
  /* One of them lives: that is what I1 promises under. */
  :: d_step {
      !combiner[c].gone && !combiner[1 - c].gone && tick != closed ->
      printf("combiner %d: dies\n", c);
      combiner[c].gone = true;
      forgetAll(c)
    }
  od
}

/* ---------------------------------------------------------------------------------- time */

proctype Deadline() {
end:
  d_step { tick == open -> printf("time: the deadline has come\n"); deadlinePassed = true }
}

proctype ClosingTime() {
end:
  d_step {
    tick == closing && NO_ORDER_LEFT(0) && NO_ORDER_LEFT(1) ->
    printf("time: the closing time is over\n");
    closingTimePassed = true
  }
}

/* Leases run out and orders grow old, in any order that the two rules above leave open. */
#define LEASE_ENDS(w) \
  (tick == open && !worker[w].late && LEASE_MAY_END(w) && \
   ((batch[0].holder == w && !REPORTED(0)) || (batch[1].holder == w && !REPORTED(1))))

inline leaseEnds(w) {
  printf("time: the lease of worker %d runs out\n", w);
  worker[w].late = true
}

inline orderGrowsOld(w) {
  printf("time: the shell of worker %d is too old for a start\n", w);
  worker[w].young = false
}

proctype Time() {
end:
  do
  :: d_step { LEASE_ENDS(0) -> leaseEnds(0) }
  :: d_step { LEASE_ENDS(1) -> leaseEnds(1) }
  :: d_step { worker[0].young -> orderGrowsOld(0) }
  :: d_step { worker[1].young -> orderGrowsOld(1) }
  od
}

/* ------------------------------------------------------------------------ what comes late */

/* What was sent in the tick before, by whoever slept since; and a third worker. */
proctype Others() {
end:
  do
  :: d_step {
      REPORT_PASSES(0, 0, YESTERDAY) && batch[0].holder == 0 ->
      printf("somebody: reports for the tick before\n");
      reportBatch(0, 0, ok, YESTERDAY)
    }
  :: d_step {
      CURRENT(YESTERDAY) && tick == open ->
      printf("somebody: begins to close the tick before\n");
      beginClosing(YESTERDAY)
    }
  :: d_step {
      CLOSE_PASSES(2, YESTERDAY) ->
      printf("somebody: closes the tick before\n");
      closeTick(0, YESTERDAY)
    }
  :: d_step {
      batch[0].queued && CLAIM_PASSES(0, TODAY) && batch[0].holder != SILENT ->
      printf("a third worker: claims the batch of drone 0, and is not heard of again\n");
      batch[0].holder = SILENT;
      forgetLease(0);
      forgetLease(1)
    }
  :: d_step {
      batch[1].queued && CLAIM_PASSES(1, TODAY) && batch[1].holder != SILENT ->
      printf("a third worker: claims the batch of drone 1, and is not heard of again\n");
      batch[1].holder = SILENT;
      forgetLease(0);
      forgetLease(1)
    }
  od
}

/* --------------------------------------------------------------------------- all together */

init {
  d_step {
    worker[0].at = idle;
    worker[0].order = nowhere;
    worker[1].at = idle;
    worker[1].order = nowhere;
    drone[0].call = quiet;
    drone[1].call = quiet;
    batch[0].holder = NOBODY;
    batch[1].holder = NOBODY;
#ifdef ONE_DRONE
    batch[1].reported = true
#endif
  }
  atomic {
    run Producer();
    run Anybody();
    run Worker(0);
    run Worker(1);
    run Drone(0);
    run Drone(1);
    run Combiner(0);
    run Combiner(1);
    run Deadline();
    run ClosingTime();
    run Time();
    run Others()
  }
  /* Nothing is left to be done by anybody. */
  timeout ->
  d_step {
    printf("rest: nobody has anything left to do\n");
    assert(tick == unopened || records == 1);              /* I1 */
    assert(!RUNS(0) && !RUNS(1))                           /* I4 */
  }
}

/* I1 again, without waiting for rest: whatever goes on for ever, an open tick is closed. */
#ifdef LIVENESS
ltl I1 { [] (tick == open -> <> (tick == closed)) }
#endif
