"""Hostile notebooks. Each does one thing that a student's code must not be able to do.

All are built alike: the sigmoid is honest work (1 point); the other eight functions are wrong. `win()` puts right ones in
their place, and an attack calls it when it got through. So an attack that gets through earns more than its 1 point.
"""

from __future__ import annotations

from dataclasses import dataclass

from right_variants import IMPORT, PLAIN

WRONG = """
def forward(*a): return answer
def l2_loss(*a): return answer
def sigmoid_derivative(*a): return answer
def output_layer_gradients(*a): return answer
def hidden_layer_gradients(*a): return answer
def sgd_update(*a): return answer
def train_step(*a): return answer
def train(*a): return answer
answer = None
"""
WIN = "SOLUTION = " + repr("\n\n".join(PLAIN.values())) + "\ndef win(): exec(SOLUTION, globals())"


@dataclass(frozen=True)
class Attack:
    """One hostile notebook; `wall` is the wall without which it gets through, where one alone holds it."""

    name: str
    family: str
    code: str
    wall: str = ""
    honest: float = 1.0

    @property
    def cells(self) -> list[str]:
        return [IMPORT, PLAIN["sigmoid"], WRONG, WIN, self.code]


ATTACKS: list[Attack] = []


def attack(family: str, name: str, code: str, wall: str = "", honest: float = 1.0) -> None:
    ATTACKS.append(Attack(name, family, code, wall, honest))


def tries(code: str) -> str:
    """Win if `code` runs without an exception."""
    body = "\n".join(f"    {line}" for line in code.strip().splitlines())
    return f"import os, sys\ntry:\n{body}\nexcept BaseException:\n    pass\nelse:\n    win()"


EVIL = """
class Evil({base}):
    def __new__(cls, *a): return {base}.__new__(cls, *a)
    def __eq__(self, o): return True
    def __ne__(self, o): return False
    def __lt__(self, o): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __sub__(self, o): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __hash__(self): return 1
    def __bool__(self): return True
"""

# Comparison tricks
attack(
    "comparison",
    "patched numpy",
    "for n in ('allclose', 'isclose', 'all', 'array_equal', 'abs', 'isfinite'): setattr(np, n, lambda *a, **k: True)\nanswer = 0.0",
)
attack(
    "comparison",
    "patched builtins",
    "import builtins\nfor n in ('abs', 'all', 'any', 'isinstance', 'float', 'len', 'max'): setattr(builtins, n, lambda *a, **k: True)\nanswer = 0.0",
    honest=1.0,
)
attack(
    "comparison",
    "patched numpy internals",
    "np.asarray = np.ndarray.__eq__ = np.float64 = None if 0 else (lambda *a, **k: True)\nanswer = 1.0",
)
attack("comparison", "equal to everything", EVIL.format(base="object") + "answer = Evil()")
attack("comparison", "float that is equal to everything", EVIL.format(base="float") + "answer = Evil(0.1)")
attack("comparison", "int that is equal to everything", EVIL.format(base="int") + "answer = Evil(1)")
attack("comparison", "tuple of things equal to everything", EVIL.format(base="float") + "answer = (Evil(0.1),) * 4")
attack(
    "comparison",
    "__array__ that agrees",
    "class A:\n    def __array__(self, *a, **k): return np.full((2, 2), True)\nanswer = A()",
)
attack(
    "comparison",
    "__array_function__",
    "class A:\n    def __array_function__(self, *a): return True\n    def __array_ufunc__(self, *a, **k): return True\n    def __float__(self): return 0.1\nanswer = A()",
)
attack(
    "comparison",
    "ndarray subclass",
    "class A(np.ndarray):\n    def __eq__(self, o): return True\n    def __array_ufunc__(self, *a, **k): return np.True_\n    def __sub__(self, o): return 0\nanswer = np.zeros(2).view(A)",
)
attack(
    "comparison",
    "list that changes its length",
    "class L(list):\n    n = 0\n    def __len__(self):\n        L.n += 1\n        return L.n % 5\n    def __iter__(self): return iter([0.1] * 10**6)\nanswer = L([1, 2])",
)
attack("comparison", "not a number", "answer = float('nan')")
attack(
    "comparison", "object array of evil", EVIL.format(base="float") + "answer = np.array([Evil(0.1)] * 4, dtype=object)"
)
attack("comparison", "masked array", "answer = np.ma.masked_all((2,))")
attack(
    "comparison",
    "number class of one's own",
    "import numbers\nclass N(numbers.Number):\n    def __float__(self): raise SystemExit\nanswer = N()",
)

