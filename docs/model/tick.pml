/*
 * One tick of Muster: a producer, two drones, two workers and two combiners.
 *
 * Any of them may crash at any moment, and may freeze and wake: between two steps of one, the
 * others may take any number of theirs, and its lease may run out. Jobs, wake-ups and notices
 * come late, twice, in any order, or not at all. spin tries every order of all steps, and checks
 * I1-I5 of the design in each.
 *
 * Redis does one thing at a time: a Lua script is one `d_step`, here called like the function
 * that runs it, in libs/tick-state/src/transitions. Its condition (`..._PASSES`) is what the
 * script checks. A script that is refused changes nothing, so it is no step at all: who asked
 * can only go on with what does not need it. That is also why nothing more than its condition
 * is needed for a job, a wake-up or a script that comes twice or late.
 *
 * Drone 0 is given a `once` call, drone 1 a `read` call.
 *
 * A macro that is only asked for, with an #ifdef, seeds a fault, which spin must find. README.md
 * says what each of them stands for, what is left out, and how to read what spin finds.
 */

/* ------------------------------------------------------------------- what Redis knows */

mtype:tick = { unopened, open, closing, closed }

mtype:tick tick = unopened;
bool deadlinePassed, closingTimePassed;
bool producerGone;
byte records;

typedef Batch {
  bool queued;             /* its job was sent: it may be delivered any number of times */
  unsigned holder : 3;     /* the claim: a worker, or one of those below */
  bool begun;              /* the journal: the `once` call may have started */
  bool reported;
  bool confirmed           /* record-end, and then the record: nothing of it runs any more */
}
Batch batch[2];            /* of drone 0 and of drone 1 */

#define NOBODY 4           /* not claimed yet */
#define RELEASED 5         /* given back, to be tried again */
#define SILENT 6           /* a third worker, of which nothing is heard after its claim */

#define CLAIMED(d) (batch[d].holder != NOBODY)
#define REPORTED(d) batch[d].reported
#define REPORTS (REPORTED(0) + REPORTED(1))

/* A tick's number is its epoch. Of the tick before, jobs and scripts may still be about. */
#define TODAY 2
#define YESTERDAY 1

/* ------------------------------------------------------------ drones, workers, combiners */

mtype:call = { quiet, running, hanging }

typedef DroneState {
  mtype:call call;
  unsigned starter : 1;    /* the worker whose order started what runs */
  bool started             /* its `once` call has started */
}
DroneState drone[2];

#define ONCE(d) (d == 0)
#define RUNS(d) (drone[d].call == running || drone[d].call == hanging)

mtype:at = { idle, taken, held, journalled, opened, sent, reporting, dead }
mtype:order = { nowhere, onItsWay, refused }

typedef WorkerState {
  mtype:at at;
  unsigned on : 1;         /* the drone whose batch it has in hand */
  bool late;               /* its lease has run out: it was not heard of for that long */
  mtype:order order;       /* its start order: on its way from the lease check to the drone */
  bool young               /* its shell on the drone still takes an order */
}
WorkerState worker[2];

#define AT(where) (worker[w].at == where)
#define ON worker[w].on

typedef CombinerState {
  bool gone;
  unsigned reads : 2;      /* 1: it has read the reports, 2: and after them the claims */
  bool sawReport[2];
  bool sawClaim[2];
  bool sawConfirmed[2]
}
CombinerState combiner[2];

#define SEEN(c) (combiner[c].sawReport[0] + combiner[c].sawReport[1])

/*
 * What a report says decides nothing, so it is kept aside: it is printed, but not counted as
 * part of the state. A search for the shortest way to a fault cannot do that.
 */
#ifdef SHORTEST
#define ASIDE
#else
#define ASIDE hidden
#endif

mtype:fate = { ok, ended, lost, retried, neverStarted }
ASIDE mtype:fate says[2];  /* a worker, in its next report */
ASIDE mtype:fate report[2];
ASIDE mtype:fate record[2];

/* -------------------------------------------------------------------------------- time
 * Time is not counted. All that matters is which of two spans ends first, where the design
 * fixes that; everywhere else both are tried. It fixes two things about a start order, which
 * the drone takes only until its shell has a certain age, counted by the drone from a moment
 * before the lease check.
 *
 * 1. The check renews the lease, and the lease is longer than that age: while an order can
 *    still be taken, the lease under which it was sent does not run out.
 */
