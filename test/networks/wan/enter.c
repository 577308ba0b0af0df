/*
 * Runs a program as a host of the small internet: in its network namespace, with a resolv.conf of its own. The program ends
 * with whoever started it, however that ends.
 *
 * usage: enter NAMESPACE RESOLV_CONF|- PROGRAM [ARGUMENTS…]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  return 127;
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "usage: enter NAMESPACE RESOLV_CONF|- PROGRAM [ARGUMENTS...]\n");
    return 127;
  }
  pid_t starter = getppid();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL)) return fail("prctl");
  if (getppid() != starter) return 127; /* it has ended already */
  int namespace = open(arguments[1], O_RDONLY | O_CLOEXEC);
  if (namespace < 0 || setns(namespace, CLONE_NEWNET)) return fail(arguments[1]);
  if (strcmp(arguments[2], "-")) {
    if (unshare(CLONE_NEWNS)) return fail("unshare");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return fail("mount /");
    if (mount(arguments[2], "/etc/resolv.conf", NULL, MS_BIND, NULL)) return fail("/etc/resolv.conf");
  }
  execvp(arguments[3], arguments + 3);
  return fail(arguments[3]);
}
