#define _POSIX_C_SOURCE 200809L
#include "options.h"

#include "../../crypto/lk_openssl.h"
#include "../../src/lk_writer.h"

#include <errno.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USAGE = 64, BAD_DATA = 65, LARGEST_FILE = 65536, MOST_CERTIFICATES = 16 };

static const char* const help =
    "A device on Linux with the library of device/c. provision: get a credential for device ID, become ready "
    "and "
    "end.\n"
    "run: become ready, stay connected, apply configurations and renew the credential.\n\n"
    "usage: latchkey-device-c provision|run ID --dir DIR --bootstrap-url mqtts://HOST:PORT\n"
    "  (--key-file FILE [--group NAME] | --private-key-file FILE [--certificate-file FILE] | --token-file "
    "FILE)\n"
    "  --server-ca-file FILE [--bootstrap-user NAME] [--bootstrap-password-file FILE] [--provisioning-root "
    "ROOT]\n"
    "  [--credential x509|password] [--no-encryption-key] [--attribute NAME=VALUE]... [--no-clock] "
    "[--mqtt-version 5|3.1.1]\n"
    "  [--config-file FILE] [--on-config PROGRAM] [--json] [--timeout S] [--patience S] [--start-within S]\n"
    "\nThe flags are those of latchkey-device (latchkey-device run --help explains them). Instead of the "
    "flags of these names,\n"
    "the environment variables LATCHKEY_BOOTSTRAP_URL, LATCHKEY_BOOTSTRAP_USER,\n"
    "LATCHKEY_BOOTSTRAP_PASSWORD_FILE and LATCHKEY_SERVER_CA_FILE may be set.\n";

void remark(const char* what, const char* more) {
  (void)fprintf(stderr, "latchkey-device-c: %s%s\n", what, more);
}

static void show_help(FILE* to, int code) {
  (void)fputs(help, to);
  exit(code);
}

static void fail(int code, const char* what, const char* more) {
  remark(what, more);
  exit(code);
}

static struct lk_bytes read_file(const char* name) {
  FILE* const file = fopen(name, "rb");
  uint8_t* const text = malloc(LARGEST_FILE + 1);
  struct lk_bytes bytes = {text, 0};
  if (file == NULL || text == NULL) fail(BAD_DATA, name, ": cannot be read");
  bytes.size = fread(text, 1, LARGEST_FILE, file);
  text[bytes.size] = 0;
  (void)fclose(file);
  return bytes;
}

/* It may be a secret. */
static void forget(const void* data, size_t size) {
  OPENSSL_cleanse((void*)data, size);
  free((void*)data);
}

/* The only line of a file. */
static const char* read_line(const char* name) {
  const struct lk_bytes text = read_file(name);
  size_t size = text.size;
  while (size > 0 && (text.data[size - 1] == '\n' || text.data[size - 1] == '\r'))
    --size;
  const char* const line = strndup((const char*)text.data, size);
  forget(text.data, text.size);
  return line;
}

/* A key of 32 to 64 bytes, raw or as a line of base64. */
static struct lk_bytes read_key(const char* name) {
  const struct lk_bytes raw = read_file(name);
  const struct lk_bytes line = lk_text(read_line(name));
  uint8_t* const decoded = malloc(LARGEST_FILE);
  const size_t size = decoded == NULL ? LK_BASE64_BAD : lk_base64_decode(line, LK_BASE64, decoded);
  const int is_base64 = size >= 32 && size <= 64;
  const struct lk_bytes key = is_base64 ? (struct lk_bytes){decoded, size} : raw;
  if (key.size < 32 || key.size > 64)
    fail(BAD_DATA, name, ": is not a key of 32 to 64 bytes, raw or in base64");
  forget(line.data, line.size);
  if (is_base64)
    forget(raw.data, raw.size);
  else if (decoded != NULL)
    forget(decoded, LARGEST_FILE);
  return key;
}

static EVP_PKEY* read_pem_key(const char* name, struct lk_setup* setup) {
  FILE* const file = fopen(name, "r");
  EVP_PKEY* const key = file == NULL ? NULL : PEM_read_PrivateKey(file, NULL, NULL, NULL);
  unsigned char* der = NULL;
  if (file != NULL) (void)fclose(file);
  if (key == NULL) fail(BAD_DATA, name, ": is not a private key in PEM");
  setup->key.size = (size_t)i2d_PrivateKey(key, &der);
  setup->key.data = der;
  setup->algorithm = lk_openssl_algorithm(setup->key);
  if (setup->algorithm == NULL) fail(BAD_DATA, name, ": is of a kind that the protocol does not have");
  return key;
}