#define ORDER_MAY_ARRIVE(w) (worker[w].order == onItsWay && worker[w].young)

#if defined(NO_ORDER_AGE) || defined(NO_LEASE_CHECK_AT_START) || defined(CHECK_DOES_NOT_RENEW)
#define LEASE_MAY_END(w) true
#else
#define LEASE_MAY_END(w) (!ORDER_MAY_ARRIVE(w))
#endif

/*
 * 2. Who ends what a silent worker has left confirms that nothing of it runs only when no order
 *    of that worker can arrive any more.
 */
#define ORDER_MAY_ARRIVE_ON(d) \
  ((ORDER_MAY_ARRIVE(0) && worker[0].on == d) || (ORDER_MAY_ARRIVE(1) && worker[1].on == d))

#if defined(NO_ORDER_AGE) || defined(NO_LEASE_CHECK_AT_START) || defined(CONFIRMED_TOO_EARLY)
#define MAY_CONFIRM(d) true
#else
#define MAY_CONFIRM(d) (!ORDER_MAY_ARRIVE_ON(d))
#endif

/* ------------------------------------------------------- the scripts: what they ask for */

#ifdef NO_EPOCH_CHECK
#define CURRENT(epoch) true
#else
#define CURRENT(epoch) (epoch == TODAY)
#endif

/* The token of a claim is its worker: here, a worker has one batch in hand at a time. */
#ifdef NO_CLAIM
#define HOLDS(w, d) true
#define MAY_BE_TAKEN(d) true
#else
#define HOLDS(w, d) (batch[d].holder == w)
#define MAY_BE_TAKEN(d) (batch[d].holder >= NOBODY || worker[batch[d].holder].late)
#endif

#define CLAIM_PASSES(d, epoch) \
  (CURRENT(epoch) && tick == open && !REPORTED(d) && MAY_BE_TAKEN(d))

#define BEGIN_CALL_PASSES(w, d) (tick == open && HOLDS(w, d))

#define RELEASE_PASSES(w, d) (tick == open && HOLDS(w, d))

#define RECORD_END_PASSES(d) (tick == closing && !REPORTED(d) && CLAIMED(d))

#ifdef REPORT_WITHOUT_TOKEN
#define REPORT_PASSES(w, d) (tick != closed && !REPORTED(d))
#else
#define REPORT_PASSES(w, d) (tick != closed && !REPORTED(d) && HOLDS(w, d))
#endif

#ifdef NO_CAS
#define FIRST true
#else
#define FIRST (tick != closed)
#endif

#ifdef REPORTS_NOT_COUNTED
#define UNCHANGED(seen) true
#else
#define UNCHANGED(seen) (seen == REPORTS)
#endif

#define CLOSE_PASSES(seen, epoch) \
  (CURRENT(epoch) && FIRST && UNCHANGED(seen) && (seen == 2 || closingTimePassed))

/* ------------------------------------------------------------ the scripts: what they do */

inline openTick() {
  tick = open
}

/* Whether a worker is late matters only for a batch that it holds and has not reported. */
inline forgetLateness(w) {
  if
  :: !(batch[0].holder == w && !REPORTED(0)) && !(batch[1].holder == w && !REPORTED(1)) ->
    worker[w].late = false
  :: else
  fi
}

inline setHolder(d, who) {
  batch[d].holder = who;
  forgetLateness(0);
  forgetLateness(1)
}

inline claimBatch(w, d, epoch) {
  assert(epoch == TODAY);                     /* I5: a claim from an older epoch changes nothing */
  worker[w].on = d;
  if
  :: batch[d].holder == NOBODY -> worker[w].at = held
  :: else -> worker[w].at = taken
  fi;
  setHolder(d, w)
}

inline beginCall(d) {
  if
  :: ONCE(d) -> batch[d].begun = true
  :: else
  fi
}

inline releaseBatch(d) {
  setHolder(d, RELEASED)
}

inline reportBatch(d, fate, epoch) {
  assert(epoch == TODAY);                     /* I5: a report from an older epoch changes nothing */
  assert(!RUNS(d));                           /* I4: what has ended, by its report, does not run */
  report[d] = fate;
  batch[d].reported = true;
  forgetLateness(0);
  forgetLateness(1)
}

