#include "crypto/chain.hpp"

#include "crypto/openssl.hpp"
#include "crypto/signature.hpp"

#include <openssl/x509v3.h>

#include <algorithm>

namespace latchkey::crypto {
namespace {

using Store = openssl::Owned<X509_STORE, X509_STORE_free>;
using StoreContext = openssl::Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

struct FreeStackOnly {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStackOnly>;

// At least 112 bits of security for keys and hashes: RSA from 2048 bits on, no SHA-1 (OpenSSL's level 2).
constexpr int security_level = 2;

std::unexpected<Error> refuse(std::string_view which, std::string_view what) {
  return fail(Fault::refused, std::string(which).append(": ").append(what));
}

std::string position(std::size_t depth, std::size_t given) {
  if (depth == 0) return "leaf";
  if (depth < given) return "certificate " + std::to_string(depth + 1) + " of " + std::to_string(given);
  return "the enrolled CA";
}

/// OpenSSL's text, replaced where it does not help an operator.
std::string_view reason(int error) {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "issued neither by the certificate after it nor by the enrolled CA";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "self-signed, and not the enrolled CA";
    default:
      return X509_verify_cert_error_string(error);
  }
}

/// The certificates of a chain whose leaf is parsed already.
Result<std::vector<Certificate>> parse(const Certificate& leaf, std::span<const Bytes> above) {
  const std::size_t size = 1 + above.size();
  if (size > TrustAnchor::longest_chain)
    return fail(Fault::malformed, "a chain of " + std::to_string(size) + " certificates");
  std::vector<Certificate> certificates{leaf};
  certificates.reserve(size);
  for (const Bytes& der : above) {
    Result<Certificate> certificate = Certificate::from_der(der);
    if (!certificate)
      return fail(certificate.error().fault,
                  position(certificates.size(), size) + ": " + certificate.error().what);
    certificates.push_back(*std::move(certificate));
  }
  return certificates;
}

// RFC 5280, 4.2.1.12 does not cover CAs; in practice a CA's extended key usage limits what it may certify.
bool may_be_of_devices(const Certificate& certificate) {
  return (X509_get_extended_key_usage(certificate.handle()) & (XKU_SSL_CLIENT | XKU_ANYEKU)) != 0;
}
constexpr std::string_view not_of_devices =
    "its extended key usage has neither clientAuth nor anyExtendedKeyUsage";

Result<void> check_leaf(const Certificate& leaf) {
  if ((X509_get_extension_flags(leaf.handle()) & EXFLAG_CA) != 0) return refuse("leaf", "it is a CA");
  if ((X509_get_key_usage(leaf.handle()) & KU_DIGITAL_SIGNATURE) == 0)
    return refuse("leaf", "its keyUsage has no digitalSignature");
  if (!may_be_of_devices(leaf)) return refuse("leaf", not_of_devices);
  const Result<PublicKey> key = leaf.public_key();
  if (!key) return fail(key.error().fault, "leaf: " + key.error().what);
  return {};
}

Result<void> check_signatures(std::span<const Certificate> certificates) {
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    if (find_signature_algorithm(X509_get_signature_nid(certificates[i].handle())) == nullptr)
      return refuse(position(i, certificates.size()), "its signature algorithm is not accepted");
  }
  return {};
}

Result<void> check_cas(std::span<const Certificate> certificates) {
  for (std::size_t i = 1; i < certificates.size(); ++i)
    if (!may_be_of_devices(certificates[i])) return refuse(position(i, certificates.size()), not_of_devices);
  return {};
}

Stack untrusted(std::span<const Certificate> certificates) {
  auto stack = openssl::made<Stack>(sk_X509_new_null());
  for (const Certificate& certificate : certificates) {
    if (sk_X509_push(stack.get(), certificate.handle()) <= 0) throw std::bad_alloc();
  }
  return stack;
}

// OpenSSL builds a path from the certificates that it needs, in any order. Require that the path is the given
// chain, in the given order.
Result<void> check_path(const STACK_OF(X509) * path, std::span<const Certificate> given) {
  const auto size = static_cast<std::size_t>(sk_X509_num(path));
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (i >= size || X509_cmp(sk_X509_value(path, static_cast<int>(i)), given[i].handle()) != 0)
      return refuse(position(i, given.size()), "not needed to reach the enrolled CA, or out of order");
  }
  return {};
}

}  // namespace

struct TrustAnchor::Prepared {
  Store store;
};

TrustAnchor::TrustAnchor(std::shared_ptr<const Prepared> prepared) : prepared_(std::move(prepared)) {}

Result<TrustAnchor> TrustAnchor::from(const Certificate& ca) {
  if (!ca.is_ca()) return fail(Fault::refused, "no CA");
  if ((X509_get_key_usage(ca.handle()) & KU_KEY_CERT_SIGN) == 0)
    return fail(Fault::refused, "a CA whose keyUsage has no keyCertSign");
  if (!may_be_of_devices(ca)) return refuse("a CA that may not certify devices", not_of_devices);
  auto store = openssl::made<Store>(X509_STORE_new());
  if (X509_STORE_add_cert(store.get(), ca.handle()) != 1)
    return openssl::failed(Fault::internal, "no store for a CA");
  X509_VERIFY_PARAM* const rules = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_auth_level(rules, security_level);
  X509_VERIFY_PARAM_set_depth(rules, longest_chain);
  if (X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) != 1)
    return openssl::failed(Fault::internal, "no rules for a chain");
  return TrustAnchor(std::make_shared<const Prepared>(std::move(store)));
}

Result<Certificate> TrustAnchor::verify(std::span<const Bytes> chain_leaf_first_der, Time now) const {
  if (chain_leaf_first_der.empty()) return fail(Fault::malformed, "a chain of 0 certificates");
  const Result<Certificate> leaf = Certificate::from_der(chain_leaf_first_der.front());
  if (!leaf) return fail(leaf.error().fault, "leaf: " + leaf.error().what);
  return verify(*leaf, chain_leaf_first_der.subspan(1), now);
}

Result<Certificate> TrustAnchor::verify(const Certificate& leaf, std::span<const Bytes> above,
                                        Time now) const {
  Result<std::vector<Certificate>> given = parse(leaf, above);
  if (!given) return std::unexpected(std::move(given.error()));
  if (Result<void> fine = check_leaf(given->front()); !fine) return std::unexpected(std::move(fine.error()));
  if (Result<void> fine = check_cas(*given); !fine) return std::unexpected(std::move(fine.error()));
  if (Result<void> fine = check_signatures(*given); !fine) return std::unexpected(std::move(fine.error()));

  const auto context = openssl::made<StoreContext>(X509_STORE_CTX_new());
  const Stack others = untrusted(std::span(*given).subspan(1));
  if (X509_STORE_CTX_init(context.get(), prepared_->store.get(), given->front().handle(), others.get()) != 1)
    return openssl::failed(Fault::internal, "no context for a chain");
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<time_t>(now.time_since_epoch().count()));
  const bool verified = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (error == X509_V_ERR_OUT_OF_MEM) throw std::bad_alloc();
  if (!verified) {
    const auto depth = static_cast<std::size_t>(std::max(X509_STORE_CTX_get_error_depth(context.get()), 0));
    return refuse(position(depth, given->size()), reason(error));
  }
  const auto* path = X509_STORE_CTX_get0_chain(context.get());
  if (Result<void> fine = check_path(path, *given); !fine) return std::unexpected(std::move(fine.error()));
  return std::move(given->front());
}

}  // namespace latchkey::crypto