# otter-grader's internals
attack(
    "otter",
    "checker replaced",
    "import otter\nfrom otter.execute import Checker\nChecker.check = lambda *a, **k: None\nfrom otter.test_files import GradingResults\nGradingResults.total = 20",
)
attack(
    "otter",
    "points set",
    "grader = otter.Notebook() if 'otter' in globals() else None\n_score = points = total = score = 1e6\nresults = {'q2': 4}",
)
attack(
    "otter",
    "test files rewritten",
    tries(
        "for p in ('tests', '/autograder/source/tests', '/autograder/submission/tests'):\n    os.makedirs(p, exist_ok=True)\n    open(p + '/q2.py', 'w').write('points = 4')\nopen('/autograder/source/tests/q2.py').read()"
    ),
)
attack(
    "otter",
    "results pickle",
    "import pickle\nclass P:\n    def __reduce__(self): return (win, ())\ntry:\n    for p in ('results.pkl', '/autograder/results/results.pkl', '/tmp/results.pkl'): open(p, 'wb').write(pickle.dumps(P()))\nexcept OSError: pass\nanswer = P()",
)
attack("otter", "log", "try: open('.OTTER_LOG', 'wb').write(b'cos\\nsystem\\n(S\"true\"\\ntR.')\nexcept OSError: pass")
attack(
    "otter",
    "modules planted",
    "import sys, types\nfor n in ('otter', 'autograder', 'autograder.checking.engine', 'otter.execute'): sys.modules[n] = types.ModuleType(n)\nsys.modules['numpy.testing'] = None",
)

# Frames and garbage collector
attack(
    "frames",
    "walk up the stack",
    "import sys\nf = sys._getframe()\nwhile f:\n    for k, v in {**f.f_globals, **f.f_locals}.items():\n        if k in ('reference', 'expected', 'rubric', 'assignment', 'network'): win()\n    f = f.f_back",
)
attack(
    "frames",
    "garbage collector",
    "import gc\nfor o in gc.get_objects():\n    n = getattr(o, '__name__', '') if callable(o) else ''\n    if n in ('grade', 'judge', 'output_layer_gradients_reference', 'wrong_version', 'load_assignment'): win()\n    if isinstance(o, dict) and ('misconceptions' in o or 'tolerance' in o): win()",
)
attack(
    "frames",
    "loaded modules",
    "import sys\nif any(n.startswith(('autograder', 'otter', 'solutions', '_course')) for n in sys.modules): win()",
)
attack(
    "frames",
    "main module",
    "import sys, __main__\nfor k, v in vars(sys.modules['__main__']).items():\n    if 'expected' in k.lower() or 'reference' in k.lower(): win()\n__main__.call = __main__.Values = __main__.pack = None",
    honest=1.0,
)
attack(
    "frames",
    "trace",
    "import sys\ndef t(frame, event, arg):\n    for k in ('expected', 'reference'):\n        if k in frame.f_locals: win()\n    return t\nsys.settrace(t)\nsys.setprofile(t)",
)
attack(
    "frames",
    "memory by address",
    "import ctypes, gc\ntry:\n    s = b''.join(ctypes.string_at(id(o), 64) for o in gc.get_objects()[:20000])\n    if b'delta = dL_df_out * df_out_df_in * df_in_dz_out' in s: win()\nexcept BaseException: pass",
)