/* Jobs, leases and producers matter while batches may be claimed. Then they are all set equal. */
inline endOfClaims() {
  deadlinePassed = false;
  producerGone = false;
  batch[0].queued = true;
  batch[1].queued = true;
  worker[0].late = false;
  worker[1].late = false
}

inline beginClosing(epoch) {
  assert(epoch == TODAY);                     /* I5: an older epoch closes nothing */
  tick = closing;
  endOfClaims()
}

inline recordEnd(d) {
  batch[d].confirmed = true
}

/* The verdict on one drone, from what the combiner c has seen: always exactly one of these. */
inline judge(c, d) {
  assert(combiner[c].sawReport[d] == REPORTED(d));  /* I2: the record leaves no report out */
  if
  :: combiner[c].sawReport[d] ->
    record[d] = report[d];
    batch[d].confirmed = true
  :: !combiner[c].sawReport[d] && !combiner[c].sawClaim[d] ->
    record[d] = neverStarted;
    batch[d].confirmed = true
  :: combiner[c].sawClaim[d] && batch[d].holder == RELEASED ->
    record[d] = retried;
    batch[d].confirmed = true
  :: combiner[c].sawClaim[d] && batch[d].holder != RELEASED ->
    record[d] = lost;
    batch[d].confirmed = combiner[c].sawConfirmed[d]
  fi;
  assert(!batch[d].confirmed || !RUNS(d));    /* I4: what the record confirms does not run */
  batch[d].holder = NOBODY;
  batch[d].begun = false
}

inline closeTick(c, epoch) {
  assert(epoch == TODAY);                     /* I5: an older epoch closes nothing */
  assert(records == 0);                       /* I1: there is one record */
  records++;
  judge(c, 0);
  judge(c, 1);
  tick = closed;
  endOfClaims();
  combiner[0].gone = false;                   /* what is left to do needs no combiner */
  combiner[1].gone = false;
  forgetWhatWasRead(c)
}

/* ------------------------------------------------------------------------ the producer */

/* It may die between any two steps: then the rest is never sent. What is sent once the tick is
 * closing is not claimed any more, so that it is no step. */
proctype Producer() {
end:
  do
  :: d_step {
      !producerGone && tick == unopened ->
      printf("producer: opens the tick\n");
      openTick()
    }
  :: d_step {
      !producerGone && tick == open && !batch[0].queued ->
      printf("producer: sends the job of drone 0\n");
      batch[0].queued = true
    }
  :: d_step {
      !producerGone && tick == open && batch[0].queued && !batch[1].queued ->
      printf("producer: sends the job of drone 1\n");
      batch[1].queued = true
    }
  :: d_step {
      !producerGone && (tick == unopened || (tick == open && !batch[1].queued)) ->
      printf("producer: dies\n");
      producerGone = true
    }
  od
}

/* The producer, or anybody else, may cancel the tick; nobody has to. */
proctype Canceller() {
end:
  do
  :: d_step {
      tick == open && !deadlinePassed ->
      printf("somebody: cancels the tick\n");
      beginClosing(TODAY)
    }
  od
}

/* ---------------------------------------------------------------------------- a worker */

/* It hears so by the notice, with its heartbeat, from a refused script, or by its own timer. */
#define TOLD_TO_END (tick != open || deadlinePassed)

inline leaveBatch(w) {
  worker[w].at = idle;
  worker[w].on = 0;
  worker[w].order = nowhere;
  worker[w].young = false
}

inline goReport(w, fate) {
  worker[w].at = reporting;
  worker[w].order = nowhere;
  worker[w].young = false;
  says[w] = fate
}

/* TERM, grace, KILL, and a look that finds nothing: one step, at the moment of that look. */
inline endCall(d) {
  if
  :: RUNS(d) ->
    drone[d].call = quiet;
    drone[d].starter = 0
  :: else
  fi
}

#ifdef NO_JOURNAL
#define BEGUN_ONCE(d) false
#else
#define BEGUN_ONCE(d) (ONCE(d) && batch[d].begun)
#endif

