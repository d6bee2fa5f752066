#include "gate/certificate.hpp"

#include "gate/digest.hpp"
#include "gate/names.hpp"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>

namespace latchkey::gate {
namespace {

constexpr std::size_t most_cas = 8;
constexpr int longest_serial = 20;  // bytes: RFC 5280, 4.1.2.2

struct Close {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

/// The common name. Nothing if there is none or several, or if it is not a device id.
std::optional<std::string> name_of(const X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return std::nullopt;
  const ASN1_STRING* const text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  const int type = ASN1_STRING_type(text);
  // In the other string types, different bytes can stand for the same text.
  if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING) return std::nullopt;
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(text));
  std::string name(size, '\0');
  std::memcpy(name.data(), ASN1_STRING_get0_data(text), size);
  return is_device_id(name) ? std::optional(std::move(name)) : std::nullopt;
}

std::optional<std::string> serial_of(const X509* certificate) {
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate);
  if (ASN1_STRING_type(serial) != V_ASN1_INTEGER || ASN1_STRING_length(serial) > longest_serial)
    return std::nullopt;
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(serial));
  std::string text = to_hex({ASN1_STRING_get0_data(serial), size});
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

/// Why this cannot be a device's certificate, although the device CA signed it; nullptr if it can.
const char* fault_of(X509* certificate) {
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0) return "it is not valid yet";
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) return "it has expired";
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & (EXFLAG_INVALID | EXFLAG_CA)) != 0) return "it is a CA, or its extensions are invalid";
  if ((flags & EXFLAG_XKUSAGE) == 0 || (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT) == 0)
    return "it is not for clientAuth";
  return nullptr;
}

}  // namespace

void DeviceCas::Free::operator()(EVP_PKEY* key) const noexcept {
  EVP_PKEY_free(key);
}

std::expected<DeviceCas, std::string> DeviceCas::read(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (!file) return std::unexpected("device_ca: " + path + " cannot be read");
  DeviceCas cas;
  while (
      const std::unique_ptr<X509, Close> certificate{PEM_read_X509(file.get(), nullptr, nullptr, nullptr)}) {
    std::unique_ptr<EVP_PKEY, Free> key(X509_get_pubkey(certificate.get()));
    if (!key || X509_check_ca(certificate.get()) == 0 || cas.keys_.size() == most_cas)
      return std::unexpected("device_ca: " + path + " has a certificate that is no CA, or more than 8");
    cas.keys_.push_back(std::move(key));
  }
  // OpenSSL reports the end of the file as a missing start line. Any other error is an unreadable
  // certificate.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end || cas.keys_.empty())
    return std::unexpected("device_ca: " + path + " is no PEM file of CA certificates");
  return cas;
}

bool DeviceCas::have_signed(X509* certificate) const {
  const bool found =
      std::ranges::any_of(keys_, [&](const auto& key) { return X509_verify(certificate, key.get()) == 1; });
  ERR_clear_error();
  return found;
}

std::expected<Leaf, NoLeaf> DeviceCas::check(X509* certificate) const {
  if (!have_signed(certificate)) return std::unexpected(NoLeaf{false, "another CA signed it"});
  if (const char* const fault = fault_of(certificate)) return std::unexpected(NoLeaf{true, fault});
  auto name = name_of(certificate);
  auto serial = serial_of(certificate);
  ERR_clear_error();
  if (!name || !serial)
    return std::unexpected(NoLeaf{true, "its common name is no device id, or it has no serial number"});
  return Leaf{*std::move(name), *std::move(serial)};
}

}  // namespace latchkey::gate