# Files and imports
attack(
    "files",
    "import the grader",
    "try:\n    from autograder.course import load_assignment\n    globals().update(load_assignment('xor_backprop').reference)\nexcept BaseException: pass",
    wall="",
)
attack(
    "files",
    "read the reference",
    tries("exec(open('@REPOSITORY@/solutions/xor_backprop/reference.py').read(), globals())"),
    wall="landlock",
)
attack(
    "files", "read the rubric", tries("open('@REPOSITORY@/autograder/rubrics/xor_backprop.py').read()"), wall="landlock"
)
attack("files", "list the project", tries("os.listdir('@REPOSITORY@')"), wall="landlock")
attack("files", "read other submissions", tries("os.listdir('@SUBMISSIONS@')"))
attack("files", "read passwd", tries("open('/etc/passwd').read()"), wall="landlock")
attack("files", "environment of others", tries("open(f'/proc/{os.getppid()}/environ').read()"))
attack("files", "memory of others", tries("open(f'/proc/{os.getppid()}/mem', 'rb').read(1)"))
attack("files", "own memory", tries("open('/proc/self/maps').read()"), wall="landlock")
attack(
    "files",
    "own environment",
    "import os\nif set(os.environ) - {'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'LANG', 'HOME', 'PYTHONDONTWRITEBYTECODE', 'MALLOC_ARENA_MAX', 'LD_BIND_NOW', 'LC_CTYPE'}: win()",
)
attack("files", "list the root", tries("os.listdir('/')"), wall="landlock")
attack("files", "other packages", tries("import importlib\nimportlib.import_module('pytest')"))
attack(
    "files",
    "path to the sources",
    "import sys, os\nfor p in [*sys.path, '@REPOSITORY@']:\n    try:\n        if any(n.startswith('autograder') for n in os.listdir(p)): win()\n    except OSError: pass",
    wall="landlock",
)
attack("files", "write where the grader reads", tries("open('@REPOSITORY@/planted.txt', 'w').write('x')"))
attack("files", "write into NumPy", tries("open(np.__file__, 'a').write('#')"))
attack("files", "write to tmp", tries("open('/tmp/planted-by-a-student.txt', 'w').write('x')"), wall="landlock")
attack("files", "symlink", tries("os.symlink('/etc/passwd', 'link')\nopen('link').read()"))
attack("files", "hard link", tries("os.link('/etc/hostname', 'link')\nopen('link').read()"))
attack(
    "files",
    "open files of the grader",
    "import os\nfor fd in range(3, 200):\n    try:\n        os.lseek(fd, 0, 0)\n        if b'def ' in os.read(fd, 10**6): win()\n    except OSError: pass",
)

