"""The system calls that student code may make, as a seccomp filter.

A list of what is allowed, so that what a future kernel adds is refused. Refused calls fail with EPERM.
Numbers: Linux `unistd.h` for x86_64 and aarch64; 0x-constants: `linux/seccomp.h`, `linux/filter.h`, `linux/sched.h`.
"""

from __future__ import annotations

import platform
import struct

# name:x86_64:aarch64; "-" where an architecture has no such call
_TABLE = """
read:0:63 write:1:64 close:3:57 fstat:5:80 newfstatat:262:79 statx:332:291 lseek:8:62 mmap:9:222 munmap:11:215
mprotect:10:226 mremap:25:216 brk:12:214 madvise:28:233 msync:26:227 mincore:27:232 rt_sigaction:13:134
rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigsuspend:130:133 rt_sigtimedwait:128:137 sigaltstack:131:132
pread64:17:67 pwrite64:18:68 readv:19:65 writev:20:66 preadv:295:69 pwritev:296:70 access:21:- faccessat:269:48
faccessat2:439:439 pipe:22:- pipe2:293:59 select:23:- pselect6:270:72 poll:7:- ppoll:271:73 epoll_create1:291:20
epoll_ctl:233:21 epoll_wait:232:- epoll_pwait:281:22 sched_yield:24:124 sched_getaffinity:204:123 dup:32:23 dup2:33:-
dup3:292:24 nanosleep:35:101 clock_nanosleep:230:115 clock_gettime:228:113 clock_getres:229:114 gettimeofday:96:169
time:201:- times:100:153 getitimer:36:102 setitimer:38:103 alarm:37:- pause:34:- getpid:39:172 getppid:110:173
gettid:186:178 getuid:102:174 geteuid:107:175 getgid:104:176 getegid:108:177 getgroups:115:158 getresuid:118:148
getresgid:120:150 getpgrp:111:- getpgid:121:155 getsid:124:156 sendto:44:206 recvfrom:45:207 sendmsg:46:211
recvmsg:47:212 shutdown:48:210 fork:57:- vfork:58:- exit:60:93 exit_group:231:94 wait4:61:260 waitid:247:95
uname:63:160 fsync:74:82 fdatasync:75:83 ftruncate:77:46 fallocate:285:47 getdents64:217:61
getcwd:79:17 chdir:80:49 fchdir:81:50 rename:82:- renameat:264:38 renameat2:316:276 mkdir:83:- mkdirat:258:34 rmdir:84:-
creat:85:- unlink:87:- unlinkat:263:35 readlink:89:- readlinkat:267:78 open:2:- openat:257:56 stat:4:- lstat:6:-
umask:95:166 getrlimit:97:163 getrusage:98:165 sysinfo:99:179 statfs:137:43 fstatfs:138:44 arch_prctl:158:- futex:202:98
set_tid_address:218:96 set_robust_list:273:99 get_robust_list:274:100 rseq:334:293 getrandom:318:278 membarrier:324:283
copy_file_range:326:285 sendfile:40:71 eventfd2:290:19 getcpu:309:168 restart_syscall:219:128 close_range:436:436
fadvise64:221:223
"""
# With a look at their arguments: new processes and threads but no namespaces, own limits only, harmless ioctls, and of
# fcntl what copies descriptors and reads or sets flags, but no signals (F_SETOWN, F_SETSIG, O_ASYNC, F_NOTIFY).
_CLONE, _CLONE3 = {"x86_64": 56, "aarch64": 220}, 435
_PRLIMIT64 = {"x86_64": 302, "aarch64": 261}
_IOCTL = {"x86_64": 16, "aarch64": 29}
_FCNTL = {"x86_64": 72, "aarch64": 25}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# CLONE_NEW*, CLONE_NEWTIME, CLONE_PTRACE, CLONE_PARENT, CLONE_UNTRACED
_FORBIDDEN_CLONE = 0x7E020000 | 0x80 | 0x2000 | 0x8000 | 0x00800000
_IOCTLS = (0x5401, 0x5413, 0x5421, 0x541B, 0x5451, 0x5450)  # TCGETS TIOCGWINSZ FIONBIO FIONREAD FIOCLEX FIONCLEX

_FCNTLS = (0, 1, 2, 3, 1030, 1032)  # F_DUPFD F_GETFD F_SETFD F_GETFL F_DUPFD_CLOEXEC F_GETPIPE_SZ
_F_SETFL, _O_ASYNC = 4, 0x2000

_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_EPERM, _ENOSYS = 0x00050000 | 1, 0x00050000 | 38
_LOAD, _EQUAL, _GREATER_EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NR, _ARCH, _ARG0_LOW, _ARG1_LOW, _ARG2_LOW = 0, 4, 16, 24, 32  # offsets in struct seccomp_data (little endian)


def architecture() -> str | None:
    """The machine's architecture if the filter knows it."""
    machine = platform.machine()
    return machine if machine in _AUDIT_ARCH else None


def allowed_calls(machine: str) -> dict[str, int]:
    """Names and numbers of the calls that are allowed without a look at their arguments."""
    column = 1 if machine == "x86_64" else 2
    rows = [entry.split(":") for entry in _TABLE.split()]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def seccomp_filter(machine: str) -> bytes:
    """The filter as an array of `struct sock_filter`, ready for `seccomp(SECCOMP_SET_MODE_FILTER)`."""
    program: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NR),
    ]
    if machine == "x86_64":  # the x32 calls have numbers of their own
        program += [(_GREATER_EQUAL, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]
    for number in allowed_calls(machine).values():
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    # glibc falls back to clone, whose flags can be looked at; clone3 keeps them in memory
    program += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ENOSYS)]
    program += [
        (_EQUAL, 0, 4, _CLONE[machine]),
        (_LOAD, 0, 0, _ARG0_LOW),
        (_ANY_BIT, 1, 0, _FORBIDDEN_CLONE),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EPERM),
    ]
    program += [
        (_EQUAL, 0, 4, _PRLIMIT64[machine]),
        (_LOAD, 0, 0, _ARG0_LOW),
        (_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EPERM),
    ]
    program += [(_EQUAL, 0, 2 + 2 * len(_IOCTLS), _IOCTL[machine]), (_LOAD, 0, 0, _ARG1_LOW)]
    for request in _IOCTLS:
        program += [(_EQUAL, 0, 1, request), (_RETURN, 0, 0, _ALLOW)]
    program += [(_RETURN, 0, 0, _EPERM)]
    program += [(_EQUAL, 0, 6 + 2 * len(_FCNTLS), _FCNTL[machine]), (_LOAD, 0, 0, _ARG1_LOW)]
    for request in _FCNTLS:
        program += [(_EQUAL, 0, 1, request), (_RETURN, 0, 0, _ALLOW)]
    program += [
        (_EQUAL, 0, 3, _F_SETFL),
        (_LOAD, 0, 0, _ARG2_LOW),
        (_ANY_BIT, 1, 0, _O_ASYNC),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _EPERM),
    ]
    program += [(_RETURN, 0, 0, _EPERM)]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)