#ifdef NO_LOOK_AFTER_TAKEOVER
#define LOOKS_FIRST(d) BEGUN_ONCE(d)
#else
#define LOOKS_FIRST(d) true
#endif

proctype Worker(bit w) {
end:
  do
  /* A job is delivered: for the first time, again, or late. */
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
      printf("worker %d: claims the batch of drone 0 with a job of yesterday's tick\n", w);
      claimBatch(w, 0, YESTERDAY)
    }

  /* Others had it before: what they may have left is ended; a `once` call is not begun again. */
  :: d_step {
      AT(taken) && HOLDS(w, ON) ->
      if
      :: LOOKS_FIRST(ON) ->
        printf("worker %d: ends what others may have left on drone %d\n", w, ON);
        endCall(ON)
      :: else ->
        printf("worker %d: goes on with the batch of drone %d without a look\n", w, ON)
      fi;
      if
      :: BEGUN_ONCE(ON) -> goReport(w, lost)
      :: else -> worker[w].at = held
      fi
    }

  :: d_step {
      AT(held) && BEGIN_CALL_PASSES(w, ON) ->
      printf("worker %d: journals the call for drone %d\n", w, ON);
      beginCall(ON);
      worker[w].at = journalled
    }

  :: d_step {
      AT(journalled) ->
      printf("worker %d: opens a shell on drone %d\n", w, ON);
      worker[w].young = true;
      worker[w].at = opened
    }

  /* The lease check, which is begin-call with nothing to begin; then the start order. */
#ifdef NO_LEASE_CHECK_AT_START
  :: d_step {
      AT(opened) ->
      printf("worker %d: sends the start order to drone %d, unchecked\n", w, ON);
      worker[w].order = onItsWay;
      worker[w].at = sent
    }
#else
  :: d_step {
      AT(opened) && BEGIN_CALL_PASSES(w, ON) ->
      printf("worker %d: checks its lease and sends the start order to drone %d\n", w, ON);
#ifndef CHECK_DOES_NOT_RENEW
      worker[w].late = false;
#endif
      worker[w].order = onItsWay;
      worker[w].at = sent
    }
#endif

  :: d_step {
      AT(sent) && worker[w].order == nowhere && !(RUNS(ON) && drone[ON].starter == w) ->
      printf("worker %d: hears that its call on drone %d has ended\n", w, ON);
      goReport(w, ok)
    }
  :: d_step {
      AT(sent) && worker[w].order == refused ->
      printf("worker %d: hears that drone %d refused its order\n", w, ON);
      goReport(w, lost)
    }

  :: d_step {
      (AT(held) || AT(journalled) || AT(opened)) && TOLD_TO_END && HOLDS(w, ON) ->
      printf("worker %d: is told to end, before anything ran on drone %d\n", w, ON);
      goReport(w, ended)
    }
  :: d_step {
      AT(sent) && TOLD_TO_END ->
      printf("worker %d: is told to end, and ends its call on drone %d\n", w, ON);
      if
      :: drone[ON].starter == w -> endCall(ON)
      :: else
      fi;
      goReport(w, ended)
    }

  /* No connection, or the worker leaves. */
  :: d_step {
      AT(held) && RELEASE_PASSES(w, ON) ->
      printf("worker %d: gives the batch of drone %d back\n", w, ON);
      releaseBatch(ON);
      leaveBatch(w)
    }

  /* One of its scripts was refused: the batch is another's. */
  :: d_step {
      (AT(taken) || AT(held) || AT(journalled) || AT(opened)) && !HOLDS(w, ON) ->
      printf("worker %d: finds that it has lost the batch of drone %d\n", w, ON);
      leaveBatch(w)
    }

  :: d_step {
      AT(reporting) && REPORT_PASSES(w, ON) ->
      printf("worker %d: reports for drone %d\n", w, ON);
      reportBatch(ON, says[w], TODAY);
      leaveBatch(w)
    }
  :: d_step {
      AT(reporting) && !REPORT_PASSES(w, ON) ->
      printf("worker %d: its report for drone %d is refused\n", w, ON);
      leaveBatch(w)
    }

  /* The tick is closing: whoever lives may be asked to end what a silent worker has left. */
  :: d_step {
      !AT(dead) && RECORD_END_PASSES(0) && !batch[0].confirmed && MAY_CONFIRM(0) ->
      printf("worker %d: ends what is left on drone 0, and confirms it\n", w);
      endCall(0);
      recordEnd(0)
    }
  :: d_step {
      !AT(dead) && RECORD_END_PASSES(1) && !batch[1].confirmed && MAY_CONFIRM(1) ->
      printf("worker %d: ends what is left on drone 1, and confirms it\n", w);
      endCall(1);
      recordEnd(1)
    }

  /* The heartbeat of a worker that wakes. */
  :: d_step {
      !AT(dead) && worker[w].late ->
      printf("worker %d: is heard of again\n", w);
      worker[w].late = false
    }

  /* It is killed. An order that it has sent is on its way all the same. */
  :: d_step {
      !AT(dead) ->
      printf("worker %d: dies\n", w);
      if
      :: worker[w].order == onItsWay
      :: else -> leaveBatch(w)
      fi;
      worker[w].at = dead
    }
  od
}

