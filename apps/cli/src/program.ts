/** The command line: what there is, and what each option means. The work is imported when it is asked for. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CombinerOptions } from './commands/combiner.js';
import type { DashboardOptions } from './commands/dashboard.js';
import type { TickFlags } from './commands/tick-options.js';
import type { UpOptions } from './commands/up.js';
import type { WorkerOptions } from './commands/worker.js';
import { musterVersion } from './version.js';

const REDIS = [
  '--redis <url>',
  'the Redis (default: MUSTER_REDIS_URL, else a running muster up)',
] as const;
const FLEET = [
  '--fleet <file>',
  'the fleet file (default: MUSTER_FLEET, else ./fleet.yaml)',
] as const;
const METHODS = ['--methods <file>', 'a module with methods of your own; may be repeated'] as const;

const KEEP_TICKS = [
  '--keep-ticks <n>',
  'ticks kept at most (default: MUSTER_KEEP_TICKS, else 1000)',
] as const;
const KEEP_FOR = [
  '--keep-for <dur>',
  'how long a tick is kept, e.g. 36h or 30d (default: MUSTER_KEEP_FOR, else 7d)',
] as const;

const TOKEN_FILE = [
  '--token-file <file>',
  'a file whose first line lets people in (or MUSTER_DASHBOARD_TOKEN)',
] as const;
const CREDENTIALS_FILE = [
  '--credentials-file <file>',
  'a line user:scrypt$… for each person, see --make-credentials',
] as const;
const ALLOW_CHANGES = [
  '--allow-changes',
  'let the dashboard cancel ticks, and act on jobs in /queues',
] as const;

/** `exit` gets the exit code of the command that ran. */
export function buildProgram(exit: (code: number) => void): Command {
  const program = new Command('muster')
    .description('Calls the roll of a fleet: every drone answers, every tick, by a deadline.')
    .version(musterVersion())
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false })
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'muster: '));
      },
    })
    .addHelpText(
      'after',
      "\nExample:\n  $ muster tick --fleet fleet.yaml --on 'lab[001-100]' -- uptime\n",
    );

  addTick(program, exit);
  addServices(program, exit);
  addReaders(program, exit);
  return program;
}

function addTick(program: Command, exit: (code: number) => void): void {
  command(
    program,
    'tick',
    'run one tick: hand every selected drone its calls, and say what became of each',
    [
      "muster tick --on 'lab[001-100]' -- df -h /",
      'muster tick --on @rack1 --call ping --call read \'{"path": "/etc/hostname"}\' --json',
      'muster tick --calls calls.yaml --deadline 30s --policy max=5%',
    ],
  )
    .argument('[argv...]', "the command to run on each drone, behind '--'")
    .option(...FLEET)
    .option(...REDIS)
    .option(
      '--on <expr>',
      'which drones: lab[001-100], @group, a,b (union), a!b (without), a&b (both), * (all)',
      '*',
    )
    .option(
      '--call <method [json]>',
      'a call, with its arguments as JSON; may be repeated',
      collect,
      [],
    )
    .option('--calls <file>', 'a file of calls: a list, or a map from node set to list')
    .option('--lane <name>', 'the lane: its ticks run one after another', 'default')
    .option('--deadline <dur>', 'when the tick ends, whatever happens', '60s')
    .option('--connect-timeout <dur>', 'how long a connection to a drone may take', '10s')
    .option(
      '--policy <policy>',
      'all, any, max=N, max=P%, must=EXPR; with several, all must hold',
      collect,
      [],
    )
    .addOption(count('--attempts <n>', 'how often a batch may be tried where that is safe', 1))
    .option('--every <dur>', 'repeat')
    .option(
      '--rerun-failed <tick>',
      'address the bad drones of that tick only, with their calls unless others are given',
    )
    .addOption(count('--concurrency <n>', 'batches at once, for the worker it hosts', 100))
    .option(...METHODS, collect, [])
    .option(
      '--keep-ticks <n>',
      'ticks kept at most from now on (default: MUSTER_KEEP_TICKS, else what the combiners keep)',
    )
    .option(
      '--keep-for <dur>',
      'how long ticks are kept from now on (default: MUSTER_KEEP_FOR, else as the combiners do)',
    )
    .option('--with-worker', 'host a worker also where a Redis is given')
    .option('--dry-run', 'check everything, show who would run what, enqueue nothing')
    .option('--no-wait', "print the tick's id and leave")
    .option('--json', 'print the record as JSON')
    .option('--jsonl', 'print a line for each drone as it reports, then the record without drones')
    .action(async (argv: string[], flags: TickFlags) => {
      exit(await (await import('./commands/tick.js')).runTick(flags, argv));
    });
}

