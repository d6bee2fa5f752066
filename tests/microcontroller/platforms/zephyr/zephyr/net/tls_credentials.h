#pragma once
#include <stddef.h>

typedef int sec_tag_t;
enum tls_credential_type {
  TLS_CREDENTIAL_CA_CERTIFICATE,
  TLS_CREDENTIAL_PUBLIC_CERTIFICATE,
  TLS_CREDENTIAL_PRIVATE_KEY
};

int tls_credential_add(sec_tag_t tag, enum tls_credential_type type, const void* credential, size_t size);
int tls_credential_delete(sec_tag_t tag, enum tls_credential_type type);