/* ----------------------------------------------------------------------------- a drone */

#ifdef NO_ORDER_AGE
#define TAKES_ORDER(w) true
#else
#define TAKES_ORDER(w) worker[w].young
#endif

inline orderArrives(w, d) {
  if
  :: TAKES_ORDER(w) ->
    printf("drone %d: starts the call of worker %d\n", d, w);
    assert(!ONCE(d) || !drone[d].started);    /* I3: a once call starts at most once */
    assert(!RUNS(d));                         /* I4: of a batch, one call runs at a time */
    assert(!REPORTED(d));                     /* I4: nothing starts after the batch's report */
    assert(!batch[d].confirmed);              /* I4: nothing starts after its end was confirmed */
    drone[d].call = running;
    drone[d].starter = w;
    drone[d].started = ONCE(d);
    worker[w].order = nowhere
  :: else ->
    printf("drone %d: refuses the order of worker %d, whose shell is too old\n", d, w);
    worker[w].order = refused
  fi;
  worker[w].young = false;
  if
  :: worker[w].at == dead ->
    worker[w].order = nowhere;
    worker[w].on = 0
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
  :: d_step {
      RUNS(d) && worker[drone[d].starter].at == dead ->
      printf("drone %d: the watcher ends the call, since its worker has died\n", d);
      endCall(d)
    }
  od
}

/* -------------------------------------------------------------------------- a combiner */

/* The parent's job may wake any of them when all reports are in. Each also sweeps the deadlines. */
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
  combiner[c].sawConfirmed[d] = batch[d].confirmed && !combiner[c].sawReport[d]
}

inline forgetWhatWasRead(c) {
  combiner[c].reads = 0;
  combiner[c].sawReport[0] = false;
  combiner[c].sawReport[1] = false;
  combiner[c].sawClaim[0] = false;
  combiner[c].sawClaim[1] = false;
  combiner[c].sawConfirmed[0] = false;
  combiner[c].sawConfirmed[1] = false
}

proctype Combiner(bit c) {
end:
  do
  :: d_step {
      !combiner[c].gone && SWEEPS(c) && tick == open && deadlinePassed ->
      printf("combiner %d: begins to close the tick\n", c);
      beginClosing(TODAY)
    }
  :: d_step {
      !combiner[c].gone && combiner[c].reads == 0 && FIRST &&
      (REPORTS == 2 || (SWEEPS(c) && tick == closing)) ->
      printf("combiner %d: reads the reports\n", c);
      readReports(c)
    }
  :: d_step {
      combiner[c].reads == 1 ->
      printf("combiner %d: reads the claims\n", c);
      combiner[c].reads = 2;
      readClaim(c, 0);
      readClaim(c, 1)
    }
  :: d_step {
      combiner[c].reads == 2 && CLOSE_PASSES(SEEN(c), TODAY) ->
      printf("combiner %d: closes the tick with its record\n", c);
      closeTick(c, TODAY)
    }
  :: d_step {
      combiner[c].reads == 2 && FIRST && !UNCHANGED(SEEN(c)) ->
      printf("combiner %d: finds that a report has come in, and reads again\n", c);
      forgetWhatWasRead(c);
      readReports(c)
    }
  :: d_step {
      combiner[c].reads > 0 && !FIRST ->
      printf("combiner %d: finds the tick closed\n", c);
      forgetWhatWasRead(c)
    }
  /* One of them stays: without any, I1 promises nothing. */
  :: d_step {
      !combiner[c].gone && !combiner[1 - c].gone && tick != closed ->
      printf("combiner %d: dies\n", c);
      combiner[c].gone = true;
      forgetWhatWasRead(c)
    }
  od
}

