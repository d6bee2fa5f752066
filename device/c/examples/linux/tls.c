#include "tls.h"

#include "../../crypto/lk_openssl.h"
#include "../../lk_pem.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

static int verify_error = X509_V_OK;

static int on_verified(int ok, X509_STORE_CTX* store) {
  if (!ok) verify_error = X509_STORE_CTX_get_error(store);
  return ok;
}

enum lk_reason tls_failure(void) {
  if (verify_error == X509_V_OK) return LK_NETWORK;
  if (verify_error == X509_V_ERR_CERT_HAS_EXPIRED || verify_error == X509_V_ERR_CERT_NOT_YET_VALID)
    return LK_CERTIFICATE_DATES;
  return LK_CERTIFICATE_REFUSED;
}

static X509* certificate_of(struct lk_bytes der) {
  const unsigned char* at = der.data;
  return d2i_X509(NULL, &at, (long)der.size);
}

static void add_anchor(X509_STORE* store, struct lk_bytes der) {
  X509* const anchor = certificate_of(der);
  if (anchor != NULL) (void)X509_STORE_add_cert(store, anchor);
  X509_free(anchor);
}

static void set_anchors(SSL_CTX* tls, const struct lk_connect* connect) {
  X509_STORE* const store = SSL_CTX_get_cert_store(tls);
  X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(tls);
  struct lk_list more = connect->more_anchors;
  struct lk_bytes anchor;
  size_t i;
  for (i = 0; i < connect->anchors_size; ++i)
    add_anchor(store, connect->anchors[i]);
  while (lk_list_next(&more, &anchor))
    add_anchor(store, anchor);
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, connect->host) != 1)
    (void)X509_VERIFY_PARAM_set1_host(rules, connect->host, 0);
  if (connect->check_dates_at == 0)
    (void)X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME);
  else
    X509_VERIFY_PARAM_set_time(rules, (time_t)connect->check_dates_at);
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, on_verified);
}

static bool set_certificate(SSL_CTX* tls, const struct lk_connect* connect) {
  struct lk_list chain = connect->chain;
  struct lk_bytes der;
  uint8_t key[128];
  size_t size;
  X509* certificate;
  bool ok = true, is_leaf = true;
  if (chain.size == 0) return true;
  for (; lk_list_next(&chain, &der); is_leaf = false) {
    certificate = certificate_of(der);
    ok = ok && certificate != NULL &&
         (is_leaf ? SSL_CTX_use_certificate(tls, certificate)
                  : (int)SSL_CTX_add1_chain_cert(tls, certificate)) == 1;
    X509_free(certificate);
  }
  size = lk_key_der(&lk_openssl, connect->key.data, key, sizeof key);
  ok = ok && size > 0 && SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, tls, key, (long)size) == 1;
  OPENSSL_cleanse(key, sizeof key);
  return ok;
}

SSL_CTX* tls_of(const struct lk_connect* connect) {
  SSL_CTX* const tls = SSL_CTX_new(TLS_client_method());
  verify_error = X509_V_OK;
  if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1) return NULL;
  set_anchors(tls, connect);
  if (set_certificate(tls, connect)) return tls;
  ERR_clear_error();
  SSL_CTX_free(tls);
  return NULL;
}
