#pragma once
#include <sys/socket.h>

#define ZSOCK_POLLIN 1
struct zsock_pollfd {
  int fd;
  short events, revents;
};
struct zsock_addrinfo {
  struct sockaddr* ai_addr;
  socklen_t ai_addrlen;
};

int zsock_getaddrinfo(const char* host, const char* service, const struct zsock_addrinfo* hints,
                      struct zsock_addrinfo** found);
void zsock_freeaddrinfo(struct zsock_addrinfo* found);
int zsock_poll(struct zsock_pollfd* files, int count, int timeout_ms);