function addServices(program: Command, exit: (code: number) => void): void {
  command(program, 'worker', 'serve the drones of sites, and drones that it runs on', [
    'muster worker --redis redis://10.0.0.5 --fleet fleet.yaml --site berlin',
    'muster worker --redis redis://10.0.0.5 --drone edge1',
  ])
    .option(...REDIS)
    .option(...FLEET)
    .option(
      '--site <name>',
      'a site whose drones it serves; may be repeated (default: "default", unless --drone is given)',
      collect,
      [],
    )
    .option('--drone <name>', 'a drone that it runs on; may be repeated', collect, [])
    .addOption(count('--concurrency <n>', 'batches at once', 100))
    .option(...METHODS, collect, [])
    .option('--ssh-idle <dur>', 'how long an SSH connection is kept between batches', '5m')
    .addOption(count('--ssh-connections <n>', 'SSH connections at once; idle ones make room', 1000))
    .option('--drain <dur>', 'how long running batches may take after a signal', '30s')
    .action(async (options: WorkerOptions) => {
      exit(await (await import('./commands/worker.js')).runWorker(options));
    });

  command(program, 'combiner', 'combine ticks and enforce their deadlines; any number may run', [
    'muster combiner --redis redis://10.0.0.5',
  ])
    .option(...REDIS)
    .option(...FLEET)
    .option(...KEEP_TICKS)
    .option(...KEEP_FOR)
    .action(async (options: CombinerOptions) => {
      exit(await (await import('./commands/combiner.js')).runCombiner(options));
    });

  command(program, 'dashboard', 'the web dashboard: fleet, ticks, drones, and Bull Board', [
    'muster dashboard --fleet fleet.yaml',
    'muster dashboard --host 0.0.0.0 --token-file /etc/muster/token --allow-changes',
    'muster dashboard --make-credentials ada <password.txt >>/etc/muster/people',
  ])
    .option(...REDIS)
    .option(...FLEET)
    .addOption(host())
    .addOption(port('--port <port>', 'the port, 0 for any that is free (default: 4680)'))
    .option(...TOKEN_FILE)
    .option(...CREDENTIALS_FILE)
    .option(...ALLOW_CHANGES)
    .option(
      '--make-credentials <user>',
      'read a password from stdin, print a line for the credentials file, and leave',
    )
    .action(async (options: DashboardOptions) => {
      exit(await (await import('./commands/dashboard.js')).runDashboard(options));
    });

  command(program, 'up', 'everything on one machine: Redis, combiner, worker, dashboard', [
    'muster up --fleet fleet.yaml',
  ])
    .option(...FLEET)
    .option('--redis <url>', 'a Redis to use instead of a private one')
    .addOption(count('--concurrency <n>', 'batches at once', 100))
    .option(...METHODS, collect, [])
    .option(...KEEP_TICKS)
    .option(...KEEP_FOR)
    .option('--no-dashboard', 'without the web dashboard')
    .addOption(host())
    .addOption(port('--port <port>', "the dashboard's port (default: 4680, or any that is free)"))
    .option(...TOKEN_FILE)
    .option(...CREDENTIALS_FILE)
    .option(...ALLOW_CHANGES)
    .action(async (options: UpOptions) => {
      exit(await (await import('./commands/up.js')).runUp(options));
    });
}

function addReaders(program: Command, exit: (code: number) => void): void {
  command(program, 'show', 'show a tick, running or past', [
    'muster show default-42',
    'muster show default-42 --json',
  ])
    .argument('<tick>', "the tick's id")
    .option(...REDIS)
    .option(...FLEET)
    .option('--json', 'print the record as JSON')
    .action(async (tick: string, options: { redis?: string; json?: boolean }) => {
      exit(await (await import('./commands/show.js')).runShow(tick, options));
    });

  command(program, 'ticks', 'list the ticks that are kept, newest first', [
    'muster ticks --limit 20',
    'muster ticks --json',
  ])
    .option(...REDIS)
    .option(...FLEET)
    .option('--lane <name>', 'of this lane only')
    .addOption(count('--limit <n>', 'at most so many'))
    .option('--json', 'print the records, without drones, as JSON')
    .action(async (options: { redis?: string; json?: boolean; limit?: number; lane?: string }) => {
      exit(await (await import('./commands/ticks.js')).runTicks(options));
    });

  command(program, 'fleet', 'the drones with their health, and the workers that serve them', [
    'muster fleet --json',
  ])
    .option(...FLEET)
    .option(...REDIS)
    .option('--json', 'print as JSON')
    .action(async (options: { redis?: string; fleet?: string; json?: boolean }) => {
      exit(await (await import('./commands/fleet.js')).runFleet(options));
    });

  command(program, 'cancel', 'cancel a running tick', [
    "muster cancel default-42 --reason 'wrong image'",
  ])
    .argument('<tick>', "the tick's id")
    .option(...REDIS)
    .option(...FLEET)
    .option('--reason <text>', 'why, for the record', 'muster cancel')
    .action(async (tick: string, options: { redis?: string; reason: string }) => {
      exit(await (await import('./commands/cancel.js')).runCancel(tick, options));
    });
}

function command(
  program: Command,
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  const shown = examples.map((example) => `  $ ${example}\n`).join('');
  return program
    .command(name)
    .copyInheritedSettings(program)
    .description(description)
    .addHelpText('after', `\nExample${examples.length === 1 ? '' : 's'}:\n${shown}`);
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** Where the dashboard listens. */
function host(): Option {
  const says = 'where the dashboard listens; other than this machine needs credentials';
  return new Option('--host <host>', says).default('127.0.0.1').argParser((text) => {
    if (text.trim() === '')
      throw new InvalidArgumentError(
        'Expected an address or a name of this machine, e.g. 127.0.0.1 or 0.0.0.0.',
      );
    return text;
  });
}

function port(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
      throw new InvalidArgumentError('Expected a port, 0 to 65535.');
    return Number(text);
  });
}

/** An option that takes a whole number from 1. */
function count(flags: string, description: string, standard?: number): Option {
  const option = new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value < 1)
      throw new InvalidArgumentError('Expected a whole number from 1.');
    return value;
  });
  return standard === undefined ? option : option.default(standard);
}