/* -------------------------------------------------------------------------------- time */

/* A process of its own: under fairness, it comes. */
proctype Deadline() {
end:
  do
  :: d_step {
      tick == open && !deadlinePassed ->
      printf("time: the deadline has come\n");
      deadlinePassed = true
    }
  od
}

#define HOLDS_SOMETHING(w) \
  ((batch[0].holder == w && !REPORTED(0)) || (batch[1].holder == w && !REPORTED(1)))

inline leaseEnds(w) {
  printf("time: the lease of worker %d runs out\n", w);
  worker[w].late = true
}

inline shellGrowsOld(w) {
  printf("time: the shell of worker %d gets too old for an order\n", w);
  worker[w].young = false
}

#define LEASE_ENDS(w) (tick == open && !worker[w].late && HOLDS_SOMETHING(w) && LEASE_MAY_END(w))

proctype Time() {
end:
  do
  :: d_step {
      tick == closing && !closingTimePassed ->
      printf("time: the closing time is over\n");
      closingTimePassed = true
    }
  :: d_step { LEASE_ENDS(0) -> leaseEnds(0) }
  :: d_step { LEASE_ENDS(1) -> leaseEnds(1) }
  :: d_step { worker[0].young -> shellGrowsOld(0) }
  :: d_step { worker[1].young -> shellGrowsOld(1) }
  od
}

/* ------------------------------------------------------------------------- who is late */

/* Those who slept since yesterday's tick and now send what they had in hand; a third worker. */
proctype Others() {
end:
  do
  :: d_step {
      CURRENT(YESTERDAY) && tick != closed && tick != unopened && !REPORTED(0) ->
      printf("somebody: reports for drone 0 in yesterday's tick\n");
      reportBatch(0, ok, YESTERDAY)
    }
  :: d_step {
      CURRENT(YESTERDAY) && tick == open ->
      printf("somebody: begins to close yesterday's tick\n");
      beginClosing(YESTERDAY)
    }
  :: d_step {
      CLOSE_PASSES(2, YESTERDAY) ->
      printf("somebody: closes yesterday's tick\n");
      closeTick(0, YESTERDAY)
    }
  :: d_step {
      batch[0].queued && CLAIM_PASSES(0, TODAY) && batch[0].holder != SILENT ->
      printf("a third worker: claims the batch of drone 0, and is not heard of again\n");
      setHolder(0, SILENT)
    }
  :: d_step {
      batch[1].queued && CLAIM_PASSES(1, TODAY) && batch[1].holder != SILENT ->
      printf("a third worker: claims the batch of drone 1, and is not heard of again\n");
      setHolder(1, SILENT)
    }
  od
}

/* -------------------------------------------------------------------------- all of them */

init {
  d_step {
    batch[0].holder = NOBODY;
    batch[1].holder = NOBODY;
    drone[0].call = quiet;
    drone[1].call = quiet;
    worker[0].at = idle;
    worker[1].at = idle;
    worker[0].order = nowhere;
    worker[1].order = nowhere;
#ifdef ONE_DRONE
    batch[1].reported = true
#endif
  }
  atomic {
    run Producer();
    run Canceller();
    run Worker(0);
    run Worker(1);
    run Drone(0);
    run Drone(1);
    run Combiner(0);
    run Combiner(1);
    run Deadline();
    run Time();
    run Others()
  }
  timeout ->
  d_step {
    printf("rest: nobody has anything left to do\n");
    assert(tick == unopened || records == 1); /* I1: at rest, the tick has its record */
    assert(!RUNS(0) && !RUNS(1))              /* I4: at rest, nothing runs on any drone */
  }
}

/* The same without waiting for rest: whatever the others go on to do, an open tick is closed. */
#ifdef LIVENESS
ltl I1 { [] (tick == open -> <> (tick == closed)) }
#endif