/* Certificates in PEM as DER. `key`: the first one has to be for it. */
static size_t read_certificates(const char* name, const char* key_name, const EVP_PKEY* key,
                                const struct lk_bytes** out) {
  struct lk_bytes* const all = calloc(MOST_CERTIFICATES, sizeof *all);
  FILE* const file = fopen(name, "r");
  X509* certificate;
  size_t count = 0;
  if (file == NULL || all == NULL) fail(BAD_DATA, name, ": cannot be read");
  while (count < MOST_CERTIFICATES && (certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
    unsigned char* der = NULL;
    if (count == 0 && key != NULL && X509_check_private_key(certificate, key) != 1) {
      remark(key_name, " is not the key of the first certificate");
      fail(BAD_DATA, name, "");
    }
    all[count].size = (size_t)i2d_X509(certificate, &der);
    all[count++].data = der;
    X509_free(certificate);
  }
  (void)fclose(file);
  if (count == 0) fail(BAD_DATA, name, ": has no certificate in PEM");
  *out = all;
  return count;
}

static void read_url(const char* url, struct lk_setup* setup) {
  const char* const begin = strstr(url, "://");
  const char* const colon = strrchr(url, ':');
  if (begin == NULL || colon <= begin + 3 || atoi(colon + 1) < 1 || atoi(colon + 1) > 65535)
    fail(USAGE, "--bootstrap-url is not mqtts://HOST:PORT: ", url);
  setup->host = begin[3] == '[' ? strndup(begin + 4, (size_t)(colon - begin - 5))
                                : strndup(begin + 3, (size_t)(colon - begin - 3));
  setup->port = (uint16_t)atoi(colon + 1);
  setup->plain = strncmp(url, "mqtt://", 7) == 0;
}

static bool is_json_number(const char* text) {
  char* end = NULL;
  (void)strtod(text, &end);
  return *text != '\0' && *end == '\0' && strspn(text, "-0123456789.eE+") == strlen(text) &&
         strlen(text) < 16;
}

/* Adds name=value to the JSON object. */
static void add_attribute(const char* pair, struct lk_setup* setup) {
  static uint8_t json[2049];
  static struct lk_writer writer;
  const char* const equals = strchr(pair, '=');
  if (equals == NULL) fail(USAGE, "--attribute is not name=value: ", pair);
  if (setup->attributes == NULL) {
    writer = lk_write_to(json, sizeof json);
    lk_write(&writer, "{");
  } else {
    writer.at -= 2; /* the brace and the NUL */
    lk_write(&writer, ",");
  }
  lk_write_json(&writer, strndup(pair, (size_t)(equals - pair)));
  lk_write(&writer, ":");
  if (is_json_number(equals + 1) || strcmp(equals + 1, "true") == 0 || strcmp(equals + 1, "false") == 0)
    lk_write(&writer, equals + 1);
  else
    lk_write_json(&writer, equals + 1);
  lk_write(&writer, "}");
  lk_write_byte(&writer, 0);
  if (writer.overflowed) fail(USAGE, "the attributes are longer than 2 KiB", "");
  setup->attributes = (const char*)json;
}

enum flag {
  DIR = 'a',
  URL,
  USER,
  PASSWORD_FILE,
  CA_FILE,
  VERSION,
  ROOT,
  KEY_FILE,
  PRIVATE_KEY,
  CERTIFICATE,
  TOKEN,
  GROUP,
  CREDENTIAL,
  NO_ENCRYPTION_KEY,
  ATTRIBUTE,
  NO_CLOCK,
  JSON,
  CONFIG_FILE,
  ON_CONFIG,
  TIMEOUT,
  PATIENCE,
  WITHIN
};

static const struct option flags[] = {{"dir", 1, NULL, DIR},
                                      {"bootstrap-url", 1, NULL, URL},
                                      {"bootstrap-user", 1, NULL, USER},
                                      {"bootstrap-password-file", 1, NULL, PASSWORD_FILE},
                                      {"server-ca-file", 1, NULL, CA_FILE},
                                      {"mqtt-version", 1, NULL, VERSION},
                                      {"provisioning-root", 1, NULL, ROOT},
                                      {"key-file", 1, NULL, KEY_FILE},
                                      {"private-key-file", 1, NULL, PRIVATE_KEY},
                                      {"certificate-file", 1, NULL, CERTIFICATE},
                                      {"token-file", 1, NULL, TOKEN},
                                      {"group", 1, NULL, GROUP},
                                      {"credential", 1, NULL, CREDENTIAL},
                                      {"no-encryption-key", 0, NULL, NO_ENCRYPTION_KEY},
                                      {"attribute", 1, NULL, ATTRIBUTE},
                                      {"no-clock", 0, NULL, NO_CLOCK},
                                      {"json", 0, NULL, JSON},
                                      {"config-file", 1, NULL, CONFIG_FILE},
                                      {"on-config", 1, NULL, ON_CONFIG},
                                      {"timeout", 1, NULL, TIMEOUT},
                                      {"patience", 1, NULL, PATIENCE},
                                      {"start-within", 1, NULL, WITHIN},
                                      {NULL, 0, NULL, 0}};
enum { FLAGS = WITHIN + 1 };

/* The values of the flags, by their letters; those of the environment first. */
static void collect(int argc, char** argv, const char** values, struct lk_setup* setup) {
  int flag;
  values[URL] = getenv("LATCHKEY_BOOTSTRAP_URL");
  values[USER] = getenv("LATCHKEY_BOOTSTRAP_USER");
  values[PASSWORD_FILE] = getenv("LATCHKEY_BOOTSTRAP_PASSWORD_FILE");
  values[CA_FILE] = getenv("LATCHKEY_SERVER_CA_FILE");
  while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
    if (flag == '?') show_help(stderr, USAGE);
    values[flag] = optarg == NULL ? "" : optarg;
    if (flag == ATTRIBUTE) add_attribute(optarg, setup);
  }
}

