#ifndef READINGS_H
#define READINGS_H

#include "../../latchkey.h"

#include <mosquitto.h>

/** The application: it shows what comes on the filters of the device's rights, and publishes a reading on the
 * first one every `report_interval_s` of its configuration. */
void readings_begin(struct mosquitto* client, const struct lk_rights* rights);
/** A configuration holds: a JSON object. */
void readings_configure(struct lk_bytes json);
/** Publishes a reading if it is time. Returns when the next one is due; UINT64_MAX: never. */
uint64_t readings_publish(struct mosquitto* client, uint64_t now_ms);
/** Shows the message if its topic is in the rights. */
void readings_receive(const char* topic, struct lk_bytes payload);
/** The connection has ended. */
void readings_end(void);

#endif
