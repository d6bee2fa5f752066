#include "lk_csr.h"
#include "lk_internal.h"

#include <string.h>

void lk_request_name(const uint8_t id[LK_ID_BYTES], char name[LK_ID_CHARS]) {
  struct lk_writer writer = lk_write_to((uint8_t*)name, LK_ID_CHARS);
  const struct lk_bytes bytes = {id, LK_ID_BYTES};
  lk_write_base64url(&writer, bytes);
  lk_write_byte(&writer, 0);
}

void lk_write_topic(const struct lk_device* device, struct lk_writer* writer, const char* channel) {
  lk_write(writer, device->setup->root != NULL ? device->setup->root : "provisioning/v1");
  lk_write_byte(writer, '/');
  lk_write(writer, device->setup->device_id);
  lk_write(writer, channel);
  lk_write_byte(writer, 0);
}

/* The token itself is the proof, so the request is not signed. */
static bool is_plain(const struct lk_device* device) {
  return device->setup->proof == LK_PROOF_TOKEN && device->exchange.renews == 0;
}

static bool write_credential(const struct lk_device* device, struct lk_writer* writer,
                             const struct lk_request* request) {
  if (!request->has_key) {
    lk_write(writer, ",\"credential\":{\"type\":\"password\"}");
    return true;
  }
#if LK_HAS_P256
  {
    uint8_t der[LK_CSR_BYTES];
    struct lk_bytes csr = {der, 0};
    csr.size = lk_csr_write(device->crypto, request->key, device->setup->device_id, der);
    lk_write(writer, ",\"credential\":{\"type\":\"x509\",\"csr\":\"");
    lk_write_base64(writer, csr);
    lk_write(writer, "\"}");
    return csr.size > 0;
  }
#else
  (void)device;
  return false;
#endif
}

static bool write_encryption_key(const struct lk_device* device, struct lk_writer* writer,
                                 const struct lk_request* request) {
#if LK_HAS_P256
  uint8_t point[LK_POINT_BYTES];
  const struct lk_bytes x = {point, 32}, y = {point + 32, 32};
  if (!request->has_encryption_key) return true;
  if (!device->crypto->public_key(device->crypto->context, request->encryption_key, point)) return false;
  lk_write(writer, ",\"encryption_key\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"");
  lk_write_base64url(writer, x);
  lk_write(writer, "\",\"y\":\"");
  lk_write_base64url(writer, y);
  lk_write(writer, "\"}");
#else
  (void)device;
  (void)writer;
  (void)request;
#endif
  return true;
}

/* With a nonce the device's clock is not needed. Without max_message_bytes 8 KiB is the limit. */
static void write_circumstances(const struct lk_device* device, struct lk_writer* writer) {
  if (device->exchange.nonce[0] != '\0') {
    lk_write(writer, ",\"nonce\":");
    lk_write_json(writer, device->exchange.nonce);
  } else if (device->clock_s > 0 && !is_plain(device)) {
    lk_write(writer, ",\"issued_at\":");
    lk_write_number(writer, device->clock_s);
  }
  if (device->buffers.message_size < LK_LARGEST_MESSAGE) {
    lk_write(writer, ",\"max_message_bytes\":");
    lk_write_number(writer, (uint32_t)device->buffers.message_size);
  }
}

/* On the bootstrap connection, `last_error` becomes one more member of the setup's attributes. */
static void write_attributes(const struct lk_device* device, struct lk_writer* writer) {
  const char* const error = device->mode == LK_MODE_ENROL ? device->last_error : NULL;
  struct lk_bytes members = lk_text(device->setup->attributes);
  if (members.size >= 2) { /* without the braces */
    ++members.data;
    members.size -= 2;
  }
  if (members.size == 0 && error == NULL) return;
  lk_write(writer, ",\"attributes\":{");
  lk_write_bytes(writer, members);
  if (error != NULL) {
    lk_write(writer, members.size > 0 ? ",\"last_error\":" : "\"last_error\":");
    lk_write_json(writer, error);
  }
  lk_write_byte(writer, '}');
}

static bool write_request(const struct lk_device* device, struct lk_writer* writer,
                          const struct lk_request* request) {
  char name[LK_ID_CHARS];
  lk_request_name(request->id, name);
  lk_write(writer, "{\"request_id\":");
  lk_write_json(writer, name);
  lk_write(writer, ",\"device_id\":");
  lk_write_json(writer, device->setup->device_id);
  if (is_plain(device)) {
    lk_write(writer, ",\"token\":");
    lk_write_json(writer, device->setup->token);
  }
  if (!write_credential(device, writer, request) || !write_encryption_key(device, writer, request))
    return false;
  write_circumstances(device, writer);
  write_attributes(device, writer);
  lk_write_byte(writer, '}');
  return true;
}

static bool write_signed(const struct lk_device* device, struct lk_writer* writer,
                         const struct lk_request* request) {
  uint8_t* const jws = writer->at;
  struct lk_credential credential;
  enum lk_signer signer = device->setup->proof == LK_PROOF_KEY ? LK_BY_KEY : LK_BY_PRIVATE_KEY;
  if (device->exchange.renews > 0) {
    signer = LK_BY_CERTIFICATE;
    if (!lk_load_credential(device, device->exchange.renews - 1U, &credential)) return false;
  }
  lk_jws_begin(device, writer, "provisioning-request+jws", signer, &credential);
  return write_request(device, writer, request) && lk_jws_end(device, writer, jws, signer, &credential);
}

bool lk_compose_request(struct lk_device* device, struct lk_step* step) {
  struct lk_writer writer = lk_write_to(device->buffers.message, device->buffers.message_size);
  struct lk_request request;
  bool done;
  lk_write_topic(device, &writer, "/request");
  step->topic = (const char*)device->buffers.message;
  step->payload.data = writer.at;
  if (!lk_load_request(device, &request)) return false;
  if (is_plain(device))
    done = write_request(device, &writer, &request);
  else
    done = write_signed(device, &writer, &request);
  lk_wipe(&request, sizeof request);
  step->payload.size = (size_t)(writer.at - step->payload.data);
  if (done && !writer.overflowed) return true;
  lk_remark(device, writer.overflowed ? "the request does not fit into the message buffer"
                                      : "the request cannot be made");
  return false;
}
