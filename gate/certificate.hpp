#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

// OpenSSL's X509 and EVP_PKEY.
struct x509_st;
struct evp_pkey_st;

namespace latchkey::gate {

/// What a device's certificate says.
struct Leaf {
  std::string name;    ///< the common name, a device id
  std::string serial;  ///< lower-case hexadecimal digits, without leading zeros
};

/// Why a certificate is none of a device.
struct NoLeaf {
  bool is_ours = false;  ///< the device CA signed it
  std::string why;
};

/// The CAs that sign devices' certificates. Their keys are read once: decoding one takes longer than a
/// verification.
class DeviceCas {
 public:
  /// Reads the PEM file, with one CA or, while one replaces another, up to 8. The error is a sentence.
  [[nodiscard]] static std::expected<DeviceCas, std::string> read(const std::string& path);

  /// A leaf that one of these signed (the signature is verified, names prove nothing), within its dates,
  /// with an extended key usage that contains clientAuth, no CA, and with one common name, a device id.
  [[nodiscard]] std::expected<Leaf, NoLeaf> check(x509_st* certificate) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  [[nodiscard]] bool have_signed(x509_st* certificate) const;

  std::vector<std::unique_ptr<evp_pkey_st, Free>> keys_;
};

}  // namespace latchkey::gate
