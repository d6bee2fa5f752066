#define _POSIX_C_SOURCE 200809L
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_S = 60 };

static char reason[256];

static bool write_file(const char* name, struct lk_bytes json) {
  char temporary[4096];
  int file;
  bool done;
  if (snprintf(temporary, sizeof temporary, "%s.new", name) >= (int)sizeof temporary) return false;
  file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  done = file >= 0 && write(file, json.data, json.size) == (ssize_t)json.size && write(file, "\n", 1) == 1 &&
         fsync(file) == 0;
  if (file >= 0) (void)close(file);
  return done && rename(temporary, name) == 0;
}

/* In the child: its output goes to `out`. */
static void become(const char* program, const char* file, uint64_t version, int out) {
  char number[24];
  (void)snprintf(number, sizeof number, "%llu", (unsigned long long)version);
  (void)dup2(out, 1);
  (void)dup2(out, 2);
  (void)execl(program, program, file, number, (char*)NULL);
  (void)dprintf(2, "cannot be started: %s", strerror(errno));
  _exit(127);
}

/* Reads until the end; `line` gets the last line. False: it took too long. */
static bool read_last_line(int in, char* line, size_t room) {
  struct pollfd ready = {in, POLLIN, 0};
  const time_t end = time(NULL) + LONGEST_S;
  size_t size = 0;
  bool is_over = false; /* the line: the next character begins another */
  char c;
  line[0] = '\0';
  while (time(NULL) < end && poll(&ready, 1, 1000) >= 0) {
    if ((ready.revents & (POLLIN | POLLHUP)) == 0) continue;
    if (read(in, &c, 1) <= 0) return true;
    if (c == '\n') {
      is_over = true;
      continue;
    }
    if (is_over) size = 0;
    is_over = false;
    if (size + 1 < room) line[size++] = c;
    line[size] = '\0';
  }
  return false;
}

static bool run(const char* program, const char* file, uint64_t version) {
  char line[160];
  int ends[2], status = 0;
  pid_t child;
  bool in_time;
  if (pipe(ends) != 0 || (child = fork()) < 0) return false;
  if (child == 0) become(program, file, version, ends[1]);
  (void)close(ends[1]);
  in_time = read_last_line(ends[0], line, sizeof line);
  (void)close(ends[0]);
  if (!in_time) (void)kill(child, SIGKILL);
  (void)waitpid(child, &status, 0);
  if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  if (!in_time)
    (void)snprintf(reason, sizeof reason, "%s did not end within %d s", program, LONGEST_S);
  else if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    (void)snprintf(reason, sizeof reason, "%s %s", program, line);
  else
    (void)snprintf(reason, sizeof reason, "%s ended with %d%s%s", program, WEXITSTATUS(status),
                   line[0] == '\0' ? "" : ": ", line);
  return false;
}

bool apply_config(const struct options* options, const struct lk_config* config, const char** why) {
  char candidate[4096];
  bool taken = true;
  *why = reason;
  (void)snprintf(reason, sizeof reason, "the configuration cannot be written to a file");
  (void)snprintf(candidate, sizeof candidate, "%s/.candidate.json", options->folder);
  if (options->on_config != NULL) {
    taken = write_file(candidate, config->json) && run(options->on_config, candidate, config->version);
    (void)unlink(candidate);
  }
  return taken && (options->config_file == NULL || write_file(options->config_file, config->json));
}