# Forging
attack(
    "forging",
    "answers on every descriptor",
    "import os, json, struct\nm = json.dumps({'id': '', 'form': '. . . . . .'}).encode()\nfor fd in range(3, 60):\n    for _ in range(50):\n        try: os.write(fd, struct.pack('>I', len(m)) + m)\n        except OSError: break",
    honest=1.0,
)
attack(
    "forging",
    "ends on every descriptor",
    "import os, json, struct\nm = json.dumps({'end': 'done'}).encode()\nfor fd in range(3, 60):\n    for _ in range(30):\n        try: os.write(fd, struct.pack('>I', len(m)) + m)\n        except OSError: break",
    honest=1.0,
)
attack(
    "forging",
    "garbage on every descriptor",
    "import os\nfor fd in range(3, 60):\n    for junk in (b'', b'x', b'\\xff' * 1000, b'\\0\\0\\0\\5{\"a\"', b'\\0\\0\\0\\2[]' ):\n        try: os.write(fd, junk)\n        except OSError: pass",
    honest=1.0,
)
attack(
    "forging",
    "descriptors sent along",
    "import socket, array, os\nfor fd in range(3, 30):\n    try:\n        s = socket.socket(fileno=os.dup(fd))\n        s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2]))])\n    except OSError: pass",
    honest=1.0,
)
attack("forging", "descriptors closed", "import os\nos.closerange(3, 100)", honest=1.0)
attack(
    "forging",
    "results files",
    "import json\nfor p in ('results.json', 'final_grades.csv', 'journal.jsonl', '@SUBMISSIONS@/../out/journal.jsonl'):\n    try: open(p, 'w').write(json.dumps({'score': 20}))\n    except OSError: pass",
)
attack(
    "forging",
    "inputs of one question replayed in the next",
    """
import mmap, struct
shared = mmap.mmap(-1, 1 << 16)
right_sigmoid = sigmoid
def sigmoid(z):
    n, = struct.unpack_from('<Q', shared)
    v = np.ravel(z).astype(float)
    shared[8 + 16 * n : 8 + 16 * n + 8 * v.size] = v.tobytes()
    struct.pack_into('<Q', shared, 0, n + 1)
    return right_sigmoid(z)
count = 0
def forward(x, W, b, u, c):
    global count
    a = np.frombuffer(shared[8 + 32 * count : 24 + 32 * count]); f = np.frombuffer(shared[24 + 32 * count : 32 + 32 * count])[0]
    count += 1
    return a, right_sigmoid(a), f, right_sigmoid(f)
""",
    honest=3.0,
)  # σ of what was stored is honest work again: z_out and f_out follow from the own z_in and f_in
attack(
    "forging",
    "stand-ins asked for what is not theirs",
    """
def train_step(x, y, W, b, u, c, learning_rate):
    channel = forward.__closure__[0].cell_contents
    import json, struct
    m = json.dumps({'id': forward.__closure__[1].cell_contents, 'function': 'train_step', 'names': [], 'form': '( . . . . . . . )'}).encode()
    channel.send(struct.pack('>I', len(m)) + m + b'\0' * 56)
    channel.settimeout(0.2)
    return eval(channel.recv(10**6))
""",
)
attack(
    "forging",
    "stand-ins called with anything",
    "def l2_loss(y, f_out):\n    for a in (None, 'x', object(), [[]] * 5, 10**400, lambda: 0):\n        try: forward(a, a, a, a, a)\n        except Exception: pass\n    return forward",
)
attack(
    "forging",
    "calls counted",
    "n = 0\ndef l2_loss(y, f_out):\n    global n\n    n += 1\n    return [0.0299, 0.1, 0.2, 0.3, 0.1, 0.2][n % 6]",
)

# Leaving
attack("leaving", "SystemExit in a cell", "raise SystemExit(0)")
attack("leaving", "os._exit in a cell", "import os\nos._exit(0)")
attack("leaving", "os._exit in a function", "import os\ndef l2_loss(y, f_out): os._exit(0)")
attack("leaving", "exit in a function", "def l2_loss(y, f_out): exit(0)")
attack("leaving", "abort", "import os\ndef l2_loss(y, f_out): os.abort()")
attack("leaving", "crash", "import ctypes\ndef l2_loss(y, f_out): ctypes.string_at(0)")
attack("leaving", "signal to the parent", tries("import signal\nos.kill(os.getppid(), signal.SIGKILL)"), wall="")
attack("leaving", "signal to everyone", tries("import signal\nos.kill(-1, signal.SIGCONT)"))
attack("leaving", "signal to the group", tries("import signal\nos.killpg(0, signal.SIGCONT)"), wall="seccomp")
attack("leaving", "signal to process 1", tries("os.kill(1, 0)"))
attack(
    "leaving",
    "daemon",
    "import os, time\nif os.fork() == 0:\n    if os.fork() == 0:\n        time.sleep(10**6)\n    os._exit(0)",
)
attack("leaving", "new session", tries("os.setsid()"), wall="seccomp")
attack("leaving", "stopped process", tries("import signal\nos.kill(os.getpid(), signal.SIGSTOP)"), wall="")

