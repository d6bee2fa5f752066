#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

// OpenSSL's X509 and EVP_PKEY.
struct x509_st;
struct evp_pkey_st;

namespace latchkey::gate {

/// The device that a certificate names.
struct Leaf {
  std::string name;    ///< the common name: a device id
  std::string serial;  ///< lower-case hexadecimal digits, without leading zeros
};

/// Why a certificate is not one of a device.
struct NoLeaf {
  bool is_ours = false;  ///< the device CA signed it
  std::string why;
};

/// The CAs that sign devices' certificates. Their keys are decoded once, because that takes longer than a
/// verification.
class DeviceCas {
 public:
  /// Reads a PEM file with 1 to 8 CA certificates. The error is a sentence for the log.
  [[nodiscard]] static std::expected<DeviceCas, std::string> read(const std::string& path);

  /// Accepts a certificate that one of these CAs signed (it verifies the signature; the issuer's name proves
  /// nothing), within its dates, with clientAuth in its extended key usage, that is no CA and has exactly one
  /// common name, a device id.
  [[nodiscard]] std::expected<Leaf, NoLeaf> check(x509_st* certificate) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  [[nodiscard]] bool have_signed(x509_st* certificate) const;

  std::vector<std::unique_ptr<evp_pkey_st, Free>> keys_;
};

}  // namespace latchkey::gate