static void check(const char* const* values) {
  const int proofs = (values[KEY_FILE] != NULL) + (values[PRIVATE_KEY] != NULL) + (values[TOKEN] != NULL);
  if (values[DIR] == NULL || values[URL] == NULL || values[CA_FILE] == NULL) show_help(stderr, USAGE);
  if (proofs != 1)
    fail(USAGE, "exactly one of --key-file, --private-key-file and --token-file is needed", "");
  if (values[CERTIFICATE] != NULL && values[PRIVATE_KEY] == NULL)
    fail(USAGE, "--certificate-file needs --private-key-file", "");
  if (values[NO_ENCRYPTION_KEY] != NULL && values[KEY_FILE] == NULL)
    fail(USAGE, "--no-encryption-key needs --key-file", "");
}

static void read_proof(const char* const* values, struct lk_setup* setup) {
  if (values[KEY_FILE] != NULL) {
    setup->proof = LK_PROOF_KEY;
    setup->key = read_key(values[KEY_FILE]);
  } else if (values[TOKEN] != NULL) {
    setup->proof = LK_PROOF_TOKEN;
    setup->token = read_line(values[TOKEN]);
  } else {
    EVP_PKEY* const key = read_pem_key(values[PRIVATE_KEY], setup);
    setup->proof = LK_PROOF_PRIVATE_KEY;
    if (values[CERTIFICATE] != NULL)
      setup->chain_size = read_certificates(values[CERTIFICATE], values[PRIVATE_KEY], key, &setup->chain);
    EVP_PKEY_free(key);
  }
}

static unsigned number_of(const char* text, unsigned otherwise) {
  return text == NULL ? otherwise : (unsigned)atoi(text);
}

void read_options(int argc, char** argv, struct options* options) {
  const char* values[FLAGS] = {NULL};
  struct lk_setup* const setup = &options->setup;
  memset(options, 0, sizeof *options);
  if (argc == 2 && strcmp(argv[1], "--help") == 0) show_help(stdout, 0);
  if (argc < 3 || (strcmp(argv[1], "run") != 0 && strcmp(argv[1], "provision") != 0))
    show_help(stderr, USAGE);
  options->runs = strcmp(argv[1], "run") == 0;
  setup->device_id = argv[2];
  collect(argc - 2, argv + 2, values, setup);
  check(values);
  read_proof(values, setup);
  read_url(values[URL], setup);
  setup->group = values[GROUP];
  setup->root = values[ROOT];
  setup->username = values[USER];
  setup->password = values[PASSWORD_FILE] == NULL ? NULL : read_line(values[PASSWORD_FILE]);
  setup->wants_password = values[CREDENTIAL] != NULL && strcmp(values[CREDENTIAL], "password") == 0;
  setup->no_encryption_key = values[NO_ENCRYPTION_KEY] != NULL;
  setup->anchors_size = read_certificates(values[CA_FILE], NULL, NULL, &setup->anchors);
  setup->patience_ms = number_of(values[PATIENCE], 60) * 1000;
  setup->start_within_ms = number_of(values[WITHIN], 0) * 1000;
  options->folder = values[DIR];
  options->config_file = values[CONFIG_FILE];
  options->on_config = values[ON_CONFIG];
  options->has_clock = values[NO_CLOCK] == NULL;
  options->json = values[JSON] != NULL;
  options->is_mqtt_5 = values[VERSION] == NULL || strcmp(values[VERSION], "5") == 0;
  options->timeout_s = number_of(values[TIMEOUT], 60);
}
