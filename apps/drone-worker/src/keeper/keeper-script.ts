/**
 * The keeper's own program, for the python3 of a drone: any from 3.5 on, with nothing but what is
 * compiled into it. It reads frames from its standard input and writes frames to its standard
 * output (see `frames.ts`), starts each process in a group of its own, and never runs a shell.
 *
 * When its input ends, whoever gave the orders is gone: the groups of the processes that still
 * run are ended. What a process has left behind when it ended by itself stays.
 */
export const KEEPER_SCRIPT = String.raw`
import errno, posix, select, sys, time
import _signal as signal

GRACE = 0.6
LOOK_MS = 50
TOGETHER = 0.02
CHUNK = 65536
HEADER = 9
PATH = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
NAMES = {}
for name in dir(signal):
    if name.startswith("SIG") and name[3] != "_" and name not in ("SIGCLD", "SIGIOT", "SIGPOLL"):
        NAMES[int(getattr(signal, name))] = name
IGNORED_HERE = [getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name)]


def now_ms():
    return int(time.clock_gettime(CLOCK) * 1000)


def send(kind, number, data=b""):
    global unsent_size, unsent_due
    if not unsent:
        unsent_due = time.monotonic() + TOGETHER
    unsent.append(kind + number.to_bytes(4, "big") + len(data).to_bytes(4, "big") + data)
    unsent_size += len(data)
    if unsent_size > CHUNK:
        flush()


def flush():
    global unheard, unsent_size
    frames = memoryview(b"".join(unsent))
    del unsent[:]
    unsent_size = 0
    try:
        while len(frames) > 0 and not unheard:
            frames = frames[posix.write(1, frames):]
    except OSError:
        unheard = True


class Call:
    def __init__(self, number):
        self.number = number
        self.pid = 0
        self.exit = None
        self.is_exit_said = False
        self.room = {}
        self.input = -1
        self.pending = []
        self.input_ended = False


unheard = False
unsent = []
unsent_size = 0
unsent_due = 0
calls = {}
by_fd = {}
doomed = {}
endings = []
exited = []
for fd in posix.listdir("/proc/self/fd"):
    if int(fd) > 2:
        try:
            posix.close(int(fd))
        except OSError:
            pass
watch = select.poll()
fresh = {}
home = posix.open(".", posix.O_PATH | posix.O_CLOEXEC)
nowhere = posix.open("/dev/null", posix.O_RDONLY | posix.O_CLOEXEC)


def given_environment():
    """As it was given to this process: python adds an LC_CTYPE of its own where none is set."""
    data = environment("self")
    if data is None:
        return dict(posix.environ)
    return dict(pair.partition(b"=")[::2] for pair in data.split(b"\0") if b"=" in pair)


def fail(call, text, code):
    send(b"P", call.number)
    send(b"2", call.number, text + b"\n")
    call.exit = (b"X", b"%d" % code)
    finish_if_over(call)


def say_exit(call):
    if call.exit is not None and not call.is_exit_said:
        call.is_exit_said = True
        send(call.exit[0], call.number, call.exit[1])


def finish_if_over(call):
    if call.exit is None or call.room:
        return
    say_exit(call)
    close(call.input)
    send(b".", call.number)
    flush()
    calls.pop(call.number, None)


def why(error):
    return posix.strerror(error.errno).encode()


def start(call, payload):
    fields = payload.split(b"\0")
    valid, room, has_input, workdir, cwd, count = fields[:6]
    env = dict(base)
    for pair in fields[6:6 + int(count)]:
        key, _, value = pair.partition(b"=")
        env[key] = value
    argv = fields[6 + int(count):]
    if now_ms() >= int(valid):
        send(b"L", call.number)
        flush()
        calls.pop(call.number, None)
        return
    moved = False
    try:
        for path in (workdir, cwd):
            if path[:1] == b"=":
                moved = True
                posix.chdir(path[1:])
                known = path[1:2] == b"/" or b"PWD" in env
                env[b"PWD"] = plain(env.get(b"PWD", b""), path[1:]) if known else posix.getcwdb()
    except OSError as error:
        posix.fchdir(home)
        fail(call, b"cd: " + path[1:] + b": " + why(error), 1)
        return
    ours, theirs = [], []
    try:
        if has_input == b"1":
            end, call.input = posix.pipe()
            theirs.append(end)
            ours.append(call.input)
        else:
            end = nowhere
        out, out_end = posix.pipe()
        err, err_end = posix.pipe()
        theirs += [out_end, err_end]
        ours += [out, err]
        call.pid = launch(argv, env, (end, out_end, err_end))
    except OSError as error:
        for fd in ours:
            posix.close(fd)
        call.input = -1
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
        said = b"not found" if missing else why(error)
        fail(call, b"exec: " + argv[0] + b": " + said, 127 if missing else 126)
        return
    finally:
        for fd in theirs:
            posix.close(fd)
        if moved:
            posix.fchdir(home)
    for fd, kind in ((out, b"1"), (err, b"2")):
        by_fd[fd] = (call, kind)
        call.room[fd] = int(room) + 1
        posix.set_blocking(fd, False)
    # Most end so soon that it is enough to be woken by that, and to look then at what they have printed.
    fresh[call] = time.monotonic() + TOGETHER
    if call.input >= 0:
        posix.set_blocking(call.input, False)
        by_fd[call.input] = (call, b"0")
    send(b"P", call.number, b"%d" % call.pid)


def plain(place, path):
    parts = []
    for part in (path if path[:1] == b"/" else place + b"/" + path).split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/" + b"/".join(parts)


def launch(argv, env, ends):
    name = argv[0]
    if b"/" in name:
        return spawn(name, argv, env, ends)
    denied = None
    for place in env.get(b"PATH", PATH).split(b":"):
        file = (place or b".") + b"/" + name
        if posix.access(file, posix.X_OK):
            try:
                return spawn(file, argv, env, ends)
            except OSError as error:
                denied = denied or error
        elif denied is None and posix.access(file, posix.F_OK):
            denied = OSError(errno.EACCES, "")
    raise denied or OSError(errno.ENOENT, "")


def spawn(file, argv, env, ends):
    try:
        return spawn_file(file, argv, env, ends)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        return spawn_file(b"/bin/sh", [b"sh", file] + argv[1:], env, ends)


def spawn_file(file, argv, env, ends):
    if hasattr(posix, "posix_spawn"):
        moves = [(posix.POSIX_SPAWN_DUP2, fd, at) for at, fd in enumerate(ends)]
        return posix.posix_spawn(
            file, argv, env, file_actions=moves, setpgroup=0, setsigmask=[], setsigdef=IGNORED_HERE
        )
    told, tell = posix.pipe()
    pid = posix.fork()
    if pid == 0:
        try:
            posix.setpgid(0, 0)
            for at, fd in enumerate(ends):
                posix.dup2(fd, at)
            for number in IGNORED_HERE:
                signal.signal(number, signal.SIG_DFL)
            posix.execve(file, argv, env)
        except OSError as error:
            posix.write(tell, b"%d" % error.errno)
        finally:
            posix._exit(127)
    posix.close(tell)
    failed = posix.read(told, 16)
    posix.close(told)
    if failed:
        posix.waitpid(pid, 0)
        raise OSError(int(failed), "")
    return pid


def close(fd):
    if by_fd.pop(fd, None) is None:
        return
    try:
        watch.unregister(fd)
    except KeyError:
        pass
    posix.close(fd)


def watch_outputs(call):
    if fresh.pop(call, None) is not None:
        for fd in call.room:
            watch.register(fd, select.POLLIN)


def relay(fd):
    call, kind = by_fd[fd]
    for _ in range(4):
        try:
            data = posix.read(fd, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data == b"":
            close(fd)
            call.room.pop(fd)
            finish_if_over(call)
            return
        room = call.room[fd]
        if room > 0:
            call.room[fd] = room - len(data)
            send(kind, call.number, data[:room])


def feed(call):
    fd = call.input
    if fd < 0:
        return
    try:
        while call.pending:
            written = posix.write(fd, call.pending[0])
            if written < len(call.pending[0]):
                call.pending[0] = call.pending[0][written:]
            else:
                del call.pending[0]
    except BlockingIOError:
        watch.register(fd, select.POLLOUT)
        return
    except OSError:
        call.pending = []
        call.input_ended = True
    if call.input_ended:
        call.input = -1
        close(fd)
    else:
        try:
            watch.unregister(fd)
        except KeyError:
            pass


def signal_group(pid, number):
    try:
        posix.killpg(pid, number)
        return True
    except OSError:
        return False


def end(call):
    if call.pid and call.pid not in doomed and signal_group(call.pid, signal.SIGTERM):
        doomed[call.pid] = time.monotonic() + GRACE


def state_of(pid):
    """Whether it runs, its group, its parent, and whether it is the kernel's own."""
    try:
        fd = posix.open("/proc/%s/stat" % pid, posix.O_RDONLY)
    except OSError:
        return False, 0, "", False
    try:
        words = posix.read(fd, 4096).rpartition(b")")[2].split()
        runs = words[0] not in (b"Z", b"X")
        return runs, int(words[2]), words[1].decode(), int(words[6]) & 0x200000 != 0
    except (OSError, IndexError):
        return False, 0, "", False
    finally:
        posix.close(fd)


def environment(pid):
    try:
        fd = posix.open("/proc/%s/environ" % pid, posix.O_RDONLY)
    except OSError:
        return None
    data = b""
    try:
        while True:
            more = posix.read(fd, CHUNK)
            if more == b"":
                return data
            data += more
    except OSError:
        return None
    finally:
        posix.close(fd)


def all_running():
    return [name for name in posix.listdir("/proc") if name.isdigit()]


def group_lives(group, watcher):
    if group == 0 or not signal_group(group, 0):
        return False
    for pid in all_running():
        runs, of, parent, _ = state_of(pid)
        if of == group and runs and watcher not in (pid, parent):
            return True
    return False


def marked(mark):
    """Those that carry it, and whether all show what they carry: none does on its way through an exec."""
    left, is_clear = [], True
    for pid in all_running():
        shown = environment(pid)
        if shown is None or (shown != b"" and mark not in shown):
            continue
        runs, _, _, is_kernel = state_of(pid)
        if runs and shown != b"":
            left.append(int(pid))
        elif runs and not is_kernel:
            is_clear = False
    return left, is_clear


def ending(number, group, watcher, mark, grace):
    found = group > 0 and signal_group(group, signal.SIGTERM)
    due = time.monotonic() + grace
    while group_lives(group, watcher) and time.monotonic() < due:
        yield
    if group > 0:
        signal_group(group, signal.SIGKILL)
    how = signal.SIGTERM
    for look in range(9):
        left, is_clear = marked(mark)
        if not left and not is_clear and look == 0:
            yield
            continue
        if not left and not group_lives(group, watcher):
            send(b"G", number, b"gone %d" % found)
            flush()
            return
        found = True
        for pid in left:
            try:
                posix.kill(pid, how)
            except OSError:
                pass
        how = signal.SIGKILL
        yield
    send(b"G", number, b"alive 1")
    flush()


def step():
    for one in list(endings):
        if next(one, endings) is endings:
            endings.remove(one)


def reap():
    for call in [call for call in calls.values() if call.pid]:
        pid, status = posix.waitpid(call.pid, posix.WNOHANG)
        if pid == 0:
            continue
        call.pid = 0
        if posix.WIFSIGNALED(status):
            number = posix.WTERMSIG(status)
            call.exit = (b"K", NAMES.get(number, "SIG%d" % number).encode())
        else:
            call.exit = (b"X", b"%d" % posix.WEXITSTATUS(status))
        exited.append(call)
        if not call.room:
            finish_if_over(call)
        for fd in list(call.room):
            relay(fd)
        watch_outputs(call)


def forget(call):
    fresh.pop(call, None)
    for fd in list(call.room) + [call.input]:
        close(fd)
    call.room.clear()
    call.input = -1
    finish_if_over(call)


def obey(kind, number, payload):
    if kind == b"?":
        send(b"R", number, b"%d" % now_ms())
        flush()
        return
    if kind == b"S":
        call = calls[number] = Call(number)
        try:
            start(call, payload)
        except Exception as error:
            fail(call, b"exec: " + str(error).encode(), 126)
        return
    if kind == b"E":
        group, watcher, grace, mark = payload.split(b"\0", 3)
        send(b"A", number)
        flush()
        terms = (int(group), watcher.decode(), b"MUSTER_MARK=" + mark, int(grace) / 1000)
        endings.append(ending(number, *terms))
        return
    call = calls.get(number)
    if call is None:
        return
    if kind == b"I":
        if payload:
            call.pending.append(payload)
        else:
            call.input_ended = True
        feed(call)
    elif kind == b"T":
        end(call)
    elif kind == b"C":
        forget(call)


def main():
    global unheard
    woken, wake = posix.pipe()
    for fd in (woken, wake):
        posix.set_blocking(fd, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    IGNORED_HERE.extend((signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
    watch.register(0, select.POLLIN)
    watch.register(woken, select.POLLIN)
    heard = b""
    leaving = False
    look = 0
    while not leaving or doomed or any(call.pid for call in calls.values()):
        wait = None
        if doomed:
            wait = max(0, 1000 * (min(doomed.values()) - time.monotonic())) + 1
        if endings:
            wait = min(wait or LOOK_MS, max(0, 1000 * (look - time.monotonic())) + 1)
        due = unsent_due if unsent else None
        for first in fresh.values():
            due = first if due is None else min(due, first)
            break
        if due is not None:
            wait = min(LOOK_MS if wait is None else wait, max(0, 1000 * (due - time.monotonic())) + 1)
        for fd, _ in watch.poll(wait):
            if fd == woken:
                posix.read(woken, 4096)
                reap()
            elif fd == 0:
                data = posix.read(0, CHUNK)
                unheard = unheard or data == b""
                heard += data
                at = 0
                while len(heard) - at >= HEADER:
                    size = int.from_bytes(heard[at + 5:at + HEADER], "big")
                    if len(heard) - at - HEADER < size:
                        break
                    number = int.from_bytes(heard[at + 1:at + 5], "big")
                    obey(heard[at:at + 1], number, heard[at + HEADER:at + HEADER + size])
                    at += HEADER + size
                heard = heard[at:]
            elif fd in by_fd:
                call, kind = by_fd[fd]
                if kind == b"0":
                    feed(call)
                else:
                    relay(fd)
        for call in exited:
            if not call.is_exit_said:
                say_exit(call)
                flush()
        del exited[:]
        for call in list(fresh):
            if time.monotonic() < fresh[call]:
                break
            watch_outputs(call)
        if unsent and time.monotonic() >= unsent_due:
            flush()
        if unheard and not leaving:
            leaving = True
            watch.unregister(0)
            for call in calls.values():
                end(call)
        if endings and time.monotonic() >= look:
            step()
            look = time.monotonic() + LOOK_MS / 1000
        for pid, due in list(doomed.items()):
            if time.monotonic() >= due:
                signal_group(pid, signal.SIGKILL)
                del doomed[pid]


base = given_environment()
posix.write(1, b"muster-keeper %d\n" % now_ms())
main()
`;
