#pragma once

#include "crypto/certificate.hpp"

#include <expected>
#include <filesystem>
#include <functional>
#include <string>
#include <variant>
#include <vector>

/// What a production line puts into its devices, and the file that enrols them (`latchkey-device factory`).
namespace latchkey::device {

/// Each device has the key that is derived from its group's.
struct DerivedKeys {
  crypto::Secret group_key;
};
/// Each device has a new P-256 key and a certificate of the group's CA, which ends with the CA.
struct FactoryCertificates {
  crypto::Issuer issuer;
};
/// Each device has a random token of its own.
struct FactoryTokens {};
using FactoryProof = std::variant<DerivedKeys, FactoryCertificates, FactoryTokens>;

struct FactoryOrder {
  std::string group;
  std::vector<std::string> ids;  ///< device ids, none of them twice
  FactoryProof proof;
  std::filesystem::path folder;
  bool has_nvs = false;  ///< nvs.csv for ESP-IDF's partition generator in each device's folder
};

struct FactoryTotals {
  std::size_t made = 0;
  std::size_t kept = 0;           ///< made by an earlier run
  std::filesystem::path devices;  ///< the file for `latchkey enroll import`
};

/// Makes a folder for each device in `folder`, and devices.csv at the end. A device's folder appears whole
/// and durable, or not at all; so after any interruption the same order continues where it stopped, and a
/// device that is made keeps its proof. Fails if a folder from before does not fit the order. Calls
/// `progress` with the number of devices done.
[[nodiscard]] std::expected<FactoryTotals, std::string> make_devices(
    const FactoryOrder& order, const std::function<void(std::size_t)>& progress);

/// The ids in a file, one a line. The error names the line.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> read_ids(
    const std::filesystem::path& file);
/// `count` ids from the number `first` on. `pattern` has one run of `#`: the number with leading zeros, in at
/// least as many digits.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> numbered_ids(const std::string& pattern,
                                                                                std::size_t first,
                                                                                std::size_t count);

}  // namespace latchkey::device
