#include "mqtt/tls_check.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace latchkey::paho {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

/// Global and by host: Paho does not show which client a TLS connection belongs to.
struct Table {
  std::mutex mutex;
  std::map<std::string, TlsCheck, std::less<>> hosts;
};

Table& table() {
  static Table instance;
  return instance;
}

/// `server_name` is what Paho sends as SNI; it leaves a bracket on an IPv6 address.
std::optional<TlsCheck> check_of(const char* server_name) {
  std::string_view host(server_name != nullptr ? server_name : "");
  if (host.starts_with('[')) host.remove_prefix(1);
  if (host.ends_with(']')) host.remove_suffix(1);
  const std::scoped_lock lock(table().mutex);
  const auto found = table().hosts.find(host);
  return found == table().hosts.end() ? std::nullopt : std::optional(found->second);
}

void set_requirements(X509_VERIFY_PARAM* wanted, const TlsCheck& check) {
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, check.name.c_str()) != 1)
    X509_VERIFY_PARAM_set1_host(wanted, check.name.c_str(), check.name.size());
  if (check.skips_dates) X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_NO_CHECK_TIME);
  const auto passed = std::chrono::steady_clock::now() - check.since;
  if (check.at)
    X509_VERIFY_PARAM_set_time(wanted,
                               std::chrono::system_clock::to_time_t(*check.at + floor<seconds>(passed)));
}

/// Only Paho's connections verify the peer by OpenSSL's default callback. Other TLS connections of this
/// process (libpq's) are not changed.
bool is_of_paho(SSL* connection) {
  return SSL_get_verify_mode(connection) == SSL_VERIFY_PEER && SSL_get_verify_callback(connection) == nullptr;
}

int verify(X509_STORE_CTX* chain, void* /*nothing*/) {
  auto* const connection =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (!is_of_paho(connection)) return X509_verify_cert(chain);
  const auto check = check_of(SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name));
  if (!check) return 0;  // no link registered this host
  set_requirements(X509_STORE_CTX_get0_param(chain), *check);
  return X509_verify_cert(chain);
}

/// OpenSSL calls this for each new context. Paho makes its contexts itself and gives no access to them.
void install_verification(void* context, void*, CRYPTO_EX_DATA*, int, long, void*) {
  SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(context), verify, nullptr);
}

}  // namespace

void check_tls_of(const std::string& host, TlsCheck check) {
  [[maybe_unused]] static const int once =
      CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, nullptr, install_verification, nullptr, nullptr);
  const std::scoped_lock lock(table().mutex);
  table().hosts.insert_or_assign(host, std::move(check));
}

}  // namespace latchkey::paho