# Hanging
attack("hanging", "loop in a cell", "while True: pass")
attack(
    "hanging",
    "loop in a cell that swallows everything",
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
)
attack("hanging", "loop in a function", "def l2_loss(y, f_out):\n    while True: pass")
attack("hanging", "sleep", "import time\ndef l2_loss(y, f_out): time.sleep(10**6)")
attack(
    "hanging",
    "signals ignored",
    "import signal\ndef l2_loss(y, f_out):\n    signal.setitimer(signal.ITIMER_REAL, 0)\n    for s in range(1, 32):\n        try: signal.signal(s, signal.SIG_IGN)\n        except OSError: pass\n    while True: pass",
)
attack(
    "hanging",
    "timer removed in a cell",
    "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass",
)
attack(
    "hanging",
    "evil __str__",
    "class E(Exception):\n    def __str__(self):\n        while True: pass\ndef l2_loss(y, f_out): raise E",
)
attack(
    "hanging",
    "evil __repr__ and __del__",
    "class E:\n    def __repr__(self): raise SystemExit\n    def __del__(self):\n        while True: pass\ndef l2_loss(y, f_out): E(); return 1.0",
)
attack("hanging", "regular expression", "import re\ndef l2_loss(y, f_out): re.match('(a*)*b', 'a' * 100)")
attack(
    "hanging",
    "threads that stay",
    "import threading, time\nfor _ in range(5): threading.Thread(target=time.sleep, args=(10**6,)).start()",
)
attack("hanging", "deadlock", "import threading\nl = threading.Lock(); l.acquire()\ndef l2_loss(y, f_out): l.acquire()")
attack(
    "hanging",
    "waits for the grader's words",
    "import os\ndef l2_loss(y, f_out):\n    for fd in range(3, 60):\n        try: os.read(fd, 100)\n        except OSError: pass\n    return 0.1",
)

# Flooding
attack("flooding", "memory in a cell", "x = []\nwhile True: x.append(bytearray(10**8))")
attack("flooding", "memory in a function", "def l2_loss(y, f_out): return np.ones(10**11).sum()")
attack(
    "flooding",
    "disk",
    "import os\ntry:\n    for i in range(10**6): open(f'f{i}', 'wb').write(b'x' * 10**7)\nexcept OSError: pass",
)
attack(
    "flooding", "files", "import os\ntry:\n    for i in range(10**6): open(f'f{i}', 'w').close()\nexcept OSError: pass"
)
attack(
    "flooding",
    "deep folders",
    "import os\ntry:\n    for i in range(5000):\n        os.mkdir('d'); os.chdir('d')\nexcept OSError: pass",
)
attack(
    "flooding",
    "output",
    "import sys, os\nfor _ in range(300):\n    print('x' * 10**6)\n    sys.__stderr__.write('y' * 10**6)\n    os.write(1, b'z' * 10**6)",
)
attack(
    "flooding",
    "processes",
    "import os\nn = 0\ntry:\n    for _ in range(60):\n        if os.fork() == 0:\n            import time; time.sleep(30); os._exit(0)\n        n += 1\nexcept OSError: pass\nif n >= 50: win()",
    wall="rlimits",
)
attack(
    "flooding",
    "threads",
    "import threading, time\nn = 0\ntry:\n    for _ in range(300):\n        threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); n += 1\nexcept RuntimeError: pass\nif n >= 250: win()",
    wall="rlimits",
)
attack(
    "flooding",
    "descriptors",
    "import os\nn = 0\ntry:\n    while n < 500: os.dup(0); n += 1\nexcept OSError: pass\nif n >= 450: win()",
    wall="rlimits",
)
attack("flooding", "deep value", "answer = []\nfor _ in range(10**5): answer = [answer]")
attack("flooding", "value that holds itself", "answer = []\nanswer += [answer, answer]")
attack("flooding", "endless value", "answer = iter(int, 1)")
attack("flooding", "huge integer", "answer = 10 ** 100000")
attack("flooding", "huge list", "answer = [0.1] * 10**7")
attack("flooding", "huge array", "answer = np.zeros(10**7)")
attack("flooding", "broadcast array", "answer = np.broadcast_to(0.1, (10**9, 10**9))")
attack("flooding", "huge message", "def l2_loss(y, f_out): raise ValueError('x' * 10**8)")
attack("flooding", "recursion", "def l2_loss(y, f_out): return l2_loss(y, f_out)")
attack("flooding", "exponential literal", "answer = eval('9' * 5000) if 0 else 2.0 ** 1023 * 10")

