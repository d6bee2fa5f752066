#pragma once

#include "mqtt/link.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::device {

/// Finds out why a connection fails and which setting to check: Paho reports most failures by the same text.
class Diagnosis {
 public:
  /// The settings to name in a diagnosis.
  struct Places {
    std::string_view url;    ///< the source of host and port
    std::string_view ca;     ///< the source of the broker's CA
    std::string_view login;  ///< the source of account and password, or of the certificate
  };
  static constexpr Places of_bootstrap{"--bootstrap-url", "--server-ca-file",
                                       "--bootstrap-user and --bootstrap-password-file"};
  static constexpr Places of_operation{"what the service said in its answer",
                                       "the CA in the service's answer",
                                       "the device's state in the registry"};

  explicit Diagnosis(const Places& places) : places_(places) {}

  /// Diagnoses a failed attempt with the link's `reason`. Connects to the broker again, which may take
  /// seconds; returns nothing if it did so a moment ago.
  [[nodiscard]] std::optional<std::string> of(const std::string& url, const std::string& ca_file,
                                              std::string_view reason);

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] std::string diagnose(const std::string& url, const std::string& ca_file,
                                     std::string_view reason) const;

  const Places& places_;
  std::optional<Clock::time_point> diagnosed_at_;
};

}  // namespace latchkey::device
