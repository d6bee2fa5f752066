#ifndef MODEM_H
#define MODEM_H

#include <stdbool.h>

/** The board's modem has the MQTT client and TLS: tests/microcontroller/modem.py. Commands go to one file of
 * the host, events come from the other. The functions that the page's loop calls are in modem.c. */
bool modem_open(const char* commands, const char* events);

#endif