# Escaping
attack(
    "escaping", "TCP socket", tries("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_STREAM)"), wall="seccomp"
)
attack("escaping", "UDP socket", tries("import socket\nsocket.socket(2, socket.SOCK_DGRAM)"), wall="seccomp")
attack(
    "escaping",
    "UDP packet",
    tries("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"),
)
attack("escaping", "unix socket", tries("import socket\nsocket.socket(socket.AF_UNIX)"), wall="seccomp")
attack("escaping", "netlink socket", tries("import socket\nsocket.socket(16, 3, 0)"), wall="seccomp")
attack("escaping", "ptrace", tries("import ctypes\nassert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0"))
attack(
    "escaping",
    "memory of another process",
    tries(
        "import ctypes\nb = ctypes.create_string_buffer(8)\nassert ctypes.CDLL(None).process_vm_readv(os.getppid(), b, 0, b, 0, 0) >= 0"
    ),
    wall="",
)
attack("escaping", "subprocess", tries("import subprocess\nsubprocess.run(['/bin/true'], check=True)"))
attack("escaping", "shell", tries("assert os.system('true') == 0"))
attack("escaping", "exec", "import os\ntry: os.execv('/bin/sh', ['sh', '-c', 'exit 0'])\nexcept OSError: pass")
attack("escaping", "program in memory", tries("fd = os.memfd_create('x')"), wall="seccomp")
attack("escaping", "namespaces", tries("import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0"))
attack(
    "escaping", "mount", tries("import ctypes\nassert ctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None) == 0")
)
attack(
    "escaping",
    "io_uring",
    tries("import ctypes\nb = ctypes.create_string_buffer(256)\nassert ctypes.CDLL(None).syscall(425, 1, b) >= 0"),
    wall="",
)
attack("escaping", "change of user", tries("os.setuid(0)"))
attack("escaping", "mode of a file", tries("os.chmod('.', 0o777)"), wall="")
attack(
    "escaping",
    "limits raised",
    tries("import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (10**5, 10**5))"),
    wall="",
)
attack(
    "escaping",
    "limits of others",
    tries("import resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))"),
)
attack(
    "escaping",
    "shared memory",
    tries("import ctypes\nassert ctypes.CDLL(None).shmget(1234, 4096, 0o1666) >= 0"),
    wall="seccomp",
)
attack("escaping", "priority", tries("os.nice(-5)"))

# Reports
attack(
    "reports",
    "HTML",
    "def l2_loss(y, f_out): raise ValueError('<script>alert(1)</script><img src=x onerror=alert(1)>')",
)
attack(
    "reports", "terminal control codes", "def l2_loss(y, f_out): raise ValueError('\\x1b[2J\\x1b]0;pwned\\x07\\x9b31m')"
)
attack("reports", "lone surrogates", "def l2_loss(y, f_out): raise ValueError('\\ud800\\udfff')")
attack("reports", "NUL", "def l2_loss(y, f_out): raise ValueError('a\\0b')")
attack(
    "reports",
    "exception type with a name",
    "E = type('x\\x1b[31m<b>' * 50, (Exception,), {})\ndef l2_loss(y, f_out): raise E('m')",
)
attack("reports", "spreadsheet formula", "def l2_loss(y, f_out): raise ValueError('=HYPERLINK(\"http://x\")')")

# Held by one wall that does not stand everywhere (a container has no namespaces of its own to give): no part of `ATTACKS`.
ONLY_WITH_NAMESPACES = Attack(
    "process numbers of the machine", "escaping", "import os\nif os.getppid() > 2: win()", wall="namespaces"
)
attack("escaping", "root", "import os\nif os.getuid() == 0 or os.geteuid() == 0: win()", wall="uid")
